//! The API of moderation under `/api/v1`.

mod cases;
mod eye;
mod own;
mod shapes;
mod trust;

use axum::routing::{get, post, put};
use http::Method;
use utoipa::OpenApi;
use xinghe_web::{Need, Routes};

use crate::commands::Moderation;

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(
        own::report, own::standing, own::appeal, own::log, cases::list, cases::show, cases::take, cases::release,
        cases::note, cases::decide, cases::confirm, cases::end, cases::answer, trust::own, trust::show, trust::set,
        eye::show, eye::set, eye::list,
    ),
    tags((name = "moderation", description = "Reports, decisions, appeals, the public log"))
)]
pub(crate) struct Doc;

pub(crate) fn routes(moderation: &Moderation) -> Routes {
    let m = || moderation.clone();
    let (member, keeper) = (Need::Member, Need::Moderator);
    let (cases, case) = ("/api/v1/moderation/cases", "/api/v1/moderation/cases/{id}");
    let taken = "/api/v1/moderation/cases/{id}/taken";
    let of_member = "/api/v1/moderation/trust/{handle}";
    let act = "/api/v1/moderation/acts/{id}";
    Routes::new()
        .method_router(Method::POST, "/api/v1/reports", member, post(own::report).with_state(m()))
        .method_router(Method::GET, "/api/v1/me/standing", member, get(own::standing).with_state(m()))
        .method_router(Method::PUT, "/api/v1/me/standing/{act}/appeal", member, put(own::appeal).with_state(m()))
        .method_router(Method::GET, "/api/v1/admin/eye", Need::Administrator, get(eye::show).with_state(m()))
        .method_router(Method::PUT, "/api/v1/admin/eye", Need::Administrator, put(eye::set).with_state(m()))
        .method_router(Method::GET, "/api/v1/admin/eye/verdicts", Need::Administrator, get(eye::list).with_state(m()))
        .method_router(Method::GET, "/api/v1/me/trust", member, get(trust::own).with_state(m()))
        .method_router(Method::GET, of_member, keeper, get(trust::show).with_state(m()))
        .method_router(Method::PUT, of_member, Need::Administrator, put(trust::set).with_state(m()))
        .method_router(Method::GET, "/api/v1/moderation/log", Need::Anyone, get(own::log).with_state(m()))
        .method_router(Method::GET, cases, keeper, get(cases::list).with_state(m()))
        .method_router(Method::GET, case, keeper, get(cases::show).with_state(m()))
        .method_router(Method::PUT, taken, keeper, put(cases::take).with_state(m()))
        .method_router(Method::DELETE, taken, keeper, axum::routing::delete(cases::release).with_state(m()))
        .method_router(Method::POST, "/api/v1/moderation/cases/{id}/notes", keeper, post(cases::note).with_state(m()))
        .method_router(Method::POST, "/api/v1/moderation/cases/{id}/acts", keeper, post(cases::decide).with_state(m()))
        .method_router(
            Method::PUT,
            "/api/v1/moderation/acts/{id}/confirmation",
            keeper,
            put(cases::confirm).with_state(m()),
        )
        .method_router(Method::DELETE, act, keeper, axum::routing::delete(cases::end).with_state(m()))
        .method_router(Method::PUT, "/api/v1/moderation/acts/{id}/appeal", keeper, put(cases::answer).with_state(m()))
}
