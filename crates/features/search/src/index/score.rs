//! One score from words and meaning.

use std::collections::HashMap;

use rustc_hash::FxHashMap;
use xinghe_core::PassageId;
use xinghe_core::evidence::{Evidence, EvidenceHit, QueryTerm, SentenceEvidence};
use xinghe_text::tokens::{self, QueryToken};

use super::document::Stored;
use super::{PassageVectors, Statistics};

/// BM25 of a whole passage.
const PASSAGE: Bm25 = Bm25 { k1: 1.0, b: 0.5 };
/// BM25 of a sentence with its follower.
const SENTENCE: Bm25 = Bm25 { k1: 0.5, b: 0.5 };
/// S = A + 2B + 9C + 15D.
const B: f32 = 2.0;
const C: f32 = 9.0;
const D: f32 = 15.0;

struct Bm25 {
    k1: f32,
    b: f32,
}

impl Bm25 {
    fn of(&self, counts: &Counts, weights: &[f32], average: f32) -> f32 {
        let norm = self.k1 * (1.0 - self.b + self.b * counts.length as f32 / average);
        let part = |(count, weight): (&u16, &f32)| {
            let tf = f32::from(*count);
            weight * tf * (self.k1 + 1.0) / (tf + norm)
        };
        counts.of_term.iter().zip(weights).filter(|(c, _)| **c > 0).map(part).sum()
    }
}

/// How often a text holds each of the query's terms, and how many terms it has.
pub(super) struct Counts {
    pub of_term: Vec<u16>,
    pub length: u32,
}

pub(super) fn count(text: &str, terms: &[QueryToken]) -> Counts {
    let places: FxHashMap<&str, usize> = terms.iter().enumerate().map(|(i, t)| (t.text.as_str(), i)).collect();
    let mut counts = Counts { of_term: vec![0; terms.len()], length: 0 };
    for term in tokens::terms(text) {
        counts.length += 1;
        if let Some(i) = places.get(term.text.as_str()) {
            counts.of_term[*i] = counts.of_term[*i].saturating_add(1);
        }
    }
    counts
}

fn together(a: &Counts, b: Option<&Counts>) -> Counts {
    let Some(b) = b else { return Counts { of_term: a.of_term.clone(), length: a.length } };
    let of_term = a.of_term.iter().zip(&b.of_term).map(|(x, y)| x.saturating_add(*y)).collect();
    Counts { of_term, length: a.length + b.length }
}

struct Scored {
    hit: EvidenceHit,
    has_vectors: bool,
}

pub(super) fn evidence(
    text: &str,
    terms: &[QueryToken],
    statistics: &Statistics,
    candidates: Vec<Stored>,
    vector: Option<&[f32]>,
    vectors: &HashMap<PassageId, PassageVectors>,
    limit: usize,
) -> Evidence {
    let n = statistics.passages as f32;
    let idf = |df: u64| (1.0 + (n - df as f32 + 0.5).max(0.0) / (df as f32 + 0.5)).ln();
    let idfs: Vec<f32> = statistics.holding.iter().map(|df| idf(*df)).collect();
    let weights: Vec<f32> = terms.iter().zip(&idfs).map(|(t, i)| t.weight * i).collect();
    let total = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let language = xinghe_text::detect(text);
    let mut scored: Vec<Scored> = candidates
        .into_iter()
        .map(|stored| one(stored, terms, &weights, total, statistics.average, vector, vectors))
        .collect();
    make_comparable(&mut scored);
    let mut hits: Vec<EvidenceHit> = scored.into_iter().map(|s| s.hit).collect();
    for hit in &mut hits {
        hit.score = hit.words + B * hit.sentence_words + C * hit.meaning + D * hit.sentence_meaning;
        hit.cross_language = language.primary() != "und" && language.primary() != hit.language.primary();
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.id.cmp(&b.passage.id)));
    hits.truncate(limit);
    let term = |(t, idf): (&QueryToken, &f32)| QueryTerm {
        text: t.text.clone(),
        weight: t.weight,
        idf: *idf,
        whole_word: t.whole_word,
    };
    Evidence { terms: terms.iter().zip(&idfs).map(term).collect(), total, hits, meaning: vector.is_some() }
}

fn one(
    stored: Stored,
    terms: &[QueryToken],
    weights: &[f32],
    total: f32,
    average: f32,
    vector: Option<&[f32]>,
    vectors: &HashMap<PassageId, PassageVectors>,
) -> Scored {
    let whole = count(&stored.searchable(), terms);
    let parts: Vec<Counts> = stored.sentences.iter().map(|s| count(&s.text, terms)).collect();
    let mean = (parts.iter().map(|p| p.length).sum::<u32>() as f32 * 2.0 / parts.len().max(1) as f32).max(1.0);
    let pair = |i: usize| SENTENCE.of(&together(&parts[i], parts.get(i + 1)), weights, mean);
    let best = (0..parts.len()).map(pair).fold(0.0, f32::max);
    let own = vectors.get(&stored.passage.id).filter(|v| v.sentences.len() == stored.sentences.len());
    let (meaning, cosines) = match (own, vector) {
        (Some(own), Some(q)) => (own.passage.cosine(q), own.sentences.iter().map(|s| s.cosine(q)).collect()),
        _ => (0.0, vec![0.0; stored.sentences.len()]),
    };
    let spoken = |i: &usize| !stored.sentences[*i].heading;
    let sentences = (0..stored.sentences.len())
        .filter(spoken)
        .map(|i| {
            let s = &stored.sentences[i];
            SentenceEvidence {
                text: s.text.clone(),
                start: s.start,
                end: s.end,
                code: s.code,
                cosine: cosines[i],
                term_counts: parts[i].of_term.clone(),
            }
        })
        .collect();
    let hit = EvidenceHit {
        author: stored.author,
        language: stored.language,
        score: 0.0,
        words: PASSAGE.of(&whole, weights, average) / total,
        sentence_words: best / total,
        meaning,
        sentence_meaning: cosines.iter().copied().fold(0.0, f32::max),
        cross_language: false,
        term_counts: whole.of_term,
        sentences,
        passage: stored.passage,
    };
    Scored { hit, has_vectors: own.is_some() && vector.is_some() }
}

/// A passage whose vectors are not there yet is given the mean of those that have them, so that it is neither lost
/// nor favoured until its turn comes.
fn make_comparable(scored: &mut [Scored]) {
    let with: Vec<&EvidenceHit> = scored.iter().filter(|s| s.has_vectors).map(|s| &s.hit).collect();
    if with.is_empty() {
        return;
    }
    let count = with.len() as f32;
    let meaning = with.iter().map(|h| h.meaning).sum::<f32>() / count;
    let sentence_meaning = with.iter().map(|h| h.sentence_meaning).sum::<f32>() / count;
    for s in scored.iter_mut().filter(|s| !s.has_vectors) {
        s.hit.meaning = meaning;
        s.hit.sentence_meaning = sentence_meaning;
    }
}
