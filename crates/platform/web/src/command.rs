//! Why a command of a feature was not carried out: the same for all whose rules refuse with a sentence.

use std::fmt::Debug;

use http::StatusCode;
use xinghe_core::ports::PortError;
use xinghe_store::StoreError;

use crate::errors::{AppError, FieldError, FieldErrors, Said};
use crate::page::PageContext;

/// What the rules of a feature do not allow.
pub trait Refuses: Debug {
    /// Why, and what can be done instead.
    fn said(self) -> Said;
}

/// Why a command was not carried out; `R` is what the feature's rules refuse.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<R: Refuses> {
    /// There is no such thing to be seen, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// The rules do not allow it.
    #[error("refused: {0:?}")]
    Refused(R),
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

impl<R: Refuses> CommandError<R> {
    /// One field is wrong.
    pub fn field(field: &'static str, said: impl Into<Said>) -> Self {
        FieldError::new(field, said).into()
    }

    /// A refusal as a form shows it: what is wrong beside which field (`form` for the whole), and the status.
    ///
    /// # Errors
    /// Anything that is not the form's business.
    pub fn of_form(self, ctx: &PageContext) -> Result<(StatusCode, FieldErrors), AppError> {
        let (status, errors) = match self {
            Self::Invalid(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors),
            Self::Refused(refusal) => (StatusCode::CONFLICT, vec![FieldError::new("form", refusal.said())]),
            other => return Err(other.into()),
        };
        Ok((status, FieldErrors::new(&errors, &ctx.t)))
    }
}

impl<R: Refuses> From<R> for CommandError<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

impl<R: Refuses> From<FieldError> for CommandError<R> {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

impl<R: Refuses> From<CommandError<R>> for AppError {
    fn from(error: CommandError<R>) -> Self {
        match error {
            CommandError::NotFound => Self::NotFound,
            CommandError::Refused(refusal) => Self::conflict(refusal.said()),
            CommandError::Invalid(errors) => Self::Invalid(errors),
            CommandError::Store(error) => error.into(),
            CommandError::Port(error) => error.into(),
        }
    }
}
