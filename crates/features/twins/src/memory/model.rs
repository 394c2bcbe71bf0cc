//! Corrections and facts: types and rules, no I/O.

use serde::{Deserialize, Serialize};
use xinghe_core::{AnswerId, AuthorId, PostId, StatementId, Timestamp};

/// The longest statement, in characters.
pub(crate) const LONGEST: usize = 2_000;
/// The most statements of one kind that an owner keeps.
pub(crate) const MOST: usize = 500;
/// After how long a fact is asked about again, in milliseconds: a year.
pub(crate) const STILL_TRUE_MS: i64 = 365 * 24 * 3_600_000;

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// What is right where the twin was wrong.
    Correction,
    /// Something about the owner.
    Fact,
}

impl StatementKind {
    /// The word stored and sent by forms.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Correction => "correction",
            Self::Fact => "fact",
        }
    }

    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Correction, Self::Fact];

    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }

    /// The part of the owner's page that shows them, as in its address.
    pub(crate) const fn part(self) -> &'static str {
        match self {
            Self::Correction => "corrections",
            Self::Fact => "facts",
        }
    }
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StatementState)]
pub(crate) enum State {
    /// The owner said it, or said that it is so: the twin uses it.
    Stands,
    /// It waits for the owner: nothing uses it.
    Proposed,
    /// The owner said that it is not so: it is not proposed again.
    Declined,
}

impl State {
    /// The word stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Proposed => "proposed",
            Self::Declined => "declined",
        }
    }

    /// Reads the word; whatever is unknown is not used.
    pub(crate) fn parse(word: &str) -> Self {
        [Self::Stands, Self::Proposed].into_iter().find(|s| s.as_str() == word).unwrap_or(Self::Declined)
    }
}

/// Something that an owner said, or could say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// It.
    pub id: StatementId,
    /// Whose twin.
    pub owner: AuthorId,
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub state: State,
    /// When it was said, or confirmed last.
    pub at: Timestamp,
    /// Of a correction: what it answers.
    pub question: String,
    /// The owner's words.
    pub text: String,
    /// Their language.
    pub language: String,
    /// The post that it leans on, or was read in.
    pub post: Option<PostId>,
    /// The sentence of that post in which it was read.
    pub quote: Option<String>,
    /// The answer to a reader that it corrects.
    pub answer: Option<AnswerId>,
    /// The post that it corrects, which the twin wrote.
    pub about: Option<PostId>,
    /// Its vector, and the model it is of.
    pub vector: Option<(String, Vec<f32>)>,
}

/// What is wrong with what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has no words, or too many.
    #[error("the text has no words or too many")]
    Text,
    /// A correction without a question.
    #[error("a correction needs a question")]
    Question,
    /// It does not name a post that can be seen.
    #[error("there is no such post")]
    Post,
    /// There are as many as can be kept.
    #[error("there are as many as can be kept")]
    TooMany,
    /// The days of a period are none, or in the wrong order.
    #[error("the period is none")]
    Period,
}

/// What was said, tidied: no spaces at the ends, no carriage returns, no blank lines.
///
/// # Errors
/// It has no words, or too many.
pub(crate) fn checked(text: &str) -> Result<String, Fault> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let text = lines.join("\n");
    let fits = text.chars().any(char::is_alphanumeric) && text.chars().count() <= LONGEST;
    if fits { Ok(text) } else { Err(Fault::Text) }
}

/// The post that an owner names by its number or its address; nothing typed is none.
///
/// # Errors
/// It is neither.
pub(crate) fn named_post(typed: &str) -> Result<Option<PostId>, Fault> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    // A reply's address names the post that it stands below, and behind the sign the reply.
    let part = match typed.split_once("#post-") {
        Some((_, reply)) => reply,
        None => typed.split("/posts/").last().unwrap_or_default(),
    };
    let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map(Some).map_err(|_| Fault::Post)
}

/// Whether a fact was said so long ago that its owner is asked whether it still holds.
pub(crate) fn is_stale(statement: &Statement, now: Timestamp) -> bool {
    statement.kind == StatementKind::Fact
        && statement.state == State::Stands
        && now.as_millis() - statement.at.as_millis() > STILL_TRUE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_has_words_and_an_end() {
        assert_eq!(checked("  one \r\n\r\n two "), Ok("one\ntwo".to_owned()));
        assert_eq!(checked(" … "), Err(Fault::Text));
        assert_eq!(checked(&"字".repeat(2_001)), Err(Fault::Text));
    }

    #[test]
    fn a_post_is_named_by_number_or_address() {
        let post = Some(PostId::from_raw(12));
        assert_eq!(named_post("12"), Ok(post));
        assert_eq!(named_post("https://x.example/posts/12-a-title?from=1#c"), Ok(post));
        assert_eq!(named_post("/posts/7-a-title#post-12"), Ok(post));
        assert_eq!((named_post(" "), named_post("soon")), (Ok(None), Err(Fault::Post)));
    }
}
