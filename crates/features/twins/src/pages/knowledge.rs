//! `/twin/knowledge`: what the twin knows, what a question finds in it, and what its owner keeps from it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use xinghe_core::{PostId, PostKind};
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::{id, place};
use xinghe_web::system::local;
use xinghe_web::{AppError, Member, PageContext, PageResult, Texts};

use super::console::Head;
use crate::acts::knowledge::Known;
use crate::ask::Asker;
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
        let title = if post.title.is_empty() { xinghe_text::excerpt(&post.body, 60) } else { post.title.clone() };
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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KnowledgeQuery {
    q: String,
    before: String,
}

/// The posts, or those in which a question finds something.
pub(crate) async fn list(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<KnowledgeQuery>,
) -> PageResult {
    let q: String = query.q.trim().chars().take(LONGEST_QUESTION).collect();
    let (known, next) = if q.is_empty() {
        asker.known(member.id, place(&query.before)?, PER_PAGE).await?
    } else {
        (asker.tried(member.id, &q).await?, None)
    };
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
