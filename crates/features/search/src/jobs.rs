//! Computing vectors behind what was written.

use std::sync::Arc;

use async_trait::async_trait;
use xinghe_ai::Role;
use xinghe_core::PostView;
use xinghe_store::{JobError, JobHandler, JobRequest, JobRun, Unique};

use crate::Inner;
use crate::index::{PassageVectors, Texts};
use crate::store;

/// The kind of the job.
pub(crate) const EMBED: &str = "search.embed";

/// The job that embeds all that is listed; there is one at a time.
pub(crate) fn request() -> JobRequest {
    JobRequest::new(EMBED, &serde_json::json!({})).unique(Unique::WhileActive("all".to_owned()))
}
/// How many posts are embedded in one step; after each, what is done is kept.
const STEP: u32 = 16;
/// How many texts end a step early.
const ENOUGH: usize = 500;
/// How many texts are given to the embedder at once; between, the job can stop.
const AT_ONCE: usize = 64;

pub(crate) struct Embedder {
    pub(crate) inner: Arc<Inner>,
}

#[async_trait]
impl JobHandler for Embedder {
    fn kind(&self) -> &'static str {
        EMBED
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let Some(embedder) = self.inner.embedder.clone() else { return Ok(()) };
        let mut done = 0u64;
        loop {
            if job.cancelled.is_cancelled() {
                return Err(JobError::Cancelled);
            }
            let left = store::count_pending(&self.inner.store).await?;
            job.progress(done, Some(done + left), None).await?;
            let ids = store::pending(&self.inner.store, STEP).await?;
            if ids.is_empty() {
                return Ok(());
            }
            let posts = self.inner.posts.posts(&ids).await.map_err(|e| JobError::Retry(e.to_string()))?;
            let revisions: Vec<_> = posts.values().map(|p| p.revision).collect();
            let have = store::embedded(&self.inner.store, embedder.model(), &revisions).await?;
            let (mut fresh, mut put_off, mut texts) = (Vec::new(), Vec::new(), 0);
            for post in posts.values().filter(|p| !have.contains(&p.revision.raw())) {
                if texts > ENOUGH {
                    put_off.push(post.id);
                    continue;
                }
                let vectors = self.embed(embedder.as_ref(), post, job).await?;
                texts += vectors.iter().map(|v| v.sentences.len() + 1).sum::<usize>();
                fresh.push((post, vectors));
            }
            let mut unit = self.inner.store.begin().await?;
            for (post, vectors) in &fresh {
                store::save(&mut unit, embedder.model(), post.id, post.revision, vectors).await?;
            }
            for id in ids.iter().filter(|id| !put_off.contains(id)) {
                // Gone meanwhile, or embedded before.
                if !fresh.iter().any(|(p, _)| p.id == *id) {
                    unit.execute("DELETE FROM search_pending WHERE post = $1", xinghe_store::params![id.raw()]).await?;
                }
            }
            unit.commit().await?;
            done += (ids.len() - put_off.len()) as u64;
        }
    }
}

impl Embedder {
    async fn embed(
        &self,
        embedder: &dyn xinghe_ai::Embed,
        post: &PostView,
        job: &JobRun,
    ) -> Result<Vec<PassageVectors>, JobError> {
        let texts = Texts::of(post);
        let mut vectors = Vec::with_capacity(texts.texts.len());
        for some in texts.texts.chunks(AT_ONCE) {
            if job.cancelled.is_cancelled() {
                return Err(JobError::Cancelled);
            }
            let embedded = embedder.embed(Role::Passage, some.to_vec()).await.map_err(|error| {
                if error.is_transient() {
                    JobError::Retry(error.to_string())
                } else {
                    JobError::Fatal(error.to_string())
                }
            })?;
            vectors.extend(embedded);
        }
        Ok(texts.vectors(vectors))
    }
}
