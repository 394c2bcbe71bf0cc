//! Personal access tokens.

use std::fmt;

use xinghe_core::id::TokenId;
use xinghe_core::{AuthorId, Timestamp};
use xinghe_web::{FieldError, Scopes};

use super::clean_name;

/// What every token begins with, so that programs which look for leaked secrets know one.
pub const TOKEN_PREFIX: &str = "xh_";
/// Most tokens of a member.
pub const TOKENS_MAX: i64 = 50;
/// Longest name of a token, in characters.
const TOKEN_NAME_MAX: usize = 60;
/// How many days a token may live.
const DAYS: std::ops::RangeInclusive<u32> = 1..=366;

/// A token as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenView {
    /// Which.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// Its last four characters.
    pub hint: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to within five minutes.
    pub used_at: Option<Timestamp>,
}

/// A wished token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenWish {
    /// What to call it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// How many days it lives.
    pub days: u32,
}

impl TokenWish {
    /// Checks it; answers the name as it is kept.
    ///
    /// # Errors
    /// What is wrong, for the fields `name`, `scopes` and `days`.
    pub fn check(&self) -> Result<String, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = clean_name(&self.name).filter(|n| n.chars().count() <= TOKEN_NAME_MAX);
        if name.is_none() {
            errors.push(FieldError::new("name", "accounts-error-token-name").with("max", TOKEN_NAME_MAX));
        }
        if self.scopes.is_empty() {
            errors.push(FieldError::new("scopes", "accounts-error-token-scopes"));
        }
        if !DAYS.contains(&self.days) {
            errors.push(FieldError::new("days", "accounts-error-token-days").with("max", DAYS.end()));
        }
        match name {
            Some(name) if errors.is_empty() => Ok(name),
            _ => Err(errors),
        }
    }
}

/// A token just made. The secret is known to nobody else and not stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The token as it is listed from now on.
    pub view: TokenView,
    /// Whose.
    pub member: AuthorId,
    /// What to send as `Authorization: Bearer`.
    pub secret: String,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("view", &self.view).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_name_something_to_do_and_an_end() {
        let good = TokenWish { name: " my  script ".into(), scopes: Scopes::parse("read"), days: 90 };
        assert_eq!(good.check().expect("good"), "my script");
        let fields = |wish: &TokenWish| -> Vec<String> {
            wish.check().expect_err("wrong").into_iter().map(|e| e.field.into_owned()).collect()
        };
        assert_eq!(fields(&TokenWish::default()), ["name", "scopes", "days"]);
        assert_eq!(fields(&TokenWish { days: 367, ..good.clone() }), ["days"]);
        assert_eq!(fields(&TokenWish { name: "x".repeat(61), ..good }), ["name"]);
    }
}
