//! Private messages: rules on both databases, pages and API through the whole shell.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod common;
mod rules;
mod web;
