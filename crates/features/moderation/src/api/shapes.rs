//! What the API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xinghe_core::{AuthorId, PostId};
use xinghe_web::refs::{AuthorRef, PostRef};

use crate::model::{Act, Case, Reason, Subject};
use crate::read::{Listed, Seen, Whole};

/// A report: of a post, of a private message, or of a member.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReportBody {
    /// The post's id.
    pub(crate) post: Option<String>,
    /// The id of a private message that one received.
    pub(crate) message: Option<String>,
    /// The member's handle.
    pub(crate) member: Option<String>,
    /// `spam`, `abuse`, `off_topic`, `low_effort`, `undeclared_ai`, `rights`, `privacy` or `other`.
    pub(crate) reason: String,
    /// What moderators should know; needed with `other`.
    #[serde(default)]
    pub(crate) words: String,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DecideBody {
    /// `nothing`, `warn`, `hide`, `lock`, `delete`, `suspend`, `ban` or `wipe`; of a member's case those that fit.
    pub(crate) measure: String,
    /// As in a report; of `nothing` it may be left out.
    pub(crate) reason: Option<String>,
    /// Words for the member.
    #[serde(default)]
    pub(crate) words: String,
    /// Of `suspend`: for how many days.
    #[serde(default)]
    pub(crate) days: i32,
}

/// Words.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct WordsBody {
    #[serde(default)]
    pub(crate) words: String,
}

/// The answer to an appeal.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AnswerBody {
    /// Whether the member is right: the act is taken back.
    pub(crate) granted: bool,
    /// Words for the member.
    pub(crate) words: String,
}

/// Which cases.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CasesQuery {
    /// `open` (as it comes), `mine`, `confirm`, `appeals` or `decided`.
    pub(crate) show: Option<String>,
    /// Only with a report for this reason.
    pub(crate) reason: Option<String>,
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// At most so many, 1 to 100; 30 unless told.
    pub(crate) limit: Option<i64>,
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// At most so many, 1 to 100; 30 unless told.
    pub(crate) limit: Option<i64>,
}

/// Which verdicts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct VerdictsQuery {
    /// Also those from which nothing follows.
    pub(crate) all: Option<bool>,
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// At most so many, 1 to 100; 30 unless told.
    pub(crate) limit: Option<i64>,
}

/// What is reported, taken in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportedJson {
    /// The case that it belongs to.
    pub(crate) case: String,
}

/// A made thing's id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActIdJson {
    pub(crate) id: String,
}

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseJson {
    id: String,
    /// The post; `null` where a member was reported, or the post is gone.
    post: Option<PostRef>,
    /// The member, or the post's author.
    member: Option<AuthorRef>,
    /// `post`, `message` or `member`.
    kind: &'static str,
    open: bool,
    reports: u32,
    /// What is said to be wrong.
    reasons: Vec<&'static str>,
    /// RFC 3339.
    opened_at: String,
    /// The moderator who looks at it.
    taken_by: Option<AuthorRef>,
}

/// Cases.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CasesJson {
    pub(crate) items: Vec<CaseJson>,
    /// The cursor of the next page; `null` on the last.
    pub(crate) next: Option<String>,
}

/// A report as moderators see it.
#[derive(Debug, Serialize, ToSchema)]
struct ReportJson {
    by: Option<AuthorRef>,
    /// Whether the local eye reported it.
    eye: bool,
    reason: &'static str,
    words: String,
    at: String,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
struct NoteJson {
    by: Option<AuthorRef>,
    words: String,
    at: String,
}

/// An act. Who decided is told to moderators only.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActJson {
    id: String,
    measure: &'static str,
    reason: &'static str,
    /// `proposed`, `standing`, `undone` or `refused`.
    state: &'static str,
    post: Option<PostRef>,
    member: Option<AuthorRef>,
    words: Option<String>,
    at: String,
    until: Option<String>,
    by: Option<AuthorRef>,
    appeal: Option<AppealJson>,
}

/// An appeal.
#[derive(Debug, Serialize, ToSchema)]
struct AppealJson {
    words: String,
    at: String,
    /// `null` until another moderator decided.
    granted: Option<bool>,
    answer: String,
}

/// A case with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeJson {
    #[serde(flatten)]
    case: CaseJson,
    /// Of a reported private message that is still there: its Markdown.
    message: Option<String>,
    all_reports: Vec<ReportJson>,
    acts: Vec<ActJson>,
    notes: Vec<NoteJson>,
    /// What was done about the member elsewhere.
    record: Vec<ActJson>,
}

/// How you stand with the moderators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingJson {
    pub(crate) suspended: bool,
    /// Until when; `null` is for good, or not at all.
    pub(crate) until: Option<String>,
    pub(crate) acts: Vec<ActJson>,
}

/// What moderators did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogJson {
    pub(crate) items: Vec<ActJson>,
    /// The cursor of the next page; `null` on the last.
    pub(crate) next: Option<String>,
}

fn person(seen: &Seen, id: AuthorId) -> Option<AuthorRef> {
    seen.person(id).map(AuthorRef::from)
}

pub(super) fn post(seen: &Seen, id: Option<PostId>) -> Option<PostRef> {
    seen.post(id).map(|p| PostRef::new(p, p.author().and_then(|a| seen.person(a))))
}

/// For whom an act is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// For everybody: no words, no moderator, people only where everybody notices.
    All,
    /// For whom it is about.
    Member,
    /// For moderators.
    Keepers,
}

impl ActJson {
    pub(crate) fn new(act: &Act, seen: &Seen, of: For) -> Self {
        let appeal = act.appeal.as_ref().filter(|_| of != For::All);
        Self {
            id: act.id.to_string(),
            measure: act.measure.as_str(),
            reason: act.reason.as_str(),
            state: act.state.as_str(),
            post: post(seen, act.post),
            member: person(seen, act.member).filter(|_| of != For::All || act.measure.silences()),
            words: (of != For::All).then(|| act.words.clone()),
            at: act.at.rfc3339(),
            until: act.until.map(xinghe_core::Timestamp::rfc3339),
            by: person(seen, act.by).filter(|_| of == For::Keepers),
            appeal: appeal.map(|a| AppealJson {
                words: a.words.clone(),
                at: a.at.rfc3339(),
                granted: a.granted,
                answer: a.answer.clone(),
            }),
        }
    }
}

impl CaseJson {
    fn of(case: &Case, reasons: &[Reason], seen: &Seen) -> Self {
        Self {
            id: case.id.to_string(),
            post: post(seen, case.subject.post()),
            member: person(seen, case.member),
            kind: Subject::kind(case.subject),
            open: case.open,
            reports: case.reports,
            reasons: reasons.iter().map(|r| r.as_str()).collect(),
            opened_at: case.opened_at.rfc3339(),
            taken_by: case.taken_by.and_then(|by| person(seen, by)),
        }
    }

    pub(crate) fn new(listed: &Listed, seen: &Seen) -> Self {
        Self::of(&listed.case, &listed.reasons, seen)
    }
}

impl From<&Whole> for WholeJson {
    fn from(whole: &Whole) -> Self {
        let seen = &whole.seen;
        let mut reasons: Vec<Reason> = whole.reports.iter().map(|r| r.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let act = |a: &Act| ActJson::new(a, seen, For::Keepers);
        Self {
            case: CaseJson::of(&whole.case, &reasons, seen),
            message: whole.message.as_ref().map(|m| m.body.clone()),
            all_reports: whole
                .reports
                .iter()
                .map(|r| ReportJson {
                    by: person(seen, r.by),
                    eye: r.by == crate::eye::EYE,
                    reason: r.reason.as_str(),
                    words: r.words.clone(),
                    at: r.at.rfc3339(),
                })
                .collect(),
            acts: whole.acts.iter().map(act).collect(),
            notes: whole
                .notes
                .iter()
                .map(|n| NoteJson { by: person(seen, n.by), words: n.words.clone(), at: n.at.rfc3339() })
                .collect(),
            record: whole.record.iter().map(act).collect(),
        }
    }
}
