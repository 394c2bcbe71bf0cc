//! Copies of a running database, and putting them back.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::Arc;

use common::{append, numbers};
use tokio_util::sync::CancellationToken;
use xinghe_core::event::Position;
use xinghe_store::*;
use xinghe_testkit::{TestDb, eventually};

async fn log(store: &Store) -> Vec<i64> {
    numbers(&Log::new(store.clone()).after(Position::START, 1_000_000).await.unwrap())
}

async fn open(path: &std::path::Path) -> Store {
    Store::open(&StoreSettings::sqlite(path), Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_among_writers_is_one_moment_of_the_log() {
    let db = TestDb::sqlite().await;
    let stop = CancellationToken::new();
    let writer = tokio::spawn({
        let (store, stop) = (db.store().clone(), stop.clone());
        async move {
            let mut n = 0;
            while !stop.is_cancelled() {
                append(&store, n).await;
                n += 1;
            }
        }
    });
    eventually("something was written", async || log(db.store()).await.len() > 50).await;
    let target = db.folder().unwrap().join("copy 100%.db");
    let copied = backup(db.store(), &target).await.unwrap();
    eventually("writing went on", async || log(db.store()).await.len() as i64 > copied.events).await;
    stop.cancel();
    writer.await.unwrap();
    assert!(matches!(backup(db.store(), &target).await, Err(BackupError::Exists(_))));

    let place = db.folder().unwrap().join("restored.db");
    assert_eq!(restore(&target, &place, &[], false).await.unwrap().events, copied.events);
    let restored = open(&place).await;
    assert_eq!(log(&restored).await, (0..copied.events).collect::<Vec<_>>());
    append(&restored, 99).await;
    restored.close().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(db.folder().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(!left.iter().any(|f| f.to_string_lossy().contains("partial")), "{left:?}");
}

#[tokio::test]
async fn a_restore_refuses_what_would_lose_something() {
    let db = TestDb::sqlite().await;
    let folder = db.folder().unwrap().to_owned();
    append(db.store(), 1).await;
    let copy = folder.join("copy.db");
    backup(db.store(), &copy).await.unwrap();
    append(db.store(), 2).await;
    let target = folder.join("test.db");

    let refused = restore(&copy, &target, &[], false).await.unwrap_err();
    assert!(matches!(refused, BackupError::Exists(_)), "{refused}");
    let refused = restore(&copy, &target, &[], true).await.unwrap_err();
    assert!(matches!(refused, BackupError::InUse(_)), "{refused}");
    assert_eq!(log(db.store()).await, [1, 2], "nothing happened to it");

    let other = folder.join("other.db");
    let store = open(&other).await;
    append(&store, 7).await;
    store.close().await.unwrap();
    restore(&copy, &other, &[], true).await.unwrap();
    let store = open(&other).await;
    assert_eq!(log(&store).await, [1]);
    store.close().await.unwrap();
    let old = open(&folder.join("other.db.old")).await;
    assert_eq!(log(&old).await, [7], "what was replaced is kept");

    std::fs::write(folder.join("text.db"), "no database at all, but long enough to look like one").unwrap();
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 3_000].fill(0xa5);
    std::fs::write(folder.join("broken.db"), bytes).unwrap();
    for bad in ["text.db", "broken.db"] {
        let refused = restore(&folder.join(bad), &folder.join("new.db"), &[], false).await.unwrap_err();
        assert!(matches!(&refused, BackupError::Damaged { path, .. } if path.ends_with(bad)), "{bad}: {refused}");
        assert!(!folder.join("new.db").exists());
    }
    assert!(restore(&folder.join("nothing.db"), &folder.join("new.db"), &[], false).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_a_database_or_a_backup() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let store = open(&at("x.db")).await;
    append(&store, 1).await;
    let copy = backup(&store, &at("copy.db")).await.unwrap().path;
    // A backup that came from elsewhere, readable by all, makes no readable database.
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o644)).unwrap();
    restore(&copy, &at("restored.db"), &[], false).await.unwrap();
    backup(&store, &at("second.db")).await.unwrap();
    for name in ["x.db", "x.db-wal", "x.db-shm", "second.db", "restored.db"] {
        let mode = std::fs::metadata(at(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused() {
    let db = TestDb::sqlite().await;
    let v = |version| Migration { feature: "f", version, name: "x", sql: "CREATE TABLE IF NOT EXISTS f_x (a INTEGER)" };
    db.store().migrate(&[v(1), v(2)]).await.unwrap();
    let folder = db.folder().unwrap();
    backup(db.store(), &folder.join("copy.db")).await.unwrap();
    let refused = restore(&folder.join("copy.db"), &folder.join("new.db"), &[v(1)], false).await.unwrap_err();
    assert!(matches!(refused, BackupError::Store(StoreError::Newer { found: 2, known: 1, .. })), "{refused}");
    restore(&folder.join("copy.db"), &folder.join("new.db"), &[v(1), v(2)], false).await.unwrap();
}

#[tokio::test]
async fn postgres_is_told_how_to_help_itself() {
    let Some(db) = TestDb::postgres().await else { return };
    let error = backup(db.store(), std::path::Path::new("/nowhere/x")).await.unwrap_err();
    assert!(error.to_string().contains("pg_dump"), "{error}");
}
