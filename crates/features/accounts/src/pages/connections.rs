//! A member's settings: accounts at other sites.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum_extra::extract::Form;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use xinghe_core::id::ConnectionId;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, Texts};

use super::settings::{Done, tabs_of};
use super::{elsewhere, refusal, to, with_cookie};
use crate::commands::Accounts;
use crate::error::AccountError;
use crate::model::{Connection, Departure};

#[derive(Template)]
#[template(path = "settings_connections.html")]
struct ConnectionsTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    connections: Vec<Connection>,
    /// The sites that one may connect: the word in addresses, and what people call it.
    sites: Vec<(String, String)>,
    password: bool,
    errors: &'a FieldErrors,
    saved: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "settings_go.html")]
struct GoTemplate<'a> {
    t: &'a Texts,
    departure: &'a Departure,
    label: &'a str,
}

async fn page(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    (status, errors): (StatusCode, &FieldErrors),
    saved: Option<&'static str>,
) -> Result<Response, AppError> {
    let (connections, tabs) = (accounts.connections(member.id).await?, tabs_of(ctx).await);
    let (sites, password) = (accounts.sites(), accounts.has_password(member.id).await?);
    let template = ConnectionsTemplate { t: &ctx.t, tabs, connections, sites, password, errors, saved };
    Ok(ctx.page().title(ctx.t.s("accounts-settings-connections")).noindex().status(status).render(&template))
}

async fn refused(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    error: AccountError,
) -> Result<Response, AppError> {
    let (status, errors) = refusal(error, ctx)?;
    page(accounts, ctx, member, (status, &errors), None).await
}

/// `/settings/connections`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let saved = match done.done.as_str() {
        "connected" => Some("accounts-connected"),
        "disconnected" => Some("accounts-disconnected"),
        _ => None,
    };
    page(&accounts, &ctx, &member, (StatusCode::OK, &FieldErrors::default()), saved).await
}

/// The password, and what to connect or take away.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ConnectForm {
    confirm: String,
    site: String,
}

/// Sends the browser to a site, by a page that goes on by itself: a form's answer may not lead to another site.
pub(super) async fn connect(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<ConnectForm>,
) -> Result<Response, AppError> {
    match accounts.connect(member.id, &form.confirm, &form.site).await {
        Ok(departure) => {
            let sites = accounts.sites();
            let label = sites.iter().find(|s| s.0 == form.site).map_or("", |s| s.1.as_str());
            let template = GoTemplate { t: &ctx.t, departure: &departure, label };
            let mut response = ctx.page().title(ctx.t.s("accounts-connect")).noindex().render(&template);
            if let Ok(onward) = HeaderValue::from_str(&format!("0; url={}", departure.to)) {
                response.headers_mut().insert(header::REFRESH, onward);
            }
            Ok(with_cookie(response, &elsewhere::away(&ctx, &departure.browser)))
        }
        Err(error) => refused(&accounts, &ctx, &member, error).await,
    }
}

/// Takes one away.
pub(super) async fn end(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Path(id): Path<String>,
    Form(form): Form<ConnectForm>,
) -> Result<Response, AppError> {
    let id: ConnectionId = id.parse().map_err(|_| AppError::NotFound)?;
    match accounts.disconnect(member.id, &form.confirm, id).await {
        Ok(()) => Ok(to("/settings/connections?done=disconnected")),
        Err(error) => refused(&accounts, &ctx, &member, error).await,
    }
}
