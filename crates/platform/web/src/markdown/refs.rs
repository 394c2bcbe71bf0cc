//! Members and topics named in running text: `@lin`, `#rust`, `#异步编程#`. What stands in code or in a link is neither.

use std::collections::HashMap;
use std::ops::Range;

use comrak::Arena;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{AstNode, NodeLink, NodeValue};

/// The most characters of a topic.
const TOPIC_MAX: usize = 32;
/// The most characters of a handle.
const HANDLE_MAX: usize = 39;

/// What a text names, each once, in order, as written but for the signs around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Handles, without `@`.
    pub handles: Vec<String>,
    /// Topics, without `#`.
    pub topics: Vec<String>,
}

/// Finds the members and topics that a Markdown text names.
pub fn named(text: &str) -> Named {
    let arena = Arena::new();
    let root = super::parse(&arena, text, &super::comrak_options());
    let mut found = Named::default();
    for node in texts(root) {
        if let NodeValue::Text(words) = &node.data.borrow().value {
            for (_, name) in names(words) {
                let (list, word) = match name {
                    Name::Handle(word) => (&mut found.handles, word),
                    Name::Topic(word) => (&mut found.topics, word),
                };
                if !list.iter().any(|known| known == word) {
                    list.push(word.to_owned());
                }
            }
        }
    }
    found
}

/// The addresses that a Markdown text links to, in order, as they were written.
pub fn links(text: &str) -> Vec<String> {
    let arena = Arena::new();
    let root = super::parse(&arena, text, &super::comrak_options());
    let address = |node: &'_ AstNode<'_>| match &node.data.borrow().value {
        NodeValue::Link(link) => Some(link.url.clone()),
        _ => None,
    };
    root.descendants().filter_map(address).collect()
}

/// Makes links of the names in `links` (`@lin`, `#rust`: without a closing `#`), with their addresses.
pub(super) fn link<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>, links: &HashMap<&str, &str>) {
    for node in texts(root) {
        let NodeValue::Text(words) = node.data.borrow().value.clone() else { continue };
        let mut at = 0;
        let mut parts: Vec<&'a AstNode<'a>> = Vec::new();
        let text = |part: &str| arena.alloc(NodeValue::Text(part.to_owned().into()).into());
        for (range, name) in names(&words) {
            let Some(url) = links.get(name.sign().as_str()) else { continue };
            if at < range.start {
                parts.push(text(&words[at..range.start]));
            }
            let target = NodeLink { url: (*url).to_owned(), title: String::new() };
            let anchor: &AstNode<'_> = arena.alloc(NodeValue::Link(Box::new(target)).into());
            anchor.append(text(&words[range.clone()]));
            parts.push(anchor);
            at = range.end;
        }
        if parts.is_empty() {
            continue;
        }
        if at < words.len() {
            parts.push(text(&words[at..]));
        }
        for part in parts {
            node.insert_before(part);
        }
        node.detach();
    }
}

/// The nodes of running text that stand in no link.
fn texts<'a>(root: &'a AstNode<'a>) -> Vec<&'a AstNode<'a>> {
    let mut links = 0;
    let mut found = Vec::new();
    for edge in root.traverse() {
        let (node, change) = match edge {
            NodeEdge::Start(node) => (node, 1),
            NodeEdge::End(node) => (node, -1),
        };
        match node.data.borrow().value {
            NodeValue::Link(_) | NodeValue::Image(_) => links += change,
            NodeValue::Text(_) if links == 0 && change == 1 => found.push(node),
            _ => {}
        }
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name<'t> {
    Handle(&'t str),
    Topic(&'t str),
}

impl Name<'_> {
    fn sign(self) -> String {
        match self {
            Self::Handle(word) => format!("@{word}"),
            Self::Topic(word) => format!("#{word}"),
        }
    }
}

/// The names in a stretch of text, with their places.
fn names(text: &str) -> Vec<(Range<usize>, Name<'_>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(['@', '#']).map(|n| n + at) {
        at = start + 1;
        // In the middle of a Latin word or an address it is a sign of that: `a@b.example`, `C#`, `/page#part`.
        let before = text[..start].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '@' | '#' | '&' | '-')) {
            continue;
        }
        let rest = &text[at..];
        let (name, length) = if text[start..].starts_with('@') {
            match handle(rest) {
                Some(word) => (Name::Handle(word), word.len()),
                None => continue,
            }
        } else {
            match topic(rest) {
                Some(found) => found,
                None => continue,
            }
        };
        at += length;
        found.push((start..at, name));
    }
    found
}

fn handle(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
    let word = rest[..end].trim_end_matches(['-', '_']);
    let mail = rest[end..].starts_with(['@', '/']);
    (!mail && (1..=HANDLE_MAX).contains(&word.len())).then_some(word)
}

/// A topic and how many bytes it takes, a closing `#` included.
fn topic(rest: &str) -> Option<(Name<'_>, usize)> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '+' | '.' | '-');
    let fits = |word: &str| word.chars().count() <= TOPIC_MAX && word.chars().any(char::is_alphabetic);
    let end = rest.find(|c: char| !inside(c)).unwrap_or(rest.len());
    if rest[end..].starts_with('#') {
        return fits(&rest[..end]).then_some((Name::Topic(&rest[..end]), end + 1));
    }
    let word = rest[..end].trim_end_matches(['.', '-']);
    fits(word).then_some((Name::Topic(word), word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Vec<String>, Vec<String>) {
        let Named { handles, topics } = named(text);
        (handles, topics)
    }

    #[test]
    fn names_are_found_in_running_text_only() {
        let (handles, topics) =
            of("你好@lin，(@bo-2) and @lin again; mail a@b.example, `@code` [@link](/x) @x@y.example\n\n    @indented");
        assert_eq!(handles, ["lin", "bo-2"]);
        assert!(topics.is_empty());
        let (handles, topics) =
            of("#异步编程# 和 #rust, #web-dev# #C++ #1 C# /a#b `#no` #rust.\n\n# Heading\n\n#notheading");
        assert_eq!(topics, ["异步编程", "rust", "web-dev", "C++", "notheading"]);
        assert!(handles.is_empty());
    }

    #[test]
    fn only_what_is_known_becomes_a_link() {
        let options = super::super::RenderOptions {
            links: vec![("@lin".into(), "/@lin".into()), ("#异步".into(), "/tags/异步".into())],
            ..Default::default()
        };
        let html = super::super::render("@lin and @nobody: #异步# **@lin** `@lin`", &options);
        assert_eq!(html.html.as_str().matches("href=\"/@lin\"").count(), 2);
        assert!(html.html.as_str().contains(">#异步#</a>"), "{}", html.html.as_str());
        assert!(html.html.as_str().contains("and @nobody:"));
        assert!(html.html.as_str().contains("<code>@lin</code>"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[@# a-c异.`\\[\\]()\\n]{0,60}") {
            for (range, _) in names(&text) {
                assert!(text.get(range).is_some());
            }
            named(&text);
        }
    }
}
