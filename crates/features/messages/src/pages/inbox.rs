//! The inbox.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use xinghe_core::AuthorCard;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{PageContext, PageResult, Texts};

use crate::commands::Messages;
use crate::model::Cursor;
use crate::read::Listed;

const PAGE: usize = 30;
/// Characters of the last message that are shown.
const EXCERPT: usize = 90;

struct Row {
    url: String,
    other: Option<AuthorCard>,
    name: String,
    excerpt: String,
    own: bool,
    unread: u32,
    when: String,
    day: String,
}

#[derive(Template)]
#[template(path = "messages/inbox.html")]
struct InboxTemplate<'a> {
    t: &'a Texts,
    rows: Vec<Row>,
    first: bool,
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct InboxQuery {
    after: String,
}

fn row(ctx: &PageContext, listed: Listed) -> Row {
    let t = &ctx.t;
    let at = listed.last.as_ref().map(|m| m.at);
    Row {
        url: format!("/messages/{}", listed.conversation.id),
        name: listed.other.as_ref().map_or_else(|| t.s("messages-former").into_owned(), |c| c.name.clone()),
        other: listed.other.filter(|c| c.claimed),
        excerpt: listed.last.as_ref().map(|m| xinghe_text::excerpt(&m.body, EXCERPT)).unwrap_or_default(),
        own: listed.last.as_ref().is_some_and(|m| ctx.viewer.is(m.author)),
        unread: listed.conversation.unread,
        when: at.map(|at| t.ago(at)).unwrap_or_default(),
        day: at.map(xinghe_core::Timestamp::rfc3339).unwrap_or_default(),
    }
}

/// `/messages`.
pub(super) async fn show(
    State(all): State<Messages>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<InboxQuery>,
) -> PageResult {
    let after: Option<Cursor> = place(&query.after)?;
    let inbox = all.inbox(ctx.viewer.require()?.id, after, PAGE).await?;
    let template = InboxTemplate {
        t: &ctx.t,
        rows: inbox.items.into_iter().map(|l| row(&ctx, l)).collect(),
        first: after.is_none(),
        next: inbox.next.map(|c| format!("/messages?after={c}")),
    };
    Ok(ctx.page().title(ctx.t.s("messages-title")).noindex().render(&template))
}
