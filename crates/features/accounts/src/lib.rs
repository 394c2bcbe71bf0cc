//! Accounts: members, unclaimed authors, sessions, roles, claims.
//!
//! | room | holds |
//! |---|---|
//! | [`model`], [`handle`], [`password`] | types and rules |
//! | [`Accounts`] | commands and reading |
//! | `ports` | `Authors`, `AuthorIntake`, `Sessions`, implemented by [`Accounts`] |
//! | `store` | the SQL, over tables named `accounts_…` |

mod commands;
mod error;
pub mod handle;
pub mod model;
pub mod password;
mod ports;
mod store;

use xinghe_store::Migration;

pub use commands::{Accounts, AuthorList, ClaimList, Slice};
pub use error::AccountError;

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        feature: "accounts",
        version: 1,
        name: "authors, members, sessions, claims",
        sql: include_str!("../migrations/0001.sql"),
    }]
}
