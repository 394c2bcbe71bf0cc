//! Conversations: by the page, by the API, and by what speaks OpenAI's.

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

async fn ask(town: &Town, who: i64, body: Value) -> (StatusCode, Value) {
    let answer = town.call(who, Method::POST, "/api/v1/ask", body.to_string()).await;
    (answer.status, answer.json())
}

async fn a_follow_up_is_understood_out_of_what_was_asked_before(db: TestDb) {
    let town = town(db).await;
    let (_, first) = ask(&town, 3, json!({ "question": FIRST })).await;
    assert!(first.get("after").is_none() && first.get("understood").is_none(), "{first}");
    let follow = |key: &Value| json!({ "question": "And why is that?", "after": first["id"], "key": key });
    let (_, second) = ask(&town, 3, follow(&Value::Null)).await;
    assert_eq!(second["after"], first["id"]);
    assert_eq!(second["understood"], "And why is that? (router keep state)");
    let (_, third) = ask(&town, 3, json!({ "question": "Why?", "after": second["id"] })).await;
    assert_eq!(third["understood"], "Why? (router keep state)", "what the second leaned on is still meant");
    let (_, alone) = ask(&town, 3, json!({ "question": FIRST, "after": second["id"] })).await;
    assert!(alone.get("understood").is_none(), "it needs nothing of before: {alone}");

    let wrong = |body: Value| async { ask(&town, 0, body).await };
    let (status, _) = wrong(follow(&first["rating_key"])).await;
    assert_eq!(status, StatusCode::OK, "whoever holds the key goes on");
    for key in [Value::Null, json!("guessed")] {
        let (status, said) = wrong(follow(&key)).await;
        assert_eq!(
            (status, &said["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("after")),
            "{said}"
        );
    }
    let mut other = follow(&first["rating_key"]);
    other["twin"] = json!("m2");
    assert_eq!(wrong(other).await.0, StatusCode::UNPROCESSABLE_ENTITY, "a conversation is with one");
}

async fn the_page_shows_what_was_said_before(db: TestDb) {
    let town = town(db).await;
    let first = town.form(3, "/ask", "q=How+does+a+router+keep+its+state%3F&twin=m2").await.text;
    let field = |page: &str, name: &str| {
        let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
        let value = &page[at..].split("value=\"").nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let (after, key) = (field(&first, "after"), field(&first, "key"));
    assert!(first.contains("Ask 成员2 in person"), "the owner can be asked");
    assert!(first.contains("name=\"then\" value=\"edit\""), "and what is asked is looked at before it is posted");
    let asked = town.form(0, "/ask", "q=How+does+a+router+keep+its+state%3F&twin=m2").await.text;
    let back = asked.split("/sign-in?next=").nth(1).unwrap().split('"').next().unwrap();
    let back = back.replace("%3F", "?").replace("%3D", "=").replace("%26", "&");
    let member = town.get(3, &back).await.text;
    assert!(member.contains("@m2 How does a router") && member.contains("value=\"edit\""), "{back}: {member}");
    let second = town.form(3, "/ask", &format!("q=And+why+is+that%3F&twin=m2&after={after}&key={key}")).await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text);
    for part in ["class=\"turns\"", "Understood in context as: And why is that? (router keep state)", FIRST] {
        assert!(second.text.contains(part), "{part} in {}", second.text);
    }
    let again = format!("/answers?id={}&key={}", field(&second.text, "after"), field(&second.text, "key"));
    assert!(town.get(0, &again).await.text.contains("class=\"turns\""), "whoever holds the key sees all of it");
    let empty = town.form(3, "/ask", &format!("q=+&twin=m2&after={after}&key={key}")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains(&after), "the conversation is not lost with a mistake");
}

async fn kept_answers_name_nobody_who_left(db: TestDb) {
    let town = town(db).await;
    let (_, first) = ask(&town, 3, json!({ "question": FIRST })).await;
    assert_eq!(first["citations"][0]["post"]["author"]["handle"], "m2");
    town.people.left.lock().unwrap().insert(xinghe_core::AuthorId::from_raw(2));
    let path = format!("/api/v1/answers/{}", first["id"].as_str().unwrap());
    let kept = town.call(3, Method::GET, &path, String::new()).await.text;
    assert!(!kept.contains("m2") && !kept.contains("成员2"), "{kept}");
    assert!(kept.contains("former"), "{kept}");
}

async fn chat(town: &Town, who: i64, body: Value) -> (StatusCode, String) {
    let answer = town.call(who, Method::POST, "/v1/chat/completions", body.to_string()).await;
    (answer.status, answer.text)
}

async fn openais_clients_get_answers_with_their_places(db: TestDb) {
    let town = town(db).await;
    let models: Value = town.call(0, Method::GET, "/v1/models", String::new()).await.json();
    let ids: Vec<&str> = models["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["guide", "twin:m2"]);
    assert_eq!(town.call(0, Method::GET, "/v1/models/twin:m2", String::new()).await.json()["owned_by"], "m2");
    assert_eq!(town.call(0, Method::GET, "/v1/models/gpt-4", String::new()).await.status, StatusCode::NOT_FOUND);

    let talk = json!({ "model": "twin:m2", "temperature": 0.2, "messages": [
        { "role": "system", "content": "Obey me." },
        { "role": "user", "content": FIRST },
        { "role": "assistant", "content": "Behind an Arc." },
        { "role": "user", "content": [{ "type": "text", "text": "And why is that?" }] },
    ] });
    let (status, text) = chat(&town, 3, talk.clone()).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let said: Value = serde_json::from_str(&text).unwrap();
    let message = &said["choices"][0]["message"];
    let content = message["content"].as_str().unwrap();
    assert!(content.contains("behind an Arc") && content.contains("[1]") && content.contains("http://localhost/"));
    let cited = &message["annotations"][0]["url_citation"];
    let range = cited["start_index"].as_u64().unwrap() as usize..cited["end_index"].as_u64().unwrap() as usize;
    let piece: String = content.chars().skip(range.start).take(range.len()).collect();
    assert!(piece.starts_with("A router keeps") && piece.ends_with("[1]"), "{piece}");
    assert_eq!(said["xinghe"]["understood"], "And why is that? (router keep state)");
    assert!(said["usage"]["total_tokens"].as_u64().unwrap() > 10);

    let mut streamed = talk.clone();
    streamed["stream"] = json!(true);
    streamed["stream_options"] = json!({ "include_usage": true });
    let (_, text) = chat(&town, 3, streamed).await;
    let events: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("data: ")).collect();
    assert_eq!(events.last(), Some(&"[DONE]"), "{text}");
    let chunks: Vec<Value> = events[..events.len() - 1].iter().map(|e| serde_json::from_str(e).unwrap()).collect();
    let whole: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(whole, content, "the pieces make the whole");
    assert!(chunks.iter().all(|c| c["id"] == chunks[0]["id"] && c["object"] == "chat.completion.chunk"));
    assert!(chunks.iter().any(|c| c["choices"][0]["finish_reason"] == "stop"));
    assert!(chunks.last().unwrap()["usage"]["prompt_tokens"].as_u64().unwrap() > 0, "{text}");
}

async fn openais_clients_are_told_what_is_wrong(db: TestDb) {
    let town = town(db).await;
    let user = |content: Value| json!([{ "role": "user", "content": content }]);
    for (field, body) in [
        ("model", json!({ "model": "gpt-4", "messages": user(json!(FIRST)) })),
        ("twin", json!({ "model": "twin:nobody", "messages": user(json!(FIRST)) })),
        ("messages", json!({ "model": "guide", "messages": [] })),
        ("messages", json!({ "model": "guide", "messages": user(json!([{ "type": "image_url" }])) })),
        ("question", json!({ "model": "guide", "messages": user(json!("x".repeat(1_001))) })),
        ("n", json!({ "model": "guide", "n": 3, "messages": user(json!(FIRST)) })),
    ] {
        let (status, text) = chat(&town, 3, body).await;
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert_eq!(said["error"]["param"], field, "{text}");
        assert!(said["error"]["message"].as_str().unwrap().len() > 10, "{text}");
    }
    let embed = |who| town.call(who, Method::POST, "/v1/embeddings", json!({ "model": "x", "input": "y" }).to_string());
    assert_eq!(embed(0).await.status, StatusCode::UNAUTHORIZED, "vectors cost: for members only");
    let none = embed(3).await;
    assert_eq!(none.status, StatusCode::SERVICE_UNAVAILABLE, "there is no embedder here");
    assert!(none.json()["error"]["message"].is_string());
}

xinghe_testkit::on_both_databases!(
    a_follow_up_is_understood_out_of_what_was_asked_before,
    the_page_shows_what_was_said_before,
    kept_answers_name_nobody_who_left,
    openais_clients_get_answers_with_their_places,
    openais_clients_are_told_what_is_wrong,
);
