//! Private messages through the whole product: their members read them, moderators only what was reported, and who is
//! blocked is not heard of.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::site::{Ask, Site, Who};

on_both_databases!(a_message_is_its_members_until_one_reports_it, a_blocked_member_is_not_heard_of);

const WORDS: &str = "只有你知道的坏话";

async fn send(site: &Site, from: Who, to: &str, body: &str) -> Value {
    let ask = Ask::new(Method::POST, "/api/v1/conversations").json(&json!({ "to": to, "body": body }));
    let sent = site.ask(from, ask).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    sent.json()
}

async fn get(site: &Site, who: Who, path: &str) -> String {
    site.ask(who, Ask::new(Method::GET, path)).await.text()
}

async fn a_message_is_its_members_until_one_reports_it(db: TestDb) {
    let site = Site::open(db).await;
    let sent = send(&site, Who::Member, "member2", WORDS).await;
    let id = |key: &str| sent[key].as_str().expect("an id").to_owned();
    let (conversation, message) = (id("conversation"), id("message"));
    site.read().await;
    assert!(get(&site, Who::Other, "/api/v1/me/notifications").await.contains(&format!("/messages/{conversation}")));
    for path in [format!("/messages/{conversation}"), format!("/api/v1/conversations/{conversation}")] {
        for who in [Who::Moderator, Who::Administrator] {
            let seen = site.ask(who, Ask::new(Method::GET, &path)).await;
            assert!(seen.status == StatusCode::NOT_FOUND && !seen.text().contains(WORDS), "{path} as {who:?}");
        }
        assert!(get(&site, Who::Other, &path).await.contains(WORDS));
    }
    let report = || Ask::new(Method::POST, "/api/v1/reports").json(&json!({ "message": message, "reason": "abuse" }));
    for who in [Who::Member, Who::Moderator, Who::Administrator] {
        assert_eq!(site.ask(who, report()).await.status, StatusCode::NOT_FOUND, "{who:?} did not receive it");
    }
    let form = get(&site, Who::Other, &format!("/report?message={message}")).await;
    assert!(form.contains(WORDS), "one sees what one reports");
    let case = site.ask(Who::Other, report()).await;
    assert_eq!(case.status, StatusCode::CREATED, "{}", case.text());
    let case = case.json()["case"].as_str().expect("an id").to_owned();
    let page = get(&site, Who::Moderator, &format!("/moderation/cases/{case}")).await;
    assert!(page.contains(WORDS) && page.contains("value=\"suspend\"") && !page.contains("value=\"hide\""));
    let whole = site.ask(Who::Moderator, Ask::new(Method::GET, format!("/api/v1/moderation/cases/{case}"))).await;
    assert_eq!(whole.json()["message"], WORDS);
    assert!(
        !get(&site, Who::Moderator, &format!("/messages/{conversation}")).await.contains(WORDS),
        "nothing beside it"
    );
    let leave = Ask::new(Method::DELETE, "/api/v1/me")
        .json(&json!({ "password": crate::site::PASSWORD, "posts": "anonymous" }));
    assert_eq!(site.ask(Who::Member, leave).await.status, StatusCode::NO_CONTENT);
    site.read().await;
    let page = site.ask(Who::Moderator, Ask::new(Method::GET, format!("/moderation/cases/{case}"))).await;
    assert!(page.status == StatusCode::OK && !page.text().contains(WORDS), "it went with its author");
}

async fn a_blocked_member_is_not_heard_of(db: TestDb) {
    let site = Site::open(db).await;
    let question = json!({ "kind": "question", "title": "所有权是什么", "body": "借用和移动有什么不同？" });
    let asked = site.ask(Who::Member, Ask::new(Method::POST, "/api/v1/posts").json(&question)).await.json();
    let answers = format!("/api/v1/posts/{}/answers", asked["id"].as_str().expect("an id"));
    let count = async || {
        site.read().await;
        site.ask(Who::Member, Ask::new(Method::GET, "/api/v1/me/notifications/count")).await.json()["unread"].clone()
    };
    let block = |method| Ask::new(method, "/api/v1/me/blocks/member2");
    assert_eq!(site.ask(Who::Member, block(Method::PUT)).await.status, StatusCode::NO_CONTENT);
    let answer = |body: &str| Ask::new(Method::POST, &answers).json(&json!({ "body": body }));
    assert_eq!(site.ask(Who::Other, answer("借用不取走。")).await.status, StatusCode::CREATED);
    assert_eq!(count().await, json!(0));
    let refused = Ask::new(Method::POST, "/api/v1/conversations").json(&json!({ "to": "member1", "body": "在吗" }));
    site.ask(Who::Other, refused).await.is_problem(StatusCode::CONFLICT).expect("not wanted");
    assert_eq!(site.ask(Who::Member, block(Method::DELETE)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.ask(Who::Other, answer("移动会取走。")).await.status, StatusCode::CREATED);
    assert_eq!(count().await, json!(1));
}
