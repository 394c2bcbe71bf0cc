//! Telling followers, who may be many: some hundreds in one transaction, in the order of events.

use std::collections::BTreeSet;

use async_trait::async_trait;
use xinghe_core::AuthorId;
use xinghe_store::{JobError, JobHandler, JobRun, Store, StoreError};

use crate::model::Kind;
use crate::store::{self, Cause, Line, Pending};

/// The kind of the job.
pub(crate) const SPREAD: &str = "notifications.spread";
/// How many followers are told in one transaction.
const STEP: usize = 400;

/// Tells followers. Where it was interrupted it goes on: how far it is stands in the transaction of whom it told.
#[derive(Debug, Clone)]
pub struct Spreader {
    pub(crate) store: Store,
}

#[async_trait]
impl JobHandler for Spreader {
    fn kind(&self) -> &'static str {
        SPREAD
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        while self.step().await? {
            if job.cancelled.is_cancelled() {
                return Err(JobError::Cancelled);
            }
        }
        Ok(())
    }
}

impl Spreader {
    /// Tells the next followers; answers whether there was somebody to tell.
    async fn step(&self) -> Result<bool, StoreError> {
        let mut unit = self.store.begin().await?;
        store::lock(&mut unit).await?;
        let Some(next) = store::next_pending(&unit).await? else { return Ok(false) };
        let followers = store::followers(&unit, &next, STEP).await?;
        let cause = Cause { actor: next.actor, item: next.item, post: next.post, at: next.at, position: next.position };
        let told = store::tell(&mut unit, line(&next), &followers, cause).await?;
        let last = if followers.len() < STEP { None } else { followers.last().copied() };
        store::advance(&mut unit, &next, last).await?;
        store::pulse(&mut unit, &told.into_iter().collect::<BTreeSet<AuthorId>>()).await?;
        unit.commit().await?;
        Ok(true)
    }
}

/// The line that followers of this source read.
fn line(pending: &Pending) -> Line {
    let (kind, post) = match pending.source.as_str() {
        "member" => (Kind::FromMember, 0),
        "tag" => (Kind::FromTag, 0),
        _ => (Kind::Watched, pending.source_id),
    };
    Line { kind, subject: pending.source_id, post }
}
