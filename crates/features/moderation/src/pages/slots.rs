//! What moderation puts on pages of other features. Guests get nothing: their pages are kept and shared.

use std::collections::HashMap;

use askama::Template;
use xinghe_core::PostId;
use xinghe_core::ports::Standing as _;
use xinghe_web::{AppError, BatchRequest, Html, Need, SlotRequest, Texts};

use crate::commands::Moderation;

#[derive(Template)]
#[template(path = "moderation/tool.html")]
struct Tool<'a> {
    t: &'a Texts,
    /// What is reported, as the form's address names it.
    query: String,
    next: &'a str,
}

/// Below the posts of a page: the way to the moderators, of what others wrote.
pub(super) async fn of_posts(request: BatchRequest) -> Result<HashMap<PostId, Html>, AppError> {
    let Some(viewer) = request.ctx.viewer.id() else { return Ok(HashMap::new()) };
    let others = request.posts.iter().filter(|p| !p.credited.contains(&viewer));
    let tool = |id: PostId| {
        let tool = Tool { t: &request.ctx.t, query: format!("post={id}"), next: &request.ctx.path };
        Ok((id, Html::render(&tool)?))
    };
    others.map(|p| tool(p.id)).collect()
}

/// On a member's page.
pub(super) async fn of_member(moderation: Moderation, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let (Some(viewer), Some(author), Some(handle)) =
        (request.ctx.viewer.id(), request.subject.author, &request.subject.handle)
    else {
        return Ok(None);
    };
    let card = moderation.authors.cards(&[author]).await?.remove(&author);
    if viewer == author || card.is_none_or(|c| !c.claimed) {
        return Ok(None);
    }
    let tool = Tool { t: &request.ctx.t, query: format!("member={handle}"), next: &request.ctx.path };
    Ok(Some(Html::render(&tool)?))
}

#[derive(Template)]
#[template(path = "moderation/own.html")]
struct Own {
    /// Of moderators: how much waits.
    waiting: Option<String>,
    label: String,
    here: bool,
    /// Of the suspended: that they are.
    suspended: String,
}

/// In the header: of moderators how much waits, of a suspended member that it is so.
pub(super) async fn own(moderation: Moderation, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let (ctx, t) = (&request.ctx, &request.ctx.t);
    let Some(viewer) = ctx.viewer.id() else { return Ok(None) };
    if ctx.viewer.may(Need::Moderator) {
        let waiting: i64 = moderation.waiting().await?.iter().sum();
        let own = Own {
            label: t.f("moderation-waiting", &[("n", waiting.into())]),
            waiting: Some(if waiting > 0 { t.number(waiting) } else { String::new() }),
            here: ctx.path.split('?').next() == Some("/moderation"),
            suspended: String::new(),
        };
        return Ok(Some(Html::render(&own)?));
    }
    if !moderation.suspended(&[viewer]).await?.contains_key(&viewer) {
        return Ok(None);
    }
    let suspended = t.s("moderation-suspended").into_owned();
    Ok(Some(Html::render(&Own { waiting: None, label: String::new(), here: false, suspended })?))
}
