//! Questions that lean on what was asked before: "And how do I undo it?"

use crate::norm::{Class, class, fold};
use crate::tokens;

/// Words by which a question points back, folded, wherever they stand.
const BACK_DENSE: [&str; 22] = [
    "它",
    "这个",
    "那个",
    "这种",
    "那种",
    "这样",
    "那样",
    "这些",
    "那些",
    "上面",
    "前面",
    "刚才",
    "刚刚",
    "其中",
    "这里",
    "那里",
    "此外",
    "这两",
    "那两",
    "后者",
    "前者",
    "还有呢",
];
/// Words with which a question goes on.
const ON_DENSE: [&str; 10] = ["那", "然后", "还有", "另外", "接着", "而", "但", "所以", "为什么呢", "具体"];
/// Words by which an English question points back, wherever they stand.
const BACK_WORDS: [&str; 7] = ["it", "they", "them", "those", "these", "former", "latter"];
/// The same of something's own: of what the question names itself, where it named anything by then.
const OWN_WORDS: [&str; 2] = ["its", "their"];
/// The same where nothing they could belong to follows.
const BACK_ALONE: [&str; 2] = ["that", "this"];
/// Words with which an English question goes on.
const ON_WORDS: [&str; 6] = ["and", "but", "so", "then", "also", "or"];
/// Beginnings of two words with which an English question goes on.
const ON_PAIRS: [(&str, &str); 3] = [("what", "about"), ("how", "about"), ("what", "else")];

/// Whether a question can hardly be understood without the one before: it points back, goes on with a sentence that
/// was begun, or names nothing itself.
pub fn leans(question: &str) -> bool {
    let folded: String = fold(question).chars.into_iter().collect();
    let text = folded.trim().trim_end_matches(|c: char| !c.is_alphanumeric());
    if BACK_DENSE.iter().any(|w| text.contains(w)) || ON_DENSE.iter().any(|w| text.starts_with(w)) {
        return true;
    }
    // 「PostgreSQL 呢？」 asks of another thing what was asked of the first.
    if text.ends_with('呢')
        && !["什么", "怎么", "如何", "哪", "谁", "为何", "多少", "几"].iter().any(|w| text.contains(w))
    {
        return true;
    }
    let words: Vec<&str> =
        text.split(|c: char| class(c) != Class::Word && c != '\'').filter(|w| !w.is_empty()).collect();
    // "This crate" at the very end is one of which was spoken, too.
    let alone = |at: usize| at + 2 >= words.len() || !tokens::asks_about_something(words[at + 1]);
    let named = |before: usize| words[..before].iter().any(|w| tokens::asks_about_something(w));
    let back = words.iter().enumerate().any(|(at, w)| {
        BACK_WORDS.contains(w) || BACK_ALONE.contains(w) && alone(at) || OWN_WORDS.contains(w) && !named(at)
    });
    let on = words.first().is_some_and(|w| ON_WORDS.contains(w));
    let pair = words.len() > 1 && ON_PAIRS.contains(&(words[0], words[1]));
    back || on || pair || !tokens::asks_about_something(question)
}

/// Words for those who speak: nothing that was spoken of.
const SPEAKERS: [&str; 8] = ["i", "my", "me", "we", "our", "us", "you", "your"];

/// The words of a question that name something, as they were written: without question words and what points back.
pub fn subject(question: &str) -> String {
    let given: Vec<char> = question.chars().collect();
    let kept = tokens::naming(question);
    let mut out = String::new();
    let mut last = None;
    for (c, at) in kept.chars.iter().zip(&kept.at) {
        let joins = matches!(c, ':' | '.' | '-' | '_' | '/' | '<' | '>' | '#' | '+' | '@' | '&');
        if *c == ' ' || class(*c) == Class::Other && !joins {
            out.push(' ');
        } else if last != Some(*at) {
            out.extend(given.get(*at as usize));
        }
        last = Some(*at);
    }
    let bare =
        |w: &str| w.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '+' | '<' | '>')).to_owned();
    let points = |w: &str| {
        let folded: String = fold(w).chars.into_iter().collect();
        let folded = folded.as_str();
        BACK_WORDS.contains(&folded)
            || OWN_WORDS.contains(&folded)
            || SPEAKERS.contains(&folded)
            || BACK_DENSE.contains(&folded)
    };
    let words = out.split_whitespace().map(bare).filter(|w| !w.is_empty() && !points(w));
    words.collect::<Vec<_>>().join(" ")
}

/// A question that leans on those before it, with what they were about: `None` where it stands by itself, or they were
/// about nothing. `before` are the earlier questions, the oldest first.
pub fn in_context(before: &[String], question: &str) -> Option<String> {
    if !leans(question) {
        return None;
    }
    let mut about: Vec<String> = Vec::new();
    for earlier in before.iter().rev() {
        let words = subject(earlier);
        if !words.is_empty() {
            about.push(words);
        }
        // What that one leaned on itself is still meant.
        if !leans(earlier) {
            break;
        }
    }
    about.reverse();
    (!about.is_empty()).then(|| format!("{} ({})", question.trim(), about.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_points_back_leans() {
        for text in [
            "那怎么解决？",
            "它是怎么实现的？",
            "為什麼呢？",
            "PostgreSQL 呢？",
            "这个要多久？",
            "And how do I undo it?",
            "What about PostgreSQL?",
            "Why is that?",
            "How does this work?",
            "why?",
            "Are they safe?",
            "What are its limits?",
        ] {
            assert!(leans(text), "{text}");
        }
        for text in [
            "SQLite 开了 WAL，写事务为什么还会 BUSY？",
            "怎样在 axum 里共享状态？",
            "How do I enable WAL in SQLite?",
            "Which crates that parse JSON are fast?",
            "What does this crate do?",
            "How does a router keep its state?",
        ] {
            assert!(!leans(text), "{text}");
        }
    }

    #[test]
    fn a_subject_is_what_is_named() {
        for (question, about) in [
            ("How do I enable WAL in SQLite?", "enable WAL SQLite"),
            ("什么是所有权？", "是所有权"),
            ("How is tokio::spawn different from it?", "tokio::spawn different"),
            ("什么是 C++ 的 RAII？", "是 C++ RAII"),
            ("why?", ""),
        ] {
            assert_eq!(subject(question), about, "{question}");
        }
    }

    #[test]
    fn a_question_is_understood_out_of_those_before() {
        let before = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let wal = before(&["How do I enable WAL in SQLite?"]);
        assert_eq!(in_context(&wal, "Why is it faster?").as_deref(), Some("Why is it faster? (enable WAL SQLite)"));
        assert_eq!(in_context(&wal, "What is ownership in Rust?"), None, "it stands by itself");
        assert_eq!(in_context(&[], "Why is it faster?"), None, "there is nothing to lean on");
        let chain = before(&["What is ownership in Rust?", "怎样打开 SQLite 的 WAL？", "那备份呢？"]);
        assert_eq!(in_context(&chain, "它安全吗？").as_deref(), Some("它安全吗？ (打开 SQLite WAL 那备份)"));
    }

    proptest! {
        #[test]
        fn no_question_panics(a in "\\PC{0,40}", b in "[a-zA-Z它这那呢? .:+]{0,40}") {
            let _ = (leans(&a), leans(&b), subject(&a), subject(&b), in_context(&[a.clone(), b.clone()], &b));
        }
    }
}
