//! Workers take jobs, and keep the timetable.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::StoreError;
use crate::jobs::{JobError, JobHandler, Schedule};
use crate::lease::{self, Beat, JobRun, LEASE};
use crate::steering::Jobs;
use crate::store::Store;
use crate::timetable;

/// How long a worker sleeps at most before it looks again for jobs that came due or that another process queued.
const POLL: Duration = Duration::from_millis(1_000);
/// How often the timetable is looked at.
const TICK: Duration = Duration::from_secs(15);
/// How long ended jobs are kept to be looked at.
const KEPT_DAYS: i64 = 7;

/// Does the jobs of all features.
#[derive(Clone)]
pub struct Workers {
    store: Store,
    handlers: Arc<HashMap<&'static str, Arc<dyn JobHandler>>>,
    schedules: Arc<[Schedule]>,
    lease: Duration,
}

impl Workers {
    /// Workers for these handlers and schedules.
    pub fn new(store: Store, handlers: Vec<Arc<dyn JobHandler>>, schedules: Vec<Schedule>) -> Self {
        let handlers = handlers.into_iter().map(|h| (h.kind(), h)).collect();
        Self { store, handlers: Arc::new(handlers), schedules: schedules.into(), lease: LEASE }
    }

    /// With another time after which a silent worker's job goes to somebody else (a minute, if not told).
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// The timetable that is kept.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// Works with `parallel` jobs at a time until stopped; then running jobs are asked to stop, given back and waited
    /// for.
    pub async fn run(&self, parallel: usize, stop: CancellationToken) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..parallel.max(1) {
            let (this, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move { this.work(&stop).await });
        }
        let (this, timetable_stop) = (self.clone(), stop.clone());
        tasks.spawn(async move { this.keep_timetable(&timetable_stop).await });
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker broke");
            }
        }
    }

    /// Does every job that is due now, one after another; answers how many. For tests and commands.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let stop = CancellationToken::new();
        let mut count = 0;
        while self.one(&stop).await? {
            count += 1;
        }
        Ok(count)
    }

    async fn work(&self, stop: &CancellationToken) {
        let mut woken = self.store.watch_jobs();
        while !stop.is_cancelled() {
            woken.mark_unchanged();
            match self.one(stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot look for jobs");
                    let _ = timeout(POLL, stop.cancelled()).await;
                    continue;
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(POLL) => {}
                changed = woken.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn one(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let kinds: Vec<&'static str> = self.handlers.keys().copied().collect();
        let Some(run) = lease::claim(&self.store, &kinds, self.lease).await? else { return Ok(false) };
        let Some(handler) = self.handlers.get(run.kind.as_str()) else { return Ok(false) };
        self.attend(handler.as_ref(), run, stop).await?;
        Ok(true)
    }

    /// Runs a job with its heartbeat beside it.
    async fn attend(&self, handler: &dyn JobHandler, run: JobRun, stop: &CancellationToken) -> Result<(), StoreError> {
        let started = std::time::Instant::now();
        let outcome = {
            let work = AssertUnwindSafe(handler.run(&run)).catch_unwind();
            // Polled beside the work, never instead of it: the work may hold what the heartbeat waits for.
            let alive = keep_alive(&run);
            tokio::pin!(work, alive);
            loop {
                tokio::select! {
                    outcome = &mut work => break outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))),
                    () = stop.cancelled(), if !run.cancelled.is_cancelled() => run.cancelled.cancel(),
                    never = &mut alive => match never {},
                }
            }
        };
        metrics::histogram!("xinghe_job_seconds", "kind" => run.kind.clone()).record(started.elapsed().as_secs_f64());
        let given_back = matches!(&outcome, Err(JobError::Cancelled)) && stop.is_cancelled();
        if let (Err(error), false) = (&outcome, given_back) {
            tracing::warn!(job = %run.id, kind = run.kind, attempt = run.attempt, %error, "job failed");
        }
        // A database that is gone for a moment must not make a job that was done run again.
        let mut pause = Duration::from_millis(100);
        loop {
            let written = if given_back { run.release().await } else { run.finish(&outcome).await };
            match written {
                Err(error) if error.is_transient() && pause < self.lease => {
                    tracing::warn!(job = %run.id, %error, "cannot write down how a job ended; trying again");
                    sleep(pause).await;
                    pause *= 2;
                }
                other => return other,
            }
        }
    }

    async fn keep_timetable(&self, stop: &CancellationToken) {
        let mut pruned: Option<Instant> = None;
        while !stop.is_cancelled() {
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "cannot keep the timetable");
            }
            if pruned.is_none_or(|at| at.elapsed() > Duration::from_secs(3_600)) {
                pruned = Some(Instant::now());
                let before = self.store.now().plus_millis(-KEPT_DAYS * 86_400_000);
                if let Err(error) = Jobs::new(self.store.clone()).prune(before).await {
                    tracing::warn!(%error, "cannot forget old jobs");
                }
            }
            let _ = timeout(TICK, stop.cancelled()).await;
        }
    }

    /// Queues what is due by the timetable. A time that passed while nothing ran is caught up once.
    ///
    /// # Errors
    /// The database is gone, or a schedule's cron expression is not one.
    pub async fn tick(&self) -> Result<(), StoreError> {
        for schedule in self.schedules.iter() {
            timetable::tick(&self.store, schedule).await?;
        }
        Ok(())
    }
}

/// Extends the lease while it is polled; cancels the run when somebody asked for that, when the lease is lost, and
/// when it could not be extended for as long as it lasts, since then another worker may have the job.
async fn keep_alive(run: &JobRun) -> std::convert::Infallible {
    let mut last = Instant::now();
    loop {
        sleep(run.lease / 4).await;
        match timeout(run.lease / 2, run.beat()).await {
            Ok(Ok(Beat::Held)) => last = Instant::now(),
            Ok(Ok(Beat::Stop)) => {
                last = Instant::now();
                run.cancelled.cancel();
            }
            Ok(Ok(Beat::Lost)) => {
                run.cancelled.cancel();
                return std::future::pending().await;
            }
            Ok(Err(error)) => tracing::warn!(%error, job = %run.id, "no heartbeat"),
            Err(_) => tracing::warn!(job = %run.id, "no heartbeat: the database is slow"),
        }
        if last.elapsed() >= run.lease {
            run.cancelled.cancel();
        }
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> JobError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    JobError::Retry(format!("the handler panicked: {}", text.unwrap_or("without a word")))
}
