use super::*;
use xinghe_core::Timestamp;

fn page(path: &str, text: &str, layout: Layout) -> Draft {
    understand(path, text, &Site { layout, ..Site::default() }).expect("it is writing")
}

fn skipped(path: &str, text: &str, layout: Layout) -> String {
    match understand(path, text, &Site { layout, ..Site::default() }) {
        Err(NoDraft::Skipped(reason)) => reason,
        other => panic!("{path} should be skipped: {other:?}"),
    }
}

fn names(draft: &Draft, role: CreditRole) -> Vec<&str> {
    draft.people(role).map(|p| p.name.as_str()).collect()
}

#[test]
fn a_hexo_post() {
    let d = page(
        "source/_posts/hello.md",
        "---\ntitle: 你好，世界\ndate: 2020-01-02 10:00:00\ntags:\n- Rust\n- 并发\ncategories: [[后端, Rust], [笔记]]\nauthor: 张三\n---\n\n正文在这里。\n\n<!-- more -->\n\n更多的正文。",
        Layout::Hexo,
    );
    assert_eq!((d.title.as_str(), d.language.as_str()), ("你好，世界", "zh-Hans"));
    assert_eq!(d.tags, ["Rust", "并发", "后端", "笔记"]);
    assert_eq!(names(&d, CreditRole::Author), ["张三"]);
    assert_eq!(d.published_at.map(Timestamp::rfc3339).as_deref(), Some("2020-01-02T10:00:00Z"));
    assert!(!d.body.contains("more"));
}

#[test]
fn a_hugo_bundle_with_a_language_suffix() {
    let d = page(
        "content/posts/hello/index.zh-tw.md",
        "+++\ntitle = \"哈囉\"\ndate = 2020-01-02T10:00:00+08:00\ntags = [\"rust\"]\nauthors = [\"王小明\", \"Ann Lee\"]\nkeywords = [\"a\", \"b\"]\n+++\n\n{{< figure src=\"cat.png\" alt=\"一隻貓\" >}}\n\n軟體的內容在此。",
        Layout::Hugo,
    );
    assert_eq!((d.title.as_str(), d.language.as_str()), ("哈囉", "zh-Hant"));
    assert_eq!(names(&d, CreditRole::Author), ["王小明", "Ann Lee"]);
    assert_eq!(d.tags, ["rust", "a", "b"]);
    assert!(d.body.starts_with("![一隻貓](cat.png)"));
}

#[test]
fn a_jekyll_post() {
    let d = page(
        "_posts/2020-01-02-hello-world.md",
        "---\nlayout: post\ntitle: \"Hello\"\ncategories: jekyll update\n---\n{% highlight rust %}\nfn main() {}\n{% endhighlight %}\nWelcome to the first post of this site.",
        Layout::Jekyll,
    );
    assert_eq!(d.tags, ["jekyll", "update"]);
    assert_eq!(d.published_at.map(Timestamp::rfc3339).as_deref(), Some("2020-01-02T00:00:00Z"));
    assert!(d.body.starts_with("```rust\nfn main() {}\n```"));
    assert_eq!(d.language.as_str(), "en");
}

#[test]
fn a_zola_page_with_its_date_in_the_path() {
    let d = page(
        "content/blog/roadmap@1.md",
        "+++\npath = \"2020/01/02/roadmap\"\ntitle = \"Roadmap\"\nauthors = [\"Ann Lee, Bo Xi and Cy Dee\"]\n[taxonomies]\ntags = [\"plans\"]\n+++\n\n# Roadmap\n\nWhere we are going this year.",
        Layout::Zola,
    );
    assert_eq!(names(&d, CreditRole::Author), ["Ann Lee", "Bo Xi", "Cy Dee"]);
    assert_eq!(d.tags, ["plans"]);
    assert_eq!(d.published_at.map(Timestamp::rfc3339).as_deref(), Some("2020-01-02T00:00:00Z"));
    assert_eq!(d.body, "Where we are going this year.");
}

#[test]
fn an_mdbook_chapter_without_a_heading_is_named_by_the_summary() {
    let mut site = Site { layout: Layout::MdBook, ..Site::default() };
    site.summary.insert("src/a.md".to_owned(), (3, "第一章".to_owned()));
    let d =
        understand("src/a.md", "---\npub_date: Thu, 30 Apr 2021 18:00:00 GMT\n---\n\n正文没有标题，只有段落。", &site)
            .expect("writing");
    assert_eq!((d.title.as_str(), d.order), ("第一章", Some(3)));
    assert_eq!(d.published_at.map(Timestamp::rfc3339).as_deref(), Some("2021-04-30T18:00:00Z"));
}

#[test]
fn a_translation_with_credit_lines() {
    let d = page(
        "chapter/x.md",
        "# 「译」使用 Tokio 实现 Actor 系统\n\n译者：[iamazy](https://github.com/iamazy) / 后期编辑：张汉东\n\n> 原文：[Actors with Tokio](https://ryhl.example/actors)\n\n---\n\n正文在这里。",
        Layout::MdBook,
    );
    assert_eq!(d.title, "使用 Tokio 实现 Actor 系统");
    assert_eq!(names(&d, CreditRole::Translator), ["iamazy"]);
    assert_eq!(names(&d, CreditRole::Reviewer), ["张汉东"]);
    assert!(names(&d, CreditRole::Author).is_empty(), "the translator is not the author");
    assert_eq!(d.original_url.as_deref(), Some("https://ryhl.example/actors"));
    assert_eq!(d.source_url, None);
    assert_eq!(d.body, "正文在这里。");
}

#[test]
fn a_reprint_names_where_it_first_appeared() {
    let d = page(
        "x.md",
        "# 并发篇\n\n作者：陈天\n\n> 原文链接：[https://mp.example/s](https://mp.example/s)\n\n---\n\n正文。",
        Layout::Plain,
    );
    assert_eq!((d.original_url, d.source_url.as_deref()), (None, Some("https://mp.example/s")));
}

#[test]
fn a_translation_project_without_front_matter() {
    let d = page(
        "published/20200102 Hello.md",
        "首发于：https://cn.example/articles/1\n\n# 如何写 Go\n\n正文一段。\n\n---\n\nvia: https://a.example/x\n\n作者：[Ann](https://a.example/ann)\n译者：[wxy](https://github.com/wxy)\n校对：[pol](https://github.com/pol)\n\n本文由 [GCTT](https://github.com/gctt) 原创编译\n",
        Layout::Plain,
    );
    assert_eq!(d.title, "如何写 Go");
    assert_eq!((names(&d, CreditRole::Author), names(&d, CreditRole::Translator)), (vec!["Ann"], vec!["wxy"]));
    assert_eq!(
        (d.original_url.as_deref(), d.source_url.as_deref()),
        (Some("https://a.example/x"), Some("https://cn.example/articles/1"))
    );
    assert_eq!(d.published_at.map(Timestamp::rfc3339).as_deref(), Some("2020-01-02T00:00:00Z"));
    assert!(d.body.starts_with("正文一段。") && d.body.contains("原创编译"));
}

#[test]
fn comment_facts_of_another_translation_project() {
    let d = page(
        "published/a.md",
        "[#]: collector: (lu)\n[#]: translator: (wxy)\n[#]: url: (https://cn.example/1)\n[#]: subject: (How to)\n[#]: via: (https://a.example/x)\n[#]: author: (Seth Kenlon https://a.example/seth)\n\n怎么做\n======\n\n正文在这里。\n",
        Layout::Plain,
    );
    assert_eq!(names(&d, CreditRole::Author), ["Seth Kenlon"]);
    assert_eq!(d.people(CreditRole::Author).next().and_then(|p| p.url.as_deref()), Some("https://a.example/seth"));
    assert_eq!(names(&d, CreditRole::Translator), ["wxy"]);
    assert_eq!(d.title, "怎么做");
    assert_eq!(d.original_url.as_deref(), Some("https://a.example/x"));
}

#[test]
fn people_known_to_the_site() {
    let mut site =
        Site { layout: Layout::Jekyll, author: Some(Person { name: "Owner".into(), url: None }), ..Site::default() };
    site.people.insert("ann".into(), Person { name: "Ann Lee".into(), url: Some("https://ann.example".into()) });
    let by = |text: &str| understand("_posts/2020-01-02-x.md", text, &site).map(|d| d.credits).expect("writing");
    assert_eq!(by("---\nauthor: ann\n---\nText is here.")[0].1.url.as_deref(), Some("https://ann.example"));
    assert_eq!(by("---\ntitle: x\n---\nText is here.")[0].1.name, "Owner");
    assert_eq!(
        by("---\nauthor: {name: Bo, github: bo}\n---\nText is here.")[0].1.profile().as_deref(),
        Some("github:bo")
    );
}

#[test]
fn what_is_not_for_readers_is_skipped() {
    assert_eq!(skipped("a.md", "---\ntitle: x\ndraft: true\n---\nText.", Layout::Hugo), "marked as a draft");
    assert_eq!(skipped("a.md", "---\ntitle: x\npublished: false\n---\nText.", Layout::Jekyll), "marked as a draft");
    assert_eq!(
        skipped("a.md", "---\ntitle: x\nlayout: about\n---\nText.", Layout::Hexo),
        "a page of the site, not a post"
    );
    assert_eq!(skipped("a.md", "# Title only\n", Layout::Plain), "it has no text");
    assert_eq!(skipped("a.md", "", Layout::Plain), "it has no text");
    assert_eq!(
        skipped("a.md", "# 目录\n\n- [a](a.md)\n- [b](b.md)\n- [c](c.md)\n- [d](d.md)", Layout::MdBook),
        "a table of contents"
    );
    let broken = understand("a.md", "+++\ntitle = \n+++\nText", &Site::default());
    assert!(matches!(broken, Err(NoDraft::Broken(reason)) if reason.contains("TOML")));
}

#[test]
fn titles_fall_back_to_the_name() {
    assert_eq!(
        page("notes/hello-world.md", "This is a long paragraph of prose that is no title.", Layout::Plain).title,
        "Hello world"
    );
}

proptest::proptest! {
    #[test]
    fn no_page_panics(path in "[a-z0-9/._@-]{1,40}\\.md", text in "(\\PC|\n|---\n|\\+\\+\\+\n|# |title: |作者：|\\{% ){0,120}") {
        for layout in [Layout::Hexo, Layout::Hugo, Layout::Jekyll, Layout::Zola, Layout::MdBook, Layout::Plain] {
            let _ = understand(&path, &text, &Site { layout, ..Site::default() });
        }
    }
}
