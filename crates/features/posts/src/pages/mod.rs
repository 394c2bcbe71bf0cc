//! The pages of posts. They work without script: forms, answered with 303.

mod archive;
mod cites;
mod composer;
mod deleted;
mod diff;
mod drafts;
mod editor;
mod feeds;
pub(crate) mod home;
mod lists;
mod member;
mod meta;
mod moments;
mod naming;
mod post;
mod replies;
mod series;
mod sitemap;
mod slots;
mod view;
mod write;

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post as submit};
use http::{HeaderValue, Method, StatusCode, header};
use xinghe_core::content::PostKind;
use xinghe_core::id::PostId;
use xinghe_core::ports::Wrong;
use xinghe_web::{AppError, FieldError, Member, Need, RateClass, Role, Routes, Said, SlotEntry, Viewer};

use crate::commands::CommandError;
use crate::feature::State;
use crate::model::{self, Actor, Fault, PostDetail, id_of_address};
use crate::store;

/// The tabs of the settings, a place of several features.
const TABS: &str = "settings.tabs";
/// How many posts a list shows at once.
pub(crate) const PER_PAGE: usize = 20;

pub(crate) use cites::citing;
pub(crate) use naming::{mentioning, with_mentions};

pub(crate) fn routes(state: &State) -> Routes {
    let s = || state.clone();
    let (anyone, member) = (Need::Anyone, Need::Member);
    Routes::new()
        .method_router(Method::GET, "/", anyone, get(home::home).with_state(s()))
        .shared()
        .method_router(Method::GET, "/articles", anyone, get(lists::articles).with_state(s()))
        .shared()
        .method_router(Method::GET, "/questions", anyone, get(lists::questions).with_state(s()))
        .shared()
        .method_router(Method::GET, "/projects", anyone, get(lists::projects).with_state(s()))
        .shared()
        .method_router(Method::GET, "/news", anyone, get(lists::news).with_state(s()))
        .shared()
        .method_router(Method::GET, "/moments", anyone, get(moments::list).with_state(s()))
        .shared()
        .method_router(Method::POST, "/moments", member, submit(moments::create).with_state(s()))
        .paced()
        .method_router(Method::GET, "/tags", anyone, get(lists::tags).with_state(s()))
        .shared()
        .method_router(Method::GET, "/tags/{tag}", anyone, get(lists::tag).with_state(s()))
        .shared()
        .method_router(Method::GET, "/posts/{post}", anyone, get(post::show).with_state(s()))
        .shared()
        .method_router(Method::GET, "/posts/{post}/history", anyone, get(post::history).with_state(s()))
        .method_router(Method::GET, "/posts/{post}/revisions/{revision}", anyone, get(post::revision).with_state(s()))
        .method_router(Method::GET, "/write", member, get(write::form).with_state(s()))
        .method_router(Method::POST, "/write", member, submit(write::create).with_state(s()))
        .paced()
        .method_router(Method::GET, "/posts/{post}/edit", member, get(write::edit_form).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/edit", member, submit(write::edit).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/answers", member, submit(write::answer).with_state(s()))
        .paced()
        .method_router(Method::POST, "/posts/{post}/comments", member, submit(write::comment).with_state(s()))
        .paced()
        .method_router(Method::POST, "/posts/{post}/sources", member, submit(write::add_source).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/sources/delete", member, submit(write::drop_source).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/delete", member, submit(write::delete).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/restore", member, submit(write::restore).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/accept", member, submit(write::accept).with_state(s()))
        .method_router(Method::POST, "/posts/{post}/unaccept", member, submit(write::unaccept).with_state(s()))
        .method_router(Method::GET, "/settings/deleted", member, get(deleted::show).with_state(s()))
        .method_router(Method::GET, "/series", member, get(series::own).with_state(s()))
        .method_router(Method::POST, "/series", member, submit(series::begin).with_state(s()))
        .method_router(Method::GET, "/series/{series}", anyone, get(series::show).with_state(s()))
        .shared()
        .method_router(Method::GET, "/series/{series}/edit", member, get(series::edit_form).with_state(s()))
        .method_router(Method::POST, "/series/{series}/edit", member, submit(series::edit).with_state(s()))
        .method_router(Method::POST, "/series/{series}/parts", member, submit(series::arrange).with_state(s()))
        .method_router(Method::POST, "/series/{series}/delete", member, submit(series::remove).with_state(s()))
        .method_router(Method::GET, "/drafts", member, get(drafts::list).with_state(s()))
        .method_router(Method::POST, "/drafts/{draft}/delete", member, submit(drafts::discard).with_state(s()))
        .method_router(Method::POST, "/drafts/{draft}/restore", member, submit(drafts::bring_back).with_state(s()))
        .method_router(Method::POST, "/drafts/{draft}/unschedule", member, submit(drafts::unschedule).with_state(s()))
        .route(Method::POST, "/preview", member, write::preview)
        // It changes nothing, and follows the typing.
        .limit(RateClass::Search)
        .merge(feeds::routes(state))
        .merge(archive::routes(state))
        .merge(sitemap::routes(state))
}

pub(crate) fn slots(state: &State) -> Vec<SlotEntry> {
    let (works, sky, read) = (state.clone(), state.clone(), state.clone());
    let (waiting, unanswered) = (state.clone(), state.clone());
    vec![
        SlotEntry::tab(TABS, 15, "/settings/deleted", "posts-bin"),
        SlotEntry::new("member.main", 10, move |request| member::works(works.clone(), request)),
        SlotEntry::new("twin.aside", 10, move |request| slots::sky(sky.clone(), request)),
        SlotEntry::new("twin.main", 10, move |request| slots::read_by_twin(read.clone(), request)),
        SlotEntry::new("ask.aside", 20, move |request| slots::waiting(unanswered.clone(), request)),
        SlotEntry::new("home.aside", 30, move |request| slots::waiting(waiting.clone(), request)),
    ]
}

/// Who acts, as the rules see it.
pub(crate) fn actor(member: &Member) -> Actor {
    Actor { id: member.id, moderates: member.role >= Role::Moderator }
}

/// Who looks, as the rules see it.
pub(crate) fn viewer_actor(viewer: &Viewer) -> Option<Actor> {
    viewer.member.as_ref().map(actor)
}

/// The id in an address.
///
/// # Errors
/// There is none.
pub(crate) fn post_id(part: &str) -> Result<PostId, AppError> {
    id_of_address(part).ok_or(AppError::NotFound)
}

/// A visible post in full.
///
/// # Errors
/// There is none of this id, or it was taken away.
pub(crate) async fn detail(state: &State, id: PostId) -> Result<PostDetail, AppError> {
    match store::details(&state.store, &[id]).await?.remove(&id) {
        Some(detail) => Ok(detail),
        None if store::heads(&state.store, &[id]).await?.contains_key(&id) => Err(AppError::Gone),
        None => Err(AppError::NotFound),
    }
}

/// A path with what is not ASCII written as `%XX`, as a `Location` needs it.
pub(crate) fn ascii(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        if b.is_ascii_graphic() { out.push(b as char) } else { out.push_str(&format!("%{b:02X}")) }
    }
    out
}

/// Sends the browser elsewhere.
pub(crate) fn send(status: StatusCode, path: &str) -> Response {
    let mut response = status.into_response();
    if let Ok(value) = HeaderValue::from_str(&ascii(path)) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// The sentence for what is wrong with a field.
pub(crate) fn said(fault: Fault) -> Said {
    match fault {
        Fault::Missing => Said::new("posts-fault-missing"),
        Fault::TooLong { max } => Said::new("posts-fault-too-long").with("max", max),
        Fault::TooMany { max } => Said::new("posts-fault-too-many").with("max", max),
        Fault::NotAnAddress => Said::new("posts-fault-address"),
        Fault::NotATag => Said::new("posts-fault-tag"),
        Fault::Lowered => Said::new("posts-fault-lowered"),
        Fault::NotForReplies => Said::new("posts-fault-reply"),
        Fault::Gone => Said::new("posts-fault-gone"),
        Fault::NotAPart => Said::new("posts-fault-part"),
        Fault::Beyond { what } => what.said(),
        Fault::NotAhead => Said::new("posts-fault-ahead"),
    }
}

/// An error of a draft as other features show it.
pub(crate) fn wrong(error: &model::FieldError) -> Wrong {
    let max = match error.fault {
        Fault::TooLong { max } | Fault::TooMany { max } => Some(max),
        _ => None,
    };
    Wrong { field: error.field, key: said(error.fault).key(), max }
}

/// The errors of a draft as forms and the API show them.
pub(crate) fn field_errors(errors: &[model::FieldError]) -> Vec<FieldError> {
    errors.iter().map(|e| FieldError::new(e.field, said(e.fault))).collect()
}

impl From<CommandError> for AppError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Invalid(errors) => Self::Invalid(field_errors(&errors)),
            CommandError::NotFound => Self::NotFound,
            CommandError::Forbidden => Self::Forbidden,
            CommandError::Conflict { .. } | CommandError::SeriesChanged { .. } => Self::conflict("posts-error-changed"),
            CommandError::WrongPlace => Self::bad("posts-error-place"),
            CommandError::Known(_) => Self::conflict("posts-error-known"),
            CommandError::DraftChanged { .. } => Self::conflict("posts-draft-error-changed"),
            CommandError::Published(_) => Self::conflict("posts-draft-error-published"),
            CommandError::TooManyDrafts => Self::conflict("posts-draft-error-many"),
            CommandError::Locked => Self::conflict("posts-error-locked"),
            CommandError::TooLate => Self::conflict("posts-error-too-late"),
            CommandError::Store(error) => error.into(),
        }
    }
}

/// The key of a kind's name.
pub(crate) const fn kind_key(kind: PostKind) -> &'static str {
    match kind {
        PostKind::Article => "posts-kind-article",
        PostKind::Question => "posts-kind-question",
        PostKind::Answer => "posts-kind-answer",
        PostKind::Comment => "posts-kind-comment",
        PostKind::Project => "posts-kind-project",
        PostKind::Moment => "posts-kind-moment",
        PostKind::News => "posts-kind-news",
        PostKind::Creation => "posts-kind-creation",
        PostKind::Book => "posts-kind-book",
    }
}
