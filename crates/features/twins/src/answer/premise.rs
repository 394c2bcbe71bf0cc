//! Whether a question takes for granted what nobody here says.
//!
//! "Why is tantivy written in Go?" finds passages about tantivy that stand out as well as those that answer a question
//! about tantivy do. But whoever explains why something is so says that it is so: the words of what is taken for
//! granted stand together there, below one heading, in neighbouring sentences. Where they do not, the reason is missing
//! whatever else is said.

use xinghe_core::evidence::{Evidence, EvidenceHit};

use super::cues::{Asked, asked, contains_word};
use super::gate;

/// The idf share of a why question that stands together in a passage that answers it. On the questions of
/// `tests/first-content.json` and `tests/more-questions.json` those that can be answered
/// have .57 and more, those with a false premise .5 and less.
const SAID: f64 = 0.52;
/// The same of a passage in another language, with what it is given for words that cannot match.
const SAID_ELSEWHERE: f64 = 0.6;
/// The idf share of a who question that may stand nowhere but in code.
const ONLY_IN_CODE: f64 = 0.25;

/// Whether the question asks why something is so that the passage does not say, or who somebody is that it only names
/// in code.
pub fn is_unsaid(question: &str, evidence: &Evidence, hit: &EvidenceHit) -> bool {
    match asked(question) {
        Asked::Why => {
            let (lent, said) = if hit.cross_language { (gate::lent(evidence), SAID_ELSEWHERE) } else { (0.0, SAID) };
            let needed = obliges(question) && !hit.sentences.iter().any(|s| obliges(&s.text));
            needed || said_together(evidence, hit) + lent < said
        }
        Asked::Who => {
            let in_code = |i: usize| hit.sentences.iter().any(|s| s.code && s.term_counts.get(i) > Some(&0));
            let in_prose = |i: usize| {
                let code: u16 = hit.sentences.iter().filter(|s| s.code).filter_map(|s| s.term_counts.get(i)).sum();
                hit.term_counts.get(i) > Some(&code)
            };
            gate::share(evidence, |i| in_code(i) && !in_prose(i)) > ONLY_IN_CODE
        }
        _ => false,
    }
}

/// Whether a text says that something is needed.
fn obliges(text: &str) -> bool {
    const HAN: [&str; 10] = ["必须", "必須", "必需", "需要", "一定要", "只能", "不得不", "非要", "要求", "离不开"];
    const LATIN: [&str; 11] = [
        "must",
        "require",
        "requires",
        "required",
        "need",
        "needs",
        "needed",
        "necessary",
        "mandatory",
        "have to",
        "has to",
    ];
    let lower = text.to_lowercase();
    HAN.iter().any(|w| lower.contains(w)) || LATIN.iter().any(|w| contains_word(&lower, w))
}

/// The largest idf share of the question that two neighbouring sentences hold, with what stands above them.
pub fn said_together(evidence: &Evidence, hit: &EvidenceHit) -> f64 {
    if evidence.total <= 0.0 {
        return 0.0;
    }
    let within =
        |i: usize| hit.sentences.iter().map(|s| s.term_counts.get(i).copied().unwrap_or_default()).sum::<u16>();
    let above: Vec<bool> =
        (0..evidence.terms.len()).map(|i| hit.term_counts.get(i).is_some_and(|all| *all > within(i))).collect();
    let pair = |at: usize| -> f32 {
        let here = &hit.sentences[at..hit.sentences.len().min(at + 2)];
        let held = |i: usize| above[i] || here.iter().any(|s| s.term_counts.get(i).is_some_and(|c| *c > 0));
        evidence.terms.iter().enumerate().filter(|(i, _)| held(*i)).map(|(_, t)| t.weight * t.idf).sum()
    };
    let best = (0..hit.sentences.len()).map(pair).fold(0.0, f32::max);
    f64::from(best / evidence.total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::asked_of;

    fn unsaid(question: &str, language: &str, text: &str) -> bool {
        let evidence = asked_of(question, &[(language, text)]);
        is_unsaid(question, &evidence, &evidence.hits[0])
    }

    const TEXT: &str = "The indexer of tantivy is written in Rust. It merges segments while others read. \
                        Merging is slow because it reads everything again.";

    #[test]
    fn why_something_is_needs_somebody_who_says_that_it_is() {
        assert!(!unsaid("Why is merging slow?", "en", TEXT));
        assert!(unsaid("Why is the indexer a Go program?", "en", TEXT), "nobody says Go or program");
        assert!(!unsaid("How is the indexer a Go program?", "en", TEXT), "only reasons are held to this");
        let words =
            "The indexer has a queue. Nobody waits. A server runs. All is well. The night is quiet. They merge.";
        assert!(unsaid("Why does the indexer merge segments on a server at night?", "en", words), "they stand apart");
    }

    #[test]
    fn why_something_is_needed_needs_somebody_who_needs_it() {
        let text = "星河可以使用PostgreSQL，默认使用SQLite。";
        assert!(unsaid("为什么星河必须使用PostgreSQL？", "zh-Hans", text));
        assert!(!unsaid("为什么星河必须使用PostgreSQL？", "zh-Hans", "星河必须使用PostgreSQL，因为有很多人同时写。"));
    }

    #[test]
    fn who_somebody_is_does_not_stand_in_code() {
        let code = "一个例子：\n\n```\nauthor: 林薇\n```\n";
        assert!(unsaid("谁是林薇？", "zh-Hans", code));
        assert!(!unsaid("谁是林薇？", "zh-Hans", "林薇写了这些例子。"));
    }
}
