//! Heading anchors, and the table of contents.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use comrak::adapters::{HeadingAdapter, HeadingMeta};
use comrak::nodes::Sourcepos;

use super::{HEADINGS_MAX, Heading};
use crate::html::Html;

/// Gives every heading its anchor and remembers it.
pub(super) struct Anchors {
    prefix: String,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    toc: Vec<Heading>,
    times: HashMap<String, usize>,
    outline: Outline,
    /// The level of the heading that was begun last.
    level: u8,
}

/// The levels that headings get on a page, whose own heading is the first: one deeper than the heading they stand
/// under, whatever levels their author left out.
#[derive(Debug, Default)]
pub(super) struct Outline(Vec<u8>);

impl Outline {
    /// The level, 2 to 6, of a heading that its author gave this level.
    pub(super) fn level(&mut self, given: u8) -> u8 {
        while self.0.last().is_some_and(|above| *above >= given) {
            self.0.pop();
        }
        self.0.push(given);
        (self.0.len() as u8 + 1).min(6)
    }
}

impl Anchors {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), seen: Mutex::default() }
    }

    pub(super) fn into_toc(self) -> Vec<Heading> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner).toc
    }
}

/// The words of a heading as an anchor: letters and digits of any script in lower case, `-` between.
fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || c == '_' {
            out.push(c);
        } else if matches!(c, ' ' | '-') && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches('-').chars().take(80).collect()
}

impl HeadingAdapter for Anchors {
    fn enter(&self, out: &mut dyn fmt::Write, heading: &HeadingMeta, _: Option<Sourcepos>) -> fmt::Result {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let level = seen.outline.level(heading.level);
        seen.level = level;
        if seen.toc.len() == HEADINGS_MAX {
            return write!(out, "<h{level}>");
        }
        let base = format!("h-{}{}", self.prefix, slug(&heading.content));
        let times = seen.times.entry(base.clone()).or_insert(0);
        *times += 1;
        let id = if *times == 1 { base } else { format!("{base}-{times}") };
        write!(out, "<h{level} id=\"{id}\"><a class=\"anchor\" href=\"#{id}\" aria-label=\"{}\"></a>", {
            Html::escaped(&heading.content)
        })?;
        seen.toc.push(Heading { level, id, text: heading.content.clone() });
        Ok(())
    }

    fn exit(&self, out: &mut dyn fmt::Write, _: &HeadingMeta) -> fmt::Result {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(out, "</h{}>", seen.level)
    }
}
