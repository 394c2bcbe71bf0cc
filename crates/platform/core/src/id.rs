//! Typed 64-bit ids.
//!
//! An id is 41 bits of milliseconds since 2024-01-01 UTC, 10 bits of node and 12 bits of sequence, so ids sort by
//! the time they were made and fit a signed 64-bit column until 2093. In JSON and in addresses an id is a decimal
//! string, because JavaScript numbers lose precision past 2^53.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::time::{Clock, Timestamp};

/// Milliseconds between the Unix epoch and 2024-01-01T00:00:00Z, the zero of the time part of an id.
const EPOCH_MS: i64 = 1_704_067_200_000;
const NODE_BITS: u32 = 10;
const SEQ_BITS: u32 = 12;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a positive decimal number of at most 19 digits")]
pub struct ParseIdError;

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The id with this number, as read from a database column.
            pub const fn from_raw(raw: i64) -> Self { Self(raw) }
            /// The number, as written to a database column.
            pub const fn raw(self) -> i64 { self.0 }
            /// When the id was made (meaningless for ids derived from a hash).
            pub const fn made_at(self) -> Timestamp {
                Timestamp::from_millis((self.0 >> (NODE_BITS + SEQ_BITS)) + EPOCH_MS)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(s: &str) -> Result<Self, ParseIdError> { parse_raw(s).map(Self) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
                s.parse().map_err(de::Error::custom)
            }
        }
        impl From<RawId> for $name {
            fn from(raw: RawId) -> Self { Self(raw.0) }
        }
    )+};
}

fn parse_raw(s: &str) -> Result<i64, ParseIdError> {
    if s.is_empty() || s.len() > 19 || !s.bytes().all(|b| b.is_ascii_digit()) || s.starts_with('0') {
        return Err(ParseIdError);
    }
    s.parse().map_err(|_| ParseIdError)
}

typed_id! {
    /// A person who wrote something: a member, or an author whose work was imported and who has not claimed it.
    AuthorId,
    /// A post of any kind.
    PostId,
    /// One revision of a post.
    RevisionId,
    /// A citable stretch of a revision. Derived from the revision and its place, so that a rebuilt index has the same.
    PassageId,
    /// An answer that the guide or a twin gave.
    AnswerId,
    /// A signed-in session.
    SessionId,
    /// A personal access token.
    TokenId,
    /// A member's word that an unclaimed author is them.
    ClaimId,
    /// A member's account at another site, by which the member signs in.
    ConnectionId,
    /// A member's folder of bookmarks.
    FolderId,
    /// A member's draft of a post, or of a change to one.
    DraftId,
    /// What moderators have to look at: all that concerns one post or one member.
    CaseId,
    /// What moderators did about a post or a member.
    ActId,
    /// An answer that a twin wrote for a question of the community.
    TwinDraftId,
    /// A line in the ledger of a twin.
    TwinActId,
    /// What an owner said to the twin: a correction, or a fact.
    StatementId,
    /// A picture that a member added.
    PictureId,
    /// Articles of one author in an order.
    SeriesId,
    /// What some members write to one another in private.
    ConversationId,
    /// A private message.
    MessageId,
    /// An archive of all that a member has here.
    ArchiveId,
    /// A queued job.
    JobId,
    /// The number of an event within its log.
    EventSeq,
}

impl PassageId {
    /// The id of the passage at `ordinal` (from 0) of a revision: the first 63 bits of SHA-256 over both.
    pub fn derive(revision: RevisionId, ordinal: u32) -> Self {
        Self(first_bits(&[&revision.raw().to_be_bytes(), &ordinal.to_be_bytes()]))
    }
}

/// The number by which the log names a tag: the first 63 bits of SHA-256 over its canonical text. The same everywhere
/// and for ever, and never 0.
pub fn tag_id(tag: &str) -> i64 {
    first_bits(&[b"tag:", tag.as_bytes()])
}

/// The first 63 bits of SHA-256 over these parts, never 0.
fn first_bits(parts: &[&[u8]]) -> i64 {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let bytes: [u8; 32] = hash.finalize().into();
    let mut first = [0u8; 8];
    first.copy_from_slice(&bytes[..8]);
    (i64::from_be_bytes(first) & i64::MAX).max(1)
}

/// A fresh number that becomes any typed id: `ids.next().into()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawId(i64);

/// Makes ids that are unique within a node and ordered within a process.
#[derive(Clone)]
pub struct IdGen {
    clock: Arc<dyn Clock>,
    node: u16,
    last: Arc<Mutex<(i64, u16)>>,
}

impl IdGen {
    /// A generator for `node` (only the low 10 bits count); two processes that write at once need different nodes.
    pub fn new(clock: Arc<dyn Clock>, node: u16) -> Self {
        Self { clock, node: node & ((1 << NODE_BITS) - 1), last: Arc::new(Mutex::new((0, 0))) }
    }

    /// The next id. When a millisecond's 4,096 numbers are used up, or the clock goes back, it borrows from the next
    /// millisecond, so ids of one process always rise.
    pub fn next(&self) -> RawId {
        let now = (self.clock.now().as_millis() - EPOCH_MS).max(1);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (ms, seq) = *last;
        *last = if now > ms {
            (now, 0)
        } else if seq + 1 < (1 << SEQ_BITS) {
            (ms, seq + 1)
        } else {
            (ms + 1, 0)
        };
        RawId(last.0 << (NODE_BITS + SEQ_BITS) | i64::from(self.node) << SEQ_BITS | i64::from(last.1))
    }
}

impl fmt::Debug for IdGen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdGen").field("node", &self.node).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(i64);
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0)
        }
    }

    #[test]
    fn ids_rise_even_when_the_clock_stands_still() {
        let ids = IdGen::new(Arc::new(Fixed(EPOCH_MS + 5)), 3);
        let made: Vec<PostId> = (0..10_000).map(|_| ids.next().into()).collect();
        assert!(made.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(made[0].made_at().as_millis(), EPOCH_MS + 5);
    }

    #[test]
    fn json_is_a_string_and_reads_back() {
        let id = PostId::from_raw(7_123_456_789_012_345_678);
        let json = serde_json::to_string(&id).expect("an id is a string");
        assert_eq!(json, "\"7123456789012345678\"");
        assert_eq!(serde_json::from_str::<PostId>(&json).expect("reads back"), id);
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for bad in ["", "0", "-1", "+5", "1e3", "9223372036854775808", "01", "１２"] {
            assert!(bad.parse::<PostId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tags_number_never_changes() {
        assert_eq!(tag_id("rust"), tag_id("rust"));
        assert_ne!(tag_id("rust"), tag_id("rusty"));
        assert!(tag_id("星河") > 0);
        // Written down once: the log holds such numbers.
        assert_eq!(tag_id("rust"), 8_833_239_675_981_699_980);
    }

    #[test]
    fn passage_ids_depend_on_both_parts() {
        let revision = RevisionId::from_raw(5);
        assert_eq!(PassageId::derive(revision, 1), PassageId::derive(revision, 1));
        assert_ne!(PassageId::derive(revision, 1), PassageId::derive(revision, 2));
        assert_ne!(PassageId::derive(revision, 1), PassageId::derive(RevisionId::from_raw(6), 1));
    }
}
