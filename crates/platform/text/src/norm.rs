//! The folded form in which texts are compared: NFKC, lower case, Traditional → Simplified per character.

use std::sync::OnceLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The writing system of a character, as far as tokens differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Written without spaces between words: Han, kana, Hangul, Thai and their neighbours.
    Dense,
    /// Any other letter, digit or mark.
    Word,
    /// Everything else.
    Other,
}

/// The class of a character.
pub fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::Other };
    }
    match u32::from(c) {
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Class::Dense,
        _ if is_han(c) || is_kana(c) || matches!(u32::from(c), 0x1100..=0x11FF | 0xAC00..=0xD7AF) => Class::Dense,
        _ if c.is_alphanumeric() || is_combining_mark(c) => Class::Word,
        _ => Class::Other,
    }
}

/// Whether a character is Han (ideographs of all planes, 〇 and 々 among them).
pub fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3005 | 0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// Whether a character is hiragana or katakana.
pub fn is_kana(c: char) -> bool {
    matches!(u32::from(c), 0x3041..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x31F0..=0x31FF)
}

/// A folded text: its characters, and where each came from.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// The folded characters.
    pub chars: Vec<char>,
    /// For each, the index of the original character it came from.
    pub at: Vec<u32>,
    /// For each, whether the original was an upper-case letter.
    pub upper: Vec<bool>,
}

/// Folds a text for comparison.
pub fn fold(text: &str) -> Folded {
    let mut out = Folded::default();
    out.chars.reserve(text.len());
    out.at.reserve(text.len());
    out.upper.reserve(text.len());
    let mut cluster = String::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some((i, c)) = chars.next() {
        let marked = chars.peek().is_some_and(|(_, n)| !n.is_ascii() && is_combining_mark(*n));
        if c.is_ascii() && !marked {
            push(&mut out, c.to_ascii_lowercase(), i, c.is_ascii_uppercase());
        } else if is_han(c) && !marked && !(0xF900..=0xFAFF).contains(&u32::from(c)) {
            push(&mut out, simplified(c), i, false);
        } else {
            cluster.clear();
            cluster.push(c);
            while let Some((_, m)) = chars.next_if(|(_, n)| !n.is_ascii() && is_combining_mark(*n)) {
                cluster.push(m);
            }
            for n in cluster.nfkc() {
                let upper = n.is_uppercase();
                for l in n.to_lowercase() {
                    push(&mut out, simplified(l), i, upper);
                }
            }
        }
    }
    out
}

/// The folded text alone.
pub fn fold_str(text: &str) -> String {
    fold(text).chars.into_iter().collect()
}

fn push(out: &mut Folded, c: char, at: usize, upper: bool) {
    out.chars.push(c);
    out.at.push(at as u32);
    out.upper.push(upper);
}

/// The Simplified form of a character; any other character is its own.
pub fn simplified(c: char) -> char {
    if is_han(c) { tables().simple.get(&c).copied().unwrap_or(c) } else { c }
}

/// Which script's own form a character has: `Some(true)` for a Traditional one, `Some(false)` for a Simplified one,
/// `None` where both write it alike.
pub fn traditional(c: char) -> Option<bool> {
    if !is_han(c) {
        None
    } else if tables().simple.contains_key(&c) {
        Some(true)
    } else if tables().complex.contains_key(&c) {
        Some(false)
    } else {
        None
    }
}

struct Tables {
    simple: FxHashMap<char, char>,
    complex: FxHashMap<char, char>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables { simple: table(BuiltinConfig::T2s), complex: table(BuiltinConfig::S2t) })
}

fn table(config: BuiltinConfig) -> FxHashMap<char, char> {
    let Ok(converter) = OpenCC::from_config(config) else {
        // The dictionaries are compiled into the crate; without them scripts are simply not folded.
        return FxHashMap::default();
    };
    let mut map = FxHashMap::default();
    let mut one = String::new();
    for c in ('\u{3400}'..='\u{4DBF}').chain('\u{4E00}'..='\u{9FFF}') {
        one.clear();
        one.push(c);
        let converted = converter.convert(&one);
        let mut chars = converted.chars();
        if let (Some(other), None) = (chars.next(), chars.next())
            && other != c
        {
            map.insert(c, other);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_widths_and_cases_fold_together() {
        assert_eq!(fold_str("ＲＵＳＴ 資料庫"), "rust 资料库");
        assert_eq!(fold_str("e\u{301}"), "é");
        assert_eq!(fold("a①b").at, [0, 1, 2]);
        assert_eq!(fold("e\u{301}x").at, [0, 2]);
    }

    #[test]
    fn each_script_knows_its_own_characters() {
        assert_eq!(traditional('體'), Some(true));
        assert_eq!(traditional('体'), Some(false));
        assert_eq!(traditional('中'), None);
        assert_eq!(traditional('a'), None);
    }
}
