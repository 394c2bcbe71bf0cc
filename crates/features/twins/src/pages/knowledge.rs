//! `/twin/knowledge`: what the twin knows: what its owner wrote, and keeps from it; what its owner said.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use xinghe_core::{PostId, PostKind, PostView, StatementId};
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::{id, place};
use xinghe_web::system::local;
use xinghe_web::{AppError, Member, PageContext, PageResult, Texts};

use super::console::Head;
use super::said::UsedRow;
use crate::acts::knowledge::Known;
use crate::ask::Asker;
use crate::memory::commands::contradicted;
use crate::memory::model::{State as Standing, Statement, StatementKind, is_stale};
use crate::memory::{store as memory, used};
use crate::model::LONGEST_QUESTION;

/// How many posts a page shows.
const PER_PAGE: usize = 30;
/// The most sentences that are shown of what a question finds in one post.
const MOST_FOUND: usize = 3;

struct Row {
    id: PostId,
    kind: &'static str,
    title: String,
    lang: String,
    url: String,
    at: String,
    when: String,
    passages: usize,
    answers: i64,
    excluded: bool,
    found: Vec<String>,
}

impl Row {
    fn of(t: &Texts, known: Known) -> Self {
        let Known { post, passages, answers, excluded, mut found } = known;
        found.truncate(MOST_FOUND);
        let kind = match post.kind {
            PostKind::Article => "twins-kind-article",
            PostKind::Answer => "twins-kind-answer",
            PostKind::Comment => "twins-kind-comment",
            PostKind::Project => "twins-kind-project",
            PostKind::Moment => "twins-kind-moment",
            _ => "twins-kind-post",
        };
        let title = named(&post);
        Self {
            id: post.id,
            kind,
            title,
            lang: post.language.to_string(),
            url: post.url(),
            at: post.published_at.rfc3339(),
            when: t.date(post.published_at),
            passages,
            answers,
            excluded,
            found,
        }
    }
}

#[derive(Template)]
#[template(path = "acts/knowledge.html")]
struct KnowledgeTemplate<'a> {
    t: &'a Texts,
    head: Head,
    q: &'a str,
    longest: usize,
    here: String,
    rows: Vec<Row>,
    older: Option<String>,
    /// `writing`, `facts` or `corrections`.
    part: &'static str,
    facts: usize,
    corrections: usize,
    said: Vec<SaidRow>,
    /// Facts that wait for the owner's word.
    proposed: Vec<SaidRow>,
    /// Since when it learns nothing new.
    unlearning: Option<String>,
    done: Option<&'static str>,
}

/// What the owner said.
struct SaidRow {
    id: StatementId,
    question: String,
    text: String,
    lang: String,
    at: String,
    when: String,
    leans: Option<(String, String, String)>,
    /// Whether it was read in that post, as opposed to said leaning on it.
    read: bool,
    /// What was said before and cannot hold together with it.
    against: Vec<String>,
    /// Whether it was said so long ago that its owner is asked about it.
    stale: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KnowledgeQuery {
    q: String,
    before: String,
    part: String,
    /// What was just done.
    done: String,
}

/// What was just done, in words.
fn done(word: &str) -> Option<&'static str> {
    match word {
        "kept" => Some("twins-said-kept"),
        "known" => Some("twins-said-known"),
        "changed" => Some("twins-said-changed"),
        "deleted" => Some("twins-said-deleted"),
        "disputed" => Some("twins-said-disputed"),
        "settled" => Some("twins-fact-settled"),
        "declined" => Some("twins-fact-declined"),
        "learning" => Some("twins-memory-learns"),
        "stopped" => Some("twins-memory-stopped"),
        "forgotten" => Some("twins-memory-forgotten"),
        "no-period" => Some("twins-forget-period-wrong"),
        "anew" => Some("twins-memory-emptied"),
        _ => None,
    }
}

/// Whether a text holds all that is searched for.
fn holds(statement: &Statement, q: &str) -> bool {
    let text = xinghe_text::norm::fold_str(&format!("{} {}", statement.question, statement.text));
    xinghe_text::norm::fold_str(q).split_whitespace().all(|word| text.contains(word))
}

impl SaidRow {
    fn of(t: &Texts, posts: &HashMap<PostId, PostView>, all: &[Statement], said: Statement) -> Self {
        let leans = said.post.and_then(|id| posts.get(&id));
        let proposed = said.state == Standing::Proposed;
        let against = if proposed { contradicted(said.kind, &said.text, all) } else { Vec::new() };
        Self {
            read: said.quote.is_some(),
            against: against.into_iter().map(|s| s.text.clone()).collect(),
            stale: is_stale(&said, t.now()),
            id: said.id,
            question: said.question,
            text: said.text,
            lang: said.language,
            at: said.at.rfc3339(),
            when: t.date(said.at),
            leans: leans.map(|p| (p.url(), named(p), p.language.to_string())),
        }
    }
}

fn named(post: &PostView) -> String {
    if post.title.is_empty() { xinghe_text::excerpt(&post.body, 60) } else { post.title.clone() }
}

/// What the twin knows: the posts, or those in which a question finds something; or what its owner said, or what of it
/// holds some words.
pub(crate) async fn list(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<KnowledgeQuery>,
) -> PageResult {
    let deps = asker.deps();
    let q: String = query.q.trim().chars().take(LONGEST_QUESTION).collect();
    let kind = StatementKind::ALL.into_iter().find(|kind| kind.part() == query.part);
    let part = kind.map_or("writing", StatementKind::part);
    let all = memory::all(&deps.store, member.id, Standing::Stands).await?;
    let count = |kind| all.iter().filter(|s| s.kind == kind).count();
    let (facts, corrections) = (count(StatementKind::Fact), count(StatementKind::Correction));
    let (known, next) = match kind {
        Some(_) => (Vec::new(), None),
        None if q.is_empty() => asker.known(member.id, place(&query.before)?, PER_PAGE).await?,
        None => (asker.tried(member.id, &q).await?, None),
    };
    let proposed = memory::all(&deps.store, member.id, Standing::Proposed).await?;
    let shown = |s: &&Statement| Some(s.kind) == kind && holds(s, &q);
    let said: Vec<Statement> = all.iter().filter(shown).cloned().collect();
    let proposed: Vec<Statement> = proposed.into_iter().filter(|s| shown(&s)).collect();
    let leant: Vec<PostId> = said.iter().chain(&proposed).filter_map(|s| s.post).collect();
    let posts = deps.posts.posts(&leant).await?;
    let rows = |of: Vec<Statement>| of.into_iter().map(|s| SaidRow::of(&ctx.t, &posts, &all, s)).collect();
    let unlearning = memory::unlearning(&deps.store, member.id).await?;
    let here = if q.is_empty() {
        format!("/twin/knowledge?before={}", query.before)
    } else {
        format!("/twin/knowledge?q={}", url::form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>())
    };
    let template = KnowledgeTemplate {
        t: &ctx.t,
        head: Head::of(&asker, &member, "knowledge", "/twin/knowledge").await?,
        q: &q,
        longest: LONGEST_QUESTION,
        here,
        rows: known.into_iter().map(|k| Row::of(&ctx.t, k)).collect(),
        older: next.map(|id| format!("/twin/knowledge?before={id}")),
        part,
        facts,
        corrections,
        said: rows(said),
        proposed: rows(proposed),
        unlearning: unlearning.map(|since| ctx.t.date(since)),
        done: done(&query.done),
    };
    Ok(ctx.page().title(ctx.t.s("twins-knowledge")).active("twins").noindex().render(&template))
}

#[derive(Template)]
#[template(path = "acts/known.html")]
struct KnownTemplate<'a> {
    t: &'a Texts,
    head: Head,
    post: &'a PostView,
    name: String,
    when: String,
    used: Vec<UsedRow>,
}

/// One post of the owner's, and which answers of the twin used it.
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    Path(part): Path<String>,
) -> PageResult {
    let id: PostId = id(&part)?;
    let deps = asker.deps();
    let posts = deps.posts.posts(&[id]).await?;
    let mine = |p: &&PostView| p.credits.iter().any(|c| c.author == member.id);
    let post = posts.get(&id).filter(mine).ok_or(AppError::NotFound)?;
    let used = used::used(&deps.store, member.id, id.raw()).await?;
    let template = KnownTemplate {
        t: &ctx.t,
        head: Head::of(&asker, &member, "knowledge", "/twin/knowledge").await?,
        post,
        name: named(post),
        when: ctx.t.date(post.published_at),
        used: used.into_iter().map(|u| UsedRow::of(&ctx.t, u)).collect(),
    };
    Ok(ctx.page().title(ctx.t.s("twins-knowledge")).active("twins").noindex().render(&template))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KeepForm {
    excluded: String,
    next: String,
}

/// Keeps a post from the twin, or gives it back.
pub(crate) async fn keep(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<KeepForm>,
) -> Result<Redirect, AppError> {
    let post: PostId = id(&part)?;
    asker.keep_from(member.id, post, form.excluded == "true").await?;
    let next = if form.next.is_empty() { "/twin/knowledge" } else { local(&form.next) };
    Ok(Redirect::to(&format!("{next}#post-{post}")))
}
