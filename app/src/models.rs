//! Which models are there, by the settings.

use std::fmt;
use std::sync::Arc;

use xinghe_ai::{Chat, Embed, LocalEmbedder, Meter, Metered, OpenAi, ShippedModel};
use xinghe_observatory::{ChatModel, Embedding, Models};

use crate::settings::{EmbedderKind, Settings};

/// Whether there is an embedder, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbedderState {
    /// There is one.
    On(String),
    /// None is wanted.
    Off,
    /// The shipped model was not fetched yet.
    NotFetched,
    /// Its file is not the model: its size or checksum is another.
    Damaged,
}

impl fmt::Display for EmbedderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(name) => f.write_str(name),
            Self::Off => f.write_str("switched off (ai.embedder = \"none\"); search goes by words only"),
            Self::Damaged => f.write_str(
                "the model file is damaged; fetch it again with `xinghe model pull`. Search goes by words only",
            ),
            Self::NotFetched => {
                f.write_str("the model file is not there; fetch it with `xinghe model pull`. Search goes by words only")
            }
        }
    }
}

/// The embedder of the settings.
///
/// # Errors
/// A provider is wanted and not described.
pub fn embedder(settings: &Settings) -> anyhow::Result<(Option<Arc<dyn Embed>>, EmbedderState)> {
    Ok(match settings.ai.embedder {
        EmbedderKind::None => (None, EmbedderState::Off),
        EmbedderKind::Local => {
            let path = ShippedModel::E5_SMALL.path(&settings.data_dir);
            if !path.is_file() {
                return Ok((None, EmbedderState::NotFetched));
            }
            if let Err(error) = xinghe_ai::verify(&ShippedModel::E5_SMALL, &path) {
                tracing::warn!(%error, "{}", EmbedderState::Damaged);
                return Ok((None, EmbedderState::Damaged));
            }
            let local = LocalEmbedder::new(&path, settings.embedder_threads());
            (Some(Arc::new(local)), EmbedderState::On(LocalEmbedder::NAME.to_owned()))
        }
        EmbedderKind::Provider => {
            let Some(provider) = settings.ai.embedding.clone() else {
                anyhow::bail!(
                    "ai.embedder is \"provider\": set ai.embedding.url, ai.embedding.model and ai.embedding.dimensions"
                );
            };
            anyhow::ensure!(
                provider.dimensions > 0,
                "set ai.embedding.dimensions to the length of the model's vectors"
            );
            let name = provider.model.clone();
            (Some(Arc::new(OpenAi::new(provider)?)), EmbedderState::On(name))
        }
    })
}

/// The chat model of the settings, behind a meter.
///
/// # Errors
/// The HTTP client cannot be set up.
pub fn chat(settings: &Settings, meter: Arc<dyn Meter>) -> anyhow::Result<Option<Arc<dyn Chat>>> {
    let Some(provider) = settings.ai.chat.clone() else { return Ok(None) };
    let metered = Metered::new(OpenAi::new(provider)?, meter, settings.ai.prices);
    Ok(Some(Arc::new(metered)))
}

/// Which models are on, as administrators are told.
pub fn told(settings: &Settings, state: &EmbedderState) -> Models {
    let embedding = match state {
        EmbedderState::Off => Embedding::Off,
        EmbedderState::NotFetched => Embedding::Missing { file: ShippedModel::E5_SMALL.path(&settings.data_dir) },
        EmbedderState::Damaged => Embedding::Damaged,
        EmbedderState::On(model) if settings.ai.embedder == EmbedderKind::Provider => {
            Embedding::Provider { model: model.clone() }
        }
        EmbedderState::On(model) => Embedding::Local {
            model: model.clone(),
            kernel: LocalEmbedder::kernel().to_owned(),
            threads: settings.embedder_threads(),
        },
    };
    let chat = settings
        .ai
        .chat
        .as_ref()
        .map(|c| ChatModel { model: c.model.clone(), url: c.url.origin().ascii_serialization() });
    Models { embedding, chat }
}
