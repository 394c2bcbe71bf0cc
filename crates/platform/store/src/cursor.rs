//! Where a reader stands: one row each.

use sea_orm::FromQueryResult;
use xinghe_core::event::Position;

use crate::error::StoreError;
use crate::params;
use crate::store::{Backend, Queries, Store};
use crate::unit::UnitOfWork;

#[derive(FromQueryResult)]
pub(crate) struct Cursor {
    epoch: i64,
    seq: i64,
    pub error: Option<String>,
}

impl Cursor {
    pub(crate) fn position(&self) -> Position {
        Position { epoch: self.epoch, seq: self.seq }
    }
}

/// What to do where another process holds the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Wait,
    /// Waiting would keep a connection and a transaction open for nothing.
    Skip,
}

pub(crate) async fn load(queries: &impl Queries, name: &str) -> Result<Option<Cursor>, StoreError> {
    queries.one("SELECT epoch, seq, error FROM readers WHERE name = $1", params![name]).await
}

/// Makes the row, so that there is something to lock.
pub(crate) async fn make(store: &Store, name: &str) -> Result<(), StoreError> {
    let mut unit = store.begin().await?;
    let sql = "INSERT INTO readers (name, epoch, seq, updated_at) VALUES ($1, 0, 0, $2) ON CONFLICT (name) DO NOTHING";
    unit.execute(sql, params![name, store.now().as_millis()]).await?;
    unit.commit().await
}

/// The cursor, locked until the transaction ends; `None` where there is none, or another process holds it.
pub(crate) async fn lock(unit: &UnitOfWork, name: &str, held: Held) -> Result<Option<Cursor>, StoreError> {
    let lock = match (unit.backend(), held) {
        (Backend::Sqlite, _) => "",
        (Backend::Postgres, Held::Wait) => " FOR UPDATE",
        (Backend::Postgres, Held::Skip) => " FOR UPDATE SKIP LOCKED",
    };
    unit.one(&format!("SELECT epoch, seq, error FROM readers WHERE name = $1{lock}"), params![name]).await
}

pub(crate) async fn save(
    unit: &mut UnitOfWork,
    name: &str,
    at: Position,
    error: Option<&str>,
) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "UPDATE readers SET epoch = $1, seq = $2, error = $3, updated_at = $4 WHERE name = $5";
    unit.execute(sql, params![at.epoch, at.seq, error, now, name]).await?;
    Ok(())
}
