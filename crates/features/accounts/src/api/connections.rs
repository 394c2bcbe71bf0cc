//! Accounts at other sites. Connecting one takes a browser; programs list them and take them away.

use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use xinghe_core::Timestamp;
use xinghe_core::id::ConnectionId;
use xinghe_web::api::ApiJson;
use xinghe_web::{AppError, Member};

use super::shapes::mail::StepUpBody;
use crate::commands::Accounts;
use crate::model::Connection;

/// A site by which one may sign in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SiteJson {
    /// The word in addresses.
    name: String,
    /// What people call it.
    label: String,
    /// Where a browser begins to sign in.
    path: String,
}

/// The sites by which one may sign in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SitesJson {
    /// All, as they were set up.
    items: Vec<SiteJson>,
}

/// An account at another site.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectionJson {
    /// The id.
    id: String,
    /// What people call the site.
    site: String,
    /// The handle there.
    shown: String,
    /// The page of the account, where there is one.
    page: Option<String>,
    /// Whether one can sign in by it: `false` where the site is not set up any more.
    works: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used.
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
}

/// One's accounts at other sites.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectionsJson {
    /// All, oldest first.
    items: Vec<ConnectionJson>,
}

impl From<Connection> for ConnectionJson {
    fn from(connection: Connection) -> Self {
        let Connection { id, issuer: _, label: site, works, shown, page, created_at, used_at } = connection;
        Self { id: id.to_string(), site, shown, page, works, created_at, used_at }
    }
}

/// Other sites by which one may sign in.
#[utoipa::path(get, path = "/api/v1/sign-in/sites", tag = "accounts", responses((status = 200, body = SitesJson)))]
pub(crate) async fn sites(State(accounts): State<Accounts>) -> ApiJson<SitesJson> {
    let site = |(name, label)| SiteJson { path: format!("/sign-in/with/{name}"), name, label };
    ApiJson(SitesJson { items: accounts.sites().into_iter().map(site).collect() })
}

/// One's accounts at other sites.
#[utoipa::path(
    get, path = "/api/v1/me/connections", tag = "accounts", responses((status = 200, body = ConnectionsJson))
)]
pub(crate) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
) -> Result<ApiJson<ConnectionsJson>, AppError> {
    let items = accounts.connections(member.id).await?.into_iter().map(Into::into).collect();
    Ok(ApiJson(ConnectionsJson { items }))
}

/// Take an account at another site away.
#[utoipa::path(
    delete, path = "/api/v1/me/connections/{id}", tag = "accounts", request_body = StepUpBody,
    params(("id" = String, Path, description = "The connection")),
    responses(
        (status = 204, description = "Gone"), (status = 404),
        (status = 409, description = "One could not sign in any more"),
        (status = 422, description = "The password is wrong")
    )
)]
pub(crate) async fn end(
    State(accounts): State<Accounts>,
    member: Member,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<StepUpBody>,
) -> Result<StatusCode, AppError> {
    let id: ConnectionId = id.parse().map_err(|_| AppError::NotFound)?;
    accounts.disconnect(member.id, &body.confirm, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
