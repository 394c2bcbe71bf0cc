//! What moderators did to posts. A post that they took out of sight is hidden by itself: `hidden_by` is its own id, so
//! that everything which leaves hidden posts out leaves it out, too.

use std::collections::HashMap;

use xinghe_core::content::Measure;
use xinghe_core::id::{ActId, AuthorId, PostId};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use super::read::{VISIBLE, details_where};
use super::{ids, word};
use crate::model::PostDetail;

/// Notes what was done to a post; answers whether that is new.
pub async fn put_measure(
    unit: &mut UnitOfWork,
    post: PostId,
    act: ActId,
    measure: Measure,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO posts_moderated (post, act, measure) VALUES ($1, $2, $3) ON CONFLICT (post, act) DO NOTHING";
    Ok(unit.execute(sql, params![post.raw(), act.raw(), measure.as_str()]).await? > 0)
}

/// Takes an act back; answers the posts that it had taken out of sight and nothing else keeps there.
pub async fn drop_measures(unit: &mut UnitOfWork, act: ActId) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        measure: String,
    }
    let sql = "DELETE FROM posts_moderated WHERE act = $1 RETURNING post, measure";
    let rows: Vec<Row> = unit.all(sql, params![act.raw()]).await?;
    let mut free = vec![];
    for row in rows.into_iter().filter(|r| r.measure != Measure::Lock.as_str()) {
        let sql = "SELECT COUNT(*) AS value FROM posts_moderated WHERE post = $1 AND measure <> 'lock'";
        if unit.number(sql, params![row.post]).await? == Some(0) {
            free.push(PostId::from_raw(row.post));
        }
    }
    Ok(free)
}

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

fn posts(rows: Vec<Id>) -> Vec<PostId> {
    rows.into_iter().map(|r| PostId::from_raw(r.id)).collect()
}

/// What somebody wrote and is to be seen.
pub async fn written_by(q: &impl Queries, author: AuthorId) -> Result<Vec<PostId>, StoreError> {
    let sql = format!("SELECT p.id FROM posts_post p WHERE p.author = $1 AND {VISIBLE} ORDER BY p.id");
    Ok(posts(q.all(&sql, params![author.raw()]).await?))
}

/// Takes a post out of sight with what hangs on it, whoever else did so already; answers what vanished by this.
pub async fn withhold(unit: &mut UnitOfWork, post: PostId) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        hidden_by: Option<i64>,
        deleted_at: Option<i64>,
    }
    let sql = "SELECT hidden_by, deleted_at FROM posts_post WHERE id = $1";
    let Some(before) = unit.one::<Row>(sql, params![post.raw()]).await? else { return Ok(vec![]) };
    if before.hidden_by == Some(post.raw()) {
        return Ok(vec![]);
    }
    let sql = "SELECT id FROM posts_post WHERE (id = $1 OR root = $1 OR subject = $1) AND deleted_at IS NULL \
               AND hidden_by IS NULL ORDER BY id";
    let vanishing = posts(unit.all(sql, params![post.raw()]).await?);
    // What was out of sight together with it comes back with it only.
    let sql = "UPDATE posts_post SET hidden_by = $1 WHERE id = $1 OR ((root = $1 OR subject = $1) AND (hidden_by IS NULL \
               OR hidden_by = $2))";
    unit.execute(sql, params![post.raw(), before.hidden_by.unwrap_or_default()]).await?;
    let seen = before.hidden_by.is_none() && before.deleted_at.is_none();
    Ok(if seen { vanishing } else { vec![] })
}

/// Shows a post that was withheld again, unless its author deleted it or it hangs on something out of sight; answers
/// what is to be seen again.
pub async fn release(unit: &mut UnitOfWork, post: PostId) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        deleted_at: Option<i64>,
        above: Option<i64>,
    }
    // The nearest place above it that is out of sight: the page, or what a comment is about.
    let sql = "SELECT p.deleted_at, (SELECT a.id FROM posts_post a WHERE a.id IN (p.root, p.subject) AND a.id <> p.id \
               AND (a.deleted_at IS NOT NULL OR a.hidden_by IS NOT NULL) ORDER BY a.id LIMIT 1) AS above \
               FROM posts_post p WHERE p.id = $1 AND p.hidden_by = $1";
    let Some(row) = unit.one::<Row>(sql, params![post.raw()]).await? else { return Ok(vec![]) };
    if let Some(above) = row.above {
        let sql = "UPDATE posts_post SET hidden_by = $2 WHERE hidden_by = $1";
        unit.execute(sql, params![post.raw(), above]).await?;
        return Ok(vec![]);
    }
    if row.deleted_at.is_some() {
        unit.execute("UPDATE posts_post SET hidden_by = NULL WHERE id = $1", params![post.raw()]).await?;
        return Ok(vec![]);
    }
    let sql = "SELECT id FROM posts_post WHERE hidden_by = $1 AND deleted_at IS NULL ORDER BY id";
    let back = posts(unit.all(sql, params![post.raw()]).await?);
    unit.execute("UPDATE posts_post SET hidden_by = NULL WHERE hidden_by = $1", params![post.raw()]).await?;
    Ok(back)
}

/// Whether moderators locked the page of this post: nobody else replies there.
pub async fn is_locked(q: &impl Queries, root: PostId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM posts_moderated WHERE post = $1 AND measure = 'lock'";
    Ok(q.number(sql, params![root.raw()]).await?.unwrap_or_default() > 0)
}

/// Those of these posts that moderators withhold, and by what measure: where only some of those who wrote may still see
/// them ([`Measure::Hide`]) and something stronger holds, too, the stronger.
pub async fn withheld(q: &impl Queries, of: &[PostId]) -> Result<HashMap<PostId, (PostDetail, Measure)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        measure: String,
    }
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT post, measure FROM posts_moderated WHERE measure <> 'lock' AND post IN ({})",
        list(1, of.len())
    );
    let rows: Vec<Row> = q.all(&sql, ids(of, PostId::raw)).await?;
    let mut measures: HashMap<PostId, Measure> = HashMap::new();
    for row in rows {
        let (post, measure) = (PostId::from_raw(row.post), word(&row.measure)?);
        let strongest = measures.entry(post).or_insert(measure);
        *strongest = (*strongest).max(measure);
    }
    let held: Vec<PostId> = measures.keys().copied().collect();
    let details = details_where(q, &held, "p.deleted_at IS NULL").await?;
    Ok(details.into_iter().map(|(id, detail)| (id, (detail, measures[&id]))).collect())
}
