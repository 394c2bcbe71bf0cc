//! Pages that look the same to everybody who is not signed in, kept for a moment as they were sent.
//!
//! A copy serves until anything is committed ([`Changes`]) or [`KEEP`] has passed, whichever comes first: what is
//! written shows at once, and what no commit announces (another process on SQLite, the index, "3 minutes ago") soon.
//! Who is signed in never sees one. Copies carry an `ETag`, so that a browser that has the page gets 304.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use xinghe_core::changes::Changes;
use xinghe_core::{Lang, Timestamp};

use super::edge;
use crate::routes::RateClass;
use crate::shell::ShellState;
use crate::viewer::{Theme, Viewer};

/// How long a copy serves when nothing is committed.
const KEEP: Duration = Duration::from_secs(10);
/// Bytes of all copies together.
const ROOM: u64 = 32 << 20;
/// Bytes of one copy at most.
const LARGEST: usize = 512 << 10;
/// Bytes of what tells one copy from another at most: longer addresses are nobody's bookmarks.
const LONGEST_KEY: usize = 1_024;

/// Marks a response that everybody who is not signed in may get, with the path of its route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared(pub(crate) &'static str);

/// What a page for guests depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    address: String,
    encodings: String,
    lang: Lang,
    theme: Option<Theme>,
}

struct Copy {
    changes: u64,
    at: Timestamp,
    route: &'static str,
    headers: HeaderMap,
    etag: HeaderValue,
    body: Bytes,
}

/// The copies.
pub(crate) struct Kept {
    changes: Changes,
    copies: Cache<Key, Arc<Copy>>,
}

impl Kept {
    pub(crate) fn new(changes: Changes) -> Self {
        let weigh = |key: &Key, copy: &Arc<Copy>| {
            u32::try_from(copy.body.len() + key.address.len() + key.encodings.len() + 1_024).unwrap_or(u32::MAX)
        };
        let copies = Cache::builder().max_capacity(ROOM).weigher(weigh).time_to_live(KEEP).build();
        Self { changes, copies }
    }
}

/// Answers from a copy where there is a good one; keeps one of what it answers otherwise.
pub(crate) async fn kept(State(shell): State<Arc<ShellState>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (Some(kept), Some(key)) = (&shell.kept, key(&shell, &request)) else { return next.run(request).await };
    let known = Known::of(request.headers());
    // Counted before the page is made: what is committed meanwhile makes the copy old.
    let changes = kept.changes.count();
    let now = shell.clock.now();
    if let Some(copy) = kept.copies.get(&key)
        && copy.changes == changes
        && now.as_millis() - copy.at.as_millis() < KEEP.as_millis() as i64
    {
        let viewer = Viewer { ip: edge::client_ip(&shell, request.headers(), request.extensions()), ..Viewer::guest() };
        if let Ok(share) = shell.limits.check(RateClass::Read, &viewer) {
            let mut response = copy.response(&known);
            edge::fresh_headers(&mut response, &shell.random_hex::<8>(), Some(&shell.random_hex::<16>()));
            if let Some(share) = share {
                share.write(response.headers_mut());
            }
            edge::record(&Method::GET, Some(copy.route.to_owned()), response.status(), started);
            return response;
        }
    }
    let response = next.run(request).await;
    let Some(&Shared(route)) = response.extensions().get::<Shared>() else { return response };
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        // Pages are made whole in memory; their bodies do not fail.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let copy = Arc::new(Copy { changes, at: now, route, headers: lasting(&parts.headers), etag: etag(&body), body });
    let mut response = copy.response(&known);
    for (name, value) in &parts.headers {
        if !copy.headers.contains_key(name) && name != header::CONTENT_LENGTH {
            response.headers_mut().append(name, value.clone());
        }
    }
    if copy.body.len() <= LARGEST && !parts.headers.contains_key(header::SET_COOKIE) {
        kept.copies.insert(key, copy);
    }
    response
}

/// `None` where the request cannot be answered by a copy: a member asks, or something is to be done.
fn key(shell: &ShellState, request: &Request) -> Option<Key> {
    let headers = request.headers();
    let guest = !headers.contains_key(header::AUTHORIZATION) && edge::cookie(headers, shell.cookie.name()).is_none();
    if request.method() != Method::GET || !guest || headers.contains_key(header::RANGE) {
        return None;
    }
    let address = request.uri().path_and_query()?.as_str();
    let encodings = headers.get(header::ACCEPT_ENCODING).map_or(Some(""), |v| v.to_str().ok())?;
    if address.len() + encodings.len() > LONGEST_KEY {
        return None;
    }
    Some(Key {
        address: address.to_owned(),
        encodings: encodings.to_owned(),
        lang: edge::language(request.uri(), headers, None),
        theme: edge::cookie(headers, edge::THEME_COOKIE).and_then(Theme::parse),
    })
}

/// The headers that belong to the page and not to the one request for it.
fn lasting(headers: &HeaderMap) -> HeaderMap {
    let once = |name: &HeaderName| {
        name.as_str().starts_with("ratelimit")
            || [header::CONTENT_SECURITY_POLICY, header::SET_COOKIE, header::CONTENT_LENGTH, header::DATE]
                .contains(name)
            || name.as_str() == "x-request-id"
    };
    headers.iter().filter(|(name, _)| !once(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// Whether an `If-None-Match` names this tag (RFC 9110, section 13.1.2: weakly compared).
pub(crate) fn names(list: &HeaderValue, etag: &[u8]) -> bool {
    let tag = |part: &str| {
        let part = part.trim();
        part == "*" || part.strip_prefix("W/").unwrap_or(part).as_bytes() == etag
    };
    list.to_str().is_ok_and(|list| list.split(',').any(tag))
}

fn etag(body: &[u8]) -> HeaderValue {
    let mut text = String::with_capacity(34);
    text.push('"');
    for byte in &Sha256::digest(body)[..16] {
        write!(text, "{byte:02x}").ok();
    }
    text.push('"');
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// What the one who asks has already.
struct Known {
    tags: Option<HeaderValue>,
    since: Option<HeaderValue>,
}

impl Known {
    fn of(headers: &HeaderMap) -> Self {
        let get = |name| headers.get(name).cloned();
        Self { tags: get(header::IF_NONE_MATCH), since: get(header::IF_MODIFIED_SINCE) }
    }

    /// Whether it is this. A date counts where no tag is named, and only the very date that was given out: what was
    /// taken away since can make a list older, and must show.
    fn has(&self, copy: &Copy) -> bool {
        match (&self.tags, &self.since) {
            (Some(list), _) => names(list, copy.etag.as_bytes()),
            (None, Some(since)) => copy.headers.get(header::LAST_MODIFIED) == Some(since),
            (None, None) => false,
        }
    }
}

impl Copy {
    fn response(&self, known: &Known) -> Response {
        let mut response = if known.has(self) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(self.body.clone()))
        };
        *response.headers_mut() = self.headers.clone();
        response.headers_mut().insert(header::ETAG, self.etag.clone());
        response
    }
}
