//! The node-local index: words in tantivy, vectors beside them, one score from both.
//!
//! Words find the candidates (tantivy's BM25 over the weighted terms of the query), and so do the nearest vectors;
//! the candidates are then scored with the recipe of this project: A, the passage by words; B, its best sentence with
//! its follower by words; C, the passage by meaning; D, its best sentence by meaning.

mod document;
mod score;
mod vectors;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query as Clause, RangeQuery, TermQuery};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::{DocAddress, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term};
use xinghe_core::event::Position;
use xinghe_core::evidence::{Evidence, Filter, Query, Scope};
use xinghe_core::{PassageId, PostId, PostView};
use xinghe_text::tokens;

pub use document::{Indexed, passages_of};
pub use vectors::{Packed, PassageVectors, decode, encode};

/// The form of the index; another number in the folder means that it is rebuilt.
const VERSION: u32 = 1;
/// How many candidates words bring.
const BY_WORDS: usize = 120;
/// How many candidates vectors bring.
const BY_MEANING: usize = 60;
/// Memory of the writer, in bytes.
const WRITER_MEMORY: usize = 32 << 20;

/// What can go wrong with an index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// tantivy.
    #[error("search index: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
    /// Its folder.
    #[error("search index: {0}")]
    Folder(#[from] std::io::Error),
    /// A stored passage is not readable; rebuild the index.
    #[error("search index: {0}; run `xinghe rebuild search`")]
    Stored(#[from] serde_json::Error),
}

struct Fields {
    passage: Field,
    post: Field,
    terms: Field,
    title: Field,
    kind: Field,
    language: Field,
    primary: Field,
    tag: Field,
    author: Field,
    ordinal: Field,
    published: Field,
    accepted: Field,
    stored: Field,
}

/// The index of one node.
pub struct Index {
    fields: Fields,
    writer: Mutex<IndexWriter>,
    reader: IndexReader,
    index: tantivy::Index,
    vectors: RwLock<HashMap<PassageId, PassageVectors>>,
}

impl Index {
    /// Opens the index in a folder, making it anew where it is absent, of another form, or damaged.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let stamp = folder.join("version");
        let same = std::fs::read_to_string(&stamp).is_ok_and(|v| v.trim() == VERSION.to_string());
        if same {
            match Self::open_existing(folder) {
                Ok(index) => return Ok(index),
                Err(error) => tracing::warn!(%error, "the search index is damaged and is made anew"),
            }
        }
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let opened = Self::open_existing(folder)?;
        std::fs::write(stamp, VERSION.to_string())?;
        Ok(opened)
    }

    fn open_existing(folder: &Path) -> Result<Self, IndexError> {
        let (schema, fields) = schema();
        let directory = tantivy::directory::MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?;
        let index = tantivy::Index::open_or_create(directory, schema)?;
        let writer = index.writer_with_num_threads(1, WRITER_MEMORY)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { fields, writer: Mutex::new(writer), reader, index, vectors: RwLock::default() })
    }

    /// How far the log was read: kept in the commit itself, so that a crash replays what was not durable.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn position(&self) -> Result<Position, IndexError> {
        let payload = self.index.load_metas()?.payload;
        Ok(payload.and_then(|p| serde_json::from_str(&p).ok()).unwrap_or(Position::START))
    }

    /// Takes posts in (each replaces what was there of it) and out, and makes it durable with the log's position.
    ///
    /// # Errors
    /// The disk is full or gone; then nothing was changed.
    pub fn apply(&self, put: &[Indexed], gone: &[PostId], position: Position) -> Result<(), IndexError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.write(&mut writer, put, gone, position);
        if outcome.is_err() {
            writer.rollback()?;
        }
        outcome
    }

    fn write(
        &self,
        writer: &mut IndexWriter,
        put: &[Indexed],
        gone: &[PostId],
        at: Position,
    ) -> Result<(), IndexError> {
        let removed: Vec<PostId> = put.iter().map(|p| p.post).chain(gone.iter().copied()).collect();
        for post in &removed {
            writer.delete_term(Term::from_field_i64(self.fields.post, post.raw()));
        }
        for indexed in put {
            for document in document::documents(&self.fields, indexed)? {
                writer.add_document(document)?;
            }
        }
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&at)?);
        commit.commit()?;
        self.reader.reload()?;
        let mut vectors = self.vectors.write().unwrap_or_else(PoisonError::into_inner);
        vectors.retain(|_, v| !removed.contains(&v.post));
        for indexed in put {
            vectors.extend(indexed.vectors.iter().map(|(id, v)| (*id, v.clone())));
        }
        Ok(())
    }

    /// Adds vectors of passages that are indexed already.
    pub fn add_vectors(&self, fresh: impl IntoIterator<Item = (PassageId, PassageVectors)>) {
        self.vectors.write().unwrap_or_else(PoisonError::into_inner).extend(fresh);
    }

    /// Empties it.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn clear(&self) -> Result<(), IndexError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.delete_all_documents()?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&Position::START)?);
        commit.commit()?;
        self.reader.reload()?;
        self.vectors.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// How many passages are indexed, and how many of them have vectors.
    pub fn counts(&self) -> (u64, u64) {
        let vectors = self.vectors.read().unwrap_or_else(PoisonError::into_inner);
        (self.reader.searcher().num_docs(), vectors.len() as u64)
    }

    /// How many posts are indexed.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn posts(&self) -> Result<u64, IndexError> {
        let searcher = self.reader.searcher();
        let first = TermQuery::new(Term::from_field_i64(self.fields.ordinal, 0), IndexRecordOption::Basic);
        Ok(searcher.search(&first, &tantivy::collector::Count)? as u64)
    }

    /// The posts that credit an author.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn posts_of(&self, author: xinghe_core::AuthorId) -> Result<Vec<PostId>, IndexError> {
        let searcher = self.reader.searcher();
        let query = TermQuery::new(Term::from_field_i64(self.fields.author, author.raw()), IndexRecordOption::Basic);
        let mut posts = Vec::new();
        for address in searcher.search(&query, &tantivy::collector::DocSetCollector)? {
            let column = searcher.segment_reader(address.segment_ord).fast_fields().i64("post")?;
            posts.extend(column.first(address.doc_id).map(PostId::from_raw));
        }
        posts.sort_unstable();
        posts.dedup();
        Ok(posts)
    }

    /// The best passages for a query.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn retrieve(&self, query: &Query, vector: Option<&[f32]>) -> Result<Evidence, IndexError> {
        let parsed = Parsed::of(&query.text);
        let searcher = self.reader.searcher();
        let filters = self.filters(&query.filter);
        let mut found: Vec<DocAddress> = Vec::new();
        if !parsed.terms.is_empty() {
            let mut clauses = filters.iter().map(|(o, c)| (*o, c.box_clone())).collect::<Vec<_>>();
            clauses.push((Occur::Must, Box::new(self.any_of(&parsed.terms))));
            let top = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(BY_WORDS).order_by_score())?;
            found.extend(top.into_iter().map(|(_, address)| address));
        }
        if let Some(vector) = vector {
            for passage in self.nearest(vector, BY_MEANING) {
                let mut clauses = filters.iter().map(|(o, c)| (*o, c.box_clone())).collect::<Vec<_>>();
                let term = Term::from_field_i64(self.fields.passage, passage.raw());
                clauses.push((Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::Basic))));
                let top = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(1).order_by_score())?;
                found.extend(top.into_iter().map(|(_, a)| a).filter(|a| !found.contains(a)).collect::<Vec<_>>());
            }
        }
        let mut candidates = Vec::with_capacity(found.len());
        for address in found {
            let document: TantivyDocument = searcher.doc(address)?;
            let stored = document.get_first(self.fields.stored).and_then(|v| v.as_str()).unwrap_or_default();
            candidates.push(serde_json::from_str::<document::Stored>(stored)?);
        }
        candidates.retain(|c| parsed.allows(c));
        let statistics = self.statistics(&searcher, &parsed, query.filter.without)?;
        let vectors = self.vectors.read().unwrap_or_else(PoisonError::into_inner);
        Ok(score::evidence(&query.text, &parsed.terms, &statistics, candidates, vector, &vectors, query.limit))
    }

    fn nearest(&self, vector: &[f32], count: usize) -> Vec<PassageId> {
        let vectors = self.vectors.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<(f32, PassageId)> = vectors.iter().map(|(id, v)| (v.passage.cosine(vector), *id)).collect();
        let count = count.min(all.len());
        if count == 0 {
            return Vec::new();
        }
        all.select_nth_unstable_by(count - 1, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.truncate(count);
        all.into_iter().map(|(_, id)| id).collect()
    }

    fn any_of(&self, terms: &[tokens::QueryToken]) -> BooleanQuery {
        let clause = |field: Field, text: &str, weight: f32| -> Box<dyn Clause> {
            let term = TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(term), weight))
        };
        let both = |t: &tokens::QueryToken| {
            [(self.fields.terms, 1.0), (self.fields.title, 0.6)]
                .map(|(f, w)| (Occur::Should, clause(f, &t.text, t.weight * w)))
        };
        BooleanQuery::new(terms.iter().flat_map(both).collect())
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
            let bound =
                |at: Option<xinghe_core::Timestamp>| at.map(|t| Term::from_field_i64(f.published, t.as_millis()));
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

    /// How many passages there are, how long on average, and how many hold each term; as if a post did not exist.
    fn statistics(
        &self,
        searcher: &tantivy::Searcher,
        parsed: &Parsed,
        without: Option<PostId>,
    ) -> Result<Statistics, IndexError> {
        let mut holding = Vec::with_capacity(parsed.terms.len());
        for term in &parsed.terms {
            holding.push(searcher.doc_freq(&Term::from_field_text(self.fields.terms, &term.text))?);
        }
        let (mut passages, mut tokens_in_all) = (searcher.num_docs(), 0u64);
        for segment in searcher.segment_readers() {
            tokens_in_all += segment.inverted_index(self.fields.terms)?.total_num_tokens();
        }
        if let Some(post) = without {
            let query = TermQuery::new(Term::from_field_i64(self.fields.post, post.raw()), IndexRecordOption::Basic);
            for (_, address) in searcher.search(&query, &TopDocs::with_limit(10_000).order_by_score())? {
                let document: TantivyDocument = searcher.doc(address)?;
                let stored = document.get_first(self.fields.stored).and_then(|v| v.as_str()).unwrap_or_default();
                let stored: document::Stored = serde_json::from_str(stored)?;
                let counts = score::count(&stored.searchable(), &parsed.terms);
                passages = passages.saturating_sub(1);
                tokens_in_all = tokens_in_all.saturating_sub(u64::from(counts.length));
                for (n, count) in holding.iter_mut().zip(&counts.of_term) {
                    *n = n.saturating_sub(u64::from(*count > 0));
                }
            }
        }
        let average = if passages == 0 { 1.0 } else { tokens_in_all as f32 / passages as f32 };
        Ok(Statistics { passages, average: average.max(1.0), holding })
    }
}

/// Statistics of the index for one query.
pub(crate) struct Statistics {
    pub passages: u64,
    pub average: f32,
    pub holding: Vec<u64>,
}

/// A query taken apart: terms, "phrases", -exclusions.
pub(crate) struct Parsed {
    pub terms: Vec<tokens::QueryToken>,
    pub phrases: Vec<String>,
    pub excluded: Vec<String>,
}

impl Parsed {
    pub(crate) fn of(text: &str) -> Self {
        let (mut plain, mut phrases, mut excluded) = (String::new(), Vec::new(), Vec::new());
        let quotes = text.matches(['"', '“', '”']).count();
        for (i, part) in text.split(['"', '“', '”']).enumerate() {
            // An opening quote that is never closed makes no phrase.
            let quoted = i % 2 == 1 && i < quotes;
            if quoted && !part.trim().is_empty() {
                phrases.push(xinghe_text::norm::fold_str(part.trim()));
                plain.push(' ');
                plain.push_str(part);
                continue;
            }
            for word in part.split_whitespace() {
                match word.strip_prefix('-').filter(|w| w.chars().next().is_some_and(char::is_alphabetic)) {
                    Some(word) => excluded.push(xinghe_text::norm::fold_str(word)),
                    None => {
                        plain.push(' ');
                        plain.push_str(word);
                    }
                }
            }
        }
        let terms = tokens::query(&plain).into_iter().filter(|t| !t.text.is_empty()).take(120).collect();
        Self { terms, phrases, excluded }
    }

    fn allows(&self, stored: &document::Stored) -> bool {
        if self.phrases.is_empty() && self.excluded.is_empty() {
            return true;
        }
        let text = xinghe_text::norm::fold_str(&stored.searchable());
        let holds = |p: &String| text.contains(p.as_str());
        self.phrases.iter().all(holds) && !self.excluded.iter().any(holds)
    }
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let words = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        passage: builder.add_i64_field("passage", INDEXED),
        post: builder.add_i64_field("post", INDEXED | FAST),
        terms: builder.add_text_field("terms", words.clone()),
        title: builder.add_text_field("title", words),
        kind: builder.add_text_field("kind", STRING),
        language: builder.add_text_field("language", STRING),
        primary: builder.add_text_field("primary", STRING),
        tag: builder.add_text_field("tag", STRING),
        author: builder.add_i64_field("author", INDEXED),
        ordinal: builder.add_i64_field("ordinal", INDEXED),
        published: builder.add_i64_field("published", INDEXED | FAST),
        accepted: builder.add_i64_field("accepted", INDEXED),
        stored: builder.add_text_field("stored", STORED),
    };
    (builder.build(), fields)
}

/// A post cut into what is indexed of it.
pub fn indexed(post: &PostView, vectors: Vec<(PassageId, PassageVectors)>) -> Option<Indexed> {
    document::indexed(post, vectors)
}
