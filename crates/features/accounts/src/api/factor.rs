//! One's second factor.

use axum::extract::State;
use http::StatusCode;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member, PageContext};

use super::shapes::factor::{CodeBody, CodesJson, FactorJson, SetupJson};
use super::shapes::mail::StepUpBody;
use crate::commands::Accounts;
use crate::pages::site_name;

/// How one's second factor stands.
#[utoipa::path(get, path = "/api/v1/me/factor", tag = "accounts", responses((status = 200, body = FactorJson)))]
pub(crate) async fn show(State(accounts): State<Accounts>, member: Member) -> Result<ApiJson<FactorJson>, AppError> {
    Ok(ApiJson(accounts.factor(member.id).await?.into()))
}

/// Begin to set it up: a secret for an app.
#[utoipa::path(
    post, path = "/api/v1/me/factor", tag = "accounts", request_body = StepUpBody,
    responses(
        (status = 201, description = "A secret that counts once a code of it was sent", body = SetupJson),
        (status = 409, description = "It is on already"), (status = 422, description = "The password is wrong")
    )
)]
pub(crate) async fn begin(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    ApiJson(body): ApiJson<StepUpBody>,
) -> Result<(StatusCode, ApiJson<SetupJson>), AppError> {
    accounts.begin_factor(member.id, &body.confirm).await?;
    let setup = accounts.factor_setup(member.id, &site_name(&ctx)).await?;
    Ok((StatusCode::CREATED, ApiJson(SetupJson { secret: setup.secret, uri: setup.uri })))
}

/// Turn it on by a code of the secret.
#[utoipa::path(
    post, path = "/api/v1/me/factor/confirm", tag = "accounts", request_body = CodeBody,
    responses(
        (status = 200, description = "On; the recovery codes are shown this once", body = CodesJson),
        (status = 404, description = "Nothing is being set up"), (status = 422, description = "The code is wrong")
    )
)]
pub(crate) async fn confirm(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<CodeBody>,
) -> Result<ApiJson<CodesJson>, AppError> {
    let recovery_codes = accounts.finish_factor(member.id, &body.code).await?;
    Ok(ApiJson(CodesJson { recovery_codes }))
}

/// Draw new recovery codes; the old ones do not work any more.
#[utoipa::path(
    post, path = "/api/v1/me/factor/recovery-codes", tag = "accounts", request_body = CodeBody,
    responses((status = 200, description = "Shown this once", body = CodesJson), (status = 422))
)]
pub(crate) async fn recovery(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<CodeBody>,
) -> Result<ApiJson<CodesJson>, AppError> {
    let recovery_codes = accounts.new_recovery_codes(member.id, &body.code).await?;
    Ok(ApiJson(CodesJson { recovery_codes }))
}

/// Turn it off.
#[utoipa::path(
    delete, path = "/api/v1/me/factor", tag = "accounts", request_body = CodeBody,
    responses((status = 204, description = "Off"), (status = 422, description = "The code is wrong"))
)]
pub(crate) async fn off(
    State(accounts): State<Accounts>,
    member: Member,
    ApiJson(body): ApiJson<CodeBody>,
) -> Result<StatusCode, AppError> {
    accounts.drop_factor(member.id, &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}
