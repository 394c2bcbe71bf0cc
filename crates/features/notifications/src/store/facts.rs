//! What the log says of posts, members and follows.

use xinghe_core::event::Position;
use xinghe_core::{AuthorId, FollowKind, PostId, PostKind, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

/// A place behind every event.
const NEVER: i64 = i64::MAX;

/// What the log says of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub kind: PostKind,
    pub author: AuthorId,
    /// 0 where it hangs on nothing.
    pub parent: i64,
    /// Of a comment: what is talked about.
    pub top: PostId,
}

/// What is known of a post; `None` before it was published.
pub(crate) async fn known(q: &impl Queries, post: PostId) -> Result<Option<Known>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        kind: String,
        author: i64,
        parent: i64,
        top: i64,
    }
    let sql = "SELECT kind, author, parent, top FROM notifications_post WHERE post = $1";
    let Some(row) = q.one::<Row>(sql, params![post.raw()]).await? else { return Ok(None) };
    let kind = row.kind.parse().map_err(|e: xinghe_core::content::UnknownWord| StoreError::Value(e.to_string()))?;
    let (author, top) = (AuthorId::from_raw(row.author), PostId::from_raw(row.top));
    Ok(Some(Known { kind, author, parent: row.parent, top }))
}

/// Notes a published post; answers whether it is new.
pub(crate) async fn publish(unit: &mut UnitOfWork, post: PostId, of: Known) -> Result<bool, StoreError> {
    let sql = "INSERT INTO notifications_post (post, kind, author, parent, top) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (post) DO NOTHING";
    let values = params![post.raw(), of.kind.as_str(), of.author.raw(), of.parent, of.top.raw()];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Notes whether a post is out of sight.
pub(crate) async fn gone(unit: &mut UnitOfWork, post: PostId, gone: bool) -> Result<(), StoreError> {
    let sql = if gone {
        "INSERT INTO notifications_gone (post) VALUES ($1) ON CONFLICT (post) DO NOTHING"
    } else {
        "DELETE FROM notifications_gone WHERE post = $1"
    };
    unit.execute(sql, params![post.raw()]).await?;
    Ok(())
}

/// Notes a member.
pub(crate) async fn register(unit: &mut UnitOfWork, member: AuthorId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO notifications_member (member, at) VALUES ($1, $2) ON CONFLICT (member) DO NOTHING";
    unit.execute(sql, params![member.raw(), at.as_millis()]).await?;
    Ok(())
}

/// Since when somebody is a member.
pub(crate) async fn registered_at(q: &impl Queries, member: AuthorId) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT at AS value FROM notifications_member WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.map(Timestamp::from_millis))
}

/// Notes that something is followed from here on, or no longer.
pub(crate) async fn followed(
    unit: &mut UnitOfWork,
    by: AuthorId,
    (kind, id): (FollowKind, i64),
    on: bool,
    at: Position,
) -> Result<(), StoreError> {
    let key = || params![kind.as_str(), id, by.raw(), NEVER];
    if on {
        let sql = "SELECT COUNT(*) AS value FROM notifications_follow WHERE kind = $1 AND id = $2 AND member = $3 \
                   AND until_epoch = $4";
        if unit.number(sql, key()).await?.unwrap_or_default() > 0 {
            return Ok(());
        }
        let sql = "INSERT INTO notifications_follow (kind, id, member, since_epoch, since_seq, until_epoch, until_seq) \
                   VALUES ($1, $2, $3, $5, $6, $4, $4) ON CONFLICT DO NOTHING";
        let mut values = key();
        values.extend(params![at.epoch, at.seq]);
        unit.execute(sql, values).await?;
        return Ok(());
    }
    let sql = "UPDATE notifications_follow SET until_epoch = $5, until_seq = $6 WHERE kind = $1 AND id = $2 \
               AND member = $3 AND until_epoch = $4";
    let mut values = key();
    values.extend(params![at.epoch, at.seq]);
    unit.execute(sql, values).await?;
    Ok(())
}

/// Whether anybody follows this at the moment.
pub(crate) async fn has_followers(q: &impl Queries, kind: FollowKind, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS(SELECT 1 FROM notifications_follow WHERE kind = $1 AND id = $2 AND until_epoch = $3) \
               AS there";
    #[derive(FromQueryResult)]
    struct Row {
        there: bool,
    }
    Ok(q.one::<Row>(sql, params![kind.as_str(), id, NEVER]).await?.is_some_and(|r| r.there))
}

/// A claimed author's posts and followers are the member's from here on.
pub(crate) async fn claim(
    unit: &mut UnitOfWork,
    author: AuthorId,
    member: AuthorId,
    at: Position,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
    }
    let both = params![author.raw(), member.raw()];
    unit.execute("UPDATE notifications_post SET author = $2 WHERE author = $1", both).await?;
    let sql = "SELECT member FROM notifications_follow WHERE kind = 'member' AND id = $1 AND until_epoch = $2";
    let rows: Vec<Row> = unit.all(sql, params![author.raw(), NEVER]).await?;
    for by in rows.into_iter().map(|r| AuthorId::from_raw(r.member)) {
        followed(unit, by, (FollowKind::Member, author.raw()), false, at).await?;
        if by != member {
            followed(unit, by, (FollowKind::Member, member.raw()), true, at).await?;
        }
    }
    Ok(())
}

/// Takes all rows of a member away, and the member out of what others were told.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    let id = || params![member.raw()];
    let sql = "INSERT INTO notifications_erased (member) VALUES ($1) ON CONFLICT (member) DO NOTHING";
    unit.execute(sql, id()).await?;
    let sql = "DELETE FROM notifications_part WHERE note IN (SELECT id FROM notifications_note WHERE member = $1)";
    unit.execute(sql, id()).await?;
    for table in ["note", "read", "setting", "member", "follow", "pulse"] {
        unit.execute(&format!("DELETE FROM notifications_{table} WHERE member = $1"), id()).await?;
    }
    unit.execute("DELETE FROM notifications_follow WHERE kind = 'member' AND id = $1", id()).await?;
    unit.execute("DELETE FROM notifications_block WHERE member = $1 OR blocked = $1", id()).await?;
    // Votes, thanks, follows and messages are gone with the member; posts may stay, without a name.
    let sql = "DELETE FROM notifications_part WHERE actor = $1 AND (item = $1 OR note IN \
               (SELECT id FROM notifications_note WHERE kind = 'message'))";
    unit.execute(sql, id()).await?;
    unit.execute("UPDATE notifications_part SET actor = 0 WHERE actor = $1", id()).await?;
    unit.execute("UPDATE notifications_post SET author = 0 WHERE author = $1", id()).await?;
    unit.execute("UPDATE notifications_spread SET actor = 0 WHERE actor = $1", id()).await?;
    let sql = "DELETE FROM notifications_spread WHERE source = 'member' AND source_id = $1";
    unit.execute(sql, id()).await?;
    Ok(())
}

/// Whether this member was erased.
pub(crate) async fn erased(q: &impl Queries, member: AuthorId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM notifications_erased WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.unwrap_or_default() > 0)
}

/// How far tags were looked up: what is before is not looked up again, for it may have changed.
pub(crate) async fn looked_up(q: &impl Queries) -> Result<Position, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        epoch: i64,
        seq: i64,
    }
    let row: Option<Row> = q.one("SELECT epoch, seq FROM notifications_through WHERE id = 1", vec![]).await?;
    Ok(row.map_or(Position::START, |r| Position { epoch: r.epoch, seq: r.seq }))
}

/// Whether anybody follows a tag at the moment.
pub(crate) async fn any_tag_followed(q: &impl Queries) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM (SELECT 1 AS one FROM notifications_follow WHERE kind = 'tag' \
               AND until_epoch = $1 LIMIT 1) AS found";
    Ok(q.number(sql, params![NEVER]).await?.unwrap_or_default() > 0)
}

/// Notes how far tags were looked up.
pub(crate) async fn set_looked_up(unit: &mut UnitOfWork, to: Position) -> Result<(), StoreError> {
    let sql = "UPDATE notifications_through SET epoch = $1, seq = $2 WHERE id = 1 AND (epoch, seq) < ($1, $2)";
    unit.execute(sql, params![to.epoch, to.seq]).await?;
    Ok(())
}

/// Keeps the tags of a new post that somebody follows.
pub(crate) async fn keep_topics(unit: &mut UnitOfWork, post: PostId, tags: &[i64]) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let sql = format!(
        "SELECT DISTINCT id FROM notifications_follow WHERE kind = 'tag' AND until_epoch = $1 AND id IN ({})",
        list(2, tags.len())
    );
    let mut values = params![NEVER];
    values.extend(tags.iter().map(|t| xinghe_store::Value::from(*t)));
    for tag in unit.all::<Row>(&sql, values).await? {
        let sql = "INSERT INTO notifications_topic (post, tag) VALUES ($1, $2) ON CONFLICT (post, tag) DO NOTHING";
        unit.execute(sql, params![post.raw(), tag.id]).await?;
    }
    Ok(())
}

/// The kept tags of a post, ascending.
pub(crate) async fn topics(q: &impl Queries, post: PostId) -> Result<Vec<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        tag: i64,
    }
    let sql = "SELECT tag FROM notifications_topic WHERE post = $1 ORDER BY tag";
    Ok(q.all::<Row>(sql, params![post.raw()]).await?.into_iter().map(|r| r.tag).collect())
}
