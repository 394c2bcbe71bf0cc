//! The guide and the twins for other agents: Agent2Agent 1.0 over JSON-RPC at `/a2a` and `/a2a/{handle}`, with an agent
//! card each.
//!
//! A message is a question, a task is its answer: done the moment it is given, kept, and found again by its id, which
//! only whoever asked knows. The evidence is an artifact beside the words: the whole answer as `/api/v1/ask` gives it.

mod card;
mod rpc;

use std::convert::Infallible;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response, Sse as SseResponse};
use futures::stream::{self, StreamExt};
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use xinghe_core::{AnswerId, Timestamp};
use xinghe_web::{AppError, PageContext};

use crate::api::{self, AskBody};
use crate::ask::{Asker, Progress};
use crate::desk::secret;
use crate::model::{Answer, Follows, Question, Ticket};
use crate::store::{self, Told};
use crate::telling::{self, Growing, Step};
use rpc::{Fault, MessageBody, Request, Wanted};

/// How many tasks are listed unless fewer are wanted.
const LISTED: i64 = 50;
/// The artifact with the words.
const WORDS: &str = "answer";

/// The card of the guide.
pub(crate) async fn guide_card(ctx: PageContext) -> Json<Value> {
    Json(card::card(&ctx, None))
}

/// The card of a member's twin.
pub(crate) async fn twin_card(
    State(asker): State<Asker>,
    ctx: PageContext,
    Path(handle): Path<String>,
) -> Result<Json<Value>, AppError> {
    let card = asker.deps().twin_of(&handle).await?.ok_or(AppError::NotFound)?;
    Ok(Json(card::card(&ctx, Some(&card))))
}

/// A call to the guide.
pub(crate) async fn guide(State(asker): State<Asker>, ctx: PageContext, headers: HeaderMap, body: String) -> Response {
    serve(Served { asker, ctx, twin: None }, &headers, &body).await
}

/// A call to a member's twin.
pub(crate) async fn twin(
    State(asker): State<Asker>,
    ctx: PageContext,
    Path(handle): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, AppError> {
    let card = asker.deps().twin_of(&handle).await?.ok_or(AppError::NotFound)?;
    Ok(serve(Served { asker, ctx, twin: Some(card.handle) }, &headers, &body).await)
}

/// Who is called, and by whom.
#[derive(Clone)]
struct Served {
    asker: Asker,
    ctx: PageContext,
    twin: Option<String>,
}

async fn serve(served: Served, headers: &HeaderMap, body: &str) -> Response {
    let request: Request = match serde_json::from_str(body) {
        Ok(request) => request,
        Err(error) if error.is_data() => return rpc::refused(&Value::Null, &Fault::invalid(&error)),
        Err(error) => return rpc::refused(&Value::Null, &Fault::unreadable(&error)),
    };
    let id = request.id.clone();
    let done = match version(headers) {
        Err(fault) => Err(fault),
        Ok(()) => served.call(request).await,
    };
    match done {
        Ok(Done::Result(result)) => rpc::answered(&id, &result),
        Ok(Done::Stream(response)) => response,
        Err(fault) => rpc::refused(&id, &fault),
    }
}

/// Clients name the version that they speak; those that name none speak an older one.
fn version(headers: &HeaderMap) -> Result<(), Fault> {
    let named = headers.get("a2a-version").and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty());
    match named {
        Some(named) if named == card::VERSION || named.starts_with("1.0.") => Ok(()),
        _ => Err(Fault::version(named.unwrap_or("0.3"))),
    }
}

enum Done {
    Result(Value),
    Stream(Response),
}

impl Served {
    async fn call(self, request: Request) -> Result<Done, Fault> {
        let wanted = Wanted::read(&request.method, request.params)?;
        Ok(match wanted {
            Wanted::Send(message) => {
                let (question, message) = self.question(message).await?;
                let context = question.ticket.as_ref().map(|t| t.context.clone()).unwrap_or_default();
                let (watch, _) = mpsc::channel(1);
                let answer = self.asker.ask(&question, &watch).await.map_err(|e| self.fault(&e.into()))?;
                let told = Told { answer, context: Some(context), at: self.asker.deps().store.now() };
                Done::Result(json!({ "task": self.task(&told, Some(&message)) }))
            }
            Wanted::Stream(message) => {
                let (question, message) = self.question(message).await?;
                Done::Stream(self.stream(request.id, question, &message))
            }
            Wanted::Get(id) => {
                let told = self.told(&id).await?.ok_or_else(Fault::no_task)?;
                Done::Result(self.task(&told, None))
            }
            Wanted::Cancel(id) | Wanted::Subscribe(id) => {
                // An answer is given in the call that asks for it: there is nothing left to stop or to follow.
                self.told(&id).await?.ok_or_else(Fault::no_task)?;
                return Err(if request.method == "CancelTask" { Fault::ended() } else { Fault::unsupported() });
            }
            Wanted::List { context, size, before } => Done::Result(self.list(context, size, before).await?),
            Wanted::Push => return Err(Fault::no_push()),
            Wanted::ExtendedCard => return Err(Fault::no_extended_card()),
        })
    }

    /// The question that a message asks, with the conversation it goes on; the message as it is told again.
    async fn question(&self, message: MessageBody) -> Result<(Question, Value), Fault> {
        let text = message.text()?;
        let body = AskBody { question: text.clone(), twin: self.twin.clone(), language: None, after: None, key: None };
        let mut question = api::question(&self.asker, &self.ctx, &body).await.map_err(|e| self.fault(&e))?;
        let store = &self.asker.deps().store;
        let context = match message.context() {
            Some(context) => {
                let turns =
                    store::in_context(store, &context, question.twin).await.map_err(|e| self.fault(&e.into()))?;
                let last = turns.last().map(|t| t.answer.id).ok_or_else(Fault::no_context)?;
                let questions = turns.into_iter().map(|t| t.answer.question).collect();
                question.follows = Some(Follows { answer: Some(last), questions });
                context
            }
            None => secret::<18>(store),
        };
        let ticket =
            Ticket { id: AnswerId::from(store.ids().next()), key: secret::<12>(store), context: context.clone() };
        let told = json!({
            "messageId": message.message_id, "contextId": context, "taskId": task_id(ticket.id, &ticket.key),
            "role": "ROLE_USER", "parts": [{ "text": text }],
        });
        question.ticket = Some(ticket);
        Ok((question, told))
    }

    fn fault(&self, error: &AppError) -> Fault {
        if error.status().is_server_error() {
            tracing::error!(%error, "an agent's call failed");
        }
        Fault::of(error, &self.ctx.t)
    }

    async fn told(&self, task: &str) -> Result<Option<Told>, Fault> {
        let Some((id, key)) = task.split_once('-').and_then(|(id, key)| Some((id.parse().ok()?, key))) else {
            return Ok(None);
        };
        let told = store::told(&self.asker.deps().store, id, key).await.map_err(|e| self.fault(&e.into()))?;
        Ok(self.named(told.into_iter().collect()).await?.pop())
    }

    /// Kept answers with their authors as they are named now.
    async fn named(&self, kept: Vec<Told>) -> Result<Vec<Told>, Fault> {
        let (mut answers, rest): (Vec<Answer>, Vec<_>) =
            kept.into_iter().map(|told| (told.answer, (told.context, told.at))).unzip();
        self.asker.deps().name_anew(&mut answers).await.map_err(|e| self.fault(&e.into()))?;
        let whole = |(answer, (context, at))| Told { answer, context, at };
        Ok(answers.into_iter().zip(rest).map(whole).collect())
    }

    async fn list(&self, context: Option<String>, size: Option<i64>, before: Option<AnswerId>) -> Result<Value, Fault> {
        let size = size.unwrap_or(LISTED).clamp(1, 100);
        let all = match self.ctx.viewer.id() {
            None => Vec::new(),
            Some(member) => {
                let store = &self.asker.deps().store;
                let listed = store::asked_by(store, member, context.as_deref(), before, size + 1).await;
                self.named(listed.map_err(|e| self.fault(&e.into()))?).await?
            }
        };
        let more = all.len() as i64 > size;
        let shown = &all[..all.len().min(size as usize)];
        let next = shown.last().filter(|_| more).map(|t| t.answer.id.to_string()).unwrap_or_default();
        let tasks: Vec<Value> = shown.iter().map(|told| self.task(told, None)).collect();
        Ok(json!({ "pageSize": size, "totalSize": tasks.len(), "tasks": tasks, "nextPageToken": next }))
    }

    /// A task that is done.
    fn task(&self, told: &Told, asked: Option<&Value>) -> Value {
        let Told { answer, context, at } = told;
        let id = task_id(answer.id, &answer.rating_key);
        let context = context.clone().unwrap_or_else(|| id.clone());
        let mut task = json!({
            "id": id, "contextId": context, "status": self.status(answer, &id, &context, *at),
            "artifacts": [self.words(answer), evidence(answer)],
            "metadata": { "provenance": answer.provenance },
        });
        if let Some(asked) = asked {
            task["history"] = json!([asked]);
        }
        task
    }

    fn status(&self, answer: &Answer, task: &str, context: &str, at: Timestamp) -> Value {
        let mut status = json!({ "state": "TASK_STATE_COMPLETED", "timestamp": at.rfc3339() });
        if let Some(message) = &answer.message {
            status["message"] = json!({
                "messageId": format!("{task}-refusal"), "taskId": task, "contextId": context,
                "role": "ROLE_AGENT", "parts": [{ "text": message }],
            });
        }
        status
    }

    fn words(&self, answer: &Answer) -> Value {
        let text = telling::in_words(answer, &self.ctx);
        json!({ "artifactId": WORDS, "name": WORDS, "parts": [{ "text": text, "mediaType": "text/markdown" }] })
    }

    fn stream(self, rpc_id: Value, question: Question, message: &Value) -> Response {
        let Some(ticket) = question.ticket.clone() else { return rpc::refused(&rpc_id, &Fault::unsupported()) };
        let task = task_id(ticket.id, &ticket.key);
        let at = self.asker.deps().store.now().rfc3339();
        let begun = json!({ "task": {
            "id": task, "contextId": ticket.context, "history": [message],
            "status": { "state": "TASK_STATE_WORKING", "timestamp": at },
        } });
        let wrap = move |result: Value| {
            let text = json!({ "jsonrpc": "2.0", "id": rpc_id, "result": result }).to_string();
            Ok::<Sse, Infallible>(Sse::default().data(text))
        };
        let (steps, mut growing) = (telling::steps(self.asker.clone(), question), Growing::default());
        let updates = steps.flat_map(move |step| {
            stream::iter(match step {
                Step::Progress(Progress::Said(sentence)) => {
                    let append = !growing.is_empty();
                    let part = json!({ "text": growing.add(&sentence), "mediaType": "text/markdown" });
                    let artifact = json!({ "artifactId": WORDS, "name": WORDS, "parts": [part] });
                    vec![json!({ "artifactUpdate": {
                        "taskId": task, "contextId": ticket.context, "artifact": artifact, "append": append,
                    } })]
                }
                Step::Progress(_) => Vec::new(),
                Step::Done(done) => self.ended(done, &task, &ticket.context),
            })
        });
        SseResponse::new(stream::iter([begun]).chain(updates).map(wrap))
            .keep_alive(KeepAlive::default())
            .into_response()
    }

    /// The last updates of a stream: the whole words in the place of those that came one by one, the evidence, the end.
    fn ended(&self, done: Result<Box<Answer>, AppError>, task: &str, context: &str) -> Vec<Value> {
        let at = self.asker.deps().store.now();
        let update =
            |status: Value| json!({ "statusUpdate": { "taskId": task, "contextId": context, "status": status } });
        let answer = match done {
            Ok(answer) => answer,
            Err(error) => {
                let said = json!({
                    "messageId": format!("{task}-failed"), "taskId": task, "contextId": context,
                    "role": "ROLE_AGENT", "parts": [{ "text": error.detail(&self.ctx.t) }],
                });
                let status = json!({ "state": "TASK_STATE_FAILED", "timestamp": at.rfc3339(), "message": said });
                return vec![update(status)];
            }
        };
        let artifact = |artifact: Value| {
            let update = json!({
                "taskId": task, "contextId": context, "artifact": artifact, "append": false, "lastChunk": true,
            });
            json!({ "artifactUpdate": update })
        };
        vec![
            artifact(self.words(&answer)),
            artifact(evidence(&answer)),
            update(self.status(&answer, task, context, at)),
        ]
    }
}

/// The id of a task: only whoever was told it finds it again.
fn task_id(id: AnswerId, key: &str) -> String {
    format!("{id}-{key}")
}

/// The whole answer: sentences, citations, confidence, provenance.
fn evidence(answer: &Answer) -> Value {
    json!({
        "artifactId": "evidence", "name": "evidence",
        "parts": [{ "data": answer, "mediaType": "application/json" }],
    })
}
