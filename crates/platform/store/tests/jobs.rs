//! Jobs and the timetable, the same contract on both databases.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::{Scripted, enqueue};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use xinghe_store::*;
use xinghe_testkit::{TestDb, eventually, on_both_databases};

on_both_databases!(
    a_job_runs_once_though_many_workers_want_it,
    a_failing_job_waits_longer_each_time_and_ends_dead,
    a_panic_is_a_failed_try,
    a_vanished_workers_job_goes_to_another,
    keys_keep_jobs_unique,
    waiting_and_running_jobs_are_cancelled,
    a_stopped_process_gives_its_jobs_back,
    a_heartbeat_does_not_wait_for_the_job,
    a_schedule_is_caught_up_once,
    a_clock_that_went_back_strands_nothing,
    ended_jobs_are_forgotten,
    a_dead_letter_is_put_aside_and_can_come_back,
    jobs_are_counted_and_listed_by_kind_and_state,
);

fn ok(_: usize) -> Result<(), JobError> {
    Ok(())
}

fn workers(store: &Store, handler: Arc<dyn JobHandler>) -> Workers {
    Workers::new(store.clone(), vec![handler], vec![])
}

async fn a_job_runs_once_though_many_workers_want_it(db: TestDb) {
    for n in 0..60 {
        enqueue(db.store(), &JobRequest::new("x", &n)).await;
    }
    let handler = Scripted::new("x", ok);
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    for store in [db.store().clone(), db.another().await.unwrap()] {
        let (workers, stop) = (workers(&store, handler.clone()), stop.clone());
        running.spawn(async move { workers.run(3, stop).await });
    }
    let jobs = Jobs::new(db.store().clone());
    eventually("all are done", async || jobs.counts().await.unwrap() == [(JobState::Done, 60)]).await;
    // Queued while all workers sleep: the commit wakes one.
    let late = enqueue(db.store(), &JobRequest::new("x", &0)).await.unwrap();
    eventually("the late one is done", async || jobs.get(late).await.unwrap().unwrap().state == JobState::Done).await;
    stop.cancel();
    while running.join_next().await.is_some() {}
    assert_eq!(handler.tries(), vec![1; 61]);
}

async fn a_failing_job_waits_longer_each_time_and_ends_dead(db: TestDb) {
    let store = db.store();
    let handler = Scripted::new("x", |_| Err(JobError::Retry("no luck".into())));
    let workers = workers(store, handler.clone());
    let id = enqueue(store, &JobRequest { max_attempts: 3, ..JobRequest::new("x", &()) }).await.unwrap();
    let jobs = Jobs::new(store.clone());
    let mut waits = Vec::new();
    for attempt in 1..=3 {
        assert_eq!(workers.drain().await.unwrap(), 1);
        assert_eq!(workers.drain().await.unwrap(), 0, "not before its time");
        let view = jobs.get(id).await.unwrap().unwrap();
        assert_eq!((view.attempts, view.error.as_deref()), (attempt, Some("no luck")));
        let wait = view.run_at.as_millis() - store.now().as_millis();
        waits.push(wait);
        db.clock().advance(Duration::from_millis(wait.unsigned_abs()));
    }
    assert!((2_500..=5_000).contains(&waits[0]) && (5_000..=10_000).contains(&waits[1]), "{waits:?}");
    assert_eq!(jobs.get(id).await.unwrap().unwrap().state, JobState::Dead);
    db.clock().advance(Duration::from_secs(86_400));
    assert_eq!(workers.drain().await.unwrap(), 0, "a dead letter stays where it is");
    assert!(jobs.retry(id).await.unwrap());
    assert_eq!(workers.drain().await.unwrap(), 1);
    assert_eq!(handler.tries(), [1, 2, 3, 1]);

    let fatal = Scripted::new("y", |_| Err(JobError::Fatal("never".into())));
    let id = enqueue(store, &JobRequest::new("y", &())).await.unwrap();
    self::workers(store, fatal).drain().await.unwrap();
    assert_eq!(jobs.get(id).await.unwrap().unwrap().state, JobState::Dead);
}

async fn a_panic_is_a_failed_try(db: TestDb) {
    let handler = Scripted::new("x", |count| if count == 1 { panic!("oh") } else { Ok(()) });
    let workers = workers(db.store(), handler);
    let id = enqueue(db.store(), &JobRequest::new("x", &())).await.unwrap();
    assert_eq!(workers.drain().await.unwrap(), 1);
    let view = Jobs::new(db.store().clone()).get(id).await.unwrap().unwrap();
    assert_eq!(view.state, JobState::Queued);
    assert!(view.error.unwrap().contains("panicked: oh"));
    db.clock().advance(Duration::from_secs(10));
    assert_eq!(workers.drain().await.unwrap(), 1);
}

/// Runs until it is told to stop, or for ever.
struct Stuck {
    obedient: bool,
    started: Notify,
}

impl Stuck {
    fn new(obedient: bool) -> Arc<Self> {
        Arc::new(Self { obedient, started: Notify::new() })
    }
}

#[async_trait]
impl JobHandler for Stuck {
    fn kind(&self) -> &'static str {
        "x"
    }
    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        self.started.notify_one();
        job.cancelled.cancelled().await;
        if !self.obedient {
            std::future::pending::<()>().await;
        }
        Err(JobError::Cancelled)
    }
}

/// A worker that takes a job and vanishes with it.
async fn vanish(store: &Store) {
    let stuck = Stuck::new(false);
    let workers = workers(store, stuck.clone());
    let task = tokio::spawn(async move { workers.drain().await });
    stuck.started.notified().await;
    task.abort();
    let _ = task.await;
}

async fn a_vanished_workers_job_goes_to_another(db: TestDb) {
    let store = db.store();
    let id = enqueue(store, &JobRequest { max_attempts: 2, ..JobRequest::new("x", &()) }).await.unwrap();
    let doomed =
        enqueue(store, &JobRequest { max_attempts: 1, priority: 1, ..JobRequest::new("x", &()) }).await.unwrap();
    vanish(store).await;
    vanish(store).await;
    let handler = Scripted::new("x", ok);
    let workers = workers(store, handler.clone());
    db.clock().advance(Duration::from_secs(59));
    assert_eq!(workers.drain().await.unwrap(), 0, "its lease is not over");
    db.clock().advance(Duration::from_secs(2));
    assert_eq!(workers.drain().await.unwrap(), 1);
    assert_eq!(handler.tries(), [2]);
    let jobs = Jobs::new(store.clone());
    assert_eq!(jobs.get(id).await.unwrap().unwrap().state, JobState::Done);
    let doomed = jobs.get(doomed).await.unwrap().unwrap();
    assert_eq!(doomed.state, JobState::Dead, "a job that kills its workers is not tried for ever");
    assert!(doomed.error.unwrap().contains("vanished"));
}

async fn keys_keep_jobs_unique(db: TestDb) {
    let store = db.store();
    let active = JobRequest::new("x", &1).unique(Unique::WhileActive("k".into()));
    let ever = JobRequest::new("x", &2).unique(Unique::Ever("e".into()));
    let first = enqueue(store, &active).await.unwrap();
    assert!(enqueue(store, &active).await.is_none());
    assert!(enqueue(store, &ever).await.is_some());
    let fail_first = Scripted::new("x", |n| if n == 1 { Err(JobError::Fatal("bad".into())) } else { Ok(()) });
    assert_eq!(workers(store, fail_first).drain().await.unwrap(), 2);
    assert!(enqueue(store, &active).await.is_some(), "no longer active");
    assert!(enqueue(store, &ever).await.is_none(), "once is for ever");
    let jobs = Jobs::new(store.clone());
    assert!(!jobs.retry(first).await.unwrap(), "one with its key is active");
    let far = store.now().plus_millis(86_400_000);
    jobs.prune(far).await.unwrap();
    assert!(enqueue(store, &ever).await.is_none(), "pruning forgets no key that is for ever");
}

async fn waiting_and_running_jobs_are_cancelled(db: TestDb) {
    let store = db.store();
    let jobs = Jobs::new(store.clone());
    let waiting = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    assert!(jobs.cancel(waiting).await.unwrap());
    assert!(!jobs.cancel(waiting).await.unwrap());
    let running = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    let stuck = Stuck::new(true);
    let workers = workers(store, stuck.clone()).with_lease(Duration::from_millis(400));
    let task = tokio::spawn(async move { workers.drain().await });
    stuck.started.notified().await;
    assert!(jobs.cancel(running).await.unwrap());
    task.await.unwrap().unwrap();
    for id in [waiting, running] {
        assert_eq!(jobs.get(id).await.unwrap().unwrap().state, JobState::Cancelled);
    }
}

async fn a_stopped_process_gives_its_jobs_back(db: TestDb) {
    let store = db.store();
    let id = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    let stuck = Stuck::new(true);
    let (stop, workers) = (CancellationToken::new(), workers(store, stuck.clone()));
    let task = tokio::spawn({
        let stop = stop.clone();
        async move { workers.run(1, stop).await }
    });
    stuck.started.notified().await;
    stop.cancel();
    task.await.unwrap();
    let view = Jobs::new(store.clone()).get(id).await.unwrap().unwrap();
    assert_eq!((view.state, view.attempts), (JobState::Queued, 0));
}

/// Holds a unit of work for several heartbeats.
struct Holder(Store, Duration);

#[async_trait]
impl JobHandler for Holder {
    fn kind(&self) -> &'static str {
        "x"
    }
    async fn run(&self, _: &JobRun) -> Result<(), JobError> {
        let unit = self.0.begin().await?;
        // Real time, since the heartbeat runs by it: it must not stop this from being polled.
        tokio::time::sleep(self.1).await;
        unit.commit().await?;
        Ok(())
    }
}

async fn a_heartbeat_does_not_wait_for_the_job(db: TestDb) {
    let store = db.store().clone();
    enqueue(&store, &JobRequest::new("x", &())).await;
    let lease = Duration::from_millis(200);
    let workers = workers(&store, Arc::new(Holder(store.clone(), lease))).with_lease(lease);
    let done = tokio::time::timeout(Duration::from_secs(20), workers.drain()).await;
    assert_eq!(done.expect("no deadlock").unwrap(), 1);
}

async fn a_schedule_is_caught_up_once(db: TestDb) {
    let schedule = Schedule { name: "nightly", cron: "0 3 * * *", job: "x" };
    let handler = Scripted::new("x", ok);
    let of = |store: &Store| Workers::new(store.clone(), vec![handler.clone()], vec![schedule.clone()]);
    let all = [of(db.store()), of(&db.another().await.unwrap())];
    let jobs = Jobs::new(db.store().clone());
    let tick = async || {
        let (a, b) = tokio::join!(all[0].tick(), all[1].tick());
        a.unwrap();
        b.unwrap();
    };
    tick().await;
    assert!(jobs.recent(None, 9).await.unwrap().is_empty(), "not due yet");
    db.clock().advance(Duration::from_secs(5 * 86_400));
    tick().await;
    tick().await;
    assert_eq!(jobs.recent(None, 9).await.unwrap().len(), 1, "five nights are caught up once, by one process");
    db.clock().advance(Duration::from_secs(86_400));
    tick().await;
    assert_eq!(jobs.recent(None, 9).await.unwrap().len(), 1, "the earlier one still waits");
    assert_eq!(all[0].drain().await.unwrap(), 1);
    db.clock().advance(Duration::from_secs(86_400));
    tick().await;
    assert_eq!(all[0].drain().await.unwrap(), 1);
}

async fn a_clock_that_went_back_strands_nothing(db: TestDb) {
    let schedule = Schedule { name: "hourly", cron: "0 * * * *", job: "x" };
    let start = db.store().now();
    let handler = Scripted::new("x", ok);
    let workers = Workers::new(db.store().clone(), vec![handler.clone()], vec![schedule]);
    db.clock().set(start.plus_millis(30 * 86_400_000));
    workers.tick().await.unwrap();
    enqueue(db.store(), &JobRequest::new("x", &())).await;
    vanish(db.store()).await;
    db.clock().set(start);
    workers.tick().await.unwrap();
    db.clock().advance(Duration::from_secs(3_601));
    workers.tick().await.unwrap();
    assert_eq!(workers.drain().await.unwrap(), 2, "the scheduled one and the abandoned one");
}

async fn ended_jobs_are_forgotten(db: TestDb) {
    let store = db.store();
    let done = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    workers(store, Scripted::new("x", ok)).drain().await.unwrap();
    let dead = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    workers(store, Scripted::new("x", |_| Err(JobError::Fatal("no".into())))).drain().await.unwrap();
    let jobs = Jobs::new(store.clone());
    assert_eq!(jobs.prune(store.now()).await.unwrap(), 0, "nothing is older");
    assert_eq!(jobs.prune(store.now().plus_millis(1)).await.unwrap(), 1);
    assert!(jobs.get(done).await.unwrap().is_none());
    assert_eq!(jobs.get(dead).await.unwrap().unwrap().state, JobState::Dead);
}

async fn a_dead_letter_is_put_aside_and_can_come_back(db: TestDb) {
    let store = db.store();
    let once = JobRequest::new("x", &()).unique(Unique::Ever("e".into()));
    let id = enqueue(store, &once).await.unwrap();
    let jobs = Jobs::new(store.clone());
    assert!(!jobs.discard(id).await.unwrap(), "it is no dead letter yet");
    let handler = Scripted::new("x", |n| if n == 1 { Err(JobError::Fatal("no".into())) } else { Ok(()) });
    let workers = workers(store, handler.clone());
    workers.drain().await.unwrap();
    assert!(jobs.discard(id).await.unwrap());
    assert!(!jobs.discard(id).await.unwrap());
    let view = jobs.get(id).await.unwrap().unwrap();
    assert_eq!((view.state, view.error.as_deref()), (JobState::Cancelled, Some("no")));
    assert!(enqueue(store, &once).await.is_none(), "its key is kept");
    assert!(jobs.retry(id).await.unwrap());
    assert_eq!(workers.drain().await.unwrap(), 1);
    assert_eq!(jobs.get(id).await.unwrap().unwrap().state, JobState::Done);
    assert_eq!(handler.tries(), [1, 1]);
}

async fn jobs_are_counted_and_listed_by_kind_and_state(db: TestDb) {
    let store = db.store();
    let first = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    let second = enqueue(store, &JobRequest::new("y", &())).await.unwrap();
    let third = enqueue(store, &JobRequest::new("x", &())).await.unwrap();
    let jobs = Jobs::new(store.clone());
    jobs.cancel(first).await.unwrap();
    let queues: Vec<_> = jobs.queues().await.unwrap().into_iter().map(|q| (q.kind, q.state, q.count)).collect();
    let expected = [("x", JobState::Cancelled, 1), ("x", JobState::Queued, 1), ("y", JobState::Queued, 1)]
        .map(|(kind, s, n)| (kind.to_owned(), s, n));
    assert_eq!(queues, expected);

    let listed = async |list: JobList| jobs.list(&list).await.unwrap().into_iter().map(|j| j.id).collect::<Vec<_>>();
    let all = JobList { limit: 9, ..JobList::default() };
    assert_eq!(listed(all.clone()).await, [third, second, first], "newest first");
    assert_eq!(listed(JobList { limit: 1, before: Some(third), ..all.clone() }).await, [second]);
    assert_eq!(listed(JobList { kind: Some("x".into()), ..all.clone() }).await, [third, first]);
    assert_eq!(listed(JobList { state: Some(JobState::Queued), ..all }).await, [third, second]);

    assert!(jobs.due().await.unwrap().is_empty());
    let schedule = Schedule { name: "nightly", cron: "0 3 * * *", job: "x" };
    let workers = Workers::new(store.clone(), vec![Scripted::new("x", ok)], vec![schedule]);
    workers.tick().await.unwrap();
    let due = jobs.due().await.unwrap();
    assert!(due["nightly"] > store.now(), "{due:?}");
    assert_eq!(workers.schedules().len(), 1);
}
