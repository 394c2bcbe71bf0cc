//! Reading posts.

use axum::extract::{Path, State as Given};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use xinghe_core::LangTag;
use xinghe_core::content::PostKind;
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::id;
use xinghe_web::{AppError, PageContext};

use super::shapes::{
    Cards, PostItem, PostJson, PostsJson, PostsQuery, RepliesJson, RevisionJson, RevisionsJson, TagJson, TagsJson,
};
use crate::feature::State;
use crate::model::{Cursor, ListFilter, PostDetail, canonical_tag};
use crate::pages::{PER_PAGE, detail};
use crate::store;

pub(super) async fn cards(state: &State, mut ids: Vec<AuthorId>) -> Result<Cards, AppError> {
    ids.sort_unstable();
    ids.dedup();
    Ok(state.authors.cards(&ids).await?)
}

pub(super) async fn in_full(state: &State, posts: &[PostDetail]) -> Result<Vec<PostJson>, AppError> {
    let named = posts.iter().flat_map(|d| &d.view.credits).map(|c| c.author).collect();
    let cards = cards(state, named).await?;
    Ok(posts.iter().map(|d| PostJson::of(d, &cards)).collect())
}

pub(super) fn parsed<T: std::str::FromStr>(field: &'static str, given: Option<&str>) -> Result<Option<T>, AppError> {
    given.map(str::parse).transpose().map_err(|_| AppError::field(field, "posts-fault-unreadable"))
}

async fn filter(state: &State, query: &PostsQuery) -> Result<Option<ListFilter>, AppError> {
    let author = match query.author.as_deref() {
        None => None,
        Some(handle) => match state.authors.by_handle(handle.trim_start_matches('@')).await? {
            Some(card) => Some(card.id),
            None => return Ok(None),
        },
    };
    let tag = match query.tag.as_deref() {
        None => None,
        Some(tag) => Some(canonical_tag(tag).ok_or_else(|| AppError::field("tag", "posts-fault-unreadable"))?),
    };
    let kind: Option<PostKind> = parsed("kind", query.kind.as_deref())?;
    let language: Option<LangTag> = parsed("lang", query.lang.as_deref().filter(|l| *l != "zh"))?;
    if language.as_ref().is_some_and(|l| !l.is_known()) {
        return Err(AppError::field("lang", "posts-fault-unreadable"));
    }
    let chinese = query.lang.as_deref() == Some("zh");
    Ok(Some(ListFilter { kind, tag, author, language, chinese, ..ListFilter::default() }))
}

/// How many entries the lists of this API have.
pub(super) const LIMIT: Limit = Limit::new(PER_PAGE, 100);

/// Posts, newest first.
#[utoipa::path(
    get, path = "/api/v1/posts", tag = "posts", params(PostsQuery),
    responses((status = 200, body = PostsJson, description = "With a `Link` header to the next page"),
        (status = 422, description = "A filter, the limit or the cursor cannot be read"))
)]
pub(super) async fn list(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<PostsQuery>,
) -> Result<Response, AppError> {
    let after: Option<Cursor> = parsed("cursor", query.cursor.as_deref())?;
    let limit = LIMIT.of(query.limit)?;
    let mut posts = match filter(&state, &query).await? {
        Some(filter) => store::list(&state.store, &filter, after, limit + 1).await?,
        None => vec![],
    };
    let more = posts.len() > limit;
    posts.truncate(limit);
    let next = posts.last().filter(|_| more).map(|p| p.cursor().to_string());
    let cards = cards(&state, posts.iter().map(|p| p.author).collect()).await?;
    let items = posts.iter().map(|p| PostItem::of(p, &cards)).collect();
    let link = next.as_ref().map(|next| next_link(&ctx, &query, next, limit));
    let mut response = ApiJson(PostsJson { items, next }).into_response();
    if let Some(value) = link.and_then(|l| HeaderValue::from_str(&l).ok()) {
        response.headers_mut().insert(header::LINK, value);
    }
    Ok(response)
}

fn next_link(ctx: &PageContext, query: &PostsQuery, next: &str, limit: usize) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    let given = [("kind", &query.kind), ("tag", &query.tag), ("author", &query.author), ("lang", &query.lang)];
    for (name, value) in given {
        if let Some(value) = value {
            pairs.append_pair(name, value);
        }
    }
    pairs.append_pair("limit", &limit.to_string()).append_pair("cursor", next);
    format!("<{}?{}>; rel=\"next\"", ctx.absolute("/api/v1/posts"), pairs.finish())
}

/// A post in full. Its revision is the `ETag`.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}", tag = "posts", params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = PostJson), (status = 404, description = "There is none to be seen"),
        (status = 410, description = "It was deleted, or moderators took it away"))
)]
pub(super) async fn show(Given(state): Given<State>, Path(post): Path<String>) -> Result<Response, AppError> {
    one(&state, id(&post)?).await
}

pub(super) async fn one(state: &State, post: PostId) -> Result<Response, AppError> {
    let d = detail(state, post).await?;
    let etag = format!("\"{}\"", d.view.revision);
    let json = in_full(state, &[d]).await?.pop().ok_or(AppError::NotFound)?;
    let mut response = ApiJson(json).into_response();
    if let Ok(value) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}

/// The revisions of a post, newest first.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}/revisions", tag = "posts",
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = RevisionsJson), (status = 404, description = "There is none to be seen"),
        (status = 410, description = "It was deleted, or moderators took it away"))
)]
pub(super) async fn revisions(
    Given(state): Given<State>,
    Path(post): Path<String>,
) -> Result<ApiJson<RevisionsJson>, AppError> {
    let d = detail(&state, id(&post)?).await?;
    let entries = store::revisions(&state.store, d.view.id).await?;
    let cards = cards(&state, entries.iter().filter_map(|e| e.author).collect()).await?;
    Ok(ApiJson(RevisionsJson { items: entries.iter().map(|e| RevisionJson::of(e, &cards)).collect() }))
}

/// A revision with its text.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}/revisions/{revision}", tag = "posts",
    params(("id" = String, Path, description = "The post"), ("revision" = String, Path, description = "The revision")),
    responses((status = 200, body = RevisionJson), (status = 404, description = "There is none to be seen"),
        (status = 410, description = "It was deleted, or moderators took it away"))
)]
pub(super) async fn revision(
    Given(state): Given<State>,
    Path((post, revision)): Path<(String, String)>,
) -> Result<ApiJson<RevisionJson>, AppError> {
    let d = detail(&state, id(&post)?).await?;
    let wanted: RevisionId = revision.parse().map_err(|_| AppError::NotFound)?;
    let texts = store::revision(&state.store, d.view.id, &[wanted]).await?;
    let text = texts.first().ok_or(AppError::NotFound)?;
    let cards = cards(&state, text.entry.author.into_iter().collect()).await?;
    Ok(ApiJson(RevisionJson::with_text(text, &cards)))
}

async fn replies(state: &State, post: &str, kind: PostKind) -> Result<ApiJson<RepliesJson>, AppError> {
    let d = detail(state, id(post)?).await?;
    let thread = store::thread(&state.store, d.view.root).await?;
    let of_kind = |p: &&xinghe_core::PostView| p.kind == kind;
    let here = |r: &&crate::model::Reply| r.parent == d.view.id || r.subject == d.view.id;
    let ids: Vec<PostId> =
        thread.iter().filter(here).filter_map(|r| r.post.as_ref()).filter(of_kind).map(|p| p.id).collect();
    let mut found = store::details(&state.store, &ids).await?;
    let mut posts: Vec<PostDetail> = ids.iter().filter_map(|id| found.remove(id)).collect();
    posts.sort_by_key(|d| (!d.view.accepted, d.view.id));
    Ok(ApiJson(RepliesJson { items: in_full(state, &posts).await? }))
}

/// The answers of a question: the accepted one first, then the oldest.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}/answers", tag = "posts", params(("id" = String, Path, description = "The question")),
    responses((status = 200, body = RepliesJson), (status = 404, description = "There is none to be seen"),
        (status = 410, description = "It was deleted, or moderators took it away"))
)]
pub(super) async fn answers(
    Given(state): Given<State>,
    Path(post): Path<String>,
) -> Result<ApiJson<RepliesJson>, AppError> {
    replies(&state, &post, PostKind::Answer).await
}

/// The comments on a post, with those on its comments, oldest first.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}/comments", tag = "posts", params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = RepliesJson), (status = 404, description = "There is none to be seen"),
        (status = 410, description = "It was deleted, or moderators took it away"))
)]
pub(super) async fn comments(
    Given(state): Given<State>,
    Path(post): Path<String>,
) -> Result<ApiJson<RepliesJson>, AppError> {
    replies(&state, &post, PostKind::Comment).await
}

/// The most used tags.
#[utoipa::path(get, path = "/api/v1/tags", tag = "posts", responses((status = 200, body = TagsJson)))]
pub(super) async fn tags(Given(state): Given<State>) -> Result<ApiJson<TagsJson>, AppError> {
    let tags = store::tags(&state.store, 500).await?;
    Ok(ApiJson(TagsJson { items: tags.into_iter().map(|t| TagJson { tag: t.tag, posts: t.posts }).collect() }))
}
