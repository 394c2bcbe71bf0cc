//! What a member takes along from one community is read back by another, and nobody else gets it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use xinghe::community::{Community, migrations};
use xinghe::settings::{EmbedderKind, Settings};
use xinghe_accounts::model::{Client, NewSession, Registration};
use xinghe_core::ports::Posts as _;
use xinghe_core::{AuthorId, LangTag, PostId, PostKind, PostView, Provenance};
use xinghe_importer::{How, Limits, Reach, Report, Source, import};
use xinghe_net::{Fetcher, Reachable};
use xinghe_posts::commands;
use xinghe_posts::model::{Actor, Draft};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::{Role, Shell};

/// A grey point.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";
const PASSWORD: &str = "correct horse battery";

struct Town {
    community: Community,
    shell: Shell,
    db: TestDb,
    _data: tempfile::TempDir,
}

impl Town {
    async fn open(db: TestDb, public_url: &str) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut settings = Settings { data_dir: data.path().to_path_buf(), ..Settings::default() };
        settings.public_url = Some(public_url.to_owned());
        settings.ai.embedder = EmbedderKind::None;
        db.store().migrate(&migrations()).await.expect("all tables are made");
        let community = Community::over(settings, db.store().clone(), String::new).expect("the features fit together");
        let shell = community.shell().expect("the routes fit together");
        Self { community, shell, db, _data: data }
    }

    async fn member(&self, handle: &str) -> (AuthorId, NewSession) {
        let (handle, password) = (handle.to_owned(), PASSWORD.to_owned());
        let wish = Registration { name: handle.clone(), handle, password, language: None };
        let id = self.community.accounts.add_member(None, &wish, Role::Member).await.expect("a member");
        let session = self.community.accounts.open_session(id, &Client::default()).await.expect("a session");
        (id, session)
    }

    async fn write(&self, by: AuthorId, kind: PostKind, parent: Option<PostId>, draft: &Draft) -> PostId {
        self.db.clock().advance(Duration::from_secs(60));
        let actor = Actor { id: by, moderates: false };
        commands::create(self.db.store(), actor, kind, parent, draft).await.expect("it is written").post
    }

    async fn ask(&self, method: Method, path: &str, token: Option<&str>, form: &str) -> (StatusCode, String, Vec<u8>) {
        self.db.clock().advance(Duration::from_secs(10));
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "star.example");
        if let Some(token) = token {
            request = request.header(header::COOKIE, format!("__Host-xinghe={token}"));
        }
        let request = request
            .header("sec-fetch-site", "same-origin")
            // As a browser would have it: packed on the way, where the form says so.
            .header(header::ACCEPT_ENCODING, if form == "packed" { "br" } else { "identity" })
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from(form.to_owned())).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4_000))));
        let response = self.shell.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        (parts.status, location.to_owned(), body)
    }

    async fn take_in(&self, file: &std::path::Path) -> Report {
        let scratch = tempfile::tempdir().expect("a folder");
        let reach = Reach {
            fetcher: Fetcher::new(Reachable::public(), xinghe_net::Limits::default(), "test"),
            scratch: scratch.path().to_path_buf(),
            limits: Limits::default(),
            crates: None,
            cargo_home: None,
        };
        let source = Source::of(&file.display().to_string()).expect("an archive");
        import(&source, &reach, &self.community.import_ports(), &How::default(), &|_| {}).await.expect("it runs")
    }

    /// All posts that are to be seen, the oldest first.
    async fn posts(&self) -> Vec<PostView> {
        let ids = self.community.posts.ids_after(None, 1_000).await.expect("read");
        let mut posts: Vec<PostView> = self.community.posts.posts(&ids).await.expect("read").into_values().collect();
        posts.sort_by_key(|p| p.published_at);
        posts
    }
}

async fn another(db: &TestDb) -> TestDb {
    if db.folder().is_some() { TestDb::sqlite().await } else { TestDb::postgres().await.expect("the same server") }
}

fn draft(title: &str, body: &str) -> Draft {
    Draft { title: title.to_owned(), body: body.to_owned(), ..Draft::default() }
}

async fn what_is_taken_along_is_read_back_elsewhere(db: TestDb) {
    let second = another(&db).await;
    let town = Town::open(db, "https://star.example").await;
    let (ada, session) = town.member("ada").await;
    let (ben, others) = town.member("ben").await;
    let first = Draft {
        tags: vec!["Rust".into(), "所有权".into()],
        licence: "CC-BY-4.0".into(),
        language: LangTag::try_from("zh-Hant".to_owned()).ok(),
        provenance: Provenance::AiAssisted,
        ..draft(
            "所有權：\"借用\" # 與 --- 移動",
            "作者：不是這行\n\n# 所有權\n\n---\n\n第一段。  \n硬換行。\n\n```rust\nfn main() {}\n```\n\n    縮排",
        )
    };
    let article = town.write(ada, PostKind::Article, None, &first).await;
    let picture = town.community.pictures.add(ada, PNG.into()).await.expect("a picture").name;
    let linked = format!("见[前文](/posts/{article})，和[别人的](/posts/999)。![图](/pictures/{picture})");
    let question = town.write(ada, PostKind::Question, None, &draft("怎么测试时间？", &linked)).await;
    let answer = town.write(ben, PostKind::Answer, Some(question), &draft("", "把时钟当参数。")).await;
    let own = town.write(ada, PostKind::Answer, Some(question), &draft("", "我自己也找到了：手动时钟。")).await;
    town.write(ada, PostKind::Comment, Some(article), &draft("", "补一句。")).await;
    let reply = town.write(ada, PostKind::Comment, Some(answer), &draft("", "谢谢，确实如此。")).await;
    town.write(ada, PostKind::Moment, None, &draft("", "今天写了测试 #Rust#")).await;
    let gone = town.write(ada, PostKind::Article, None, &draft("写错了", "删掉的正文。")).await;
    let actor = Actor { id: ada, moderates: false };
    commands::accept(town.db.store(), actor, question, own).await.expect("accepted");
    commands::delete(town.db.store(), actor, gone).await.expect("deleted");
    town.write(ben, PostKind::Article, None, &draft("别人的文章", "不该带走。")).await;
    let page = "/settings/data";
    let token = Some(session.token.as_str());
    let (status, _, _) = town.ask(Method::POST, page, token, "confirm=not+my+password").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("confirm={}", PASSWORD.replace(' ', "+"));
    let (status, to, _) = town.ask(Method::POST, page, token, &form).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/settings/data?done=started"));
    town.community.workers().drain().await.expect("the archive is made");
    let (status, _, text) = town.ask(Method::GET, page, token, "").await;
    assert!(status == StatusCode::OK && String::from_utf8_lossy(&text).contains("/settings/data/archive"));
    let taken = "/settings/data/archive";
    let (status, _, _) = town.ask(Method::GET, taken, Some(&others.token), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "it is hers alone");
    let (_, to, _) = town.ask(Method::GET, taken, None, "").await;
    assert!(to.starts_with("/sign-in"), "{to}");
    let (status, _, zip) = town.ask(Method::GET, taken, token, "").await;
    assert_eq!(status, StatusCode::OK);
    let (status, _, packed) = town.ask(Method::GET, taken, token, "packed").await;
    assert!(status == StatusCode::OK && !packed.is_empty());
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("first.zip");
    std::fs::write(&file, &zip).expect("written");
    check_files(&zip, &[answer, reply]);

    let there = Town::open(second, "https://moon.example").await;
    there.db.clock().advance(Duration::from_secs(86_400));
    let report = there.take_in(&file).await;
    assert_eq!((report.created, report.failed.len()), (5, 0), "{report:?}");
    assert_eq!(report.skipped.iter().filter(|l| l.path.ends_with(".md")).count(), 3, "{:?}", report.skipped);
    let before: Vec<PostView> =
        town.posts().await.into_iter().filter(|p| p.author() == Some(ada) && p.id != reply).collect();
    let after = there.posts().await;
    assert_eq!(after.len(), before.len());
    let cards = there.community.posts.posts(&after.iter().map(|p| p.id).collect::<Vec<_>>()).await.expect("read").len();
    assert_eq!(cards, after.len());
    for (old, new) in before.iter().zip(&after) {
        let same = |v: &PostView| (v.kind, v.title.clone(), v.tags.clone(), v.published_at, v.language.clone());
        assert_eq!(same(new), same(old));
        assert_eq!((&new.licence, new.provenance, new.accepted), (&old.licence, old.provenance, old.accepted));
        if new.kind != PostKind::Question {
            assert_eq!(new.body, old.body);
        }
    }
    let at = |kind: PostKind| after.iter().find(|p| p.kind == kind).expect("there");
    let (asked, written) = (at(PostKind::Question), at(PostKind::Article));
    let author = asked.author().expect("someone wrote it");
    let (pictures, _) = there.community.pictures.list(author, None, 9).await.expect("read");
    assert!(report.pictures == 1 && pictures.len() == 1 && pictures[0].name != picture, "{report:?}");
    let here = format!("![图](/pictures/{})", pictures[0].name);
    let expected = format!("见[前文](/posts/{})，和[别人的](https://star.example/posts/999)。{here}", written.id);
    assert_eq!(asked.body, expected, "links lead on, and pictures came along");
    assert_eq!(at(PostKind::Answer).parent, Some(asked.id));
    assert_eq!(at(PostKind::Comment).parent, Some(written.id));
    let renamed = home.path().join("again.zip");
    std::fs::rename(&file, &renamed).expect("moved");
    let again = there.take_in(&renamed).await;
    assert_eq!((again.created, again.revised, again.unchanged), (0, 0, 5), "however the archive is called");
}

/// What is in an archive and what is not.
fn check_files(bytes: &[u8], others: &[PostId]) {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let mut all = String::new();
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    for n in 0..zip.len() {
        let mut file = zip.by_index(n).expect("a file");
        if !file.name().starts_with("xinghe-ada/pictures/") {
            std::io::Read::read_to_string(&mut file, &mut all).expect("text");
        }
    }
    for file in [
        "README.md",
        "xinghe.json",
        "account/profile.json",
        "account/sessions.json",
        "reactions/bookmarks.json",
        "notifications/settings.json",
        "twin/settings.json",
        "twin/ledger.json",
        "moderation/reports.json",
        "series.json",
        "pictures.json",
        "messages/settings.json",
    ] {
        assert!(names.contains(&format!("xinghe-ada/{file}")), "{file} is missing: {names:?}");
    }
    assert!(names.iter().any(|n| n.starts_with("xinghe-ada/deleted/")), "what she deleted is hers, too");
    assert!(!names.iter().any(|n| n.contains(&others[0].to_string())), "what others wrote is theirs");
    assert!(names.iter().any(|n| n.contains(&others[1].to_string())));
    assert!(!all.contains("不该带走") && !all.contains("argon2"), "no others' words and no secrets");
}

on_both_databases!(what_is_taken_along_is_read_back_elsewhere);
