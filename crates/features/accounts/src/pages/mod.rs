//! The pages of accounts. They work without script; a wrong form comes back with what was typed, but the passwords.

mod account;
mod admin;
mod code;
mod connections;
mod elsewhere;
mod entrance;
mod help;
mod links;
mod member;
mod security;
mod settings;
mod tokens;

use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use xinghe_web::{
    AppError, FieldError, FieldErrors, Need, PageContext, RateClass, Routes, Said, SessionCookie, Viewer,
};

use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::{Client, NewSession, SESSION_MS};

pub(crate) use admin::tabs as admin_tabs;
pub(crate) use security::site_name;
pub(crate) use settings::tabs as settings_tabs;

/// How long a browser keeps the session cookie, in seconds: as long as the session lives unused. The shell sets it
/// anew when a use makes the session live on.
const COOKIE_S: i64 = SESSION_MS / 1000;

/// The routes of the pages.
pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    let (anyone, member, admin) = (Need::Anyone, Need::Member, Need::Administrator);
    link_routes(accounts)
        .merge(factor_routes(accounts))
        .merge(site_routes(accounts))
        .method_router(Method::GET, "/register", anyone, get(entrance::register).with_state(a()))
        .method_router(Method::POST, "/register", anyone, post(entrance::do_register).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/sign-in", anyone, get(entrance::sign_in).with_state(a()))
        .method_router(Method::POST, "/sign-in", anyone, post(entrance::do_sign_in).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/sign-out", anyone, post(entrance::sign_out).with_state(a()))
        .method_router(Method::GET, "/setup", anyone, get(entrance::setup).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/setup", anyone, post(entrance::do_setup).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/settings", member, get(settings::profile).with_state(a()))
        .method_router(Method::POST, "/settings", member, post(settings::save_profile).with_state(a()))
        .method_router(Method::GET, "/settings/account", member, get(account::show).with_state(a()))
        .method_router(Method::POST, "/settings/password", member, post(account::password).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/password/first", member, post(account::first_password).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/erase", member, post(account::erase).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/email", member, post(account::email).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/email/remove", member, post(account::remove_email).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/settings/sessions", member, get(settings::sessions).with_state(a()))
        .method_router(Method::POST, "/settings/sessions", member, post(settings::end_session).with_state(a()))
        .method_router(Method::GET, "/members", anyone, get(member::list).with_state(a()))
        .shared()
        .method_router(Method::GET, "/@{handle}", anyone, get(member::show).with_state(a()))
        .shared()
        .method_router(Method::POST, "/@{handle}/claim", member, post(member::claim).with_state(a()))
        .method_router(Method::POST, "/@{handle}/claim/prove", member, post(member::prove).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/@{handle}/claim/withdraw", member, post(member::withdraw).with_state(a()))
        .method_router(Method::GET, "/admin/members", admin, get(admin::members).with_state(a()))
        .method_router(Method::POST, "/admin/members/{id}", admin, post(admin::change).with_state(a()))
        .method_router(Method::GET, "/admin/members/{id}/reset-link", admin, get(help::show).with_state(a()))
        .method_router(Method::POST, "/admin/members/{id}/reset-link", admin, post(help::make).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/admin/claims", admin, get(admin::claims).with_state(a()))
        .method_router(Method::POST, "/admin/claims/{id}", admin, post(admin::decide).with_state(a()))
}

/// The routes of links by mail. Their pages take tokens, so guessing is slow there, too.
fn link_routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    let anyone = Need::Anyone;
    Routes::new()
        .method_router(Method::GET, "/password/forgot", anyone, get(links::forgot).with_state(a()))
        .method_router(Method::POST, "/password/forgot", anyone, post(links::do_forgot).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/password/reset", anyone, get(links::reset).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/password/reset", anyone, post(links::do_reset).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/sign-in/link", anyone, get(links::link).with_state(a()))
        .method_router(Method::POST, "/sign-in/link", anyone, post(links::do_link).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/sign-in/with-link", anyone, get(links::with_link).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/sign-in/with-link", anyone, post(links::do_with_link).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/sign-in/code", anyone, get(code::show).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/sign-in/code", anyone, post(code::finish).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/email/verify", anyone, get(links::verify).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/email/verify", anyone, post(links::do_verify).with_state(a()))
        .limit(RateClass::SignIn)
}

/// The routes of accounts at other sites.
fn site_routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    let (anyone, member) = (Need::Anyone, Need::Member);
    Routes::new()
        .method_router(Method::GET, "/sign-in/with/{site}", anyone, get(elsewhere::depart).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/sign-in/with/{site}/back", anyone, get(elsewhere::come_back).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/register/with", anyone, get(elsewhere::arrived).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/register/with", anyone, post(elsewhere::settle).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/settings/connections", member, get(connections::show).with_state(a()))
        .method_router(Method::POST, "/settings/connections", member, post(connections::connect).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/connections/{id}/end", member, post(connections::end).with_state(a()))
        .limit(RateClass::SignIn)
}

/// The routes of the second factor and of tokens.
fn factor_routes(accounts: &Accounts) -> Routes {
    let a = || accounts.clone();
    let member = Need::Member;
    let admin = Need::Administrator;
    Routes::new()
        .method_router(Method::GET, "/settings/security", member, get(security::show).with_state(a()))
        .method_router(Method::GET, "/settings/security/factor", member, get(security::setup).with_state(a()))
        .method_router(Method::POST, "/settings/security/factor", member, post(security::begin).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(
            Method::POST,
            "/settings/security/factor/confirm",
            member,
            post(security::finish).with_state(a()),
        )
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/security/recovery", member, post(security::recovery).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/security/off", member, post(security::off).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::GET, "/settings/tokens", member, get(tokens::show).with_state(a()))
        .method_router(Method::POST, "/settings/tokens", member, post(tokens::make).with_state(a()))
        .limit(RateClass::SignIn)
        .method_router(Method::POST, "/settings/tokens/{id}/end", member, post(tokens::end).with_state(a()))
        .method_router(Method::POST, "/admin/members/{id}/factor-off", admin, post(help::factor_off).with_state(a()))
        .limit(RateClass::SignIn)
}

/// Where a request came from.
pub(crate) fn client(viewer: &Viewer, headers: &HeaderMap) -> Client {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Client { ip: viewer.ip, user_agent: agent.to_owned() }
}

/// A command's refusal as a form shows it: the status, and what is wrong beside which field (`form` for the whole).
///
/// # Errors
/// Anything that is not the form's business.
fn refusal(error: AccountError, ctx: &PageContext) -> Result<(StatusCode, FieldErrors), AppError> {
    let (status, errors) = match error {
        AccountError::Invalid(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
        AccountError::Throttled(seconds) => {
            let said = Said::new("accounts-error-throttled").with("seconds", seconds);
            (StatusCode::TOO_MANY_REQUESTS, vec![FieldError::new("form", said)])
        }
        AccountError::Conflict(said) => (StatusCode::CONFLICT, vec![FieldError::new("form", said)]),
        other => return Err(other.into()),
    };
    Ok((status, FieldErrors::new(&errors, &ctx.t)))
}

/// Sends the browser on, after something was changed.
fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Where to go after signing in: a path of this site, nowhere else.
fn local_path(next: &str) -> &str {
    let path = xinghe_web::system::local(next);
    if path.starts_with("/sign-in") || path.starts_with("/register") { "/" } else { path }
}

fn cookie(ctx: &PageContext) -> SessionCookie {
    SessionCookie { secure: ctx.settings().secure_cookies }
}

/// Sends the browser on with a new session.
fn enter(ctx: &PageContext, session: &NewSession, next: &str) -> Response {
    with_cookie(to(local_path(next)), &cookie(ctx).set(&session.token, COOKIE_S))
}

fn with_cookie(mut response: Response, set: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(set) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_gone_to() {
        for good in ["/", "/posts/1-x?page=2#post-3", "/@lilei"] {
            assert_eq!(local_path(good), good);
        }
        for bad in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/sign-in?next=/"]
        {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }
}
