//! Grants and drafts: types and rules, no I/O.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use xinghe_core::event::CitationFact;
use xinghe_core::ports::OwnersPart;
use xinghe_core::{AuthorId, PostId, PostView, Timestamp, TwinDraftId};

use crate::model::Answer;

/// Most topics a twin is told never to speak about, and most tags of a grant.
pub const WORDS_MAX: usize = 50;
/// Longest of them, in characters.
pub const WORD_MAX: usize = 60;
/// Most answers a twin may publish by itself in 24 hours.
pub const PER_DAY_MAX: i32 = 50;
/// Longest reason for a rejection, in characters.
pub const REASON_MAX: usize = 500;
/// Longest text of an answer, in characters: what a post may hold.
pub const BODY_MAX: usize = 200_000;

/// How far an act may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not at all.
    #[default]
    Off,
    /// As a draft for the owner.
    Draft,
    /// Published by itself, within the limits of the grant; a draft beyond them.
    Publish,
}

impl Mode {
    /// The word stored and sent by forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Draft => "draft",
            Self::Publish => "publish",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Off, Self::Draft, Self::Publish].into_iter().find(|m| m.as_str() == word)
    }
}

/// What an owner allows for one kind of act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// How far it may go.
    pub mode: Mode,
    /// Of publishing by itself: the least confidence, in percent, 50 to 99.
    pub least_confidence: i32,
    /// Only questions with one of these tags; none is any.
    pub tags: Vec<String>,
    /// Only questions in these languages, `zh` or `en`; none is any.
    pub languages: Vec<String>,
    /// Most answers in 24 hours, 1 to 50.
    pub per_day: i32,
}

impl Default for Grant {
    fn default() -> Self {
        Self { mode: Mode::Off, least_confidence: 80, tags: Vec::new(), languages: Vec::new(), per_day: 3 }
    }
}

/// All that an owner decided for the twin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Whether it is stopped altogether.
    pub paused: bool,
    /// Words it never speaks about.
    pub never_about: Vec<String>,
    /// Answering questions of the community that nobody answered.
    pub answer: Grant,
}

/// What is wrong with grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantFault {
    /// The confidence is out of range.
    Confidence,
    /// The number a day is out of range.
    PerDay,
    /// A tag is none.
    Tags,
    /// A language is not known.
    Languages,
    /// Too many topics, or one is too long.
    Topics,
}

impl Grants {
    /// As they are stored: tags in canonical form, words trimmed, each once.
    ///
    /// # Errors
    /// Something is out of range.
    pub fn checked(mut self) -> Result<Self, GrantFault> {
        let answer = &mut self.answer;
        if !(50..=99).contains(&answer.least_confidence) {
            return Err(GrantFault::Confidence);
        }
        if !(1..=PER_DAY_MAX).contains(&answer.per_day) {
            return Err(GrantFault::PerDay);
        }
        let tags: Option<BTreeSet<String>> = answer.tags.iter().map(|t| xinghe_text::canonical_tag(t)).collect();
        answer.tags = tags.filter(|t| t.len() <= WORDS_MAX).ok_or(GrantFault::Tags)?.into_iter().collect();
        let languages: BTreeSet<String> = answer.languages.drain(..).collect();
        if !languages.iter().all(|l| l == "zh" || l == "en") {
            return Err(GrantFault::Languages);
        }
        answer.languages = languages.into_iter().collect();
        let mut topics: Vec<String> = Vec::new();
        for topic in self.never_about.drain(..) {
            let topic = topic.split_whitespace().collect::<Vec<_>>().join(" ");
            if !topic.is_empty() && !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        if topics.len() > WORDS_MAX || topics.iter().any(|t| t.chars().count() > WORD_MAX) {
            return Err(GrantFault::Topics);
        }
        self.never_about = topics;
        Ok(self)
    }

    /// The topic that these texts touch although the twin is not to speak about it. Case, width and script do not
    /// matter; a Latin word counts as a whole word.
    pub fn forbidden<'a>(&'a self, texts: &[&str]) -> Option<&'a str> {
        let texts: Vec<String> = texts.iter().map(|t| xinghe_text::norm::fold_str(t)).collect();
        let touched = |topic: &&String| {
            let topic = xinghe_text::norm::fold_str(topic);
            texts.iter().any(|text| contains_word(text, &topic))
        };
        self.never_about.iter().find(touched).map(String::as_str)
    }
}

fn contains_word(text: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let (first, last) = (word.chars().next(), word.chars().next_back());
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        !(joins(first) && joins(before) || joins(last) && joins(after))
    })
}

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftState {
    /// It waits for its owner.
    Waiting,
    /// It is to appear: decided, but not yet seen to have appeared.
    Publishing,
    /// It appeared.
    Published,
    /// Its owner said no.
    Rejected,
    /// A person had answered, or the question was gone.
    GaveWay,
    /// Its owner took it back.
    Undone,
}

impl DraftState {
    const ALL: [Self; 6] =
        [Self::Waiting, Self::Publishing, Self::Published, Self::Rejected, Self::GaveWay, Self::Undone];

    /// The word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Rejected => "rejected",
            Self::GaveWay => "gave_way",
            Self::Undone => "undone",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

impl fmt::Display for DraftState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An answer that a twin wrote to a question of the community.
#[derive(Debug, Clone, PartialEq)]
pub struct TwinDraft {
    /// It.
    pub id: TwinDraftId,
    /// Whose twin.
    pub owner: AuthorId,
    /// The question.
    pub question: PostId,
    /// When it was written.
    pub at: Timestamp,
    /// Where it stands.
    pub state: DraftState,
    /// What the owner had to do with it.
    pub owners_part: OwnersPart,
    /// Its Markdown, with the owner's changes.
    pub body: String,
    /// What the twin said, with its citations.
    pub answer: Answer,
    /// Whom it cites.
    pub facts: Vec<CitationFact>,
    /// The post that it is or would be.
    pub post: PostId,
}

/// What a twin's answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A draft for the owner.
    Draft,
    /// It is published.
    Publish,
}

/// What comes of an answer of this confidence to a question, when `published` answers appeared by themselves in the last
/// 24 hours.
pub fn decide(grant: &Grant, question: &PostView, confidence: f64, published: i64) -> Decision {
    let tagged = grant.tags.is_empty() || question.tags.iter().any(|t| grant.tags.contains(t));
    let spoken = grant.languages.is_empty() || grant.languages.iter().any(|l| l == question.language.primary());
    let sure = confidence * 100.0 >= f64::from(grant.least_confidence);
    let free = published < i64::from(grant.per_day);
    if grant.mode == Mode::Publish && tagged && spoken && sure && free { Decision::Publish } else { Decision::Draft }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_whatever_their_script_and_only_as_whole_words() {
        let grants = Grants { never_about: vec!["薪资".into(), "go".into()], ..Grants::default() };
        assert_eq!(grants.forbidden(&["你的薪資是多少"]), Some("薪资"));
        assert_eq!(grants.forbidden(&["Why Go?"]), Some("go"));
        assert_eq!(grants.forbidden(&["a good algorithm"]), None);
        assert_eq!(Grants::default().forbidden(&["anything"]), None);
    }

    #[test]
    fn grants_are_checked_and_tidied() {
        let grants = Grants {
            never_about: vec![" a  b ".into(), "a b".into(), String::new()],
            answer: Grant { tags: vec!["Rust".into(), "rust".into()], ..Grant::default() },
            ..Grants::default()
        };
        let checked = grants.clone().checked().expect("fine");
        assert_eq!((checked.never_about, checked.answer.tags), (vec!["a b".to_owned()], vec!["rust".to_owned()]));
        let with = |change: fn(&mut Grant)| {
            let mut grants = grants.clone();
            change(&mut grants.answer);
            grants.checked().expect_err("refused")
        };
        assert_eq!(with(|g| g.least_confidence = 10), GrantFault::Confidence);
        assert_eq!(with(|g| g.per_day = 0), GrantFault::PerDay);
        assert_eq!(with(|g| g.languages = vec!["fr".into()]), GrantFault::Languages);
    }
}
