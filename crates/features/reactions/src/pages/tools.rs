//! What stands below a post, in a row of a list, on a member's and on a tag's page. What guests get depends on nothing
//! but the address and the language: their pages are kept and shared.

use std::collections::HashMap;

use askama::Template;
use xinghe_core::ports::{Own, Tally};
use xinghe_core::{AuthorId, FollowKind, PostId};
use xinghe_web::{AppError, BatchRequest, Html, PageContext, SlotPost, SlotRequest, Texts};

use crate::commands::Reactions;
use crate::model::{Mine, Target};
use crate::store;

#[derive(Template)]
#[template(path = "reactions/post.html")]
struct PostTools<'a> {
    t: &'a Texts,
    id: PostId,
    next: &'a str,
    tally: Tally,
    own: Own,
    followed: bool,
    /// Whether the viewer wrote it: figures without buttons.
    written: bool,
    reply: bool,
}

#[derive(Template)]
#[template(path = "reactions/guest.html")]
struct GuestTools<'a> {
    t: &'a Texts,
    id: PostId,
    next: &'a str,
    tally: Tally,
}

#[derive(Template)]
#[template(path = "reactions/row.html")]
struct RowTools<'a> {
    t: &'a Texts,
    votes: i32,
}

#[derive(Template)]
#[template(path = "reactions/follow.html")]
struct FollowTools<'a> {
    t: &'a Texts,
    action: String,
    next: &'a str,
    signed_in: bool,
    offered: bool,
    followed: bool,
    words: String,
}

/// Below the posts of a page.
pub(super) async fn of_posts(reactions: Reactions, request: BatchRequest) -> Result<HashMap<PostId, Html>, AppError> {
    posts(&reactions, &request.ctx, &request.posts, &request.ctx.path).await
}

/// The same; `next` is the page that they stand on.
pub(super) async fn posts(
    reactions: &Reactions,
    ctx: &PageContext,
    posts: &[SlotPost],
    next: &str,
) -> Result<HashMap<PostId, Html>, AppError> {
    let t = &ctx.t;
    let ids: Vec<PostId> = posts.iter().map(|p| p.id).collect();
    let tallies = async { Ok::<_, AppError>(store::tallies(&reactions.store, &ids).await?) };
    let Some(viewer) = ctx.viewer.id() else {
        let tallies = tallies.await?;
        let guest = |id: &PostId| {
            let tally = tallies.get(id).copied().unwrap_or_default();
            Ok((*id, Html::render(&GuestTools { t, id: *id, next, tally })?))
        };
        return ids.iter().map(guest).collect();
    };
    let mine = async { Ok::<_, AppError>(store::mine(&reactions.store, viewer, &ids).await?) };
    let (tallies, mine) = futures::try_join!(tallies, mine)?;
    let tools = |post: &SlotPost| {
        let id = post.id;
        let Mine { own, followed } = mine.get(&id).copied().unwrap_or_default();
        let tally = tallies.get(&id).copied().unwrap_or_default();
        let (written, reply) = (post.credited.contains(&viewer), post.kind.is_reply());
        Ok((id, Html::render(&PostTools { t, id, next, tally, own, followed, written, reply })?))
    };
    posts.iter().map(tools).collect()
}

/// In the rows of a list: the votes, where there are some.
pub(super) async fn of_rows(reactions: Reactions, request: BatchRequest) -> Result<HashMap<PostId, Html>, AppError> {
    let ids: Vec<PostId> = request.posts.iter().map(|p| p.id).collect();
    let tallies = store::tallies(&reactions.store, &ids).await?;
    let voted = tallies.into_iter().filter(|(_, tally)| tally.votes != 0);
    voted.map(|(id, tally)| Ok((id, Html::render(&RowTools { t: &request.ctx.t, votes: tally.votes })?))).collect()
}

/// On a member's page.
pub(super) async fn of_member(reactions: Reactions, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let (Some(author), Some(handle)) = (request.subject.author, &request.subject.handle) else { return Ok(None) };
    Ok(Some(member(&reactions, &request.ctx, author, handle, &request.ctx.path).await?))
}

/// The button to follow a member, and how many follow and are followed.
pub(super) async fn member(
    reactions: &Reactions,
    ctx: &PageContext,
    author: AuthorId,
    handle: &str,
    next: &str,
) -> Result<Html, AppError> {
    let following = store::count_of(&reactions.store, author, FollowKind::Member).await?;
    let words = |followers: u32| {
        let of = [("followers", followers.into()), ("following", (following as u64).into())];
        ctx.t.f("reactions-member-counts", &of)
    };
    follow(reactions, ctx, &Target::Member(author), (format!("/@{handle}/follow"), next), words).await
}

/// On a tag's page.
pub(super) async fn of_tag(reactions: Reactions, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let Some(given) = &request.subject.tag else { return Ok(None) };
    Ok(Some(tag(&reactions, &request.ctx, given, &request.ctx.path).await?))
}

/// The address of a tag's page.
pub(super) fn tag_url(tag: &str) -> String {
    format!("/tags/{}", xinghe_web::refs::percent(tag))
}

/// The button to follow a tag, and how many follow it.
pub(super) async fn tag(reactions: &Reactions, ctx: &PageContext, tag: &str, next: &str) -> Result<Html, AppError> {
    let words = |followers: u32| ctx.t.f("reactions-followers", &[("n", followers.into())]);
    follow(reactions, ctx, &Target::Tag(tag.to_owned()), (format!("{}/follow", tag_url(tag)), next), words).await
}

async fn follow(
    reactions: &Reactions,
    ctx: &PageContext,
    target: &Target,
    (action, next): (String, &str),
    words: impl Fn(u32) -> String,
) -> Result<Html, AppError> {
    let counts = store::follower_counts(&reactions.store, target.kind(), &[target.id()]).await?;
    let viewer = ctx.viewer.id();
    let followed = match viewer {
        Some(viewer) => store::is_followed(&reactions.store, viewer, target).await?,
        None => false,
    };
    // Who left under the name takes no followers any more.
    let left = match target {
        Target::Member(member) => store::erased(&reactions.store, *member).await?,
        _ => false,
    };
    let template = FollowTools {
        t: &ctx.t,
        action,
        next,
        signed_in: viewer.is_some(),
        offered: !left && viewer.is_none_or(|v| *target != Target::Member(v)),
        followed,
        words: words(counts.get(&target.id()).copied().unwrap_or_default()),
    };
    Ok(Html::render(&template)?)
}
