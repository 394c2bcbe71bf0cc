//! How readers stand: where they are, how far behind, and whether they wait for a person.

use xinghe_core::event::Position;
use xinghe_core::time::Timestamp;

use crate::cursor::{self, Cursor};
use crate::log::Log;
use crate::readers::{ReaderError, Readers};

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
    /// When the first of these happened; `None` where it has read everything.
    pub since: Option<Timestamp>,
    /// Whether it keeps what it derives on this node, outside of the database.
    pub local: bool,
    /// What it is doing.
    pub state: ReaderState,
}

impl Readers {
    /// How every reader stands.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn status(&self) -> Result<Vec<ReaderStatus>, ReaderError> {
        let log = Log::new(self.store.clone());
        let mut all = Vec::new();
        for reader in self.readers.iter() {
            let cursor = cursor::load(&self.store, reader.name()).await?;
            let position = cursor.as_ref().map_or(Position::START, Cursor::position);
            let state = match cursor.and_then(|c| c.error) {
                Some(error) => ReaderState::Parked(error),
                None => match self.state_of(reader.name()) {
                    ReaderState::Parked(_) => ReaderState::Following,
                    other => other,
                },
            };
            all.push(self.stands(&log, reader.name(), (position, state), false).await?);
        }
        for reader in self.local.iter() {
            let position = reader.position().await?;
            let state = self.state_of(reader.name());
            all.push(self.stands(&log, reader.name(), (position, state), true).await?);
        }
        Ok(all)
    }

    async fn stands(
        &self,
        log: &Log,
        name: &'static str,
        (position, state): (Position, ReaderState),
        local: bool,
    ) -> Result<ReaderStatus, ReaderError> {
        let lag = log.behind(position).await?;
        let since = if lag == 0 { None } else { log.next_at(position).await? };
        Ok(ReaderStatus { name, position, lag, since, local, state })
    }

    pub(crate) async fn lag(&self, name: &str) -> Result<u64, ReaderError> {
        let position = match self.local.iter().find(|r| r.name() == name) {
            Some(reader) => reader.position().await?,
            None => cursor::load(&self.store, name).await?.map_or(Position::START, |c| c.position()),
        };
        Ok(Log::new(self.store.clone()).behind(position).await?)
    }
}
