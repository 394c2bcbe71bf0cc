//! Routes as data: every one names who may call it and how often.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

use crate::viewer::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in.
    Member,
    /// Moderators and administrators.
    Moderator,
    /// Administrators.
    Administrator,
}

impl Need {
    /// Whether somebody of this role (`None`: not signed in) may.
    pub fn allows(self, role: Option<Role>) -> bool {
        match self {
            Self::Anyone => true,
            Self::Member => role.is_some(),
            Self::Moderator => role >= Some(Role::Moderator),
            Self::Administrator => role >= Some(Role::Administrator),
        }
    }
}

/// How often one client may call a route. The numbers stand in [`crate::WebSettings::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RateClass {
    /// Reading pages and data.
    Read,
    /// Changing something.
    Write,
    /// Searching.
    Search,
    /// Asking for an answer, which costs.
    Ask,
    /// Sending a file, which takes work.
    Upload,
    /// Signing in, registering and other places where secrets can be guessed.
    SignIn,
    /// Not limited: health checks, assets.
    Free,
}

/// One route, for the permission table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RouteInfo {
    /// The method.
    #[serde(serialize_with = "method_text")]
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub need: Need,
    /// Whose it is.
    pub feature: &'static str,
    /// How often.
    pub limit: RateClass,
    /// Whether its answer may take as long as it likes (server-sent events).
    pub stream: bool,
    /// The largest body it takes, in bytes.
    pub max_body: usize,
    /// Whether its page looks the same to everybody who is not signed in, so that a copy of it may serve them all.
    pub shared: bool,
    /// Whether a member who is suspended may call it, too: reading, and what is the member's own affair.
    pub suspended: bool,
    /// Whether it brings something new before others, of which a member whom nobody knows yet may do only so much.
    pub paced: bool,
    /// Whether only a session may call it, no personal access token: what an account is entered with.
    pub by_session: bool,
    /// Whether it changes nothing that others see, whatever its method: a token for reading may call it.
    pub reads: bool,
}

/// Whether a suspended member may call a route unless it says otherwise: whoever reads, what guests may do as well, and
/// what lies below `/settings/` and `/api/v1/me/`, which is nobody else's affair.
fn own_affair(method: &Method, path: &str, need: Need) -> bool {
    method.is_safe() || need == Need::Anyone || path.starts_with("/settings/") || path.starts_with("/api/v1/me/")
}

fn method_text<S: serde::Serializer>(method: &Method, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(method.as_str())
}

/// The body a route takes unless it says otherwise: 1 MiB.
pub const DEFAULT_BODY: usize = 1 << 20;

/// The routes of a feature, in order.
#[derive(Default)]
pub struct Routes {
    entries: Vec<(RouteInfo, MethodRouter<()>)>,
    table: Vec<RouteInfo>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route. Its state is captured by the handler or laid down with `with_state` before.
    ///
    /// GET and HEAD are limited as [`RateClass::Read`], anything else as [`RateClass::Write`]; [`Self::limit`] says
    /// otherwise. A GET route answers HEAD, too.
    ///
    /// # Panics
    /// At start, when the method is not one that axum routes.
    #[must_use]
    pub fn route<H, T>(self, method: Method, path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("a routable method");
        self.method_router(method, path, need, on(filter, handler))
    }

    /// Adds a route whose handler was already bound to its state: `get(show).with_state(state)`.
    #[must_use]
    pub fn method_router(
        mut self,
        method: Method,
        path: &'static str,
        need: Need,
        handler: impl Into<MethodRouter<()>>,
    ) -> Self {
        let limit = if method.is_safe() { RateClass::Read } else { RateClass::Write };
        let (suspended, reads) = (own_affair(&method, path, need), method.is_safe());
        let info = RouteInfo {
            method,
            path,
            need,
            feature: "",
            limit,
            stream: false,
            max_body: DEFAULT_BODY,
            shared: false,
            suspended,
            paced: false,
            by_session: false,
            reads,
        };
        self.table.push(info.clone());
        self.entries.push((info, handler.into()));
        self
    }

    /// Sets how often the route added last may be called.
    #[must_use]
    pub fn limit(self, limit: RateClass) -> Self {
        self.last(|info| info.limit = limit)
    }

    /// Marks the route added last as one that streams: no time limit on it.
    #[must_use]
    pub fn stream(self) -> Self {
        self.last(|info| info.stream = true)
    }

    /// Marks the route added last as a page that, for those not signed in, depends on nothing but its address, the
    /// language and the colour scheme: a copy may serve them for some seconds, until something is committed. Such a
    /// page uses no nonce.
    #[must_use]
    pub fn shared(self) -> Self {
        self.last(|info| info.shared = true)
    }

    /// Lets suspended members call the route added last: it changes nothing that others see.
    #[must_use]
    pub fn even_suspended(self) -> Self {
        self.last(|info| info.suspended = true)
    }

    /// Says that the route added last brings something new before others: how often a member may call it within an hour
    /// is asked of those who know the member (`core::ports::Standing::pauses`).
    #[must_use]
    pub fn paced(self) -> Self {
        self.last(|info| info.paced = true)
    }

    /// Says that the route added last only reads, though it is called by another method than `GET`.
    #[must_use]
    pub fn reads(self) -> Self {
        self.last(|info| info.reads = true)
    }

    /// Keeps personal access tokens from the route added last.
    #[must_use]
    pub fn by_session(self) -> Self {
        self.last(|info| info.by_session = true)
    }

    /// Sets the largest body, in bytes, that the route added last takes.
    #[must_use]
    pub fn max_body(self, bytes: usize) -> Self {
        self.last(|info| info.max_body = bytes)
    }

    /// Adds all routes of another list.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.table.extend(other.table);
        self
    }

    /// The table of what was added.
    pub fn table(&self) -> &[RouteInfo] {
        &self.table
    }

    fn last(mut self, change: impl Fn(&mut RouteInfo)) -> Self {
        if let (Some((entry, _)), Some(row)) = (self.entries.last_mut(), self.table.last_mut()) {
            change(entry);
            change(row);
        }
        self
    }

    pub(crate) fn into_entries(self) -> Vec<(RouteInfo, MethodRouter<()>)> {
        self.entries
    }
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.table).finish()
    }
}
