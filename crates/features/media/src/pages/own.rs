//! One's own pictures: adding, the Markdown that shows one, deleting.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Redirect};
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::PictureId;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::id;
use xinghe_web::{AppError, Html, Member, PageContext, PageResult, Subject, Texts};

use super::TABS;
use crate::commands::Pictures;
use crate::model::markdown;
use crate::{sent, store};

/// How many pictures a page shows.
const PER_PAGE: usize = 24;

/// The form that adds a picture.
#[derive(Template)]
#[template(path = "media/form.html")]
pub(super) struct FormTemplate<'a> {
    pub t: &'a Texts,
    pub error: &'a str,
    pub alt: &'a str,
    /// Whether it stands beside something that is being written: what it answers opens elsewhere then.
    pub aside: bool,
}

struct Row {
    id: String,
    path: String,
    width: u16,
    height: u16,
    kib: String,
    when: String,
    shown: bool,
    markdown: String,
}

#[derive(Template)]
#[template(path = "media/own.html")]
struct OwnTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    form: Html,
    /// The picture that was just added: its address and the Markdown that shows it.
    added: Option<(String, String)>,
    room: String,
    rows: Vec<Row>,
    older: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    /// The picture that was just added.
    added: String,
    /// What is to be seen on it.
    alt: String,
    before: String,
}

async fn page(
    pictures: &Pictures,
    ctx: &PageContext,
    query: &ListQuery,
    (status, error): (StatusCode, &str),
) -> PageResult {
    let (member, t) = (ctx.viewer.require()?.id, &ctx.t);
    let added = match query.added.parse::<PictureId>() {
        Ok(id) => store::picture(&pictures.store, member, id).await?,
        Err(_) => None,
    };
    let (mut own, shown) = pictures.list(member, query.before.parse().ok(), PER_PAGE + 1).await?;
    let more = own.len() > PER_PAGE;
    own.truncate(PER_PAGE);
    let mib = |bytes: u64| t.number(i64::try_from(bytes.div_ceil(1 << 20)).unwrap_or(i64::MAX));
    let taken = pictures.taken(member).await?;
    let alt = if added.is_some() { "" } else { query.alt.as_str() };
    let form = FormTemplate { t, error, alt, aside: false };
    let template = OwnTemplate {
        t,
        tabs: ctx.slot(TABS, &Subject::default()).await,
        form: Html::render(&form)?,
        added: added.map(|p| (p.name.path(), markdown(&p.name, &query.alt))),
        room: t.f("media-room", &[("taken", mib(taken).into()), ("most", mib(pictures.limits.total).into())]),
        older: own.last().filter(|_| more).map(|p| format!("/settings/pictures?before={}", p.id)),
        rows: own
            .into_iter()
            .map(|p| Row {
                id: p.id.to_string(),
                path: p.name.path(),
                width: p.name.width(),
                height: p.name.height(),
                kib: t.number(i64::try_from(p.bytes.div_ceil(1 << 10)).unwrap_or(i64::MAX)),
                when: t.ago(p.at),
                shown: shown.contains(&p.name),
                markdown: markdown(&p.name, ""),
            })
            .collect(),
    };
    Ok(ctx.page().title(t.s("media-title")).noindex().status(status).render(&template))
}

/// `/settings/pictures`.
pub(super) async fn show(
    State(pictures): State<Pictures>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    page(&pictures, &ctx, &query, (StatusCode::OK, "")).await
}

/// Adds the picture of a form, and leads to the Markdown that shows it.
pub(super) async fn add(
    State(pictures): State<Pictures>,
    ctx: PageContext,
    member: Member,
    request: Request,
) -> PageResult {
    let mut alt = String::new();
    let done = match sent::read(request, &pictures.limits).await {
        Ok(sent) => {
            alt = sent.alt;
            pictures.add(member.id, sent.file).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(picture) => {
            let words: String = alt.bytes().map(|b| format!("%{b:02X}")).collect();
            Ok(Redirect::to(&format!("/settings/pictures?added={}&alt={words}", picture.id)).into_response())
        }
        Err(error) => {
            let (status, field) = sent::refusal(error)?;
            let query = ListQuery { alt, ..ListQuery::default() };
            page(&pictures, &ctx, &query, (status, &field.said.in_words(&ctx.t))).await
        }
    }
}

/// Deletes a picture.
pub(super) async fn delete(
    State(pictures): State<Pictures>,
    member: Member,
    Path(picture): Path<String>,
) -> Result<Redirect, AppError> {
    pictures.delete(member.id, id(&picture)?).await?;
    Ok(Redirect::to("/settings/pictures"))
}
