//! The pages of moderation. They work without script: forms, answered with 303.

mod case;
mod eye;
mod log;
mod queue;
mod report;
mod slots;
mod standing;
pub(crate) mod trust;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::Method;
use xinghe_core::{AuthorCard, PostView};
use xinghe_web::{Member, Need, Role, Routes, SlotEntry, Texts};

use crate::commands::Moderation;
use crate::model::Keeper;

pub(crate) fn routes(moderation: &Moderation) -> Routes {
    let m = || moderation.clone();
    let (member, keeper) = (Need::Member, Need::Moderator);
    Routes::new()
        .method_router(Method::GET, "/report", member, get(report::form).with_state(m()))
        .method_router(Method::POST, "/report", member, post(report::send).with_state(m()))
        .method_router(Method::GET, "/moderation", keeper, get(queue::show).with_state(m()))
        .method_router(Method::GET, "/moderation/cases/{id}", keeper, get(case::show).with_state(m()))
        .method_router(Method::POST, "/moderation/cases/{id}", keeper, post(case::decide).with_state(m()))
        .method_router(Method::POST, "/moderation/cases/{id}/take", keeper, post(case::take).with_state(m()))
        .method_router(Method::POST, "/moderation/cases/{id}/notes", keeper, post(case::note).with_state(m()))
        .method_router(Method::POST, "/moderation/acts/{id}", keeper, post(case::change).with_state(m()))
        .method_router(Method::GET, "/moderation/log", Need::Anyone, get(log::show).with_state(m()))
        .shared()
        .method_router(Method::GET, "/admin/eye", Need::Administrator, get(eye::show).with_state(m()))
        .method_router(Method::POST, "/admin/eye", Need::Administrator, post(eye::set).with_state(m()))
        .method_router(Method::GET, "/moderation/trust/{handle}", keeper, get(trust::show).with_state(m()))
        .method_router(
            Method::POST,
            "/moderation/trust/{handle}",
            Need::Administrator,
            post(trust::set).with_state(m()),
        )
        .method_router(Method::GET, "/settings/standing", member, get(standing::show).with_state(m()))
        .method_router(Method::GET, "/settings/standing/{act}", member, get(standing::act).with_state(m()))
        .method_router(Method::POST, "/settings/standing/{act}", member, post(standing::appeal).with_state(m()))
}

pub(crate) fn slots(moderation: &Moderation) -> Vec<SlotEntry> {
    let (member, own) = (moderation.clone(), moderation.clone());
    vec![
        SlotEntry::batch("post.tools", 90, slots::of_posts),
        SlotEntry::new("member.actions", 90, move |request| slots::of_member(member.clone(), request)),
        SlotEntry::new("shell.me", 0, move |request| slots::own(own.clone(), request)),
        SlotEntry::tab(eye::TABS, 80, "/admin/eye", "moderation-eye"),
        SlotEntry::tab(standing::TABS, 40, "/settings/standing", "moderation-standing"),
    ]
}

/// Who acts, as the rules see it.
pub(crate) fn keeper(member: &Member) -> Keeper {
    Keeper { id: member.id, administrates: member.role >= Role::Administrator }
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The first words of a post: its title, or where it has none of its own, of its text.
fn title_of(post: &PostView) -> String {
    if post.kind.is_reply() || post.title.is_empty() {
        xinghe_text::excerpt(&post.body, 60)
    } else {
        post.title.clone()
    }
}

/// What stands in a list for a private message: whose it is.
fn of_message(t: &Texts, author: Option<&AuthorCard>) -> (String, String) {
    let name = author.map_or_else(|| t.s("moderation-gone").into_owned(), |c| c.name.clone());
    (t.f("moderation-message-of", &[("name", name.as_str().into())]), String::new())
}

/// What stands in a list for something that is reported: words and language.
fn named(t: &Texts, post: Option<&PostView>, member: Option<&AuthorCard>) -> (String, String) {
    match (post, member) {
        (Some(post), _) => (title_of(post), post.language.to_string()),
        (None, Some(card)) => (format!("{} @{}", card.name, card.handle), String::new()),
        (None, None) => (t.s("moderation-gone").into_owned(), String::new()),
    }
}
