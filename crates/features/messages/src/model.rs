//! Types and rules of private messages. No I/O.

use std::fmt;
use std::str::FromStr;

use xinghe_core::content::UnknownWord;
use xinghe_core::{AuthorId, ConversationId, MessageId, Timestamp};

/// Longest message, in characters.
pub const BODY_MAX: usize = 10_000;
/// For how long after joining the stricter limits hold, in milliseconds: three days.
pub const NEW_MS: i64 = 3 * 86_400_000;
/// An hour, in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;
/// Most messages in a row that wait for an answer.
pub const UNANSWERED_MAX: i64 = 5;
/// For how long the same words sent again are the same message, in milliseconds: a form sent twice.
pub const ONCE_MS: i64 = 10 * 60_000;
/// Most members whom one blocks.
pub const BLOCKS_MAX: i64 = 5_000;

/// How much a member may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Messages in an hour.
    pub per_hour: i64,
    /// Conversations begun in a day.
    pub begun_per_day: i64,
}

/// How much a member may write at a moment: less in the first days. An id tells when it was made.
pub fn pace(member: AuthorId, now: Timestamp) -> Pace {
    if now.as_millis() - member.made_at().as_millis() < NEW_MS {
        Pace { per_hour: 15, begun_per_day: 3 }
    } else {
        Pace { per_hour: 120, begun_per_day: 30 }
    }
}

/// Who may write to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Who {
    /// Everybody.
    #[default]
    Everybody,
    /// Those whom the member follows.
    Following,
    /// Nobody; conversations that the member answered go on.
    Nobody,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Everybody, Self::Following, Self::Nobody];

    /// The word in columns, forms and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Following => "following",
            Self::Nobody => "nobody",
        }
    }

    /// The key of its text.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Everybody => "messages-who-everybody",
            Self::Following => "messages-who-following",
            Self::Nobody => "messages-who-nobody",
        }
    }
}

impl FromStr for Who {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        let known = || UnknownWord { given: s.to_owned(), known: &["everybody", "following", "nobody"] };
        Self::ALL.into_iter().find(|w| w.as_str() == s).ok_or_else(known)
    }
}

/// Why a message cannot be sent, though nothing is wrong with its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// One does not write to oneself.
    Oneself,
    /// Nobody with an account stands behind this name, or the account is shut.
    Nobody,
    /// The member does not take messages from the one who writes: a choice, or a block, which is not told apart.
    NotWanted,
    /// The one who writes blocked the member.
    Blocked,
    /// So many messages wait for an answer.
    Unanswered,
    /// There were too many messages within an hour.
    TooMany,
    /// Too many conversations were begun within a day.
    TooManyBegun,
    /// More cannot be blocked.
    TooManyBlocks,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Who wrote it.
    pub author: AuthorId,
    /// Its text, CommonMark with GFM extensions.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// The others; empty where they are gone.
    pub others: Vec<AuthorId>,
    /// How many messages the member has not read.
    pub unread: u32,
    /// Its latest message.
    pub last: MessageId,
}

/// A message sent: where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The conversation.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
}

/// A place in the inbox, the latest first: the last message of the last conversation there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub MessageId);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = xinghe_core::id::ParseIdError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}

/// A text as it is kept: with `\n` line ends, without NUL, and without blank lines around it.
pub fn tidy(body: &str) -> String {
    let body = body.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    body.trim_matches('\n').trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_joined_lately_writes_less() {
        let now = Timestamp::from_millis(1_767_254_400_000);
        let joined = |ms: i64| {
            let first = AuthorId::from_raw(0).made_at().as_millis();
            AuthorId::from_raw((now.as_millis() - ms - first) << 22)
        };
        assert!(pace(joined(NEW_MS - 1), now).per_hour < pace(joined(NEW_MS), now).per_hour);
        assert!(pace(joined(0), now).begun_per_day < pace(joined(NEW_MS), now).begun_per_day);
    }

    #[test]
    fn words_read_back_and_texts_are_tidy() {
        for who in Who::ALL {
            assert_eq!(who.as_str().parse(), Ok(who));
        }
        assert!("friends".parse::<Who>().is_err());
        assert_eq!(tidy("\r\n\n  a\r\nb\0\n \n"), "  a\nb");
    }
}
