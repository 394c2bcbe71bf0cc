//! The SQL of archives; its tables begin with `exports_`.

use xinghe_core::{ArchiveId, AuthorId, SessionId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::model::{Archive, State};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    member: i64,
    state: String,
    asked_at: i64,
    moved_at: i64,
    done: i32,
    total: i32,
    files: i32,
    bytes: i64,
    ready_at: Option<i64>,
    expires_at: Option<i64>,
}

/// A member's archive, also one whose time is over.
pub(crate) async fn archive(q: &impl Queries, member: AuthorId) -> Result<Option<Archive>, StoreError> {
    let sql = "SELECT id, member, state, asked_at, moved_at, done, total, files, bytes, ready_at, expires_at \
               FROM exports_archive WHERE member = $1";
    let row: Option<Row> = q.one(sql, params![member.raw()]).await?;
    Ok(row.map(|r| Archive {
        id: ArchiveId::from_raw(r.id),
        member: AuthorId::from_raw(r.member),
        state: State::parse(&r.state),
        asked_at: Timestamp::from_millis(r.asked_at),
        moved_at: Timestamp::from_millis(r.moved_at),
        done: r.done.unsigned_abs(),
        total: r.total.unsigned_abs(),
        files: r.files.unsigned_abs(),
        bytes: r.bytes.unsigned_abs(),
        ready_at: r.ready_at.map(Timestamp::from_millis),
        expires_at: r.expires_at.map(Timestamp::from_millis),
    }))
}

fn whole(n: impl TryInto<i32>) -> i32 {
    n.try_into().unwrap_or(i32::MAX)
}

/// Begins an archive; what the member had before goes.
pub(crate) async fn begin(
    unit: &mut UnitOfWork,
    member: AuthorId,
    id: ArchiveId,
    total: usize,
) -> Result<(), StoreError> {
    drop_archive(unit, member).await?;
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO exports_archive (member, id, state, asked_at, moved_at, done, total, files, bytes) \
               VALUES ($1, $2, $3, $4, $4, 0, $5, 0, 0)";
    unit.execute(sql, params![member.raw(), id.raw(), State::Making.as_str(), now, whole(total)]).await?;
    Ok(())
}

/// Notes how far the making is; `false`: the archive is not wanted any more.
pub(crate) async fn moved(unit: &mut UnitOfWork, id: ArchiveId, done: usize, files: usize) -> Result<bool, StoreError> {
    let sql = "UPDATE exports_archive SET moved_at = $2, done = $3, files = $4, state = $5 WHERE id = $1 \
               AND ready_at IS NULL";
    let now = unit.store().now().as_millis();
    let values = params![id.raw(), now, whole(done), whole(files), State::Making.as_str()];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Removes the pieces of an archive.
pub(crate) async fn drop_parts(unit: &mut UnitOfWork, id: ArchiveId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM exports_part WHERE archive = $1", params![id.raw()]).await?;
    Ok(())
}

/// Adds a piece.
pub(crate) async fn put_part(
    unit: &mut UnitOfWork,
    id: ArchiveId,
    ordinal: usize,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO exports_part (archive, ordinal, bytes) VALUES ($1, $2, $3)";
    unit.execute(sql, params![id.raw(), whole(ordinal), bytes.to_vec()]).await?;
    Ok(())
}

/// Says that an archive is ready; `false`: it is not wanted any more.
pub(crate) async fn ready(
    unit: &mut UnitOfWork,
    id: ArchiveId,
    (files, bytes): (usize, usize),
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE exports_archive SET state = $2, done = total, files = $3, bytes = $4, ready_at = $5, \
               moved_at = $5, expires_at = $6 WHERE id = $1 AND ready_at IS NULL";
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let now = unit.store().now().as_millis();
    let values = params![id.raw(), State::Ready.as_str(), whole(files), bytes, now, expires_at.as_millis()];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Says that an archive could not be made.
pub(crate) async fn fail(unit: &mut UnitOfWork, id: ArchiveId) -> Result<(), StoreError> {
    let sql = "UPDATE exports_archive SET state = $2 WHERE id = $1 AND ready_at IS NULL";
    unit.execute(sql, params![id.raw(), State::Failed.as_str()]).await?;
    Ok(())
}

/// One piece of an archive.
pub(crate) async fn part(q: &impl Queries, id: ArchiveId, ordinal: i32) -> Result<Option<Vec<u8>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Piece {
        bytes: Vec<u8>,
    }
    let sql = "SELECT bytes FROM exports_part WHERE archive = $1 AND ordinal = $2";
    let row: Option<Piece> = q.one(sql, params![id.raw(), ordinal]).await?;
    Ok(row.map(|r| r.bytes))
}

/// Removes a member's archive; `false`: there was none.
pub(crate) async fn drop_archive(unit: &mut UnitOfWork, member: AuthorId) -> Result<bool, StoreError> {
    #[derive(FromQueryResult)]
    struct Gone {
        id: i64,
    }
    // The row first: whoever adds pieces holds it, and they are removed once they are all there.
    let sql = "DELETE FROM exports_archive WHERE member = $1 RETURNING id";
    let gone: Option<Gone> = unit.one(sql, params![member.raw()]).await?;
    if let Some(Gone { id }) = gone {
        drop_parts(unit, ArchiveId::from_raw(id)).await?;
    }
    Ok(gone.is_some())
}

/// Remembers that a member was asked again in a session.
pub(crate) async fn confirm(
    unit: &mut UnitOfWork,
    member: AuthorId,
    session: SessionId,
    until: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO exports_confirmed (session, member, until) VALUES ($1, $2, $3) \
               ON CONFLICT (session) DO UPDATE SET member = excluded.member, until = excluded.until";
    unit.execute(sql, params![session.raw(), member.raw(), until.as_millis()]).await?;
    Ok(())
}

/// Whether a member was asked again in this session, recently enough.
pub(crate) async fn is_confirmed(
    q: &impl Queries,
    member: AuthorId,
    session: SessionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM exports_confirmed WHERE session = $1 AND member = $2 AND until > $3";
    let values = params![session.raw(), member.raw(), now.as_millis()];
    Ok(q.number(sql, values).await?.unwrap_or_default() > 0)
}

/// Whether a member was erased.
pub(crate) async fn erased(q: &impl Queries, member: AuthorId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM exports_erased WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.unwrap_or_default() > 0)
}

/// Forgets a member who was erased.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    drop_archive(unit, member).await?;
    unit.execute("DELETE FROM exports_confirmed WHERE member = $1", params![member.raw()]).await?;
    let sql = "INSERT INTO exports_erased (member) VALUES ($1) ON CONFLICT (member) DO NOTHING";
    unit.execute(sql, params![member.raw()]).await?;
    Ok(())
}

/// Removes archives whose time is over, and what confirmed sessions are remembered too long; answers how many archives.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp) -> Result<u64, StoreError> {
    let now = now.as_millis();
    unit.execute("DELETE FROM exports_confirmed WHERE until <= $1", params![now]).await?;
    let swept = unit.execute("DELETE FROM exports_archive WHERE expires_at <= $1", params![now]).await?;
    let sql = "DELETE FROM exports_part WHERE archive NOT IN (SELECT id FROM exports_archive)";
    unit.execute(sql, vec![]).await?;
    Ok(swept)
}
