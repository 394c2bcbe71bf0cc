//! Looking at a database without changing it: nothing is made, migrated or written.

use std::sync::Arc;

use sea_orm::FromQueryResult;
use tokio::sync::Semaphore;
use xinghe_core::event::Position;
use xinghe_core::id::IdGen;
use xinghe_core::time::{Clock, Random, Timestamp};

use crate::connect::connect_to_look;
use crate::cursor;
use crate::error::StoreError;
use crate::log::Log;
use crate::migrate::{self, Migration};
use crate::store::{Backend, Inner, Queries, Store, StoreSettings};
use crate::wake::Bells;

/// How a database is.
#[derive(Debug)]
pub struct Condition {
    /// The database and its version.
    pub version: String,
    /// The migrations that are missing, as `feature/version`; or why this program cannot use the database.
    pub pending: Result<Vec<String>, StoreError>,
    /// What SQLite's quick check found; empty is well.
    pub faults: Vec<String>,
    /// The time at the database, where it has a clock of its own.
    pub clock: Option<Timestamp>,
    /// When the newest event was recorded.
    pub newest: Option<Timestamp>,
    /// How many events there are.
    pub events: i64,
}

/// A reader's row in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRow {
    /// Its name.
    pub name: String,
    /// How many events it has yet to read.
    pub lag: u64,
    /// Why it is parked.
    pub parked: Option<String>,
}

#[derive(FromQueryResult)]
struct Word {
    value: String,
}

impl Store {
    /// Opens a database for looking only; every statement that would write is refused by the database.
    ///
    /// # Errors
    /// The address is not understood, there is no such file, or the server cannot be reached.
    pub async fn look(
        settings: &StoreSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StoreError> {
        let connected = connect_to_look(settings).await?;
        Ok(Self::of(Inner {
            backend: connected.backend,
            writer: connected.writer,
            readers: connected.readers,
            file: connected.file,
            ids: IdGen::new(clock.clone(), 0),
            clock,
            random,
            bells: Bells::local(),
            epoch_offset: 0,
            turn: Arc::new(Semaphore::new(1)),
        }))
    }

    /// How the database is, beside what this program would make of it.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn condition(&self, known: &[Migration]) -> Result<Condition, StoreError> {
        let sqlite = self.backend() == Backend::Sqlite;
        let (version, product) = if sqlite {
            ("SELECT sqlite_version() AS value", "SQLite")
        } else {
            ("SELECT current_setting('server_version') AS value", "PostgreSQL")
        };
        let version = self.one::<Word>(version, vec![]).await?.map_or_else(String::new, |w| w.value);
        let faults = if sqlite { self.quick_check().await? } else { Vec::new() };
        let pending = match migrate::pending(&self.inner().readers, known).await {
            Err(error @ (StoreError::Newer { .. } | StoreError::Changed { .. })) => Err(error),
            other => Ok(other?),
        };
        let now = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS value";
        let clock = if sqlite { None } else { self.number(now, vec![]).await? };
        let (mut newest, mut events) = (None, 0);
        if self.has_table("events").await? {
            newest = self.number("SELECT MAX(at) AS value FROM events", vec![]).await?;
            events = self.number("SELECT COUNT(*) AS value FROM events", vec![]).await?.unwrap_or_default();
        }
        Ok(Condition {
            version: format!("{product} {version}"),
            pending,
            faults,
            clock: clock.map(Timestamp::from_millis),
            newest: newest.map(Timestamp::from_millis),
            events,
        })
    }

    /// The readers that keep their cursor in the database, as they stand.
    ///
    /// # Errors
    /// The database is gone, or has no tables yet.
    pub async fn reader_rows(&self) -> Result<Vec<ReaderRow>, StoreError> {
        let (log, mut rows) = (Log::new(self.clone()), Vec::new());
        for Word { value: name } in self.all::<Word>("SELECT name AS value FROM readers ORDER BY name", vec![]).await? {
            let cursor = cursor::load(self, &name).await?;
            let position = cursor.as_ref().map_or(Position::START, cursor::Cursor::position);
            let lag = log.behind(position).await?;
            rows.push(ReaderRow { name, lag, parked: cursor.and_then(|c| c.error) });
        }
        Ok(rows)
    }

    async fn quick_check(&self) -> Result<Vec<String>, StoreError> {
        #[derive(FromQueryResult)]
        struct Verdict {
            quick_check: String,
        }
        let verdicts: Vec<Verdict> = self.all("PRAGMA quick_check(5)", vec![]).await?;
        Ok(verdicts.into_iter().map(|v| v.quick_check).filter(|v| v != "ok").collect())
    }

    async fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        let inner = self.inner();
        migrate::has_table(&inner.readers, name).await
    }
}
