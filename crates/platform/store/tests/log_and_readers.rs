//! The event log and its readers, the same contract on both databases.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use std::time::Duration;

use async_trait::async_trait;
use common::{Ledger, TABLE, append, ledger, numbers};
use tokio_util::sync::CancellationToken;
use xinghe_core::event::{Event, Position, Recorded};
use xinghe_core::time::Timestamp;
use xinghe_store::*;
use xinghe_testkit::{TestDb, eventually, on_both_databases};

on_both_databases!(
    a_rollback_leaves_nothing,
    a_dropped_or_aborted_transaction_leaves_nothing,
    an_open_transaction_is_never_passed,
    many_writers_lose_nothing,
    a_crash_between_apply_and_commit_counts_nothing_twice,
    a_rebuild_gives_the_same,
    a_poison_event_parks_until_resumed_or_skipped,
    an_event_of_a_newer_program_parks,
    two_processes_share_one_reader,
    a_following_reader_wakes,
    a_local_reader_from_another_log_starts_over,
    a_local_reader_of_a_log_put_back_starts_over,
    a_local_reader_parks_and_skips,
    a_restarted_reader_reads_from_the_beginning,
    lag_is_told_in_events_and_in_time,
    columns_of_all_types_read_back,
    a_log_from_another_server_goes_on,
);

async fn all(store: &Store) -> Vec<i64> {
    numbers(&Log::new(store.clone()).after(Position::START, 100_000).await.unwrap())
}

/// Waits out transactions of tests that run beside this one in the same server.
async fn settled(store: &Store, count: usize) -> Vec<i64> {
    eventually("the log is readable", async || all(store).await.len() >= count).await;
    all(store).await
}

async fn a_rollback_leaves_nothing(db: TestDb) {
    let store = db.store();
    let mut unit = store.begin().await.unwrap();
    unit.append(None, &Event::Probe { number: 1 }).await.unwrap();
    unit.enqueue(&JobRequest::new("x", &1)).await.unwrap();
    unit.rollback().await.unwrap();
    append(store, 2).await;
    assert_eq!(settled(store, 1).await, [2]);
    assert!(Jobs::new(store.clone()).recent(None, 9).await.unwrap().is_empty());
}

async fn a_dropped_or_aborted_transaction_leaves_nothing(db: TestDb) {
    let store = db.store();
    for delay in 0..40 {
        let other = store.clone();
        let task = tokio::spawn(async move {
            let mut unit = other.begin().await.unwrap();
            unit.append(None, &Event::Probe { number: -1 }).await.unwrap();
            unit.append(None, &Event::Probe { number: -2 }).await.unwrap();
            std::future::pending::<()>().await;
        });
        // Aborted wherever it happens to be: before, within or after any of its statements.
        for _ in 0..delay * 3 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
    }
    append(store, 7).await;
    assert_eq!(settled(store, 1).await, [7]);
}

async fn an_open_transaction_is_never_passed(db: TestDb) {
    if db.store().backend() == Backend::Sqlite {
        // There is one transaction at a time: a second one waits for its turn.
        let mut first = db.store().begin().await.unwrap();
        first.append(None, &Event::Probe { number: 1 }).await.unwrap();
        let store = db.store().clone();
        let second = tokio::spawn(async move { append(&store, 2).await });
        assert_eq!(all(db.store()).await, [0; 0]);
        first.commit().await.unwrap();
        second.await.unwrap();
        assert_eq!(all(db.store()).await, [1, 2]);
        return;
    }
    let store = db.store();
    // Numbers 1, 2, 3 are drawn in this order, committed as 2, 3, 1.
    let mut a = store.begin().await.unwrap();
    let one = a.append(None, &Event::Probe { number: 1 }).await.unwrap();
    let mut b = store.begin().await.unwrap();
    let two = b.append(None, &Event::Probe { number: 2 }).await.unwrap();
    let mut c = store.begin().await.unwrap();
    c.append(None, &Event::Probe { number: 3 }).await.unwrap();
    assert!(one < two);
    b.commit().await.unwrap();
    assert!(all(store).await.is_empty(), "the first is still open");
    c.commit().await.unwrap();
    assert!(all(store).await.is_empty(), "the first is still open");
    // One that began later and sorts before by number must not be passed either.
    a.commit().await.unwrap();
    assert_eq!(settled(store, 3).await, [1, 2, 3]);

    // A transaction takes its place with its first write, and its later, higher numbers go there too.
    let mut early = store.begin().await.unwrap();
    early.append(None, &Event::Probe { number: 10 }).await.unwrap();
    append(store, 20).await;
    early.append(None, &Event::Probe { number: 11 }).await.unwrap();
    early.commit().await.unwrap();
    assert_eq!(settled(store, 6).await[3..], [10, 11, 20]);
}

async fn many_writers_lose_nothing(db: TestDb) {
    db.store().migrate(&[TABLE]).await.unwrap();
    let stop = CancellationToken::new();
    let readers = Readers::new(db.store().clone(), vec![Arc::new(Ledger::default())], vec![]);
    let following = tokio::spawn({
        let (readers, stop) = (readers.clone(), stop.clone());
        async move { readers.run(stop).await }
    });
    let mut writers = tokio::task::JoinSet::new();
    let stores = [db.store().clone(), db.another().await.unwrap()];
    for writer in 0..8_i64 {
        let store = stores[writer as usize % 2].clone();
        writers.spawn(async move {
            for n in 0..40 {
                let mut unit = store.begin().await.unwrap();
                unit.append(None, &Event::Probe { number: 1_000 * (writer + 1) + n }).await.unwrap();
                match n % 4 {
                    3 => unit.rollback().await.unwrap(),
                    _ => unit.commit().await.unwrap(),
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    readers.catch_up().await.unwrap();
    stop.cancel();
    following.await.unwrap();
    let seen = ledger(db.store()).await;
    assert_eq!(seen.len(), 8 * 30);
    assert_eq!(seen, all(db.store()).await, "read in the order of the log");
    for writer in 1..=8_i64 {
        let mine: Vec<i64> = seen.iter().copied().filter(|n| n / 1_000 == writer).collect();
        let expected: Vec<i64> = (0..40).filter(|n| n % 4 != 3).map(|n| writer * 1_000 + n).collect();
        assert_eq!(mine, expected, "each writer's events once and in its order");
    }
    assert_eq!(readers.status().await.unwrap()[0].lag, 0);
}

async fn a_crash_between_apply_and_commit_counts_nothing_twice(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let reader = Arc::new(Ledger::default());
    let readers = Readers::new(store.clone(), vec![reader.clone()], vec![]);
    append(store, 1).await;
    readers.catch_up().await.unwrap();
    append(store, 2).await;
    reader.crash.store(true, Ordering::SeqCst);
    eventually("the reader reaches the event and fails", async || readers.catch_up().await.is_err()).await;
    assert_eq!(ledger(store).await, [1]);
    assert_eq!(readers.status().await.unwrap()[0].lag, 1);
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2]);
}

async fn a_rebuild_gives_the_same(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let readers = Readers::new(store.clone(), vec![Arc::new(Ledger::default())], vec![]);
    let mut unit = store.begin().await.unwrap();
    for number in 100..1_700 {
        unit.append(None, &Event::Probe { number }).await.unwrap();
    }
    unit.commit().await.unwrap();
    assert_eq!(readers.status().await.unwrap()[0].lag, 1_600);
    readers.catch_up().await.unwrap();
    let before = ledger(store).await;
    assert_eq!(before, (100..1_700).collect::<Vec<_>>());
    assert!(readers.rebuild("ledger").await.unwrap());
    assert_eq!(ledger(store).await, before);
    assert!(!readers.rebuild("nobody").await.unwrap());
}

async fn a_poison_event_parks_until_resumed_or_skipped(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let reader = Arc::new(Ledger::default());
    let readers = Readers::new(store.clone(), vec![reader.clone()], vec![]);
    for number in [1, 2, 13, 4] {
        append(store, number).await;
    }
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2], "all before the poison was taken");
    let status = readers.status().await.unwrap();
    assert!(matches!(&status[0].state, ReaderState::Parked(why) if why.contains("thirteen")), "{status:?}");
    assert_eq!(status[0].lag, 2);
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2], "nothing moves it by itself");
    assert!(readers.rebuild("ledger").await.unwrap_err().to_string().contains("thirteen"));

    assert!(readers.resume("ledger", false).await.unwrap());
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2], "tried again, parked again");
    reader.brave.store(true, Ordering::SeqCst);
    assert!(readers.resume("ledger", false).await.unwrap());
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2, 13, 4], "mended");
    assert!(!readers.resume("ledger", false).await.unwrap(), "nothing is parked");

    reader.brave.store(false, Ordering::SeqCst);
    for number in [13, 6] {
        append(store, number).await;
    }
    readers.catch_up().await.unwrap();
    assert!(readers.resume("ledger", true).await.unwrap());
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2, 13, 4, 6], "skipped");
}

async fn an_event_of_a_newer_program_parks(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    append(store, 1).await;
    db.raw("UPDATE events SET kind = 'from_the_future'").await.unwrap();
    let readers = Readers::new(store.clone(), vec![Arc::new(Ledger::default())], vec![]);
    readers.catch_up().await.unwrap();
    let status = readers.status().await.unwrap();
    assert!(matches!(&status[0].state, ReaderState::Parked(why) if why.contains("from_the_future")), "{status:?}");
}

async fn two_processes_share_one_reader(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    for store in [store.clone(), db.another().await.unwrap()] {
        let (readers, stop) = (Readers::new(store, vec![Arc::new(Ledger::default())], vec![]), stop.clone());
        running.spawn(async move { readers.run(stop).await });
    }
    for number in 100..200 {
        append(store, number).await;
    }
    eventually("all were read", async || ledger(store).await.len() >= 100).await;
    stop.cancel();
    while running.join_next().await.is_some() {}
    assert_eq!(ledger(store).await, (100..200).collect::<Vec<_>>());
}

async fn a_following_reader_wakes(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let stop = CancellationToken::new();
    let readers = Readers::new(store.clone(), vec![Arc::new(Ledger::default())], vec![]);
    let following = tokio::spawn({
        let (readers, stop) = (readers.clone(), stop.clone());
        async move { readers.run(stop).await }
    });
    // The other store shares no memory with the first: on PostgreSQL the server rings, on SQLite the reader looks.
    let other = db.another().await.unwrap();
    for (number, writer) in [(1, store), (2, &other), (3, store), (4, &other)] {
        append(writer, number).await;
        eventually("the event was read", async || ledger(store).await.len() == number as usize).await;
    }
    stop.cancel();
    following.await.unwrap();
}

#[derive(Default)]
struct Local(Mutex<(Position, Vec<i64>, usize)>);

#[async_trait]
impl LocalReader for Local {
    fn name(&self) -> &'static str {
        "local"
    }
    async fn position(&self) -> Result<Position, ReaderError> {
        Ok(self.0.lock().unwrap().0)
    }
    async fn apply(&self, events: &[Recorded]) -> Result<(), ReaderError> {
        if numbers(events).contains(&13) {
            return Err(ReaderError::Poison("thirteen".into()));
        }
        let mut state = self.0.lock().unwrap();
        state.1.extend(numbers(events));
        state.0 = events.last().map_or(state.0, |e| e.position);
        Ok(())
    }
    async fn reset(&self) -> Result<(), ReaderError> {
        let resets = self.0.lock().unwrap().2;
        *self.0.lock().unwrap() = (Position::START, Vec::new(), resets + 1);
        Ok(())
    }
}

async fn a_local_reader_from_another_log_starts_over(db: TestDb) {
    append(db.store(), 1).await;
    let local = Arc::new(Local::default());
    *local.0.lock().unwrap() = (Position { epoch: 0, seq: 77 }, vec![5, 6], 0);
    let readers = Readers::new(db.store().clone(), vec![], vec![local.clone()]);
    readers.catch_up().await.unwrap();
    let state = local.0.lock().unwrap();
    assert_eq!((state.1.as_slice(), state.2), (&[1][..], 1));
}

/// Keeps when its last event was recorded, too.
struct Stamped(Local, Mutex<Option<Timestamp>>);

#[async_trait]
impl LocalReader for Stamped {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    async fn position(&self) -> Result<Position, ReaderError> {
        self.0.position().await
    }
    async fn stamp(&self) -> Result<Option<Timestamp>, ReaderError> {
        Ok(*self.1.lock().unwrap())
    }
    async fn apply(&self, events: &[Recorded]) -> Result<(), ReaderError> {
        *self.1.lock().unwrap() = events.last().map(|e| e.at);
        self.0.apply(events).await
    }
    async fn reset(&self) -> Result<(), ReaderError> {
        self.0.reset().await
    }
}

async fn a_local_reader_of_a_log_put_back_starts_over(db: TestDb) {
    append(db.store(), 1).await;
    append(db.store(), 2).await;
    let local = Arc::new(Stamped(Local::default(), Mutex::default()));
    let readers = || Readers::new(db.store().clone(), vec![], vec![local.clone()]);
    assert_eq!(readers().behind(), ["local"]);
    let first = readers();
    first.catch_up().await.unwrap();
    assert!(first.behind().is_empty());
    readers().catch_up().await.unwrap();
    assert_eq!(local.0.0.lock().unwrap().2, 0, "the same log is not read again");
    // A backup of before the second event is put back, and something else happens then: other event, same position.
    db.raw("UPDATE events SET at = at + 5, payload = '{\"number\":3}' WHERE seq = 2").await.unwrap();
    readers().catch_up().await.unwrap();
    let state = local.0.0.lock().unwrap();
    assert_eq!((state.1.as_slice(), state.2), (&[1, 3][..], 1));
}

async fn a_local_reader_parks_and_skips(db: TestDb) {
    for number in [1, 2, 13, 4] {
        append(db.store(), number).await;
    }
    let local = Arc::new(Local::default());
    let readers = Readers::new(db.store().clone(), vec![], vec![local.clone()]);
    readers.catch_up().await.unwrap();
    assert_eq!(local.0.lock().unwrap().1, [1, 2]);
    let status = readers.status().await.unwrap();
    assert!(matches!(&status[0].state, ReaderState::Parked(why) if why.contains("thirteen")), "{status:?}");
    assert!(readers.resume("local", true).await.unwrap());
    readers.catch_up().await.unwrap();
    assert_eq!(local.0.lock().unwrap().1, [1, 2, 4]);
    assert_eq!(readers.status().await.unwrap()[0].state, ReaderState::Following);
}

async fn a_restarted_reader_reads_from_the_beginning(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let (reader, local) = (Arc::new(Ledger::default()), Arc::new(Local::default()));
    let readers = Readers::new(store.clone(), vec![reader.clone()], vec![local.clone()]);
    for number in [1, 2, 13, 4] {
        append(store, number).await;
    }
    readers.catch_up().await.unwrap();
    assert!(readers.resume("local", true).await.unwrap());
    readers.catch_up().await.unwrap();
    assert_eq!(local.0.lock().unwrap().1, [1, 2, 4]);

    assert!(readers.restart("ledger").await.unwrap(), "a parked reader can be restarted");
    assert!(ledger(store).await.is_empty(), "what it derived is gone");
    assert!(readers.restart("local").await.unwrap());
    assert_eq!(local.0.lock().unwrap().2, 1);
    for status in readers.status().await.unwrap() {
        assert_eq!((status.position, status.lag), (Position::START, 4), "{status:?}");
        assert_eq!(status.state, ReaderState::Following, "{status:?}");
    }
    assert!(!readers.restart("nobody").await.unwrap());

    reader.brave.store(true, Ordering::SeqCst);
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(store).await, [1, 2, 13, 4]);
    assert_eq!(local.0.lock().unwrap().1, [1, 2], "a restart forgets what was to be skipped");
}

async fn lag_is_told_in_events_and_in_time(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLE]).await.unwrap();
    let readers = Readers::new(store.clone(), vec![Arc::new(Ledger::default())], vec![Arc::new(Local::default())]);
    append(store, 1).await;
    readers.catch_up().await.unwrap();
    let first = store.now();
    append(store, 2).await;
    db.clock().advance(Duration::from_secs(60));
    append(store, 3).await;
    let lags = async || {
        let all = readers.status().await.unwrap();
        all.into_iter().map(|s| (s.name, s.local, s.lag, s.since)).collect::<Vec<_>>()
    };
    assert_eq!(lags().await, [("ledger", false, 2, Some(first)), ("local", true, 2, Some(first))]);
    readers.catch_up().await.unwrap();
    assert_eq!(lags().await, [("ledger", false, 0, None), ("local", true, 0, None)]);
}

async fn columns_of_all_types_read_back(db: TestDb) {
    let table = Migration {
        feature: "types",
        version: 1,
        name: "types",
        sql: "CREATE TABLE types_row (i INTEGER, b BIGINT, d DOUBLE PRECISION, t TEXT, f BOOLEAN, y BYTES)",
    };
    let store = db.store();
    store.migrate(&[table]).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    let sql = "INSERT INTO types_row (i, b, d, t, f, y) VALUES ($1, $2, $3, $4, $5, $6)";
    let row = params![i32::MIN, i64::MAX, 0.1_f64, "星河\0", true, vec![0_u8, 255]];
    assert_eq!(unit.execute(sql, row).await.unwrap(), 1);
    let nothing = params![None::<i32>, None::<i64>, None::<f64>, None::<String>, None::<bool>, None::<Vec<u8>>];
    unit.execute(sql, nothing).await.unwrap();
    unit.commit().await.unwrap();
    #[derive(FromQueryResult, Debug, PartialEq)]
    struct Row {
        i: Option<i32>,
        b: Option<i64>,
        d: Option<f64>,
        t: Option<String>,
        f: Option<bool>,
        y: Option<Vec<u8>>,
    }
    let rows: Vec<Row> = store.all("SELECT * FROM types_row ORDER BY b IS NULL", vec![]).await.unwrap();
    let full = Row {
        i: Some(i32::MIN),
        b: Some(i64::MAX),
        d: Some(0.1),
        t: Some("星河\u{fffd}".into()),
        f: Some(true),
        y: Some(vec![0, 255]),
    };
    assert_eq!(rows, [full, Row { i: None, b: None, d: None, t: None, f: None, y: None }]);
    let sum = "SELECT CAST(SUM(i) AS BIGINT) AS value FROM types_row";
    assert_eq!(store.number(sql_in(sum, &list(1, 0)).as_str(), vec![]).await.unwrap(), None);
    assert_eq!(store.number(sum, vec![]).await.unwrap(), Some(i64::from(i32::MIN)));
}

fn sql_in(select: &str, list: &str) -> String {
    format!("{select} WHERE i IN ({list})")
}

async fn a_log_from_another_server_goes_on(db: TestDb) {
    if db.store().backend() == Backend::Sqlite {
        return;
    }
    db.store().migrate(&[TABLE]).await.unwrap();
    append(db.store(), 1).await;
    append(db.store(), 2).await;
    let before = Readers::new(db.store().clone(), vec![Arc::new(Ledger::default())], vec![]);
    before.catch_up().await.unwrap();
    append(db.store(), 3).await;
    // As pg_restore leaves it in a young server: numbers that no transaction there has had yet.
    db.raw("UPDATE events SET epoch = epoch + 5000000000; UPDATE readers SET epoch = epoch + 5000000000")
        .await
        .unwrap();
    let store = db.another().await.unwrap();
    append(&store, 4).await;
    let readers = Readers::new(store.clone(), vec![Arc::new(Ledger::default())], vec![]);
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(&store).await, [1, 2, 3, 4]);
    let third = db.another().await.unwrap();
    append(&third, 5).await;
    readers.catch_up().await.unwrap();
    assert_eq!(ledger(&store).await, [1, 2, 3, 4, 5]);
}
