//! PostgreSQL goes away under a running server, and comes back.

use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use xinghe_testkit::{TestDb, eventually};

use crate::common::Served;

/// Stands between the server and its database.
async fn forward(listener: TcpListener, to: String) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let to = to.clone();
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(&to).await {
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_say_so_and_recover_by_themselves() {
    let Some(db) = TestDb::postgres().await else { return };
    let (before, rest) = db.settings().url.rsplit_once('@').unwrap();
    let (real, path) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("{before}@{address}/{path}");
    let between = tokio::spawn(forward(listener, real.to_owned()));
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&home.path().join("data"), &["--database-url", &url]);
    served.becomes("/readyz", 200).await;
    served.becomes("/articles", 200).await;

    between.abort();
    let _ = between.await;
    served.becomes("/readyz", 503).await;
    let (_, body) = served.get("/readyz").await.unwrap();
    assert!(body.contains("application/problem+json") && body.contains(r#"{"check":"database"}"#), "{body}");
    // Not asked for before: a page that was serves guests from its copy for a while, database or not.
    let asked = Instant::now();
    let (status, page) = served.get("/questions").await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(6), "nobody waits for {:?} for what is gone", asked.elapsed());
    assert!(status == 503 && page.contains("text/html") && page.contains("<main"), "{page}");
    assert_eq!(served.get("/healthz").await.unwrap().0, 200, "the process lives: it need not be restarted");

    let told = |words: &str| served.log().matches(words).count();
    let gone = "the database does not answer; until it is back";
    eventually("the log says that the database went", async || told(gone) == 1).await;

    let listener = TcpListener::bind(address).await.unwrap();
    let between = tokio::spawn(forward(listener, real.to_owned()));
    served.becomes("/readyz", 200).await;
    served.becomes("/questions", 200).await;
    eventually("the log says that the database is back", async || told("the database answers again") == 1).await;
    assert_eq!(told(gone), 1, "each is said once");
    between.abort();
}
