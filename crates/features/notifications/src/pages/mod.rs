//! The pages of notifications, and the bell in the header of every page. They work without script.

pub(crate) mod bell;
mod list;
mod settings;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::Method;
use xinghe_web::{AppError, Need, PageContext, Routes, SlotEntry};

use crate::commands::Notifications;
use crate::live;

/// The tabs of the settings, a place of several features.
const TABS: &str = "settings.tabs";

pub(crate) fn routes(notifications: &Notifications) -> Routes {
    let n = || notifications.clone();
    let member = Need::Member;
    Routes::new()
        .method_router(Method::GET, "/notifications", member, get(list::show).with_state(n()))
        .method_router(Method::POST, "/notifications/read", member, post(list::read).with_state(n()))
        .even_suspended()
        .method_router(Method::GET, "/notifications/{id}/open", member, get(list::open).with_state(n()))
        .method_router(Method::GET, "/notifications/live", member, get(live_count).with_state(n()))
        .stream()
        .method_router(Method::GET, "/settings/notifications", member, get(settings::show).with_state(n()))
        .method_router(Method::POST, "/settings/notifications", member, post(settings::save).with_state(n()))
}

pub(crate) fn slots(notifications: &Notifications) -> Vec<SlotEntry> {
    let all = notifications.clone();
    vec![
        SlotEntry::new("shell.me", 10, move |request| bell::show(all.clone(), request)),
        SlotEntry::tab(TABS, 5, "/settings/notifications", "notifications-settings"),
    ]
}

/// `/notifications/live`: the count as it changes.
async fn live_count(State(all): State<Notifications>, ctx: PageContext) -> Result<Response, AppError> {
    live::stream_of(all, ctx).await
}
