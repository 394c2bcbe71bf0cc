//! Reaching the database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::Connection;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, FromQueryResult};

use crate::error::StoreError;
use crate::store::{Backend, StoreSettings, number_of, one_of};

/// How long a file that another process is making is waited for, and how often it is tried meanwhile.
const LOCKED: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(50);
/// How long a connection to a server is waited for. Longer would only keep people before an empty page: a server that
/// is there answers at once, and one that is gone is told by every request.
const ACQUIRE: Duration = Duration::from_secs(3);

pub(crate) struct Connected {
    pub backend: Backend,
    pub writer: DatabaseConnection,
    pub readers: DatabaseConnection,
    /// The file on SQLite.
    pub file: Option<PathBuf>,
}

pub(crate) async fn connect(settings: &StoreSettings) -> Result<Connected, StoreError> {
    if let Some(path) = sqlite_path(&settings.url) {
        let path = path?;
        let writer = sqlite(&path, 1, false).await?;
        let readers = sqlite(&path, settings.connections, true).await?;
        return Ok(Connected { backend: Backend::Sqlite, writer, readers, file: Some(path) });
    }
    if is_postgres(&settings.url) {
        return on_server(settings, false).await;
    }
    Err(StoreError::Address(without_secrets(&settings.url)))
}

/// Connections that can only read; a file that is not there is not made.
pub(crate) async fn connect_to_look(settings: &StoreSettings) -> Result<Connected, StoreError> {
    if let Some(path) = sqlite_path(&settings.url) {
        let path = path?;
        if !path.is_file() {
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such database file");
            return Err(StoreError::File { path: path.display().to_string(), source });
        }
        let connection = sqlite_connection(&path, false).await?;
        connection.execute_unprepared("PRAGMA query_only = ON").await?;
        let writer = connection.clone();
        return Ok(Connected { backend: Backend::Sqlite, writer, readers: connection, file: Some(path) });
    }
    if is_postgres(&settings.url) {
        return on_server(settings, true).await;
    }
    Err(StoreError::Address(without_secrets(&settings.url)))
}

/// The file of an SQLite address; `None` where it names a server.
pub(crate) fn file_of(url: &str) -> Result<Option<PathBuf>, StoreError> {
    match sqlite_path(url) {
        Some(path) => path.map(Some),
        None if is_postgres(url) => Ok(None),
        None => Err(StoreError::Address(without_secrets(url))),
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

async fn on_server(settings: &StoreSettings, looking: bool) -> Result<Connected, StoreError> {
    let pool = postgres(settings, looking).await?;
    Ok(Connected { backend: Backend::Postgres, writer: pool.clone(), readers: pool, file: None })
}

/// The file of an `sqlite:` address; `None` for other addresses.
pub(crate) fn sqlite_path(url: &str) -> Option<Result<PathBuf, StoreError>> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") || path.contains("?mode=") {
        return Some(Err(StoreError::Address(without_secrets(url))));
    }
    Some(Ok(PathBuf::from(path)))
}

/// An address as it may be shown: whatever stands between `//` and `@` may be a password.
pub(crate) fn without_secrets(url: &str) -> String {
    match (url.split_once("//"), url.rfind('@')) {
        (Some((scheme, rest)), Some(at)) if at >= scheme.len() + 2 => {
            format!("{scheme}//…{}", &rest[at - scheme.len() - 2..])
        }
        _ => url.to_owned(),
    }
}

/// Makes a file that only its owner may read and write; SQLite gives what it puts beside it the same rights. One that
/// is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::File { path: path.display().to_string(), source })
        }
        _ => Ok(()),
    }
}

/// Connections to a file. Reading ones cannot write, so that nothing bypasses the unit of work.
async fn sqlite(path: &Path, connections: u32, reading: bool) -> Result<DatabaseConnection, StoreError> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty() && !p.is_dir()) {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such folder for the database");
        return Err(StoreError::File { path: folder.display().to_string(), source });
    }
    make_private(path)?;
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://xinghe?mode=rwc");
    options
        .max_connections(connections.max(1))
        .min_connections(1)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(30))
        .map_sqlx_sqlite_pool_opts(|o| {
            // When the disk is full, SQLite may undo a transaction by itself, and what keeps count of transactions
            // does not notice: it would take every later one for part of that one and never commit it. Such a
            // connection is closed, which undoes whatever it still has open, and another takes its place.
            o.before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
        })
        .map_sqlx_sqlite_opts(move |o| {
            // The file is named here, since an address would read `%` and `?` in a path as something else.
            let o = o
                .filename(&path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(10))
                .foreign_keys(true)
                .pragma("cache_size", "-16000")
                .statement_cache_capacity(256);
            if reading { o.pragma("query_only", "ON") } else { o }
        });
    // Two processes that begin with one new file: while one of them turns on the log beside the file, SQLite refuses
    // the other at once, without waiting as it does for every other lock.
    let deadline = tokio::time::Instant::now() + LOCKED;
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if is_locked(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(AGAIN).await;
            }
            other => return Ok(other?),
        }
    }
}

fn is_locked(error: &sea_orm::DbErr) -> bool {
    let said = error.to_string();
    said.contains("database is locked") || said.contains("database table is locked")
}

/// One connection of its own, for copying: `alone` refuses to share the file with any other.
pub(crate) async fn sqlite_connection(path: &Path, alone: bool) -> Result<DatabaseConnection, StoreError> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://xinghe?mode=rw");
    options.max_connections(1).min_connections(1).test_before_acquire(false).sqlx_logging(false).map_sqlx_sqlite_opts(
        move |o| {
            let o = o.filename(&path).create_if_missing(false).busy_timeout(Duration::from_secs(2));
            if alone { o.locking_mode(SqliteLockingMode::Exclusive) } else { o }
        },
    );
    Ok(Database::connect(options).await?)
}

async fn postgres(settings: &StoreSettings, looking: bool) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(settings.url.clone());
    options
        .max_connections(settings.connections.max(3))
        .sqlx_logging(false)
        .acquire_timeout(ACQUIRE)
        .map_sqlx_postgres_opts(move |o| {
            // A transaction that was forgotten would hold back every reader of the log.
            let o = o.application_name("xinghe").options([("idle_in_transaction_session_timeout", "300000")]);
            if looking { o.options([("default_transaction_read_only", "on")]) } else { o }
        });
    let pool = Database::connect(options).await?;
    #[derive(FromQueryResult)]
    struct Server {
        version: i32,
        encoding: String,
    }
    let sql = "SELECT current_setting('server_version_num')::int AS version, \
               current_setting('server_encoding') AS encoding";
    if let Some(server) = one_of::<_, Server>(&pool, sql, vec![]).await? {
        if server.version < 150_000 {
            let found = server.version / 10_000;
            return Err(StoreError::Unfit(format!("PostgreSQL 15 or later is needed, this one is {found}")));
        }
        if server.encoding != "UTF8" {
            let found = server.encoding;
            return Err(StoreError::Unfit(format!(
                "its encoding is {found}; make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )));
        }
    }
    Ok(pool)
}

/// What is added to PostgreSQL's transaction numbers to order events.
///
/// The numbers start low again when a dump is restored into another server. Events there would sort before the old
/// ones, and the old ones would not be read until the server's numbers reach theirs. A stored number that no
/// transaction of this server can have had tells of it; then the offset lifts all new events above the old ones.
/// Runs within the transaction of the migrations, behind their lock.
pub(crate) async fn epoch_offset(tx: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let newest = number_of(tx, "SELECT MAX(epoch) AS value FROM events", vec![]).await?.unwrap_or_default();
    let known = "SELECT value FROM store_counter WHERE name = 'epoch_offset'";
    let offset = number_of(tx, known, vec![]).await?.unwrap_or_default();
    let next = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS value";
    let next = number_of(tx, next, vec![]).await?.unwrap_or_default();
    if newest < next + offset {
        return Ok(offset);
    }
    let lifted = newest + 1 - next;
    let sql = format!("UPDATE store_counter SET value = {lifted} WHERE name = 'epoch_offset'");
    tx.execute_unprepared(&sql).await?;
    tracing::info!(offset = lifted, "the log comes from another server; its order goes on above its last event");
    Ok(lifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_files() {
        let path = |url| sqlite_path(url).map(|p| p.map(|p| p.display().to_string()).map_err(|e| e.to_string()));
        assert_eq!(path("sqlite:/a b/100%.db"), Some(Ok("/a b/100%.db".into())));
        assert_eq!(path("sqlite:///a/x.db"), Some(Ok("/a/x.db".into())));
        assert_eq!(path("sqlite://x.db"), Some(Ok("x.db".into())));
        assert_eq!(path("postgres://h/x"), None);
        for bad in ["sqlite:", "sqlite::memory:", "sqlite://x?mode=rwc"] {
            assert!(path(bad).is_some_and(|p| p.is_err_and(|e| e.contains("not understood"))), "{bad}");
        }
        assert_eq!(without_secrets("mysql://me:se@cret@host/x"), "mysql://…@host/x");
        assert_eq!(without_secrets("host/x@y"), "host/x@y");
    }
}
