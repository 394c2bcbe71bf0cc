//! Raw HTML inside Markdown: where tags end, and what of it no reader sees.
//!
//! A page and a quotation must agree about what is shown, so both leave out by this one list.

use comrak::nodes::{AstNode, Node, NodeValue};

/// Elements whose content is not shown on a page, only what stands around them.
const HIDDEN: &[&str] = &[
    "script", "style", "template", "iframe", "noscript", "noembed", "noframes", "object", "applet", "audio", "video",
    "canvas", "svg", "title", "head",
];
/// Of these, those in which nothing but their own end tag means anything.
const RAW: &[&str] = &["script", "style", "iframe", "noscript", "noembed", "noframes", "title"];

/// The most attributes that a tag keeps.
const ATTRIBUTES_MAX: usize = 32;

/// A tag as HTML reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'t> {
    /// Its name as written.
    pub name: &'t str,
    /// Whether it ends an element.
    pub closing: bool,
    /// Bytes from `<` to `>`, both included.
    pub length: usize,
    /// Bytes from `<` to the end of its last attribute, of the first 32.
    pub kept: usize,
}

/// What stands at a `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// A tag.
    Tag(Tag<'t>),
    /// So many bytes that are not shown: a comment, a declaration, an element whose content is hidden, or a tag that
    /// does not end.
    Unseen(usize),
    /// Only the sign.
    Sign,
}

/// Whether the content of such an element is not shown. The name is in any case.
pub fn is_hidden(name: &str) -> bool {
    HIDDEN.iter().any(|h| h.eq_ignore_ascii_case(name))
}

/// Reads what stands at the `<` with which `rest` begins. Reading a whole text piece by piece takes time in proportion
/// to its length, whatever it holds.
pub fn piece(rest: &str) -> Piece<'_> {
    let bytes = rest.as_bytes();
    let until = |end: &str| Piece::Unseen(rest.find(end).map_or(rest.len(), |n| n + end.len()));
    match (bytes.get(1), bytes.get(2)) {
        (Some(b'!'), _) if rest.starts_with("<!--") => Piece::Unseen(comment(rest)),
        (Some(b'!'), _) if rest.starts_with("<![CDATA[") => until("]]>"),
        (Some(b'?'), _) => until("?>"),
        (Some(b'!'), _) => until(">"),
        (Some(b'/'), Some(c)) if !c.is_ascii_alphabetic() => until(">"),
        (Some(b'/'), Some(_)) => tag(rest, 2),
        (Some(c), _) if c.is_ascii_alphabetic() => match tag(rest, 1) {
            Piece::Tag(open) if is_hidden(open.name) => Piece::Unseen(element(rest, &open)),
            other => other,
        },
        _ => Piece::Sign,
    }
}

fn comment(rest: &str) -> usize {
    for (whole, length) in [("<!-->", 5), ("<!--->", 6)] {
        if rest.starts_with(whole) {
            return length;
        }
    }
    let ends = ["-->", "--!>"].map(|end| rest[4..].find(end).map_or(rest.len(), |n| 4 + n + end.len()));
    ends[0].min(ends[1])
}

/// Where an element ends whose content is not shown; without an end tag, where the text ends.
fn element(rest: &str, open: &Tag<'_>) -> usize {
    let raw = RAW.iter().any(|r| r.eq_ignore_ascii_case(open.name));
    let mut depth = 1;
    let mut at = open.length;
    while let Some(next) = rest[at..].find('<').map(|n| at + n) {
        let closing = rest[next + 1..].starts_with('/');
        let name = next + 1 + usize::from(closing);
        let ours = rest.as_bytes().get(name..name + open.name.len()).is_some_and(|n| {
            n.eq_ignore_ascii_case(open.name.as_bytes())
                && !rest.as_bytes().get(name + n.len()).is_some_and(u8::is_ascii_alphanumeric)
        });
        at = name;
        if !ours || (raw && !closing) {
            continue;
        }
        let Piece::Tag(tag) = tag(&rest[next..], name - next) else { return rest.len() };
        at = next + tag.length;
        depth = if closing { depth - 1 } else { depth + 1 };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A tag, read as the standard's tokenizer does; what does not end is nothing to the end of the text.
fn tag(rest: &str, name_at: usize) -> Piece<'_> {
    let bytes = rest.as_bytes();
    let name_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>');
    let skip =
        |from: usize, stop: &dyn Fn(&u8) -> bool| bytes[from..].iter().position(stop).map_or(bytes.len(), |n| from + n);
    let mut at = skip(name_at, &name_end);
    let (name, mut kept, mut count) = (&rest[name_at..at], at, 0);
    loop {
        at = skip(at, &|b| !b.is_ascii_whitespace() && *b != b'/');
        match bytes.get(at) {
            None => return Piece::Unseen(rest.len()),
            Some(b'>') => {
                return Piece::Tag(Tag { name, closing: name_at == 2, length: at + 1, kept });
            }
            Some(_) => {}
        }
        // An attribute: its name may begin with `=`.
        at = skip(at + 1, &|b| name_end(b) || *b == b'=');
        let after = skip(at, &|b| !b.is_ascii_whitespace());
        if bytes.get(after) == Some(&b'=') {
            at = skip(after + 1, &|b| !b.is_ascii_whitespace());
            at = match bytes.get(at) {
                Some(&quote @ (b'"' | b'\'')) => skip(at + 1, &|b| *b == quote) + 1,
                Some(_) => skip(at, &|b| b.is_ascii_whitespace() || *b == b'>'),
                None => at,
            };
            at = at.min(bytes.len());
        }
        count += 1;
        if count <= ATTRIBUTES_MAX {
            kept = at;
        }
    }
}

/// A fragment without what is not shown.
pub fn seen(fragment: &str) -> String {
    let mut out = String::with_capacity(fragment.len());
    let mut rest = fragment;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match piece(rest) {
            Piece::Tag(tag) => {
                out.push_str(&rest[..tag.length]);
                tag.length
            }
            Piece::Unseen(length) => length,
            Piece::Sign => {
                out.push_str("&lt;");
                1
            }
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// Takes out of a document what no reader sees: inline comments, and inline elements of [`is_hidden`] with all that
/// stands in them up to their end tag or the end of their block. Blocks of HTML keep their source; see [`seen`].
pub fn hide<'a>(root: Node<'a>) {
    let mut out: Vec<Node<'a>> = Vec::new();
    let mut links: Vec<Node<'a>> = Vec::new();
    let mut veil: Option<(String, usize)> = None;
    for node in root.descendants() {
        let data = node.data();
        match &data.value {
            value if value.block() => veil = None,
            NodeValue::HtmlInline(literal) if !unseen(literal, &mut veil) => {}
            NodeValue::Link(_) if veil.is_some() => links.push(node),
            NodeValue::Emph | NodeValue::Strong | NodeValue::Strikethrough | NodeValue::Link(_) => {}
            NodeValue::HtmlInline(_) => out.push(node),
            _ if veil.is_some() => out.push(node),
            _ => {}
        }
    }
    out.into_iter().for_each(AstNode::detach);
    links.into_iter().filter(|link| link.first_child().is_none()).for_each(AstNode::detach);
}

/// Whether a piece of inline HTML goes; `veil` is the hidden element that is open, and how often.
fn unseen(literal: &str, veil: &mut Option<(String, usize)>) -> bool {
    let (name, closing) = match tag(literal, if literal.starts_with("</") { 2 } else { 1 }) {
        Piece::Tag(tag) if tag.name.starts_with(|c: char| c.is_ascii_alphabetic()) => (tag.name, tag.closing),
        _ => return true,
    };
    if let Some((open, depth)) = veil {
        if open.eq_ignore_ascii_case(name) {
            let raw = RAW.iter().any(|r| r.eq_ignore_ascii_case(name));
            *depth = if closing { *depth - 1 } else { *depth + usize::from(!raw) };
            if *depth == 0 {
                *veil = None;
            }
        }
        return true;
    }
    if is_hidden(name) && !closing {
        *veil = Some((name.to_owned(), 1));
    }
    is_hidden(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_end_where_html_ends_them() {
        let length = |t: &str| match piece(t) {
            Piece::Tag(tag) => tag.length,
            Piece::Unseen(n) => 1000 + n,
            Piece::Sign => 0,
        };
        assert_eq!(length("<a href=\"x>y\">z"), 14);
        assert_eq!(length("<a b='>' c=d/e>z"), 15);
        assert_eq!(length("<a =x \">z"), 8);
        assert_eq!(length("</p >z"), 5);
        assert_eq!(length("< a"), 0);
        assert_eq!(length("<a b=\"c"), 1007, "a tag without an end is nothing");
        assert_eq!(length("<!-- a > b -->c"), 1014);
        assert_eq!(length("<!-->c"), 1005);
        assert_eq!(length("<SCRIPT>a</b></script >c"), 1023);
        assert_eq!(length("<object><object></object>a</object>b"), 1035);
        assert_eq!(length("<script>a</scripts>"), 1019);
    }

    #[test]
    fn a_fragment_keeps_what_is_shown() {
        assert_eq!(seen("a <b>b</b> <style>c</style><!-- d -->e < f <?g?>h<i x=\""), "a <b>b</b> e &lt; f h");
    }

    #[test]
    fn a_tag_keeps_so_many_attributes() {
        let text = format!("<p {}>", "a=1 ".repeat(40));
        let Piece::Tag(tag) = piece(&text) else { panic!("a tag") };
        assert_eq!(text[..tag.kept].matches("a=1").count(), ATTRIBUTES_MAX);
    }
}
