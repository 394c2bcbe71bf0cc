//! The API: ask, look at an answer, say whether it helped.

use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response, Sse as SseResponse};
use futures::stream::StreamExt;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use xinghe_core::{AnswerId, AuthorId, Lang};
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, PageContext, Said};

use crate::ask::{AskError, Asker, Progress};
use crate::model::{self, Answer, Follows, LONGEST_QUESTION, Question, QuestionError};
use crate::store;
use crate::telling::{self, Step};

/// A question to the guide or to a twin.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// The question, up to 1,000 characters.
    pub question: String,
    /// The handle of the member whose twin is asked; without it, the guide.
    #[serde(default)]
    pub twin: Option<String>,
    /// The language of the answer's own words: `zh-Hans`, `zh-Hant` or `en`; without it, the question's.
    #[serde(default)]
    pub language: Option<String>,
    /// The `id` of the answer that this question follows: what it leans on ("And how do I undo it?") is then understood.
    #[serde(default)]
    pub after: Option<String>,
    /// That answer's `rating_key`; whoever asked it while signed in needs none.
    #[serde(default)]
    pub key: Option<String>,
}

/// Whether an answer helped.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingBody {
    /// Whether it did.
    pub helpful: bool,
    /// The answer's `rating_key`; whoever asked while signed in needs none.
    #[serde(default)]
    pub key: String,
}

/// The key of an answer, for reading it again.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeyQuery {
    /// The answer's `rating_key`; whoever asked while signed in needs none.
    #[serde(default)]
    pub key: String,
}

impl From<AskError> for AppError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Store(error) => error.into(),
            AskError::Port(error) => error.into(),
            AskError::Stopped => Self::conflict("twins-stopped"),
            AskError::NoTwin => Self::field("twin", "twins-no-twin-disabled"),
        }
    }
}

/// Checks what was typed and finds whose twin is meant.
///
/// # Errors
/// By field; an unclaimed author has no twin.
pub(crate) async fn question(asker: &Asker, ctx: &PageContext, body: &AskBody) -> Result<Question, AppError> {
    let text = model::check_question(&body.question).map_err(|error| match error {
        QuestionError::Empty => AppError::field("question", "twins-question-empty"),
        QuestionError::TooLong => {
            AppError::field("question", Said::new("twins-question-long").with("max", LONGEST_QUESTION))
        }
    })?;
    let twin = match body.twin.as_deref().map(|t| t.trim().trim_start_matches('@')).filter(|t| !t.is_empty()) {
        None => None,
        Some(handle) => match asker.deps().authors.by_handle(handle).await? {
            Some(card) if !card.claimed => return Err(AppError::field("twin", "twins-no-twin-unclaimed")),
            Some(card) if asker.deps().is_disabled(card.id).await? => return Err(AskError::NoTwin.into()),
            Some(card) => Some(card.id),
            None => return Err(AppError::field("twin", "twins-no-twin")),
        },
    };
    let language = match body.language.as_deref().filter(|l| !l.is_empty()) {
        Some(tag) => Lang::nearest(tag).ok_or_else(|| AppError::field("language", "twins-language"))?,
        None => language_of(&text, ctx.lang),
    };
    let follows = match body.after.as_deref().map(str::trim).filter(|a| !a.is_empty()) {
        None => None,
        Some(after) => Some(followed(asker, ctx, after, body.key.as_deref().unwrap_or_default(), twin).await?),
    };
    Ok(Question { text, twin, language, asker: ctx.viewer.id(), follows, ticket: None })
}

/// The conversation that an answer ends; with whom it is, does not change in it.
async fn followed(
    asker: &Asker,
    ctx: &PageContext,
    after: &str,
    key: &str,
    twin: Option<AuthorId>,
) -> Result<Follows, AppError> {
    let missing = || AppError::field("after", "twins-after-missing");
    let answer: AnswerId = after.parse().map_err(|_| missing())?;
    let turns = store::conversation(&asker.deps().store, answer, ctx.viewer.id(), key).await?;
    if turns.is_empty() {
        return Err(missing());
    }
    if store::asked_of(&asker.deps().store, answer).await? != twin {
        return Err(AppError::field("after", "twins-after-other"));
    }
    Ok(Follows { answer: Some(answer), questions: turns.into_iter().map(|t| t.question).collect() })
}

/// The language a question is asked in; the interface's where it cannot be told.
fn language_of(text: &str, interface: Lang) -> Lang {
    xinghe_text::detect(text).interface().unwrap_or(interface)
}

/// Ask the guide or a twin.
///
/// With `Accept: text/event-stream` the answer streams: `status` (what was found), `citation`, `sentence`, then `done`
/// with the whole answer, or `error` with a problem.
#[utoipa::path(
    post, path = "/api/v1/ask", tag = "ask", request_body = AskBody,
    responses(
        (status = 200, description = "An answer, or an honest refusal (`abstained`)", body = Answer),
        (status = 422, description = "A field is wrong"),
        (status = 429, description = "Too many questions")
    )
)]
pub(crate) async fn ask(
    State(asker): State<Asker>,
    ctx: PageContext,
    headers: HeaderMap,
    ApiJson(body): ApiJson<AskBody>,
) -> Result<Response, AppError> {
    let question = question(&asker, &ctx, &body).await?;
    let wants = |h: &http::HeaderValue| h.to_str().is_ok_and(|v| v.contains("text/event-stream"));
    if headers.get(header::ACCEPT).is_some_and(wants) {
        return Ok(stream_answer(asker, question, ctx));
    }
    let (watch, _) = mpsc::channel(1);
    Ok(ApiJson(asker.ask(&question, &watch).await?).into_response())
}

fn stream_answer(asker: Asker, question: Question, ctx: PageContext) -> Response {
    let events = telling::steps(asker, question).map(move |step| match step {
        Step::Progress(Progress::Found { passages, authors }) => {
            event("status", &json!({ "passages": passages, "authors": authors }))
        }
        Step::Progress(Progress::Cited(citation)) => event("citation", &citation),
        Step::Progress(Progress::Said(sentence)) => event("sentence", &sentence),
        Step::Done(Ok(answer)) => event("done", &answer),
        Step::Done(Err(error)) => {
            let (title, detail) = (error.title(&ctx.t), error.detail(&ctx.t));
            event("error", &json!({ "title": title, "detail": detail, "status": error.status().as_u16() }))
        }
    });
    SseResponse::new(events).keep_alive(KeepAlive::default()).into_response()
}

fn event(name: &str, data: &impl Serialize) -> Result<Sse, Infallible> {
    let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    Ok(Sse::default().event(name).data(data))
}

/// An answer given before, for whoever asked it.
#[utoipa::path(
    get, path = "/api/v1/answers/{id}", tag = "ask", params(("id" = String, Path, description = "The answer"), KeyQuery),
    responses((status = 200, body = Answer), (status = 404, description = "No such answer, or the key is wrong"))
)]
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    Path(id): Path<String>,
    ApiQuery(query): ApiQuery<KeyQuery>,
) -> Result<ApiJson<Answer>, AppError> {
    let id: AnswerId = id.parse().map_err(|_| AppError::NotFound)?;
    let answer = store::load(&asker.deps().store, id, ctx.viewer.id(), &query.key).await?;
    let mut answer = [answer.ok_or(AppError::NotFound)?];
    asker.deps().name_anew(&mut answer).await?;
    let [answer] = answer;
    Ok(ApiJson(answer))
}

/// Say whether an answer helped.
#[utoipa::path(
    put, path = "/api/v1/answers/{id}/rating", tag = "ask", params(("id" = String, Path, description = "The answer")),
    request_body = RatingBody,
    responses((status = 204, description = "Noted"), (status = 404, description = "No such answer, or the key is wrong"))
)]
pub(crate) async fn rate(
    State(asker): State<Asker>,
    ctx: PageContext,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<RatingBody>,
) -> Result<http::StatusCode, AppError> {
    let id: AnswerId = id.parse().map_err(|_| AppError::NotFound)?;
    let noted = store::rate(&asker.deps().store, id, ctx.viewer.id(), &body.key, body.helpful).await?;
    if noted { Ok(http::StatusCode::NO_CONTENT) } else { Err(AppError::NotFound) }
}
