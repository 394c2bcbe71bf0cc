//! Cuts a Markdown text along its structure into citable passages and their sentences.
//!
//! A passage gathers neighbouring blocks under one heading until it is long enough to say something and short enough
//! to be about one thing; a paragraph stays whole unless it is far too long, and then it is cut between sentences.
//! Code stays whole. Positions count Unicode scalar values of the Markdown, so `body[start..end] == text`.

use crate::markdown::{Unit, UnitKind, units};
use crate::norm::is_han;
use crate::sentences::split;

/// Blocks are gathered up to this size, where a Han character counts two and any other one.
const TARGET: usize = 1_200;
/// A passage below this size goes on across a heading.
const SMALL: usize = 240;
/// A block larger than this is cut between its sentences.
const LARGEST: usize = 3_600;
/// A code block larger than this is cut between its lines.
const LARGEST_CODE: usize = 24_000;

/// A citable stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The headings above it, outermost first, as plain text.
    pub headings: Vec<String>,
    /// The Markdown from `start` to `end`.
    pub text: String,
    /// Where it begins in the Markdown, in Unicode scalar values.
    pub start: u32,
    /// Where it ends; not included.
    pub end: u32,
    /// Its sentences in order.
    pub sentences: Vec<CutSentence>,
}

impl Cut {
    /// The passage as a reader sees it: its sentences, headings among them, without Markdown marks.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for s in &self.sentences {
            if !out.is_empty() {
                let joined = !s.line && out.chars().next_back().is_some_and(|c| !c.is_ascii());
                out.push_str(if s.line {
                    "\n"
                } else if joined {
                    ""
                } else {
                    " "
                });
            }
            out.push_str(&s.text);
        }
        out
    }
}

/// A sentence of a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutSentence {
    /// The sentence as a reader sees it.
    pub text: String,
    /// Where its source begins in the Markdown, in Unicode scalar values.
    pub start: u32,
    /// Where its source ends; not included.
    pub end: u32,
    /// Whether it is a block of code, kept whole.
    pub code: bool,
    /// Whether it is a heading inside the passage: it can be found, but is no answer.
    pub heading: bool,
    /// Whether it begins a new line or block.
    pub line: bool,
}

/// Cuts a Markdown text. The result depends on the text alone.
pub fn cut(markdown: &str) -> Vec<Cut> {
    let mut pieces = Vec::new();
    let mut path: Vec<(u8, String)> = Vec::new();
    for unit in units(markdown) {
        if let UnitKind::Heading(level) = unit.kind {
            path.retain(|(l, _)| *l < level);
            path.push((level, one_line(&unit.text)));
        }
        let headings = path.iter().map(|(_, t)| t.clone()).collect::<Vec<_>>();
        split_unit(markdown, &unit, &headings, &mut pieces);
    }
    let mut places = Places { text: markdown, byte: 0, count: 0 };
    pack(pieces).into_iter().map(|p| p.finish(markdown, &mut places)).collect()
}

fn one_line(s: &str) -> String {
    s.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A unit, or a part of one that was too large, with its sentences placed in bytes.
struct Piece {
    heading: Option<u8>,
    headings: Vec<String>,
    start: usize,
    end: usize,
    size: usize,
    sentences: Vec<Placed>,
}

struct Placed {
    text: String,
    start: usize,
    end: usize,
    code: bool,
    heading: bool,
    line: bool,
}

fn size(text: &str) -> usize {
    text.chars().map(|c| if is_han(c) { 2 } else { 1 }).sum()
}

fn split_unit(source: &str, unit: &Unit, headings: &[String], out: &mut Vec<Piece>) {
    let whole = size(&unit.text);
    let (start, end) = (unit.start, unit.end);
    let heading = if let UnitKind::Heading(l) = unit.kind { Some(l) } else { None };
    let code = unit.kind == UnitKind::Code;
    let sentences = if code { code_blocks(unit, whole) } else { prose(source, unit) };
    let limit = if code { LARGEST_CODE } else { LARGEST };
    let mut piece = Piece { heading, headings: headings.to_vec(), start, end, size: 0, sentences: Vec::new() };
    if whole <= limit {
        piece.size = whole;
        piece.sentences = sentences;
        out.push(piece);
        return;
    }
    let goal = if code { LARGEST_CODE } else { TARGET };
    for s in sentences {
        let n = size(&s.text);
        if piece.size > 0 && piece.size + n > goal {
            let next =
                Piece { heading, headings: headings.to_vec(), start: s.start, end, size: 0, sentences: Vec::new() };
            let mut full = std::mem::replace(&mut piece, next);
            full.end = full.sentences.last().map_or(full.start, |l| l.end).min(s.start);
            out.push(full);
        }
        piece.size += n;
        piece.sentences.push(s);
    }
    out.push(piece);
}

/// A block of code is one sentence, unless it is enormous; then it is cut between lines.
fn code_blocks(unit: &Unit, whole: usize) -> Vec<Placed> {
    let placed =
        |text: &str, start, end| Placed { text: text.to_owned(), start, end, code: true, heading: false, line: true };
    if whole <= LARGEST_CODE {
        return vec![placed(&unit.text, unit.content, unit.end)];
    }
    let mut out = Vec::new();
    let (mut text, mut first, mut index) = (String::new(), 0, 0);
    for line in unit.text.split_inclusive('\n') {
        if !text.is_empty() && size(&text) + size(line) > LARGEST_CODE {
            out.push((std::mem::take(&mut text), first));
            first = index;
        }
        text.push_str(line);
        index += line.chars().count();
    }
    out.push((text, first));
    let starts: Vec<usize> = out.iter().map(|(_, i)| unit.map.get(*i).map_or(unit.end, |m| m.0 as usize)).collect();
    let mut placed_all = Vec::new();
    for (i, (text, _)) in out.iter().enumerate() {
        let start = if i == 0 { unit.content } else { starts[i] };
        let end = starts.get(i + 1).copied().unwrap_or(unit.end).max(start);
        placed_all.push(placed(text.trim_end(), start, end));
    }
    placed_all
}

fn prose(source: &str, unit: &Unit) -> Vec<Placed> {
    let heading = matches!(unit.kind, UnitKind::Heading(_));
    let offsets: Vec<usize> = unit.text.char_indices().map(|(i, _)| i).collect();
    let index = |byte: usize| offsets.partition_point(|o| *o < byte);
    let mut out: Vec<Placed> = Vec::new();
    let ranges = if heading { std::iter::once(0..unit.text.len()).collect() } else { split(&unit.text) };
    let mut line = true;
    let mut before = 0;
    for r in ranges {
        let text = if heading { one_line(&unit.text[r.clone()]) } else { unit.text[r.clone()].to_owned() };
        if text.is_empty() {
            continue;
        }
        line |= unit.text[before..r.start].contains('\n');
        let (first, last) = (index(r.start), index(r.end).max(1) - 1);
        let start = unit.map[first].0 as usize;
        let end = (unit.map[last].1 as usize).max(start);
        out.push(Placed { text, start, end, code: false, heading, line });
        line = false;
        before = r.end;
    }
    close_gaps(source, unit, &mut out);
    out
}

/// Gives the marks between two sentences to the one they stand beside, and those at both ends to the outer ones.
fn close_gaps(source: &str, unit: &Unit, sentences: &mut [Placed]) {
    if let Some(first) = sentences.first_mut() {
        first.start = unit.content.min(first.start);
    }
    if let Some(last) = sentences.last_mut() {
        last.end = unit.end.max(last.end);
    }
    for i in 1..sentences.len() {
        let (end, start) = (sentences[i - 1].end, sentences[i].start);
        if start <= end {
            sentences[i].start = start.max(end);
            continue;
        }
        let gap = &source[end..start];
        if let Some(space) = gap.find(char::is_whitespace) {
            sentences[i - 1].end = end + space;
            let tail = gap[space..].trim_start();
            sentences[i].start = start - tail.len();
        }
    }
}

/// Gathers pieces into passages.
fn pack(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut current: Option<Piece> = None;
    let mut waiting: Vec<Piece> = Vec::new();
    for piece in pieces {
        if piece.heading.is_some() {
            // A heading belongs to what follows it; a small passage goes on across it.
            match &current {
                Some(c) if c.size < SMALL => waiting.push(piece),
                _ => {
                    out.extend(current.take());
                    waiting.push(piece);
                }
            }
            continue;
        }
        match current.take() {
            Some(mut c) if c.size + piece.size <= TARGET || c.size < SMALL && piece.size <= TARGET => {
                for p in waiting.drain(..).chain([piece]) {
                    c.end = p.end;
                    c.size += p.size;
                    c.sentences.extend(p.sentences);
                }
                current = Some(c);
            }
            other => {
                out.extend(other);
                waiting.clear();
                current = Some(piece);
            }
        }
    }
    out.extend(current);
    // Headings without any text below them are all there is to find.
    if let (true, Some(last)) = (out.is_empty(), waiting.pop()) {
        let mut all = waiting.into_iter().chain([last]);
        if let Some(mut first) = all.next() {
            for p in all {
                first.end = p.end;
                first.sentences.extend(p.sentences);
            }
            first.headings.clear();
            out.push(first);
        }
    }
    out
}

impl Piece {
    fn finish(self, source: &str, places: &mut Places<'_>) -> Cut {
        let (start, end) = (places.at(self.start), places.at(self.end));
        let only_headings = self.sentences.iter().all(|s| s.heading);
        let sentences = self
            .sentences
            .into_iter()
            .map(|s| CutSentence {
                start: places.at(s.start.clamp(self.start, self.end)),
                end: places.at(s.end.clamp(self.start, self.end)),
                text: s.text,
                code: s.code,
                heading: s.heading && !only_headings,
                line: s.line,
            })
            .collect();
        Cut { headings: self.headings, text: source[self.start..self.end].to_owned(), start, end, sentences }
    }
}

/// Turns bytes into Unicode scalar values, quickly for neighbouring places.
struct Places<'s> {
    text: &'s str,
    byte: usize,
    count: usize,
}

impl Places<'_> {
    fn at(&mut self, byte: usize) -> u32 {
        if byte >= self.byte {
            self.count += self.text[self.byte..byte].chars().count();
        } else {
            self.count -= self.text[byte..self.byte].chars().count();
        }
        self.byte = byte;
        self.count as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slice(text: &str, start: u32, end: u32) -> String {
        text.chars().skip(start as usize).take((end - start) as usize).collect()
    }

    #[test]
    fn sections_become_passages_with_their_headings() {
        let long = "This is one of many sentences in a rather long paragraph. ".repeat(12);
        let md = format!(
            "# Top\n\nIntro text here.\n\n## A *b*\n\n{long}\n\n```rust\nfn main() {{}}\n```\n\n## C\n\n{long}\n"
        );
        let all = cut(&md);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].headings, ["Top"]);
        assert!(all[0].text.starts_with("Intro") && all[0].text.ends_with("```"));
        assert_eq!(all[1].headings, ["Top", "C"]);
        let code: Vec<_> = all[0].sentences.iter().filter(|s| s.code).collect();
        assert_eq!(code.len(), 1);
        assert_eq!(code[0].text, "fn main() {}");
        assert!(all[0].sentences.iter().any(|s| s.heading && s.text == "A b"));
    }

    #[test]
    fn a_sentence_keeps_the_marks_around_it() {
        let md = "**One thing is here.** Another [link is here](https://e.org/a).\n";
        let all = cut(md);
        let s = &all[0].sentences;
        assert_eq!(s[0].text, "One thing is here.");
        assert_eq!(slice(md, s[0].start, s[0].end), "**One thing is here.**");
        assert_eq!(s[1].text, "Another link is here.");
        assert_eq!(slice(md, s[1].start, s[1].end), "Another [link is here](https://e.org/a).");
    }

    #[test]
    fn a_very_long_paragraph_is_cut_between_sentences() {
        let md = "这里有一个并不算短的句子，用来把段落变得很长。".repeat(200);
        let all = cut(&md);
        assert!(all.len() > 3);
        assert!(all.iter().all(|p| p.text.ends_with('。')));
        assert_eq!(all.iter().map(|p| p.text.as_str()).collect::<String>(), md);
    }

    #[test]
    fn headings_alone_can_be_found() {
        let all = cut("# Only a title\n## And another\n");
        assert_eq!(all.len(), 1);
        assert!(all[0].sentences.iter().all(|s| !s.heading));
        assert!(cut("").is_empty());
        assert!(cut("\n\n---\n").is_empty());
    }

    fn sound(md: &str) {
        let total = md.chars().count() as u32;
        let mut last = 0;
        for p in cut(md) {
            assert!(p.start >= last && p.start < p.end && p.end <= total, "{md:?}");
            assert_eq!(slice(md, p.start, p.end), p.text, "{md:?}");
            last = p.end;
            let mut at = p.start;
            for s in &p.sentences {
                assert!(s.start >= at && s.start <= s.end && s.end <= p.end, "{md:?} {s:?}");
                at = s.start;
                assert!(!s.text.trim().is_empty());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_text_is_cut_soundly(md in "\\PC{0,200}") {
            sound(&md);
        }

        #[test]
        fn any_markdown_is_cut_soundly(parts in proptest::collection::vec(prop_oneof![
            Just("# "), Just("- "), Just("> "), Just("\n"), Just("\n\n"), Just("```\n"), Just("    "), Just("\t"),
            Just("*"), Just("**"), Just("`"), Just("[a](b)"), Just("![i](j)"), Just("[^1]"), Just("[^1]: note"),
            Just("| a | b |\n|--|--|\n"), Just("<div>"), Just("</div>"), Just("<!--"), Just("-->"), Just("<script>"),
            Just("&amp;"), Just("\\"), Just("句子。"), Just("Word. Next"), Just("é\u{301}"), Just("\r\n"), Just("\r"),
            Just("\0"), Just("1. "), Just("- [ ] "), Just("<br>"), Just("https://e.org"), Just("\u{feff}"), Just("~~"), Just("&#0;"),
        ], 0..40)) {
            sound(&parts.concat());
        }
    }

    #[test]
    fn real_posts_are_cut_soundly() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/corpora");
        let mut stack = vec![std::path::PathBuf::from(root)];
        let mut seen = 0;
        while let Some(dir) = stack.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    stack.push(path);
                } else if path.extension().is_some_and(|e| e == "md")
                    && let Ok(text) = std::fs::read_to_string(&path)
                {
                    sound(&text);
                    seen += 1;
                }
            }
        }
        assert!(seen == 0 || seen > 100);
    }
}
