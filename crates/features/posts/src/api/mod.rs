//! The API of posts under `/api/v1`.

mod change;
mod cites;
mod deleted;
mod draft_shapes;
mod drafts;
mod home;
mod markdown;
mod read;
mod series;
mod shapes;

use axum::routing::{delete, get, patch, post, put};
use http::Method;
use utoipa::OpenApi;
use xinghe_web::{Need, RateClass, Routes};

use crate::feature::State;

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(
        home::show, read::list, read::show, read::revisions, read::revision, read::answers, read::comments, read::tags,
        cites::list,
        change::create, change::edit, change::delete, change::restore, change::answer, change::comment,
        change::accept, change::unaccept, deleted::list,
        drafts::list, drafts::create, drafts::show, drafts::save, drafts::discard, drafts::restore, drafts::publish,
        series::list, series::begin, series::show, series::change, series::remove,
        drafts::schedule, drafts::unschedule, markdown::render,
    ),
    tags(
        (name = "posts", description = "Articles, questions, answers, comments, projects"),
        (name = "series", description = "Articles of one author in an order"),
        (name = "drafts", description = "What a member is still writing: the member's alone"),
    )
)]
pub(crate) struct Doc;

pub(crate) fn routes(state: &State) -> Routes {
    let s = || state.clone();
    let (anyone, member) = (Need::Anyone, Need::Member);
    Routes::new()
        .method_router(Method::GET, "/api/v1/home", anyone, get(home::show).with_state(s()))
        .method_router(Method::GET, "/api/v1/posts", anyone, get(read::list).with_state(s()))
        .method_router(Method::POST, "/api/v1/posts", member, post(change::create).with_state(s()))
        .paced()
        .method_router(Method::GET, "/api/v1/posts/{id}", anyone, get(read::show).with_state(s()))
        .method_router(Method::PATCH, "/api/v1/posts/{id}", member, patch(change::edit).with_state(s()))
        .method_router(Method::DELETE, "/api/v1/posts/{id}", member, delete(change::delete).with_state(s()))
        .method_router(Method::POST, "/api/v1/posts/{id}/restore", member, post(change::restore).with_state(s()))
        .method_router(Method::GET, "/api/v1/posts/{id}/revisions", anyone, get(read::revisions).with_state(s()))
        .method_router(
            Method::GET,
            "/api/v1/posts/{id}/revisions/{revision}",
            anyone,
            get(read::revision).with_state(s()),
        )
        .method_router(Method::GET, "/api/v1/posts/{id}/answers", anyone, get(read::answers).with_state(s()))
        .method_router(Method::POST, "/api/v1/posts/{id}/answers", member, post(change::answer).with_state(s()))
        .paced()
        .method_router(Method::GET, "/api/v1/posts/{id}/comments", anyone, get(read::comments).with_state(s()))
        .method_router(Method::POST, "/api/v1/posts/{id}/comments", member, post(change::comment).with_state(s()))
        .paced()
        .method_router(Method::GET, "/api/v1/posts/{id}/cited-by", anyone, get(cites::list).with_state(s()))
        .method_router(Method::PUT, "/api/v1/questions/{id}/accepted", member, put(change::accept).with_state(s()))
        .method_router(
            Method::DELETE,
            "/api/v1/questions/{id}/accepted",
            member,
            delete(change::unaccept).with_state(s()),
        )
        .method_router(Method::GET, "/api/v1/me/deleted", member, get(deleted::list).with_state(s()))
        .merge(drafts(state))
        .method_router(Method::GET, "/api/v1/series", anyone, get(series::list).with_state(s()))
        .method_router(Method::POST, "/api/v1/series", member, post(series::begin).with_state(s()))
        .method_router(Method::GET, "/api/v1/series/{id}", anyone, get(series::show).with_state(s()))
        .method_router(Method::PATCH, "/api/v1/series/{id}", member, patch(series::change).with_state(s()))
        .method_router(Method::DELETE, "/api/v1/series/{id}", member, delete(series::remove).with_state(s()))
        .route(Method::POST, "/api/v1/markdown", member, markdown::render)
        .limit(RateClass::Search)
        .method_router(Method::GET, "/api/v1/tags", anyone, get(read::tags).with_state(s()))
}

fn drafts(state: &State) -> Routes {
    let (s, member) = (|| state.clone(), Need::Member);
    let one = "/api/v1/drafts/{id}";
    let schedule = "/api/v1/drafts/{id}/schedule";
    Routes::new()
        .method_router(Method::GET, "/api/v1/drafts", member, get(drafts::list).with_state(s()))
        .method_router(Method::POST, "/api/v1/drafts", member, post(drafts::create).with_state(s()))
        .method_router(Method::GET, one, member, get(drafts::show).with_state(s()))
        .method_router(Method::PUT, one, member, put(drafts::save).with_state(s()))
        .method_router(Method::DELETE, one, member, delete(drafts::discard).with_state(s()))
        .method_router(Method::POST, "/api/v1/drafts/{id}/restore", member, post(drafts::restore).with_state(s()))
        .method_router(Method::POST, "/api/v1/drafts/{id}/publish", member, post(drafts::publish).with_state(s()))
        .paced()
        .method_router(Method::PUT, schedule, member, put(drafts::schedule).with_state(s()))
        .method_router(Method::DELETE, schedule, member, delete(drafts::unschedule).with_state(s()))
}
