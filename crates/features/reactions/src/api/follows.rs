//! Follows.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::FollowKind;
use xinghe_text::canonical_tag;
use xinghe_web::api::ApiJson;
use xinghe_web::refs::id;
use xinghe_web::refs::{AuthorRef, PostRef};
use xinghe_web::{AppError, Member, Viewer};

use super::shapes::{FollowJson, FollowingJson};
use crate::commands::Reactions;
use crate::model::Target;
use crate::store;

async fn member_of(reactions: &Reactions, handle: &str) -> Result<Target, AppError> {
    Ok(Target::Member(reactions.authors.by_handle(handle).await?.ok_or(AppError::NotFound)?.id))
}

fn tag_of(given: &str) -> Result<Target, AppError> {
    canonical_tag(given).map(Target::Tag).ok_or(AppError::NotFound)
}

async fn set(reactions: &Reactions, member: &Member, target: &Target, on: bool) -> Result<StatusCode, AppError> {
    if on {
        reactions.follow(member.id, target).await?;
    } else {
        reactions.unfollow(member.id, target).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// How many follow a member or author, and how many the member follows.
#[utoipa::path(
    get, path = "/api/v1/members/{handle}/follow", tag = "reactions",
    params(("handle" = String, Path, description = "The handle")),
    responses((status = 200, body = FollowJson), (status = 404, description = "Nobody has this handle"))
)]
pub(super) async fn member(
    State(reactions): State<Reactions>,
    viewer: Viewer,
    Path(handle): Path<String>,
) -> Result<ApiJson<FollowJson>, AppError> {
    let card = reactions.authors.by_handle(&handle).await?.ok_or(AppError::NotFound)?;
    let (store, raw) = (&reactions.store, card.id.raw());
    let followers = store::follower_counts(store, FollowKind::Member, &[raw]).await?;
    let followed = match viewer.id() {
        Some(viewer) => Some(store::is_followed(store, viewer, &Target::Member(card.id)).await?),
        None => None,
    };
    Ok(ApiJson(FollowJson {
        followers: followers.get(&raw).copied().unwrap_or_default(),
        following: store::count_of(store, card.id, FollowKind::Member).await? as u64,
        followed,
    }))
}

/// Follow a member or author.
#[utoipa::path(
    put, path = "/api/v1/members/{handle}/follow", tag = "reactions",
    params(("handle" = String, Path, description = "The handle")),
    responses((status = 204, description = "Followed"), (status = 404, description = "Nobody has this handle"),
        (status = 409, description = "It is you"))
)]
pub(super) async fn follow_member(
    State(reactions): State<Reactions>,
    member: Member,
    Path(handle): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&reactions, &member, &member_of(&reactions, &handle).await?, true).await
}

/// Stop following a member or author.
#[utoipa::path(
    delete, path = "/api/v1/members/{handle}/follow", tag = "reactions",
    params(("handle" = String, Path, description = "The handle")),
    responses((status = 204, description = "Not followed"), (status = 404, description = "Nobody has this handle"))
)]
pub(super) async fn unfollow_member(
    State(reactions): State<Reactions>,
    member: Member,
    Path(handle): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&reactions, &member, &member_of(&reactions, &handle).await?, false).await
}

/// Follow a tag.
#[utoipa::path(
    put, path = "/api/v1/tags/{tag}/follow", tag = "reactions",
    params(("tag" = String, Path, description = "The tag")),
    responses((status = 204, description = "Followed"), (status = 404, description = "No tag can be called so"))
)]
pub(super) async fn follow_tag(
    State(reactions): State<Reactions>,
    member: Member,
    Path(tag): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&reactions, &member, &tag_of(&tag)?, true).await
}

/// Stop following a tag.
#[utoipa::path(
    delete, path = "/api/v1/tags/{tag}/follow", tag = "reactions",
    params(("tag" = String, Path, description = "The tag")),
    responses((status = 204, description = "Not followed"), (status = 404, description = "No tag can be called so"))
)]
pub(super) async fn unfollow_tag(
    State(reactions): State<Reactions>,
    member: Member,
    Path(tag): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&reactions, &member, &tag_of(&tag)?, false).await
}

/// Follow a post that has a page of its own: be told of changes.
#[utoipa::path(
    put, path = "/api/v1/posts/{id}/follow", tag = "reactions",
    params(("id" = String, Path, description = "The post")),
    responses((status = 204, description = "Followed"), (status = 404, description = "There is none to be seen"),
        (status = 409, description = "It is an answer or a comment"))
)]
pub(super) async fn follow_post(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&reactions, &member, &Target::Post(id(&post)?), true).await
}

/// Stop following a post.
#[utoipa::path(
    delete, path = "/api/v1/posts/{id}/follow", tag = "reactions",
    params(("id" = String, Path, description = "The post")),
    responses((status = 204, description = "Not followed"), (status = 404, description = "It is no id"))
)]
pub(super) async fn unfollow_post(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&reactions, &member, &Target::Post(id(&post)?), false).await
}

/// What you follow; nobody else sees it.
#[utoipa::path(
    get, path = "/api/v1/me/following", tag = "reactions", responses((status = 200, body = FollowingJson))
)]
pub(super) async fn list(
    State(reactions): State<Reactions>,
    member: Member,
) -> Result<ApiJson<FollowingJson>, AppError> {
    let followed = reactions.following(member.id).await?;
    Ok(ApiJson(FollowingJson {
        members: followed.members.iter().map(AuthorRef::from).collect(),
        tags: followed.tags,
        posts: followed.posts.iter().map(|(post, author)| PostRef::new(post, author.as_ref())).collect(),
    }))
}
