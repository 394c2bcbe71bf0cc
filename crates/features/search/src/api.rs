//! The API of search.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use xinghe_core::evidence::{Evidence, EvidenceHit, Filter, Query, Scope};
use xinghe_core::{LangTag, PassageId, PostId, PostKind, PostView, Timestamp};
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::PostRef;
use xinghe_web::{AppError, FieldError};

use crate::Inner;
use crate::index::{Facets, Index, IndexError};
use crate::snippet::Snippet;

/// How many items a page has.
const LIMIT: Limit = Limit::new(20, 50);
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
    pub limit: Option<i64>,
    /// Only this kind: `article`, `question`, `answer`, `comment`, `project` …
    pub kind: Option<String>,
    /// Only this language; `zh` means both scripts.
    pub lang: Option<String>,
    /// Only posts with this tag.
    pub tag: Option<String>,
    /// Only what this author wrote: a handle.
    pub author: Option<String>,
    /// Only what was published on this day or later: `2026-01-31`.
    pub since: Option<String>,
    /// Only what was published before this day.
    pub until: Option<String>,
    /// `true`: only questions with an accepted answer.
    pub accepted: Option<bool>,
    /// Where the page before ended.
    pub cursor: Option<String>,
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
    pub post: PostRef,
    /// Its best passage.
    pub passage: FoundPassage,
    /// How well it fits; comparable within one answer.
    pub score: f32,
    /// Whether it is in another language than the query.
    pub cross_language: bool,
    /// Its best sentence, with what was found in it.
    pub snippet: Snippet,
}

/// How many of the found posts have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Count {
    /// The value, as a filter takes it.
    pub value: String,
    /// How many.
    pub count: usize,
}

/// The found posts counted; of many, the best 200.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FacetCounts {
    /// By kind.
    pub kind: Vec<Count>,
    /// By language.
    pub lang: Vec<Count>,
    /// By tag, the twelve most frequent.
    pub tag: Vec<Count>,
}

/// A page of results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Page {
    /// The posts, best first.
    pub items: Vec<Item>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
    /// The found posts counted.
    pub facets: FacetCounts,
    /// The query with misspelt words put right, where words are not known here and others are near.
    pub did_you_mean: Option<String>,
    /// Whether a word of the query was found; else all that was found is merely near in meaning.
    pub words_found: bool,
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

/// What is looked for, from where on, and how many items.
pub(crate) struct Wanted {
    pub(crate) query: Query,
    after: Option<(f32, PassageId)>,
    limit: usize,
}

/// Turns what was sent into a query.
pub(crate) async fn parse(inner: &Inner, sent: &SearchQuery) -> Result<Wanted, AppError> {
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
            Ok(tag) if tag.is_known() => filter.language = Some(tag),
            _ => errors.push(FieldError::new("lang", "search-lang")),
        }
    }
    filter.tags.extend(given(&sent.tag).map(|t| t.trim_start_matches('#').to_lowercase()));
    if let Some(handle) = given(&sent.author) {
        match inner.authors.by_handle(handle.trim_start_matches('@')).await? {
            Some(card) => filter.scope = Scope::Author(card.id),
            None => errors.push(FieldError::new("author", "search-author")),
        }
    }
    let limit = match LIMIT.of(sent.limit) {
        Ok(limit) => limit,
        Err(AppError::Invalid(wrong)) => {
            errors.extend(wrong);
            0
        }
        Err(error) => return Err(error),
    };
    for (name, sent, bound) in [("since", &sent.since, &mut filter.since), ("until", &sent.until, &mut filter.until)] {
        if let Some(day) = given(sent) {
            match Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z")) {
                Ok(at) => *bound = Some(at),
                Err(_) => errors.push(FieldError::new(name, "search-day")),
            }
        }
    }
    filter.accepted = sent.accepted.unwrap_or_default();
    let after = match given(&sent.cursor).map(|c| read_cursor(&c)) {
        None => None,
        Some(Some(after)) => Some(after),
        Some(None) => {
            errors.push(FieldError::new("cursor", "search-cursor"));
            None
        }
    };
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    let text: String = sent.q.chars().take(500).collect();
    Ok(Wanted { query: Query { text, filter, limit: DEEPEST, operators: true }, after, limit })
}

/// A cursor names the last item of a page by score and passage, so that what is written meanwhile shifts nothing.
fn cursor((score, passage): (f32, PassageId)) -> String {
    format!("{:08x}{:016x}", score.to_bits(), passage.raw())
}

fn read_cursor(text: &str) -> Option<(f32, PassageId)> {
    let (score, passage) = text.split_at_checked(8).filter(|(_, p)| p.len() == 16)?;
    let score = f32::from_bits(u32::from_str_radix(score, 16).ok()?);
    let passage = i64::from_str_radix(passage, 16).ok()?;
    score.is_finite().then_some((score, PassageId::from_raw(passage)))
}

/// What was found, before the posts and authors are looked up.
pub(crate) struct Found {
    evidence: Evidence,
    next: Option<String>,
    facets: FacetCounts,
    did_you_mean: Option<String>,
    words_found: bool,
}

pub(crate) fn find<V: AsRef<[f32]>>(
    index: &Index,
    wanted: &Wanted,
    vector: impl FnOnce() -> Option<V>,
) -> Result<Found, IndexError> {
    let ranking = index.rank(&wanted.query, vector)?;
    let mut best = ranking.best_of_posts();
    best.truncate(DEEPEST);
    let later = |place: &usize| match (wanted.after, ranking.at(*place)) {
        (Some(after), Some(here)) => here.0 < after.0 || (here.0 == after.0 && here.1 > after.1),
        _ => true,
    };
    let from = best.iter().position(later).unwrap_or(best.len());
    let places: Vec<usize> = best[from..].iter().copied().take(wanted.limit).collect();
    let more = best.len() > from + places.len();
    let next = places.last().filter(|_| more).and_then(|last| ranking.at(*last)).map(cursor);
    let facets = count(&index.facets(&ranking, &best)?);
    let did_you_mean = index.did_you_mean(&wanted.query.text)?;
    let words_found = ranking.has_words();
    Ok(Found { evidence: index.evidence(&ranking, &places)?, next, facets, did_you_mean, words_found })
}

fn count(all: &[Facets]) -> FacetCounts {
    fn most(values: impl Iterator<Item = String>, limit: usize) -> Vec<Count> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        values.for_each(|v| *counts.entry(v).or_default() += 1);
        let mut counts: Vec<Count> = counts.into_iter().map(|(value, count)| Count { value, count }).collect();
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        counts.truncate(limit);
        counts
    }
    FacetCounts {
        kind: most(all.iter().map(|f| f.kind.to_string()), usize::MAX),
        lang: most(all.iter().map(|f| f.language.to_string()), usize::MAX),
        tag: most(all.iter().flat_map(|f| f.tags.iter().cloned()), 12),
    }
}

/// What was found, as it is shown.
pub(crate) async fn shown(inner: &Inner, found: Found) -> Result<Page, AppError> {
    let Found { evidence, next, facets, did_you_mean, words_found } = found;
    let ids: Vec<PostId> = evidence.hits.iter().map(|h| h.passage.post).collect();
    let posts = inner.posts.posts(&ids).await?;
    let people: Vec<_> = posts.values().filter_map(PostView::author).collect();
    let cards = inner.authors.cards(&people).await?;
    let item = |hit: EvidenceHit| {
        let post = posts.get(&hit.passage.post)?;
        let card = post.author().and_then(|a| cards.get(&a));
        Some(Item {
            snippet: Snippet::of(&hit, &evidence.terms, evidence.total),
            post: PostRef::new(post, card),
            passage: FoundPassage {
                id: hit.passage.id,
                headings: hit.passage.headings,
                text: hit.passage.text,
                start: hit.passage.start,
                end: hit.passage.end,
            },
            score: hit.score,
            cross_language: hit.cross_language,
        })
    };
    let items = evidence.hits.clone().into_iter().filter_map(item).collect();
    Ok(Page { items, next, facets, did_you_mean, words_found })
}

/// Search all public posts. Without words there is nothing to find: `/api/v1/posts` lists the posts of a tag, an
/// author, a kind or a language.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search", params(SearchQuery),
    responses((status = 200, body = Page), (status = 422, description = "A parameter is wrong"))
)]
pub(crate) async fn search(
    State(inner): State<Arc<Inner>>,
    ApiQuery(sent): ApiQuery<SearchQuery>,
) -> Result<ApiJson<Page>, AppError> {
    if sent.q.trim().is_empty() {
        return Err(AppError::field("q", "search-words"));
    }
    Ok(ApiJson(inner.page(&sent).await?))
}

/// What the index holds, and how much is still to be embedded.
#[utoipa::path(get, path = "/api/v1/search/status", tag = "search", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(inner): State<Arc<Inner>>) -> Result<ApiJson<Status>, AppError> {
    Ok(ApiJson(inner.status().await?))
}
