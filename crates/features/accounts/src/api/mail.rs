//! Email addresses and the links sent to them, for programs.

use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member, PageContext, Viewer};

use super::shapes::TokenJson;
use super::shapes::mail::{
    AddressBody, EmailBody, EmailJson, EnterBody, LinkBody, NewPasswordBody, OneTimeLinkJson, StepUpBody,
};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::Purpose;
use crate::pages::client;

/// One's email address.
#[utoipa::path(get, path = "/api/v1/me/email", tag = "accounts", responses((status = 200, body = EmailJson)))]
pub(crate) async fn show(State(accounts): State<Accounts>, member: Member) -> Result<ApiJson<EmailJson>, AppError> {
    let view = accounts.email(member.id).await?;
    Ok(ApiJson(EmailJson::new(view, accounts.sends_mail())))
}

/// Send a link that makes an address one's own.
#[utoipa::path(
    put, path = "/api/v1/me/email", tag = "accounts", request_body = EmailBody,
    responses(
        (status = 202, description = "A mail with a link is on its way"),
        (status = 409, description = "This instance sends no mail"), (status = 422, description = "A field is wrong")
    )
)]
pub(crate) async fn change(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    member: Member,
    ApiJson(body): ApiJson<EmailBody>,
) -> Result<StatusCode, AppError> {
    let client = client(&ctx.viewer, &headers);
    accounts.change_email(member.id, &body.address, &body.confirm, ctx.lang, &client).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Take one's address away.
#[utoipa::path(
    delete, path = "/api/v1/me/email", tag = "accounts", request_body = StepUpBody,
    responses((status = 204, description = "Gone"), (status = 422, description = "The password is wrong"))
)]
pub(crate) async fn remove(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    ApiJson(body): ApiJson<StepUpBody>,
) -> Result<StatusCode, AppError> {
    accounts.remove_email(member.id, &body.confirm, ctx.lang).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirm an address by the token of a link.
#[utoipa::path(
    post, path = "/api/v1/email/verify", tag = "accounts", request_body = LinkBody,
    responses(
        (status = 204, description = "Confirmed"), (status = 404, description = "The link does not work any more"),
        (status = 409, description = "Another account has the address")
    )
)]
pub(crate) async fn verify(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    ApiJson(body): ApiJson<LinkBody>,
) -> Result<StatusCode, AppError> {
    accounts.verify_email(&body.token, ctx.lang).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a link that sets a new password, if the address is a member's. The answer is the same if it is not.
#[utoipa::path(
    post, path = "/api/v1/password/forgot", tag = "accounts", request_body = AddressBody,
    responses((status = 202, description = "Taken"), (status = 409, description = "This instance sends no mail"))
)]
pub(crate) async fn forgot(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    ApiJson(body): ApiJson<AddressBody>,
) -> Result<StatusCode, AppError> {
    accounts.send_link(Purpose::Reset, &body.address, "", ctx.lang, &client(&ctx.viewer, &headers)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password by the token of a link; all sessions end.
#[utoipa::path(
    post, path = "/api/v1/password/reset", tag = "accounts", request_body = NewPasswordBody,
    responses(
        (status = 204, description = "Set"), (status = 404, description = "The link does not work any more"),
        (status = 422, description = "The password is not good enough")
    )
)]
pub(crate) async fn reset(
    State(accounts): State<Accounts>,
    ApiJson(body): ApiJson<NewPasswordBody>,
) -> Result<StatusCode, AppError> {
    accounts.reset_by_link(&body.token, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a link that signs in, if the address is a member's. The answer is the same if it is not.
#[utoipa::path(
    post, path = "/api/v1/session/link", tag = "accounts", request_body = AddressBody,
    responses((status = 202, description = "Taken"), (status = 409, description = "This instance sends no mail"))
)]
pub(crate) async fn link(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    headers: HeaderMap,
    ApiJson(body): ApiJson<AddressBody>,
) -> Result<StatusCode, AppError> {
    accounts.send_link(Purpose::Enter, &body.address, "", ctx.lang, &client(&ctx.viewer, &headers)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sign in by the token of a link.
#[utoipa::path(
    post, path = "/api/v1/session/from-link", tag = "accounts", request_body = EnterBody,
    responses(
        (status = 201, description = "A session", body = TokenJson),
        (status = 404, description = "The link does not work any more"),
        (status = 422, description = "There is a second factor: `code` is needed (the link works on) or wrong")
    )
)]
pub(crate) async fn from_link(
    State(accounts): State<Accounts>,
    viewer: Viewer,
    headers: HeaderMap,
    ApiJson(body): ApiJson<EnterBody>,
) -> Result<(StatusCode, ApiJson<TokenJson>), AppError> {
    let link = accounts.look_at_link(&body.token, Purpose::Enter).await?.ok_or(AppError::NotFound)?;
    if body.code.is_none() && accounts.factor(link.member).await?.on_since.is_some() {
        return Err(AppError::field("code", "accounts-error-code-needed"));
    }
    let client = client(&viewer, &headers);
    let session = match (accounts.enter_by_link(&body.token, &client).await, &body.code) {
        (Err(AccountError::CodeNeeded(half)), Some(code)) => {
            accounts.finish_sign_in(&half.token, code, &client).await?
        }
        (other, _) => other?.0,
    };
    Ok((StatusCode::CREATED, ApiJson(session.into())))
}

/// Make a link that sets a member's password, to be handed over by other means than mail.
#[utoipa::path(
    post, path = "/api/v1/admin/members/{handle}/reset-link", tag = "accounts", request_body = StepUpBody,
    params(("handle" = String, Path, description = "The handle")),
    responses(
        (status = 201, description = "The link, shown this once", body = OneTimeLinkJson), (status = 404),
        (status = 422, description = "The administrator's password is wrong")
    )
)]
pub(crate) async fn reset_link(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    admin: Member,
    Path(handle): Path<String>,
    ApiJson(body): ApiJson<StepUpBody>,
) -> Result<(StatusCode, ApiJson<OneTimeLinkJson>), AppError> {
    let id = accounts.author(&handle).await?.ok_or(AppError::NotFound)?.card.id;
    let link = accounts.make_reset_link(admin.id, &body.confirm, id).await?;
    let url = ctx.absolute(&link.path);
    Ok((StatusCode::CREATED, ApiJson(OneTimeLinkJson { url, expires_at: link.expires_at })))
}
