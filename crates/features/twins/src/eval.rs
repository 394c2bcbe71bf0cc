//! Measures answers and abstention on questions whose answers are known, with the evidence that retrieval found.

mod junk;
pub mod twins;

pub use junk::JunkReport;

use serde::Serialize;
use xinghe_core::evidence::Evidence;

use crate::answer::best::{self, Weights};
use crate::answer::gate::{self, Gate};

/// How often a known answer stands in the sentences that would be quoted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Answers {
    asked: u32,
    first: u32,
    three: u32,
}

/// What [`Answers`] counted, as shares of the questions asked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AnswersReport {
    /// Questions.
    pub questions: u32,
    /// A right answer stands in the best sentence.
    pub best_1: f64,
    /// A right answer stands in one of the best three.
    pub best_3: f64,
}

impl Answers {
    /// Counts one question. `gold` holds the answers that count as right.
    pub fn count(&mut self, question: &str, evidence: &Evidence, gold: &[String]) {
        let gold: Vec<String> = gold.iter().map(|g| plain(g)).filter(|g| !g.is_empty()).collect();
        let ranked = best::rank(question, evidence, &Weights::FITTED);
        let right = |r: &best::Ranked| {
            let text = plain(&evidence.hits[r.hit].sentences[r.sentence].text);
            gold.iter().any(|g| text.contains(g.as_str()))
        };
        let place = ranked.iter().take(3).position(right);
        self.asked += 1;
        self.first += u32::from(place == Some(0));
        self.three += u32::from(place.is_some());
    }

    /// The shares.
    pub fn report(&self) -> AnswersReport {
        let share = |n: u32| f64::from(n) / f64::from(self.asked.max(1));
        AnswersReport { questions: self.asked, best_1: share(self.first), best_3: share(self.three) }
    }
}

/// Letters and digits alone: what a text says, whatever its spaces and marks.
fn plain(text: &str) -> String {
    xinghe_text::norm::fold_str(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// How well the gate tells questions that can be answered from those that cannot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Abstention {
    with: Vec<f64>,
    without: Vec<f64>,
    asked_back: Vec<f64>,
}

/// A question made of a text, as calibration makes it; `None` where no sentence of it is fit.
pub fn ask_back(text: &str, random: &dyn xinghe_core::Random) -> Option<String> {
    crate::calibrate::question_from(text, random)
}

/// What [`Abstention`] counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AbstentionReport {
    /// Questions, each asked with its passage in the index and without it.
    pub questions: usize,
    /// The chance that a question with its passage scores above one without: the area under the ROC curve.
    pub auroc: f64,
    /// The share refused of those without, at the threshold that answers 95 % of those with.
    pub refused_at_95: f64,
    /// That threshold, in log-odds.
    pub threshold: f64,
    /// The share refused of those without at the product's own threshold while it is not calibrated.
    pub refused_uncalibrated: f64,
    /// The share answered of those with at that threshold.
    pub answered_uncalibrated: f64,
    /// The threshold that calibration would find by asking the set's own sentences back.
    pub threshold_calibrated: f64,
    /// The share refused of those without at that threshold.
    pub refused_calibrated: f64,
    /// The share answered of those with at that threshold.
    pub answered_calibrated: f64,
}

impl Abstention {
    /// Counts one question, with its passage in the index and without it.
    pub fn count(&mut self, question: &str, with: &Evidence, without: &Evidence) {
        let gate = Gate::default();
        self.with.push(gate.score(question, with));
        self.without.push(gate.score(question, without));
    }

    /// Counts one question made by [`ask_back`], with its passage in the index.
    pub fn count_asked_back(&mut self, question: &str, evidence: &Evidence) {
        self.asked_back.push(Gate::default().score(question, evidence));
    }

    /// The figures. `meaning`: whether vectors took part.
    pub fn report(&self, meaning: bool) -> AbstentionReport {
        let threshold = gate::threshold(&self.with, 0.95);
        let share = |of: &[f64], test: &dyn Fn(f64) -> bool| {
            of.iter().filter(|s| test(**s)).count() as f64 / of.len().max(1) as f64
        };
        let uncalibrated = Gate::default().threshold(meaning);
        let calibrated = gate::calibrated(gate::threshold(&self.asked_back, crate::calibrate::KEEP), meaning);
        AbstentionReport {
            questions: self.with.len(),
            auroc: auroc(&self.with, &self.without),
            refused_at_95: share(&self.without, &|s| s < threshold),
            threshold,
            refused_uncalibrated: share(&self.without, &|s| s < uncalibrated),
            answered_uncalibrated: share(&self.with, &|s| s >= uncalibrated),
            threshold_calibrated: calibrated,
            refused_calibrated: share(&self.without, &|s| s < calibrated),
            answered_calibrated: share(&self.with, &|s| s >= calibrated),
        }
    }
}

/// The share of pairs in which the positive scores above the negative; a tie counts half. By ranks, as the
/// Mann–Whitney statistic.
fn auroc(positive: &[f64], negative: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        positive.iter().map(|s| (*s, true)).chain(negative.iter().map(|s| (*s, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut i) = (0.0, 0);
    while i < all.len() {
        let end = i + all[i..].iter().take_while(|s| s.0 == all[i].0).count();
        let mean = (i + 1 + end) as f64 / 2.0;
        ranks += mean * all[i..end].iter().filter(|s| s.1).count() as f64;
        i = end;
    }
    let (p, n) = (positive.len() as f64, negative.len() as f64);
    if p == 0.0 || n == 0.0 { 0.5 } else { (ranks - p * (p + 1.0) / 2.0) / (p * n) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_pairs() {
        assert!((auroc(&[2.0, 3.0], &[0.0, 1.0]) - 1.0).abs() < 1e-9);
        assert!((auroc(&[0.0, 1.0], &[2.0, 3.0])).abs() < 1e-9);
        assert!((auroc(&[1.0], &[1.0]) - 0.5).abs() < 1e-9);
        assert!((auroc(&[1.0, 3.0], &[2.0, 0.0]) - 0.75).abs() < 1e-9);
    }

    #[test]
    fn answers_are_found_whatever_their_spaces_and_script() {
        assert!(plain("於 1998 年，建成。").contains(&plain("于1998年")));
        let mut answers = Answers::default();
        answers.count("?", &Evidence::default(), &["x".into()]);
        assert_eq!(answers.report(), AnswersReport { questions: 1, best_1: 0.0, best_3: 0.0 });
    }
}
