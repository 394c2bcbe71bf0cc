//! One source for SQLite (default) and PostgreSQL: migrations, units of work, the event log, readers and jobs.
//!
//! SQL is written once, with `$1`-style parameters, in the dialect both databases share; a [`Migration`] may hold
//! sections for one of them. SQLite has one writing connection and several reading ones; PostgreSQL one pool.
//!
//! * [`Store`] reads ([`Queries`]) and opens a [`UnitOfWork`], the only thing that writes.
//! * [`UnitOfWork::append`] adds an event and [`UnitOfWork::enqueue`] a job to the transaction that causes them.
//! * [`Readers`] follow the log; [`Workers`] do the jobs.

mod backup;
mod connect;
mod cursor;
mod error;
mod jobs;
mod lease;
mod log;
mod look;
mod migrate;
mod readers;
mod standing;
mod steering;
mod stepping;
mod store;
mod system;
mod timetable;
mod unit;
mod wake;
mod workers;

pub use backup::{BackupError, Copied, backup, restore};
pub use error::StoreError;
pub use jobs::{JobError, JobHandler, JobRequest, JobState, Schedule, Unique};
pub use lease::JobRun;
pub use log::{COUNTED, Log};
pub use look::{Condition, ReaderRow};
pub use migrate::Migration;
pub use readers::{EventReader, LocalReader, ReaderError, Readers};
pub use standing::{ReaderState, ReaderStatus};
pub use steering::{JobCount, JobList, JobView, Jobs};
pub use store::{Backend, Queries, Store, StoreSettings, list};
pub use system::{SystemClock, SystemRandom};
pub use unit::UnitOfWork;
pub use workers::Workers;

pub use sea_orm::{FromQueryResult, Value};

/// Parameters of a statement: `params![id, name, 5_i64]`. A value is anything that becomes a [`Value`]; `None` is NULL.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}
