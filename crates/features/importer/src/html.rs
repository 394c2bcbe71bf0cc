//! HTML to Markdown, for feeds and for posts that a blog keeps as HTML.

use std::sync::LazyLock;

use htmd::HtmlToMarkdown;

/// HTML as Markdown; scripts, styles and forms leave.
pub fn to_markdown(html: &str) -> String {
    static CONVERTER: LazyLock<HtmlToMarkdown> = LazyLock::new(|| {
        let dropped = vec![
            "script", "style", "noscript", "iframe", "form", "button", "input", "select", "svg", "template", "head",
        ];
        HtmlToMarkdown::builder().skip_tags(dropped).build()
    });
    CONVERTER.convert(html).map_or_else(|_| String::new(), |text| text.trim().to_owned())
}

/// An HTML page with front matter: the front matter stays, the rest becomes Markdown.
pub fn page_to_markdown(page: &str) -> String {
    let body = crate::front_matter::split(page).map_or(page, |(_, body)| body);
    let front = &page[..page.len() - body.len()];
    let separator = if front.is_empty() || front.ends_with('\n') { "" } else { "\n" };
    format!("{front}{separator}{}", to_markdown(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_markdown() {
        let html = "<h2>Hi</h2><p>A <b>bold</b> <a href=\"https://a.example\">link</a></p><pre><code class=\"language-rust\">fn a() {}\n</code></pre><script>x()</script>";
        let markdown = to_markdown(html);
        assert_eq!(markdown, "## Hi\n\nA **bold** [link](https://a.example)\n\n```rust\nfn a() {}\n```");
    }

    #[test]
    fn front_matter_survives() {
        assert_eq!(page_to_markdown("---\ntitle: x\n---\n<p>Text</p>"), "---\ntitle: x\n---\nText");
    }
}
