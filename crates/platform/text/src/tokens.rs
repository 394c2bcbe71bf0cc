//! The index terms of a text and the weighted terms of a query.
//!
//! A run of Han characters gives every character and every bigram. A Latin or digit word gives its stem and the
//! 4-grams of `^word$`. Identifiers, versions and paths (`tokio::spawn`, `State<AppState>`, `axum-0.8`,
//! `src/main.rs`, `snake_case`, `CamelCase`) also give themselves as a whole and the parts they are made of.

use rustc_hash::FxHashSet;

use crate::norm::{Class, Folded, class, fold, is_han};
use crate::stem::stem;

/// The kinds of index terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One character of a script written without spaces.
    Char,
    /// Two such characters side by side.
    Bigram,
    /// The stem of a word.
    Stem,
    /// Four characters of `^word$`, written with a leading `~`.
    Gram,
    /// A word inside `CamelCase`, or the tail of a path.
    Part,
    /// An identifier, version or path as it stands.
    Whole,
}

impl Kind {
    /// How much a hit of such a term counts.
    pub const fn weight(self) -> f32 {
        match self {
            Self::Char | Self::Bigram | Self::Whole => 1.0,
            Self::Stem => 2.0,
            Self::Gram => 0.3,
            Self::Part => 0.5,
        }
    }
}

/// A term at its place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The folded form.
    pub text: String,
    /// Its kind.
    pub kind: Kind,
    /// Where it begins in the text, in Unicode scalar values.
    pub start: u32,
    /// Where it ends; not included.
    pub end: u32,
}

/// A term of a query, once.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryToken {
    /// The folded form.
    pub text: String,
    /// Its kind.
    pub kind: Kind,
    /// Its weight.
    pub weight: f32,
    /// Whether its absence from a passage means that something asked for is missing: in a Chinese query any Latin or
    /// digit word, in others words with digits.
    pub whole_word: bool,
}

/// A stable 32-bit hash of a term (FNV-1a with a final mix), for term counts stored beside a passage.
pub fn hash(term: &str) -> u32 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for b in term.bytes() {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    ((h ^ (h >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// All index terms of a text, in order of their place.
pub fn terms(text: &str) -> Vec<Term> {
    let folded = fold(text);
    let mut out = Vec::with_capacity(folded.chars.len() * 2);
    scan(&folded, &mut |term| out.push(term));
    out
}

/// The terms of a query: without the words that only make it a question, each term once.
pub fn query(text: &str) -> Vec<QueryToken> {
    let folded = fold(text);
    let dense = folded.chars.iter().any(|c| is_han(*c));
    let kept = without_question_words(&folded);
    let mut tokens = unique(&kept, dense);
    if tokens.is_empty() {
        tokens = unique(&folded, dense);
    }
    tokens
}

/// Whether a question names anything: beside question words, particles and pronouns there is a word of two letters or
/// more, or two characters of a script without spaces.
pub fn asks_about_something(text: &str) -> bool {
    const EMPTY: &str = "你我他她它您们們的是吗嗎呢啊吧了在有不没沒这這那";
    let tokens = unique(&naming(text), false);
    let word = |t: &QueryToken| t.kind == Kind::Stem && t.text.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    let dense = |t: &&QueryToken| t.kind == Kind::Char && !t.text.chars().all(|c| EMPTY.contains(c));
    tokens.iter().any(word) || tokens.iter().filter(dense).count() >= 2
}

/// The folded text without the words that only make it a question; spaces stand in their place.
pub(crate) fn naming(text: &str) -> Folded {
    without_question_words(&fold(text))
}

fn unique(folded: &Folded, dense: bool) -> Vec<QueryToken> {
    let mut seen = FxHashSet::default();
    let mut out: Vec<QueryToken> = Vec::new();
    scan(folded, &mut |t| {
        if seen.insert(t.text.clone()) {
            let digit = t.text.bytes().any(|b| b.is_ascii_digit());
            let whole_word = t.kind == Kind::Stem && (dense || digit);
            out.push(QueryToken { weight: t.kind.weight(), whole_word, text: t.text, kind: t.kind });
        } else if t.kind == Kind::Stem
            && let Some(part) = out.iter_mut().find(|q| q.text == t.text)
        {
            part.kind = Kind::Stem;
            part.weight = part.weight.max(Kind::Stem.weight());
        }
    });
    out
}

fn scan(f: &Folded, emit: &mut dyn FnMut(Term)) {
    let n = f.chars.len();
    let mut i = 0;
    while i < n {
        match class(f.chars[i]) {
            Class::Dense => {
                let end = run(f, i, |c| class(c) == Class::Dense);
                dense(f, i, end, emit);
                i = end;
            }
            Class::Word => i = compound(f, i, emit),
            Class::Other => i += 1,
        }
    }
}

fn run(f: &Folded, from: usize, test: impl Fn(char) -> bool) -> usize {
    f.chars[from..].iter().position(|c| !test(*c)).map_or(f.chars.len(), |n| from + n)
}

fn term(f: &Folded, from: usize, to: usize, text: String, kind: Kind) -> Term {
    Term { text, kind, start: f.at[from], end: f.at[to - 1] + 1 }
}

fn dense(f: &Folded, from: usize, to: usize, emit: &mut dyn FnMut(Term)) {
    for i in from..to {
        emit(term(f, i, i + 1, f.chars[i].to_string(), Kind::Char));
        if i + 1 < to {
            emit(term(f, i, i + 2, f.chars[i..i + 2].iter().collect(), Kind::Bigram));
        }
    }
}

/// Longer runs of joined words than this are data, not names.
const MAX_COMPOUND: usize = 120;
/// Longer words than this are data, not words.
const MAX_WORD: usize = 64;

/// Emits the words of a run such as `tokio::sync::mpsc` and, where it is a name, the run itself; returns its end.
fn compound(f: &Folded, from: usize, emit: &mut dyn FnMut(Term)) -> usize {
    let mut end = run(f, from, |c| class(c) == Class::Word || joins(c));
    while end > from + 1 && joins(f.chars[end - 1]) && !suffix(f, from, end) {
        end -= 1;
    }
    let mut starts = Vec::new();
    let mut i = from;
    while i < end {
        if class(f.chars[i]) == Class::Word {
            let word_end = number_or_word(f, i, end);
            word(f, i, word_end, emit);
            starts.push(i);
            i = word_end;
        } else {
            i += 1;
        }
    }
    if end - from <= MAX_COMPOUND && is_name(&f.chars[from..end]) {
        let whole: String = f.chars[from..end].iter().collect();
        emit(term(f, from, end, whole, Kind::Whole));
        tails(f, from, end, &starts, emit);
    }
    end
}

fn joins(c: char) -> bool {
    matches!(c, ':' | '.' | '-' | '_' | '/' | '<' | '>' | '#' | '+' | '@' | '&' | ',')
}

/// `C++`, `C#`, `Vec<T>` keep their last characters.
fn suffix(f: &Folded, from: usize, end: usize) -> bool {
    match f.chars[end - 1] {
        '>' => f.chars[from..end].contains(&'<'),
        '#' => end - from == 2,
        '+' => end - from == 3 && f.chars[end - 2] == '+',
        _ => false,
    }
}

/// Whether a run of words and joining marks is a name (`serde-json`, `a.b`, `x::y`) and not prose such as `and/or`.
fn is_name(run: &[char]) -> bool {
    let digit = run.iter().any(char::is_ascii_digit);
    let has = |c: char| run.contains(&c);
    let path = run.windows(2).any(|w| w == ['/', '/'] || w == [':', ':']);
    let inner = run.len() > 2 && run.iter().any(|c| joins(*c) && *c != ',');
    (inner && (path || has('_') || has('<') || has('@') || (has('/') && has('.')) || (digit && (has('-') || has('.')))))
        || matches!(run, [_, '#'] | [_, '+', '+'])
        || (inner && has('.') && run.len() > 4 && !run.ends_with(&['.']))
        || (inner && has('-') && !has(','))
}

/// The tails of a path behind `::` and `/`: `mpsc::channel` of `tokio::sync::mpsc::channel`.
fn tails(f: &Folded, from: usize, end: usize, starts: &[usize], emit: &mut dyn FnMut(Term)) {
    for &s in starts.iter().rev().take(8) {
        let tail = &f.chars[s..end];
        let after_step = s > from && matches!(f.chars[s - 1], ':' | '/' | '<');
        if after_step && tail.iter().any(|c| joins(*c)) {
            emit(term(f, s, end, tail.iter().collect(), Kind::Part));
        }
    }
}

/// The end of the word at `from`; a number keeps the commas and the point inside it.
fn number_or_word(f: &Folded, from: usize, limit: usize) -> usize {
    let mut end = from + f.chars[from..limit].iter().take_while(|c| class(**c) == Class::Word).count();
    while end + 1 < limit
        && f.chars[end] == ','
        && f.chars[from..end].iter().all(|c| c.is_ascii_digit() || *c == ',')
        && f.chars[end + 1].is_ascii_digit()
    {
        end += 1;
        end += f.chars[end..limit].iter().take_while(|c| c.is_ascii_digit()).count();
    }
    end
}

fn word(f: &Folded, from: usize, to: usize, emit: &mut dyn FnMut(Term)) {
    if to - from > MAX_WORD {
        return;
    }
    let text: String = f.chars[from..to].iter().collect();
    emit(term(f, from, to, stem(&text), Kind::Stem));
    let mut framed = vec!['^'];
    framed.extend(text.chars().filter(|c| *c != ','));
    framed.push('$');
    for gram in framed.windows(4) {
        let mut g = String::with_capacity(8);
        g.push('~');
        g.extend(gram);
        emit(term(f, from, to, g, Kind::Gram));
    }
    let mut start = from;
    let mut parts = 0;
    for i in from + 1..=to {
        let hump = i < to && f.upper[i] && (!f.upper[i - 1] || (i + 1 < to && !f.upper[i + 1] && is_letter(f, i + 1)));
        if (hump || (i == to && parts > 0)) && i > start {
            let part: String = f.chars[start..i].iter().collect();
            emit(term(f, start, i, stem(&part), Kind::Part));
            parts += 1;
            start = i;
        }
    }
}

fn is_letter(f: &Folded, i: usize) -> bool {
    f.chars[i].is_alphabetic()
}

const DENSE_QUESTION: &[&str] = &[
    "什么时候",
    "什么",
    "甚么",
    "怎么样",
    "怎么",
    "怎样",
    "如何",
    "为什么",
    "为何",
    "为谁",
    "谁",
    "哪一",
    "哪些",
    "哪里",
    "哪儿",
    "哪个",
    "哪位",
    "哪种",
    "哪",
    "多少",
    "多大",
    "多久",
    "多长",
    "几个",
    "几",
    "何时",
    "何地",
    "何人",
    "何种",
    "何",
    "是否",
    "请问",
    "吗",
    "呢",
    "的",
];

const ENGLISH_FUNCTION: &[&str] = &[
    "what", "when", "where", "who", "whom", "whose", "which", "why", "how", "is", "are", "was", "were", "be", "been",
    "do", "does", "did", "has", "have", "had", "the", "a", "an", "of", "in", "on", "to", "for", "by", "with", "at",
    "from", "and", "or", "as", "that", "this", "it", "its", "there", "many", "much", "can", "could", "would", "should",
];

/// The folded text with question words replaced by spaces.
fn without_question_words(f: &Folded) -> Folded {
    let mut out = f.clone();
    let mut i = 0;
    while i < f.chars.len() {
        let len = match class(f.chars[i]) {
            Class::Dense => DENSE_QUESTION.iter().filter_map(|w| matched(&f.chars[i..], w)).max().unwrap_or(0),
            Class::Word => {
                let end = run(f, i, |c| class(c) == Class::Word || joins(c) || c == '\'' || c == '’');
                let word: String = f.chars[i..end].iter().collect();
                let bare = word.trim_end_matches(|c: char| class(c) == Class::Other);
                if !ENGLISH_FUNCTION.contains(&bare) {
                    i = end;
                    continue;
                }
                end - i
            }
            Class::Other => 0,
        };
        out.chars[i..i + len].fill(' ');
        i += len.max(1);
    }
    out
}

fn matched(chars: &[char], word: &str) -> Option<usize> {
    let mut n = 0;
    for c in word.chars() {
        if chars.get(n) != Some(&c) {
            return None;
        }
        n += 1;
    }
    Some(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_names_nothing_is_no_question() {
        for text in ["", "the", "x", "a b c d", "１２３", "是", "你是谁？", "\" OR 1=1 --", &"中".repeat(1_000), "why?"]
        {
            assert!(!asks_about_something(text), "{text}");
        }
        for text in ["Go?", "什么是证据？", "How do I use tokio?", "為什麼變慢"] {
            assert!(asks_about_something(text), "{text}");
        }
    }

    fn has(text: &str, wanted: &[&str]) {
        let all: Vec<String> = terms(text).into_iter().map(|t| t.text).collect();
        for w in wanted {
            assert!(all.iter().any(|t| t == w), "{w} of {text}: {all:?}");
        }
    }

    #[test]
    fn chinese_gives_characters_and_bigrams_of_both_scripts() {
        has("資料庫", &["资", "料", "库", "资料", "料库"]);
    }

    #[test]
    fn names_are_found_whole_and_in_parts() {
        has("use tokio::sync::mpsc::channel;", &["tokio", "channel", "tokio::sync::mpsc::channel", "mpsc::channel"]);
        has("State<AppState>", &["state<appstate>", "stat", "appstat", "app"]);
        has("axum-0.8", &["axum-0.8", "axum", "0", "8"]);
        has("see src/main.rs.", &["src/main.rs", "main.rs", "main", "rs"]);
        has("my_snake_case", &["my_snake_case", "snak", "cas"]);
        has("C++ and C#", &["c++", "c#"]);
        has("HTTPServer2", &["http", "server2"]);
    }

    #[test]
    fn question_words_go_unless_nothing_is_left() {
        let q: Vec<String> = query("什么是所有权？").into_iter().map(|t| t.text).collect();
        assert_eq!(q, ["是", "是所", "所", "所有", "有", "有权", "权"]);
        assert!(query("What is the borrow checker?").iter().all(|t| t.text != "what" && t.text != "th"));
        assert!(!query("怎么").is_empty());
        assert!(!query("what is that").is_empty());
    }

    #[test]
    fn what_must_not_be_missing_depends_on_the_language() {
        let zh = query("Rust 的版本");
        assert!(zh.iter().any(|t| t.text == "rust" && t.whole_word));
        let en = query("Rust in 1,984");
        assert!(en.iter().any(|t| t.text == "rust" && !t.whole_word));
        assert!(en.iter().any(|t| t.text == "1984" && t.whole_word));
    }

    #[test]
    fn hashes_do_not_change() {
        assert_eq!(hash(""), 2_238_767_700);
        assert_ne!(hash("rust"), hash("rusT"));
    }

    proptest! {
        #[test]
        fn places_lie_inside_the_text(s in "\\PC{0,60}|[a-zA-Z_:<>./0-9中文 ,-]{0,60}") {
            let n = s.chars().count() as u32;
            for t in terms(&s) {
                prop_assert!(t.start < t.end && t.end <= n);
                prop_assert!(!t.text.is_empty());
            }
            let _ = query(&s);
        }
    }
}
