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
mod snippet;
mod store;

use std::collections::HashMap;
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
use xinghe_store::{EventReader, JobHandler, LocalReader, Migration, ReaderError, Store, StoreError};
use xinghe_web::{AppError, Feature, Need, RateClass, Routes};

pub use api::{Count, FacetCounts, FoundPassage, Item, Page, SearchQuery, Status};
use index::{Index, IndexError, Indexed, PassageVectors};
pub use snippet::Snippet;

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
        let index = Index::open(folder, embedder.as_deref().map(Embed::model))?;
        Ok(Self { inner: Arc::new(Inner { index, store, posts, authors, embedder }) })
    }

    /// Whether this process keeps the index up to date; else another one does, over the same folder.
    pub fn keeps_index(&self) -> bool {
        self.inner.index.is_writer()
    }

    /// Queues the embedding of what still lacks vectors: of a community that began without a model, or whose vectors
    /// are to be made anew. Does nothing without an embedder.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn resume(&self) -> Result<(), StoreError> {
        let store = &self.inner.store;
        if self.inner.embedder.is_none() || store::count_pending(store).await? == 0 {
            return Ok(());
        }
        let mut unit = store.begin().await?;
        unit.enqueue(&jobs::request()).await?;
        unit.commit().await
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
    /// The vector of a query; waits for it, so call it where waiting is allowed.
    fn vector(&self, text: &str) -> Option<Vec<f32>> {
        let embedder = self.embedder.as_ref()?;
        let embedded = embedder.embed(Role::Query, vec![text.to_owned()]);
        match tokio::runtime::Handle::current().block_on(embedded) {
            Ok(mut vectors) => vectors.pop(),
            Err(error) => {
                tracing::warn!(%error, "searching by words only");
                None
            }
        }
    }

    async fn page(self: &Arc<Self>, sent: &SearchQuery) -> Result<Page, AppError> {
        let wanted = api::parse(self, sent).await?;
        let inner = self.clone();
        let found = tokio::task::spawn_blocking(move || {
            let typed = &wanted.query.text;
            // Both scripts mean the same; of a few characters the model does not always know that.
            let vector = || {
                let folded = index::is_keywords(typed).then(|| xinghe_text::norm::fold_str(typed));
                inner.vector(folded.as_deref().unwrap_or(typed))
            };
            api::find(&inner.index, &wanted, vector)
        });
        let found = found.await.map_err(AppError::internal)?.map_err(AppError::internal)?;
        api::shown(self, found).await
    }

    async fn status(&self) -> Result<Status, AppError> {
        let counts = self.index.counts().map_err(AppError::internal)?;
        // Without an embedder nothing waits for one, though what one would have to do is kept in mind.
        let pending = if self.embedder.is_some() { store::count_pending(&self.store).await? } else { 0 };
        Ok(Status { posts: counts.posts, passages: counts.passages, embedded: counts.embedded, pending })
    }

    fn model(&self) -> Option<&str> {
        self.embedder.as_deref().map(Embed::model)
    }

    /// The vectors of posts that are indexed already, by passage.
    async fn vectors_of(&self, posts: &[&PostView]) -> Result<Vec<(PassageId, PassageVectors)>, ReaderError> {
        let Some(model) = self.model() else { return Ok(Vec::new()) };
        let mut vectors = store::vectors(&self.store, model, posts).await?;
        let of = |post: &&PostView| {
            let ids = index::passages_of(post).into_iter().map(|(id, _)| id);
            ids.zip(vectors.remove(&post.id).unwrap_or_default()).collect::<Vec<_>>()
        };
        Ok(posts.iter().flat_map(of).collect())
    }

    /// Posts as they are indexed: cut up, with the names of their authors and the vectors that are there.
    async fn indexed(&self, posts: &[&PostView]) -> Result<Vec<Indexed>, ReaderError> {
        let later = |e: PortError| ReaderError::Later(e.to_string());
        let mut vectors = match self.model() {
            Some(model) => store::vectors(&self.store, model, posts).await?,
            None => HashMap::new(),
        };
        let people: Vec<_> = posts.iter().flat_map(|p| p.credits.iter().map(|c| c.author)).collect();
        let cards = self.authors.cards(&people).await.map_err(later)?;
        let one = |post: &&PostView| {
            let names: Vec<String> =
                post.credits.iter().filter_map(|c| cards.get(&c.author)).map(|c| c.name.clone()).collect();
            let vectors = vectors.remove(&post.id).unwrap_or_default();
            Some(index::indexed(post, &names)?.with_vectors(vectors))
        };
        Ok(posts.iter().filter_map(one).collect())
    }

    /// The posts that name somebody who was renamed, or whose credits pass from an author to the member who claimed
    /// them.
    async fn posts_of(&self, event: &Event) -> Result<Vec<PostId>, IndexError> {
        match event {
            Event::CreditsPassed { author, .. } => self.index.posts_of(*author),
            Event::ProfileChanged { member } | Event::MemberErased { member } => self.index.posts_of(*member),
            _ => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl Retrieve for Search {
    async fn retrieve(&self, query: &Query) -> PortResult<Evidence> {
        let (inner, query) = (self.inner.clone(), query.clone());
        let found = tokio::task::spawn_blocking(move || inner.index.retrieve(&query, || inner.vector(&query.text)));
        found.await.map_err(PortError::new)?.map_err(PortError::new)
    }

    fn generation(&self) -> u64 {
        // Steps of a fifth: the logarithm to the base 1.2.
        let counts = self.inner.index.counts().unwrap_or_default();
        let step = |n: u64| ((n + 1) as f64).log(1.2) as u64;
        step(counts.passages) << 16 | step(counts.embedded)
    }
}

#[derive(OpenApi)]
#[openapi(paths(api::search, api::status), tags((name = "search", description = "Finding passages")))]
struct Doc;

/// The tables of this feature.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration { feature: "search", version: 1, name: "vectors", sql: include_str!("../migrations/0001.sql") },
        Migration { feature: "search", version: 2, name: "embed anew", sql: include_str!("../migrations/0002.sql") },
    ]
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
            .merge(pages::feeds(&self.inner))
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
