//! What twins quoted goes with the post that it was quoted from; for good where its words are gone for good.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use xinghe_core::{PostId, TwinAct};
use xinghe_store::{JobError, JobHandler, JobRequest, JobRun, StoreError, UnitOfWork};

use super::commands::{ActError, record};
use super::model::DraftState;
use super::store;
use crate::ask::Asker;

/// The kind of the job.
const JOB: &str = "twins.source_gone";
/// Why an answer went, as the ledger keeps it.
pub(crate) const WHY: &str = "source_gone";

#[derive(Serialize, Deserialize)]
struct Gone {
    post: PostId,
    /// Whether its words are gone for good: then nothing that was quoted from it is kept.
    #[serde(default)]
    purged: bool,
}

/// Has it looked what twins quoted from a post that is not to be seen any more.
pub(crate) async fn look(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    unit.enqueue(&JobRequest::new(JOB, &Gone { post, purged: false })).await?;
    Ok(())
}

/// The same of a post whose words are gone for good: what was quoted from it is forgotten, too.
pub(crate) async fn forget(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    unit.enqueue(&JobRequest::new(JOB, &Gone { post, purged: true })).await?;
    Ok(())
}

/// Withdraws answers and drafts that quote a post nobody sees any more.
pub(crate) struct Withdrawer {
    pub(crate) asker: Asker,
}

#[async_trait]
impl JobHandler for Withdrawer {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let Gone { post, purged } = job.payload()?;
        self.withdraw(post, purged).await.map_err(|error| JobError::Retry(error.to_string()))?;
        if purged {
            let mut unit = self.asker.deps().store.begin().await?;
            store::forget_quotes(&mut unit, post).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}

impl Withdrawer {
    async fn withdraw(&self, post: PostId, purged: bool) -> Result<(), ActError> {
        let deps = self.asker.deps();
        if !purged && deps.posts.posts(&[post]).await?.contains_key(&post) {
            return Ok(());
        }
        for draft in store::quoting(&deps.store, post).await? {
            let (to, act) = match draft.state {
                DraftState::Published => (DraftState::Undone, TwinAct::Undone),
                _ => (DraftState::GaveWay, TwinAct::GaveWay),
            };
            // A draft that is being published is withdrawn by the try that follows, once it stands.
            if draft.state == DraftState::Publishing {
                return Err(ActError::Settled(draft.state));
            }
            if draft.state == DraftState::Published {
                deps.answers.withdraw(draft.owner, draft.post).await?;
            }
            let mut unit = deps.store.begin().await?;
            if store::move_on(&mut unit, draft.id, (draft.state, to)).await? {
                record(&mut unit, &draft, act, (None, Some(WHY))).await?;
                unit.commit().await?;
            }
        }
        Ok(())
    }
}
