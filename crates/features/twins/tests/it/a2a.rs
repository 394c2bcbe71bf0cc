//! Agent2Agent 1.0 as other agents speak it.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_testkit::TestDb;

use crate::common::Town;

const FIRST: &str = "How does a router keep its state?";

async fn town(db: TestDb) -> Town {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town
}

async fn call_as(town: &Town, who: i64, path: &str, method: &str, params: Value, version: &str) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let answer = town.call_with(who, Method::POST, path, body.to_string(), &[("a2a-version", version)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let said = answer.json();
    assert_eq!((&said["jsonrpc"], &said["id"]), (&json!("2.0"), &json!(7)), "{said}");
    said
}

async fn call(town: &Town, method: &str, params: Value) -> Value {
    call_as(town, 0, "/a2a", method, params, "1.0").await
}

fn says(text: &str, context: Option<&Value>) -> Value {
    let mut message = json!({ "messageId": "m-1", "role": "ROLE_USER", "parts": [{ "text": text }] });
    if let Some(context) = context {
        message["contextId"] = context.clone();
    }
    json!({ "message": message })
}

async fn cards_say_where_and_what(db: TestDb) {
    let town = town(db).await;
    for (path, url) in [("/.well-known/agent-card.json", "/a2a"), ("/@m2/agent-card.json", "/a2a/m2")] {
        let card = town.get(0, path).await.json();
        let place = &card["supportedInterfaces"][0];
        assert_eq!(place["url"], format!("http://localhost{url}"), "{card}");
        assert_eq!((&place["protocolBinding"], &place["protocolVersion"]), (&json!("JSONRPC"), &json!("1.0")));
        for field in ["name", "description", "version", "skills", "defaultInputModes", "capabilities"] {
            assert!(!card[field].is_null(), "{field} in {card}");
        }
    }
    assert_eq!(town.get(0, "/@m999/agent-card.json").await.status, StatusCode::NOT_FOUND, "no twin, no card");
}

async fn a_message_is_a_question_and_a_task_its_answer(db: TestDb) {
    let town = town(db).await;
    let task = call(&town, "SendMessage", says(FIRST, None)).await["result"]["task"].clone();
    assert_eq!(task["status"]["state"], "TASK_STATE_COMPLETED", "{task}");
    let [words, evidence] = [0, 1].map(|n| task["artifacts"][n]["parts"][0].clone());
    assert!(
        words["text"].as_str().unwrap().contains("behind an Arc") && words["text"].as_str().unwrap().contains("[1]")
    );
    assert_eq!(evidence["data"]["citations"][0]["post"]["id"], "12", "{evidence}");
    assert_eq!(task["history"][0]["parts"][0]["text"], FIRST);
    let again = call(&town, "GetTask", json!({ "id": task["id"] })).await["result"].clone();
    assert_eq!((&again["id"], &again["contextId"]), (&task["id"], &task["contextId"]));
    assert_eq!(again["artifacts"], task["artifacts"], "it is kept");

    let follow = call(&town, "SendMessage", says("And why is that?", Some(&task["contextId"]))).await;
    let follow = &follow["result"]["task"];
    assert_eq!(follow["contextId"], task["contextId"]);
    assert_eq!(follow["artifacts"][1]["parts"][0]["data"]["understood"], "And why is that? (router keep state)");
    let elsewhere = says("And why is that?", Some(&task["contextId"]));
    let refused = call_as(&town, 0, "/a2a/m2", "SendMessage", elsewhere, "1.0").await;
    assert_eq!(refused["error"]["code"], -32602, "a conversation is with one: {refused}");
}

async fn an_answer_streams_and_can_be_found_afterwards(db: TestDb) {
    let town = town(db).await;
    let body = json!({ "jsonrpc": "2.0", "id": 3, "method": "SendStreamingMessage", "params": says(FIRST, None) });
    let answer = town.call_with(0, Method::POST, "/a2a/m2", body.to_string(), &[("a2a-version", "1.0")]).await;
    let read = |line: &str| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok();
    let all: Vec<Value> = answer.text.lines().filter_map(read).map(|e| e["result"].clone()).collect();
    let task = &all[0]["task"];
    assert_eq!(task["status"]["state"], "TASK_STATE_WORKING", "{}", answer.text);
    let last = all.last().unwrap();
    assert_eq!(last["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED", "{last}");
    let words = all.iter().rev().find(|e| e["artifactUpdate"]["artifact"]["artifactId"] == "answer").unwrap();
    assert_eq!(words["artifactUpdate"]["lastChunk"], true);
    let kept = call(&town, "GetTask", json!({ "id": task["id"] })).await;
    assert_eq!(kept["result"]["artifacts"][0], words["artifactUpdate"]["artifact"], "under the id told at the start");
}

async fn what_cannot_be_done_has_the_number_of_the_standard(db: TestDb) {
    let town = town(db).await;
    let task = call(&town, "SendMessage", says(FIRST, None)).await["result"]["task"]["id"].clone();
    let mut forged = task.as_str().unwrap().to_owned();
    forged.replace_range(forged.len() - 1.., "!");
    for (method, params, code) in [
        ("GetTask", json!({ "id": "1-x" }), -32001),
        ("GetTask", json!({ "id": forged }), -32001),
        ("CancelTask", json!({ "id": task }), -32002),
        ("SubscribeToTask", json!({ "id": task }), -32004),
        ("CreateTaskPushNotificationConfig", json!({}), -32003),
        ("GetExtendedAgentCard", json!({}), -32007),
        (
            "SendMessage",
            json!({ "message": { "messageId": "1", "role": "ROLE_USER", "parts": [{ "url": "x" }] } }),
            -32005,
        ),
        ("SendMessage", says("  ", None), -32602),
        ("SendMessage", says("And?", Some(&json!("made-up"))), -32602),
        ("SendMessage", json!({}), -32602),
        ("message/send", json!({}), -32601),
    ] {
        let said = call(&town, method, params).await;
        assert_eq!(said["error"]["code"], code, "{method}: {said}");
        assert!(said["error"]["message"].as_str().unwrap().len() > 10, "{said}");
    }
    let old = call_as(&town, 0, "/a2a", "GetTask", json!({ "id": task }), "").await;
    assert_eq!(old["error"]["code"], -32009, "who names no version speaks an older one");
    let broken = town.call(0, Method::POST, "/a2a", "{".to_owned()).await.json();
    assert_eq!((&broken["id"], &broken["error"]["code"]), (&Value::Null, &json!(-32700)));
}

async fn a_member_lists_what_was_asked_with_the_members_token(db: TestDb) {
    let town = town(db).await;
    for _ in 0..3 {
        call_as(&town, 3, "/a2a", "SendMessage", says(FIRST, None), "1.0").await;
    }
    let page = |token: Value| json!({ "pageSize": 2, "pageToken": token });
    let first = call_as(&town, 3, "/a2a", "ListTasks", page(json!("")), "1.0").await["result"].clone();
    assert_eq!(first["tasks"].as_array().unwrap().len(), 2, "{first}");
    let second = call_as(&town, 3, "/a2a", "ListTasks", page(first["nextPageToken"].clone()), "1.0").await;
    assert_eq!(second["result"]["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(second["result"]["nextPageToken"], "");
    let mut one = page(json!(""));
    one["contextId"] = first["tasks"][0]["contextId"].clone();
    let of_one = call_as(&town, 3, "/a2a", "ListTasks", one, "1.0").await;
    assert_eq!(of_one["result"]["tasks"].as_array().unwrap().len(), 1);
    for stranger in [0, 4] {
        let theirs = call_as(&town, stranger, "/a2a", "ListTasks", json!({}), "1.0").await;
        assert!(theirs["result"]["tasks"].as_array().unwrap().is_empty(), "{theirs}");
    }
}

xinghe_testkit::on_both_databases!(
    cards_say_where_and_what,
    a_message_is_a_question_and_a_task_its_answer,
    an_answer_streams_and_can_be_found_afterwards,
    what_cannot_be_done_has_the_number_of_the_standard,
    a_member_lists_what_was_asked_with_the_members_token,
);
