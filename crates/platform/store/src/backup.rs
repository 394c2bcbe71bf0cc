//! Copies of an SQLite database: taken while the program goes on, put back when it is stopped.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult};

use crate::connect::{make_private, sqlite_connection};
use crate::error::StoreError;
use crate::migrate::{self, Migration};
use crate::params;
use crate::store::{Backend, Store, all_of, number_of, statement};

/// What a backup or a restore moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// The file that was written.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many events its log holds.
    pub events: i64,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is a server, which has its own tool.
    #[error(
        "PostgreSQL makes its own backups: pg_dump --format=custom --file=xinghe.dump \"$XINGHE_DATABASE_URL\" while the \
         program runs; to restore, stop it and run pg_restore --clean --if-exists --no-owner \
         --dbname=\"$XINGHE_DATABASE_URL\" xinghe.dump"
    )]
    Postgres,
    /// Something is there already.
    #[error("{0} is there already; it is not overwritten without --force")]
    Exists(PathBuf),
    /// The database to be replaced is in use.
    #[error("{0} is in use; stop the program first")]
    InUse(PathBuf),
    /// The file is damaged, or not a database of this program.
    #[error("{path} cannot be restored: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The database, or a newer one than this program knows.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn file(path: &Path) -> impl FnOnce(Error) -> StoreError + '_ {
    |source| StoreError::File { path: path.display().to_string(), source }
}

/// `name.db` → `name.db.suffix`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes a consistent copy of the running database to `target`, which must not exist. Writers go on meanwhile; the
/// copy is the state at one moment, in one file, complete or not there at all.
///
/// # Errors
/// It is PostgreSQL, `target` exists, or the disk is full.
pub async fn backup(store: &Store, target: &Path) -> Result<Copied, BackupError> {
    if store.backend() == Backend::Postgres {
        return Err(BackupError::Postgres);
    }
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let partial = beside(target, ".partial");
    remove(&partial)?;
    let source = store.file().ok_or_else(|| StoreError::Value("the database has no file".to_owned()))?;
    let name =
        partial.to_str().ok_or_else(|| file(target)(Error::new(ErrorKind::InvalidInput, "the path is not UTF-8")))?;
    make_private(&partial)?;
    let connection = sqlite_connection(source, false).await?;
    let sql = statement(connection.get_database_backend(), "VACUUM INTO $1", params![name]);
    let copied = connection.execute_raw(sql).await.map_err(StoreError::from);
    close(connection).await?;
    if let Err(error) = copied {
        remove(&partial)?;
        return Err(error.into());
    }
    let events = check(&partial, &[]).await;
    let events = match events {
        Ok(events) => events,
        Err(error) => {
            remove(&partial)?;
            return Err(error);
        }
    };
    settle(&partial, target)?;
    Ok(Copied { path: target.to_owned(), bytes: std::fs::metadata(target).map_err(file(target))?.len(), events })
}

/// Puts a backup in the place of the database file `target`, after looking it through: SQLite's integrity check, and
/// that no migration in it is newer than `known`. With `force` a database that is there is replaced; it stays beside
/// as `….old`. The program must be stopped.
///
/// # Errors
/// `target` exists and `force` is not given, or is in use; the backup is damaged, foreign or newer than the program.
pub async fn restore(backup: &Path, target: &Path, known: &[Migration], force: bool) -> Result<Copied, BackupError> {
    if !backup.is_file() {
        return Err(file(backup)(Error::new(ErrorKind::NotFound, "there is no such backup")).into());
    }
    if target.exists() && !force {
        return Err(BackupError::Exists(target.to_owned()));
    }
    // Looked at as a copy: looking itself would leave files beside the backup.
    let partial = beside(target, ".partial");
    remove(&partial)?;
    make_private(&partial)?;
    // Not `fs::copy`, which would give it the rights of the backup.
    let read = std::fs::File::open(backup).map_err(file(backup))?;
    let written = std::fs::OpenOptions::new().write(true).open(&partial);
    written.and_then(|mut to| std::io::copy(&mut &read, &mut to)).map_err(file(&partial))?;
    let events = match check(&partial, known).await {
        Ok(events) => events,
        Err(BackupError::Damaged { reason, .. }) => {
            remove(&partial)?;
            return Err(BackupError::Damaged { path: backup.to_owned(), reason });
        }
        Err(error) => {
            remove(&partial)?;
            return Err(error);
        }
    };
    if target.exists()
        && let Err(error) = retire(target).await
    {
        remove(&partial)?;
        return Err(error);
    }
    settle(&partial, target)?;
    Ok(Copied { path: target.to_owned(), bytes: std::fs::metadata(target).map_err(file(target))?.len(), events })
}

/// Moves the present database aside, with all that its write-ahead log still holds, if nobody uses it.
async fn retire(target: &Path) -> Result<(), BackupError> {
    match sqlite_connection(target, true).await {
        Ok(connection) => {
            let held = connection.execute_unprepared("BEGIN IMMEDIATE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);").await;
            close(connection).await?;
            held.map_err(|_| BackupError::InUse(target.to_owned()))?;
        }
        Err(error) if error.is_transient() => return Err(BackupError::InUse(target.to_owned())),
        // What is there is no database any more: that is what the restore is for.
        Err(_) => {}
    }
    let old = beside(target, ".old");
    remove(&old)?;
    std::fs::rename(target, &old).map_err(file(target))?;
    for suffix in ["-wal", "-shm"] {
        remove(&beside(target, suffix))?;
    }
    Ok(())
}

/// Looks a database file through; answers how many events it holds.
async fn check(path: &Path, known: &[Migration]) -> Result<i64, BackupError> {
    #[derive(FromQueryResult)]
    struct Verdict {
        integrity_check: String,
    }
    let damaged = |reason: String| BackupError::Damaged { path: path.to_owned(), reason };
    let connection = sqlite_connection(path, false).await.map_err(|e| damaged(e.to_string()))?;
    let looked = async {
        let sql = "PRAGMA integrity_check(5)";
        let verdicts: Vec<Verdict> = all_of(&connection, sql, vec![]).await.map_err(|e| damaged(e.to_string()))?;
        let faults: Vec<String> = verdicts.into_iter().map(|v| v.integrity_check).filter(|v| v != "ok").collect();
        if !faults.is_empty() {
            return Err(damaged(faults.join("; ")));
        }
        let tables = "SELECT COUNT(*) AS value FROM sqlite_master WHERE name IN ('schema_migrations', 'events')";
        if number_of(&connection, tables, vec![]).await? != Some(2) {
            return Err(damaged("it is not a database of this program".to_owned()));
        }
        migrate::refuse(&connection, known).await?;
        Ok(number_of(&connection, "SELECT COUNT(*) AS value FROM events", vec![]).await?.unwrap_or_default())
    };
    let result = looked.await;
    close(connection).await?;
    for suffix in ["-wal", "-shm"] {
        remove(&beside(path, suffix))?;
    }
    result
}

async fn close(connection: DatabaseConnection) -> Result<(), StoreError> {
    Ok(connection.close().await?)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(file(path)(error)),
        _ => Ok(()),
    }
}

/// Makes the finished file durable, then gives it its name.
fn settle(partial: &Path, target: &Path) -> Result<(), StoreError> {
    std::fs::File::open(partial).and_then(|f| f.sync_all()).map_err(file(partial))?;
    std::fs::rename(partial, target).map_err(file(target))?;
    if let Some(folder) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(file(folder))?;
    }
    Ok(())
}
