//! The feature within the shell, with jobs and readers that do as they are told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use xinghe_core::content::AuthorCard;
use xinghe_core::event::{Event, Position, Recorded};
use xinghe_core::id::{AuthorId, JobId, SessionId};
use xinghe_core::ports::{Authors, PortResult};
use xinghe_observatory::{
    Budget, ChatModel, Deps, Embedding, IndexCounts, IndexGauge, Ledger, Models, Observatory, migrations,
};
use xinghe_store::{
    EventReader, JobError, JobHandler, JobRequest, JobRun, LocalReader, ReaderError, Readers, Schedule, UnitOfWork,
    Workers,
};
use xinghe_testkit::{SeededRandom, TestDb};
use xinghe_web::viewer::Sessions;
use xinghe_web::{Feature, Member, RouteInfo, WebSettings};

pub const MEMBER: u8 = 2;
pub const MODERATOR: u8 = 3;
pub const ADMINISTRATOR: u8 = 4;

struct People;

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let card = |id: AuthorId| {
            let (handle, name) = (format!("m{id}"), format!("成员{id}"));
            AuthorCard { id, handle, name, claimed: true, sample: false }
        };
        Ok(ids.iter().filter(|id| id.raw() < 100).map(|id| (*id, card(*id))).collect())
    }
    async fn by_handle(&self, _: &str) -> PortResult<Option<AuthorCard>> {
        Ok(None)
    }
}

#[async_trait]
impl Sessions for People {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<u8>() else { return Ok(None) };
        let role = match id {
            MODERATOR => xinghe_web::Role::Moderator,
            ADMINISTRATOR => xinghe_web::Role::Administrator,
            _ => xinghe_web::Role::Member,
        };
        let (handle, name) = (format!("m{id}"), format!("成员{id}"));
        let session = SessionId::from_raw(i64::from(id));
        Ok(Some(Member { id: AuthorId::from_raw(i64::from(id)), handle, name, role, lang: None, theme: None, session }))
    }
}

struct Gauge;

#[async_trait]
impl IndexGauge for Gauge {
    async fn counts(&self) -> PortResult<IndexCounts> {
        Ok(IndexCounts { posts: 12, passages: 48, embedded: 24, pending: 6 })
    }
}

/// Takes every event but number 13, unless `brave`.
#[derive(Default)]
pub struct Fussy {
    pub brave: AtomicBool,
    pub taken: AtomicUsize,
}

impl Fussy {
    fn take(&self, events: &[Recorded]) -> Result<(), ReaderError> {
        for recorded in events {
            if recorded.event == (Event::Probe { number: 13 }) && !self.brave.load(Ordering::SeqCst) {
                return Err(ReaderError::Poison("<thirteen>".into()));
            }
        }
        self.taken.fetch_add(events.len(), Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl EventReader for Fussy {
    fn name(&self) -> &'static str {
        "fussy"
    }
    async fn apply(&self, events: &[Recorded], _: &mut UnitOfWork) -> Result<(), ReaderError> {
        self.take(events)
    }
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        self.taken.store(0, Ordering::SeqCst);
        Ok(())
    }
}

/// The same on this node.
#[derive(Default)]
pub struct Near {
    pub fussy: Fussy,
    at: Mutex<Position>,
}

#[async_trait]
impl LocalReader for Near {
    fn name(&self) -> &'static str {
        "near"
    }
    async fn position(&self) -> Result<Position, ReaderError> {
        Ok(*self.at.lock().unwrap())
    }
    async fn apply(&self, events: &[Recorded]) -> Result<(), ReaderError> {
        self.fussy.take(events)?;
        *self.at.lock().unwrap() = events.last().unwrap().position;
        Ok(())
    }
    async fn reset(&self) -> Result<(), ReaderError> {
        *self.at.lock().unwrap() = Position::START;
        self.fussy.taken.store(0, Ordering::SeqCst);
        Ok(())
    }
}

/// Fails until it is `brave`.
#[derive(Default)]
pub struct Worker {
    pub brave: AtomicBool,
    pub runs: AtomicUsize,
}

#[async_trait]
impl JobHandler for Worker {
    fn kind(&self) -> &'static str {
        "test.work"
    }
    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        job.progress(3, Some(4), Some("at <three>")).await?;
        if self.brave.load(Ordering::SeqCst) { Ok(()) } else { Err(JobError::Fatal("no <luck>\r\n".into())) }
    }
}

pub struct Site {
    pub db: TestDb,
    pub router: Router,
    pub table: Vec<RouteInfo>,
    pub readers: Readers,
    pub workers: Workers,
    pub worker: Arc<Worker>,
    pub fussy: Arc<Fussy>,
    pub near: Arc<Near>,
    pub ledger: Arc<Ledger>,
    pub stop: CancellationToken,
    pub feature: Arc<Observatory>,
}

pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub kind: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
}

impl Site {
    pub async fn new(db: TestDb) -> Self {
        let embedding = Embedding::Missing { file: "/nowhere/model".into() };
        let chat = Some(ChatModel { model: "writer-1".into(), url: "https://models.example".into() });
        Self::with(db, Models { embedding, chat }, Budget { day: Some(100), ..Budget::default() }).await
    }

    pub async fn with(db: TestDb, models: Models, budget: Budget) -> Self {
        let store = db.store().clone();
        store.migrate(&migrations()).await.unwrap();
        let stop = CancellationToken::new();
        let ledger = Arc::new(Ledger::new(store.clone(), budget));
        let deps = Deps {
            store: store.clone(),
            authors: Arc::new(People),
            ledger: ledger.clone(),
            models,
            index: Arc::new(Gauge),
            stop: stop.clone(),
        };
        let feature = Arc::new(Observatory::new(deps, String::new, None));
        let (fussy, near, worker) =
            (Arc::new(Fussy::default()), Arc::new(Near::default()), Arc::new(Worker::default()));
        let mut following = feature.readers();
        following.push(fussy.clone());
        let readers = Readers::new(store.clone(), following, vec![near.clone()]);
        let nightly = Schedule { name: "test.nightly", cron: "0 3 * * *", job: "test.work" };
        feature.attend(readers.clone(), vec![nightly.clone()]);
        let mut settings = WebSettings::new("http://localhost");
        (settings.limits.write, settings.limits.read) = (10_000, 10_000);
        let random = Arc::new(SeededRandom::new(1));
        let all: [Arc<dyn Feature>; 1] = [feature.clone()];
        let shell = xinghe_web::shell::build(&all, settings, Arc::new(People), db.clock().clone(), random).unwrap();
        let workers = Workers::new(store, vec![worker.clone()], vec![nightly]);
        let (router, table) = (shell.router, shell.table);
        Self { db, router, table, readers, workers, worker, fussy, near, ledger, stop, feature }
    }

    /// Appends events, each in a transaction of its own.
    pub async fn append(&self, events: &[Event]) {
        for event in events {
            let mut unit = self.db.store().begin().await.unwrap();
            unit.append(None, event).await.unwrap();
            unit.commit().await.unwrap();
        }
    }

    /// Queues a job.
    pub async fn queue(&self) -> JobId {
        let mut unit = self.db.store().begin().await.unwrap();
        let id = unit.enqueue(&JobRequest::new("test.work", &())).await.unwrap().unwrap();
        unit.commit().await.unwrap();
        id
    }

    fn request(who: u8, method: Method, path: &str, kind: &str, body: &str) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if who > 0 {
            let (name, value) = if path.starts_with("/api/") {
                (header::AUTHORIZATION, format!("Bearer {who}"))
            } else {
                (header::COOKIE, format!("xinghe_session={who}"))
            };
            request = request.header(name, value).header("Sec-Fetch-Site", "same-origin");
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        request.header(header::ACCEPT_LANGUAGE, "en").body(Body::from(body.to_owned())).unwrap()
    }

    async fn call(&self, who: u8, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        let response = self.router.clone().oneshot(Self::request(who, method, path, kind, body)).await.unwrap();
        let get = |name| response.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (status, location, kind) = (response.status(), get(header::LOCATION), get(header::CONTENT_TYPE));
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, kind, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub async fn get(&self, who: u8, path: &str) -> Answer {
        self.call(who, Method::GET, path, "", "").await
    }

    /// Presses a button.
    pub async fn press(&self, who: u8, path: &str, fields: &str) -> Answer {
        self.call(who, Method::POST, path, "application/x-www-form-urlencoded", fields).await
    }

    /// Posts JSON.
    pub async fn post(&self, who: u8, path: &str, body: &str) -> Answer {
        let kind = if body.is_empty() { "" } else { "application/json" };
        self.call(who, Method::POST, path, kind, body).await
    }

    /// The beginning of a stream, as an administrator sees it.
    pub async fn stream(&self, path: &str) -> (Answer, Body) {
        let request = Self::request(ADMINISTRATOR, Method::GET, path, "", "");
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, kind) = (response.status(), response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned());
        let mut body = response.into_body();
        let text = next(&mut body).await;
        (Answer { status, location: String::new(), kind, text }, body)
    }
}

/// The next piece of a stream; nothing at its end.
pub async fn next(body: &mut Body) -> String {
    match body.frame().await {
        Some(frame) => String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap(),
        None => String::new(),
    }
}
