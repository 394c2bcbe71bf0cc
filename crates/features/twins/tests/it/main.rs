//! Twins at work over a real database: the job on both databases, pages and API through the whole shell.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod a2a;
mod common;
mod facts;
mod knowledge;
mod mcp;
mod memory;
mod talk;
mod web;
mod work;
