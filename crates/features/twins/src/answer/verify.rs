//! Checking a written sentence against the passages it cites.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use xinghe_ai::{Embed, Role};
use xinghe_core::evidence::{Evidence, SentenceEvidence};

use super::best;
use super::generate::{Written, literals_hold};

/// The cosine from which a sentence counts as saying what a source sentence says. Unrelated sentences of one topic
/// lie around .80 with the shipped model, translations of one another above .87.
const SAME_MEANING: f32 = 0.86;
/// The share of a sentence's words that its sources must hold where meaning does not decide.
const SAME_WORDS: f32 = 0.6;

/// Where a sentence's support stands: a sentence of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// Index into [`Evidence::hits`].
    pub hit: usize,
    /// Index into the hit's sentences.
    pub sentence: usize,
}

/// Checks sentences against the passages of one question.
pub struct Checker<'a> {
    question: &'a str,
    evidence: &'a Evidence,
    embedder: Option<Arc<dyn Embed>>,
    /// Vectors of the sentences of the passages shown; empty without an embedder.
    vectors: HashMap<Source, Vec<f32>>,
}

impl<'a> Checker<'a> {
    /// Embeds the sentences of the first `shown` passages; without an embedder, or where it fails, words decide.
    pub async fn new(
        question: &'a str,
        evidence: &'a Evidence,
        shown: usize,
        embedder: Option<Arc<dyn Embed>>,
    ) -> Self {
        let places: Vec<Source> = evidence
            .hits
            .iter()
            .take(shown)
            .enumerate()
            .flat_map(|(hit, h)| (0..h.sentences.len()).map(move |sentence| Source { hit, sentence }))
            .collect();
        let texts = places.iter().map(|p| evidence.hits[p.hit].sentences[p.sentence].text.clone()).collect();
        let vectors = match &embedder {
            Some(embedder) => embedder.embed(Role::Passage, texts).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "answers are checked by words only");
                Vec::new()
            }),
            None => Vec::new(),
        };
        Self { question, evidence, embedder, vectors: places.into_iter().zip(vectors).collect() }
    }

    /// The source sentence that bears a written sentence out, for each passage it cites that does; none: drop it.
    pub async fn sources(&self, written: &Written) -> Vec<Source> {
        let cited: Vec<usize> = written.passages.iter().copied().filter(|p| *p < self.evidence.hits.len()).collect();
        let texts: Vec<&str> = cited.iter().map(|p| self.evidence.hits[*p].passage.text.as_str()).collect();
        if cited.is_empty() || !literals_hold(&written.text, &texts, self.question) {
            return Vec::new();
        }
        let vector = match &self.embedder {
            Some(embedder) if !self.vectors.is_empty() => {
                embedder.embed(Role::Passage, vec![written.text.clone()]).await.ok().and_then(|mut v| v.pop())
            }
            _ => None,
        };
        cited.into_iter().filter_map(|hit| self.best(hit, &written.text, vector.as_deref())).collect()
    }

    fn best(&self, hit: usize, text: &str, vector: Option<&[f32]>) -> Option<Source> {
        let words = terms(text);
        let mut borne_out: Option<(f32, Source)> = None;
        // A sentence of the source that has nothing to do with the question bears out no answer to it, whatever was
        // written from it: it may be an order that the model obeyed.
        let told = |(at, s): &(usize, &SentenceEvidence)| !s.heading && best::bears(self.evidence, hit, *at);
        for (sentence, source) in self.evidence.hits[hit].sentences.iter().enumerate().filter(told) {
            let place = Source { hit, sentence };
            let cosine = match (vector, self.vectors.get(&place)) {
                (Some(a), Some(b)) => a.iter().zip(b).map(|(x, y)| x * y).sum(),
                _ => 0.0,
            };
            let shared = coverage(&words, &terms(&source.text));
            // Either alone may bear a sentence out; each is counted in units of its own bar.
            let score = (cosine / SAME_MEANING).max(shared / SAME_WORDS);
            if score >= 1.0 && borne_out.is_none_or(|(b, _)| score > b) {
                borne_out = Some((score, place));
            }
        }
        borne_out.map(|(_, place)| place)
    }
}

fn terms(text: &str) -> HashSet<String> {
    xinghe_text::tokens::query(text).into_iter().filter(|t| t.weight >= 1.0).map(|t| t.text).collect()
}

fn coverage(words: &HashSet<String>, source: &HashSet<String>) -> f32 {
    if words.is_empty() {
        return 0.0;
    }
    words.intersection(source).count() as f32 / words.len() as f32
}
