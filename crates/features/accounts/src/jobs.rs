//! What recurs: forgetting sessions that ran out and old wrong tries.

use async_trait::async_trait;
use xinghe_store::{JobError, JobHandler, JobRun};

use crate::commands::Accounts;
use crate::error::AccountError;

/// The kind of the sweeping job.
pub(crate) const SWEEP: &str = "accounts.sweep";

/// Sweeps once a night.
pub(crate) struct Sweeper {
    pub accounts: Accounts,
}

#[async_trait]
impl JobHandler for Sweeper {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        match self.accounts.sweep().await {
            Ok(_) => Ok(()),
            Err(AccountError::Store(e)) => Err(e.into()),
            Err(other) => Err(JobError::Retry(other.to_string())),
        }
    }
}
