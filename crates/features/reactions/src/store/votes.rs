//! Votes and thanks, and what one member thinks of posts.

use std::collections::HashMap;

use xinghe_core::ports::Own;
use xinghe_core::{AuthorId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use super::raw;
use crate::model::Mine;

/// A member's vote on a post.
pub(crate) async fn vote(q: &impl Queries, member: AuthorId, post: PostId) -> Result<i8, StoreError> {
    let sql = "SELECT CAST(value AS BIGINT) AS value FROM reactions_vote WHERE member = $1 AND post = $2";
    let value = q.number(sql, params![member.raw(), post.raw()]).await?.unwrap_or_default();
    Ok(i8::try_from(value).unwrap_or_default())
}

/// Writes a member's vote; 0 takes it back.
pub(crate) async fn set_vote(
    unit: &mut UnitOfWork,
    member: AuthorId,
    post: PostId,
    value: i8,
    at: Timestamp,
) -> Result<(), StoreError> {
    if value == 0 {
        let sql = "DELETE FROM reactions_vote WHERE member = $1 AND post = $2";
        unit.execute(sql, params![member.raw(), post.raw()]).await?;
    } else {
        let sql = "INSERT INTO reactions_vote (member, post, value, at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (member, post) DO UPDATE SET value = excluded.value, at = excluded.at";
        unit.execute(sql, params![member.raw(), post.raw(), i32::from(value), at.as_millis()]).await?;
    }
    Ok(())
}

/// Writes a member's thanks; answers whether they are new.
pub(crate) async fn thank(
    unit: &mut UnitOfWork,
    member: AuthorId,
    post: PostId,
    receiver: AuthorId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reactions_thanks (member, post, receiver, at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (member, post) DO NOTHING";
    Ok(unit.execute(sql, params![member.raw(), post.raw(), receiver.raw(), at.as_millis()]).await? > 0)
}

#[derive(FromQueryResult)]
struct Row {
    post: i64,
    what: i32,
    value: i32,
}

/// What a member thinks of these posts, in one query.
pub(crate) async fn mine(
    q: &impl Queries,
    member: AuthorId,
    posts: &[PostId],
) -> Result<HashMap<PostId, Mine>, StoreError> {
    let among = list(2, posts.len());
    let sql = format!(
        "SELECT post, 0 AS what, value FROM reactions_vote WHERE member = $1 AND post IN ({among}) \
         UNION ALL SELECT post, 1, 1 FROM reactions_thanks WHERE member = $1 AND post IN ({among}) \
         UNION ALL SELECT post, 2, 1 FROM reactions_bookmark WHERE member = $1 AND post IN ({among}) \
         UNION ALL SELECT id, 3, 1 FROM reactions_follow WHERE member = $1 AND kind = 'post' AND id IN ({among})"
    );
    let mut values = params![member.raw()];
    values.extend(raw(posts));
    let mut mine: HashMap<PostId, Mine> = HashMap::new();
    for row in q.all::<Row>(&sql, values).await? {
        let Mine { own: Own { vote, thanked, kept }, followed } = mine.entry(PostId::from_raw(row.post)).or_default();
        match row.what {
            0 => *vote = i8::try_from(row.value).unwrap_or_default(),
            1 => *thanked = true,
            2 => *kept = true,
            _ => *followed = true,
        }
    }
    Ok(mine)
}
