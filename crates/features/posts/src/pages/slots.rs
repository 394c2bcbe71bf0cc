//! What posts add to pages of other features: a twin's sky of topics and what it read, and questions that wait at home.

use std::collections::HashMap;

use askama::Template;
use xinghe_core::content::PostKind;
use xinghe_web::{AppError, Html, SlotRequest, Texts};

use super::view::{Row, rows};
use crate::feature::State;
use crate::model::{Answered, ListFilter, PostSummary};
use crate::store;

/// How many of an author's posts make the sky.
const READ: usize = 100;
/// How many topics have a place in the sky.
const TOPICS: usize = 8;
/// How many of the latest posts a twin's page lists.
const LATEST: usize = 6;
/// How many questions wait beside the home page.
const WAITING: usize = 5;

#[derive(Template)]
#[template(path = "posts/sky.html")]
struct SkyTemplate<'a> {
    t: &'a Texts,
    label: String,
    topics: Vec<(String, u8)>,
}

#[derive(Template)]
#[template(path = "posts/read_by_twin.html")]
struct ReadTemplate<'a> {
    t: &'a Texts,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "posts/waiting.html")]
struct WaitingTemplate<'a> {
    t: &'a Texts,
    posts: &'a [PostSummary],
}

/// Topics with their depth, 0 to 100: how many posts have the tag, against the most frequent one; the deepest first.
fn depths(posts: &[PostSummary]) -> Vec<(String, u8)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for tag in posts.iter().flat_map(|p| &p.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut topics: Vec<_> = counts.into_iter().collect();
    topics.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    topics.truncate(TOPICS);
    let most = topics.first().map_or(1, |(_, n)| *n);
    topics.into_iter().map(|(tag, n)| (tag.to_owned(), u8::try_from(n * 100 / most).unwrap_or(100))).collect()
}

/// A twin's night sky: what its owner wrote about.
pub(super) async fn sky(state: State, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let Some(author) = request.subject.author else { return Ok(None) };
    let posts = store::latest_of_author(&state.store, author, &[], Some(true), None, READ).await?;
    let topics = depths(&posts);
    if topics.is_empty() {
        return Ok(None);
    }
    let t = &request.ctx.t;
    let words: Vec<&str> = topics.iter().map(|(word, _)| word.as_str()).collect();
    let label = t.f("posts-sky-label", &[("topics", words.join(", ").into())]);
    Ok(Some(Html::render(&SkyTemplate { t, label, topics })?))
}

/// What a twin's owner wrote last, and the twin has read.
pub(super) async fn read_by_twin(state: State, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let Some(author) = request.subject.author else { return Ok(None) };
    let kinds = [PostKind::Article, PostKind::Question, PostKind::Answer];
    let posts = store::latest_of_author(&state.store, author, &kinds, Some(true), None, LATEST).await?;
    if posts.is_empty() {
        return Ok(None);
    }
    let t = &request.ctx.t;
    Ok(Some(Html::render(&ReadTemplate { t, rows: rows(&state.authors, &posts, &request.ctx).await? })?))
}

/// Questions without an answer.
pub(super) async fn waiting(state: State, request: SlotRequest) -> Result<Option<Html>, AppError> {
    let filter = ListFilter { kind: Some(PostKind::Question), answered: Answered::None, ..ListFilter::default() };
    let posts = store::list(&state.store, &filter, None, WAITING).await?;
    if posts.is_empty() {
        return Ok(None);
    }
    Ok(Some(Html::render(&WaitingTemplate { t: &request.ctx.t, posts: &posts })?))
}
