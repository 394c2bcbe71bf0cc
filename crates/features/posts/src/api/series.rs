//! Series: articles of one author in an order.

use axum::extract::{Path, State as Given};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_core::content::PostView;
use xinghe_core::id::{PostId, SeriesId};
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::refs::id;
use xinghe_web::refs::{AuthorRef, PostRef};
use xinghe_web::{AppError, Member};

use super::change::{if_match, unreadable};
use super::read::{LIMIT, cards, parsed};
use crate::commands::CommandError;
use crate::commands::series::{self, Change};
use crate::feature::State;
use crate::model::{Arrange, Series};
use crate::pages::actor;
use crate::store;

/// A series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesJson {
    id: String,
    /// The address of its page.
    url: String,
    title: String,
    /// Markdown.
    about: String,
    /// Rises with every change: what `If-Match` names.
    version: u32,
    author: Option<AuthorRef>,
    /// RFC 3339.
    updated_at: String,
    /// Its posts in order: those that are to be seen.
    posts: Vec<PostRef>,
}

/// A page of series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesListJson {
    items: Vec<SeriesJson>,
    /// The cursor of the next page.
    next: Option<String>,
}

/// What a series is to be. In a change, what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SeriesBody {
    title: Option<String>,
    /// Markdown.
    about: Option<String>,
    /// The ids of its posts in order: your own articles, each in no other series. Only in a change.
    posts: Option<Vec<String>>,
}

/// Which series.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// Only by the author of this handle.
    pub(crate) author: Option<String>,
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// How many, 1 to 100; 20 when left out.
    pub(crate) limit: Option<i64>,
}

async fn in_full(state: &State, all: &[Series]) -> Result<Vec<SeriesJson>, AppError> {
    let ids: Vec<PostId> = all.iter().flat_map(|s| s.parts.iter().copied()).collect();
    let posts = store::views(&state.store, &ids).await?;
    let named = posts.values().filter_map(PostView::author).chain(all.iter().map(|s| s.owner)).collect();
    let cards = cards(state, named).await?;
    let one = |s: &Series| SeriesJson {
        id: s.id.to_string(),
        url: s.url(),
        title: s.title.clone(),
        about: s.about.clone(),
        version: s.version,
        author: cards.get(&s.owner).map(AuthorRef::from),
        updated_at: s.updated_at.rfc3339(),
        posts: s
            .parts
            .iter()
            .filter_map(|p| posts.get(p))
            .map(|v| PostRef::new(v, v.author().and_then(|a| cards.get(&a))))
            .collect(),
    };
    Ok(all.iter().map(one).collect())
}

async fn answer(state: &State, s: &Series, status: StatusCode) -> Result<Response, AppError> {
    let json = in_full(state, std::slice::from_ref(s)).await?.pop().ok_or(AppError::NotFound)?;
    let mut response = (status, ApiJson(json)).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", s.version)) {
        headers.insert(header::ETAG, value);
    }
    if status == StatusCode::CREATED
        && let Ok(value) = HeaderValue::from_str(&format!("/api/v1/series/{}", s.id))
    {
        headers.insert(header::LOCATION, value);
    }
    Ok(response)
}

/// Series, the newest first.
#[utoipa::path(
    get, path = "/api/v1/series", tag = "series", params(SeriesQuery),
    responses((status = 200, body = SeriesListJson),
        (status = 422, description = "The limit or the cursor cannot be read"))
)]
pub(super) async fn list(
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<SeriesQuery>,
) -> Result<ApiJson<SeriesListJson>, AppError> {
    let before: Option<SeriesId> = parsed("cursor", query.cursor.as_deref())?;
    let limit = LIMIT.of(query.limit)?;
    let owner = match query.author.as_deref() {
        None => None,
        Some(handle) => match state.authors.by_handle(handle.trim_start_matches('@')).await? {
            Some(card) => Some(card.id),
            None => return Ok(ApiJson(SeriesListJson { items: vec![], next: None })),
        },
    };
    let mut all = store::series_list(&state.store, owner, before, limit + 1).await?;
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|s| s.id.to_string());
    Ok(ApiJson(SeriesListJson { items: in_full(&state, &all).await?, next }))
}

/// A series with its posts. Its version is the `ETag`.
#[utoipa::path(
    get, path = "/api/v1/series/{id}", tag = "series", params(("id" = String, Path, description = "The series")),
    responses((status = 200, body = SeriesJson), (status = 404, description = "There is none"))
)]
pub(super) async fn show(Given(state): Given<State>, Path(part): Path<String>) -> Result<Response, AppError> {
    let s = store::series(&state.store, id(&part)?).await?.ok_or(AppError::NotFound)?;
    answer(&state, &s, StatusCode::OK).await
}

/// Begin a series. The same title again is the series that is there.
#[utoipa::path(
    post, path = "/api/v1/series", tag = "series", request_body = SeriesBody,
    responses((status = 201, body = SeriesJson), (status = 401, description = "Not signed in"),
        (status = 422, description = "A field is wrong"))
)]
pub(super) async fn begin(
    Given(state): Given<State>,
    member: Member,
    ApiJson(body): ApiJson<SeriesBody>,
) -> Result<Response, AppError> {
    if body.posts.is_some() {
        return Err(unreadable("posts"));
    }
    let (title, about) = (body.title.unwrap_or_default(), body.about.unwrap_or_default());
    let s = series::begin(&state.store, actor(&member), &title, &about).await?;
    answer(&state, &s, StatusCode::CREATED).await
}

/// Change a series: its words, or which posts it has in which order. `If-Match` names the version that the change
/// started from.
#[utoipa::path(
    patch, path = "/api/v1/series/{id}", tag = "series", request_body = SeriesBody,
    params(("id" = String, Path, description = "The series"),
        ("If-Match" = String, Header, description = "The `ETag` of what was read")),
    responses((status = 200, body = SeriesJson), (status = 403, description = "Not yours to change"),
        (status = 404, description = "There is none"), (status = 412, description = "It changed meanwhile"),
        (status = 422, description = "A field is wrong"), (status = 428, description = "`If-Match` is missing"))
)]
pub(super) async fn change(
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<SeriesBody>,
) -> Result<Response, AppError> {
    // What is no version at all is not the current one either; versions begin at 1.
    let expected: u32 = if_match(&headers)?.parse().unwrap_or(0);
    let posts: Option<Vec<PostId>> = body
        .posts
        .map(|all| all.iter().map(|p| p.parse()).collect::<Result<_, _>>())
        .transpose()
        .map_err(|_| unreadable("posts"))?;
    let change = Change { title: body.title, about: body.about, arrange: posts.map(Arrange::All) };
    let changed = series::change(&state.store, actor(&member), id(&part)?, Some(expected), change).await;
    let changed = changed.map_err(|error| match error {
        CommandError::SeriesChanged { .. } => AppError::Stale("posts-error-changed".into()),
        other => other.into(),
    })?;
    answer(&state, &changed, StatusCode::OK).await
}

/// Remove a series; its posts stay.
#[utoipa::path(
    delete, path = "/api/v1/series/{id}", tag = "series", params(("id" = String, Path, description = "The series")),
    responses((status = 204, description = "Done"), (status = 403, description = "Not yours to remove"))
)]
pub(super) async fn remove(
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
) -> Result<StatusCode, AppError> {
    series::remove(&state.store, actor(&member), id(&part)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
