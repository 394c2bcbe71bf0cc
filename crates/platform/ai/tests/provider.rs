//! The provider against a local server that speaks the protocol's recorded shapes.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use serde_json::json;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use xinghe_ai::*;

fn provider(server: &MockServer) -> OpenAi {
    let settings = serde_json::from_value(json!({
        "url": format!("{}/v1/", server.uri()), "model": "tiny", "key": "sk-very-secret", "timeout_seconds": 2, "dimensions": 2
    }));
    OpenAi::new(settings.unwrap()).unwrap()
}

fn request() -> ChatRequest {
    ChatRequest {
        messages: vec![ChatMessage::new(ChatRole::User, "hello")],
        tools: vec![],
        form: ReplyForm::Text,
        temperature: 0.0,
        max_tokens: 10,
        purpose: Purpose::Test,
        member: None,
    }
}

fn reply(content: &str) -> serde_json::Value {
    json!({
        "id": "c1", "object": "chat.completion", "model": "tiny",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9 }
    })
}

#[tokio::test]
async fn a_reply_is_read_and_the_key_is_sent() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer sk-very-secret"))
        .and(body_partial_json(json!({ "model": "tiny", "stream": false })))
        .respond_with(ResponseTemplate::new(200).set_body_json(reply("hi")))
        .expect(1)
        .mount(&server)
        .await;
    let reply = provider(&server).chat(request()).await.unwrap();
    assert_eq!((reply.content.as_str(), reply.usage), ("hi", Usage { input: 7, output: 2 }));
}

#[tokio::test]
async fn a_busy_provider_is_asked_again_and_a_refusal_is_not() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(reply("hi")))
        .mount(&server)
        .await;
    assert_eq!(provider(&server).chat(request()).await.unwrap().content, "hi");

    let server = MockServer::start().await;
    let said = json!({ "error": { "message": "bad key sk-very-secret given" } });
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_json(said))
        .expect(1)
        .mount(&server)
        .await;
    let error = provider(&server).chat(request()).await.unwrap_err();
    assert!(matches!(error, AiError::Refused { status: 400, .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_slow_provider_times_out_and_an_absent_one_is_unreachable() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)).set_body_json(reply("late")))
        .mount(&server)
        .await;
    let settings = json!({ "url": server.uri(), "model": "tiny", "timeout_seconds": 1, "tries": 1 });
    let slow = OpenAi::new(serde_json::from_value(settings).unwrap()).unwrap();
    assert!(matches!(slow.chat(request()).await, Err(AiError::Timeout(_))));

    let settings = json!({ "url": "http://127.0.0.1:9/v1", "model": "tiny", "tries": 1 });
    let absent = OpenAi::new(serde_json::from_value(settings).unwrap()).unwrap();
    assert!(matches!(absent.chat(request()).await, Err(AiError::Unreachable(_))));
}

const STREAM: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
    ": keep-alive\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"你\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"好\",\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"function\":{\"name\":\"search\",\"arguments\":\"{\\\"q\\\":\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}\n\n",
);

#[derive(Default)]
struct Book(Mutex<Vec<CallRecord>>, bool);

#[async_trait]
impl Meter for Book {
    async fn allow(&self, intent: &CallIntent) -> Result<(), AiError> {
        if self.1 { Err(AiError::Budget(intent.purpose.as_str().to_owned())) } else { Ok(()) }
    }
    async fn record(&self, record: CallRecord) {
        self.0.lock().unwrap().push(record);
    }
}

#[tokio::test]
async fn a_stream_is_put_together_and_its_cost_written_down_once() {
    let server = MockServer::start().await;
    let body = format!("{STREAM}data: [DONE]\n\n");
    Mock::given(method("POST"))
        .and(body_partial_json(json!({ "stream": true, "stream_options": { "include_usage": true } })))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "text/event-stream"))
        .mount(&server)
        .await;
    let book = Arc::new(Book::default());
    let metered = Metered::new(provider(&server), book.clone(), Prices { input: 100, output: 200 });
    let pieces: Vec<_> = metered.stream(request()).await.unwrap().collect().await;
    let pieces: Vec<ChatDelta> = pieces.into_iter().map(Result::unwrap).collect();
    assert_eq!(pieces[..2], [ChatDelta::Text("你".into()), ChatDelta::Text("好".into())]);
    let ChatDelta::End(reply) = &pieces[2] else { panic!("{pieces:?}") };
    assert_eq!(reply.content, "你好");
    assert_eq!(reply.tool_calls, [ToolCall { id: "t1".into(), name: "search".into(), arguments: "{\"q\":1}".into() }]);
    let records = book.0.lock().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].cost_micro, records[0].ok), (5 * 100 + 3 * 200, true));
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_in_an_error_and_is_recorded_as_failed() {
    let server = MockServer::start().await;
    let half = STREAM.split_inclusive("\n\n").take(3).collect::<String>();
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(half, "text/event-stream"))
        .mount(&server)
        .await;
    let book = Arc::new(Book::default());
    let metered = Metered::new(provider(&server), book.clone(), Prices::default());
    let pieces: Vec<_> = metered.stream(request()).await.unwrap().collect().await;
    assert!(matches!(pieces.last(), Some(Err(AiError::Unreachable(_)))), "{pieces:?}");
    assert!(!book.0.lock().unwrap()[0].ok);
}

#[tokio::test]
async fn a_used_up_budget_stops_the_call_before_it_is_made() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).expect(0).mount(&server).await;
    let metered = Metered::new(provider(&server), Arc::new(Book(Mutex::default(), true)), Prices::default());
    assert!(matches!(metered.chat(request()).await, Err(AiError::Budget(_))));
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_texts_and_of_length_one() {
    let server = MockServer::start().await;
    let body = json!({ "data": [{ "index": 1, "embedding": [0.0, 2.0] }, { "index": 0, "embedding": [3.0, 4.0] }] });
    Mock::given(path("/v1/embeddings"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let vectors = provider(&server).embed(Role::Query, vec!["a".into(), "b".into()]).await.unwrap();
    assert_eq!(vectors, [vec![0.6, 0.8], vec![0.0, 1.0]]);
    let short = provider(&server).embed(Role::Query, vec!["a".into(), "b".into(), "c".into()]).await;
    assert!(matches!(short, Err(AiError::Protocol(_))));
}

#[test]
fn a_key_never_shows() {
    let secret = Secret::new("sk-very-secret");
    assert!(!format!("{secret:?}").contains("secret"));
    assert!(!serde_json::to_string(&secret).unwrap().contains("secret"));
}
