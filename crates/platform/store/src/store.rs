//! Connections and reading.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, FromQueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait, Value,
};
use tokio::sync::watch;
use xinghe_core::id::IdGen;
use xinghe_core::time::{Clock, Random, Timestamp};

use crate::error::StoreError;
use crate::migrate::{self, Migration};
use crate::unit::UnitOfWork;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file beside the program.
    Sqlite,
    /// A server.
    Postgres,
}

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:PATH`, `sqlite::memory:` is not supported (readers are separate connections), or `postgres://…`.
    pub url: String,
    /// Reading connections on SQLite, all connections on PostgreSQL.
    pub connections: u32,
}

impl StoreSettings {
    /// A database file at `path`.
    pub fn sqlite(path: &Path) -> Self {
        Self { url: format!("sqlite:{}", path.display()), connections: 4 }
    }

    /// Whatever the address names.
    pub fn url(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 10 }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub backend: Backend,
    pub writer: DatabaseConnection,
    pub readers: DatabaseConnection,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub ids: IdGen,
    pub appended: watch::Sender<u64>,
    pub queued: watch::Sender<u64>,
    /// Held while a transaction is open on SQLite, whose one writing connection would else time out in the queue.
    pub turn: Arc<tokio::sync::Semaphore>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.inner.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, creating an SQLite file that is not there, and brings this crate's own tables up to date.
    /// Call [`Store::migrate`] next.
    ///
    /// # Errors
    /// The address is not understood, the database cannot be reached, or it is newer than this program.
    pub async fn open(
        settings: &StoreSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StoreError> {
        let (backend, writer, readers) = connect(settings).await?;
        let (appended, queued) = (watch::Sender::new(0), watch::Sender::new(0));
        let mut inner = Inner {
            backend,
            writer,
            readers,
            ids: IdGen::new(clock.clone(), 0),
            clock,
            random,
            appended,
            queued,
            turn: Arc::new(tokio::sync::Semaphore::new(if backend == Backend::Sqlite { 1 } else { 64 })),
        };
        migrate::run(&inner, &[migrate::own()]).await?;
        inner.ids = IdGen::new(inner.clock.clone(), next_node(&inner).await?);
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Applies what is missing of these migrations, feature by feature, each in a transaction.
    ///
    /// # Errors
    /// The database is newer, an applied migration was changed, or a statement fails (its transaction is undone).
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        migrate::run(&self.inner, migrations).await
    }

    /// Opens a transaction that writes. On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`).
    ///
    /// # Errors
    /// The database is gone or busy for longer than its timeout.
    pub async fn begin(&self) -> Result<UnitOfWork, StoreError> {
        let turn = self.inner.turn.clone().acquire_owned().await.map_err(|e| StoreError::Value(e.to_string()))?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = self.inner.writer.begin_with_options(options).await?;
        Ok(UnitOfWork::new(self.clone(), tx, turn))
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// The clock that was passed in.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The randomness that was passed in.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.inner.random
    }

    /// Makes ids.
    pub fn ids(&self) -> &IdGen {
        &self.inner.ids
    }

    /// Changes whenever a transaction of this process that appended events was committed.
    pub fn watch_log(&self) -> watch::Receiver<u64> {
        self.inner.appended.subscribe()
    }

    /// Changes whenever a transaction of this process that queued jobs was committed.
    pub fn watch_jobs(&self) -> watch::Receiver<u64> {
        self.inner.queued.subscribe()
    }

    /// Closes the connections; waits for those in use.
    ///
    /// # Errors
    /// The database reports an error while closing.
    pub async fn close(self) -> Result<(), StoreError> {
        self.inner.readers.close_by_ref().await?;
        Ok(self.inner.writer.close_by_ref().await?)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

async fn connect(settings: &StoreSettings) -> Result<(Backend, DatabaseConnection, DatabaseConnection), StoreError> {
    if let Some(path) = settings.url.strip_prefix("sqlite:") {
        let path = path.trim_start_matches("//");
        let options = |connections: u32| {
            let mut options = ConnectOptions::new(format!("sqlite://{path}?mode=rwc"));
            options
                .max_connections(connections)
                .min_connections(1)
                .test_before_acquire(false)
                .sqlx_logging(false)
                .acquire_timeout(Duration::from_secs(30))
                .map_sqlx_sqlite_opts(|o| {
                    o.journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Normal)
                        .busy_timeout(Duration::from_secs(10))
                        .foreign_keys(true)
                        .pragma("cache_size", "-16000")
                        .statement_cache_capacity(256)
                });
            options
        };
        let writer = Database::connect(options(1)).await?;
        let readers = Database::connect(options(settings.connections)).await?;
        Ok((Backend::Sqlite, writer, readers))
    } else if settings.url.starts_with("postgres://") || settings.url.starts_with("postgresql://") {
        let mut options = ConnectOptions::new(settings.url.clone());
        options.max_connections(settings.connections).sqlx_logging(false).acquire_timeout(Duration::from_secs(10));
        let pool = Database::connect(options).await?;
        Ok((Backend::Postgres, pool.clone(), pool))
    } else {
        Err(StoreError::Address(settings.url.clone()))
    }
}

/// A node number that no other recent process has: a counter in the database, taken modulo 1,024 by the generator.
async fn next_node(inner: &Inner) -> Result<u16, StoreError> {
    let sql = "UPDATE store_counter SET value = value + 1 WHERE name = 'node' RETURNING value";
    let statement = Statement::from_string(inner.writer.get_database_backend(), sql);
    let row = inner.writer.query_one_raw(statement).await?;
    let value: i64 = row.map(|r| r.try_get("", "value")).transpose()?.unwrap_or_default();
    Ok((value & 0x3ff) as u16)
}

/// Reading: by [`Store`] from committed state, by [`UnitOfWork`] within its transaction.
#[async_trait]
pub trait Queries: Send + Sync {
    /// All rows of a query.
    async fn all<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Vec<T>, StoreError>;

    /// The first row of a query.
    async fn one<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Option<T>, StoreError>;

    /// The first column, named `value`, of the first row: `SELECT COUNT(*) AS value …`.
    async fn number(&self, sql: &str, params: Vec<Value>) -> Result<Option<i64>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            value: Option<i64>,
        }
        Ok(self.one::<Row>(sql, params).await?.and_then(|r| r.value))
    }
}

#[async_trait]
impl Queries for Store {
    async fn all<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Vec<T>, StoreError> {
        all_of(&self.inner.readers, sql, params).await
    }

    async fn one<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Option<T>, StoreError> {
        one_of(&self.inner.readers, sql, params).await
    }
}

pub(crate) fn statement(backend: DbBackend, sql: &str, params: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(backend, sql, params)
}

pub(crate) async fn all_of<C: ConnectionTrait, T: FromQueryResult>(
    conn: &C,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<T>, StoreError> {
    let rows = conn.query_all_raw(statement(conn.get_database_backend(), sql, params)).await?;
    Ok(rows.iter().map(|r| T::from_query_result(r, "")).collect::<Result<_, _>>()?)
}

pub(crate) async fn one_of<C: ConnectionTrait, T: FromQueryResult>(
    conn: &C,
    sql: &str,
    params: Vec<Value>,
) -> Result<Option<T>, StoreError> {
    let row = conn.query_one_raw(statement(conn.get_database_backend(), sql, params)).await?;
    Ok(row.map(|r| T::from_query_result(&r, "")).transpose()?)
}

/// `$from, $from+1, …` for `count` parameters of an `IN (…)` list. With none it is `NULL`, which matches nothing.
/// Keep lists under 30,000 (SQLite allows 32,766 parameters, PostgreSQL 65,535).
pub fn list(from: usize, count: usize) -> String {
    if count == 0 {
        return "NULL".to_owned();
    }
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
