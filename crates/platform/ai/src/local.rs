//! The embedder of this machine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use xinghe_embedder as e5;

use crate::error::AiError;
use crate::pull::{ShippedModel, check};
use crate::traits::{Embed, Role};

/// multilingual-e5-small on threads of its own. The file is loaded with the first text, so that a server that is
/// not asked anything stays small.
pub struct LocalEmbedder {
    path: PathBuf,
    threads: usize,
    pool: Arc<Mutex<Option<e5::Pool>>>,
}

impl LocalEmbedder {
    /// The name stored with its vectors.
    pub const NAME: &'static str = "multilingual-e5-small/q4_0";
    /// The length of its vectors.
    pub const DIMENSIONS: usize = 384;

    /// The model in this file, on this many threads.
    pub fn new(path: &Path, threads: usize) -> Self {
        Self { path: path.to_owned(), threads: threads.max(1), pool: Arc::default() }
    }

    /// The instructions that this processor computes it with, for instance `avx512-vnni`.
    pub fn kernel() -> &'static str {
        e5::Kernel::best().name()
    }

    /// Whether the file was loaded already.
    pub fn is_loaded(&self) -> bool {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

fn pool(slot: &Mutex<Option<e5::Pool>>, path: &Path, threads: usize) -> Result<e5::Pool, AiError> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = slot.as_ref() {
        return Ok(pool.clone());
    }
    // A file with another content would load as well, and quietly make every answer worse.
    check(&ShippedModel::E5_SMALL, path)
        .map_err(|e| AiError::Local(format!("{e}; `xinghe model pull` fetches it again")))?;
    let model = e5::Model::open(path).map_err(|e| AiError::Local(e.to_string()))?;
    tracing::info!(kernel = ?model.kernel(), threads, "local embedder loaded");
    let pool = e5::Pool::new(model, threads);
    *slot = Some(pool.clone());
    Ok(pool)
}

#[async_trait]
impl Embed for LocalEmbedder {
    fn model(&self) -> &str {
        Self::NAME
    }

    fn dimensions(&self) -> usize {
        Self::DIMENSIONS
    }

    async fn embed(&self, role: Role, texts: Vec<String>) -> Result<Vec<Vec<f32>>, AiError> {
        let role = match role {
            Role::Query => e5::Role::Query,
            Role::Passage => e5::Role::Passage,
        };
        let (slot, path, threads) = (self.pool.clone(), self.path.clone(), self.threads);
        let pool = if self.is_loaded() {
            pool(&slot, &path, threads)?
        } else {
            tokio::task::spawn_blocking(move || pool(&slot, &path, threads))
                .await
                .map_err(|e| AiError::Local(e.to_string()))??
        };
        pool.embed(role, texts).await.map_err(|e| AiError::Local(e.to_string()))
    }
}
