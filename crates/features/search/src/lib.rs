//! Search: finds passages by words and by meaning, for readers, for the guide and for twins.
//!
//! It promises: what is written can be found by its words within a second; what is deleted is found no more; a
//! rebuilt index answers the same.
//!
//! * `index/` – the index of this node: candidates and scores
//! * `readers` – fills it from the log, and lists what is to be embedded
//! * `eval` – measures it on question sets
//! * `jobs` – computes vectors behind what is written
//! * `api`, `pages`, `store` – as in every feature

mod api;
pub mod eval;
pub mod index;
mod jobs;
mod pages;
mod readers;
mod store;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::get;
use http::Method;
use utoipa::OpenApi;
use xinghe_ai::{Embed, Role};
use xinghe_core::evidence::{Evidence, Query};
use xinghe_core::ports::{Authors, PortError, PortResult, Posts, Retrieve};
use xinghe_core::{Event, Lang, PassageId, PostId, PostView};
use xinghe_store::{EventReader, JobHandler, LocalReader, Migration, ReaderError, Store};
use xinghe_web::{AppError, Feature, Need, RateClass, Routes};

pub use api::{FoundAuthor, FoundPassage, FoundPost, Item, Page, SearchQuery, Status};
use index::{Index, IndexError, PassageVectors};

pub(crate) struct Inner {
    index: Index,
    store: Store,
    posts: Arc<dyn Posts>,
    authors: Arc<dyn Authors>,
    embedder: Option<Arc<dyn Embed>>,
}

/// The feature.
#[derive(Clone)]
pub struct Search {
    inner: Arc<Inner>,
}

impl Search {
    /// Search over the index in a folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(
        folder: &Path,
        store: Store,
        posts: Arc<dyn Posts>,
        authors: Arc<dyn Authors>,
        embedder: Option<Arc<dyn Embed>>,
    ) -> Result<Self, IndexError> {
        let index = Index::open(folder)?;
        Ok(Self { inner: Arc::new(Inner { index, store, posts, authors, embedder }) })
    }

    /// Brings the stored vectors of all posts into memory; call it once after opening.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn load(&self) -> Result<(), ReaderError> {
        let mut last = None;
        loop {
            let later = |e: PortError| ReaderError::Later(e.to_string());
            let ids = self.inner.posts.ids_after(last, 500).await.map_err(later)?;
            let Some(end) = ids.last() else { return Ok(()) };
            last = Some(*end);
            self.inner.load_vectors(&ids).await?;
        }
    }

    /// A page of results.
    ///
    /// # Errors
    /// A parameter is wrong, or something broke.
    pub async fn page(&self, sent: &SearchQuery) -> Result<Page, AppError> {
        self.inner.page(sent).await
    }

    /// How the index stands.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn status(&self) -> Result<Status, AppError> {
        self.inner.status().await
    }
}

impl Inner {
    async fn evidence(&self, query: Query) -> PortResult<Evidence>
    where
        Self: Sized,
    {
        let vector = match &self.embedder {
            Some(embedder) if self.index.counts().1 > 0 => {
                match embedder.embed(Role::Query, vec![query.text.clone()]).await {
                    Ok(mut vectors) => vectors.pop(),
                    Err(error) => {
                        tracing::warn!(%error, "searching by words only");
                        None
                    }
                }
            }
            _ => None,
        };
        self.index.retrieve(&query, vector.as_deref()).map_err(PortError::new)
    }

    async fn page(&self, sent: &SearchQuery) -> Result<Page, AppError> {
        let (query, offset, limit) = api::parse(self, sent).await?;
        let evidence = self.evidence(query).await?;
        let mut seen = HashSet::new();
        let best: Vec<_> = evidence.hits.into_iter().filter(|h| seen.insert(h.passage.post)).collect();
        let more = best.len() > offset + limit;
        let shown: Vec<_> = best.into_iter().skip(offset).take(limit).collect();
        let posts: Vec<PostId> = shown.iter().map(|h| h.passage.post).collect();
        let posts = self.posts.posts(&posts).await?;
        let people: Vec<_> = posts.values().filter_map(PostView::author).collect();
        let cards = self.authors.cards(&people).await?;
        let item = |hit: xinghe_core::evidence::EvidenceHit| {
            let post = posts.get(&hit.passage.post)?;
            let card = post.author().and_then(|a| cards.get(&a));
            let author = card.map(|c| FoundAuthor { name: c.name.clone(), handle: c.handle.clone(), url: c.url() });
            let sum = |s: &xinghe_core::evidence::SentenceEvidence| {
                let words: f32 = evidence
                    .terms
                    .iter()
                    .zip(&s.term_counts)
                    .filter(|(_, c)| **c > 0)
                    .map(|(t, _)| t.weight * t.idf)
                    .sum();
                words / evidence.total.max(f32::MIN_POSITIVE) + 10.0 * s.cosine
            };
            let best = hit.sentences.iter().filter(|s| !s.code).max_by(|a, b| sum(a).total_cmp(&sum(b)));
            Some(Item {
                sentence: best.map_or_else(|| xinghe_text::excerpt(&hit.passage.text, 160), |s| s.text.clone()),
                post: FoundPost {
                    id: post.id,
                    url: post.url(),
                    title: post.title.clone(),
                    kind: post.kind,
                    language: post.language.to_string(),
                    author,
                },
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
        let items = shown.into_iter().filter_map(item).collect();
        Ok(Page { items, next: more.then(|| format!("o{}", offset + limit)) })
    }

    async fn status(&self) -> Result<Status, AppError> {
        let (passages, embedded) = self.index.counts();
        let posts = self.index.posts().map_err(AppError::internal)?;
        Ok(Status { posts, passages, embedded, pending: store::count_pending(&self.store).await? })
    }

    fn model(&self) -> Option<&str> {
        self.embedder.as_deref().map(Embed::model)
    }

    async fn vectors_of(
        &self,
        posts: &[&PostView],
    ) -> Result<HashMap<PostId, Vec<(PassageId, PassageVectors)>>, ReaderError> {
        let Some(model) = self.model().filter(|_| !posts.is_empty()) else { return Ok(HashMap::new()) };
        Ok(store::vectors(&self.store, model, posts).await?)
    }

    async fn load_vectors(&self, posts: &[PostId]) -> Result<(), ReaderError> {
        if posts.is_empty() || self.embedder.is_none() {
            return Ok(());
        }
        let posts = self.posts.posts(posts).await.map_err(|e| ReaderError::Later(e.to_string()))?;
        let views: Vec<&PostView> = posts.values().collect();
        let vectors = self.vectors_of(&views).await?;
        self.index.add_vectors(vectors.into_values().flatten());
        Ok(())
    }

    /// The posts whose credits pass from an author to the member who claimed them.
    async fn posts_of(&self, event: &Event) -> Result<Vec<PostId>, IndexError> {
        let Event::AuthorClaimed { author, .. } = event else { return Ok(Vec::new()) };
        self.index.posts_of(*author)
    }
}

#[async_trait]
impl Retrieve for Search {
    async fn retrieve(&self, query: &Query) -> PortResult<Evidence> {
        self.inner.evidence(query.clone()).await
    }

    fn generation(&self) -> u64 {
        // Steps of a fifth: the logarithm to the base 1.2.
        let (passages, embedded) = self.inner.index.counts();
        let step = |n: u64| ((n + 1) as f64).log(1.2) as u64;
        step(passages) << 16 | step(embedded)
    }
}

#[derive(OpenApi)]
#[openapi(paths(api::search, api::status), tags((name = "search", description = "Finding passages")))]
struct Doc;

/// The tables of this feature.
pub fn migrations() -> Vec<Migration> {
    vec![Migration { feature: "search", version: 1, name: "vectors", sql: include_str!("../migrations/0001.sql") }]
}

impl Feature for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        let state = || self.inner.clone();
        Routes::new()
            .method_router(Method::GET, "/search", Need::Anyone, get(pages::search).with_state(state()))
            .limit(RateClass::Search)
            .method_router(Method::GET, "/api/v1/search", Need::Anyone, get(api::search).with_state(state()))
            .limit(RateClass::Search)
            .method_router(Method::GET, "/api/v1/search/status", Need::Anyone, get(api::status).with_state(state()))
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Pending { embeds: self.inner.embedder.is_some() })]
    }

    fn local_readers(&self) -> Vec<Arc<dyn LocalReader>> {
        vec![Arc::new(readers::Indexer { inner: self.inner.clone() })]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![Arc::new(jobs::Embedder { inner: self.inner.clone() })]
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
            (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
            (Lang::En, include_str!("../locales/en.ftl")),
        ]
    }

    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(Doc::openapi())
    }
}
