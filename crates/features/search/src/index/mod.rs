//! The node-local index: words in tantivy, terms and vectors in a mapped file beside it, one score from both.
//!
//! Words find the candidates (tantivy's BM25 over the weighted terms of the query), and so do the nearest sketches of
//! vectors; the candidates are then scored with the recipe of this project: A, the passage by words; B, its best
//! sentence with its follower by words; C, the passage by meaning; D, its best sentence by meaning.
//!
//! * `document` – what is indexed of a post
//! * `query` – what was typed, taken apart
//! * `records` – the mapped file, and statistics that are exact after every change
//! * `sketches` – the nearest by meaning
//! * `means` – vectors without their language
//! * `score` – the score
//! * `spelling` – what a misspelt word may have meant

mod document;
mod means;
mod query;
mod records;
mod score;
mod sketches;
mod spelling;
mod vectors;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use heed::{RoTxn, WithoutTls};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use tantivy::collector::{DocSetCollector, TopDocs};
use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query as Clause, RangeQuery, TermQuery};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::{DocAddress, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError, Term};
use xinghe_core::event::Position;
use xinghe_core::evidence::{Evidence, EvidenceHit, Filter, Query, QueryTerm, Scope, SentenceEvidence};
use xinghe_core::{PassageId, PostId, PostKind, Timestamp};
use xinghe_text::tokens;

pub use document::{Facets, Indexed, indexed, passages_of};
use means::Asked;
pub use means::{E5_SMALL_NAME, Language, Means, Part};
use query::Parsed;
use records::{ReadyVectors, Records};
use score::{Scored, Weighed};
use sketches::{Entry, Sketches};
pub use vectors::{Packed, PassageVectors, decode, encode};
use vectors::{Sketch, encode_stored, stored};

/// The form of the index; another number in the folder means that it is rebuilt.
const VERSION: u32 = 4;
/// The folder of the words within that of the index.
const WORDS: &str = "words";
/// How many candidates words bring.
const BY_WORDS: usize = 120;
/// How many terms find the candidates: those that weigh most. All terms score them.
const FOR_CANDIDATES: usize = 24;
/// How many candidates vectors bring.
const BY_MEANING: usize = 60;
/// How many sketches are looked at more closely for one of them.
const SKETCHES: usize = 5;
/// How many more candidates are looked at where phrases and exclusions drop some.
const WITH_OPERATORS: usize = 5;
/// Memory of the writer, in bytes.
const WRITER_MEMORY: usize = 32 << 20;

/// What can go wrong with an index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// tantivy.
    #[error("search index: {0}")]
    Tantivy(#[from] TantivyError),
    /// Its folder.
    #[error("search index: {0}")]
    Folder(#[from] std::io::Error),
    /// The mapped file.
    #[error("search index: {0}")]
    Records(#[from] heed::Error),
    /// Another process writes this index.
    #[error("search index: another process of xinghe uses this data folder and keeps the index up to date")]
    InUse,
    /// A stored passage is not readable; rebuild the index.
    #[error("search index: {0}; run `xinghe rebuild search`")]
    Stored(#[from] serde_json::Error),
}

/// How far an index has read the log: kept in the commit itself, so that a crash replays what was not durable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The last event's position.
    #[serde(flatten)]
    pub position: Position,
    /// When that event was recorded: tells this log from one that was put back to an earlier state.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

impl From<Position> for Mark {
    fn from(position: Position) -> Self {
        Self { position, at: None }
    }
}

struct Fields {
    passage: Field,
    post: Field,
    terms: Field,
    kind: Field,
    language: Field,
    primary: Field,
    tag: Field,
    author: Field,
    published: Field,
    accepted: Field,
}

/// The index of one node.
pub struct Index {
    fields: Fields,
    /// None where another process holds it.
    writer: Option<Mutex<IndexWriter>>,
    reader: IndexReader,
    index: tantivy::Index,
    records: Records,
    sketches: RwLock<Sketches>,
    means: Option<Means>,
}

impl Index {
    /// Opens the index in a folder, making it anew where it is absent, of another form or model, or damaged. `model`
    /// names the model of the vectors.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(folder: &Path, model: Option<&str>) -> Result<Self, IndexError> {
        let means = model.and_then(Means::of_model);
        let form = format!("{VERSION} {}", model.unwrap_or("words"));
        let stamp = folder.join("version");
        let same = std::fs::read_to_string(&stamp).is_ok_and(|v| v.trim() == form);
        if same {
            match Self::open_existing(folder, means.clone()) {
                Ok(index) => return Ok(index),
                Err(error) => tracing::warn!(%error, "the search index is damaged and is made anew"),
            }
        }
        if folder.exists() {
            // Never from under another process.
            let words = folder.join(WORDS);
            if words.exists() {
                let directory = MmapDirectory::open(&words).map_err(TantivyError::from)?;
                drop(directory.acquire_lock(&INDEX_WRITER_LOCK).map_err(|_| IndexError::InUse)?);
            }
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let opened = Self::open_existing(folder, means)?;
        std::fs::write(stamp, form)?;
        Ok(opened)
    }

    fn open_existing(folder: &Path, means: Option<Means>) -> Result<Self, IndexError> {
        let (schema, fields) = schema();
        let words = folder.join(WORDS);
        std::fs::create_dir_all(&words)?;
        let directory = MmapDirectory::open(&words).map_err(TantivyError::from)?;
        let index = tantivy::Index::open_or_create(directory, schema)?;
        let writer = match index.writer_with_num_threads(1, WRITER_MEMORY) {
            Ok(writer) => Some(Mutex::new(writer)),
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) => None,
            Err(error) => return Err(error.into()),
        };
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let records = Records::open(&folder.join("records"))?;
        let sketches = records.sketches()?;
        Ok(Self { fields, writer, reader, index, records, sketches: RwLock::new(sketches), means })
    }

    /// Whether this process may write; else another one does, and this one reads what that one wrote until now.
    pub fn is_writer(&self) -> bool {
        self.writer.is_some()
    }

    /// Shows what the process that writes has written since.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn refresh(&self) -> Result<(), IndexError> {
        self.reader.reload()?;
        let sketches = self.records.sketches()?;
        *self.sketches.write().unwrap_or_else(PoisonError::into_inner) = sketches;
        Ok(())
    }

    /// How far the index in a folder has read, without opening it for anything else; `None` where there is none.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn look(folder: &Path) -> Result<Option<Mark>, IndexError> {
        let of_this_form = std::fs::read_to_string(folder.join("version"))
            .is_ok_and(|v| v.split_whitespace().next() == Some(VERSION.to_string().as_str()));
        if of_this_form {
            return Ok(Some(mark_of(&tantivy::Index::open_in_dir(folder.join(WORDS))?)?));
        }
        Ok(None)
    }

    fn writer(&self) -> Result<MutexGuard<'_, IndexWriter>, IndexError> {
        let writer = self.writer.as_ref().ok_or(IndexError::InUse)?;
        Ok(writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How far the log was read: kept in the commit itself, so that a crash replays what was not durable.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn mark(&self) -> Result<Mark, IndexError> {
        mark_of(&self.index)
    }

    /// Takes posts in (each replaces what was there of it) and out, adds vectors to passages that are there, and makes
    /// it durable with the log's position.
    ///
    /// The records are written first: should the machine stop between them and the words, the position still stands
    /// before the change, and the change is simply made again.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn apply(
        &self,
        put: &[Indexed],
        vectors: &[(PassageId, &str, PassageVectors)],
        gone: &[PostId],
        read: impl Into<Mark>,
    ) -> Result<(), IndexError> {
        let mut writer = self.writer()?;
        let mut fresh: Vec<ReadyVectors> = Vec::new();
        {
            let txn = self.records.read()?;
            for (id, primary, v) in vectors {
                // Of a post that is no longer there.
                let Some(facets) = self.records.facets(&txn, v.post)? else { continue };
                fresh.push(self.ready(*id, facets.kind, Language::of(primary), v));
            }
        }
        for post in put {
            let language = Language::of(post.primary());
            fresh.extend(post.vectors.iter().map(|(id, v)| self.ready(*id, post.kind(), language, v)));
        }
        self.records.apply(put, &fresh, gone)?;
        let outcome = self.write_words(&mut writer, put, gone, read.into());
        if outcome.is_err() {
            writer.rollback()?;
        }
        let mut sketches = self.sketches.write().unwrap_or_else(PoisonError::into_inner);
        for post in put.iter().map(|p| p.post).chain(gone.iter().copied()) {
            sketches.remove(post);
        }
        let txn = self.records.read()?;
        for ready in &fresh {
            if self.records.vectors(&txn, ready.entry.passage)?.is_some() {
                sketches.put(ready.entry);
            }
        }
        outcome
    }

    fn ready(&self, passage: PassageId, kind: PostKind, language: Language, vectors: &PassageVectors) -> ReadyVectors {
        let own = vectors.passage.unpacked();
        let (bytes, sketch) = match &self.means {
            Some(means) => (
                encode_stored(vectors, |part, v| means.closeness(language, part, v)),
                Sketch::of_vector(&means.centred(language, Part::Passage, &own)),
            ),
            None => (encode_stored(vectors, |_, _| 1.0), Sketch::of_vector(&own)),
        };
        ReadyVectors { entry: Entry { passage, post: vectors.post, kind, language, sketch }, bytes }
    }

    fn write_words(
        &self,
        writer: &mut IndexWriter,
        put: &[Indexed],
        gone: &[PostId],
        read: Mark,
    ) -> Result<(), IndexError> {
        for post in put.iter().map(|p| p.post).chain(gone.iter().copied()) {
            writer.delete_term(Term::from_field_i64(self.fields.post, post.raw()));
        }
        for document in put.iter().flat_map(|post| document::documents(&self.fields, post)) {
            writer.add_document(document)?;
        }
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&read)?);
        commit.commit()?;
        self.reader.reload()?;
        Ok(())
    }

    /// Empties it.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn clear(&self) -> Result<(), IndexError> {
        let mut writer = self.writer()?;
        self.records.clear()?;
        writer.delete_all_documents()?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&Mark::default())?);
        commit.commit()?;
        self.reader.reload()?;
        self.sketches.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// How many posts and passages are indexed, and how many of the passages have vectors.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn counts(&self) -> Result<Counts, IndexError> {
        let txn = self.records.read()?;
        let totals = self.records.totals(&txn)?;
        let posts = self.records.posts(&txn)?;
        Ok(Counts { posts, passages: totals.passages, embedded: totals.embedded })
    }

    /// The posts that credit an author.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn posts_of(&self, author: xinghe_core::AuthorId) -> Result<Vec<PostId>, IndexError> {
        let searcher = self.reader.searcher();
        let query = TermQuery::new(Term::from_field_i64(self.fields.author, author.raw()), IndexRecordOption::Basic);
        let found = searcher.search(&query, &DocSetCollector)?;
        let mut posts: Vec<PostId> =
            column(&searcher, "post", found)?.into_iter().map(|(_, post)| PostId::from_raw(post)).collect();
        posts.sort_unstable();
        posts.dedup();
        Ok(posts)
    }

    /// The best passages for a query, with their text and features.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn retrieve(&self, query: &Query, vector: Option<&[f32]>) -> Result<Evidence, IndexError> {
        let ranking = self.rank(query, vector)?;
        let count = query.limit.min(ranking.len());
        self.evidence(&ranking, &(0..count).collect::<Vec<_>>())
    }

    /// Finds and scores passages; [`Index::evidence`] brings the text of those that are wanted.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn rank(&self, query: &Query, vector: Option<&[f32]>) -> Result<Ranking<'_>, IndexError> {
        let parsed = Parsed::of(&query.text, query.operators);
        let language = xinghe_text::detect(&query.text);
        let asked = vector.map(|v| Asked::new(self.means.as_ref(), Language::of(language.primary()), v));
        let searcher = self.reader.searcher();
        let txn = self.records.read()?;
        let hashes = score::hashed(&parsed.terms);
        let (totals, holding) = self.records.without(&txn, &hashes, query.filter.without)?;
        let weighed = Weighed::new(&parsed.terms, &hashes, totals, &holding);
        let telling = weighed.most_telling(FOR_CANDIDATES);
        // Side by side: either takes about as long as the other.
        let (by_words, by_meaning) = std::thread::scope(|scope| {
            let meaning = asked.as_ref().map(|a| scope.spawn(|| self.by_meaning(&searcher, a, &parsed, query)));
            let words = self.by_words(&searcher, &parsed, &telling, query);
            (words, meaning.map(std::thread::ScopedJoinHandle::join))
        });
        let mut found = by_words?;
        if let Some(near) = by_meaning {
            let near =
                near.map_err(|_| IndexError::Folder(std::io::Error::other("looking for neighbours failed")))??;
            let known: FxHashSet<PassageId> = found.iter().copied().collect();
            found.extend(near.into_iter().filter(|p| !known.contains(p)));
        }
        let mut scored = Vec::with_capacity(found.len());
        for passage in found {
            // Written meanwhile, or not yet wholly.
            let Some(terms) = self.records.terms(&txn, passage)? else { continue };
            if parsed.has_operators()
                && !self.records.text(&txn, passage)?.is_some_and(|t| parsed.allows(&t.searchable()))
            {
                continue;
            }
            let (words, sentence_words) = weighed.words(&terms);
            let vectors = self.records.vectors(&txn, passage)?;
            let meaning = asked.as_ref().zip(vectors).and_then(|(a, bytes)| score::meaning(a, terms.language, bytes));
            let foreign = asked.as_ref().is_some_and(|a| a.crosses_to(terms.language));
            scored.push(Scored { passage, post: terms.post, foreign, score: 0.0, words, sentence_words, meaning });
        }
        let bridge = match &asked {
            Some(asked) if scored.iter().any(|s| s.foreign) => {
                let own = |s: &Scored| {
                    let bytes = self.records.vectors(&txn, s.passage).ok()??;
                    score::centred_meaning(asked, asked.language, bytes)
                };
                score::Bridge::between(&scored, own)
            }
            _ => score::Bridge::default(),
        };
        score::rank(&mut scored, &bridge);
        Ok(Ranking { txn, parsed, weighed, asked, bridge, scored, language })
    }

    /// The evidence of some of a ranking's passages, by their places in it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn evidence(&self, ranking: &Ranking<'_>, places: &[usize]) -> Result<Evidence, IndexError> {
        let Ranking { txn, weighed, asked, scored, bridge, .. } = ranking;
        let mut hits = Vec::with_capacity(places.len());
        for s in places.iter().filter_map(|p| scored.get(*p)) {
            let (Some(stored), Some(terms)) = (self.records.text(txn, s.passage)?, self.records.terms(txn, s.passage)?)
            else {
                continue;
            };
            let cosines: Vec<f32> = match (asked, self.records.vectors(txn, s.passage)?) {
                (Some(asked), Some(bytes)) => score::of_sentences(asked, bridge, terms.language, bytes),
                _ => Vec::new(),
            };
            let (whole, parts) = weighed.counts(&terms);
            let sentence = |(i, (s, term_counts)): (usize, (document::StoredSentence, Vec<u16>))| SentenceEvidence {
                text: s.text,
                start: s.start,
                end: s.end,
                code: s.code,
                cosine: cosines.get(i).copied().unwrap_or_default(),
                term_counts,
            };
            let own = ranking.language.primary();
            let (meaning, sentence_meaning) = s.meaning.unwrap_or_default();
            hits.push(EvidenceHit {
                author: stored.author,
                cross_language: own != "und" && own != stored.language.primary(),
                language: stored.language,
                score: s.score,
                words: s.words,
                sentence_words: s.sentence_words,
                meaning,
                sentence_meaning,
                term_counts: whole,
                sentences: stored
                    .sentences
                    .into_iter()
                    .zip(parts)
                    .enumerate()
                    // A heading can be found, but it is no answer.
                    .filter(|(_, (s, _))| !s.heading)
                    .map(sentence)
                    .collect(),
                passage: stored.passage,
            });
        }
        let term = |(t, idf): (&tokens::QueryToken, &f32)| QueryTerm {
            text: t.text.clone(),
            weight: t.weight,
            idf: *idf,
            whole_word: t.whole_word,
        };
        let terms = ranking.parsed.terms.iter().zip(&weighed.idf).map(term).collect();
        // Where no passage has vectors yet, words alone spoke.
        let meaning = scored.iter().any(|s| s.meaning.is_some());
        Ok(Evidence { terms, total: weighed.total, hits, meaning })
    }

    /// What the posts of a ranking are counted by.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn facets(&self, ranking: &Ranking<'_>, places: &[usize]) -> Result<Vec<Facets>, IndexError> {
        let mut all = Vec::with_capacity(places.len());
        for s in places.iter().filter_map(|p| ranking.scored.get(*p)) {
            all.extend(self.records.facets(&ranking.txn, s.post)?);
        }
        Ok(all)
    }

    fn by_words(
        &self,
        searcher: &Searcher,
        parsed: &Parsed,
        telling: &[usize],
        query: &Query,
    ) -> Result<Vec<PassageId>, IndexError> {
        if telling.is_empty() {
            return Ok(Vec::new());
        }
        let mut clauses = self.filters(&query.filter);
        clauses.push((Occur::Must, Box::new(self.any_of(telling.iter().map(|i| &parsed.terms[*i])))));
        let mut count = BY_WORDS.max(query.limit);
        if parsed.has_operators() {
            count *= WITH_OPERATORS;
            clauses.extend(parsed.phrases.iter().flat_map(|p| self.all_of(p)));
        }
        let top = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(count).order_by_score())?;
        let found = column(searcher, "passage", top.into_iter().map(|(_, address)| address))?;
        Ok(found.into_iter().map(|(_, id)| PassageId::from_raw(id)).collect())
    }

    fn by_meaning(
        &self,
        searcher: &Searcher,
        asked: &Asked,
        parsed: &Parsed,
        query: &Query,
    ) -> Result<Vec<PassageId>, IndexError> {
        let count = BY_MEANING.max(query.limit / 2);
        // What every entry knows of itself need not be asked of the words.
        let filter = Filter { without: None, kinds: Vec::new(), ..query.filter.clone() };
        let mut clauses = self.filters(&filter);
        clauses.extend(parsed.phrases.iter().flat_map(|p| self.all_of(p)));
        let allowed = if clauses.is_empty() {
            None
        } else {
            let found = searcher.search(&BooleanQuery::new(clauses), &DocSetCollector)?;
            Some(column(searcher, "passage", found)?)
        };
        let near = {
            let sketches = self.sketches.read().unwrap_or_else(PoisonError::into_inner);
            let (kinds, without) = (&query.filter.kinds, query.filter.without);
            let fits = |e: &Entry| Some(e.post) != without && (kinds.is_empty() || kinds.contains(&e.kind));
            match &allowed {
                None => sketches.nearest(&asked.sketch, count * SKETCHES, fits),
                Some(few) => {
                    let few = few.iter().map(|(_, id)| PassageId::from_raw(*id));
                    sketches.nearest_among(&asked.sketch, count * SKETCHES, few, fits)
                }
            }
        };
        let txn = self.records.read()?;
        let mut exact = Vec::with_capacity(near.len());
        for (passage, language) in near {
            let Some(bytes) = self.records.vectors(&txn, passage)? else { continue };
            let Some(vector) = stored(bytes).next() else { continue };
            exact.push((asked.centred_cosine(language, Part::Passage, &vector), passage));
        }
        exact.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        exact.truncate(count);
        Ok(exact.into_iter().map(|(_, passage)| passage).collect())
    }

    fn any_of<'t>(&self, terms: impl Iterator<Item = &'t tokens::QueryToken>) -> BooleanQuery {
        let clause = |field: Field, text: &str, weight: f32| -> Box<dyn Clause> {
            let term = TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(term), weight))
        };
        let one = |t: &tokens::QueryToken| (Occur::Should, clause(self.fields.terms, &t.text, t.weight));
        BooleanQuery::new(terms.map(one).collect())
    }

    /// The clauses of a phrase: whoever holds it holds all its terms.
    fn all_of(&self, phrase: &str) -> Vec<(Occur, Box<dyn Clause>)> {
        let whole = |t: &tokens::Term| !matches!(t.kind, tokens::Kind::Gram | tokens::Kind::Part | tokens::Kind::Whole);
        let clause = |t: tokens::Term| -> (Occur, Box<dyn Clause>) {
            let term = Term::from_field_text(self.fields.terms, &t.text);
            (Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::Basic)))
        };
        tokens::terms(phrase).into_iter().filter(whole).map(clause).collect()
    }

    fn filters(&self, filter: &Filter) -> Vec<(Occur, Box<dyn Clause>)> {
        let f = &self.fields;
        let word = |field: Field, text: &str| -> Box<dyn Clause> {
            Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
        };
        let number = |field: Field, n: i64| -> Box<dyn Clause> {
            Box::new(TermQuery::new(Term::from_field_i64(field, n), IndexRecordOption::Basic))
        };
        let mut all: Vec<(Occur, Box<dyn Clause>)> = Vec::new();
        if let Scope::Author(author) = filter.scope {
            all.push((Occur::Must, number(f.author, author.raw())));
        }
        if !filter.kinds.is_empty() {
            let kinds = filter.kinds.iter().map(|k| (Occur::Should, word(f.kind, k.as_str()))).collect();
            all.push((Occur::Must, Box::new(BooleanQuery::new(kinds))));
        }
        if let Some(language) = &filter.language {
            let field = if language.as_str() == language.primary() { f.primary } else { f.language };
            all.push((Occur::Must, word(field, language.as_str())));
        }
        all.extend(filter.tags.iter().map(|t| (Occur::Must, word(f.tag, t))));
        if filter.since.is_some() || filter.until.is_some() {
            let bound = |at: Option<Timestamp>| at.map(|t| Term::from_field_i64(f.published, t.as_millis()));
            let from = bound(filter.since).map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
            let to = bound(filter.until).map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
            all.push((Occur::Must, Box::new(RangeQuery::new(from, to))));
        }
        if filter.accepted {
            all.push((Occur::Must, number(f.accepted, 1)));
        }
        if let Some(post) = filter.without {
            all.push((Occur::MustNot, number(f.post, post.raw())));
        }
        all
    }
}

/// How much an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Posts.
    pub posts: u64,
    /// Their passages.
    pub passages: u64,
    /// Passages with vectors.
    pub embedded: u64,
}

/// Passages in order of their scores, as of one moment of the index.
pub struct Ranking<'i> {
    txn: RoTxn<'i, WithoutTls>,
    parsed: Parsed,
    weighed: Weighed,
    asked: Option<Asked>,
    bridge: score::Bridge,
    scored: Vec<Scored>,
    language: xinghe_core::LangTag,
}

impl Ranking<'_> {
    /// How many passages were found.
    pub fn len(&self) -> usize {
        self.scored.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.scored.is_empty()
    }

    /// The score and the passage at a place.
    pub fn at(&self, place: usize) -> Option<(f32, PassageId)> {
        self.scored.get(place).map(|s| (s.score, s.passage))
    }

    /// The place of each post's best passage, best post first.
    pub fn best_of_posts(&self) -> Vec<usize> {
        let mut seen = FxHashSet::default();
        (0..self.scored.len()).filter(|i| seen.insert(self.scored[*i].post)).collect()
    }
}

/// The values of a numeric column of some documents, in the order asked for.
fn column(
    searcher: &Searcher,
    name: &str,
    of: impl IntoIterator<Item = DocAddress>,
) -> Result<Vec<(DocAddress, i64)>, IndexError> {
    let columns: Vec<_> =
        searcher.segment_readers().iter().map(|s| s.fast_fields().i64(name)).collect::<Result<_, _>>()?;
    let value = |at: DocAddress| Some((at, columns.get(at.segment_ord as usize)?.first(at.doc_id)?));
    Ok(of.into_iter().filter_map(value).collect())
}

fn mark_of(index: &tantivy::Index) -> Result<Mark, IndexError> {
    let payload = index.load_metas()?.payload;
    Ok(payload.and_then(|p| serde_json::from_str(&p).ok()).unwrap_or_default())
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let words = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        passage: builder.add_i64_field("passage", FAST),
        post: builder.add_i64_field("post", INDEXED | FAST),
        terms: builder.add_text_field("terms", words),
        kind: builder.add_text_field("kind", STRING),
        language: builder.add_text_field("language", STRING),
        primary: builder.add_text_field("primary", STRING),
        tag: builder.add_text_field("tag", STRING),
        author: builder.add_i64_field("author", INDEXED),
        published: builder.add_i64_field("published", INDEXED | FAST),
        accepted: builder.add_i64_field("accepted", INDEXED),
    };
    (builder.build(), fields)
}
