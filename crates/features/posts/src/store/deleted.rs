//! What its author deleted and can still bring back.

use xinghe_core::id::{AuthorId, PostId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, params};

use super::word;
use crate::model::{Cursor, Deleted, UNDO_MS};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    title: String,
    excerpt: String,
    language: String,
    deleted_at: i64,
}

/// Up to `limit` posts that a member wrote, deleted within the time of [`UNDO_MS`] and can bring back, the last one
/// deleted first. Of a cursor, `published_at` is when the post was deleted.
///
/// A reply whose page was deleted is left out: it comes back with it.
pub async fn deleted_by(
    q: &impl Queries,
    member: AuthorId,
    now: Timestamp,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Deleted>, StoreError> {
    let after = after.map_or((i64::MAX, i64::MAX), |c| (c.published_at.as_millis(), c.id.raw()));
    // A reply is named by its page.
    let sql = format!(
        "SELECT p.id, p.kind, top.title, p.excerpt, p.language, p.deleted_at FROM posts_post p \
         JOIN posts_post top ON top.id = p.root \
         WHERE p.deleted_by = $1 AND p.author = $1 AND p.hidden_by IS NULL AND p.deleted_at >= $2 \
         AND (p.deleted_at, p.id) < ($3, $4) ORDER BY p.deleted_at DESC, p.id DESC LIMIT {limit}"
    );
    let from = now.as_millis() - UNDO_MS;
    let rows: Vec<Row> = q.all(&sql, params![member.raw(), from, after.0, after.1]).await?;
    let one = |r: Row| {
        Ok(Deleted {
            id: PostId::from_raw(r.id),
            kind: word(&r.kind)?,
            title: r.title,
            excerpt: r.excerpt,
            language: word(&r.language)?,
            deleted_at: Timestamp::from_millis(r.deleted_at),
        })
    };
    rows.into_iter().map(one).collect()
}
