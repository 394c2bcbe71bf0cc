//! What the API takes and gives.

use serde::{Deserialize, Serialize};
use xinghe_core::Timestamp;
use xinghe_store::{JobCount, JobState, JobView, ReaderState, ReaderStatus};

use crate::desk::{Planned, position_word};
use crate::ledger::{BudgetOf, BudgetUse};
use crate::model::{Community, IndexCounts, Models};
use crate::spending::Spending;
use crate::store::{Sums, start_of};

/// The overview.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OverviewJson {
    /// How large the community is.
    pub community: Community,
    /// What the index of this node holds.
    pub index: IndexCounts,
    /// Which models are on.
    pub models: Models,
    /// Readers that wait for a person.
    pub parked_readers: usize,
    /// Jobs that failed for good.
    pub dead_jobs: i64,
}

/// A reader of the event log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ReaderJson {
    /// Its name.
    name: &'static str,
    /// Whether it keeps what it derives on this node, outside of the database.
    local: bool,
    /// `following`, `parked` (it waits for a person) or `waiting` (it tries again by itself).
    state: &'static str,
    /// Why it is parked or waits.
    reason: Option<String>,
    /// How far it has read: to be sent back with `skip`.
    position: String,
    /// How many events it has yet to read.
    lag_events: u64,
    /// How long ago the first of these happened, in milliseconds.
    lag_ms: i64,
}

impl ReaderJson {
    pub(crate) fn new(status: ReaderStatus, now: Timestamp) -> Self {
        let position = position_word(status.position);
        let lag_ms = status.since.map_or(0, |at| now.as_millis().saturating_sub(at.as_millis()).max(0));
        let ReaderStatus { name, local, lag, state, .. } = status;
        let (state, reason) = match state {
            ReaderState::Following => ("following", None),
            ReaderState::Parked(reason) => ("parked", Some(reason)),
            ReaderState::Waiting(reason) => ("waiting", Some(reason)),
        };
        Self { name, local, state, reason, position, lag_events: lag, lag_ms }
    }
}

/// All readers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ReadersJson {
    /// These.
    pub items: Vec<ReaderJson>,
}

/// Which event to go past.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipBody {
    /// The `position` at which the reader was seen parked; anything else is refused.
    pub position: String,
}

/// Which jobs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobsQuery {
    /// Only of this state: `queued`, `running`, `done`, `dead` or `cancelled`.
    pub state: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// How many, 1 to 100.
    pub limit: Option<i64>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A job.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobJson {
    /// Its id.
    id: String,
    /// Its kind.
    kind: String,
    /// `queued`, `running`, `done`, `dead` or `cancelled`.
    #[schema(value_type = String)]
    state: JobState,
    /// Whether somebody asked it to stop.
    stopping: bool,
    /// How often it was tried.
    attempts: i32,
    /// How often it is tried at most.
    max_attempts: i32,
    /// Units of work done.
    done: i64,
    /// Units of work in all, once known.
    total: Option<i64>,
    /// What it is at.
    note: Option<String>,
    /// What went wrong last.
    error: Option<String>,
    /// When it may run.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    /// When it was queued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl From<JobView> for JobJson {
    fn from(job: JobView) -> Self {
        let JobView { kind, state, stopping, attempts, max_attempts, done, total, note, error, .. } = job;
        let (id, run_at, created_at, finished_at) = (job.id.to_string(), job.run_at, job.created_at, job.finished_at);
        Self {
            id,
            kind,
            state,
            stopping,
            attempts,
            max_attempts,
            done,
            total,
            note,
            error,
            run_at,
            created_at,
            finished_at,
        }
    }
}

/// Some jobs, and where the rest begins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobsJson {
    /// These, newest first.
    pub items: Vec<JobJson>,
    /// The `cursor` of the next page; `null` when there is none.
    pub next: Option<String>,
}

/// How many jobs of a kind are in a state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QueueJson {
    /// The kind.
    kind: String,
    /// The state.
    #[schema(value_type = String)]
    state: JobState,
    /// How many.
    count: i64,
}

impl From<JobCount> for QueueJson {
    fn from(JobCount { kind, state, count }: JobCount) -> Self {
        Self { kind, state, count }
    }
}

/// A job that recurs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScheduleJson {
    /// Its name.
    name: &'static str,
    /// When, as a cron expression (UTC).
    cron: &'static str,
    /// The kind of job that it queues.
    job: &'static str,
    /// The next time; `null` until the timetable was first looked at.
    #[schema(value_type = Option<String>, format = DateTime)]
    next: Option<Timestamp>,
}

impl From<Planned> for ScheduleJson {
    fn from(Planned { name, cron, job, next }: Planned) -> Self {
        Self { name, cron, job, next }
    }
}

/// The queues and the timetable.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SummaryJson {
    /// Jobs by kind and state; what is not named is none.
    pub queues: Vec<QueueJson>,
    /// What recurs, the next one first.
    pub schedules: Vec<ScheduleJson>,
}

/// What changes by itself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ProgressJson {
    /// Jobs that run.
    pub running: Vec<JobJson>,
    /// Jobs by kind and state.
    pub queues: Vec<QueueJson>,
}

/// Which days.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AiQuery {
    /// The last how many days, today included: 1 to 366; 30 without it.
    pub days: Option<i32>,
}

/// A day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DayJson {
    /// Its beginning, UTC.
    #[schema(value_type = String, format = DateTime)]
    day: Timestamp,
    #[serde(flatten)]
    sums: Sums,
}

/// A purpose with a model.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PurposeJson {
    /// What for.
    purpose: String,
    /// Which model.
    model: String,
    #[serde(flatten)]
    sums: Sums,
}

/// A member.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SpenderJson {
    /// The member; `null` is whoever was not signed in.
    member: Option<String>,
    /// The member's handle, while there is one.
    handle: Option<String>,
    #[serde(flatten)]
    sums: Sums,
}

/// A budget of today.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BudgetJson {
    /// `day` (everybody, everything), `purpose`, or `member` (the one who spent most).
    of: &'static str,
    /// Of a purpose: which.
    purpose: Option<&'static str>,
    /// How much there is, in millionths of a minor unit.
    limit_micro: i64,
    /// How much is spent, in millionths of a minor unit.
    spent_micro: i64,
}

/// What chat models cost.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AiJson {
    /// All of it.
    total: Sums,
    /// By day (UTC), newest first; days without calls are left out.
    days: Vec<DayJson>,
    /// By purpose and model, the dearest first.
    purposes: Vec<PurposeJson>,
    /// By member, the dearest first, fifty at most.
    members: Vec<SpenderJson>,
    /// The budgets of today that are set.
    budgets: Vec<BudgetJson>,
}

impl AiJson {
    pub(crate) fn new(spending: &Spending, used: &[BudgetUse]) -> Self {
        let day = |(day, sums): &(i32, Sums)| DayJson { day: start_of(*day), sums: *sums };
        let budget = |b: &BudgetUse| {
            let (of, purpose) = match b.of {
                BudgetOf::Day => ("day", None),
                BudgetOf::Purpose(purpose) => ("purpose", Some(purpose.as_str())),
                BudgetOf::Member => ("member", None),
            };
            BudgetJson { of, purpose, limit_micro: b.limit_micro, spent_micro: b.spent_micro }
        };
        let purposes = spending.purposes.iter().cloned();
        let members = spending.members.iter();
        Self {
            total: spending.total(),
            days: spending.daily.iter().map(day).collect(),
            purposes: purposes.map(|(purpose, model, sums)| PurposeJson { purpose, model, sums }).collect(),
            members: members
                .map(|(id, card, sums)| SpenderJson {
                    member: id.map(|id| id.to_string()),
                    handle: card.as_ref().map(|c| c.handle.clone()),
                    sums: *sums,
                })
                .collect(),
            budgets: used.iter().map(budget).collect(),
        }
    }
}
