//! Who writes to whom, who blocks whom, who is gone.

use xinghe_core::{AuthorId, ConversationId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use super::drop_empty;
use crate::model::Who;

/// The conversation of two members.
pub(crate) async fn pair(
    q: &impl Queries,
    one: AuthorId,
    other: AuthorId,
) -> Result<Option<ConversationId>, StoreError> {
    let sql = "SELECT conversation AS value FROM messages_pair WHERE low = $1 AND high = $2";
    let (low, high) = (one.raw().min(other.raw()), one.raw().max(other.raw()));
    Ok(q.number(sql, params![low, high]).await?.map(ConversationId::from_raw))
}

/// Who may write to a member.
pub(crate) async fn who(q: &impl Queries, member: AuthorId) -> Result<Who, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        who: String,
    }
    let sql = "SELECT who FROM messages_setting WHERE member = $1";
    let row: Option<Row> = q.one(sql, params![member.raw()]).await?;
    Ok(row.and_then(|r| r.who.parse().ok()).unwrap_or_default())
}

/// Writes who may write to a member.
pub(crate) async fn set_who(unit: &mut UnitOfWork, member: AuthorId, who: Who) -> Result<(), StoreError> {
    let sql = "INSERT INTO messages_setting (member, who) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE \
               SET who = excluded.who";
    unit.execute(sql, params![member.raw(), who.as_str()]).await?;
    Ok(())
}

/// Whether a member blocks another.
pub(crate) async fn is_blocked(q: &impl Queries, member: AuthorId, other: AuthorId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_block WHERE member = $1 AND blocked = $2";
    Ok(q.number(sql, params![member.raw(), other.raw()]).await?.unwrap_or_default() > 0)
}

/// Whom a member blocks, the latest first.
pub(crate) async fn blocked_by(q: &impl Queries, member: AuthorId) -> Result<Vec<(AuthorId, Timestamp)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        blocked: i64,
        at: i64,
    }
    let sql = "SELECT blocked, at FROM messages_block WHERE member = $1 ORDER BY at DESC, blocked DESC";
    let rows: Vec<Row> = q.all(sql, params![member.raw()]).await?;
    Ok(rows.into_iter().map(|r| (AuthorId::from_raw(r.blocked), Timestamp::from_millis(r.at))).collect())
}

/// How many a member blocks.
pub(crate) async fn count_blocks(q: &impl Queries, member: AuthorId) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_block WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.unwrap_or_default())
}

/// Blocks somebody; answers whether that is new.
pub(crate) async fn block(unit: &mut UnitOfWork, member: AuthorId, other: AuthorId) -> Result<bool, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO messages_block (member, blocked, at) VALUES ($1, $2, $3) \
               ON CONFLICT (member, blocked) DO NOTHING";
    Ok(unit.execute(sql, params![member.raw(), other.raw(), now]).await? > 0)
}

/// Blocks somebody no longer; answers whether the member did.
pub(crate) async fn unblock(unit: &mut UnitOfWork, member: AuthorId, other: AuthorId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM messages_block WHERE member = $1 AND blocked = $2";
    Ok(unit.execute(sql, params![member.raw(), other.raw()]).await? > 0)
}

/// Whether a member was erased.
pub(crate) async fn erased(q: &impl Queries, member: AuthorId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM messages_erased WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.unwrap_or_default() > 0)
}

/// Forgets a member who was erased: all that the member wrote, also in the inboxes of others.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        conversation: i64,
    }
    let me = || params![member.raw()];
    let sql = "INSERT INTO messages_erased (member) VALUES ($1) ON CONFLICT (member) DO NOTHING";
    unit.execute(sql, me()).await?;
    let sql = "SELECT conversation FROM messages_member WHERE member = $1 ORDER BY conversation";
    let rows: Vec<Row> = unit.all(sql, me()).await?;
    unit.execute("DELETE FROM messages_message WHERE author = $1", me()).await?;
    unit.execute("DELETE FROM messages_member WHERE member = $1", me()).await?;
    unit.execute("DELETE FROM messages_begun WHERE member = $1", me()).await?;
    unit.execute("DELETE FROM messages_pair WHERE low = $1 OR high = $1", me()).await?;
    unit.execute("DELETE FROM messages_block WHERE member = $1 OR blocked = $1", me()).await?;
    unit.execute("DELETE FROM messages_setting WHERE member = $1", me()).await?;
    for row in rows {
        // What was unread of the member is gone, and the conversation stands where what is left ends.
        let sql = "UPDATE messages_member SET unread = 0, last = COALESCE((SELECT MAX(m.id) FROM messages_message m \
                   WHERE m.conversation = $1), 0) WHERE conversation = $1";
        unit.execute(sql, params![row.conversation]).await?;
        drop_empty(unit, ConversationId::from_raw(row.conversation)).await?;
    }
    Ok(())
}
