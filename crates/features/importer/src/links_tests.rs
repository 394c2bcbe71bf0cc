use super::*;

fn resolver() -> Resolver {
    let files = ["a/b.md", "a/c.md", "a/pic.png", "d.md", "static/logo.png", "posts/x/index.md", "code/main.rs"];
    Resolver {
        files: files.iter().map(ToString::to_string).collect(),
        pages_by_name: HashMap::from([("2020-01-02-d".to_owned(), "d.md".to_owned())]),
        served_at_root: vec!["static/".to_owned()],
        ..Resolver::default()
    }
}

fn posts(path: &str) -> Option<String> {
    match path {
        "a/c.md" => Some("/posts/7".to_owned()),
        "d.md" => Some("/posts/8".to_owned()),
        "posts/x/index.md" => Some("/posts/9".to_owned()),
        _ => None,
    }
}

fn rewritten(body: &str, r: &Resolver) -> String {
    rewrite(body, &|dest, image| r.target("a/b.md", dest, image, &posts))
}

#[test]
fn links_between_pages_lead_to_posts() {
    for (given, want) in [
        ("[c](c.md)", "[c](/posts/7)"),
        ("[c](./c.md#top \"T\")", "[c](/posts/7#top \"T\")"),
        ("[c](c.html)", "[c](/posts/7)"),
        ("[d](../d.md) and [d](<../d.md>)", "[d](/posts/8) and [d](/posts/8)"),
        ("[d](@/d.md#x)", "[d](/posts/8#x)"),
        ("[x](/posts/x/)", "[x](/posts/9)"),
        ("see [c][1].\n\n[1]: c.md \"T\"", "see [c][1].\n\n[1]: /posts/7 \"T\""),
        ("[![A cat](pic.png)](c.md)", "[A cat](/posts/7)"),
        (
            "[web](https://a.example/(x)) [frag](#y) <https://b.example>",
            "[web](https://a.example/(x)) [frag](#y) <https://b.example>",
        ),
        ("`[c](c.md)`\n\n```\n[c](c.md)\n```", "`[c](c.md)`\n\n```\n[c](c.md)\n```"),
        ("<a href=\"c.md\">c</a>", "<a href=\"/posts/7\">c</a>"),
        ("[**bold** `c`](c.md)", "[**bold** `c`](/posts/7)"),
        ("[![A cat](https://a.example/c.png)](gone.md)", "![A cat](https://a.example/c.png)"),
        ("<p>\n<a\n  href=\"c.md\">c</a>\n</p>", "<p>\n<a\n  href=\"/posts/7\">c</a>\n</p>"),
    ] {
        assert_eq!(rewritten(given, &resolver()), want, "{given}");
    }
}

#[test]
fn what_leads_nowhere_keeps_its_words() {
    for (given, want) in [
        ("[gone](gone.md)", "gone"),
        ("![A cat](gone.png)", "A cat"),
        ("![](gone.png)x", "x"),
        ("![img](gone.png)x", "x"),
        ("a <img src=\"gone.png\" alt=\"A cat\" width=3> b", "a A cat b"),
        ("[out](../../../etc/passwd)", "out"),
        ("![here but not public](pic.png)", "here but not public"),
        ("![abs](https://a.example/x.png)", "![abs](https://a.example/x.png)"),
        ("[b](b.md) itself and [x](b.md#x)", "b itself and [x](#x)"),
        ("[pic](pic.png) of no address", "pic of no address"),
    ] {
        assert_eq!(rewritten(given, &resolver()), want, "{given}");
    }
}

#[test]
fn public_addresses_are_used_where_there_are_some() {
    let mut r = resolver();
    r.raw = Url::parse("https://raw.example/o/r/HEAD/").ok();
    r.browse = Url::parse("https://git.example/o/r/blob/HEAD").ok();
    for (given, want) in [
        ("![p](pic.png)", "![p](https://raw.example/o/r/HEAD/a/pic.png)"),
        ("![l](/logo.png)", "![l](https://raw.example/o/r/HEAD/static/logo.png)"),
        ("[code](../code/main.rs)", "[code](https://raw.example/o/r/HEAD/code/main.rs)"),
        ("[main](../code/main.rs)", "[main](https://raw.example/o/r/HEAD/code/main.rs)"),
        ("![gone](gone.png)", "gone"),
    ] {
        assert_eq!(rewritten(given, &r), want, "{given}");
    }
    let mut r = resolver();
    r.site = Url::parse("https://blog.example/").ok();
    r.page_address =
        HashMap::from([("a/b.md".to_owned(), Url::parse("https://blog.example/a/b").expect("an address"))]);
    for (given, want) in [
        ("![l](/logo.png)", "![l](https://blog.example/logo.png)"),
        ("![p](pic.png)", "![p](https://blog.example/a/b/pic.png)"),
        ("[about](/about/)", "[about](https://blog.example/about/)"),
        ("[rel](other)", "[rel](https://blog.example/a/other)"),
    ] {
        assert_eq!(rewritten(given, &r), want, "{given}");
    }
}

#[test]
fn pages_are_found_by_name_and_address() {
    let mut r = resolver();
    assert_eq!(r.target("a/b.md", "2020-01-02-d", false, &posts), Target::To("/posts/8".to_owned()));
    r.site = Url::parse("https://blog.example/").ok();
    r.pages_by_address = HashMap::from([("2020/01/02/d".to_owned(), "d.md".to_owned())]);
    for dest in ["/2020/01/02/d/", "https://blog.example/2020/01/02/d/index.html", "/2020/01/02/d"] {
        assert_eq!(r.target("a/b.md", dest, false, &posts), Target::To("/posts/8".to_owned()), "{dest}");
    }
}

#[test]
fn paths_do_not_leave_the_root() {
    assert_eq!(normalize("a/../b/./c.md").as_deref(), Some("b/c.md"));
    assert_eq!(normalize("a/../../b"), None);
}

proptest::proptest! {
    #[test]
    fn rewriting_never_panics_and_keeping_changes_nothing(body in "(\\PC|\n|!\\[|\\]\\(|\\[a\\]|\\)|<img src=|>|a.md|\\[1\\]: ){0,80}") {
        proptest::prop_assert_eq!(rewrite(&body, &|_, _| Target::Keep), body.clone());
        let _ = rewrite(&body, &|_, _| Target::Drop);
        let _ = rewrite(&body, &|_, _| Target::To("/x".to_owned()));
    }
}
