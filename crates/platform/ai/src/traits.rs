//! The traits, and what they take and give.

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xinghe_core::id::AuthorId;

use crate::budget::Purpose;
use crate::error::AiError;

/// In what role a text is embedded; e5 models tell questions from passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Something asked.
    Query,
    /// Something written.
    Passage,
}

/// Turns texts into vectors.
#[async_trait]
pub trait Embed: Send + Sync {
    /// The model's name, stored with its vectors: vectors of different names are never compared.
    fn model(&self) -> &str;
    /// How long its vectors are.
    fn dimensions(&self) -> usize;
    /// One vector of length 1 (L2) for each text, in order.
    ///
    /// # Errors
    /// The model is absent or failed; nothing was embedded.
    async fn embed(&self, role: Role, texts: Vec<String>) -> Result<Vec<Vec<f32>>, AiError>;
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatRole {
    /// The program.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who says it.
    pub role: ChatRole,
    /// What is said.
    pub content: String,
    /// Of a tool's result: the call it answers.
    pub tool_call_id: Option<String>,
    /// Of a model's message: the tools it wants called.
    pub tool_calls: Vec<ToolCall>,
}

impl ChatMessage {
    /// A plain message.
    pub fn new(role: ChatRole, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), tool_call_id: None, tool_calls: Vec::new() }
    }
}

/// A tool the model may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// The model asks for a tool. Its arguments are text from outside: check them like a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id of the call.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// The arguments as the model wrote them, meant to be JSON.
    pub arguments: String,
}

/// What form a reply must have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ReplyForm {
    /// Any text.
    #[default]
    Text,
    /// JSON that fits this schema (providers that cannot check it get it as an instruction).
    Json {
        /// A name for the schema.
        name: String,
        /// The schema.
        schema: Value,
    },
}

/// A request to a chat model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The conversation so far.
    pub messages: Vec<ChatMessage>,
    /// Tools that may be asked for.
    pub tools: Vec<ToolSpec>,
    /// The form of the reply.
    pub form: ReplyForm,
    /// Randomness, 0 to 2.
    pub temperature: f32,
    /// The longest reply, in tokens.
    pub max_tokens: u32,
    /// What it is for: budgets are kept by purpose.
    pub purpose: Purpose,
    /// On whose behalf, for budgets by member.
    pub member: Option<AuthorId>,
}

/// Tokens of a call, as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub input: u64,
    /// Written.
    pub output: u64,
}

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatReply {
    /// Its text.
    pub content: String,
    /// Tools it asks for.
    pub tool_calls: Vec<ToolCall>,
    /// What it used.
    pub usage: Usage,
    /// Whether it was cut off at `max_tokens`.
    pub cut_off: bool,
}

/// A piece of a streamed reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatDelta {
    /// More text.
    Text(String),
    /// The end, with the tools asked for and what was used.
    End(ChatReply),
}

/// A streamed reply: text pieces and then one [`ChatDelta::End`], or an error and nothing more.
pub type ChatStream = BoxStream<'static, Result<ChatDelta, AiError>>;

/// Writes replies.
#[async_trait]
pub trait Chat: Send + Sync {
    /// The model's name, as recorded in provenance.
    fn model(&self) -> &str;
    /// A whole reply.
    ///
    /// # Errors
    /// See [`AiError`].
    async fn chat(&self, request: ChatRequest) -> Result<ChatReply, AiError>;
    /// A reply as it is written.
    ///
    /// # Errors
    /// See [`AiError`]; the stream itself may end with one too.
    async fn stream(&self, request: ChatRequest) -> Result<ChatStream, AiError>;
}

/// A text to be spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechRequest {
    /// The text.
    pub text: String,
    /// A voice of the provider, or its default.
    pub voice: Option<String>,
    /// On whose behalf.
    pub member: Option<AuthorId>,
}

/// Sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// For instance `audio/mpeg`.
    pub media_type: String,
    /// The file.
    pub bytes: bytes::Bytes,
}

/// Speaks.
#[async_trait]
pub trait Speech: Send + Sync {
    /// Speaks a text.
    ///
    /// # Errors
    /// See [`AiError`].
    async fn speak(&self, request: SpeechRequest) -> Result<Audio, AiError>;
}

/// A picture to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRequest {
    /// What it shows.
    pub prompt: String,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// On whose behalf.
    pub member: Option<AuthorId>,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// For instance `image/png`.
    pub media_type: String,
    /// The file.
    pub bytes: bytes::Bytes,
}

/// Makes pictures.
#[async_trait]
pub trait Images: Send + Sync {
    /// Makes a picture.
    ///
    /// # Errors
    /// See [`AiError`].
    async fn draw(&self, request: ImageRequest) -> Result<Picture, AiError>;
}
