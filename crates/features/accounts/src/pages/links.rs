//! Links by mail: asking for one, and the pages they lead to. A link only shows a page; what it does, its button does,
//! so that programs which look at mails before people do use nothing up.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

use super::{client, code, cookie, enter, local_path, refusal, to, with_cookie};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::{LinkView, Purpose};

/// What addresses of these pages carry and their forms send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct LinkForm {
    address: String,
    next: String,
    token: String,
    password: String,
    done: String,
}

#[derive(Template)]
#[template(path = "link_ask.html")]
struct AskTemplate<'a> {
    t: &'a Texts,
    reset: bool,
    mail: bool,
    form: &'a LinkForm,
    errors: &'a FieldErrors,
}

fn ask_page(
    ctx: &PageContext,
    accounts: &Accounts,
    purpose: Purpose,
    form: &LinkForm,
    (status, errors): (StatusCode, &FieldErrors),
) -> Response {
    let (reset, mail) = (purpose == Purpose::Reset, accounts.sends_mail());
    let title = ctx.t.s(if reset { "accounts-forgot" } else { "accounts-link" });
    let template = AskTemplate { t: &ctx.t, reset, mail, form, errors };
    ctx.page().title(title).noindex().status(status).render(&template)
}

async fn send(
    accounts: &Accounts,
    ctx: &PageContext,
    headers: &HeaderMap,
    purpose: Purpose,
    form: &LinkForm,
) -> Result<Response, AppError> {
    let (next, client) = (local_path(&form.next), client(&ctx.viewer, headers));
    match accounts.send_link(purpose, &form.address, next, ctx.lang, &client).await {
        Ok(()) if purpose == Purpose::Reset => Ok(to("/password/forgot?done=sent")),
        Ok(()) => Ok(to("/sign-in/link?done=sent")),
        Err(error) => {
            let (status, errors) = refusal(error, ctx)?;
            Ok(ask_page(ctx, accounts, purpose, form, (status, &errors)))
        }
    }
}

/// `/password/forgot`.
pub(super) async fn forgot(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(form): Query<LinkForm>,
) -> Response {
    ask_page(&ctx, &accounts, Purpose::Reset, &form, (StatusCode::OK, &FieldErrors::default()))
}

/// The form of `/password/forgot`.
pub(super) async fn do_forgot(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    Form(form): Form<LinkForm>,
) -> Result<Response, AppError> {
    send(&accounts, &ctx, &headers, Purpose::Reset, &form).await
}

/// `/sign-in/link`.
pub(super) async fn link(State(accounts): State<Accounts>, ctx: PageContext, Query(form): Query<LinkForm>) -> Response {
    if ctx.viewer.member.is_some() {
        return to(local_path(&form.next));
    }
    ask_page(&ctx, &accounts, Purpose::Enter, &form, (StatusCode::OK, &FieldErrors::default()))
}

/// The form of `/sign-in/link`.
pub(super) async fn do_link(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    Form(form): Form<LinkForm>,
) -> Result<Response, AppError> {
    send(&accounts, &ctx, &headers, Purpose::Enter, &form).await
}

#[derive(Template)]
#[template(path = "link_use.html")]
struct UseTemplate<'a> {
    t: &'a Texts,
    purpose: Purpose,
    /// `None` when the link does not work.
    link: Option<LinkView>,
    token: &'a str,
    errors: &'a FieldErrors,
}

impl UseTemplate<'_> {
    fn lead(&self, link: &LinkView) -> String {
        let key = match self.purpose {
            Purpose::Verify | Purpose::Moved | Purpose::Connected => "accounts-verify-lead",
            Purpose::Reset => "accounts-reset-lead",
            Purpose::Enter => "accounts-enter-lead",
        };
        let address = link.address.as_deref().unwrap_or_default();
        self.t.f(key, &[("handle", link.handle.as_str().into()), ("address", address.into())])
    }

    fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::Verify | Purpose::Moved | Purpose::Connected => "accounts-verify",
            Purpose::Reset => "accounts-reset",
            Purpose::Enter => "accounts-sign-in",
        }
    }

    fn button(&self) -> &'static str {
        match self.purpose {
            Purpose::Verify | Purpose::Moved | Purpose::Connected => "accounts-verify-do",
            Purpose::Reset => "accounts-reset-do",
            Purpose::Enter => "accounts-sign-in",
        }
    }

    fn again(&self) -> &'static str {
        match self.purpose {
            Purpose::Verify | Purpose::Moved | Purpose::Connected => "/settings/account",
            Purpose::Reset => "/password/forgot",
            Purpose::Enter => "/sign-in/link",
        }
    }
}

async fn use_page(
    accounts: &Accounts,
    ctx: &PageContext,
    purpose: Purpose,
    token: &str,
    (status, errors): (StatusCode, &FieldErrors),
) -> Result<Response, AppError> {
    let link = accounts.look_at_link(token, purpose).await?;
    let status = if link.is_none() { StatusCode::GONE } else { status };
    let template = UseTemplate { t: &ctx.t, purpose, link, token, errors };
    Ok(ctx.page().title(ctx.t.s(template.title())).noindex().status(status).render(&template))
}

/// Shows the page again with what is wrong; of a link that does not work, that it does not.
async fn refused(
    accounts: &Accounts,
    ctx: &PageContext,
    purpose: Purpose,
    token: &str,
    error: AccountError,
) -> Result<Response, AppError> {
    let (status, errors) = match error {
        AccountError::NotFound => (StatusCode::GONE, FieldErrors::default()),
        other => refusal(other, ctx)?,
    };
    use_page(accounts, ctx, purpose, token, (status, &errors)).await
}

const FINE: StatusCode = StatusCode::OK;

/// `/email/verify?token=…`.
pub(super) async fn verify(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(form): Query<LinkForm>,
) -> Result<Response, AppError> {
    use_page(&accounts, &ctx, Purpose::Verify, &form.token, (FINE, &FieldErrors::default())).await
}

/// The button of `/email/verify`.
pub(super) async fn do_verify(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Form(form): Form<LinkForm>,
) -> Result<Response, AppError> {
    match accounts.verify_email(&form.token, ctx.lang).await {
        Ok(member) if ctx.viewer.is(member) => Ok(to("/settings/account?done=verified")),
        Ok(_) => Ok(to("/sign-in?done=verified")),
        Err(error) => refused(&accounts, &ctx, Purpose::Verify, &form.token, error).await,
    }
}

/// `/password/reset?token=…`.
pub(super) async fn reset(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(form): Query<LinkForm>,
) -> Result<Response, AppError> {
    use_page(&accounts, &ctx, Purpose::Reset, &form.token, (FINE, &FieldErrors::default())).await
}

/// The form of `/password/reset`. Whoever was signed in on this browser is not any more.
pub(super) async fn do_reset(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Form(form): Form<LinkForm>,
) -> Result<Response, AppError> {
    match accounts.reset_by_link(&form.token, &form.password).await {
        Ok(_) => Ok(with_cookie(to("/sign-in?done=reset"), &cookie(&ctx).clear())),
        Err(error) => refused(&accounts, &ctx, Purpose::Reset, &form.token, error).await,
    }
}

/// `/sign-in/with-link?token=…`.
pub(super) async fn with_link(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(form): Query<LinkForm>,
) -> Result<Response, AppError> {
    use_page(&accounts, &ctx, Purpose::Enter, &form.token, (FINE, &FieldErrors::default())).await
}

/// The button of `/sign-in/with-link`: a new session; one that the browser had ends.
pub(super) async fn do_with_link(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    Form(form): Form<LinkForm>,
) -> Result<Response, AppError> {
    match accounts.enter_by_link(&form.token, &client(&ctx.viewer, &headers)).await {
        Ok((session, next)) => {
            if let Some(old) = &ctx.viewer.member {
                accounts.end_session(old.id, old.session).await?;
            }
            Ok(enter(&ctx, &session, &next))
        }
        Err(AccountError::CodeNeeded(half)) => Ok(code::ask(&ctx, &half, "/")),
        Err(error) => refused(&accounts, &ctx, Purpose::Enter, &form.token, error).await,
    }
}
