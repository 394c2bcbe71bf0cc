//! The queue of jobs.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use xinghe_core::Timestamp;
use xinghe_core::id::JobId;
use xinghe_store::{JobCount, JobList, JobState, JobView};
use xinghe_web::{AppError, Member, PageContext, Texts};

use super::{Head, SaidQuery, span, to};
use crate::desk::{Desk, JobAct, Planned};
use crate::live;

/// How many jobs one page lists.
const PAGE: u32 = 30;

/// Which jobs are listed below.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobsQuery {
    state: String,
    kind: String,
    before: String,
    #[serde(flatten)]
    said: SaidQuery,
}

impl JobsQuery {
    /// The state chosen: dead letters, unless told otherwise; `None` is all.
    fn state(&self) -> Option<JobState> {
        match self.state.as_str() {
            "" => Some(JobState::Dead),
            word => JobState::ALL.into_iter().find(|s| s.as_str() == word),
        }
    }
}

/// A kind of jobs with its numbers by state.
#[derive(Debug)]
struct Queue {
    kind: String,
    counts: Vec<(JobState, i64)>,
}

fn queues(counts: Vec<JobCount>) -> Vec<Queue> {
    let mut all: Vec<Queue> = Vec::new();
    for JobCount { kind, state, count } in counts {
        if all.last().is_none_or(|q| q.kind != kind) {
            all.push(Queue { kind, counts: JobState::ALL.map(|s| (s, 0)).to_vec() });
        }
        if let Some(slot) = all.last_mut().and_then(|q| q.counts.iter_mut().find(|(s, _)| *s == state)) {
            slot.1 = count;
        }
    }
    all
}

/// What changes by itself: running jobs and the numbers of the queues.
#[derive(Template)]
#[template(path = "observatory/jobs_live.html")]
struct LiveTemplate<'a> {
    t: &'a Texts,
    running: &'a [JobView],
    queues: &'a [Queue],
    states: [JobState; 5],
}

impl LiveTemplate<'_> {
    fn percent(&self, job: &JobView) -> i64 {
        job.total.and_then(|total| (job.done.min(total) * 100).checked_div(total)).unwrap_or(0)
    }
}

async fn live_part(desk: &Desk, t: &Texts) -> Result<String, AppError> {
    let (running, queues) = (desk.at_work().await?, queues(desk.queues().await?));
    let template = LiveTemplate { t, running: &running, queues: &queues, states: JobState::ALL };
    template.render().map_err(AppError::internal)
}

#[derive(Template)]
#[template(path = "observatory/jobs.html")]
struct JobsTemplate<'a> {
    t: &'a Texts,
    head: &'a Head,
    live: String,
    state: Option<JobState>,
    states: [JobState; 5],
    kind: &'a str,
    jobs: &'a [JobView],
    next: Option<String>,
    planned: &'a [Planned],
}

impl JobsTemplate<'_> {
    /// The state as it stands in addresses.
    fn word(&self) -> &'static str {
        self.state.map_or("all", JobState::as_str)
    }

    fn here(&self, state: &JobState) -> bool {
        self.state == Some(*state)
    }

    fn dead(&self) -> bool {
        self.state == Some(JobState::Dead)
    }

    /// How long until a moment; nothing where it is past.
    fn until(&self, at: Timestamp) -> String {
        let millis = at.as_millis().saturating_sub(self.t.now().as_millis());
        if millis <= 0 {
            self.t.s("observatory-job-due").into_owned()
        } else {
            self.t.f("observatory-job-in", &[("time", span(self.t, millis).into())])
        }
    }
}

fn address(state: &str, kind: &str, rest: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("state", state);
    if !kind.is_empty() {
        query.append_pair("kind", kind);
    }
    format!("/admin/jobs?{}", query.extend_pairs(rest).finish())
}

/// `/admin/jobs`.
pub(super) async fn show(
    State(desk): State<Desk>,
    ctx: PageContext,
    Query(query): Query<JobsQuery>,
) -> Result<Response, AppError> {
    let state = query.state();
    let kind = Some(query.kind.clone()).filter(|k| !k.is_empty());
    // One more than is shown tells whether there are more.
    let which = JobList { state, kind, before: query.before.parse().ok(), limit: PAGE + 1 };
    let mut jobs = desk.jobs().list(&which).await?;
    let more = jobs.len() > PAGE as usize;
    jobs.truncate(PAGE as usize);
    let word = state.map_or("all", JobState::as_str);
    let last = jobs.last().filter(|_| more).map(|j| j.id.to_string());
    let template = JobsTemplate {
        t: &ctx.t,
        head: &Head::new(&desk, &ctx, &query.said).await,
        live: live_part(&desk, &ctx.t).await?,
        state,
        states: JobState::ALL,
        kind: &query.kind,
        jobs: &jobs,
        next: last.map(|last| address(word, &query.kind, &[("before", &last)])),
        planned: &desk.timetable().await?,
    };
    Ok(ctx.page().title(ctx.t.s("observatory-jobs")).active("admin").noindex().wide().render(&template))
}

/// The part of the page that changes by itself, as server-sent events.
pub(super) async fn live(State(desk): State<Desk>, ctx: PageContext) -> Response {
    let looking = desk.clone();
    live::follow(&desk, "part", move || {
        let (desk, t) = (looking.clone(), ctx.t.clone());
        async move { live_part(&desk, &t).await.ok() }
    })
}

/// The list from which a button was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SteerForm {
    state: String,
    kind: String,
}

/// Retries, cancels or discards a job.
pub(super) async fn steer(
    State(desk): State<Desk>,
    admin: Member,
    Path((id, act)): Path<(String, String)>,
    Form(form): Form<SteerForm>,
) -> Result<Response, AppError> {
    let id: JobId = id.parse().map_err(|_| AppError::NotFound)?;
    let what = match act.as_str() {
        "retry" => JobAct::Retry,
        "cancel" => JobAct::Cancel,
        "discard" => JobAct::Discard,
        _ => return Err(AppError::NotFound),
    };
    desk.handle(&admin, id, what).await?;
    Ok(to(&address(&form.state, &form.kind, &[("said", &format!("job-{act}"))])))
}
