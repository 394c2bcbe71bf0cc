//! The SQL of notifications; its tables begin with `notifications_`.

mod choices;
mod facts;
mod list;
mod read;
mod spread;
mod tell;

pub(crate) use choices::{choices, off, set};
pub(crate) use facts::{
    Known, any_tag_followed, claim, erase, erased, followed, gone, has_followers, keep_topics, known, looked_up,
    publish, register, registered_at, set_looked_up, topics,
};
pub(crate) use list::{Page, count, note, notes};
pub(crate) use read::{mark, mark_all, mark_kind, mark_one};
pub(crate) use spread::{Pending, advance, followers, next_pending, put_pending};
pub(crate) use tell::{Cause, Line, again, latest_pulse, name, pulse, pulses, set_block, take_back, tell};

use xinghe_store::{StoreError, UnitOfWork};

/// Who writes lines or drops them holds this: the reader, and the job that tells followers.
pub(crate) const LOCK: &str = "notifications";

/// Waits for the turn to write lines.
pub(crate) async fn lock(unit: &mut UnitOfWork) -> Result<(), StoreError> {
    unit.lock(LOCK).await
}

/// Drops everything that is derived. What members read and chose stays, and the tags of posts, which the log does not
/// name.
pub(crate) async fn reset(unit: &mut UnitOfWork) -> Result<(), StoreError> {
    lock(unit).await?;
    for table in ["note", "part", "post", "gone", "member", "erased", "follow", "block", "spread"] {
        unit.execute(&format!("DELETE FROM notifications_{table}"), vec![]).await?;
    }
    Ok(())
}
