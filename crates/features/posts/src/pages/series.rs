//! Series: their pages, and what stands on the page of a post that is a part of one.

use askama::Template;
use axum::extract::{Path, State as Given};
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::id::{PostId, SeriesId};
use xinghe_web::api::ApiQuery;
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::refs::place;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, PageResult, Texts};

use super::view::{People, Person};
use super::{PER_PAGE, actor, field_errors, send, viewer_actor};
use crate::commands::{self, CommandError};
use crate::feature::State;
use crate::model::{Arrange, PostDetail, Series, series_of_address};
use crate::store;

/// A part of a series, as it is listed.
struct Part {
    id: PostId,
    url: String,
    title: String,
    excerpt: String,
    lang: String,
    at: String,
    date: String,
    minutes: u32,
}

impl Part {
    fn of(d: &PostDetail, t: &Texts) -> Self {
        Self {
            id: d.view.id,
            url: d.view.url(),
            title: d.view.title.clone(),
            excerpt: d.excerpt.clone(),
            lang: d.view.language.to_string(),
            at: d.view.published_at.rfc3339(),
            date: t.date(d.view.published_at),
            minutes: d.minutes,
        }
    }
}

async fn parts(state: &State, series: &Series, t: &Texts) -> Result<Vec<Part>, AppError> {
    let found = store::details(&state.store, &series.parts).await?;
    Ok(series.parts.iter().filter_map(|p| found.get(p)).map(|d| Part::of(d, t)).collect())
}

async fn series(state: &State, part: &str) -> Result<Series, AppError> {
    let id: SeriesId = series_of_address(part).ok_or(AppError::NotFound)?;
    store::series(&state.store, id).await?.ok_or(AppError::NotFound)
}

fn may_change(ctx: &PageContext, series: &Series) -> bool {
    viewer_actor(&ctx.viewer).is_some_and(|a| a.moderates || a.id == series.owner)
}

#[derive(Template)]
#[template(path = "posts/series.html")]
struct SeriesTemplate<'a> {
    t: &'a Texts,
    s: &'a Series,
    person: Option<Person>,
    about: Html,
    parts: Vec<Part>,
    minutes: u32,
    may_change: bool,
}

/// The page of a series.
pub(super) async fn show(ctx: PageContext, Given(state): Given<State>, Path(part): Path<String>) -> PageResult {
    let s = series(&state, &part).await?;
    if format!("/series/{part}") != s.url() {
        return Ok(send(StatusCode::MOVED_PERMANENTLY, &s.url()));
    }
    let parts = parts(&state, &s, &ctx.t).await?;
    let people = People::load(&state.authors, vec![s.owner]).await?;
    let template = SeriesTemplate {
        t: &ctx.t,
        s: &s,
        person: people.get(s.owner),
        about: render(&s.about, &RenderOptions::default().in_lang(ctx.lang)).html.clone(),
        minutes: parts.iter().map(|p| p.minutes).sum(),
        parts,
        may_change: may_change(&ctx, &s),
    };
    let about = xinghe_text::excerpt(&s.about, 160);
    let page = ctx
        .page()
        .title(s.title.clone())
        .active("articles")
        .canonical(s.url())
        .feed(super::ascii(&s.url()))
        .description(about);
    Ok(page.crumbs(&[(&ctx.t.s("posts-tab-articles"), "/articles"), (&s.title, &s.url())]).render(&template))
}

struct Line {
    url: String,
    title: String,
    count: usize,
    when: String,
}

#[derive(Template)]
#[template(path = "posts/series_own.html")]
struct OwnTemplate<'a> {
    t: &'a Texts,
    lines: Vec<Line>,
    form: &'a SeriesForm,
    errors: FieldErrors,
    older: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OwnQuery {
    before: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SeriesForm {
    title: String,
    about: String,
}

/// The member's own series, and the place to begin one.
pub(super) async fn own(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    ApiQuery(query): ApiQuery<OwnQuery>,
) -> PageResult {
    let before: Option<SeriesId> = place(&query.before)?;
    let shown = (FieldErrors::default(), StatusCode::OK);
    list(&ctx, &state, &member, before, &SeriesForm::default(), shown).await
}

async fn list(
    ctx: &PageContext,
    state: &State,
    member: &Member,
    before: Option<SeriesId>,
    form: &SeriesForm,
    (errors, status): (FieldErrors, StatusCode),
) -> PageResult {
    let mut all = store::series_list(&state.store, Some(member.id), before, PER_PAGE + 1).await?;
    let more = all.len() > PER_PAGE;
    all.truncate(PER_PAGE);
    let line =
        |s: &Series| Line { url: s.url(), title: s.title.clone(), count: s.parts.len(), when: ctx.t.ago(s.updated_at) };
    let template = OwnTemplate {
        t: &ctx.t,
        lines: all.iter().map(line).collect(),
        form,
        errors,
        older: all.last().filter(|_| more).map(|s| format!("/series?before={}", s.id)),
    };
    Ok(ctx.page().title(ctx.t.s("posts-series-own")).noindex().status(status).render(&template))
}

/// Begins a series.
pub(super) async fn begin(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Form(form): Form<SeriesForm>,
) -> PageResult {
    match commands::series::begin(&state.store, actor(&member), &form.title, &form.about).await {
        Ok(s) => Ok(send(StatusCode::SEE_OTHER, &format!("/series/{}/edit", s.id))),
        Err(CommandError::Invalid(errors)) => {
            let errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
            list(&ctx, &state, &member, None, &form, (errors, StatusCode::UNPROCESSABLE_ENTITY)).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "posts/series_edit.html")]
struct EditTemplate<'a> {
    t: &'a Texts,
    s: &'a Series,
    title: &'a str,
    about: &'a str,
    parts: Vec<Part>,
    loose: Vec<(PostId, String)>,
    errors: FieldErrors,
}

/// The page on which a series is arranged.
pub(super) async fn edit_form(ctx: PageContext, Given(state): Given<State>, Path(part): Path<String>) -> PageResult {
    let s = series(&state, &part).await?;
    edit_page(&ctx, &state, &s, (&s.title, &s.about), &[]).await
}

async fn edit_page(
    ctx: &PageContext,
    state: &State,
    s: &Series,
    (title, about): (&str, &str),
    errors: &[crate::model::FieldError],
) -> PageResult {
    if !may_change(ctx, s) {
        return Err(AppError::Forbidden);
    }
    let template = EditTemplate {
        t: &ctx.t,
        s,
        title,
        about,
        parts: parts(state, s, &ctx.t).await?,
        loose: store::loose_articles(&state.store, s.owner).await?,
        errors: FieldErrors::new(&field_errors(errors), &ctx.t),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(ctx.page().title(ctx.t.s("posts-series-edit")).noindex().status(status).render(&template))
}

/// Changes title and words about a series.
pub(super) async fn edit(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<SeriesForm>,
) -> PageResult {
    let s = series(&state, &part).await?;
    let change =
        commands::series::Change { title: Some(form.title.clone()), about: Some(form.about.clone()), arrange: None };
    match commands::series::change(&state.store, actor(&member), s.id, None, change).await {
        Ok(s) => Ok(send(StatusCode::SEE_OTHER, &s.url())),
        Err(CommandError::Invalid(errors)) => edit_page(&ctx, &state, &s, (&form.title, &form.about), &errors).await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PartForm {
    #[serde(rename = "do")]
    what: String,
    post: String,
}

/// Adds, moves or takes out one post.
pub(super) async fn arrange(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<PartForm>,
) -> PageResult {
    let s = series(&state, &part).await?;
    let post: PostId = form.post.parse().map_err(|_| AppError::field("posts", "posts-fault-part"))?;
    let how = match form.what.as_str() {
        "up" => Arrange::Up(post),
        "down" => Arrange::Down(post),
        "drop" => Arrange::Drop(post),
        _ => Arrange::Add(post),
    };
    let change = commands::series::Change { arrange: Some(how), ..commands::series::Change::default() };
    match commands::series::change(&state.store, actor(&member), s.id, None, change).await {
        Ok(s) => Ok(send(StatusCode::SEE_OTHER, &format!("/series/{}/edit#parts", s.id))),
        Err(CommandError::Invalid(errors)) => edit_page(&ctx, &state, &s, (&s.title, &s.about), &errors).await,
        Err(error) => Err(error.into()),
    }
}

/// Removes a series; its posts stay.
pub(super) async fn remove(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    let s = series(&state, &part).await?;
    commands::series::remove(&state.store, actor(&member), s.id).await?;
    Ok(send(StatusCode::SEE_OTHER, "/series"))
}

#[derive(Template)]
#[template(path = "posts/series_nav.html")]
struct NavTemplate<'a> {
    t: &'a Texts,
    s: &'a Series,
    n: usize,
    of: usize,
    previous: Option<&'a PostDetail>,
    next: Option<&'a PostDetail>,
}

/// Where a post stands in its series, with the way back and on; nothing for one that is in none.
pub(super) async fn nav(ctx: &PageContext, state: &State, post: PostId) -> Result<Html, AppError> {
    let Some(s) = store::series_of(&state.store, post).await? else { return Ok(Html::default()) };
    let found = store::details(&state.store, &s.parts).await?;
    let seen: Vec<&PostDetail> = s.parts.iter().filter_map(|p| found.get(p)).collect();
    let Some(at) = seen.iter().position(|d| d.view.id == post) else { return Ok(Html::default()) };
    let template = NavTemplate {
        t: &ctx.t,
        s: &s,
        n: at + 1,
        of: seen.len(),
        previous: at.checked_sub(1).and_then(|i| seen.get(i)).copied(),
        next: seen.get(at + 1).copied(),
    };
    Ok(Html::render(&template)?)
}
