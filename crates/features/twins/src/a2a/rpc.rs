//! JSON-RPC 2.0 as A2A 1.0 uses it: methods, what they take, and the numbers of what goes wrong (section 5.4).

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use xinghe_core::AnswerId;
use xinghe_web::{AppError, Texts};

/// A call.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    /// The number of the call, which its answer carries.
    #[serde(default)]
    pub id: Value,
    /// What is called.
    pub method: String,
    /// What with.
    #[serde(default)]
    pub params: Value,
}

/// A message of another agent's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageBody {
    #[serde(default)]
    pub message_id: String,
    #[serde(default)]
    context_id: String,
    #[serde(default)]
    task_id: String,
    #[serde(default)]
    parts: Vec<PartBody>,
}

#[derive(Debug, Deserialize)]
struct PartBody {
    #[serde(default)]
    text: Option<String>,
}

impl MessageBody {
    /// Its words.
    ///
    /// # Errors
    /// A part is no text, or it goes on with a task: answers are done once they are given.
    pub fn text(&self) -> Result<String, Fault> {
        if !self.task_id.is_empty() {
            return Err(Fault::unsupported());
        }
        let texts: Option<Vec<&str>> = self.parts.iter().map(|p| p.text.as_deref()).collect();
        texts.map(|t| t.join("\n")).ok_or_else(Fault::only_text)
    }

    /// The conversation that it goes on.
    pub fn context(&self) -> Option<String> {
        Some(self.context_id.trim().to_owned()).filter(|c| !c.is_empty())
    }
}

/// What is called, understood.
pub(super) enum Wanted {
    Send(MessageBody),
    Stream(MessageBody),
    Get(String),
    Cancel(String),
    Subscribe(String),
    List { context: Option<String>, size: Option<i64>, before: Option<AnswerId> },
    Push,
    ExtendedCard,
}

impl Wanted {
    /// # Errors
    /// There is no such method, or it takes something else.
    pub fn read(method: &str, params: Value) -> Result<Self, Fault> {
        fn read<T: DeserializeOwned>(params: Value) -> Result<T, Fault> {
            serde_json::from_value(params).map_err(|e| Fault::parameters(&e))
        }
        #[derive(Deserialize)]
        struct Send {
            message: MessageBody,
        }
        #[derive(Deserialize)]
        struct Named {
            id: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct List {
            #[serde(default)]
            context_id: String,
            #[serde(default)]
            page_size: Option<i64>,
            #[serde(default)]
            page_token: String,
        }
        Ok(match method {
            "SendMessage" => Self::Send(read::<Send>(params)?.message),
            "SendStreamingMessage" => Self::Stream(read::<Send>(params)?.message),
            "GetTask" => Self::Get(read::<Named>(params)?.id),
            "CancelTask" => Self::Cancel(read::<Named>(params)?.id),
            "SubscribeToTask" => Self::Subscribe(read::<Named>(params)?.id),
            "ListTasks" => {
                let List { context_id, page_size, page_token } = read(params)?;
                let before = match page_token.as_str() {
                    "" => None,
                    token => Some(token.parse().map_err(|_| Fault::new(-32602, "pageToken: use nextPageToken"))?),
                };
                Self::List { context: Some(context_id).filter(|c| !c.is_empty()), size: page_size, before }
            }
            "CreateTaskPushNotificationConfig"
            | "GetTaskPushNotificationConfig"
            | "ListTaskPushNotificationConfigs"
            | "DeleteTaskPushNotificationConfig" => Self::Push,
            "GetExtendedAgentCard" => Self::ExtendedCard,
            _ => return Err(Fault::new(-32601, format!("there is no method {method:?}"))),
        })
    }
}

/// Why a call was refused.
#[derive(Debug)]
pub(super) struct Fault {
    code: i64,
    message: String,
    data: Value,
}

impl Fault {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: Value::Null }
    }

    /// The body is no JSON.
    pub fn unreadable(error: &serde_json::Error) -> Self {
        Self::new(-32700, format!("the body is no JSON: {error}"))
    }

    /// The body is no call.
    pub fn invalid(error: &serde_json::Error) -> Self {
        Self::new(-32600, format!("the body is no JSON-RPC 2.0 call: {error}"))
    }

    fn parameters(error: &serde_json::Error) -> Self {
        Self::new(-32602, format!("params: {error}"))
    }

    /// There is no such task, or it is not the caller's.
    pub fn no_task() -> Self {
        Self::new(-32001, "there is no such task")
    }

    /// There is no such conversation with this agent.
    pub fn no_context() -> Self {
        Self::new(-32602, "contextId: there is no such conversation with this agent; leave it out to begin one")
    }

    /// A task that is done cannot be stopped.
    pub fn ended() -> Self {
        Self::new(-32002, "the task is done already")
    }

    /// Nobody is called back.
    pub fn no_push() -> Self {
        Self::new(-32003, "there are no push notifications: answers come in the call itself")
    }

    /// The operation does not fit.
    pub fn unsupported() -> Self {
        Self::new(-32004, "the task is done: go on in its contextId with a new message")
    }

    /// Something else than text was sent.
    pub fn only_text() -> Self {
        Self::new(-32005, "only text is understood")
    }

    /// There is one card for everybody.
    pub fn no_extended_card() -> Self {
        Self::new(-32007, "there is one card for everybody")
    }

    /// The client speaks another version.
    pub fn version(named: &str) -> Self {
        Self::new(-32009, format!("version {named} is not spoken here: send A2A-Version: 1.0"))
    }

    /// An error of this product's, in the caller's language.
    pub fn of(error: &AppError, t: &Texts) -> Self {
        let code = if error.status().is_server_error() { -32603 } else { -32602 };
        let message = match error {
            AppError::Invalid(errors) => xinghe_web::FieldErrors::new(errors, t)
                .iter()
                .map(|(_, text)| text.to_owned())
                .collect::<Vec<_>>()
                .join(" "),
            _ => error.detail(t),
        };
        Self { code, message, data: json!({ "status": error.status().as_u16(), "reason": error.slug() }) }
    }
}

/// An answer to a call.
pub(super) fn answered(id: &Value, result: &Value) -> Response {
    Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response()
}

/// A refusal of a call.
pub(super) fn refused(id: &Value, fault: &Fault) -> Response {
    let mut error = json!({ "code": fault.code, "message": fault.message });
    if !fault.data.is_null() {
        error["data"] = json!([fault.data]);
    }
    Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response()
}
