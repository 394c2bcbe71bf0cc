//! What the eye says of a post, and what follows from it; no I/O.

use serde::{Deserialize, Serialize};
use xinghe_core::{AuthorId, PostId, RevisionId, Timestamp};

use super::features::Outward;
use crate::levels::Level;
use crate::model::Reason;

/// A reason, in words: the key of a text, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Why {
    /// The key of the text.
    pub key: String,
    /// What it names, as its `words`.
    pub words: String,
}

impl Why {
    pub(crate) fn plain(key: &str) -> Self {
        Self { key: key.to_owned(), words: String::new() }
    }
}

/// What the eye may do, and from which probabilities on, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Whether it only writes down what it would do.
    pub watching: bool,
    pub spam: i32,
    pub abuse: i32,
    pub low_effort: i32,
    pub duplicate: i32,
    /// From here on a post of a new member is held.
    pub hold: i32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { watching: true, spam: 70, abuse: 70, low_effort: 80, duplicate: 70, hold: 90 }
    }
}

/// What follows of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Follows {
    /// Nothing.
    Nothing,
    /// It is reported.
    Report,
    /// It is reported, and held until a moderator looked.
    Hold,
}

impl Follows {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Report => "report",
            Self::Hold => "hold",
        }
    }

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Nothing => "moderation-eye-nothing",
            Self::Report => "moderation-eye-report",
            Self::Hold => "moderation-eye-hold",
        }
    }

    /// The stored word.
    pub(crate) fn read(word: &str) -> Self {
        [Self::Report, Self::Hold].into_iter().find(|f| f.as_str() == word).unwrap_or(Self::Nothing)
    }
}

/// What the eye says of a post. Probabilities are in hundredths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub post: PostId,
    pub revision: RevisionId,
    pub member: AuthorId,
    pub spam: i32,
    pub abuse: i32,
    pub low_effort: i32,
    pub duplicate: i32,
    /// The earlier post that it is like.
    pub like: Option<PostId>,
    pub level: Level,
    /// Which model judged.
    pub version: i64,
    pub why: Vec<Why>,
    /// What would follow.
    pub would: Follows,
    /// What followed.
    pub did: Follows,
    pub at: Timestamp,
}

impl Verdict {
    /// What it is reported for: what is the farthest above its threshold.
    pub(crate) fn reason(&self, rules: &Rules) -> Option<Reason> {
        let all = [
            (Reason::Spam, self.spam - rules.spam),
            (Reason::Abuse, self.abuse - rules.abuse),
            (Reason::LowEffort, self.low_effort - rules.low_effort),
            (Reason::Other, self.duplicate - rules.duplicate),
        ];
        all.into_iter().filter(|(_, above)| *above >= 0).max_by_key(|(_, above)| *above).map(|(reason, _)| reason)
    }

    /// What is to follow by these rules.
    pub(crate) fn follows(&self, rules: &Rules, outward: Outward) -> Follows {
        if self.reason(rules).is_none() {
            return Follows::Nothing;
        }
        let sure = self.spam.max(self.abuse) >= rules.hold;
        let doubtful = self.spam >= rules.spam || self.abuse >= rules.abuse || self.duplicate >= rules.duplicate;
        let reaching_out = outward.links + outward.pictures > 0;
        if self.level.rule().held && (sure || (doubtful && reaching_out)) { Follows::Hold } else { Follows::Report }
    }
}

/// How often moderators agreed, over posts that they decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Agreement {
    /// It would act, and moderators did.
    pub hits: u32,
    /// It would act, and moderators found nothing wrong.
    pub false_alarms: u32,
    /// It would do nothing, and moderators acted.
    pub missed: u32,
    /// It would do nothing, and moderators found nothing wrong.
    pub passed: u32,
}

impl Agreement {
    /// The share of agreement, in hundredths; `None` where moderators decided nothing yet.
    pub(crate) fn percent(&self) -> Option<u32> {
        let all = self.hits + self.false_alarms + self.missed + self.passed;
        (all > 0).then(|| (self.hits + self.passed) * 100 / all)
    }
}

/// What is known of an author beside the text, in log-odds. The examples have no authors to learn this from, so it is
/// written down; decisions correct it only through the texts.
pub(crate) fn of_author(level: Level, repeats: bool, foreign: bool, why: &mut Vec<Why>) -> f32 {
    let mut odds = match level {
        Level::New => 0.4,
        Level::Basic => 0.0,
        Level::Member => -0.8,
        Level::Regular => -1.6,
    };
    if repeats {
        odds += 1.2;
        why.push(Why::plain("moderation-why-again"));
    }
    if foreign {
        odds += 0.3;
    }
    odds
}

/// A probability moved by log-odds, in hundredths.
pub(crate) fn moved(probability: f32, odds: f32) -> i32 {
    let p = probability.clamp(1e-4, 1.0 - 1e-4);
    let logit = (p / (1.0 - p)).ln() + odds;
    (100.0 / (1.0 + (-logit).exp())).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(spam: i32, level: Level) -> Verdict {
        Verdict {
            post: PostId::from_raw(1),
            revision: RevisionId::from_raw(1),
            member: AuthorId::from_raw(1),
            spam,
            abuse: 0,
            low_effort: 0,
            duplicate: 0,
            like: None,
            level,
            version: 0,
            why: vec![],
            would: Follows::Nothing,
            did: Follows::Nothing,
            at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn only_what_new_members_write_is_held() {
        let rules = Rules::default();
        let (none, link) = (Outward::default(), Outward { links: 1, pictures: 0 });
        assert_eq!(verdict(60, Level::New).follows(&rules, link), Follows::Nothing);
        assert_eq!(verdict(75, Level::New).follows(&rules, none), Follows::Report);
        assert_eq!(verdict(75, Level::New).follows(&rules, link), Follows::Hold);
        assert_eq!(verdict(95, Level::New).follows(&rules, none), Follows::Hold);
        assert_eq!(verdict(99, Level::Basic).follows(&rules, link), Follows::Report);
        assert_eq!(verdict(99, Level::Basic).reason(&rules), Some(Reason::Spam));
    }

    #[test]
    fn whom_one_knows_is_believed_more() {
        let of = |level| moved(0.7, of_author(level, false, false, &mut vec![]));
        assert!(of(Level::New) > of(Level::Basic) && of(Level::Basic) > of(Level::Regular));
        assert_eq!(of(Level::Basic), 70);
        assert_eq!(moved(1.0, 0.0), 100);
    }
}
