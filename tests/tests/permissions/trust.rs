//! Trust: it grows with use, is the same when it is read from the log again, and decides how much one may write.

use std::time::Duration;

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use xinghe_testkit::{TestDb, on_both_databases};

use super::site::{Answer, Ask, Site, Who};

on_both_databases!(trust_grows_with_use_and_is_the_same_read_again, whoever_is_new_writes_only_so_much);

const DAY: Duration = Duration::from_hours(24);

async fn send(site: &Site, who: Who, method: Method, path: &str, body: Value) -> Answer {
    site.ask(who, Ask::new(method, path).json(&body)).await
}

async fn get(site: &Site, who: Who, path: &str) -> Answer {
    site.ask(who, Ask::new(Method::GET, path).header(header::ACCEPT_LANGUAGE, "en")).await
}

async fn moment(site: &Site, body: &str) -> Answer {
    send(site, Who::Member, Method::POST, "/api/v1/posts", json!({ "kind": "moment", "body": body })).await
}

async fn known(site: &Site) -> Value {
    site.read().await;
    get(site, Who::Member, "/api/v1/me/trust").await.json()
}

async fn trust_grows_with_use_and_is_the_same_read_again(db: TestDb) {
    let site = Site::open(db).await;
    assert_eq!(known(&site).await["level"], "new");
    let mut posts = vec![];
    for day in 0..3 {
        let post = moment(&site, &format!("第 {day} 天：把读者和写者分开，锁就少了。")).await;
        assert_eq!(post.status, StatusCode::CREATED, "{}", post.text());
        posts.push(post.json()["id"].as_str().expect("an id").to_owned());
        site.advance(DAY);
    }
    let grown = known(&site).await;
    assert_eq!((&grown["level"], &grown["posts"], &grown["active_days"]), (&"basic".into(), &3.into(), &3.into()));
    let page = get(&site, Who::Member, "/settings/standing").await.text();
    assert!(page.contains("Settling in") && page.contains("Next: Member"), "{page}");

    // A post that its author deletes counts no more.
    let gone = site.ask(Who::Member, Ask::new(Method::DELETE, format!("/api/v1/posts/{}", posts[0]))).await;
    assert!(gone.status.is_success() || gone.status == StatusCode::PRECONDITION_REQUIRED, "{}", gone.text());
    let before = known(&site).await;
    site.rebuild("moderation-trust").await;
    assert_eq!(known(&site).await, before, "the log says it again");

    // What moderators decide against one counts, and no longer when it is taken back.
    let mut acts = vec![];
    for post in &posts[1..] {
        let report = json!({ "post": post, "reason": "spam" });
        let case = send(&site, Who::Other, Method::POST, "/api/v1/reports", report).await.json()["case"].clone();
        let path = format!("/api/v1/moderation/cases/{}/acts", case.as_str().expect("a case"));
        let warn = json!({ "measure": "warn", "reason": "spam" });
        acts.push(send(&site, Who::Moderator, Method::POST, &path, warn).await.json()["id"].clone());
    }
    assert_eq!(known(&site).await["level"], "new");
    let undo = format!("/api/v1/moderation/acts/{}", acts[0].as_str().expect("an act"));
    let undone = site.ask(Who::Moderator, Ask::new(Method::DELETE, undo)).await;
    assert_eq!(undone.status, StatusCode::NO_CONTENT, "{}", undone.text());
    assert_eq!(known(&site).await["level"], "basic");

    // Administrators set it, with a reason; moderators see both.
    let path = "/api/v1/moderation/trust/member1";
    let set = |who, level: Value, words: &str| {
        site.ask(who, Ask::new(Method::PUT, path).json(&json!({ "level": level, "words": words })))
    };
    assert_eq!(set(Who::Moderator, "regular".into(), "x").await.status, StatusCode::FORBIDDEN);
    assert_eq!(set(Who::Administrator, "king".into(), "x").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(set(Who::Administrator, "regular".into(), " ").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = set(Who::Administrator, "regular".into(), "认识多年").await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
    assert_eq!(known(&site).await["level"], "regular");
    let page = get(&site, Who::Moderator, "/moderation/trust/member1").await.text();
    assert!(page.contains("认识多年") && !page.contains("Set the level"), "{page}");
    let form = Ask::new(Method::POST, "/moderation/trust/member1").form("level=&words=by+the+rules");
    assert_eq!(site.ask(Who::Administrator, form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(known(&site).await["level"], "basic");
}

async fn whoever_is_new_writes_only_so_much(db: TestDb) {
    let site = Site::open(db).await;
    for n in 0..30 {
        let post = moment(&site, &format!("第 {n} 条：今天读了一章关于调度器的书。")).await;
        assert_eq!(post.status, StatusCode::CREATED, "{}", post.text());
    }
    site.read().await;
    let more = moment(&site, "再来一条").await;
    assert_eq!(more.status, StatusCode::TOO_MANY_REQUESTS, "{}", more.text());
    assert!(more.header(header::RETRY_AFTER).parse::<u32>().expect("seconds") <= 3_600);
    // What was typed into a form comes back with the page that says so.
    let form = Ask::new(Method::POST, "/moments").form("body=%E5%86%8D%E6%9D%A5%E4%B8%80%E6%9D%A1");
    let page = site.ask(Who::Member, form).await;
    assert!(page.status == StatusCode::TOO_MANY_REQUESTS && page.text().contains("再来一条"), "{}", page.text());
    assert!(
        send(&site, Who::Other, Method::POST, "/api/v1/posts", json!({ "kind": "moment", "body": "我可以" }))
            .await
            .status
            .is_success()
    );
    site.advance(Duration::from_hours(1));
    assert_eq!(moment(&site, "现在可以了").await.status, StatusCode::CREATED);
}
