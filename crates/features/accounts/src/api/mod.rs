//! The API of accounts under `/api/v1`.

mod admin;
mod claims;
mod connections;
mod factor;
mod mail;
mod me;
mod members;
mod session;
pub(crate) mod shapes;
mod tokens;

use axum::routing::{delete, get, patch, post, put};
use http::Method;
use utoipa::OpenApi;
use xinghe_web::{Need, RateClass, Routes};

use crate::commands::Accounts;

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(
        session::sign_in, session::sign_out, me::show, me::change, me::erase, me::password, me::sessions,
        me::end_other_sessions, me::end_session, members::list, members::register, members::show, claims::of_me,
        claims::create, claims::proof, claims::prove, claims::withdraw, admin::claims, admin::decide, admin::change,
        mail::show, mail::change, mail::remove, mail::verify, mail::forgot, mail::reset, mail::link, mail::from_link,
        mail::reset_link, factor::show, factor::begin, factor::confirm, factor::recovery, factor::off, tokens::list, tokens::make, tokens::end,
        connections::sites, connections::list, connections::end,
    ),
    tags((name = "accounts", description = "Members, unclaimed authors, sessions, claims"))
)]
pub(crate) struct Doc;

/// The routes of this API.
pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    mail_routes(accounts)
        .merge(factor_routes(accounts))
        .method_router(Method::POST, "/api/v1/session", Need::Anyone, post(session::sign_in).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::DELETE, "/api/v1/session", Need::Member, delete(session::sign_out).with_state(a()))
        .by_session()
        .even_suspended()
        .method_router(Method::GET, "/api/v1/me", Need::Member, get(me::show).with_state(a()))
        .method_router(Method::PATCH, "/api/v1/me", Need::Member, patch(me::change).with_state(a()))
        .method_router(Method::DELETE, "/api/v1/me", Need::Member, delete(me::erase).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .even_suspended()
        .method_router(Method::POST, "/api/v1/me/password", Need::Member, post(me::password).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/api/v1/me/sessions", Need::Member, get(me::sessions).with_state(a()))
        .by_session()
        .method_router(
            Method::DELETE,
            "/api/v1/me/sessions",
            Need::Member,
            delete(me::end_other_sessions).with_state(a()),
        )
        .by_session()
        .method_router(
            Method::DELETE,
            "/api/v1/me/sessions/{id}",
            Need::Member,
            delete(me::end_session).with_state(a()),
        )
        .by_session()
        .method_router(Method::GET, "/api/v1/me/claims", Need::Member, get(claims::of_me).with_state(a()))
        .method_router(Method::DELETE, "/api/v1/me/claims/{id}", Need::Member, delete(claims::withdraw).with_state(a()))
        .method_router(Method::GET, "/api/v1/members", Need::Anyone, get(members::list).with_state(a()))
        .method_router(Method::POST, "/api/v1/members", Need::Anyone, post(members::register).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/api/v1/members/{handle}", Need::Anyone, get(members::show).with_state(a()))
        .method_router(
            Method::POST,
            "/api/v1/members/{handle}/claims",
            Need::Member,
            post(claims::create).with_state(a()),
        )
        .method_router(
            Method::GET,
            "/api/v1/members/{handle}/claims/proof",
            Need::Member,
            get(claims::proof).with_state(a()),
        )
        .method_router(
            Method::POST,
            "/api/v1/members/{handle}/claims/proof",
            Need::Member,
            post(claims::prove).with_state(a()),
        )
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/api/v1/admin/claims", Need::Administrator, get(admin::claims).with_state(a()))
        .method_router(
            Method::POST,
            "/api/v1/admin/claims/{id}/decision",
            Need::Administrator,
            post(admin::decide).with_state(a()),
        )
        .method_router(
            Method::PATCH,
            "/api/v1/admin/members/{handle}",
            Need::Administrator,
            patch(admin::change).with_state(a()),
        )
}

/// The routes of addresses and links.
fn mail_routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    let (anyone, member, admin) = (Need::Anyone, Need::Member, Need::Administrator);
    Routes::new()
        .method_router(Method::GET, "/api/v1/me/email", member, get(mail::show).with_state(a()))
        .by_session()
        .method_router(Method::PUT, "/api/v1/me/email", member, put(mail::change).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::DELETE, "/api/v1/me/email", member, delete(mail::remove).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/api/v1/email/verify", anyone, post(mail::verify).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/api/v1/password/forgot", anyone, post(mail::forgot).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/api/v1/password/reset", anyone, post(mail::reset).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/api/v1/session/link", anyone, post(mail::link).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/api/v1/session/from-link", anyone, post(mail::from_link).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(
            Method::POST,
            "/api/v1/admin/members/{handle}/reset-link",
            admin,
            post(mail::reset_link).with_state(a()),
        )
        .by_session()
        .limit(RateClass::SignIn)
}

/// The routes of the second factor and of tokens.
fn factor_routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    let member = Need::Member;
    Routes::new()
        .method_router(Method::GET, "/api/v1/me/factor", member, get(factor::show).with_state(a()))
        .by_session()
        .method_router(Method::POST, "/api/v1/me/factor", member, post(factor::begin).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::DELETE, "/api/v1/me/factor", member, delete(factor::off).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/api/v1/me/factor/confirm", member, post(factor::confirm).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/api/v1/sign-in/sites", Need::Anyone, get(connections::sites).with_state(a()))
        .method_router(Method::GET, "/api/v1/me/connections", member, get(connections::list).with_state(a()))
        .by_session()
        .method_router(Method::DELETE, "/api/v1/me/connections/{id}", member, delete(connections::end).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/api/v1/me/tokens", member, get(tokens::list).with_state(a()))
        .by_session()
        .method_router(Method::POST, "/api/v1/me/tokens", member, post(tokens::make).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
        .method_router(Method::DELETE, "/api/v1/me/tokens/{id}", member, delete(tokens::end).with_state(a()))
        .by_session()
        .method_router(Method::POST, "/api/v1/me/factor/recovery-codes", member, post(factor::recovery).with_state(a()))
        .by_session()
        .limit(RateClass::SignIn)
}
