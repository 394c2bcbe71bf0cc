//! What members read. A mark holds how far: what comes behind it begins a new line, also when all is derived anew.

use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{StoreError, UnitOfWork, Value, list, params};

use crate::model::{Kind, NoteId};

/// Marks lines as read; answers how many were not.
pub(crate) async fn mark(
    unit: &mut UnitOfWork,
    member: AuthorId,
    ids: &[NoteId],
    at: Timestamp,
) -> Result<u64, StoreError> {
    let of = format!("id IN ({})", list(3, ids.len()));
    write(unit, (member, at), &of, ids.iter().map(|id| id.0.into()).collect()).await
}

/// Marks everything as read that was told up to a moment.
pub(crate) async fn mark_all(
    unit: &mut UnitOfWork,
    member: AuthorId,
    until: Timestamp,
    at: Timestamp,
) -> Result<u64, StoreError> {
    write(unit, (member, at), "last_at <= $3", params![until.as_millis()]).await
}

/// Marks all lines of a kind as read.
pub(crate) async fn mark_kind(
    unit: &mut UnitOfWork,
    member: AuthorId,
    kind: Kind,
    at: Timestamp,
) -> Result<u64, StoreError> {
    write(unit, (member, at), "kind = $3", params![kind.as_str()]).await
}

/// Marks the line about one thing as read.
pub(crate) async fn mark_one(
    unit: &mut UnitOfWork,
    member: AuthorId,
    (kind, subject): (Kind, i64),
    at: Timestamp,
) -> Result<u64, StoreError> {
    write(unit, (member, at), "kind = $3 AND subject = $4", params![kind.as_str(), subject]).await
}

async fn write(
    unit: &mut UnitOfWork,
    (member, at): (AuthorId, Timestamp),
    of: &str,
    more: Vec<Value>,
) -> Result<u64, StoreError> {
    let mut values = params![member.raw(), at.as_millis()];
    values.extend(more);
    let sql = format!(
        "UPDATE notifications_note SET read_at = $2, read_epoch = last_epoch, read_seq = last_seq \
         WHERE member = $1 AND read_at IS NULL AND {of}"
    );
    let marked = unit.execute(&sql, values).await?;
    if marked > 0 {
        let sql = "INSERT INTO notifications_read (note, member, at, epoch, seq) \
                   SELECT id, member, read_at, read_epoch, read_seq FROM notifications_note \
                   WHERE member = $1 AND read_at = $2 ON CONFLICT (note) DO NOTHING";
        unit.execute(sql, params![member.raw(), at.as_millis()]).await?;
    }
    Ok(marked)
}
