//! Where sentences end.
//!
//! A sentence ends at 。！？!? and at a line end. A Latin full stop ends one before a space and an upper-case letter,
//! digit, opening quote or Han character, unless it belongs to an abbreviation or an initial. Closing quotes and
//! brackets stay with their sentence; a fragment of fewer than four letters joins the sentence before.

use std::ops::Range;

const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "e.g", "i.e", "cf", "no", "vol", "fig", "ca",
    "inc", "ltd", "co", "corp", "gen", "col", "lt", "sgt", "capt", "rev", "hon", "gov", "sen", "rep", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "approx", "dept", "est", "al", "ph.d",
    "u.s", "u.k", "u.n", "mt", "ft", "pp", "eq", "sec", "ch", "ed", "eds", "op", "resp", "v", "viz", "messrs", "mme",
    "maj", "adm", "brig", "cmdr", "bros", "ave", "blvd",
];

/// The sentences of a plain text, in order, as byte ranges without surrounding white space.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    // After a line end nothing joins what stood before it.
    let mut joinable = false;
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let end_of = |i: usize| chars.get(i).map_or(text.len(), |c| c.0);
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        if c == '\n' || c == '\r' || c == '\u{2028}' || c == '\u{2029}' {
            add(text, start..chars[i].0, joinable, &mut out);
            start = end_of(i + 1);
            joinable = false;
            i += 1;
        } else if ends(&chars, i, &text[start..chars[i].0]) {
            let mut next = i + 1;
            while next < chars.len() && (is_terminal(chars[next].1) || is_closing(chars[next].1)) {
                next += 1;
            }
            add(text, start..end_of(next), joinable, &mut out);
            start = end_of(next);
            joinable = true;
            i = next;
        } else {
            i += 1;
        }
    }
    add(text, start..text.len(), joinable, &mut out);
    out
}

fn add(text: &str, range: Range<usize>, joinable: bool, out: &mut Vec<Range<usize>>) {
    let piece = &text[range.clone()];
    let trimmed = piece.trim();
    if trimmed.is_empty() {
        return;
    }
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + trimmed.len();
    if joinable
        && letters(trimmed) < 4
        && let Some(last) = out.last_mut()
    {
        last.end = end;
        return;
    }
    // A short opening such as a quoted interjection takes the following sentence in.
    if joinable
        && let Some(last) = out.last_mut()
        && letters(&text[last.clone()]) < 4
        && !text[last.end..start].contains('\n')
    {
        last.end = end;
        return;
    }
    out.push(start..end);
}

fn letters(s: &str) -> usize {
    s.chars().filter(|c| c.is_alphanumeric()).count()
}

fn is_terminal(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '!' | '?' | '｡' | '…' | '.')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '」' | '』' | '）' | ')' | ']' | '】' | '》' | '〉' | '»')
}

fn is_opening(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '‘' | '「' | '『' | '（' | '(' | '[' | '【' | '《' | '«')
}

fn ends(chars: &[(usize, char)], i: usize, before: &str) -> bool {
    match chars[i].1 {
        '。' | '！' | '？' | '｡' => true,
        // `a != b`, `foo!(…)`, `?x=1` and the like are no ends.
        '!' | '?' => {
            chars.get(i + 1).is_none_or(|n| n.1.is_whitespace() || is_closing(n.1) || is_terminal(n.1) || wide(n.1))
        }
        '.' => full_stop(chars, i, before),
        _ => false,
    }
}

fn wide(c: char) -> bool {
    crate::norm::class(c) == crate::norm::Class::Dense
}

fn full_stop(chars: &[(usize, char)], i: usize, before: &str) -> bool {
    let mut next = i + 1;
    while next < chars.len() && (is_closing(chars[next].1) || chars[next].1 == '.') {
        next += 1;
    }
    let Some(&(_, gap)) = chars.get(next) else { return true };
    if !gap.is_whitespace() {
        return false;
    }
    let Some(&(_, first)) = chars[next..].iter().find(|c| !c.1.is_whitespace() || c.1 == '\n') else { return true };
    if !(first.is_uppercase() || first.is_numeric() || is_opening(first) || first == '\n' || wide(first)) {
        return false;
    }
    let word = before.rsplit(|c: char| c.is_whitespace() || is_opening(c)).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    !initial && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(s: &str) -> Vec<&str> {
        split(s).into_iter().map(|r| &s[r]).collect()
    }

    #[test]
    fn chinese_marks_end_and_closing_quotes_stay() {
        assert_eq!(
            texts("他说：“你好啊朋友。”然后走了！真的离开了吗？\n是的呀朋友"),
            ["他说：“你好啊朋友。”", "然后走了！", "真的离开了吗？", "是的呀朋友"]
        );
    }

    #[test]
    fn full_stops_of_names_numbers_and_abbreviations_do_not_end() {
        assert_eq!(
            texts("Dr. Smith paid 3.5 dollars, e.g. to J. Doe. Then he left. \"Good!\" he said. ok"),
            ["Dr. Smith paid 3.5 dollars, e.g. to J. Doe.", "Then he left.", "\"Good!\"", "he said. ok"]
        );
        assert_eq!(texts("call foo!(x) if a != b"), ["call foo!(x) if a != b"]);
    }

    #[test]
    fn fragments_join_the_sentence_before() {
        assert_eq!(texts("This is it! No. 5 Yes"), ["This is it!", "No. 5 Yes"]);
        assert_eq!(texts("真的是这样吗？是。那就好了。"), ["真的是这样吗？是。", "那就好了。"]);
    }

    proptest! {
        #[test]
        fn ranges_rise_and_are_trimmed(s in "\\PC{0,80}|[a-zA-Z .!?\\n。“”」A-C]{0,80}") {
            let mut last = 0;
            for r in split(&s) {
                prop_assert!(r.start >= last && r.end > r.start);
                prop_assert_eq!(s[r.clone()].trim(), &s[r.clone()]);
                last = r.end;
            }
        }
    }
}
