//! Publishing what was scheduled, forgetting drafts that are done with, taking away the words of who left.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use xinghe_core::id::{AuthorId, DraftId};
use xinghe_store::{JobError, JobHandler, JobRun, Schedule};

use crate::commands::CommandError;
use crate::commands::drafts::{self, Final, PUBLISH};
use crate::commands::leaving::{self, Leave};
use crate::feature::State;
use crate::model::UNDO_MS;
use crate::pages::with_mentions;
use crate::store;

const SWEEP: &str = "posts.drafts.sweep";

pub(crate) fn all(state: &State) -> Vec<Arc<dyn JobHandler>> {
    vec![
        Arc::new(Publisher { state: state.clone() }),
        Arc::new(Sweeper { state: state.clone() }),
        Arc::new(Leaver { state: state.clone() }),
    ]
}

pub(crate) fn schedules() -> Vec<Schedule> {
    vec![Schedule { name: SWEEP, cron: "23 4 * * *", job: SWEEP }]
}

#[derive(Deserialize)]
struct Payload {
    draft: DraftId,
}

struct Publisher {
    state: State,
}

impl Publisher {
    /// Whether moderators keep somebody from writing: what was scheduled before does not go out then.
    async fn suspended(&self, owner: AuthorId) -> Result<bool, JobError> {
        let Some(standing) = &self.state.standing else { return Ok(false) };
        let found = standing.suspended(&[owner]).await.map_err(|e| JobError::Retry(e.to_string()))?;
        Ok(found.contains_key(&owner))
    }
}

#[async_trait]
impl JobHandler for Publisher {
    fn kind(&self) -> &'static str {
        PUBLISH
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let Payload { draft: id } = job.payload()?;
        let store = &self.state.store;
        let Some(draft) = store::draft_due(store, id).await? else { return Ok(()) };
        let content =
            with_mentions(&self.state, draft.typed.draft()).await.map_err(|e| JobError::Retry(e.to_string()))?;
        let content = Final { kind: draft.kind, draft: content, base: None };
        let done = if self.suspended(draft.owner).await? {
            drafts::fail_due(store, draft.owner, id, draft.version, "standing").await
        } else {
            drafts::publish_due(store, draft.owner, id, draft.version, &content).await
        };
        match done {
            Ok(()) => Ok(()),
            Err(CommandError::Store(error)) => Err(error.into()),
            // Its owner changed it in this very moment.
            Err(other) => Err(JobError::Retry(other.to_string())),
        }
    }
}

struct Sweeper {
    state: State,
}

#[async_trait]
impl JobHandler for Sweeper {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        let store = &self.state.store;
        let mut unit = store.begin().await?;
        store::sweep_drafts(&mut unit, store.now().plus_millis(-UNDO_MS)).await?;
        Ok(unit.commit().await?)
    }
}

/// Takes the words of who left away, some posts in each transaction.
struct Leaver {
    state: State,
}

#[async_trait]
impl JobHandler for Leaver {
    fn kind(&self) -> &'static str {
        leaving::LEAVE
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let Leave { member } = job.payload()?;
        let mut done = 0;
        while let some @ 1.. = leaving::leave_some(&self.state.store, member).await? {
            done += some;
            job.progress(done as u64, None, None).await?;
        }
        Ok(())
    }
}
