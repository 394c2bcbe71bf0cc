//! The guide, the twins and the embedder for programs that speak OpenAI's API: `/v1/models`, `/v1/chat/completions`,
//! `/v1/embeddings`.
//!
//! A model here is the guide or a member's twin, and what it says is what `/api/v1/ask` says: out of what people wrote,
//! each sentence with its number, the numbers' places after them; the whole answer stands beside it as `xinghe`. There
//! is nothing to set: temperature, system messages and tools change nothing.

mod shapes;

use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response, Sse as SseResponse};
use base64::Engine as _;
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use xinghe_ai::Role;
use xinghe_core::AnswerId;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, PageContext};

pub(crate) use shapes::*;

use crate::api::{self, AskBody};
use crate::ask::{Asker, Progress};
use crate::model::{Answer, Follows, Question, Sentence};
use crate::store;
use crate::telling::{self, Growing, Step};

/// The guide's name.
const GUIDE: &str = "guide";
/// What a twin's name begins with.
const TWIN: &str = "twin:";
/// How many twins are listed; others answer as well.
const LISTED: usize = 500;
/// How many earlier questions of a conversation count.
const EARLIER: usize = 12;
/// How many texts are embedded at once.
const MOST_TEXTS: usize = 64;
/// The longest text that is embedded, in characters.
const LONGEST_TEXT: usize = 8_000;

fn entry(id: String, owned_by: &str) -> ModelEntry {
    ModelEntry { id, object: "model", created: 0, owned_by: owned_by.to_owned() }
}

/// What can be asked: the guide, the embedder, and the twins asked most.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = ModelList)))]
pub(crate) async fn models(State(asker): State<Asker>) -> Result<ApiJson<ModelList>, AppError> {
    let mut data = vec![entry(GUIDE.to_owned(), "xinghe")];
    data.extend(asker.deps().embedder.as_ref().map(|e| entry(e.model().to_owned(), "xinghe")));
    let twins = store::busiest(asker.deps(), LISTED).await?;
    data.extend(twins.into_iter().map(|(card, _)| entry(format!("{TWIN}{}", card.handle), &card.handle)));
    Ok(ApiJson(ModelList { object: "list", data }))
}

/// One that can be asked.
#[utoipa::path(
    get, path = "/v1/models/{id}", tag = "openai",
    params(("id" = String, Path, description = "`guide`, `twin:` and a handle, or the embedder's name")),
    responses((status = 200, body = ModelEntry), (status = 404, description = "There is no such model"))
)]
pub(crate) async fn model(State(asker): State<Asker>, Path(id): Path<String>) -> Result<ApiJson<ModelEntry>, AppError> {
    if id == GUIDE || asker.deps().embedder.as_ref().is_some_and(|e| e.model() == id) {
        return Ok(ApiJson(entry(id, "xinghe")));
    }
    let handle = id.strip_prefix(TWIN).ok_or(AppError::NotFound)?;
    let card = asker.deps().twin_of(handle).await?.ok_or(AppError::NotFound)?;
    Ok(ApiJson(entry(format!("{TWIN}{}", card.handle), &card.handle)))
}

/// The text of a message.
///
/// # Errors
/// It has parts that are no text.
fn text_of(message: &MessageBody) -> Result<String, AppError> {
    match &message.content {
        None => Ok(String::new()),
        Some(ContentBody::Text(text)) => Ok(text.clone()),
        Some(ContentBody::Parts(parts)) => {
            let text = |part: &PartBody| (part.kind == "text").then(|| part.text.clone().unwrap_or_default());
            let texts: Option<Vec<String>> = parts.iter().map(text).collect();
            texts.map(|t| t.join("\n")).ok_or_else(|| AppError::field("messages", "twins-openai-parts"))
        }
    }
}

async fn question(asker: &Asker, ctx: &PageContext, body: &CompletionBody) -> Result<Question, AppError> {
    let twin = match body.model.strip_prefix(TWIN) {
        Some(handle) => Some(handle.to_owned()),
        None if body.model == GUIDE => None,
        None => return Err(AppError::field("model", "twins-openai-model")),
    };
    if body.n.is_some_and(|n| n != 1) {
        return Err(AppError::field("n", "twins-openai-one"));
    }
    let said: Result<Vec<String>, AppError> = body.messages.iter().filter(|m| m.role == "user").map(text_of).collect();
    let mut questions = said?;
    let last = questions.pop().ok_or_else(|| AppError::field("messages", "twins-openai-nothing"))?;
    let ask = AskBody { question: last, twin, language: None, after: None, key: None };
    let mut question = api::question(asker, ctx, &ask).await?;
    questions.drain(..questions.len().saturating_sub(EARLIER));
    if !questions.is_empty() {
        question.follows = Some(Follows { answer: None, questions });
    }
    Ok(question)
}

/// Where the pieces of an answer's text come from.
fn annotations(answer: &Answer, ctx: &PageContext) -> Vec<Annotation> {
    let said: Vec<Sentence> = answer.sentences.iter().map(telling::numbered).collect();
    let mut annotations = Vec::new();
    for (i, sentence) in said.iter().enumerate().filter(|_| !answer.abstained) {
        let end = Answer::text_of(&said[..=i]).chars().count();
        let start = end - sentence.text.chars().count().min(end);
        for c in sentence.citations.iter().filter_map(|n| answer.citations.iter().find(|c| c.n == *n)) {
            let (url, title) = (ctx.absolute(&c.url), telling::title(c));
            let url_citation = UrlCitation { start_index: start, end_index: end, url, title };
            annotations.push(Annotation { kind: "url_citation", url_citation });
        }
    }
    annotations
}

/// Ask the guide or a twin as OpenAI's clients do.
///
/// `model` is `guide` or `twin:` and a handle. With `stream` the answer comes sentence by sentence as
/// `chat.completion.chunk`, the last one with the whole answer as `xinghe`.
#[utoipa::path(
    post, path = "/v1/chat/completions", tag = "openai", request_body = CompletionBody,
    responses(
        (status = 200, description = "An answer with its citations, or an honest refusal", body = Completion),
        (status = 422, description = "A field is wrong")
    )
)]
pub(crate) async fn completions(
    State(asker): State<Asker>,
    ctx: PageContext,
    ApiJson(body): ApiJson<CompletionBody>,
) -> Result<Response, AppError> {
    let question = question(&asker, &ctx, &body).await?;
    let read = question.text.clone();
    if body.stream {
        let usage = body.stream_options.unwrap_or_default().include_usage;
        // The answer has its id only when it stands; the pieces of a stream carry one from the start.
        let id = format!("chatcmpl-{}", AnswerId::from(asker.deps().store.ids().next()));
        let created = seconds(&asker);
        return Ok(streamed(asker, question, Chunks { ctx, id, created, model: body.model, read, usage }));
    }
    let (watch, _) = mpsc::channel(1);
    let answer = asker.ask(&question, &watch).await?;
    let (content, annotations) = (telling::in_words(&answer, &ctx), annotations(&answer, &ctx));
    let usage = Usage::of(&[&read], &content);
    let refusal = answer.message.clone().filter(|_| answer.abstained);
    let message = Said { role: "assistant", content, refusal, annotations };
    Ok(ApiJson(Completion {
        id: format!("chatcmpl-{}", answer.id),
        object: "chat.completion",
        created: seconds(&asker),
        model: body.model,
        choices: vec![Choice { index: 0, message, finish_reason: "stop", logprobs: None }],
        usage,
        xinghe: answer,
    })
    .into_response())
}

/// Now, in seconds since 1970.
fn seconds(asker: &Asker) -> i64 {
    asker.deps().store.now().as_millis() / 1_000
}

/// What the pieces of a streamed answer have in common.
struct Chunks {
    ctx: PageContext,
    id: String,
    created: i64,
    model: String,
    read: String,
    /// Whether the last piece tells the usage.
    usage: bool,
}

impl Chunks {
    fn chunk(&self, delta: &Value, finish: Option<&str>) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish, "logprobs": null }],
        })
    }

    /// The last pieces: what was not said yet, the end, and the usage.
    fn ended(&self, done: Result<Box<Answer>, AppError>, said: &str) -> Vec<Value> {
        let answer = match done {
            Ok(answer) => answer,
            Err(error) => {
                let (message, code) = (error.detail(&self.ctx.t), error.slug());
                return vec![json!({ "error": { "message": message, "type": code, "code": code } })];
            }
        };
        let whole = telling::in_words(&answer, &self.ctx);
        // What streamed is the beginning of the whole; a model that broke off and was replaced by quotes is told whole.
        let rest = whole.strip_prefix(said).unwrap_or(&whole);
        let refusal = answer.message.as_ref().filter(|_| answer.abstained);
        let annotations = annotations(&answer, &self.ctx);
        let mut last = self.chunk(&json!({ "content": rest, "annotations": annotations, "refusal": refusal }), None);
        last["xinghe"] = json!(answer);
        let mut out = vec![last, self.chunk(&json!({}), Some("stop"))];
        if self.usage {
            let mut told = self.chunk(&json!({}), None);
            told["choices"] = json!([]);
            told["usage"] = json!(Usage::of(&[&self.read], &whole));
            out.push(told);
        }
        out
    }
}

fn streamed(asker: Asker, question: Question, chunks: Chunks) -> Response {
    let first = chunks.chunk(&json!({ "role": "assistant", "content": "" }), None);
    let mut growing = Growing::default();
    let pieces = telling::steps(asker, question).flat_map(move |step| {
        stream::iter(match step {
            Step::Progress(Progress::Said(sentence)) => {
                vec![chunks.chunk(&json!({ "content": growing.add(&sentence) }), None)]
            }
            Step::Progress(_) => Vec::new(),
            Step::Done(done) => chunks.ended(done, &growing.text()),
        })
    });
    let texts = stream::iter([first]).chain(pieces).map(|piece| piece.to_string());
    let events =
        texts.chain(stream::iter(["[DONE]".to_owned()])).map(|text| Ok::<_, Infallible>(Sse::default().data(text)));
    SseResponse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Vectors of texts, as OpenAI's clients ask for them.
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "openai", request_body = EmbeddingBody,
    responses(
        (status = 200, description = "One vector for each text", body = EmbeddingList),
        (status = 422, description = "A field is wrong"),
        (status = 503, description = "There is no embedder here, or it does not answer")
    )
)]
pub(crate) async fn embeddings(
    State(asker): State<Asker>,
    ApiJson(body): ApiJson<EmbeddingBody>,
) -> Result<ApiJson<EmbeddingList>, AppError> {
    let embedder = asker.deps().embedder.clone().ok_or_else(|| AppError::unavailable("there is no embedder"))?;
    if body.model != embedder.model() {
        return Err(AppError::field(
            "model",
            xinghe_web::Said::new("twins-openai-embedder").with("name", embedder.model()),
        ));
    }
    if body.dimensions.is_some_and(|n| n != embedder.dimensions()) {
        let said = xinghe_web::Said::new("twins-openai-dimensions").with("length", embedder.dimensions());
        return Err(AppError::field("dimensions", said));
    }
    let base64 = match body.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(AppError::field("encoding_format", "twins-openai-encoding")),
    };
    let role = match body.input_type.as_deref() {
        None | Some("passage" | "document") => Role::Passage,
        Some("query") => Role::Query,
        Some(_) => return Err(AppError::field("input_type", "twins-openai-input-type")),
    };
    let texts = match body.input {
        InputBody::One(text) => vec![text],
        InputBody::Several(texts) => texts,
    };
    let fits = |t: &String| !t.trim().is_empty() && t.chars().count() <= LONGEST_TEXT;
    if texts.is_empty() || texts.len() > MOST_TEXTS || !texts.iter().all(fits) {
        let said = xinghe_web::Said::new("twins-openai-input").with("texts", MOST_TEXTS).with("long", LONGEST_TEXT);
        return Err(AppError::field("input", said));
    }
    let read: Vec<&str> = texts.iter().map(String::as_str).collect();
    let usage = Usage::of(&read, "");
    let vectors = embedder.embed(role, texts).await.map_err(AppError::unavailable)?;
    let entry = |(index, vector): (usize, Vec<f32>)| {
        let embedding = if base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
            Vector::Base64(base64::engine::general_purpose::STANDARD.encode(bytes))
        } else {
            Vector::Floats(vector)
        };
        EmbeddingEntry { object: "embedding", index, embedding }
    };
    let data = vectors.into_iter().enumerate().map(entry).collect();
    Ok(ApiJson(EmbeddingList { object: "list", data, model: embedder.model().to_owned(), usage }))
}
