//! Jobs: work that leaves the machine or takes long, queued in the transaction that causes it.

use async_trait::async_trait;
use sea_orm::FromQueryResult;
use serde::Serialize;
use serde_json::Value as Json;
use xinghe_core::id::JobId;
use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::lease::JobRun;
use crate::params;
use crate::store::{Queries, Store};
use crate::unit::UnitOfWork;

/// What uniqueness a queued job has within its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unique {
    /// None.
    No,
    /// At most one with this key is waiting or running.
    WhileActive(String),
    /// At most one with this key, ever: the idempotency key of a side effect.
    Ever(String),
}

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct JobRequest {
    /// Which handler does it.
    pub kind: &'static str,
    /// What it needs to know: ids and numbers.
    pub payload: Json,
    /// Uniqueness.
    pub unique: Unique,
    /// Not before this moment; `None` is now.
    pub run_at: Option<Timestamp>,
    /// How often it is tried before it is a dead letter.
    pub max_attempts: i32,
    /// Lower goes first; 0 is ordinary.
    pub priority: i32,
}

impl JobRequest {
    /// A job for now, without uniqueness, tried up to eight times.
    pub fn new(kind: &'static str, payload: &impl Serialize) -> Self {
        let payload = serde_json::to_value(payload).unwrap_or_default();
        Self { kind, payload, unique: Unique::No, run_at: None, max_attempts: 8, priority: 0 }
    }

    /// With this uniqueness.
    #[must_use]
    pub fn unique(self, unique: Unique) -> Self {
        Self { unique, ..self }
    }

    /// Not before this moment.
    #[must_use]
    pub fn at(self, at: Timestamp) -> Self {
        Self { run_at: Some(at), ..self }
    }
}

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// May succeed later: tried again with growing pauses, then a dead letter.
    #[error("{0}")]
    Retry(String),
    /// Cannot succeed: a dead letter at once.
    #[error("{0}")]
    Fatal(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was asked to stop and did.
    #[error("cancelled")]
    Cancelled,
}

/// Does the jobs of one kind. A panic counts as a failed try.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// The kind it does.
    fn kind(&self) -> &'static str;
    /// Does one. It may be run again after a crash, so it must be idempotent; it looks at
    /// [`JobRun::cancelled`] where it can stop.
    async fn run(&self, job: &JobRun) -> Result<(), JobError>;
}

/// A job that recurs by a cron expression (UTC), for instance `0 3 * * *`.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name, unique.
    pub name: &'static str,
    /// When, as five or six cron fields.
    pub cron: &'static str,
    /// The kind of job it queues, with an empty payload.
    pub job: &'static str,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its time or for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// It was done.
    Done,
    /// It failed for good: a dead letter.
    Dead,
    /// Somebody stopped it.
    Cancelled,
}

impl JobState {
    pub(crate) fn from_column(s: &str) -> Result<Self, StoreError> {
        Ok(match s {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "done" => Self::Done,
            "dead" => Self::Dead,
            "cancelled" => Self::Cancelled,
            other => return Err(StoreError::Value(format!("job state {other:?}"))),
        })
    }

    /// The word stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

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

const VIEW: &str = "id, kind, state, attempts, run_at, done, total, note, error, created_at, finished_at";

pub(crate) async fn enqueue(unit: &mut UnitOfWork, request: &JobRequest) -> Result<Option<JobId>, StoreError> {
    let id: JobId = unit.store().ids().next().into();
    let now = unit.store().now();
    let (dedup, ever) = match &request.unique {
        Unique::No => (None, false),
        Unique::WhileActive(key) => (Some(key.clone()), false),
        Unique::Ever(key) => (Some(key.clone()), true),
    };
    let sql = "INSERT INTO jobs (id, kind, payload, state, priority, run_at, attempts, max_attempts, dedup, dedup_ever, \
               cancel, done, created_at) VALUES ($1, $2, $3, 'queued', $4, $5, 0, $6, $7, $8, FALSE, 0, $9) \
               ON CONFLICT DO NOTHING";
    let values = params![
        id.raw(),
        request.kind,
        request.payload.to_string(),
        request.priority,
        request.run_at.unwrap_or(now).as_millis(),
        request.max_attempts,
        dedup,
        ever,
        now.as_millis()
    ];
    Ok((unit.execute(sql, values).await? > 0).then_some(id))
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
