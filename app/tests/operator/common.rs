//! The binary, run as an operator runs it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use xinghe_testkit::eventually;

/// The binary on a data folder, with nothing of this machine's settings.
pub fn xinghe(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinghe"));
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("XINGHE_")) {
        command.env_remove(name);
    }
    command.env("XINGHE_DATA_DIR", data).args(args).stdin(Stdio::null());
    command
}

/// Runs it to its end; answers its exit code, standard output and standard error.
pub fn run(data: &Path, args: &[&str]) -> (i32, String, String) {
    told(&xinghe(data, args).output().unwrap())
}

pub fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A server, ended with the test.
pub struct Served {
    pub child: Child,
    pub address: String,
    log: PathBuf,
}

impl Served {
    pub fn start(data: &Path, args: &[&str]) -> Self {
        // Free at this moment: the listener is gone before the server starts.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut command = xinghe(data, &["serve", "--empty", "--listen", &address]);
        let log = data.with_extension("log");
        let written = std::fs::File::create(&log).unwrap();
        let child = command.args(args).stdout(Stdio::null()).stderr(written).spawn().unwrap();
        Self { child, address, log }
    }

    /// What it said until now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Status and body of a page; `None` where nobody listens.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = tokio::net::TcpStream::connect(&self.address).await.ok()?;
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(head.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer))
    }

    pub async fn becomes(&self, path: &str, status: u16) {
        let what = format!("{path} answers {status}");
        eventually(&what, async || self.get(path).await.is_some_and(|(s, _)| s == status)).await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
