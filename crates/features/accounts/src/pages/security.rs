//! A member's settings: the second factor.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, Texts};

use super::settings::{Done, tabs_of};
use super::{refusal, to};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::factor::{FactorSetup, FactorView};

#[derive(Template)]
#[template(path = "settings_security.html")]
struct SecurityTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    factor: FactorView,
    /// Recovery codes just drawn, shown this once.
    codes: Vec<String>,
    errors: &'a FieldErrors,
    saved: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "settings_factor.html")]
struct FactorTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    setup: &'a FactorSetup,
    picture: Option<(usize, String)>,
    errors: &'a FieldErrors,
}

/// What the forms of these pages send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct FactorForm {
    confirm: String,
    code: String,
}

/// The name that stands above the codes in an app.
pub(crate) fn site_name(ctx: &PageContext) -> String {
    let address = &ctx.settings().public_url;
    let host = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    format!("{} {}", ctx.t.s("web-name"), host)
}

async fn page(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    codes: Vec<String>,
    (status, errors): (StatusCode, &FieldErrors),
    saved: Option<&'static str>,
) -> Result<Response, AppError> {
    let (factor, tabs) = (accounts.factor(member.id).await?, tabs_of(ctx).await);
    let template = SecurityTemplate { t: &ctx.t, tabs, factor, codes, errors, saved };
    Ok(ctx.page().title(ctx.t.s("accounts-settings-security")).noindex().status(status).render(&template))
}

async fn refused(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    error: AccountError,
) -> Result<Response, AppError> {
    let (status, errors) = refusal(error, ctx)?;
    page(accounts, ctx, member, Vec::new(), (status, &errors), None).await
}

/// `/settings/security`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let saved = (done.done == "off").then_some("accounts-factor-now-off");
    page(&accounts, &ctx, &member, Vec::new(), (StatusCode::OK, &FieldErrors::default()), saved).await
}

/// Begins to set the second factor up.
pub(super) async fn begin(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<FactorForm>,
) -> Result<Response, AppError> {
    match accounts.begin_factor(member.id, &form.confirm).await {
        Ok(()) => Ok(to("/settings/security/factor")),
        Err(error) => refused(&accounts, &ctx, &member, error).await,
    }
}

async fn setup_page(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    (status, errors): (StatusCode, &FieldErrors),
) -> Result<Response, AppError> {
    let setup = accounts.factor_setup(member.id, &site_name(ctx)).await?;
    let (picture, tabs) = (setup.picture(), tabs_of(ctx).await);
    let template = FactorTemplate { t: &ctx.t, tabs, setup: &setup, picture, errors };
    Ok(ctx.page().title(ctx.t.s("accounts-factor-set-up")).noindex().status(status).render(&template))
}

/// `/settings/security/factor`: the secret as a picture and as letters. When nothing is being set up, back to where it
/// begins.
pub(super) async fn setup(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
) -> Result<Response, AppError> {
    if !accounts.factor(member.id).await?.begun {
        return Ok(to("/settings/security"));
    }
    setup_page(&accounts, &ctx, &member, (StatusCode::OK, &FieldErrors::default())).await
}

/// Turns the second factor on, and shows the recovery codes this once.
pub(super) async fn finish(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<FactorForm>,
) -> Result<Response, AppError> {
    let fine = (StatusCode::OK, &FieldErrors::default());
    match accounts.finish_factor(member.id, &form.code).await {
        Ok(codes) => page(&accounts, &ctx, &member, codes, fine, Some("accounts-factor-now-on")).await,
        Err(AccountError::NotFound) => Ok(to("/settings/security")),
        Err(error @ AccountError::Conflict(_)) => refused(&accounts, &ctx, &member, error).await,
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            setup_page(&accounts, &ctx, &member, (status, &errors)).await
        }
    }
}

/// Draws new recovery codes, and shows them this once.
pub(super) async fn recovery(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<FactorForm>,
) -> Result<Response, AppError> {
    let fine = (StatusCode::OK, &FieldErrors::default());
    match accounts.new_recovery_codes(member.id, &form.code).await {
        Ok(codes) => page(&accounts, &ctx, &member, codes, fine, None).await,
        Err(error) => refused(&accounts, &ctx, &member, error).await,
    }
}

/// Turns the second factor off.
pub(super) async fn off(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<FactorForm>,
) -> Result<Response, AppError> {
    match accounts.drop_factor(member.id, &form.code).await {
        Ok(()) => Ok(to("/settings/security?done=off")),
        Err(error) => refused(&accounts, &ctx, &member, error).await,
    }
}
