//! Fetching with limits.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, redirect};
use url::Url;

use crate::{NetError, Reachable};

/// How far a request may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an answer, after decompression.
    pub bytes: u64,
    /// Redirects that are followed.
    pub redirects: usize,
    /// Seconds for one hop, from connecting to the last byte.
    pub seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 20_000_000, redirects: 5, seconds: 30 }
    }
}

/// What an address gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The address after redirects.
    pub url: Url,
    /// The `Content-Type`, if any.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Fetches addresses that people typed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    reachable: Reachable,
    limits: Limits,
    agent: String,
}

impl Fetcher {
    /// A fetcher that names itself `agent` to servers.
    pub fn new(reachable: Reachable, limits: Limits, agent: impl Into<String>) -> Self {
        Self { reachable, limits, agent: agent.into() }
    }

    /// What may be reached.
    pub fn reachable(&self) -> &Reachable {
        &self.reachable
    }

    /// The same fetcher with room for answers of up to `bytes`.
    #[must_use]
    pub fn with_bytes(mut self, bytes: u64) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Gets an address, following redirects; `accept` is the `Accept` header.
    ///
    /// # Errors
    /// See [`NetError`].
    pub async fn get(&self, url: &Url, accept: &str) -> Result<Fetched, NetError> {
        self.get_judged(url, accept, &|_| self.limits.bytes).await
    }

    /// The same, where the first bytes of the answer tell how many it may have.
    ///
    /// # Errors
    /// See [`NetError`].
    pub async fn get_judged(
        &self,
        url: &Url,
        accept: &str,
        room: &(dyn Fn(&[u8]) -> u64 + Send + Sync),
    ) -> Result<Fetched, NetError> {
        let mut here = url.clone();
        for _ in 0..=self.limits.redirects {
            let addresses = self.reachable.resolve(&here).await?;
            let response = self.hop(&here, &addresses, accept).await?;
            let status = response.status();
            if status.is_redirection()
                && let Some(next) = response.headers().get(LOCATION)
            {
                let next = next.to_str().ok().and_then(|n| here.join(n).ok());
                here = next.ok_or_else(|| NetError::Unreachable {
                    url: told(&here),
                    reason: "its redirect names no address".to_owned(),
                })?;
                continue;
            }
            if !status.is_success() {
                return Err(NetError::Status { url: told(&here), status: status.as_u16() });
            }
            return self.read(here, response, room).await;
        }
        Err(NetError::Redirects { url: told(url), limit: self.limits.redirects })
    }

    /// Sends one request as it is to its checked address, and answers whatever status comes back: for protocols, which
    /// know what a status means. No redirect is followed.
    ///
    /// # Errors
    /// See [`NetError`].
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetError> {
        let shown = request.uri().to_string();
        let url = Url::parse(&shown).map_err(|_| NetError::NotHttp { url: shown })?;
        let addresses = self.reachable.resolve(&url).await?;
        let request = reqwest::Request::try_from(request).map_err(|e| self.broken(&url, &e))?;
        let response = self.client(&url, &addresses)?.execute(request).await.map_err(|e| self.broken(&url, &e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let got = self.read(url, response, &|_| self.limits.bytes).await?;
        let mut answer = http::Response::new(got.bytes);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// One request, to the checked addresses only.
    async fn hop(&self, url: &Url, addresses: &[SocketAddr], accept: &str) -> Result<Response, NetError> {
        let client = self.client(url, addresses)?;
        client.get(url.clone()).header(ACCEPT, accept).send().await.map_err(|e| self.broken(url, &e))
    }

    fn client(&self, url: &Url, addresses: &[SocketAddr]) -> Result<Client, NetError> {
        // A provider may be installed already; then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would resolve the name again, unchecked.
            .no_proxy()
            .timeout(Duration::from_secs(self.limits.seconds))
            .user_agent(&self.agent);
        if let Some(host) = url.domain() {
            client = client.resolve_to_addrs(host, addresses);
        }
        client.build().map_err(|e| self.broken(url, &e))
    }

    async fn read(
        &self,
        url: Url,
        response: Response,
        room: &(dyn Fn(&[u8]) -> u64 + Send + Sync),
    ) -> Result<Fetched, NetError> {
        let said = response.content_length().unwrap_or_default();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut bytes: Vec<u8> = Vec::new();
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|e| self.broken(&url, &e))?;
            let limit = room(if bytes.is_empty() { &chunk } else { &bytes });
            if said.max(bytes.len() as u64 + chunk.len() as u64) > limit {
                return Err(NetError::TooLarge { url: told(&url), limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched { url, content_type, bytes })
    }

    fn broken(&self, url: &Url, error: &reqwest::Error) -> NetError {
        let url = told(url);
        if error.is_timeout() {
            return NetError::Timeout { url, seconds: self.limits.seconds };
        }
        // The innermost cause says what happened; the outer ones repeat the address.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        NetError::Unreachable { url, reason: cause.to_string() }
    }
}

/// An address without the name and password that may stand in it: for messages, logs and the database.
pub fn without_secrets(url: &Url) -> Url {
    let mut shown = url.clone();
    // Only addresses without a host refuse, and those hold none.
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    shown
}

fn told(url: &Url) -> String {
    without_secrets(url).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    fn fetcher(reachable: Reachable, limits: Limits) -> Fetcher {
        Fetcher::new(reachable, limits, "xinghe-test")
    }

    fn at(server: &MockServer, p: &str) -> Url {
        Url::parse(&format!("{}{p}", server.uri())).expect("an address")
    }

    async fn server() -> MockServer {
        let server = MockServer::start().await;
        Mock::given(path("/ok"))
            .respond_with(ResponseTemplate::new(200).set_body_raw("hello", "text/plain"))
            .mount(&server)
            .await;
        let redirect = |to: &str| ResponseTemplate::new(302).insert_header("location", to);
        Mock::given(path("/there")).respond_with(redirect("/ok")).mount(&server).await;
        Mock::given(path("/round")).respond_with(redirect("/round")).mount(&server).await;
        Mock::given(path("/inside")).respond_with(redirect("http://[::1]:9/secret")).mount(&server).await;
        Mock::given(path("/file")).respond_with(redirect("file:///etc/passwd")).mount(&server).await;
        server
    }

    #[tokio::test]
    async fn an_allowed_host_answers_and_redirects_are_followed() {
        let server = server().await;
        let fetcher = fetcher(Reachable::with_hosts(["127.0.0.1"]), Limits::default());
        let got = fetcher.get(&at(&server, "/there"), "*/*").await.expect("an answer");
        assert_eq!(
            (got.bytes.as_slice(), got.url.path(), got.content_type.as_deref()),
            (b"hello".as_slice(), "/ok", Some("text/plain"))
        );
    }

    #[tokio::test]
    async fn private_addresses_are_refused_at_every_hop() {
        let server = server().await;
        let public = fetcher(Reachable::public(), Limits::default());
        assert!(matches!(public.get(&at(&server, "/ok"), "*/*").await, Err(NetError::Private { .. })));
        let one = fetcher(Reachable::with_hosts(["127.0.0.1"]), Limits::default());
        assert!(matches!(one.get(&at(&server, "/inside"), "*/*").await, Err(NetError::Private { .. })));
        assert!(matches!(one.get(&at(&server, "/file"), "*/*").await, Err(NetError::NotHttp { .. })));
    }

    #[tokio::test]
    async fn a_request_is_sent_as_it_is_and_any_status_answered() {
        let server = server().await;
        let ask = |p: &str| http::Request::post(at(&server, p).as_str()).body(b"x=1".to_vec()).expect("a request");
        let public = fetcher(Reachable::public(), Limits::default());
        assert!(matches!(public.send(ask("/ok")).await, Err(NetError::Private { .. })));
        let one = fetcher(Reachable::with_hosts(["127.0.0.1"]), Limits::default());
        assert_eq!(one.send(ask("/ok")).await.expect("an answer").body(), b"hello");
        assert_eq!(one.send(ask("/there")).await.expect("an answer").status(), 302, "redirects are not followed");
        assert_eq!(one.send(ask("/gone")).await.expect("an answer").status(), 404);
    }

    #[tokio::test]
    async fn limits_hold() {
        let server = server().await;
        let any = |limits| fetcher(Reachable::any(), limits);
        let small = any(Limits { bytes: 3, ..Limits::default() });
        assert!(matches!(small.get(&at(&server, "/ok"), "*/*").await, Err(NetError::TooLarge { limit: 3, .. })));
        let round = any(Limits { redirects: 2, ..Limits::default() });
        assert!(matches!(round.get(&at(&server, "/round"), "*/*").await, Err(NetError::Redirects { limit: 2, .. })));
        let gone = any(Limits::default()).get(&at(&server, "/gone"), "*/*").await;
        assert!(matches!(gone, Err(NetError::Status { status: 404, .. })));
    }

    #[tokio::test]
    async fn a_closed_port_is_named() {
        let url = Url::parse("http://127.0.0.1:1/").expect("an address");
        let error = fetcher(Reachable::any(), Limits::default()).get(&url, "*/*").await.expect_err("nothing listens");
        assert!(matches!(&error, NetError::Unreachable { .. }), "{error}");
    }
}
