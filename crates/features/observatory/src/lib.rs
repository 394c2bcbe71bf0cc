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
