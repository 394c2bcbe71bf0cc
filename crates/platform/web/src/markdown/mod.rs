//! Markdown to safe HTML: CommonMark with GFM extensions, footnotes, heading anchors, highlighted code.
//!
//! comrak writes the HTML, raw HTML of the author included; ammonia then lets through what is on a short list. Every
//! class, id and address is checked once more there, so nothing that an author types can look like a part of the
//! shell, clash with its ids, or run.

mod balance;
mod bounds;
mod clean;
mod code;
mod finish;
mod headings;
mod refs;

use std::sync::{Arc, LazyLock};

use comrak::Arena;
use comrak::nodes::{Node, NodeValue};
use comrak::options::Plugins;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use xinghe_core::Lang;
use xinghe_core::picture::PictureName;

use self::bounds::Bounded;
use crate::html::Html;
pub use bounds::{Beyond, COLUMNS_MAX, FOOTNOTES_MAX, HEADINGS_MAX, markup_max};
pub use refs::{Named, links, named};

/// How a text is rendered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RenderOptions {
    /// Put into heading and footnote anchors, so that several texts fit on one page: letters, digits and `-`.
    pub id_prefix: String,
    /// Members and topics that become links where the text names them: `@lin`, `#rust` (without a closing `#`), each
    /// with its address. See [`named`].
    pub links: Vec<(String, String)>,
    /// The language of the page around the text: that of the few words that are not the text's own.
    pub lang: Lang,
    /// Copies of pictures at other hosts, each with the picture's address as [`Rendered::far`] says it. A picture without
    /// one becomes a link: no reader's browser asks another host for anything.
    pub copies: Vec<(String, PictureName)>,
}

impl RenderOptions {
    /// With this prefix, everything else as usual.
    pub fn prefixed(id_prefix: impl Into<String>) -> Self {
        Self { id_prefix: id_prefix.into(), ..Self::default() }
    }

    /// The same on a page in this language.
    #[must_use]
    pub fn in_lang(self, lang: Lang) -> Self {
        Self { lang, ..self }
    }
}

/// A heading of a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 2 to 6: the page's title is the only first-level heading.
    pub level: u8,
    /// Its anchor, without `#`.
    pub id: String,
    /// Its words.
    pub text: String,
}

/// A rendered text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Safe markup; stands in an element of class `prose`.
    pub html: Html,
    /// Its headings, in order.
    pub toc: Vec<Heading>,
    /// The first picture that it shows.
    pub picture: Option<PictureName>,
    /// The addresses of its pictures at other hosts, without repeats.
    pub far: Vec<String>,
    /// Whether the text is more than a page takes, so that parts of it are shown as they were typed. A writer is told
    /// before such a text is kept: [`check`].
    pub beyond: Option<Beyond>,
}

/// What the cache may hold, in bytes of markup.
const CACHE_BYTES: u64 = 16 << 20;

static CACHE: LazyLock<Cache<[u8; 32], Arc<Rendered>>> = LazyLock::new(|| {
    Cache::builder()
        .max_capacity(CACHE_BYTES)
        .weigher(|_, r: &Arc<Rendered>| u32::try_from(r.html.as_str().len() + 64).unwrap_or(u32::MAX))
        .build()
});

/// Renders a text, or takes it from the cache, whose key is the content itself.
pub fn render(text: &str, options: &RenderOptions) -> Arc<Rendered> {
    let mut hash = Sha256::new();
    hash.update((options.id_prefix.len() as u64).to_le_bytes());
    hash.update(options.id_prefix.as_bytes());
    for (name, url) in &options.links {
        for part in [name, url] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.update([0xff]);
    hash.update(options.lang.tag().as_bytes());
    hash.update([0xff]);
    for (url, name) in &options.copies {
        hash.update((url.len() as u64).to_le_bytes());
        hash.update(url.as_bytes());
        hash.update(name.to_string().as_bytes());
    }
    hash.update([0xff]);
    hash.update(text.as_bytes());
    let key = hash.finalize().into();
    if let Some(known) = CACHE.get(&key) {
        return known;
    }
    let make = || CACHE.get_with(key, || Arc::new(render_now(text, options)));
    if text.len() > LONG && may_block() { tokio::task::block_in_place(make) } else { make() }
}

/// Looks whether a text can be shown as it is meant.
///
/// # Errors
/// When it is more than a page takes: many times its length in markup, or too many headings, footnotes or columns.
pub fn check(text: &str) -> Result<(), Beyond> {
    render(text, &RenderOptions::default()).beyond.map_or(Ok(()), Err)
}

/// From so many bytes on, rendering leaves its worker's other requests to another worker.
const LONG: usize = 20 << 10;

/// Whether this thread is one of several workers, so that another can take over.
fn may_block() -> bool {
    use tokio::runtime::{Handle, RuntimeFlavor};
    Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread)
}

fn render_now(text: &str, options: &RenderOptions) -> Rendered {
    let prefix: String = options.id_prefix.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let headings = headings::Anchors::new(&prefix);
    let mut plugins = Plugins::default();
    plugins.render.codefence_syntax_highlighter = Some(&code::Highlighter);
    plugins.render.heading_adapter = Some(&headings);
    let (arena, comrak_options) = (Arena::new(), comrak_options());
    let root = parse(&arena, text, &comrak_options);
    if !options.links.is_empty() {
        let links = options.links.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        refs::link(&arena, root, &links);
    }
    let most = markup_max(text.len());
    let mut raw = Bounded::new(most);
    let whole = comrak::format_html_with_plugins(root, &comrak_options, &mut raw, &plugins).is_ok();
    let (toc, beyond) = (headings.into_toc(), bounds::counted(root));
    let html = whole
        .then(|| clean::clean(&balance::balance(&raw.out), &toc, &prefix, (options.lang, &options.copies)))
        .filter(|done| done.html.len() <= most);
    match html {
        Some(done) => {
            let finish::Finished { html, picture, far } = done;
            Rendered { html: Html::trusted(html), toc, picture, far, beyond }
        }
        None => {
            let html = Html::trusted(bounds::as_typed(text));
            Rendered { html, beyond: beyond.or(Some(Beyond::Markup)), ..Rendered::default() }
        }
    }
}

/// Reads a text and takes out what no reader sees, so that it shows up in no heading, link or name either.
fn parse<'a>(arena: &'a Arena<'a>, text: &str, options: &comrak::Options<'_>) -> Node<'a> {
    let root = xinghe_text::markdown::parse(arena, text, options);
    for node in root.descendants() {
        if let NodeValue::HtmlBlock(block) = &mut node.data_mut().value {
            block.literal = xinghe_text::html::seen(&block.literal);
        }
    }
    root
}

fn comrak_options() -> comrak::Options<'static> {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.cjk_friendly_emphasis = true;
    options.render.r#unsafe = true;
    options.render.tasklist_classes = true;
    options
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;
