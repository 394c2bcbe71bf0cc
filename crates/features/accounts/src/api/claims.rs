//! Claiming unclaimed authors.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::id::ClaimId;
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, Member, PageContext};

use super::members::{LIMIT, cursor};
use super::shapes::{ClaimBody, ClaimJson, ClaimsJson, ClaimsQuery};
use crate::commands::{Accounts, ClaimList, Slice};
use crate::model::{Claim, MARK, PageProof};

impl From<Slice<Claim, ClaimId>> for ClaimsJson {
    fn from(slice: Slice<Claim, ClaimId>) -> Self {
        let items: Vec<ClaimJson> = slice.items.into_iter().map(Into::into).collect();
        Self { items, next: slice.next.map(|id| id.to_string()) }
    }
}

/// One's own claims.
#[utoipa::path(
    get, path = "/api/v1/me/claims", tag = "accounts", params(ClaimsQuery), responses((status = 200, body = ClaimsJson))
)]
pub(crate) async fn of_me(
    State(accounts): State<Accounts>,
    member: Member,
    ApiQuery(query): ApiQuery<ClaimsQuery>,
) -> Result<ApiJson<ClaimsJson>, AppError> {
    let before = cursor(query.cursor.as_deref())?;
    let list = ClaimList { state: query.state, member: Some(member.id), before, limit: LIMIT.of(query.limit)? as u32 };
    Ok(ApiJson(accounts.claims(list).await?.into()))
}

/// Say that an unclaimed author is oneself; an administrator decides.
#[utoipa::path(
    post, path = "/api/v1/members/{handle}/claims", tag = "accounts", request_body = ClaimBody,
    params(("handle" = String, Path, description = "The unclaimed author's handle")),
    responses(
        (status = 201, description = "The claim waits", body = ClaimIdJson), (status = 404),
        (status = 409, description = "Not unclaimed, or claimed by oneself already")
    )
)]
pub(crate) async fn create(
    State(accounts): State<Accounts>,
    member: Member,
    Path(handle): Path<String>,
    ApiJson(body): ApiJson<ClaimBody>,
) -> Result<(StatusCode, ApiJson<ClaimIdJson>), AppError> {
    let author = accounts.author(&handle).await?.ok_or(AppError::NotFound)?;
    let id = accounts.claim(member.id, author.card.id, &body.why).await?;
    Ok((StatusCode::CREATED, ApiJson(ClaimIdJson { id: id.to_string() })))
}

/// Claim an unclaimed author by proof: the same account at a code host, or a mark on the author's page.
#[utoipa::path(
    post, path = "/api/v1/members/{handle}/claims/proof", tag = "accounts",
    params(("handle" = String, Path, description = "The unclaimed author's handle")),
    responses(
        (status = 204, description = "The proof was found: the author is oneself"), (status = 404),
        (status = 409, description = "No proof was found, or the author is not unclaimed")
    )
)]
pub(crate) async fn prove(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Path(handle): Path<String>,
) -> Result<StatusCode, AppError> {
    let author = accounts.author(&handle).await?.ok_or(AppError::NotFound)?;
    accounts.prove_claim(&ctx.settings().public_url, member.id, author.card.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What proves that an unclaimed author is oneself.
#[utoipa::path(
    get, path = "/api/v1/members/{handle}/claims/proof", tag = "accounts",
    params(("handle" = String, Path, description = "The unclaimed author's handle")),
    responses((status = 200, body = ProofJson), (status = 404, description = "No such author, or one without a page"))
)]
pub(crate) async fn proof(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Path(handle): Path<String>,
) -> Result<ApiJson<ProofJson>, AppError> {
    let author = accounts.author(&handle).await?.ok_or(AppError::NotFound)?;
    let proof = accounts.page_proof(&ctx.settings().public_url, member.id, author.card.id).await?;
    let PageProof { page, file, token, me } = proof.ok_or(AppError::NotFound)?;
    let meta = format!("<meta name=\"{MARK}\" content=\"{token}\">");
    Ok(ApiJson(ProofJson { page: page.into(), file: file.map(Into::into), line: token, meta, me }))
}

/// What proves it; any of these does.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ProofJson {
    /// The author's page, on which `meta` or a link with `rel="me"` to `me` counts.
    page: String,
    /// A file beside it, of which a line is `line`; `null` where the page is not a host's first one.
    file: Option<String>,
    /// The line.
    line: String,
    /// The mark for the page.
    meta: String,
    /// One's own page here.
    me: String,
}

/// The id of a new claim.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ClaimIdJson {
    /// The id.
    id: String,
}

/// Take a claim back.
#[utoipa::path(
    delete, path = "/api/v1/me/claims/{id}", tag = "accounts", params(("id" = String, Path, description = "The claim")),
    responses((status = 204, description = "Taken back"), (status = 404), (status = 409, description = "Decided already"))
)]
pub(crate) async fn withdraw(
    State(accounts): State<Accounts>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    let id: ClaimId = id.parse().map_err(|_| AppError::NotFound)?;
    accounts.withdraw_claim(member.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
