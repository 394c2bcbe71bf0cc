//! Markdown as a reader sees it: the plain text of every block, and for each character where its source stands.

use std::borrow::Cow;

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeCode, NodeValue, Sourcepos};
use comrak::{Arena, Options, parse_document};

use crate::html::{self, Piece};

/// What a unit of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// A heading of this level (1–6).
    Heading(u8),
    /// A paragraph, a list item's text, a row of a table, the text of an HTML block.
    Prose,
    /// A block of code.
    Code,
}

/// The smallest block of a text that is not cut except between sentences.
#[derive(Debug, Clone)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// Byte where its source begins, with the marker of its list item or quote.
    pub start: usize,
    /// Byte where its own text begins in the source.
    pub content: usize,
    /// Byte where its source ends; not included.
    pub end: usize,
    /// The text as a reader sees it.
    pub text: String,
    /// For each character of `text`, the bytes of the source it came from.
    pub map: Vec<(u32, u32)>,
}

/// The options every reading of a post's Markdown shares: CommonMark, GFM and footnotes.
pub fn options() -> Options<'static> {
    let mut o = Options::default();
    o.extension.strikethrough = true;
    o.extension.table = true;
    o.extension.autolink = true;
    o.extension.tasklist = true;
    o.extension.footnotes = true;
    o.extension.alerts = true;
    o.parse.leave_footnote_definitions = true;
    o
}

/// The most quotes and lists that a line opens inside each other.
const CONTAINERS_MAX: usize = 50;

/// Reads a text, without what no reader sees. All places in it are those of `markdown`.
pub fn parse<'a>(arena: &'a Arena<'a>, markdown: &str, options: &Options<'_>) -> Node<'a> {
    let root = parse_document(arena, &shallow(markdown), options);
    html::hide(root);
    root
}

/// A text of the same length in which no line opens more than so many quotes and lists: reading a line takes time by
/// the square of how many are open. The signs beyond become apostrophes.
fn shallow(markdown: &str) -> Cow<'_, str> {
    let mut beyond: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in markdown.split_inclusive(['\n', '\r']) {
        if line.len() > CONTAINERS_MAX {
            markers(line).skip(CONTAINERS_MAX).for_each(|n| beyond.push(at + n));
        }
        at += line.len();
    }
    if beyond.is_empty() {
        return Cow::Borrowed(markdown);
    }
    let mut bytes = markdown.as_bytes().to_vec();
    // A marker is one ASCII sign: what was UTF-8 stays UTF-8.
    beyond.into_iter().for_each(|n| bytes[n] = b'\'');
    String::from_utf8(bytes).map_or(Cow::Borrowed(markdown), Cow::Owned)
}

/// Where the signs of quotes and list items stand with which a line begins.
fn markers(line: &str) -> impl Iterator<Item = usize> {
    let bytes = line.as_bytes();
    let blank = |n: usize| bytes.get(n).is_none_or(u8::is_ascii_whitespace);
    // A line of nothing but one sign is a rule, and its signs are no list.
    let ruled = bytes.iter().rev().copied().find(|b| !b.is_ascii_whitespace()).filter(|b| b"-*_".contains(b));
    let rule = ruled.map_or(bytes.len(), |sign| {
        bytes.iter().rposition(|b| *b != sign && !b.is_ascii_whitespace()).map_or(0, |n| n + 1)
    });
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let digits = bytes[at..].iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        let sign = at + digits;
        let list = match bytes.get(sign) {
            Some(b'>') if digits == 0 => false,
            Some(b'-' | b'*' | b'+') if digits == 0 && blank(sign + 1) && sign < rule => true,
            Some(b'.' | b')') if (1..10).contains(&digits) && blank(sign + 1) => true,
            _ => return None,
        };
        at = sign + 1 + usize::from(list && sign + 1 < bytes.len());
        Some(sign)
    })
}

/// The units of a text, in order, none overlapping another.
pub fn units(markdown: &str) -> Vec<Unit> {
    let arena = Arena::new();
    let root = parse(&arena, markdown, &options());
    let mut walk = Walk { source: markdown, lines: line_starts(markdown), units: Vec::new() };
    walk.blocks(root, None, 0);
    let mut units = walk.units;
    units.sort_by_key(|u| u.start);
    let mut end = 0;
    units.retain(|u| {
        let fits = u.start >= end && u.end > u.start && !u.text.trim().is_empty();
        if fits {
            end = u.end;
        }
        fits
    });
    units
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (i, b) in bytes.iter().enumerate() {
        if *b == b'\n' || (*b == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
            starts.push(i + 1);
        }
    }
    starts
}

/// Blocks nested deeper than this are read as one.
const MAX_DEPTH: usize = 40;

struct Walk<'s> {
    source: &'s str,
    lines: Vec<usize>,
    units: Vec<Unit>,
}

impl Walk<'_> {
    fn byte(&self, line: usize, column: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.source.len());
        let mut at = (start + column.saturating_sub(1)).min(self.source.len());
        while !self.source.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn range(&self, pos: Sourcepos) -> (usize, usize) {
        let start = self.byte(pos.start.line, pos.start.column);
        let mut end = self.byte(pos.end.line, pos.end.column);
        // The last column is that of the last byte.
        if pos.end.column > 0 && end < self.source.len() {
            end += self.source[end..].chars().next().map_or(0, char::len_utf8);
        }
        (start, end.max(start))
    }

    /// The same without trailing white space.
    fn block_range(&self, pos: Sourcepos) -> (usize, usize) {
        let (start, end) = self.range(pos);
        (start, start + self.source[start..end].trim_end().len())
    }

    /// Walks block nodes; `lead` is where the marker of an enclosing item begins, for its first unit.
    fn blocks<'a>(&mut self, node: Node<'a>, lead: Option<usize>, depth: usize) {
        let mut lead = lead;
        for child in node.children() {
            let data = child.data();
            let (start, end) = self.block_range(data.sourcepos);
            let from = lead.map_or(start, |l| l.min(start));
            let before = self.units.len();
            match &data.value {
                NodeValue::Heading(h) => self.inline(child, UnitKind::Heading(h.level), (from, start, end)),
                NodeValue::Paragraph | NodeValue::DescriptionTerm | NodeValue::CalloutTitle => {
                    self.inline(child, UnitKind::Prose, (from, start, end));
                }
                NodeValue::TableRow(_) => self.inline(child, UnitKind::Prose, (from, start, end)),
                NodeValue::CodeBlock(code) => self.code(&code.literal, (from, start, end)),
                NodeValue::HtmlBlock(_) => self.html((from, start, end)),
                NodeValue::ThematicBreak | NodeValue::FrontMatter(_) => {}
                _ if depth >= MAX_DEPTH => self.inline(child, UnitKind::Prose, (from, start, end)),
                _ => self.blocks(child, Some(from), depth + 1),
            }
            if self.units.len() > before {
                lead = None;
            }
        }
    }

    fn push(&mut self, kind: UnitKind, (start, content, end): (usize, usize, usize), text: Plain) {
        self.units.push(Unit { kind, start, content, end, text: text.text, map: text.map });
    }

    fn code(&mut self, literal: &str, at: (usize, usize, usize)) {
        let mut plain = Plain::default();
        let literal = literal.trim_end();
        let skip = self.source[at.1..at.2].find(literal).map_or(0, |n| n);
        plain.exact_or_spread(literal, at.1 + skip, &self.source[at.1..at.2], at);
        self.push(UnitKind::Code, at, plain);
    }

    fn html(&mut self, at: (usize, usize, usize)) {
        let mut plain = Plain::default();
        strip_html(&self.source[at.1..at.2], at.1, &mut plain);
        self.push(UnitKind::Prose, at, plain);
    }

    fn inline<'a>(&mut self, node: Node<'a>, kind: UnitKind, at: (usize, usize, usize)) {
        let mut plain = Plain::default();
        // What a picture shows is not text; badges would drown a README's first words.
        let mut inside_pictures = 0;
        let mut cells = 0;
        for edge in node.traverse() {
            let (d, entered) = match edge {
                NodeEdge::Start(d) => (d, true),
                NodeEdge::End(d) => (d, false),
            };
            if matches!(d.data().value, NodeValue::Image(_)) {
                inside_pictures = if entered { inside_pictures + 1 } else { inside_pictures - 1 };
            }
            if !entered || inside_pictures > 0 {
                continue;
            }
            let data = d.data();
            let (start, end) = self.range(data.sourcepos);
            let (start, end) = (start.clamp(at.1, at.2), end.clamp(at.1, at.2).max(start.clamp(at.1, at.2)));
            match &data.value {
                NodeValue::Text(t) => plain.text(t, start, end, self.source, at),
                NodeValue::Code(NodeCode { literal, .. }) => plain.text(literal, start, end, self.source, at),
                NodeValue::SoftBreak => plain.soft_break(start, end.max(start)),
                NodeValue::LineBreak => plain.put('\n', start, end),
                NodeValue::TableCell => {
                    if cells > 0 {
                        plain.put_str(" · ", start, start);
                    }
                    cells += 1;
                }
                NodeValue::HtmlInline(tag) => {
                    let name = tag.trim_start_matches(['<', '/']).to_ascii_lowercase();
                    if name.starts_with("br") && !name.starts_with("bra") {
                        plain.put('\n', start, end);
                    }
                }
                _ => {}
            }
        }
        plain.tidy(at.1, at.2);
        self.push(kind, at, plain);
    }
}

/// Plain text under construction.
#[derive(Default)]
struct Plain {
    text: String,
    map: Vec<(u32, u32)>,
}

impl Plain {
    fn put(&mut self, c: char, start: usize, end: usize) {
        self.text.push(c);
        self.map.push((start as u32, end as u32));
    }

    fn put_str(&mut self, s: &str, start: usize, end: usize) {
        for c in s.chars() {
            self.put(c, start, end);
        }
    }

    fn soft_break(&mut self, start: usize, end: usize) {
        // Lines of Chinese join without a space.
        if self.text.chars().next_back().is_some_and(|c| !c.is_ascii() && !c.is_alphabetic() || crate::norm::is_han(c))
        {
            self.put('\u{200B}', start, end);
        } else {
            self.put(' ', start, end);
        }
    }

    fn text(&mut self, literal: &str, start: usize, end: usize, source: &str, at: (usize, usize, usize)) {
        let slice = &source[start..end];
        if slice == literal {
            self.exact(literal, start);
        } else if let Some(map) = align(literal, slice, start) {
            self.text.push_str(literal);
            self.map.extend(map);
        } else {
            let from = self.map.last().map_or(at.1, |m| (m.1 as usize).clamp(at.1, at.2));
            match slice.find(literal).map(|n| start + n).or_else(|| source[from..at.2].find(literal).map(|n| from + n))
            {
                Some(found) => self.exact(literal, found),
                None => self.put_str(literal, start, end),
            }
        }
    }

    fn exact(&mut self, literal: &str, mut at: usize) {
        for c in literal.chars() {
            self.put(c, at, at + c.len_utf8());
            at += c.len_utf8();
        }
    }

    fn exact_or_spread(&mut self, literal: &str, from: usize, slice: &str, at: (usize, usize, usize)) {
        if slice.get(from - at.1..from - at.1 + literal.len()) == Some(literal) {
            self.exact(literal, from);
        } else {
            self.put_str(literal, at.1, at.2);
        }
    }

    /// Removes the marks of joined Chinese lines where Chinese follows (else they become spaces), and makes places
    /// rise.
    fn tidy(&mut self, low: usize, high: usize) {
        let chars: Vec<char> = self.text.chars().collect();
        let mut text = String::with_capacity(self.text.len());
        let mut map = Vec::with_capacity(self.map.len());
        let mut last = low as u32;
        for (i, c) in chars.iter().enumerate() {
            let keep = match c {
                '\u{200B}' => match chars.get(i + 1) {
                    Some(n) if n.is_ascii_alphanumeric() => Some(' '),
                    _ => None,
                },
                c => Some(*c),
            };
            let start = self.map[i].0.clamp(last, high as u32);
            let end = self.map[i].1.clamp(start, high as u32);
            last = start;
            if let Some(c) = keep {
                text.push(c);
                map.push((start, end));
            }
        }
        self.text = text;
        self.map = map;
    }
}

/// Pairs the characters of a text with its source where that only differs by escapes and entities.
fn align(literal: &str, source: &str, at: usize) -> Option<Vec<(u32, u32)>> {
    let mut out = Vec::with_capacity(literal.len());
    let mut rest = source.char_indices().peekable();
    for w in literal.chars() {
        let (i, c) = rest.next()?;
        let escape = (c == '\\' && rest.peek().is_some_and(|n| n.1 == w)) || source[i..].starts_with("&amp;");
        let same = c == w || (c == '\n' && w == ' ');
        if same && !escape {
            out.push(((at + i) as u32, (at + i + c.len_utf8()) as u32));
        } else if c == '\\' {
            let (j, d) = rest.next()?;
            if d != w {
                return None;
            }
            out.push(((at + i) as u32, (at + j + d.len_utf8()) as u32));
        } else if c == '&' {
            let semicolon = source[i..].find(';')? + i;
            while rest.next_if(|n| n.0 <= semicolon).is_some() {}
            out.push(((at + i) as u32, (at + semicolon + 1) as u32));
        } else {
            return None;
        }
    }
    Some(out)
}

const BREAKING: &[&str] =
    &["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "dt", "dd", "summary"];

/// The text of an HTML fragment: tags and what is not shown are left out.
fn strip_html(source: &str, at: usize, out: &mut Plain) {
    let mut i = 0;
    while let Some(c) = source[i..].chars().next() {
        let rest = &source[i..];
        let piece = if c == '<' { html::piece(rest) } else { Piece::Sign };
        match piece {
            Piece::Unseen(length) => i += length,
            Piece::Tag(tag) => {
                let breaking = BREAKING.iter().any(|b| b.eq_ignore_ascii_case(tag.name));
                if breaking && !out.text.is_empty() && !out.text.ends_with('\n') {
                    out.put('\n', at + i, at + i);
                }
                i += tag.length;
            }
            Piece::Sign => {
                let (length, shown) = entity(rest).unwrap_or((c.len_utf8(), c));
                let blank = out.text.is_empty() || out.text.ends_with([' ', '\n']);
                if !c.is_whitespace() || !blank {
                    let shown = if c.is_whitespace() { ' ' } else { shown };
                    out.put(shown, at + i, at + i + length);
                }
                i += length;
            }
        }
    }
}

fn entity(rest: &str) -> Option<(usize, char)> {
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&nbsp;", ' '), ("&#39;", '\''), ("&apos;", '\'')]
        .iter()
        .find(|(name, _)| rest.starts_with(name))
        .map(|(name, c)| (name.len(), *c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(md: &str) -> Vec<(String, String)> {
        units(md).into_iter().map(|u| (u.text.clone(), md[u.start..u.end].to_owned())).collect()
    }

    #[test]
    fn marks_go_and_places_stay() {
        let md = "# A *b*\n\nsee [the `x` book](https://e.org \"t\") &amp; \\* **done**\nnext\n";
        let all = units(md);
        assert_eq!(all[0].kind, UnitKind::Heading(1));
        assert_eq!(all[0].text, "A b");
        assert_eq!(all[1].text, "see the x book & * done next");
        let at = |needle: &str| all[1].text[..all[1].text.find(needle).expect(needle)].chars().count();
        let place = all[1].map[at("done")];
        assert_eq!(&md[place.0 as usize..place.1 as usize], "d");
        let place = all[1].map[at("&")];
        assert_eq!(&md[place.0 as usize..place.1 as usize], "&amp;");
    }

    #[test]
    fn lists_quotes_tables_and_html() {
        let md = "- one\n- two\n  more\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<p>x <b>y</b><!-- no --></p>\n<script>bad()</script>\n\n![badge](x.svg) text\n";
        assert_eq!(
            seen(md),
            [
                ("one".into(), "- one".into()),
                ("two more".into(), "- two\n  more".into()),
                ("quoted".into(), "> quoted".into()),
                ("a · b".into(), "| a | b |".into()),
                ("1 · 2".into(), "| 1 | 2 |".into()),
                ("x y\n".into(), "<p>x <b>y</b><!-- no --></p>\n<script>bad()</script>".into()),
                (" text".into(), "![badge](x.svg) text".into()),
            ]
        );
    }

    #[test]
    fn no_line_opens_more_than_so_many_quotes_and_lists() {
        for (text, signs) in [
            (">".repeat(80), 80),
            ("> ".repeat(80) + "a", 80),
            ("- ".repeat(80) + "a", 80),
            ("1. ".repeat(80) + "a", 80),
        ] {
            let read = shallow(&text);
            assert_eq!(read.len(), text.len());
            assert_eq!(read.matches('\'').count(), signs - CONTAINERS_MAX, "{read}");
        }
        for text in
            ["- ".repeat(80), format!("> {}", "* ".repeat(80)), format!("a {}", ">".repeat(80)), "字".repeat(99)]
        {
            assert!(matches!(shallow(&text), Cow::Borrowed(_)), "{text}");
        }
        let deep = |text: &str| {
            let arena = Arena::new();
            let root = parse(&arena, text, &options());
            root.descendants().map(|n| n.ancestors().count()).max()
        };
        assert!(deep(&">".repeat(9_000)) < Some(60));
        assert!(deep(&format!("{}a", "- 1) > ".repeat(9_000))) < Some(120));
    }

    #[test]
    fn what_no_page_shows_is_not_read() {
        let md = "Visible words. <script>The *password* is `swordfish`.</script> <style>The colour is violet.</style> \
                  More <!-- secret --> text. <template><b>t</b></template><noscript>n</noscript><iframe>i</iframe>\n\n\
                  <SVG> x\n\nNext *<object>o*p</object>q*";
        let text: Vec<String> =
            units(md).into_iter().map(|u| u.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(text, ["Visible words. More text.", "Next q*"]);
        let cut: String = crate::cut(md).iter().flat_map(|c| &c.sentences).map(|s| s.text.as_str()).collect();
        for told in [crate::plain(md), crate::excerpt(md, 400), cut] {
            for secret in ["swordfish", "password", "violet", "secret"] {
                assert!(!told.contains(secret), "{told}");
            }
            assert!(told.contains("Visible words.") && told.contains("Next"), "{told}");
        }
    }

    #[test]
    fn lines_of_chinese_join_without_a_space() {
        assert_eq!(units("所有权\n规则。\nRust 的\nvec")[0].text, "所有权规则。 Rust 的 vec");
    }
}
