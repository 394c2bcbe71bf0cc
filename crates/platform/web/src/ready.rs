//! Whether this node can serve, for load balancers and service managers: `/healthz` and `/readyz`.
//!
//! A server listens before it is open, so that a second one on the same address fails at once and probes get an
//! answer during long migrations. Until then [`Gate`] stands in front: probes are answered, everybody else waits.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use xinghe_store::{Queries, Readers, Store};

use crate::errors::AppError;
use crate::layers::present::{AsIs, problem_of};
use crate::page::PageContext;

/// How long the database may take to answer a probe.
const PROBE: Duration = Duration::from_secs(2);
/// How often the database is looked after without anybody asking.
const LOOK: Duration = Duration::from_secs(2);
/// Bytes that a disk must still take: what a few requests write.
const ROOM: usize = 256 * 1024;
/// How long a request waits for the server to open before it is sent away.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a node cannot serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What is missing: `starting` (tables and index are being opened), `database` (it does not answer), `disk` (the
    /// data folder cannot be written, for instance because it is full) or `reader` (something this node derives from
    /// the log is still incomplete).
    pub check: &'static str,
    /// Which one, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
}

/// Tells whether this node can serve.
#[derive(Clone)]
pub struct Readiness {
    store: Store,
    readers: Arc<OnceLock<Readers>>,
    folder: Option<PathBuf>,
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("following", &self.readers.get().is_some()).finish_non_exhaustive()
    }
}

impl Readiness {
    /// Over a database whose migrations are applied.
    pub fn new(store: Store) -> Self {
        Self { store, readers: Arc::default(), folder: None }
    }

    /// The same, ready only while this folder can be written.
    #[must_use]
    pub fn writing_to(self, folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Writes to the log when the database goes and when it is back, each once, until `stop`. Requests say the same,
    /// but each for itself, and at night there may be none.
    pub async fn watch(&self, stop: CancellationToken) {
        let mut gone: Option<Instant> = None;
        while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
            match (self.database().await, gone) {
                (Err(error), None) => {
                    gone = Some(Instant::now());
                    tracing::error!(error, "the database does not answer; until it is back, pages answer with 503");
                }
                (Ok(()), Some(since)) => {
                    gone = None;
                    tracing::info!(seconds = since.elapsed().as_secs(), "the database answers again");
                }
                _ => {}
            }
        }
    }

    async fn database(&self) -> Result<(), String> {
        let asked = tokio::time::timeout(PROBE, self.store.number("SELECT CAST(1 AS BIGINT) AS value", vec![])).await;
        asked.map_err(|_| "no answer in time".to_owned())?.map(|_| ()).map_err(|e| e.to_string())
    }

    /// Whether the data folder takes a little more.
    async fn disk(&self) -> Result<(), String> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let write = move || tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&[0x58; ROOM]));
        let written = tokio::time::timeout(PROBE, tokio::task::spawn_blocking(write)).await;
        let written = written.map_err(|_| "no answer in time".to_owned())?.map_err(|e| e.to_string())?;
        written.map_err(|e| e.to_string())
    }

    /// The readers that run from now on; before, the node is not ready.
    pub fn follow(&self, readers: Readers) {
        // Set once: a process has one set of readers.
        let _ = self.readers.set(readers);
    }

    /// What is missing; nothing when the node can serve.
    pub async fn missing(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Err(error) = self.database().await {
            tracing::warn!(error, "not ready: the database does not answer");
            reasons.push(Reason { check: "database", name: None });
        }
        if let Err(error) = self.disk().await {
            tracing::warn!(error, "not ready: the data folder cannot be written");
            reasons.push(Reason { check: "disk", name: None });
        }
        match self.readers.get() {
            None => reasons.push(Reason { check: "starting", name: None }),
            Some(readers) => {
                reasons.extend(readers.behind().into_iter().map(|name| Reason { check: "reader", name: Some(name) }));
            }
        }
        reasons
    }
}

/// `/healthz`: the process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// `/readyz`: 200, or 503 with the reasons.
pub(crate) async fn readyz(ctx: PageContext, readiness: Readiness) -> Response {
    let reasons = readiness.missing().await;
    if reasons.is_empty() {
        return ([(header::CACHE_CONTROL, "no-store")], "ready").into_response();
    }
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let problem = problem_of(&AppError::unavailable("not ready"), status, &ctx);
    refusal(&serde_json::json!({
        "type": problem.kind, "title": problem.title, "status": problem.status, "detail": problem.detail,
        "instance": problem.instance, "request_id": problem.request_id, "reasons": reasons,
    }))
}

fn refusal(problem: &serde_json::Value) -> Response {
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, problem.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response.extensions_mut().insert(AsIs);
    response
}

/// Stands in front of a server that is still being opened.
#[derive(Debug, Default)]
pub struct Gate {
    open: watch::Sender<Option<Router>>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets requests through to this router, also those that wait.
    pub fn open(&self, router: Router) {
        self.open.send_replace(Some(router));
    }

    /// What to serve.
    pub fn router(&self) -> Router {
        let open = self.open.subscribe();
        Router::new().fallback(move |request: Request| pass(open.clone(), request))
    }
}

async fn pass(mut open: watch::Receiver<Option<Router>>, request: Request) -> Response {
    let inner = open.borrow().clone();
    let inner = match (inner, request.uri().path()) {
        (Some(inner), _) => Some(inner),
        (None, "/healthz") => return healthz().await.into_response(),
        (None, "/readyz") => None,
        (None, _) => {
            let waited = tokio::time::timeout(PATIENCE, open.wait_for(Option::is_some)).await;
            waited.ok().and_then(Result::ok).and_then(|router| router.clone())
        }
    };
    let path = request.uri().path().to_owned();
    match inner {
        Some(inner) => inner.oneshot(request).await.into_response(),
        None => refusal(&serde_json::json!({
            "type": "/api#problem-unavailable", "title": "Starting · 正在启动 · 正在啟動", "status": 503,
            "detail": "The server is being started; try again soon. 服务器正在启动，请稍后再试。伺服器正在啟動，請稍後再試。",
            "instance": path, "reasons": [Reason { check: "starting", name: None }],
        })),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt;

    use super::*;

    async fn ask(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_closed_gate_answers_probes_and_lets_others_wait() {
        let gate = Gate::new();
        let router = gate.router();
        assert_eq!(ask(&router, "/healthz").await, (StatusCode::OK, "ok".to_owned()));
        let (status, body) = ask(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains(r#"[{"check":"starting"}]"#), "{body}");
        let waiting = tokio::spawn({
            let router = router.clone();
            async move { ask(&router, "/page").await }
        });
        gate.open(Router::new().route("/page", axum::routing::get(|| async { "here" })));
        assert_eq!(waiting.await.unwrap(), (StatusCode::OK, "here".to_owned()));
        assert_eq!(ask(&router, "/nothing").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_disk_that_takes_nothing_is_a_reason() {
        let db = xinghe_testkit::TestDb::sqlite().await;
        let readers = Readers::new(db.store().clone(), Vec::new(), Vec::new());
        let home = tempfile::tempdir().unwrap();
        let readiness = Readiness::new(db.store().clone()).writing_to(home.path().to_owned());
        readiness.follow(readers);
        assert_eq!(readiness.missing().await, []);
        let readiness = readiness.writing_to(home.path().join("gone"));
        assert_eq!(readiness.missing().await, [Reason { check: "disk", name: None }]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_too_long_is_sent_away() {
        let gate = Gate::new();
        assert_eq!(ask(&gate.router(), "/page").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
}
