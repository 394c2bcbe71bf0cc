//! Looking at a database changes nothing, and sees what is wrong with it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::Arc;

use common::append;
use xinghe_store::*;
use xinghe_testkit::{TestDb, on_both_databases};

on_both_databases!(what_is_pending_newer_or_changed_is_seen, nothing_can_be_written);

const ONE: Migration = Migration { feature: "f", version: 1, name: "x", sql: "CREATE TABLE f_x (a INTEGER)" };
const TWO: Migration = Migration { feature: "f", version: 2, name: "y", sql: "CREATE TABLE f_y (a INTEGER)" };

async fn look(settings: &StoreSettings) -> Result<Store, StoreError> {
    Store::look(settings, Arc::new(SystemClock), Arc::new(SystemRandom)).await
}

async fn what_is_pending_newer_or_changed_is_seen(db: TestDb) {
    let store = look(db.settings()).await.unwrap();
    assert_eq!(store.condition(&[ONE, TWO]).await.unwrap().pending.unwrap(), ["f/1", "f/2"]);
    db.store().migrate(&[ONE, TWO]).await.unwrap();
    append(db.store(), 1).await;
    let condition = store.condition(&[ONE, TWO]).await.unwrap();
    assert!(condition.pending.unwrap().is_empty());
    assert_eq!((condition.events, condition.newest), (1, Some(db.store().now())));
    assert!(condition.faults.is_empty() && condition.version.contains(char::is_numeric), "{}", condition.version);
    let newer = store.condition(&[ONE]).await.unwrap().pending.unwrap_err();
    assert!(matches!(newer, StoreError::Newer { found: 2, known: 1, .. }), "{newer}");
    let changed = Migration { sql: "CREATE TABLE f_z (a INTEGER)", ..ONE };
    let changed = store.condition(&[changed, TWO]).await.unwrap().pending.unwrap_err();
    assert!(matches!(changed, StoreError::Changed { version: 1, .. }), "{changed}");
}

async fn nothing_can_be_written(db: TestDb) {
    let store = look(db.settings()).await.unwrap();
    // SQLite refuses the transaction, PostgreSQL the statement within it.
    if let Ok(mut unit) = store.begin().await {
        assert!(unit.execute("CREATE TABLE f_x (a INTEGER)", vec![]).await.is_err());
    }
    assert!(store.reader_rows().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    assert!(matches!(look(&StoreSettings::sqlite(&path)).await, Err(StoreError::File { .. })));
    assert!(!path.exists());
}
