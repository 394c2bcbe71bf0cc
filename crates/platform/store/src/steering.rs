//! Looking at jobs and steering them: what administrators do with the queue.

use std::collections::HashMap;

use sea_orm::FromQueryResult;
use xinghe_core::id::JobId;
use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::jobs::JobState;
use crate::params;
use crate::store::{Queries, Store};

/// A job as a page shows it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// How often it was tried.
    pub attempts: i32,
    /// How often it is tried at most.
    pub max_attempts: i32,
    /// Whether somebody asked it to stop.
    pub stopping: bool,
    /// When it may run.
    pub run_at: Timestamp,
    /// Units of work done.
    pub done: i64,
    /// Units of work in all, once known.
    pub total: Option<i64>,
    /// What it is at.
    pub note: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

#[derive(FromQueryResult)]
struct ViewRow {
    id: i64,
    kind: String,
    state: String,
    attempts: i32,
    max_attempts: i32,
    cancel: bool,
    run_at: i64,
    done: i64,
    total: Option<i64>,
    note: Option<String>,
    error: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

impl ViewRow {
    fn view(self) -> Result<JobView, StoreError> {
        Ok(JobView {
            id: JobId::from_raw(self.id),
            kind: self.kind,
            state: JobState::from_column(&self.state)?,
            attempts: self.attempts,
            max_attempts: self.max_attempts,
            stopping: self.cancel,
            run_at: Timestamp::from_millis(self.run_at),
            done: self.done,
            total: self.total,
            note: self.note,
            error: self.error,
            created_at: Timestamp::from_millis(self.created_at),
            finished_at: self.finished_at.map(Timestamp::from_millis),
        })
    }
}

const VIEW: &str = "id, kind, state, attempts, max_attempts, cancel, run_at, done, total, note, error, created_at, \
                    finished_at";

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobList {
    /// Only of this state.
    pub state: Option<JobState>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only those queued before this one: where the page before ended.
    pub before: Option<JobId>,
    /// How many at most.
    pub limit: u32,
}

/// How many jobs of a kind are in a state.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct JobCount {
    /// The kind.
    pub kind: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub count: i64,
}

/// Looks at jobs and steers them.
#[derive(Debug, Clone)]
pub struct Jobs {
    store: Store,
}

impl Jobs {
    /// The jobs of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// One job.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn get(&self, id: JobId) -> Result<Option<JobView>, StoreError> {
        let sql = format!("SELECT {VIEW} FROM jobs WHERE id = $1");
        self.store.one::<ViewRow>(&sql, params![id.raw()]).await?.map(ViewRow::view).transpose()
    }

    /// The newest jobs, of one state or of all.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn recent(&self, state: Option<JobState>, limit: u32) -> Result<Vec<JobView>, StoreError> {
        let sql = format!("SELECT {VIEW} FROM jobs WHERE ($1 = '' OR state = $1) ORDER BY id DESC LIMIT {limit}");
        let state = state.map_or("", JobState::as_str);
        self.store.all::<ViewRow>(&sql, params![state]).await?.into_iter().map(ViewRow::view).collect()
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn list(&self, which: &JobList) -> Result<Vec<JobView>, StoreError> {
        let sql = format!(
            "SELECT {VIEW} FROM jobs WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2) AND id < $3 \
             ORDER BY id DESC LIMIT {}",
            which.limit
        );
        let state = which.state.map_or("", JobState::as_str);
        let values = params![state, which.kind.as_deref().unwrap_or(""), which.before.map_or(i64::MAX, JobId::raw)];
        self.store.all::<ViewRow>(&sql, values).await?.into_iter().map(ViewRow::view).collect()
    }

    /// How many jobs there are of each kind and state, by kind.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn queues(&self) -> Result<Vec<JobCount>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            kind: String,
            state: String,
            count: i64,
        }
        let sql = "SELECT kind, state, COUNT(*) AS count FROM jobs GROUP BY kind, state ORDER BY kind, state";
        let rows: Vec<Row> = self.store.all(sql, vec![]).await?;
        let count = |r: Row| Ok(JobCount { state: JobState::from_column(&r.state)?, kind: r.kind, count: r.count });
        rows.into_iter().map(count).collect()
    }

    /// When each schedule is due next, by its name. One that was never looked at yet is missing.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn due(&self) -> Result<HashMap<String, Timestamp>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            name: String,
            next_at: i64,
        }
        let rows: Vec<Row> = self.store.all("SELECT name, next_at FROM schedules", vec![]).await?;
        Ok(rows.into_iter().map(|r| (r.name, Timestamp::from_millis(r.next_at))).collect())
    }

    /// Since when the job that has been due for longest has waited for a worker; `None` where no job waits.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn waiting_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(run_at) AS value FROM jobs WHERE state = 'queued'";
        let since = self.store.number(sql, vec![]).await?.map(Timestamp::from_millis);
        Ok(since.filter(|s| *s <= self.store.now()))
    }

    /// How many jobs there are of each state.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn counts(&self) -> Result<Vec<(JobState, i64)>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            state: String,
            count: i64,
        }
        let rows: Vec<Row> = self.store.all("SELECT state, COUNT(*) AS count FROM jobs GROUP BY state", vec![]).await?;
        rows.into_iter().map(|r| Ok((JobState::from_column(&r.state)?, r.count))).collect()
    }

    /// Stops a job: one that waits at once, one that runs as soon as its handler looks.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn cancel(&self, id: JobId) -> Result<bool, StoreError> {
        let mut unit = self.store.begin().await?;
        let now = self.store.now().as_millis();
        let waiting = unit
            .execute(
                "UPDATE jobs SET state = 'cancelled', finished_at = $1, cancel = TRUE WHERE id = $2 AND state = 'queued'",
                params![now, id.raw()],
            )
            .await?;
        let running = unit
            .execute("UPDATE jobs SET cancel = TRUE WHERE id = $1 AND state = 'running'", params![id.raw()])
            .await?;
        unit.commit().await?;
        Ok(waiting + running > 0)
    }

    /// Queues a dead or cancelled job again, from its first try. `false`: there is no such job, or one with the same
    /// uniqueness is active.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn retry(&self, id: JobId) -> Result<bool, StoreError> {
        let mut unit = self.store.begin().await?;
        let now = self.store.now().as_millis();
        let sql = "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $1, finished_at = NULL, error = NULL, \
                   cancel = FALSE, lease = NULL, lease_until = NULL WHERE id = $2 AND state IN ('dead', 'cancelled')";
        let changed = match unit.execute(sql, params![now, id.raw()]).await {
            Err(error) if error.is_unique_violation() => return Ok(false),
            other => other?,
        };
        unit.wake_workers();
        unit.commit().await?;
        Ok(changed > 0)
    }

    /// Puts a dead letter aside: it counts as cancelled, can be queued again until it is forgotten like other ended
    /// jobs, and keeps its idempotency key. `false`: there is no such dead letter.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn discard(&self, id: JobId) -> Result<bool, StoreError> {
        let mut unit = self.store.begin().await?;
        let sql = "UPDATE jobs SET state = 'cancelled', finished_at = $1 WHERE id = $2 AND state = 'dead'";
        let changed = unit.execute(sql, params![self.store.now().as_millis(), id.raw()]).await?;
        unit.commit().await?;
        Ok(changed > 0)
    }

    /// Forgets jobs that ended before a moment; dead letters stay. Those that keep an idempotency key for ever stay too.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut unit = self.store.begin().await?;
        let sql = "DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND NOT dedup_ever AND finished_at < $1";
        let gone = unit.execute(sql, params![before.as_millis()]).await?;
        unit.commit().await?;
        Ok(gone)
    }
}
