//! The event log: appended to within a transaction, read in one total order.
//!
//! On SQLite the order is the sequence number: there is one writer at a time, so numbers rise with commits. On
//! PostgreSQL numbers are drawn before commits, so a reader going by numbers alone could pass an open transaction
//! and never see its events. There the order is (writing transaction, number), and only events of transactions
//! below the oldest one still running (`pg_snapshot_xmin`) are read: whatever commits later sorts after them. A
//! transaction that stays open, anywhere on that server, delays all readers until it ends.

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
    horizon: i64,
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
        page(&self.store, &self.store, position, limit).await?.entries.into_iter().map(|(_, e)| e).collect()
    }

    /// The position of the last committed event. On PostgreSQL it may not be readable yet, while an older transaction
    /// is open.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn head(&self) -> Result<Position, StoreError> {
        let order = order(self.store.backend(), " DESC");
        let sql = format!("SELECT epoch, seq FROM events ORDER BY {order} LIMIT 1");
        Ok(self.store.one::<At>(&sql, vec![]).await?.map_or(Position::START, At::position))
    }

    /// How many events come after a position: exact up to [`COUNTED`], beyond that by their numbers, which may have
    /// gaps.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn behind(&self, position: Position) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) AS value FROM (SELECT 1 FROM events WHERE {} LIMIT {}) AS beyond",
            beyond(self.store.backend()),
            COUNTED + 1
        );
        let at = || crate::params![position.epoch, position.seq];
        let counted = self.store.number(&sql, at()).await?.unwrap_or_default().unsigned_abs();
        if counted <= COUNTED {
            return Ok(counted);
        }
        let newest = self.store.number("SELECT MAX(seq) AS value FROM events", vec![]).await?.unwrap_or_default();
        Ok(counted.max(newest.saturating_sub(position.seq).unsigned_abs()))
    }

    /// When the first event after a position happened; `None` where there is none.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn next_at(&self, position: Position) -> Result<Option<Timestamp>, StoreError> {
        let backend = self.store.backend();
        let sql =
            format!("SELECT at AS value FROM events WHERE {} ORDER BY {} LIMIT 1", beyond(backend), order(backend, ""));
        let at = self.store.number(&sql, crate::params![position.epoch, position.seq]).await?;
        Ok(at.map(Timestamp::from_millis))
    }

    /// Whether this event stands at this position: not so where the log is older than what was read from it, or was
    /// put back to an earlier state and has grown past the position since.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn holds(&self, position: Position, at: Option<Timestamp>) -> Result<bool, StoreError> {
        let sql = "SELECT at AS value FROM events WHERE epoch = $1 AND seq = $2";
        let found = self.store.number(sql, crate::params![position.epoch, position.seq]).await?;
        Ok(position == Position::START || found.is_some_and(|f| at.is_none_or(|at| at.as_millis() == f)))
    }
}

/// Up to how many events [`Log::behind`] counts.
pub const COUNTED: u64 = 10_000;

#[derive(FromQueryResult)]
struct At {
    epoch: i64,
    seq: i64,
}

impl At {
    fn position(self) -> Position {
        Position { epoch: self.epoch, seq: self.seq }
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

fn order(backend: Backend, direction: &str) -> String {
    match backend {
        Backend::Sqlite => format!("seq{direction}"),
        Backend::Postgres => format!("epoch{direction}, seq{direction}"),
    }
}

/// A stretch of the log.
pub(crate) struct Page {
    /// Events that may be read.
    pub entries: Vec<Entry>,
    /// The first committed event that may not be read yet: an older transaction is still open.
    pub held_back: Option<Position>,
}

pub(crate) async fn page(
    queries: &impl Queries,
    store: &Store,
    after: Position,
    limit: u32,
) -> Result<Page, StoreError> {
    let backend = store.backend();
    // Events of transactions below the horizon are all there; those at or above it may still get elder siblings.
    let horizon = match backend {
        Backend::Sqlite => "9223372036854775807".to_owned(),
        Backend::Postgres => {
            let offset = store.inner().epoch_offset;
            format!("(SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {offset})")
        }
    };
    let sql = format!(
        "SELECT seq, epoch, at, actor, kind, version, payload, {horizon} AS horizon FROM events WHERE {} \
         ORDER BY {} LIMIT {limit}",
        beyond(backend),
        order(backend, "")
    );
    let rows: Vec<Row> = queries.all(&sql, crate::params![after.epoch, after.seq]).await?;
    let open = rows.iter().position(|r| r.epoch >= r.horizon).unwrap_or(rows.len());
    let held_back = rows.get(open).map(|r| Position { epoch: r.epoch, seq: r.seq });
    let readable = rows.into_iter().take(open);
    let entries = readable.map(|r| (Position { epoch: r.epoch, seq: r.seq }, decode(&r))).collect();
    Ok(Page { entries, held_back })
}

fn decode(row: &Row) -> Result<Recorded, StoreError> {
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
    let values = crate::params![at, actor.map(AuthorId::raw), kind, event.version(), payload.to_string()];
    let sql = match unit.backend() {
        Backend::Sqlite => {
            "INSERT INTO events (at, actor, kind, version, payload) VALUES ($1, $2, $3, $4, $5) RETURNING seq AS value"
                .to_owned()
        }
        Backend::Postgres => {
            let offset = unit.store().inner().epoch_offset;
            format!(
                "INSERT INTO events (epoch, at, actor, kind, version, payload) \
                 VALUES (pg_current_xact_id()::text::bigint + {offset}, $1, $2, $3, $4, $5) RETURNING seq AS value"
            )
        }
    };
    let seq = unit.number(&sql, values).await?.ok_or_else(|| StoreError::Value("no event number".to_owned()))?;
    Ok(EventSeq::from_raw(seq))
}
