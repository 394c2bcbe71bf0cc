//! What an administrator sees: how the community runs, what its models do and cost, its readers and jobs.
//!
//! It promises that no model is called past a budget ([`Ledger`]), and that whatever is broken shows on one page, with
//! what to do about it.
//!
//! * `model` – what the pages tell, and what the feature is told by `app`
//! * `ledger` – budgets and the record of model calls
//! * `readers` – counts members, posts and answers from the log
//! * `desk` – looking at readers and jobs, and steering them
//! * `spending` – what models cost
//! * `live` – running jobs as server-sent events
//! * `health` – signs of life for machines
//! * `pages`, `api`, `store` – as in every feature
mod api;
mod desk;
mod health;
mod ledger;
mod live;
mod model;
mod pages;
mod readers;
mod spending;
mod store;

pub use ledger::{Budget, BudgetOf, BudgetUse, DaySpending, Ledger};
pub use model::{ChatModel, Embedding, IndexCounts, IndexGauge, Models};

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_core::ports::Authors;
use xinghe_store::{EventReader, Migration, Readers, Schedule, Store};
use xinghe_web::{Feature, Routes, SlotEntry};

use desk::{Desk, Running};
use health::Metrics;

/// The tables of this feature.
pub fn migrations() -> Vec<Migration> {
    let of = |version, name, sql| Migration { feature: "observatory", version, name, sql };
    vec![
        of(1, "model calls", include_str!("../migrations/0001.sql")),
        of(2, "counts", include_str!("../migrations/0002.sql")),
    ]
}

/// What the feature stands on.
#[derive(Clone)]
pub struct Deps {
    /// The database.
    pub store: Store,
    /// Names the members who had models called.
    pub authors: Arc<dyn Authors>,
    /// Budgets and what was spent.
    pub ledger: Arc<Ledger>,
    /// Which models are on.
    pub models: Models,
    /// What the index of this node holds.
    pub index: Arc<dyn IndexGauge>,
    /// Cancelled when the program ends, so that pages that are being followed do not hold it up.
    pub stop: CancellationToken,
}

/// The feature.
pub struct Observatory {
    desk: Desk,
    metrics: Metrics,
}

impl Observatory {
    /// `render` gives the metrics in Prometheus' text form; who sends `token` as a bearer token may read them from
    /// anywhere, others only from this machine.
    pub fn new(deps: Deps, render: impl Fn() -> String + Send + Sync + 'static, token: Option<String>) -> Self {
        let metrics = Metrics { render: Arc::new(render), token: token.filter(|t| !t.is_empty()) };
        Self { desk: Desk { deps, running: Arc::new(OnceLock::new()) }, metrics }
    }

    /// Tells which readers and which timetable to show: those of all features, known once all of them are there, and
    /// the same ones that run, since a reader's state on this node is kept with them. Only the first call counts.
    pub fn attend(&self, readers: Readers, schedules: Vec<Schedule>) {
        // A second call would mean two lists of features in one program; the first is the one that runs.
        let _ = self.desk.running.set(Running { readers, schedules });
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
        health::routes(&self.metrics).merge(pages::routes(&self.desk)).merge(api::routes(&self.desk))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::tabs()
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Tally)]
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
            (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
            (Lang::En, include_str!("../locales/en.ftl")),
        ]
    }

    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(api::Doc::openapi())
    }
}
