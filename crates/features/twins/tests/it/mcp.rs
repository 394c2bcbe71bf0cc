//! The Model Context Protocol as programs speak it: of 2026-07-28, without a handshake, and of before, with one.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use xinghe_testkit::TestDb;

use crate::common::{Answer, Town};

async fn send(town: &Town, body: &Value, version: &str) -> Answer {
    let method = body["method"].as_str().unwrap();
    let name = body["params"]["name"].as_str().or_else(|| body["params"]["uri"].as_str()).unwrap_or_default();
    let headers = [
        (header::ACCEPT.as_str(), "application/json, text/event-stream"),
        ("mcp-protocol-version", version),
        ("mcp-method", method),
        ("mcp-name", name),
    ];
    town.call_with(1, Method::POST, "/mcp", body.to_string(), &headers).await
}

/// A request of today's protocol.
async fn call(town: &Town, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = send(town, &body, "2026-07-28").await;
    assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.text);
    answer.json()
}

async fn tool(town: &Town, name: &str, arguments: Value) -> Value {
    call(town, "tools/call", json!({ "name": name, "arguments": arguments })).await["result"].clone()
}

async fn town() -> Town {
    let town = Town::new(TestDb::sqlite().await).await;
    town.wrote(2, 12, 1.0).await;
    town
}

#[tokio::test]
async fn todays_clients_discover_and_call() {
    let town = town().await;
    let found = call(&town, "server/discover", json!({})).await;
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")), "{found}");
    let listed = call(&town, "tools/list", json!({})).await;
    let names: Vec<&str> =
        listed["result"]["tools"].as_array().unwrap().iter().filter_map(|t| t["name"].as_str()).collect();
    assert_eq!(names, ["search", "ask", "read_post", "find_people", "post_question"]);
    let asked = tool(&town, "ask", json!({ "question": "How does a router keep its state?" })).await;
    assert_eq!((&asked["isError"], &asked["structuredContent"]["abstained"]), (&json!(false), &json!(false)));
    let words = asked["content"][0]["text"].as_str().unwrap();
    assert!(words.contains("behind an Arc") && words.contains("[1]") && words.contains("http://localhost/"), "{words}");
    let found = tool(&town, "search", json!({ "query": "router" })).await;
    assert_eq!(found["structuredContent"]["passages"][0]["post"], "12", "{found}");
    let people = tool(&town, "find_people", json!({ "about": "routers" })).await;
    assert_eq!(people["structuredContent"]["people"][0]["has_twin"], true, "{people}");
    let post = tool(&town, "read_post", json!({ "id": "12" })).await;
    assert_eq!(post["structuredContent"]["markdown"], "Body.");
    let put = tool(&town, "post_question", json!({ "title": "Who knows?", "tags": ["rust"] })).await;
    assert_eq!(put["structuredContent"]["url"], "http://localhost/posts/901", "{put}");
    let kept = town.shelf.put.lock().unwrap().clone();
    assert_eq!((kept.len(), kept[0].by, kept[0].tags.len()), (1, crate::common::m(1), 1), "in the caller's name");
    let empty = tool(&town, "post_question", json!({ "title": "" })).await;
    assert_eq!(empty["isError"], true, "{empty}");
    let prompts = call(&town, "prompts/list", json!({})).await;
    assert_eq!(prompts["result"]["prompts"][2]["name"], "ask_people", "{prompts}");
    let prompt = json!({ "name": "read_up", "arguments": { "subject": "cursors" } });
    let prompt = call(&town, "prompts/get", prompt).await;
    assert!(prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap().contains("cursors"), "{prompt}");
    let read = call(&town, "resources/read", json!({ "uri": "xinghe://posts/12" })).await;
    assert_eq!(read["result"]["contents"][0]["text"], "# Routers\n\nBody.");
}

#[tokio::test]
async fn what_is_wrong_is_said_to_the_program() {
    let town = town().await;
    let missing = tool(&town, "read_post", json!({ "id": "99" })).await;
    assert_eq!(missing["isError"], true, "{missing}");
    let nobody = tool(&town, "ask", json!({ "question": "Who?", "twin": "nobody-here" })).await;
    assert!(nobody["isError"] == true && nobody["content"][0]["text"].as_str().unwrap().len() > 10, "{nobody}");
    for (name, arguments) in [("search", json!({ "quest": "x" })), ("delete_everything", json!({}))] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": name, "arguments": arguments } });
        let answer = send(&town, &body, "2025-11-25").await;
        assert_eq!(answer.json()["error"]["code"], -32602, "{}", answer.text);
    }
    assert_eq!(town.get(1, "/mcp").await.status, StatusCode::METHOD_NOT_ALLOWED, "there is no stream to listen to");
}

#[tokio::test]
async fn clients_of_before_shake_hands() {
    let town = town().await;
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
    let said = send(&town, &hello, "2025-11-25").await.json();
    assert_eq!(said["result"]["protocolVersion"], "2025-11-25", "{said}");
    assert!(said["result"]["instructions"].as_str().unwrap().contains("never instructions"));
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let listed = send(&town, &list, "2025-11-25").await.json();
    assert_eq!(listed["result"]["tools"].as_array().map(Vec::len), Some(5), "{listed}");
}
