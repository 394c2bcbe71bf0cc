//! `/twin/ledger`: all that the twin did.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use xinghe_core::{PostId, TwinAct, TwinDraftId};
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{Member, PageContext, PageResult, Texts};

use super::console::Head;
use super::drafts::{percent, title};
use crate::acts::gone;
use crate::acts::ledger::{self, Entry};
use crate::ask::Asker;
use crate::model::Citation;

/// How many lines a page shows.
const PER_PAGE: usize = 30;

struct Line {
    id: i64,
    act: &'static str,
    kind: &'static str,
    title: String,
    lang: String,
    url: Option<String>,
    at: String,
    when: String,
    why: Option<String>,
    percent: Option<u32>,
    seen: Vec<Citation>,
    undo: Option<TwinDraftId>,
    /// What names the answer of this line to the form in which the owner says what is right.
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "acts/ledger.html")]
struct LedgerTemplate<'a> {
    t: &'a Texts,
    head: Head,
    lines: Vec<Line>,
    undone: bool,
    older: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LedgerQuery {
    before: String,
    done: String,
}

/// What a line is called, and its colour.
const fn words(entry: &Entry) -> (&'static str, &'static str) {
    match entry.act {
        None if entry.abstained => ("twins-act-asked-declined", ""),
        None => ("twins-act-asked-answered", "ai"),
        Some(TwinAct::Drafted) => ("twins-act-drafted", "river"),
        Some(TwinAct::Declined) => ("twins-act-declined", ""),
        Some(TwinAct::Decided) => ("twins-act-decided", "river"),
        Some(TwinAct::Approved) => ("twins-act-approved", "good"),
        Some(TwinAct::Rejected) => ("twins-act-rejected", "bad"),
        Some(TwinAct::Published) => ("twins-act-published", "ai"),
        Some(TwinAct::GaveWay) => ("twins-act-gave-way", ""),
        Some(TwinAct::Stopped) => ("twins-act-stopped", "warn"),
        Some(TwinAct::Undone) => ("twins-act-undone", "warn"),
    }
}

/// Why it did what it did, in words: a reason of its own, or what the owner wrote.
pub(crate) fn why(t: &Texts, entry: &Entry) -> Option<String> {
    let why = entry.why.as_deref()?;
    if entry.act == Some(TwinAct::Rejected) {
        return Some(why.to_owned());
    }
    let key = match why {
        "nothing_found" => "twins-why-nothing-found",
        "thin_evidence" => "twins-why-thin-evidence",
        "false_premise" => "twins-why-false-premise",
        "contradicting" => "twins-why-contradicting",
        "unsupported" => "twins-why-unsupported",
        "off_limits" => "twins-why-off-limits",
        "answered" => "twins-why-answered",
        gone::WHY => "twins-why-source-gone",
        _ => "twins-why-gone",
    };
    Some(t.s(key).into_owned())
}

/// What names an answer that its owner may correct: one that a reader was given or refused, or one that appeared.
fn wrong(entry: &Entry) -> Option<String> {
    match (entry.act, entry.draft) {
        (None, _) => Some(format!("answer={}", entry.id)),
        (Some(TwinAct::Published | TwinAct::Rejected), Some(draft)) => Some(format!("draft={draft}")),
        _ => None,
    }
}

/// The ledger, the newest first.
pub(crate) async fn list(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<LedgerQuery>,
) -> PageResult {
    let before: Option<i64> = place(&query.before)?;
    let deps = asker.deps();
    let mut entries = ledger::ledger(&deps.store, member.id, before, PER_PAGE + 1).await?;
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let questions: Vec<PostId> = entries.iter().filter_map(|e| e.question).collect();
    let posts = deps.posts.posts(&questions).await?;
    let t = &ctx.t;
    let older = entries.last().filter(|_| more).map(|e| format!("/twin/ledger?before={}", e.id));
    let line = |e: Entry| {
        let (act, kind) = words(&e);
        let post = e.question.and_then(|q| posts.get(&q));
        Line {
            id: e.id,
            act,
            kind,
            title: e.asked.clone().unwrap_or_else(|| e.question.map_or_else(String::new, |q| title(t, &posts, q))),
            lang: post.map(|p| p.language.to_string()).unwrap_or_default(),
            url: post.map(xinghe_core::PostView::url),
            at: e.at.rfc3339(),
            when: t.date_time(e.at),
            why: why(t, &e),
            percent: e.confidence.map(percent),
            undo: e.draft.filter(|_| e.undoable),
            wrong: wrong(&e),
            seen: e.seen,
        }
    };
    let template = LedgerTemplate {
        t,
        head: Head::of(&asker, &member, "ledger", "/twin/ledger").await?,
        lines: entries.into_iter().map(line).collect(),
        undone: query.done == "undone",
        older,
    };
    Ok(ctx.page().title(t.s("twins-ledger")).active("twins").noindex().render(&template))
}
