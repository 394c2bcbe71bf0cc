//! What can go wrong with accounts: what a person did, apart from what broke.

use xinghe_store::StoreError;
use xinghe_web::{AppError, FieldError, Said, Texts};

use crate::commands::HalfSession;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Some fields are wrong.
    #[error("invalid: {}", .0.iter().map(|e| format!("{} ({})", e.field, e.said.key())).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// Too many wrong tries; the number of seconds to wait.
    #[error("too many wrong tries; wait {0} seconds")]
    Throttled(u64),
    /// What was shown is right, but there is a second factor; with what it holds, signing in goes on.
    #[error("a code of the second factor is needed")]
    CodeNeeded(HalfSession),
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The state does not allow it.
    #[error("conflict: {}", .0.key())]
    Conflict(Said),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error("password hashing: {0}")]
    Hash(String),
}

impl AccountError {
    /// One field is wrong.
    pub fn field(field: &'static str, said: impl Into<Said>) -> Self {
        Self::Invalid(vec![FieldError::new(field, said)])
    }

    /// The state does not allow it.
    pub fn conflict(said: impl Into<Said>) -> Self {
        Self::Conflict(said.into())
    }

    /// What is wrong and what to do, in the language of these texts: for the command line.
    pub fn in_words(&self, t: &Texts) -> String {
        match self {
            Self::Invalid(errors) => errors.iter().map(|e| e.said.in_words(t)).collect::<Vec<_>>().join(" "),
            Self::Throttled(seconds) => Said::new("accounts-error-throttled").with("seconds", seconds).in_words(t),
            Self::Conflict(said) => said.in_words(t),
            Self::CodeNeeded(_) => Said::new("accounts-error-code-needed").in_words(t),
            Self::NotFound | Self::Store(_) | Self::Hash(_) => self.to_string(),
        }
    }
}

impl From<Vec<FieldError>> for AccountError {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<FieldError> for AccountError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

impl From<AccountError> for AppError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid(errors) => Self::Invalid(errors),
            AccountError::Throttled(retry_after) => Self::TooMany { retry_after },
            AccountError::CodeNeeded(_) => Self::field("code", "accounts-error-code-needed"),
            AccountError::NotFound => Self::NotFound,
            AccountError::Conflict(said) => Self::Conflict(said),
            AccountError::Store(e) => e.into(),
            e @ AccountError::Hash(_) => Self::internal(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xinghe_core::{Lang, Timestamp};
    use xinghe_web::texts::Catalog;

    use super::*;

    #[test]
    fn the_command_line_says_what_is_wrong_in_words() {
        let texts: &[(Lang, &str)] = &[(Lang::En, include_str!("../locales/en.ftl"))];
        let t = Arc::new(Catalog::new(&[("accounts", texts)]).expect("texts")).texts(Lang::En, Timestamp::default());
        let wrong = vec![
            FieldError::new("handle", "accounts-error-handle-taken"),
            FieldError::new("password", "accounts-error-password-short").with("min", 10),
        ];
        assert_eq!(
            AccountError::from(wrong).in_words(&t),
            "This handle is taken. Choose another one. A password has at least 10 characters."
        );
        assert_eq!(AccountError::NotFound.in_words(&t), "not found");
    }
}
