//! Why something was not done.

use xinghe_web::{CommandError, Refuses, Said};

use crate::model::{FOLDERS_MAX, Refusal};

/// Why a command was not carried out.
pub type ReactionError = CommandError<Refusal>;

impl Refuses for Refusal {
    fn said(self) -> Said {
        match self {
            Self::Own => Said::new("reactions-refused-own"),
            Self::NotDown => Said::new("reactions-refused-down"),
            Self::TooNew => Said::new("reactions-refused-new"),
            Self::Nobody => Said::new("reactions-refused-nobody"),
            Self::Oneself => Said::new("reactions-refused-oneself"),
            Self::Reply => Said::new("reactions-refused-reply"),
            Self::TooManyFollows(max) => Said::new("reactions-refused-follows").with("max", max),
            Self::TooManyFolders => Said::new("reactions-refused-folders").with("max", FOLDERS_MAX),
        }
    }
}
