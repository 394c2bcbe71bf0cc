//! What the importer understands of two real corpora, where they are beside the project: `../shared/data/corpora` or
//! `$XINGHE_CORPORA`. Prints every page with `XINGHE_SHOW=1 cargo test -p xinghe-importer --test it corpora -- --nocapture`.
#![expect(clippy::print_stdout, reason = "what it understood is to be read by a person")]

use std::path::PathBuf;
use std::sync::Arc;

use crate::support::{Memory, ports, reach};
use xinghe_importer::{How, ImportError, Preview, Report, Source, import};

fn corpus(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let beside = root.ancestors().map(|a| a.join("shared/data/corpora"));
    let set = std::env::var_os("XINGHE_CORPORA").map(PathBuf::from);
    let found = set.into_iter().chain(beside).map(|c| c.join(name)).find(|c| c.is_dir());
    if found.is_none() {
        println!("skipped: the corpus {name} is not beside the project");
    }
    found
}

async fn understood(name: &str) -> Option<Report> {
    let path = corpus(name)?;
    let memory = Arc::new(Memory::default());
    let scratch = tempfile::tempdir().expect("a folder");
    let source = Source::of(&path.display().to_string()).expect("a folder");
    let how = How { dry_run: true, ..How::default() };
    let mut report = import(&source, &reach(scratch.path()), &ports(&memory), &how, &|_| {}).await.expect("it runs");
    let taken =
        import(&source, &reach(scratch.path()), &ports(&memory), &How::default(), &|_| {}).await.expect("it runs");
    let again =
        import(&source, &reach(scratch.path()), &ports(&memory), &How::default(), &|_| {}).await.expect("it runs");
    assert_eq!((taken.created, again.unchanged), (report.found, report.found), "a second run changes nothing");
    println!(
        "{name}: {} posts, {} skipped, {} failed, {} people, {} posts/s",
        report.found,
        report.skipped.len(),
        report.failed.len(),
        report.authors,
        taken.posts_per_second
    );
    if std::env::var_os("XINGHE_SHOW").is_some() {
        report.preview.iter().for_each(show);
        for left in report.skipped.iter().chain(&report.failed) {
            println!("- {}: {}", left.path, left.reason);
        }
    }
    report.preview.sort_by(|a, b| a.path.cmp(&b.path));
    Some(report)
}

/// The crates of this machine's own registry that the product is built from.
#[tokio::test]
async fn the_local_registry() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../Cargo.lock"))
        .expect("the workspace has a lock file");
    let names = xinghe_importer::source::crates::names_in_lock(&lock);
    let memory = Arc::new(Memory::default());
    let scratch = tempfile::tempdir().expect("a folder");
    let reach = xinghe_importer::Reach { crates: Some(names), ..reach(scratch.path()) };
    let how = How { dry_run: true, ..How::default() };
    let dry = match import(&Source::Crates, &reach, &ports(&memory), &how, &|_| {}).await {
        Err(ImportError::NoRegistry { path }) => return println!("skipped: no cargo registry at {path}"),
        other => other.expect("it runs"),
    };
    let taken = import(&Source::Crates, &reach, &ports(&memory), &How::default(), &|_| {}).await.expect("it runs");
    let again = import(&Source::Crates, &reach, &ports(&memory), &How::default(), &|_| {}).await.expect("it runs");
    println!(
        "crates: {} projects, {} skipped, {} failed, {} people, {} posts/s",
        dry.found,
        dry.skipped.len(),
        dry.failed.len(),
        dry.authors,
        taken.posts_per_second
    );
    println!(
        "with an author {:.3}, with a licence {:.3}",
        share(&dry, |p| !p.authors.is_empty()),
        share(&dry, |p| p.licence.is_some())
    );
    if std::env::var_os("XINGHE_SHOW").is_some() {
        dry.preview.iter().for_each(show);
        dry.skipped.iter().chain(&dry.failed).for_each(|left| println!("- {}: {}", left.path, left.reason));
    }
    assert_eq!((taken.created, again.unchanged), (dry.found, dry.found), "a second run changes nothing");
    assert!(share(&dry, |p| !p.authors.is_empty()) > 0.95);
}

fn show(p: &Preview) {
    let date = p.published_at.map_or_else(String::new, |d| d.rfc3339()[..10].to_owned());
    println!(
        "{} | {} | {date} | {} | A {:?} T {:?} R {:?} E {:?} | tags {:?} | orig {:?} | src {:?} | {:?} | {}",
        p.path,
        p.title,
        p.language,
        p.authors,
        p.translators,
        p.reviewers,
        p.editors,
        p.tags,
        p.original_url,
        p.source_url,
        p.licence,
        p.beginning.replace('\n', "⏎").chars().take(60).collect::<String>()
    );
}

fn share(report: &Report, has: impl Fn(&Preview) -> bool) -> f64 {
    report.preview.iter().filter(|p| has(p)).count() as f64 / report.found.max(1) as f64
}

#[tokio::test]
async fn the_rust_blog() {
    let Some(report) = understood("rust-blog").await else { return };
    let (authors, dates) = (share(&report, |p| !p.authors.is_empty()), share(&report, |p| p.published_at.is_some()));
    println!("with an author {authors:.3}, with a date {dates:.3}");
    assert!(report.found >= 750 && authors > 0.99 && dates > 0.99);
    assert!(
        report.preview.iter().all(|p| p.language.as_str() == "en" && p.licence.as_deref() == Some("MIT OR Apache-2.0"))
    );
}

#[tokio::test]
async fn the_rust_magazine() {
    let Some(report) = understood("rust-magazine").await else { return };
    let authors = share(&report, |p| !p.authors.is_empty());
    let anyone = share(&report, |p| !p.authors.is_empty() || !p.translators.is_empty() || !p.editors.is_empty());
    println!("with an author {authors:.3}, with anyone credited {anyone:.3}");
    assert!(report.found >= 300 && anyone > 0.7);
    let page = |path: &str| report.preview.iter().find(|p| p.path.ends_with(path)).expect(path);
    let p = page("chapter_3/rust_vs_pandas.md");
    assert_eq!(
        (p.title.as_str(), p.translators.as_slice(), p.authors.len()),
        ("数据操作：Rust vs Pandas", ["pi-pi-miao".to_owned()].as_slice(), 0)
    );
    assert!(p.original_url.as_deref().is_some_and(|u| u.starts_with("https://able.bio/")));
    let p = page("chapter_2/huawei_rust.md");
    assert_eq!(p.authors, ["俞一峻", "Amanieu d'Antras", "Nghi D. Q. Bui"]);
    assert_eq!(p.reviewers, ["张汉东"]);
}
