//! The vocabulary of the event log: facts that happened, as ids, kinds, numbers and times.
//!
//! An event never holds prose, addresses or secrets (`core` has no type here that could carry them), so erasing a
//! member's rows erases the member while the log still reads. A change of an event's shape gets a new version, and
//! [`Event::decode`] goes on reading the old ones.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content::{FollowKind, Measure, PostKind, TwinAct};
use crate::id::{
    ActId, AnswerId, AuthorId, CaseId, ConversationId, EventSeq, MessageId, PassageId, PictureId, PostId, RevisionId,
    SeriesId, StatementId,
};
use crate::time::Timestamp;

/// One citation of an answer, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitationFact {
    /// The cited passage.
    pub passage: PassageId,
    /// The post it is a part of.
    pub post: PostId,
    /// The revision whose words were quoted.
    pub revision: RevisionId,
    /// Who is cited and credited.
    pub author: AuthorId,
}

/// By what else than the password somebody enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayIn {
    /// An account at another site.
    Site,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// Somebody made an account.
    MemberRegistered {
        /// The new member.
        member: AuthorId,
    },
    /// A member changed name, notes, language or other parts of the profile.
    ProfileChanged {
        /// Whose profile.
        member: AuthorId,
    },
    /// A member's role or standing changed.
    RoleChanged {
        /// Whose role.
        member: AuthorId,
    },
    /// An administrator made a link with which a member's password can be set anew.
    PasswordLinkMade {
        /// Whose password.
        member: AuthorId,
    },
    /// A member asked for an archive of all that is theirs.
    ArchiveAsked {
        /// Whose.
        member: AuthorId,
    },
    /// The archive that a member asked for can be downloaded.
    ArchiveReady {
        /// Whose.
        member: AuthorId,
    },
    /// A member took the archive away before its time.
    ArchiveDropped {
        /// Whose.
        member: AuthorId,
    },
    /// A member made a personal access token.
    TokenMade {
        /// Whose.
        member: AuthorId,
    },
    /// A member ended a personal access token.
    TokenEnded {
        /// Whose.
        member: AuthorId,
    },
    /// A member's account can be entered in one more way.
    WayInAdded {
        /// Whose.
        member: AuthorId,
        /// By what.
        way: WayIn,
    },
    /// A member's account and rows were erased.
    MemberErased {
        /// Who is gone.
        member: AuthorId,
    },
    /// Imported work named an author who has no account here.
    AuthorImported {
        /// The unclaimed author.
        author: AuthorId,
    },
    /// An unclaimed author turned out to be a member: credits pass to the member.
    AuthorClaimed {
        /// The formerly unclaimed author.
        author: AuthorId,
        /// The member whose work it is.
        member: AuthorId,
    },
    /// The credits of a claimed author's posts stand for the member now: comes after [`Event::AuthorClaimed`], when
    /// posts have followed.
    CreditsPassed {
        /// The formerly unclaimed author.
        author: AuthorId,
        /// The member whose work it is.
        member: AuthorId,
    },
    /// The member who had claimed an author is gone: the author is unclaimed again, and credits pass back.
    AuthorReleased {
        /// The author, unclaimed again.
        author: AuthorId,
        /// The former member.
        member: AuthorId,
    },
    /// A post became visible.
    PostPublished {
        /// Which post.
        post: PostId,
        /// Its first public revision.
        revision: RevisionId,
        /// Its kind.
        post_kind: PostKind,
        /// The post it hangs on: the question of an answer, the subject of a comment.
        parent: Option<PostId>,
        /// Its author (the first, where there are several).
        author: AuthorId,
    },
    /// A post's text or metadata changed.
    PostRevised {
        /// Which post.
        post: PostId,
        /// The new current revision.
        revision: RevisionId,
    },
    /// A post names members, `@lin`; of a changed one, those it did not name before.
    MembersMentioned {
        /// The naming post.
        post: PostId,
        /// Who is named: members only, not the post's own author.
        members: Vec<AuthorId>,
    },
    /// A moment passes another post on, with words of its own.
    PostQuoted {
        /// The moment.
        post: PostId,
        /// What it passes on.
        quoted: PostId,
    },
    /// A source was added to a news story, by its author or somebody else.
    StorySourceAdded {
        /// The news.
        post: PostId,
    },
    /// A source was taken away from a news story.
    StorySourceDropped {
        /// The news.
        post: PostId,
    },
    /// A member who leaves wants none of their posts to stay; comes before [`Event::MemberErased`]. Who holds posts
    /// follows.
    PostsRenounced {
        /// Whose posts.
        member: AuthorId,
    },
    /// The words of a post are gone for good, in all its revisions: its author left and took them along. Where others
    /// had answered, the post itself is still to be seen, without them.
    PostPurged {
        /// Which post.
        post: PostId,
    },
    /// A post is no longer to be seen: deleted by its author or hidden.
    PostDeleted {
        /// Which post.
        post: PostId,
    },
    /// A deleted post is to be seen again.
    PostRestored {
        /// Which post.
        post: PostId,
    },
    /// A series was begun, or its words, posts or their order changed.
    SeriesChanged {
        /// Which series.
        series: SeriesId,
        /// Whose.
        author: AuthorId,
    },
    /// A series was removed; its posts stay.
    SeriesDeleted {
        /// Which series.
        series: SeriesId,
        /// Whose it was.
        author: AuthorId,
    },
    /// The asker, or a moderator, marked an answer as the one that solved the question.
    AnswerAccepted {
        /// The question.
        question: PostId,
        /// The answer.
        answer: PostId,
    },
    /// The mark of an accepted answer was taken back.
    AnswerUnaccepted {
        /// The question.
        question: PostId,
        /// The answer.
        answer: PostId,
    },
    /// A member voted on a post, changed the vote or took it back.
    PostVoted {
        /// Which post.
        post: PostId,
        /// Who voted.
        by: AuthorId,
        /// The vote as it stands now: -1, 0 or 1.
        value: i8,
    },
    /// A member thanked for a post: once, and for good.
    PostThanked {
        /// Which post.
        post: PostId,
        /// Who thanked.
        by: AuthorId,
        /// Who is thanked: the first who is credited.
        to: AuthorId,
    },
    /// A member bookmarked a post, or took the bookmark away.
    PostKept {
        /// Which post.
        post: PostId,
        /// Whose bookmark.
        by: AuthorId,
        /// Whether it is there now.
        kept: bool,
    },
    /// A member followed somebody or something, or stopped.
    Followed {
        /// Who follows.
        by: AuthorId,
        /// What kind of thing.
        kind: FollowKind,
        /// Which one: an author's, a post's or a tag's number ([`crate::id::tag_id`]).
        id: i64,
        /// Whether it is followed now.
        on: bool,
    },
    /// The vectors of a revision were computed and stored.
    RevisionEmbedded {
        /// The post.
        post: PostId,
        /// The revision whose sentences were embedded.
        revision: RevisionId,
    },
    /// The guide or a twin was asked and answered, or declined for want of evidence.
    AnswerGiven {
        /// The stored answer.
        answer: AnswerId,
        /// Who asked, when signed in.
        asker: Option<AuthorId>,
        /// Whose twin answered; `None` is the guide.
        twin: Option<AuthorId>,
        /// Whether it declined.
        abstained: bool,
        /// Whom it cited.
        citations: Vec<CitationFact>,
    },
    /// An owner changed what the twin may do, or stopped it, or let it go on.
    TwinGrantsChanged {
        /// Whose twin.
        owner: AuthorId,
        /// Whether it is stopped now.
        paused: bool,
    },
    /// An owner kept a post from the twin, or gave it back.
    TwinKnowledgeChanged {
        /// Whose twin.
        owner: AuthorId,
        /// Which post.
        post: PostId,
        /// Whether it is kept from the twin now.
        excluded: bool,
    },
    /// An owner said something to the twin, changed it or took it back; or had it stop learning, forget or begin anew.
    TwinMemoryChanged {
        /// Whose twin.
        owner: AuthorId,
        /// What was said; `None` is the memory as a whole.
        statement: Option<StatementId>,
    },
    /// It was looked whose twins could answer a question that nobody had answered.
    QuestionConsidered {
        /// The question.
        question: PostId,
        /// How many answers came of it.
        drafts: u32,
    },
    /// A twin did something about a question, or its owner did something about that.
    TwinActed {
        /// Whose twin.
        owner: AuthorId,
        /// What it did.
        act: TwinAct,
        /// The question.
        question: PostId,
        /// The published answer, where there is one.
        post: Option<PostId>,
        /// Whom a published answer cites.
        citations: Vec<CitationFact>,
    },
    /// A reader said whether an answer helped.
    AnswerRated {
        /// The answer.
        answer: AnswerId,
        /// Who said so, when signed in.
        by: Option<AuthorId>,
        /// Whether it helped.
        helpful: bool,
    },
    /// The threshold of the evidence gate was calibrated anew.
    GateCalibrated {
        /// How many posts were asked back.
        sampled: u32,
    },
    /// A member wrote to others in private.
    MessageSent {
        /// Where.
        conversation: ConversationId,
        /// Which message.
        message: MessageId,
        /// Who wrote.
        from: AuthorId,
        /// To whom.
        to: Vec<AuthorId>,
    },
    /// A member read what was new in a conversation.
    MessagesRead {
        /// Where.
        conversation: ConversationId,
        /// Who.
        by: AuthorId,
    },
    /// A member blocked another, or no longer does.
    MemberBlocked {
        /// Who blocks.
        by: AuthorId,
        /// Whom.
        member: AuthorId,
        /// Whether it is so now.
        on: bool,
    },
    /// A member told the moderators of a post, a private message or another member.
    Reported {
        /// What moderators have to look at.
        case: CaseId,
        /// The post; `None` where a message or a member was reported.
        post: Option<PostId>,
        /// The member, or the author.
        member: AuthorId,
    },
    /// Moderators did something about a post or a member, or took it back. Whoever holds what it is about follows.
    Moderated {
        /// The act.
        act: ActId,
        /// What was done.
        measure: Measure,
        /// The post, where it is about one.
        post: Option<PostId>,
        /// The member, or the post's author.
        member: AuthorId,
        /// Until when, where it ends by itself.
        until: Option<Timestamp>,
        /// Whether it stands now.
        on: bool,
    },
    /// Moderators decided what members had reported.
    ReportsAnswered {
        /// What they had to look at.
        case: CaseId,
        /// Who had reported it.
        members: Vec<AuthorId>,
    },
    /// A member asked that an act be looked at again.
    Appealed {
        /// The act.
        act: ActId,
    },
    /// Another moderator looked at an act again. Where the member was right, [`Event::Moderated`] takes it back.
    AppealDecided {
        /// The act.
        act: ActId,
        /// Who had appealed.
        member: AuthorId,
        /// Whether the member was right.
        granted: bool,
    },
    /// An administrator set a member's level of trust, or let it grow by the rules again.
    TrustSet {
        /// Whose.
        member: AuthorId,
    },
    /// The local eye looked at a post.
    PostLooked {
        /// The post.
        post: PostId,
        /// What of it was read.
        revision: RevisionId,
    },
    /// An administrator changed what the local eye may do.
    EyeSet {
        /// Whether it only watches now.
        watching: bool,
    },
    /// The local eye learned from what moderators decided.
    EyeTrained {
        /// The version that it judges by now.
        version: i64,
        /// How many decisions it learned from.
        decisions: u32,
    },
    /// A member added a picture.
    PictureAdded {
        /// The picture.
        picture: PictureId,
        /// Whose it is.
        member: AuthorId,
    },
    /// A picture is gone: its owner deleted it, or nothing had shown it for a while.
    PictureDeleted {
        /// The picture.
        picture: PictureId,
        /// Whose it was.
        member: AuthorId,
    },
    /// A picture that a text shows from another host was copied.
    PictureCopied {
        /// The copy.
        picture: PictureId,
    },
    /// A copy is gone: no text shows it any more.
    CopyDropped {
        /// The copy.
        picture: PictureId,
    },
    /// For tests of the log itself.
    Probe {
        /// Any number.
        number: i64,
    },
}

/// Why a stored event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A kind or version that this binary does not know: the database is newer than the binary.
    #[error("event {kind} v{version} is not known to this binary; start a newer one")]
    Unknown {
        /// The kind found.
        kind: String,
        /// The version found.
        version: i32,
    },
    /// The payload does not have the shape of its kind and version.
    #[error("event {kind} v{version} cannot be read: {source}")]
    Payload {
        /// The kind found.
        kind: String,
        /// The version found.
        version: i32,
        /// What serde said.
        source: serde_json::Error,
    },
}

impl Event {
    /// The name of its kind as stored, and its payload.
    pub fn encode(&self) -> (String, Value) {
        let mut tagged = serde_json::to_value(self).unwrap_or_default();
        let kind = tagged.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        (kind, tagged.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// The version of the shape that [`Event::encode`] writes for this kind.
    pub const fn version(&self) -> i32 {
        1
    }

    /// Reads a stored event.
    ///
    /// # Errors
    /// The kind or version is not known, or the payload has another shape.
    #[expect(clippy::needless_pass_by_value, reason = "the payload was parsed for this alone")]
    pub fn decode(kind: &str, version: i32, payload: Value) -> Result<Self, DecodeError> {
        if version != 1 {
            return Err(DecodeError::Unknown { kind: kind.to_owned(), version });
        }
        let tagged = serde_json::json!({ "kind": kind, "data": payload });
        serde_json::from_value(tagged).map_err(|source| {
            if source.to_string().starts_with("unknown variant") {
                DecodeError::Unknown { kind: kind.to_owned(), version }
            } else {
                DecodeError::Payload { kind: kind.to_owned(), version, source }
            }
        })
    }
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number; unique, but only [`Position`] tells the order.
    pub seq: EventSeq,
    /// Its place in the order.
    pub position: Position,
    /// When it happened.
    pub at: Timestamp,
    /// Who caused it; `None` for the system.
    pub actor: Option<AuthorId>,
    /// What happened.
    pub event: Event,
}

/// A place in the total order of the log. On SQLite `epoch` is 0; on PostgreSQL it is the writing transaction's id,
/// because sequence numbers alone are handed out before commits and could be passed by a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Position {
    /// The writing transaction, or 0.
    pub epoch: i64,
    /// The event's number.
    pub seq: i64,
}

impl Position {
    /// Before the first event.
    pub const START: Self = Self { epoch: 0, seq: 0 };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_and_its_payload_is_only_ids() {
        let event = Event::PostRevised { post: PostId::from_raw(5), revision: RevisionId::from_raw(6) };
        let (kind, payload) = event.encode();
        assert_eq!(kind, "post_revised");
        assert_eq!(payload, serde_json::json!({"post": "5", "revision": "6"}));
        assert_eq!(Event::decode(&kind, 1, payload).expect("reads back"), event);
    }

    #[test]
    fn what_follows_names_its_own_kind_beside_the_events() {
        let by = AuthorId::from_raw(7);
        let event = Event::Followed { by, kind: FollowKind::Tag, id: i64::MAX, on: true };
        let (kind, payload) = event.encode();
        assert_eq!(kind, "followed");
        assert_eq!(payload, serde_json::json!({"by": "7", "kind": "tag", "id": i64::MAX, "on": true}));
        assert_eq!(Event::decode(&kind, 1, payload).expect("reads back"), event);
    }

    #[test]
    fn unknown_kinds_and_broken_payloads_are_told_apart() {
        let unknown = Event::decode("no_such", 1, serde_json::json!({})).expect_err("unknown");
        assert!(matches!(unknown, DecodeError::Unknown { .. }), "{unknown}");
        let newer = Event::decode("post_deleted", 9, serde_json::json!({"post": "5"})).expect_err("newer");
        assert!(matches!(newer, DecodeError::Unknown { .. }), "{newer}");
        let broken = Event::decode("post_deleted", 1, serde_json::json!({"post": 5.5})).expect_err("broken");
        assert!(matches!(broken, DecodeError::Payload { .. }), "{broken}");
    }
}
