//! Two readers: one keeps the list of what is to be embedded, one fills this node's index.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use xinghe_core::event::Position;
use xinghe_core::{Event, PostId, PostView, Recorded, Timestamp};
use xinghe_store::{EventReader, LocalReader, Log, ReaderError, UnitOfWork};

use crate::Inner;
use crate::index::Mark;
use crate::jobs;
use crate::store;

/// How long the process that writes the index is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// Lists posts to be embedded, and forgets vectors of posts that are gone.
pub(crate) struct Pending {
    pub(crate) embeds: bool,
}

#[async_trait]
impl EventReader for Pending {
    fn name(&self) -> &'static str {
        "search.pending"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let mut more = false;
        for recorded in events {
            match recorded.event {
                Event::PostPublished { post, .. } | Event::PostRevised { post, .. } | Event::PostRestored { post } => {
                    store::mark_pending(unit, post).await?;
                    more = true;
                }
                Event::PostDeleted { post } => store::forget(unit, post).await?,
                _ => {}
            }
        }
        if more && self.embeds {
            unit.enqueue(&jobs::request()).await?;
        }
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        // Vectors are dear and depend on nothing but their revision: they stay, and only what lacks them is listed.
        unit.execute("DELETE FROM search_pending", vec![]).await?;
        Ok(())
    }
}

/// Fills the index of this node. Beside a process that does so already, it waits until that one has.
pub(crate) struct Indexer {
    pub(crate) inner: Arc<Inner>,
}

impl Indexer {
    async fn mark(&self) -> Result<Mark, ReaderError> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || inner.index.mark()).await.map_err(later)?.map_err(later)
    }

    /// Waits until the process that writes the index has taken these events, and shows them.
    async fn follow(&self, last: &Recorded) -> Result<(), ReaderError> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.mark().await?.position < last.position {
            if tokio::time::Instant::now() > deadline {
                return Err(later("the process that writes the search index does not read on"));
            }
            tokio::time::sleep(LOOK).await;
        }
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || inner.index.refresh()).await.map_err(later)?.map_err(later)
    }
}

fn later(error: impl std::fmt::Display) -> ReaderError {
    ReaderError::Later(error.to_string())
}

#[async_trait]
impl LocalReader for Indexer {
    fn name(&self) -> &'static str {
        "search"
    }

    async fn position(&self) -> Result<Position, ReaderError> {
        Ok(self.mark().await?.position)
    }

    async fn stamp(&self) -> Result<Option<Timestamp>, ReaderError> {
        Ok(self.mark().await?.at)
    }

    async fn apply(&self, events: &[Recorded]) -> Result<(), ReaderError> {
        let Some(last) = events.last() else { return Ok(()) };
        if !self.inner.index.is_writer() {
            return self.follow(last).await;
        }
        let mut touched: Vec<PostId> = Vec::new();
        let mut embedded: Vec<PostId> = Vec::new();
        for recorded in events {
            match recorded.event {
                Event::PostPublished { post, .. }
                | Event::PostRevised { post, .. }
                | Event::PostRestored { post }
                | Event::PostDeleted { post } => touched.push(post),
                Event::AnswerAccepted { question, answer } | Event::AnswerUnaccepted { question, answer } => {
                    touched.extend([question, answer]);
                }
                Event::CreditsPassed { .. } | Event::ProfileChanged { .. } | Event::MemberErased { .. } => {
                    touched.extend(self.inner.posts_of(&recorded.event).await.map_err(later)?);
                }
                Event::RevisionEmbedded { post, .. } => embedded.push(post),
                _ => {}
            }
        }
        touched.sort_unstable();
        touched.dedup();
        embedded.retain(|p| !touched.contains(p));
        let posts = self.inner.posts.posts(&touched).await.map_err(later)?;
        let found: Vec<&PostView> = posts.values().collect();
        let put = self.inner.indexed(&found).await?;
        embedded.sort_unstable();
        embedded.dedup();
        let only_vectors = self.inner.posts.posts(&embedded).await.map_err(later)?;
        let vectors = self.inner.vectors_of(&only_vectors.values().collect::<Vec<_>>()).await?;
        let gone: Vec<PostId> = touched.into_iter().filter(|p| !posts.contains_key(p)).collect();
        let (inner, read) = (self.inner.clone(), Mark { at: Some(last.at), ..Mark::from(last.position) });
        let apply = move || {
            let of = |p: PostId| only_vectors.get(&p).map_or("und", |v| v.language.primary());
            let vectors: Vec<_> = vectors.into_iter().map(|(id, v)| (id, of(v.post), v)).collect();
            inner.index.apply(&put, &vectors, &gone, read)
        };
        tokio::task::spawn_blocking(apply).await.map_err(later)?.map_err(later)
    }

    async fn renew(&self) -> Result<(), ReaderError> {
        let goal = Log::new(self.inner.store.clone()).head().await.map_err(later)?;
        if goal == Position::START {
            return self.reset().await;
        }
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || inner.index.renew(goal)).await.map_err(later)?.map_err(later)
    }

    async fn reset(&self) -> Result<(), ReaderError> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || inner.index.clear()).await.map_err(later)?.map_err(later)
    }
}
