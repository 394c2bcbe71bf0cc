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

/// The numbers of a sentence's citations as they stand in the text.
fn numbers(sentence: &Sentence) -> String {
    sentence.citations.iter().map(|n| format!("[{n}]")).collect()
}

/// A sentence with its numbers.
pub(crate) fn numbered(sentence: &Sentence) -> Sentence {
    let text = if sentence.code { sentence.text.clone() } else { format!("{}{}", sentence.text, numbers(sentence)) };
    Sentence { text, ..sentence.clone() }
}

/// Whom each number cites.
fn places(answer: &Answer, ctx: &PageContext) -> String {
    let mut out = String::new();
    for c in &answer.citations {
        out.push_str(&format!("\n[{}] {}: {}", c.n, title(c), ctx.absolute(&c.url)));
    }
    out
}

fn title(citation: &crate::model::Citation) -> String {
    match &citation.post.author {
        Some(author) => format!("{}, {}", author.name, citation.post.title),
        None => citation.post.title.clone(),
    }
}

/// The content of an answer, and where its pieces come from.
fn content(answer: &Answer, ctx: &PageContext) -> (String, Vec<Annotation>) {
    if answer.abstained {
        return (answer.message.clone().unwrap_or_default(), Vec::new());
    }
    let said: Vec<Sentence> = answer.sentences.iter().map(numbered).collect();
    let mut annotations = Vec::new();
    for (i, sentence) in said.iter().enumerate() {
        let end = Answer::text_of(&said[..=i]).chars().count();
        let start = end - sentence.text.chars().count().min(end);
        for c in sentence.citations.iter().filter_map(|n| answer.citations.iter().find(|c| c.n == *n)) {
            let url_citation =
                UrlCitation { start_index: start, end_index: end, url: ctx.absolute(&c.url), title: title(c) };
            annotations.push(Annotation { kind: "url_citation", url_citation });
        }
    }
    let text = format!("{}\n{}", Answer::text_of(&said), places(answer, ctx));
    (text, annotations)
}

/// An answer as a text: its sentences with their numbers, and whom each cites; of a refusal, why.
pub(crate) fn in_words(answer: &Answer, ctx: &PageContext) -> String {
    content(answer, ctx).0
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
        return Ok(streamed(asker, question, Chunks { ctx, model: body.model, read, usage }));
    }
    let (watch, _) = mpsc::channel(1);
    let answer = asker.ask(&question, &watch).await?;
    let (content, annotations) = content(&answer, &ctx);
    let usage = Usage::of(&[&read], &content);
    let refusal = answer.message.clone().filter(|_| answer.abstained);
    let message = Said { role: "assistant", content, refusal, annotations };
    Ok(ApiJson(Completion {
        id: name_of(&answer),
        object: "chat.completion",
        created: asker.deps().store.now().as_millis() / 1_000,
        model: body.model,
        choices: vec![Choice { index: 0, message, finish_reason: "stop", logprobs: None }],
        usage,
        xinghe: answer,
    })
    .into_response())
}

fn name_of(answer: &Answer) -> String {
    format!("chatcmpl-{}", answer.id)
}

/// What the pieces of a streamed answer have in common.
struct Chunks {
    ctx: PageContext,
    model: String,
    read: String,
    /// Whether the last piece tells the usage.
    usage: bool,
}

impl Chunks {
    fn chunk(&self, id: &str, created: i64, delta: &Value, finish: Option<&str>) -> Value {
        json!({
            "id": id, "object": "chat.completion.chunk", "created": created, "model": self.model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish, "logprobs": null }],
        })
    }
}

fn data(value: &Value) -> Result<Sse, Infallible> {
    Ok(Sse::default().data(value.to_string()))
}

fn streamed(asker: Asker, question: Question, chunks: Chunks) -> Response {
    let created = asker.deps().store.now().as_millis() / 1_000;
    // The answer has its id only when it stands; the pieces of a stream carry one from the start.
    let stream_id = format!("chatcmpl-{}", AnswerId::from(asker.deps().store.ids().next()));
    let (watch, seen) = mpsc::channel(32);
    let task = tokio::spawn(async move { asker.ask(&question, &watch).await });
    let first = chunks.chunk(&stream_id, created, &json!({ "role": "assistant", "content": "" }), None);
    let state = (seen, Vec::<Sentence>::new(), Some((task, chunks)), stream_id, created);
    let pieces = stream::unfold(state, |(mut seen, mut said, rest, id, created)| async move {
        let (task, chunks) = rest?;
        while let Some(progress) = seen.recv().await {
            let Progress::Said(sentence) = progress else { continue };
            let before = Answer::text_of(&said);
            said.push(numbered(&sentence));
            let now = Answer::text_of(&said);
            let delta = json!({ "content": now.get(before.len()..).unwrap_or_default() });
            let event = chunks.chunk(&id, created, &delta, None);
            return Some((vec![event.to_string()], (seen, said, Some((task, chunks)), id, created)));
        }
        let last = ended(task.await, &said, &chunks, &id, created);
        Some((last, (seen, said, None, id, created)))
    });
    let events = stream::once(async move { data(&first) })
        .chain(pieces.flat_map(|texts| stream::iter(texts.into_iter().map(|text| Ok(Sse::default().data(text))))));
    SseResponse::new(events).keep_alive(KeepAlive::default()).into_response()
}

type Asked = Result<Result<Answer, crate::ask::AskError>, tokio::task::JoinError>;

/// The last pieces of a stream: what was not said yet, the end, the usage, and the mark that nothing follows.
fn ended(asked: Asked, said: &[Sentence], chunks: &Chunks, id: &str, created: i64) -> Vec<String> {
    let done = "[DONE]".to_owned();
    let answer = match asked {
        Ok(Ok(answer)) => answer,
        failed => {
            let error = match failed {
                Ok(Err(error)) => AppError::from(error),
                Err(error) => AppError::internal(error),
                Ok(Ok(_)) => AppError::NotFound,
            };
            tracing::error!(%error, "a streamed answer failed");
            let (message, code) = (error.detail(&chunks.ctx.t), error.slug());
            return vec![json!({ "error": { "message": message, "type": code, "code": code } }).to_string(), done];
        }
    };
    let (whole, annotations) = content(&answer, &chunks.ctx);
    let before = Answer::text_of(said);
    // What streamed is the beginning of the whole; a model that broke off and was replaced by quotes is told whole.
    let rest = whole.strip_prefix(&before).unwrap_or(&whole);
    let mut last = chunks.chunk(
        id,
        created,
        &json!({ "content": rest, "annotations": annotations, "refusal": answer.message.as_ref().filter(|_| answer.abstained) }),
        None,
    );
    let usage = Usage::of(&[&chunks.read], &whole);
    last["xinghe"] = json!(answer);
    let mut out = vec![last.to_string(), chunks.chunk(id, created, &json!({}), Some("stop")).to_string()];
    if chunks.usage {
        let mut told = chunks.chunk(id, created, &json!({}), None);
        told["choices"] = json!([]);
        told["usage"] = json!(usage);
        out.push(told.to_string());
    }
    out.push(done);
    out
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
