//! Pages, API and streams through the whole shell.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, BodyDataStream};
use futures::StreamExt as _;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xinghe_core::ports::PortResult;
use xinghe_core::{Event, PostId, PostKind, SessionId};
use xinghe_notifications::{NotificationsFeature, STREAMS_MAX};
use xinghe_testkit::{SeededRandom, TestDb};
use xinghe_web::{Member, Role, Sessions, WebSettings};

use crate::common::{Town, m};

/// The token is the member's number.
struct Tokens;

#[async_trait]
impl Sessions for Tokens {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<i64>() else { return Ok(None) };
        let (handle, name) = (format!("m{id}"), format!("成员{id}"));
        let session = SessionId::from_raw(id);
        Ok(Some(Member { id: m(id), handle, name, role: Role::Member, lang: None, theme: None, session }))
    }
}

struct Site {
    town: Town,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    fn to(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

impl Site {
    /// Where member 1 asked, 2 and 3 answered, and 2 to 5 voted.
    async fn new() -> Self {
        let town = Town::new(TestDb::sqlite().await).await;
        let feature = Arc::new(NotificationsFeature::new(town.all.clone()));
        let settings = WebSettings::new("http://localhost");
        let (clock, random) = (town.db.clock().clone(), Arc::new(SeededRandom::new(1)));
        let shell = xinghe_web::shell::build(&[feature], settings, Arc::new(Tokens), clock, random).unwrap();
        town.post(100, PostKind::Question, None, 1, &[]).await;
        for by in 2..6 {
            town.vote(100, by, 1).await;
        }
        town.post(101, PostKind::Answer, Some(100), 2, &[]).await;
        town.post(102, PostKind::Answer, Some(100), 3, &[]).await;
        town.settle().await;
        Self { town, router: shell.router }
    }

    async fn raw(&self, who: i64, method: Method, path: &str, body: String, from: &str) -> axum::response::Response {
        let api = path.starts_with("/api/");
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if who > 0 && api {
            request = request.header(header::AUTHORIZATION, format!("Bearer {who}"));
        } else if who > 0 {
            request = request.header(header::COOKIE, format!("xinghe_session={who}"));
        }
        let kind = if api { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = request.header(header::CONTENT_TYPE, kind).header(header::ACCEPT_LANGUAGE, "en");
        let request = request.header("Sec-Fetch-Site", from).body(Body::from(body)).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn call(&self, who: i64, method: Method, path: &str, body: String, from: &str) -> Answer {
        let response = self.raw(who, method, path, body, from).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, who: i64, path: &str) -> Answer {
        self.call(who, Method::GET, path, String::new(), "same-origin").await
    }

    async fn form(&self, who: i64, path: &str, fields: &str) -> Answer {
        self.call(who, Method::POST, path, fields.to_owned(), "same-origin").await
    }

    async fn api(&self, who: i64, method: Method, path: &str, body: Value) -> Answer {
        self.call(who, method, &format!("/api/v1/me/{path}"), body.to_string(), "none").await
    }

    async fn unread(&self, who: i64) -> Value {
        self.api(who, Method::GET, "notifications/count", Value::Null).await.json()["unread"].clone()
    }
}

#[tokio::test]
async fn the_page_leads_to_the_very_place_and_marks_on_the_way() {
    let site = Site::new().await;
    let page = site.get(1, "/notifications").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["成员3 and 成员2 answered your question", "成员5 and 3 others found your post useful", "标题100"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(page.text.contains("aria-label=\"2 unread notifications\""), "the bell: {}", page.text);
    let items = site.api(1, Method::GET, "notifications", Value::Null).await.json()["items"].clone();
    let (answer, useful) = (items[0]["id"].as_str().unwrap(), items[1]["id"].as_str().unwrap());
    assert_eq!((items[0]["url"].as_str(), items[0]["people"].as_u64()), (Some("/posts/100#post-102"), Some(2)));

    // A page elsewhere leads nobody to mark anything; a link of this site does.
    let open = format!("/notifications/{answer}/open");
    let led = site.call(1, Method::GET, &open, String::new(), "cross-site").await;
    assert_eq!((led.status, led.to()), (StatusCode::SEE_OTHER, "/posts/100#post-102"));
    assert_eq!(site.unread(1).await, 2);
    assert_eq!(site.get(1, &open).await.to(), "/posts/100#post-102");
    assert_eq!(site.unread(1).await, 1);
    assert_eq!(site.get(2, &open).await.status, StatusCode::NOT_FOUND, "it is another's");
    assert!(!site.get(1, "/notifications?show=unread").await.text.contains("answered your question"));

    let back = site.form(1, "/notifications/read", &format!("id={useful}&next=/notifications?show=unread")).await;
    assert_eq!((back.status, back.to()), (StatusCode::SEE_OTHER, "/notifications?show=unread"));
    assert_eq!(site.unread(1).await, 0);
    assert!(site.get(1, "/notifications?show=unread").await.text.contains("You are up to date"));
    assert_eq!(site.get(1, "/notifications?show=nonsense").await.status, StatusCode::NOT_FOUND);
    let guest = site.get(0, "/notifications").await;
    assert!(guest.to().starts_with("/sign-in?next="));
}

#[tokio::test]
async fn all_are_read_but_what_came_after_the_page() {
    let site = Site::new().await;
    let page = site.get(1, "/notifications").await.text;
    let until = page.split("name=\"until\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    site.town.say(4, Event::MembersMentioned { post: PostId::from_raw(102), members: vec![m(1), m(4)] }).await;
    site.town.post(103, PostKind::Comment, Some(100), 4, &[]).await;
    site.town.settle().await;
    site.form(1, "/notifications/read", &format!("until={until}")).await;
    assert_eq!(site.unread(1).await, 1);
    // The answer that names the asker is among the mentions, without a line of its own.
    let mentions = site.get(1, "/notifications?show=mentions").await.text;
    assert!(mentions.contains("answered your question") && !mentions.contains("commented"), "{mentions}");
    let read = site.api(1, Method::POST, "notifications/read", json!({"all": true})).await.json();
    assert_eq!(read, json!({"marked": 1, "unread": 0}));
}

#[tokio::test]
async fn the_api_lists_in_pages_and_marks() {
    let site = Site::new().await;
    let first = site.api(1, Method::GET, "notifications?limit=1", Value::Null).await.json();
    assert_eq!(first["items"][0]["text"], "成员3 and 成员2 answered your question");
    let next = first["next"].as_str().unwrap();
    let second = site.api(1, Method::GET, &format!("notifications?limit=1&cursor={next}"), Value::Null).await.json();
    assert_eq!((second["items"][0]["kind"].clone(), second["next"].clone()), (json!("useful"), Value::Null));
    assert_eq!(second["items"][0]["actors"].as_array().unwrap().len(), 3);
    let wrong = site.api(1, Method::GET, "notifications?cursor=x", Value::Null).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.headers[header::CONTENT_TYPE], "application/problem+json");

    let id = first["items"][0]["id"].clone();
    let mark = async |who, body| site.api(who, Method::POST, "notifications/read", body).await;
    assert_eq!(mark(2, json!({"ids": [id]})).await.json()["marked"], 0, "it is another's");
    assert_eq!(mark(1, json!({"ids": [id, id]})).await.json(), json!({"marked": 1, "unread": 1}));
    for wrong in [json!({}), json!({"ids": ["x"]}), json!({"ids": vec!["1"; 201]})] {
        assert_eq!(mark(1, wrong.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let unread = site.api(1, Method::GET, "notifications?unread=true", Value::Null).await.json();
    assert_eq!(unread["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn choices_are_made_on_the_page_and_by_the_api() {
    let site = Site::new().await;
    let page = site.get(1, "/settings/notifications").await.text;
    assert!(page.contains("name=\"useful-page\" value=\"true\""), "{page}");
    // Only answers are ticked.
    let saved = site.form(1, "/settings/notifications", "answer-page=true").await;
    assert_eq!(saved.to(), "/settings/notifications?done=saved");
    assert_eq!(site.unread(1).await, 1);
    let choices = site.api(1, Method::GET, "notification-settings", Value::Null).await.json();
    let on: Vec<&str> = choices["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["on"] == true)
        .map(|c| c["kind"].as_str().unwrap())
        .collect();
    assert_eq!(on, ["answer", "role", "way_in", "claim", "moderated", "lifted", "upheld"]);
    let put = json!({"items": [{"kind": "useful", "channel": "page", "on": true}]});
    assert_eq!(site.api(1, Method::PUT, "notification-settings", put).await.status, StatusCode::OK);
    let all = site.api(1, Method::GET, "notifications", Value::Null).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert_eq!(site.unread(1).await, 1, "what came while it was off counts as read");
    for wrong in [("x", "page"), ("useful", "pigeon")] {
        let body = json!({"items": [{"kind": wrong.0, "channel": wrong.1, "on": true}]});
        let answer = site.api(1, Method::PUT, "notification-settings", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// The next count that a stream sends.
async fn next(body: &mut BodyDataStream) -> Option<Value> {
    loop {
        let piece = tokio::time::timeout(Duration::from_secs(20), body.next()).await.expect("something is sent")?;
        let text = String::from_utf8(piece.unwrap().to_vec()).unwrap();
        if let Some(data) = text.lines().find_map(|l| l.strip_prefix("data:")) {
            return Some(serde_json::from_str(data).unwrap());
        }
    }
}

#[tokio::test]
async fn a_stream_tells_what_was_committed_and_what_was_read() {
    let site = Site::new().await;
    let stream = async |path: &str| {
        let response = site.raw(1, Method::GET, path, String::new(), "same-origin").await;
        (response.status(), response.into_body().into_data_stream())
    };
    let (status, mut page) = stream("/notifications/live").await;
    assert_eq!(status, StatusCode::OK);
    let (_, mut api) = stream("/api/v1/me/notifications/events").await;
    let first = json!({"unread": 2, "shown": "2", "label": "2 unread notifications"});
    assert_eq!((next(&mut page).await.unwrap(), next(&mut api).await.unwrap()), (first.clone(), first));
    site.town.say(7, Event::Followed { by: m(7), kind: xinghe_core::FollowKind::Member, id: 1, on: true }).await;
    site.town.settle().await;
    assert_eq!(next(&mut page).await.unwrap()["unread"], 3);
    assert_eq!(next(&mut api).await.unwrap()["shown"], "3");
    site.town.all.read_all(m(1), None).await.unwrap();
    assert_eq!(next(&mut page).await.unwrap(), json!({"unread": 0, "shown": "", "label": "Notifications"}));
    assert_eq!(next(&mut api).await.unwrap()["unread"], 0);

    // One more is a third; a fourth is turned away until one is closed.
    let (_, third) = stream("/notifications/live").await;
    assert_eq!(STREAMS_MAX, 3);
    assert_eq!(stream("/notifications/live").await.0, StatusCode::TOO_MANY_REQUESTS);
    drop(third);
    let (status, mut again) = stream("/notifications/live").await;
    assert_eq!((status, next(&mut again).await.unwrap()["unread"].clone()), (StatusCode::OK, json!(0)));
    site.town.stop.cancel();
    assert_eq!((next(&mut page).await, next(&mut api).await, next(&mut again).await), (None, None, None));
}
