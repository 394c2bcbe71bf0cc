//! Readers follow the event log, each at its own pace, and keep what they derive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::FromQueryResult;
use tokio_util::sync::CancellationToken;
use xinghe_core::event::{Position, Recorded};

use crate::error::StoreError;
use crate::log::{self, Log};
use crate::store::{Backend, Queries, Store};
use crate::unit::UnitOfWork;

/// How many events a reader is handed at most at once.
const BATCH: u32 = 500;
/// How long a reader sleeps at most before it looks for events that another process appended.
const POLL: Duration = Duration::from_millis(400);
/// How long a reader waits after the database was gone.
const PAUSE: Duration = Duration::from_secs(2);

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
    /// Takes events, in order, and makes them durable together with the last one's position. Taking an event again
    /// after a crash must change nothing.
    async fn apply(&self, events: &[Recorded]) -> Result<(), ReaderError>;
    /// Drops everything and goes back to the start.
    async fn reset(&self) -> Result<(), ReaderError>;
}

/// What a reader is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderState {
    /// It follows the log.
    Following,
    /// It cannot take the next event and waits for a person; the text says why.
    Parked(String),
    /// It will try again by itself; the text says what failed.
    Waiting(String),
}

/// A reader as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderStatus {
    /// Its name.
    pub name: &'static str,
    /// How far it has read.
    pub position: Position,
    /// How many events it has yet to read.
    pub lag: u64,
    /// What it is doing.
    pub state: ReaderState,
}

/// All readers of this process.
#[derive(Clone)]
pub struct Readers {
    store: Store,
    readers: Arc<[Arc<dyn EventReader>]>,
    local: Arc<[Arc<dyn LocalReader>]>,
    failures: Arc<Mutex<HashMap<&'static str, String>>>,
}

enum Step {
    Moved,
    AtHead,
    Parked(String),
}

impl Readers {
    /// The readers of all features.
    pub fn new(store: Store, readers: Vec<Arc<dyn EventReader>>, local: Vec<Arc<dyn LocalReader>>) -> Self {
        Self { store, readers: readers.into(), local: local.into(), failures: Arc::default() }
    }

    /// Follows the log until cancelled; each reader on its own task.
    pub async fn run(&self, stop: CancellationToken) {
        let mut tasks = tokio::task::JoinSet::new();
        for reader in self.readers.iter() {
            let (this, reader, stop) = (self.clone(), reader.clone(), stop.clone());
            tasks.spawn(async move { this.follow(reader.name(), &stop, || this.step(reader.as_ref())).await });
        }
        for reader in self.local.iter() {
            let (this, reader, stop) = (self.clone(), reader.clone(), stop.clone());
            tasks.spawn(async move { this.follow(reader.name(), &stop, || this.local_step(reader.as_ref())).await });
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Reads until every reader that is not parked is at the head of the log.
    ///
    /// # Errors
    /// The database is gone, or a reader failed in a way that may pass.
    pub async fn catch_up(&self) -> Result<(), ReaderError> {
        for reader in self.readers.iter() {
            while matches!(self.step(reader.as_ref()).await?, Step::Moved) {}
        }
        for reader in self.local.iter() {
            while matches!(self.local_step(reader.as_ref()).await?, Step::Moved) {}
        }
        Ok(())
    }

    /// Drops what a reader derived and reads the whole log again. `false`: there is no reader of this name.
    ///
    /// # Errors
    /// The database is gone, or the reader failed.
    pub async fn rebuild(&self, name: &str) -> Result<bool, ReaderError> {
        if let Some(reader) = self.readers.iter().find(|r| r.name() == name) {
            let mut unit = self.store.begin().await?;
            reader.reset(&mut unit).await?;
            save(&mut unit, reader.name(), Position::START, None).await?;
            unit.commit().await?;
            while matches!(self.step(reader.as_ref()).await?, Step::Moved) {}
            return Ok(true);
        }
        if let Some(reader) = self.local.iter().find(|r| r.name() == name) {
            reader.reset().await?;
            while matches!(self.local_step(reader.as_ref()).await?, Step::Moved) {}
            return Ok(true);
        }
        Ok(false)
    }

    /// Lets a parked reader try its event again, or (with `skip`) go past it. `false`: no such reader is parked.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn resume(&self, name: &str, skip: bool) -> Result<bool, StoreError> {
        let mut unit = self.store.begin().await?;
        let Some(cursor) = load(&unit, name).await?.filter(|c| c.error.is_some()) else { return Ok(false) };
        let mut position = cursor.position();
        if skip && let Some((next, _)) = log::entries(&unit, self.store.backend(), position, 1).await?.first() {
            position = *next;
        }
        save(&mut unit, name, position, None).await?;
        unit.commit().await?;
        self.store.inner().appended.send_modify(|n| *n += 1);
        Ok(true)
    }

    /// How every reader stands.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn status(&self) -> Result<Vec<ReaderStatus>, ReaderError> {
        let log = Log::new(self.store.clone());
        let mut all = Vec::new();
        for reader in self.readers.iter() {
            let cursor = load(&self.store, reader.name()).await?;
            let position = cursor.as_ref().map_or(Position::START, Cursor::position);
            let state = match cursor.and_then(|c| c.error) {
                Some(error) => ReaderState::Parked(error),
                None => self.state_of(reader.name()),
            };
            all.push(ReaderStatus { name: reader.name(), position, lag: log.behind(position).await?, state });
        }
        for reader in self.local.iter() {
            let position = reader.position().await?;
            let state = self.state_of(reader.name());
            all.push(ReaderStatus { name: reader.name(), position, lag: log.behind(position).await?, state });
        }
        Ok(all)
    }

    fn state_of(&self, name: &str) -> ReaderState {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(name).map_or(ReaderState::Following, |f| ReaderState::Waiting(f.clone()))
    }

    fn note(&self, name: &'static str, failure: Option<String>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(text) => failures.insert(name, text),
            None => failures.remove(name),
        };
    }

    async fn follow<F, Fut>(&self, name: &'static str, stop: &CancellationToken, step: F)
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Step, ReaderError>>,
    {
        let mut woken = self.store.watch_log();
        while !stop.is_cancelled() {
            woken.mark_unchanged();
            let wait = match step().await {
                Ok(Step::Moved) => {
                    self.note(name, None);
                    continue;
                }
                Ok(Step::AtHead) => {
                    self.note(name, None);
                    metrics::gauge!("xinghe_reader_lag_events", "reader" => name).set(0.0);
                    POLL
                }
                Ok(Step::Parked(reason)) => {
                    tracing::error!(reader = name, reason, "reader is parked");
                    PAUSE
                }
                Err(error) => {
                    tracing::warn!(reader = name, %error, "reader will try again");
                    self.note(name, Some(error.to_string()));
                    PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                changed = woken.changed() => if changed.is_err() { return },
            }
        }
    }

    /// One batch of one reader. The cursor's row is locked for the whole transaction, so of two processes with the
    /// same reader one waits and then goes on where the other stopped.
    async fn step(&self, reader: &dyn EventReader) -> Result<Step, ReaderError> {
        let name = reader.name();
        if let Some(cursor) = load(&self.store, name).await? {
            if let Some(error) = cursor.error {
                return Ok(Step::Parked(error));
            }
            if log::entries(&self.store, self.store.backend(), cursor.position(), 1).await?.is_empty() {
                return Ok(Step::AtHead);
            }
        }
        match self.take(reader, BATCH).await {
            Err(ReaderError::Poison(_)) => self.take_singly(reader).await,
            other => other,
        }
    }

    async fn take(&self, reader: &dyn EventReader, limit: u32) -> Result<Step, ReaderError> {
        let name = reader.name();
        let mut unit = self.store.begin().await?;
        let position = lock(&mut unit, name).await?;
        let entries = log::entries(&unit, self.store.backend(), position, limit).await?;
        let Some((last, _)) = entries.last().map(|(p, _)| (*p, ())) else { return Ok(Step::AtHead) };
        let events = entries
            .into_iter()
            .map(|(_, e)| e.map_err(|e| ReaderError::Poison(e.to_string())))
            .collect::<Result<Vec<_>, _>>()?;
        reader.apply(&events, &mut unit).await?;
        save(&mut unit, name, last, None).await?;
        unit.commit().await?;
        metrics::counter!("xinghe_reader_events_total", "reader" => name).increment(events.len() as u64);
        Ok(Step::Moved)
    }

    /// After a batch with a poison event: one event at a time up to it, then park there.
    async fn take_singly(&self, reader: &dyn EventReader) -> Result<Step, ReaderError> {
        loop {
            match self.take(reader, 1).await {
                Ok(Step::Moved) => {}
                Ok(other) => return Ok(other),
                Err(ReaderError::Poison(reason)) => {
                    let mut unit = self.store.begin().await?;
                    let position = lock(&mut unit, reader.name()).await?;
                    let next = log::entries(&unit, self.store.backend(), position, 1).await?;
                    let at = next.first().map_or(position.seq, |(p, _)| p.seq);
                    let reason = format!("event {at}: {reason}");
                    save(&mut unit, reader.name(), position, Some(&reason)).await?;
                    unit.commit().await?;
                    return Ok(Step::Parked(reason));
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn local_step(&self, reader: &dyn LocalReader) -> Result<Step, ReaderError> {
        let position = reader.position().await?;
        let entries = log::entries(&self.store, self.store.backend(), position, BATCH).await?;
        if entries.is_empty() {
            return Ok(Step::AtHead);
        }
        // Up to an unreadable event; at it, the reader waits and says why.
        let mut events = Vec::with_capacity(entries.len());
        for (at, entry) in entries {
            match entry {
                Ok(event) => events.push(event),
                Err(error) if events.is_empty() => {
                    return Err(ReaderError::Later(format!("event {}: {error}", at.seq)));
                }
                Err(_) => break,
            }
        }
        reader.apply(&events).await?;
        metrics::counter!("xinghe_reader_events_total", "reader" => reader.name()).increment(events.len() as u64);
        Ok(Step::Moved)
    }
}

#[derive(FromQueryResult)]
struct Cursor {
    epoch: i64,
    seq: i64,
    error: Option<String>,
}

impl Cursor {
    fn position(&self) -> Position {
        Position { epoch: self.epoch, seq: self.seq }
    }
}

async fn load(queries: &impl Queries, name: &str) -> Result<Option<Cursor>, StoreError> {
    queries.one("SELECT epoch, seq, error FROM readers WHERE name = $1", crate::params![name]).await
}

async fn lock(unit: &mut UnitOfWork, name: &str) -> Result<Position, StoreError> {
    let now = unit.store().now().as_millis();
    unit.execute(
        "INSERT INTO readers (name, epoch, seq, updated_at) VALUES ($1, 0, 0, $2) ON CONFLICT (name) DO NOTHING",
        crate::params![name, now],
    )
    .await?;
    let for_update = if unit.backend() == Backend::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT epoch, seq, error FROM readers WHERE name = $1{for_update}");
    let cursor: Option<Cursor> = unit.one(&sql, crate::params![name]).await?;
    Ok(cursor.map_or(Position::START, |c| c.position()))
}

async fn save(unit: &mut UnitOfWork, name: &str, at: Position, error: Option<&str>) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    unit.execute(
        "INSERT INTO readers (name, epoch, seq, error, updated_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) \
         DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, error = excluded.error, updated_at = excluded.updated_at",
        crate::params![name, at.epoch, at.seq, error, now],
    )
    .await?;
    Ok(())
}
