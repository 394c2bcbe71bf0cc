//! The whole product as `app` wires it, on a database of a test, asked in this process.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderName, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use xinghe::community::{Community, migrations};
use xinghe::settings::{EmbedderKind, Settings};
use xinghe_accounts::model::{Client, Registration, TokenWish};
use xinghe_core::AuthorId;
use xinghe_store::{JobRequest, Queries};
use xinghe_testkit::TestDb;
use xinghe_web::{Role, Scopes, Shell};

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Stranger,
    Member,
    Other,
    Moderator,
    Administrator,
}

impl Who {
    pub const ALL: [Self; 5] = [Self::Stranger, Self::Member, Self::Other, Self::Moderator, Self::Administrator];

    pub fn role(self) -> Option<Role> {
        match self {
            Self::Stranger => None,
            Self::Member | Self::Other => Some(Role::Member),
            Self::Moderator => Some(Role::Moderator),
            Self::Administrator => Some(Role::Administrator),
        }
    }
}

/// A request.
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub kind: String,
    body: Vec<u8>,
    headers: HeaderMap,
    cookie: bool,
    /// Whether it comes from a page of this site.
    pub from_here: bool,
}

impl Ask {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        let cookie = !["/api/", "/v1/", "/a2a"].iter().any(|folder| path.starts_with(folder));
        Self { method, path, kind: String::new(), body: Vec::new(), headers: HeaderMap::new(), cookie, from_here: true }
    }

    pub fn body(self, kind: &str, body: Vec<u8>) -> Self {
        Self { kind: kind.to_owned(), body, ..self }
    }

    pub fn json(self, value: &serde_json::Value) -> Self {
        self.body("application/json", value.to_string().into_bytes())
    }

    pub fn form(self, fields: &str) -> Self {
        self.body("application/x-www-form-urlencoded", fields.as_bytes().to_vec())
    }

    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header's value"));
        self
    }

    /// Says who asks by cookie, as a browser does, also to the API.
    pub fn by_cookie(self) -> Self {
        Self { cookie: true, ..self }
    }

    /// The beginning of the body, to be told in a report.
    pub fn beginning(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(60)]).into_owned()
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{}: {e}: {}", self.status, self.text()))
    }

    /// Whether it is a problem document (RFC 9457) of this status.
    pub fn is_problem(&self, status: StatusCode) -> Result<(), String> {
        let kind = self.header(header::CONTENT_TYPE);
        if self.status != status || kind != "application/problem+json" {
            return Err(format!("{} as {kind:?} instead of a problem of {status}", self.status));
        }
        let problem: serde_json::Value = serde_json::from_slice(&self.body).map_err(|e| e.to_string())?;
        let said = |key: &str| problem[key].as_str().is_some_and(|s| !s.is_empty());
        let whole =
            problem["status"] == status.as_u16() && ["type", "title", "detail", "request_id"].into_iter().all(said);
        if whole { Ok(()) } else { Err(format!("a problem that lacks something: {problem}")) }
    }

    /// Whether it is a page of this status.
    pub fn is_page(&self, status: StatusCode) -> Result<(), String> {
        let kind = self.header(header::CONTENT_TYPE);
        let page = kind.starts_with("text/html") && self.text().contains("<main");
        if self.status == status && page {
            Ok(())
        } else {
            Err(format!("{} as {kind:?} instead of a page of {status}", self.status))
        }
    }
}

/// Every byte as `%XX`.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

pub struct Site {
    pub shell: Shell,
    community: Community,
    db: TestDb,
    members: Vec<(Who, AuthorId)>,
    /// Of who asked last.
    session: Mutex<Option<(Who, String)>>,
    _data: tempfile::TempDir,
}

impl Site {
    pub async fn open(db: TestDb) -> Self {
        Self::open_with(db, |_| {}).await
    }

    /// With other settings than usual.
    pub async fn open_with(db: TestDb, set: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut settings = Settings { data_dir: data.path().to_path_buf(), ..Settings::default() };
        settings.ai.embedder = EmbedderKind::None;
        set(&mut settings);
        db.store().migrate(&migrations()).await.expect("all tables are made");
        let community = Community::over(settings, db.store().clone(), String::new).expect("the features fit together");
        let shell = community.shell().expect("the routes fit together");
        community.readers().catch_up().await.expect("the log is read");
        community.readiness.follow(community.readers());
        let mut members = Vec::new();
        for (who, handle) in [
            (Who::Member, "member1"),
            (Who::Other, "member2"),
            (Who::Moderator, "moderator1"),
            (Who::Administrator, "admin1"),
        ] {
            let password = PASSWORD.to_owned();
            let wish = Registration { handle: handle.to_owned(), name: handle.to_owned(), password, language: None };
            let role = who.role().expect("a member has a role");
            members.push((who, community.accounts.add_member(None, &wish, role).await.expect("a member")));
        }
        Self { shell, community, db, members, session: Mutex::default(), _data: data }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.db.clock().advance(by);
    }

    /// A session; a new one where the last request may have ended its own.
    async fn token(&self, who: Who) -> Option<String> {
        let (_, id) = self.members.iter().find(|(w, _)| *w == who)?;
        if let Some((_, token)) = self.session.lock().expect("a lock").as_ref().filter(|(w, _)| *w == who) {
            return Some(token.clone());
        }
        let session = self.community.accounts.open_session(*id, &Client::default()).await.expect("a session");
        *self.session.lock().expect("a lock") = Some((who, session.token.clone()));
        Some(session.token)
    }

    /// A personal access token with these scopes.
    pub async fn access_token(&self, who: Who, scopes: &str) -> String {
        let (_, id) = self.members.iter().find(|(w, _)| *w == who).expect("a member");
        let wish = TokenWish { name: scopes.to_owned(), scopes: Scopes::parse(scopes), days: 300 };
        self.community.accounts.make_token(*id, PASSWORD, &wish).await.expect("a token").secret
    }

    pub async fn ask(&self, who: Who, ask: Ask) -> Answer {
        let token = self.token(who).await;
        let ends = !ask.method.is_safe() && ["/me", "session", "sign", "settings"].iter().any(|p| ask.path.contains(p));
        let answer = self.ask_with(token.as_deref(), ask).await;
        if ends {
            *self.session.lock().expect("a lock") = None;
        }
        answer
    }

    pub async fn ask_with(&self, token: Option<&str>, ask: Ask) -> Answer {
        // Past every rate limit; what is limited is tested elsewhere.
        self.advance(Duration::from_secs(10));
        let mut request = Request::builder().method(&ask.method).uri(&ask.path).header(header::HOST, "xinghe.test");
        if !ask.kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, &ask.kind);
        }
        if let Some(token) = token {
            request = if ask.cookie {
                request.header(header::COOKIE, format!("xinghe_session={token}"))
            } else {
                request.header(header::AUTHORIZATION, format!("Bearer {token}"))
            };
        }
        if ask.cookie && ask.from_here {
            request = request.header("sec-fetch-site", "same-origin");
        }
        let mut request = match request.body(Body::from(ask.body)) {
            Ok(request) => request,
            Err(error) => panic!("{}: {error}", ask.path),
        };
        request.headers_mut().extend(ask.headers);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4_000))));
        let response = self.shell.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        // A stream of events may never end; that it was let in is enough.
        let streams = parts.headers.get(header::CONTENT_TYPE).is_some_and(|k| k == "text/event-stream");
        let body = if streams { Vec::new() } else { body.collect().await.expect("a body").to_bytes().to_vec() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Lets the readers read the log.
    pub async fn read(&self) {
        self.community.readers().catch_up().await.expect("the log is read");
    }

    /// Lets the readers read and the jobs be done until nothing is left.
    pub async fn work(&self) {
        self.read().await;
        while self.community.workers().drain().await.expect("jobs are done") > 0 {
            self.read().await;
        }
    }

    /// Queues a job that has no payload, and has it done.
    pub async fn job(&self, kind: &'static str) {
        let mut unit = self.db.store().begin().await.expect("a unit of work");
        unit.enqueue(&JobRequest::new(kind, &serde_json::json!({}))).await.expect("queued");
        unit.commit().await.expect("committed");
        self.work().await;
    }

    /// Lets a reader read the whole log anew.
    pub async fn rebuild(&self, reader: &str) {
        self.community.readers().rebuild(reader).await.expect("there is such a reader");
        self.read().await;
    }

    /// How many events there are, sessions apart, which are none.
    pub async fn events(&self) -> i64 {
        let sql = "SELECT COUNT(*) AS value FROM events";
        self.db.store().number(sql, vec![]).await.expect("counted").unwrap_or_default()
    }
}
