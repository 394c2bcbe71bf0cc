//! A conversation, and beginning one.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{AuthorCard, AuthorId, ConversationId, MessageId};
use xinghe_web::api::ApiQuery;
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::refs::{id, place};
use xinghe_web::{AppError, FieldErrors, Html, PageContext, PageResult, Texts};

use super::to;
use crate::commands::Messages;
use crate::live;
use crate::model::{BODY_MAX, Message};
use crate::read::Thread;

/// Messages of one page.
pub(crate) const PAGE: usize = 50;

struct Said {
    id: MessageId,
    own: bool,
    body: Html,
    when: String,
    day: String,
    /// Whether the one before it is of the same author within some minutes.
    follows: bool,
}

/// Messages of one author within this time stand together, in milliseconds.
const TOGETHER_MS: i64 = 5 * 60_000;

#[derive(Template)]
#[template(path = "messages/part.html")]
struct PartTemplate<'a> {
    t: &'a Texts,
    name: &'a str,
    other: Option<&'a AuthorCard>,
    messages: Vec<Said>,
    here: String,
}

/// The messages of a part of a conversation, as the page and the stream show them.
pub(crate) fn part(ctx: &PageContext, member: AuthorId, thread: &Thread) -> Result<Html, AppError> {
    let t = &ctx.t;
    let mut before: Option<&Message> = None;
    let mut messages = Vec::with_capacity(thread.messages.len());
    for m in &thread.messages {
        let follows = before.is_some_and(|b| b.author == m.author && m.at.as_millis() - b.at.as_millis() < TOGETHER_MS);
        let options = RenderOptions::prefixed(format!("m{}-", m.id)).in_lang(ctx.lang);
        messages.push(Said {
            id: m.id,
            own: m.author == member,
            body: render(&m.body, &options).html.clone(),
            when: t.date_time(m.at),
            day: m.at.rfc3339(),
            follows,
        });
        before = Some(m);
    }
    let name = name_of(t, thread.other.as_ref());
    let here = format!("/messages/{}", thread.conversation.id);
    let other = thread.other.as_ref();
    Ok(Html::render(&PartTemplate { t, name: &name, other, messages, here })?)
}

fn name_of(t: &Texts, other: Option<&AuthorCard>) -> String {
    other.map_or_else(|| t.s("messages-former").into_owned(), |c| c.name.clone())
}

#[derive(Template)]
#[template(path = "messages/thread.html")]
struct ThreadTemplate<'a> {
    t: &'a Texts,
    thread: &'a Thread,
    /// The other, with an account behind the name.
    other: Option<&'a AuthorCard>,
    name: String,
    part: Html,
    /// Whether it is the end of the conversation, which goes on by itself.
    latest: bool,
    lang: &'static str,
    typed: Typed<'a>,
    errors: &'a FieldErrors,
    max: usize,
}

#[derive(Template)]
#[template(path = "messages/new.html")]
struct NewTemplate<'a> {
    t: &'a Texts,
    card: &'a AuthorCard,
    typed: &'a str,
    errors: &'a FieldErrors,
    max: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ThreadQuery {
    before: String,
    /// Whether the member just wrote, and may go on.
    sent: String,
}

/// What stands in the field.
#[derive(Default)]
struct Typed<'a> {
    body: &'a str,
    /// Whether the member is writing: the keyboard is there.
    goes_on: bool,
}

async fn page(
    all: &Messages,
    ctx: &PageContext,
    conversation: ConversationId,
    before: Option<MessageId>,
    typed: Typed<'_>,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let member = ctx.viewer.require()?.id;
    let thread = all.thread(member, conversation, before, PAGE).await?;
    if before.is_none() {
        all.read(member, conversation, thread.conversation.last).await?;
    }
    let other = thread.other.as_ref().filter(|c| c.claimed);
    let name = name_of(&ctx.t, thread.other.as_ref());
    let title = ctx.t.f("messages-with", &[("name", name.as_str().into())]);
    let part = part(ctx, member, &thread)?;
    let (latest, lang) = (before.is_none(), ctx.lang.tag());
    let template =
        ThreadTemplate { t: &ctx.t, thread: &thread, other, name, part, latest, lang, typed, errors, max: BODY_MAX };
    Ok(ctx.page().title(title).noindex().status(status).render(&template))
}

/// `/messages/{id}`.
pub(super) async fn show(
    State(all): State<Messages>,
    ctx: PageContext,
    Path(conversation): Path<String>,
    ApiQuery(query): ApiQuery<ThreadQuery>,
) -> PageResult {
    let before = place(&query.before)?;
    let typed = Typed { goes_on: !query.sent.is_empty(), ..Typed::default() };
    page(&all, &ctx, id(&conversation)?, before, typed, (StatusCode::OK, &FieldErrors::default())).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LiveQuery {
    /// The last message that the page shows.
    seen: String,
}

/// What comes while the page is open.
pub(super) async fn live(
    State(all): State<Messages>,
    ctx: PageContext,
    Path(conversation): Path<String>,
    ApiQuery(query): ApiQuery<LiveQuery>,
) -> Result<Response, AppError> {
    let (member, conversation) = (ctx.viewer.require()?.id, id(&conversation)?);
    all.thread(member, conversation, None, 1).await?;
    Ok(live::follow(all, ctx, (member, conversation), query.seen.parse().ok()))
}

/// A message that is being written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MessageForm {
    /// Of a new conversation: the member's handle.
    to: String,
    body: String,
}

/// Goes on with a conversation.
pub(super) async fn answer(
    State(all): State<Messages>,
    ctx: PageContext,
    Path(conversation): Path<String>,
    Form(form): Form<MessageForm>,
) -> PageResult {
    let conversation: ConversationId = id(&conversation)?;
    match all.answer(ctx.viewer.require()?.id, conversation, &form.body).await {
        Ok(_) => Ok(to(&format!("/messages/{conversation}?sent=1#newest"))),
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            let typed = Typed { body: &form.body, goes_on: true };
            page(&all, &ctx, conversation, None, typed, (status, &errors)).await
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    to: String,
}

async fn addressee(all: &Messages, handle: &str) -> Result<AuthorCard, AppError> {
    all.authors.by_handle(handle).await?.filter(|c| c.claimed).ok_or(AppError::NotFound)
}

fn new_page(
    ctx: &PageContext,
    card: &AuthorCard,
    typed: &str,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let title = ctx.t.f("messages-with", &[("name", card.name.as_str().into())]);
    let template = NewTemplate { t: &ctx.t, card, typed, errors, max: BODY_MAX };
    Ok(ctx.page().title(title).noindex().status(status).render(&template))
}

/// `/messages/new`: the conversation that the two have, or the form that begins one.
pub(super) async fn form(
    State(all): State<Messages>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<NewQuery>,
) -> PageResult {
    if query.to.is_empty() {
        return Ok(to("/messages"));
    }
    let card = addressee(&all, &query.to).await?;
    match all.with(ctx.viewer.require()?.id, card.id).await? {
        Some(conversation) => Ok(to(&format!("/messages/{conversation}"))),
        None => new_page(&ctx, &card, "", (StatusCode::OK, &FieldErrors::default())),
    }
}

/// Writes to a member.
pub(super) async fn begin(State(all): State<Messages>, ctx: PageContext, Form(form): Form<MessageForm>) -> PageResult {
    let card = addressee(&all, &form.to).await?;
    match all.send(ctx.viewer.require()?.id, card.id, &form.body).await {
        Ok(sent) => Ok(to(&format!("/messages/{}?sent=1#newest", sent.conversation))),
        Err(error) => {
            let (status, errors) = error.of_form(&ctx)?;
            new_page(&ctx, &card, &form.body, (status, &errors))
        }
    }
}
