//! Series: ordered by their author, shown on the pages of their posts.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod site;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use site::Site;
use xinghe_core::content::PostKind;
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId};
use xinghe_posts::commands::series::{self, Change};
use xinghe_posts::commands::{self, CommandError};
use xinghe_posts::model::{Actor, Arrange, Draft};
use xinghe_posts::{MIGRATIONS, store};
use xinghe_store::Store;
use xinghe_testkit::{TestDb, on_both_databases};

const ADA: Actor = Actor { id: AuthorId::from_raw(11), moderates: false };
const BO: Actor = Actor { id: AuthorId::from_raw(12), moderates: false };
const MOD: Actor = Actor { id: AuthorId::from_raw(13), moderates: true };

async fn post(s: &Store, by: Actor, kind: PostKind, title: &str) -> PostId {
    let draft = Draft { title: title.into(), body: "正文".into(), ..Draft::default() };
    commands::create(s, by, kind, None, &draft).await.unwrap().post
}

fn arrange(how: Arrange) -> Change {
    Change { arrange: Some(how), ..Change::default() }
}

async fn an_author_orders_own_articles(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let one = series::begin(s, ADA, " 从零  开始 ", "说明").await.unwrap();
    assert_eq!(series::begin(s, ADA, "从零 开始", "").await.unwrap().id, one.id, "a form sent twice");
    assert!(matches!(series::begin(s, ADA, " ", "").await, Err(CommandError::Invalid(_))));
    let (a, b, c) = (
        post(s, ADA, PostKind::Article, "甲").await,
        post(s, ADA, PostKind::Article, "乙").await,
        post(s, ADA, PostKind::Article, "丙").await,
    );
    for p in [a, b, c] {
        series::change(s, ADA, one.id, None, arrange(Arrange::Add(p))).await.unwrap();
    }
    let now = series::change(s, ADA, one.id, None, arrange(Arrange::Add(c))).await.unwrap();
    assert_eq!((now.parts.as_slice(), now.version), ([a, b, c].as_slice(), 4), "what is there is there");
    commands::delete(s, ADA, b).await.unwrap();
    let up = series::change(s, ADA, one.id, None, arrange(Arrange::Up(c))).await.unwrap();
    assert_eq!(up.parts, [c, b, a], "past what is not to be seen");
    commands::restore(s, ADA, b).await.unwrap();
    let down = series::change(s, ADA, one.id, None, arrange(Arrange::Down(a))).await.unwrap();
    assert_eq!(down.parts, [c, b, a], "the last goes no further");

    let wrong = [
        post(s, BO, PostKind::Article, "别人的").await,
        post(s, ADA, PostKind::Question, "问题").await,
        PostId::from_raw(7),
    ];
    for p in wrong {
        let refused = series::change(s, ADA, one.id, None, arrange(Arrange::Add(p))).await;
        assert!(matches!(refused, Err(CommandError::Invalid(_))), "{refused:?}");
    }
    let two = series::begin(s, ADA, "另一个", "").await.unwrap();
    let refused = series::change(s, ADA, two.id, None, arrange(Arrange::Add(a))).await;
    assert!(matches!(refused, Err(CommandError::Invalid(_))), "a post is in one series");
    let stale = series::change(s, ADA, one.id, Some(1), arrange(Arrange::All(vec![]))).await;
    assert!(matches!(stale, Err(CommandError::SeriesChanged { version: 5 })), "{stale:?}");
    assert!(matches!(series::remove(s, BO, one.id).await, Err(CommandError::Forbidden)));
    assert!(matches!(series::change(s, BO, one.id, None, Change::default()).await, Err(CommandError::Forbidden)));
    let loose: Vec<_> = store::loose_articles(s, ADA.id).await.unwrap();
    assert!(loose.is_empty(), "{loose:?}");
    series::change(s, ADA, one.id, Some(5), arrange(Arrange::All(vec![a, c, a]))).await.unwrap();
    assert_eq!(store::series_of(s, a).await.unwrap().unwrap().parts, [a, c]);
    series::remove(s, MOD, one.id).await.unwrap();
    assert!(store::series_of(s, a).await.unwrap().is_none());
    assert_eq!(store::views(s, &[a]).await.unwrap().len(), 1, "its posts stay");
    let told = db.events().await;
    assert_eq!(told.iter().filter(|r| matches!(r.event, Event::SeriesChanged { .. })).count(), 7);
    assert_eq!(told.iter().filter(|r| matches!(r.event, Event::SeriesDeleted { .. })).count(), 1);
}

on_both_databases!(an_author_orders_own_articles);

#[tokio::test]
async fn a_series_is_made_and_read_with_forms_alone() {
    let site = Site::new().await;
    let mut posts = vec![];
    for title in ["First part", "Second part"] {
        posts.push(site.write(1, &[("title", title), ("body", "x")]).await);
    }
    let bad = site.form(1, "/series", &[("title", ""), ("about", "kept")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("kept") && bad.text.contains("error-title"), "{}", bad.text);
    let made = site.form(1, "/series", &[("title", "From nothing"), ("about", "*Why*")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let edit = made.location.clone();
    let base = edit.strip_suffix("/edit").unwrap().to_owned();
    let page = site.get(1, &edit).await;
    assert!(page.text.contains("<option value") && page.text.contains("First part"), "{}", page.text);
    assert_eq!(site.get(2, &edit).await.status, StatusCode::FORBIDDEN);
    let put = async |what: &str, post: &str| {
        let path = format!("{base}/parts");
        assert_eq!(site.form(2, &path, &[("do", what), ("post", post)]).await.status, StatusCode::FORBIDDEN);
        let done = site.form(1, &path, &[("do", what), ("post", post)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    };
    put("add", &posts[1]).await;
    put("add", &posts[0]).await;
    put("up", &posts[0]).await;
    let moved = site.get(0, &base).await;
    assert_eq!(
        (moved.status, moved.location.as_str()),
        (StatusCode::MOVED_PERMANENTLY, &*format!("{base}-from-nothing"))
    );
    let page = site.get(0, &moved.location).await.text;
    let place = |t: &str| page.find(t).unwrap_or_else(|| panic!("{t} in {page}"));
    assert!(place("First part") < place("Second part") && page.contains("<em>Why</em>") && !page.contains("/edit"));
    let first = site.get(0, &site.get(0, &format!("/posts/{}", posts[0])).await.location).await.text;
    assert!(first.contains("rel=\"next\"") && !first.contains("rel=\"prev\"") && first.contains("1 of 2"), "{first}");
    let refused = site.form(1, &format!("{base}/parts"), &[("do", "add"), ("post", "12")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.form(2, &format!("{base}/delete"), &[]).await.status, StatusCode::FORBIDDEN);
    assert!(site.get(1, "/series").await.text.contains("From nothing"));
    assert_eq!(site.form(1, &format!("{base}/delete"), &[]).await.location, "/series");
    assert_eq!(site.get(0, &base).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_api_makes_arranges_and_guards_series() {
    let site = Site::new().await;
    let a = site.write(1, &[("title", "A"), ("body", "x")]).await;
    let b = site.write(1, &[("title", "B"), ("body", "x")]).await;
    let all = "/api/v1/series";
    let made = site.json(1, Method::POST, all, &json!({"title": "S", "about": "why"}), "").await;
    assert_eq!((made.status, made.etag.as_str()), (StatusCode::CREATED, "\"1\""), "{}", made.text);
    let one = made.location.clone();
    let patch = async |who, tag: &str, body: Value| site.json(who, Method::PATCH, &one, &body, tag).await;
    let order = json!({"posts": [b, a]});
    assert_eq!(patch(1, "", order.clone()).await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(patch(2, "\"1\"", order.clone()).await.status, StatusCode::FORBIDDEN);
    let done = patch(1, "\"1\"", order.clone()).await;
    assert_eq!(done.etag, "\"2\"", "{}", done.text);
    assert_eq!(patch(1, "\"1\"", json!({"title": "T"})).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(patch(1, "\"2\"", json!({"posts": ["x"]})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let seen: Value = serde_json::from_str(&site.get(0, &one).await.text).unwrap();
    assert_eq!((&seen["posts"][0]["title"], &seen["author"]["handle"]), (&json!("B"), &json!("m1")));
    let list: Value = serde_json::from_str(&site.get(0, &format!("{all}?author=m1&limit=1")).await.text).unwrap();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["next"]), (1, &Value::Null));
    assert_eq!(site.get(0, &format!("{all}?cursor=x")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.json(2, Method::DELETE, &one, &json!({}), "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.json(3, Method::DELETE, &one, &json!({}), "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(0, &one).await.status, StatusCode::NOT_FOUND);
}
