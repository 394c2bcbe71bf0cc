//! Levels of trust: what is asked for each and what it opens, in one table; no I/O.

use std::fmt;
use std::str::FromStr;

use xinghe_core::content::UnknownWord;
use xinghe_core::{AuthorId, Timestamp};

use crate::model::DAY_MS;

/// For how many days a decision against a member counts.
pub const UPHELD_DAYS: i64 = 180;

/// How far a member is known here, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Just arrived.
    New,
    /// Seen on more than one day.
    Basic,
    /// Takes part.
    Member,
    /// Takes part for long, and others are glad of it.
    Regular,
}

/// What a level asks for and opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The level.
    pub level: Level,
    /// Days since the member joined.
    pub since: u32,
    /// Days (UTC) on which the member did something that the log holds.
    pub active: u32,
    /// Posts of any kind, written here and still to be seen.
    pub posts: u32,
    /// Different members who thanked or voted for them.
    pub people: u32,
    /// Decisions against the member within [`UPHELD_DAYS`], at most.
    pub upheld: u32,
    /// Posts and messages within an hour; `None` is as many as anybody may send.
    pub hourly: Option<u32>,
    /// Whether a doubtful post with links to other hosts or pictures can be held until a moderator looked.
    pub held: bool,
}

/// The rules, the least level first: a member has the highest level all of whose numbers are reached.
pub const RULES: [Rule; 4] = [
    Rule {
        level: Level::New,
        since: 0,
        active: 0,
        posts: 0,
        people: 0,
        upheld: u32::MAX,
        hourly: Some(30),
        held: true,
    },
    Rule { level: Level::Basic, since: 2, active: 2, posts: 2, people: 0, upheld: 1, hourly: Some(90), held: false },
    Rule { level: Level::Member, since: 14, active: 8, posts: 8, people: 3, upheld: 1, hourly: Some(240), held: false },
    Rule { level: Level::Regular, since: 60, active: 30, posts: 30, people: 15, upheld: 0, hourly: None, held: false },
];

impl Level {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::New, Self::Basic, Self::Member, Self::Regular];

    /// The word in columns, JSON and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Basic => "basic",
            Self::Member => "member",
            Self::Regular => "regular",
        }
    }

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::New => "moderation-level-new",
            Self::Basic => "moderation-level-basic",
            Self::Member => "moderation-level-member",
            Self::Regular => "moderation-level-regular",
        }
    }

    /// What it asks for and opens.
    pub const fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }

    /// The next one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }
}

impl FromStr for Level {
    type Err = UnknownWord;

    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        let known = &["new", "basic", "member", "regular"];
        Self::ALL.into_iter().find(|l| l.as_str() == s).ok_or_else(|| UnknownWord { given: s.to_owned(), known })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a member, as numbers of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Days since the member joined.
    pub since: u32,
    /// Days on which the member did something.
    pub active: u32,
    /// Posts still to be seen.
    pub posts: u32,
    /// Different members who thanked or voted for them.
    pub people: u32,
    /// Decisions against the member lately.
    pub upheld: u32,
}

impl Facts {
    /// Whole days from `joined` to `now`.
    pub fn days_since(joined: Timestamp, now: Timestamp) -> u32 {
        u32::try_from((now.as_millis() - joined.as_millis()).max(0) / DAY_MS).unwrap_or(u32::MAX)
    }

    fn reach(self, rule: &Rule) -> bool {
        self.since >= rule.since
            && self.active >= rule.active
            && self.posts >= rule.posts
            && self.people >= rule.people
            && self.upheld <= rule.upheld
    }

    /// The level that these numbers bring.
    pub fn level(self) -> Level {
        RULES.iter().rev().find(|rule| self.reach(rule)).map_or(Level::New, |rule| rule.level)
    }
}

/// A level that an administrator set, or gave back to the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The level; `None` lets it grow by the rules.
    pub level: Option<Level>,
    /// Why, for moderators.
    pub words: String,
    /// Who; 0 where the account was erased.
    pub by: AuthorId,
    /// When.
    pub at: Timestamp,
}

/// How far a member is known, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The level that counts.
    pub level: Level,
    /// What is known.
    pub facts: Facts,
    /// Whether an administrator set it.
    pub set: bool,
    /// Whether the member keeps order here, which opens everything.
    pub keeper: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_only_rises() {
        for pair in RULES.windows(2) {
            assert!(pair[0].level < pair[1].level && pair[0].since <= pair[1].since);
            assert!(pair[0].active <= pair[1].active && pair[0].posts <= pair[1].posts);
            assert!(pair[0].people <= pair[1].people && pair[0].upheld >= pair[1].upheld);
            assert!(pair[0].hourly.unwrap_or(u32::MAX) < pair[1].hourly.unwrap_or(u32::MAX));
        }
        for level in Level::ALL {
            assert_eq!(level.rule().level, level, "the rule stands at its level's place");
            assert_eq!(level.as_str().parse(), Ok(level));
        }
    }

    #[test]
    fn a_level_needs_all_its_numbers() {
        let known = Facts { since: 14, active: 8, posts: 8, people: 3, upheld: 0 };
        assert_eq!(known.level(), Level::Member);
        assert_eq!(Facts { people: 2, ..known }.level(), Level::Basic, "too few were glad of it");
        assert_eq!(Facts { upheld: 2, ..known }.level(), Level::New, "what was decided against one counts");
        assert_eq!(
            Facts { since: 400, posts: 900, ..Facts::default() }.level(),
            Level::New,
            "posts alone do not count"
        );
    }
}
