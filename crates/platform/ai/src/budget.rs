//! What calls may cost, and what they did cost.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use xinghe_core::id::AuthorId;

use crate::error::AiError;
use crate::traits::{Chat, ChatDelta, ChatReply, ChatRequest, ChatStream, Usage};

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Answering a question.
    Answer,
    /// Checking an answer's sentences against their sources.
    Verify,
    /// Trying whether the provider works.
    Test,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Answer, Self::Verify, Self::Test];

    /// The word stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Verify => "verify",
            Self::Test => "test",
        }
    }
}

/// A call about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallIntent {
    /// Which model.
    pub model: String,
    /// What for.
    pub purpose: Purpose,
    /// On whose behalf.
    pub member: Option<AuthorId>,
    /// The most it could cost, in millionths of a minor unit.
    pub worst_cost_micro: i64,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Which model.
    pub model: String,
    /// What for.
    pub purpose: Purpose,
    /// On whose behalf.
    pub member: Option<AuthorId>,
    /// Tokens as the provider counted them; zero for a failed call.
    pub usage: Usage,
    /// What it cost, in millionths of a minor unit.
    pub cost_micro: i64,
    /// How long it took.
    pub millis: u64,
    /// Whether it succeeded.
    pub ok: bool,
}

/// Keeps budgets. The observatory implements it over the database.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Whether a call may be made now.
    ///
    /// # Errors
    /// [`AiError::Budget`]: not today.
    async fn allow(&self, intent: &CallIntent) -> Result<(), AiError>;
    /// Writes a call down.
    async fn record(&self, record: CallRecord);
}

/// Allows everything and forgets it; for commands and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unmetered;

#[async_trait]
impl Meter for Unmetered {
    async fn allow(&self, _: &CallIntent) -> Result<(), AiError> {
        Ok(())
    }
    async fn record(&self, _: CallRecord) {}
}

/// What a model's tokens cost, in minor units per million tokens (fen for CNY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prices {
    /// Read.
    pub input: i64,
    /// Written.
    pub output: i64,
}

impl Prices {
    /// The cost of a call, in millionths of a minor unit: exact, as prices are per million tokens.
    pub fn cost_micro(&self, usage: Usage) -> i64 {
        let part = |tokens: u64, price: i64| i64::try_from(tokens).unwrap_or(i64::MAX).saturating_mul(price);
        part(usage.input, self.input).saturating_add(part(usage.output, self.output))
    }
}

/// A chat model whose calls pass a [`Meter`].
pub struct Metered<C> {
    chat: Arc<C>,
    meter: Arc<dyn Meter>,
    prices: Prices,
}

impl<C: Chat> Metered<C> {
    /// Puts a meter before a model.
    pub fn new(chat: C, meter: Arc<dyn Meter>, prices: Prices) -> Self {
        Self { chat: Arc::new(chat), meter, prices }
    }

    async fn allow(&self, request: &ChatRequest) -> Result<(), AiError> {
        // A token is at least a byte long, so the bytes bound the tokens read.
        let input = request.messages.iter().map(|m| m.content.len() as u64).sum();
        let worst = self.prices.cost_micro(Usage { input, output: u64::from(request.max_tokens) });
        let intent = CallIntent {
            model: self.chat.model().to_owned(),
            purpose: request.purpose,
            member: request.member,
            worst_cost_micro: worst,
        };
        self.meter.allow(&intent).await
    }
}

/// What is written down once a call ends, however it ends.
struct Pending {
    meter: Arc<dyn Meter>,
    model: String,
    purpose: Purpose,
    member: Option<AuthorId>,
    prices: Prices,
    started: std::time::Instant,
}

impl Pending {
    async fn end(self, usage: Option<Usage>) {
        let used = usage.unwrap_or_default();
        let record = CallRecord {
            model: self.model,
            purpose: self.purpose,
            member: self.member,
            usage: used,
            cost_micro: self.prices.cost_micro(used),
            millis: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ok: usage.is_some(),
        };
        metrics::counter!("xinghe_ai_tokens_total", "purpose" => record.purpose.as_str())
            .increment(used.input + used.output);
        self.meter.record(record).await;
    }
}

impl<C: Chat> Metered<C> {
    fn pending(&self, request: &ChatRequest) -> Pending {
        Pending {
            meter: self.meter.clone(),
            model: self.chat.model().to_owned(),
            purpose: request.purpose,
            member: request.member,
            prices: self.prices,
            started: std::time::Instant::now(),
        }
    }
}

#[async_trait]
impl<C: Chat> Chat for Metered<C> {
    fn model(&self) -> &str {
        self.chat.model()
    }

    async fn chat(&self, request: ChatRequest) -> Result<ChatReply, AiError> {
        self.allow(&request).await?;
        let pending = self.pending(&request);
        let reply = self.chat.chat(request).await;
        pending.end(reply.as_ref().ok().map(|r| r.usage)).await;
        reply
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream, AiError> {
        self.allow(&request).await?;
        let pending = self.pending(&request);
        let inner = match self.chat.stream(request).await {
            Ok(inner) => inner,
            Err(error) => {
                pending.end(None).await;
                return Err(error);
            }
        };
        let metered = futures::stream::unfold((inner, Some(pending)), |(mut inner, mut pending)| async move {
            let item = inner.next().await;
            let usage = match &item {
                Some(Ok(ChatDelta::Text(_))) => return item.map(|i| (i, (inner, pending))),
                Some(Ok(ChatDelta::End(reply))) => Some(reply.usage),
                Some(Err(_)) | None => None,
            };
            if let Some(pending) = pending.take() {
                pending.end(usage).await;
            }
            item.map(|i| (i, (inner, pending)))
        });
        Ok(metered.boxed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_exact_and_never_overflow() {
        let prices = Prices { input: 200, output: 800 };
        assert_eq!(prices.cost_micro(Usage { input: 1_000_000, output: 0 }), 200_000_000);
        assert_eq!(prices.cost_micro(Usage { input: 1, output: 1 }), 1_000);
        assert_eq!(prices.cost_micro(Usage { input: u64::MAX, output: u64::MAX }), i64::MAX);
    }
}
