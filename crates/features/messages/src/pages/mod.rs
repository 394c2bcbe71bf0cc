//! The pages of messages, and what they put on pages of other features. They work without script: forms, answered with
//! 303; a conversation goes on by itself where there is one.

mod inbox;
mod settings;
mod slots;
pub(crate) mod thread;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::Method;
use xinghe_web::{Need, Routes, SlotEntry};

use crate::commands::Messages;

/// The tabs of the settings, a place of several features.
const TABS: &str = "settings.tabs";

pub(crate) fn routes(messages: &Messages) -> Routes {
    let (m, member) = (|| messages.clone(), Need::Member);
    Routes::new()
        .method_router(Method::GET, "/messages", member, get(inbox::show).with_state(m()))
        .method_router(Method::POST, "/messages", member, post(thread::begin).with_state(m()))
        .paced()
        .method_router(Method::GET, "/messages/new", member, get(thread::form).with_state(m()))
        .method_router(Method::GET, "/messages/{id}", member, get(thread::show).with_state(m()))
        .method_router(Method::POST, "/messages/{id}", member, post(thread::answer).with_state(m()))
        .paced()
        .method_router(Method::GET, "/messages/{id}/live", member, get(thread::live).with_state(m()))
        .stream()
        .method_router(Method::POST, "/@{handle}/block", member, post(settings::block).with_state(m()))
        .even_suspended()
        .method_router(Method::GET, "/settings/messages", member, get(settings::show).with_state(m()))
        .method_router(Method::POST, "/settings/messages", member, post(settings::save).with_state(m()))
}

pub(crate) fn slots(messages: &Messages) -> Vec<SlotEntry> {
    let (own, member) = (messages.clone(), messages.clone());
    vec![
        SlotEntry::new("shell.me", 4, move |request| slots::own(own.clone(), request)),
        SlotEntry::new("member.actions", 20, move |request| slots::of_member(member.clone(), request)),
        SlotEntry::tab(TABS, 7, "/settings/messages", "messages-title"),
    ]
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}
