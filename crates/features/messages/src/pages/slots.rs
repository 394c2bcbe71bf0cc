//! What messages put on pages of other features. Guests get nothing: their pages are kept and shared.

use askama::Template;
use xinghe_web::{AppError, Html, SlotRequest, Texts};

use crate::commands::Messages;

#[derive(Template)]
#[template(path = "messages/own.html")]
struct Own {
    label: String,
    shown: String,
    here: bool,
}

/// In the header of every page of a member: the way to the inbox, and in how many conversations something is new.
pub(super) async fn own(all: Messages, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let (ctx, t) = (&request.ctx, &request.ctx.t);
    let Some(member) = ctx.viewer.id() else { return Ok(None) };
    let unread = all.unread(member).await?;
    let shown = match unread {
        0 => String::new(),
        n if n > 99 => "99+".to_owned(),
        n => n.to_string(),
    };
    let label = match unread {
        0 => t.s("messages-title").into_owned(),
        n => t.f("messages-unread", &[("n", n.into())]),
    };
    let here = ctx.path.split('?').next().is_some_and(|p| p == "/messages" || p.starts_with("/messages/"));
    Ok(Some(Html::render(&Own { label, shown, here })?))
}

#[derive(Template)]
#[template(path = "messages/member.html")]
struct Tools<'a> {
    t: &'a Texts,
    handle: &'a str,
    /// Whether the member takes messages of who looks.
    open: bool,
    blocked: bool,
    next: &'a str,
}

/// On a member's page: writing to the member, and blocking.
pub(super) async fn of_member(all: Messages, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let (Some(viewer), Some(author), Some(handle)) =
        (request.ctx.viewer.id(), request.subject.author, &request.subject.handle)
    else {
        return Ok(None);
    };
    let card = all.authors.cards(&[author]).await?.remove(&author);
    if viewer == author || card.is_none_or(|c| !c.claimed) {
        return Ok(None);
    }
    let blocked = all.blocks(viewer, author).await?;
    let open = !blocked && all.is_open(viewer, author).await?;
    let tools = Tools { t: &request.ctx.t, handle, open, blocked, next: &request.ctx.path };
    Ok(Some(Html::render(&tools)?))
}
