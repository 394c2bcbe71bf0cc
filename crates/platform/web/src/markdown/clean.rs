//! What may stay in the HTML of a text.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use xinghe_core::Lang;
use xinghe_core::picture::PictureName;

use super::Heading;
use super::finish::{Finished, finish};

/// The elements that a text may have.
static TAGS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .add_tags(["input", "section", "details", "summary", "figure", "figcaption"])
        .rm_tags(["map", "area", "center", "article", "aside", "nav", "header", "footer", "hgroup"]);
    builder.clone_tags().into_iter().collect()
});

/// The name of an element that a text may have.
pub(super) fn allowed(name: &str) -> Option<&'static str> {
    TAGS.get(name).copied()
}

/// Removes everything that is not on the list, and finishes links, pictures and tables. `copies` are those of pictures at
/// other hosts.
pub(super) fn clean(
    raw: &str,
    toc: &[Heading],
    prefix: &str,
    (lang, copies): (Lang, &[(String, PictureName)]),
) -> Finished {
    let ids: HashSet<String> = toc.iter().map(|h| h.id.clone()).collect();
    let own_prefix = prefix.to_owned();
    let mut builder = Builder::default();
    builder
        .tags(TAGS.clone())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow ugc noopener"))
        .tag_attributes(attributes())
        .generic_attributes(HashSet::from(["lang", "title", "dir"]))
        .set_tag_attribute_value("img", "loading", "lazy")
        .set_tag_attribute_value("img", "decoding", "async")
        .set_tag_attribute_value("input", "disabled", "")
        .set_tag_attribute_value("input", "type", "checkbox")
        .attribute_filter(move |element, attribute, value| match attribute {
            "class" => classes(value),
            "id" if ids.contains(value) => Some(Cow::Borrowed(value)),
            "id" => value.starts_with("fn").then(|| Cow::Owned(footnote(value, &own_prefix))),
            "href" => Some(href(value, &ids, &own_prefix)),
            "aria-label" if value.starts_with(BACK) => Some(Cow::Owned(back(value, lang))),
            "align" if element != "img" => matches!(value, "left" | "right" | "center").then_some(Cow::Borrowed(value)),
            _ => Some(Cow::Borrowed(value)),
        });
    // A carriage return can come in as a character reference; as a line end it is one with the others.
    let safe = builder.clean(raw).to_string().replace("\r\n", "\n").replace('\r', "\n");
    finish(&safe, lang, copies)
}

fn attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    let mut allowed: HashMap<&'static str, HashSet<&'static str>> = HashMap::new();
    let table: &[(&[&str], &[&str])] = &[
        (&["a"], &["href", "class", "id", "aria-label"]),
        (&["img"], &["src", "alt", "width", "height"]),
        (&["code", "span", "div", "p", "ul", "ol", "sup", "pre"], &["class"]),
        (&["li"], &["class", "id", "value"]),
        (&["section"], &["class"]),
        (&["ol"], &["start", "reversed"]),
        (&["input"], &["checked", "class"]),
        (&["details"], &["open"]),
        (&["th", "td"], &["align", "colspan", "rowspan"]),
        (&["h1", "h2", "h3", "h4", "h5", "h6"], &["id"]),
        (&["blockquote", "q", "del", "ins"], &["cite"]),
        (&["time"], &["datetime"]),
    ];
    for (tags, names) in table {
        for tag in *tags {
            allowed.entry(tag).or_default().extend(names.iter());
        }
    }
    allowed
}

/// Only the classes that this renderer itself writes; any other could dress a text up as part of the shell.
fn classes(value: &str) -> Option<Cow<'_, str>> {
    const EXACT: &[&str] = &["anchor", "contains-task-list", "task-list-item", "task-list-item-checkbox", "footnotes"];
    const STARTS: &[&str] = &["hl-", "language-", "markdown-alert", "footnote-"];
    let kept: Vec<&str> = value
        .split_ascii_whitespace()
        .filter(|c| EXACT.contains(c) || STARTS.iter().any(|s| c.starts_with(s)))
        .filter(|c| c.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'#' | b'.')))
        .collect();
    (!kept.is_empty()).then(|| Cow::Owned(kept.join(" ")))
}

/// What the way back from a footnote is called by comrak, before the number.
const BACK: &str = "Back to reference ";

/// The same in the language of the page.
fn back(label: &str, lang: Lang) -> String {
    let number = &label[BACK.len()..];
    match lang {
        Lang::ZhHans => format!("回到正文中的引用 {number}"),
        Lang::ZhHant => format!("回到內文中的引用 {number}"),
        Lang::En => label.to_owned(),
    }
}

fn footnote(id: &str, prefix: &str) -> String {
    if prefix.is_empty() { id.to_owned() } else { format!("{prefix}{id}") }
}

/// Links within the text find the anchors as they are written here.
fn href<'a>(value: &'a str, ids: &HashSet<String>, prefix: &str) -> Cow<'a, str> {
    let Some(target) = value.strip_prefix('#') else { return Cow::Borrowed(value) };
    if ids.contains(target) {
        return Cow::Borrowed(value);
    }
    if target.starts_with("fn") {
        return Cow::Owned(format!("#{}", footnote(target, prefix)));
    }
    let anchored = format!("h-{prefix}{}", target.to_lowercase());
    if ids.contains(&anchored) { Cow::Owned(format!("#{anchored}")) } else { Cow::Borrowed(value) }
}

/// Where a tag ends, quotes respected.
pub(super) fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    for (i, b) in tag.bytes().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return i + 1,
            _ => {}
        }
    }
    tag.len()
}
