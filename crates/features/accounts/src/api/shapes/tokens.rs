//! Personal access tokens.

use serde::{Deserialize, Serialize};
use xinghe_core::Timestamp;
use xinghe_web::Scope;

use crate::model::TokenView;

/// A token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AccessTokenJson)]
pub(crate) struct TokenJson {
    /// Its id.
    id: String,
    /// What its owner calls it.
    name: String,
    /// Its last four characters.
    hint: String,
    /// What it may do: `read`, `write`, `admin`.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it was last used, to within five minutes; `null` when never.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
}

impl From<TokenView> for TokenJson {
    fn from(view: TokenView) -> Self {
        let TokenView { id, name, hint, scopes, created_at, expires_at, used_at } = view;
        Self { id: id.to_string(), name, hint, scopes: scopes.iter().collect(), created_at, expires_at, used_at }
    }
}

/// All live tokens.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TokensJson {
    /// These, newest first.
    pub items: Vec<TokenJson>,
}

/// A token just made.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct NewTokenJson {
    #[serde(flatten)]
    pub token: TokenJson,
    /// To be sent as `Authorization: Bearer …`; shown this once.
    pub secret: String,
}

/// A wished token.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// What to call it.
    pub name: String,
    /// What it may do: `read`, `write`, `admin`.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// How many days it lives, 1 to 366.
    pub days: u32,
    /// One's password, or a code of the second factor.
    pub confirm: String,
}
