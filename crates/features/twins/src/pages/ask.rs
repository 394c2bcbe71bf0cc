//! `/ask`: a question and its answer on one page. With script the answer streams into it; without, it is rendered.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use tokio::sync::mpsc;
use xinghe_core::{AnswerId, AuthorCard, AuthorId, PostId, PostView, Provenance};
use xinghe_web::{AppError, FieldErrors, Html, PageContext, Subject, Texts};

use crate::api::{self, AskBody};
use crate::ask::Asker;
use crate::model::{Answer, Citation, LONGEST_QUESTION};
use crate::store;

/// Longest title of a post, in characters.
const LONGEST_TITLE: usize = 200;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AskQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    twin: String,
    /// The answer that the question follows, and its key.
    #[serde(default)]
    after: String,
    #[serde(default)]
    key: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RateForm {
    answer: String,
    key: String,
    helpful: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ShownQuery {
    #[serde(default)]
    id: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    rated: bool,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct AskTemplate<'a> {
    t: &'a Texts,
    q: &'a str,
    twin: Option<&'a AuthorCard>,
    errors: &'a FieldErrors,
    /// What was said before, and what is said now.
    before: &'a [Answer],
    answer: Option<AnswerView<'a>>,
    /// The answer that the next question follows, and its key.
    follows: Option<(&'a str, &'a str)>,
    max: usize,
}

/// What stands around the box to ask in.
#[derive(Default)]
struct Asked<'a> {
    aside: Html,
    before: &'a [Answer],
    answer: Option<AnswerView<'a>>,
    /// Of a question that was not taken: what it follows.
    follows: Option<(&'a str, &'a str)>,
}

/// An answer as the template shows it.
struct AnswerView<'a> {
    answer: &'a Answer,
    rated: bool,
    authors: usize,
    percent: u32,
    threshold: u32,
    signed_in: bool,
    faces: HashMap<PostId, AuthorCard>,
    /// Whose twin answered.
    owner: Option<AuthorCard>,
    /// Whether the twin is the reader's own.
    mine: bool,
}

impl AnswerView<'_> {
    fn citation(&self, n: &u32) -> Option<&Citation> {
        self.answer.citations.iter().find(|c| c.n == *n)
    }

    /// The question as the title of a post, which may be shorter than a question.
    fn title(&self) -> String {
        self.answer.question.chars().take(LONGEST_TITLE).collect()
    }

    /// The question's own language: what is listed below it may be in others.
    fn language(&self) -> String {
        xinghe_text::detect(&self.answer.question).to_string()
    }

    /// What is said in a post stands in the question's language, whatever the page's is.
    fn texts(&self, t: &Texts) -> Texts {
        t.in_lang(xinghe_text::detect(&self.answer.question).interface().unwrap_or(t.lang()))
    }

    /// The post that asks people what the guide could not answer. What came nearest is not in it: it was found to be no
    /// evidence, and a link would count as a citation.
    fn body(&self, t: &Texts) -> String {
        format!("{}\n\n{}", self.answer.question, self.texts(t).s("twins-posted-body"))
    }

    /// The post that asks a twin's owner in person: the question, what the twin said, if anything, and what it cited.
    fn handed(&self, t: &Texts, owner: &AuthorCard) -> String {
        let question = self.answer.understood.as_ref().unwrap_or(&self.answer.question);
        let name = [("name", owner.name.as_str().into())];
        let asked = format!("@{} {question}", owner.handle);
        if self.answer.abstained {
            return format!("{asked}\n\n{}", self.texts(t).f("twins-handed-declined", &name));
        }
        let quoted: String = self.answer.answer.lines().map(|line| format!("> {line}\n")).collect();
        format!("{asked}\n\n{}\n\n{quoted}{}", self.texts(t).f("twins-handed", &name), self.sources())
    }

    /// How a post that asks people came to be: with a machine's words in it, or as a person wrote it.
    fn provenance(&self) -> Provenance {
        if self.answer.abstained { Provenance::Human } else { Provenance::AiAssisted }
    }

    /// The address of this answer, to which a guest comes back who signs in first.
    fn url(&self) -> String {
        format!("/answers?id={}&key={}", self.answer.id, self.answer.rating_key)
    }

    /// What was cited, as a list of links.
    fn sources(&self) -> String {
        let mut list = String::new();
        let mut seen = HashSet::new();
        for post in self.answer.citations.iter().map(|c| &c.post).filter(|p| seen.insert(p.id)) {
            let title = post.title.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
            list.push_str(&format!("\n- [{title}]({})", post.url));
        }
        list
    }
}

async fn view<'a>(
    asker: &Asker,
    answer: &'a Answer,
    rated: bool,
    asked_by: Option<AuthorId>,
    twin: Option<&AuthorCard>,
) -> Result<AnswerView<'a>, AppError> {
    let mut authors: Vec<&str> =
        answer.citations.iter().filter_map(|c| c.post.author.as_ref()).map(|a| a.handle.as_str()).collect();
    authors.sort_unstable();
    authors.dedup();
    let cited: Vec<PostId> = answer.citations.iter().map(|c| c.post.id).collect();
    let posts = asker.deps().posts.posts(&cited).await?;
    let people: Vec<_> = posts.values().filter_map(PostView::author).collect();
    let cards = asker.deps().authors.cards(&people).await?;
    let face = |(id, post): (PostId, PostView)| Some((id, cards.get(&post.author()?)?.clone()));
    let percent = |x: f64| (x.clamp(0.0, 1.0) * 100.0).round() as u32;
    Ok(AnswerView {
        answer,
        rated,
        authors: authors.len(),
        percent: percent(answer.confidence),
        threshold: percent(answer.threshold),
        signed_in: asked_by.is_some(),
        faces: posts.into_iter().filter_map(face).collect(),
        mine: twin.is_some_and(|card| asked_by == Some(card.id)),
        owner: twin.filter(|card| asked_by.is_none_or(|member| member != card.id)).cloned(),
    })
}

/// The page with its box, and (`?q=`) with the question already in it.
pub(crate) async fn ask(
    State(asker): State<Asker>,
    ctx: PageContext,
    Query(query): Query<AskQuery>,
) -> Result<Response, AppError> {
    let twin = twin_card(&asker, &query.twin).await?;
    let aside = ctx.slot("ask.aside", &Subject::default()).await;
    Ok(page(&ctx, &query.q, twin.as_ref(), &FieldErrors::default(), Asked { aside, ..Asked::default() }))
}

/// The question sent by the form: the answer is rendered into the page.
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    Form(query): Form<AskQuery>,
) -> Result<Response, AppError> {
    let twin = twin_card(&asker, &query.twin).await?;
    let body = AskBody {
        question: query.q.clone(),
        twin: Some(query.twin.clone()),
        language: None,
        after: Some(query.after.clone()),
        key: Some(query.key.clone()),
    };
    let question = match api::question(&asker, &ctx, &body).await {
        Ok(question) => question,
        Err(AppError::Invalid(errors)) => {
            let errors = FieldErrors::new(&errors, &ctx.t);
            let follows = Some((query.after.as_str(), query.key.as_str())).filter(|(after, _)| !after.is_empty());
            return Ok(page(&ctx, &query.q, twin.as_ref(), &errors, Asked { follows, ..Asked::default() }));
        }
        Err(error) => return Err(error),
    };
    let (watch, _) = mpsc::channel(1);
    let answer = asker.ask(&question, &watch).await?;
    let before = match answer.after {
        Some(after) => store::conversation(&asker.deps().store, after, ctx.viewer.id(), &query.key).await?,
        None => Vec::new(),
    };
    let shown = view(&asker, &answer, false, ctx.viewer.id(), twin.as_ref()).await?;
    let asked = Asked { before: &before, answer: Some(shown), ..Asked::default() };
    Ok(page(&ctx, &query.q, twin.as_ref(), &FieldErrors::default(), asked))
}

/// An answer given before (`/answers?id=…&key=…`): where one comes back to after saying whether it helped.
pub(crate) async fn answer(
    State(asker): State<Asker>,
    ctx: PageContext,
    Query(query): Query<ShownQuery>,
) -> Result<Response, AppError> {
    let id: AnswerId = query.id.parse().map_err(|_| AppError::NotFound)?;
    let mut before = store::conversation(&asker.deps().store, id, ctx.viewer.id(), &query.key).await?;
    let answer = before.pop().ok_or(AppError::NotFound)?;
    let handle = answer.provenance.twin.as_ref().map_or("", |t| t.handle.as_str());
    let twin = twin_card(&asker, handle).await?;
    let shown = view(&asker, &answer, query.rated, ctx.viewer.id(), twin.as_ref()).await?;
    Ok(page(
        &ctx,
        &answer.question,
        twin.as_ref(),
        &FieldErrors::default(),
        Asked { before: &before, answer: Some(shown), ..Asked::default() },
    ))
}

/// Whether the answer helped, from the form.
pub(crate) async fn rate(
    State(asker): State<Asker>,
    ctx: PageContext,
    Form(form): Form<RateForm>,
) -> Result<Redirect, AppError> {
    let id: AnswerId = form.answer.parse().map_err(|_| AppError::NotFound)?;
    if !store::rate(&asker.deps().store, id, ctx.viewer.id(), &form.key, form.helpful).await? {
        return Err(AppError::NotFound);
    }
    Ok(Redirect::to(&format!("/answers?id={id}&key={}&rated=true", form.key)))
}

async fn twin_card(asker: &Asker, handle: &str) -> Result<Option<AuthorCard>, AppError> {
    let handle = handle.trim().trim_start_matches('@');
    if handle.is_empty() {
        return Ok(None);
    }
    Ok(asker.deps().twin_of(handle).await?)
}

fn page(ctx: &PageContext, q: &str, twin: Option<&AuthorCard>, errors: &FieldErrors, asked: Asked<'_>) -> Response {
    let t = &ctx.t;
    let title = if q.is_empty() { t.s("twins-ask-title").into_owned() } else { q.chars().take(80).collect() };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let id = asked.answer.as_ref().map(|shown| shown.answer.id.to_string());
    let key = asked.answer.as_ref().map_or("", |shown| shown.answer.rating_key.as_str());
    let follows = asked.follows.or(id.as_deref().map(|id| (id, key)));
    let (before, answer) = (asked.before, asked.answer);
    let template = AskTemplate { t, q, twin, errors, before, answer, follows, max: LONGEST_QUESTION };
    let page = ctx
        .page()
        .title(title)
        .active("ask")
        .description(t.s("twins-ask-lead"))
        .canonical("/ask")
        .status(status)
        .aside(asked.aside);
    // Answers are made for one reader and change with what is written; search engines index their sources.
    let page = if q.is_empty() { page } else { page.noindex() };
    page.render(&template).into_response()
}
