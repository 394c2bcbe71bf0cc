//! Votes, thanks, bookmarks and follows: commands on both databases, pages and API through the whole shell.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod commands;
mod common;
mod counting;
mod web;
