use super::*;

const RSS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Blog</title><link>https://b.example/</link><language>en</language>
<item><title>Ownership &amp; borrowing</title><link>https://b.example/own</link><guid>https://b.example/own</guid>
<pubDate>Thu, 02 Jan 2020 10:00:00 GMT</pubDate><dc:creator>Ann Lee</dc:creator><category>rust</category>
<content:encoded><![CDATA[<p>Every value has <b>one</b> owner, see <a href="/next">the next part</a>.</p><pre><code class="language-rust">let a = 1;</code></pre><img src="cat.png" alt="A cat">]]></content:encoded></item>
<item><title>Nothing</title><link>https://b.example/empty</link><guid>https://b.example/empty</guid></item>
</channel></rss>"#;

const ATOM: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh"><title>博客</title><id>urn:b</id><updated>2020-01-02T00:00:00Z</updated>
<entry><id>urn:b:1</id><title>所有权</title><link href="https://b.example/1"/><updated>2020-01-02T00:00:00Z</updated>
<author><name>张三</name><uri>https://github.com/zhang</uri></author>
<content type="html">&lt;p&gt;每个值都有一个所有者，这就是所有权的规则。&lt;/p&gt;</content></entry></feed>"#;

const JSON: &str = r#"{"version":"https://jsonfeed.org/version/1.1","title":"B","items":[
{"id":"1","url":"https://b.example/1","title":"Hi","content_text":"Plain text of the entry.","date_published":"2020-01-02T00:00:00Z","authors":[{"name":"Bo Xi"}],"tags":["x"]}]}"#;

#[test]
fn the_three_formats_are_read() {
    let plan = parse(RSS.as_bytes(), "https://b.example/feed", None).expect("it is a feed");
    let d = &plan.drafts[0];
    assert_eq!((d.title.as_str(), d.language.as_str()), ("Ownership & borrowing", "en"));
    assert_eq!(d.credits, [(CreditRole::Author, Person { name: "Ann Lee".into(), url: None })]);
    assert_eq!(d.published_at.map(Timestamp::rfc3339).as_deref(), Some("2020-01-02T10:00:00Z"));
    assert_eq!(
        (d.tags.as_slice(), d.source_url.as_deref()),
        (["rust".to_owned()].as_slice(), Some("https://b.example/own"))
    );
    assert!(d.body.contains("**one** owner") && d.body.contains("```rust\nlet a = 1;"), "{}", d.body);
    assert_eq!(plan.skipped.len(), 1);
    let resolved = crate::links::rewrite(&d.body, &|dest, image| plan.links.target(&d.path, dest, image, &|_| None));
    assert!(
        resolved.contains("(https://b.example/next)") && resolved.contains("(https://b.example/cat.png)"),
        "{resolved}"
    );

    let plan = parse(ATOM.as_bytes(), "x", None).expect("it is a feed");
    let d = &plan.drafts[0];
    assert_eq!((d.title.as_str(), d.language.as_str(), d.path.as_str()), ("所有权", "zh-Hans", "urn:b:1"));
    assert_eq!(d.credits[0].1.profile().as_deref(), Some("github:zhang"));

    let plan = parse(JSON.as_bytes(), "x", None).expect("it is a feed");
    let d = &plan.drafts[0];
    assert_eq!(
        (d.title.as_str(), d.body.as_str(), d.credits[0].1.name.as_str()),
        ("Hi", "Plain text of the entry.", "Bo Xi")
    );
}

#[test]
fn entries_keep_their_key_their_title_and_their_author() {
    let bare = RSS.replace("<item><title>Nothing</title><link>https://b.example/empty</link><guid>https://b.example/empty</guid></item>", "<item><description>No title, no link, only words.</description></item>")
        .replace("Ann Lee", "某站作者");
    let keys = || {
        parse(bare.as_bytes(), "x", None).expect("it is a feed").drafts.into_iter().map(|d| d.path).collect::<Vec<_>>()
    };
    assert!(keys()[1].starts_with("content:"), "{:?}", keys());
    assert_eq!(keys(), keys());
    let first = &parse(bare.as_bytes(), "x", None).expect("it is a feed").drafts[0];
    assert_eq!(first.credits[0].1.name, "某站作者", "also where the name would be none in a text");

    let numbered = JSON.replace("\"id\":\"1\"", "\"id\":17");
    assert_eq!(parse(numbered.as_bytes(), "x", None).expect("it is a feed").drafts[0].path, "17");

    let marked = ATOM.replace("<title>所有权</title>", "<title type=\"html\">所有权 &lt;b&gt;one&lt;/b&gt;</title>");
    assert_eq!(parse(marked.as_bytes(), "x", None).expect("it is a feed").drafts[0].title, "所有权 one");
}

#[test]
fn titles_are_what_their_type_says() {
    let title = |given: &str| {
        let text = ATOM.replace("<title>所有权</title>", given);
        parse(text.as_bytes(), "x", None).expect("it is a feed").drafts[0].title.clone()
    };
    let xhtml = "<title type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">所有权 <em>one</em></div></title>";
    assert_eq!(title(xhtml), "所有权 one");
    assert_eq!(title("<title type=\"html\">A &amp;amp; B</title>"), "A & B");
    assert_eq!(title("<title type=\"text\">Vec&lt;T&gt; &amp; &lt;b&gt;</title>"), "Vec<T> & <b>");
    assert_eq!(title("<title/>"), "每个值都有一个所有者，这就是所有权的规则。", "also when there is none");
}

#[test]
fn plain_text_stays_plain() {
    let text = JSON.replace("Plain text of the entry.", "Write <b> for bold & go on. See [here](https://a.example).");
    let d = &parse(text.as_bytes(), "x", None).expect("it is a feed").drafts[0];
    assert_eq!(d.body, "Write &lt;b> for bold &amp; go on. See [here](https://a.example).");
    let both = JSON.replace("\"content_text\"", "\"content_html\":\"<p>The <b>marked</b> text.</p>\",\"content_text\"");
    let d = &parse(both.as_bytes(), "x", None).expect("it is a feed").drafts[0];
    assert_eq!(d.body, "The **marked** text.");
}

#[test]
fn a_guid_is_an_address_unless_it_says_that_it_is_none() {
    let source = |guid: &str| {
        let text =
            RSS.replace("<link>https://b.example/own</link>", "").replace("<guid>https://b.example/own</guid>", guid);
        parse(text.as_bytes(), "x", None).expect("it is a feed").drafts[0].source_url.clone()
    };
    let own = Some("https://b.example/own".to_owned());
    assert_eq!(source("<guid>https://b.example/own</guid>"), own);
    assert_eq!(source("<guid isPermaLink=\"true\">https://b.example/own</guid>"), own);
    assert_eq!(source("<guid isPermaLink=\"false\">https://b.example/own</guid>"), None);
    assert_eq!(source("<guid isPermaLink='false'><![CDATA[https://b.example/own]]></guid>"), None);
    assert_eq!(source("<guid>tag:b.example,2020:own</guid>"), None);
}

#[test]
fn feeds_name_licences() {
    let licence = |text: &str| parse(text.as_bytes(), "x", None).expect("it is a feed").drafts[0].licence.clone();
    let rss = |words: &str| licence(&RSS.replace("<language>", &format!("<copyright>{words}</copyright><language>")));
    assert_eq!(rss("CC BY-SA 4.0").as_deref(), Some("CC-BY-SA-4.0"));
    assert_eq!(rss("© 2024 Ann Lee, all rights reserved").as_deref(), Some("All rights reserved"));
    assert_eq!(rss("Copyright 2024 Ann Lee").as_deref(), Some("Copyright 2024 Ann Lee"));
    let entry = ATOM.replace("<entry>", "<rights>All rights reserved</rights><entry><rights type=\"html\">&lt;a href=\"https://creativecommons.org/licenses/by/4.0/\"&gt;CC BY 4.0&lt;/a&gt;</rights>");
    assert_eq!(licence(&entry).as_deref(), Some("CC-BY-4.0"), "the entry knows better than the feed");
    let line = RSS.replace("]]></content", "<p>Licensed under CC BY-NC 4.0</p>]]></content");
    assert_eq!(licence(&line).as_deref(), Some("CC-BY-NC-4.0"));
    assert_eq!(licence(RSS), None);
}

#[tokio::test]
async fn a_feed_that_grows_without_end_is_left() {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};
    use xinghe_net::{Fetcher, Limits as NetLimits, NetError, Reachable};
    let server = MockServer::start().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &vec![b' '; 3_000_000]).expect("packed");
    let packed = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_bytes(packed.finish().expect("packed"));
    Mock::given(path("/bomb.xml")).respond_with(packed).mount(&server).await;
    let home = tempfile::tempdir().expect("a folder");
    let reach = Reach {
        fetcher: Fetcher::new(Reachable::any(), NetLimits::default(), "test"),
        scratch: home.path().to_path_buf(),
        limits: Limits { feed_bytes: 1_000_000, ..Limits::default() },
        crates: None,
        cargo_home: None,
    };
    let url = Url::parse(&format!("{}/bomb.xml", server.uri())).expect("an address");
    let refused = read_address(&url, &reach).await;
    assert!(matches!(refused, Err(ImportError::Net(NetError::TooLarge { limit: 1_000_000, .. }))), "{refused:?}");
}

#[test]
fn a_feed_in_an_old_encoding_is_read() {
    let text = ATOM.replace("utf-8", "gb2312");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    assert_eq!(parse(&bytes, "x", None).expect("it is a feed").drafts[0].title, "所有权");
}

#[test]
fn what_is_no_feed_is_named() {
    for bad in [
        "<rss><channel><title>x</title",
        "<?xml version='1.0'?><a><b></a>",
        "not a feed",
        "{\"a\":1}",
        "",
        "<html><body>x</body></html>",
    ] {
        let error = parse(bad.as_bytes(), "https://b.example/feed", None).expect_err(bad);
        assert!(matches!(error, ImportError::Feed { .. }) && error.to_string().contains("b.example"), "{error}");
    }
}

#[tokio::test]
async fn a_page_leads_to_its_feed() {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};
    use xinghe_net::{Fetcher, Limits as NetLimits, Reachable};
    let server = MockServer::start().await;
    let page = "<!DOCTYPE html><html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/rss.xml\"></head></html>";
    Mock::given(path("/"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(page, "text/html"))
        .mount(&server)
        .await;
    Mock::given(path("/rss.xml"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(RSS, "application/rss+xml"))
        .mount(&server)
        .await;
    let home = tempfile::tempdir().expect("a folder");
    let reach = |reachable| Reach {
        fetcher: Fetcher::new(reachable, NetLimits::default(), "test"),
        scratch: home.path().to_path_buf(),
        limits: Limits::default(),
        crates: None,
        cargo_home: None,
    };
    let url = Url::parse(&server.uri()).expect("an address");
    let plan = read_address(&url, &reach(Reachable::any())).await.expect("it is read");
    assert_eq!((plan.drafts.len(), plan.origin.ends_with("/rss.xml")), (1, true));
    let refused = read_address(&url, &reach(Reachable::public())).await;
    assert!(matches!(refused, Err(ImportError::Net(xinghe_net::NetError::Private { .. }))));
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(text in "(\\PC|<rss>|<item>|</item>|<title>|\\{\"items\":){0,60}") {
        let _ = parse(text.as_bytes(), "x", None);
    }
}
