//! Accounts, over real databases and through the web shell.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod commands;
mod elsewhere;
mod factor;
mod mail;
mod peer;
mod proofs;
mod site;
mod tokens;
mod web;
