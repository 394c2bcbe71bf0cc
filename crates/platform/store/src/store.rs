//! Connections and reading.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use tokio::sync::{Semaphore, watch};
use xinghe_core::changes::Changes;
use xinghe_core::id::IdGen;
use xinghe_core::time::{Clock, Random, Timestamp};

use crate::connect::{self, Connected, connect};
use crate::error::StoreError;
use crate::migrate::{self, Migration};
use crate::unit::UnitOfWork;
use crate::wake::Bells;

/// How long a transaction waits for its turn: long enough for the slowest migration of a feature's rows, short enough
/// to turn a unit of work opened within another into an error.
const TURN: Duration = Duration::from_secs(30);

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

    /// The file of an SQLite address; `None` where it names a server.
    ///
    /// # Errors
    /// The address is not understood.
    pub fn file(&self) -> Result<Option<PathBuf>, StoreError> {
        connect::file_of(&self.url)
    }

    /// The address without what may be a password, for messages.
    pub fn shown(&self) -> String {
        connect::without_secrets(&self.url)
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
    pub file: Option<PathBuf>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub ids: IdGen,
    pub bells: Bells,
    /// What is added to PostgreSQL's transaction numbers to order events; 0 on SQLite.
    pub epoch_offset: i64,
    /// Held while a transaction is open. On SQLite there is one at a time; on PostgreSQL a few connections are always
    /// left for those who read while they hold one.
    pub turn: Arc<Semaphore>,
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
        let Connected { backend, writer, readers, file } = connect(settings).await?;
        let turns = match backend {
            Backend::Sqlite => 1,
            Backend::Postgres => settings.connections.max(3) as usize * 3 / 4,
        };
        let bells = match backend {
            Backend::Sqlite => Bells::local(),
            Backend::Postgres => {
                Bells::shared(writer.clone(), settings.url.clone(), format!("{:x}", random.next_u64()))
            }
        };
        let mut inner = Inner {
            backend,
            writer,
            readers,
            file,
            ids: IdGen::new(clock.clone(), 0),
            clock,
            random,
            bells,
            epoch_offset: 0,
            turn: Arc::new(Semaphore::new(turns)),
        };
        inner.epoch_offset = migrate::run(&inner, &[migrate::own()]).await?;
        inner.ids = IdGen::new(inner.clock.clone(), next_node(&inner).await?);
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Applies what is missing of these migrations, feature by feature, each in a transaction.
    ///
    /// # Errors
    /// The database is newer, an applied migration was changed, or a statement fails (its transaction is undone).
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        migrate::run(&self.inner, migrations).await.map(drop)
    }

    /// Opens a transaction that writes. On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), so keep it
    /// short, and never open one while holding another.
    ///
    /// # Errors
    /// The database is gone, or busy for longer than its timeout.
    pub async fn begin(&self) -> Result<UnitOfWork, StoreError> {
        let turn = tokio::time::timeout(TURN, self.inner.turn.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::Busy(TURN.as_secs()))?
            .map_err(|e| StoreError::Value(e.to_string()))?;
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

    /// The database's file; `None` on PostgreSQL.
    pub fn file(&self) -> Option<&Path> {
        self.inner.file.as_deref()
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

    /// Counts commits: all of this process, and of others those with events or jobs, where the database tells of them
    /// (PostgreSQL does, SQLite does not).
    pub fn changes(&self) -> Changes {
        self.inner.bells.changes.clone()
    }

    /// Changes whenever a transaction that appended events was committed: by this process, or (on PostgreSQL) by any.
    pub fn watch_log(&self) -> watch::Receiver<u64> {
        self.inner.bells.log.subscribe()
    }

    /// Changes whenever a transaction that queued jobs was committed: by this process, or (on PostgreSQL) by any.
    pub fn watch_jobs(&self) -> watch::Receiver<u64> {
        self.inner.bells.jobs.subscribe()
    }

    /// Closes the connections; waits for those in use.
    ///
    /// # Errors
    /// The database reports an error while closing.
    pub async fn close(self) -> Result<(), StoreError> {
        self.inner.readers.close_by_ref().await?;
        Ok(self.inner.writer.close_by_ref().await?)
    }

    pub(crate) fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

/// A node number that no other recent process has: a counter in the database, taken modulo 1,024 by the generator.
async fn next_node(inner: &Inner) -> Result<u16, StoreError> {
    let sql = "UPDATE store_counter SET value = value + 1 WHERE name = 'node' RETURNING value";
    let value = number_of(&inner.writer, sql, vec![]).await?.unwrap_or_default();
    Ok((value & 0x3ff) as u16)
}

/// Reading: by [`Store`] from committed state, by [`UnitOfWork`] within its transaction.
///
/// A column's type must fit the field's on both databases: `INTEGER` is `i32`, `BIGINT` and `COUNT` are `i64`,
/// `DOUBLE PRECISION` is `f64`, `BOOLEAN` is `bool`, `BYTES` (in a [`Migration`]) is `Vec<u8>`; `SUM` over `BIGINT`
/// must be written `CAST(SUM(x) AS BIGINT)`.
#[async_trait]
pub trait Queries: Send + Sync {
    /// All rows of a query.
    async fn all<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Vec<T>, StoreError>;

    /// The first row of a query.
    async fn one<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Option<T>, StoreError>;

    /// The first column, named `value`, of the first row: `SELECT COUNT(*) AS value …`.
    async fn number(&self, sql: &str, params: Vec<Value>) -> Result<Option<i64>, StoreError> {
        Ok(self.one::<Number>(sql, params).await?.and_then(|r| r.value))
    }
}

#[derive(FromQueryResult)]
struct Number {
    value: Option<i64>,
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

/// A statement with its parameters. U+0000, which PostgreSQL's text cannot hold and CommonMark tells to replace,
/// becomes U+FFFD in every text, so that both databases keep the same.
pub(crate) fn statement(backend: DbBackend, sql: &str, mut params: Vec<Value>) -> Statement {
    for param in &mut params {
        if let Value::String(Some(text)) = param
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{fffd}");
        }
    }
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

pub(crate) async fn number_of<C: ConnectionTrait>(
    conn: &C,
    sql: &str,
    params: Vec<Value>,
) -> Result<Option<i64>, StoreError> {
    Ok(one_of::<C, Number>(conn, sql, params).await?.and_then(|r| r.value))
}

/// `$from, $from+1, …` for `count` parameters of an `IN (…)` list. With none it is `NULL`, which matches nothing.
/// Keep lists under 30,000 (SQLite allows 32,766 parameters, PostgreSQL 65,535).
pub fn list(from: usize, count: usize) -> String {
    if count == 0 {
        return "NULL".to_owned();
    }
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
