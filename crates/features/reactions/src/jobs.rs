//! What recurs: counting the figures anew, so that nothing that ever went wrong stays wrong.

use async_trait::async_trait;
use xinghe_store::{JobError, JobHandler, JobRun};

use crate::commands::Reactions;

/// The kind of the counting job.
pub(crate) const RECOUNT: &str = "reactions.recount";

/// Counts once a night.
pub(crate) struct Recounter {
    pub reactions: Reactions,
}

#[async_trait]
impl JobHandler for Recounter {
    fn kind(&self) -> &'static str {
        RECOUNT
    }

    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        let wrong = self.reactions.recount().await?;
        if wrong > 0 {
            tracing::warn!(wrong, "figures of posts were wrong and were counted anew");
        }
        Ok(())
    }
}
