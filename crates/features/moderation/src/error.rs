//! Why something was not done.

use xinghe_web::{CommandError, Refuses, Said};

use crate::model::Refusal;

/// Why a command was not carried out.
pub type ModerationError = CommandError<Refusal>;

impl Refuses for Refusal {
    fn said(self) -> Said {
        Said::new(match self {
            Self::Own => "moderation-refused-own",
            Self::Nobody => "moderation-refused-nobody",
            Self::KeeperNeeded => "moderation-refused-keeper",
            Self::Already => "moderation-refused-already",
            Self::Over => "moderation-refused-over",
            Self::SecondNeeded => "moderation-refused-second",
            Self::Appealed => "moderation-refused-appealed",
        })
    }
}
