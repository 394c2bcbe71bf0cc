//! Register, sign in, sign out, the first administrator.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use xinghe_core::AuthorId;
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

use super::{client, code, cookie, enter, local_path, refusal, to, with_cookie};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::{Client, Registration, check_address};

/// What the addresses of these pages may carry.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Arrival {
    next: String,
    token: String,
    done: String,
}

/// What the forms of these pages send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EntranceForm {
    handle: String,
    name: String,
    password: String,
    address: String,
    next: String,
    token: String,
}

impl EntranceForm {
    fn registration(&self, ctx: &PageContext) -> Registration {
        let (handle, name, password) = (self.handle.clone(), self.name.clone(), self.password.clone());
        Registration { handle, name, password, language: Some(ctx.lang) }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInTemplate<'a> {
    t: &'a Texts,
    form: &'a EntranceForm,
    errors: &'a FieldErrors,
    mail: bool,
    /// Other sites by which one may sign in: the word in addresses, and what people call it.
    sites: Vec<(String, String)>,
    said: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterTemplate<'a> {
    t: &'a Texts,
    form: &'a EntranceForm,
    errors: &'a FieldErrors,
    setup: bool,
    mail: bool,
    sites: Vec<(String, String)>,
}

fn sign_in_page(
    ctx: &PageContext,
    accounts: &Accounts,
    form: &EntranceForm,
    (status, errors): (StatusCode, &FieldErrors),
    said: Option<&'static str>,
) -> Response {
    let template =
        SignInTemplate { t: &ctx.t, form, errors, mail: accounts.sends_mail(), sites: accounts.sites(), said };
    ctx.page().title(ctx.t.s("accounts-sign-in")).noindex().status(status).render(&template)
}

fn register_page(
    ctx: &PageContext,
    accounts: &Accounts,
    form: &EntranceForm,
    setup: bool,
    (status, errors): (StatusCode, &FieldErrors),
) -> Response {
    let title = ctx.t.s(if setup { "accounts-setup" } else { "accounts-register" });
    let (mail, sites) = (accounts.sends_mail(), accounts.sites());
    let template = RegisterTemplate { t: &ctx.t, form, errors, setup, mail, sites };
    ctx.page().title(title).noindex().status(status).render(&template)
}

/// `/sign-in`.
pub(super) async fn sign_in(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(arrival): Query<Arrival>,
) -> Response {
    if ctx.viewer.member.is_some() {
        return to(local_path(&arrival.next));
    }
    let said = match arrival.done.as_str() {
        "reset" => Some("accounts-reset-done"),
        "verified" => Some("accounts-email-confirmed"),
        _ => None,
    };
    let form = EntranceForm { next: arrival.next, ..EntranceForm::default() };
    sign_in_page(&ctx, &accounts, &form, (StatusCode::OK, &FieldErrors::default()), said)
}

/// The form of `/sign-in`. Every sign-in begins a new session; one that the browser had ends.
pub(super) async fn do_sign_in(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    Form(form): Form<EntranceForm>,
) -> Result<Response, AppError> {
    match accounts.sign_in(&form.handle, &form.password, &client(&ctx.viewer, &headers)).await {
        Ok(session) => {
            if let Some(old) = &ctx.viewer.member {
                accounts.end_session(old.id, old.session).await?;
            }
            Ok(enter(&ctx, &session, &form.next))
        }
        Err(AccountError::CodeNeeded(half)) => Ok(code::ask(&ctx, &half, &form.next)),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            Ok(sign_in_page(&ctx, &accounts, &form, (status, &errors), None))
        }
    }
}

/// Signs out; twice is no error.
pub(super) async fn sign_out(State(accounts): State<Accounts>, ctx: PageContext) -> Result<Response, AppError> {
    if let Some(member) = &ctx.viewer.member {
        accounts.end_session(member.id, member.session).await?;
    }
    let mut response = with_cookie(to("/"), &cookie(&ctx).clear());
    // Pages that the browser keeps were those of the member.
    response.headers_mut().insert("clear-site-data", http::HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// `/register`.
pub(super) async fn register(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(arrival): Query<Arrival>,
) -> Response {
    if ctx.viewer.member.is_some() {
        return to(local_path(&arrival.next));
    }
    let form = EntranceForm { next: arrival.next, ..EntranceForm::default() };
    register_page(&ctx, &accounts, &form, false, (StatusCode::OK, &FieldErrors::default()))
}

/// An address that was typed must be one before an account is made.
fn check(accounts: &Accounts, form: &EntranceForm) -> Result<(), AccountError> {
    if accounts.sends_mail() && !form.address.trim().is_empty() {
        check_address(&form.address, "address")?;
    }
    Ok(())
}

async fn register_with_address(
    accounts: &Accounts,
    ctx: &PageContext,
    form: &EntranceForm,
) -> Result<AuthorId, AccountError> {
    check(accounts, form)?;
    accounts.register(&form.registration(ctx)).await
}

async fn set_up_with_address(
    accounts: &Accounts,
    ctx: &PageContext,
    form: &EntranceForm,
) -> Result<AuthorId, AccountError> {
    check(accounts, form)?;
    accounts.set_up(&form.token, &form.registration(ctx)).await
}

/// Sends the link that confirms an address. The account is there whether this succeeds or not, and its settings show
/// which addresses wait.
async fn wish_address(accounts: &Accounts, ctx: &PageContext, id: AuthorId, form: &EntranceForm, client: &Client) {
    if !accounts.sends_mail() || form.address.trim().is_empty() {
        return;
    }
    if let Err(error) = accounts.wish_email(id, &form.address, ctx.lang, client).await {
        tracing::warn!(%error, "a new member's address could not be asked about");
    }
}

/// The form of `/register`: whoever registered is signed in.
pub(super) async fn do_register(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    Form(form): Form<EntranceForm>,
) -> Result<Response, AppError> {
    match register_with_address(&accounts, &ctx, &form).await {
        Ok(id) => {
            let client = client(&ctx.viewer, &headers);
            wish_address(&accounts, &ctx, id, &form, &client).await;
            let session = accounts.open_session(id, &client).await?;
            Ok(enter(&ctx, &session, &form.next))
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            Ok(register_page(&ctx, &accounts, &form, false, (status, &errors)))
        }
    }
}

/// `/setup?token=…`, the address printed at the first start.
pub(super) async fn setup(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(arrival): Query<Arrival>,
) -> Result<Response, AppError> {
    if !accounts.knows_setup_token(&arrival.token).await? {
        return Err(AppError::NotFound);
    }
    let form = EntranceForm { token: arrival.token, ..EntranceForm::default() };
    Ok(register_page(&ctx, &accounts, &form, true, (StatusCode::OK, &FieldErrors::default())))
}

/// The form of `/setup`.
pub(super) async fn do_setup(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    Form(form): Form<EntranceForm>,
) -> Result<Response, AppError> {
    match set_up_with_address(&accounts, &ctx, &form).await {
        Ok(id) => {
            let client = client(&ctx.viewer, &headers);
            wish_address(&accounts, &ctx, id, &form, &client).await;
            let session = accounts.open_session(id, &client).await?;
            Ok(enter(&ctx, &session, "/"))
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            Ok(register_page(&ctx, &accounts, &form, true, (status, &errors)))
        }
    }
}
