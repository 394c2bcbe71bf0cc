//! Readers of the event log.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member};

use super::shapes::{ReaderJson, ReadersJson, SkipBody};
use crate::desk::{Desk, ReaderAct, read_position};

/// All readers, those that wait for a person first.
#[utoipa::path(
    get, path = "/api/v1/admin/readers", tag = "administration",
    responses((status = 200, body = ReadersJson), (status = 403))
)]
pub(super) async fn list(State(desk): State<Desk>) -> Result<ApiJson<ReadersJson>, AppError> {
    let now = desk.deps.store.now();
    let items = desk.readers().await?.into_iter().map(|r| ReaderJson::new(r, now)).collect();
    Ok(ApiJson(ReadersJson { items }))
}

/// Let a parked reader try its event again.
#[utoipa::path(
    post, path = "/api/v1/admin/readers/{name}/retry", tag = "administration",
    params(("name" = String, Path, description = "The reader")),
    responses((status = 204, description = "It tries again"), (status = 404), (status = 409, description = "It is not parked"))
)]
pub(super) async fn retry(
    State(desk): State<Desk>,
    admin: Member,
    Path(name): Path<String>,
) -> Result<StatusCode, AppError> {
    desk.steer(&admin, &name, ReaderAct::Retry).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a parked reader go past the event it cannot take.
///
/// What it would have derived from that event is missing until it is rebuilt.
#[utoipa::path(
    post, path = "/api/v1/admin/readers/{name}/skip", tag = "administration", request_body = SkipBody,
    params(("name" = String, Path, description = "The reader")),
    responses(
        (status = 204, description = "It goes on behind the event"), (status = 404),
        (status = 409, description = "It is not parked, or no longer there")
    )
)]
pub(super) async fn skip(
    State(desk): State<Desk>,
    admin: Member,
    Path(name): Path<String>,
    ApiJson(body): ApiJson<SkipBody>,
) -> Result<StatusCode, AppError> {
    let position = read_position(&body.position)
        .ok_or_else(|| AppError::field("position", "observatory-reader-position-unknown"))?;
    desk.steer(&admin, &name, ReaderAct::Skip(position)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Drop what a reader derived and let it read the whole log again.
#[utoipa::path(
    post, path = "/api/v1/admin/readers/{name}/rebuild", tag = "administration",
    params(("name" = String, Path, description = "The reader")),
    responses((status = 202, description = "It reads from the beginning; its lag tells how far it is"), (status = 404))
)]
pub(super) async fn rebuild(
    State(desk): State<Desk>,
    admin: Member,
    Path(name): Path<String>,
) -> Result<StatusCode, AppError> {
    desk.steer(&admin, &name, ReaderAct::Rebuild).await?;
    Ok(StatusCode::ACCEPTED)
}
