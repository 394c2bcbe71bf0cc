//! The observatory over real databases.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod counts;
mod jobs;
mod ledger;
mod readers;
mod site;
