//! Members and unclaimed authors.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::AuthorId;
use xinghe_web::AppError;
use xinghe_web::api::{ApiJson, ApiQuery, Limit};

use super::shapes::{MemberJson, MembersJson, MembersQuery, RegisterBody};
use crate::commands::{Accounts, AuthorList};
use crate::model::{AuthorRecord, Registration};

/// How many entries the lists of this API have.
pub(crate) const LIMIT: Limit = Limit::new(30, 100);

/// The cursor of a query, as an id.
///
/// # Errors
/// Field `cursor` is not one.
pub(crate) fn cursor<T: std::str::FromStr>(given: Option<&str>) -> Result<Option<T>, AppError> {
    given.map(str::parse).transpose().map_err(|_| AppError::field("cursor", "accounts-error-cursor"))
}

/// The author of a handle; of a claimed author's old handle, the member.
///
/// # Errors
/// There is none.
pub(crate) async fn by_handle(accounts: &Accounts, handle: &str) -> Result<AuthorRecord, AppError> {
    let record = accounts.author(handle).await?.ok_or(AppError::NotFound)?;
    match record.merged_into {
        Some(member) => accounts.author_by_id(member).await?.ok_or(AppError::NotFound),
        None => Ok(record),
    }
}

/// Members and unclaimed authors, newest first.
#[utoipa::path(
    get, path = "/api/v1/members", tag = "accounts", params(MembersQuery),
    responses((status = 200, body = MembersJson), (status = 422, description = "The cursor is not one"))
)]
pub(crate) async fn list(
    State(accounts): State<Accounts>,
    ApiQuery(query): ApiQuery<MembersQuery>,
) -> Result<ApiJson<MembersJson>, AppError> {
    let before: Option<AuthorId> = cursor(query.cursor.as_deref())?;
    let list = AuthorList { words: query.q, who: query.who, before, limit: LIMIT.of(query.limit)? as u32 };
    let slice = accounts.list(&list).await?;
    let items = slice.items.into_iter().map(Into::into).collect();
    Ok(ApiJson(MembersJson { items, next: slice.next.map(|id| id.to_string()) }))
}

/// Register.
#[utoipa::path(
    post, path = "/api/v1/members", tag = "accounts", request_body = RegisterBody,
    responses((status = 201, body = MemberJson), (status = 422, description = "A field is wrong, or the handle taken"))
)]
pub(crate) async fn register(
    State(accounts): State<Accounts>,
    ApiJson(body): ApiJson<RegisterBody>,
) -> Result<(StatusCode, ApiJson<MemberJson>), AppError> {
    let RegisterBody { handle, name, password, language } = body;
    let id = accounts.register(&Registration { handle, name, password, language }).await?;
    let record = accounts.author_by_id(id).await?.ok_or(AppError::NotFound)?;
    Ok((StatusCode::CREATED, ApiJson(record.into())))
}

/// A member or unclaimed author. A claimed author's old handle answers with the member.
#[utoipa::path(
    get, path = "/api/v1/members/{handle}", tag = "accounts",
    params(("handle" = String, Path, description = "The handle")),
    responses((status = 200, body = MemberJson), (status = 404, description = "Nobody has this handle"))
)]
pub(crate) async fn show(
    State(accounts): State<Accounts>,
    Path(handle): Path<String>,
) -> Result<ApiJson<MemberJson>, AppError> {
    Ok(ApiJson(by_handle(&accounts, &handle).await?.into()))
}
