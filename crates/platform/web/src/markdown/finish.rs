//! What is still to be done when everything that may not stay is gone.

use std::borrow::Cow;
use std::sync::LazyLock;

use url::Url;
use xinghe_core::Lang;
use xinghe_core::picture::PictureName;

use super::clean::tag_end;

/// A text in safe markup, and the pictures in it.
#[derive(Debug, Default)]
pub(super) struct Finished {
    pub html: String,
    /// The first that is shown.
    pub picture: Option<PictureName>,
    /// The addresses of those at other hosts.
    pub far: Vec<String>,
}

/// The longest address of a picture at another host, in bytes, and how many of them count.
const ADDRESS_MAX: usize = 2_000;
const FAR_MAX: usize = 100;

/// Finishes what ammonia let through, tag by tag: links to this site's own pages do without `rel`, a task's box says its
/// state to screen readers, wide tables scroll, the page keeps room for pictures, and those at other hosts are replaced
/// by their copy or by a link. In serialised HTML a `<` outside of quotes always begins a tag.
pub(super) fn finish(markup: &str, lang: Lang, copies: &[(String, PictureName)]) -> Finished {
    const REL: &str = " rel=\"nofollow ugc noopener\"";
    let mut done = Finished { html: String::with_capacity(markup.len() + 64), ..Finished::default() };
    let (mut rest, mut within_link) = (markup, false);
    while let Some(start) = rest.find('<') {
        let end = start + tag_end(&rest[start..]);
        let tag = &rest[start..end];
        done.html.push_str(&rest[..start]);
        if tag == "<table>" {
            done.html.push_str("<div class=\"scroll\"><table>");
        } else if tag == "</table>" {
            done.html.push_str("</table></div>");
        } else if let Some(attributes) = tag.strip_prefix("<input ") {
            let state = if attributes.contains("checked") { '☑' } else { '☐' };
            done.html.push_str(&format!("<input aria-label=\"{state}\" {attributes}"));
        } else if let Some(attributes) = tag.strip_prefix("<img ") {
            done.picture(attributes, lang, copies, within_link);
        } else {
            within_link = (within_link || tag.starts_with("<a ") || tag == "<a>") && tag != "</a>";
            let own = tag.starts_with("<a ") && is_own(tag);
            done.html.push_str(&if own { Cow::Owned(tag.replace(REL, "")) } else { Cow::Borrowed(tag) });
        }
        rest = &rest[end..];
    }
    done.html.push_str(rest);
    done
}

impl Finished {
    /// Adds a picture; `attributes` is its tag behind `<img `.
    fn picture(&mut self, attributes: &str, lang: Lang, copies: &[(String, PictureName)], within_link: bool) {
        let source = attribute(attributes, "src").unwrap_or_default();
        if let Some(name) = PictureName::of_path(source) {
            return self.shown(attributes, name);
        }
        let Some(url) = elsewhere(&unescaped(source)) else {
            return self.html.push_str(&format!("<img {attributes}"));
        };
        let address = url.to_string();
        if let Some((_, name)) = copies.iter().find(|(url, _)| *url == address) {
            let attributes = attributes.replacen(&format!("src=\"{source}\""), &format!("src=\"{}\"", name.path()), 1);
            self.shown(&attributes, *name);
        } else {
            let alt = unescaped(attribute(attributes, "alt").unwrap_or_default());
            let words = escaped(&told(&alt, url.host_str().unwrap_or_default(), lang));
            // A badge is a picture within a link, and that link stays.
            self.html.push_str(&if within_link {
                format!("<span class=\"far-picture\">{words}</span>")
            } else {
                format!("<a class=\"far-picture\" href=\"{source}\" rel=\"nofollow ugc noopener\">{words}</a>")
            });
        }
        let secret = !url.username().is_empty() || url.password().is_some();
        if !secret && address.len() <= ADDRESS_MAX && self.far.len() < FAR_MAX && !self.far.contains(&address) {
            self.far.push(address);
        }
    }

    /// Adds a picture that lies on this site, with room for it.
    fn shown(&mut self, attributes: &str, name: PictureName) {
        self.picture = self.picture.or(Some(name));
        let sized = attribute(attributes, "width").is_some() || attribute(attributes, "height").is_some();
        let (width, height) = (name.width(), name.height());
        let room = if sized { String::new() } else { format!("width=\"{width}\" height=\"{height}\" ") };
        self.html.push_str(&format!("<img {room}{attributes}"));
    }
}

/// What stands in place of a picture at another host.
fn told(alt: &str, host: &str, lang: Lang) -> String {
    match (alt.trim(), lang) {
        ("", Lang::ZhHans) => format!("{host} 上的图片"),
        ("", Lang::ZhHant) => format!("{host} 上的圖片"),
        ("", Lang::En) => format!("picture at {host}"),
        (alt, Lang::ZhHans) => format!("{alt}（{host} 上的图片）"),
        (alt, Lang::ZhHant) => format!("{alt}（{host} 上的圖片）"),
        (alt, Lang::En) => format!("{alt} (picture at {host})"),
    }
}

/// The value of an attribute as it stands in a tag: a quote within a value is written otherwise.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((before, from)) = rest.split_once("=\"") {
        let (value, after) = from.split_once('"')?;
        if before.trim_start() == name {
            return Some(value);
        }
        rest = after;
    }
    None
}

/// An attribute's value as it was before it was written.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let plain = value.replace("&quot;", "\"").replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">");
    Cow::Owned(plain.replace("&amp;", "&"))
}

/// Words as they stand between tags.
fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('\u{a0}', "&nbsp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Some address of this site, for those that are relative to it.
static HERE: LazyLock<Option<Url>> = LazyLock::new(|| Url::parse("https://here.invalid/").ok());

/// The address of a picture, as a browser reads it, if it leads to another host.
fn elsewhere(source: &str) -> Option<Url> {
    let here = HERE.as_ref()?;
    // "https:a" is another host's address, or a path of this one: that depends on how this page came.
    let mut url = Url::parse(source).or_else(|_| here.join(source)).ok()?;
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.host() != here.host()).then_some(url)
}

fn is_own(link: &str) -> bool {
    link.contains(" href=\"#") || (link.contains(" href=\"/") && !link.contains(" href=\"//"))
}
