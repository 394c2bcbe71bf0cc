//! Jobs: work that leaves the machine or takes long, queued in the transaction that causes it.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value as Json;
use xinghe_core::id::JobId;
use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::lease::JobRun;
use crate::params;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
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

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Queued, Self::Dead, Self::Done, Self::Cancelled];

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
