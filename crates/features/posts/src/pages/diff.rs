//! What changed between two texts, line by line, with the changed words marked.

use similar::{ChangeTag, TextDiff};

/// A line of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `ins`, `del` or `span`.
    pub element: &'static str,
    /// Stretches of the line; the marked ones are the words that changed.
    pub parts: Vec<(bool, String)>,
}

/// The changed lines of two texts with three lines around them; a line `…` between distant places.
pub(super) fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut out = vec![];
    for (n, group) in diff.grouped_ops(3).iter().enumerate() {
        if n > 0 {
            out.push(Line { element: "span", parts: vec![(false, "…".to_owned())] });
        }
        for change in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            let element = match change.tag() {
                ChangeTag::Insert => "ins",
                ChangeTag::Delete => "del",
                ChangeTag::Equal => "span",
            };
            let parts =
                change.iter_strings_lossy().map(|(marked, text)| (marked, text.trim_end_matches('\n').to_owned()));
            out.push(Line { element, parts: parts.collect() });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn the_changed_word_is_marked() {
        let got = lines("one two\nsame\n", "one three\nsame\n");
        let marked: Vec<_> =
            got.iter().flat_map(|l| l.parts.iter().filter(|p| p.0).map(|p| (l.element, p.1.as_str()))).collect();
        assert_eq!(marked, [("del", "two"), ("ins", "three")]);
        assert!(lines("a", "a").is_empty());
    }
}
