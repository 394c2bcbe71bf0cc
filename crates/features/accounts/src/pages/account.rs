//! A member's settings: email address, password, leaving.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use axum_extra::extract::Form;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, Texts};

use super::settings::{Done, tabs_of};
use super::{client, cookie, refusal, to, with_cookie};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::{EmailView, Leaving};

#[derive(Template)]
#[template(path = "settings_account.html")]
struct AccountTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    member: &'a Member,
    email: EmailView,
    mail: bool,
    /// Whether there is a password; whoever came from another site has none at first.
    has_password: bool,
    /// The address typed into a form that came back.
    typed: &'a str,
    errors: &'a FieldErrors,
    saved: Option<&'static str>,
    /// What may become of the posts of who leaves: word, name, consequences.
    leaving: [(&'static str, &'static str, &'static str); 3],
}

/// What becomes of posts, in words.
const LEAVING: [(&str, &str, &str); 3] = [
    ("anonymous", "accounts-erase-anonymous", "accounts-erase-anonymous-hint"),
    ("named", "accounts-erase-named", "accounts-erase-named-hint"),
    ("deleted", "accounts-erase-deleted", "accounts-erase-deleted-hint"),
];

/// The sentence about what was just done.
fn said(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("accounts-password-changed"),
        "first-password" => Some("accounts-password-was-set"),
        "email" => Some("accounts-email-asked"),
        "verified" => Some("accounts-email-confirmed"),
        "no-email" => Some("accounts-email-removed"),
        _ => None,
    }
}

async fn page(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    typed: &str,
    (status, errors): (StatusCode, &FieldErrors),
    saved: Option<&'static str>,
) -> Result<Response, AppError> {
    let (email, mail) = (accounts.email(member.id).await?, accounts.sends_mail());
    let has_password = accounts.has_password(member.id).await?;
    let tabs = tabs_of(ctx).await;
    let (t, leaving) = (&ctx.t, LEAVING);
    let template = AccountTemplate { t, tabs, member, email, mail, has_password, typed, errors, saved, leaving };
    Ok(ctx.page().title(ctx.t.s("accounts-settings-account")).noindex().status(status).render(&template))
}

/// `/settings/account`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    page(&accounts, &ctx, &member, "", (StatusCode::OK, &FieldErrors::default()), said(&done.done)).await
}

/// Sends the browser on, or shows the page again with what is wrong.
async fn answer(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    typed: &str,
    done: Result<Response, AccountError>,
) -> Result<Response, AppError> {
    match done {
        Ok(response) => Ok(response),
        Err(error) => {
            let (status, errors) = refusal(error, ctx)?;
            page(accounts, ctx, member, typed, (status, &errors), None).await
        }
    }
}

/// The password's form.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PasswordForm {
    old: String,
    new: String,
}

/// Changes the password.
pub(super) async fn password(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<PasswordForm>,
) -> Result<Response, AppError> {
    let done = accounts.change_password(member.id, member.session, &form.old, &form.new).await;
    let done = done.map(|()| to("/settings/account?done=password"));
    answer(&accounts, &ctx, &member, "", done).await
}

/// Sets the password of who has none.
pub(super) async fn first_password(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<PasswordForm>,
) -> Result<Response, AppError> {
    let done = accounts.first_password(member.id, member.session, &form.new).await;
    let done = done.map(|()| to("/settings/account?done=first-password"));
    answer(&accounts, &ctx, &member, "", done).await
}

/// The address's form.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EmailForm {
    address: String,
    confirm: String,
}

/// Sends a link to an address that is to become the member's.
pub(super) async fn email(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    member: Member,
    Form(form): Form<EmailForm>,
) -> Result<Response, AppError> {
    let client = client(&ctx.viewer, &headers);
    let done = accounts.change_email(member.id, &form.address, &form.confirm, ctx.lang, &client).await;
    let done = done.map(|()| to("/settings/account?done=email"));
    answer(&accounts, &ctx, &member, &form.address, done).await
}

/// Takes the address away.
pub(super) async fn remove_email(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<EmailForm>,
) -> Result<Response, AppError> {
    let done = accounts.remove_email(member.id, &form.confirm, ctx.lang).await;
    let done = done.map(|()| to("/settings/account?done=no-email"));
    answer(&accounts, &ctx, &member, "", done).await
}

/// The form of leaving.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EraseForm {
    password: String,
    posts: String,
}

/// Erases the account.
pub(super) async fn erase(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<EraseForm>,
) -> Result<Response, AppError> {
    let Some(leaving) = Leaving::parse(&form.posts) else {
        let wrong = Err(AccountError::field("posts", "accounts-erase-choose"));
        return answer(&accounts, &ctx, &member, "", wrong).await;
    };
    let done = accounts.erase(member.id, &form.password, leaving).await;
    let done = done.map(|()| with_cookie(to("/"), &cookie(&ctx).clear()));
    answer(&accounts, &ctx, &member, "", done).await
}
