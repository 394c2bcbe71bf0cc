//! The event log: appended to within a transaction, read in one total order.
//!
//! On SQLite the order is the sequence number: there is one writer at a time, so numbers rise with commits. On
//! PostgreSQL numbers are drawn before commits, so a reader going by numbers alone could pass an open transaction
//! and never see its events. There the order is (writing transaction, number), and only events of transactions
//! below the oldest one still running (`pg_snapshot_xmin`) are read: whatever commits later sorts after them.

use sea_orm::FromQueryResult;
use xinghe_core::event::{Event, Position, Recorded};
use xinghe_core::id::{AuthorId, EventSeq};
use xinghe_core::time::Timestamp;

use crate::error::StoreError;
use crate::store::{Backend, Queries, Store};
use crate::unit::UnitOfWork;

/// Reads the event log.
#[derive(Debug, Clone)]
pub struct Log {
    store: Store,
}

#[derive(FromQueryResult)]
struct Row {
    seq: i64,
    epoch: i64,
    at: i64,
    actor: Option<i64>,
    kind: String,
    version: i32,
    payload: String,
}

/// A stored event that may be unreadable: readers park at it instead of passing it.
pub(crate) type Entry = (Position, Result<Recorded, StoreError>);

impl Log {
    /// The log of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Up to `limit` events after a position, in order, all of them committed and none that a later commit could
    /// still precede.
    ///
    /// # Errors
    /// The database is gone, or an event cannot be read.
    pub async fn after(&self, position: Position, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        entries(&self.store, self.store.backend(), position, limit).await?.into_iter().map(|(_, e)| e).collect()
    }

    /// The position of the last readable event.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn head(&self) -> Result<Position, StoreError> {
        #[derive(FromQueryResult)]
        struct Head {
            epoch: i64,
            seq: i64,
        }
        let settled = settled(self.store.backend());
        let sql = format!("SELECT epoch, seq FROM events WHERE {settled} ORDER BY epoch DESC, seq DESC LIMIT 1");
        let sql = if self.store.backend() == Backend::Sqlite {
            "SELECT epoch, seq FROM events ORDER BY seq DESC LIMIT 1"
        } else {
            &sql
        };
        let head: Option<Head> = self.store.one(sql, vec![]).await?;
        Ok(head.map_or(Position::START, |h| Position { epoch: h.epoch, seq: h.seq }))
    }

    /// How many readable events come after a position.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn behind(&self, position: Position) -> Result<u64, StoreError> {
        let backend = self.store.backend();
        let sql = format!("SELECT COUNT(*) AS value FROM events WHERE {} AND {}", beyond(backend), settled(backend));
        let params = crate::params![position.epoch, position.seq];
        Ok(self.store.number(&sql, params).await?.unwrap_or_default().unsigned_abs())
    }
}

/// SQL that holds for events after ($1, $2).
fn beyond(backend: Backend) -> &'static str {
    match backend {
        // `epoch` is 0 throughout, so the primary key alone tells; $1 is named so that the parameter is used.
        Backend::Sqlite => "seq > $2 AND $1 = 0",
        Backend::Postgres => "(epoch, seq) > ($1, $2)",
    }
}

/// SQL that holds for events no later commit can precede.
fn settled(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "TRUE",
        Backend::Postgres => "epoch < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    }
}

pub(crate) async fn entries(
    queries: &impl Queries,
    backend: Backend,
    after: Position,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let order = if backend == Backend::Sqlite { "seq" } else { "epoch, seq" };
    let sql = format!(
        "SELECT seq, epoch, at, actor, kind, version, payload FROM events WHERE {} AND {} ORDER BY {order} LIMIT {limit}",
        beyond(backend),
        settled(backend)
    );
    let rows: Vec<Row> = queries.all(&sql, crate::params![after.epoch, after.seq]).await?;
    Ok(rows.into_iter().map(|r| (Position { epoch: r.epoch, seq: r.seq }, decode(r))).collect())
}

fn decode(row: Row) -> Result<Recorded, StoreError> {
    let payload =
        serde_json::from_str(&row.payload).map_err(|e| StoreError::Value(format!("event {}: {e}", row.seq)))?;
    Ok(Recorded {
        seq: EventSeq::from_raw(row.seq),
        position: Position { epoch: row.epoch, seq: row.seq },
        at: Timestamp::from_millis(row.at),
        actor: row.actor.map(AuthorId::from_raw),
        event: Event::decode(&row.kind, row.version, payload)?,
    })
}

pub(crate) async fn append(
    unit: &mut UnitOfWork,
    actor: Option<AuthorId>,
    event: &Event,
) -> Result<EventSeq, StoreError> {
    let (kind, payload) = event.encode();
    let at = unit.store().now().as_millis();
    let sql =
        "INSERT INTO events (at, actor, kind, version, payload) VALUES ($1, $2, $3, $4, $5) RETURNING seq AS value";
    let params = crate::params![at, actor.map(AuthorId::raw), kind, event.version(), payload.to_string()];
    let seq = unit.number(sql, params).await?.ok_or_else(|| StoreError::Value("no event number".to_owned()))?;
    Ok(EventSeq::from_raw(seq))
}
