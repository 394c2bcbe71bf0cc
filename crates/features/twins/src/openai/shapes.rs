//! What OpenAI's clients send and expect, as far as it is understood here; what else they send is passed over.
//!
//! Source: the API reference of OpenAI, `chat/completions`, `embeddings` and `models`.

use serde::{Deserialize, Serialize};

use crate::model::Answer;

/// A request for a chat completion.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct CompletionBody {
    /// `guide`, or `twin:` and a member's handle.
    pub model: String,
    /// The conversation so far, the newest message last. The last one of a user is the question; earlier ones tell what
    /// it leans on. Others are passed over: nobody but authors tells a twin what to say.
    pub messages: Vec<MessageBody>,
    /// Whether the answer streams, as server-sent events.
    #[serde(default)]
    pub stream: bool,
    /// How it streams.
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    /// How many answers: one.
    #[serde(default)]
    pub n: Option<u32>,
}

/// How an answer streams.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct StreamOptions {
    /// Whether a last piece tells the usage.
    #[serde(default)]
    pub include_usage: bool,
}

/// A message.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct MessageBody {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    pub role: String,
    /// What is said.
    #[serde(default)]
    pub content: Option<ContentBody>,
}

/// What is said: a text, or parts.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ContentBody {
    /// A text.
    Text(String),
    /// Parts.
    Parts(Vec<PartBody>),
}

/// A part of a message.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct PartBody {
    /// `text` is understood.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a text: the text.
    #[serde(default)]
    pub text: Option<String>,
}

/// A chat completion.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Completion {
    /// The answer's id here.
    pub id: String,
    /// `chat.completion`.
    pub object: &'static str,
    /// When, in seconds since 1970.
    pub created: i64,
    /// As asked.
    pub model: String,
    /// One.
    pub choices: Vec<Choice>,
    /// How much was read and written, in words as the index counts them.
    pub usage: Usage,
    /// The whole answer as `/api/v1/ask` gives it: sentences, citations, confidence, provenance.
    pub xinghe: Answer,
}

/// An answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Choice {
    /// 0.
    pub index: u32,
    /// What is said.
    pub message: Said,
    /// `stop`.
    pub finish_reason: &'static str,
    /// Nothing.
    pub logprobs: Option<()>,
}

/// What is said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Said {
    /// `assistant`.
    pub role: &'static str,
    /// Sentences with the numbers of what they cite, and the list of it.
    pub content: String,
    /// Why it declines, where it does; the same words are the content.
    pub refusal: Option<String>,
    /// Where each sentence comes from.
    pub annotations: Vec<Annotation>,
}

/// Where a piece of the content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Annotation {
    /// `url_citation`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which place.
    pub url_citation: UrlCitation,
}

/// A place on the web that a piece of the content cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UrlCitation {
    /// Where the piece begins in the content, in Unicode scalar values.
    pub start_index: usize,
    /// Where it ends; not included.
    pub end_index: usize,
    /// The address that opens the cited sentence in its post.
    pub url: String,
    /// The post's title and its author.
    pub title: String,
}

/// How much was read and written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Usage {
    /// Words of the messages or texts.
    pub prompt_tokens: usize,
    /// Words of the answer.
    pub completion_tokens: usize,
    /// Both.
    pub total_tokens: usize,
}

impl Usage {
    /// Of these texts.
    pub fn of(read: &[&str], written: &str) -> Self {
        let prompt_tokens = read.iter().map(|text| xinghe_text::word_count(text)).sum();
        let completion_tokens = xinghe_text::word_count(written);
        Self { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
    }
}

/// What can be asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ModelList {
    /// `list`.
    pub object: &'static str,
    /// The guide, the embedder, and the twins asked most.
    pub data: Vec<ModelEntry>,
}

/// One that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ModelEntry {
    /// `guide`, `twin:` and a handle, or the embedder's name.
    pub id: String,
    /// `model`.
    pub object: &'static str,
    /// When it was made: not known, so 0.
    pub created: i64,
    /// Whose it is: a member's handle, or `xinghe`.
    pub owned_by: String,
}

/// A request for embeddings.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct EmbeddingBody {
    /// The embedder's name, as `/v1/models` gives it.
    pub model: String,
    /// One text or several.
    pub input: InputBody,
    /// `float`, or `base64` of little-endian 32-bit floats.
    #[serde(default)]
    pub encoding_format: Option<String>,
    /// How long the vectors shall be: only as long as they are.
    #[serde(default)]
    pub dimensions: Option<usize>,
    /// `query` for what is asked, `passage` for what is written: the model tells them apart. Without it, `passage`.
    #[serde(default)]
    pub input_type: Option<String>,
}

/// One text or several.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum InputBody {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// Vectors.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EmbeddingList {
    /// `list`.
    pub object: &'static str,
    /// One for each text, in their order.
    pub data: Vec<EmbeddingEntry>,
    /// The embedder's name.
    pub model: String,
    /// How much was read.
    pub usage: Usage,
}

/// A vector.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EmbeddingEntry {
    /// `embedding`.
    pub object: &'static str,
    /// Which text, from 0.
    pub index: usize,
    /// The vector, of length 1 (L2).
    pub embedding: Vector,
}

/// A vector as wanted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Vector {
    /// Numbers.
    Floats(Vec<f32>),
    /// Base64 of little-endian 32-bit floats.
    Base64(String),
}
