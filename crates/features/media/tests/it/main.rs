//! Pictures: files of all sorts, what members may do with theirs, copies, and the pages.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod commands;
mod common;
mod copies;
mod files;
mod web;
