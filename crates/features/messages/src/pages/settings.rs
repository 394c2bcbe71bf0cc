//! Who may write to one, and whom one blocks.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use xinghe_web::api::ApiQuery;
use xinghe_web::system::local;
use xinghe_web::{AppError, Html, PageContext, PageResult, Subject, Texts};

use super::{TABS, to};
use crate::commands::Messages;
use crate::model::Who;
use crate::read::Blocked;

#[derive(Template)]
#[template(path = "messages/settings.html")]
struct SettingsTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    all: [Who; 3],
    who: Who,
    blocked: Vec<Blocked>,
    saved: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// `/settings/messages`.
pub(super) async fn show(State(all): State<Messages>, ctx: PageContext, ApiQuery(query): ApiQuery<Done>) -> PageResult {
    let member = ctx.viewer.require()?.id;
    let template = SettingsTemplate {
        t: &ctx.t,
        tabs: ctx.slot(TABS, &Subject::default()).await,
        all: Who::ALL,
        who: all.who(member).await?,
        blocked: all.blocked(member).await?,
        saved: query.done == "saved",
    };
    Ok(ctx.page().title(ctx.t.s("messages-title")).noindex().render(&template))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WhoForm {
    who: String,
}

/// Writes who may write to one; what is none of the choices is everybody.
pub(super) async fn save(State(all): State<Messages>, ctx: PageContext, Form(form): Form<WhoForm>) -> PageResult {
    all.choose(ctx.viewer.require()?.id, form.who.parse().unwrap_or_default()).await?;
    Ok(to("/settings/messages?done=saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BlockForm {
    /// `block` or `unblock`.
    r#do: String,
    next: String,
}

/// Blocks a member, or no longer.
pub(super) async fn block(
    State(all): State<Messages>,
    ctx: PageContext,
    Path(handle): Path<String>,
    Form(form): Form<BlockForm>,
) -> Result<Response, AppError> {
    let on = match form.r#do.as_str() {
        "block" => true,
        "unblock" => false,
        _ => return Err(AppError::bad("messages-fault-do")),
    };
    let card = all.authors.by_handle(&handle).await?.ok_or(AppError::NotFound)?;
    all.block(ctx.viewer.require()?.id, card.id, on).await?;
    let next = if form.next.is_empty() { "/settings/messages" } else { local(&form.next) };
    Ok(to(next))
}
