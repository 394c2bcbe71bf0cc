//! The administrator's API under `/api/v1/admin`.

mod jobs;
mod readers;
mod shapes;

use axum::extract::State;
use axum::routing::{get, post};
use http::Method;
use utoipa::OpenApi;
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, Need, Routes};

use crate::desk::Desk;
use shapes::{AiJson, AiQuery, OverviewJson};

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(
        overview, ai, readers::list, readers::retry, readers::skip, readers::rebuild, jobs::list, jobs::summary,
        jobs::events, jobs::show, jobs::retry, jobs::cancel, jobs::discard,
    ),
    tags((name = "administration", description = "How the community runs; for administrators"))
)]
pub(crate) struct Doc;

/// The routes of this API.
pub(crate) fn routes(desk: &Desk) -> Routes {
    let d = || desk.clone();
    let admin = Need::Administrator;
    Routes::new()
        .method_router(Method::GET, "/api/v1/admin/overview", admin, get(overview).with_state(d()))
        .method_router(Method::GET, "/api/v1/admin/ai", admin, get(ai).with_state(d()))
        .method_router(Method::GET, "/api/v1/admin/readers", admin, get(readers::list).with_state(d()))
        .method_router(Method::POST, "/api/v1/admin/readers/{name}/retry", admin, post(readers::retry).with_state(d()))
        .method_router(Method::POST, "/api/v1/admin/readers/{name}/skip", admin, post(readers::skip).with_state(d()))
        .method_router(
            Method::POST,
            "/api/v1/admin/readers/{name}/rebuild",
            admin,
            post(readers::rebuild).with_state(d()),
        )
        .method_router(Method::GET, "/api/v1/admin/jobs", admin, get(jobs::list).with_state(d()))
        .method_router(Method::GET, "/api/v1/admin/jobs/summary", admin, get(jobs::summary).with_state(d()))
        .method_router(Method::GET, "/api/v1/admin/jobs/events", admin, get(jobs::events).with_state(d()))
        .stream()
        .method_router(Method::GET, "/api/v1/admin/jobs/{id}", admin, get(jobs::show).with_state(d()))
        .method_router(Method::POST, "/api/v1/admin/jobs/{id}/retry", admin, post(jobs::retry).with_state(d()))
        .method_router(Method::POST, "/api/v1/admin/jobs/{id}/cancel", admin, post(jobs::cancel).with_state(d()))
        .method_router(Method::POST, "/api/v1/admin/jobs/{id}/discard", admin, post(jobs::discard).with_state(d()))
}

/// How large the community is, which models are on, what needs a person.
#[utoipa::path(
    get, path = "/api/v1/admin/overview", tag = "administration",
    responses((status = 200, body = OverviewJson), (status = 403))
)]
async fn overview(State(desk): State<Desk>) -> Result<ApiJson<OverviewJson>, AppError> {
    let (community, index, trouble) = (desk.community().await?, desk.index().await?, desk.trouble().await?);
    Ok(ApiJson(OverviewJson {
        community,
        index,
        models: desk.deps.models.clone(),
        parked_readers: trouble.parked,
        dead_jobs: trouble.dead,
    }))
}

/// What chat models were called for, and what that cost.
#[utoipa::path(
    get, path = "/api/v1/admin/ai", tag = "administration", params(AiQuery),
    responses((status = 200, body = AiJson), (status = 403), (status = 422, description = "A parameter is wrong"))
)]
async fn ai(State(desk): State<Desk>, ApiQuery(query): ApiQuery<AiQuery>) -> Result<ApiJson<AiJson>, AppError> {
    let days = query.days.unwrap_or(30);
    if !(1..=366).contains(&days) {
        return Err(AppError::field("days", "observatory-api-days"));
    }
    let (spending, used) = (desk.spending(days).await?, desk.deps.ledger.used().await?);
    Ok(ApiJson(AiJson::new(&spending, &used)))
}
