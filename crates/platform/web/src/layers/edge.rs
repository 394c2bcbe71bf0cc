//! The outer edge: request id, session, language, errors in words, security headers.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use tracing::Instrument as _;
use xinghe_core::Lang;

use crate::errors::AppError;
use crate::layers::{kept, present};
use crate::page::{self, PageContext};
use crate::shell::ShellState;
use crate::system::local;
use crate::viewer::{SessionCookie, Theme, Via, Viewer};

/// The cookie that keeps the interface language.
pub(crate) const LANG_COOKIE: &str = "xinghe_lang";
/// The cookie that keeps the colour scheme.
pub(crate) const THEME_COOKIE: &str = "xinghe_theme";

/// Runs a request inside the shell.
pub(crate) async fn edge(State(shell): State<Arc<ShellState>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    let known = parts.headers.get(header::IF_NONE_MATCH).cloned();
    let route = parts.extensions.get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let (ctx, trouble, renewed) = context(&shell, &parts).await;
    let span = tracing::info_span!("request", id = %ctx.request_id, %method, path = parts.uri.path());
    parts.extensions.insert(ctx.clone());
    let request = Request::from_parts(parts, body);

    let response = match trouble {
        Some(error) => error.into_response(),
        None => match AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await {
            Ok(response) => response,
            Err(panic) => AppError::internal(panic_text(panic.as_ref())).into_response(),
        },
    };
    let response = span.in_scope(|| present::present(response, &ctx));
    let mut response = page::fill(response, &ctx).instrument(span.clone()).await;
    headers(&mut response, &ctx);
    if method.is_safe() && known.is_some_and(|list| unchanged(&list, &response)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    if let Some(cookie) = renewed.filter(|_| !response.headers().contains_key(header::SET_COOKIE)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    record(&method, route, response.status(), started);
    response
}

/// Whether a client has this very answer already: RFC 9110, section 13.1.2.
fn unchanged(list: &HeaderValue, response: &Response) -> bool {
    let etag = response.headers().get(header::ETAG).filter(|_| response.status() == StatusCode::OK);
    etag.is_some_and(|etag| kept::names(list, etag.as_bytes().strip_prefix(b"W/").unwrap_or(etag.as_bytes())))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_default())
}

/// Whether programs call an address, and not browsers: with tokens, and problems instead of pages.
fn for_programs(path: &str) -> bool {
    ["/api/", "/v1/", "/a2a/"].iter().any(|folder| path.starts_with(folder)) || matches!(path, "/mcp" | "/a2a")
}

async fn context(shell: &Arc<ShellState>, request: &Parts) -> (PageContext, Option<AppError>, Option<HeaderValue>) {
    let headers = &request.headers;
    let path = request.uri.path();
    let api = for_programs(path);
    let mut viewer = Viewer { ip: client_ip(shell, headers, &request.extensions), ..Viewer::guest() };
    let (mut trouble, mut renewed) = (None, None);
    if !path.starts_with("/assets/")
        && let Some((token, via)) = token(headers, shell.cookie, api)
    {
        let found = match via {
            Via::Bearer => shell.sessions.bearer(token).await.map(|f| f.map(|(member, scopes)| (member, None, scopes))),
            _ => shell.sessions.resume(token).await.map(|f| f.map(|(member, lives)| (member, lives, None))),
        };
        match found {
            Ok(Some((member, lives, scopes))) => {
                renewed = lives.and_then(|lives| HeaderValue::try_from(shell.cookie.set(token, lives)).ok());
                (viewer.member, viewer.via, viewer.scopes) = (Some(member), via, scopes);
            }
            Ok(None) if via == Via::Bearer => trouble = Some(AppError::SignIn),
            Ok(None) => {}
            Err(error) => trouble = Some(error.into()),
        }
    }
    let lang = language(&request.uri, headers, viewer.member.as_ref().and_then(|m| m.lang));
    let theme =
        cookie(headers, THEME_COOKIE).map_or_else(|| viewer.member.as_ref().and_then(|m| m.theme), Theme::parse);
    let full = request.uri.path_and_query().map_or(path, |p| p.as_str());
    let ctx = PageContext {
        viewer,
        lang,
        theme,
        nonce: shell.random_hex::<16>(),
        request_id: shell.random_hex::<8>(),
        path: full.into(),
        api,
        gaps: Arc::default(),
        back: (!request.method.is_safe()).then(|| came_from(headers, shell).into()),
        t: shell.catalog.texts(lang, shell.clock.now()),
        shell: Arc::clone(shell),
    };
    (ctx, trouble, renewed)
}

/// The page of this site from which a request was sent, as its path; else the home page.
fn came_from<'a>(headers: &'a HeaderMap, shell: &ShellState) -> &'a str {
    let referer = headers.get(header::REFERER).and_then(|v| v.to_str().ok()).and_then(|r| r.split_once("://"));
    let Some((_, rest)) = referer else { return "/" };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let public =
        shell.settings.public_url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let own = headers.get(header::HOST).and_then(|v| v.to_str().ok()) == Some(host) || host == public;
    if own { local(path) } else { "/" }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(n, v)| (n == name && !v.is_empty()).then_some(v))
}

fn token(headers: &HeaderMap, session: SessionCookie, api: bool) -> Option<(&str, Via)> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.split_once(' '));
    match bearer {
        Some((scheme, token)) if api && scheme.eq_ignore_ascii_case("bearer") => Some((token.trim(), Via::Bearer)),
        _ => cookie(headers, session.name()).map(|token| (token, Via::Cookie)),
    }
}

/// The language of the answer: asked for in the address, else the cookie's, else the member's, else the browser's; a
/// browser that wants other languages only gets English.
pub(crate) fn language(uri: &Uri, headers: &HeaderMap, member: Option<Lang>) -> Lang {
    let asked = uri.query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("lang=")));
    asked
        .and_then(Lang::nearest)
        .or_else(|| cookie(headers, LANG_COOKIE).and_then(Lang::nearest))
        .or(member)
        .or_else(|| {
            let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok())?;
            let names_some = wanted
                .split([',', ';'])
                .any(|w| w.trim().starts_with(|c: char| c.is_ascii_alphabetic()) && !w.contains('='));
            Lang::negotiate(wanted).or(names_some.then_some(Lang::En))
        })
        .unwrap_or_default()
}

/// The client's address: the peer's, or what a trusted proxy says in `X-Forwarded-For` (its last entry that is not
/// itself a trusted proxy).
pub(crate) fn client_ip(shell: &ShellState, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical())?;
    let trusted = &shell.settings.trusted_proxies;
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let forwarded: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    for hop in forwarded.iter().rev() {
        match hop.trim().parse::<IpAddr>() {
            Ok(ip) if trusted.contains(&ip.to_canonical()) => {}
            Ok(ip) => return Some(ip.to_canonical()),
            Err(_) => break,
        }
    }
    Some(peer)
}

fn headers(response: &mut Response, ctx: &PageContext) {
    let html = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    fresh_headers(response, &ctx.request_id, html.then_some(&*ctx.nonce));
    let set = response.headers_mut();
    if let Some(location) = set.get(header::LOCATION).and_then(ascii) {
        set.insert(header::LOCATION, location);
    }
    set.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    set.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    set.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    if ctx.shell.settings.secure_cookies {
        set.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    // What one reader sees (language, sign-in) must not be kept for another.
    if !set.contains_key(header::CACHE_CONTROL) {
        set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// An address in which what is not ASCII is percent-encoded; `None` where nothing is to be done.
fn ascii(address: &HeaderValue) -> Option<HeaderValue> {
    let bytes = address.as_bytes();
    if bytes.is_ascii() {
        return None;
    }
    HeaderValue::try_from(percent_encoding::percent_encode(bytes, percent_encoding::CONTROLS).to_string()).ok()
}

/// The headers that are different for every request: its id, and the policy with the nonce of a page's own scripts and
/// styles; `nonce` is `None` where the answer is no page.
pub(crate) fn fresh_headers(response: &mut Response, id: &str, nonce: Option<&str>) {
    let set = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        set.insert(HeaderName::from_static("x-request-id"), id);
    }
    let picture = set.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"image/"));
    let policy = match nonce {
        Some(nonce) => format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
             img-src 'self' data:; font-src 'self'; manifest-src 'self'; connect-src 'self'; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        // Opened by itself, a picture is a document of this site; it is not to be anything else.
        None if picture => "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox".to_owned(),
        None => "default-src 'none'; frame-ancestors 'none'; base-uri 'none'".to_owned(),
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        set.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Counts a request and how long it took.
pub(crate) fn record(method: &http::Method, route: Option<String>, status: StatusCode, started: Instant) {
    let route = route.unwrap_or_else(|| "none".to_owned());
    let labels = [("method", method.as_str().to_owned()), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(started.elapsed().as_secs_f64());
}
