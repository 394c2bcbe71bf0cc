//! The unigram tokenizer of XLM-RoBERTa, read from the model file.
//!
//! A text is mapped code point by code point (nearly NFKC), its white space collapsed, each word marked with U+2581
//! in front, and cut into the pieces whose scores add up highest (Viterbi; Kudo 2018, "Subword Regularization").
//! Pieces stay in the mapped file; beside it stands only a hash index.

use std::ops::Range;
use std::sync::Arc;

use memmap2::Mmap;
use rustc_hash::FxHashMap;

use crate::error::ModelError;
use crate::file::{Cursor, ModelFile};

/// U+2581, in front of each word.
const MARK: char = '\u{2581}';
const MARK_BYTES: &[u8] = "\u{2581}".as_bytes();
/// How much less than the worst piece a character costs that no piece contains.
const UNKNOWN_COST: f64 = 10.0;
/// A word is cut here, so that a text without any space needs no memory in proportion to its length.
const LONGEST_WORD: usize = 16 * 1024;
/// Slots without a piece.
const EMPTY: u32 = u32::MAX;
const PREFIX_BITS: u32 = 22;

/// Cuts texts into the model's tokens.
pub struct Tokenizer {
    map: Arc<Mmap>,
    pieces: usize,
    offsets: usize,
    scores: usize,
    blob: Range<usize>,
    bos: u32,
    eos: u32,
    unknown: u32,
    unknown_score: f64,
    /// Open addressing: a piece's id in the slot its hash leads to.
    slots: Vec<u32>,
    slot_shift: u32,
    /// A bit per hash of every beginning of every piece: tells when no longer piece can follow.
    prefixes: Vec<u64>,
    longest: usize,
    ascii: [Mapped; 128],
    mapping: FxHashMap<char, Mapped>,
    replacements: Vec<char>,
}

/// What a code point becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mapped {
    Itself,
    Replaced { at: u32, count: u8 },
}

/// Buffers of the Viterbi search, kept between texts.
#[derive(Default)]
pub(crate) struct Scratch {
    word: Vec<u8>,
    best: Vec<f64>,
    back: Vec<(u32, u32)>,
    reversed: Vec<u32>,
}

fn step(hash: u64, byte: u8) -> u64 {
    (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95)
}

fn prefix_bit(hash: u64) -> (usize, u64) {
    let bit = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PREFIX_BITS)) as usize;
    (bit / 64, 1 << (bit % 64))
}

fn ends_character(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|b| b & 0xc0 != 0x80)
}

impl Tokenizer {
    /// Reads the tokenizer of `file`; gives also where the tensor directory begins.
    pub(crate) fn read(file: &ModelFile) -> Result<(Self, usize), ModelError> {
        let vocabulary = file.shape().vocabulary;
        Self::parse(file.map(), file.tokenizer_at(), vocabulary).map_err(|what| file.damaged(what))
    }

    fn parse(map: &Arc<Mmap>, at: usize, vocabulary: usize) -> Result<(Self, usize), String> {
        let mut cursor = Cursor::new(map, at);
        let pieces = cursor.count("the number of pieces", 1..vocabulary.saturating_add(1))?;
        let mut special = |what: &str| cursor.count(what, 0..vocabulary).map(|id| id as u32);
        let (bos, eos) = (special("the first token")?, special("the last token")?);
        let (pad, unknown) = (special("the padding token")?, special("the unknown token")?);
        let blob_bytes = cursor.u64("the length of the pieces")?;
        let offsets = cursor.at();
        cursor.take((pieces + 1) * 4, "the offsets of the pieces")?;
        let scores = cursor.at();
        cursor.take(pieces * 4, "the scores of the pieces")?;
        let blob = cursor.at();
        cursor.take(blob_bytes, "the pieces")?;
        let mut tokenizer = Self {
            map: Arc::clone(map),
            pieces,
            offsets,
            scores,
            blob: blob..blob + blob_bytes,
            bos,
            eos,
            unknown,
            unknown_score: 0.0,
            slots: Vec::new(),
            slot_shift: 0,
            prefixes: vec![0; (1 << PREFIX_BITS) / 64],
            longest: 0,
            ascii: [Mapped::Itself; 128],
            mapping: FxHashMap::default(),
            replacements: Vec::new(),
        };
        tokenizer.index(&[bos, eos, pad, unknown])?;
        tokenizer.read_mapping(&mut cursor)?;
        Ok((tokenizer, cursor.at()))
    }

    /// Fills the hash index. Control tokens are not indexed, so that no text can spell them; besides the named ones
    /// (`<mask>`) they are known by their score of 0, which no piece of text has.
    fn index(&mut self, control: &[u32]) -> Result<(), String> {
        let bits = (self.pieces * 2).next_power_of_two().trailing_zeros().max(4);
        self.slots = vec![EMPTY; 1 << bits];
        self.slot_shift = 64 - bits;
        let mut worst = 0.0f64;
        for id in 0..self.pieces as u32 {
            let range = self.piece_range(id)?;
            let score = self.score(id);
            if !score.is_finite() {
                return Err(format!("the score of piece {id} is {score}"));
            }
            if control.contains(&id) || score == 0.0 || range.is_empty() {
                continue;
            }
            worst = worst.min(score);
            let map = Arc::clone(&self.map);
            self.insert(id, &map[range]);
        }
        self.unknown_score = worst - UNKNOWN_COST;
        Ok(())
    }

    fn insert(&mut self, id: u32, piece: &[u8]) {
        let mut hash = 0;
        for (i, &byte) in piece.iter().enumerate() {
            hash = step(hash, byte);
            if ends_character(piece, i + 1) {
                let (word, bit) = prefix_bit(hash);
                self.prefixes[word] |= bit;
            }
        }
        self.longest = self.longest.max(piece.len());
        let mut slot = self.first_slot(hash);
        while self.slots[slot] != EMPTY {
            if self.piece(self.slots[slot]) == piece {
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = id;
    }

    fn read_mapping(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let what = "the table of characters";
        let entries = cursor.count("the number of mapped characters", 0..0x11_0000)?;
        let bytes = cursor.u32(what)? as usize;
        let end = cursor.at() + bytes;
        for _ in 0..entries {
            let from = character(cursor.u32(what)?)?;
            let count = cursor.u8(what)?;
            let at = self.replacements.len() as u32;
            for _ in 0..count {
                self.replacements.push(character(cursor.u32(what)?)?);
            }
            let mapped = Mapped::Replaced { at, count };
            match self.ascii.get_mut(from as usize) {
                Some(slot) => *slot = mapped,
                None => {
                    self.mapping.insert(from, mapped);
                }
            }
        }
        if cursor.at() != end {
            return Err(format!("{what} has {bytes} bytes, but its entries do not fill them"));
        }
        Ok(())
    }

    fn number(&self, at: usize) -> [u8; 4] {
        let mut out = [0; 4];
        out.copy_from_slice(&self.map[at..at + 4]);
        out
    }

    fn piece_range(&self, id: u32) -> Result<Range<usize>, String> {
        let at = self.offsets + id as usize * 4;
        let start = u32::from_le_bytes(self.number(at)) as usize;
        let end = u32::from_le_bytes(self.number(at + 4)) as usize;
        if start > end || end > self.blob.len() {
            return Err(format!("piece {id} lies at {start}..{end} of {} bytes", self.blob.len()));
        }
        Ok(self.blob.start + start..self.blob.start + end)
    }

    /// The bytes of a piece. Ranges were checked when the file was opened.
    fn piece(&self, id: u32) -> &[u8] {
        self.piece_range(id).map_or(&[], |range| &self.map[range])
    }

    fn score(&self, id: u32) -> f64 {
        f64::from(f32::from_le_bytes(self.number(self.scores + id as usize * 4)))
    }

    fn first_slot(&self, hash: u64) -> usize {
        (hash.wrapping_mul(0x2545_f491_4f6c_dd1d) >> self.slot_shift) as usize
    }

    fn find(&self, hash: u64, bytes: &[u8]) -> Option<u32> {
        let mut slot = self.first_slot(hash);
        loop {
            match self.slots[slot] {
                EMPTY => return None,
                id if self.piece(id) == bytes => return Some(id),
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// The text's tokens, without the marks of beginning and end. No text makes this fail; characters that the model
    /// does not know become its unknown token.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        self.encode_into(text.chars(), &mut Scratch::default(), &mut out);
        out
    }

    /// How many tokens [`encode`](Self::encode) would give.
    pub fn count(&self, text: &str) -> usize {
        self.encode(text).len()
    }

    /// The token that begins every window.
    pub fn bos(&self) -> u32 {
        self.bos
    }

    /// The token that ends every window.
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// How many pieces there are; every token is below the model's vocabulary size, which may be larger.
    pub fn pieces(&self) -> usize {
        self.pieces
    }

    pub(crate) fn encode_into(&self, text: impl Iterator<Item = char>, scratch: &mut Scratch, out: &mut Vec<u32>) {
        let mut word = std::mem::take(&mut scratch.word);
        word.clear();
        for c in text {
            let mapped = match self.ascii.get(c as usize) {
                Some(mapped) => *mapped,
                None => self.mapping.get(&c).copied().unwrap_or(Mapped::Itself),
            };
            match mapped {
                Mapped::Itself => self.push(c, &mut word, scratch, out),
                Mapped::Replaced { at, count } => {
                    let at = at as usize;
                    for &c in &self.replacements[at..at + usize::from(count)] {
                        self.push(c, &mut word, scratch, out);
                    }
                }
            }
        }
        self.cut(&word, scratch, out);
        scratch.word = word;
    }

    /// Adds a mapped character to the word, or ends the word at a space.
    fn push(&self, c: char, word: &mut Vec<u8>, scratch: &mut Scratch, out: &mut Vec<u32>) {
        let space = c == ' ' || c == MARK;
        if space || word.len() >= LONGEST_WORD {
            self.cut(word, scratch, out);
            word.clear();
        }
        if space {
            return;
        }
        // A word that was only cut for its length goes on without a new mark.
        if word.is_empty() {
            word.extend_from_slice(MARK_BYTES);
        }
        let mut utf8 = [0; 4];
        word.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
    }

    /// Viterbi over one word.
    fn cut(&self, word: &[u8], scratch: &mut Scratch, out: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let Scratch { best, back, reversed, .. } = scratch;
        best.clear();
        best.resize(word.len() + 1, f64::NEG_INFINITY);
        back.clear();
        back.resize(word.len() + 1, (0, 0));
        best[0] = 0.0;
        for start in 0..word.len() {
            if best[start] == f64::NEG_INFINITY {
                continue;
            }
            self.extend(word, start, best, back);
        }
        reversed.clear();
        let mut end = word.len();
        while end > 0 {
            let (start, id) = back[end];
            // A run of unknown characters is one unknown token.
            if id != self.unknown || reversed.last() != Some(&id) {
                reversed.push(id);
            }
            end = start as usize;
        }
        out.extend(reversed.iter().rev());
    }

    /// Tries every piece that begins at `start`, and the unknown token for one character.
    fn extend(&self, word: &[u8], start: usize, best: &mut [f64], back: &mut [(u32, u32)]) {
        let so_far = best[start];
        let mut consider = |end: usize, score: f64, id: u32| {
            if so_far + score > best[end] {
                best[end] = so_far + score;
                back[end] = (start as u32, id);
            }
        };
        let mut hash = 0;
        let mut first = true;
        for end in start + 1..=word.len().min(start + self.longest.max(4)) {
            hash = step(hash, word[end - 1]);
            if !ends_character(word, end) {
                continue;
            }
            if first {
                consider(end, self.unknown_score, self.unknown);
                first = false;
            }
            let (at, bit) = prefix_bit(hash);
            if self.prefixes[at] & bit == 0 {
                break;
            }
            if let Some(id) = self.find(hash, &word[start..end]) {
                consider(end, self.score(id), id);
            }
        }
    }
}

fn character(code: u32) -> Result<char, String> {
    char::from_u32(code).ok_or_else(|| format!("its table of characters holds {code:#x}, which is no character"))
}
