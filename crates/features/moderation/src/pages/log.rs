//! The public log: what moderators did and why, without anybody's name who reported.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{PageContext, PageResult, Texts};

use super::title_of;
use crate::commands::Moderation;
use crate::model::{Act, ActState, measure_key};
use crate::read::Seen;

/// How many acts a page shows.
const PER_PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogQuery {
    before: String,
}

/// A line of the log.
struct Line {
    date: String,
    at: String,
    measure: &'static str,
    reason: &'static str,
    until: String,
    undone: bool,
    granted: bool,
    /// Whom or what it was about, as far as everybody can see it.
    about: Option<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "moderation/log.html")]
struct LogTemplate<'a> {
    t: &'a Texts,
    lines: Vec<Line>,
    older: Option<String>,
}

fn line(t: &Texts, seen: &Seen, act: &Act) -> Line {
    let person = seen.person(act.member).filter(|_| act.measure.silences());
    let about = match (person, seen.post(act.post)) {
        (Some(card), _) => Some((card.name.clone(), card.url(), String::new())),
        (None, Some(post)) => Some((title_of(post), post.url(), post.language.to_string())),
        (None, None) => None,
    };
    Line {
        date: t.date(act.at),
        at: act.at.rfc3339(),
        measure: measure_key(act.measure),
        reason: act.reason.key(),
        until: act.until.map(|u| t.date(u)).unwrap_or_default(),
        undone: act.state == ActState::Undone,
        granted: act.appeal.as_ref().is_some_and(|a| a.granted == Some(true)),
        about,
    }
}

/// `/moderation/log`.
pub(super) async fn show(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<LogQuery>,
) -> PageResult {
    let before = place(&query.before)?;
    let (part, seen) = moderation.log(before, PER_PAGE).await?;
    let template = LogTemplate {
        t: &ctx.t,
        lines: part.items.iter().map(|a| line(&ctx.t, &seen, a)).collect(),
        older: part.next.map(|next| format!("/moderation/log?before={next}")),
    };
    Ok(ctx.page().title(ctx.t.s("moderation-log")).canonical("/moderation/log").desk().render(&template))
}
