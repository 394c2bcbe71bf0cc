//! The buttons: each is a form of its own place, and says with `do` what to do.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use xinghe_core::{AuthorCard, PostId};
use xinghe_text::canonical_tag;
use xinghe_web::SlotPost;
use xinghe_web::{AppError, PageContext};

use super::{back, part, tools, wants_part};
use crate::commands::Reactions;
use crate::model::Target;

#[derive(Debug, Deserialize)]
pub(super) struct ActForm {
    #[serde(default, rename = "do")]
    what: String,
    #[serde(default)]
    next: String,
}

fn unknown() -> AppError {
    AppError::bad("reactions-fault-do")
}

/// The post of an address; its slug may follow.
///
/// # Errors
/// There is none.
pub(super) fn post_of(part: &str) -> Result<PostId, AppError> {
    part.split('-').next().unwrap_or_default().parse().map_err(|_| AppError::NotFound)
}

/// Votes, thanks, bookmarks, follows: on a post.
pub(super) async fn react(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Path(given): Path<String>,
    headers: HeaderMap,
    Form(form): Form<ActForm>,
) -> Result<Response, AppError> {
    let (by, post) = (ctx.viewer.require()?.id, post_of(&given)?);
    match form.what.as_str() {
        "up" => reactions.vote(by, post, 1).await?,
        "down" => reactions.vote(by, post, -1).await?,
        "unvote" => reactions.vote(by, post, 0).await?,
        "thank" => reactions.thank(by, post).await?,
        "keep" => reactions.keep(by, post, None).await?,
        "unkeep" => reactions.unkeep(by, post).await?,
        "follow" => reactions.follow(by, &Target::Post(post)).await?,
        "unfollow" => reactions.unfollow(by, &Target::Post(post)).await?,
        _ => return Err(unknown()),
    }
    if wants_part(&headers) {
        let shown: Vec<SlotPost> = reactions.posts.posts(&[post]).await?.values().map(SlotPost::from).collect();
        let mut parts = tools::posts(&reactions, &ctx, &shown, &form.next).await?;
        return Ok(part(parts.remove(&post).unwrap_or_default()));
    }
    Ok(back(&form.next, &format!("#post-{post}"), &format!("/posts/{post}")))
}

/// Whose handle it is.
///
/// # Errors
/// Nobody's.
pub(crate) async fn card_of(reactions: &Reactions, handle: &str) -> Result<AuthorCard, AppError> {
    reactions.authors.by_handle(handle).await?.ok_or(AppError::NotFound)
}

async fn follow(reactions: &Reactions, ctx: &PageContext, target: &Target, what: &str) -> Result<(), AppError> {
    let by = ctx.viewer.require()?.id;
    match what {
        "follow" => reactions.follow(by, target).await?,
        "unfollow" => reactions.unfollow(by, target).await?,
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Follows a member, or stops.
pub(super) async fn follow_member(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Path(handle): Path<String>,
    headers: HeaderMap,
    Form(form): Form<ActForm>,
) -> Result<Response, AppError> {
    let card = card_of(&reactions, &handle).await?;
    follow(&reactions, &ctx, &Target::Member(card.id), &form.what).await?;
    if wants_part(&headers) {
        return Ok(part(tools::member(&reactions, &ctx, card.id, &card.handle, &form.next).await?));
    }
    Ok(back(&form.next, "", &card.url()))
}

/// Follows a tag, or stops.
pub(super) async fn follow_tag(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Path(given): Path<String>,
    headers: HeaderMap,
    Form(form): Form<ActForm>,
) -> Result<Response, AppError> {
    let tag = canonical_tag(&given).ok_or(AppError::NotFound)?;
    let target = Target::Tag(tag.clone());
    follow(&reactions, &ctx, &target, &form.what).await?;
    if wants_part(&headers) {
        return Ok(part(tools::tag(&reactions, &ctx, &tag, &form.next).await?));
    }
    Ok(back(&form.next, "", &tools::tag_url(&tag)))
}
