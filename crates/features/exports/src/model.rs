//! Types and rules of archives. No I/O.

use xinghe_core::{ArchiveId, AuthorId, Timestamp};

/// How long a finished archive can be downloaded, in milliseconds: seven days.
pub const KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// How long it counts that a member was asked again who they are, in milliseconds: an hour.
pub const CONFIRMED_MS: i64 = 3_600_000;
/// After how long without any progress an archive counts as failed, in milliseconds: an hour. Its job is tried again
/// for less than that.
pub const STALE_MS: i64 = 3_600_000;
/// Bytes of one piece in the database.
pub const PART: usize = 1 << 18;

/// How far an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being made.
    Making,
    /// It can be downloaded.
    Ready,
    /// It could not be made; it can be asked for again.
    Failed,
}

impl State {
    /// The word in the column and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }

    /// Reads the word; what is not known counts as failed.
    pub fn parse(word: &str) -> Self {
        match word {
            "making" => Self::Making,
            "ready" => Self::Ready,
            _ => Self::Failed,
        }
    }
}

/// A member's archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The archive.
    pub id: ArchiveId,
    /// Whose.
    pub member: AuthorId,
    /// How far it is.
    pub state: State,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When its making last went on.
    pub moved_at: Timestamp,
    /// How many features have written their part.
    pub done: u32,
    /// How many there are.
    pub total: u32,
    /// How many files are in it.
    pub files: u32,
    /// Its size in bytes, once it is ready.
    pub bytes: u64,
    /// When it was ready.
    pub ready_at: Option<Timestamp>,
    /// Until when it can be downloaded.
    pub expires_at: Option<Timestamp>,
}

impl Archive {
    /// How it stands at a moment: one whose time is over is not there, and one that stopped on its way has failed.
    pub fn at(mut self, now: Timestamp) -> Option<Self> {
        if self.expires_at.is_some_and(|until| until <= now) {
            return None;
        }
        if self.state == State::Making && now.as_millis() - self.moved_at.as_millis() > STALE_MS {
            self.state = State::Failed;
        }
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_gone_and_what_stopped_has_failed() {
        let start = Timestamp::from_millis(1_767_254_400_000);
        let archive = Archive {
            id: ArchiveId::from_raw(1),
            member: AuthorId::from_raw(2),
            state: State::Making,
            asked_at: start,
            moved_at: start,
            done: 0,
            total: 5,
            files: 0,
            bytes: 0,
            ready_at: None,
            expires_at: None,
        };
        let later = |ms| archive.clone().at(start.plus_millis(ms)).map(|a| a.state);
        assert_eq!(later(STALE_MS), Some(State::Making));
        assert_eq!(later(STALE_MS + 1), Some(State::Failed));
        let ready = Archive { state: State::Ready, expires_at: Some(start.plus_millis(KEPT_MS)), ..archive };
        assert_eq!(ready.clone().at(start.plus_millis(KEPT_MS - 1)).map(|a| a.state), Some(State::Ready));
        assert_eq!(ready.at(start.plus_millis(KEPT_MS)), None);
    }
}
