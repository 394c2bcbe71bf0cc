//! The API of archives under `/api/v1`. Personal access tokens do not open it: an archive holds everything.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, post};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use xinghe_core::Timestamp;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member, Need, RateClass, Routes};

use crate::commands::Exports;
use crate::model::Archive;
use crate::pages;

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(show, start, confirm, remove, download),
    tags((name = "exports", description = "An archive of all that a member has here"))
)]
pub(crate) struct Doc;

pub(crate) fn routes(exports: &Exports) -> Routes {
    let (e, member, one) = (|| exports.clone(), Need::Member, "/api/v1/me/export");
    Routes::new()
        .method_router(Method::GET, one, member, get(show).with_state(e()))
        .by_session()
        .method_router(Method::POST, one, member, post(start).with_state(e()))
        .limit(RateClass::SignIn)
        .by_session()
        .method_router(Method::DELETE, one, member, delete(remove).with_state(e()))
        .by_session()
        .method_router(Method::POST, "/api/v1/me/export/confirm", member, post(confirm).with_state(e()))
        .limit(RateClass::SignIn)
        .by_session()
        .method_router(Method::GET, "/api/v1/me/export/archive", member, get(download).with_state(e()))
        .by_session()
}

/// How an archive stands.
#[derive(Debug, Serialize, ToSchema)]
struct ArchiveJson {
    /// `making`, `ready`, or `failed`: then it can be asked for again.
    state: &'static str,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    /// How many parts of it are written.
    done: u32,
    /// Of how many.
    total: u32,
    /// How many files are in it.
    files: u32,
    /// Its size in bytes, once it is ready.
    bytes: u64,
    /// When it was ready.
    #[schema(value_type = Option<String>, format = DateTime)]
    ready_at: Option<Timestamp>,
    /// Until when it can be downloaded.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<Archive> for ArchiveJson {
    fn from(a: Archive) -> Self {
        Self {
            state: a.state.as_str(),
            asked_at: a.asked_at,
            done: a.done,
            total: a.total,
            files: a.files,
            bytes: a.bytes,
            ready_at: a.ready_at,
            expires_at: a.expires_at,
        }
    }
}

/// What shows again who asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgainBody {
    /// One's password, or a code of the second factor.
    confirm: String,
}

/// How far your archive is.
#[utoipa::path(
    get, path = "/api/v1/me/export", tag = "exports",
    responses((status = 200, body = ArchiveJson), (status = 404, description = "There is none"))
)]
async fn show(State(exports): State<Exports>, member: Member) -> Result<ApiJson<ArchiveJson>, AppError> {
    let archive = exports.archive(member.id).await?.ok_or(AppError::NotFound)?;
    Ok(ApiJson(archive.into()))
}

/// Ask for an archive of all that is yours, in place of an earlier one; while one is being made, that one is answered.
#[utoipa::path(
    post, path = "/api/v1/me/export", tag = "exports", request_body = AgainBody,
    responses((status = 202, body = ArchiveJson, description = "It is being made"),
        (status = 422, description = "The password is wrong"))
)]
async fn start(
    State(exports): State<Exports>,
    member: Member,
    ApiJson(body): ApiJson<AgainBody>,
) -> Result<(StatusCode, ApiJson<ArchiveJson>), AppError> {
    exports.confirm(member.id, member.session, &body.confirm).await?;
    let archive = exports.start(member.id, member.session).await?;
    Ok((StatusCode::ACCEPTED, ApiJson(archive.into())))
}

/// Show again who you are: for an hour, this session may download your archive.
#[utoipa::path(
    post, path = "/api/v1/me/export/confirm", tag = "exports", request_body = AgainBody,
    responses((status = 204, description = "Confirmed"), (status = 422, description = "The password is wrong"))
)]
async fn confirm(
    State(exports): State<Exports>,
    member: Member,
    ApiJson(body): ApiJson<AgainBody>,
) -> Result<StatusCode, AppError> {
    exports.confirm(member.id, member.session, &body.confirm).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove your archive before its time.
#[utoipa::path(
    delete, path = "/api/v1/me/export", tag = "exports", responses((status = 204, description = "There is none now"))
)]
async fn remove(State(exports): State<Exports>, member: Member) -> Result<StatusCode, AppError> {
    exports.remove(member.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Download your archive, a zip, in a session in which you showed within the last hour who you are.
#[utoipa::path(
    get, path = "/api/v1/me/export/archive", tag = "exports",
    responses((status = 200, description = "The archive", body = Vec<u8>, content_type = "application/zip"),
        (status = 403, description = "Confirm first"), (status = 404, description = "None is ready"))
)]
async fn download(State(exports): State<Exports>, member: Member) -> Result<Response, AppError> {
    let (archive, card) = exports.download(member.id, member.session).await?;
    Ok(pages::file(&exports, &archive, &card))
}
