//! The node-local index: words in tantivy, terms and vectors in a mapped file beside it, one score from both.
//!
//! Words find the candidates (tantivy's BM25 over the weighted terms of the query), and so do the nearest sketches of
//! vectors; the candidates are then scored with the recipe of this project: A, the passage by words; B, its best
//! sentence with its follower by words; C, the passage by meaning; D, its best sentence by meaning.
//!
//! * `document` – what is indexed of a post
//! * `query` – what was typed, taken apart
//! * `machine` – what is the machine's fault, and no damage
//! * `records` – the mapped file, and statistics that are exact after every change
//! * `sketches` – the nearest by meaning
//! * `means` – vectors without their language
//! * `rank` – candidates, and the evidence of the best of them
//! * `score` – the score
//! * `spelling` – what a misspelt word may have meant

mod document;
mod machine;
mod means;
mod query;
mod rank;
mod records;
mod renewal;
mod score;
mod sketches;
mod spelling;
mod vectors;

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::collector::DocSetCollector;
use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::query::TermQuery;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};
use xinghe_core::event::Position;
use xinghe_core::{PassageId, PostId, PostKind, Timestamp};

pub use document::{Facets, Indexed, Texts, indexed, passages_of};
pub use means::{E5_SMALL_NAME, Language, Means, Part};
pub use query::is_keywords;
pub use rank::Ranking;
use rank::column;
use records::{ReadyVectors, Records};
use renewal::Renewal;
use sketches::{Entry, Sketches};
pub use vectors::{Packed, PassageVectors, decode, encode};
use vectors::{Sketch, encode_stored};

/// The form of the index; another number in the folder means that it is rebuilt.
const VERSION: u32 = 5;
/// The folder of the words within that of the index.
const WORDS: &str = "words";
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
    /// Whether the log is being read anew, and the index still holds what was there before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renewing: bool,
}

impl From<Position> for Mark {
    fn from(position: Position) -> Self {
        Self { position, ..Self::default() }
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
    renewal: Mutex<Option<Renewal>>,
}

impl Index {
    /// Opens the index in a folder, making it anew where it is absent, of another form or model, or damaged. `model`
    /// names the model of the vectors.
    ///
    /// # Errors
    /// The folder cannot be written, or the machine lacks what it takes to open it (memory, files, rights).
    pub fn open(folder: &Path, model: Option<&str>) -> Result<Self, IndexError> {
        // One process at a time makes or opens it: another would take what is half made for damaged. Held is the data
        // folder itself, so that no file is left; where a system cannot do that, two must not begin at once.
        let home = folder.parent().and_then(|home| File::open(home).ok());
        let _turn = home.filter(|home| home.lock().is_ok());
        let means = model.and_then(Means::of_model);
        let form = format!("{VERSION} {}", model.unwrap_or("words"));
        let stamp = folder.join("version");
        let same = std::fs::read_to_string(&stamp).is_ok_and(|v| v.trim() == form);
        if same {
            match Self::open_existing(folder, means.clone()) {
                Ok(index) => return Ok(index),
                Err(error) if machine::is_to_blame(&error) => return Err(error),
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
        let (sketches, renewal) = (RwLock::new(sketches), Mutex::default());
        let opened = Self { fields, writer, reader, index, records, sketches, means, renewal };
        if opened.is_writer() && opened.mark()?.renewing {
            tracing::info!("the search index was being renewed when its process ended; it is made anew");
            opened.clear()?;
        }
        Ok(opened)
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
        let mut read = read.into();
        let touched = put.iter().map(|p| p.post).chain(gone.iter().copied());
        let swept = self.sweep(touched, read.position);
        read.renewing = swept.as_ref().is_some_and(|s| !s.last);
        let ends = swept.as_ref().is_some_and(|s| s.last);
        let gone: Vec<PostId> = gone.iter().copied().chain(swept.into_iter().flat_map(|s| s.posts)).collect();
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
        self.records.apply(put, &fresh, &gone)?;
        let outcome = self.write_words(&mut writer, put, &gone, read);
        if outcome.is_err() {
            writer.rollback()?;
        } else if ends {
            self.end_renewal();
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
        self.end_renewal();
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
