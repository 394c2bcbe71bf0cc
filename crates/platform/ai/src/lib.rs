//! Models behind small traits: embedding, chat, speech, images.
//!
//! Nothing here is needed for the product to work: without a model it searches by words; with the local embedder
//! ([`LocalEmbedder`]) by meaning too, without key or server; with a chat provider ([`OpenAi`]) it also writes.
//! What a call may cost and what it did cost goes through a [`Meter`], so that a budget can stop it before it is made.

mod budget;
mod error;
mod local;
pub mod openai;
mod pull;
mod traits;

pub use budget::{CallIntent, CallRecord, Meter, Metered, Prices, Purpose, Unmetered};
pub use error::AiError;
pub use local::LocalEmbedder;
pub use openai::{OpenAi, ProviderSettings, Secret};
pub use pull::{PullError, PullProgress, ShippedModel, check, pull, verify};
pub use traits::{
    Audio, Chat, ChatDelta, ChatMessage, ChatReply, ChatRequest, ChatRole, ChatStream, Embed, ImageRequest, Images,
    Picture, ReplyForm, Role, Speech, SpeechRequest, ToolCall, ToolSpec, Usage,
};
