//! The API of search.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use xinghe_core::evidence::{Filter, Query, Scope};
use xinghe_core::{LangTag, PassageId, PostId, PostKind};
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, FieldError, Said};

use crate::Inner;

/// The most items of a page.
const MOST: usize = 50;
/// How deep one can page: past this, narrow the question.
const DEEPEST: usize = 200;

/// What to look for.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// The words; `"a phrase"` and `-exclusion` work.
    #[serde(default)]
    pub q: String,
    /// How many items, 1 to 50.
    pub limit: Option<usize>,
    /// Only this kind: `article`, `question`, `answer`, `comment`, `project` …
    pub kind: Option<String>,
    /// Only this language; `zh` means both scripts.
    pub lang: Option<String>,
    /// Only posts with this tag.
    pub tag: Option<String>,
    /// Only what this author wrote: a handle.
    pub author: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// An author of a found post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FoundAuthor {
    /// The name to show.
    pub name: String,
    /// The unique name in addresses.
    pub handle: String,
    /// The address of the author's page.
    pub url: String,
}

/// A found post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FoundPost {
    /// The post.
    #[schema(value_type = String)]
    pub id: PostId,
    /// The address of its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    #[schema(value_type = String)]
    pub kind: PostKind,
    /// Its language.
    pub language: String,
    /// Its first author.
    pub author: Option<FoundAuthor>,
}

/// The passage that was found in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FoundPassage {
    /// The passage.
    #[schema(value_type = String)]
    pub id: PassageId,
    /// The headings above it.
    pub headings: Vec<String>,
    /// Its Markdown.
    pub text: String,
    /// Where it begins in the post's Markdown, in Unicode scalar values.
    pub start: u32,
    /// Where it ends; not included.
    pub end: u32,
}

/// A post with its best passage.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Item {
    /// The post.
    pub post: FoundPost,
    /// Its best passage.
    pub passage: FoundPassage,
    /// How well it fits; comparable within one answer.
    pub score: f32,
    /// Whether it is in another language than the query.
    pub cross_language: bool,
    /// The best sentence, for showing.
    #[serde(skip)]
    pub sentence: String,
}

/// A page of results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Page {
    /// The posts, best first.
    pub items: Vec<Item>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
}

/// How the index stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Status {
    /// Posts that are indexed.
    pub posts: u64,
    /// Their passages.
    pub passages: u64,
    /// Passages with vectors.
    pub embedded: u64,
    /// Posts whose vectors are still to be computed.
    pub pending: u64,
}

/// Turns what was sent into a query; with the offset of the page.
pub(crate) async fn parse(inner: &Inner, sent: &SearchQuery) -> Result<(Query, usize, usize), AppError> {
    let given = |s: &Option<String>| s.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
    let mut errors = Vec::new();
    let mut filter = Filter::default();
    if let Some(kind) = given(&sent.kind) {
        match kind.parse::<PostKind>() {
            Ok(kind) => filter.kinds.push(kind),
            Err(_) => errors.push(FieldError::new("kind", "search-kind")),
        }
    }
    if let Some(language) = given(&sent.lang) {
        // `zh` alone means both scripts, though as a tag of a text it would mean one.
        match language.parse::<LangTag>() {
            Ok(_) if language.eq_ignore_ascii_case("zh") => filter.language = Some(LangTag::any_chinese()),
            Ok(tag) => filter.language = Some(tag),
            Err(_) => errors.push(FieldError::new("lang", "search-lang")),
        }
    }
    filter.tags.extend(given(&sent.tag).map(|t| t.trim_start_matches('#').to_lowercase()));
    if let Some(handle) = given(&sent.author) {
        match inner.authors.by_handle(handle.trim_start_matches('@')).await? {
            Some(card) => filter.scope = Scope::Author(card.id),
            None => errors.push(FieldError::new("author", "search-author")),
        }
    }
    let limit = sent.limit.unwrap_or(20);
    if !(1..=MOST).contains(&limit) {
        errors.push(FieldError { field: "limit".into(), said: Said::new("search-limit").with("max", MOST) });
    }
    let offset = match given(&sent.cursor).map(|c| c.strip_prefix('o').and_then(|n| n.parse::<usize>().ok())) {
        None => 0,
        Some(Some(offset)) if offset <= DEEPEST => offset,
        Some(_) => {
            errors.push(FieldError::new("cursor", "search-cursor"));
            0
        }
    };
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    let text: String = sent.q.chars().take(500).collect();
    Ok((Query { text, filter, limit: DEEPEST }, offset, limit))
}

/// Search all public posts.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search", params(SearchQuery),
    responses((status = 200, body = Page), (status = 422, description = "A parameter is wrong"))
)]
pub(crate) async fn search(
    State(inner): State<Arc<Inner>>,
    ApiQuery(sent): ApiQuery<SearchQuery>,
) -> Result<ApiJson<Page>, AppError> {
    Ok(ApiJson(inner.page(&sent).await?))
}

/// What the index holds, and how much is still to be embedded.
#[utoipa::path(get, path = "/api/v1/search/status", tag = "search", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(inner): State<Arc<Inner>>) -> Result<ApiJson<Status>, AppError> {
    Ok(ApiJson(inner.status().await?))
}
