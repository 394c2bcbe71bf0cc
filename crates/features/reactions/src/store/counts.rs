//! The counters: changed by steps within the transactions of commands, and counted anew from the rows.

use std::collections::{BTreeMap, HashMap};

use xinghe_core::ports::Tally;
use xinghe_core::{AuthorId, FollowKind, PostId};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use super::raw;

/// How many posts are counted anew in one transaction.
const STRIDE: usize = 500;

/// By how much the figures of a post change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Change {
    pub votes: i32,
    pub thanks: i32,
    pub kept: i32,
}

/// The figures of these posts.
pub(crate) async fn tallies(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, Tally>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        votes: i32,
        thanks: i32,
        kept: i32,
    }
    let sql = format!("SELECT post, votes, thanks, kept FROM reactions_tally WHERE post IN ({})", list(1, posts.len()));
    let tally = |r: Row| {
        let figures =
            Tally { votes: r.votes, thanks: r.thanks.max(0).unsigned_abs(), kept: r.kept.max(0).unsigned_abs() };
        (PostId::from_raw(r.post), figures)
    };
    Ok(q.all::<Row>(&sql, raw(posts).collect()).await?.into_iter().map(tally).collect())
}

/// Changes the figures of a post in one statement: commands that run at once follow one another at its row, and each
/// step counts.
pub(crate) async fn add(unit: &mut UnitOfWork, post: PostId, by: Change) -> Result<(), StoreError> {
    let sql = "INSERT INTO reactions_tally (post, votes, thanks, kept) VALUES ($1, $2, $3, $4) ON CONFLICT (post) \
               DO UPDATE SET votes = reactions_tally.votes + excluded.votes, \
               thanks = reactions_tally.thanks + excluded.thanks, kept = reactions_tally.kept + excluded.kept";
    unit.execute(sql, params![post.raw(), by.votes, by.thanks, by.kept]).await?;
    Ok(())
}

/// Changes the number of followers, as [`add`] does.
pub(crate) async fn add_followers(unit: &mut UnitOfWork, kind: FollowKind, id: i64, by: i32) -> Result<(), StoreError> {
    let sql = "INSERT INTO reactions_followed (kind, id, followers) VALUES ($1, $2, $3) ON CONFLICT (kind, id) \
               DO UPDATE SET followers = reactions_followed.followers + excluded.followers";
    unit.execute(sql, params![kind.as_str(), id, by]).await?;
    Ok(())
}

/// Whether this member was erased.
pub(crate) async fn erased(q: &impl Queries, member: AuthorId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM reactions_erased WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.unwrap_or_default() > 0)
}

#[derive(FromQueryResult)]
struct Valued {
    post: i64,
    value: i32,
}

#[derive(FromQueryResult)]
struct Followed {
    kind: String,
    id: i64,
}

/// Takes all rows of a member away, those of who follows the member too, and what they added to the figures. The
/// member's own lock is held.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    let id = || params![member.raw()];
    let sql = "INSERT INTO reactions_erased (member) VALUES ($1) ON CONFLICT (member) DO NOTHING";
    unit.execute(sql, id()).await?;
    // All rows first, then the figures in the order of posts: nobody waits for one while holding another.
    let mut steps: BTreeMap<i64, Change> = BTreeMap::new();
    let sql = "DELETE FROM reactions_vote WHERE member = $1 RETURNING post, value";
    for row in unit.all::<Valued>(sql, id()).await? {
        steps.entry(row.post).or_default().votes -= row.value;
    }
    let sql = "DELETE FROM reactions_thanks WHERE member = $1 RETURNING post, 1 AS value";
    for row in unit.all::<Valued>(sql, id()).await? {
        steps.entry(row.post).or_default().thanks -= row.value;
    }
    let sql = "DELETE FROM reactions_bookmark WHERE member = $1 RETURNING post, 1 AS value";
    for row in unit.all::<Valued>(sql, id()).await? {
        steps.entry(row.post).or_default().kept -= row.value;
    }
    unit.execute("DELETE FROM reactions_folder WHERE member = $1", id()).await?;
    let sql = "DELETE FROM reactions_follow WHERE member = $1 RETURNING kind, id";
    let mut followed: BTreeMap<(String, i64), i32> = BTreeMap::new();
    for row in unit.all::<Followed>(sql, id()).await? {
        *followed.entry((row.kind, row.id)).or_default() -= 1;
    }
    let sql = "DELETE FROM reactions_follow WHERE kind = 'member' AND id = $1";
    let lost = i32::try_from(unit.execute(sql, id()).await?).unwrap_or(i32::MAX);
    if lost > 0 {
        *followed.entry((FollowKind::Member.as_str().to_owned(), member.raw())).or_default() -= lost;
    }
    for (post, by) in steps {
        add(unit, PostId::from_raw(post), by).await?;
    }
    for ((kind, id), by) in followed {
        let kind = kind.parse().map_err(|e: xinghe_core::content::UnknownWord| StoreError::Value(e.to_string()))?;
        add_followers(unit, kind, id, by).await?;
    }
    Ok(())
}

/// Passes follows of, and thanks to, an author to the member who claimed the author.
pub(crate) async fn pass_follows(unit: &mut UnitOfWork, author: AuthorId, member: AuthorId) -> Result<(), StoreError> {
    let both = || params![author.raw(), member.raw()];
    // Who follows both already, and the member itself, just lose the old one.
    let sql = "DELETE FROM reactions_follow WHERE kind = 'member' AND id = $1 AND (member = $2 OR member IN \
               (SELECT o.member FROM reactions_follow o WHERE o.kind = 'member' AND o.id = $2))";
    let dropped = unit.execute(sql, both()).await?;
    let sql = "UPDATE reactions_follow SET id = $2 WHERE kind = 'member' AND id = $1";
    let moved = unit.execute(sql, both()).await?;
    let steps = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    if dropped + moved > 0 {
        add_followers(unit, FollowKind::Member, author.raw(), -steps(dropped + moved)).await?;
        add_followers(unit, FollowKind::Member, member.raw(), steps(moved)).await?;
    }
    unit.execute("UPDATE reactions_thanks SET receiver = $2 WHERE receiver = $1", both()).await?;
    Ok(())
}

/// Notes whether a post is out of sight.
pub(crate) async fn gone(unit: &mut UnitOfWork, post: PostId, gone: bool) -> Result<(), StoreError> {
    let sql = if gone {
        "INSERT INTO reactions_gone (post) VALUES ($1) ON CONFLICT (post) DO NOTHING"
    } else {
        "DELETE FROM reactions_gone WHERE post = $1"
    };
    unit.execute(sql, params![post.raw()]).await?;
    Ok(())
}

/// Counts the figures of the next posts after `after` anew; answers the last one and how many figures were wrong.
/// `None` when there are no more.
pub(crate) async fn recount(unit: &mut UnitOfWork, after: Option<PostId>) -> Result<Option<(PostId, u64)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
    }
    let after = after.map_or(0, PostId::raw);
    if after == 0 {
        missing(unit).await?;
    }
    let sql = format!("SELECT post FROM reactions_tally WHERE post > $1 ORDER BY post LIMIT {STRIDE}");
    let posts: Vec<i64> = unit.all::<Row>(&sql, params![after]).await?.into_iter().map(|r| r.post).collect();
    let Some(last) = posts.last().copied() else { return Ok(None) };
    let range = || params![after, last];
    // Touching the rows first makes whoever is changing them finish; the count then sees what they wrote.
    unit.execute("UPDATE reactions_tally SET votes = votes WHERE post > $1 AND post <= $2", range()).await?;
    let counted = [
        ("votes", "SELECT CAST(COALESCE(SUM(r.value), 0) AS INTEGER) FROM reactions_vote r"),
        ("thanks", "SELECT COUNT(*) FROM reactions_thanks r"),
        ("kept", "SELECT COUNT(*) FROM reactions_bookmark r"),
    ];
    let mut wrong = 0;
    for (figure, count) in counted {
        let count = format!("({count} WHERE r.post = reactions_tally.post)");
        let sql = format!(
            "UPDATE reactions_tally SET {figure} = {count} WHERE post > $1 AND post <= $2 AND {figure} <> {count}"
        );
        wrong += unit.execute(&sql, range()).await?;
    }
    Ok(Some((PostId::from_raw(last), wrong)))
}

/// Makes the rows of figures that are not there, and counts followers anew.
async fn missing(unit: &mut UnitOfWork) -> Result<(), StoreError> {
    let sql = "INSERT INTO reactions_tally (post, votes, thanks, kept) SELECT post, 0, 0, 0 FROM \
               (SELECT post FROM reactions_vote UNION SELECT post FROM reactions_thanks \
               UNION SELECT post FROM reactions_bookmark) AS named WHERE TRUE ON CONFLICT (post) DO NOTHING";
    unit.execute(sql, vec![]).await?;
    let sql = "INSERT INTO reactions_followed (kind, id, followers) SELECT DISTINCT kind, id, 0 FROM reactions_follow \
               WHERE TRUE ON CONFLICT (kind, id) DO NOTHING";
    unit.execute(sql, vec![]).await?;
    unit.execute("UPDATE reactions_followed SET followers = followers", vec![]).await?;
    let count = "(SELECT COUNT(*) FROM reactions_follow f WHERE f.kind = reactions_followed.kind \
                 AND f.id = reactions_followed.id)";
    let sql = format!("UPDATE reactions_followed SET followers = {count} WHERE followers <> {count}");
    unit.execute(&sql, vec![]).await?;
    Ok(())
}
