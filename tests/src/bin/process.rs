//! One process of several on one database, for `tests/processes.rs`: it follows the log and does jobs as a node does,
//! and stops in the middle of what it is told to, so that it can be killed there.
//!
//! It reads its database and its point from the environment, orders from standard input (`clock MILLIS`, `begin`, `settle`),
//! and says on standard output what it has come to (`ready`, `stopped`, `settled`).

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use xinghe_core::event::{Event, Recorded};
use xinghe_core::time::{Clock, Timestamp};
use xinghe_store::{
    EventReader, JobError, JobHandler, JobRequest, JobRun, ReaderError, Readers, Store, StoreError, StoreSettings,
    SystemRandom, Unique, UnitOfWork, Workers, params,
};
use xinghe_tests::{DATABASE_VARIABLE, EFFECT, POINT_VARIABLE, Point, TALLY, WORK};

/// Stands still until it is told another moment, so that leases end when the test says so.
struct ToldClock(AtomicI64);

impl Clock for ToldClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever no longer listens has ended the test.
    let _ = writeln!(out, "{word}").and_then(|()| out.flush());
}

/// Says that the point is reached and stays there, with everything it holds, until the process is killed.
async fn stay() {
    say("stopped");
    std::future::pending::<()>().await;
}

/// Writes down each number that it reads.
struct Tally(Point);

#[async_trait]
impl EventReader for Tally {
    fn name(&self) -> &'static str {
        TALLY
    }
    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let sql = "INSERT INTO trial_tally (place, number) SELECT COUNT(*), CAST($1 AS BIGINT) FROM trial_tally";
        for event in events {
            let Event::Probe { number } = event.event else { continue };
            unit.execute(sql, params![number]).await?;
            if self.0 == Point::Reading(number) {
                stay().await;
            }
        }
        Ok(())
    }
    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        unit.execute("DELETE FROM trial_tally", vec![]).await?;
        Ok(())
    }
}

/// Causes an effect, by an event and another job, under the idempotency key of its number.
struct Work {
    store: Store,
    point: Point,
}

/// Kept whatever becomes of the run: how often a job was begun.
async fn note_run(store: &Store, number: i64) -> Result<(), StoreError> {
    let mut unit = store.begin().await?;
    unit.execute("INSERT INTO trial_runs (number) VALUES ($1)", params![number]).await?;
    unit.commit().await
}

#[async_trait]
impl JobHandler for Work {
    fn kind(&self) -> &'static str {
        WORK
    }
    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let number: i64 = job.payload()?;
        note_run(&self.store, number).await?;
        let mut unit = self.store.begin().await?;
        let effect = JobRequest::new(EFFECT, &number).unique(Unique::Ever(format!("effect-{number}")));
        if unit.enqueue(&effect).await?.is_some() {
            unit.append(None, &Event::Probe { number }).await?;
        }
        if self.point == Point::BeforeCommit(number) {
            stay().await;
        }
        unit.commit().await?;
        if self.point == Point::AfterCommit(number) {
            stay().await;
        }
        Ok(())
    }
}

/// The effect itself. A process may be killed after it and before the job's end is written down; that it does not
/// happen again is for the idempotency key, which is taken in the same transaction.
struct Effect(Store);

#[async_trait]
impl JobHandler for Effect {
    fn kind(&self) -> &'static str {
        EFFECT
    }
    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let number: i64 = job.payload()?;
        let mut unit = self.0.begin().await?;
        let key = "INSERT INTO trial_keys (number) VALUES ($1) ON CONFLICT (number) DO NOTHING";
        if unit.execute(key, params![number]).await? == 1 {
            unit.execute("INSERT INTO trial_effects (number) VALUES ($1)", params![number]).await?;
        }
        unit.commit().await?;
        Ok(())
    }
}

/// The lines of standard input; the channel closes where it ends.
fn orders() -> mpsc::UnboundedReceiver<String> {
    let (sender, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    orders
}

async fn live() -> Result<(), Box<dyn std::error::Error>> {
    let settings = StoreSettings::url(std::env::var(DATABASE_VARIABLE)?);
    let point: Point = std::env::var(POINT_VARIABLE)?.parse()?;
    let mut orders = orders();
    let told = |line: &str| line.strip_prefix("clock ").and_then(|n| n.parse().ok());
    let first = orders.recv().await.as_deref().and_then(told).ok_or("the first order sets the clock")?;
    let clock = Arc::new(ToldClock(AtomicI64::new(first)));
    let store = Store::open(&settings, clock.clone(), Arc::new(SystemRandom)).await?;
    let readers = Readers::new(store.clone(), vec![Arc::new(Tally(point))], vec![]);
    let work = Work { store: store.clone(), point };
    let workers = Workers::new(store.clone(), vec![Arc::new(work), Arc::new(Effect(store.clone()))], vec![]);
    say("ready");
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    while let Some(line) = orders.recv().await {
        if let Some(now) = told(&line) {
            clock.0.store(now, Ordering::SeqCst);
        } else if line == "begin" {
            let (readers, token) = (readers.clone(), stop.clone());
            running.spawn(async move { readers.run(token).await });
            let (workers, token) = (workers.clone(), stop.clone());
            running.spawn(async move { workers.run(2, token).await });
        } else if line == "settle" {
            stop.cancel();
            while running.join_next().await.is_some() {}
            while workers.drain().await? > 0 {}
            readers.catch_up().await?;
            say("settled");
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the test shows it")]
fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(live())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
