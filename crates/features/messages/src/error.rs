//! Why something was not done.

use xinghe_web::{CommandError, Refuses, Said};

use crate::model::{BLOCKS_MAX, Refusal, UNANSWERED_MAX};

/// Why a command was not carried out.
pub type MessageError = CommandError<Refusal>;

impl Refuses for Refusal {
    fn said(self) -> Said {
        match self {
            Self::Oneself => Said::new("messages-refused-oneself"),
            Self::Nobody => Said::new("messages-refused-nobody"),
            Self::NotWanted => Said::new("messages-refused-not-wanted"),
            Self::Blocked => Said::new("messages-refused-blocked"),
            Self::Unanswered => Said::new("messages-refused-unanswered").with("max", UNANSWERED_MAX),
            Self::TooMany => Said::new("messages-refused-many"),
            Self::TooManyBegun => Said::new("messages-refused-begun"),
            Self::TooManyBlocks => Said::new("messages-refused-blocks").with("max", BLOCKS_MAX),
        }
    }
}
