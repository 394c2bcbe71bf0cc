//! The JSON of the protocol.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::AiError;
use crate::traits::{ChatDelta, ChatReply, ChatRequest, ReplyForm, ToolCall, Usage};

pub(super) fn chat_body(model: &str, request: &ChatRequest, stream: bool) -> Value {
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|m| {
            let mut message = json!({ "role": m.role, "content": m.content });
            if let Some(id) = &m.tool_call_id {
                message["tool_call_id"] = json!(id);
            }
            if !m.tool_calls.is_empty() {
                let call = |c: &ToolCall| json!({ "id": c.id, "type": "function", "function": { "name": c.name, "arguments": c.arguments } });
                message["tool_calls"] = m.tool_calls.iter().map(call).collect();
            }
            message
        })
        .collect();
    let mut body = json!({
        "model": model,
        "messages": messages,
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "stream": stream,
    });
    if stream {
        body["stream_options"] = json!({ "include_usage": true });
    }
    if !request.tools.is_empty() {
        let tool = |t: &crate::traits::ToolSpec| json!({ "type": "function", "function": { "name": t.name, "description": t.description, "parameters": t.parameters } });
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    if let ReplyForm::Json { name, schema } = &request.form {
        body["response_format"] =
            json!({ "type": "json_schema", "json_schema": { "name": name, "schema": schema, "strict": true } });
    }
    body
}

#[derive(Deserialize)]
struct Reply {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
}

#[derive(Deserialize)]
struct WireCall {
    #[serde(default)]
    id: String,
    function: WireFunction,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize, Clone, Copy, Default)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl From<WireUsage> for Usage {
    fn from(usage: WireUsage) -> Self {
        Self { input: usage.prompt_tokens, output: usage.completion_tokens }
    }
}

fn protocol(error: &serde_json::Error) -> AiError {
    AiError::Protocol(error.to_string())
}

pub(super) fn read_reply(bytes: &[u8]) -> Result<ChatReply, AiError> {
    let reply: Reply = serde_json::from_slice(bytes).map_err(|e| protocol(&e))?;
    let choice = reply.choices.into_iter().next().ok_or_else(|| AiError::Protocol("no choices".to_owned()))?;
    let calls = choice.message.tool_calls.unwrap_or_default();
    Ok(ChatReply {
        content: choice.message.content.unwrap_or_default(),
        tool_calls: calls
            .into_iter()
            .map(|c| ToolCall { id: c.id, name: c.function.name, arguments: c.function.arguments })
            .collect(),
        usage: reply.usage.unwrap_or_default().into(),
        cut_off: choice.finish_reason.as_deref() == Some("length"),
    })
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<ChunkChoice>,
    #[serde(default)]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct ChunkChoice {
    #[serde(default)]
    delta: Delta,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<DeltaCall>>,
}

#[derive(Deserialize)]
struct DeltaCall {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<DeltaFunction>,
}

#[derive(Deserialize, Default)]
struct DeltaFunction {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

/// A reply put together from its pieces.
#[derive(Default)]
pub(super) struct Assembled {
    content: String,
    calls: BTreeMap<u32, ToolCall>,
    usage: Usage,
    finish: Option<String>,
}

impl Assembled {
    /// Takes one event's data; answers the text it adds.
    pub(super) fn take(&mut self, data: &str) -> Result<Option<String>, AiError> {
        let chunk: Chunk = serde_json::from_str(data).map_err(|e| protocol(&e))?;
        if let Some(error) = chunk.error {
            return Err(AiError::Protocol(error.to_string().chars().take(300).collect()));
        }
        if let Some(usage) = chunk.usage {
            self.usage = usage.into();
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.finish = choice.finish_reason.or(self.finish.take());
        for piece in choice.delta.tool_calls.unwrap_or_default() {
            let empty = || ToolCall { id: String::new(), name: String::new(), arguments: String::new() };
            let call = self.calls.entry(piece.index).or_insert_with(empty);
            if let Some(id) = piece.id {
                call.id = id;
            }
            let function = piece.function.unwrap_or_default();
            call.name.push_str(&function.name.unwrap_or_default());
            call.arguments.push_str(&function.arguments.unwrap_or_default());
        }
        let text = choice.delta.content.filter(|c| !c.is_empty());
        if let Some(text) = &text {
            self.content.push_str(text);
        }
        Ok(text)
    }

    pub(super) fn finished(&self) -> bool {
        self.finish.is_some()
    }

    pub(super) fn end(&mut self) -> ChatDelta {
        ChatDelta::End(ChatReply {
            content: std::mem::take(&mut self.content),
            tool_calls: std::mem::take(&mut self.calls).into_values().collect(),
            usage: self.usage,
            cut_off: self.finish.as_deref() == Some("length"),
        })
    }
}

#[derive(Deserialize)]
struct Embeddings {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

/// Reads vectors into the order of the request and normalises them: not every provider does.
pub(super) fn read_embeddings(bytes: &[u8], count: usize, dimensions: usize) -> Result<Vec<Vec<f32>>, AiError> {
    let reply: Embeddings = serde_json::from_slice(bytes).map_err(|e| protocol(&e))?;
    let mut all = vec![Vec::new(); count];
    for item in reply.data {
        let length = item.embedding.len();
        if dimensions != 0 && length != dimensions {
            return Err(AiError::Protocol(format!("a vector of {length} numbers, expected {dimensions}")));
        }
        let norm = item.embedding.iter().map(|x| x * x).sum::<f32>().sqrt();
        if !norm.is_finite() || norm == 0.0 {
            return Err(AiError::Protocol("a vector without direction".to_owned()));
        }
        let slot = all.get_mut(item.index).ok_or_else(|| AiError::Protocol("an index out of range".to_owned()))?;
        *slot = item.embedding.iter().map(|x| x / norm).collect();
    }
    if all.iter().any(Vec::is_empty) {
        return Err(AiError::Protocol("fewer vectors than texts".to_owned()));
    }
    Ok(all)
}
