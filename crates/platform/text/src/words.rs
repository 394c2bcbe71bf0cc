//! Words of an address, beginnings, plain text and reading time.

use unicode_segmentation::UnicodeSegmentation;

use crate::markdown::{UnitKind, units};
use crate::norm::{Class, class, is_han};

/// The words of an address: lower case, Latin letters without accents where Unicode can take them off, Han characters
/// as they are, anything else one hyphen, at most 60 characters and never half a word where that can be helped.
pub fn slug(title: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    let mut out: Vec<char> = Vec::new();
    for c in title.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().nfc().flat_map(char::to_lowercase) {
        if matches!(c, '\'' | '’') {
            continue;
        }
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && out.last() != Some(&'-') {
            out.push('-');
        }
    }
    if out.len() > 60 {
        let whole = out[..=60].iter().rposition(|c| *c == '-').filter(|n| *n >= 30);
        out.truncate(whole.unwrap_or(60));
    }
    while out.last() == Some(&'-') {
        out.pop();
    }
    out.into_iter().collect()
}

/// A Markdown text as a reader sees it: blocks on lines of their own, headings and code among them.
pub fn plain(markdown: &str) -> String {
    let mut out = String::new();
    for unit in units(markdown) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(unit.text.trim());
    }
    out
}

/// The beginning of a text's prose in at most `limit` characters, cut between words, with an ellipsis where it was
/// cut; headings and code are left out unless there is nothing else.
pub fn excerpt(markdown: &str, limit: usize) -> String {
    let all = units(markdown);
    let mut text = String::new();
    let prose = all.iter().filter(|u| u.kind == UnitKind::Prose);
    for unit in prose {
        push_words(&unit.text, &mut text);
        if text.chars().count() > limit {
            break;
        }
    }
    if text.is_empty() {
        all.iter().for_each(|u| push_words(&u.text, &mut text));
    }
    shorten(&text, limit)
}

fn push_words(from: &str, out: &mut String) {
    for word in from.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

/// A plain text in at most `limit` characters, cut between words, with an ellipsis where it was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(1);
    let (mut kept, mut n) = (String::new(), 0);
    for word in text.split_word_bounds() {
        let len = word.chars().count();
        if n + len > room {
            break;
        }
        kept.push_str(word);
        n += len;
    }
    if kept.trim().is_empty() {
        kept = text.chars().take(room).collect();
    }
    let mut kept =
        kept.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '，' | ',' | '、' | '；' | ';')).to_owned();
    kept.push('…');
    kept
}

/// How many words a plain text has; each Han character counts as one.
pub fn word_count(text: &str) -> usize {
    let (mut count, mut inside) = (0, false);
    for c in text.chars() {
        if is_han(c) {
            count += 1;
            inside = false;
        } else if class(c) == Class::Other && !matches!(c, '\'' | '’' | '-' | '_') {
            inside = false;
        } else if !inside {
            count += 1;
            inside = true;
        }
    }
    count
}

/// Whole minutes that reading a Markdown text takes, at least one: 400 Han characters or 230 words a minute.
pub fn reading_minutes(markdown: &str) -> u32 {
    let text = plain(markdown);
    let han = text.chars().filter(|c| is_han(*c)).count();
    let words = word_count(&text) - han;
    ((han as f32 / 400.0 + words as f32 / 230.0).ceil() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_and_readable() {
        assert_eq!(slug("Don't Panic: Café & C++!"), "dont-panic-cafe-c");
        assert_eq!(slug("Rust 的所有权（上）"), "rust-的所有权-上");
        assert_eq!(slug("…"), "");
        let long = slug(&"word ".repeat(40));
        assert!(long.chars().count() <= 60 && long.ends_with("word"));
        assert_eq!(slug(&"长".repeat(100)).chars().count(), 60);
    }

    #[test]
    fn excerpts_are_prose_cut_between_words() {
        let md = "# Title\n\n![badge](b.svg)\n\nThe **first** sentence of it all.\n\n```\ncode\n```\n";
        assert_eq!(excerpt(md, 100), "The first sentence of it all.");
        assert_eq!(excerpt(md, 15), "The first…");
        assert_eq!(excerpt("# Only", 10), "Only");
        assert_eq!(excerpt("", 10), "");
    }

    #[test]
    fn counting() {
        assert_eq!(word_count("don't stop 中文"), 4);
        assert_eq!(reading_minutes(""), 1);
        assert_eq!(reading_minutes(&"字".repeat(1200)), 3);
        assert_eq!(plain("# A\n\nb *c*\n"), "A\nb c");
    }
}
