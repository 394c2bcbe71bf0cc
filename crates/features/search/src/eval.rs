//! Measures retrieval on question sets in SQuAD form, through the index and search path of the product.
//!
//! Each distinct paragraph of a set becomes a post (title: the data's title) in a temporary index. With vectors or
//! without, what is measured is [`Index::retrieve`] as the guide uses it. Sets of the same question ids in two
//! languages are also put into one index, to measure search across languages. What is measured of answers builds on
//! [`Bench::each`], which hands out the evidence of every question.

use std::path::Path;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use xinghe_core::evidence::{Evidence, Filter, Query};
use xinghe_core::{
    AuthorId, Credit, CreditRole, LangTag, PostId, PostKind, PostView, Provenance, RevisionId, Timestamp,
};

use crate::index::{Index, IndexError, PassageVectors, Texts, indexed};
use xinghe_core::event::Position;

/// Why a set could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is of another form.
    #[error("{path} is not in SQuAD v1.1 form (data[].paragraphs[].{{context, qas[]}}): {source}")]
    Form {
        /// The file.
        path: String,
        /// Where it differs.
        source: serde_json::Error,
    },
    /// Nothing to ask.
    #[error("{0} holds no questions")]
    Empty(String),
    /// The temporary index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Embedding.
    #[error("embedding failed: {0}")]
    Embed(String),
}

/// What a text is embedded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Something asked.
    Query,
    /// Something found.
    Passage,
}

/// Embeds texts: one vector a text, of length 1, or a sentence on why not.
pub type EmbedFn<'a> = dyn FnMut(Role, &[&str]) -> Result<Vec<Vec<f32>>, String> + 'a;

/// A question set.
#[derive(Debug, Clone)]
pub struct Set {
    /// The file's name without directory and ending.
    pub name: String,
    /// The language of its paragraphs.
    pub language: LangTag,
    /// Titles and texts of its distinct paragraphs.
    pub paragraphs: Vec<(String, String)>,
    /// Its questions.
    pub questions: Vec<Question>,
}

/// A question whose answer is known.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its id in the file.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// Answers that count as right.
    pub answers: Vec<String>,
    /// The paragraph that holds the answer.
    pub paragraph: usize,
}

#[derive(Deserialize)]
struct File {
    data: Vec<Article>,
}
#[derive(Deserialize)]
struct Article {
    #[serde(default)]
    title: Option<String>,
    paragraphs: Vec<Paragraph>,
}
#[derive(Deserialize)]
struct Paragraph {
    context: String,
    qas: Vec<Asked>,
}
#[derive(Deserialize)]
struct Asked {
    id: serde_json::Value,
    question: String,
    #[serde(default)]
    answers: Vec<Gold>,
}
#[derive(Deserialize)]
struct Gold {
    text: String,
}

impl Set {
    /// Reads a file in SQuAD v1.1 form; a paragraph that occurs twice counts once.
    ///
    /// # Errors
    /// When the file cannot be read, is of another form or holds no questions.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| EvalError::Read { path: shown.clone(), source })?;
        let file: File =
            serde_json::from_slice(&bytes).map_err(|source| EvalError::Form { path: shown.clone(), source })?;
        let (mut paragraphs, mut questions) = (Vec::new(), Vec::new());
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        for article in file.data {
            let title = article.title.unwrap_or_default();
            for p in article.paragraphs {
                let text = p.context.trim().to_owned();
                let paragraph = *known.entry(text).or_insert_with_key(|text| {
                    // A line end in plain text is a paragraph's end in Markdown.
                    paragraphs.push((title.clone(), text.replace('\n', "\n\n")));
                    paragraphs.len() - 1
                });
                questions.extend(p.qas.into_iter().map(|q| Question {
                    id: q.id.as_str().map_or_else(|| q.id.to_string(), str::to_owned),
                    text: q.question.trim().to_owned(),
                    answers: q.answers.into_iter().map(|a| a.text).collect(),
                    paragraph,
                }));
            }
        }
        if questions.is_empty() {
            return Err(EvalError::Empty(shown));
        }
        let sample: String = paragraphs.iter().take(20).map(|p| p.1.as_str()).collect();
        let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, language: xinghe_text::detect(&sample), paragraphs, questions })
    }
}

/// Sets in a temporary index.
pub struct Bench {
    index: Index,
    bases: Vec<i64>,
}

const BATCH: usize = 64;

impl Bench {
    /// Puts sets into one index in an empty directory, with vectors where `embed` is given; `model` names whose they
    /// are.
    ///
    /// # Errors
    /// When the index cannot be written or embedding fails.
    pub fn build(
        dir: &Path,
        sets: &[&Set],
        model: Option<&str>,
        mut embed: Option<&mut EmbedFn<'_>>,
    ) -> Result<Self, EvalError> {
        let index = Index::open(dir, model.filter(|_| embed.is_some()))?;
        let (mut bases, mut next) = (Vec::new(), 1i64);
        for set in sets {
            bases.push(next);
            let posts: Vec<PostView> = set
                .paragraphs
                .iter()
                .enumerate()
                .map(|(i, (title, text))| document(next + i as i64, title, text, &set.language))
                .collect();
            next += posts.len() as i64;
            for batch in posts.chunks(BATCH) {
                let mut vectors = match embed.as_deref_mut() {
                    Some(embed) => embedded(batch, embed)?,
                    None => Vec::new(),
                }
                .into_iter();
                let cut = |post| Some(indexed(post, &[])?.with_vectors(vectors.next().unwrap_or_default()));
                let all: Vec<_> = batch.iter().filter_map(cut).collect();
                index.apply(&all, &[], &[], Position::START)?;
            }
        }
        Ok(Self { index, bases })
    }

    /// The post that holds the answer to a question of the `set`-th set.
    pub fn gold(&self, set: usize, question: &Question) -> PostId {
        PostId::from_raw(self.bases[set] + question.paragraph as i64)
    }

    /// Hands out the evidence of every question of the `set`-th set, and, where `without` is asked for, the evidence
    /// when its paragraph is not there.
    ///
    /// # Errors
    /// When the index cannot be read or embedding fails.
    pub fn each(
        &self,
        set: usize,
        questions: &[Question],
        limit: usize,
        without: bool,
        embed: Option<&mut EmbedFn<'_>>,
        mut with: impl FnMut(&Question, &Evidence, Option<&Evidence>),
    ) -> Result<(), EvalError> {
        self.ask(questions, embed, |q, vector| {
            let gold = self.gold(set, q);
            let evidence = self.index.retrieve(&query(q, limit, Filter::default()), || vector)?;
            let other = if without {
                let filter = Filter { without: Some(gold), ..Filter::default() };
                Some(self.index.retrieve(&query(q, limit, filter), || vector)?)
            } else {
                None
            };
            with(q, &evidence, other.as_ref());
            Ok(())
        })
    }

    fn ask(
        &self,
        questions: &[Question],
        mut embed: Option<&mut EmbedFn<'_>>,
        mut with: impl FnMut(&Question, Option<&[f32]>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        for batch in questions.chunks(BATCH) {
            let texts: Vec<&str> = batch.iter().map(|q| q.text.as_str()).collect();
            let vectors = match embed.as_mut() {
                Some(embed) => embed(Role::Query, &texts).map_err(EvalError::Embed)?,
                None => Vec::new(),
            };
            for (i, q) in batch.iter().enumerate() {
                with(q, vectors.get(i).map(Vec::as_slice))?;
            }
        }
        Ok(())
    }

    fn ranks(
        &self,
        questions: &[Question],
        embed: Option<&mut EmbedFn<'_>>,
        filter: impl Fn(&Question) -> Filter,
        gold: impl Fn(&Question) -> Option<PostId>,
    ) -> Result<Measured, EvalError> {
        let mut m = Measured::default();
        self.ask(questions, embed, |q, vector| {
            let Some(gold) = gold(q) else { return Ok(()) };
            let found = self.index.retrieve(&query(q, 10, filter(q)), || vector)?;
            m.count(found.hits.iter().position(|h| h.passage.post == gold));
            Ok(())
        })?;
        Ok(m)
    }
}

fn query(q: &Question, limit: usize, filter: Filter) -> Query {
    Query { text: q.text.clone(), filter, limit, operators: false }
}

fn document(id: i64, title: &str, text: &str, language: &LangTag) -> PostView {
    let post = PostId::from_raw(id);
    PostView {
        id: post,
        revision: RevisionId::from_raw(id),
        kind: PostKind::Article,
        title: title.to_owned(),
        slug: String::new(),
        body: text.to_owned(),
        language: language.clone(),
        credits: vec![Credit { author: AuthorId::from_raw(1), role: CreditRole::Author }],
        tags: Vec::new(),
        parent: None,
        root: post,
        provenance: Provenance::Human,
        licence: None,
        source_url: None,
        published_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        accepted: false,
    }
}

/// The vectors of each post's passages.
fn embedded(posts: &[PostView], embed: &mut EmbedFn<'_>) -> Result<Vec<Vec<PassageVectors>>, EvalError> {
    let posts: Vec<Texts> = posts.iter().map(Texts::of).collect();
    let all: Vec<&str> = posts.iter().flat_map(|p| &p.texts).map(String::as_str).collect();
    let mut vectors = embed(Role::Passage, &all).map_err(EvalError::Embed)?.into_iter();
    Ok(posts.iter().map(|p| p.vectors(vectors.by_ref().take(p.texts.len()))).collect())
}

#[derive(Debug, Default, Clone, Copy)]
struct Measured {
    asked: u32,
    first: u32,
    ten: u32,
    reciprocal: f64,
}

impl Measured {
    fn count(&mut self, rank: Option<usize>) {
        self.asked += 1;
        if let Some(rank) = rank {
            self.first += u32::from(rank == 0);
            self.ten += u32::from(rank < 10);
            self.reciprocal += 1.0 / (rank as f64 + 1.0);
        }
    }

    fn share(&self, n: u32) -> f64 {
        if self.asked == 0 { 0.0 } else { f64::from(n) / f64::from(self.asked) }
    }
}

/// How well one set's questions find their paragraphs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetReport {
    /// The set.
    pub file: String,
    /// Its language.
    pub language: LangTag,
    /// Distinct paragraphs.
    pub passages: usize,
    /// Questions.
    pub questions: u32,
    /// Whether vectors took part.
    pub meaning: bool,
    /// Share of questions whose paragraph came first.
    #[serde(rename = "r@1")]
    pub r1: f64,
    /// Share whose paragraph was among the first ten.
    #[serde(rename = "r@10")]
    pub r10: f64,
    /// Mean reciprocal rank within the first ten.
    pub mrr: f64,
}

/// How well questions find paragraphs of another language, in an index of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossReport {
    /// The set that asks.
    pub from: String,
    /// The set that answers.
    pub to: String,
    /// Share that came first among the other language's passages.
    #[serde(rename = "r@1")]
    pub r1: f64,
    /// Share among the first ten of the other language's passages.
    #[serde(rename = "r@10")]
    pub r10: f64,
    /// Share among the first ten of all passages when the answer is only in the other language.
    #[serde(rename = "r@10_mixed")]
    pub mixed_r10: f64,
}

/// What `eval retrieval` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RetrievalReport {
    /// Each file by itself.
    pub files: Vec<SetReport>,
    /// Pairs of files with the same question ids in different languages.
    pub cross_language: Vec<CrossReport>,
}

/// Measures each set by itself, and each pair of sets that ask the same in two languages. `scratch` is an empty
/// directory.
///
/// # Errors
/// When an index cannot be written or embedding fails.
pub fn retrieval(
    scratch: &Path,
    sets: &[Set],
    model: Option<&str>,
    mut embed: Option<&mut EmbedFn<'_>>,
) -> Result<RetrievalReport, EvalError> {
    let mut report = RetrievalReport::default();
    for (i, set) in sets.iter().enumerate() {
        let bench = Bench::build(&scratch.join(format!("set{i}")), &[set], model, embed.as_deref_mut())?;
        let m = bench.ranks(&set.questions, embed.as_deref_mut(), |_| Filter::default(), |q| Some(bench.gold(0, q)))?;
        report.files.push(SetReport {
            file: set.name.clone(),
            language: set.language.clone(),
            passages: set.paragraphs.len(),
            questions: m.asked,
            meaning: embed.is_some(),
            r1: m.share(m.first),
            r10: m.share(m.ten),
            mrr: m.reciprocal / f64::from(m.asked.max(1)),
        });
    }
    for (i, a) in sets.iter().enumerate() {
        for b in &sets[i + 1..] {
            let same = a.questions.iter().filter(|q| b.questions.iter().any(|p| p.id == q.id)).count();
            if a.language.primary() != b.language.primary() && same * 2 > a.questions.len() && embed.is_some() {
                let dir = scratch.join(format!("cross{}", report.cross_language.len()));
                let bench = Bench::build(&dir, &[a, b], model, embed.as_deref_mut())?;
                report.cross_language.push(cross(&bench, (0, a), (1, b), embed.as_deref_mut())?);
                report.cross_language.push(cross(&bench, (1, b), (0, a), embed.as_deref_mut())?);
            }
        }
    }
    Ok(report)
}

fn cross(
    bench: &Bench,
    (own, from): (usize, &Set),
    (other, to): (usize, &Set),
    mut embed: Option<&mut EmbedFn<'_>>,
) -> Result<CrossReport, EvalError> {
    let by_id: FxHashMap<&str, &Question> = to.questions.iter().map(|q| (q.id.as_str(), q)).collect();
    let gold = |q: &Question| by_id.get(q.id.as_str()).map(|t| bench.gold(other, t));
    let only = |_: &Question| Filter { language: Some(to.language.clone()), ..Filter::default() };
    let alone = bench.ranks(&from.questions, embed.as_deref_mut(), only, gold)?;
    let hidden = |q: &Question| Filter { without: Some(bench.gold(own, q)), ..Filter::default() };
    let mixed = bench.ranks(&from.questions, embed, hidden, gold)?;
    Ok(CrossReport {
        from: from.name.clone(),
        to: to.name.clone(),
        r1: alone.share(alone.first),
        r10: alone.share(alone.ten),
        mixed_r10: mixed.share(mixed.ten),
    })
}
