//! Migrations that must not happen, a full disk, a server that goes away and comes back.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Ledger, Scripted, TABLE, append, enqueue, ledger};
use tokio_util::sync::CancellationToken;
use xinghe_core::event::Event;
use xinghe_store::*;
use xinghe_testkit::{Gate, SeededRandom, TestDb, eventually, on_both_databases};

on_both_databases!(
    a_newer_database_is_refused,
    a_changed_migration_is_refused,
    a_failing_migration_leaves_nothing,
    two_processes_migrate_at_once,
);

fn step(version: i32, sql: &'static str) -> Migration {
    Migration { feature: "f", version, name: "x", sql }
}

const ONE: &str = "CREATE TABLE f_one (a INTEGER)";

async fn a_newer_database_is_refused(db: TestDb) {
    db.store().migrate(&[step(1, ONE), step(2, "CREATE TABLE f_two (a INTEGER)")]).await.unwrap();
    let refused = db.store().migrate(&[step(1, ONE)]).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Newer { found: 2, known: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("start the newer program"));
    db.raw("INSERT INTO schema_migrations VALUES ('store', 99, 'x', 'x', 0)").await.unwrap();
    assert!(matches!(db.another().await, Err(StoreError::Newer { found: 99, .. })));
}

async fn a_changed_migration_is_refused(db: TestDb) {
    db.store().migrate(&[step(1, ONE)]).await.unwrap();
    db.store().migrate(&[step(1, "CREATE TABLE  f_one\n(a INTEGER)")]).await.unwrap();
    let refused = db.store().migrate(&[step(1, "CREATE TABLE f_one (b INTEGER)")]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Changed { version: 1, .. }), "{refused}");
}

async fn a_failing_migration_leaves_nothing(db: TestDb) {
    let broken = step(2, "CREATE TABLE f_two (a INTEGER); INSERT INTO f_nowhere VALUES (1)");
    let failed = db.store().migrate(&[step(1, ONE), broken]).await.unwrap_err();
    assert!(failed.to_string().contains("migration f/2 failed and was undone"), "{failed}");
    // Neither of the two is there: the same names can be made again.
    db.store().migrate(&[step(1, ONE), step(2, "CREATE TABLE f_two (a INTEGER)")]).await.unwrap();
}

async fn two_processes_migrate_at_once(db: TestDb) {
    let other = db.another().await.unwrap();
    let list = [step(1, ONE), step(2, "INSERT INTO f_one (a) VALUES (1)")];
    let (a, b) = tokio::join!(db.store().migrate(&list), other.migrate(&list));
    a.unwrap();
    b.unwrap();
    assert_eq!(other.number("SELECT COUNT(*) AS value FROM f_one", vec![]).await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_half_done() {
    let db = TestDb::sqlite().await;
    let store = db.store();
    store.migrate(&[step(1, "CREATE TABLE f_one (a TEXT)")]).await.unwrap();
    let insert = "INSERT INTO f_one (a) VALUES ($1)";
    append(store, 1).await;
    let mut unit = store.begin().await.unwrap();
    // What SQLite answers on a disk without room, by a limit on the connection that writes.
    unit.all::<Pages>("PRAGMA max_page_count = 60", vec![]).await.unwrap();
    unit.append(None, &Event::Probe { number: 2 }).await.unwrap();
    let mut full = None;
    for _ in 0..200 {
        if let Err(error) = unit.execute(insert, params!["x".repeat(4_000)]).await {
            full = Some(error);
            break;
        }
    }
    let full = full.expect("it is full");
    assert!(matches!(full, StoreError::Full(_)) && full.is_transient(), "{full:?}");
    assert!(full.to_string().contains("make room"));
    drop(unit);
    assert_eq!(store.number("SELECT COUNT(*) AS value FROM events", vec![]).await.unwrap(), Some(1));
    assert_eq!(store.number("SELECT COUNT(*) AS value FROM f_one", vec![]).await.unwrap(), Some(0));
    let unit = store.begin().await.unwrap();
    unit.all::<Pages>("PRAGMA max_page_count = 100000", vec![]).await.unwrap();
    unit.commit().await.unwrap();
    append(store, 3).await;
    assert_eq!(store.number("SELECT COUNT(*) AS value FROM events", vec![]).await.unwrap(), Some(2));
}

#[derive(FromQueryResult)]
struct Pages {}

#[tokio::test]
async fn a_transaction_that_sqlite_undid_by_itself_is_not_taken_for_open() {
    let db = TestDb::sqlite().await;
    let store = db.store();
    store.migrate(&[step(1, "CREATE TABLE f_one (a TEXT)")]).await.unwrap();
    let insert = "INSERT INTO f_one (a) VALUES ($1)";
    for commit in [true, false] {
        let mut unit = store.begin().await.unwrap();
        unit.execute(insert, params!["lost"]).await.unwrap();
        // What SQLite does when a page does not fit any more, at a statement or at the commit itself.
        unit.execute("ROLLBACK", vec![]).await.unwrap();
        if commit {
            unit.commit().await.unwrap_err();
        } else {
            drop(unit);
        }
        let mut unit = store.begin().await.unwrap();
        unit.execute(insert, params!["kept"]).await.unwrap();
        unit.commit().await.unwrap();
    }
    let kept = "SELECT COUNT(*) AS value FROM f_one WHERE a = 'kept'";
    let all = "SELECT COUNT(*) AS value FROM f_one";
    // Seen by other connections, so really committed; and another process gets the lock.
    assert_eq!(store.number(kept, vec![]).await.unwrap(), Some(2));
    assert_eq!(store.number(all, vec![]).await.unwrap(), Some(2));
    append(&db.another().await.unwrap(), 1).await;
}

/// A small file system in memory, gone with the test.
struct Small(tempfile::TempDir);

impl Small {
    /// `None` where this user may not mount.
    fn mounted() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "xinghe-test"]).arg(folder.path());
        let done = mount.output().is_ok_and(|o| o.status.success());
        done.then(|| Self(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_commit_that_finds_no_room_is_told_and_the_next_ones_count() {
    let Some(small) = Small::mounted() else {
        eprintln!("skipped: this user may not mount a file system");
        return;
    };
    let settings = StoreSettings::sqlite(&small.0.path().join("x.db"));
    let open = async || Store::open(&settings, Arc::new(SystemClock), Arc::new(SeededRandom::new(3))).await.unwrap();
    let store = open().await;
    store.migrate(&[step(1, "CREATE TABLE f_one (a TEXT)")]).await.unwrap();
    let ballast = small.0.path().join("ballast");
    std::fs::write(&ballast, vec![1; 300_000]).unwrap();
    let (mut kept, mut refused) = (0, 0);
    while refused < 3 {
        let mut unit = store.begin().await.unwrap();
        for _ in 0..10 {
            unit.execute("INSERT INTO f_one (a) VALUES ($1)", params!["x".repeat(4_000)]).await.unwrap();
        }
        match unit.commit().await {
            Ok(()) => kept += 10,
            Err(error) => {
                assert!(matches!(error, StoreError::Full(_)), "{error:?}");
                refused += 1;
            }
        }
        let there = store.number("SELECT COUNT(*) AS value FROM f_one", vec![]).await.unwrap();
        assert_eq!(there, Some(kept));
    }
    std::fs::remove_file(ballast).unwrap();
    append(&store, 1).await;
    // Another process gets the lock, and sees what was committed.
    let other = open().await;
    append(&other, 2).await;
    assert_eq!(other.number("SELECT COUNT(*) AS value FROM events", vec![]).await.unwrap(), Some(2));
    other.close().await.unwrap();
    store.close().await.unwrap();
}

/// Host and port of a PostgreSQL address.
fn server_of(url: &str) -> String {
    let after = url.rsplit_once('@').unwrap().1;
    after.split('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_back_finds_everybody_at_work() {
    let Some(db) = TestDb::postgres().await else { return };
    db.store().migrate(&[TABLE]).await.unwrap();
    let url = db.settings().url.clone();
    let gate = Gate::before(server_of(&url)).await.unwrap();
    let through = StoreSettings::url(url.replace(&server_of(&url), &gate.address().to_string()));
    let clock = db.clock().clone();
    let store = Store::open(&through, clock, Arc::new(SeededRandom::new(9))).await.unwrap();
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    let readers = Readers::new(store.clone(), vec![Arc::new(Ledger::default())], vec![]);
    let handler = Scripted::new("x", |_| Ok(()));
    let workers = Workers::new(store.clone(), vec![handler.clone()], vec![]);
    let (readers_stop, workers_stop) = (stop.clone(), stop.clone());
    running.spawn(async move { readers.run(readers_stop).await });
    running.spawn(async move { workers.run(2, workers_stop).await });
    append(db.store(), 1).await;
    enqueue(db.store(), &JobRequest::new("x", &())).await;
    eventually("before", async || ledger(db.store()).await == [1] && handler.tries().len() == 1).await;

    gate.shut();
    append(db.store(), 2).await;
    enqueue(db.store(), &JobRequest::new("x", &())).await;
    let half = tokio::time::timeout(Duration::from_secs(20), store.begin()).await.unwrap();
    assert!(half.is_err_and(|e| e.is_transient()), "a write while the server is gone fails, and says it may pass");
    assert_eq!((ledger(db.store()).await, handler.tries().len()), (vec![1], 1));
    gate.open();
    eventually("after", async || ledger(db.store()).await == [1, 2] && handler.tries().len() == 2).await;

    // The server ends every connection, as it does when it is restarted.
    let end = |name: &str| format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    db.on_server(end).await.unwrap();
    eventually("a write goes through again", async || {
        let Ok(mut unit) = store.begin().await else { return false };
        unit.append(None, &Event::Probe { number: 3 }).await.is_ok() && unit.commit().await.is_ok()
    })
    .await;
    eventually("again", async || ledger(db.store()).await == [1, 2, 3]).await;
    stop.cancel();
    while running.join_next().await.is_some() {}
}
