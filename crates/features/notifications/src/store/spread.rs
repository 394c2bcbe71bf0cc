//! What followers are still to be told.

use xinghe_core::event::Position;
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

/// A source's followers are to be told of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub position: Position,
    /// `member`, `tag` or `post`.
    pub source: String,
    pub source_id: i64,
    pub at: Timestamp,
    /// Who did it.
    pub actor: i64,
    /// The post's author, who is told otherwise.
    pub author: i64,
    pub item: i64,
    pub post: i64,
    /// The last follower who was told.
    pub after: i64,
}

#[derive(FromQueryResult)]
struct Row {
    epoch: i64,
    seq: i64,
    source: String,
    source_id: i64,
    at: i64,
    actor: i64,
    author: i64,
    item: i64,
    post: i64,
    after: i64,
}

/// Queues it.
pub(crate) async fn put_pending(unit: &mut UnitOfWork, p: &Pending) -> Result<(), StoreError> {
    let sql = "INSERT INTO notifications_spread (epoch, seq, source, source_id, at, actor, author, item, post, after) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT DO NOTHING";
    let Position { epoch, seq } = p.position;
    let values =
        params![epoch, seq, p.source.as_str(), p.source_id, p.at.as_millis(), p.actor, p.author, p.item, p.post];
    unit.execute(sql, values).await?;
    Ok(())
}

/// The next one, in the order of events.
pub(crate) async fn next_pending(q: &impl Queries) -> Result<Option<Pending>, StoreError> {
    let sql = "SELECT epoch, seq, source, source_id, at, actor, author, item, post, after FROM notifications_spread \
               ORDER BY epoch, seq, source, source_id LIMIT 1";
    Ok(q.one::<Row>(sql, vec![]).await?.map(|r| Pending {
        position: Position { epoch: r.epoch, seq: r.seq },
        source: r.source,
        source_id: r.source_id,
        at: Timestamp::from_millis(r.at),
        actor: r.actor,
        author: r.author,
        item: r.item,
        post: r.post,
        after: r.after,
    }))
}

/// The next followers, who followed at the moment of the event, did not write the post, and are not told by a source
/// that comes before: the author, or a tag of a lower number.
pub(crate) async fn followers(q: &impl Queries, p: &Pending, limit: usize) -> Result<Vec<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
    }
    let during = |f: &str| {
        format!("({f}.since_epoch, {f}.since_seq) < ($4, $5) AND ({f}.until_epoch, {f}.until_seq) >= ($4, $5)")
    };
    let mut values = params![p.source.as_str(), p.source_id, p.after, p.position.epoch, p.position.seq, p.author];
    let elsewhere = if p.source == "tag" {
        values.extend(params![p.post]);
        format!(
            " AND NOT EXISTS (SELECT 1 FROM notifications_follow e WHERE e.member = f.member AND {} AND \
             ((e.kind = 'member' AND e.id = $6) OR (e.kind = 'tag' AND e.id < $2 AND e.id IN \
             (SELECT tag FROM notifications_topic WHERE post = $7))))",
            during("e")
        )
    } else {
        String::new()
    };
    let sql = format!(
        "SELECT DISTINCT f.member FROM notifications_follow f WHERE f.kind = $1 AND f.id = $2 AND f.member > $3 \
         AND f.member <> $6 AND {}{elsewhere} ORDER BY f.member LIMIT {limit}",
        during("f")
    );
    Ok(q.all::<Row>(&sql, values).await?.into_iter().map(|r| AuthorId::from_raw(r.member)).collect())
}

/// Notes who was told last; `None`: all were.
pub(crate) async fn advance(unit: &mut UnitOfWork, p: &Pending, last: Option<AuthorId>) -> Result<(), StoreError> {
    let key = || params![p.position.epoch, p.position.seq, p.source.as_str(), p.source_id];
    let of = "WHERE epoch = $1 AND seq = $2 AND source = $3 AND source_id = $4";
    if let Some(last) = last {
        let mut values = key();
        values.extend(params![last.raw()]);
        unit.execute(&format!("UPDATE notifications_spread SET after = $5 {of}"), values).await?;
    } else {
        unit.execute(&format!("DELETE FROM notifications_spread {of}"), key()).await?;
    }
    Ok(())
}
