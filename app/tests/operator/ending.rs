//! How things end: signals, wrong words, files that broke.

use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::common::{Served, run};

#[tokio::test]
async fn half_a_request_does_not_keep_a_server_from_ending() {
    let home = tempfile::tempdir().unwrap();
    let mut served = Served::start(&home.path().join("data"), &[]);
    served.becomes("/readyz", 200).await;
    let mut half = tokio::net::TcpStream::connect(&served.address).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: x").await.unwrap();
    let mut body = tokio::net::TcpStream::connect(&served.address).await.unwrap();
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nhandle=";
    body.write_all(head.as_bytes()).await.unwrap();
    let mut idle = tokio::net::TcpStream::connect(&served.address).await.unwrap();
    let whole = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    idle.write_all(whole.as_bytes()).await.unwrap();
    assert!(idle.read(&mut [0; 512]).await.unwrap() > 0, "the connection is used and kept");
    let took = served.terminate();
    assert!(took < Duration::from_secs(8), "it took {took:?} to end");
}

#[test]
fn wrong_words_are_named_in_words() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    assert_eq!(run(&data, &["migrate"]).0, 0);
    for (args, says) in [
        (["search", "x", "--kind", "sonnet"], "--kind: There is no such kind"),
        (["search", "x", "--author", "nobody"], "--author: There is no such author"),
        (["search", "x", "--limit", "9999"], "--limit: Use a limit from 1 to"),
        (["ask", " ", "--language", "en"], "the question is empty"),
    ] {
        let (code, _, err) = run(&data, &args);
        assert!(code == 2 && err.contains(says), "{args:?}: {code} {err}");
        assert!(!err.contains("search-"), "{err}");
    }
}

#[test]
fn a_damaged_database_is_called_that() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("xinghe.db"), "This is no database. ".repeat(500)).unwrap();
    let backup = home.path().join("b.db").display().to_string();
    for args in [&["search", "x"][..], &["backup", &backup], &["migrate"], &["doctor"]] {
        let (code, out, err) = run(&data, args);
        let said = out + &err;
        assert_eq!(code, 1, "{args:?}: {said}");
        assert!(said.contains("damaged") && said.contains("xinghe restore"), "{args:?}: {said}");
        assert!(!said.contains("there is no community") && !said.contains("nothing to back up"), "{args:?}: {said}");
    }
}

impl Served {
    /// Sends SIGTERM; answers how long it took to end.
    fn terminate(&mut self) -> Duration {
        let since = Instant::now();
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success() && self.child.wait().unwrap().success());
        since.elapsed()
    }
}
