//! Heading anchors, and the table of contents.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use comrak::adapters::{HeadingAdapter, HeadingMeta};
use comrak::nodes::Sourcepos;

use super::Heading;
use crate::html::Html;

/// Gives every heading its anchor and remembers it.
pub(super) struct Anchors {
    prefix: String,
    /// One level down when the text brings a first-level heading: the page has one already.
    shift: u8,
    seen: Mutex<(Vec<Heading>, HashMap<String, usize>)>,
}

impl Anchors {
    pub(super) fn new(prefix: &str, has_first_level: bool) -> Self {
        Self { prefix: prefix.to_owned(), shift: u8::from(has_first_level), seen: Mutex::default() }
    }

    pub(super) fn into_toc(self) -> Vec<Heading> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner).0
    }

    fn level(&self, level: u8) -> u8 {
        (level + self.shift).clamp(2, 6)
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
        let base = format!("h-{}{}", self.prefix, slug(&heading.content));
        let times = seen.1.entry(base.clone()).or_insert(0);
        *times += 1;
        let id = if *times == 1 { base } else { format!("{base}-{times}") };
        let level = self.level(heading.level);
        write!(out, "<h{level} id=\"{id}\"><a class=\"anchor\" href=\"#{id}\" aria-label=\"{}\"></a>", {
            Html::escaped(&heading.content)
        })?;
        seen.0.push(Heading { level, id, text: heading.content.clone() });
        Ok(())
    }

    fn exit(&self, out: &mut dyn fmt::Write, heading: &HeadingMeta) -> fmt::Result {
        writeln!(out, "</h{}>", self.level(heading.level))
    }
}

/// Whether a text brings a first-level heading of its own.
pub(super) fn has_first_level(text: &str) -> bool {
    let mut fenced = false;
    let mut before = "";
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        } else if !fenced {
            let underlined =
                !before.trim().is_empty() && !line.is_empty() && line.trim_end().bytes().all(|b| b == b'=');
            if line.starts_with("# ") || underlined {
                return true;
            }
        }
        before = line;
    }
    false
}
