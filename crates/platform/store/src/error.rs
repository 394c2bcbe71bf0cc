//! What can go wrong between the program and its database.

use xinghe_core::event::DecodeError;
use xinghe_core::ports::PortError;

/// Something about the database broke. What a person did wrong is never a `StoreError`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is gone.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// The database was written by a newer binary.
    #[error(
        "the database is newer than this program: {feature} has migration {found}, this program knows up to {known}; start the newer program, or restore a backup"
    )]
    Newer {
        /// Whose tables.
        feature: String,
        /// The migration found.
        found: i32,
        /// The newest one known.
        known: i32,
    },
    /// A migration that was already applied reads differently now.
    #[error("migration {feature}/{version} was changed after it was applied to this database")]
    Changed {
        /// Whose tables.
        feature: String,
        /// Which migration.
        version: i32,
    },
    /// The address of the database is not understood.
    #[error("database address {0:?} is not understood: use sqlite:PATH or postgres://user@host/name")]
    Address(String),
    /// An event could not be read.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// A stored value does not have the form it must have.
    #[error("stored value: {0}")]
    Value(String),
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StoreError {
    /// Whether a later try may succeed without anybody changing anything: the connection broke, the database was
    /// busy, a transaction lost a race.
    pub fn is_transient(&self) -> bool {
        use sea_orm::{DbErr, RuntimeErr};
        let Self::Database(error) = self else { return false };
        match error {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(e)) | DbErr::Query(RuntimeErr::SqlxError(e)) => transient_sqlx(e),
            _ => false,
        }
    }

    /// Whether a statement broke a unique constraint.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(e) if matches!(e.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))))
    }
}

fn transient_sqlx(error: &sea_orm::sqlx::Error) -> bool {
    use sea_orm::sqlx::Error;
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed | Error::Tls(_) => true,
        // 5 and 517 are SQLITE_BUSY and SQLITE_BUSY_SNAPSHOT; 40001 and 40P01 are PostgreSQL's serialization failure
        // and deadlock; classes 08 and 57P are lost connections and shutdowns.
        Error::Database(e) => e.code().is_some_and(|c| {
            matches!(c.as_ref(), "5" | "517" | "40001" | "40P01") || c.starts_with("08") || c.starts_with("57P")
        }),
        _ => false,
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        Self::new(error)
    }
}
