//! Texts made to cost much. What they cost is counted in bytes and nodes, not in seconds.

use proptest::prelude::*;

use super::bounds::{as_typed, counted};
use super::*;

/// Fills so many characters with the same again and again, behind a beginning and before an end.
fn filled(before: &str, again: &str, after: &str, length: usize) -> String {
    let room = length.saturating_sub(before.chars().count() + after.chars().count());
    format!("{before}{}{after}", again.repeat(room / again.chars().count().max(1)))
}

fn row(sign: &str, columns: usize) -> String {
    format!("{}|\n", sign.repeat(columns))
}

/// Texts that become many times their length, of about so many characters.
fn hostile(length: usize) -> Vec<String> {
    let name = "脚".repeat(900);
    let wide = format!("{}{}", row("|a", 900), row("|-", 900));
    let narrow = format!("{}{}", row("|a", 99), row("|-", 99));
    let shown = |text: &str| filled(text, "|a\n", "", length);
    vec![
        filled("", "[^1]", "\n\n[^1]: x", length),
        filled("", &format!("[^{name}]"), &format!("\n\n[^{name}]: x"), length),
        shown(&wide),
        shown(&narrow),
        filled("", "# a\n", "", length),
        filled("", "#\n", "", length),
        filled("", "[](b)", "", length),
        filled("", "![](b)", "", length),
        filled("", "- [ ] a\n", "", length),
        filled("```rust\n", "+1", "\n```", length),
        filled("```html\n", "<a b='", "\n```", length),
        filled("", "&", "", length),
        filled("", "'\"", "", length),
        filled("", "http://a.b ", "", length),
        filled("[a]: <b>\n\n", "[a]", "", length),
        filled(&format!("[a]: <{}>\n\n", "é".repeat(900)), "[a]", "", length),
        filled("<table>", "<td>", "", length),
        filled("", "> a\n\n", "", length),
    ]
}

fn nodes(text: &str) -> usize {
    let (arena, options) = (Arena::new(), comrak_options());
    parse(&arena, text, &options).descendants().count()
}

#[test]
fn no_text_of_a_posts_length_becomes_more_than_so_much() {
    for text in hostile(200_000).into_iter().take(5).chain(hostile(50_000)) {
        let rendered = render_now(&text, &RenderOptions::default());
        let most = markup_max(text.len()).max(as_typed(&text).len());
        let beginning: String = text.chars().take(30).collect();
        assert!(rendered.html.as_str().len() <= most, "{} bytes of {beginning:?}", rendered.html.as_str().len());
        assert!(most <= 3_200_000, "{most}");
        assert!(rendered.toc.len() <= HEADINGS_MAX);
        let ids: usize = rendered.toc.iter().map(|h| h.id.len() + h.text.len()).sum();
        assert!(ids <= 2 * text.len() + 20 * HEADINGS_MAX, "{ids}");
    }
}

#[test]
fn twice_the_text_costs_about_twice_as_much() {
    for (short, long) in hostile(10_000).into_iter().zip(hostile(20_000)) {
        let beginning: String = short.chars().take(30).collect();
        let (once, twice) = (nodes(&short), nodes(&long));
        assert!(twice <= 4 * once + 100, "{once} nodes, then {twice}, of {beginning:?}");
        let bytes = |text: &str| render_now(text, &RenderOptions::default()).html.as_str().len();
        assert!(bytes(&long) <= markup_max(long.len()), "{beginning:?}");
    }
}

#[test]
fn a_writer_is_told_what_is_too_much() {
    let beyond = |text: &str| check(text).err();
    assert_eq!(beyond(&format!("{}\n\n[^1]: x", "[^1] ".repeat(FOOTNOTES_MAX + 1))), Some(Beyond::Footnotes));
    assert_eq!(beyond(&"# a\n".repeat(HEADINGS_MAX + 1)), Some(Beyond::Headings));
    let wide = |columns: usize| format!("{}{}", row("|a", columns), row("|-", columns));
    assert_eq!(beyond(&wide(COLUMNS_MAX + 1)), Some(Beyond::Columns));
    let full = format!("{}{}", wide(COLUMNS_MAX), "|a\n".repeat(20_000));
    assert_eq!(beyond(&full), Some(Beyond::Markup));
    let shown = render_now(&full, &RenderOptions::default()).html.into_string();
    assert!(shown.starts_with("<pre><code>|a|a"), "it is shown as it was typed");
    for fine in [
        format!("{}\n\n[^1]: x", "[^1] ".repeat(FOOTNOTES_MAX)),
        "# a\n".repeat(HEADINGS_MAX),
        wide(COLUMNS_MAX),
        "字".repeat(200_000),
        filled("```rust\n", "let value = other.call(1)?;\n", "```", 200_000),
        filled("", "A [link](https://example.org/a) and `code` in **a** sentence.\n\n", "", 200_000),
        "&<>\"' ".repeat(1_000),
    ] {
        assert_eq!(beyond(&fine), None, "{:.40}", fine);
    }
}

#[test]
fn headings_beyond_the_table_of_contents_are_headings_all_the_same() {
    let out = render_now(&"# a\n\n".repeat(HEADINGS_MAX + 2), &RenderOptions::default());
    assert_eq!(out.toc.len(), HEADINGS_MAX);
    assert_eq!(out.html.as_str().matches("<h2").count(), HEADINGS_MAX + 2);
    assert_eq!(out.html.as_str().matches("</h2>").count(), HEADINGS_MAX + 2);
}

#[test]
fn nothing_is_counted_in_a_plain_text() {
    let (arena, options) = (Arena::new(), comrak_options());
    assert_eq!(counted(parse(&arena, "# a\n\nb[^1]\n\n[^1]: c", &options)), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_repeated_stays_within_its_bounds(
        before in r"(\|a\|b\|c\|\n\|-\|-\|-\|\n|```rust\n|\[a\]: <b>\n\n)?",
        again in r"(\[\^1\]|\||\n|# |\[a\]|\]\(b\)|!\[|`|\*|_|<b>|<td>|<li>|&|'|- |> |http://a\.b|汉|a|1){1,6}",
    ) {
        let text = filled(&before, &again, "\n\n[^1]: x", 8_000);
        let rendered = render_now(&text, &RenderOptions::default());
        let most = markup_max(text.len()).max(as_typed(&text).len());
        prop_assert!(rendered.html.as_str().len() <= most);
        prop_assert!(rendered.toc.len() <= HEADINGS_MAX);
    }
}
