//! Looking for what answers a question: retrieval, the gate, and the sentences that would be quoted.

use xinghe_core::PassageId;
use xinghe_core::evidence::{Evidence, EvidenceHit, Filter, Query, Scope};

use crate::acts::model::Grants;
use crate::acts::store as acts;
use crate::answer::compose::{self, Drafted, orders};
use crate::answer::gate::{Gate, Verdict};
use crate::answer::verify::Source;
use crate::ask::{AskError, Asker, LOOKED_AT, evidence_only};
use crate::memory::recall::Recalled;
use crate::model::Question;

/// How far below the best a passage in the asker's language may score and still come first: whoever asks wants to read
/// the answer, and scores of two languages compare only roughly.
const READABLE: f32 = 1.0;
/// The shortest part of a question that is asked for itself, in characters.
const SHORTEST_PART: usize = 4;
/// How many passages of each part of a question come before the rest of the other's.
const BEST_OF_PART: usize = 3;
/// How many posts without a sentence that can be said are passed over.
const EMPTY_POSTS: usize = 3;

/// What a question would be answered with: see [`Asker::examine`].
#[derive(Debug)]
pub struct Examined {
    /// The question as it was looked for: with what it leans on of those before it.
    pub asked: String,
    /// What was found, what would be quoted first.
    pub evidence: Evidence,
    /// What the gate says of it.
    pub verdict: Verdict,
    /// The log-odds under which questions are declined.
    pub threshold: f64,
    /// The sentences that would be quoted.
    pub drafted: Vec<Drafted>,
    /// What the owner of the asked twin said that answers it; then nothing was looked for.
    pub(crate) recalled: Option<Recalled>,
}

impl Asker {
    /// Looks what a question would be answered with, and why, without answering: nothing is stored.
    ///
    /// # Errors
    /// The database or another feature broke.
    pub async fn examine(&self, question: &Question) -> Result<Examined, AskError> {
        self.look(question, &Grants::default()).await
    }

    /// Looks for an answer in what the owner of the asked twin said; then, to the question as it stands in its
    /// conversation and by itself, in what was written; where there is none, to the questions it is made of.
    pub(crate) async fn look(&self, question: &Question, grants: &Grants) -> Result<Examined, AskError> {
        let gate = self.gate().await?;
        if let Some(recalled) = self.recall(question, grants).await? {
            return Ok(Examined::of_memory(recalled, &gate));
        }
        if let Some(asked) = question.in_context() {
            let looked = self.look_for(&asked, question, grants, &gate).await?;
            if looked.verdict.reason.is_none() {
                return Ok(looked);
            }
        }
        let whole = self.look_for(&question.text, question, grants, &gate).await?;
        if whole.verdict.reason.is_none() {
            return Ok(whole);
        }
        let mut answered: Vec<Examined> = Vec::new();
        for part in parts(&question.text) {
            let part = self.look_for(part, question, grants, &gate).await?;
            if part.verdict.reason.is_none() && !part.drafted.is_empty() {
                answered.push(part);
            }
        }
        Ok(answered.into_iter().reduce(together).unwrap_or(whole))
    }

    async fn look_for(
        &self,
        text: &str,
        question: &Question,
        grants: &Grants,
        gate: &Gate,
    ) -> Result<Examined, AskError> {
        let filter = Filter { scope: question.twin.map_or(Scope::Everyone, Scope::Author), ..evidence_only() };
        let mut query = Query { text: text.to_owned(), filter, limit: LOOKED_AT, operators: false };
        let mut evidence = self.deps().retrieve.retrieve(&query).await?;
        let mut others = Vec::new();
        if let Some(owner) = question.twin {
            let kept_away = acts::excluded(&self.deps().store, owner).await?;
            let hidden =
                |h: &EvidenceHit| kept_away.contains(&h.passage.post) || grants.forbidden(&[&h.passage.text]).is_some();
            evidence.hits.retain(|h| !hidden(h));
            // Everybody's: with few posts of one's own, nothing would stand behind the best, and anything be answered.
            if !evidence.hits.is_empty() {
                query.filter = evidence_only();
                others = self.deps().retrieve.retrieve(&query).await?.hits;
                others.retain(|h| h.author != owner);
            }
        }
        // Who gives orders to whoever answers is no witness; with all of the passage, as a text may bait in one sentence
        // and order in the next.
        evidence.hits.retain(|h| !h.sentences.iter().any(|s| orders(&s.text)));
        let mut looked = readable_or_any(text, evidence, &others, gate);
        // A post that holds nothing fit to be said does not stand in the way of those that do.
        for _ in 0..EMPTY_POSTS {
            let empty = looked.verdict.reason.is_none() && looked.drafted.is_empty();
            let Some(post) = looked.evidence.hits.first().map(|h| h.passage.post).filter(|_| empty) else { break };
            let mut evidence = looked.evidence;
            evidence.hits.retain(|h| h.passage.post != post);
            evidence.hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.id.cmp(&b.passage.id)));
            looked = readable_or_any(text, evidence, &others, gate);
        }
        Ok(looked)
    }
}

/// Judges the passages that the asker can read first, and in the order of their scores where those do not answer.
fn readable_or_any(text: &str, mut evidence: Evidence, others: &[EvidenceHit], gate: &Gate) -> Examined {
    let as_ranked = readable_first(text, &mut evidence);
    let readable = judged(text, evidence, others, gate);
    match as_ranked {
        Some(as_ranked) if readable.verdict.reason.is_some() => {
            let any = judged(text, as_ranked, others, gate);
            if any.verdict.reason.is_none() { any } else { readable }
        }
        _ => readable,
    }
}

fn judged(text: &str, evidence: Evidence, others: &[EvidenceHit], gate: &Gate) -> Examined {
    let verdict = gate.judge(text, &evidence, others);
    let threshold = gate.threshold(evidence.meaning);
    let drafted = compose::extract(text, &evidence);
    Examined { asked: text.to_owned(), evidence, verdict, threshold, drafted, recalled: None }
}

/// Puts the passages in the asker's language first that are nearly as good as the best. Where that brings another one to
/// the front: all as they were.
fn readable_first(text: &str, evidence: &mut Evidence) -> Option<Evidence> {
    let best = evidence.hits.first()?.score;
    let asked = xinghe_text::detect(text);
    let readable = |h: &EvidenceHit| h.language.primary() == asked.primary() && h.score >= best - READABLE;
    let changes = !readable(&evidence.hits[0]) && evidence.hits.iter().any(readable);
    let as_ranked = changes.then(|| evidence.clone());
    evidence.hits.sort_by_key(|h| !readable(h));
    as_ranked
}

/// The questions that a question is made of, where it is made of several.
fn parts(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text
        .split_inclusive(['?', '？', '\n'])
        .map(str::trim)
        .filter(|p| p.chars().filter(|c| c.is_alphanumeric()).count() >= SHORTEST_PART)
        .collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

/// Two parts' answers, one after the other; the passages that either is best borne out by come first.
fn together(first: Examined, second: Examined) -> Examined {
    let passage = |of: &Examined, hit: usize| of.evidence.hits[hit].passage.id;
    let mut drafted = Vec::new();
    for (at, part) in [&first, &second].into_iter().enumerate() {
        for (i, sentence) in part.drafted.iter().enumerate() {
            let said = |d: &(Drafted, Vec<(PassageId, usize)>)| d.0.text == sentence.text;
            if !drafted.iter().any(said) {
                let paragraph = sentence.paragraph || at > 0 && i == 0;
                let places = sentence.sources.iter().map(|s| (passage(part, s.hit), s.sentence)).collect();
                drafted.push((Drafted { paragraph, ..sentence.clone() }, places));
            }
        }
    }
    let confidence = first.verdict.confidence.min(second.verdict.confidence);
    let contradicting = first.verdict.contradicting || second.verdict.contradicting;
    let (mut a, mut b) = (first.evidence.hits, second.evidence.hits);
    let (rest_a, rest_b) = (a.split_off(a.len().min(BEST_OF_PART)), b.split_off(b.len().min(BEST_OF_PART)));
    let mut hits: Vec<EvidenceHit> = Vec::new();
    for hit in a.into_iter().chain(b).chain(rest_a).chain(rest_b) {
        if hits.iter().all(|h| h.passage.id != hit.passage.id) {
            hits.push(hit);
        }
    }
    let place = |id: PassageId| hits.iter().position(|h| h.passage.id == id);
    let drafted = drafted
        .into_iter()
        .map(|(sentence, places)| {
            let sources = places.into_iter().filter_map(|(id, sentence)| Some(Source { hit: place(id)?, sentence }));
            Drafted { sources: sources.collect(), ..sentence }
        })
        .collect();
    Examined {
        asked: format!("{} {}", first.asked, second.asked),
        evidence: Evidence { hits, ..first.evidence },
        verdict: Verdict {
            score: first.verdict.score.min(second.verdict.score),
            confidence,
            contradicting,
            reason: None,
        },
        threshold: first.threshold,
        drafted,
        recalled: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::asked_of;

    #[test]
    fn a_question_of_several_is_taken_apart() {
        assert_eq!(parts("什么是证据门？为什么系统会拒绝回答？"), ["什么是证据门？", "为什么系统会拒绝回答？"]);
        assert_eq!(parts("What is a twin? "), Vec::<&str>::new());
        assert_eq!(parts("Really? What is a twin? Ok?"), ["Really?", "What is a twin?"]);
    }

    #[test]
    fn passages_that_the_asker_can_read_come_first_where_they_are_as_good() {
        let question = "How is state shared?";
        let texts = [("zh-Hans", "状态是共享的。"), ("en", "State is shared."), ("en", "Nothing is.")];
        let mut evidence = asked_of(question, &texts);
        for (hit, score) in evidence.hits.iter_mut().zip([24.0, 23.2, 20.0]) {
            hit.score = score;
        }
        let mut near = evidence.clone();
        assert!(readable_first(question, &mut near).is_some());
        assert_eq!(near.hits.iter().map(|h| h.score).collect::<Vec<_>>(), [23.2, 24.0, 20.0]);
        evidence.hits[1].score = 22.0;
        assert!(readable_first(question, &mut evidence).is_none(), "too far behind");
    }

    #[test]
    fn two_answers_are_one() {
        let part = |id: i64, question: &str, text: &str| {
            let mut evidence = asked_of(question, &[("en", text)]);
            evidence.hits[0].passage.id = PassageId::from_raw(id);
            let drafted = compose::extract(question, &evidence);
            let verdict = Verdict { score: 2.0, confidence: 0.9, reason: None, contradicting: false };
            Examined { asked: question.to_owned(), evidence, verdict, threshold: 0.0, drafted, recalled: None }
        };
        let both = together(
            part(1, "What is a twin?", "A twin is a partner of a member."),
            part(2, "Who pays?", "Whoever asks pays the authors."),
        );
        let said: Vec<_> = both.drafted.iter().map(|d| (d.text.as_str(), d.sources[0].hit, d.paragraph)).collect();
        assert_eq!(said, [("A twin is a partner of a member.", 0, false), ("Whoever asks pays the authors.", 1, true)]);
        let same = part(1, "What is a twin?", "A twin is a partner of a member.");
        let again = part(1, "What are twins?", "A twin is a partner of a member.");
        assert_eq!(together(same, again).drafted.len(), 1, "nothing is said twice");
    }
}
