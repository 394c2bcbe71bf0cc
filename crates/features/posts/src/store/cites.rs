//! Which posts link to which.

use xinghe_core::id::PostId;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list};

use super::read::VISIBLE;
use super::write::{NewRevision, clear, insert};
use crate::model::{Cursor, cited};

/// Sets what the posts of these revisions link to, by the text that is theirs from now on.
pub(super) async fn put_cites(unit: &mut UnitOfWork, revisions: &[NewRevision<'_>]) -> Result<(), StoreError> {
    let again: Vec<PostId> = revisions.iter().filter(|r| r.number > 1).map(|r| r.post).collect();
    for some in again.chunks(1_000) {
        clear(unit, "posts_cite", some).await?;
    }
    let mut rows: Vec<Vec<Value>> = vec![];
    for revision in revisions {
        let targets = cited(&revision.content.body);
        rows.extend(targets.into_iter().map(|target| vec![revision.post.raw().into(), target.into()]));
    }
    insert(unit, "posts_cite", &["post", "target"], rows).await
}

/// The visible posts that link to one of `targets` or pass one of `posts` on, the newest first; those on the page of
/// `root` itself are left out.
pub async fn cited_by(
    q: &impl Queries,
    (targets, posts): (&[String], &[PostId]),
    root: PostId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<(PostId, Cursor)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        published_at: i64,
    }
    if targets.is_empty() || posts.is_empty() {
        return Ok(vec![]);
    }
    let mut values: Vec<Value> = targets.iter().map(|t| t.as_str().into()).collect();
    values.extend(posts.iter().map(|p| Value::from(p.raw())));
    values.push(root.raw().into());
    let n = values.len();
    let mut sql = format!(
        "SELECT p.id, p.published_at FROM posts_post p WHERE p.id IN (SELECT post FROM posts_cite WHERE target IN ({}) \
         UNION SELECT id FROM posts_post WHERE quote IN ({})) AND p.root <> ${n} AND {VISIBLE}",
        list(1, targets.len()),
        list(targets.len() + 1, posts.len()),
    );
    if let Some(cursor) = after {
        values.push(cursor.published_at.as_millis().into());
        values.push(cursor.id.raw().into());
        sql.push_str(&format!(" AND (p.published_at, p.id) < (${}, ${})", n + 1, n + 2));
    }
    sql.push_str(&format!(" ORDER BY p.published_at DESC, p.id DESC LIMIT {limit}"));
    let rows: Vec<Row> = q.all(&sql, values).await?;
    let found = |r: Row| {
        let id = PostId::from_raw(r.id);
        (id, Cursor { published_at: xinghe_core::Timestamp::from_millis(r.published_at), id })
    };
    Ok(rows.into_iter().map(found).collect())
}
