//! What administrators do with members and claims.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::id::ClaimId;
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, Member};

use super::members::{LIMIT, cursor};
use super::shapes::{AdminChangeBody, AdminMemberJson, ClaimsJson, ClaimsQuery, DecisionBody};
use crate::commands::{Accounts, ClaimList};

/// Claims of everybody.
#[utoipa::path(
    get, path = "/api/v1/admin/claims", tag = "accounts", params(ClaimsQuery),
    responses((status = 200, body = ClaimsJson), (status = 403))
)]
pub(crate) async fn claims(
    State(accounts): State<Accounts>,
    ApiQuery(query): ApiQuery<ClaimsQuery>,
) -> Result<ApiJson<ClaimsJson>, AppError> {
    let before = cursor(query.cursor.as_deref())?;
    let list = ClaimList { state: query.state, member: None, before, limit: LIMIT.of(query.limit)? as u32 };
    Ok(ApiJson(accounts.claims(list).await?.into()))
}

/// Believe a claim or not.
#[utoipa::path(
    post, path = "/api/v1/admin/claims/{id}/decision", tag = "accounts", request_body = DecisionBody,
    params(("id" = String, Path, description = "The claim")),
    responses((status = 204, description = "Decided"), (status = 404), (status = 409, description = "Decided already"))
)]
pub(crate) async fn decide(
    State(accounts): State<Accounts>,
    admin: Member,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<DecisionBody>,
) -> Result<StatusCode, AppError> {
    let id: ClaimId = id.parse().map_err(|_| AppError::NotFound)?;
    accounts.decide_claim(Some(admin.id), id, body.accept, &body.note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change a member's role or standing.
#[utoipa::path(
    patch, path = "/api/v1/admin/members/{handle}", tag = "accounts", request_body = AdminChangeBody,
    params(("handle" = String, Path, description = "The handle")),
    responses(
        (status = 200, body = AdminMemberJson), (status = 404),
        (status = 409, description = "No administrator would be left")
    )
)]
pub(crate) async fn change(
    State(accounts): State<Accounts>,
    admin: Member,
    Path(handle): Path<String>,
    ApiJson(body): ApiJson<AdminChangeBody>,
) -> Result<ApiJson<AdminMemberJson>, AppError> {
    let id = accounts.author(&handle).await?.ok_or(AppError::NotFound)?.card.id;
    if let Some(role) = body.role {
        accounts.set_role(Some(admin.id), id, role).await?;
    }
    if let Some(standing) = body.standing {
        accounts.set_standing(Some(admin.id), id, standing).await?;
    }
    Ok(ApiJson(accounts.author_by_id(id).await?.ok_or(AppError::NotFound)?.into()))
}
