//! Importing into the real accounts and posts, on a real database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use xinghe_accounts::Accounts;
use xinghe_importer::{How, Limits, Ports, Reach, Report, Source, import};
use xinghe_net::{Fetcher, Reachable};
use xinghe_posts::PostsPort;
use xinghe_testkit::{TestDb, on_both_databases};

async fn ports(db: &TestDb) -> Ports {
    let mut migrations = xinghe_accounts::migrations();
    migrations.extend_from_slice(xinghe_posts::MIGRATIONS);
    db.store().migrate(&migrations).await.expect("the tables are made");
    let accounts = Arc::new(Accounts::new(db.store().clone()));
    let posts = Arc::new(PostsPort::new(db.store().clone(), accounts.clone()));
    Ports { authors: accounts, intake: posts.clone(), posts: Some(posts), pictures: None, clock: db.clock().clone() }
}

async fn run(path: &Path, ports: &Ports, dry_run: bool) -> Report {
    let scratch = tempfile::tempdir().expect("a folder");
    let reach = Reach {
        fetcher: Fetcher::new(Reachable::public(), xinghe_net::Limits::default(), "test"),
        scratch: scratch.path().to_path_buf(),
        limits: Limits::default(),
        crates: None,
        cargo_home: None,
    };
    let source = Source::of(&path.display().to_string()).expect("a folder");
    import(&source, &reach, ports, &How { dry_run, ..How::default() }, &|_| {}).await.expect("it runs")
}

fn counts(r: &Report) -> (usize, usize, usize, usize) {
    (r.found, r.created, r.revised, r.unchanged)
}

async fn a_folder_settles_and_follows_changes(db: TestDb) {
    let ports = ports(&db).await;
    let home = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("written");
    write("a.md", "# 一\n\n作者：张三 / 译者：[b](https://github.com/b)\n\n---\n\n见[二](b.md)。\n\n\n结尾。  \n");
    write("b.md", "---\ntitle: 二\ntags: [Rust, 所有权]\ndate: 2020-01-02\n---\n\n回到[一](a.md)。\n");
    assert_eq!(counts(&run(home.path(), &ports, true).await), (2, 2, 0, 0));
    assert_eq!(counts(&run(home.path(), &ports, false).await), (2, 2, 0, 0));
    assert_eq!(counts(&run(home.path(), &ports, false).await), (2, 0, 0, 2));
    assert_eq!(counts(&run(home.path(), &ports, true).await), (2, 0, 0, 2), "a dry run sees that nothing changed");
    write("b.md", "---\ntitle: 二\n---\n\n新的内容。\n");
    assert_eq!(counts(&run(home.path(), &ports, true).await), (2, 0, 1, 1), "a dry run sees what changed");
    assert_eq!(counts(&run(home.path(), &ports, false).await), (2, 0, 1, 1));
    let known =
        ports.intake.known(&home.path().canonicalize().expect("there").display().to_string()).await.expect("known");
    let posts =
        ports.posts.as_ref().expect("given").posts(&known.values().copied().collect::<Vec<_>>()).await.expect("read");
    let one = &posts[&known["a.md"]];
    assert!(one.body.contains(&format!("[二](/posts/{})", known["b.md"])), "{}", one.body);
    assert_eq!(one.credits.len(), 2);
}
on_both_databases!(a_folder_settles_and_follows_changes);

/// The corpora beside the project, where they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_corpora_are_taken_whole() {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for name in ["rust-blog", "rust-magazine"] {
        let Some(path) = beside.ancestors().map(|a| a.join("shared/data/corpora").join(name)).find(|p| p.is_dir())
        else {
            println!("skipped: the corpus {name} is not beside the project");
            continue;
        };
        let db = TestDb::sqlite().await;
        let ports = ports(&db).await;
        let started = Instant::now();
        let first = run(&path, &ports, false).await;
        println!(
            "{name}: {} posts, {:.0} posts/s into SQLite",
            first.found,
            first.found as f64 / started.elapsed().as_secs_f64()
        );
        assert_eq!((first.created, first.failed.len()), (first.found, 0), "{:?}", first.failed);
        let again = run(&path, &ports, false).await;
        assert_eq!((again.unchanged, again.revised), (first.found, 0), "a second run changes nothing");
    }
}
