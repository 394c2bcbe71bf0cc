//! One score from words and meaning.

use rustc_hash::{FxHashMap, FxHashSet};
use xinghe_core::{PassageId, PostId};
use xinghe_text::tokens::{self, Kind, QueryToken};

use super::means::{Asked, Language, Part};
use super::records::{Terms, Totals, hashes};
use super::vectors::{StoredVector, stored};

/// BM25 of a whole passage.
const PASSAGE: Bm25 = Bm25 { k1: 1.0, b: 0.5 };
/// BM25 of a sentence with its follower.
const SENTENCE: Bm25 = Bm25 { k1: 0.5, b: 0.5 };

/// S = A + 2B + 9C + 15D.
const B: f32 = 2.0;
const C: f32 = 9.0;
const D: f32 = 15.0;
/// How many of the best passages in the question's own language tell how centred cosines compare with plain ones.
const COMPARED: usize = 30;
/// How many of them tell what a passage in another language would score by words.
const BY_WORDS: usize = 5;

struct Bm25 {
    k1: f32,
    b: f32,
}

impl Bm25 {
    fn of(&self, counts: impl Iterator<Item = u16>, length: u32, weights: &[f32], average: f32) -> f32 {
        let norm = self.k1 * (1.0 - self.b + self.b * length as f32 / average);
        let part = |(count, weight): (u16, &f32)| {
            if count == 0 {
                return 0.0;
            }
            let tf = f32::from(count);
            weight * tf * (self.k1 + 1.0) / (tf + norm)
        };
        counts.zip(weights).map(part).sum()
    }
}

/// A query's terms with their weights in this index.
pub(super) struct Weighed {
    places: FxHashMap<u32, usize>,
    pub idf: Vec<f32>,
    weights: Vec<f32>,
    known: Vec<bool>,
    /// Σ weight·idf over all terms, also unknown ones.
    pub total: f32,
    average: f32,
    pair_average: f32,
    /// The places of whole words and parts of names: what writers in another language may use as it is.
    words: Held,
}

/// Which of a query's terms a passage holds: a bit for each of the first 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Held(u64);

impl Held {
    fn of(places: impl Iterator<Item = usize>) -> Self {
        Self(places.take_while(|i| *i < 64).fold(0, |bits, i| bits | 1 << i))
    }

    fn has(self, place: usize) -> bool {
        place < 64 && self.0 >> place & 1 == 1
    }

    /// What either holds.
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The hashes of a query's terms, in order.
pub(super) fn hashed(terms: &[QueryToken]) -> Vec<u32> {
    terms.iter().map(|t| tokens::hash(&t.text)).collect()
}

impl Weighed {
    pub fn new(terms: &[QueryToken], hashes: &[u32], totals: Totals, holding: &[u64]) -> Self {
        let n = totals.passages as f32;
        let idf = |df: &u64| (1.0 + (n - *df as f32 + 0.5).max(0.0) / (*df as f32 + 0.5)).ln();
        let idf: Vec<f32> = holding.iter().map(idf).collect();
        let weights: Vec<f32> = terms.iter().zip(&idf).map(|(t, i)| t.weight * i).collect();
        let mean = |sum: u64, n: u64| (sum as f32 / n.max(1) as f32).max(1.0);
        Self {
            places: hashes.iter().enumerate().map(|(i, h)| (*h, i)).collect(),
            idf,
            total: weights.iter().sum::<f32>().max(f32::MIN_POSITIVE),
            weights,
            known: holding.iter().map(|n| *n > 0).collect(),
            words: Held::of(
                (0..terms.len()).filter(|i| matches!(terms[*i].kind, Kind::Stem | Kind::Part | Kind::Whole)),
            ),
            average: mean(totals.tokens, totals.passages),
            pair_average: mean(totals.pair_tokens, totals.pairs),
        }
    }

    /// The places of the terms that weigh most and occur at all, heaviest first.
    pub fn most_telling(&self, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.weights.len()).filter(|i| self.known[*i]).collect();
        places.sort_by(|a, b| self.weights[*b].total_cmp(&self.weights[*a]).then(a.cmp(b)));
        places.truncate(count);
        places
    }

    fn count(&self, hashes: impl Iterator<Item = u32>, counts: &mut [u16]) {
        for hash in hashes {
            if let Some(place) = self.places.get(&hash) {
                counts[*place] = counts[*place].saturating_add(1);
            }
        }
    }

    /// How often each term occurs in the whole passage, and in each of its sentences.
    pub fn counts(&self, terms: &Terms<'_>) -> (Vec<u16>, Vec<Vec<u16>>) {
        let mut whole = vec![0; self.weights.len()];
        self.count(terms.head(), &mut whole);
        let mut parts = Vec::new();
        for sentence in terms.sentences() {
            let mut own = vec![0; self.weights.len()];
            self.count(hashes(sentence), &mut own);
            whole.iter_mut().zip(&own).for_each(|(w, o)| *w = w.saturating_add(*o));
            parts.push(own);
        }
        (whole, parts)
    }

    /// The share of the query that these words are.
    pub fn share(&self, held: Held) -> f32 {
        let weights = self.weights.iter().enumerate();
        weights.filter(|(i, _)| held.has(*i) && self.words.has(*i)).map(|(_, w)| w).sum::<f32>() / self.total
    }

    /// A and B of a passage, and which terms it holds.
    pub fn words(&self, terms: &Terms<'_>) -> (f32, f32, Held) {
        let (whole, parts) = self.counts(terms);
        let lengths: Vec<u32> = terms.sentences().map(|s| (s.len() / 4) as u32).collect();
        let a = PASSAGE.of(whole.iter().copied(), terms.length(), &self.weights, self.average);
        let pair = |i: usize| match parts.get(i + 1) {
            Some(next) => {
                let both = parts[i].iter().zip(next).map(|(x, y)| x.saturating_add(*y));
                SENTENCE.of(both, lengths[i] + lengths[i + 1], &self.weights, self.pair_average)
            }
            None => SENTENCE.of(parts[i].iter().copied(), lengths[i], &self.weights, self.pair_average),
        };
        let b = (0..parts.len()).map(pair).fold(0.0, f32::max);
        let held = Held::of((0..whole.len()).filter(|i| whole[*i] > 0));
        (a / self.total, b / self.total, held)
    }
}

/// Cosines of passage and best sentence: plain for passages in the question's language, centred for others.
pub(super) fn meaning(asked: &Asked, language: Language, bytes: &[u8]) -> Option<(f32, f32)> {
    if asked.crosses_to(language) {
        centred_meaning(asked, language, bytes)
    } else {
        both(bytes, |_, v| asked.cosine(v))
    }
}

/// Centred cosines of passage and best sentence.
pub(super) fn centred_meaning(asked: &Asked, language: Language, bytes: &[u8]) -> Option<(f32, f32)> {
    both(bytes, |part, v| asked.centred_cosine(language, part, v))
}

fn both(bytes: &[u8], cosine: impl Fn(Part, &StoredVector<'_>) -> f32) -> Option<(f32, f32)> {
    let mut all = stored(bytes);
    let passage = cosine(Part::Passage, &all.next()?);
    let best = all.map(|v| cosine(Part::Sentence, &v)).reduce(f32::max);
    Some((passage, best.unwrap_or(passage)))
}

/// The cosine of each sentence, comparable between languages.
pub(super) fn of_sentences(asked: &Asked, bridge: &Bridge, language: Language, bytes: &[u8]) -> Vec<f32> {
    let foreign = asked.crosses_to(language);
    let one = |v: StoredVector<'_>| {
        if foreign { bridge.sentence.of(asked.centred_cosine(language, Part::Sentence, &v)) } else { asked.cosine(&v) }
    };
    stored(bytes).skip(1).map(one).collect()
}

/// A passage with its score and the parts of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scored {
    pub passage: PassageId,
    pub post: PostId,
    /// Whether it is in another language than the question.
    pub foreign: bool,
    pub score: f32,
    pub words: f32,
    pub sentence_words: f32,
    /// Which terms it holds.
    pub held: Held,
    /// By meaning: the passage, and its best sentence.
    pub meaning: Option<(f32, f32)>,
}

impl Scored {
    fn of(&self, meaning: (f32, f32)) -> f32 {
        self.words + B * self.sentence_words + C * meaning.0 + D * meaning.1
    }
}

/// Brings passages in other languages onto one scale with those in the question's.
///
/// Most of their words cannot match, so they are given the words of the best in the question's language; but names that
/// other passages in that language do use (`axum`, `Prometheus`) count as they stand there, or do not stand there. And their centred
/// cosines are stretched so that over those best, centred and plain cosines have one mean and one deviation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Bridge {
    passage: Line,
    sentence: Line,
    words: f32,
    sentence_words: f32,
    /// The share of the question that could stand in a passage of another language as it was asked.
    shared: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    from: f32,
    to: f32,
    slope: f32,
}

impl Default for Line {
    /// As it lies on average, where too few passages in the question's language were found to tell.
    fn default() -> Self {
        Self { from: 0.0, to: 0.76, slope: 0.24 }
    }
}

impl Line {
    fn fitted(pairs: &[(f32, f32)]) -> Self {
        let n = pairs.len() as f32;
        let mean = |of: fn(&(f32, f32)) -> f32| pairs.iter().map(of).sum::<f32>() / n;
        let (from, to) = (mean(|p| p.0), mean(|p| p.1));
        let spread = |of: &dyn Fn(&(f32, f32)) -> f32| pairs.iter().map(|p| of(p) * of(p)).sum::<f32>().sqrt();
        let slope = spread(&|p| p.1 - to) / spread(&|p| p.0 - from).max(1e-6);
        if slope.is_finite() && slope > 0.0 { Self { from, to, slope } } else { Self::default() }
    }

    fn of(&self, centred: f32) -> f32 {
        self.to + (centred - self.from) * self.slope
    }
}

impl Bridge {
    /// For keywords: who does not hold them in any language is not taken for holding them.
    pub fn without_words(self) -> Self {
        Self { words: 0.0, sentence_words: 0.0, ..self }
    }

    /// Between the question's language and others; `centred` tells the centred cosines of a passage in its own.
    pub fn between(scored: &[Scored], weighed: &Weighed, centred: impl Fn(&Scored) -> Option<(f32, f32)>) -> Self {
        let mut own: Vec<(f32, (f32, f32), &Scored)> =
            scored.iter().filter(|s| !s.foreign).filter_map(|s| s.meaning.map(|m| (s.of(m), m, s))).collect();
        own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.passage.cmp(&b.2.passage)));
        own.truncate(COMPARED);
        let pairs: Vec<_> = own.iter().filter_map(|(_, plain, s)| Some((centred(s)?, *plain))).collect();
        let lines = if pairs.len() < BY_WORDS {
            (Line::default(), Line::default())
        } else {
            let passage: Vec<_> = pairs.iter().map(|(c, p)| (c.0, p.0)).collect();
            let sentence: Vec<_> = pairs.iter().map(|(c, p)| (c.1, p.1)).collect();
            (Line::fitted(&passage), Line::fitted(&sentence))
        };
        let mut by_words: Vec<(f32, f32)> = own.iter().map(|(_, _, s)| (s.words, s.sentence_words)).collect();
        by_words.sort_by(|a, b| (b.0 + B * b.1).total_cmp(&(a.0 + B * a.1)));
        by_words.truncate(BY_WORDS);
        let count = by_words.len().max(1) as f32;
        Self {
            passage: lines.0,
            sentence: lines.1,
            words: by_words.iter().map(|w| w.0).sum::<f32>() / count,
            sentence_words: by_words.iter().map(|w| w.1).sum::<f32>() / count,
            shared: weighed.share(scored.iter().filter(|s| s.foreign).fold(Held::default(), |h, s| h.or(s.held))),
        }
    }

    /// The words of a passage in another language: its own, and what it is given for those that cannot match; never
    /// more than the best in the question's language have, unless they are all its own.
    fn lend(&self, own: f32, best: f32) -> f32 {
        (own + best * (1.0 - self.shared)).min(best.max(own))
    }
}

/// Of passages that were all looked at, keeps those that words or meaning would have brought: so many by each, and by
/// meaning in each of both languages, whose cosines do not compare.
pub(super) fn keep_candidates(scored: &mut Vec<Scored>, (by_words, by_meaning): (usize, usize)) {
    let mut kept = FxHashSet::default();
    let mut best = |fits: &dyn Fn(&Scored) -> Option<f32>, count: usize| {
        let mut all: Vec<_> = scored.iter().filter_map(|s| Some((fits(s)?, s.passage))).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        kept.extend(all.into_iter().take(count).map(|(_, passage)| passage));
    };
    best(&|s| Some(s.words).filter(|w| *w > 0.0), by_words);
    for foreign in [false, true] {
        best(&|s| s.meaning.filter(|_| s.foreign == foreign).map(|m| m.0), by_meaning);
    }
    scored.retain(|s| kept.contains(&s.passage));
}

/// Scores all and puts the best first. A passage whose vectors are not there yet is given the mean of those that have
/// them, so that it is neither lost nor favoured until its turn comes.
pub(super) fn rank(scored: &mut [Scored], bridge: &Bridge) {
    for s in scored.iter_mut().filter(|s| s.foreign) {
        s.words = bridge.lend(s.words, bridge.words);
        s.sentence_words = bridge.lend(s.sentence_words, bridge.sentence_words);
        s.meaning = s.meaning.map(|m| (bridge.passage.of(m.0), bridge.sentence.of(m.1)));
    }
    let known: Vec<(f32, f32)> = scored.iter().filter_map(|s| s.meaning).collect();
    let count = known.len().max(1) as f32;
    let mean = known.iter().fold((0.0, 0.0), |sum, m| (sum.0 + m.0 / count, sum.1 + m.1 / count));
    for s in scored.iter_mut() {
        s.score = s.of(s.meaning.unwrap_or(mean));
        if !known.is_empty() {
            s.meaning.get_or_insert(mean);
        }
    }
    sort(scored);
}

/// The best first; of equals the older one.
pub(super) fn sort(scored: &mut [Scored]) {
    scored.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(id: i64, foreign: bool, words: f32, meaning: (f32, f32)) -> Scored {
        let (passage, post) = (PassageId::from_raw(id), PostId::from_raw(id));
        Scored {
            passage,
            post,
            foreign,
            score: 0.0,
            words,
            sentence_words: words,
            held: Held::default(),
            meaning: Some(meaning),
        }
    }

    #[test]
    fn of_all_the_best_by_words_and_by_meaning_are_kept() {
        let mut all: Vec<Scored> = (1..=9).map(|i| scored(i, i > 6, (i % 3) as f32, (i as f32, 0.0))).collect();
        all[8].meaning = None;
        keep_candidates(&mut all, (2, 1));
        let kept: Vec<i64> = all.iter().map(|s| s.passage.raw()).collect();
        assert_eq!(kept, [2, 5, 6, 8], "2 and 5 have the words; 6 and 8 are nearest, each in its language");
    }

    #[test]
    fn another_language_is_measured_by_its_meaning() {
        // Own cosines run from .7 to .9, centred ones from 0 to 1: the best of the other language is the best of all.
        let mut all: Vec<Scored> =
            (0..10u8).map(|i| scored(i64::from(i), false, 0.5, (0.7 + f32::from(i) * 0.02, 0.8))).collect();
        all.push(scored(20, true, 0.0, (1.2, 0.5)));
        all.push(scored(21, true, 0.0, (-0.2, 0.5)));
        let nothing = Weighed::new(&[], &[], Totals::default(), &[]);
        let bridge = Bridge::between(&all, &nothing, |s| s.meaning.map(|m| ((m.0 - 0.7) * 5.0, 0.5)));
        rank(&mut all, &bridge);
        let order: Vec<i64> = all.iter().map(|s| s.passage.raw()).collect();
        assert_eq!((order[0], order[1], order[11]), (20, 9, 21), "{order:?}");
    }

    #[test]
    fn names_that_others_use_are_not_given_to_whoever_lacks_them() {
        let bridge = Bridge { words: 1.0, sentence_words: 1.0, shared: 0.25, ..Bridge::default() };
        let near = |given: f32, expected: f32| assert!((given - expected).abs() < 1e-6, "{given} is not {expected}");
        near(bridge.lend(0.0, bridge.words), 0.75);
        near(bridge.lend(0.2, bridge.words), 0.95);
        near(bridge.lend(0.5, bridge.words), 1.0);
        near(bridge.lend(1.5, bridge.words), 1.5);
    }

    #[test]
    fn a_passage_without_vectors_is_neither_lost_nor_favoured() {
        let mut all = vec![scored(1, false, 0.5, (0.9, 0.9)), scored(2, false, 0.5, (0.7, 0.7))];
        all.push(Scored { meaning: None, ..scored(3, false, 0.5, (0.0, 0.0)) });
        rank(&mut all, &Bridge::default());
        assert_eq!(all.iter().map(|s| s.passage.raw()).collect::<Vec<_>>(), [1, 3, 2]);
    }
}
