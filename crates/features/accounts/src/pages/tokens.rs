//! A member's settings: personal access tokens.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::id::TokenId;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, Scope, Texts};

use super::settings::{Done, tabs_of};
use super::{refusal, to};
use crate::commands::Accounts;
use crate::model::{NewToken, TokenView, TokenWish};

/// How many days the form offers.
const DAYS: [u32; 4] = [7, 30, 90, 366];

/// The form of a new token.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct TokenForm {
    name: String,
    scopes: Vec<Scope>,
    days: String,
    confirm: String,
}

impl TokenForm {
    fn wish(&self) -> TokenWish {
        let scopes = self.scopes.iter().copied().collect();
        TokenWish { name: self.name.clone(), scopes, days: self.days.parse().unwrap_or(0) }
    }
}

#[derive(Template)]
#[template(path = "settings_tokens.html")]
struct TokensTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    tokens: Vec<TokenView>,
    /// The token just made, shown this once.
    made: Option<NewToken>,
    form: &'a TokenForm,
    days: [u32; 4],
    high: bool,
    errors: &'a FieldErrors,
    saved: bool,
}

impl TokensTemplate<'_> {
    fn scope_key(scope: &Scope) -> &'static str {
        match scope {
            Scope::Read => "accounts-scope-read",
            Scope::Write => "accounts-scope-write",
            Scope::Admin => "accounts-scope-admin",
        }
    }

    /// The scopes that the form offers.
    fn offered(&self) -> &'static [Scope] {
        if self.high { &Scope::ALL } else { &[Scope::Read, Scope::Write] }
    }

    fn chosen_days(&self, days: &u32) -> bool {
        self.form.days.parse().unwrap_or(90) == *days
    }
}

async fn page(
    accounts: &Accounts,
    ctx: &PageContext,
    member: &Member,
    form: &TokenForm,
    (status, errors): (StatusCode, &FieldErrors),
    (made, saved): (Option<NewToken>, bool),
) -> Result<Response, AppError> {
    let (tokens, tabs) = (accounts.tokens(member.id).await?, tabs_of(ctx).await);
    let high = member.role > xinghe_web::Role::Member;
    let t = &ctx.t;
    let template = TokensTemplate { t, tabs, tokens, made, form, days: DAYS, high, errors, saved };
    Ok(ctx.page().title(ctx.t.s("accounts-settings-tokens")).noindex().status(status).render(&template))
}

/// `/settings/tokens`.
pub(super) async fn show(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let form = TokenForm { scopes: vec![Scope::Read], ..TokenForm::default() };
    let fine = (StatusCode::OK, &FieldErrors::default());
    page(&accounts, &ctx, &member, &form, fine, (None, done.done == "ended")).await
}

/// Makes a token, and shows it this once: it is in no address.
pub(super) async fn make(
    State(accounts): State<Accounts>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<TokenForm>,
) -> Result<Response, AppError> {
    match accounts.make_token(member.id, &form.confirm, &form.wish()).await {
        Ok(made) => {
            let form = TokenForm { scopes: vec![Scope::Read], ..TokenForm::default() };
            let fine = (StatusCode::OK, &FieldErrors::default());
            page(&accounts, &ctx, &member, &form, fine, (Some(made), false)).await
        }
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            page(&accounts, &ctx, &member, &form, (status, &errors), (None, false)).await
        }
    }
}

/// Ends a token.
pub(super) async fn end(
    State(accounts): State<Accounts>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id: TokenId = id.parse().map_err(|_| AppError::NotFound)?;
    accounts.end_token(member.id, id).await?;
    Ok(to("/settings/tokens?done=ended"))
}
