//! What the tests of the store share.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(dead_code, clippy::allow_attributes, reason = "no test file uses all of it")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use xinghe_core::event::{Event, Recorded};
use xinghe_store::*;

pub const TABLE: Migration = Migration {
    feature: "sums",
    version: 1,
    name: "numbers seen",
    sql: "CREATE TABLE sums_seen (reader TEXT NOT NULL, place BIGINT NOT NULL, number BIGINT NOT NULL, \
          PRIMARY KEY (reader, place))",
};

/// Appends one number in a transaction of its own.
pub async fn append(store: &Store, number: i64) {
    let mut unit = store.begin().await.unwrap();
    unit.append(None, &Event::Probe { number }).await.unwrap();
    unit.commit().await.unwrap();
}

pub fn numbers(events: &[Recorded]) -> Vec<i64> {
    let number = |e: &Recorded| if let Event::Probe { number } = e.event { Some(number) } else { None };
    events.iter().filter_map(number).collect()
}

/// Writes every number it reads into a table, in order. Number 13 is poison, unless `brave`.
#[derive(Default)]
pub struct Ledger {
    pub brave: AtomicBool,
    /// Fails after its rows are written, before the commit.
    pub crash: AtomicBool,
}

#[async_trait]
impl EventReader for Ledger {
    fn name(&self) -> &'static str {
        "ledger"
    }
    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for number in numbers(events) {
            if number == 13 && !self.brave.load(Ordering::SeqCst) {
                return Err(ReaderError::Poison("thirteen".into()));
            }
            let sql = "INSERT INTO sums_seen (reader, place, number) \
                       SELECT 'ledger', COUNT(*), CAST($1 AS BIGINT) FROM sums_seen";
            unit.execute(sql, params![number]).await?;
        }
        if self.crash.swap(false, Ordering::SeqCst) {
            return Err(ReaderError::Later("crashed".into()));
        }
        Ok(())
    }
    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        unit.execute("DELETE FROM sums_seen", vec![]).await?;
        Ok(())
    }
}

/// What the ledger wrote, in its order.
pub async fn ledger(store: &Store) -> Vec<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        number: i64,
    }
    let rows: Vec<Row> = store.all("SELECT number FROM sums_seen ORDER BY place", vec![]).await.unwrap();
    rows.into_iter().map(|r| r.number).collect()
}

/// Writes down every try and answers what its function says of their count.
pub struct Scripted<F> {
    pub kind: &'static str,
    pub tries: Mutex<Vec<i32>>,
    pub outcome: F,
}

impl<F: Fn(usize) -> Result<(), JobError>> Scripted<F> {
    pub fn new(kind: &'static str, outcome: F) -> Arc<Self> {
        Arc::new(Self { kind, tries: Mutex::default(), outcome })
    }
    pub fn tries(&self) -> Vec<i32> {
        self.tries.lock().unwrap().clone()
    }
}

#[async_trait]
impl<F: Fn(usize) -> Result<(), JobError> + Send + Sync + 'static> JobHandler for Scripted<F> {
    fn kind(&self) -> &'static str {
        self.kind
    }
    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let count = {
            let mut tries = self.tries.lock().unwrap();
            tries.push(job.attempt);
            tries.len()
        };
        (self.outcome)(count)
    }
}

pub async fn enqueue(store: &Store, request: &JobRequest) -> Option<xinghe_core::id::JobId> {
    let mut unit = store.begin().await.unwrap();
    let id = unit.enqueue(request).await.unwrap();
    unit.commit().await.unwrap();
    id
}
