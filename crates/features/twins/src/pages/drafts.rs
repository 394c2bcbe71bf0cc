//! `/twin/drafts`: what the twin wrote and its owner has not looked at.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use xinghe_core::ports::OwnersPart;
use xinghe_core::{AuthorCard, PostId, PostView, TwinDraftId};
use xinghe_web::api::ApiQuery;
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::refs::id;
use xinghe_web::{AppError, Html, Member, PageContext, PageResult, Texts};

use super::console::Head;
use crate::acts::commands;
use crate::acts::model::{DraftState, REASON_MAX, TwinDraft};
use crate::acts::store;
use crate::ask::Asker;
use crate::memory::model::LONGEST;
use crate::memory::store as memory;
use crate::model::Citation;

/// How many drafts the list shows.
const SHOWN: usize = 50;

pub(crate) fn percent(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// A draft in the list.
struct Item {
    id: TwinDraftId,
    title: String,
    lang: String,
    percent: u32,
    passages: usize,
    when: String,
    here: bool,
}

/// The draft one looks at.
struct Open {
    id: TwinDraftId,
    title: String,
    lang: String,
    url: String,
    excerpt: String,
    asker: Option<AuthorCard>,
    asked: String,
    answered: bool,
    body: Html,
    source: String,
    body_lang: String,
    citations: Vec<Citation>,
    posts: usize,
    percent: u32,
    threshold: u32,
    model: Option<String>,
    before: Option<TwinDraftId>,
    after: Option<TwinDraftId>,
    place: usize,
}

#[derive(Template)]
#[template(path = "acts/drafts.html")]
struct DraftsTemplate<'a> {
    t: &'a Texts,
    head: Head,
    name: &'a str,
    items: Vec<Item>,
    open: Option<Open>,
    done: Option<&'static str>,
    post: Option<PostId>,
    offer: Option<Offer>,
    reason_max: usize,
}

/// What the owner said to a draft, to be kept as a correction if the owner wants it.
struct Offer {
    /// The draft; empty where the answer says already what the owner says.
    draft: String,
    question: String,
    text: String,
    lang: String,
}

/// What is offered after a rejection with a reason or a change: the owner's own words, as far as they are a statement.
async fn offer(asker: &Asker, member: &Member, query: &DraftsQuery) -> Result<Option<Offer>, AppError> {
    let Ok(id) = query.offer.parse::<TwinDraftId>() else { return Ok(None) };
    let db = &asker.deps().store;
    let Some(draft) = store::draft(db, member.id, id).await? else { return Ok(None) };
    let Some(said) = store::said_to(db, &draft).await? else { return Ok(None) };
    let fits = said.chars().count() <= LONGEST && !memory::asked_before(db, member.id, &draft.answer.question).await?;
    let changed = draft.owners_part == OwnersPart::Changed;
    let named = if changed { String::new() } else { draft.id.to_string() };
    let text = if changed { xinghe_text::words::plain(&said) } else { said };
    let (question, lang) = (draft.answer.question, draft.answer.language);
    Ok(fits.then_some(Offer { draft: named, question, text, lang }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DraftsQuery {
    /// The draft to look at; without it the oldest.
    draft: String,
    /// What was just done.
    done: String,
    /// The post that came of it.
    post: String,
    /// The draft to which the owner said something that could be kept.
    offer: String,
}

/// The title of a question that may be gone.
pub(crate) fn title(t: &Texts, posts: &HashMap<PostId, PostView>, question: PostId) -> String {
    posts.get(&question).map_or_else(|| t.s("twins-question-gone").into_owned(), |p| p.title.clone())
}

/// The inbox.
pub(crate) async fn list(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<DraftsQuery>,
) -> PageResult {
    let deps = asker.deps();
    let drafts = store::waiting(&deps.store, member.id, None, SHOWN).await?;
    let questions: Vec<PostId> = drafts.iter().map(|d| d.question).collect();
    let posts = deps.posts.posts(&questions).await?;
    let wanted: Option<TwinDraftId> = query.draft.parse().ok();
    let at = drafts.iter().position(|d| Some(d.id) == wanted).unwrap_or(0);
    let item = |(n, d): (usize, &TwinDraft)| Item {
        id: d.id,
        title: title(&ctx.t, &posts, d.question),
        lang: posts.get(&d.question).map(|p| p.language.to_string()).unwrap_or_default(),
        percent: percent(d.answer.confidence),
        passages: d.answer.citations.len(),
        when: ctx.t.ago(d.at),
        here: n == at,
    };
    let open = match drafts.get(at) {
        Some(draft) => Some(look(&asker, &ctx, &posts, (&drafts, draft, at)).await?),
        None => None,
    };
    let done = match query.done.as_str() {
        "published" => Some("twins-draft-done-published"),
        "rejected" => Some("twins-draft-done-rejected"),
        "gave_way" => Some("twins-draft-gave-way"),
        "waiting" => Some("twins-stopped-yours"),
        _ => None,
    };
    let template = DraftsTemplate {
        t: &ctx.t,
        head: Head::of(&asker, &member, "drafts", "/twin/drafts").await?,
        name: &member.name,
        items: drafts.iter().enumerate().map(item).collect(),
        open,
        done,
        post: query.post.parse().ok(),
        offer: offer(&asker, &member, &query).await?,
        reason_max: REASON_MAX,
    };
    Ok(ctx.page().title(ctx.t.s("twins-drafts")).active("twins").noindex().wide().render(&template))
}

async fn look(
    asker: &Asker,
    ctx: &PageContext,
    posts: &HashMap<PostId, PostView>,
    (drafts, draft, at): (&[TwinDraft], &TwinDraft, usize),
) -> Result<Open, AppError> {
    let deps = asker.deps();
    let question = posts.get(&draft.question);
    let asker_card = match question.and_then(PostView::author) {
        Some(author) => deps.authors.cards(&[author]).await?.remove(&author),
        None => None,
    };
    let answered = deps.answers.answered_by_people(&[draft.question]).await?.contains(&draft.question);
    let cited: BTreeSet<PostId> = draft.answer.citations.iter().map(|c| c.post.id).collect();
    let neighbour = |n: Option<usize>| n.and_then(|n| drafts.get(n)).map(|d| d.id);
    Ok(Open {
        id: draft.id,
        title: title(&ctx.t, posts, draft.question),
        lang: question.map(|q| q.language.to_string()).unwrap_or_default(),
        url: question.map(PostView::url).unwrap_or_default(),
        excerpt: question.map(|q| xinghe_text::excerpt(&q.body, 280)).unwrap_or_default(),
        asker: asker_card,
        asked: question.map(|q| ctx.t.ago(q.published_at)).unwrap_or_default(),
        answered,
        body: render(&draft.body, &RenderOptions::default().in_lang(ctx.lang)).html.clone(),
        source: draft.body.clone(),
        body_lang: draft.answer.language.clone(),
        citations: draft.answer.citations.clone(),
        posts: cited.len(),
        percent: percent(draft.answer.confidence),
        threshold: percent(draft.answer.threshold),
        model: draft.answer.provenance.model.clone(),
        before: neighbour(at.checked_sub(1)),
        after: neighbour(Some(at + 1)),
        place: at + 1,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ApproveForm {
    /// The owner's own words; none: as it is.
    body: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RejectForm {
    reason: String,
}

/// The owner says yes, with changes or without.
pub(crate) async fn approve(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<ApproveForm>,
) -> Result<Redirect, AppError> {
    let deps = asker.deps();
    let id = id(&part)?;
    let state = commands::approve(deps, member.id, id, form.body.as_deref()).await?;
    let post = store::draft(&deps.store, member.id, id).await?.map(|d| d.post);
    let post = match (state, post) {
        (DraftState::Published, Some(post)) => format!("&post={post}"),
        _ => String::new(),
    };
    let offer = if form.body.is_some() { format!("&offer={id}") } else { String::new() };
    Ok(Redirect::to(&format!("/twin/drafts?done={state}{post}{offer}")))
}

/// The owner says no.
pub(crate) async fn reject(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<RejectForm>,
) -> Result<Redirect, AppError> {
    let id = id(&part)?;
    commands::reject(&asker.deps().store, member.id, id, &form.reason).await?;
    let offer = if form.reason.trim().is_empty() { String::new() } else { format!("&offer={id}") };
    Ok(Redirect::to(&format!("/twin/drafts?done=rejected{offer}")))
}

/// The owner takes a published answer back.
pub(crate) async fn undo(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
) -> Result<Redirect, AppError> {
    commands::undo(asker.deps(), member.id, id(&part)?).await?;
    Ok(Redirect::to("/twin/ledger?done=undone"))
}
