//! Reading the whole log anew while the index goes on answering.
//!
//! What is there stays until the log's reader comes to it again and replaces it; what the log no longer speaks of by
//! the time it was read up to where the renewal began goes then. So nobody finds less meanwhile, and at the end the
//! index holds the same as one that was emptied first. A renewal that was interrupted begins with an empty index at the
//! next start, because by then nobody knows what was still to be replaced.

use std::collections::HashSet;
use std::sync::PoisonError;

use xinghe_core::PostId;
use xinghe_core::event::Position;

use super::{Index, IndexError, Mark};

/// A renewal on its way.
#[derive(Debug)]
pub(super) struct Renewal {
    /// What was not read again yet.
    stale: HashSet<PostId>,
    /// Where the log ended when it began.
    goal: Position,
}

/// What a renewal makes of a batch.
pub(super) struct Swept {
    /// What goes beside what the batch takes out.
    pub posts: Vec<PostId>,
    /// Whether the renewal is done with this batch.
    pub last: bool,
}

impl Index {
    /// Goes back to the start of the log and keeps what is there until it is replaced; `goal` is where the log ends.
    ///
    /// # Errors
    /// Another process writes this index, or the disk is full or gone.
    pub fn renew(&self, goal: Position) -> Result<(), IndexError> {
        let mut writer = self.writer()?;
        let stale = self.records.post_ids(&self.records.read()?)?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&Mark { renewing: true, ..Mark::default() })?);
        commit.commit()?;
        *self.renewal.lock().unwrap_or_else(PoisonError::into_inner) = Some(Renewal { stale, goal });
        Ok(())
    }

    /// What goes with a batch that was read up to here and touches these posts; `None` when nothing is renewed.
    pub(super) fn sweep(&self, touched: impl Iterator<Item = PostId>, read: Position) -> Option<Swept> {
        let mut renewal = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        let renewal = renewal.as_mut()?;
        for post in touched {
            renewal.stale.remove(&post);
        }
        let last = read >= renewal.goal;
        let mut posts: Vec<PostId> = if last { renewal.stale.iter().copied().collect() } else { Vec::new() };
        posts.sort_unstable();
        Some(Swept { posts, last })
    }

    /// Nothing is renewed from now on.
    pub(super) fn end_renewal(&self) {
        *self.renewal.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
