//! Why something was not done.

use xinghe_core::ports::PortError;
use xinghe_store::StoreError;
use xinghe_web::{AppError, FieldError};

use crate::model::Fault;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is no such picture of this member's.
    #[error("not found")]
    NotFound,
    /// The file is not taken.
    #[error("the file is not taken: {0:?}")]
    File(Fault),
    /// The member added as many today as one may.
    #[error("enough for today: {0}")]
    Day(u32),
    /// The member's pictures take as much as they may, in bytes.
    #[error("no room: {0}")]
    Full(u64),
    /// Others' pictures are being worked on.
    #[error("others' pictures are being worked on")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another feature.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<Fault> for MediaError {
    fn from(fault: Fault) -> Self {
        Self::File(fault)
    }
}

/// The sentence for a file: what is wrong with it, and what can be done.
pub(crate) fn said(fault: Fault) -> FieldError {
    let error = |key| FieldError::new("picture", key);
    match fault {
        Fault::Missing => error("media-fault-missing"),
        Fault::Large(most) => error("media-fault-large").with("mb", most >> 20),
        Fault::Kind => error("media-fault-kind"),
        Fault::Pixels(most) => error("media-fault-pixels").with("mp", most / 1_000_000),
        Fault::Broken => error("media-fault-broken"),
    }
}

impl MediaError {
    /// What a form shows beside its field, where it is the form's business.
    pub(crate) fn field(&self) -> Option<FieldError> {
        let error = |key| FieldError::new("picture", key);
        match self {
            Self::File(fault) => Some(said(*fault)),
            Self::Day(most) => Some(error("media-refused-day").with("n", most)),
            Self::Full(most) => Some(error("media-refused-full").with("mb", most >> 20)),
            Self::Busy => Some(error("media-refused-busy")),
            _ => None,
        }
    }
}

impl From<MediaError> for AppError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::NotFound => Self::NotFound,
            MediaError::File(Fault::Large(most)) => Self::TooLarge(most),
            MediaError::Day(_) | MediaError::Full(_) => match error.field() {
                Some(field) => Self::conflict(field.said),
                None => Self::NotFound,
            },
            MediaError::File(fault) => Self::Invalid(vec![said(fault)]),
            MediaError::Busy => Self::unavailable(error),
            MediaError::Store(error) => error.into(),
            MediaError::Port(error) => error.into(),
        }
    }
}
