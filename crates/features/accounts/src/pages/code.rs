//! The second step of signing in. What waits is known by a cookie that lives ten minutes and goes to these pages only.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

use super::{client, enter, local_path, refusal, to, with_cookie};
use crate::commands::{Accounts, HalfSession};
use crate::error::AccountError;
use crate::model::factor::HALF_MS;

/// The cookie of a sign-in that waits.
const COOKIE: &str = "xinghe_code";

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodeTemplate<'a> {
    t: &'a Texts,
    form: &'a CodeForm,
    errors: &'a FieldErrors,
}

/// What the address carries and the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CodeForm {
    code: String,
    next: String,
}

fn set(ctx: &PageContext, token: &str, seconds: i64) -> String {
    let secure = if ctx.settings().secure_cookies { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/sign-in; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// Sends the browser on to where a code is asked for.
pub(super) fn ask(ctx: &PageContext, half: &HalfSession, next: &str) -> Response {
    let next: String = url::form_urlencoded::byte_serialize(local_path(next).as_bytes()).collect();
    with_cookie(to(&format!("/sign-in/code?next={next}")), &set(ctx, &half.token, HALF_MS / 1000))
}

fn page(ctx: &PageContext, form: &CodeForm, status: StatusCode, errors: &FieldErrors) -> Response {
    let template = CodeTemplate { t: &ctx.t, form, errors };
    ctx.page().title(ctx.t.s("accounts-sign-in-code")).noindex().status(status).render(&template)
}

/// `/sign-in/code`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    jar: CookieJar,
    Query(form): Query<CodeForm>,
) -> Result<Response, AppError> {
    let token = jar.get(COOKIE).map(|c| c.value().to_owned()).unwrap_or_default();
    if !accounts.waits_for_code(&token).await? {
        return Ok(to("/sign-in"));
    }
    Ok(page(&ctx, &form, StatusCode::OK, &FieldErrors::default()))
}

/// The form of `/sign-in/code`: a new session; one that the browser had ends.
pub(super) async fn finish(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    jar: CookieJar,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, AppError> {
    let token = jar.get(COOKIE).map(|c| c.value().to_owned()).unwrap_or_default();
    match accounts.finish_sign_in(&token, &form.code, &client(&ctx.viewer, &headers)).await {
        Ok(session) => {
            if let Some(old) = &ctx.viewer.member {
                accounts.end_session(old.id, old.session).await?;
            }
            Ok(with_cookie(enter(&ctx, &session, &form.next), &set(&ctx, "", 0)))
        }
        Err(AccountError::NotFound) => Ok(with_cookie(to("/sign-in"), &set(&ctx, "", 0))),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            Ok(page(&ctx, &form, status, &errors))
        }
    }
}
