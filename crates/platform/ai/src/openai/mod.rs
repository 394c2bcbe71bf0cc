//! Any OpenAI-compatible address: chat completions and embeddings.
//!
//! Spoken by Gitee AI, DeepSeek, Qwen, OpenAI, Ollama, vLLM, llama.cpp and others, so only fields that all of them
//! know are sent unless a request needs more (tools, JSON form).

mod wire;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use eventsource_stream::Eventsource;
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::error::AiError;
use crate::traits::{Chat, ChatDelta, ChatReply, ChatRequest, ChatStream, Embed, Role};
use wire::Assembled;

/// A key that never shows itself.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key itself, for sending it to whom it belongs to.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "•••" })
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{self:?}"))
    }
}

/// How to reach a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProviderSettings {
    /// The address before `/chat/completions`, for instance `http://127.0.0.1:11434/v1`.
    pub url: Url,
    /// The model's name at the provider.
    pub model: String,
    /// The key, sent as a bearer token; may be empty for local servers.
    #[serde(default)]
    pub key: Secret,
    /// How long a whole reply, or the pause between two pieces of a stream, may take, in seconds.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u64,
    /// How often a call is tried in all.
    #[serde(default = "default_tries")]
    pub tries: u32,
    /// Of an embedding model: the length of its vectors.
    #[serde(default)]
    pub dimensions: usize,
}

const fn default_timeout() -> u64 {
    60
}

const fn default_tries() -> u32 {
    3
}

/// The longest answer that is read from a provider, in bytes.
const LONGEST_ANSWER: usize = 32 << 20;
/// The first pause before another try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
/// The longest that a provider's `Retry-After` is obeyed within a call.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A provider.
#[derive(Debug, Clone)]
pub struct OpenAi {
    client: Client,
    settings: ProviderSettings,
}

impl OpenAi {
    /// A provider; nothing is sent yet.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(settings: ProviderSettings) -> Result<Self, AiError> {
        // Several crates may want to be first; whoever was is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(settings.timeout_seconds))
            .user_agent(concat!("xinghe/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| AiError::Unreachable(e.without_url().to_string()))?;
        Ok(Self { client, settings })
    }

    /// Its settings; the key does not show.
    pub fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    /// Posts, and tries again what may pass; answers the first response that is a success.
    async fn post(&self, path: &str, body: &Value) -> Result<Response, AiError> {
        let base = self.settings.url.as_str().trim_end_matches('/');
        let address = format!("{base}/{path}");
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.send(&address, body).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if !error.is_transient() || tries >= self.settings.tries {
                return Err(error);
            }
            let wait = match &error {
                AiError::Busy { retry_after: Some(asked) } if *asked > LONGEST_PAUSE => return Err(error),
                AiError::Busy { retry_after: Some(asked) } => *asked,
                _ => pause,
            };
            tracing::debug!(%error, tries, "provider call is tried again");
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
    }

    async fn send(&self, address: &str, body: &Value) -> Result<Response, AiError> {
        let mut request = self.client.post(address).json(body);
        if !self.settings.key.is_empty() {
            request = request.bearer_auth(self.settings.key.reveal());
        }
        let response = request.send().await.map_err(|e| self.network(e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => AiError::Unauthorised(status.as_u16()),
            StatusCode::TOO_MANY_REQUESTS => AiError::Busy { retry_after: retry_after.map(Duration::from_secs) },
            _ => AiError::Refused { status: status.as_u16(), reason: self.reason(response).await },
        })
    }

    async fn reason(&self, response: Response) -> String {
        let text = read_limited(response, 64 << 10).await.unwrap_or_default();
        let value: Value = serde_json::from_slice(&text).unwrap_or_default();
        let said = value.pointer("/error/message").or_else(|| value.pointer("/message")).and_then(Value::as_str);
        let said = said.map_or_else(|| String::from_utf8_lossy(&text).into_owned(), str::to_owned);
        self.redact(&said)
    }

    /// Removes the key, and what looks like one, from a provider's words, and cuts them short.
    fn redact(&self, text: &str) -> String {
        let key = self.settings.key.reveal();
        let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "•••") };
        let words: Vec<&str> =
            text.split_whitespace().map(|w| if w.starts_with("sk-") || w.len() > 60 { "•••" } else { w }).collect();
        words.join(" ").chars().take(300).collect()
    }

    fn network(&self, error: reqwest::Error) -> AiError {
        if error.is_timeout() {
            return AiError::Timeout(Duration::from_secs(self.settings.timeout_seconds));
        }
        let mut said = error.without_url().to_string();
        let root = said.clone();
        said.truncate(root.floor_char_boundary(200));
        AiError::Unreachable(self.redact(&said))
    }
}

async fn read_limited(response: Response, limit: usize) -> Result<Vec<u8>, AiError> {
    let mut all = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|e| AiError::Unreachable(e.without_url().to_string()))?;
        if all.len() + piece.len() > limit {
            return Err(AiError::Protocol(format!("longer than {limit} bytes")));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

#[async_trait]
impl Chat for OpenAi {
    fn model(&self) -> &str {
        &self.settings.model
    }

    async fn chat(&self, request: ChatRequest) -> Result<ChatReply, AiError> {
        let body = wire::chat_body(&self.settings.model, &request, false);
        let response = self.post("chat/completions", &body).await?;
        let bytes = read_limited(response, LONGEST_ANSWER).await?;
        wire::read_reply(&bytes)
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream, AiError> {
        let body = wire::chat_body(&self.settings.model, &request, true);
        let response = self.post("chat/completions", &body).await?;
        let timeout = Duration::from_secs(self.settings.timeout_seconds);
        let events = response.bytes_stream().eventsource().boxed();
        let state = (events, Assembled::default(), false);
        let stream = futures::stream::unfold(state, move |(mut events, mut whole, ended)| async move {
            if ended {
                return None;
            }
            loop {
                let event = match tokio::time::timeout(timeout, events.next()).await {
                    Err(_) => return Some((Err(AiError::Timeout(timeout)), (events, whole, true))),
                    // Some servers close without `[DONE]`; what arrived with a finish reason is whole.
                    Ok(None) if whole.finished() => return Some((Ok(whole.end()), (events, whole, true))),
                    Ok(None) => {
                        let error = AiError::Unreachable("the stream broke off".to_owned());
                        return Some((Err(error), (events, whole, true)));
                    }
                    Ok(Some(Err(error))) => {
                        let error = AiError::Unreachable(error.to_string());
                        return Some((Err(error), (events, whole, true)));
                    }
                    Ok(Some(Ok(event))) => event,
                };
                if event.data.trim() == "[DONE]" {
                    return Some((Ok(whole.end()), (events, whole, true)));
                }
                match whole.take(&event.data) {
                    Ok(Some(text)) => return Some((Ok(ChatDelta::Text(text)), (events, whole, false))),
                    Ok(None) => {}
                    Err(error) => return Some((Err(error), (events, whole, true))),
                }
            }
        });
        Ok(stream.boxed())
    }
}

/// Texts per request to an embedding provider; what all known ones accept.
const EMBED_BATCH: usize = 32;

#[async_trait]
impl Embed for OpenAi {
    fn model(&self) -> &str {
        &self.settings.model
    }

    fn dimensions(&self) -> usize {
        self.settings.dimensions
    }

    async fn embed(&self, _: Role, texts: Vec<String>) -> Result<Vec<Vec<f32>>, AiError> {
        let mut all = Vec::with_capacity(texts.len());
        for batch in texts.chunks(EMBED_BATCH) {
            let body = serde_json::json!({ "model": self.settings.model, "input": batch });
            let response = self.post("embeddings", &body).await?;
            let bytes = read_limited(response, LONGEST_ANSWER).await?;
            all.extend(wire::read_embeddings(&bytes, batch.len(), self.settings.dimensions)?);
        }
        Ok(all)
    }
}
