//! What retrieval found for a question. Search fills it in; the guide and the twins decide with it whether and how
//! to answer, so it carries the raw features and not only a score.

use serde::{Deserialize, Serialize};

use crate::content::{Passage, PostKind};
use crate::id::{AuthorId, PassageId, PostId};
use crate::lang::LangTag;
use crate::time::Timestamp;

/// Whose writing is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Scope {
    /// All public posts.
    #[default]
    Everyone,
    /// Only what one author wrote.
    Author(AuthorId),
}

/// Which posts a query may find.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Whose writing.
    pub scope: Scope,
    /// Only these kinds; empty means all.
    pub kinds: Vec<PostKind>,
    /// Only this content language (a primary tag such as `zh` matches both scripts).
    pub language: Option<LangTag>,
    /// Only posts that carry all of these tags.
    pub tags: Vec<String>,
    /// Only posts published at or after this moment.
    pub since: Option<Timestamp>,
    /// Only posts published before this moment.
    pub until: Option<Timestamp>,
    /// Only questions with an accepted answer.
    pub accepted: bool,
    /// As if this post did not exist: it is not found, and the statistics of words are computed without it.
    pub without: Option<PostId>,
}

/// A question to retrieval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// Which posts may be found.
    pub filter: Filter,
    /// How many passages are wanted at most.
    pub limit: usize,
    /// Whether quotes and a leading minus mean something, as in a search box; in a question they are text.
    pub operators: bool,
}

/// A term of the query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryTerm {
    /// Its index form.
    pub text: String,
    /// Its weight by kind of token (facts: character 1, bigram 1, stem 2, 4-gram 0.3).
    pub weight: f32,
    /// Its rarity over passages.
    pub idf: f32,
    /// Whether its absence from a passage counts as something missing: a stem, a Latin or digit token.
    pub whole_word: bool,
}

/// What retrieval found, best first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// The query's terms after question words went.
    pub terms: Vec<QueryTerm>,
    /// Σ weight·idf over all terms, also unknown ones.
    pub total: f32,
    /// Passages, best first.
    pub hits: Vec<EvidenceHit>,
    /// Whether meaning (vectors) took part, or words alone.
    pub meaning: bool,
}

/// A passage found, with its features (facts, "Retrieval").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceHit {
    /// The passage.
    pub passage: Passage,
    /// The author credited first.
    pub author: AuthorId,
    /// The kind of its post.
    pub kind: PostKind,
    /// The language of its post.
    pub language: LangTag,
    /// The combined score S.
    pub score: f32,
    /// A: BM25 of the passage over the total.
    pub words: f32,
    /// B: the best BM25 of a sentence with its follower over the total.
    pub sentence_words: f32,
    /// C: cosine of query and passage; 0 without vectors.
    pub meaning: f32,
    /// D: the best cosine of query and a sentence; 0 without vectors.
    pub sentence_meaning: f32,
    /// Whether the query's language differs from the passage's.
    pub cross_language: bool,
    /// For each term of [`Evidence::terms`], how often it occurs in the passage (title in front).
    pub term_counts: Vec<u16>,
    /// Its sentences in order.
    pub sentences: Vec<SentenceEvidence>,
}

impl EvidenceHit {
    /// The passage's id.
    pub fn id(&self) -> PassageId {
        self.passage.id
    }
}

/// A sentence of a found passage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentenceEvidence {
    /// The sentence as a reader sees it, without Markdown marks.
    pub text: String,
    /// Where its source begins in the revision's Markdown, in Unicode scalar values.
    pub start: u32,
    /// Where its source ends; not included.
    pub end: u32,
    /// Whether it is a block of code, kept whole.
    pub code: bool,
    /// Whether it is a heading, or the title of the question that the passage answers: it says what stands below it
    /// is about, and is never quoted.
    pub heading: bool,
    /// Cosine of query and sentence; 0 without vectors.
    pub cosine: f32,
    /// For each term of [`Evidence::terms`], how often it occurs in the sentence.
    pub term_counts: Vec<u16>,
}
