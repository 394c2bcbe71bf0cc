//! An administrator helps a member who cannot sign in: a link that sets a new password.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{AuthorCard, AuthorId};
use xinghe_web::{AppError, FieldErrors, Member, PageContext, Texts};

use super::settings::Done;
use super::{refusal, to};
use crate::commands::Accounts;

#[derive(Template)]
#[template(path = "admin_reset_link.html")]
struct ResetLinkTemplate<'a> {
    t: &'a Texts,
    card: &'a AuthorCard,
    /// The link just made, and until when it works.
    link: Option<(String, String)>,
    /// Whether the member has a second factor.
    factor: bool,
    /// Whether it was just turned off.
    dropped: bool,
    errors: &'a FieldErrors,
}

async fn page(
    accounts: &Accounts,
    ctx: &PageContext,
    id: &str,
    (link, dropped): (Option<(String, String)>, bool),
    (status, errors): (StatusCode, &FieldErrors),
) -> Result<Response, AppError> {
    let id: AuthorId = id.parse().map_err(|_| AppError::NotFound)?;
    let record = accounts.author_by_id(id).await?.filter(|r| r.member.is_some()).ok_or(AppError::NotFound)?;
    let factor = accounts.factor(id).await?.on_since.is_some();
    let template = ResetLinkTemplate { t: &ctx.t, card: &record.card, link, factor, dropped, errors };
    Ok(ctx.page().title(ctx.t.s("accounts-reset-link")).active("admin").noindex().status(status).render(&template))
}

/// `/admin/members/{id}/reset-link`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    page(&accounts, &ctx, &id, (None, done.done == "factor"), (StatusCode::OK, &FieldErrors::default())).await
}

/// The administrator's password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct HelpForm {
    confirm: String,
}

/// Makes the link and shows it this once: it is in no address and in no mail.
pub(super) async fn make(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    admin: Member,
    Path(id): Path<String>,
    Form(form): Form<HelpForm>,
) -> Result<Response, AppError> {
    let member: AuthorId = id.parse().map_err(|_| AppError::NotFound)?;
    match accounts.make_reset_link(admin.id, &form.confirm, member).await {
        Ok(link) => {
            let shown = (ctx.absolute(&link.path), ctx.t.date_time(link.expires_at));
            page(&accounts, &ctx, &id, (Some(shown), false), (StatusCode::OK, &FieldErrors::default())).await
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            page(&accounts, &ctx, &id, (None, false), (status, &errors)).await
        }
    }
}

/// Turns off the second factor of a member who lost it.
pub(super) async fn factor_off(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    admin: Member,
    Path(id): Path<String>,
    Form(form): Form<HelpForm>,
) -> Result<Response, AppError> {
    let member: AuthorId = id.parse().map_err(|_| AppError::NotFound)?;
    match accounts.drop_factor_of(admin.id, &form.confirm, member).await {
        Ok(()) => Ok(to(&format!("/admin/members/{member}/reset-link?done=factor"))),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            page(&accounts, &ctx, &id, (None, false), (status, &errors)).await
        }
    }
}
