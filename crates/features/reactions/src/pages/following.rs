//! What one follows, for oneself alone.

use askama::Template;
use axum::extract::State;
use xinghe_core::{AuthorCard, PostView};
use xinghe_web::{PageContext, PageResult, Texts};

use super::tools::tag_url;
use crate::commands::Reactions;

/// A tag with its address.
struct Tag {
    name: String,
    url: String,
}

#[derive(Template)]
#[template(path = "reactions/following.html")]
struct FollowingTemplate<'a> {
    t: &'a Texts,
    members: &'a [AuthorCard],
    tags: Vec<Tag>,
    posts: &'a [(PostView, Option<AuthorCard>)],
}

/// `/following`.
pub(super) async fn show(State(reactions): State<Reactions>, ctx: PageContext) -> PageResult {
    let followed = reactions.following(ctx.viewer.require()?.id).await?;
    let tags = followed.tags.into_iter().map(|name| Tag { url: tag_url(&name), name });
    let template =
        FollowingTemplate { t: &ctx.t, members: &followed.members, tags: tags.collect(), posts: &followed.posts };
    Ok(ctx.page().title(ctx.t.s("reactions-following")).noindex().render(&template))
}
