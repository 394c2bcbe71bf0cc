//! One's personal access tokens. They are made by a session, not by another token.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::id::TokenId;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member};

use super::shapes::tokens::{NewTokenJson, TokenBody, TokenJson, TokensJson};
use crate::commands::Accounts;
use crate::model::TokenWish;

/// One's live tokens.
#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "accounts", responses((status = 200, body = TokensJson)))]
pub(crate) async fn list(State(accounts): State<Accounts>, member: Member) -> Result<ApiJson<TokensJson>, AppError> {
    let items = accounts.tokens(member.id).await?.into_iter().map(TokenJson::from).collect();
    Ok(ApiJson(TokensJson { items }))
}

/// Make a token.
#[utoipa::path(
    post, path = "/api/v1/me/tokens", tag = "accounts", request_body = TokenBody,
    responses(
        (status = 201, description = "The token, shown this once", body = NewTokenJson),
        (status = 409, description = "There are too many"), (status = 422, description = "A field is wrong")
    )
)]
pub(crate) async fn make(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<TokenBody>,
) -> Result<(StatusCode, ApiJson<NewTokenJson>), AppError> {
    let wish = TokenWish { name: body.name, scopes: body.scopes.into_iter().collect(), days: body.days };
    let made = accounts.make_token(member.id, &body.confirm, &wish).await?;
    Ok((StatusCode::CREATED, ApiJson(NewTokenJson { secret: made.secret, token: made.view.into() })))
}

/// End a token.
#[utoipa::path(
    delete, path = "/api/v1/me/tokens/{id}", tag = "accounts", params(("id" = String, Path, description = "The token")),
    responses((status = 204, description = "Ended"), (status = 404, description = "No such token of one's own"))
)]
pub(crate) async fn end(
    State(accounts): State<Accounts>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    let id: TokenId = id.parse().map_err(|_| AppError::NotFound)?;
    accounts.end_token(member.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
