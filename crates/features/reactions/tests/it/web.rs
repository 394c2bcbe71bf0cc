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
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, Event, PostId, PostKind, SessionId};
use xinghe_reactions::readers::Attendant;
use xinghe_reactions::{Reactions, ReactionsFeature};
use xinghe_store::Readers;
use xinghe_testkit::{SeededRandom, TestDb};
use xinghe_web::{Member, Role, Sessions, WebSettings};

use crate::common::{ARTICLE, Shelf, over, post};

/// The token is the member's number.
struct Tokens;

#[async_trait]
impl Sessions for Tokens {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<i64>() else { return Ok(None) };
        Ok(Some(Member {
            id: AuthorId::from_raw(id),
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            role: Role::Member,
            lang: None,
            theme: None,
            session: SessionId::from_raw(id),
        }))
    }
}

struct Site {
    db: TestDb,
    shelf: Arc<Shelf>,
    reactions: Reactions,
    router: Router,
}

struct Answer {
    status: StatusCode,
    location: String,
    kind: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }
}

impl Site {
    async fn new() -> Self {
        let (db, shelf) = (TestDb::sqlite().await, Shelf::new());
        let reactions = over(&db, &shelf).await;
        let feature = Arc::new(ReactionsFeature::new(reactions.clone()));
        let mut settings = WebSettings::new("http://localhost");
        settings.limits.write = 10_000;
        let random = Arc::new(SeededRandom::new(1));
        let shell =
            xinghe_web::shell::build(&[feature], settings, Arc::new(Tokens), db.clock().clone(), random).unwrap();
        Self { db, shelf, reactions, router: shell.router }
    }

    async fn call(&self, who: i64, method: Method, path: &str, kind: &str, body: String, part: bool) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if who > 0 {
            request = if path.starts_with("/api/") {
                request.header(header::AUTHORIZATION, format!("Bearer {who}"))
            } else {
                request.header(header::COOKIE, format!("xinghe_session={who}"))
            };
            request = request.header("Sec-Fetch-Site", "same-origin");
        }
        if part {
            request = request.header("X-Part", "1");
        }
        let request = request.header(header::CONTENT_TYPE, kind).header(header::ACCEPT_LANGUAGE, "en");
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let get = |name| response.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (status, location, kind) = (response.status(), get(header::LOCATION), get(header::CONTENT_TYPE));
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, kind, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, who: i64, path: &str) -> Answer {
        self.call(who, Method::GET, path, "", String::new(), false).await
    }

    async fn form(&self, who: i64, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.call(who, Method::POST, path, "application/x-www-form-urlencoded", body, false).await
    }

    async fn api(&self, who: i64, method: Method, path: &str, body: Value) -> Answer {
        self.call(who, method, &format!("/api/v1{path}"), "application/json", body.to_string(), false).await
    }

    /// A post beside the two that are there.
    fn add(&self, id: i64, title: &str) {
        self.shelf.put(post(PostId::from_raw(id), PostKind::Article, title));
    }
}

#[tokio::test]
async fn buttons_lead_back_to_their_place() {
    let site = Site::new().await;
    let react = "/posts/101/react";
    let up = site.form(2, react, &[("do", "up"), ("next", "/posts/100-x?page=2#top")]).await;
    assert_eq!((up.status, up.location.as_str()), (StatusCode::SEE_OTHER, "/posts/100-x?page=2#post-101"));
    let away = site.form(2, react, &[("do", "thank"), ("next", "https://evil.example/")]).await;
    assert_eq!(away.location, "/#post-101");
    for what in ["down", "unvote", "keep", "unkeep", "keep"] {
        let done = site.form(2, react, &[("do", what)]).await;
        assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, "/posts/101#post-101"), "{what}");
    }
    let now = site.api(2, Method::GET, "/posts/101/reactions", json!(null)).await.json();
    assert_eq!(now["thanks"], 1);
    assert_eq!(now["own"], json!({"vote": 0, "thanked": true, "kept": true, "followed": false}));

    let guest = site.form(0, react, &[("do", "up")]).await;
    assert!(guest.location.starts_with("/sign-in?next="), "{}", guest.location);
    let own = site.form(1, react, &[("do", "up")]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert!(own.text.contains("your own post"), "{}", own.text);
    assert_eq!(site.form(2, react, &[("do", "jump")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.form(2, "/posts/999/react", &[("do", "up")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_script_gets_the_changed_part_alone() {
    let site = Site::new().await;
    let part = async |who, path: &str, body: &str| {
        let form = "application/x-www-form-urlencoded";
        site.call(who, Method::POST, path, form, body.to_owned(), true).await
    };
    let tools = part(2, "/posts/101/react", "do=up&next=/posts/100").await;
    assert_eq!(tools.status, StatusCode::OK);
    assert!(tools.text.starts_with("<form class=\"reactions\"") && !tools.text.contains("<main"), "{}", tools.text);
    for piece in [
        "name=\"next\" value=\"/posts/100\"",
        "value=\"unvote\" data-tool=\"up\" aria-pressed=\"true\"",
        "data-tool=\"down\" aria-pressed=\"false\"",
        "value=\"keep\"",
    ] {
        assert!(tools.text.contains(piece), "{piece} in {}", tools.text);
    }
    assert!(!tools.text.contains("data-tool=\"follow\""), "an answer has no page to follow");
    let article = part(2, "/posts/100/react", "do=keep").await.text;
    assert!(article.contains("href=\"/bookmarks/100\"") && article.contains("data-tool=\"follow\""), "{article}");
    assert!(!article.contains("data-tool=\"down\""), "an article is not voted down");
    let own = part(1, "/posts/101/react", "do=keep").await.text;
    assert!(!own.contains("value=\"up\"") && !own.contains("value=\"thank\""), "{own}");

    let followed = part(2, "/@m3/follow", "do=follow&next=/@m3").await.text;
    assert!(followed.contains("value=\"unfollow\"") && followed.contains("1 follower"), "{followed}");
    let tag = part(2, "/tags/c%23/follow", "do=follow").await.text;
    assert!(tag.contains("action=\"/tags/c%23/follow\"") && tag.contains("1 follower"), "{tag}");
}

#[tokio::test]
async fn bookmarks_are_sorted_searched_and_paged_with_forms_alone() {
    let site = Site::new().await;
    assert!(site.get(2, "/bookmarks").await.text.contains("No bookmarks here"));
    for n in 0..25 {
        site.add(300 + n, &format!("Title {n} <b>"));
        site.form(2, &format!("/posts/{}/react", 300 + n), &[("do", "keep")]).await;
        site.db.clock().advance(Duration::from_secs(1));
    }
    let made = site.form(2, "/bookmarks/folders", &[("name", "To read")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let folder = made.location.rsplit('=').next().unwrap().to_owned();
    let wrong = site.form(2, "/bookmarks/folders", &[("name", "")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Give the folder a name"), "{}", wrong.text);

    let first = site.get(2, "/bookmarks").await.text;
    assert_eq!(first.matches("<article").count(), 20);
    assert!(first.contains("Title 24 &#60;b&#62;") && !first.contains("Title 4 "), "{first}");
    let older = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let second = site.get(2, &older).await.text;
    assert_eq!(second.matches("<article").count(), 5);
    assert!(!second.contains("rel=\"next\""));
    assert_eq!(site.get(2, "/bookmarks?q=TITLE+22").await.text.matches("<article").count(), 1);

    let form = site.get(2, "/bookmarks/322?next=/bookmarks?q=22").await.text;
    assert!(form.contains("To read") && form.contains("value=\"/bookmarks?q=22\""), "{form}");
    let fields = [("folder", folder.as_str()), ("note", "with <i>"), ("next", "/bookmarks?q=22")];
    let moved = site.form(2, "/bookmarks/322", &fields).await;
    assert_eq!((moved.status, moved.location.as_str()), (StatusCode::SEE_OTHER, "/bookmarks?q=22#post-322"));
    let inside = site.get(2, &format!("/bookmarks?folder={folder}")).await.text;
    assert!(inside.matches("<article").count() == 1 && inside.contains("with &#60;i&#62;"), "{inside}");
    assert_eq!(site.get(2, "/bookmarks?folder=unsorted&q=22").await.text.matches("<article").count(), 0);
    let bad = site.form(2, "/bookmarks/322", &[("folder", "12345"), ("note", "typed")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("typed") && bad.text.contains("no such folder"), "{}", bad.text);

    let change = format!("/bookmarks/folders/{folder}");
    assert_eq!(site.form(2, &change, &[("name", "Later")]).await.status, StatusCode::SEE_OTHER);
    assert!(site.get(2, "/bookmarks").await.text.contains("Later"));
    for (who, path) in [(3, format!("/bookmarks?folder={folder}")), (3, "/bookmarks/322".to_owned())] {
        assert_eq!(site.get(who, &path).await.status, StatusCode::NOT_FOUND, "{path} is not theirs");
    }
    assert_eq!(site.form(3, &change, &[("name", "Mine")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.form(2, &change, &[("do", "delete")]).await.location, "/bookmarks");
    assert_eq!(site.get(2, &format!("/bookmarks?folder={folder}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(2, "/bookmarks?q=Title+22").await.text.matches("<article").count(), 1, "it is still there");
    site.form(2, "/bookmarks/322", &[("do", "remove")]).await;
    assert_eq!(site.get(2, "/bookmarks?q=Title+22").await.text.matches("<article").count(), 0);
}

#[tokio::test]
async fn bookmarks_of_deleted_posts_vanish_and_come_back() {
    let site = Site::new().await;
    let readers = Readers::new(site.db.store().clone(), vec![Arc::new(Attendant)], vec![]);
    let tell = async |event: Event| {
        let mut unit = site.db.store().begin().await.unwrap();
        unit.append(None, &event).await.unwrap();
        unit.commit().await.unwrap();
        readers.catch_up().await.unwrap();
    };
    let unsorted = async || site.api(2, Method::GET, "/me/folders", json!(null)).await.json()["unsorted"].clone();
    let listed = async || {
        let list = site.api(2, Method::GET, "/me/bookmarks", json!(null)).await.json();
        list["items"].as_array().unwrap().len()
    };
    site.form(2, "/posts/100/react", &[("do", "keep")]).await;
    site.add(300, "b");
    site.form(2, "/posts/300/react", &[("do", "keep")]).await;
    assert_eq!((unsorted().await, listed().await), (json!(2), 2));
    site.shelf.take(ARTICLE);
    assert_eq!(listed().await, 1, "also before the log is read");
    tell(Event::PostDeleted { post: ARTICLE }).await;
    assert_eq!((unsorted().await, listed().await), (json!(1), 1));
    let page = site.get(2, "/bookmarks/100").await;
    assert!(page.status == StatusCode::OK && page.text.contains("cannot be seen"), "{}", page.text);
    site.shelf.put(post(ARTICLE, PostKind::Article, "星河之约"));
    tell(Event::PostRestored { post: ARTICLE }).await;
    assert_eq!((unsorted().await, listed().await), (json!(2), 2));
}

#[tokio::test]
async fn what_one_follows_is_listed_for_oneself() {
    let site = Site::new().await;
    assert!(site.get(2, "/following").await.text.contains("You follow nobody yet"));
    site.form(2, "/@m3/follow", &[("do", "follow")]).await;
    site.form(2, "/tags/C%2B%2B/follow", &[("do", "follow")]).await;
    site.form(2, "/posts/100/react", &[("do", "follow")]).await;
    let page = site.get(2, "/following").await.text;
    for part in ["成员3", "/tags/c%2B%2B/follow", "星河之约", "value=\"unfollow\""] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let gone = site.form(2, "/@m3/follow", &[("do", "unfollow"), ("next", "/following")]).await;
    assert_eq!(gone.location, "/following");
    assert!(!site.get(2, "/following").await.text.contains("成员3"));
    assert_eq!(site.form(2, "/@nobody/follow", &[("do", "follow")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.form(2, "/tags/a%2Fb/follow", &[("do", "follow")]).await.status, StatusCode::NOT_FOUND);
    for lang in ["zh-Hans", "zh-Hant", "en"] {
        for path in ["/following", "/bookmarks"] {
            assert_eq!(site.get(2, &format!("{path}?lang={lang}")).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn the_api_votes_thanks_and_follows() {
    let site = Site::new().await;
    let (put, delete, get) = (Method::PUT, Method::DELETE, Method::GET);
    for _ in 0..2 {
        let voted = site.api(2, put.clone(), "/posts/101/vote", json!({"value": -1})).await;
        assert_eq!((voted.status, voted.json()["votes"].as_i64()), (StatusCode::OK, Some(-1)), "{}", voted.text);
    }
    for _ in 0..2 {
        assert_eq!(site.api(2, delete.clone(), "/posts/101/vote", json!(null)).await.json()["votes"], 0);
        assert_eq!(site.api(2, put.clone(), "/posts/101/thanks", json!(null)).await.json()["thanks"], 1);
    }
    let wrong = site.api(2, put.clone(), "/posts/101/vote", json!({"value": 300})).await;
    assert_eq!((wrong.status, wrong.kind.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json"));
    let own = site.api(1, put.clone(), "/posts/101/thanks", json!(null)).await;
    assert_eq!((own.status, own.json()["detail"].as_str().is_some()), (StatusCode::CONFLICT, true));
    let down = site.api(2, put.clone(), "/posts/100/vote", json!({"value": -1})).await;
    assert_eq!(down.status, StatusCode::CONFLICT);
    for (method, path) in
        [(put.clone(), "/posts/101/vote"), (get.clone(), "/me/bookmarks"), (get.clone(), "/me/folders")]
    {
        let answer = site.api(0, method, path, json!({"value": 1})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let guest = site.api(0, get.clone(), "/posts/101/reactions", json!(null)).await.json();
    assert_eq!((guest["thanks"].as_i64(), guest["own"].is_null()), (Some(1), true));
    assert_eq!(site.api(0, get.clone(), "/posts/9/reactions", json!(null)).await.status, StatusCode::NOT_FOUND);

    for path in ["/members/m3/follow", "/tags/Rust/follow", "/posts/100/follow"] {
        for _ in 0..2 {
            let done = site.api(2, put.clone(), path, json!(null)).await;
            assert_eq!(done.status, StatusCode::NO_CONTENT, "{path}: {}", done.text);
        }
    }
    assert_eq!(site.api(2, put.clone(), "/members/m2/follow", json!(null)).await.status, StatusCode::CONFLICT);
    assert_eq!(site.api(2, put.clone(), "/posts/101/follow", json!(null)).await.status, StatusCode::CONFLICT);
    let follows = site.api(2, get.clone(), "/me/following", json!(null)).await.json();
    assert_eq!((&follows["members"][0]["handle"], &follows["tags"][0]), (&json!("m3"), &json!("rust")));
    assert_eq!(follows["posts"][0]["id"], "100");
    let counts = site.api(2, get.clone(), "/members/m3/follow", json!(null)).await.json();
    assert_eq!(counts, json!({"followers": 1, "following": 0, "followed": true}));
    for path in ["/members/m3/follow", "/tags/Rust/follow", "/posts/100/follow"] {
        assert_eq!(site.api(2, delete.clone(), path, json!(null)).await.status, StatusCode::NO_CONTENT, "{path}");
    }
    let follows = site.api(2, get, "/me/following", json!(null)).await.json();
    assert_eq!(follows, json!({"members": [], "tags": [], "posts": []}));
}

#[tokio::test]
async fn the_api_keeps_and_sorts_bookmarks() {
    let site = Site::new().await;
    let (put, patch, get) = (Method::PUT, Method::PATCH, Method::GET);
    let made = site.api(2, Method::POST, "/me/folders", json!({"name": "A"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let folder = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(site.api(2, Method::POST, "/me/folders", json!({"name": "a"})).await.json()["id"], folder.as_str());
    for id in [100, 101, 300] {
        site.add(300, "Rust");
        let keep = json!({"folder": folder, "note": format!("n{id}")});
        let kept = site.api(2, put.clone(), &format!("/posts/{id}/bookmark"), keep).await;
        assert_eq!((kept.status, &kept.json()["own"]["kept"]), (StatusCode::OK, &json!(true)), "{}", kept.text);
        site.db.clock().advance(Duration::from_secs(1));
    }
    let moved = site.api(2, put.clone(), "/posts/101/bookmark", json!({})).await.json();
    assert_eq!(moved["kept"], 1);
    let all = site.api(2, get.clone(), "/me/bookmarks?limit=2", json!(null)).await.json();
    let ids = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|i| i["post"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&all), ["300", "101"]);
    assert_eq!((&all["items"][0]["note"], &all["items"][1]["folder"]), (&json!("n300"), &Value::Null));
    let rest = format!("/me/bookmarks?limit=2&cursor={}", all["next"].as_str().unwrap());
    let rest = site.api(2, get.clone(), &rest, json!(null)).await.json();
    assert_eq!((ids(&rest), &rest["next"]), (vec!["100".to_owned()], &Value::Null));
    let inside = site.api(2, get.clone(), &format!("/me/bookmarks?folder={folder}&q=rust"), json!(null)).await.json();
    assert_eq!(ids(&inside), ["300"]);
    let folders = site.api(2, get.clone(), "/me/folders", json!(null)).await.json();
    assert_eq!(folders, json!({"items": [{"id": folder, "name": "A", "bookmarks": 2}], "unsorted": 1}));

    let one = format!("/me/folders/{folder}");
    assert_eq!(site.api(3, patch.clone(), &one, json!({"name": "B"})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.api(3, Method::DELETE, &one, json!(null)).await.status,
        StatusCode::NO_CONTENT,
        "nothing of theirs"
    );
    let listed = format!("/me/bookmarks?folder={folder}");
    assert_eq!(site.api(3, get.clone(), &listed, json!(null)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let stolen = site.api(3, put.clone(), "/posts/100/bookmark", json!({"folder": folder})).await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.api(2, patch, &one, json!({"name": "B"})).await.json()["name"], "B");
    for _ in 0..2 {
        assert_eq!(site.api(2, Method::DELETE, &one, json!(null)).await.status, StatusCode::NO_CONTENT);
        let unkept = site.api(2, Method::DELETE, "/posts/300/bookmark", json!(null)).await.json();
        assert_eq!((&unkept["kept"], &unkept["own"]["kept"]), (&json!(0), &json!(false)));
    }
    let folders = site.api(2, get.clone(), "/me/folders", json!(null)).await.json();
    assert_eq!(folders, json!({"items": [], "unsorted": 2}));
    for bad in ["?cursor=x", "?folder=x"] {
        let answer = site.api(2, get.clone(), &format!("/me/bookmarks{bad}"), json!(null)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    assert_eq!(site.reactions.recount().await.unwrap(), 0);
}
