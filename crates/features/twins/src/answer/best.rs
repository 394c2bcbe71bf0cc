//! Which sentence answers best.
//!
//! A linear score over features of each sentence of the best three passages; the weights were fitted on question sets
//! in Chinese (both scripts) and English. What carries it: the sentence's meaning near the question's (`cosine`), the
//! question's words that stand here and hardly elsewhere in the passage (`loc²`), and that the neighbours hold words
//! this one lacks, since a text rarely repeats its subject in each sentence.

use xinghe_core::evidence::{Evidence, EvidenceHit, QueryTerm, SentenceEvidence};

use super::cues::{Asked, asked, counts_the_asked, offers};

/// How many passages are looked into.
pub const PASSAGES: usize = 3;

/// The weights of the features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Idf share of the query that the sentence before holds and this one does not.
    pub before: f32,
    /// The same of the sentence behind.
    pub behind: f32,
    /// Share of the passage's locality that is hit here.
    pub loc: f32,
    /// The same with squared locality.
    pub loc2: f32,
    /// The same over all passages looked into.
    pub locg: f32,
    /// Cosine of query and sentence.
    pub cosine: f32,
    /// The passage's score less the best passage's.
    pub passage: f32,
    /// A date question and a date that is not in it.
    pub date: f32,
    /// A number question and a number that is not in it.
    pub number: f32,
    /// A why question and a causal word.
    pub why: f32,
    /// A who question and a cue of a name that is not in it.
    pub who: f32,
    /// A where question and a cue of a place that is not in it.
    pub place: f32,
    /// A numeral before the very thing that is counted.
    pub counted: f32,
    /// Idf share of the query that the heading above holds and this one does not.
    pub under: f32,
}

impl Weights {
    /// Fitted on XQuAD in Chinese and English, CMRC 2018 and DRCD, whose texts have no headings: a heading weighs as the
    /// sentence before does. With weights fitted on the other sets, each comes
    /// out within .01 of what these give (`docs/evaluation.md`) for the best sentence, and within .005 for three.
    pub const FITTED: Self = Self {
        before: 3.43,
        behind: 1.71,
        loc: -5.19,
        loc2: 6.65,
        locg: 2.56,
        cosine: 33.0,
        passage: 1.92,
        date: 2.61,
        number: 1.56,
        why: 1.33,
        who: 1.74,
        place: 1.07,
        counted: 1.63,
        under: 3.43,
    };
}

/// A sentence in the order of how well it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Index into [`Evidence::hits`].
    pub hit: usize,
    /// Index into the hit's sentences.
    pub sentence: usize,
    /// Its score; comparable within one question.
    pub score: f32,
}

/// How many features a sentence has.
pub const FEATURES: usize = 14;

impl Weights {
    /// In the order of [`features`].
    pub const fn in_order(&self) -> [f32; FEATURES] {
        [
            self.before,
            self.behind,
            self.loc,
            self.loc2,
            self.locg,
            self.cosine,
            self.passage,
            self.date,
            self.number,
            self.why,
            self.who,
            self.place,
            self.counted,
            self.under,
        ]
    }
}

/// The sentences of the best passages, best first.
pub fn rank(question: &str, evidence: &Evidence, weights: &Weights) -> Vec<Ranked> {
    let weights = weights.in_order();
    let score = |(hit, sentence, features): (usize, usize, [f32; FEATURES])| {
        let score = features.iter().zip(&weights).map(|(f, w)| f * w).sum();
        Ranked { hit, sentence, score }
    };
    let mut ranked: Vec<Ranked> = features(question, evidence).into_iter().map(score).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.hit, a.sentence).cmp(&(b.hit, b.sentence))));
    ranked
}

/// The features of each sentence of the best passages: hit, sentence, and the values that [`Weights`] weigh.
pub fn features(question: &str, evidence: &Evidence) -> Vec<(usize, usize, [f32; FEATURES])> {
    let hits = &evidence.hits[..evidence.hits.len().min(PASSAGES)];
    let Some(top) = hits.first().map(|h| h.score) else { return Vec::new() };
    let wanted = asked(question);
    let all: Vec<&SentenceEvidence> = hits.iter().flat_map(|h| &h.sentences).filter(|s| !s.heading).collect();
    let global = Locality::of(evidence, &all);
    let mut examined = Vec::with_capacity(all.len());
    for (hit, h) in hits.iter().enumerate() {
        let own: Vec<&SentenceEvidence> = h.sentences.iter().filter(|s| !s.heading).collect();
        let local = Locality::of(evidence, &own);
        let above = h.passage.headings.last().map(|text| held_by(evidence, text)).unwrap_or_default();
        let mut heading: &[u16] = &above;
        for (index, sentence) in h.sentences.iter().enumerate() {
            if sentence.heading {
                heading = &sentence.term_counts;
                continue;
            }
            let neighbour = |i: Option<usize>| -> &[u16] {
                let prose = i.and_then(|i| h.sentences.get(i)).filter(|s| !s.heading);
                prose.map_or(&[], |s| s.term_counts.as_slice())
            };
            let offered = if offers(wanted, &sentence.text, question) { 1.0 } else { 0.0 };
            let of = |kind: Asked| if wanted == kind { offered } else { 0.0 };
            let features = [
                missing_here(evidence, &sentence.term_counts, neighbour(index.checked_sub(1))),
                missing_here(evidence, &sentence.term_counts, neighbour(Some(index + 1))),
                local.share(evidence, sentence, false),
                local.share(evidence, sentence, true),
                global.share(evidence, sentence, false),
                sentence.cosine,
                h.score - top,
                of(Asked::Date),
                of(Asked::Number),
                of(Asked::Why),
                of(Asked::Who),
                of(Asked::Where),
                if counts_the_asked(question, &sentence.text) { 1.0 } else { 0.0 },
                missing_here(evidence, &sentence.term_counts, heading),
            ];
            examined.push((hit, index, features));
        }
    }
    examined
}

/// The idf share of the query that stands there and not here.
fn missing_here(evidence: &Evidence, here: &[u16], there: &[u16]) -> f32 {
    let held = |counts: &[u16], i: usize| counts.get(i).is_some_and(|c| *c > 0);
    let terms = evidence.terms.iter().enumerate();
    let sum: f32 = terms.filter(|(i, _)| held(there, *i) && !held(here, *i)).map(|(_, t)| t.weight * t.idf).sum();
    if evidence.total > 0.0 { sum / evidence.total } else { 0.0 }
}

/// How often each term of the query occurs in a text.
fn held_by(evidence: &Evidence, text: &str) -> Vec<u16> {
    let terms = xinghe_text::tokens::terms(text);
    evidence.terms.iter().map(|t| terms.iter().filter(|own| own.text == t.text).count() as u16).collect()
}

/// How much a term's place within a set of sentences tells: `ln((n + 1) / (n_t + .5))` where `n_t` of `n` hold it.
struct Locality {
    of_term: Vec<f32>,
    plain: f32,
    squared: f32,
}

impl Locality {
    fn of(evidence: &Evidence, sentences: &[&SentenceEvidence]) -> Self {
        let n = sentences.len() as f32;
        let of_term: Vec<f32> = (0..evidence.terms.len())
            .map(|i| {
                let holding = sentences.iter().filter(|s| s.term_counts.get(i).is_some_and(|c| *c > 0)).count();
                if holding == 0 { 0.0 } else { ((n + 1.0) / (holding as f32 + 0.5)).ln() }
            })
            .collect();
        let sum = |square: bool| {
            evidence.terms.iter().zip(&of_term).map(|(t, l)| t.weight * t.idf * if square { l * l } else { *l }).sum()
        };
        Self { plain: sum(false), squared: sum(true), of_term }
    }

    fn share(&self, evidence: &Evidence, sentence: &SentenceEvidence, square: bool) -> f32 {
        let whole = if square { self.squared } else { self.plain };
        if whole <= 0.0 {
            return 0.0;
        }
        let terms = evidence.terms.iter().zip(&self.of_term).zip(&sentence.term_counts);
        let hit: f32 = terms
            .filter(|(_, count)| **count > 0)
            .map(|((t, l), _)| t.weight * t.idf * if square { l * l } else { *l })
            .sum();
        hit / whole
    }
}

/// The sentence of one passage that lies nearest to the question: by meaning, else by words.
pub fn nearest(evidence: &Evidence, hit: &EvidenceHit) -> Option<usize> {
    let words = |s: &SentenceEvidence| -> f32 {
        let terms = evidence.terms.iter().zip(&s.term_counts);
        terms.filter(|(_, c)| **c > 0).map(|(t, _)| t.weight * t.idf).sum()
    };
    let score = |s: &SentenceEvidence| s.cosine * 20.0 + words(s) / evidence.total.max(f32::MIN_POSITIVE);
    let prose = hit.sentences.iter().enumerate().filter(|(_, s)| !s.heading);
    let best = prose.max_by(|a, b| score(a.1).total_cmp(&score(b.1)));
    best.map(|(i, _)| i)
}

/// The least share of a question, by idf, of which a sentence must hold something to bear on it.
const SOME: f32 = 0.03;
/// How far below the nearest sentence's cosine another's may lie to bear on the question by meaning.
const NEAR: f32 = 0.06;

/// Whether a sentence has anything to do with the question: one of its words, or nearly the meaning of the nearest
/// sentence. What stands beside an answer and is about something else – thanks, signatures, orders to whoever answers –
/// is no part of it.
pub fn bears(evidence: &Evidence, hit: usize, sentence: usize) -> bool {
    let s = &evidence.hits[hit].sentences[sentence];
    let held = |i: usize| s.term_counts.get(i).is_some_and(|count| *count > 0);
    // "I" names nothing.
    let names = |t: &QueryTerm| t.text.len() > 1;
    let share = |t: &QueryTerm| t.weight * t.idf / evidence.total.max(f32::MIN_POSITIVE);
    if evidence.terms.iter().enumerate().any(|(i, t)| held(i) && names(t) && share(t) >= SOME) {
        return true;
    }
    let nearest = evidence.hits.iter().flat_map(|h| &h.sentences).map(|s| s.cosine).fold(0.0, f32::max);
    evidence.meaning && s.cosine >= nearest - NEAR
}
