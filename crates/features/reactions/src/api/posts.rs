//! Votes and thanks.

use axum::extract::{Path, State};
use xinghe_core::{AuthorId, PostId};
use xinghe_web::api::ApiJson;
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member, Viewer};

use super::shapes::{ReactionsJson, VoteBody};
use crate::commands::Reactions;
use crate::store;

/// The figures of a post as they stand, and what a member thinks of it.
pub(super) async fn now(
    reactions: &Reactions,
    viewer: Option<AuthorId>,
    post: PostId,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let tally = store::tallies(&reactions.store, &[post]).await?.remove(&post).unwrap_or_default();
    let mine = match viewer {
        Some(viewer) => Some(store::mine(&reactions.store, viewer, &[post]).await?.remove(&post).unwrap_or_default()),
        None => None,
    };
    Ok(ApiJson(ReactionsJson::new(post, tally, mine)))
}

/// What readers think of a post.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}/reactions", tag = "reactions",
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = ReactionsJson), (status = 404, description = "There is none to be seen"))
)]
pub(super) async fn show(
    State(reactions): State<Reactions>,
    viewer: Viewer,
    Path(post): Path<String>,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let post = id(&post)?;
    if reactions.posts.posts(&[post]).await?.is_empty() {
        return Err(AppError::NotFound);
    }
    now(&reactions, viewer.id(), post).await
}

/// Vote on a post, or change the vote.
#[utoipa::path(
    put, path = "/api/v1/posts/{id}/vote", tag = "reactions", request_body = VoteBody,
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = ReactionsJson), (status = 404, description = "There is none to be seen"),
        (status = 409, description = "It is your own, or cannot be voted down by you"),
        (status = 422, description = "The value is none of -1, 0 and 1"))
)]
pub(super) async fn vote(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
    ApiJson(body): ApiJson<VoteBody>,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let value = i8::try_from(body.value).ok().filter(|v| (-1..=1).contains(v));
    let value = value.ok_or_else(|| AppError::field("value", "reactions-fault-value"))?;
    let post = id(&post)?;
    reactions.vote(member.id, post, value).await?;
    now(&reactions, Some(member.id), post).await
}

/// Take the vote back.
#[utoipa::path(
    delete, path = "/api/v1/posts/{id}/vote", tag = "reactions",
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = ReactionsJson), (status = 404, description = "There is none to be seen"))
)]
pub(super) async fn unvote(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let post = id(&post)?;
    reactions.vote(member.id, post, 0).await?;
    now(&reactions, Some(member.id), post).await
}

/// Thank for a post; it cannot be taken back.
#[utoipa::path(
    put, path = "/api/v1/posts/{id}/thanks", tag = "reactions",
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = ReactionsJson), (status = 404, description = "There is none to be seen"),
        (status = 409, description = "It is your own, or names nobody"))
)]
pub(super) async fn thank(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let post = id(&post)?;
    reactions.thank(member.id, post).await?;
    now(&reactions, Some(member.id), post).await
}
