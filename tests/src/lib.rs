//! What the tests of the whole product share with the process that they start and kill.

use std::fmt;
use std::str::FromStr;

/// Names the environment variable with the address of the process's database.
pub const DATABASE_VARIABLE: &str = "XINGHE_TRIAL_DATABASE";
/// Names the environment variable with the [`Point`] at which the process stops.
pub const POINT_VARIABLE: &str = "XINGHE_TRIAL_POINT";
/// The reader that writes down numbers.
pub const TALLY: &str = "trial-tally";
/// The kind of job that causes an effect.
pub const WORK: &str = "trial-work";
/// The kind of job that is the effect.
pub const EFFECT: &str = "trial-effect";

/// Where a process stops, to be killed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Nowhere.
    Never,
    /// In a reader's batch: this number is written, the batch is not committed.
    Reading(i64),
    /// In the job of this number: its effect is written, not committed.
    BeforeCommit(i64),
    /// In the job of this number: its effect is committed, the job's end is not written down.
    AfterCommit(i64),
}

/// A word that is not a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPoint(String);

impl fmt::Display for UnknownPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a point", self.0)
    }
}

impl std::error::Error for UnknownPoint {}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Reading(n) => write!(f, "reading:{n}"),
            Self::BeforeCommit(n) => write!(f, "before-commit:{n}"),
            Self::AfterCommit(n) => write!(f, "after-commit:{n}"),
        }
    }
}

impl FromStr for Point {
    type Err = UnknownPoint;

    fn from_str(s: &str) -> Result<Self, UnknownPoint> {
        let unknown = || UnknownPoint(s.to_owned());
        if s == "never" {
            return Ok(Self::Never);
        }
        let (word, number) = s.split_once(':').ok_or_else(unknown)?;
        let number = number.parse().map_err(|_| unknown())?;
        match word {
            "reading" => Ok(Self::Reading(number)),
            "before-commit" => Ok(Self::BeforeCommit(number)),
            "after-commit" => Ok(Self::AfterCommit(number)),
            _ => Err(unknown()),
        }
    }
}
