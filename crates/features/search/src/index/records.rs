//! What scoring needs of each passage, in a memory-mapped file beside the words: its terms sentence by sentence, its
//! vectors, its text; and the statistics of all passages, exact after every change.
//!
//! | table | key | value |
//! |---|---|---|
//! | `scoring` | passage | its post, and the hashes of its terms: title and headings, then sentence by sentence |
//! | `vectors` | passage | vectors of passage and sentences |
//! | `sketches` | passage | its post, kind and language, and the signs of its vector, centred |
//! | `texts` | passage | what is shown of it |
//! | `posts` | post | its passages, and what it is counted by |
//! | `holding` | hash of a term | how many passages hold it |
//! | `words` | a word as written | how many passages hold it |
//! | `totals` | name | a number |
//!
//! Everything of one change is written in one transaction; a reader sees all of it or nothing.

use std::collections::HashSet;
use std::path::Path;

use heed::types::Bytes;
use heed::{CommitOrAbort, Database, Env, EnvOpenOptions, RoTxn, RwTxn, WithoutTls};
use rustc_hash::{FxHashMap, FxHashSet};
use xinghe_core::{PassageId, PostId, PostKind};
use xinghe_text::tokens;

use super::IndexError;
use super::document::{Called, Facets, Indexed, Stored};
use super::means::Language;
use super::sketches::{Entry, Sketches};
use super::vectors::Sketch;

type Table = Database<'static, Bytes, Bytes>;

/// Addresses set aside, not memory: the file grows only with what is written.
const MAP_SIZE: usize = 256 << 30;
/// How many searches may read at once.
const READERS: u32 = 1024;
const TABLES: [&str; 8] = ["scoring", "vectors", "sketches", "texts", "posts", "holding", "words", "totals"];

pub(super) struct Records {
    env: Env<WithoutTls>,
    scoring: Table,
    vectors: Table,
    sketches: Table,
    texts: Table,
    posts: Table,
    holding: Table,
    words: Table,
    totals: Table,
}

/// The vectors of a passage, ready to be kept.
pub(super) struct ReadyVectors {
    pub entry: Entry,
    pub bytes: Vec<u8>,
}

/// Sums over all passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    pub passages: u64,
    /// Terms of all passages, title and headings with them.
    pub tokens: u64,
    /// Sentences, each taken with the one after it.
    pub pairs: u64,
    /// Terms of those pairs.
    pub pair_tokens: u64,
    pub embedded: u64,
}

/// The terms of one passage, as stored.
pub(super) struct Terms<'b> {
    pub post: PostId,
    pub language: Language,
    head: &'b [u8],
    lengths: &'b [u8],
    sentences: &'b [u8],
}

impl<'b> Terms<'b> {
    fn write(post: PostId, stored: &Stored) -> Vec<u8> {
        let hashes = |text: &str| tokens::terms(text).iter().map(|t| tokens::hash(&t.text)).collect::<Vec<u32>>();
        let head = hashes(&stored.head());
        let sentences: Vec<Vec<u32>> = stored.sentences.iter().map(|s| hashes(&s.text)).collect();
        let mut out = Vec::new();
        out.extend(post.raw().to_le_bytes());
        out.extend(Language::of(stored.language.primary()).bytes());
        out.extend((head.len() as u32).to_le_bytes());
        out.extend((sentences.len() as u32).to_le_bytes());
        for sentence in &sentences {
            out.extend((sentence.len() as u32).to_le_bytes());
        }
        for hash in head.iter().chain(sentences.iter().flatten()) {
            out.extend(hash.to_le_bytes());
        }
        out
    }

    fn read(bytes: &'b [u8]) -> Option<Self> {
        let (post, rest) = bytes.split_first_chunk::<8>()?;
        let (language, rest) = rest.split_first_chunk::<2>()?;
        let (head, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (lengths, rest) = rest.split_at_checked(u32::from_le_bytes(*count) as usize * 4)?;
        let (head, sentences) = rest.split_at_checked(u32::from_le_bytes(*head) as usize * 4)?;
        let post = PostId::from_raw(i64::from_le_bytes(*post));
        Some(Self { post, language: Language::from_bytes(*language), head, lengths, sentences })
    }

    /// The hashes of title and headings.
    pub fn head(&self) -> impl Iterator<Item = u32> + use<'b> {
        hashes(self.head)
    }

    /// The hashes of each sentence.
    pub fn sentences(&self) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        let mut rest = self.sentences;
        hashes(self.lengths).map(move |length| {
            let (sentence, after) = rest.split_at_checked(length as usize * 4).unwrap_or((rest, &[]));
            rest = after;
            sentence
        })
    }

    /// How many terms there are in all.
    pub fn length(&self) -> u32 {
        ((self.head.len() + self.sentences.len()) / 4) as u32
    }

    /// How many sentences there are, and how many terms they have when each is taken with its follower.
    fn pairs(&self) -> (u64, u64) {
        let lengths: Vec<u64> = hashes(self.lengths).map(u64::from).collect();
        let tokens = lengths.iter().sum::<u64>() + lengths.iter().skip(1).sum::<u64>();
        (lengths.len() as u64, tokens)
    }

    /// Its terms, each once.
    pub fn distinct(&self) -> FxHashSet<u32> {
        self.head().chain(hashes(self.sentences)).collect()
    }
}

/// Reads hashes one after another.
pub(super) fn hashes<'b>(bytes: &'b [u8]) -> impl Iterator<Item = u32> + use<'b> {
    bytes.chunks_exact(4).filter_map(|b| b.try_into().ok().map(u32::from_le_bytes))
}

/// What a change adds to and takes from the statistics.
#[derive(Default)]
struct Change {
    holding: FxHashMap<u32, i64>,
    words: FxHashMap<String, i64>,
    passages: i64,
    tokens: i64,
    pairs: i64,
    pair_tokens: i64,
    embedded: i64,
}

impl Change {
    fn count(&mut self, terms: &Terms<'_>, sign: i64) {
        for hash in terms.distinct() {
            *self.holding.entry(hash).or_default() += sign;
        }
        let (pairs, tokens) = terms.pairs();
        self.passages += sign;
        self.tokens += sign * i64::from(terms.length());
        self.pairs += sign * pairs as i64;
        self.pair_tokens += sign * tokens as i64;
    }

    fn count_words(&mut self, stored: &Stored, sign: i64) {
        for word in written_words(stored) {
            *self.words.entry(word).or_default() += sign;
        }
    }
}

/// The words that a misspelt one could have meant.
fn written_words(stored: &Stored) -> FxHashSet<String> {
    let prose = stored.sentences.iter().filter(|s| !s.code).map(|s| s.text.as_str());
    std::iter::once(stored.title.as_str())
        .chain(prose)
        .flat_map(|t| t.split(|c: char| !c.is_ascii_alphabetic()))
        .filter(|w| (3..=30).contains(&w.len()))
        .map(str::to_ascii_lowercase)
        .collect()
}

/// The ids of a post's passages, and its facets.
fn parts(post: &[u8]) -> (&[u8], &[u8]) {
    let Some((count, rest)) = post.split_first_chunk::<4>() else { return (&[], &[]) };
    rest.split_at_checked(u32::from_le_bytes(*count) as usize * 8).unwrap_or((&[], &[]))
}

fn key(id: i64) -> [u8; 8] {
    id.to_be_bytes()
}

fn number(bytes: Option<&[u8]>) -> u64 {
    bytes.and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

impl Records {
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        std::fs::create_dir_all(folder)?;
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.map_size(MAP_SIZE).max_dbs(TABLES.len() as u32).max_readers(READERS);
        #[expect(unsafe_code, reason = "the file is mapped; the data directory is locked by this process")]
        let env = unsafe { options.open(folder)? };
        let unit = env.write_txn()?;
        let tables = env.create_databases_and_commit(unit, |opener, unit| {
            let [a, b, c, d, e, f, g, h] = TABLES.map(|name| opener.create_database::<Bytes, Bytes>(unit, Some(name)));
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit([a?, b?, c?, d?, e?, f?, g?, h?]))
        })?;
        let CommitOrAbort::Commit([scoring, vectors, sketches, texts, posts, holding, words, totals]) = tables else {
            return Err(IndexError::Folder(std::io::Error::other("the tables could not be made")));
        };
        Ok(Self { env, scoring, vectors, sketches, texts, posts, holding, words, totals })
    }

    pub fn read(&self) -> Result<RoTxn<'_, WithoutTls>, IndexError> {
        Ok(self.env.read_txn()?)
    }

    /// Puts posts in, each in place of what was there of it, adds vectors to passages that are there, and takes posts
    /// out.
    pub fn apply(&self, put: &[Indexed], vectors: &[ReadyVectors], gone: &[PostId]) -> Result<(), IndexError> {
        let mut unit = self.env.write_txn()?;
        let mut change = Change::default();
        for post in put.iter().map(|p| p.post).chain(gone.iter().copied()) {
            self.remove(&mut unit, post, &mut change)?;
        }
        for indexed in put {
            let mut ids = (indexed.passages.len() as u32).to_le_bytes().to_vec();
            for stored in &indexed.passages {
                let id = key(stored.passage.id.raw());
                ids.extend(id);
                let bytes = Terms::write(indexed.post, stored);
                if let Some(terms) = Terms::read(&bytes) {
                    change.count(&terms, 1);
                }
                change.count_words(stored, 1);
                self.scoring.put(&mut unit, &id, &bytes)?;
                self.texts.put(&mut unit, &id, &serde_json::to_vec(stored)?)?;
            }
            ids.extend(serde_json::to_vec(&indexed.facets())?);
            self.posts.put(&mut unit, &key(indexed.post.raw()), &ids)?;
        }
        for ready in vectors {
            let id = key(ready.entry.passage.raw());
            // Of a revision that is no longer the current one.
            if self.scoring.get(&unit, &id)?.is_none() {
                continue;
            }
            change.embedded += i64::from(self.vectors.get(&unit, &id)?.is_none());
            self.vectors.put(&mut unit, &id, &ready.bytes)?;
            let mut sketch = ready.entry.post.raw().to_le_bytes().to_vec();
            sketch.push(ready.entry.kind as u8);
            sketch.extend(ready.entry.language.bytes());
            sketch.extend(ready.entry.sketch.0.iter().flat_map(|w| w.to_le_bytes()));
            self.sketches.put(&mut unit, &id, &sketch)?;
        }
        self.write_change(&mut unit, change)?;
        unit.commit()?;
        Ok(())
    }

    fn remove(&self, unit: &mut RwTxn<'_>, post: PostId, change: &mut Change) -> Result<(), IndexError> {
        let Some(ids) = self.posts.get(unit, &key(post.raw()))?.map(|p| parts(p).0.to_vec()) else { return Ok(()) };
        for id in ids.chunks_exact(8) {
            if let Some(terms) = self.scoring.get(unit, id)?.and_then(Terms::read) {
                change.count(&terms, -1);
            }
            if let Some(text) = self.texts.get(unit, id)? {
                change.count_words(&serde_json::from_slice(text)?, -1);
            }
            self.scoring.delete(unit, id)?;
            self.texts.delete(unit, id)?;
            self.sketches.delete(unit, id)?;
            change.embedded -= i64::from(self.vectors.delete(unit, id)?);
        }
        self.posts.delete(unit, &key(post.raw()))?;
        Ok(())
    }

    fn write_change(&self, unit: &mut RwTxn<'_>, change: Change) -> Result<(), IndexError> {
        let mut holding: Vec<_> = change.holding.into_iter().map(|(h, by)| (h.to_be_bytes(), by)).collect();
        // In the order of the keys a page is found again where it was left.
        holding.sort_unstable();
        for (key, by) in &holding {
            add(self.holding, unit, key, *by)?;
        }
        let mut words: Vec<_> = change.words.into_iter().collect();
        words.sort_unstable();
        for (word, by) in &words {
            add(self.words, unit, word.as_bytes(), *by)?;
        }
        let totals = [
            ("passages", change.passages),
            ("tokens", change.tokens),
            ("pairs", change.pairs),
            ("pair_tokens", change.pair_tokens),
            ("embedded", change.embedded),
        ];
        for (name, by) in totals {
            add(self.totals, unit, name.as_bytes(), by)?;
        }
        Ok(())
    }

    pub fn clear(&self) -> Result<(), IndexError> {
        let mut unit = self.env.write_txn()?;
        let all =
            [self.scoring, self.vectors, self.sketches, self.texts, self.posts, self.holding, self.words, self.totals];
        for table in all {
            table.clear(&mut unit)?;
        }
        unit.commit()?;
        Ok(())
    }

    pub fn totals(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<Totals, IndexError> {
        let of = |name: &str| Ok::<_, heed::Error>(number(self.totals.get(txn, name.as_bytes())?));
        Ok(Totals {
            passages: of("passages")?,
            tokens: of("tokens")?,
            pairs: of("pairs")?,
            pair_tokens: of("pair_tokens")?,
            embedded: of("embedded")?,
        })
    }

    /// The totals, and how many passages hold each term, as if a post did not exist.
    pub fn without(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        hashes: &[u32],
        post: Option<PostId>,
    ) -> Result<(Totals, Vec<u64>), IndexError> {
        let mut totals = self.totals(txn)?;
        let held = |hash: &u32| Ok::<_, heed::Error>(number(self.holding.get(txn, &hash.to_be_bytes())?));
        let mut holding = hashes.iter().map(held).collect::<Result<Vec<u64>, _>>()?;
        let ids = match post {
            Some(post) => self.posts.get(txn, &key(post.raw()))?.map_or(&[][..], |p| parts(p).0),
            None => &[],
        };
        for id in ids.chunks_exact(8) {
            let Some(terms) = self.scoring.get(txn, id)?.and_then(Terms::read) else { continue };
            let distinct = terms.distinct();
            for (n, hash) in holding.iter_mut().zip(hashes) {
                *n = n.saturating_sub(u64::from(distinct.contains(hash)));
            }
            let (pairs, tokens) = terms.pairs();
            totals.passages = totals.passages.saturating_sub(1);
            totals.tokens = totals.tokens.saturating_sub(u64::from(terms.length()));
            totals.pairs = totals.pairs.saturating_sub(pairs);
            totals.pair_tokens = totals.pair_tokens.saturating_sub(tokens);
        }
        Ok((totals, holding))
    }

    pub fn terms<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        passage: PassageId,
    ) -> Result<Option<Terms<'t>>, IndexError> {
        Ok(self.scoring.get(txn, &key(passage.raw()))?.and_then(Terms::read))
    }

    pub fn vectors<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        passage: PassageId,
    ) -> Result<Option<&'t [u8]>, IndexError> {
        Ok(self.vectors.get(txn, &key(passage.raw()))?)
    }

    pub fn text(&self, txn: &RoTxn<'_, WithoutTls>, passage: PassageId) -> Result<Option<Stored>, IndexError> {
        let bytes = self.texts.get(txn, &key(passage.raw()))?;
        Ok(bytes.map(serde_json::from_slice).transpose()?)
    }

    /// How the post of a passage is called.
    pub fn called<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        passage: PassageId,
    ) -> Result<Option<Called<'t>>, IndexError> {
        let bytes = self.texts.get(txn, &key(passage.raw()))?;
        Ok(bytes.map(serde_json::from_slice).transpose()?)
    }

    pub fn posts(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<u64, IndexError> {
        Ok(self.posts.len(txn)?)
    }

    /// All posts.
    pub fn post_ids(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<HashSet<PostId>, IndexError> {
        let id = |bytes: &[u8]| PostId::from_raw(bytes.try_into().map_or(0, i64::from_be_bytes));
        self.posts.iter(txn)?.map(|row| Ok(id(row?.0))).collect()
    }

    /// What a post is counted by.
    pub fn facets(&self, txn: &RoTxn<'_, WithoutTls>, post: PostId) -> Result<Option<Facets>, IndexError> {
        let bytes = self.posts.get(txn, &key(post.raw()))?;
        Ok(bytes.map(|b| serde_json::from_slice(parts(b).1)).transpose()?)
    }

    /// The sketches of all passages.
    pub fn sketches(&self) -> Result<Sketches, IndexError> {
        let txn = self.read()?;
        let mut all = Sketches::default();
        for row in self.sketches.iter(&txn)? {
            let (id, value) = row?;
            let Some((post, [kind, a, b, signs @ ..])) = value.split_first_chunk::<8>() else { continue };
            let Some(kind) = PostKind::ALL.get(usize::from(*kind)).copied() else { continue };
            let mut sketch = Sketch::default();
            for (word, bytes) in sketch.0.iter_mut().zip(signs.chunks_exact(8)) {
                *word = number(Some(bytes));
            }
            let id = id.try_into().map_or(0, i64::from_be_bytes);
            let (passage, post) = (PassageId::from_raw(id), PostId::from_raw(i64::from_le_bytes(*post)));
            all.put(Entry { passage, post, kind, language: Language::from_bytes([*a, *b]), sketch });
        }
        Ok(all)
    }

    /// How many passages hold a word as written.
    pub fn word(&self, txn: &RoTxn<'_, WithoutTls>, word: &str) -> Result<u64, IndexError> {
        Ok(number(self.words.get(txn, word.as_bytes())?))
    }

    /// The words that begin so, with how many passages hold each.
    pub fn words_from(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        prefix: &str,
        mut with: impl FnMut(&str, u64),
    ) -> Result<(), IndexError> {
        for row in self.words.prefix_iter(txn, prefix.as_bytes())? {
            let (word, count) = row?;
            if let Ok(word) = std::str::from_utf8(word) {
                with(word, number(Some(count)));
            }
        }
        Ok(())
    }
}

fn add(table: Table, unit: &mut RwTxn<'_>, key: &[u8], by: i64) -> Result<(), IndexError> {
    if by == 0 {
        return Ok(());
    }
    let now = number(table.get(unit, key)?).saturating_add_signed(by);
    if now == 0 {
        table.delete(unit, key)?;
    } else {
        table.put(unit, key, &now.to_le_bytes())?;
    }
    Ok(())
}
