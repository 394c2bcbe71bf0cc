//! What moderators have to look at.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use xinghe_core::CaseId;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{AppError, PageContext, PageResult, Texts};

use super::{keeper, named, of_message};
use crate::commands::Moderation;
use crate::model::{Queue, Reason, Subject};

/// How many cases a page shows.
const PER_PAGE: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QueueQuery {
    show: String,
    reason: String,
    after: String,
}

struct Tab {
    href: String,
    words: String,
    /// Empty where it is not counted.
    count: String,
    current: bool,
}

struct Row {
    url: String,
    title: String,
    lang: String,
    /// What it is: a kind of post, or a member.
    kind: &'static str,
    author: String,
    reports: u32,
    since: String,
    at: String,
    reasons: Vec<&'static str>,
    taken: Option<String>,
}

#[derive(Template)]
#[template(path = "moderation/queue.html")]
struct QueueTemplate<'a> {
    t: &'a Texts,
    tabs: Vec<Tab>,
    chips: Vec<Tab>,
    rows: Vec<Row>,
    queue: Queue,
    filtered: bool,
    next: Option<String>,
}

fn address(queue: Queue, reason: Option<Reason>, after: Option<CaseId>) -> String {
    let mut query = vec![];
    if queue != Queue::Open {
        query.push(format!("show={queue}"));
    }
    query.extend(reason.map(|r| format!("reason={r}")));
    query.extend(after.map(|a| format!("after={a}")));
    if query.is_empty() { "/moderation".to_owned() } else { format!("/moderation?{}", query.join("&")) }
}

/// The key of what a subject is called.
pub(super) fn kind_key(subject: Subject, kind: Option<xinghe_core::PostKind>) -> &'static str {
    use xinghe_core::PostKind::{Answer, Article, Book, Comment, Creation, Moment, News, Project, Question};
    match (subject, kind) {
        (Subject::Member(_), _) => "moderation-kind-member",
        (Subject::Message(_), _) => "moderation-kind-message",
        (_, Some(Article)) => "moderation-kind-article",
        (_, Some(Question)) => "moderation-kind-question",
        (_, Some(Answer)) => "moderation-kind-answer",
        (_, Some(Comment)) => "moderation-kind-comment",
        (_, Some(Moment)) => "moderation-kind-moment",
        (_, Some(News)) => "moderation-kind-news",
        (_, Some(Project)) => "moderation-kind-project",
        (_, Some(Creation | Book) | None) => "moderation-kind-post",
    }
}

/// `/moderation`.
pub(super) async fn show(
    State(moderation): State<Moderation>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<QueueQuery>,
) -> PageResult {
    let (by, t) = (keeper(ctx.viewer.require()?), &ctx.t);
    let queue = if query.show.is_empty() { Queue::Open } else { query.show.parse().map_err(|_| AppError::NotFound)? };
    let reason: Option<Reason> = match query.reason.as_str() {
        "" => None,
        word => Some(word.parse().map_err(|_| AppError::NotFound)?),
    };
    let after = place(&query.after)?;
    let [open, confirm, appeals] = moderation.waiting().await?;
    let (part, seen) = moderation.cases(by, (queue, reason), after, PER_PAGE).await?;
    let tab = |of: &Queue| {
        let count = match of {
            Queue::Open => open,
            Queue::Confirm => confirm,
            Queue::Appeals => appeals,
            Queue::Mine | Queue::Decided => 0,
        };
        let count = if count > 0 { t.number(count) } else { String::new() };
        Tab { href: address(*of, None, None), words: t.s(of.key()).into_owned(), count, current: *of == queue }
    };
    let chip = |of: Option<Reason>| Tab {
        href: address(queue, of, None),
        words: t.s(of.map_or("moderation-all", Reason::key)).into_owned(),
        count: String::new(),
        current: of == reason,
    };
    let row = |listed: crate::read::Listed| {
        let case = listed.case;
        let post = seen.post(case.subject.post());
        let member = seen.person(case.member);
        let (title, lang) = match case.subject {
            Subject::Post(_) => named(t, post, None),
            Subject::Member(_) => named(t, None, member),
            Subject::Message(_) => of_message(t, member),
        };
        Row {
            url: format!("/moderation/cases/{}", case.id),
            title,
            lang,
            kind: kind_key(case.subject, post.map(|p| p.kind)),
            author: case.subject.post().and(member).map(|c| c.name.clone()).unwrap_or_default(),
            reports: case.reports,
            since: t.ago(case.opened_at),
            at: case.opened_at.rfc3339(),
            reasons: listed.reasons.into_iter().map(Reason::key).collect(),
            taken: case.taken_by.and_then(|by| seen.person(by)).map(|c| c.name.clone()),
        }
    };
    let template = QueueTemplate {
        t,
        tabs: Queue::ALL.iter().map(tab).collect(),
        chips: std::iter::once(None).chain(Reason::ALL.iter().copied().map(Some)).map(chip).collect(),
        rows: part.items.into_iter().map(row).collect(),
        queue,
        filtered: reason.is_some() || after.is_some(),
        next: part.next.map(|next| address(queue, reason, Some(next))),
    };
    Ok(ctx.page().title(t.s("moderation-title")).noindex().render(&template))
}
