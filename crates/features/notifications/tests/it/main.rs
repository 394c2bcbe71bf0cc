//! Notifications over a real database: the reader on both databases, pages, API and streams through the whole shell.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod common;
mod reader;
mod web;
