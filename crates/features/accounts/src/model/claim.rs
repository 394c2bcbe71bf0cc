//! Claims: a member's word that an unclaimed author is them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xinghe_core::content::UnknownWord;
use xinghe_core::id::ClaimId;
use xinghe_core::{AuthorCard, Timestamp};

/// How a claim is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// An administrator looks at the reason given and says yes or no.
    Admin,
    /// The member has the account at a code host whose page the imported work named.
    Account,
    /// The page that the imported work named says so, or a file beside it.
    Page,
}

impl Proof {
    /// The word stored and shown in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Account => "account",
            Self::Page => "page",
        }
    }

    /// Reads the word stored.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Admin, Self::Account, Self::Page].into_iter().find(|p| p.as_str() == word)
    }
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Waits for a decision.
    Open,
    /// The author is this member.
    Accepted,
    /// It was not believed.
    Declined,
    /// The member took it back.
    Withdrawn,
}

impl ClaimState {
    /// The word stored and shown in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for ClaimState {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        match s {
            "open" => Ok(Self::Open),
            "accepted" => Ok(Self::Accepted),
            "declined" => Ok(Self::Declined),
            "withdrawn" => Ok(Self::Withdrawn),
            _ => Err(UnknownWord { given: s.to_owned(), known: &["open", "accepted", "declined", "withdrawn"] }),
        }
    }
}

/// A member's word that an unclaimed author is them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub id: ClaimId,
    /// The unclaimed author.
    pub author: AuthorCard,
    /// Who says so.
    pub member: AuthorCard,
    /// How it is to be proved.
    pub proof: Proof,
    /// The reason given.
    pub why: String,
    /// Where it stands.
    pub state: ClaimState,
    /// What the administrator wrote to the decision.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}
