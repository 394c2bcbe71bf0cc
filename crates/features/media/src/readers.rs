//! What pictures derive from events of others: members who are gone, texts that changed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use xinghe_core::{Event, Recorded};
use xinghe_store::{EventReader, JobRequest, ReaderError, Unique, UnitOfWork};

use crate::jobs::{COPY, SWEEP};
use crate::store::{self, far};

/// How long after somebody's words went the pictures in them are looked at, in milliseconds: by then all of them went.
const AFTER_MS: i64 = 60_000;

/// Follows members that go. What posts show stays as the posts do; everything else of theirs goes with the next sweep.
#[derive(Debug, Clone, Copy)]
pub struct Attendant;

#[async_trait]
impl EventReader for Attendant {
    fn name(&self) -> &'static str {
        "media"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let mut purged = false;
        for recorded in events {
            match recorded.event {
                Event::MemberErased { member } => store::erase(unit, member).await?,
                Event::AuthorClaimed { author, member } => store::hand_over(unit, author, member).await?,
                // Who left took the words along: what they showed does not wait for the night.
                Event::PostPurged { .. } => purged = true,
                _ => {}
            }
        }
        if purged {
            let at = unit.store().now().plus_millis(AFTER_MS);
            unit.enqueue(&JobRequest::new(SWEEP, &()).unique(Unique::WhileActive("left".to_owned())).at(at)).await?;
        }
        Ok(())
    }

    /// Nothing here is derived but what is gone for good.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}

/// Marks posts whose texts changed, so that their pictures at other hosts are copied, or dropped.
#[derive(Debug, Clone, Copy)]
pub struct Looker;

#[async_trait]
impl EventReader for Looker {
    fn name(&self) -> &'static str {
        "media-copies"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let mut posts = BTreeMap::new();
        for recorded in events {
            if let Event::PostPublished { post, .. }
            | Event::PostRevised { post, .. }
            | Event::PostDeleted { post }
            | Event::PostRestored { post } = recorded.event
            {
                posts.insert(post.raw(), recorded.seq.raw());
            }
        }
        if posts.is_empty() {
            return Ok(());
        }
        far::mark(unit, &posts).await?;
        unit.enqueue(&JobRequest::new(COPY, &()).unique(Unique::WhileActive("texts".to_owned()))).await?;
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(far::unmark(unit).await?)
    }
}
