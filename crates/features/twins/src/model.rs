//! Questions and answers: types and rules.

use serde::{Deserialize, Serialize};
use xinghe_core::{AnswerId, AuthorId, Lang, PassageId, RevisionId, StatementId, Timestamp};
use xinghe_web::refs::{AuthorRef, PostRef};

use crate::memory::model::StatementKind;

/// The longest question, in characters.
pub const LONGEST_QUESTION: usize = 1_000;

/// What somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// Whose twin is asked; `None` is the guide.
    pub twin: Option<AuthorId>,
    /// The language of the answer's own words.
    pub language: Lang,
    /// Who asks, when signed in.
    pub asker: Option<AuthorId>,
    /// The conversation it belongs to.
    pub follows: Option<Follows>,
    /// What its answer is to be known by, where that was told before.
    pub ticket: Option<Ticket>,
}

/// What an answer will be known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: AnswerId,
    /// Its rating key.
    pub key: String,
    /// The conversation, as another agent names it.
    pub context: String,
}

/// What a question follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follows {
    /// The answer before it, where it is one that was given here.
    pub answer: Option<AnswerId>,
    /// The questions before it, the oldest first.
    pub questions: Vec<String>,
}

impl Question {
    /// The question with what it leans on of those before; `None` where it stands by itself.
    pub fn in_context(&self) -> Option<String> {
        xinghe_text::follow::in_context(&self.follows.as_ref()?.questions, &self.text)
    }
}

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing was found that has to do with it.
    NothingFound,
    /// What was found does not answer it.
    ThinEvidence,
    /// The question takes for granted what the sources do not bear out.
    FalsePremise,
    /// The sources contradict one another on it.
    Contradicting,
    /// A written answer was not borne out by the sources and was withheld.
    Unsupported,
    /// The twin's owner does not want it to speak about this.
    OffLimits,
}

impl Reason {
    /// The word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing_found",
            Self::ThinEvidence => "thin_evidence",
            Self::FalsePremise => "false_premise",
            Self::Contradicting => "contradicting",
            Self::Unsupported => "unsupported",
            Self::OffLimits => "off_limits",
        }
    }
}

/// A sentence of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sentence {
    /// The sentence; of a code block, the code.
    pub text: String,
    /// Numbers of [`Citation`]s; empty for the guide's own words, such as a warning that sources disagree.
    pub citations: Vec<u32>,
    /// Whether it is a block of code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
    /// Whether a paragraph begins here: it comes from another place than the sentence before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paragraph: bool,
}

/// What a sentence stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Citation {
    /// Its number, from 1.
    pub n: u32,
    /// The cited words as a reader of the post sees them.
    pub quote: String,
    /// The cited passage.
    #[schema(value_type = String)]
    pub passage_id: PassageId,
    /// The revision whose words they are.
    #[schema(value_type = String)]
    pub revision_id: RevisionId,
    /// Where their source begins in the revision's Markdown, in Unicode scalar values.
    pub start: u32,
    /// Where it ends; not included.
    pub end: u32,
    /// The headings above it.
    pub headings: Vec<String>,
    /// The address that opens the post at these very words.
    pub url: String,
    /// The post. Where `statement` is there: the page that shows what the owner said, under the statement's id.
    pub post: PostRef,
    /// Where the words are not a post's: what the owner said to the twin. The ids of passage and revision are then the
    /// statement's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementRef>,
}

/// What an owner said to the twin, as citations name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StatementRef {
    /// It.
    #[schema(value_type = String)]
    pub id: StatementId,
    /// A correction, or a fact.
    pub kind: StatementKind,
    /// When it was said.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// How the answer came to be, for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnswerProvenance {
    /// Always `ai`: nothing takes the label off.
    pub label: String,
    /// `extractive`: the authors' own sentences. `generative`: written by a model from them.
    pub method: String,
    /// The chat model, where one wrote it.
    pub model: Option<String>,
    /// The version of the instructions it was given.
    pub prompt: Option<String>,
    /// The embedding model that took part in finding the sources.
    pub embedder: Option<String>,
    /// `guide` or `twin`.
    pub by: String,
    /// Whose twin.
    pub twin: Option<AuthorRef>,
}

/// An answer, or an honest refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Answer {
    /// The stored answer.
    #[schema(value_type = String)]
    pub id: AnswerId,
    /// What was asked.
    pub question: String,
    /// How it was understood, where it leans on the questions before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understood: Option<String>,
    /// The answer that it follows in a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub after: Option<AnswerId>,
    /// Whether it declined.
    pub abstained: bool,
    /// Why it declined.
    pub reason: Option<Reason>,
    /// The reason in words, in the language of the answer.
    pub message: Option<String>,
    /// The whole text; empty where it declined.
    pub answer: String,
    /// The language of the answer's own words.
    pub language: String,
    /// How likely the evidence answers the question, 0 to 1.
    pub confidence: f64,
    /// The confidence under which it declines, as last calibrated.
    pub threshold: f64,
    /// Its sentences.
    pub sentences: Vec<Sentence>,
    /// What they stand on. Of a refusal: what came nearest.
    pub citations: Vec<Citation>,
    /// How it came to be.
    pub provenance: AnswerProvenance,
    /// Whoever holds it may say whether the answer helped.
    pub rating_key: String,
}

impl Answer {
    /// The text that its sentences make together: code in fences, a blank line between paragraphs, no space between
    /// Chinese sentences.
    pub fn text_of(sentences: &[Sentence]) -> String {
        let mut out = String::new();
        for sentence in sentences {
            if !out.is_empty() {
                if sentence.code || sentence.paragraph || out.ends_with("```") {
                    out.push_str("\n\n");
                } else if !out.ends_with(is_wide) {
                    out.push(' ');
                }
            }
            if sentence.code {
                out.push_str("```\n");
                out.push_str(sentence.text.trim_end());
                out.push_str("\n```");
            } else {
                out.push_str(&sentence.text);
            }
        }
        out
    }
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// What is wrong with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionError {
    /// There is nothing in it.
    Empty,
    /// It is longer than [`LONGEST_QUESTION`].
    TooLong,
}

/// A question's text, trimmed.
///
/// # Errors
/// It is empty or too long.
pub fn check_question(text: &str) -> Result<String, QuestionError> {
    let text = text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        return Err(QuestionError::Empty);
    }
    if text.chars().count() > LONGEST_QUESTION {
        return Err(QuestionError::TooLong);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Sentence {
        Sentence { text: text.to_owned(), citations: vec![1], code: false, paragraph: false }
    }

    #[test]
    fn sentences_join_as_their_script_asks() {
        let code = Sentence { code: true, ..sentence("fn main() {}\n") };
        let all = [sentence("One."), sentence("Two."), sentence("三。"), sentence("四。"), code, sentence("End.")];
        assert_eq!(Answer::text_of(&all), "One. Two. 三。四。\n\n```\nfn main() {}\n```\n\nEnd.");
    }

    #[test]
    fn questions_need_words_and_an_end() {
        assert_eq!(check_question("  怎么做？ "), Ok("怎么做？".to_owned()));
        assert_eq!(check_question(" ?! "), Err(QuestionError::Empty));
        assert_eq!(check_question(&"字".repeat(1_001)), Err(QuestionError::TooLong));
    }
}
