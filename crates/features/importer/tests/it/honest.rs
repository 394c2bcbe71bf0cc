//! Nothing is lost without a word: bytes, names, facts and files that are not as they should be; and files that moved.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use crate::support::{Memory, folder, ports, reach};
use xinghe_importer::{How, Moved, Report, Source, import};

async fn run(path: &std::path::Path, memory: &Arc<Memory>, how: &How) -> Report {
    let scratch = tempfile::tempdir().expect("a folder");
    let source = Source::of(&path.display().to_string()).expect("it is a source");
    import(&source, &reach(scratch.path()), &ports(memory), how, &|_| {}).await.expect("it runs")
}

fn said<'a>(list: &'a [xinghe_importer::Left], path: &str) -> Vec<&'a str> {
    list.iter().filter(|w| w.path == path).map(|w| w.reason.as_str()).collect()
}

#[tokio::test]
async fn a_bad_byte_and_bad_facts_are_told_with_their_line() {
    let home = folder(&[(
        "facts.md",
        "---\ntitle: T\ndate: not-a-date\nauthor: \"007\"\ntags: [a, {b: c}]\n---\nWords of the page.",
    )]);
    let text =
        [b"# \xe6\xa0\x87\xe9\xa2\x98\n\n".as_slice(), "这是正文，里面有一个坏字节".as_bytes(), b"\xff\n"].concat();
    std::fs::write(home.path().join("bytes.md"), text).expect("written");
    std::fs::write(home.path().join("maybe.md"), "---\ntitle: M\ndraft: maybe\n---\nNot yet.").expect("written");
    let memory = Arc::new(Memory::default());
    let report = run(home.path(), &memory, &How::default()).await;
    assert_eq!(report.created, 2, "{report:?}");
    let bytes = memory.post("bytes.md");
    assert_eq!((bytes.title.as_str(), bytes.body.as_str()), ("标题", "这是正文，里面有一个坏字节\u{fffd}"));
    assert!(said(&report.warnings, "bytes.md")[0].starts_with("line 3: 1 place"), "{:?}", report.warnings);
    let told = said(&report.warnings, "facts.md");
    assert!(told.contains(&"line 3: its date \"not-a-date\" is no date and was not used"), "{told:?}");
    assert!(told.iter().any(|t| t.starts_with("line 5: its tags")), "{told:?}");
    assert_eq!(memory.post("facts.md").tags, ["a"], "what can be kept is kept");
    assert!(memory.authors.lock().expect("not poisoned").iter().any(|a| a.name == "007"));
    assert!(said(&report.skipped, "maybe.md")[0].starts_with("line 3: its draft"), "{:?}", report.skipped);
}

#[tokio::test]
async fn what_is_no_plain_file_is_skipped_with_its_reason() {
    let home = folder(&[("good.md", "# Good\n\nText of a good page.")]);
    let outside = folder(&[("secret.md", "# Secret\n\nNobody asked for this.")]);
    std::fs::write(home.path().join(OsStr::from_bytes(b"r\xe9sum\xe9.md")), "# C\n\nText.").expect("written");
    let inner = home.path().join(OsStr::from_bytes(b"d\xfcr"));
    std::fs::create_dir(&inner).expect("made");
    std::fs::write(inner.join("in.md"), "# In\n\nText.").expect("written");
    let made = std::process::Command::new("mkfifo").arg(home.path().join("pipe.md")).status().expect("it runs");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(home.path().join("talk.md")).expect("bound");
    std::os::unix::fs::symlink(outside.path(), home.path().join("outside")).expect("linked");
    std::os::unix::fs::symlink(outside.path().join("secret.md"), home.path().join("secret.md")).expect("linked");
    let memory = Arc::new(Memory::default());
    let report = run(home.path(), &memory, &How::default()).await;
    assert_eq!((report.created, report.failed.len()), (1, 0), "{report:?}");
    for (path, reason) in [
        ("r\u{fffd}sum\u{fffd}.md", "the file's name is not UTF-8"),
        ("d\u{fffd}r/", "the folder's name is not UTF-8"),
        ("pipe.md", "a named pipe"),
        ("talk.md", "a socket"),
        ("outside", "a symbolic link"),
        ("secret.md", "a symbolic link"),
    ] {
        assert!(said(&report.skipped, path).iter().any(|r| r.starts_with(reason)), "{path}: {:?}", report.skipped);
    }
}

const LONG: &str = "The first line of it.\n\nThe second line of it.\n\nThe third line of it.\n\nThe fourth line of it.";

#[tokio::test]
async fn a_renamed_file_is_the_same_post() {
    let home = folder(&[
        ("a/same.md", &format!("# Same\n\n{LONG}\n\nSee [other](../b/other.md).")),
        ("a/edited.md", &format!("# Edited\n\nBefore.\n\n{LONG}")),
        ("a/placed.md", "---\ntitle: Placed\ncanonical: https://me.example/placed\n---\nOld words, all of them."),
        ("b/other.md", "# Other\n\nA page that stays where it is, with words of its own."),
        ("b/gone.md", "# Gone\n\nA page that goes, and nothing like it comes in its place."),
    ]);
    let memory = Arc::new(Memory::default());
    run(home.path(), &memory, &How::default()).await;
    let id = |path: &str| {
        let posts = memory.posts.lock().expect("not poisoned");
        posts.iter().find(|((_, p), _)| p == path).map(|(_, (id, _))| *id)
    };
    let before = (id("a/same.md"), id("a/edited.md"), id("a/placed.md"));
    let write = |path: &str, text: &str| std::fs::write(home.path().join(path), text).expect("written");
    for path in ["a/same.md", "a/edited.md", "a/placed.md", "b/gone.md"] {
        std::fs::remove_file(home.path().join(path)).expect("removed");
    }
    std::fs::create_dir(home.path().join("c")).expect("made");
    write("c/renamed.md", &format!("# Same\n\n{LONG}\n\nSee [other](../b/other.md)."));
    write("a/rewritten.md", &format!("# Edited anew\n\nAfter.\n\n{LONG}"));
    write("c/put.md", "---\ntitle: Put\ncanonical: https://me.example/placed\n---\nNew words, and none as before.");
    write("b/new.md", "# New\n\nWords that nobody has read before, in a place where another page was.");
    let moved = |from: &str, to: &str| Moved { from: from.to_owned(), to: to.to_owned() };
    let want =
        [moved("a/edited.md", "a/rewritten.md"), moved("a/placed.md", "c/put.md"), moved("a/same.md", "c/renamed.md")];
    let dry = run(home.path(), &memory, &How { dry_run: true, ..How::default() }).await;
    assert_eq!((dry.moved.as_slice(), dry.created), (want.as_slice(), 1), "{dry:?}");
    let report = run(home.path(), &memory, &How::default()).await;
    assert_eq!(report.moved, want);
    assert_eq!(report.vanished, ["b/gone.md"]);
    assert_eq!((report.created, report.revised), (1, 2), "{report:?}");
    assert_eq!((id("c/renamed.md"), id("a/rewritten.md"), id("c/put.md")), before);
    let again = run(home.path(), &memory, &How::default()).await;
    assert_eq!((again.created, again.revised, again.moved.len()), (0, 0, 0), "{again:?}");
}
