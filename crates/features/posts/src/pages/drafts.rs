//! A member's own drafts.

use askama::Template;
use axum::extract::{Path, State as Given};
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::id::DraftId;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::id;
use xinghe_web::refs::place;
use xinghe_web::{Member, PageContext, PageResult, Texts};

use super::{PER_PAGE, actor, kind_key, send};
use crate::commands;
use crate::feature::State;
use crate::model::{DraftCursor, KeptDraft};
use crate::store;

struct Line {
    id: DraftId,
    url: String,
    kind: &'static str,
    title: String,
    excerpt: String,
    change: bool,
    at: String,
    when: String,
    /// When it is to be published: as RFC 3339, and in words.
    due: Option<(String, String)>,
    /// The key of why it was not published when its time had come.
    failed: Option<&'static str>,
}

impl Line {
    fn of(d: &KeptDraft, t: &Texts) -> Self {
        Self {
            id: d.id,
            url: d.url(),
            kind: kind_key(d.kind),
            title: d.typed.title.clone(),
            excerpt: d.excerpt.clone(),
            change: d.change.is_some(),
            at: d.updated_at.rfc3339(),
            when: t.ago(d.updated_at),
            due: d.publish_at.map(|at| (at.rfc3339(), t.date_time(at))),
            failed: d.failed.as_deref().map(|why| match why {
                "story" => "posts-draft-failed-story",
                _ => "posts-draft-failed",
            }),
        }
    }
}

#[derive(Template)]
#[template(path = "posts/drafts.html")]
struct DraftsTemplate<'a> {
    t: &'a Texts,
    lines: Vec<Line>,
    undo: Option<DraftId>,
    scheduled: bool,
    older: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DraftsQuery {
    before: String,
    /// A draft that was just thrown away and can be brought back.
    undo: String,
    /// A draft that was just put on the timetable.
    scheduled: String,
}

/// The member's drafts, the one changed last first.
pub(super) async fn list(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    ApiQuery(query): ApiQuery<DraftsQuery>,
) -> PageResult {
    let after: Option<DraftCursor> = place(&query.before)?;
    let mut drafts = store::drafts(&state.store, member.id, after, PER_PAGE + 1).await?;
    let more = drafts.len() > PER_PAGE;
    drafts.truncate(PER_PAGE);
    let template = DraftsTemplate {
        t: &ctx.t,
        lines: drafts.iter().map(|d| Line::of(d, &ctx.t)).collect(),
        undo: query.undo.parse().ok(),
        scheduled: !query.scheduled.is_empty(),
        older: drafts.last().filter(|_| more).map(|d| format!("/drafts?before={}", d.cursor())),
    };
    Ok(ctx.page().title(ctx.t.s("posts-drafts")).noindex().render(&template))
}

/// Throws a draft away; the page one lands on offers to take it back.
pub(super) async fn discard(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    let draft = id(&part)?;
    commands::drafts::discard(&state.store, member.id, draft).await?;
    Ok(send(StatusCode::SEE_OTHER, &format!("/drafts?undo={draft}")))
}

/// Brings a draft back.
pub(super) async fn bring_back(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    commands::drafts::bring_back(&state.store, member.id, id(&part)?).await?;
    Ok(send(StatusCode::SEE_OTHER, "/drafts"))
}

/// Takes a draft off the timetable.
pub(super) async fn unschedule(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    commands::drafts::unschedule(&state.store, actor(&member), id(&part)?).await?;
    Ok(send(StatusCode::SEE_OTHER, "/drafts"))
}
