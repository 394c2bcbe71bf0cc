//! The unit of work: one transaction with its events and jobs.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};
use tokio::sync::OwnedSemaphorePermit;
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, EventSeq, JobId};

use crate::error::StoreError;
use crate::jobs::{self, JobRequest};
use crate::log;
use crate::store::{Backend, Queries, Store, all_of, one_of, statement};

/// A transaction that writes. Dropped without [`UnitOfWork::commit`], it leaves nothing behind.
pub struct UnitOfWork {
    store: Store,
    tx: DatabaseTransaction,
    appended: bool,
    queued: bool,
    /// A statement failed in a way that undid the transaction.
    undone: AtomicBool,
    _turn: OwnedSemaphorePermit,
}

impl UnitOfWork {
    pub(crate) fn new(store: Store, tx: DatabaseTransaction, turn: OwnedSemaphorePermit) -> Self {
        Self { store, tx, appended: false, queued: false, undone: AtomicBool::new(false), _turn: turn }
    }

    /// The store it belongs to: its clock, ids and randomness. Do not write through it while this is open.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Runs a statement that changes rows; answers how many.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, StoreError> {
        self.still_open()?;
        let backend = self.tx.get_database_backend();
        let done = self.tx.execute_raw(statement(backend, sql, params)).await.map_err(StoreError::from);
        Ok(self.noticing(done)?.rows_affected())
    }

    /// Waits until no other unit of work holds this name, and holds it until this one ends: for commands that look
    /// and then write what another might be about to write. On SQLite units of work follow one another anyway.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn lock(&mut self, name: &str) -> Result<(), StoreError> {
        if self.store.backend() == Backend::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            self.execute(sql, vec![Value::from(name)]).await?;
        }
        Ok(())
    }

    /// Appends an event to the log: it becomes visible with this transaction's commit, or never.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn append(&mut self, actor: Option<AuthorId>, event: &Event) -> Result<EventSeq, StoreError> {
        self.appended = true;
        log::append(self, actor, event).await
    }

    /// Queues a job: it can be taken once this transaction is committed. `None` where a job with the same
    /// uniqueness is there already.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn enqueue(&mut self, request: &JobRequest) -> Result<Option<JobId>, StoreError> {
        self.queued = true;
        jobs::enqueue(self, request).await
    }

    /// Makes everything durable and wakes readers and workers of this process.
    ///
    /// # Errors
    /// The database refuses; then nothing was done.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.still_open()?;
        self.tx.commit().await?;
        self.store.inner().bells.ring(self.appended, self.queued);
        Ok(())
    }

    /// Undoes everything. Dropping does the same a little later.
    ///
    /// # Errors
    /// The database is gone (then nothing was done either).
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }

    /// Remembers an error after which nothing of this transaction can be kept.
    fn noticing<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.as_ref().is_err_and(StoreError::undoes) {
            self.undone.store(true, Ordering::Relaxed);
        }
        done
    }

    fn still_open(&self) -> Result<(), StoreError> {
        if self.undone.load(Ordering::Relaxed) { Err(StoreError::Undone) } else { Ok(()) }
    }

    /// Wakes readers once this is committed, though it appended nothing.
    pub(crate) fn wake_readers(&mut self) {
        self.appended = true;
    }

    /// Wakes workers once this is committed, though it queued nothing.
    pub(crate) fn wake_workers(&mut self) {
        self.queued = true;
    }

    pub(crate) fn backend(&self) -> Backend {
        self.store.backend()
    }
}

#[async_trait]
impl Queries for UnitOfWork {
    async fn all<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Vec<T>, StoreError> {
        self.still_open()?;
        self.noticing(all_of(&self.tx, sql, params).await)
    }

    async fn one<T: FromQueryResult + Send>(&self, sql: &str, params: Vec<Value>) -> Result<Option<T>, StoreError> {
        self.still_open()?;
        self.noticing(one_of(&self.tx, sql, params).await)
    }
}
