//! Pages and API through the whole shell.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xinghe_core::SessionId;
use xinghe_core::ports::PortResult;
use xinghe_messages::{Messages, MessagesFeature};
use xinghe_testkit::{SeededRandom, TestDb};
use xinghe_web::{Member, Role, Sessions, WebSettings};

use crate::common::{m, over};

/// The token is the member's number.
struct Tokens;

#[async_trait]
impl Sessions for Tokens {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<i64>() else { return Ok(None) };
        Ok(Some(Member {
            id: m(id),
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            role: if id == 9 { Role::Moderator } else { Role::Member },
            lang: None,
            theme: None,
            session: SessionId::from_raw(id),
        }))
    }
}

struct Site {
    db: TestDb,
    messages: Messages,
    router: Router,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    /// What stands between `<main` and `</main>`, without what differs at each run.
    fn main(&self) -> String {
        let from = self.text.find("<main").expect("a page");
        let to = self.text.find("</main>").expect("a page");
        let mut out = String::new();
        let mut digits = String::new();
        for c in self.text[from..to].chars().chain(" ".chars()) {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            out.push_str(if digits.len() > 12 { "ID" } else { &digits });
            digits.clear();
            out.push(c);
        }
        out
    }
}

impl Site {
    async fn new() -> Self {
        let db = TestDb::sqlite().await;
        let (messages, _) = over(&db).await;
        let feature = Arc::new(MessagesFeature::new(messages.clone()));
        let mut settings = WebSettings::new("http://localhost");
        settings.limits.write = 10_000;
        let random = Arc::new(SeededRandom::new(1));
        let shell =
            xinghe_web::shell::build(&[feature], settings, Arc::new(Tokens), db.clock().clone(), random).unwrap();
        Self { db, messages, router: shell.router }
    }

    async fn call(&self, who: i64, method: Method, path: &str, kind: &str, body: String) -> Answer {
        self.db.clock().advance(Duration::from_secs(1));
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if who > 0 {
            request = if path.starts_with("/api/") {
                request.header(header::AUTHORIZATION, format!("Bearer {who}"))
            } else {
                request.header(header::COOKIE, format!("xinghe_session={who}"))
            };
            request = request.header("Sec-Fetch-Site", "same-origin");
        }
        let request = request.header(header::CONTENT_TYPE, kind).header(header::ACCEPT_LANGUAGE, "en");
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let location = response.headers().get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, who: i64, path: &str) -> Answer {
        self.call(who, Method::GET, path, "", String::new()).await
    }

    async fn form(&self, who: i64, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.call(who, Method::POST, path, "application/x-www-form-urlencoded", body).await
    }

    async fn api(&self, who: i64, method: Method, path: &str, body: Value) -> Answer {
        self.call(who, method, &format!("/api/v1{path}"), "application/json", body.to_string()).await
    }
}

#[tokio::test]
async fn a_conversation_is_begun_read_and_answered_with_forms_alone() {
    let site = Site::new().await;
    let new = site.get(1, "/messages/new?to=m2").await;
    assert_eq!(new.status, StatusCode::OK);
    insta::assert_snapshot!("new", new.main());
    let empty = site.form(1, "/messages", &[("to", "m2"), ("body", "  ")]).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.text.contains("id=\"e-body\""));
    let body = "See `fn main`\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))";
    let begun = site.form(1, "/messages", &[("to", "m2"), ("body", body)]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    let page = begun.location.split(['?', '#']).next().unwrap().to_owned();
    assert_eq!(site.get(1, "/messages/new?to=m2").await.location, page, "there is one of two");
    let inbox = site.get(2, "/messages").await;
    assert!(inbox.text.contains("1 new"));
    insta::assert_snapshot!("inbox", inbox.main());
    let read = site.get(2, &page).await;
    assert!(!read.text.contains("<script>alert") && !read.text.contains("href=\"javascript"), "it is only text");
    insta::assert_snapshot!("thread", read.main());
    assert!(!site.get(2, "/messages").await.text.contains("1 new"), "what was looked at is read");
    let answered = site.form(2, &page, &[("body", "Danke")]).await;
    assert_eq!(answered.location, format!("{page}?sent=1#newest"));
    assert!(site.get(1, &page).await.text.contains("Danke"));
    assert_eq!(site.get(0, &page).await.status, StatusCode::SEE_OTHER);
    for stranger in [3, 9] {
        for path in [page.clone(), format!("{page}/live")] {
            assert_eq!(site.get(stranger, &path).await.status, StatusCode::NOT_FOUND, "{stranger} {path}");
        }
        assert_eq!(site.form(stranger, &page, &[("body", "x")]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(site.get(1, "/messages/new?to=m50").await.status, StatusCode::NOT_FOUND, "nobody is behind it");
}

#[tokio::test]
async fn long_conversations_have_pages() {
    let site = Site::new().await;
    let first = site.messages.send(m(1), m(2), "message 0").await.unwrap();
    for n in 1..60 {
        let by = if n % 2 == 0 { m(1) } else { m(2) };
        site.messages.answer(by, first.conversation, &format!("message {n}")).await.unwrap();
    }
    let page = format!("/messages/{}", first.conversation);
    let latest = site.get(1, &page).await;
    assert!(latest.text.contains("message 59") && !latest.text.contains("message 9<"));
    let older = latest.text.split("rel=\"prev\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let before = site.get(1, &older).await;
    assert!(before.text.contains("message 9<") && !before.text.contains("message 10<"));
    assert!(!before.text.contains("data-live"), "only the end goes on by itself");
    let one = site.api(1, Method::GET, &format!("/conversations/{}?limit=7", first.conversation), json!({})).await;
    let one = one.json();
    assert_eq!((one["messages"].as_array().unwrap().len(), &one["messages"][6]["body"]), (7, &json!("message 59")));
    let more = format!("/conversations/{}?limit=100&before={}", first.conversation, one["older"].as_str().unwrap());
    let more = site.api(2, Method::GET, &more, json!({})).await.json();
    assert_eq!((more["messages"].as_array().unwrap().len(), &more["older"]), (53, &Value::Null));
}

#[tokio::test]
async fn members_choose_and_block_on_pages_and_by_the_api() {
    let site = Site::new().await;
    let save = site.form(2, "/settings/messages", &[("who", "nobody")]).await;
    assert_eq!(save.location, "/settings/messages?done=saved");
    let refused = site.form(1, "/messages", &[("to", "m2"), ("body", "kept words")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("does not take messages from you") && refused.text.contains("kept words"));
    let who = site.api(2, Method::GET, "/me/message-settings", json!({})).await.json();
    assert_eq!(who, json!({ "who": "nobody" }));
    let wrong = site.api(2, Method::PUT, "/me/message-settings", json!({ "who": "friends" })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let everybody = site.api(2, Method::PUT, "/me/message-settings", json!({ "who": "everybody" })).await;
    assert_eq!(everybody.status, StatusCode::OK);
    let sent = site.api(1, Method::POST, "/conversations", json!({ "to": "m2", "body": "hello" })).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    let id = sent.json()["conversation"].as_str().unwrap().to_owned();
    let inbox = site.api(2, Method::GET, "/conversations", json!({})).await.json();
    assert_eq!((&inbox["items"][0]["unread"], &inbox["items"][0]["with"]["handle"]), (&json!(1), &json!("m1")));
    let block = site.form(2, "/@m1/block", &[("do", "block"), ("next", "https://evil.example")]).await;
    assert_eq!((block.status, block.location.as_str()), (StatusCode::SEE_OTHER, "/"));
    let blocked = site.get(2, "/settings/messages").await;
    assert!(blocked.text.contains("成员1"));
    insta::assert_snapshot!("settings", blocked.main());
    assert_eq!(site.form(2, "/@m1/block", &[("do", "hug")]).await.status, StatusCode::BAD_REQUEST);
    let answer = format!("/conversations/{id}/messages");
    let refused = site.api(1, Method::POST, &answer, json!({ "body": "again" })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(site.api(3, Method::POST, &answer, json!({ "body": "x" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.api(9, Method::GET, &format!("/conversations/{id}"), json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(site.api(2, Method::DELETE, "/me/blocks/m1", json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.api(2, Method::GET, "/me/blocks", json!({})).await.json(), json!([]));
    assert_eq!(site.api(1, Method::POST, &answer, json!({ "body": "again" })).await.status, StatusCode::CREATED);
    assert_eq!(site.api(2, Method::PUT, "/me/blocks/nobody", json!({})).await.status, StatusCode::NOT_FOUND);
}
