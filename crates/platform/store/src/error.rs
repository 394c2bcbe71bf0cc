//! What can go wrong between the program and its database.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};
use xinghe_core::event::DecodeError;
use xinghe_core::ports::PortError;

/// Something about the database broke. What a person did wrong is never a `StoreError`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is gone.
    #[error("database: {0}")]
    Database(#[source] DbErr),
    /// There is no room left for what was to be written.
    #[error("the disk that holds the database is full; nothing of this change was kept: make room and try again")]
    Full(#[source] DbErr),
    /// The file is no database, or a part of it cannot be read any more.
    #[error(
        "the database file is damaged, or is no SQLite database ({0}): stop every xinghe that uses it, keep a copy of the file, and restore the last good backup with `xinghe restore BACKUP --force`"
    )]
    Damaged(#[source] DbErr),
    /// An earlier statement failed in a way that undid the whole transaction, so the rest of it cannot be kept either.
    #[error("database: nothing of this change was kept, since an earlier part of it failed; try again")]
    Undone,
    /// A transaction did not get its turn: another one has been open for too long.
    #[error("database: another transaction has been open for {0} seconds; try again")]
    Busy(u64),
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
    /// A migration failed; the database is as it was before.
    #[error("migration {feature}/{version} failed and was undone: {source}")]
    Migration {
        /// Whose tables.
        feature: String,
        /// Which migration.
        version: i32,
        /// What the database said.
        source: DbErr,
    },
    /// The address of the database is not understood.
    #[error("database address {0:?} is not understood: use sqlite:PATH or postgres://user@host/name")]
    Address(String),
    /// The server cannot hold this program's data.
    #[error("this database cannot be used: {0}")]
    Unfit(String),
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
    /// Whether a later try may succeed without anybody changing the program or the data: the connection broke, the
    /// database was busy or full, a transaction lost a race.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Full(_) | Self::Undone | Self::Busy(_) => true,
            Self::Damaged(_) => false,
            Self::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => true,
            Self::Database(error) => of_sqlx(error).is_some_and(transient_sqlx),
            _ => false,
        }
    }

    /// Whether the transaction may have been undone by this error. PostgreSQL then refuses all the rest of it, but
    /// answers a commit as if all were well. SQLite forgets the transaction, and would keep every later statement
    /// for itself.
    pub(crate) fn undoes(&self) -> bool {
        match self {
            Self::Full(_) | Self::Undone => true,
            Self::Database(error) => of_sqlx(error).and_then(SqlxError::as_database_error).is_some_and(|e| {
                // Busy, no memory, interrupted, read or write error, full.
                e.code().is_none_or(|c| sqlite_code(&c).is_none_or(|c| matches!(c, 5 | 7 | 9 | 10 | 13)))
            }),
            _ => false,
        }
    }

    /// Whether a statement broke a unique constraint.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(e) if matches!(e.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))))
    }
}

fn of_sqlx(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e))
        | DbErr::Conn(RuntimeErr::SqlxError(e)) => Some(e),
        _ => None,
    }
}

/// SQLite's primary result code (the low byte of an extended one); `None` for PostgreSQL, whose codes have five
/// characters.
fn sqlite_code(code: &str) -> Option<u32> {
    if code.len() == 5 { None } else { code.parse::<u32>().ok().map(|c| c & 0xff) }
}

fn transient_sqlx(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_) => true,
        SqlxError::Database(e) => e.code().is_some_and(|code| match sqlite_code(&code) {
            // Busy, locked, no memory, read or write error.
            Some(primary) => matches!(primary, 5 | 6 | 7 | 10),
            // Serialization failure, deadlock; connection lost, insufficient resources, not in a state to do it now
            // (locked, starting up), operator intervention, system error.
            None => {
                matches!(code.as_ref(), "40001" | "40P01")
                    || ["08", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class))
            }
        }),
        _ => false,
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let code = of_sqlx(&error).and_then(SqlxError::as_database_error).and_then(DatabaseError::code);
        match code.as_deref().map(|c| (c, sqlite_code(c))) {
            Some(("53100", _) | (_, Some(13))) => Self::Full(error),
            // Corrupt, and not a database.
            Some((_, Some(11 | 26))) => Self::Damaged(error),
            _ => Self::Database(error),
        }
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        Self::new(error)
    }
}
