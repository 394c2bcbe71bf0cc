//! Drafts through the whole shell: with forms alone, and through the API.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod site;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use site::{Answer, Site};

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    page.text.split(&mark).nth(1).unwrap_or_else(|| panic!("{name} in {}", page.text)).split('"').next().unwrap().into()
}

async fn get_on(site: &Site, who: u8, path: &str) -> Answer {
    let page = site.get(who, path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
    page
}

#[tokio::test]
async fn a_draft_is_kept_gone_on_with_and_published_with_forms_alone() {
    let site = Site::new().await;
    let blank = get_on(&site, 1, "/write?kind=question").await;
    let name = hidden(&blank, "name");
    let fields = [("kind", "question"), ("title", "没写完"), ("tags", "rust, 异步"), ("name", &name), ("then", "save")];
    let kept = site.form(1, "/write", &fields).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    assert_eq!(site.form(1, "/write", &fields).await.location, kept.location, "sent twice, it is one");
    let page = get_on(&site, 1, &kept.location).await;
    for part in ["没写完", "rust, 异步", "Draft saved", "New question"] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let (draft, version) = (hidden(&page, "draft"), hidden(&page, "version"));
    let list = get_on(&site, 1, "/drafts").await;
    assert!(list.text.contains("没写完") && list.text.contains(&format!("/write?draft={draft}")), "{}", list.text);
    assert!(get_on(&site, 1, "/write").await.text.contains("You have a draft"));
    assert!(get_on(&site, 1, &format!("/write?draft={draft}&kind=article")).await.text.contains("New article"));

    let on = [("kind", "question"), ("title", "写完了"), ("body", "正文"), ("draft", &draft), ("version", &version)];
    let mut again = on.to_vec();
    again.push(("then", "save"));
    assert_eq!(site.form(1, "/write", &again).await.status, StatusCode::SEE_OTHER);
    let other = [("title", "另一台"), ("body", "那边"), ("draft", &draft), ("version", &version)];
    let clash = site.form(1, "/write", &other).await;
    assert_eq!(clash.status, StatusCode::CONFLICT);
    for part in ["另一台", "<ins>", "<del>", "Another device or tab changed this draft"] {
        assert!(clash.text.contains(part), "{part} in {}", clash.text);
    }
    let merged = [("title", "写完了"), ("body", "合并"), ("draft", &draft), ("version", &hidden(&clash, "version"))];
    let out = site.form(1, "/write", &merged).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.text);
    assert!(site.get(0, &out.location).await.text.contains("合并"));
    assert_eq!(site.form(1, "/write", &merged).await.location, out.location, "published once");
    assert!(get_on(&site, 1, "/drafts").await.text.contains("No drafts"));
    assert_eq!(site.get(1, &format!("/write?draft={draft}")).await.status, StatusCode::SEE_OTHER, "to the post");
}

#[tokio::test]
async fn drafts_are_thrown_away_brought_back_and_scheduled_with_forms_alone() {
    let site = Site::new().await;
    let at = |when: &'static str, east: &'static str| {
        [("title", "定时"), ("body", "正文"), ("publish_at", when), ("minutes_east", east), ("then", "schedule")]
    };
    let past = site.form(1, "/write", &at("2025-12-31T09:00", "480")).await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(past.text.contains("Choose a moment ahead of now"), "{}", past.text);
    let draft = hidden(&past, "draft");
    assert!(!draft.is_empty(), "what was typed is kept in any case");
    let mut then = at("2026-01-02T09:00", "480").to_vec();
    let version = hidden(&past, "version");
    then.extend([("draft", draft.as_str()), ("version", &version)]);
    let sent = site.form(1, "/write", &then).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let list = get_on(&site, 1, &sent.location).await;
    for part in ["datetime=\"2026-01-02T01:00:00Z\"", "2 Jan 2026 01:00 UTC", "It will be published at the time"] {
        assert!(list.text.contains(part), "{part} in {}", list.text);
    }
    let path = |what: &str| format!("/drafts/{draft}/{what}");
    for what in ["unschedule", "delete", "restore"] {
        assert_eq!(site.form(2, &path(what), &[]).await.status, StatusCode::NOT_FOUND, "{what} by another");
    }
    assert_eq!(site.get(2, &format!("/write?draft={draft}")).await.status, StatusCode::NOT_FOUND);
    site.form(1, &path("unschedule"), &[]).await;
    assert!(!get_on(&site, 1, "/drafts").await.text.contains("data-local"));
    let gone = site.form(1, &path("delete"), &[]).await;
    let list = get_on(&site, 1, &gone.location).await;
    assert!(list.text.contains(&path("restore")) && list.text.contains("No drafts"), "{}", list.text);
    assert_eq!(site.get(1, &format!("/write?draft={draft}")).await.status, StatusCode::NOT_FOUND);
    site.form(1, &path("restore"), &[]).await;
    assert!(get_on(&site, 1, "/drafts").await.text.contains("定时"));
    assert_eq!(site.get(1, "/drafts?before=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_change_goes_on_where_it_was_left() {
    let site = Site::new().await;
    let id = site.write(1, &[("title", "A"), ("body", "one")]).await;
    let edit = format!("/posts/{id}/edit");
    let form = get_on(&site, 1, &edit).await;
    let (revision, name) = (hidden(&form, "revision"), hidden(&form, "name"));
    let fields = [("title", "B"), ("body", "two"), ("revision", &revision), ("name", &name), ("then", "save")];
    let kept = site.form(1, &edit, &fields).await;
    assert_eq!(kept.location, format!("{edit}?saved=1"), "{}", kept.text);
    assert!(site.get(0, &format!("/posts/{id}.md")).await.text.contains("one"), "readers see what is published");
    let on = get_on(&site, 1, &kept.location).await;
    assert!(on.text.contains("two") && on.text.contains("Throw it away"), "{}", on.text);
    assert!(get_on(&site, 3, &edit).await.text.contains("one"), "a moderator sees no draft of somebody else's");
    let (draft, version) = (hidden(&on, "draft"), hidden(&on, "version"));
    let done = [("title", "B"), ("body", "two"), ("revision", &revision), ("draft", &draft), ("version", &version)];
    assert_eq!(site.form(1, &edit, &done).await.status, StatusCode::SEE_OTHER);
    assert!(site.get(0, &format!("/posts/{id}.md")).await.text.contains("two"));
    assert!(!get_on(&site, 1, &edit).await.text.contains("Throw it away"));
}

#[tokio::test]
async fn the_api_keeps_publishes_and_guards_drafts() {
    let site = Site::new().await;
    let post = async |who, path: &str, body: Value| site.json(who, Method::POST, path, &body, "").await;
    let all = "/api/v1/drafts";
    assert_eq!(post(0, all, json!({})).await.status, StatusCode::UNAUTHORIZED);
    let made = post(1, all, json!({"kind": "question", "title": "Why?", "tags": "Rust, c#"})).await;
    assert_eq!((made.status, made.etag.as_str()), (StatusCode::CREATED, "\"1\""), "{}", made.text);
    let one = made.location.clone();
    let put = async |who, tag: &str, body: Value| site.json(who, Method::PUT, &one, &body, tag).await;
    assert_eq!(put(1, "", json!({})).await.status, StatusCode::PRECONDITION_REQUIRED);
    let whole = json!({"kind": "question", "title": "Why?", "body": "Because."});
    assert_eq!(put(1, "\"1\"", whole.clone()).await.etag, "\"2\"");
    assert_eq!(put(1, "\"1\"", json!({"title": "late"})).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(put(1, "\"2\"", json!({"owner": "2"})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(put(1, "\"2\"", json!({"kind": "poem"})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for who in [2, 3, 4] {
        assert_eq!(site.get(who, &one).await.status, StatusCode::NOT_FOUND);
        assert_eq!(put(who, "\"2\"", json!({})).await.status, StatusCode::NOT_FOUND);
        assert_eq!(site.json(who, Method::DELETE, &one, &json!({}), "").await.status, StatusCode::NOT_FOUND);
        for what in ["publish", "restore"] {
            assert_eq!(post(who, &format!("{one}/{what}"), json!({})).await.status, StatusCode::NOT_FOUND);
        }
        let list: Value = serde_json::from_str(&site.get(who, all).await.text).unwrap();
        assert_eq!(list, json!({"items": [], "next": null}));
    }
    let schedule = format!("{one}/schedule");
    let at = json!({"at": "2026-01-01T09:00:00Z"});
    assert_eq!(site.json(1, Method::PUT, &schedule, &at, "").await.status, StatusCode::OK);
    assert!(site.get(1, &one).await.text.contains("\"publish_at\":\"2026-01-01T09:00:00Z\""));
    assert_eq!(site.json(1, Method::DELETE, &schedule, &json!({}), "").await.status, StatusCode::OK);
    let bad = json!({"at": "tomorrow"});
    assert_eq!(site.json(1, Method::PUT, &schedule, &bad, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let publish = format!("{one}/publish");
    let out: Value = serde_json::from_str(&post(1, &publish, json!({})).await.text).unwrap();
    let again: Value = serde_json::from_str(&post(1, &publish, json!({})).await.text).unwrap();
    assert_eq!((&out["body"], &out["id"]), (&json!("Because."), &again["id"]));
    assert_eq!(put(1, "\"2\"", whole).await.status, StatusCode::CONFLICT, "it is out");

    let (id, revision) = (out["id"].clone(), out["revision"].clone());
    let change = json!({"post": id, "revision": revision, "title": "Why not?", "body": "So."});
    assert_eq!(post(2, all, change.clone()).await.status, StatusCode::FORBIDDEN);
    let first = post(1, all, change.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let mut other = change;
    other["body"] = json!("Or so.");
    assert_eq!(post(1, all, other).await.status, StatusCode::CONFLICT);
    let found = site.get(1, &format!("{all}?post={}", id.as_str().unwrap())).await;
    assert!(found.text.contains("Why not?"), "{}", found.text);
    assert_eq!(post(1, all, json!({"post": id})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for wrong in ["limit=0", "cursor=x", "post=x"] {
        assert_eq!(site.get(1, &format!("{all}?{wrong}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}
