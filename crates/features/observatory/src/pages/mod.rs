//! The administrator's pages. They work without script; running jobs show live where there is one.

mod ai;
mod jobs;
mod overview;
mod readers;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::Method;
use serde::Deserialize;
use xinghe_web::{Html, Need, PageContext, Routes, SlotEntry, Subject, Texts};

use crate::desk::Desk;
use crate::model::Embedding;

/// The tabs of the administrator's pages; other features put theirs beside them.
pub(crate) const TABS: &str = "admin.tabs";

pub(crate) fn tabs() -> Vec<SlotEntry> {
    vec![
        SlotEntry::tab(TABS, 0, "/admin", "observatory-overview"),
        SlotEntry::tab(TABS, 50, "/admin/readers", "observatory-readers"),
        SlotEntry::tab(TABS, 60, "/admin/jobs", "observatory-jobs"),
        SlotEntry::tab(TABS, 70, "/admin/ai", "observatory-ai"),
    ]
}

/// The routes of the pages.
pub(crate) fn routes(desk: &Desk) -> Routes {
    let d = || desk.clone();
    let admin = Need::Administrator;
    Routes::new()
        .method_router(Method::GET, "/admin", admin, get(overview::show).with_state(d()))
        .method_router(Method::GET, "/admin/readers", admin, get(readers::show).with_state(d()))
        .method_router(Method::POST, "/admin/readers/{name}/{act}", admin, post(readers::steer).with_state(d()))
        .method_router(Method::GET, "/admin/jobs", admin, get(jobs::show).with_state(d()))
        .method_router(Method::GET, "/admin/jobs/live", admin, get(jobs::live).with_state(d()))
        .stream()
        .method_router(Method::POST, "/admin/jobs/{id}/{act}", admin, post(jobs::steer).with_state(d()))
        .method_router(Method::GET, "/admin/ai", admin, get(ai::show).with_state(d()))
}

/// Why the local model does not work.
enum Missing {
    /// Its file is not there.
    NotFetched,
    /// It is there since the program started.
    Fetched,
    /// What is there is not the model.
    Damaged,
}

/// What stands above each of the pages.
struct Head {
    tabs: Html,
    /// What is to be said of a local model that is wanted and not there.
    missing: Option<Missing>,
    /// What was done last.
    said: String,
}

impl Head {
    async fn new(desk: &Desk, ctx: &PageContext, query: &SaidQuery) -> Self {
        let missing = match &desk.deps.models.embedding {
            Embedding::Damaged => Some(Missing::Damaged),
            Embedding::Missing { file } if file.is_file() => Some(Missing::Fetched),
            Embedding::Missing { .. } => Some(Missing::NotFetched),
            _ => None,
        };
        Self { tabs: ctx.slot(TABS, &Subject::default()).await, missing, said: query.words(&ctx.t) }
    }
}

/// What was done by the form that sent the browser here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SaidQuery {
    said: String,
}

impl SaidQuery {
    fn words(&self, t: &Texts) -> String {
        let key = match self.said.as_str() {
            "reader-retry" => "observatory-said-reader-retry",
            "reader-skip" => "observatory-said-reader-skip",
            "reader-rebuild" => "observatory-said-reader-rebuild",
            "job-retry" => "observatory-said-job-retry",
            "job-cancel" => "observatory-said-job-cancel",
            "job-discard" => "observatory-said-job-discard",
            _ => return String::new(),
        };
        t.s(key).into_owned()
    }
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// A length of time in words, in its largest unit.
fn span(t: &Texts, millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    let (key, n) = match seconds {
        0..60 => ("observatory-span-seconds", seconds),
        60..3_600 => ("observatory-span-minutes", seconds / 60),
        3_600..86_400 => ("observatory-span-hours", seconds / 3_600),
        _ => ("observatory-span-days", seconds / 86_400),
    };
    t.f(key, &[("n", n.into())])
}
