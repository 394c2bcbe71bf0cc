//! What was told, by the line.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;
use xinghe_core::Timestamp;
use xinghe_web::api::ApiQuery;
use xinghe_web::system::local;
use xinghe_web::{AppError, PageContext, PageResult, Texts};

use crate::commands::Notifications;
use crate::model::{Cursor, Filter, Kind, NoteId};
use crate::read::Told;

/// How many lines a page shows.
const PER_PAGE: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    show: String,
    before: String,
}

/// One of the filters.
struct Tab {
    href: String,
    key: &'static str,
    current: bool,
}

/// A line on the page.
struct Row {
    told: Told,
    words: String,
    href: String,
    when: String,
    day: String,
    /// Whether AI's work is the cause.
    glows: bool,
}

#[derive(Template)]
#[template(path = "notifications/list.html")]
struct ListTemplate<'a> {
    t: &'a Texts,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    filter: Filter,
    here: String,
    /// What is newer than this page was not seen on it.
    until: String,
    unread: bool,
    first: bool,
    older: Option<String>,
}

fn address(filter: Filter, before: Option<Cursor>) -> String {
    let show = (filter != Filter::All).then(|| format!("show={}", filter.as_str()));
    let before = before.map(|b| format!("before={b}"));
    let query: Vec<String> = show.into_iter().chain(before).collect();
    if query.is_empty() { "/notifications".to_owned() } else { format!("/notifications?{}", query.join("&")) }
}

/// `/notifications`.
pub(super) async fn show(
    State(all): State<Notifications>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let (member, t) = (ctx.viewer.require()?.id, &ctx.t);
    let filter = if query.show.is_empty() { Ok(Filter::All) } else { query.show.parse() };
    let filter = filter.map_err(|_| AppError::NotFound)?;
    let before: Option<Cursor> = query.before.parse().ok();
    let page = all.list(member, filter, before, PER_PAGE).await?;
    let unread = all.unread(member).await? > 0;
    let until = page.items.first().filter(|_| before.is_none()).map_or(ctx.now(), |f| f.note.last_at);
    let row = |told: Told| Row {
        words: told.words(t),
        href: format!("/notifications/{}/open", told.note.id),
        when: t.ago(told.note.last_at),
        day: told.note.last_at.rfc3339(),
        glows: told.note.kind == Kind::Cited,
        told,
    };
    let template = ListTemplate {
        t,
        tabs: Filter::ALL
            .iter()
            .map(|f| Tab { href: address(*f, None), key: key(*f), current: *f == filter })
            .collect(),
        rows: page.items.into_iter().map(row).collect(),
        filter,
        here: address(filter, before),
        until: until.as_millis().to_string(),
        unread,
        first: before.is_none(),
        older: page.next.map(|next| address(filter, Some(next))),
    };
    Ok(ctx.page().title(t.s("notifications-title")).noindex().render(&template))
}

fn key(filter: Filter) -> &'static str {
    match filter {
        Filter::All => "notifications-all",
        Filter::Unread => "notifications-unread",
        Filter::Mentions => "notifications-mentions",
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReadForm {
    /// One line; without it all of them.
    id: String,
    /// Of all: those until this moment, in milliseconds.
    until: String,
    next: String,
}

/// Marks one line, or all, as read.
pub(super) async fn read(State(all): State<Notifications>, ctx: PageContext, Form(form): Form<ReadForm>) -> PageResult {
    let member = ctx.viewer.require()?.id;
    if form.id.is_empty() {
        let until = form.until.parse().ok().map(Timestamp::from_millis);
        all.read_all(member, until).await?;
    } else {
        all.read(member, &[form.id.parse().map_err(|_| AppError::NotFound)?]).await?;
    }
    Ok(back(&form.next))
}

/// To the page of the list that the form stood on.
fn back(next: &str) -> Response {
    let to = local(next);
    let ours = to.starts_with("/notifications") && to.bytes().all(|b| b.is_ascii_graphic());
    Redirect::to(if ours { to } else { "/notifications" }).into_response()
}

/// Whether somebody follows a link of this site (or typed its address), rather than a page elsewhere or a browser that
/// fetches ahead. Old browsers that do not say are believed.
fn meant(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let ahead = says("sec-purpose").or_else(|| says("purpose")).is_some_and(|p| p.contains("prefetch"));
    !ahead && says("sec-fetch-site").is_none_or(|s| s == "same-origin" || s == "none")
}

/// `/notifications/{id}/open`: leads to the very place, and marks the line as read on the way.
///
/// The one GET that changes something. A plain link can be opened in a new window and needs no script; the change is
/// the member's own mark, of a line whose number nobody else knows, and can be told by nobody. A page elsewhere that
/// sends a reader here is led through without the mark.
pub(super) async fn open(
    State(all): State<Notifications>,
    ctx: PageContext,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> PageResult {
    let member = ctx.viewer.require()?;
    let id: NoteId = id.parse().map_err(|_| AppError::NotFound)?;
    let told = all.one(member.id, id).await?.ok_or(AppError::NotFound)?;
    if meant(&headers) && !told.note.read {
        all.read(member.id, &[id]).await?;
    }
    Ok(Redirect::to(&told.place(&member.url())).into_response())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_reader_of_this_site_marks_by_following_a_link() {
        let says = |pairs: &[(&'static str, &'static str)]| {
            meant(&pairs.iter().map(|(n, v)| (n.parse().expect("a name"), HeaderValue::from_static(v))).collect())
        };
        assert!(says(&[]) && says(&[("sec-fetch-site", "same-origin")]) && says(&[("sec-fetch-site", "none")]));
        assert!(!says(&[("sec-fetch-site", "cross-site")]) && !says(&[("sec-fetch-site", "same-site")]));
        assert!(!says(&[("sec-fetch-site", "same-origin"), ("sec-purpose", "prefetch;prerender")]));
    }

    #[test]
    fn forms_lead_back_to_the_list_only() {
        let to = |next: &str| back(next).headers()[http::header::LOCATION].to_str().expect("an address").to_owned();
        assert_eq!(to("/notifications?show=unread"), "/notifications?show=unread");
        for elsewhere in ["", "/posts/1", "//evil.example", "/notifications\u{e9}"] {
            assert_eq!(to(elsewhere), "/notifications", "{elsewhere}");
        }
    }
}
