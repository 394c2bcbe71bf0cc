//! Readers follow the event log, each at its own pace, and keep what they derive.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;
use xinghe_core::event::{Position, Recorded};
use xinghe_core::time::Timestamp;

use crate::cursor::{self, Held};
use crate::error::StoreError;
use crate::log::{self, Log};
use crate::standing::ReaderState;
use crate::stepping::{Step, local_step, step};
use crate::store::{Backend, Store};
use crate::unit::UnitOfWork;

/// How long a reader waits where another process has its cursor.
const YIELD: Duration = Duration::from_millis(200);
/// How long a reader waits after a failure.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a reader waits where an older transaction is still open.
const BRIEF: Duration = Duration::from_millis(5);
/// How long [`Readers::catch_up`] waits for older transactions to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a reader could not take an event.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The database; tried again later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else that a later try may mend.
    #[error("{0}")]
    Later(String),
    /// This event can never be taken as things are: the reader parks and says why.
    #[error("{0}")]
    Poison(String),
}

/// Derives something in the database from the log. Its cursor moves in the transaction of what it writes, so each
/// event counts exactly once, whatever crashes.
#[async_trait]
pub trait EventReader: Send + Sync + 'static {
    /// Its name: the key of its cursor, and of `xinghe rebuild NAME`.
    fn name(&self) -> &'static str;
    /// Takes events, in order, within the unit of work.
    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError>;
    /// Drops everything derived, so that the whole log can be read again.
    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError>;
}

/// Derives something outside the database, on this node (a search index), and keeps its own cursor there.
#[async_trait]
pub trait LocalReader: Send + Sync + 'static {
    /// Its name.
    fn name(&self) -> &'static str;
    /// How far it has durably read.
    async fn position(&self) -> Result<Position, ReaderError>;
    /// When the event at its position was recorded, if it keeps that as well. It tells the log that was read from one
    /// that was put back to an earlier state, and has another event at that position now.
    async fn stamp(&self) -> Result<Option<Timestamp>, ReaderError> {
        Ok(None)
    }
    /// Takes events, in order, and makes them durable together with the last one's position. Taking an event again
    /// after a crash must change nothing.
    async fn apply(&self, events: &[Recorded]) -> Result<(), ReaderError>;
    /// Drops everything and goes back to the start.
    async fn reset(&self) -> Result<(), ReaderError>;
    /// Goes back to the start of the same log to derive everything anew. What can be read meanwhile should be: by
    /// default it is dropped as by [`Self::reset`].
    async fn renew(&self) -> Result<(), ReaderError> {
        self.reset().await
    }
}

/// All readers of this process.
#[derive(Clone)]
pub struct Readers {
    pub(crate) store: Store,
    pub(crate) readers: Arc<[Arc<dyn EventReader>]>,
    pub(crate) local: Arc<[Arc<dyn LocalReader>]>,
    notes: Arc<Mutex<Notes>>,
}

/// What this process remembers of its readers.
#[derive(Default)]
struct Notes {
    states: HashMap<&'static str, ReaderState>,
    /// Local readers whose position was seen to be one of this log.
    checked: HashSet<&'static str>,
    /// Local readers that have had everything there was to read.
    read_up: HashSet<&'static str>,
    /// Events that an administrator told a local reader to go past.
    skipped: HashSet<(&'static str, Position)>,
    /// Who moves a local reader: the one that follows the log, or a rebuild.
    turns: HashMap<&'static str, Arc<tokio::sync::Mutex<()>>>,
}

impl Readers {
    /// The readers of all features.
    pub fn new(store: Store, readers: Vec<Arc<dyn EventReader>>, local: Vec<Arc<dyn LocalReader>>) -> Self {
        Self { store, readers: readers.into(), local: local.into(), notes: Arc::default() }
    }

    /// Follows the log until cancelled; each reader on its own task.
    pub async fn run(&self, stop: CancellationToken) {
        let mut tasks = tokio::task::JoinSet::new();
        for reader in self.readers.iter() {
            let (this, reader, stop) = (self.clone(), reader.clone(), stop.clone());
            tasks.spawn(
                async move { this.follow(reader.name(), &stop, || step(&this, reader.as_ref(), Held::Skip)).await },
            );
        }
        for reader in self.local.iter() {
            let (this, reader, stop) = (self.clone(), reader.clone(), stop.clone());
            tasks.spawn(async move { this.follow(reader.name(), &stop, || local_step(&this, reader.as_ref())).await });
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a reader broke");
            }
        }
    }

    /// Reads until every reader that is not parked has all that was committed before the call, and what readers
    /// appended meanwhile. On PostgreSQL that waits for older transactions that are still open.
    ///
    /// # Errors
    /// The database is gone, a reader failed in a way that may pass, or an older transaction stays open.
    pub async fn catch_up(&self) -> Result<(), ReaderError> {
        let log = Log::new(self.store.clone());
        let mut goal = log.head().await?;
        // Readers that append keep the head moving; their chains are short.
        for _ in 0..16 {
            for reader in self.readers.iter() {
                self.reach(goal, reader.name(), || step(self, reader.as_ref(), Held::Wait)).await?;
            }
            for reader in self.local.iter() {
                self.reach(goal, reader.name(), || local_step(self, reader.as_ref())).await?;
            }
            let head = log.head().await?;
            if head == goal {
                break;
            }
            goal = head;
        }
        Ok(())
    }

    /// Steps to `goal`; answers why it ended before, where the reader is parked.
    async fn reach<F, Fut>(&self, goal: Position, name: &'static str, step: F) -> Result<Option<String>, ReaderError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Step, ReaderError>>,
    {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match step().await? {
                Step::Moved => {}
                Step::AtHead => return Ok(None),
                Step::HeldBack(next) if next > goal => return Ok(None),
                Step::Parked(reason) => {
                    self.note(name, ReaderState::Parked(reason.clone()));
                    return Ok(Some(reason));
                }
                Step::HeldBack(_) | Step::Elsewhere if tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(BRIEF).await;
                }
                Step::HeldBack(_) | Step::Elsewhere => {
                    let secs = PATIENCE.as_secs();
                    return Err(ReaderError::Later(format!("an older transaction has been open for {secs} seconds")));
                }
            }
        }
    }

    /// Drops what a reader derived and reads the whole log again. `false`: there is no reader of this name.
    ///
    /// # Errors
    /// The database is gone, or the reader failed or parked on the way.
    pub async fn rebuild(&self, name: &str) -> Result<bool, ReaderError> {
        let goal = Log::new(self.store.clone()).head().await?;
        if !self.restart(name).await? {
            return Ok(false);
        }
        let parked = if let Some(reader) = self.readers.iter().find(|r| r.name() == name) {
            self.reach(goal, reader.name(), || step(self, reader.as_ref(), Held::Wait)).await?
        } else if let Some(reader) = self.local.iter().find(|r| r.name() == name) {
            self.reach(goal, reader.name(), || local_step(self, reader.as_ref())).await?
        } else {
            None
        };
        parked.map_or(Ok(true), |reason| Err(ReaderError::Poison(reason)))
    }

    /// Drops what a reader derived and sends it back to the start of the log, parked or not; [`Self::run`] does the
    /// reading. `false`: there is no reader of this name.
    ///
    /// # Errors
    /// The database is gone, or what the reader keeps cannot be dropped.
    pub async fn restart(&self, name: &str) -> Result<bool, ReaderError> {
        if let Some(reader) = self.readers.iter().find(|r| r.name() == name) {
            cursor::make(&self.store, reader.name()).await?;
            let mut unit = self.store.begin().await?;
            // The cursor first: a process in the middle of a batch must be done before its rows are dropped.
            cursor::lock(&unit, reader.name(), Held::Wait).await?;
            reader.reset(&mut unit).await?;
            cursor::save(&mut unit, reader.name(), Position::START, None).await?;
            unit.wake_readers();
            unit.commit().await?;
            return Ok(true);
        }
        let Some(reader) = self.local.iter().find(|r| r.name() == name) else { return Ok(false) };
        {
            let _turn = self.turn(reader.name()).await;
            reader.renew().await?;
            self.notes().skipped.retain(|(of, _)| *of != reader.name());
        }
        self.note(reader.name(), ReaderState::Following);
        self.store.inner().bells.ring(true, false);
        Ok(true)
    }

    /// Waits until nobody else moves this local reader: one at a time may.
    pub(crate) async fn turn(&self, name: &'static str) -> OwnedMutexGuard<()> {
        let turn = self.notes().turns.entry(name).or_default().clone();
        turn.lock_owned().await
    }

    /// Lets a parked reader try its event again, or (with `skip`) go past it. A local reader's skip lasts until it is
    /// past the event or the process ends. `false`: no such reader is parked.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn resume(&self, name: &str, skip: bool) -> Result<bool, ReaderError> {
        if let Some(reader) = self.local.iter().find(|r| r.name() == name) {
            return self.resume_local(reader.as_ref(), skip).await;
        }
        let mut unit = self.store.begin().await?;
        let cursor = cursor::lock(&unit, name, Held::Wait).await?;
        let Some(cursor) = cursor.filter(|c| c.error.is_some()) else { return Ok(false) };
        let mut position = cursor.position();
        if skip && let Some((next, _)) = log::page(&unit, &self.store, position, 1).await?.entries.first() {
            position = *next;
        }
        cursor::save(&mut unit, name, position, None).await?;
        unit.wake_readers();
        unit.commit().await?;
        Ok(true)
    }

    async fn resume_local(&self, reader: &dyn LocalReader, skip: bool) -> Result<bool, ReaderError> {
        if !matches!(self.state_of(reader.name()), ReaderState::Parked(_)) {
            return Ok(false);
        }
        if skip {
            let position = reader.position().await?;
            let next = log::page(&self.store, &self.store, position, 1).await?;
            if let Some((at, _)) = next.entries.into_iter().find(|(at, _)| !self.is_skipped(reader.name(), *at)) {
                self.notes().skipped.insert((reader.name(), at));
            }
        }
        self.note(reader.name(), ReaderState::Following);
        self.store.inner().bells.ring(true, false);
        Ok(true)
    }

    /// The local readers that have not yet, since this process began, read all that there was: what this node derives
    /// is still incomplete. One that is parked counts as done, since waiting would not help it.
    pub fn behind(&self) -> Vec<&'static str> {
        let notes = self.notes();
        self.local.iter().map(|r| r.name()).filter(|name| !notes.read_up.contains(name)).collect()
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state_of(&self, name: &str) -> ReaderState {
        self.notes().states.get(name).cloned().unwrap_or(ReaderState::Following)
    }

    /// Whether the state is a new one.
    pub(crate) fn note(&self, name: &'static str, state: ReaderState) -> bool {
        self.notes().states.insert(name, state.clone()) != Some(state)
    }

    pub(crate) fn is_skipped(&self, name: &'static str, at: Position) -> bool {
        self.notes().skipped.contains(&(name, at))
    }

    pub(crate) fn is_checked(&self, name: &'static str) -> bool {
        self.notes().checked.contains(name)
    }

    pub(crate) fn set_checked(&self, name: &'static str) {
        self.notes().checked.insert(name);
    }

    pub(crate) fn set_unchecked(&self, name: &'static str) {
        self.notes().checked.remove(name);
    }

    pub(crate) fn set_read_up(&self, name: &'static str) {
        self.notes().read_up.insert(name);
    }

    async fn follow<F, Fut>(&self, name: &'static str, stop: &CancellationToken, step: F)
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Step, ReaderError>>,
    {
        // On PostgreSQL other processes ring; looking by oneself is for rings that were lost.
        let poll = Duration::from_millis(if self.store.backend() == Backend::Sqlite { 400 } else { 2_000 });
        let mut woken = self.store.watch_log();
        let mut measured: Option<tokio::time::Instant> = None;
        while !stop.is_cancelled() {
            woken.mark_unchanged();
            let step = step().await;
            let (state, wait, wakes) = match &step {
                Ok(Step::Moved) => (ReaderState::Following, Duration::ZERO, true),
                Ok(Step::AtHead) => (ReaderState::Following, poll, true),
                Ok(Step::HeldBack(_)) => (ReaderState::Following, BRIEF, false),
                Ok(Step::Elsewhere) => (ReaderState::Following, YIELD, false),
                Ok(Step::Parked(reason)) => (ReaderState::Parked(reason.clone()), PAUSE, true),
                Err(error) => (ReaderState::Waiting(error.to_string()), PAUSE, false),
            };
            if self.note(name, state.clone()) {
                match &state {
                    ReaderState::Following => {}
                    ReaderState::Parked(reason) => tracing::error!(reader = name, reason, "reader is parked"),
                    ReaderState::Waiting(error) => tracing::warn!(reader = name, error, "reader will try again"),
                }
                metrics::gauge!("xinghe_reader_parked", "reader" => name)
                    .set(f64::from(u8::from(matches!(state, ReaderState::Parked(_)))));
            }
            let lag = metrics::gauge!("xinghe_reader_lag_events", "reader" => name);
            if matches!(step, Ok(Step::AtHead)) {
                lag.set(0.0);
            } else if measured.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
                measured = Some(tokio::time::Instant::now());
                if let Ok(events) = self.lag(name).await {
                    lag.set(events as f64);
                }
            }
            if wait.is_zero() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                changed = woken.changed(), if wakes => if changed.is_err() { return },
            }
        }
    }
}
