//! Links and images of a page, made to work outside its source.
//!
//! A link to another page of the source becomes a link to that post; a link to a file, or to a page that was not taken,
//! its public address where the source has one; otherwise only its words stay. An image whose file is not there, or has
//! no public address, stays as its alternative text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;
use url::Url;

/// What becomes of one link or image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// It stays as it is.
    Keep,
    /// It points here now.
    To(String),
    /// It leaves; its words or alternative text stay.
    Drop,
}

/// Finds where the links of a source's pages lead.
#[derive(Debug, Clone, Default)]
pub struct Resolver {
    /// Whether pictures come along that lie in the source, instead of being shown from an address of theirs.
    pub pictures: bool,
    /// Every file of the source, by its path from the root.
    pub files: HashSet<String>,
    /// Paths of pages by the path of their public address, for links such as `/2020/01/02/hello/`.
    pub pages_by_address: HashMap<String, String>,
    /// Paths of pages by the last part of their name without a date, for `{% post_url %}` and `{{< ref >}}`.
    pub pages_by_name: HashMap<String, String>,
    /// The address of the published site.
    pub site: Option<Url>,
    /// The public address of a page, by path.
    pub page_address: HashMap<String, Url>,
    /// Where a file of the source can be downloaded, as the address of its root.
    pub raw: Option<Url>,
    /// Where a file of the source can be read, as the address of its root.
    pub browse: Option<Url>,
    /// The folder in front of every page's public path, as `content/`.
    pub content_root: String,
    /// Folders that a generator serves at the root of the site, as `static/`.
    pub served_at_root: Vec<String>,
    /// The address of every page whose relative links are to be joined with it, for feeds and READMEs.
    pub base: HashMap<String, Url>,
    /// The same for images, where files have another address than pages.
    pub image_base: HashMap<String, Url>,
}

impl Resolver {
    /// Where a link or image of the page at `page` leads; `post` gives the address of an imported page.
    pub fn target(&self, page: &str, dest: &str, image: bool, post: &dyn Fn(&str) -> Option<String>) -> Target {
        let dest = dest.trim();
        if dest.is_empty() {
            return Target::Drop;
        }
        if dest.starts_with('#') {
            return Target::Keep;
        }
        if let Some(rest) = dest.strip_prefix("//") {
            return Target::To(format!("https://{rest}"));
        }
        if has_scheme(dest) {
            return self.absolute(dest, image, post);
        }
        let (path, fragment) = dest.split_once('#').map_or((dest, None), |(p, f)| (p, Some(f)));
        let path = path.split('?').next().unwrap_or(path);
        // Zola writes the root of the content as `@`, and means a page of it and nothing else.
        if let Some(inner) = path.strip_prefix("@/") {
            let decoded = percent_decode_str(inner).decode_utf8_lossy();
            let places = [format!("{}{decoded}", self.content_root), decoded.clone().into_owned()];
            let found = places.into_iter().find(|p| self.files.contains(p));
            return found.map_or(Target::Drop, |page| match post(&page) {
                Some(url) => Target::To(with_fragment(&url, fragment)),
                None => self.public_page(&page, fragment),
            });
        }
        if let Some(found) = self.find(page, path) {
            if found == page {
                // A page that links to itself.
                return fragment.map_or(Target::Drop, |f| Target::To(format!("#{f}")));
            }
            if !image && is_page(&found) {
                if let Some(url) = post(&found) {
                    return Target::To(with_fragment(&url, fragment));
                }
                return self.public_page(&found, fragment);
            }
            return self.public_file(page, &found);
        }
        if image {
            // From the root of the site, it is there whether its file came along or not.
            let site = self.site.as_ref().filter(|_| path.starts_with('/'));
            let base = self.image_base.get(page).or_else(|| self.base.get(page)).or(site);
            return base.and_then(|b| b.join(path).ok()).map_or(Target::Drop, |u| Target::To(u.into()));
        }
        self.joined(page, path, fragment)
    }

    /// The file of the source that an image of the page at `page` shows, where it is to come along.
    pub fn local(&self, page: &str, dest: &str) -> Option<String> {
        let dest = dest.trim();
        if has_scheme(dest) || dest.starts_with("//") || dest.starts_with('#') {
            return None;
        }
        let path = dest.split(['#', '?']).next().filter(|p| !p.is_empty())?;
        let found = self.find(page, path).filter(|f| is_picture(f))?;
        (self.pictures || self.public_file(page, &found) == Target::Drop).then_some(found)
    }

    /// An address of the source's own site that is one of its pages leads to the post.
    fn absolute(&self, dest: &str, image: bool, post: &dyn Fn(&str) -> Option<String>) -> Target {
        if let (Some(site), Ok(url), false) = (&self.site, Url::parse(dest), image)
            && site.host_str() == url.host_str()
            && let Some(page) = self.pages_by_address.get(trimmed(url.path()))
            && let Some(there) = post(page)
        {
            return Target::To(with_fragment(&there, url.fragment()));
        }
        Target::Keep
    }

    /// The file of the source that a path means, seen from a page.
    fn find(&self, page: &str, path: &str) -> Option<String> {
        let decoded = percent_decode_str(path).decode_utf8().ok()?.into_owned();
        if let Some(from_root) = decoded.strip_prefix('/') {
            let page = self.pages_by_address.get(trimmed(&decoded)).cloned();
            let served =
                || self.served_at_root.iter().map(|root| format!("{root}{from_root}")).find(|p| self.files.contains(p));
            return page.or_else(|| self.candidates(from_root)).or_else(served);
        }
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        let joined = normalize(&format!("{folder}/{decoded}"))?;
        self.candidates(&joined)
            .or_else(|| {
                // Hexo keeps a post's files in a folder of the post's name.
                let own = page.rsplit_once('.').map(|(stem, _)| format!("{stem}/{decoded}"))?;
                self.candidates(&normalize(&own)?)
            })
            .or_else(|| (!decoded.contains('/')).then(|| self.pages_by_name.get(&decoded).cloned()).flatten())
    }

    fn candidates(&self, path: &str) -> Option<String> {
        let path = path.trim_end_matches('/');
        let stem = path.strip_suffix(".html").unwrap_or(path);
        [
            path.to_owned(),
            format!("{stem}.md"),
            format!("{path}/index.md"),
            format!("{path}/README.md"),
            format!("{path}.markdown"),
        ]
        .into_iter()
        .find(|p| self.files.contains(p))
    }

    fn public_page(&self, path: &str, fragment: Option<&str>) -> Target {
        let url = self.page_address.get(path).cloned().or_else(|| join(self.browse.as_ref()?, path));
        url.map_or(Target::Drop, |u| Target::To(with_fragment(u.as_str(), fragment)))
    }

    fn public_file(&self, page: &str, path: &str) -> Target {
        if let Some(url) = self.raw.as_ref().and_then(|raw| join(raw, path)) {
            return Target::To(url.into());
        }
        let served = self.served_at_root.iter().find_map(|root| path.strip_prefix(root.as_str()));
        // Posts of Hexo and Jekyll get an address by their date, and what lies beside them gets none.
        let served = served.filter(|rest| !rest.contains("_posts/"));
        let url = match (served, &self.site) {
            (Some(rest), Some(site)) => join(site, rest),
            _ => self.beside(page, path),
        };
        url.map_or(Target::Drop, |u| Target::To(u.into()))
    }

    /// A file that a generator publishes beside a page.
    fn beside(&self, page: &str, path: &str) -> Option<Url> {
        let (folder, name) = page.rsplit_once('/')?;
        let mut address = self.page_address.get(page)?.clone();
        let own = page.rsplit_once('.').and_then(|(stem, _)| path.strip_prefix(stem)?.strip_prefix('/'));
        if let Some(inner) = own {
            // Hexo puts what lies in the folder of a post's name where the post is.
            let at = address.path().trim_end_matches(".html").trim_end_matches('/').to_owned();
            address.set_path(&format!("{at}/"));
            return join(&address, inner);
        }
        if page.contains("_posts/") {
            return None;
        }
        if let (Some(site), Some(inner)) = (&self.site, path.strip_prefix(self.content_root.as_str()))
            && !self.content_root.is_empty()
            && (!name.to_ascii_lowercase().starts_with("index.") || name.matches('.').count() > 1)
        {
            // A page that is a file has its neighbours at the address of its folder; and those of a bundle are there
            // once, for all of its languages.
            return join(site, inner);
        }
        let inner = path.strip_prefix(folder)?.trim_start_matches('/');
        if !address.path().ends_with('/') {
            address.set_path(&format!("{}/", address.path()));
        }
        join(&address, inner)
    }

    /// A path that is no file of the source, as an address of its site.
    fn joined(&self, page: &str, path: &str, fragment: Option<&str>) -> Target {
        let base = self.base.get(page).or_else(|| self.page_address.get(page)).or(self.site.as_ref());
        match base.and_then(|b| b.join(path).ok()) {
            Some(url) => Target::To(with_fragment(url.as_str(), fragment)),
            None => Target::Drop,
        }
    }
}

fn has_scheme(dest: &str) -> bool {
    dest.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            && scheme.as_bytes()[0].is_ascii_alphabetic()
    })
}

fn is_page(path: &str) -> bool {
    [".md", ".markdown", ".mkd", ".mdown", ".mdx"].iter().any(|e| path.to_ascii_lowercase().ends_with(e))
}

/// Whether a file is of a kind that pictures are kept of.
fn is_picture(path: &str) -> bool {
    [".png", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|e| path.to_ascii_lowercase().ends_with(e))
}

fn with_fragment(url: &str, fragment: Option<&str>) -> String {
    match fragment {
        Some(f) if !f.is_empty() => format!("{url}#{f}"),
        _ => url.to_owned(),
    }
}

/// The address of `path` below `root`.
pub fn join(root: &Url, path: &str) -> Option<Url> {
    // Each part is pushed on its own, so that `#`, `?` and `%` in file names are escaped.
    let mut url = root.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(path.split('/').filter(|s| !s.is_empty()));
    Some(url)
}

/// An address's path without slashes at its ends and without `index.html`.
pub fn trimmed(path: &str) -> &str {
    path.trim_matches('/').trim_end_matches("index.html").trim_end_matches('/')
}

/// A path without `.` and `..`; `None` when it leaves the root.
pub fn normalize(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// Every link and image of a Markdown text sent where `target(dest, is_image)` says; everything else byte for byte.
pub fn rewrite(body: &str, target: &dyn Fn(&str, bool) -> Target) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let parser = Parser::new_ext(body, options);
    for (_, def) in parser.reference_definitions().iter() {
        if let Target::To(url) = target(&def.dest, false)
            && let Some(span) = definition_dest(body, def.span.clone())
        {
            edits.push((span, escape_dest(&url)));
        }
    }
    let mut open: Vec<Open> = Vec::new();
    let mut block = false;
    for (event, range) in parser.into_offset_iter() {
        if let Some(current) = open.last_mut()
            && !matches!(event, Event::End(TagEnd::Link | TagEnd::Image))
        {
            current.inner_end = current.inner_end.max(range.end);
            current.inner_start = current.inner_start.min(range.start);
        }
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                open.push(Open::new(link_type, dest_url.into_string(), false, &range));
            }
            Event::Start(Tag::Image { link_type, dest_url, .. }) => {
                open.push(Open::new(link_type, dest_url.into_string(), true, &range));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some(done) = open.pop() {
                    if let Some(outer) = open.last_mut() {
                        outer.inner_end = outer.inner_end.max(range.end);
                    }
                    done.edit(body, range, target, &mut edits);
                }
            }
            // Whole: a tag may go over several lines, and each is an event of its own.
            Event::Start(Tag::HtmlBlock) => {
                block = true;
                html_edits(&body[range.clone()], range.start, target, &mut edits);
            }
            Event::End(TagEnd::HtmlBlock) => block = false,
            Event::Html(html) if !block => html_edits(&html, range.start, target, &mut edits),
            Event::InlineHtml(html) => html_edits(&html, range.start, target, &mut edits),
            _ => {}
        }
    }
    apply(body, edits)
}

struct Open {
    link_type: LinkType,
    dest: String,
    image: bool,
    inner_start: usize,
    inner_end: usize,
}

impl Open {
    fn new(link_type: LinkType, dest: String, image: bool, range: &Range<usize>) -> Self {
        let inner = range.start + if image { 2 } else { 1 };
        Self { link_type, dest, image, inner_start: usize::MAX, inner_end: inner }
    }

    fn edit(
        self,
        body: &str,
        range: Range<usize>,
        target: &dyn Fn(&str, bool) -> Target,
        edits: &mut Vec<(Range<usize>, String)>,
    ) {
        if matches!(self.link_type, LinkType::Autolink | LinkType::Email) {
            return;
        }
        let inner = body.get(self.inner_start.min(self.inner_end)..self.inner_end).unwrap_or_default();
        match target(&self.dest, self.image) {
            Target::Keep => {}
            Target::Drop if self.image => {
                edits.retain(|(r, _)| r.start < range.start || r.end > range.end);
                edits.push((range, alt_words(inner)));
            }
            // What the link holds stays, with what is changed in it: a picture, say.
            Target::Drop => {
                let inside = self.inner_start.min(self.inner_end)..self.inner_end;
                edits.push((range.start..inside.start, String::new()));
                edits.push((inside.end..range.end, String::new()));
            }
            Target::To(url) => {
                let inline = self.link_type == LinkType::Inline;
                // A definition serves links; the same one used by an image may need another address.
                if !inline && !self.image {
                    return;
                }
                let escaped = escape_dest(&url);
                if inline {
                    if let Some(span) = inline_dest(body, self.inner_end, range.end) {
                        edits.push((span, escaped));
                    }
                } else {
                    edits.push((range, format!("![{inner}]({escaped})")));
                }
            }
        }
    }
}

/// Alternative text that says something: not a file name or a bare number.
fn alt_words(alt: &str) -> String {
    let alt = alt.trim();
    let file = alt.rsplit_once('.').is_some_and(|(_, e)| {
        matches!(e.to_ascii_lowercase().as_str(), "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "bmp")
    });
    let letters = alt.chars().filter(|c| c.is_alphabetic()).count();
    let generic = matches!(alt.to_ascii_lowercase().as_str(), "img" | "image" | "alt" | "png");
    if file || letters == 0 || generic { String::new() } else { alt.to_owned() }
}

fn escape_dest(url: &str) -> String {
    url.replace(' ', "%20").replace('(', "%28").replace(')', "%29").replace('<', "%3C").replace('>', "%3E")
}

/// Where the destination stands in `](dest "title")`, searched from the end of the link's words.
fn inline_dest(body: &str, from: usize, to: usize) -> Option<Range<usize>> {
    let text = body.get(from..to)?;
    let open = text.find("](")? + 2;
    let start = from + open + text[open..].len() - text[open..].trim_start().len();
    let rest = body.get(start..to)?;
    if let Some(inside) = rest.strip_prefix('<') {
        let end = inside.find('>')?;
        return Some(start..start + end + 2);
    }
    let mut depth = 0_i32;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(start..start + at),
            ')' => depth -= 1,
            c if c.is_whitespace() => return Some(start..start + at),
            _ => {}
        }
    }
    None
}

fn definition_dest(body: &str, span: Range<usize>) -> Option<Range<usize>> {
    let text = body.get(span.clone())?;
    let colon = text.find("]:")? + 2;
    let start = span.start + colon + text[colon..].len() - text[colon..].trim_start().len();
    let rest = body.get(start..span.end)?;
    let end =
        if rest.starts_with('<') { rest.find('>')? + 1 } else { rest.find(char::is_whitespace).unwrap_or(rest.len()) };
    Some(start..start + end)
}

fn html_edits(html: &str, at: usize, target: &dyn Fn(&str, bool) -> Target, edits: &mut Vec<(Range<usize>, String)>) {
    static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?is)<img\b[^>]*?\bsrc\s*=\s*["']?([^"'\s>]+)["']?[^>]*>"#).expect("the pattern is a constant")
    });
    static ALT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?is)\balt\s*=\s*(?:"([^"]*)"|'([^']*)')"#).expect("the pattern is a constant"));
    static ANCHOR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?is)<a\b[^>]*?\bhref\s*=\s*["']([^"'>]*)["']"#).expect("the pattern is a constant")
    });
    for c in IMAGE.captures_iter(html) {
        let (Some(whole), Some(src)) = (c.get(0), c.get(1)) else { continue };
        match target(src.as_str(), true) {
            Target::Keep => {}
            Target::To(url) => edits.push((at + src.start()..at + src.end(), escape_dest(&url))),
            Target::Drop => {
                let alt =
                    ALT.captures(whole.as_str()).and_then(|a| a.get(1).or_else(|| a.get(2))).map_or("", |m| m.as_str());
                edits.push((at + whole.start()..at + whole.end(), alt_words(alt)));
            }
        }
    }
    for c in ANCHOR.captures_iter(html) {
        if let Some(href) = c.get(1)
            && let Target::To(url) = target(href.as_str(), false)
        {
            edits.push((at + href.start()..at + href.end(), escape_dest(&url)));
        }
    }
}

fn apply(body: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(r, _)| (r.start, std::cmp::Reverse(r.end)));
    let mut out = String::with_capacity(body.len());
    let mut at = 0;
    for (range, text) in edits {
        // What lies within an earlier edit is gone already.
        if range.start < at || body.get(at..range.start).is_none() || body.get(range.clone()).is_none() {
            continue;
        }
        out.push_str(&body[at..range.start]);
        out.push_str(&text);
        at = range.end;
    }
    out.push_str(&body[at..]);
    out
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
