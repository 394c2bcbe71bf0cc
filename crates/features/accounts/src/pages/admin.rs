//! Members and claims as administrators see them.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::AuthorId;
use xinghe_core::id::ClaimId;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, Role, SlotEntry, Subject, Texts};

use super::member::ListQuery;
use super::{refusal, to};
use crate::commands::{Accounts, ClaimList};
use crate::error::AccountError;
use crate::model::{AuthorRecord, Claim, ClaimState, Proof, Standing, Who};

/// How many claims one page shows.
const CLAIMS: u32 = 30;

/// The tabs of the administrator's pages, a place that other features put theirs in, too.
const TABS: &str = "admin.tabs";

/// The tabs of these pages.
pub(crate) fn tabs() -> Vec<SlotEntry> {
    vec![
        SlotEntry::tab(TABS, 10, "/admin/members", "accounts-admin-members"),
        SlotEntry::tab(TABS, 20, "/admin/claims", "accounts-admin-claims"),
    ]
}

/// The key of a role's name.
fn role_key(role: Role) -> &'static str {
    match role {
        Role::Member => "accounts-role-member",
        Role::Moderator => "accounts-role-moderator",
        Role::Administrator => "accounts-role-administrator",
    }
}

/// The key of what a claim rests on.
fn proof_key(proof: Proof) -> &'static str {
    match proof {
        Proof::Admin => "accounts-proof-admin",
        Proof::Account => "accounts-proof-account",
        Proof::Page => "accounts-proof-page",
    }
}

/// The key of a state's name.
fn state_key(state: ClaimState) -> &'static str {
    match state {
        ClaimState::Open => "accounts-claim-open",
        ClaimState::Accepted => "accounts-claim-accepted",
        ClaimState::Declined => "accounts-claim-declined",
        ClaimState::Withdrawn => "accounts-claim-withdrawn",
    }
}

#[derive(Template)]
#[template(path = "admin_members.html")]
struct MembersTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    query: &'a ListQuery,
    authors: &'a [AuthorRecord],
    errors: &'a FieldErrors,
    next: Option<String>,
    roles: [Role; 3],
    claims: i64,
}

async fn members_page(
    accounts: &Accounts,
    ctx: &PageContext,
    query: &ListQuery,
    (status, errors): (StatusCode, &FieldErrors),
) -> Result<Response, AppError> {
    let slice = accounts.list(&query.list(Who::Members)?).await?;
    let next = query.next("/admin/members", slice.next);
    let claims = accounts.open_claims().await?;
    let roles = [Role::Member, Role::Moderator, Role::Administrator];
    let tabs = ctx.slot(TABS, &Subject::default()).await;
    let template = MembersTemplate { t: &ctx.t, tabs, query, authors: &slice.items, errors, next, roles, claims };
    let title = ctx.t.s("accounts-admin-members");
    Ok(ctx.page().title(title).active("admin").noindex().wide().status(status).render(&template))
}

/// `/admin/members`.
pub(super) async fn members(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(query): Query<ListQuery>,
) -> Result<Response, AppError> {
    members_page(&accounts, &ctx, &query, (StatusCode::OK, &FieldErrors::default())).await
}

/// A change of one member: a role, or a standing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ChangeForm {
    role: Option<Role>,
    standing: Option<Standing>,
    q: String,
}

/// Changes a member's role or standing.
pub(super) async fn change(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    admin: Member,
    Path(id): Path<String>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, AppError> {
    let id: AuthorId = id.parse().map_err(|_| AppError::NotFound)?;
    let query = ListQuery { q: form.q.clone(), ..ListQuery::default() };
    match apply(&accounts, &admin, id, &form).await {
        Ok(()) => {
            let kept = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &query.q).finish();
            Ok(to(&if query.q.is_empty() { "/admin/members".to_owned() } else { format!("/admin/members?{kept}") }))
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            members_page(&accounts, &ctx, &query, (status, &errors)).await
        }
    }
}

async fn apply(accounts: &Accounts, admin: &Member, id: AuthorId, form: &ChangeForm) -> Result<(), AccountError> {
    if let Some(role) = form.role {
        accounts.set_role(Some(admin.id), id, role).await?;
    }
    if let Some(standing) = form.standing {
        accounts.set_standing(Some(admin.id), id, standing).await?;
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "admin_claims.html")]
struct ClaimsTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    state: ClaimState,
    states: [ClaimState; 4],
    claims: &'a [Claim],
    errors: &'a FieldErrors,
    next: Option<ClaimId>,
    failed: Option<(ClaimId, String)>,
}

impl ClaimsTemplate<'_> {
    /// The note typed into a claim's form that came back.
    fn note(&self, claim: ClaimId) -> &str {
        self.failed.as_ref().filter(|(id, _)| *id == claim).map_or("", |(_, note)| note.as_str())
    }

    /// What is wrong with a claim's form.
    fn error(&self, claim: ClaimId) -> &str {
        self.failed.as_ref().filter(|(id, _)| *id == claim).map_or("", |_| self.errors.of("note"))
    }
}

/// Which claims.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ClaimsQuery {
    state: Option<ClaimState>,
    before: String,
}

async fn claims_page(
    accounts: &Accounts,
    ctx: &PageContext,
    query: &ClaimsQuery,
    (status, errors): (StatusCode, &FieldErrors),
    failed: Option<(ClaimId, String)>,
) -> Result<Response, AppError> {
    let state = query.state.unwrap_or(ClaimState::Open);
    let list = ClaimList { state: Some(state), member: None, before: query.before.parse().ok(), limit: CLAIMS };
    let slice = accounts.claims(list).await?;
    let states = [ClaimState::Open, ClaimState::Accepted, ClaimState::Declined, ClaimState::Withdrawn];
    let tabs = ctx.slot(TABS, &Subject::default()).await;
    let (t, claims, next) = (&ctx.t, slice.items.as_slice(), slice.next);
    let template = ClaimsTemplate { t, tabs, state, states, claims, errors, next, failed };
    let title = ctx.t.s("accounts-admin-claims");
    Ok(ctx.page().title(title).active("admin").noindex().status(status).render(&template))
}

/// `/admin/claims`.
pub(super) async fn claims(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    Query(query): Query<ClaimsQuery>,
) -> Result<Response, AppError> {
    claims_page(&accounts, &ctx, &query, (StatusCode::OK, &FieldErrors::default()), None).await
}

/// A decision: the button pressed, and a note.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct DecisionForm {
    decision: String,
    note: String,
}

/// Decides a claim.
pub(super) async fn decide(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    admin: Member,
    Path(id): Path<String>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, AppError> {
    let id: ClaimId = id.parse().map_err(|_| AppError::NotFound)?;
    let yes = match form.decision.as_str() {
        "accept" => true,
        "decline" => false,
        _ => return Err(AppError::bad("accounts-error-decision")),
    };
    match accounts.decide_claim(Some(admin.id), id, yes, &form.note).await {
        Ok(()) => Ok(to("/admin/claims")),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            claims_page(&accounts, &ctx, &ClaimsQuery::default(), (status, &errors), Some((id, form.note))).await
        }
    }
}
