//! Who follows what.

use std::collections::HashMap;

use xinghe_core::ports::Follows;
use xinghe_core::{AuthorId, FollowKind, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use crate::model::Target;

/// Writes that a member follows something; answers whether that is new.
pub(crate) async fn insert_follow(
    unit: &mut UnitOfWork,
    member: AuthorId,
    target: &Target,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reactions_follow (member, kind, id, tag, at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (member, kind, id) DO NOTHING";
    let values = params![member.raw(), target.kind().as_str(), target.id(), target.tag(), at.as_millis()];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Writes that a member no longer follows something; answers whether the member did.
pub(crate) async fn delete_follow(
    unit: &mut UnitOfWork,
    member: AuthorId,
    target: &Target,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM reactions_follow WHERE member = $1 AND kind = $2 AND id = $3";
    Ok(unit.execute(sql, params![member.raw(), target.kind().as_str(), target.id()]).await? > 0)
}

/// Whether a member follows something.
pub(crate) async fn is_followed(q: &impl Queries, member: AuthorId, target: &Target) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM reactions_follow WHERE member = $1 AND kind = $2 AND id = $3";
    let values = params![member.raw(), target.kind().as_str(), target.id()];
    Ok(q.number(sql, values).await?.unwrap_or_default() > 0)
}

/// How many things of a kind a member follows.
pub(crate) async fn count_of(q: &impl Queries, member: AuthorId, kind: FollowKind) -> Result<usize, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM reactions_follow WHERE member = $1 AND kind = $2";
    let count = q.number(sql, params![member.raw(), kind.as_str()]).await?.unwrap_or_default();
    Ok(usize::try_from(count).unwrap_or_default())
}

/// All that a member follows, the latest first.
pub(crate) async fn follows(q: &impl Queries, member: AuthorId) -> Result<Follows, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        kind: String,
        id: i64,
        tag: String,
    }
    let sql = "SELECT kind, id, tag FROM reactions_follow WHERE member = $1 ORDER BY at DESC, id DESC";
    let mut follows = Follows::default();
    for Row { kind, id, tag } in q.all(sql, params![member.raw()]).await? {
        match kind.parse() {
            Ok(FollowKind::Member) => follows.members.push(AuthorId::from_raw(id)),
            Ok(FollowKind::Tag) => follows.tags.push(tag),
            Ok(FollowKind::Post) => follows.posts.push(PostId::from_raw(id)),
            Err(unknown) => return Err(StoreError::Value(unknown.to_string())),
        }
    }
    Ok(follows)
}

/// How many follow each of these.
pub(crate) async fn follower_counts(
    q: &impl Queries,
    kind: FollowKind,
    ids: &[i64],
) -> Result<HashMap<i64, u32>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        followers: i32,
    }
    let sql = format!(
        "SELECT id, followers FROM reactions_followed WHERE kind = $1 AND id IN ({}) AND followers > 0",
        list(2, ids.len())
    );
    let mut values = params![kind.as_str()];
    values.extend(ids.iter().map(|id| xinghe_store::Value::from(*id)));
    Ok(q.all::<Row>(&sql, values).await?.into_iter().map(|r| (r.id, r.followers.unsigned_abs())).collect())
}

/// Up to `limit` members above `after` who follow this.
pub(crate) async fn followers(
    q: &impl Queries,
    kind: FollowKind,
    id: i64,
    after: Option<AuthorId>,
    limit: usize,
) -> Result<Vec<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
    }
    let sql = format!(
        "SELECT member FROM reactions_follow WHERE kind = $1 AND id = $2 AND member > $3 ORDER BY member LIMIT {limit}"
    );
    let values = params![kind.as_str(), id, after.map_or(0, AuthorId::raw)];
    Ok(q.all::<Row>(&sql, values).await?.into_iter().map(|r| AuthorId::from_raw(r.member)).collect())
}
