//! What generators add to Markdown, turned back into Markdown; titles; pages that are only lists of links.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::credits::code_mask;
use crate::layout::Layout;

static HIGHLIGHT: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"(?s)\{%-?\s*(?:highlight|codeblock|code)\b\s*([^%]*?)-?%\}\n?(.*?)\n?\{%-?\s*end(?:highlight|codeblock|code)\s*-?%\}",
    )
});
static HUGO_HIGHLIGHT: LazyLock<Regex> = LazyLock::new(|| {
    re(r"(?s)\{\{[<%]\s*highlight\s+([\w+#-]*)[^>%]*[>%]\}\}\n?(.*?)\n?\{\{[<%]\s*/\s*highlight\s*[>%]\}\}")
});
static FIGURE: LazyLock<Regex> = LazyLock::new(|| re(r"\{\{[<%]\s*(?:figure|img|image)\s+([^>%]*?)/?\s*[>%]\}\}"));
static HEXO_IMAGE: LazyLock<Regex> = LazyLock::new(|| re(r#"\{%\s*(?:asset_img|img)\s+(\S+)\s*(.*?)\s*%\}"#));
static HEXO_LINK: LazyLock<Regex> = LazyLock::new(|| re(r#"\{%\s*(?:post_link|asset_link)\s+(\S+)\s*(.*?)\s*%\}"#));
static VIDEO: LazyLock<Regex> = LazyLock::new(|| re(r#"\{\{[<%]\s*youtube\s+(?:id=)?"?([\w-]+)"?[^>%]*[>%]\}\}"#));
/// `{% post_url 2020-01-02-a %}`, `{{< ref "a.md" >}}`: a space in a link's target would end it.
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| re(r#"\{[{%][<%]?-?\s*(?:ref|relref|post_url|link)\s+["']?([^"'\s>%}]+)["']?\s*-?[>%]?[}%]\}"#));
/// `{{ "/about/" | relative_url }}`, `{{ '/a.png' | prepend: site.baseurl }}`, `{{ site.baseurl | append: "/b" }}`.
static LIQUID_PATH: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r#"\{\{-?\s*(?:site\.(?:baseurl|url)\s*\|\s*append:\s*)?["']([^"'{}]*)["']\s*(?:\|\s*(?:relative_url|absolute_url|(?:prepend|append):\s*site\.(?:baseurl|url)|uri_escape|escape)\s*)*-?\}\}"#,
    )
});
/// `{{ site.title }}`, `{{ page.title | escape }}`.
static LIQUID_WORD: LazyLock<Regex> =
    LazyLock::new(|| re(r"\{\{-?\s*((?:site|page)\.[\w.]+)\s*(?:\|\s*(?:escape|strip|upcase|downcase)\s*)*-?\}\}"));
/// `{% link _posts/2020-01-02-a.md %}`: a path from the folder's root.
static LIQUID_LINK: LazyLock<Regex> = LazyLock::new(|| re(r#"\{%-?\s*link\s+["']?/?([^"'\s%}]+)["']?\s*-?%\}"#));
/// `{{< gist user 0123 >}}`, `{{< tweet user="x" id="1" >}}`, `{{< vimeo 1 >}}`: what another site shows.
static HUGO_SHOWN: LazyLock<Regex> =
    LazyLock::new(|| re(r"\{\{[<%]\s*(gist|tweet|x|twitter|vimeo|bilibili)\s+([^>%]*?)/?\s*[>%]\}\}"));
/// Any other shortcode of Hugo, opening or closing; what stands between two of them stays.
static HUGO_CODE: LazyLock<Regex> = LazyLock::new(|| re(r#"\{\{[<%]\s*/?\s*\w[\w/.-]*(?:"[^"]*"|[^">%{}])*[>%]\}\}"#));
/// `{{</* note */>}}`, by which Hugo's own pages show a shortcode.
static HUGO_SHOWN_CODE: LazyLock<Regex> = LazyLock::new(|| re(r"(\{\{[<%])/\*(.*?)\*/([>%]\}\})"));
/// What stands for the root of the site.
static BASE_URL: LazyLock<Regex> =
    LazyLock::new(|| re(r"\{\{-?\s*(?:site\.(?:baseurl|url)|\.Site\.BaseURL|config\.base_url)\s*(?:\|[^}]*)?-?\}\}"));
static RAW_TAG: LazyLock<Regex> = LazyLock::new(|| {
    re(
        r"\{%-?\s*(?:end)?(?:raw|cq|centerquote|blockquote|note|admonition|tabs?|endtabs?|toc|include|comment)\b[^%]*%\}\n?",
    )
});
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    re(r"(?im)^\s*(?:<!--\s*(?:more|truncate|toc|excerpt)\s*-->|\[toc\]|\{:\s*toc[^}]*\}|@\[toc\].*)\s*$\n?")
});
static KRAMDOWN: LazyLock<Regex> = LazyLock::new(|| re(r"(?m)[ \t]*\{:\s*[.#\w][^}\n]*\}[ \t]*$"));
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| re(r#"(\w+)=(?:"([^"]*)"|'([^']*)'|(\S+))"#));
static MDBOOK_INCLUDE: LazyLock<Regex> =
    LazyLock::new(|| re(r"\{\{#(?:include|playground|rustdoc_include|title|template)[^}]*\}\}"));
static TRANSLATION: LazyLock<Regex> = LazyLock::new(|| {
    re(r"(?:「译」|「譯」|【译】|【譯】|【翻译】|【翻譯】|\[译\]|\[譯\]|\[翻译\]|（译）|\(译\)|『译』)\s*")
});
static TRANSLATION_MARK: LazyLock<Regex> =
    LazyLock::new(|| re(r"[「【\[（(『](?:译|譯|翻译|翻譯)(?:文)?(?:[·・:：].*?)?[」】\]）)』]"));
static INLINE: LazyLock<Regex> = LazyLock::new(|| re(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])"));
static LIST_LINK: LazyLock<Regex> = LazyLock::new(|| {
    re(r"^\s*(?:[-*+]|\d+[.)])\s+(?:[^\[\]]{0,12})\[[^\[\]]*(?:\[[^\]]*\][^\[\]]*)?\]\(([^)]*)\)\s*[^\s]{0,12}$")
});

fn re(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant")
}

/// Turns the tags of Hexo, Hugo, Jekyll, Zola and mdBook into plain Markdown, where they have a counterpart, and
/// removes those that only steer a generator. `said` tells what the site and the page say of themselves, by names such
/// as `site.title`.
pub fn plain(text: &str, layout: Layout, said: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = text.to_owned();
    if out.contains("{%") {
        out = HIGHLIGHT.replace_all(&out, |c: &Captures<'_>| apart(&out, c, &fenced(&c[1], &c[2]))).into_owned();
        out = HEXO_IMAGE.replace_all(&out, |c: &Captures<'_>| format!("![{}]({})", unquote(&c[2]), &c[1])).into_owned();
        out = HEXO_LINK
            .replace_all(&out, |c: &Captures<'_>| {
                let label = if c[2].is_empty() { &c[1] } else { unquote(&c[2]) };
                format!("[{label}]({})", &c[1])
            })
            .into_owned();
        out = outside_code(&out, |line| RAW_TAG.replace_all(line, "").into_owned());
    }
    if out.contains("{{") {
        out = HUGO_HIGHLIGHT.replace_all(&out, |c: &Captures<'_>| fenced(&c[1], &c[2])).into_owned();
        out = FIGURE.replace_all(&out, |c: &Captures<'_>| figure(&c[1])).into_owned();
        out = VIDEO
            .replace_all(&out, |c: &Captures<'_>| format!("[YouTube](https://www.youtube.com/watch?v={})", &c[1]))
            .into_owned();
        out = outside_code(&out, |line| MDBOOK_INCLUDE.replace_all(line, "").into_owned());
    }
    if out.contains("{%") || out.contains("{{") {
        out = outside_code(&out, |line| {
            let line = LIQUID_LINK.replace_all(line, "/$1");
            let line = REFERENCE.replace_all(&line, "$1");
            let line = LIQUID_PATH.replace_all(&line, "$1");
            BASE_URL.replace_all(&line, "").into_owned()
        });
    }
    if layout == Layout::Jekyll && out.contains("{{") {
        out = outside_code(&out, |line| {
            outside_spans(line, |words| {
                LIQUID_WORD.replace_all(words, |c: &Captures<'_>| said(&c[1]).unwrap_or_default()).into_owned()
            })
        });
    }
    if layout == Layout::Hugo && out.contains("{{") {
        out = outside_code(&out, |line| {
            outside_spans(line, |words| {
                let words = HUGO_SHOWN.replace_all(words, |c: &Captures<'_>| shown_elsewhere(&c[1], &c[2]));
                HUGO_CODE.replace_all(&words, "").into_owned()
            })
        });
        out = HUGO_SHOWN_CODE.replace_all(&out, "$1$2$3").into_owned();
    }
    if out.contains("{:") {
        out = outside_code(&out, |line| KRAMDOWN.replace_all(line, "").into_owned());
    }
    let out = outside_code(&out, |line| MORE.replace_all(line, "").into_owned());
    out.trim_matches('\n').to_owned()
}

/// A block in place of a tag that may stand within a line.
fn apart(text: &str, tag: &Captures<'_>, block: &str) -> String {
    let Some(tag) = tag.get(0) else { return block.to_owned() };
    let line = |rest: &str| rest.trim_matches([' ', '\t']).is_empty();
    let before = text[..tag.start()].rsplit('\n').next().unwrap_or_default();
    let behind = text[tag.end()..].split('\n').next().unwrap_or_default();
    format!("{}{block}{}", if line(before) { "" } else { "\n\n" }, if line(behind) { "" } else { "\n" })
}

fn fenced(language: &str, code: &str) -> String {
    let language = language.split_whitespace().next().unwrap_or_default();
    let language = language.trim_start_matches("lang:");
    let fence = if code.contains("```") { "````" } else { "```" };
    format!("{fence}{language}\n{code}\n{fence}")
}

fn unquote(text: &str) -> &str {
    text.trim_matches(['"', '\'', ' '])
}

fn figure(attributes: &str) -> String {
    let get = |name: &str| {
        ATTRIBUTE
            .captures_iter(attributes)
            .find(|c| c[1].eq_ignore_ascii_case(name))
            .and_then(|c| c.get(2).or_else(|| c.get(3)).or_else(|| c.get(4)).map(|m| m.as_str().to_owned()))
    };
    let alt = get("alt").or_else(|| get("caption")).or_else(|| get("title")).unwrap_or_default();
    get("src").map_or_else(String::new, |src| format!("![{alt}]({src})"))
}

/// A link to what a shortcode shows from another site.
fn shown_elsewhere(site: &str, attributes: &str) -> String {
    let named: Vec<(String, &str)> = ATTRIBUTE
        .captures_iter(attributes)
        .filter_map(|c| {
            let value = c.get(2).or_else(|| c.get(3)).or_else(|| c.get(4))?;
            Some((c[1].to_lowercase(), attributes.get(value.range())?))
        })
        .collect();
    let bare: Vec<&str> = attributes.split_whitespace().map(unquote).filter(|w| !w.contains('=')).collect();
    let get = |name: &str, place: usize| {
        named.iter().find(|(n, _)| n == name).map(|(_, v)| *v).or_else(|| bare.get(place).copied())
    };
    match (site, get("user", 0), get("id", usize::from(named.is_empty() && bare.len() > 1))) {
        ("gist", Some(user), Some(id)) => format!("[Gist](https://gist.github.com/{user}/{id})"),
        ("tweet" | "x" | "twitter", Some(user), Some(id)) if user != id => {
            format!("[X](https://x.com/{user}/status/{id})")
        }
        ("tweet" | "x" | "twitter", _, Some(id)) => format!("[X](https://x.com/i/status/{id})"),
        ("vimeo", _, Some(id)) => format!("[Vimeo](https://vimeo.com/{id})"),
        ("bilibili", _, Some(id)) => format!("[Bilibili](https://www.bilibili.com/video/{id})"),
        _ => String::new(),
    }
}

/// Changes what of a line is no code between backticks.
fn outside_spans(line: &str, change: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let ticks = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let after = &rest[at + ticks..];
        let end = after
            .match_indices(&rest[at..at + ticks])
            .map(|(i, _)| i)
            .find(|i| !after[i + ticks..].starts_with('`') && !after[..*i].ends_with('`'));
        let Some(end) = end else { break };
        out.push_str(&change(&rest[..at]));
        out.push_str(&rest[at..at + ticks + end + ticks]);
        rest = &after[end + ticks..];
    }
    out.push_str(&change(rest));
    out
}

fn outside_code(text: &str, change: impl Fn(&str) -> String) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let code = code_mask(&lines);
    let mut out = String::with_capacity(text.len());
    for (line, in_code) in lines.iter().zip(code) {
        if in_code {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let changed = change(line);
        // A line that held nothing else goes with it; an empty line stays a paragraph break.
        if !changed.trim().is_empty() || line.trim().is_empty() {
            out.push_str(changed.trim_end_matches('\n'));
            out.push('\n');
        }
    }
    out
}

/// The heading at the top of a text and the text without it: `# Title`, `Title` underlined by `===`, or a plain first
/// line that stands alone before credit lines.
pub fn take_heading(text: &str) -> Option<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let code = code_mask(&lines);
    let mut before = 0;
    for i in 0..lines.len() {
        let line = lines[i].trim();
        if line.is_empty() || line.starts_with("<!--") {
            continue;
        }
        if code[i] {
            return None;
        }
        if let Some(title) = atx(line).filter(|(level, _)| *level <= 2 || before == 0).map(|(_, t)| t) {
            return Some((title, without(&lines, i..i + 1)));
        }
        let underlined = lines.get(i + 1).is_some_and(|n| {
            let n = n.trim();
            n.len() >= 2 && (n.bytes().all(|b| b == b'=') || (before == 0 && n.bytes().all(|b| b == b'-')))
        });
        if underlined && !line.starts_with(['>', '-', '*', '|', '<']) {
            return Some((inline_text(line), without(&lines, i..i + 2)));
        }
        // A few lines (a badge, a notice, where it first appeared) may stand above the title; prose may not.
        before += 1;
        if before > 4 || line.chars().count() > 200 {
            return None;
        }
    }
    None
}

/// The beginning of a text, enough to tell its language by.
pub fn sample(title: &str, body: &str) -> String {
    title.chars().chain(['\n']).chain(body.chars()).take(3000).collect()
}

/// The first line as a title, if it looks like one: short, no mark-up, and set off from what follows.
pub fn take_first_line(text: &str) -> Option<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let i = lines.iter().position(|l| !l.trim().is_empty())?;
    let line = lines[i].trim();
    let short = (2..=80).contains(&line.chars().count());
    let marked = line.starts_with(['>', '-', '*', '|', '<', '#', '`', '!', '[', '+', '$']);
    let sentence = line.ends_with(['。', '.', '，', ',', '：', ':', ';', '；']);
    let alone = lines.get(i + 1).is_some_and(|n| n.trim().is_empty());
    (short && !marked && !sentence && alone).then(|| (inline_text(line), without(&lines, i..i + 1)))
}

fn atx(line: &str) -> Option<(usize, String)> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let rest = line.get(level..)?;
    // `#标题` without a space is no CommonMark heading, but was meant as one.
    let chinese = rest.chars().next().is_some_and(|c| matches!(c, '\u{4e00}'..='\u{9fff}' | '「' | '【' | '《'));
    if !(1..=6).contains(&level) || !(rest.starts_with([' ', '\t']) || chinese) {
        return None;
    }
    let title = inline_text(rest.trim().trim_end_matches('#').trim());
    (!title.is_empty()).then_some((level, title))
}

fn without(lines: &[&str], range: std::ops::Range<usize>) -> String {
    let kept: Vec<&str> = lines.iter().enumerate().filter(|(i, _)| !range.contains(i)).map(|(_, l)| *l).collect();
    kept.join("\n").trim_matches('\n').to_owned()
}

/// A title's words without Markdown: no emphasis, no code marks, links as their text.
pub fn inline_text(text: &str) -> String {
    let text = INLINE.replace_all(text, "$1");
    let text = text.replace("**", "").replace('`', "").replace("\\_", "_").replace("\\*", "*");
    let text = text.trim().trim_end_matches("{#").trim();
    let text = match (text.rfind(" {#"), text.ends_with('}')) {
        (Some(at), true) => &text[..at],
        _ => text,
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a title says that the page is a translation.
pub fn marks_translation(title: &str) -> bool {
    TRANSLATION_MARK.is_match(title)
}

/// A title without 「译」 and the like.
pub fn without_translation_mark(title: &str) -> String {
    let shorter = TRANSLATION.replace_all(title, "");
    let shorter = shorter.trim().trim_end_matches(['|', '｜', ' ']).trim();
    if shorter.is_empty() { title.to_owned() } else { shorter.to_owned() }
}

/// How many characters of writing a text has, mark-up, links' targets and code aside.
pub fn prose_length(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let code = code_mask(&lines);
    lines
        .iter()
        .zip(code)
        .filter(|(l, c)| !c && !l.trim_start().starts_with("<!--"))
        .map(|(l, _)| INLINE.replace_all(l, "$1").chars().filter(|c| c.is_alphanumeric()).count())
        .sum()
}

/// Whether a page is a table of contents: nearly all of its lines are list items that are one link.
pub fn is_contents(text: &str) -> bool {
    let mut links = 0;
    let mut others = 0;
    for line in text.lines().map(str::trim_end).filter(|l| !l.trim().is_empty()) {
        // A list of links to elsewhere is writing; one to the pages beside it is not.
        if LIST_LINK.captures(line).is_some_and(|c| !c[1].contains("://")) {
            links += 1;
        } else if !line.trim_start().starts_with(['#', '!', '<']) {
            others += 1;
        }
    }
    links >= 4 && others * 5 <= links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_tags_become_markdown() {
        for (given, want) in [
            ("{% highlight rust linenos %}\nfn a() {}\n{% endhighlight %}", "```rust\nfn a() {}\n```"),
            ("a {% highlight c %}\nx\n{% endhighlight %} b", "a \n\n```c\nx\n```\n b"),
            ("{{< highlight go \"linenos=table\" >}}\nx\n{{< / highlight >}}", "```go\nx\n```"),
            ("{% codeblock lang:rust %}\nx\n{% endcodeblock %}", "```rust\nx\n```"),
            ("{{< figure src=\"/a.png\" alt=\"A b\" >}}", "![A b](/a.png)"),
            ("{% asset_img a.png The cat %}", "![The cat](a.png)"),
            ("{{< youtube abc-1 >}}", "[YouTube](https://www.youtube.com/watch?v=abc-1)"),
            ("a\n\n<!-- more -->\n\nb", "a\n\n\nb"),
            ("[TOC]\n\nb", "b"),
            ("[n]({% post_url 2020-01-03-next %})", "[n](2020-01-03-next)"),
            ("[b]({{< ref \"b.md\" >}}) [c]({{ site.baseurl }}/c)", "[b](b.md) [c](/c)"),
            ("## Head\n{: .no_toc}\nb", "## Head\nb"),
            ("```\n{% raw %}\n```\n{% raw %}\nx", "```\n{% raw %}\n```\nx"),
        ] {
            assert_eq!(plain(given, Layout::Plain, &|_| None), want, "{given}");
        }
    }

    #[test]
    fn jekylls_paths_links_and_words_are_what_they_stand_for() {
        let said = |name: &str| match name {
            "site.title" => Some("A blog".to_owned()),
            "page.title" => Some("A post".to_owned()),
            _ => None,
        };
        for (given, want) in [
            (r#"[a]({{ "/about/" | relative_url }})"#, "[a](/about/)"),
            ("![b]({{ '/b.png' | prepend: site.baseurl }})", "![b](/b.png)"),
            (r#"[c]({{ site.baseurl | append: "/c" }})"#, "[c](/c)"),
            ("[d]({% link _posts/2020-01-02-d.md %})", "[d](/_posts/2020-01-02-d.md)"),
            ("[e]({{site.url}}{% post_url 2020-01-02-e %})", "[e](2020-01-02-e)"),
            ("Welcome to {{ site.title }}: {{ page.title | escape }}", "Welcome to A blog: A post"),
            ("Write `{{ site.title }}` there", "Write `{{ site.title }}` there"),
        ] {
            assert_eq!(plain(given, Layout::Jekyll, &said), want, "{given}");
        }
    }

    #[test]
    fn hugos_shortcodes_leave_what_they_hold() {
        for (given, want) in [
            ("{{< note >}}\nMind **this**.\n{{< /note >}}", "Mind **this**."),
            ("{{% alert title=\"a > b\" %}}x{{% /alert %}}", "x"),
            ("{{< gist ann 0123 >}}", "[Gist](https://gist.github.com/ann/0123)"),
            ("{{< tweet user=\"ann\" id=\"77\" >}}", "[X](https://x.com/ann/status/77)"),
            ("{{< vimeo 146022717 >}}", "[Vimeo](https://vimeo.com/146022717)"),
            ("[r]({{< relref \"/posts/b.md\" >}})", "[r](/posts/b.md)"),
            ("Write `{{< note >}}` there", "Write `{{< note >}}` there"),
            ("{{</* note */>}}", "{{< note >}}"),
            ("```\n{{< note >}}\n```", "```\n{{< note >}}\n```"),
        ] {
            assert_eq!(plain(given, Layout::Hugo, &|_| None), want, "{given}");
        }
    }

    #[test]
    fn titles_are_found_and_leave() {
        for (given, title, rest) in [
            ("# A `b` c\n\nText", "A b c", "Text"),
            ("首发于：https://x.example\n\n# T\n\nText", "T", "首发于：https://x.example\n\n\nText"),
            ("标题\n======\n\nText", "标题", "Text"),
            ("## Only a second level\n\nText", "Only a second level", "Text"),
            ("# [Linked](https://a.example) title #\nText", "Linked title", "Text"),
            ("#标题\nText", "标题", "Text"),
        ] {
            assert_eq!(take_heading(given), Some((title.to_owned(), rest.to_owned())), "{given}");
        }
        assert_eq!(take_heading("```\n# no\n```"), None);
        assert_eq!(take_heading("#include <x>\n"), None);
        assert_eq!(
            take_first_line("达坦 ｜ 任务调度\n\n作者：x\n\nText"),
            Some(("达坦 ｜ 任务调度".to_owned(), "作者：x\n\nText".to_owned()))
        );
        assert_eq!(take_first_line("This is a sentence.\n\nMore"), None);
    }

    #[test]
    fn translation_marks_leave_titles() {
        assert_eq!(without_translation_mark("生产实践 |「译」1password 的实践"), "生产实践 |1password 的实践");
        assert_eq!(without_translation_mark("【译】Rust"), "Rust");
        assert_eq!(without_translation_mark("翻译"), "翻译");
        assert!(marks_translation("【译·四万言】指南") && marks_translation("「译」x") && !marks_translation("编译器"));
    }

    #[test]
    fn contents_pages_are_told_from_lists() {
        assert!(is_contents("# 一月\n\n- [a](./a.md)\n- [b](./b.md)\n    - [c](c.md)\n- [d](d.md)\n"));
        assert!(!is_contents("- [a](https://a.x)\n- [b](https://b.x)\n- [c](https://c.x)\n- [d](https://d.x)\n"));
        assert!(!is_contents("- [a](a.md) is a long story about how to do things\n- [b](b.md) is another\n- x\n- y"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|\n|\\{%|%\\}|\\{\\{<|>\\}\\}|```|#|===){0,120}") {
            for layout in [Layout::Plain, Layout::Hugo, Layout::Jekyll] {
                let _ = plain(&text, layout, &|_| Some("x".to_owned()));
            }
            let _ = (take_heading(&text), take_first_line(&text), is_contents(&text), prose_length(&text));
            let _ = (inline_text(&text), without_translation_mark(&text));
        }
    }
}
