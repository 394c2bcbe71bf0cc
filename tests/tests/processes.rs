//! Several processes on one database, of which one is killed in the middle: nothing is lost, nothing happens twice.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use xinghe_core::event::Event;
use xinghe_store::{FromQueryResult, JobRequest, JobState, Jobs, Migration, Queries, Store};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_tests::{DATABASE_VARIABLE, POINT_VARIABLE, Point, WORK};

/// Only the keys are unique: if something happened twice, it shows.
const TABLES: Migration = Migration {
    feature: "trial",
    version: 1,
    name: "what happened",
    sql: "CREATE TABLE trial_tally (place BIGINT NOT NULL, number BIGINT NOT NULL);\
          CREATE TABLE trial_runs (number BIGINT NOT NULL);\
          CREATE TABLE trial_keys (number BIGINT PRIMARY KEY);\
          CREATE TABLE trial_effects (number BIGINT NOT NULL)",
};

/// Jobs, and with each the event of its effect: numbers from 0.
const JOBS: i64 = 40;
/// Events without a job: numbers from 1000. More than a reader takes at once, so that a kill meets a second batch.
const EVENTS: i64 = 700;

/// A node of the product, as far as log and jobs go.
struct Process {
    child: Child,
    orders: ChildStdin,
    words: Lines<BufReader<ChildStdout>>,
}

impl Process {
    async fn start(db: &TestDb, point: Point) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_process"))
            .env(DATABASE_VARIABLE, &db.settings().url)
            .env(POINT_VARIABLE, point.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the process starts");
        let orders = child.stdin.take().expect("a pipe");
        let words = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut process = Self { child, orders, words };
        process.order(&format!("clock {}", db.store().now().as_millis())).await;
        process.hears("ready").await;
        process
    }

    async fn order(&mut self, line: &str) {
        self.orders.write_all(format!("{line}\n").as_bytes()).await.expect("the process listens");
    }

    /// Waits for the next word, which must be this one.
    async fn hears(&mut self, word: &str) {
        let line = tokio::time::timeout(Duration::from_secs(60), self.words.next_line()).await;
        assert_eq!(line.expect("a word in time").expect("a readable word").as_deref(), Some(word));
    }

    /// SIGKILL: no destructor runs, no connection is closed in good order.
    async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// Standard input ends, and with it the process.
    async fn end(mut self) {
        drop(self.orders);
        assert!(self.child.wait().await.expect("it ends").success());
    }
}

async fn numbers(store: &Store, sql: &str) -> Vec<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        number: i64,
    }
    let rows: Vec<Row> = store.all(sql, vec![]).await.expect("rows");
    rows.into_iter().map(|r| r.number).collect()
}

async fn effects(store: &Store) -> Vec<i64> {
    numbers(store, "SELECT number FROM trial_effects ORDER BY number").await
}

/// Every number of the log, in the order of the log.
async fn logged(db: &TestDb) -> Vec<i64> {
    let number = |e: &Event| if let Event::Probe { number } = e { Some(*number) } else { None };
    db.events().await.iter().filter_map(|e| number(&e.event)).collect()
}

/// Kills one process at `point` while another works on the same database, lets that one finish, and looks whether
/// each event was counted once, in order, and each effect happened once.
async fn survive(db: &TestDb, point: Point) {
    let store = db.store();
    store.migrate(&[TABLES]).await.expect("the tables are made");
    let mut unit = store.begin().await.expect("a unit of work");
    for number in 0..JOBS {
        unit.enqueue(&JobRequest::new(WORK, &number)).await.expect("queued");
    }
    for number in 1_000..1_000 + EVENTS {
        unit.append(None, &Event::Probe { number }).await.expect("appended");
    }
    unit.commit().await.expect("committed");

    // Both are there before one begins: on SQLite a process cannot open the database while another holds its lock.
    let mut other = Process::start(db, Point::Never).await;
    let mut doomed = Process::start(db, point).await;
    doomed.order("begin").await;
    doomed.hears("stopped").await;
    // The second process meets what the first holds: its cursor, its lease, on SQLite its lock.
    other.order("begin").await;
    doomed.kill().await;
    db.clock().advance(Duration::from_secs(61));
    other.order(&format!("clock {}", store.now().as_millis())).await;
    other.order("settle").await;
    other.hears("settled").await;
    other.end().await;

    let log = logged(db).await;
    let mut sorted = log.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..JOBS).chain(1_000..1_000 + EVENTS).collect::<Vec<_>>(), "each event stands in the log once");
    let tally = numbers(store, "SELECT number FROM trial_tally ORDER BY place").await;
    assert_eq!(tally, log, "the reader counted each event once");
    assert_eq!(effects(store).await, (0..JOBS).collect::<Vec<_>>(), "each effect happened once");
    let jobs = Jobs::new(store.clone());
    assert_eq!(jobs.counts().await.expect("counted"), [(JobState::Done, JOBS * 2)]);
    let worked = numbers(store, "SELECT number FROM trial_runs ORDER BY number").await;
    let mut again = worked.clone();
    again.dedup();
    assert_eq!(again, (0..JOBS).collect::<Vec<_>>(), "no job was left out");
    if let Point::BeforeCommit(number) | Point::AfterCommit(number) = point {
        let times = worked.iter().filter(|n| **n == number).count();
        assert_eq!(times, 2, "the killed process had begun the job, the other did it again");
    }
}

async fn killed_while_reading(db: TestDb) {
    survive(&db, Point::Reading(1_000 + 600)).await;
}

async fn killed_before_its_effect_is_committed(db: TestDb) {
    survive(&db, Point::BeforeCommit(17)).await;
}

async fn killed_after_its_effect_is_committed(db: TestDb) {
    survive(&db, Point::AfterCommit(17)).await;
}

/// Two processes for the whole time, and no kill: they share the work without doing any of it twice.
async fn two_share_the_work(db: TestDb) {
    let store = db.store();
    store.migrate(&[TABLES]).await.expect("the tables are made");
    let mut both = [Process::start(&db, Point::Never).await, Process::start(&db, Point::Never).await];
    for process in &mut both {
        process.order("begin").await;
    }
    for number in 0..JOBS {
        let mut unit = store.begin().await.expect("a unit of work");
        unit.enqueue(&JobRequest::new(WORK, &number)).await.expect("queued");
        unit.append(None, &Event::Probe { number: 1_000 + number }).await.expect("appended");
        unit.commit().await.expect("committed");
    }
    for process in &mut both {
        process.order("settle").await;
    }
    // The first to be settled may have left to the second what that one had leased.
    for process in &mut both {
        process.hears("settled").await;
    }
    for process in both {
        process.end().await;
    }
    let mut last = Process::start(&db, Point::Never).await;
    last.order("settle").await;
    last.hears("settled").await;
    last.end().await;
    assert_eq!(effects(store).await, (0..JOBS).collect::<Vec<_>>());
    let tally = numbers(store, "SELECT number FROM trial_tally ORDER BY place").await;
    assert_eq!(tally, logged(&db).await);
    assert_eq!(tally.len() as i64, JOBS * 2);
}

on_both_databases!(
    killed_while_reading,
    killed_before_its_effect_is_committed,
    killed_after_its_effect_is_committed,
    two_share_the_work,
);
