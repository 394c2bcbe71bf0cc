//! Whether a question is about what was said, and whether two statements say the same.

use std::collections::HashSet;

use xinghe_text::tokens::{Kind, QueryToken};

use crate::answer::generate::literals;

/// The share of a question's words that a corrected question holds to be near to it by words.
const OF_ASKED: f64 = 0.75;
/// The share of the corrected question's words that a question holds to be near to it by words.
const OF_CORRECTED: f64 = 0.6;
/// The cosine from which two questions of one language are one by meaning. With the shipped model "how do I cancel a
/// task" and "how do I spawn a task" lie at .94, and in twenty pairs tried the first that were one lay at .96.
const SAME_QUESTION: f32 = 0.96;
/// The same of two languages, in which all lie farther apart: the first that were not one lay at .85.
const SAME_IN_ANOTHER_LANGUAGE: f32 = 0.88;
/// Characters that hold a Chinese question together and tell nothing.
const HOLDING: &str = "的了里裡在中上下是把被请請我你们們会會能可以要";
/// The share of the words of both from which two statements are one.
const SAME_WORDS: f64 = 0.8;

/// What a text is about: the terms that tell, without those that only make it a question.
pub(crate) fn words(text: &str) -> HashSet<String> {
    xinghe_text::tokens::query(text).into_iter().filter(|t| t.weight >= 1.0).map(|t| t.text).collect()
}

/// How long two vectors of length 1 go the same way.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.len() == b.len() { a.iter().zip(b).map(|(x, y)| x * y).sum() } else { 0.0 }
}

fn share(of: &HashSet<String>, held: &HashSet<String>) -> f64 {
    if of.is_empty() { 0.0 } else { of.intersection(held).count() as f64 / of.len() as f64 }
}

/// What a question is made of: its words, and of Chinese its characters, as how they stand side by side differs with
/// their order.
fn units(question: &str) -> HashSet<String> {
    let tells = |t: &QueryToken| match t.kind {
        Kind::Stem | Kind::Whole => true,
        Kind::Char => !HOLDING.contains(&t.text),
        Kind::Bigram | Kind::Gram | Kind::Part => false,
    };
    xinghe_text::tokens::query(question).into_iter().filter(tells).map(|t| t.text).collect()
}

/// How near a question is to one that was corrected, from 0 to 1; `None`: it is another one. A name, a number or an
/// identifier that neither the corrected question nor the correction holds makes it another one, whatever the rest; and
/// so does a word of its own where the corrected one has a word of its own, too: to start is not to stop.
pub(crate) fn question(asked: &str, corrected: &str, correction: &str, cosine: f32) -> Option<f64> {
    let known = format!("{corrected} {correction}").to_lowercase();
    if !literals(asked).iter().all(|l| known.contains(l.as_str())) {
        return None;
    }
    let (a, b) = (units(asked), units(corrected));
    let (of_asked, of_corrected) = (share(&a, &b), share(&b, &a));
    let one_holds_the_other = a.is_subset(&b) || b.is_subset(&a);
    let by_words = one_holds_the_other && of_asked >= OF_ASKED && of_corrected >= OF_CORRECTED;
    let translated = xinghe_text::detect(asked).primary() != xinghe_text::detect(corrected).primary();
    // What is named in Latin letters is named so in every language.
    let latin = |of: &HashSet<String>| of.iter().filter(|w| w.is_ascii()).cloned().collect::<HashSet<_>>();
    let by_meaning = if translated {
        let (x, y) = (latin(&a), latin(&b));
        cosine >= SAME_IN_ANOTHER_LANGUAGE && (x.is_subset(&y) || y.is_subset(&x))
    } else {
        cosine >= SAME_QUESTION
    };
    let near = [by_words.then_some(of_asked.min(of_corrected)), by_meaning.then_some(f64::from(cosine))];
    near.into_iter().flatten().reduce(f64::max)
}

/// Whether two statements say the same in nearly the same words: one of them is enough.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let (x, y) = (words(a), words(b));
    let mut literal = [literals(a), literals(b)];
    literal.iter_mut().for_each(|l| l.sort_unstable());
    literal[0] == literal[1] && share(&x, &y) >= SAME_WORDS && share(&y, &x) >= SAME_WORDS && denies(a) == denies(b)
}

/// Whether a statement says that something is not so.
pub(crate) fn denies(text: &str) -> bool {
    const HAN: [&str; 9] = ["不再", "不是", "不用", "不在", "不喜", "没有", "沒有", "从不", "從不"];
    const LATIN: [&str; 6] = [" not ", " never ", " cannot ", " no longer ", " stopped ", "n't "];
    let padded = format!(" {} ", text.to_lowercase().replace('’', "'"));
    HAN.iter().any(|w| padded.contains(w)) || LATIN.iter().any(|w| padded.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_near_in_nearly_the_same_words() {
        let near = |asked: &str, corrected: &str| question(asked, corrected, "It is an Arc.", 0.0).is_some();
        assert!(near("How does a router keep its state?", "How does the router keep state?"));
        assert!(near("在 axum 里如何共享状态？", "axum 怎么共享状态？"));
        assert!(!near("How does a router match its paths?", "How does the router keep state?"));
        assert!(
            !near("How does a router keep its state in 0.9?", "How does the router keep state?"),
            "a number is new"
        );
        assert!(!near("怎么写测试？", "axum 怎么共享状态？"));
        assert!(near("数据库怎么备份？", "怎么备份数据库？"));
        assert!(!near("怎么恢复数据库？", "怎么备份数据库？"));
        assert!(!near("How do I spawn a running tokio task?", "How do I cancel a running tokio task?"));
    }

    #[test]
    fn meaning_makes_questions_one_and_more_of_it_where_words_could_tell() {
        let near = |asked: &str, cosine| question(asked, "axum 怎么共享状态？", "", cosine).is_some();
        assert!(near("How do I share state between axum handlers?", 0.9));
        assert!(!near("How do I share state between axum handlers?", 0.86));
        assert!(!near("axum 怎么处理错误？", 0.94));
        assert!(near("在 axum 里数据如何共用？", 0.97));
    }

    #[test]
    fn statements_are_one_in_nearly_the_same_words() {
        assert!(same("I maintain the axum router.", "I maintain axum's router"));
        assert!(!same("I maintain axum.", "I no longer maintain axum."));
        assert!(!same("I use Rust 1.80 at work", "I use Rust 1.90 at work"));
    }
}
