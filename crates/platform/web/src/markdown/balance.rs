//! Makes tag soup well-formed and shallow before the sanitiser parses it.
//!
//! An HTML parser looks through all open elements at almost every tag, and opens formatting again that was left open:
//! with what an author may nest and leave open, that is work and output by the square of the input. Here every element
//! is closed by its own end tag before its surroundings end, none stands deeper than [`DEEPEST`], and what the
//! sanitiser would remove anyway is not there: nothing is left to look through or to open again.

use std::collections::HashMap;

use xinghe_text::html::{Piece, Tag, piece};

use super::clean::allowed;
use super::headings::Outline;

/// The most elements inside each other. The content of those beyond stays, without their tags.
pub(super) const DEEPEST: usize = 64;

/// Elements without content.
const VOID: &[&str] = &["br", "hr", "img", "input", "wbr", "col"];
/// Elements that end a paragraph.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "div",
    "dl",
    "dd",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "header",
    "hgroup",
    "li",
    "nav",
    "ol",
    "p",
    "section",
    "summary",
    "ul",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "hr",
    "table",
];
/// Formatting, which a parser opens again; inside itself it adds nothing.
const FORMATTING: &[&str] = &["b", "code", "em", "i", "s", "small", "strike", "strong", "tt", "u"];
/// Parts of a table.
const PARTS: &[&str] = &["caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th"];
/// What holds nothing but parts of a table.
const FRAMES: &[&str] = &["table", "colgroup", "tbody", "thead", "tfoot", "tr"];
/// Nothing inside of them closes what stands around them.
const WALLS: &[&str] = &["table", "td", "th", "caption"];

/// The same for list items.
const LIST_WALLS: &[&str] = &["ul", "ol", "dl", "blockquote", "section", "details", "table", "td", "th"];

/// The same markup, every element closed and none too deep; comments, and tags that no text may have, are gone.
pub(super) fn balance(markup: &str) -> String {
    let mut writer = Writer {
        out: String::with_capacity(markup.len()),
        open: Vec::new(),
        dropped: HashMap::new(),
        outline: Outline::default(),
    };
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        writer.out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match piece(rest) {
            Piece::Tag(tag) => {
                writer.tag(rest, &tag);
                tag.length
            }
            Piece::Unseen(length) => length,
            Piece::Sign => {
                writer.out.push_str("&lt;");
                1
            }
        };
        rest = &rest[length..];
    }
    writer.out.push_str(rest);
    writer.close_to(0);
    writer.out
}

struct Writer {
    out: String,
    /// The elements that are open, outermost first.
    open: Vec<&'static str>,
    /// Elements inside the innermost open one whose start tags were left out: their end tags must be, too.
    dropped: HashMap<&'static str, usize>,
    outline: Outline,
}

/// The headings that a text may have: the first level is the page's own.
const HEADINGS: [&str; 5] = ["h2", "h3", "h4", "h5", "h6"];

/// The level of a heading's tag.
fn heading(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

impl Writer {
    fn tag(&mut self, source: &str, tag: &Tag<'_>) {
        let Some(name) = allowed(&tag.name.to_ascii_lowercase()) else { return };
        if tag.closing {
            self.end(name);
        } else if self.make_room(name) {
            let name = heading(name).map_or(name, |level| HEADINGS[usize::from(self.outline.level(level)) - 2]);
            self.out.push('<');
            self.out.push_str(name);
            self.out.push_str(&source[1 + tag.name.len()..tag.kept]);
            self.out.push('>');
            if !VOID.contains(&name) {
                self.open.push(name);
            }
        } else if !VOID.contains(&name) {
            *self.dropped.entry(name).or_default() += 1;
        }
    }

    fn end(&mut self, name: &'static str) {
        let names = if heading(name).is_some() { &HEADINGS[..] } else { &[name] };
        if let Some(times) = self.dropped.get_mut(name).filter(|times| **times > 0) {
            *times -= 1;
        } else if let Some(at) =
            self.innermost(names, if PARTS.contains(&name) || name == "table" { &["table"] } else { WALLS })
        {
            self.close_to(at);
        }
    }

    /// Closes what a parser would close at the start of such an element. False if it cannot stand here.
    fn make_room(&mut self, name: &'static str) -> bool {
        if PARTS.contains(&name) {
            return self.make_room_in_table(name);
        }
        // A parser would put it in front of the table, into whatever is open there.
        if self.open.last().is_some_and(|top| FRAMES.contains(top)) {
            self.close_innermost(&["table"], &[]);
        }
        if BLOCKS.contains(&name) {
            self.close_innermost(&["p"], WALLS);
        }
        match name {
            "li" => self.close_innermost(&["li"], LIST_WALLS),
            "dt" | "dd" => self.close_innermost(&["dt", "dd"], LIST_WALLS),
            "a" => self.close_innermost(&["a"], WALLS),
            _ if heading(name).is_some() && self.open.last().is_some_and(|top| HEADINGS.contains(top)) => {
                self.close_to(self.open.len() - 1);
            }
            "table" if self.open.last() == Some(&"caption") => self.close_innermost(&["table"], &[]),
            _ => {}
        }
        let again = FORMATTING.contains(&name) && self.innermost(&[name], WALLS).is_some();
        !again && self.open.len() < DEEPEST
    }

    fn make_room_in_table(&mut self, name: &str) -> bool {
        let Some(table) = self.innermost(&["table"], &[]) else { return false };
        let inside = &self.open[table + 1..];
        let section = inside.first().is_some_and(|s| matches!(*s, "tbody" | "thead" | "tfoot"));
        let keep = match name {
            "td" | "th" => inside.iter().position(|o| *o == "tr").map_or(usize::from(section), |tr| tr + 1),
            "tr" => usize::from(section),
            "col" => usize::from(inside.first() == Some(&"colgroup")),
            _ => 0,
        };
        self.close_to(table + 1 + keep);
        self.open.len() < DEEPEST
    }

    /// The innermost open element of these names that no wall stands before.
    fn innermost(&self, names: &[&str], walls: &[&str]) -> Option<usize> {
        for (at, open) in self.open.iter().enumerate().rev() {
            if names.contains(open) {
                return Some(at);
            }
            if walls.contains(open) {
                return None;
            }
        }
        None
    }

    fn close_innermost(&mut self, names: &[&str], walls: &[&str]) {
        if let Some(at) = self.innermost(names, walls) {
            self.close_to(at);
        }
    }

    fn close_to(&mut self, length: usize) {
        while self.open.len() > length {
            if let Some(name) = self.open.pop() {
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
            self.dropped.clear();
        }
    }
}
