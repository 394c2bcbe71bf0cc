//! Why something was not done.

use xinghe_core::ports::PortError;
use xinghe_store::StoreError;
use xinghe_web::{AppError, FieldError, Said};

use crate::model::Refusal;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ModerationError {
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

impl From<Refusal> for ModerationError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FieldError> for ModerationError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

/// The sentence for a refusal: why, and what can be done instead.
pub(crate) fn said(refusal: Refusal) -> Said {
    Said::new(match refusal {
        Refusal::Own => "moderation-refused-own",
        Refusal::Nobody => "moderation-refused-nobody",
        Refusal::KeeperNeeded => "moderation-refused-keeper",
        Refusal::Already => "moderation-refused-already",
        Refusal::Over => "moderation-refused-over",
        Refusal::SecondNeeded => "moderation-refused-second",
        Refusal::Appealed => "moderation-refused-appealed",
    })
}

impl From<ModerationError> for AppError {
    fn from(error: ModerationError) -> Self {
        match error {
            ModerationError::NotFound => Self::NotFound,
            ModerationError::Refused(refusal) => Self::conflict(said(refusal)),
            ModerationError::Invalid(errors) => Self::Invalid(errors),
            ModerationError::Store(error) => error.into(),
            ModerationError::Port(error) => error.into(),
        }
    }
}
