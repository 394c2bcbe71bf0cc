//! Signing in and out for programs.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member, Viewer};

use super::shapes::{SignInBody, TokenJson};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::pages::client;

/// Sign in: a session token for `Authorization: Bearer`.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "accounts", request_body = SignInBody,
    responses(
        (status = 201, description = "A session", body = TokenJson),
        (status = 422, description = "Handle and password do not belong together, or `code` is needed or wrong"),
        (status = 429, description = "Too many wrong tries")
    )
)]
pub(crate) async fn sign_in(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    headers: HeaderMap,
    ApiJson(body): ApiJson<SignInBody>,
) -> Result<(StatusCode, ApiJson<TokenJson>), AppError> {
    let client = client(&viewer, &headers);
    let session = match (accounts.sign_in(&body.handle, &body.password, &client).await, &body.code) {
        (Err(AccountError::CodeNeeded(half)), Some(code)) => {
            accounts.finish_sign_in(&half.token, code, &client).await?
        }
        (other, _) => other?,
    };
    Ok((StatusCode::CREATED, ApiJson(session.into())))
}

/// Sign out: the session that asks ends.
#[utoipa::path(delete, path = "/api/v1/session", tag = "accounts", responses((status = 204, description = "Ended")))]
pub(crate) async fn sign_out(State(accounts): State<Accounts>, member: Member) -> Result<StatusCode, AppError> {
    accounts.end_session(member.id, member.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
