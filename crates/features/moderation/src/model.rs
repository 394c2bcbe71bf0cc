//! Types and rules of moderation; no I/O.

use std::fmt;
use std::str::FromStr;

use xinghe_core::content::UnknownWord;
use xinghe_core::{ActId, AuthorId, CaseId, Measure, MessageId, PostId, Timestamp};
use xinghe_web::{FieldError, Said};

/// Longest words of a report, a decision, a note, an appeal and its answer, in characters.
pub const WORDS_MAX: usize = 2_000;
/// Longest suspension for a time, in days.
pub const DAYS_MAX: i32 = 365;
/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal, $key:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word in columns, JSON and addresses.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// The key of its text.
            pub const fn key(self) -> &'static str { match self { $(Self::$variant => $key),+ } }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, UnknownWord> {
                match s {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { given: s.to_owned(), known: &[$($text),+] }),
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

words! {
    /// What is wrong with a post, a message or a member.
    Reason {
        /// Advertising and the like.
        Spam = "spam", "moderation-reason-spam";
        /// Insults, threats, harassment.
        Abuse = "abuse", "moderation-reason-abuse";
        /// It does not belong here.
        OffTopic = "off_topic", "moderation-reason-off-topic";
        /// It helps nobody.
        LowEffort = "low_effort", "moderation-reason-low-effort";
        /// AI wrote it, and it does not say so.
        UndeclaredAi = "undeclared_ai", "moderation-reason-undeclared-ai";
        /// It takes somebody else's work.
        Rights = "rights", "moderation-reason-rights";
        /// It tells what is private.
        Privacy = "privacy", "moderation-reason-privacy";
        /// Something else, told in words.
        Other = "other", "moderation-reason-other";
    }
}

words! {
    /// Which cases a list shows.
    Queue {
        /// Those that wait for a decision.
        Open = "open", "moderation-queue-open";
        /// Those of them that the one who looks has taken.
        Mine = "mine", "moderation-queue-mine";
        /// Those in which an act waits for a second moderator.
        Confirm = "confirm", "moderation-queue-confirm";
        /// Those in which somebody appealed.
        Appeals = "appeals", "moderation-queue-appeals";
        /// Those that are decided.
        Decided = "decided", "moderation-queue-decided";
    }
}

words! {
    /// Where an act stands.
    ActState {
        /// It waits for a second moderator, and has no effect.
        Proposed = "proposed", "moderation-state-proposed";
        /// It holds.
        Standing = "standing", "moderation-state-standing";
        /// It was taken back.
        Undone = "undone", "moderation-state-undone";
        /// The second moderator did not confirm it.
        Refused = "refused", "moderation-state-refused";
    }
}

/// What a report or a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A post of any kind.
    Post(PostId),
    /// A member.
    Member(AuthorId),
    /// A private message, which one who received it reported.
    Message(MessageId),
}

impl Subject {
    /// The word stored for its kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Post(_) => "post",
            Self::Member(_) => "member",
            Self::Message(_) => "message",
        }
    }

    /// The number stored.
    pub const fn raw(self) -> i64 {
        match self {
            Self::Post(post) => post.raw(),
            Self::Member(member) => member.raw(),
            Self::Message(message) => message.raw(),
        }
    }

    /// The private message, where it is one.
    pub const fn message(self) -> Option<MessageId> {
        match self {
            Self::Message(message) => Some(message),
            Self::Post(_) | Self::Member(_) => None,
        }
    }

    /// The post, where it is one.
    pub const fn post(self) -> Option<PostId> {
        match self {
            Self::Post(post) => Some(post),
            Self::Member(_) | Self::Message(_) => None,
        }
    }

    /// What can be done about it, the lightest first.
    pub const fn measures(self) -> &'static [Measure] {
        use Measure::{Ban, Delete, Hide, Lock, Nothing, Suspend, Warn, Wipe};
        match self {
            Self::Post(_) => &[Nothing, Warn, Hide, Lock, Delete, Suspend, Ban, Wipe],
            Self::Member(_) | Self::Message(_) => &[Nothing, Warn, Suspend, Ban, Wipe],
        }
    }
}

/// The key of a measure's name.
pub const fn measure_key(measure: Measure) -> &'static str {
    match measure {
        Measure::Nothing => "moderation-measure-nothing",
        Measure::Warn => "moderation-measure-warn",
        Measure::Hide => "moderation-measure-hide",
        Measure::Lock => "moderation-measure-lock",
        Measure::Delete => "moderation-measure-delete",
        Measure::Suspend => "moderation-measure-suspend",
        Measure::Ban => "moderation-measure-ban",
        Measure::Wipe => "moderation-measure-wipe",
    }
}

/// Whether a second moderator has to confirm it.
pub const fn heavy(measure: Measure) -> bool {
    matches!(measure, Measure::Ban | Measure::Wipe)
}

/// Who acts as a moderator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeper {
    /// The member.
    pub id: AuthorId,
    /// Whether it is an administrator, who alone acts against other moderators.
    pub administrates: bool,
}

/// What a moderator decides, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be done.
    pub measure: Measure,
    /// Why; of [`Measure::Nothing`] it does not matter.
    pub reason: Reason,
    /// What the member is told beyond the reason.
    pub words: String,
    /// Of a suspension for a time: how long.
    pub days: i32,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Which.
    pub id: CaseId,
    /// What it is about.
    pub subject: Subject,
    /// The member, or the post's author.
    pub member: AuthorId,
    /// Whether it waits for a decision.
    pub open: bool,
    /// How many members reported it.
    pub reports: u32,
    /// When it was first reported.
    pub opened_at: Timestamp,
    /// When it was last reported.
    pub last_at: Timestamp,
    /// The moderator who looks at it.
    pub taken_by: Option<AuthorId>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The case that it belongs to.
    pub case: CaseId,
    /// Who.
    pub by: AuthorId,
    /// What is wrong.
    pub reason: Reason,
    /// In the member's words.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

/// What a moderator wrote for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who; 0 where the account was erased.
    pub by: AuthorId,
    /// What.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Which.
    pub id: ActId,
    /// The case that it belongs to.
    pub case: CaseId,
    /// What.
    pub measure: Measure,
    /// To which post, where it is about one.
    pub post: Option<PostId>,
    /// To whom.
    pub member: AuthorId,
    /// Why.
    pub reason: Reason,
    /// What the member is told.
    pub words: String,
    /// Of a suspension for a time: how long.
    pub days: i32,
    /// Until when it holds, where it ends by itself.
    pub until: Option<Timestamp>,
    /// Where it stands.
    pub state: ActState,
    /// Who decided.
    pub by: AuthorId,
    /// When.
    pub at: Timestamp,
    /// Who confirmed it, where that was needed.
    pub confirmed_by: Option<AuthorId>,
    /// Who refused it or took it back.
    pub ended_by: Option<AuthorId>,
    /// When.
    pub ended_at: Option<Timestamp>,
    /// Why it was refused or taken back.
    pub why: String,
    /// The member's appeal.
    pub appeal: Option<Appeal>,
}

impl Act {
    /// Whether the member can appeal: once, while it holds.
    pub fn may_appeal(&self) -> bool {
        self.state == ActState::Standing && self.measure != Measure::Nothing && self.appeal.is_none()
    }

    /// Whether somebody has a part in it: who had does not decide the appeal.
    pub fn involves(&self, who: AuthorId) -> bool {
        self.by == who || self.confirmed_by == Some(who) || self.member == who
    }

    /// Whether an appeal waits.
    pub fn appealed(&self) -> bool {
        self.appeal.as_ref().is_some_and(|a| a.granted.is_none())
    }
}

/// A member's word against an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// In the member's words.
    pub words: String,
    /// When.
    pub at: Timestamp,
    /// What another moderator decided; `None` until then.
    pub granted: Option<bool>,
    /// In that moderator's words.
    pub answer: String,
    /// Who.
    pub decided_by: Option<AuthorId>,
}

/// Why something cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is one's own.
    Own,
    /// Nobody with an account stands behind it.
    Nobody,
    /// It is about a moderator: only administrators decide.
    KeeperNeeded,
    /// It is so already.
    Already,
    /// The case or the act is not in the state for it.
    Over,
    /// A second moderator has to do it.
    SecondNeeded,
    /// One appeals once.
    Appealed,
}

/// One piece of text: no control characters but line ends, no blank ends.
pub fn tidy(words: &str) -> String {
    let clean: String = words.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    clean.trim().to_owned()
}

/// Checks words: `needed` says whether there must be some.
///
/// # Errors
/// They are missing or too long.
pub fn check_words(words: &str, needed: bool) -> Result<String, FieldError> {
    let words = tidy(words);
    if needed && words.is_empty() {
        return Err(FieldError::new("words", "moderation-fault-words"));
    }
    if words.chars().count() > WORDS_MAX {
        return Err(FieldError::new("words", Said::new("moderation-fault-long").with("max", WORDS_MAX)));
    }
    Ok(words)
}

/// Checks a decision about a subject.
///
/// # Errors
/// What is wrong, field by field.
pub fn check(decision: &Decision, subject: Subject) -> Result<Decision, Vec<FieldError>> {
    let mut errors = vec![];
    if !subject.measures().contains(&decision.measure) {
        errors.push(FieldError::new("measure", "moderation-fault-measure"));
    }
    let timed = decision.measure == Measure::Suspend;
    if timed && !(1..=DAYS_MAX).contains(&decision.days) {
        errors.push(FieldError::new("days", Said::new("moderation-fault-days").with("max", DAYS_MAX)));
    }
    // A reason that says nothing needs words that do.
    let vague = decision.reason == Reason::Other && decision.measure != Measure::Nothing;
    let words = check_words(&decision.words, vague).unwrap_or_else(|error| {
        errors.push(error);
        String::new()
    });
    if errors.is_empty() {
        Ok(Decision { words, days: if timed { decision.days } else { 0 }, ..decision.clone() })
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(measure: Measure) -> Decision {
        Decision { measure, reason: Reason::Spam, words: " 请看规则\r\n第二条 ".into(), days: 7 }
    }

    #[test]
    fn a_decision_fits_what_it_is_about() {
        let post = Subject::Post(PostId::from_raw(1));
        let member = Subject::Member(AuthorId::from_raw(1));
        let fields = |d: &Decision, s| check(d, s).map_err(|e| e.into_iter().map(|e| e.field).collect::<Vec<_>>());
        assert_eq!(check(&decision(Measure::Hide), post).expect("fits").words, "请看规则\n第二条");
        assert_eq!(fields(&decision(Measure::Hide), member), Err(vec!["measure".into()]));
        assert_eq!(check(&decision(Measure::Ban), post).expect("fits").days, 0, "for good has no days");
        let endless = Decision { days: 0, ..decision(Measure::Suspend) };
        assert_eq!(fields(&endless, member), Err(vec!["days".into()]));
        let vague = Decision { reason: Reason::Other, words: String::new(), ..decision(Measure::Warn) };
        assert_eq!(fields(&vague, member), Err(vec!["words".into()]));
        let long = Decision { words: "字".repeat(WORDS_MAX + 1), ..decision(Measure::Warn) };
        assert_eq!(fields(&long, post), Err(vec!["words".into()]));
    }

    #[test]
    fn only_the_heaviest_need_two() {
        let two: Vec<Measure> = Measure::ALL.iter().copied().filter(|m| heavy(*m)).collect();
        assert_eq!(two, [Measure::Ban, Measure::Wipe]);
    }
}
