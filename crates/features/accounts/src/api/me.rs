//! Oneself: profile, password, sessions, leaving.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::SessionId;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member};

use super::shapes::{ChangeBody, EraseBody, MeJson, PasswordBody, SessionJson, SessionsJson};
use crate::commands::Accounts;
use crate::model::ProfileChange;

/// Who one is.
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts", responses((status = 200, body = MeJson), (status = 401)))]
pub(crate) async fn show(State(accounts): State<Accounts>, member: Member) -> Result<ApiJson<MeJson>, AppError> {
    let record = accounts.author_by_id(member.id).await?.ok_or(AppError::NotFound)?;
    Ok(ApiJson(record.into()))
}

/// Change one's profile.
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "accounts", request_body = ChangeBody,
    responses((status = 200, body = MeJson), (status = 422, description = "A field is wrong"))
)]
pub(crate) async fn change(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<ChangeBody>,
) -> Result<ApiJson<MeJson>, AppError> {
    let ChangeBody { name, about, links, language, theme } = body;
    accounts.change_profile(member.id, &ProfileChange { name, about, links, language, theme }).await?;
    show(State(accounts), member).await
}

/// Delete one's account for good, with the choice what becomes of what one wrote.
#[utoipa::path(
    delete, path = "/api/v1/me", tag = "accounts", request_body = EraseBody,
    responses(
        (status = 204, description = "Erased"), (status = 409, description = "The only administrator cannot go"),
        (status = 422, description = "The password is wrong")
    )
)]
pub(crate) async fn erase(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<EraseBody>,
) -> Result<StatusCode, AppError> {
    accounts.erase(member.id, &body.password, body.posts).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change one's password; all other sessions end.
#[utoipa::path(
    post, path = "/api/v1/me/password", tag = "accounts", request_body = PasswordBody,
    responses((status = 204, description = "Changed"), (status = 422, description = "A field is wrong"))
)]
pub(crate) async fn password(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<PasswordBody>,
) -> Result<StatusCode, AppError> {
    accounts.change_password(member.id, member.session, &body.old, &body.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's live sessions.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "accounts", responses((status = 200, body = SessionsJson)))]
pub(crate) async fn sessions(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<ApiJson<SessionsJson>, AppError> {
    let views = accounts.sessions(member.id).await?;
    let items = views.into_iter().map(|v| SessionJson::new(v, member.session)).collect();
    Ok(ApiJson(SessionsJson { items }))
}

/// End all sessions but the one that asks.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "accounts", responses((status = 204, description = "Ended")))]
pub(crate) async fn end_other_sessions(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<StatusCode, AppError> {
    accounts.end_other_sessions(member.id, member.session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session.
#[utoipa::path(
    delete, path = "/api/v1/me/sessions/{id}", tag = "accounts",
    params(("id" = String, Path, description = "The session")),
    responses((status = 204, description = "Ended"), (status = 404, description = "No such session of one's own"))
)]
pub(crate) async fn end_session(
    State(accounts): State<Accounts>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    let id: SessionId = id.parse().map_err(|_| AppError::NotFound)?;
    accounts.end_session(member.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
