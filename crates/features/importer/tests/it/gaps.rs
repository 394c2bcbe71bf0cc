//! What a source leaves out or says twice: licences, languages, dates, names, images, addresses.

use std::sync::Arc;

use crate::support::{Memory, folder, ports, reach};
use xinghe_core::ports::PictureIntake as _;
use xinghe_importer::{How, Report, Source, import};

async fn run(path: &str, memory: &Arc<Memory>, how: &How) -> Report {
    let scratch = tempfile::tempdir().expect("a folder");
    let source = Source::of(path).expect("it is a source");
    import(&source, &reach(scratch.path()), &ports(memory), how, &|_| {}).await.expect("it runs")
}

fn said(report: &Report, path: &str) -> String {
    report.warnings.iter().filter(|w| w.path == path).map(|w| w.reason.as_str()).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn what_pages_do_not_say_the_person_who_imports_says() {
    let home = folder(&[
        ("a.md", "---\nlicence: MIT\nlang: en\n---\n# A\n\nThis page is in English, and says so."),
        ("b.md", "# B\n\nThis page is in English, and says nothing."),
        ("c.md", "# 丙\n\n這一頁是用繁體中文寫的，沒有說明語言。"),
    ]);
    let memory = Arc::new(Memory::default());
    let how =
        How { licence: Some("CC-BY-SA-4.0".into()), language: Some("zh".parse().expect("a tag")), ..How::default() };
    run(&home.path().display().to_string(), &memory, &how).await;
    let got = |path: &str| {
        let post = memory.post(path);
        (post.licence.unwrap_or_default(), post.language.as_str().to_owned())
    };
    assert_eq!(got("a.md"), ("MIT".into(), "en".into()));
    assert_eq!((got("b.md").0, got("b.md").1.starts_with("zh")), ("CC-BY-SA-4.0".into(), true));
    assert_eq!(got("c.md").1, "zh-Hant", "what is seen in the text is more exact");
}

#[tokio::test]
async fn pages_that_link_to_one_another_are_written_once() {
    let home = folder(&[
        ("a.md", "# A\n\nThe first page, see [b](b.md)."),
        ("b.md", "# B\n\nThe second page, see [a](a.md) and [empty](empty.md)."),
        ("empty.md", "---\ntitle: Empty\n---\n"),
    ]);
    let memory = Arc::new(Memory::default());
    let report = run(&home.path().display().to_string(), &memory, &How::default()).await;
    assert_eq!((report.created, memory.revisions()), (2, 0));
    assert!(memory.post("a.md").body.contains("[b](/posts/") && memory.post("b.md").body.contains("[a](/posts/"));
    let again = run(&home.path().display().to_string(), &memory, &How::default()).await;
    assert_eq!((again.unchanged, memory.revisions()), (2, 0));
}

#[tokio::test]
async fn one_canonical_address_is_one_post() {
    let page = "---\ntitle: Same\ncanonical_url: https://me.example/same\nauthor: Me\n---\nThe same words.";
    let other = "---\ntitle: 同\ncanonical_url: https://me.example/same\nlang: zh\nauthor: Me\n---\n同样的话。";
    let (one, two) = (folder(&[("a.md", page), ("b.md", page), ("c.md", other)]), folder(&[("x.md", page)]));
    let memory = Arc::new(Memory::default());
    let first = run(&one.path().display().to_string(), &memory, &How::default()).await;
    assert_eq!((first.found, first.created, first.duplicates.len()), (3, 2, 1), "a translation is another post");
    assert!(first.duplicates[0].path == "b.md" && first.duplicates[0].reason.contains("a.md"), "{first:?}");
    let second = run(&two.path().display().to_string(), &memory, &How::default()).await;
    assert_eq!((second.created, second.duplicates.len()), (0, 1), "also from another source");
    let again = run(&one.path().display().to_string(), &memory, &How::default()).await;
    assert_eq!((again.unchanged, again.duplicates.len()), (2, 1));
}

#[tokio::test]
async fn dates_that_cannot_be_are_told_and_git_is_asked() {
    let home = folder(&[
        ("never.md", "---\ntitle: N\ndate: 2020-02-30\n---\nA day that never was."),
        ("future.md", "---\ntitle: F\ndate: 2099-01-01\n---\nA day that is to come."),
        ("far.md", "---\ntitle: F\ndate: 2999-01-01\n---\nA day that is far."),
        ("fine.md", "---\ntitle: F\ndate: 2020-02-28\n---\nA day as any other."),
    ]);
    let path = home.path().display().to_string();
    let memory = Arc::new(Memory::default());
    let report = run(&path, &memory, &How::default()).await;
    for name in ["never.md", "future.md", "far.md"] {
        assert_eq!(memory.post(name).published_at, None, "{name}");
        assert!(said(&report, name).contains("was not used"), "{name}: {:?}", report.warnings);
    }
    assert!(memory.post("fine.md").published_at.is_some() && said(&report, "fine.md").is_empty());
    for args in [vec!["init", "-q"], vec!["add", "never.md"], vec!["commit", "-qm", "x"]] {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]).args(args).current_dir(home.path());
        git.env("GIT_AUTHOR_DATE", "2021-03-04T05:06:07Z");
        assert!(git.output().expect("git runs").status.success());
    }
    let memory = Arc::new(Memory::default());
    let report = run(&path, &memory, &How::default()).await;
    let at = memory.post("never.md").published_at.expect("the commit's date");
    assert!(at.rfc3339().starts_with("2021-03-04") && said(&report, "never.md").contains("first commit"));
    assert_eq!(memory.post("far.md").published_at, None, "git does not know it");
}

#[tokio::test]
async fn pictures_come_along() {
    let page = "# A\n\n![one](img/one.png) <img src=\"two.JPG\" alt=\"two\"> ![again](./img/one.png) ![bad](bad.gif)\n\n\
                [![small](img/one.png)](big.webp)\n\n<p>\n<img\n  src=\"two.JPG\">\n</p>";
    let home = folder(&[
        ("a.md", page),
        ("img/one.png", "one"),
        ("two.JPG", "two"),
        ("bad.gif", "broken"),
        ("unused.png", "unused"),
        ("big.webp", "big"),
        ("b.md", "# B\n\n![the same file](img/one.png)"),
    ]);
    let (memory, path) = (Arc::new(Memory::default()), home.path().display().to_string());
    let dry = run(&path, &memory, &How { dry_run: true, ..How::default() }).await;
    assert_eq!((dry.pictures, memory.pictures.lock().unwrap().len()), (3, 0), "{:?}", dry.warnings);
    assert!(said(&dry, "a.md").contains("bad.gif: it is broken"), "{:?}", dry.warnings);
    let report = run(&path, &memory, &How::default()).await;
    assert_eq!((report.pictures, memory.pictures.lock().unwrap().len()), (3, 3), "{:?}", report.warnings);
    assert!(said(&report, "a.md").contains("bad.gif: it is broken"), "{:?}", report.warnings);
    let body = memory.post("a.md").body;
    let name = memory.kept(b"one").await.unwrap().unwrap();
    assert_eq!(body.matches("/pictures/").count(), 6, "{body}");
    assert!(body.contains(&format!("![one](/pictures/{name})")) && !body.contains("bad.gif"), "{body}");
    assert!(memory.post("b.md").body.contains(&format!("/pictures/{name}")));
    let one = home.path().join("b.md").display().to_string();
    run(&one, &memory, &How::default()).await;
    for how in [How { dry_run: true, ..How::default() }, How::default()] {
        let again = run(&path, &memory, &how).await;
        assert_eq!((again.unchanged, again.revised), (2, 0), "{again:?}");
    }
    std::fs::rename(home.path().join("a.md"), home.path().join("c.md")).unwrap();
    assert_eq!(run(&path, &memory, &How::default()).await.moved.len(), 1, "its pictures do not hide that it moved");
}

#[tokio::test]
async fn images_that_stay_behind_are_named_and_others_lead_to_their_site() {
    let home = folder(&[("a.md", "# A\n\n![pic](pic.svg) and <img src=\"gone.png\"> in the text."), ("pic.svg", "x")]);
    let memory = Arc::new(Memory::default());
    let how = How { dry_run: true, ..How::default() };
    let path = home.path().display().to_string();
    for how in [how, How::default()] {
        let report = run(&path, &memory, &how).await;
        let said = said(&report, "a.md");
        assert!(said.contains("pic.svg") && said.contains("gone.png"), "{said}");
    }
    assert!(memory.post("a.md").body.contains("pic and"), "{}", memory.post("a.md").body);

    let hexo = folder(&[
        ("_config.yml", "title: T\nurl: https://hexo.test\npermalink: :year/:month/:day/:title/\n"),
        ("source/_posts/hello.md", "---\ntitle: 你好\ndate: 2023-04-05\n---\n\n一张图：![图](pic.png)。"),
        ("source/_posts/hello/pic.png", "broken"),
        ("source/_posts/old.md", "title: 旧文\ndate: 2023-04-06\n---\n只有结尾的分隔线。"),
        ("source/_posts/open.md", "---\ntitle: 没有结尾\n\n正文。"),
    ]);
    let report = run(&hexo.path().display().to_string(), &memory, &How::default()).await;
    let body = memory.post("source/_posts/hello.md").body;
    assert!(body.contains("(https://hexo.test/2023/04/05/hello/pic.png)"), "{body}");
    assert_eq!(memory.post("source/_posts/old.md").title, "旧文");
    assert!(report.failed.len() == 1 && report.failed[0].reason.contains("never ends"), "{:?}", report.failed);

    let hugo = folder(&[
        ("hugo.toml", "baseURL = 'https://hugo.test/'\nlanguageCode = 'en-us'\n"),
        ("content/posts/a.md", "---\ntitle: A\n---\n\nTwo images: ![i](/img/x.png) and ![n](near.png)."),
        ("content/posts/near.png", "broken"),
        ("content/posts/a.zh-cn.md", "---\ntitle: 甲\n---\n\n这是翻译。"),
    ]);
    run(&hugo.path().display().to_string(), &memory, &How::default()).await;
    let body = memory.post("content/posts/a.md").body;
    assert!(
        body.contains("https://hugo.test/img/x.png") && body.contains("https://hugo.test/posts/near.png"),
        "{body}"
    );
    let translated = memory.post("content/posts/a.zh-cn.md").source_url;
    assert_eq!(translated.as_deref(), Some("https://hugo.test/zh-cn/posts/a/"));
}

#[tokio::test]
async fn a_link_to_a_page_that_was_left_out_is_not_dead() {
    let zola = folder(&[
        ("config.toml", "base_url = \"https://zola.test\"\n"),
        ("content/one.md", "+++\ntitle = \"One\"\n+++\nSee [two](@/two.md#x) and [three](@/three.md)."),
        ("content/two.md", "+++\ntitle = \"Two\"\ndraft = true\n+++\nA draft."),
        ("content/three.md", "+++\ntitle = \"Three\"\n+++\nThe third page."),
    ]);
    let memory = Arc::new(Memory::default());
    run(&zola.path().display().to_string(), &memory, &How::default()).await;
    let body = memory.post("content/one.md").body;
    assert!(body.contains("See two and [three](/posts/"), "{body}");
}

#[tokio::test]
async fn nobody_named_is_told() {
    let home = folder(&[("a.md", "# A\n\nA page that names nobody."), ("b.md", "# B\n\nAuthor: Ann Lee\n\nBy Ann.")]);
    let memory = Arc::new(Memory::default());
    let report = run(&home.path().display().to_string(), &memory, &How::default()).await;
    assert!(said(&report, "").starts_with("1 of its pages name nobody"), "{:?}", report.warnings);
}

#[tokio::test]
async fn an_address_of_a_file_is_its_path() {
    let home = folder(&[("a.md", "# A\n\nA page of a repository.")]);
    let git = |args: &[&str], at: &std::path::Path| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]).args(args).current_dir(at);
        assert!(git.output().expect("git runs").status.success(), "{args:?}");
    };
    for args in [["init", "-q", "."], ["add", ".", "-v"], ["commit", "-q", "-mx"]] {
        git(&args, home.path());
    }
    let other = tempfile::tempdir().expect("a folder");
    git(&["clone", "-q", "--bare", &home.path().display().to_string(), "bare.git"], other.path());
    let memory = Arc::new(Memory::default());
    let bare = other.path().join("bare.git");
    for path in [home.path(), &bare] {
        let report = run(&format!("file://{}", path.display()), &memory, &How::default()).await;
        assert_eq!(report.created, 1);
        let again = run(&path.display().to_string(), &memory, &How::default()).await;
        assert_eq!(again.unchanged, 1, "the same source");
    }
}

#[tokio::test]
async fn the_same_site_from_another_folder_is_not_there_twice() {
    let site = [
        ("_config.yml", "title: X\nurl: https://hexo.example.org\npermalink: :year/:month/:day/:title/\n"),
        ("source/_posts/hello.md", "---\ntitle: Hello\ndate: 2023-01-02\n---\nThe first post of the site."),
    ];
    let (home, moved) = (folder(&site), folder(&site));
    let memory = Arc::new(Memory::default());
    let first = run(&home.path().display().to_string(), &memory, &How::default()).await;
    let second = run(&moved.path().display().to_string(), &memory, &How::default()).await;
    assert_eq!((first.created, second.created, second.duplicates.len()), (1, 0, 1), "{second:?}");
    assert!(second.duplicates[0].reason.contains("https://hexo.example.org/2023/01/02/hello/"), "{second:?}");
}
