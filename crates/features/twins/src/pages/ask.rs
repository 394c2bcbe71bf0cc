//! `/ask`: a question and its answer on one page. With script the answer streams into it; without, it is rendered.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use tokio::sync::mpsc;
use xinghe_core::{AnswerId, AuthorCard};
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

use crate::api::{self, AskBody};
use crate::ask::Asker;
use crate::model::{Answer, Citation, LONGEST_QUESTION};
use crate::store;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AskQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    twin: String,
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
    answer: Option<AnswerView<'a>>,
    max: usize,
}

/// An answer as the template shows it.
struct AnswerView<'a> {
    answer: &'a Answer,
    rated: bool,
    authors: usize,
    percent: u32,
    threshold: u32,
    signed_in: bool,
}

impl AnswerView<'_> {
    fn citation(&self, n: &u32) -> Option<&Citation> {
        self.answer.citations.iter().find(|c| c.n == *n)
    }
}

fn view<'a>(answer: &'a Answer, rated: bool, signed_in: bool) -> AnswerView<'a> {
    let mut authors: Vec<&str> =
        answer.citations.iter().filter_map(|c| c.post.author.as_ref()).map(|a| a.handle.as_str()).collect();
    authors.sort_unstable();
    authors.dedup();
    let percent = |x: f64| (x.clamp(0.0, 1.0) * 100.0).round() as u32;
    AnswerView {
        answer,
        rated,
        authors: authors.len(),
        percent: percent(answer.confidence),
        threshold: percent(answer.threshold),
        signed_in,
    }
}

/// The page with its box, and (`?q=`) with the question already in it.
pub(crate) async fn ask(
    State(asker): State<Asker>,
    ctx: PageContext,
    Query(query): Query<AskQuery>,
) -> Result<Response, AppError> {
    let twin = twin_card(&asker, &query.twin).await?;
    Ok(page(&ctx, &query.q, twin.as_ref(), &FieldErrors::default(), None))
}

/// The question sent by the form: the answer is rendered into the page.
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    Form(query): Form<AskQuery>,
) -> Result<Response, AppError> {
    let twin = twin_card(&asker, &query.twin).await?;
    let body = AskBody { question: query.q.clone(), twin: Some(query.twin.clone()), language: None };
    let question = match api::question(&asker, &ctx, &body).await {
        Ok(question) => question,
        Err(AppError::Invalid(errors)) => {
            let errors = FieldErrors::new(&errors, &ctx.t);
            return Ok(page(&ctx, &query.q, twin.as_ref(), &errors, None));
        }
        Err(error) => return Err(error),
    };
    let (watch, _) = mpsc::channel(1);
    let answer = asker.ask(&question, &watch).await?;
    let shown = view(&answer, false, ctx.viewer.member.is_some());
    Ok(page(&ctx, &query.q, twin.as_ref(), &FieldErrors::default(), Some(shown)))
}

/// An answer given before (`/answers?id=…&key=…`): where one comes back to after saying whether it helped.
pub(crate) async fn answer(
    State(asker): State<Asker>,
    ctx: PageContext,
    Query(query): Query<ShownQuery>,
) -> Result<Response, AppError> {
    let id: AnswerId = query.id.parse().map_err(|_| AppError::NotFound)?;
    let answer = store::load(&asker.deps().store, id, ctx.viewer.id(), &query.key).await?.ok_or(AppError::NotFound)?;
    let handle = answer.provenance.twin.as_ref().map_or("", |t| t.handle.as_str());
    let twin = twin_card(&asker, handle).await?;
    let shown = view(&answer, query.rated, ctx.viewer.member.is_some());
    Ok(page(&ctx, &answer.question, twin.as_ref(), &FieldErrors::default(), Some(shown)))
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
    Ok(asker.deps().authors.by_handle(handle).await?.filter(|c| c.claimed))
}

fn page(
    ctx: &PageContext,
    q: &str,
    twin: Option<&AuthorCard>,
    errors: &FieldErrors,
    answer: Option<AnswerView<'_>>,
) -> Response {
    let t = &ctx.t;
    let title = if q.is_empty() { t.s("twins-ask-title").into_owned() } else { q.chars().take(80).collect() };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = AskTemplate { t, q, twin, errors, answer, max: LONGEST_QUESTION };
    let page =
        ctx.page().title(title).active("ask").description(t.s("twins-ask-lead")).canonical("/ask").status(status);
    // Answers are made for one reader and change with what is written; search engines index their sources.
    let page = if q.is_empty() { page } else { page.noindex() };
    page.render(&template).into_response()
}
