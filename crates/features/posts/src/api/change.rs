//! Changing posts.

use axum::extract::{Path, State as Given};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use xinghe_core::content::PostKind;
use xinghe_core::id::{PostId, RevisionId};
use xinghe_web::api::ApiJson;
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member};

use super::read::one;
use super::shapes::{AcceptBody, PostBody, PostJson, unchanged};
use crate::commands::{self, CommandError};
use crate::feature::State;
use crate::model::Draft;
use crate::pages::{actor, detail, with_mentions};

async fn created(
    state: &State,
    member: &Member,
    kind: PostKind,
    parent: Option<PostId>,
    body: PostBody,
) -> Result<Response, AppError> {
    let draft = with_mentions(state, body.over(Draft::default()).map_err(unreadable)?).await?;
    let written = commands::create(&state.store, actor(member), kind, parent, &draft).await?;
    let mut response = one(state, written.post).await?;
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(value) = HeaderValue::from_str(&format!("/api/v1/posts/{}", written.post)) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

pub(super) fn unreadable(field: &'static str) -> AppError {
    AppError::field(field, "posts-fault-unreadable")
}

/// Write an article, a question, a project, a moment or news.
#[utoipa::path(
    post, path = "/api/v1/posts", tag = "posts", request_body = PostBody,
    responses((status = 201, body = PostJson), (status = 401, description = "Not signed in"),
        (status = 422, description = "A field is wrong"))
)]
pub(super) async fn create(
    Given(state): Given<State>,
    member: Member,
    ApiJson(body): ApiJson<PostBody>,
) -> Result<Response, AppError> {
    let kind: PostKind = body.kind.as_deref().unwrap_or("article").parse().map_err(|_| unreadable("kind"))?;
    created(&state, &member, kind, None, body).await
}

/// Answer a question.
#[utoipa::path(
    post, path = "/api/v1/posts/{id}/answers", tag = "posts", request_body = PostBody,
    params(("id" = String, Path, description = "The question")),
    responses((status = 201, body = PostJson), (status = 400, description = "It is no question"))
)]
pub(super) async fn answer(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
    ApiJson(body): ApiJson<PostBody>,
) -> Result<Response, AppError> {
    created(&state, &member, PostKind::Answer, Some(id(&post)?), body).await
}

/// Comment on a post.
#[utoipa::path(
    post, path = "/api/v1/posts/{id}/comments", tag = "posts", request_body = PostBody,
    params(("id" = String, Path, description = "The post")),
    responses((status = 201, body = PostJson), (status = 404, description = "There is none to be seen"))
)]
pub(super) async fn comment(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
    ApiJson(body): ApiJson<PostBody>,
) -> Result<Response, AppError> {
    created(&state, &member, PostKind::Comment, Some(id(&post)?), body).await
}

/// What a change says it builds upon.
///
/// # Errors
/// It does not say so.
pub(super) fn if_match(headers: &HeaderMap) -> Result<&str, AppError> {
    let given = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let expected = given.trim().trim_start_matches("W/").trim_matches('"');
    if expected.is_empty() { Err(AppError::PreconditionRequired("posts-error-if-match".into())) } else { Ok(expected) }
}

/// Change a post. `If-Match` names the revision that the change started from.
#[utoipa::path(
    patch, path = "/api/v1/posts/{id}", tag = "posts", request_body = PostBody,
    params(("id" = String, Path, description = "The post"),
        ("If-Match" = String, Header, description = "The `ETag` of what was read")),
    responses((status = 200, body = PostJson), (status = 428, description = "`If-Match` is missing"),
        (status = 403, description = "Not yours to change"), (status = 412, description = "It changed meanwhile"),
        (status = 422, description = "A field is wrong"))
)]
pub(super) async fn edit(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<PostBody>,
) -> Result<Response, AppError> {
    let expected = if_match(&headers)?;
    // What is no revision at all is not the current one either.
    let expected: RevisionId = expected.parse().map_err(|_| AppError::Stale("posts-error-changed".into()))?;
    let before = detail(&state, id(&post)?).await?;
    if body.kind.as_deref().is_some_and(|k| k != before.view.kind.as_str()) {
        return Err(unreadable("kind"));
    }
    let draft = with_mentions(&state, body.over(unchanged(&before)).map_err(unreadable)?).await?;
    let written = commands::edit(&state.store, actor(&member), before.view.id, expected, &draft).await;
    let written = written.map_err(|error| match error {
        CommandError::Conflict { .. } => AppError::Stale("posts-error-changed".into()),
        other => other.into(),
    })?;
    one(&state, written.post).await
}

/// Delete a post; its author can bring it back for 30 days.
#[utoipa::path(
    delete, path = "/api/v1/posts/{id}", tag = "posts", params(("id" = String, Path, description = "The post")),
    responses((status = 204, description = "Done"), (status = 403, description = "Not yours to delete"))
)]
pub(super) async fn delete(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
) -> Result<StatusCode, AppError> {
    commands::delete(&state.store, actor(&member), id(&post)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Bring a deleted post back.
#[utoipa::path(
    post, path = "/api/v1/posts/{id}/restore", tag = "posts", params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = PostJson), (status = 409, description = "The time is over"))
)]
pub(super) async fn restore(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
) -> Result<Response, AppError> {
    let post = id(&post)?;
    commands::restore(&state.store, actor(&member), post).await?;
    one(&state, post).await
}

/// Mark the answer that solved a question.
#[utoipa::path(
    put, path = "/api/v1/questions/{id}/accepted", tag = "posts", request_body = AcceptBody,
    params(("id" = String, Path, description = "The question")),
    responses((status = 204, description = "Done"), (status = 403, description = "Neither asked nor moderates"))
)]
pub(super) async fn accept(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
    ApiJson(body): ApiJson<AcceptBody>,
) -> Result<StatusCode, AppError> {
    let answer: PostId = body.answer.parse().map_err(|_| unreadable("answer"))?;
    commands::accept(&state.store, actor(&member), id(&post)?, answer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take the mark back.
#[utoipa::path(
    delete, path = "/api/v1/questions/{id}/accepted", tag = "posts",
    params(("id" = String, Path, description = "The question")),
    responses((status = 204, description = "Done"), (status = 403, description = "Neither asked nor moderates"))
)]
pub(super) async fn unaccept(
    Given(state): Given<State>,
    member: Member,
    Path(post): Path<String>,
) -> Result<StatusCode, AppError> {
    commands::unaccept(&state.store, actor(&member), id(&post)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
