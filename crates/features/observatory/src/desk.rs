//! The administrator's desk: looking at readers and jobs, and steering them.

use std::sync::{Arc, OnceLock};

use xinghe_core::Timestamp;
use xinghe_core::event::Position;
use xinghe_core::id::JobId;
use xinghe_store::{
    JobCount, JobList, JobState, JobView, Jobs, ReaderError, ReaderState, ReaderStatus, Readers, Schedule,
};
use xinghe_web::{AppError, Member, Said};

use crate::Deps;
use crate::model::{Community, IndexCounts};
use crate::store;

/// How many running jobs are shown at most.
const RUNNING: u32 = 50;

/// What runs behind the pages, known once all features are there.
pub(crate) struct Running {
    pub(crate) readers: Readers,
    pub(crate) schedules: Vec<Schedule>,
}

/// What handlers stand on.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) deps: Deps,
    pub(crate) running: Arc<OnceLock<Running>>,
}

/// What needs a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Readers that are parked.
    pub parked: usize,
    /// Jobs that failed for good.
    pub dead: i64,
}

/// A job that recurs.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub name: &'static str,
    pub cron: &'static str,
    pub job: &'static str,
    pub next: Option<Timestamp>,
}

/// What a person does with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobAct {
    Retry,
    Cancel,
    Discard,
}

/// What a person does with a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReaderAct {
    Retry,
    /// Go past the event behind this position, which is where the person saw the reader.
    Skip(Position),
    Rebuild,
}

fn broken(error: ReaderError) -> AppError {
    match error {
        ReaderError::Store(error) => error.into(),
        other => AppError::internal(other),
    }
}

impl Desk {
    pub(crate) fn jobs(&self) -> Jobs {
        Jobs::new(self.deps.store.clone())
    }

    /// How large the community is.
    pub(crate) async fn community(&self) -> Result<Community, AppError> {
        Ok(store::community(&self.deps.store).await?)
    }

    /// What the index of this node holds.
    pub(crate) async fn index(&self) -> Result<IndexCounts, AppError> {
        Ok(self.deps.index.counts().await?)
    }

    /// How all readers stand, those that wait for a person first.
    pub(crate) async fn readers(&self) -> Result<Vec<ReaderStatus>, AppError> {
        let Some(running) = self.running.get() else { return Ok(Vec::new()) };
        let mut all = running.readers.status().await.map_err(broken)?;
        all.sort_by_key(|r| (matches!(r.state, ReaderState::Following), r.local, r.name));
        Ok(all)
    }

    /// What needs a person.
    pub(crate) async fn trouble(&self) -> Result<Trouble, AppError> {
        let parked = self.readers().await?.iter().filter(|r| matches!(r.state, ReaderState::Parked(_))).count();
        let dead = self.jobs().counts().await?.into_iter().find(|(s, _)| *s == JobState::Dead).map_or(0, |(_, n)| n);
        Ok(Trouble { parked, dead })
    }

    /// Steers a reader.
    ///
    /// # Errors
    /// There is no such reader; it is not parked, or no longer where the person saw it; the database is gone.
    pub(crate) async fn steer(&self, who: &Member, name: &str, act: ReaderAct) -> Result<(), AppError> {
        let running = self.running.get().ok_or(AppError::NotFound)?;
        let status = self.readers().await?.into_iter().find(|r| r.name == name).ok_or(AppError::NotFound)?;
        let not_parked = || AppError::conflict("observatory-reader-not-parked");
        let done = match act {
            ReaderAct::Rebuild => running.readers.restart(name).await,
            _ if !matches!(status.state, ReaderState::Parked(_)) => return Err(not_parked()),
            ReaderAct::Skip(seen) if seen != status.position => {
                return Err(AppError::conflict("observatory-reader-moved"));
            }
            ReaderAct::Skip(_) => running.readers.resume(name, true).await,
            ReaderAct::Retry => running.readers.resume(name, false).await,
        };
        if !done.map_err(broken)? {
            return Err(not_parked());
        }
        tracing::info!(reader = name, ?act, by = %who.id, "a reader was steered");
        Ok(())
    }

    /// Jobs by kind and state.
    pub(crate) async fn queues(&self) -> Result<Vec<JobCount>, AppError> {
        Ok(self.jobs().queues().await?)
    }

    /// Jobs that run now.
    pub(crate) async fn at_work(&self) -> Result<Vec<JobView>, AppError> {
        let which = JobList { state: Some(JobState::Running), limit: RUNNING, ..JobList::default() };
        Ok(self.jobs().list(&which).await?)
    }

    /// The timetable, the next one first.
    pub(crate) async fn timetable(&self) -> Result<Vec<Planned>, AppError> {
        let Some(running) = self.running.get() else { return Ok(Vec::new()) };
        let due = self.jobs().due().await?;
        let planned = |s: &Schedule| Planned { name: s.name, cron: s.cron, job: s.job, next: due.get(s.name).copied() };
        let mut all: Vec<Planned> = running.schedules.iter().map(planned).collect();
        all.sort_by_key(|p| (p.next.is_none(), p.next, p.name));
        Ok(all)
    }

    /// Steers a job.
    ///
    /// # Errors
    /// There is no such job; its state does not allow it; the database is gone.
    pub(crate) async fn handle(&self, who: &Member, id: JobId, act: JobAct) -> Result<(), AppError> {
        let jobs = self.jobs();
        let (done, refusal) = match act {
            JobAct::Retry => (jobs.retry(id).await?, "observatory-job-no-retry"),
            JobAct::Cancel => (jobs.cancel(id).await?, "observatory-job-no-cancel"),
            JobAct::Discard => (jobs.discard(id).await?, "observatory-job-no-discard"),
        };
        if !done {
            jobs.get(id).await?.ok_or(AppError::NotFound)?;
            return Err(AppError::Conflict(Said::new(refusal)));
        }
        tracing::info!(job = %id, ?act, by = %who.id, "a job was steered");
        Ok(())
    }
}

/// A position as it is sent to a page and comes back.
pub(crate) fn position_word(at: Position) -> String {
    format!("{}-{}", at.epoch, at.seq)
}

/// Reads [`position_word`].
pub(crate) fn read_position(word: &str) -> Option<Position> {
    let (epoch, seq) = word.split_once('-')?;
    Some(Position { epoch: epoch.parse().ok()?, seq: seq.parse().ok()? })
}
