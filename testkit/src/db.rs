//! Databases for one test each.

use std::path::Path;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr};
use tempfile::TempDir;
use xinghe_core::event::{Position, Recorded};
use xinghe_core::time::{Clock, Random};
use xinghe_store::{Log, Queries, Store, StoreError, StoreSettings, SystemRandom};

use crate::eventually;
use crate::manual::{ManualClock, SeededRandom};

/// Names the environment variable with the address of a PostgreSQL server in which databases may be made.
pub const POSTGRES_VARIABLE: &str = "XINGHE_TEST_POSTGRES";

/// A fresh database with this crate's own tables, gone when dropped. Its clock stands still until it is moved.
pub struct TestDb {
    store: Store,
    clock: Arc<ManualClock>,
    settings: StoreSettings,
    // Dropped last: the folder of the file, or the database within the server.
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server { url: String, name: String },
}

impl TestDb {
    /// A file in a folder of its own.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = StoreSettings::sqlite(&folder.path().join("test.db"));
        Self::open(settings, Home::Folder(folder)).await
    }

    /// A database of its own in the server of `XINGHE_TEST_POSTGRES`; without that, `None` and a line that says so.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    pub async fn postgres() -> Option<Self> {
        let Ok(url) = std::env::var(POSTGRES_VARIABLE) else {
            eprintln!("skipped: {POSTGRES_VARIABLE} is not set; run the test under tests/postgres.sh");
            return None;
        };
        let name = format!("xinghe_test_{:016x}", SystemRandom.next_u64());
        admin(&url, &format!("CREATE DATABASE {name}")).await.expect("the test server makes a database");
        let settings = StoreSettings::url(with_database(&url, &name));
        Some(Self::open(settings, Home::Server { url, name }).await)
    }

    async fn open(settings: StoreSettings, home: Home) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Store::open(&settings, clock.clone(), Arc::new(SeededRandom::new(1)))
            .await
            .expect("a fresh database opens");
        Self { store, clock, settings, home }
    }

    /// The store on it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The store's clock.
    pub fn clock(&self) -> &Arc<ManualClock> {
        &self.clock
    }

    /// How to reach it, for another process.
    pub fn settings(&self) -> &StoreSettings {
        &self.settings
    }

    /// Another store on the same database and clock, as another process has one: it shares no memory with the first.
    ///
    /// # Errors
    /// What opening a store answers.
    pub async fn another(&self) -> Result<Store, StoreError> {
        let random = Arc::new(SeededRandom::new(SystemRandom.next_u64()));
        Store::open(&self.settings, self.clock.clone() as Arc<dyn Clock>, random).await
    }

    /// The folder of the SQLite file; `None` on PostgreSQL.
    pub fn folder(&self) -> Option<&Path> {
        match &self.home {
            Home::Folder(folder) => Some(folder.path()),
            Home::Server { .. } => None,
        }
    }

    /// All events of the log, in its order. On PostgreSQL the log shows what was written only when every older
    /// transaction of the server has ended, those of tests that run beside this one among them; this waits for them.
    pub async fn events(&self) -> Vec<Recorded> {
        let written = self.store.number("SELECT COUNT(*) AS value FROM events", vec![]).await;
        let written = written.expect("the events are counted").unwrap_or(0);
        let log = Log::new(self.store.clone());
        let read = async || log.after(Position::START, 1_000_000).await.expect("the log is read");
        eventually("the log shows what was written", async || read().await.len() as i64 == written).await;
        read().await
    }

    /// Runs statements outside of any store: what another program, or a broken disk, does to the database.
    ///
    /// # Errors
    /// The database refuses them.
    pub async fn raw(&self, sql: &str) -> Result<(), DbErr> {
        let connection = Database::connect(self.settings.url.as_str()).await?;
        connection.execute_unprepared(sql).await?;
        connection.close().await
    }

    /// Runs a statement in the server's own database; does nothing on SQLite.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn on_server(&self, sql: impl FnOnce(&str) -> String) -> Result<(), DbErr> {
        match &self.home {
            Home::Folder(_) => Ok(()),
            Home::Server { url, name } => admin(url, &sql(name)).await,
        }
    }
}

impl Drop for TestDb {
    #[expect(clippy::print_stderr, reason = "what is left behind is told")]
    fn drop(&mut self) {
        let Home::Server { url, name } = &self.home else { return };
        let (url, sql) = (url.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A thread of its own, since the test's runtime may be the one that drops.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(admin(&url, &sql)).map_err(std::io::Error::other)
        });
        if !matches!(thread.join(), Ok(Ok(()))) {
            eprintln!("the test database {name} is left behind");
        }
    }
}

async fn admin(url: &str, sql: &str) -> Result<(), DbErr> {
    let connection: DatabaseConnection = Database::connect(url).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await
}

/// The address with another database: what stands between the last `/` of its path and `?`.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(b, q)| (b, Some(q)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let root = base[authority..].find('/').map_or(base, |at| &base[..authority + at]);
    query.map_or_else(|| format!("{root}/{name}"), |q| format!("{root}/{name}?{q}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_an_address_is_replaced() {
        assert_eq!(with_database("postgres://a:b@h:1/postgres", "x"), "postgres://a:b@h:1/x");
        assert_eq!(with_database("postgres://h/p?host=/tmp/s", "x"), "postgres://h/x?host=/tmp/s");
        assert_eq!(with_database("postgres://h", "x"), "postgres://h/x");
    }
}
