//! What members do with their notifications: read them, and choose what they are told.
//!
//! Neither appends an event: both are the member's alone, and the log is read by everybody else. Marks are kept beside
//! what is derived, with how far they go, and choices only decide what is shown; so the log can be read anew.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use xinghe_core::ports::{Authors, Posts};
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{Store, StoreError};
use xinghe_web::AppError;

use crate::live::Hub;
use crate::model::{Choice, NoteId};
use crate::store;

/// How many lines can be marked one by one in one call.
pub const MARKED_MAX: usize = 200;

/// Notifications: commands and reading. Cheap to clone.
#[derive(Clone)]
pub struct Notifications {
    pub(crate) store: Store,
    pub(crate) posts: Arc<dyn Posts>,
    pub(crate) authors: Arc<dyn Authors>,
    pub(crate) hub: Arc<Hub>,
}

impl std::fmt::Debug for Notifications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}

impl Notifications {
    /// Over a store whose migrations have run, and those who know posts and people. Streams end with `stop`.
    pub fn new(store: Store, posts: Arc<dyn Posts>, authors: Arc<dyn Authors>, stop: CancellationToken) -> Self {
        let hub = Arc::new(Hub::new(store.clone(), stop));
        Self { store, posts, authors, hub }
    }

    /// Marks lines as read; those of others and those that were read change nothing. Answers how many were unread.
    ///
    /// # Errors
    /// The database.
    pub async fn read(&self, member: AuthorId, lines: &[NoteId]) -> Result<u64, StoreError> {
        if lines.is_empty() {
            return Ok(0);
        }
        let mut unit = self.store.begin().await?;
        let marked = store::mark(&mut unit, member, lines, self.store.now()).await?;
        if marked > 0 {
            store::pulse(&mut unit, &[member].into()).await?;
            unit.commit().await?;
            self.hub.look();
        }
        Ok(marked)
    }

    /// Marks everything as read that was told up to a moment; answers how much that was.
    ///
    /// # Errors
    /// The database.
    pub async fn read_all(&self, member: AuthorId, until: Option<Timestamp>) -> Result<u64, StoreError> {
        let mut unit = self.store.begin().await?;
        let until = until.unwrap_or(Timestamp::from_millis(i64::MAX));
        let marked = store::mark_all(&mut unit, member, until, self.store.now()).await?;
        if marked > 0 {
            store::pulse(&mut unit, &[member].into()).await?;
            unit.commit().await?;
            self.hub.look();
        }
        Ok(marked)
    }

    /// Writes choices. What is told always stays on. A kind that is on again begins afresh: what happened while it was
    /// off counts as read.
    ///
    /// # Errors
    /// The member is gone, or the database.
    pub async fn choose(&self, member: AuthorId, wanted: &[Choice]) -> Result<Vec<Choice>, AppError> {
        let mut unit = self.store.begin().await?;
        store::lock(&mut unit).await?;
        if store::erased(&unit, member).await? {
            return Err(AppError::NotFound);
        }
        for before in store::choices(&unit, member).await? {
            let same = |w: &&Choice| w.kind == before.kind && w.channel == before.channel && w.on != before.on;
            let Some(choice) = wanted.iter().rev().find(same) else { continue };
            if !choice.kind.may_be_off() {
                continue;
            }
            store::set(&mut unit, member, *choice).await?;
            if choice.on {
                store::mark_kind(&mut unit, member, choice.kind, self.store.now()).await?;
            }
        }
        store::pulse(&mut unit, &[member].into()).await?;
        let choices = store::choices(&unit, member).await?;
        unit.commit().await?;
        self.hub.look();
        Ok(choices)
    }
}
