//! What a text may become at most. Footnotes named again and again, tables of many columns and code full of signs make
//! a page many times as large as its text; here is where that ends.

use std::fmt;

use comrak::nodes::{Node, NodeValue};
use serde::Serialize;

use crate::errors::Said;

/// The most headings with an anchor, which stand in the table of contents.
pub const HEADINGS_MAX: usize = 1_000;
/// The most places that name a footnote: each gets a way back.
pub const FOOTNOTES_MAX: usize = 300;
/// The most columns of a table.
pub const COLUMNS_MAX: usize = 100;

/// How a text goes beyond what a page can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    /// More headings than [`HEADINGS_MAX`].
    Headings,
    /// More references to footnotes than [`FOOTNOTES_MAX`].
    Footnotes,
    /// A table of more columns than [`COLUMNS_MAX`].
    Columns,
    /// More markup than [`markup_max`] bytes.
    Markup,
}

impl Beyond {
    /// What is too much, and what to do, for the writer.
    pub fn said(self) -> Said {
        match self {
            Self::Headings => Said::new("web-markdown-headings").with("max", HEADINGS_MAX),
            Self::Footnotes => Said::new("web-markdown-footnotes").with("max", FOOTNOTES_MAX),
            Self::Columns => Said::new("web-markdown-columns").with("max", COLUMNS_MAX),
            Self::Markup => Said::new("web-markdown-markup"),
        }
    }
}

/// The most bytes of markup that a text of so many bytes becomes: room for a short text to be all marks, and for a
/// long one to be much as it is.
pub const fn markup_max(text: usize) -> usize {
    const FLOOR: usize = 128 << 10;
    const ENOUGH: usize = 2 << 20;
    let (generous, long) = (FLOOR + 12 * text, 4 * text);
    let limit = if long > ENOUGH { long } else { ENOUGH };
    if generous < limit { generous } else { limit }
}

/// What of a text is more than a page takes.
pub(super) fn counted<'a>(root: Node<'a>) -> Option<Beyond> {
    let (mut headings, mut footnotes, mut columns) = (0, 0, 0);
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Heading(_) => headings += 1,
            NodeValue::FootnoteReference(_) => footnotes += 1,
            NodeValue::Table(table) => columns = columns.max(table.num_columns),
            _ => {}
        }
    }
    let found = [
        (Beyond::Headings, headings > HEADINGS_MAX),
        (Beyond::Footnotes, footnotes > FOOTNOTES_MAX),
        (Beyond::Columns, columns > COLUMNS_MAX),
    ];
    found.into_iter().find_map(|(beyond, is)| is.then_some(beyond))
}

/// Takes so many bytes and no more.
pub(super) struct Bounded {
    /// What was written.
    pub(super) out: String,
    most: usize,
}

impl Bounded {
    pub(super) fn new(most: usize) -> Self {
        Self { out: String::new(), most }
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.out.len() + s.len() > self.most {
            return Err(fmt::Error);
        }
        self.out.push_str(s);
        Ok(())
    }
}

/// A text as it was typed, for one that is too much for a page.
pub(super) fn as_typed(text: &str) -> String {
    format!("<pre><code>{}</code></pre>", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}
