//! Whole imports through ports in memory.

use std::sync::Arc;

use crate::support::{Memory, folder, ports, reach};
use xinghe_core::CreditRole;
use xinghe_importer::{How, ImportError, Report, Source, import};

async fn run(path: &std::path::Path, memory: &Arc<Memory>, how: &How) -> Result<Report, ImportError> {
    let scratch = tempfile::tempdir().expect("a folder");
    let source = Source::of(&path.display().to_string())?;
    import(&source, &reach(scratch.path()), &ports(memory), how, &|_| {}).await
}

fn counts(r: &Report) -> (usize, usize, usize, usize) {
    (r.found, r.created, r.revised, r.unchanged)
}

const BOOK: &[(&str, &str)] = &[
    ("book.toml", "[book]\ntitle = \"B\"\n"),
    ("LICENSE", "Permission is hereby granted, free of charge. The above copyright notice"),
    ("src/SUMMARY.md", "# S\n\n- [One](./one.md)\n- [Two](two.md)\n- [Intro](README.md)\n"),
    (
        "src/one.md",
        "# 一\n\n作者：张三 / 译者：[b](https://github.com/b)\n\n---\n\n见[二](two.md#x)，![图示](gone.png)。",
    ),
    ("src/two.md", "# 二\n\n作者：张三\n\n回到[一](./one.md)。"),
    ("src/README.md", "# 介绍\n\n这本书讲的是所有权。"),
    ("README.md", "# How to build this\n\nRun mdbook."),
    ("theme/x.md", "no writing"),
];

#[tokio::test]
async fn a_second_run_changes_nothing_and_changes_are_seen() {
    let home = folder(BOOK);
    let memory = Arc::new(Memory::default());
    let how = How::default();
    let first = run(home.path(), &memory, &how).await.expect("it runs");
    assert_eq!(counts(&first), (3, 3, 0, 0));
    assert_eq!(
        first.skipped.iter().map(|s| s.path.as_str()).collect::<Vec<_>>(),
        ["README.md", "src/SUMMARY.md", "theme/"]
    );
    assert_eq!(first.authors, 3, "two people, and the book itself for the page that names nobody");
    let second = run(home.path(), &memory, &how).await.expect("it runs");
    assert_eq!(counts(&second), (3, 0, 0, 3), "links between pages settle in the first run");

    std::fs::write(home.path().join("src/two.md"), "# 二\n\n作者：张三\n\n新的内容。").expect("written");
    std::fs::remove_file(home.path().join("src/README.md")).expect("removed");
    let third = run(home.path(), &memory, &how).await.expect("it runs");
    assert_eq!(counts(&third), (2, 0, 1, 1));
    assert_eq!(third.vanished, ["src/README.md"]);
    assert_eq!(memory.post("src/README.md").title, "介绍", "what vanished at its source stays here");
}

#[tokio::test]
async fn links_and_credits_arrive() {
    let home = folder(BOOK);
    let memory = Arc::new(Memory::default());
    run(home.path(), &memory, &How::default()).await.expect("it runs");
    let (one, two) = (memory.post("src/one.md"), memory.post("src/two.md"));
    let id = |path: &str| {
        memory.posts.lock().expect("not poisoned").iter().find(|((_, p), _)| p == path).map(|(_, v)| v.0).expect(path)
    };
    assert_eq!(one.body, format!("见[二](/posts/{}#x)，图示。", id("src/two.md")));
    assert_eq!(two.body, format!("回到[一](/posts/{})。", id("src/one.md")));
    assert_eq!(one.licence.as_deref(), Some("MIT"));
    let authors = memory.authors.lock().expect("not poisoned");
    let named: Vec<_> = one.credits.iter().map(|(a, r)| (authors[a.raw() as usize - 1].key.clone(), *r)).collect();
    assert!(named[0].0.ends_with(":张三") && named[0].1 == CreditRole::Author, "{named:?}");
    assert_eq!(named[1], ("github:b".to_owned(), CreditRole::Translator));
    assert_eq!(one.credits[0].0, two.credits[0].0, "one name in one source is one author");
}

#[tokio::test]
async fn people_of_one_name_in_two_sources_stay_apart() {
    let memory = Arc::new(Memory::default());
    for _ in 0..2 {
        let home = folder(&[("a.md", "# A\n\n作者：admin\n\n正文在这里。")]);
        run(home.path(), &memory, &How::default()).await.expect("it runs");
    }
    assert_eq!(memory.authors.lock().expect("not poisoned").len(), 2);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let home = folder(BOOK);
    let memory = Arc::new(Memory::default());
    let dry = run(home.path(), &memory, &How { dry_run: true, ..How::default() }).await.expect("it runs");
    assert_eq!(counts(&dry), (3, 3, 0, 0));
    assert!(
        memory.posts.lock().expect("not poisoned").is_empty()
            && memory.authors.lock().expect("not poisoned").is_empty()
    );
    let one = dry.preview.iter().find(|p| p.path == "src/one.md").expect("it is shown");
    assert_eq!(
        (one.authors.as_slice(), one.translators.as_slice()),
        (["张三".to_owned()].as_slice(), ["b".to_owned()].as_slice())
    );
    let json = serde_json::to_value(&dry).expect("a report is JSON");
    for key in [
        "source",
        "found",
        "created",
        "revised",
        "unchanged",
        "skipped",
        "failed",
        "vanished",
        "authors",
        "seconds",
        "posts_per_second",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
}

#[tokio::test]
async fn an_import_that_broke_goes_on() {
    let files: Vec<(String, String)> =
        (0..50).map(|i| (format!("p{i:02}.md"), format!("# Page {i}\n\nSome text of page {i}."))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let home = folder(&files);
    let memory = Arc::new(Memory::default());
    let how = How { batch: 10, ..How::default() };
    *memory.breaks_after.lock().expect("not poisoned") = Some(2);
    let error = run(home.path(), &memory, &how).await.expect_err("the port breaks");
    assert!(error.to_string().contains("run it again"), "{error}");
    *memory.breaks_after.lock().expect("not poisoned") = None;
    let report = run(home.path(), &memory, &how).await.expect("it runs");
    assert_eq!(counts(&report), (50, 30, 0, 20));
}

#[tokio::test]
async fn broken_files_are_listed_and_stop_nothing() {
    let home = folder(&[
        ("good.md", "# Good\n\nText of a good page."),
        ("toml.md", "+++\ntitle = \n+++\nText"),
        ("draft.md", "---\ntitle: D\ndraft: true\n---\nText"),
        ("notes.rst", "Title\n====="),
    ]);
    std::fs::write(home.path().join("binary.md"), [0x89, b'P', b'N', b'G', 0, 0, 1]).expect("written");
    let huge = std::fs::File::create(home.path().join("huge.md")).expect("made");
    huge.set_len(50_000_000).expect("grown");
    let (gb, _, _) = encoding_rs::GB18030.encode("# 编码\n\n这是一篇旧编码的文章，内容是中文。");
    std::fs::write(home.path().join("gb.md"), gb).expect("written");
    std::os::unix::fs::symlink(home.path(), home.path().join("loop")).expect("linked");
    std::os::unix::fs::symlink("/etc/passwd", home.path().join("passwd.md")).expect("linked");
    let memory = Arc::new(Memory::default());
    let report = run(home.path(), &memory, &How::default()).await.expect("it runs");
    assert_eq!(report.created, 2);
    assert_eq!(memory.post("gb.md").title, "编码");
    let failed: Vec<_> = report.failed.iter().map(|l| (l.path.as_str(), l.reason.as_str())).collect();
    assert_eq!(failed.iter().map(|f| f.0).collect::<Vec<_>>(), ["binary.md", "huge.md", "toml.md"]);
    assert!(
        failed[0].1.contains("binary") && failed[1].1.contains("50 MB") && failed[2].1.contains("TOML"),
        "{failed:?}"
    );
    let skipped: Vec<_> = report.skipped.iter().map(|l| l.path.as_str()).collect();
    assert_eq!(skipped, ["draft.md", "loop", "notes.rst", "passwd.md"]);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let memory = Arc::new(Memory::default());
    let missing =
        run(std::path::Path::new("/no/such/folder"), &memory, &How::default()).await.expect_err("nothing there");
    assert!(
        matches!(missing, ImportError::NotThere { .. }) && missing.to_string().contains("/no/such/folder"),
        "{missing}"
    );
    let empty = folder(&[]);
    let report = run(empty.path(), &memory, &How::default()).await.expect("an empty folder is no error");
    assert_eq!(report.found, 0);
}

#[tokio::test]
async fn each_layout_arrives() {
    let hexo = folder(&[
        ("_config.yml", "title: T\nurl: https://hexo.test\nsource_dir: source\nauthor: Owner\nlanguage: zh-CN\n"),
        (
            "source/_posts/hello.md",
            "---\ntitle: 你好\ndate: 2020-01-02\ntags: [a]\n---\n\n见[另一篇](/2020/01/03/next/)。",
        ),
        ("source/_posts/next.md", "---\ntitle: 下一篇\ndate: 2020-01-03\n---\n\n这里是下一篇。"),
        ("source/about/index.md", "---\ntitle: 关于\nlayout: page\n---\n\n关于我。"),
        ("node_modules/x/README.md", "no"),
    ]);
    let memory = Arc::new(Memory::default());
    let report = run(hexo.path(), &memory, &How::default()).await.expect("it runs");
    assert_eq!(report.created, 2, "{:?}", report.skipped);
    let post = memory.post("source/_posts/hello.md");
    assert_eq!(post.source_url.as_deref(), Some("https://hexo.test/2020/01/02/hello/"));
    assert!(post.body.contains("(/posts/"), "{}", post.body);
    assert_eq!(memory.authors.lock().expect("not poisoned")[0].name, "Owner");

    let hugo = folder(&[
        ("hugo.toml", "baseURL = 'https://hugo.test/'\n"),
        ("content/posts/a/index.zh.md", "---\ntitle: 甲\n---\n\n一张图：![猫](cat.png)"),
        ("content/posts/a/index.en.md", "---\ntitle: A\n---\n\nA page in English, [b]({{< ref \"b.md\" >}})."),
        ("content/posts/a/cat.png", "broken"),
        ("content/posts/b.md", "---\ntitle: B\n---\n\nThe page B is here."),
        ("content/posts/_index.md", "---\ntitle: Posts\n---\nsection"),
    ]);
    let memory = Arc::new(Memory::default());
    assert_eq!(run(hugo.path(), &memory, &How::default()).await.expect("it runs").created, 3);
    let zh = memory.post("content/posts/a/index.zh.md");
    assert_eq!((zh.language.as_str(), zh.title.as_str()), ("zh-Hans", "甲"));
    assert!(zh.body.contains("(https://hugo.test/posts/a/cat.png)"), "{}", zh.body);
    assert_eq!(memory.post("content/posts/a/index.en.md").language.as_str(), "en");

    let jekyll = folder(&[
        ("_config.yml", "title: J\nurl: https://jekyll.test\n"),
        ("_data/authors.yml", "ann:\n  name: Ann Lee\n  url: https://ann.test\n"),
        (
            "_posts/2020-01-02-hello.md",
            "---\nlayout: post\ntitle: Hello\nauthor: ann\n---\nSee [next]({% post_url 2020-01-03-next %}) in the list.",
        ),
        ("_posts/2020-01-03-next.md", "---\nlayout: post\ntitle: Next\n---\nThis is the next post."),
        ("_drafts/x.md", "---\ntitle: x\n---\ndraft"),
    ]);
    let memory = Arc::new(Memory::default());
    assert_eq!(run(jekyll.path(), &memory, &How::default()).await.expect("it runs").created, 2);
    let post = memory.post("_posts/2020-01-02-hello.md");
    assert_eq!(post.source_url.as_deref(), Some("https://jekyll.test/2020/01/02/hello.html"));
    assert!(post.body.contains("[next](/posts/"), "{}", post.body);
}
