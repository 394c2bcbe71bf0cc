//! The API of messages under `/api/v1`. Sending is closed to suspended members; reading and blocking are not.

use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use xinghe_core::{ConversationId, MessageId, Timestamp};
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::{AuthorRef, id, place};
use xinghe_web::{AppError, Member, Need, Routes};

use crate::commands::Messages;
use crate::model::{Message, Sent};
use crate::read::{Listed, Thread};

/// How many conversations or messages a page has unless told, and at most.
const PAGE: Limit = Limit::new(30, 100);

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(list, begin, show, answer, read, settings, choose, blocked, block, unblock),
    tags((name = "messages", description = "Private messages between members"))
)]
pub(crate) struct Doc;

pub(crate) fn routes(messages: &Messages) -> Routes {
    let (m, member) = (|| messages.clone(), Need::Member);
    let (all, one, choices) = ("/api/v1/conversations", "/api/v1/conversations/{id}", "/api/v1/me/message-settings");
    let blocks = "/api/v1/me/blocks/{handle}";
    Routes::new()
        .method_router(Method::GET, all, member, get(list).with_state(m()))
        .method_router(Method::POST, all, member, post(begin).with_state(m()))
        .paced()
        .method_router(Method::GET, one, member, get(show).with_state(m()))
        .method_router(Method::POST, "/api/v1/conversations/{id}/messages", member, post(answer).with_state(m()))
        .paced()
        .method_router(Method::POST, "/api/v1/conversations/{id}/read", member, post(read).with_state(m()))
        .even_suspended()
        .method_router(Method::GET, choices, member, get(settings).with_state(m()))
        .method_router(Method::PUT, choices, member, put(choose).with_state(m()))
        .method_router(Method::GET, "/api/v1/me/blocks", member, get(blocked).with_state(m()))
        .method_router(Method::PUT, blocks, member, put(block).with_state(m()))
        .method_router(Method::DELETE, blocks, member, axum::routing::delete(unblock).with_state(m()))
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
struct MessageJson {
    /// The message.
    #[schema(value_type = String)]
    id: MessageId,
    /// Whether you wrote it.
    own: bool,
    /// Its Markdown.
    body: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

fn message_json(member: &Member, m: &Message) -> MessageJson {
    MessageJson { id: m.id, own: m.author == member.id, body: m.body.clone(), at: m.at }
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
struct ConversationJson {
    /// The conversation.
    #[schema(value_type = String)]
    id: ConversationId,
    /// With whom; `null` where the account was erased.
    with: Option<AuthorRef>,
    /// How many messages you have not read.
    unread: u32,
    /// Its latest message.
    last: Option<MessageJson>,
}

/// Part of your inbox.
#[derive(Debug, Serialize, ToSchema)]
struct InboxJson {
    /// The latest first.
    items: Vec<ConversationJson>,
    /// What to give as `cursor` for the next ones; `null` on the last page.
    next: Option<String>,
}

/// Part of a conversation.
#[derive(Debug, Serialize, ToSchema)]
struct ThreadJson {
    /// The conversation.
    #[schema(value_type = String)]
    id: ConversationId,
    /// With whom; `null` where the account was erased.
    with: Option<AuthorRef>,
    /// The oldest first.
    messages: Vec<MessageJson>,
    /// What to give as `before` for the ones before; `null` at the beginning.
    #[schema(value_type = Option<String>)]
    older: Option<MessageId>,
}

/// Which conversations.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100.
    limit: Option<i64>,
}

/// Which messages.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ThreadQuery {
    /// Only those before this one.
    before: Option<String>,
    /// How many, 1 to 100.
    limit: Option<i64>,
}

/// A message to a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BeginBody {
    /// The member's handle.
    to: String,
    /// Markdown, at most 10,000 characters.
    body: String,
}

/// A message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    /// Markdown, at most 10,000 characters.
    body: String,
}

/// Up to where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    /// The last message that was read.
    to: String,
}

/// Where a message stands.
#[derive(Debug, Serialize, ToSchema)]
struct SentJson {
    /// The conversation.
    #[schema(value_type = String)]
    conversation: ConversationId,
    /// The message.
    #[schema(value_type = String)]
    message: MessageId,
}

impl From<Sent> for SentJson {
    fn from(sent: Sent) -> Self {
        Self { conversation: sent.conversation, message: sent.message }
    }
}

/// Who may write to you.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhoJson {
    /// `everybody`, `following` or `nobody`.
    who: String,
}

/// Somebody whom you block.
#[derive(Debug, Serialize, ToSchema)]
struct BlockedJson {
    /// Who.
    member: AuthorRef,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

fn listed_json(member: &Member, l: &Listed) -> ConversationJson {
    ConversationJson {
        id: l.conversation.id,
        with: l.other.as_ref().map(AuthorRef::from),
        unread: l.conversation.unread,
        last: l.last.as_ref().map(|m| message_json(member, m)),
    }
}

/// Your conversations, the latest first.
#[utoipa::path(
    get, path = "/api/v1/conversations", tag = "messages", params(ListQuery),
    responses((status = 200, body = InboxJson))
)]
async fn list(
    State(all): State<Messages>,
    member: Member,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<ApiJson<InboxJson>, AppError> {
    let after = place(query.cursor.as_deref().unwrap_or_default())?;
    let inbox = all.inbox(member.id, after, PAGE.of(query.limit)?).await?;
    let items = inbox.items.iter().map(|l| listed_json(&member, l)).collect();
    Ok(ApiJson(InboxJson { items, next: inbox.next.map(|c| c.to_string()) }))
}

/// Write to a member: in the conversation that you two have, or a new one.
#[utoipa::path(
    post, path = "/api/v1/conversations", tag = "messages", request_body = BeginBody,
    responses((status = 201, body = SentJson, description = "Sent"), (status = 404, description = "Nobody has this handle"),
        (status = 409, description = "The member takes no messages from you, or you wrote too many"),
        (status = 422, description = "The text is empty or too long"))
)]
async fn begin(
    State(all): State<Messages>,
    member: Member,
    ApiJson(body): ApiJson<BeginBody>,
) -> Result<(StatusCode, ApiJson<SentJson>), AppError> {
    let card = all.authors.by_handle(&body.to).await?.ok_or(AppError::NotFound)?;
    let sent = all.send(member.id, card.id, &body.body).await?;
    Ok((StatusCode::CREATED, ApiJson(sent.into())))
}

/// Messages of a conversation of yours. Reading them does not mark them as read.
#[utoipa::path(
    get, path = "/api/v1/conversations/{id}", tag = "messages",
    params(("id" = String, Path, description = "The conversation"), ThreadQuery),
    responses((status = 200, body = ThreadJson), (status = 404, description = "You have no such conversation"))
)]
async fn show(
    State(all): State<Messages>,
    member: Member,
    Path(conversation): Path<String>,
    ApiQuery(query): ApiQuery<ThreadQuery>,
) -> Result<ApiJson<ThreadJson>, AppError> {
    let before = place(query.before.as_deref().unwrap_or_default())?;
    let limit = PAGE.of(query.limit)?;
    let Thread { conversation, other, messages, older, .. } =
        all.thread(member.id, id(&conversation)?, before, limit).await?;
    let messages = messages.iter().map(|m| message_json(&member, m)).collect();
    Ok(ApiJson(ThreadJson { id: conversation.id, with: other.as_ref().map(AuthorRef::from), messages, older }))
}

/// Go on with a conversation of yours.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/messages", tag = "messages", request_body = AnswerBody,
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 201, body = SentJson, description = "Sent"),
        (status = 404, description = "You have no such conversation"),
        (status = 409, description = "The member takes no messages from you, or you wrote too many"),
        (status = 422, description = "The text is empty or too long"))
)]
async fn answer(
    State(all): State<Messages>,
    member: Member,
    Path(conversation): Path<String>,
    ApiJson(body): ApiJson<AnswerBody>,
) -> Result<(StatusCode, ApiJson<SentJson>), AppError> {
    let sent = all.answer(member.id, id(&conversation)?, &body.body).await?;
    Ok((StatusCode::CREATED, ApiJson(sent.into())))
}

/// Mark a conversation of yours as read, up to a message.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/read", tag = "messages", request_body = ReadBody,
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 204, description = "Read"), (status = 404, description = "You have no such conversation"))
)]
async fn read(
    State(all): State<Messages>,
    member: Member,
    Path(conversation): Path<String>,
    ApiJson(body): ApiJson<ReadBody>,
) -> Result<StatusCode, AppError> {
    all.read(member.id, id(&conversation)?, id(&body.to)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who may write to you.
#[utoipa::path(get, path = "/api/v1/me/message-settings", tag = "messages", responses((status = 200, body = WhoJson)))]
async fn settings(State(all): State<Messages>, member: Member) -> Result<ApiJson<WhoJson>, AppError> {
    Ok(ApiJson(WhoJson { who: all.who(member.id).await?.as_str().to_owned() }))
}

/// Choose who may write to you.
#[utoipa::path(
    put, path = "/api/v1/me/message-settings", tag = "messages", request_body = WhoJson,
    responses((status = 200, body = WhoJson), (status = 422, description = "It is none of the choices"))
)]
async fn choose(
    State(all): State<Messages>,
    member: Member,
    ApiJson(body): ApiJson<WhoJson>,
) -> Result<ApiJson<WhoJson>, AppError> {
    let who = body.who.parse().map_err(|_| AppError::field("who", "messages-fault-who"))?;
    all.choose(member.id, who).await?;
    Ok(ApiJson(body))
}

/// Whom you block, the latest first; nobody else sees it.
#[utoipa::path(
    get, path = "/api/v1/me/blocks", tag = "messages", responses((status = 200, body = Vec<BlockedJson>))
)]
async fn blocked(State(all): State<Messages>, member: Member) -> Result<ApiJson<Vec<BlockedJson>>, AppError> {
    let blocked = all.blocked(member.id).await?;
    Ok(ApiJson(blocked.iter().map(|b| BlockedJson { member: AuthorRef::from(&b.card), at: b.at }).collect()))
}

async fn set(all: &Messages, member: &Member, handle: &str, on: bool) -> Result<StatusCode, AppError> {
    let card = all.authors.by_handle(handle).await?.ok_or(AppError::NotFound)?;
    all.block(member.id, card.id, on).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Block a member.
#[utoipa::path(
    put, path = "/api/v1/me/blocks/{handle}", tag = "messages",
    params(("handle" = String, Path, description = "The handle")),
    responses((status = 204, description = "Blocked"), (status = 404, description = "Nobody has this handle"),
        (status = 409, description = "It is you, or there are too many"))
)]
async fn block(
    State(all): State<Messages>,
    member: Member,
    Path(handle): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&all, &member, &handle, true).await
}

/// Block a member no longer.
#[utoipa::path(
    delete, path = "/api/v1/me/blocks/{handle}", tag = "messages",
    params(("handle" = String, Path, description = "The handle")),
    responses((status = 204, description = "Not blocked"), (status = 404, description = "Nobody has this handle"))
)]
async fn unblock(
    State(all): State<Messages>,
    member: Member,
    Path(handle): Path<String>,
) -> Result<StatusCode, AppError> {
    set(&all, &member, &handle, false).await
}
