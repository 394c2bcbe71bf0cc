//! Workers take jobs, and the timetable queues those that recur.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::jobs::{JobError, JobHandler, JobRequest, JobRun, Jobs, LEASE, Schedule, Unique};
use crate::params;
use crate::store::{Queries, Store};

/// How long a worker sleeps at most before it looks again for jobs that came due or that another process queued.
const POLL: Duration = Duration::from_millis(1_000);

/// Does the jobs of all features.
#[derive(Clone)]
pub struct Workers {
    store: Store,
    jobs: Jobs,
    handlers: Arc<HashMap<&'static str, Arc<dyn JobHandler>>>,
    schedules: Arc<[Schedule]>,
}

impl Workers {
    /// Workers for these handlers and schedules.
    pub fn new(store: Store, handlers: Vec<Arc<dyn JobHandler>>, schedules: Vec<Schedule>) -> Self {
        let handlers = handlers.into_iter().map(|h| (h.kind(), h)).collect();
        Self { jobs: Jobs::new(store.clone()), store, handlers: Arc::new(handlers), schedules: schedules.into() }
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
        while tasks.join_next().await.is_some() {}
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
                Err(error) => tracing::warn!(%error, "cannot look for jobs"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
                changed = woken.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn one(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let kinds: Vec<&'static str> = self.handlers.keys().copied().collect();
        let Some(run) = self.jobs.claim(&kinds).await? else { return Ok(false) };
        let Some(handler) = self.handlers.get(run.kind.as_str()) else { return Ok(false) };
        self.attend(handler.as_ref(), run, stop).await?;
        Ok(true)
    }

    /// Runs a job with its heartbeat beside it.
    async fn attend(&self, handler: &dyn JobHandler, run: JobRun, stop: &CancellationToken) -> Result<(), StoreError> {
        let started = std::time::Instant::now();
        let outcome = {
            let work = handler.run(&run);
            tokio::pin!(work);
            let mut beat = tokio::time::interval(LEASE / 4);
            beat.tick().await;
            loop {
                tokio::select! {
                    outcome = &mut work => break outcome,
                    () = stop.cancelled(), if !run.cancelled.is_cancelled() => run.cancelled.cancel(),
                    _ = beat.tick() => match self.jobs.heartbeat(&run).await {
                        Ok((held, cancel)) => if !held || cancel { run.cancelled.cancel() },
                        Err(error) => tracing::warn!(%error, job = %run.id, "no heartbeat"),
                    },
                }
            }
        };
        let name = run.kind.clone();
        metrics::histogram!("xinghe_job_seconds", "kind" => name.clone()).record(started.elapsed().as_secs_f64());
        match &outcome {
            Err(JobError::Cancelled) if stop.is_cancelled() => return self.jobs.release(&run).await,
            Err(error) => tracing::warn!(job = %run.id, kind = name, attempt = run.attempt, %error, "job failed"),
            Ok(()) => {}
        }
        self.jobs.finish(&run, &outcome).await
    }

    async fn keep_timetable(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "cannot keep the timetable");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(Duration::from_secs(15)) => {}
            }
        }
    }

    /// Queues what is due by the timetable. A time that passed while nothing ran is caught up once.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn tick(&self) -> Result<(), StoreError> {
        for schedule in self.schedules.iter() {
            let now = self.store.now();
            let known = "SELECT next_at AS value FROM schedules WHERE name = $1";
            let due = self.store.number(known, params![schedule.name]).await?;
            if due.is_some_and(|d| d > now.as_millis()) {
                continue;
            }
            let next = next_after(schedule, now)?;
            let mut unit = self.store.begin().await?;
            let sql = "INSERT INTO schedules (name, next_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
                       SET next_at = excluded.next_at WHERE schedules.next_at <= $3";
            let mine = unit.execute(sql, params![schedule.name, next.as_millis(), now.as_millis()]).await? > 0;
            if mine && let Some(due) = due {
                let key = format!("{}@{due}", schedule.name);
                let request = JobRequest::new(schedule.job, &serde_json::json!({})).unique(Unique::WhileActive(key));
                unit.enqueue(&request).await?;
            }
            unit.commit().await?;
        }
        Ok(())
    }
}

fn next_after(schedule: &Schedule, now: Timestamp) -> Result<Timestamp, StoreError> {
    let bad = |e: String| StoreError::Value(format!("schedule {}: {e}", schedule.name));
    let cron = croner::Cron::from_str(schedule.cron).map_err(|e| bad(e.to_string()))?;
    let from =
        chrono::DateTime::from_timestamp_millis(now.as_millis()).ok_or_else(|| bad("no such time".to_owned()))?;
    let next = cron.find_next_occurrence(&from, false).map_err(|e| bad(e.to_string()))?;
    Ok(Timestamp::from_millis(next.timestamp_millis()))
}
