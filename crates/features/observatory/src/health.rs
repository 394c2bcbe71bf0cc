//! Metrics for machines.

use std::sync::Arc;

use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};
use xinghe_web::{AppError, Need, RateClass, Routes, Viewer};

/// Renders the metrics, and says who may read them from another machine.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) render: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) token: Option<String>,
}

/// Headers that a proxy adds.
const PASSED_ON: &[&str] =
    &["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

fn may_read(token: Option<&str>, headers: &HeaderMap, viewer: &Viewer) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    match (token, sent) {
        // Hashes are compared, so that the time it takes tells nothing about the token.
        (Some(token), sent) => sent.is_some_and(|sent| Sha256::digest(token) == Sha256::digest(sent)),
        // What came through a proxy did not come from this machine, whatever the proxy is and says.
        (None, _) => {
            viewer.ip.is_some_and(|ip| ip.is_loopback()) && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
        }
    }
}

pub(crate) fn routes(metrics: &Metrics) -> Routes {
    let Metrics { render, token } = metrics.clone();
    let metrics = move |headers: HeaderMap, viewer: Viewer| async move {
        if may_read(token.as_deref(), &headers, &viewer) { Ok(render()) } else { Err(AppError::Forbidden) }
    };
    Routes::new().route(Method::GET, "/metrics", Need::Anyone, metrics).limit(RateClass::Free)
}
