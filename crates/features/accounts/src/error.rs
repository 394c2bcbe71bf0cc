//! What can go wrong with accounts: what a person did, apart from what broke.

use xinghe_store::StoreError;
use xinghe_web::{AppError, FieldError, Said};

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Some fields are wrong.
    #[error("invalid: {}", .0.iter().map(|e| format!("{} ({})", e.field, e.said.key())).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// Too many wrong tries; the number of seconds to wait.
    #[error("too many wrong tries; wait {0} seconds")]
    Throttled(u64),
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
            AccountError::NotFound => Self::NotFound,
            AccountError::Conflict(said) => Self::Conflict(said),
            AccountError::Store(e) => e.into(),
            e @ AccountError::Hash(_) => Self::internal(e),
        }
    }
}
