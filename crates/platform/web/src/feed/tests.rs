use proptest::prelude::*;

use super::*;
use crate::texts::Catalog;

const BASE: &str = "https://x.example/posts/7-a";

fn entry(title: &str, content: &str, at: i64) -> Entry {
    Entry {
        id: "https://x.example/posts/7".into(),
        url: BASE.into(),
        title: title.into(),
        summary: title.into(),
        content: absolute(&Html::trusted(content), BASE),
        language: "zh-Hans".parse().expect("a tag"),
        authors: vec![Writer { name: title.into(), url: "https://x.example/@lin".into() }],
        tags: vec!["c#".into(), "异步".into()],
        licence: Some("CC BY 4.0".into()),
        source: Some("https://source.example/?a=1&b=2".into()),
        provenance: Provenance::Ai,
        label: Some("AI & co".into()),
        published: Timestamp::from_millis(at),
        updated: Timestamp::from_millis(at + 1_000),
    }
}

fn feed(title: &str, content: &str) -> Feed {
    let entries = vec![entry(title, content, 1_800_000_000_000)];
    Feed { title: title.into(), about: String::new(), page: "/tags/c%23".into(), entries }
}

fn written(feed: &Feed) -> [String; 3] {
    let catalog = std::sync::Arc::new(Catalog::new(&[]).expect("the texts of the shell"));
    let t = catalog.texts(xinghe_core::Lang::En, Timestamp::default());
    [
        xml::atom(feed, "https://x.example/own", "https://x.example/page", &t),
        xml::rss(feed, "https://x.example/own", "https://x.example/page"),
        json::feed(feed, "https://x.example/own", "https://x.example/page", "en"),
    ]
}

#[test]
fn whatever_is_written_is_read_back() {
    let title = "a \u{8}<b>&amp; ]]> \"c\" 'd' 中文";
    let content =
        r##"<p id="x" class="y">你好 <a href="/tags/x">t</a> <a href="#part">p</a> <img src="/a.png" alt="é"></p>"##;
    for (text, format) in written(&feed(title, content)).iter().zip(Format::ALL) {
        let read = feed_rs::parser::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{format:?}: {e}\n{text}"));
        let clean = title.replace('\u{8}', if format == Format::Json { "\u{8}" } else { "" });
        assert_eq!(read.title.map(|t| t.content).as_deref(), Some(clean.as_str()), "{format:?}");
        let e = &read.entries[0];
        assert_eq!(e.title.as_ref().map(|t| t.content.as_str()), Some(clean.as_str()), "{format:?}");
        assert_eq!(e.id, "https://x.example/posts/7");
        assert_eq!(e.links[0].href, BASE);
        assert_eq!(e.published.map(|d| d.timestamp_millis()), Some(1_800_000_000_000), "{format:?}");
        assert_eq!(e.authors.first().and_then(|p| p.name.as_deref()), Some(clean.as_str()), "{format:?}");
        assert!(e.categories.iter().any(|c| c.term == "异步"), "{format:?}");
        let body = e.content.as_ref().and_then(|c| c.body.as_deref()).unwrap_or_default();
        for part in ["https://x.example/tags/x", "https://x.example/posts/7-a#part", "https://x.example/a.png", "你好"]
        {
            assert!(body.contains(part), "{format:?}: {part} in {body}");
        }
        assert!(!body.contains("class") && !body.contains("id=") && !body.contains("href=\"/"), "{body}");
        if format != Format::Json {
            // What the reader knows of RSS does not include Dublin Core's rights.
            let rights = e.rights.as_ref().map(|r| r.content.as_str()) == Some("CC BY 4.0");
            assert!(rights || text.contains("<dc:rights>CC BY 4.0</dc:rights>"), "{format:?}");
            assert!(e.categories.iter().any(|c| c.term == "ai"), "{format:?}");
        }
    }
    let json: serde_json::Value = serde_json::from_str(&written(&feed(title, content))[2]).expect("JSON");
    assert_eq!(json["items"][0]["_xinghe"]["provenance"], "ai");
}

#[test]
fn a_feed_of_long_texts_ends_in_summaries() {
    let long = format!("<p>{}</p>", "x".repeat(CONTENT_MAX - 100));
    let mut feed = feed("t", &long);
    feed.entries.push(entry("u", &long, 1));
    feed.entries.extend(vec![entry("v", "<p>short</p>", 1); 40]);
    feed.trim();
    assert_eq!(feed.entries.len(), ENTRIES);
    assert!(!feed.entries[0].content.is_empty() && feed.entries[1].content.is_empty());
    assert!(!feed.entries[2].content.is_empty(), "what still fits is there");
    let json: serde_json::Value = serde_json::from_str(&written(&feed)[2]).expect("JSON");
    assert_eq!(json["items"][1]["content_text"], "u");
}

#[test]
fn the_feed_of_a_page_has_its_address() {
    assert_eq!(Format::Atom.of("/"), "/feed.atom");
    assert_eq!(Format::Rss.of("/tags/c%23"), "/tags/c%23/feed.rss");
    assert_eq!(Format::Json.of("/search?q=a&kind=x"), "/search/feed.json?q=a&kind=x");
    assert_eq!(http_date(Timestamp::from_millis(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

proptest! {
    #[test]
    fn no_text_breaks_a_feed(title in ".{0,40}", content in ".{0,80}") {
        let content = Html::escaped(&content).into_string();
        for text in written(&feed(&title, &content)) {
            prop_assert!(feed_rs::parser::parse(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
