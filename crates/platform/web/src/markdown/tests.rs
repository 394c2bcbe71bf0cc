use proptest::prelude::*;

use super::*;

fn html(text: &str) -> String {
    render_now(text, &RenderOptions::default()).html.into_string()
}

#[test]
fn headings_get_anchors_of_any_script_and_a_table_of_contents() {
    let rendered =
        render_now("## 一、State 写法\n\ntext\n\n## 一、State 写法\n\n### B `code`", &RenderOptions::default());
    let ids: Vec<_> = rendered.toc.iter().map(|h| (h.level, h.id.as_str(), h.text.as_str())).collect();
    assert_eq!(
        ids,
        [(2, "h-一state-写法", "一、State 写法"), (2, "h-一state-写法-2", "一、State 写法"), (3, "h-b-code", "B code")]
    );
    assert!(rendered.html.as_str().contains("<h2 id=\"h-一state-写法\"><a class=\"anchor\" href=\"#h-一state-写法\""));
}

#[test]
fn a_first_level_heading_moves_everything_down() {
    let rendered = render_now("# Title\n\n## Part", &RenderOptions::default());
    assert_eq!(rendered.toc.iter().map(|h| h.level).collect::<Vec<_>>(), [2, 3]);
    assert!(!rendered.html.as_str().contains("<h1"));
    let levels = |text: &str| -> Vec<String> { html(text).split("<h").skip(1).map(|h| h[..1].to_owned()).collect() };
    assert_eq!(
        levels("### Deep\n\n### Again\n\n###### Deeper\n\n# First"),
        ["2", "2", "3", "2"],
        "no level is left out"
    );
    assert_eq!(levels("<h1 align=\"center\">Name</h1>\n\n## Use\n\n<h4>More</h4>\n\n## Next"), ["2", "3", "4", "3"]);
    assert_eq!(render_now("```sh\n# not a heading\n```\n\n## Part", &RenderOptions::default()).toc[0].level, 2);
}

#[test]
fn links_within_a_text_find_their_headings() {
    let out = html("[see](#getting-started)\n\n## Getting started");
    assert!(out.contains("<a href=\"#h-getting-started\">see</a>"), "{out}");
}

#[test]
fn gfm_is_there() {
    let out = html(
        "| a | b |\n|--:|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] open\n\n~~old~~ https://example.org note[^1]\n\n[^1]: words",
    );
    assert!(out.contains("<div class=\"scroll\"><table>"), "{out}");
    assert!(out.contains("align=\"right\""), "{out}");
    assert!(out.contains("type=\"checkbox\"") && out.contains("checked"), "{out}");
    assert!(out.contains("<del>old</del>"), "{out}");
    assert!(out.contains("id=\"fn-1\"") && out.contains("href=\"#fn-1\""), "{out}");
    assert!(out.contains("<a href=\"https://example.org\" rel=\"nofollow ugc noopener\">"), "{out}");
}

#[test]
fn the_way_back_from_a_footnote_is_called_in_the_language_of_the_page() {
    let label = |lang| {
        let out = render_now("a[^x] b[^x]\n\n[^x]: y", &RenderOptions::default().in_lang(lang)).html.into_string();
        let from = out.find("aria-label=\"").expect("a label") + 12;
        (out[from..].split('"').next().unwrap_or_default().to_owned(), out.matches("Back to").count())
    };
    assert_eq!(label(Lang::En), ("Back to reference 1".to_owned(), 2));
    assert_eq!(label(Lang::ZhHans), ("回到正文中的引用 1".to_owned(), 0));
    assert_eq!(label(Lang::ZhHant), ("回到內文中的引用 1".to_owned(), 0));
}

#[test]
fn prefixes_keep_texts_on_one_page_apart() {
    let options = RenderOptions::prefixed("c7-");
    let out = render_now("## A\n\nx[^1]\n\n[^1]: y", &options);
    assert_eq!(out.toc[0].id, "h-c7-a");
    assert!(out.html.as_str().contains("id=\"c7-fn-1\""), "{}", out.html);
    assert!(out.html.as_str().contains("href=\"#c7-fn-1\""), "{}", out.html);
}

#[test]
fn code_is_coloured_by_classes_and_never_by_style() {
    let out = html("```rust,no_run\n// why\nfn main() { let s = \"x<y\"; }\n```");
    assert!(out.contains("<span class=\"hl-comment\">// why"), "{out}");
    assert!(out.contains("hl-keyword") && out.contains("hl-string"), "{out}");
    assert!(out.contains("x&lt;y") && !out.contains("style="), "{out}");
    assert!(html("```nosuchlanguage\na < b\n```").contains("a &lt; b"));
}

#[test]
fn pictures_are_lazy_and_own_links_are_followed() {
    let out = html("![alt](/a.png) [own](/posts/1) [other](//evil.example/x)");
    assert!(out.contains("loading=\"lazy\""), "{out}");
    assert!(out.contains("<a href=\"/posts/1\">own</a>"), "{out}");
    assert!(out.contains("<a href=\"//evil.example/x\" rel="), "{out}");
}

#[test]
fn what_is_hidden_is_nowhere() {
    let text = "## A <script>swordfish</script>\n\nSeen <style>violet</style> <!-- secret --> @lin<script>@bo</script> \
                [<script>swordfish</script>](/x) <iframe>violet</iframe>\n\n<div><template>secret</template>told</div>\n\n<svg>x";
    let rendered = render_now(text, &RenderOptions::default());
    for hidden in ["swordfish", "violet", "secret", "@bo"] {
        assert!(!rendered.html.as_str().contains(hidden), "{}", rendered.html);
        assert!(!rendered.toc.iter().any(|h| h.text.contains(hidden) || h.id.contains(hidden)));
    }
    assert!(rendered.html.as_str().contains("told"), "{}", rendered.html);
    assert_eq!(named(text).handles, ["lin"]);
    assert!(html("Before <script> left open\n\nafter").contains("<p>after</p>"));
}

/// How many tags a text became, and how deep they stand: what rendering it costs, whatever the machine.
fn cost(out: &str) -> (usize, usize) {
    let (mut tags, mut depth, mut deepest) = (0, 0_usize, 0);
    let mut rest = out;
    while let Some(start) = rest.find('<') {
        let end = start + clean::tag_end(&rest[start..]);
        let tag = &rest[start..end];
        tags += 1;
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !["<br", "<hr", "<img", "<input", "<wbr", "<col"].iter().any(|void| tag.starts_with(void)) {
            depth += 1;
        }
        deepest = deepest.max(depth);
        rest = &rest[end..];
    }
    (tags, deepest)
}

/// How deep the parser stood at most, counted as it goes: it sees what the balance lets through.
fn assert_bounded(text: &str) {
    let balanced = balance::balance(text);
    let starts = text.matches('<').count();
    let (tags, deepest) = cost(&balanced);
    assert!(deepest <= balance::DEEPEST, "{deepest} deep");
    assert!(tags <= 2 * starts, "{tags} tags of {starts}");
    let out = html(text);
    let (tags, deepest) = cost(&out);
    // A table in a parser implies its body and rows, and stands in a box of ours.
    assert!(deepest <= 4 * balance::DEEPEST, "{deepest} deep");
    let signs = text.matches(['<', '>', '*', '-', '[', '_', '\n']).count();
    assert!(tags <= 12 * signs + 12, "{tags} tags of {signs} signs: {:.300}", out);
}

#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    let formatting: String = (0..60).map(|n| format!("<b title={n}>")).collect();
    for text in [
        "<div>".repeat(4_000),
        "<div></x>".repeat(4_000),
        "<div><table></div>".repeat(2_000),
        format!("<p>{formatting}{}", "<p>x".repeat(3_000)),
        format!("<ul><li>{formatting}{}", "<li>x".repeat(3_000)),
        format!("<table>{formatting}{}", "<tr></tr>x".repeat(3_000)),
        format!("<table><tr><td>{}", "<i><td>".repeat(3_000)),
        "<b><i><u><a href=x>".repeat(1_000),
        "<b><p></b><i></p>".repeat(1_000),
        "<a <a <a ".repeat(3_000),
        "<!--".repeat(3_000),
        "<script>".repeat(3_000),
        format!("<p {}>", "a ".repeat(9_000)),
        ">".repeat(4_000),
        "- ".repeat(2_000),
        "*a **a ".repeat(2_000),
        "[".repeat(4_000),
        "<li><dd><details><summary><h2><td>".repeat(500),
    ] {
        assert_bounded(&text);
        assert_bounded(&format!("a {text}\n\n<div>{text}"));
    }
}

#[test]
fn ordinary_html_stays_as_it_is() {
    for text in [
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b <b>c</b></td></tr></tbody></table>",
        "<details><summary>a</summary><p>b</p><ul><li>c<ul><li>d</li></ul></li></ul></details>",
        "<p align=\"center\"><a href=\"/x\"><img src=\"/y\" alt=\"\"></a><br></p>",
        "<dl><dt>a</dt><dd>b</dd></dl>",
    ] {
        assert_eq!(balance::balance(text), text);
    }
    assert_eq!(balance::balance("<ul><li>a<li>b</ul><p>c<p>d"), "<ul><li>a</li><li>b</li></ul><p>c</p><p>d</p>");
    assert_eq!(balance::balance("<b>a<p>b</b>c</p>"), "<b>a<p>b</p></b>c");
    assert_eq!(
        balance::balance("<TABLE><tr><td>a<td>b<tr><td>c</TABLE>"),
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
    );
}

/// Every one of these ran, leaked or dressed up as the shell somewhere once.
const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "![x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<svg onload=alert(1)><script>1</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe src=\"https://evil.example\"></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=\"/sign-out\" method=post><button>x</button></form>",
    "<style>body{display:none}</style>",
    "<p style=\"position:fixed;inset:0\">x</p>",
    "<div class=\"glow aimark bar dialog\">AI</div>",
    "<a id=\"main\" name=\"keys\">x</a>",
    "<base href=\"https://evil.example/\">",
    "<meta http-equiv=refresh content=0>",
    "<input type=text autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "```\"><script>alert(1)</script>\nx\n```",
    "## <img src=x onerror=alert(1)> \"><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    "<xh-ask data-mark=x><form></form></xh-ask>",
    "<h2 id=\"main\">x</h2>",
    "<a href=\"/x\" title=\"<input onmouseover=alert(1) checked \">x</a>",
    "<p title=\"<table><td onmouseover=alert(1)>\">x</p>",
    "<p title='<a href=\"/\" rel=\"nofollow ugc noopener\" onclick=alert(1)>'>x</p>",
    "![<input autofocus onfocus=alert(1)>](/x \"<table>\")",
    "<a href=\"/x\" target=\"_blank\" ping=\"https://evil.example\" download>x</a>",
];

fn assert_harmless(out: &str) {
    // The text as a browser reads it: elements and attributes, not words inside text.
    let document = ammonia::Builder::default()
        .add_tags(["input", "section", "details", "summary", "figure", "figcaption"])
        .add_generic_attributes(["class", "id", "lang", "title", "dir", "align", "aria-label", "cite"])
        .add_tag_attributes("img", ["loading", "decoding"])
        .add_tag_attributes("input", ["checked", "disabled", "type"])
        .add_tag_attributes("details", ["open"])
        .add_tag_attributes("a", ["rel"])
        .add_tag_attributes("li", ["value"])
        .add_tag_attributes("ol", ["start", "reversed"])
        .link_rel(None)
        .url_schemes(["http", "https", "mailto"].into())
        .clean(out)
        .to_string();
    assert_eq!(document, out, "a second, wider cleaning finds nothing to remove");
    for (name, value) in attributes(out) {
        match name.as_str() {
            "class" => {
                for class in value.split_whitespace() {
                    assert!(!["glow", "aimark", "bar", "dialog", "btn", "page"].contains(&class), "{class} in {out}");
                }
            }
            "id" => assert!(value.starts_with("h-") || value.starts_with("fn"), "{value} in {out}"),
            _ => {}
        }
    }
}

/// The attributes of all tags; in serialised HTML every `<` outside quotes begins a tag.
fn attributes(out: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = out;
    while let Some(start) = rest.find('<') {
        let end = start + clean::tag_end(&rest[start..]);
        let mut pieces = rest[start..end].split('"');
        while let (Some(before), Some(value)) = (pieces.next(), pieces.next()) {
            let name = before.trim_end_matches('=').rsplit(char::is_whitespace).next().unwrap_or_default();
            found.push((name.to_owned(), value.to_owned()));
        }
        rest = &rest[end..];
    }
    found
}

#[test]
fn attacks_come_out_harmless() {
    for attack in ATTACKS {
        assert_harmless(&html(attack));
        assert_harmless(&html(&format!("> {attack}\n\n- {attack}\n\n**{attack}**")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_typed_comes_out_harmless(text in r#"([<>"'/=#\[\]()!`*_|:~\-\n a-e]|<(a|p|h2|img|svg|script|td|input|details) |title="|<table>|</table>|onerror=|href=|javascript:|</|class="glow"|id="main"|&#x?[0-9a-f]{2};|汉){0,60}"#) {
        assert_harmless(&html(&text));
    }

    #[test]
    fn any_tag_soup_is_bounded(parts in proptest::collection::vec(proptest::sample::select(vec![
        "<p>", "</p>", "<b title=1>", "<b>", "</b>", "<i>", "<a href=/x>", "</a>", "<li>", "<ul>", "</ul>", "<dd>", "<dl>", "<h2>", "</h2>",
        "<table>", "</table>", "<tr>", "<td>", "</td>", "<tbody>", "<caption>", "<col>", "<div>", "</div>", "<code>", "<span>",
        "</span>", "x", "<ruby>", "<rt>", "<svg>", "<form>", "<details>", "<summary>", "<br>", "<blockquote>", "</blockquote>", "\n", "\n\n", "<pre>",
    ]), 1..120)) {
        assert_bounded(&parts.concat());
        assert_bounded(&format!("<table>{}", parts.concat()));
    }

    #[test]
    fn pieces_of_attacks_in_any_order_come_out_harmless(parts in proptest::collection::vec(proptest::sample::select(ATTACKS.to_vec()), 1..6)) {
        assert_harmless(&html(&parts.concat()));
    }
}

#[test]
fn the_page_keeps_room_for_own_pictures_and_knows_the_first() {
    let (a, b) = ("/pictures/00112233445566778899-1600x900.webp", "/pictures/ffeeddccbbaa99887766-20x30.jpg");
    let shown = render(&format!("![星]({a} \"t\") ![]({b}) ![](/x.png)"), &RenderOptions::default());
    let html = shown.html.as_str();
    for room in ["width=\"1600\" height=\"900\"", "width=\"20\" height=\"30\""] {
        assert!(html.contains(room), "{html}");
    }
    assert_eq!(html.matches("width=").count(), 2, "{html}");
    assert_eq!(html.matches("loading=\"lazy\"").count(), 3, "{html}");
    assert_eq!(shown.picture.map(|p| p.path()).as_deref(), Some(a));
    let own = render(&format!("<img src=\"{b}\" width=\"5\" alt=\"x\">"), &RenderOptions::default());
    assert!(own.html.as_str().contains("width=\"5\"") && !own.html.as_str().contains("height"), "{}", own.html);
    for none in ["![](/pictures/00112233445566778899-1600x9000.webp)", "`/pictures/x`", "![](/x.webp)"] {
        let shown = render(none, &RenderOptions::default());
        assert!(shown.picture.is_none() && !shown.html.as_str().contains("width"), "{none}");
    }
}

#[test]
fn pictures_at_other_hosts_are_links_until_there_is_a_copy() {
    let far = "https://img.example.org/a.png?x=1&y=%22";
    let text = format!(
        "![星 <b>\"]({far}#part) ![]({far})\n\n[![build](//ci.example.org/b.svg)](https://example.org/ci) ![](x.png)"
    );
    let plain = render(&text, &RenderOptions::default());
    let out = plain.html.as_str();
    assert_eq!(plain.far, [far, "https://ci.example.org/b.svg"]);
    assert!(plain.picture.is_none());
    assert_harmless(out);
    for part in [
        "<a class=\"far-picture\" href=\"https://img.example.org/a.png?x=1&amp;y=%22#part\" rel=\"nofollow ugc noopener\">",
        ">星 &lt;b&gt;\"（img.example.org 上的图片）</a>",
        ">img.example.org 上的图片</a>",
        "<a href=\"https://example.org/ci\" rel=\"nofollow ugc noopener\"><span class=\"far-picture\">build（ci.example.org 上的图片）</span></a>",
        "<img src=\"x.png\"",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    let english = render(&text, &RenderOptions::default().in_lang(Lang::En));
    assert!(english.html.as_str().contains("build (picture at ci.example.org)"), "{}", english.html);

    let copy: PictureName = "00112233445566778899-160x90.webp".parse().unwrap();
    let options = RenderOptions { copies: vec![(far.to_owned(), copy)], ..RenderOptions::default() };
    let shown = render(&text, &options);
    let out = shown.html.as_str();
    assert_eq!(out.matches(&format!("<img width=\"160\" height=\"90\" src=\"{}\"", copy.path())).count(), 2, "{out}");
    assert!(!out.contains("img.example.org") && out.contains("ci.example.org"), "{out}");
    assert_eq!((shown.picture, &shown.far), (Some(copy), &plain.far));
}

#[test]
fn no_way_of_writing_an_address_loads_a_picture_from_elsewhere() {
    for address in [
        "//h.example/a",
        "HTTPS://h.example/a",
        "/\\h.example/a",
        "\\\\h.example/a",
        "https:h.example/a",
        " http://h.example/a",
    ] {
        for text in [format!("<img src=\"{address}\">"), format!("<p><img alt=\"src=\" src='{address}' width=1></p>")] {
            let shown = render(&text, &RenderOptions::default());
            assert!(!shown.html.as_str().contains("<img"), "{address}: {}", shown.html);
        }
    }
    let secret = render("![](https://ann:word@h.example/a)", &RenderOptions::default());
    assert!(secret.far.is_empty(), "an address with a password is nobody's to fetch");
    let many: String = (0..300).map(|n| format!("![](https://h.example/{n})\n")).collect();
    assert_eq!(render(&many, &RenderOptions::default()).far.len(), 100);
}
