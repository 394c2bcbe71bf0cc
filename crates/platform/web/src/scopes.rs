//! What a personal access token may do, beside what its member may.

use std::fmt;
use std::str::FromStr;

use crate::routes::{Need, RouteInfo};

/// One right of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading what the member may read.
    Read,
    /// Changing what the member may change.
    Write,
    /// Calling what only moderators and administrators may: counts together with the member's role, and with one of the
    /// other two.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The word stored and shown in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A word that is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a scope: use read, write or admin")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(s: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == s).ok_or_else(|| UnknownScope(s.to_owned()))
    }
}

/// The rights of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether this right is among them.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Reads words with spaces between; what is not known gives no right.
    pub fn parse(words: &str) -> Self {
        words.split_whitespace().filter_map(|word| word.parse::<Scope>().ok()).collect()
    }

    /// The right that a token with these lacks to call a route, if any.
    pub fn lacks(self, route: &RouteInfo) -> Option<Scope> {
        let ordinary = if route.reads { Scope::Read } else { Scope::Write };
        let high = (route.need >= Need::Moderator).then_some(Scope::Admin);
        [Some(ordinary), high].into_iter().flatten().find(|scope| !self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    /// The words that [`Scopes::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_and_unknown_words_give_nothing() {
        let scopes: Scopes = [Scope::Admin, Scope::Read].into_iter().collect();
        assert_eq!(scopes.to_string(), "read admin");
        assert_eq!(Scopes::parse("admin read root"), scopes);
        assert!(Scopes::parse("everything").is_empty());
        assert!("Read".parse::<Scope>().is_err());
    }
}
