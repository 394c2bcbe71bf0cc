//! Types and rules of notifications; no I/O.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use xinghe_core::{AuthorId, PostId, Timestamp};

/// How long a line gathers what is alike, unless it is read before: seven days, in milliseconds.
pub const WINDOW_MS: i64 = 7 * 86_400_000;
/// A day, in milliseconds: what the guide cites is gathered by day.
pub const DAY_MS: i64 = 86_400_000;
/// The count beside the bell goes no further: `99+`.
pub const COUNTED: u32 = 100;

/// A word that is not one of a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them, in the order of the settings.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word used in columns and JSON.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
        }
        impl FromStr for $name {
            type Err = Unknown;
            fn from_str(s: &str) -> Result<Self, Unknown> {
                match s { $($text => Ok(Self::$variant),)+ _ => Err(Unknown) }
            }
        }
    };
}

words! {
    /// What a notification tells.
    Kind {
        /// Answers to one's question.
        Answer = "answer",
        /// Comments on one's post, and on one's comment.
        Comment = "comment",
        /// One's answer was accepted.
        Accepted = "accepted",
        /// One was named in a text.
        Mention = "mention",
        /// One's post was passed on in a moment.
        Quoted = "quoted",
        /// Somebody wrote to one in private.
        Message = "message",
        /// Votes for one's post.
        Useful = "useful",
        /// Thanks for one's post.
        Thanked = "thanked",
        /// New followers.
        Follower = "follower",
        /// New posts of members one follows.
        FromMember = "from_member",
        /// New posts with tags one follows.
        FromTag = "from_tag",
        /// Changes of posts one follows, and new answers there.
        Watched = "watched",
        /// The guide or a twin cited one.
        Cited = "cited",
        /// Somebody added a source to one's news.
        Source = "source",
        /// One's role changed.
        Role = "role",
        /// One's account can be entered in one more way.
        WayIn = "way_in",
        /// Imported work is credited to one now.
        Claim = "claim",
        /// Moderators did something about one or one's post.
        Moderated = "moderated",
        /// Moderators took that back.
        Lifted = "lifted",
        /// Another moderator looked at it again and stands by it.
        Upheld = "upheld",
        /// Moderators decided what one had reported.
        Reported = "reported",
    }
}

impl Kind {
    /// Whether members can choose not to be told. What concerns the account itself is always told.
    pub const fn may_be_off(self) -> bool {
        !matches!(self, Self::Role | Self::WayIn | Self::Claim | Self::Moderated | Self::Lifted | Self::Upheld)
    }
}

words! {
    /// Where something is told.
    Channel {
        /// On the pages of the community.
        Page = "page",
    }
}

words! {
    /// Which notifications to list.
    Filter {
        /// All of them.
        All = "all",
        /// Those not read yet.
        Unread = "unread",
        /// Those of texts that name one.
        Mentions = "mentions",
    }
}

/// The number of a line. It follows from whom and what the line is about and from its first event, so that a line that
/// is derived anew has the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteId(pub i64);

impl NoteId {
    /// The first 63 bits of SHA-256 over all of it.
    pub(crate) fn derive(member: AuthorId, kind: Kind, subject: i64, first: (i64, i64)) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind.as_str());
        for number in [member.raw(), subject, first.0, first.1] {
            hash.update(number.to_be_bytes());
        }
        let bytes: [u8; 32] = hash.finalize().into();
        let mut start = [0u8; 8];
        start.copy_from_slice(&bytes[..8]);
        Self((i64::from_be_bytes(start) & i64::MAX).max(1))
    }
}

impl fmt::Display for NoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NoteId {
    type Err = Unknown;
    fn from_str(s: &str) -> Result<Self, Unknown> {
        s.parse().ok().filter(|n| *n > 0).map(Self).ok_or(Unknown)
    }
}

/// A line of notifications: what is alike, gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: NoteId,
    /// What it tells.
    pub kind: Kind,
    /// What it is about: a post, an author, a tag or a day, by kind.
    pub subject: i64,
    /// The post that it is about, where it is about one.
    pub post: Option<PostId>,
    /// When the first of it happened.
    pub first_at: Timestamp,
    /// When the last of it happened.
    pub last_at: Timestamp,
    /// Whether it was read.
    pub read: bool,
    /// How many it gathers: comments, voters, answers.
    pub count: u32,
    /// How many people are behind it.
    pub people: u32,
    /// Up to three of them, the latest first.
    pub actors: Vec<AuthorId>,
    /// The post that the latest of it leads to.
    pub latest: Option<PostId>,
}

impl Note {
    /// Its place in the list.
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.last_at, id: self.id }
    }
}

/// A place in the list, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When the last of the line there happened.
    pub at: Timestamp,
    /// The line.
    pub id: NoteId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_millis(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = Unknown;
    fn from_str(s: &str) -> Result<Self, Unknown> {
        let (at, id) = s.split_once('.').ok_or(Unknown)?;
        Ok(Self { at: Timestamp::from_millis(at.parse().map_err(|_| Unknown)?), id: id.parse()? })
    }
}

/// Whether a member wants to be told of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// What.
    pub kind: Kind,
    /// Where.
    pub channel: Channel,
    /// Whether.
    pub on: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_same_number_whenever_it_is_derived() {
        let of = |member, kind, subject, seq| NoteId::derive(AuthorId::from_raw(member), kind, subject, (0, seq));
        assert_eq!(of(1, Kind::Answer, 2, 3), of(1, Kind::Answer, 2, 3));
        let others = [of(2, Kind::Answer, 2, 3), of(1, Kind::Comment, 2, 3), of(1, Kind::Answer, 3, 3)];
        assert!(others.iter().all(|o| *o != of(1, Kind::Answer, 2, 3) && o.0 > 0));
    }

    #[test]
    fn cursors_read_back_and_others_are_refused() {
        let cursor = Cursor { at: Timestamp::from_millis(5), id: NoteId(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "5", "5.", "5.0", "5.-1", "x.7", "5.9223372036854775808"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(Unknown), "{wrong}");
        }
    }
}
