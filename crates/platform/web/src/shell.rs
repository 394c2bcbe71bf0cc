//! Puts the features together into one router.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use http::Method;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use xinghe_core::{Clock, Lang, Random};

use crate::docs;
use crate::errors::AppError;
use crate::feature::Feature;
use crate::layers::edge::edge;
use crate::layers::guard::guard;
use crate::layers::kept::{Kept, kept};
use crate::layers::limits::Limits;
use crate::routes::{RouteInfo, Routes};
use crate::settings::WebSettings;
use crate::slots::Slots;
use crate::system;
use crate::texts::{Catalog, TextError};
use crate::viewer::{SessionCookie, Sessions};

/// What all requests share.
pub(crate) struct ShellState {
    pub(crate) settings: WebSettings,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) slots: Slots,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) cookie: SessionCookie,
    pub(crate) kept: Option<Kept>,
    random: Arc<dyn Random>,
    pages: HashSet<&'static str>,
}

impl ShellState {
    /// Whether there is a page of this path: the shell links only what exists.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.pages.contains(path)
    }

    /// `N` random bytes as hexadecimal.
    pub(crate) fn random_hex<const N: usize>(&self) -> Arc<str> {
        let mut bytes = [0u8; N];
        self.random.fill(&mut bytes);
        hex::encode(bytes).into()
    }
}

/// The features do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file of texts.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Two features have the same route.
    #[error("{method} {path} is a route of both {first} and {second}")]
    Twice {
        /// The method.
        method: String,
        /// The path.
        path: &'static str,
        /// Who named it first.
        first: &'static str,
        /// Who named it again.
        second: &'static str,
    },
}

/// The product's web side, ready to serve.
pub struct Shell {
    /// The router; serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
    pub router: Router,
    /// The permission table: every route of every feature.
    pub table: Vec<RouteInfo>,
    state: Arc<ShellState>,
}

impl Shell {
    /// Forgets clients that no rate limit concerns any more; called every minute or so.
    pub fn sweep(&self) -> impl Fn() + Send + Sync + 'static {
        let state = Arc::clone(&self.state);
        move || state.limits.sweep()
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("routes", &self.table.len()).finish_non_exhaustive()
    }
}

/// Builds the router of these features.
///
/// # Errors
/// When texts cannot be read or two features claim one route.
pub fn build(
    features: &[Arc<dyn Feature>],
    settings: WebSettings,
    sessions: Arc<dyn Sessions>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Shell, BuildError> {
    let texts: Vec<(&str, &[(Lang, &str)])> = features.iter().map(|f| (f.name(), f.locales())).collect();
    let catalog = Arc::new(Catalog::new(&texts)?);
    let slots = Slots::new(features.iter().flat_map(|f| f.slots()));
    let limits = Limits::new(settings.limits, Arc::clone(&clock));
    let cookie = SessionCookie { secure: settings.secure_cookies };
    let mut table: Vec<RouteInfo> = Vec::new();
    let mut router = Router::new();
    for feature in features {
        router = add(router, &mut table, feature.name(), feature.routes())?;
    }
    let described = features.iter().filter_map(|f| f.openapi());
    let document = Arc::new(docs::merge(described, &table, &settings.public_url, cookie.name()));
    router = add(router, &mut table, "web", system::routes(document, &settings))?;
    let pages = table.iter().filter(|r| r.method == Method::GET).map(|r| r.path).collect();
    let copies = settings.changes.clone().map(Kept::new);
    let state =
        Arc::new(ShellState { settings, catalog, slots, sessions, clock, limits, cookie, kept: copies, random, pages });
    let router = router
        .fallback(|| async { AppError::NotFound })
        .layer(from_fn_with_state(Arc::clone(&state), edge))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn_with_state(Arc::clone(&state), kept));
    Ok(Shell { router, table, state })
}

fn add(
    mut router: Router,
    table: &mut Vec<RouteInfo>,
    feature: &'static str,
    routes: Routes,
) -> Result<Router, BuildError> {
    for (mut info, handler) in routes.into_entries() {
        info.feature = feature;
        if let Some(known) = table.iter().find(|r| r.method == info.method && r.path == info.path) {
            let (first, second) = (known.feature, feature);
            return Err(BuildError::Twice { method: info.method.to_string(), path: info.path, first, second });
        }
        table.push(info.clone());
        let limit = DefaultBodyLimit::max(info.max_body);
        let path = info.path;
        // Of the route's own methods only: any other gets 405, whoever asks.
        let guarded = handler.route_layer(limit).route_layer(from_fn_with_state(Arc::new(info), guard));
        router = router.route(path, guarded);
    }
    Ok(router)
}
