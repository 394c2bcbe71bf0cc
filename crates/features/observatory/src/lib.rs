//! What an administrator sees: how the community runs, what its models do and cost, its readers and jobs.
//!
//! It promises that no model is called past a budget ([`Ledger`]), and that whatever is broken shows on one page.
//!
//! * `ledger` – budgets and the record of model calls
mod ledger;

pub use ledger::{Budget, DaySpending, Ledger};

use xinghe_store::Migration;

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
#[derive(Debug, Clone, Copy, Default)]
pub struct Observatory;

impl xinghe_web::Feature for Observatory {
    fn name(&self) -> &'static str {
        "observatory"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> xinghe_web::Routes {
        use xinghe_web::{Need, RateClass, Routes};
        Routes::new().route(http::Method::GET, "/healthz", Need::Anyone, || async { "ok" }).limit(RateClass::Free)
    }
}
