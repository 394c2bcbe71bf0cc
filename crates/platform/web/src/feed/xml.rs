//! Atom and RSS.

use super::{Entry, Feed, rfc2822};
use crate::texts::Texts;

/// The scheme of the categories that say how a text came to be.
const PROVENANCE: &str = "urn:xinghe:provenance";

/// Markup as it grows. Whatever goes in as text is escaped, and what XML cannot hold is left out.
struct Xml(String);

impl Xml {
    fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned())
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\t' | '\n' => self.0.push(c),
                // The characters of XML 1.0: no reference brings the others in either.
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
                c => self.0.push(c),
            }
        }
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.0.push('>');
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.0.push_str("/>");
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push_str(">\n");
    }

    fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }
}

/// RFC 4287.
pub(super) fn atom(feed: &Feed, own: &str, page: &str, t: &Texts) -> String {
    let mut x = Xml::new();
    x.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", t.lang().tag())]);
    x.leaf("title", &[], &feed.title);
    if !feed.about.is_empty() {
        x.leaf("subtitle", &[], &feed.about);
    }
    x.leaf("id", &[], page);
    x.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", page)]);
    x.empty("link", &[("rel", "self"), ("type", "application/atom+xml"), ("href", own)]);
    x.leaf("updated", &[], &feed.updated().rfc3339());
    // An entry without an author takes the feed's: there has to be one.
    x.open("author", &[]);
    x.leaf("name", &[], &t.s("web-name"));
    x.close("author");
    for e in &feed.entries {
        atom_entry(&mut x, e, t);
    }
    x.close("feed");
    x.0
}

fn atom_entry(x: &mut Xml, e: &Entry, t: &Texts) {
    x.open("entry", &[("xml:lang", e.language.as_str())]);
    x.leaf("title", &[], &e.title);
    x.leaf("id", &[], &e.id);
    x.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &e.url)]);
    if let Some(source) = &e.source {
        x.empty("link", &[("rel", "via"), ("href", source)]);
    }
    x.leaf("published", &[], &e.published.rfc3339());
    x.leaf("updated", &[], &e.updated.max(e.published).rfc3339());
    for w in &e.authors {
        x.open("author", &[]);
        x.leaf("name", &[], &w.name);
        x.leaf("uri", &[], &w.url);
        x.close("author");
    }
    for tag in &e.tags {
        x.empty("category", &[("term", tag)]);
    }
    let label = e.label.clone().unwrap_or_else(|| t.s("web-feed-human").into_owned());
    x.empty("category", &[("scheme", PROVENANCE), ("term", e.provenance.as_str()), ("label", &label)]);
    if let Some(licence) = &e.licence {
        x.leaf("rights", &[], licence);
    }
    x.leaf("summary", &[], &labelled(e));
    if !e.content.is_empty() {
        x.leaf("content", &[("type", "html")], e.content.as_str());
    }
    x.close("entry");
}

/// The summary, with the label in front where AI took part: it is all that some readers show.
fn labelled(e: &Entry) -> String {
    e.label.as_ref().map_or_else(|| e.summary.clone(), |label| format!("[{label}] {}", e.summary))
}

/// RSS 2.0, with Dublin Core for names (RSS itself wants mail addresses) and licences.
pub(super) fn rss(feed: &Feed, own: &str, page: &str) -> String {
    let mut x = Xml::new();
    x.open(
        "rss",
        &[
            ("version", "2.0"),
            ("xmlns:atom", "http://www.w3.org/2005/Atom"),
            ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ],
    );
    x.open("channel", &[]);
    x.leaf("title", &[], &feed.title);
    x.leaf("link", &[], page);
    x.leaf("description", &[], if feed.about.is_empty() { &feed.title } else { &feed.about });
    x.empty("atom:link", &[("rel", "self"), ("type", "application/rss+xml"), ("href", own)]);
    x.leaf("lastBuildDate", &[], &rfc2822(feed.updated()));
    for e in &feed.entries {
        x.open("item", &[]);
        x.leaf("title", &[], &e.title);
        x.leaf("link", &[], &e.url);
        x.leaf("guid", &[("isPermaLink", "true")], &e.id);
        x.leaf("pubDate", &[], &rfc2822(e.published));
        for w in &e.authors {
            x.leaf("dc:creator", &[], &w.name);
        }
        x.leaf("dc:language", &[], e.language.as_str());
        if let Some(licence) = &e.licence {
            x.leaf("dc:rights", &[], licence);
        }
        for tag in &e.tags {
            x.leaf("category", &[], tag);
        }
        x.leaf("category", &[("domain", PROVENANCE)], e.provenance.as_str());
        x.leaf("description", &[], &labelled(e));
        if !e.content.is_empty() {
            x.leaf("content:encoded", &[], e.content.as_str());
        }
        x.close("item");
    }
    x.close("channel");
    x.close("rss");
    x.0
}
