//! The queue of jobs.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use xinghe_core::id::JobId;
use xinghe_store::{JobList, JobState};
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::{AppError, FieldError, Member};

use super::shapes::{JobJson, JobsJson, JobsQuery, ProgressJson, QueueJson, ScheduleJson, SummaryJson};
use crate::desk::{Desk, JobAct};
use crate::live;

/// How many jobs a page has.
const LIMIT: Limit = Limit::new(30, 100);

fn read(query: &JobsQuery) -> Result<JobList, AppError> {
    let mut errors = Vec::new();
    let state = query.state.as_deref().map(|word| JobState::ALL.into_iter().find(|s| s.as_str() == word));
    if state == Some(None) {
        errors.push(FieldError::new("state", "observatory-api-state"));
    }
    let limit = LIMIT.of(query.limit);
    if let Err(AppError::Invalid(wrong)) = &limit {
        errors.extend(wrong.iter().cloned());
    }
    let before = query.cursor.as_deref().map(str::parse::<JobId>);
    if matches!(before, Some(Err(_))) {
        errors.push(FieldError::new("cursor", "observatory-api-cursor"));
    }
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    Ok(JobList {
        state: state.flatten(),
        kind: query.kind.clone(),
        before: before.and_then(Result::ok),
        limit: limit? as u32,
    })
}

/// Jobs, newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs", tag = "administration", params(JobsQuery),
    responses((status = 200, body = JobsJson), (status = 403), (status = 422, description = "A parameter is wrong"))
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    ApiQuery(query): ApiQuery<JobsQuery>,
) -> Result<ApiJson<JobsJson>, AppError> {
    let wanted = read(&query)?;
    let limit = wanted.limit as usize;
    let mut jobs = desk.jobs().list(&JobList { limit: wanted.limit + 1, ..wanted }).await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let next = jobs.last().filter(|_| more).map(|j| j.id.to_string());
    Ok(ApiJson(JobsJson { items: jobs.into_iter().map(JobJson::from).collect(), next }))
}

/// How many jobs there are by kind and state, and what recurs when.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/summary", tag = "administration",
    responses((status = 200, body = SummaryJson), (status = 403))
)]
pub(super) async fn summary(State(desk): State<Desk>) -> Result<ApiJson<SummaryJson>, AppError> {
    let queues = desk.queues().await?.into_iter().map(QueueJson::from).collect();
    let schedules = desk.timetable().await?.into_iter().map(ScheduleJson::from).collect();
    Ok(ApiJson(SummaryJson { queues, schedules }))
}

/// Running jobs as they go on.
///
/// Server-sent events named `jobs`, each with running jobs and queues, whenever something changed; the stream ends
/// after five minutes, to be asked for again.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/events", tag = "administration",
    responses((status = 200, content_type = "text/event-stream", body = ProgressJson), (status = 403))
)]
pub(super) async fn events(State(desk): State<Desk>) -> Response {
    let looking = desk.clone();
    live::follow(&desk, "jobs", move || {
        let desk = looking.clone();
        async move {
            let running = desk.at_work().await.ok()?.into_iter().map(JobJson::from).collect();
            let queues = desk.queues().await.ok()?.into_iter().map(QueueJson::from).collect();
            serde_json::to_string(&ProgressJson { running, queues }).ok()
        }
    })
}

fn job_id(id: &str) -> Result<JobId, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}

/// One job.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/{id}", tag = "administration", params(("id" = String, Path, description = "The job")),
    responses((status = 200, body = JobJson), (status = 404))
)]
pub(super) async fn show(State(desk): State<Desk>, Path(id): Path<String>) -> Result<ApiJson<JobJson>, AppError> {
    let job = desk.jobs().get(job_id(&id)?).await?.ok_or(AppError::NotFound)?;
    Ok(ApiJson(job.into()))
}

/// Queue a dead letter or a cancelled job again, from its first try.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/retry", tag = "administration",
    params(("id" = String, Path, description = "The job")),
    responses(
        (status = 204, description = "It is queued"), (status = 404),
        (status = 409, description = "It has not ended, was done, or another one does the same")
    )
)]
pub(super) async fn retry(
    State(desk): State<Desk>,
    admin: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    desk.handle(&admin, job_id(&id)?, JobAct::Retry).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stop a job: one that waits at once, one that runs where it can stop.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/cancel", tag = "administration",
    params(("id" = String, Path, description = "The job")),
    responses((status = 204, description = "It stops"), (status = 404), (status = 409, description = "It has ended"))
)]
pub(super) async fn cancel(
    State(desk): State<Desk>,
    admin: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    desk.handle(&admin, job_id(&id)?, JobAct::Cancel).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a dead letter aside; for seven days it can still be retried.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/discard", tag = "administration",
    params(("id" = String, Path, description = "The job")),
    responses((status = 204, description = "It is put aside"), (status = 404), (status = 409, description = "It is no dead letter"))
)]
pub(super) async fn discard(
    State(desk): State<Desk>,
    admin: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    desk.handle(&admin, job_id(&id)?, JobAct::Discard).await?;
    Ok(StatusCode::NO_CONTENT)
}
