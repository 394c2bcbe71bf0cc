//! Signing in by an account at another site: away, back, and choosing a handle.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

use super::{client, code, enter, local_path, refusal, to, with_cookie};
use crate::commands::{Accounts, Back, Came};
use crate::error::AccountError;
use crate::model::{Arrival, ERRAND_MS};

/// The cookie of a browser that is away, and that of somebody who has yet to choose a handle. Both are sent when the
/// browser comes from elsewhere, or else nobody would ever be back; each goes to its pages only.
const AWAY: (&str, &str) = ("xinghe_away", "/sign-in/with");
const ARRIVED: (&str, &str) = ("xinghe_arrived", "/register");

fn set(ctx: &PageContext, (name, path): (&str, &str), secret: &str) -> String {
    let secure = if ctx.settings().secure_cookies { "; Secure" } else { "" };
    let age = if secret.is_empty() { 0 } else { ERRAND_MS / 1000 };
    format!("{name}={secret}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={age}{secure}")
}

fn secret(jar: &CookieJar, (name, _): (&str, &str)) -> String {
    jar.get(name).map(|c| c.value().to_owned()).unwrap_or_default()
}

/// The cookie of a browser that is sent away.
pub(super) fn away(ctx: &PageContext, browser: &str) -> String {
    set(ctx, AWAY, browser)
}

/// Where to go in the end.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Onward {
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in_failed.html")]
struct FailedTemplate<'a> {
    t: &'a Texts,
    errors: &'a FieldErrors,
    /// A member here has the address.
    address_taken: bool,
}

fn failed(ctx: &PageContext, status: StatusCode, errors: &FieldErrors, address_taken: bool) -> Response {
    let template = FailedTemplate { t: &ctx.t, errors, address_taken };
    ctx.page().title(ctx.t.s("accounts-sign-in")).noindex().status(status).render(&template)
}

/// `/sign-in/with/{site}`: away to the site. A link and no form, since pages send forms to this site only; whoever is
/// made to follow it signs in as nobody but themselves.
pub(super) async fn depart(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(site): Path<String>,
    Query(onward): Query<Onward>,
) -> Result<Response, AppError> {
    if ctx.viewer.member.is_some() {
        return Ok(to(local_path(&onward.next)));
    }
    match accounts.depart(&site, local_path(&onward.next)).await {
        Ok(departure) => {
            let response = Redirect::to(&departure.to).into_response();
            Ok(with_cookie(response, &away(&ctx, &departure.browser)))
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            Ok(failed(&ctx, status, &errors, false))
        }
    }
}

/// What a site adds to the address.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct BackQuery {
    state: String,
    code: String,
    iss: Option<String>,
}

/// `/sign-in/with/{site}/back`: back from the site. A session that the browser had ends.
pub(super) async fn come_back(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(site): Path<String>,
    jar: CookieJar,
    headers: HeaderMap,
    Query(query): Query<BackQuery>,
) -> Result<Response, AppError> {
    let viewer = ctx.viewer.member.clone();
    let back = Back { state: query.state, code: query.code, issuer: query.iss };
    let client = client(&ctx.viewer, &headers);
    let (browser, id) = (secret(&jar, AWAY), viewer.as_ref().map(|m| m.id));
    let came = accounts.come_back(&site, &browser, &back, id, (ctx.lang, &client)).await;
    let response = match came {
        Ok(Came::Connected) => to("/settings/connections?done=connected"),
        Ok(Came::In(session, next)) => {
            if let Some(old) = &viewer {
                accounts.end_session(old.id, old.session).await?;
            }
            enter(&ctx, &session, &next)
        }
        Ok(Came::Half(half, next)) => code::ask(&ctx, &half, &next),
        Ok(Came::New(token)) => with_cookie(to("/register/with"), &set(&ctx, ARRIVED, &token)),
        Ok(Came::AddressTaken) => failed(&ctx, StatusCode::CONFLICT, &FieldErrors::default(), true),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            failed(&ctx, status, &errors, false)
        }
    };
    Ok(with_cookie(response, &set(&ctx, AWAY, "")))
}

/// The form of `/register/with`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SettleForm {
    handle: String,
    name: String,
}

#[derive(Template)]
#[template(path = "register_with.html")]
struct SettleTemplate<'a> {
    t: &'a Texts,
    arrival: &'a Arrival,
    form: &'a SettleForm,
    errors: &'a FieldErrors,
}

fn settle_page(
    ctx: &PageContext,
    arrival: &Arrival,
    form: &SettleForm,
    (status, errors): (StatusCode, &FieldErrors),
) -> Response {
    let template = SettleTemplate { t: &ctx.t, arrival, form, errors };
    ctx.page().title(ctx.t.s("accounts-register")).noindex().status(status).render(&template)
}

/// `/register/with`: what to be called here.
pub(super) async fn arrived(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    jar: CookieJar,
) -> Result<Response, AppError> {
    match accounts.arrival(&secret(&jar, ARRIVED)).await {
        Ok(arrival) => {
            let form = SettleForm { handle: arrival.handle.clone(), name: arrival.name.clone() };
            Ok(settle_page(&ctx, &arrival, &form, (StatusCode::OK, &FieldErrors::default())))
        }
        Err(AccountError::NotFound) => Ok(to("/sign-in")),
        Err(error) => Err(error.into()),
    }
}

/// Makes the account; whoever came is signed in.
pub(super) async fn settle(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    jar: CookieJar,
    headers: HeaderMap,
    Form(form): Form<SettleForm>,
) -> Result<Response, AppError> {
    let token = secret(&jar, ARRIVED);
    match accounts.settle(&token, &form.handle, &form.name, Some(ctx.lang)).await {
        Ok((id, next)) => {
            if let Some(old) = &ctx.viewer.member {
                accounts.end_session(old.id, old.session).await?;
            }
            let session = accounts.open_session(id, &client(&ctx.viewer, &headers)).await?;
            Ok(with_cookie(enter(&ctx, &session, &next), &set(&ctx, ARRIVED, "")))
        }
        Err(AccountError::NotFound) => Ok(with_cookie(to("/sign-in"), &set(&ctx, ARRIVED, ""))),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            let arrival = accounts.arrival(&token).await?;
            Ok(settle_page(&ctx, &arrival, &form, (status, &errors)))
        }
    }
}
