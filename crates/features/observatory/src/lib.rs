//! What an administrator sees: how the community runs, what its models do and cost, its readers and jobs.
//!
//! It promises that no model is called past a budget ([`Ledger`]), and that whatever is broken shows on one page.
//!
//! * `ledger` – budgets and the record of model calls
mod ledger;

pub use ledger::{Budget, DaySpending, Ledger};

use std::sync::Arc;

use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};
use xinghe_store::Migration;
use xinghe_web::{AppError, Feature, Need, RateClass, Routes, Viewer};

/// The tables of this feature.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        feature: "observatory",
        version: 1,
        name: "model calls",
        sql: include_str!("../migrations/0001.sql"),
    }]
}

/// The feature.
pub struct Observatory {
    render: Arc<dyn Fn() -> String + Send + Sync>,
    token: Option<String>,
}

impl Observatory {
    /// `render` gives the metrics in Prometheus' text form; who sends `token` as a bearer token may read them from
    /// anywhere, others only from this machine.
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static, token: Option<String>) -> Self {
        Self { render: Arc::new(render), token: token.filter(|t| !t.is_empty()) }
    }
}

fn may_read(token: Option<&str>, headers: &HeaderMap, viewer: &Viewer) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
    match (token, sent) {
        // Hashes are compared, so that the time it takes tells nothing about the token.
        (Some(token), Some(sent)) => Sha256::digest(token) == Sha256::digest(sent),
        _ => viewer.ip.is_some_and(|ip| ip.is_loopback()),
    }
}

impl Feature for Observatory {
    fn name(&self) -> &'static str {
        "observatory"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        let (render, token) = (self.render.clone(), self.token.clone());
        let metrics = move |headers: HeaderMap, viewer: Viewer| async move {
            if may_read(token.as_deref(), &headers, &viewer) { Ok(render()) } else { Err(AppError::Forbidden) }
        };
        Routes::new()
            .route(Method::GET, "/healthz", Need::Anyone, || async { "ok" })
            .limit(RateClass::Free)
            .route(Method::GET, "/metrics", Need::Anyone, metrics)
            .limit(RateClass::Free)
    }
}
