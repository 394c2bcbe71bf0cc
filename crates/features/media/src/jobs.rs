//! What recurs: sweeping pictures that nothing shows.

use async_trait::async_trait;
use xinghe_store::{JobError, JobHandler, JobRun};

use crate::commands::Pictures;
use crate::copies::Copies;
use crate::error::MediaError;

/// The kind of the sweeping job.
pub(crate) const SWEEP: &str = "media.sweep";

/// The kind of the job that copies pictures at other hosts.
pub(crate) const COPY: &str = "media.copy";

/// Sweeps once a night.
pub(crate) struct Sweeper {
    pub pictures: Pictures,
    pub copies: Option<Copies>,
}

fn failed(error: MediaError) -> JobError {
    match error {
        MediaError::Store(error) => error.into(),
        other => JobError::Retry(other.to_string()),
    }
}

#[async_trait]
impl JobHandler for Sweeper {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        let mut swept = self.pictures.sweep().await.map_err(failed)?;
        if let Some(copies) = &self.copies {
            swept += copies.sweep().await.map_err(failed)?;
        }
        if swept > 0 {
            tracing::info!(swept, "pictures that nothing shows were removed");
        }
        Ok(())
    }
}

/// Copies what texts show from other hosts: after each change of one, and every ten minutes what is to be tried again.
pub(crate) struct Copier {
    pub copies: Copies,
}

#[async_trait]
impl JobHandler for Copier {
    fn kind(&self) -> &'static str {
        COPY
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let made = self.copies.tend(&|| job.cancelled.is_cancelled()).await.map_err(failed)?;
        if made > 0 {
            tracing::info!(made, "pictures at other hosts were copied");
        }
        Ok(())
    }
}
