//! Why something was not done.

use xinghe_core::ports::PortError;
use xinghe_store::StoreError;
use xinghe_web::{AppError, FieldError, Said};

use crate::model::{BLOCKS_MAX, Refusal, UNANSWERED_MAX};

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// There is no such thing, or it is somebody else's.
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

impl MessageError {
    /// One field is wrong.
    pub fn field(field: &'static str, said: impl Into<Said>) -> Self {
        Self::Invalid(vec![FieldError::new(field, said)])
    }
}

impl From<Refusal> for MessageError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The sentence for a refusal: why, and what can be done instead.
pub(crate) fn said(refusal: Refusal) -> Said {
    match refusal {
        Refusal::Oneself => Said::new("messages-refused-oneself"),
        Refusal::Nobody => Said::new("messages-refused-nobody"),
        Refusal::NotWanted => Said::new("messages-refused-not-wanted"),
        Refusal::Blocked => Said::new("messages-refused-blocked"),
        Refusal::Unanswered => Said::new("messages-refused-unanswered").with("max", UNANSWERED_MAX),
        Refusal::TooMany => Said::new("messages-refused-many"),
        Refusal::TooManyBegun => Said::new("messages-refused-begun"),
        Refusal::TooManyBlocks => Said::new("messages-refused-blocks").with("max", BLOCKS_MAX),
    }
}

impl From<MessageError> for AppError {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::NotFound => Self::NotFound,
            MessageError::Refused(refusal) => Self::conflict(said(refusal)),
            MessageError::Invalid(errors) => Self::Invalid(errors),
            MessageError::Store(error) => error.into(),
            MessageError::Port(error) => error.into(),
        }
    }
}
