//! Why something was not done.

use xinghe_core::ports::PortError;
use xinghe_store::StoreError;
use xinghe_web::{AppError, FieldError, Said};

use crate::model::{FOLDERS_MAX, Refusal};

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    /// There is no such thing to be seen.
    #[error("not found")]
    NotFound,
    /// The rules do not allow it.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Some fields are wrong.
    #[error("some fields are wrong: {0:?}")]
    Invalid(Vec<FieldError>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another feature.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ReactionError {
    /// One field is wrong.
    pub fn field(field: &'static str, said: impl Into<Said>) -> Self {
        Self::Invalid(vec![FieldError::new(field, said)])
    }
}

impl From<Refusal> for ReactionError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The sentence for a refusal: why, and what can be done instead.
fn said(refusal: Refusal) -> Said {
    match refusal {
        Refusal::Own => Said::new("reactions-refused-own"),
        Refusal::NotDown => Said::new("reactions-refused-down"),
        Refusal::TooNew => Said::new("reactions-refused-new"),
        Refusal::Nobody => Said::new("reactions-refused-nobody"),
        Refusal::Oneself => Said::new("reactions-refused-oneself"),
        Refusal::Reply => Said::new("reactions-refused-reply"),
        Refusal::TooManyFollows(max) => Said::new("reactions-refused-follows").with("max", max),
        Refusal::TooManyFolders => Said::new("reactions-refused-folders").with("max", FOLDERS_MAX),
    }
}

impl From<ReactionError> for AppError {
    fn from(error: ReactionError) -> Self {
        match error {
            ReactionError::NotFound => Self::NotFound,
            ReactionError::Refused(refusal) => Self::conflict(said(refusal)),
            ReactionError::Invalid(errors) => Self::Invalid(errors),
            ReactionError::Store(error) => error.into(),
            ReactionError::Port(error) => error.into(),
        }
    }
}
