//! Who leaves decides what becomes of what they wrote; what is to go is nowhere any more.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xinghe::community::{Community, migrations};
use xinghe::settings::{EmbedderKind, Settings};
use xinghe_accounts::model::{Client, Registration};
use xinghe_core::{AuthorId, PostId, PostKind};
use xinghe_posts::commands;
use xinghe_posts::model::{Actor, Draft};
use xinghe_store::{Backend, FromQueryResult, Queries as _};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::{Role, Shell};

const PASSWORD: &str = "correct horse battery";
/// Words that stand in nothing but what the leaver wrote.
const MARK: &str = "翡翠海葵";

struct Town {
    community: Community,
    shell: Shell,
    db: TestDb,
    _data: tempfile::TempDir,
}

impl Town {
    async fn open(db: TestDb) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut settings = Settings { data_dir: data.path().to_path_buf(), ..Settings::default() };
        settings.ai.embedder = EmbedderKind::None;
        db.store().migrate(&migrations()).await.expect("all tables are made");
        let community = Community::over(settings, db.store().clone(), String::new).expect("the features fit together");
        let shell = community.shell().expect("the routes fit together");
        community.readers().catch_up().await.expect("the log is read");
        Self { community, shell, db, _data: data }
    }

    async fn member(&self, handle: &str) -> (AuthorId, String) {
        let (handle, password) = (handle.to_owned(), PASSWORD.to_owned());
        let wish = Registration { name: handle.clone(), handle, password, language: None };
        let id = self.community.accounts.add_member(None, &wish, Role::Member).await.expect("a member");
        let session = self.community.accounts.open_session(id, &Client::default()).await.expect("a session");
        (id, session.token)
    }

    async fn write(&self, by: AuthorId, kind: PostKind, parent: Option<PostId>, title: &str, body: &str) -> PostId {
        self.db.clock().advance(Duration::from_secs(60));
        let draft = Draft { title: title.to_owned(), body: body.to_owned(), ..Draft::default() };
        let actor = Actor { id: by, moderates: false };
        commands::create(self.db.store(), actor, kind, parent, &draft).await.expect("it is written").post
    }

    /// Lets readers and workers do what is to be done.
    async fn settle(&self) {
        for _ in 0..4 {
            self.community.readers().catch_up().await.expect("the log is read");
            self.community.workers().drain().await.expect("the jobs are done");
        }
        self.community.readers().catch_up().await.expect("the log is read");
    }

    async fn call(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> (StatusCode, String) {
        self.db.clock().advance(Duration::from_secs(10));
        let mut request = Request::builder().method(method.clone()).uri(path).header(header::HOST, "xinghe.test");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let mut request = request.body(Body::from(body.to_string())).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4_000))));
        let response = self.shell.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let to = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).map(str::to_owned);
        if let Some(to) = to.filter(|_| status.is_redirection()) {
            return Box::pin(self.call(method, &to, token, body)).await;
        }
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        self.call(Method::GET, path, None, &json!({})).await
    }

    /// Every table with a row in which these words stand.
    async fn tables_with(&self, words: &str) -> Vec<String> {
        #[derive(FromQueryResult)]
        struct Name {
            name: String,
        }
        let store = self.db.store();
        let sqlite = store.backend() == Backend::Sqlite;
        let tables = if sqlite {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        } else {
            "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'"
        };
        let mut found = Vec::new();
        for Name { name: table } in store.all::<Name>(tables, vec![]).await.expect("tables") {
            let row = if sqlite {
                let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                let columns: Vec<Name> = store.all(&columns, vec![]).await.expect("columns");
                let columns: Vec<String> =
                    columns.iter().map(|c| format!("COALESCE(CAST(\"{}\" AS TEXT), '')", c.name)).collect();
                columns.join(" || ' ' || ")
            } else {
                "CAST(x AS TEXT)".to_owned()
            };
            let sql = format!("SELECT COUNT(*) AS value FROM {table} x WHERE {row} LIKE '%{words}%'");
            if store.number(&sql, vec![]).await.expect("counted") != Some(0) {
                found.push(table);
            }
        }
        found
    }
}

async fn what_is_to_go_is_nowhere_any_more(db: TestDb) {
    let town = Town::open(db).await;
    let (_, admin) = town.member("keeper").await;
    let (ada, token) = town.member("zwetschge").await;
    let (ben, _) = town.member("ben").await;
    let body = format!("缓存失效的策略是先写日志，再删缓存，代号是{MARK}。缓存失效之后由读的一方重建。");
    let article = town.write(ada, PostKind::Article, None, &format!("缓存失效 {MARK}"), &body).await;
    let asked = town.write(ada, PostKind::Question, None, &format!("{MARK}怎么养？"), &format!("问{MARK}")).await;
    let alone = town.write(ada, PostKind::Question, None, &format!("{MARK}没人答"), &format!("问{MARK}")).await;
    let theirs = town.write(ben, PostKind::Answer, Some(asked), "", "放在盐水里，每周换一次水。").await;
    let other = town.write(ben, PostKind::Question, None, "日志怎么写？", "先写还是后写？").await;
    let answer = town.write(ada, PostKind::Answer, Some(other), "", &format!("先写，见{MARK}。")).await;
    town.write(ada, PostKind::Comment, Some(other), "", &format!("补充：{MARK}")).await;
    let below = town.write(ben, PostKind::Comment, Some(article), "", "谢谢分享。").await;
    let deleted = town.write(ada, PostKind::Article, None, &format!("旧文 {MARK}"), &format!("旧文{MARK}")).await;
    let (own, bens) = (Actor { id: ada, moderates: false }, Actor { id: ben, moderates: false });
    commands::delete(town.db.store(), own, deleted).await.expect("deleted");
    commands::accept(town.db.store(), bens, other, answer).await.expect("accepted");
    let kept = json!({ "kind": "article", "title": "草稿", "body": format!("没写完的{MARK}") });
    assert_eq!(town.call(Method::POST, "/api/v1/drafts", Some(&token), &kept).await.0, StatusCode::CREATED);
    town.settle().await;
    let search = format!("/api/v1/search?q={}", xinghe_web::refs::percent(MARK));
    assert!(town.get(&search).await.1.contains(&article.to_string()), "it can be found");
    let question = json!({ "question": "缓存失效的策略是什么？" });
    let (_, before) = town.call(Method::POST, "/api/v1/ask", Some(&admin), &question).await;
    assert!(before.contains(MARK), "the guide knows it: {before}");
    assert!(town.tables_with(MARK).await.len() >= 4, "{:?}", town.tables_with(MARK).await);

    let leave = json!({ "password": PASSWORD, "posts": "deleted" });
    let (status, said) = town.call(Method::DELETE, "/api/v1/me", Some(&token), &leave).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{said}");
    town.settle().await;
    assert_eq!(town.tables_with(MARK).await, Vec::<String>::new(), "no table has it");
    assert_eq!(town.tables_with("zwetschge").await, Vec::<String>::new(), "nor the name");
    for path in [&search, "/feed.atom", "/", "/articles", &format!("/posts/{other}"), &format!("/posts/{asked}")] {
        assert!(!town.get(path).await.1.contains(MARK), "{path}");
    }
    let (_, after) = town.call(Method::POST, "/api/v1/ask", Some(&admin), &question).await;
    assert!(!after.contains(MARK), "the guide does not know it any more: {after}");
    for gone in [article, alone] {
        assert_ne!(town.get(&format!("/posts/{gone}")).await.0, StatusCode::OK);
    }
    let (status, page) = town.get(&format!("/posts/{asked}")).await;
    assert!(status == StatusCode::OK && page.contains("已删除的提问") && page.contains("盐水"), "others' answers stay");
    let (_, page) = town.get(&format!("/posts/{other}")).await;
    assert!(page.contains("先写还是后写"), "what others asked stays");
    let found = town.get(&format!("/api/v1/search?q={}", xinghe_web::refs::percent("盐水 换水"))).await.1;
    assert!(found.contains(&theirs.to_string()), "and are found");
    assert!(!found.contains(&below.to_string()), "what hung on a post went with it");
    // Nothing brings an empty post back.
    let keeper = Actor { id: ben, moderates: true };
    assert!(commands::restore(town.db.store(), keeper, deleted).await.is_err());
    assert!(commands::restore(town.db.store(), keeper, article).await.is_err());
}

async fn what_stays_stays_with_or_without_the_name(db: TestDb) {
    let town = Town::open(db).await;
    town.member("keeper").await;
    for (handle, posts, name) in [("ada", "anonymous", false), ("ben", "named", true)] {
        let (id, token) = town.member(handle).await;
        let post = town.write(id, PostKind::Article, None, "留下的文章", "正文还在。").await;
        let leave = json!({ "password": PASSWORD, "posts": posts });
        let (status, said) = town.call(Method::DELETE, "/api/v1/me", Some(&token), &leave).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{said}");
        town.settle().await;
        let (status, page) = town.get(&format!("/posts/{post}")).await;
        assert!(status == StatusCode::OK && page.contains("正文还在"));
        assert_eq!(page.contains(&format!("/@{handle}\"")), name, "{posts}");
        let own = town.get(&format!("/@{handle}")).await;
        assert_eq!(own.0 == StatusCode::OK, name);
    }
}

on_both_databases!(what_is_to_go_is_nowhere_any_more, what_stays_stays_with_or_without_the_name);
