//! All addresses of posts and of those who wrote them, in stretches by id.

use xinghe_core::id::{AuthorId, PostId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, params};

use super::read::VISIBLE;

/// A stretch of a list by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The id that its first entry has.
    pub from: i64,
    /// When an entry of it last changed.
    pub changed: Timestamp,
}

async fn stretches(q: &impl Queries, entries: &str, length: usize) -> Result<Vec<Stretch>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        first: i64,
        changed: i64,
    }
    let sql = format!(
        "SELECT MIN(id) AS first, MAX(changed) AS changed FROM (SELECT id, changed, \
         (ROW_NUMBER() OVER (ORDER BY id) - 1) / {length} AS stretch FROM ({entries}) entries) numbered \
         GROUP BY stretch ORDER BY first"
    );
    let rows: Vec<Row> = q.all(&sql, vec![]).await?;
    Ok(rows.into_iter().map(|r| Stretch { from: r.first, changed: Timestamp::from_millis(r.changed) }).collect())
}

/// The visible posts that have a page of their own, in stretches of this length.
pub async fn post_stretches(q: &impl Queries, length: usize) -> Result<Vec<Stretch>, StoreError> {
    let posts = format!("SELECT p.id, p.updated_at AS changed FROM posts_post p WHERE p.parent IS NULL AND {VISIBLE}");
    stretches(q, &posts, length).await
}

/// Who is named first in a visible post, in stretches of this length.
pub async fn author_stretches(q: &impl Queries, length: usize) -> Result<Vec<Stretch>, StoreError> {
    let authors = format!(
        "SELECT p.author AS id, MAX(p.updated_at) AS changed FROM posts_post p WHERE {VISIBLE} GROUP BY p.author"
    );
    stretches(q, &authors, length).await
}

/// Posts with a page of their own from an id on: id, words of the address, last change.
pub async fn posts_from(
    q: &impl Queries,
    from: i64,
    limit: usize,
) -> Result<Vec<(PostId, String, Timestamp)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        slug: String,
        updated_at: i64,
    }
    let sql = format!(
        "SELECT p.id, p.slug, p.updated_at FROM posts_post p WHERE p.id >= $1 AND p.parent IS NULL AND {VISIBLE} \
         ORDER BY p.id LIMIT {limit}"
    );
    let rows: Vec<Row> = q.all(&sql, params![from]).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.id), r.slug, Timestamp::from_millis(r.updated_at))).collect())
}

/// Who is named first in a visible post, from an id on, with the last change of such a post.
pub async fn authors_from(q: &impl Queries, from: i64, limit: usize) -> Result<Vec<(AuthorId, Timestamp)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        author: i64,
        changed: i64,
    }
    let sql = format!(
        "SELECT p.author, MAX(p.updated_at) AS changed FROM posts_post p WHERE p.author >= $1 AND {VISIBLE} \
         GROUP BY p.author ORDER BY p.author LIMIT {limit}"
    );
    let rows: Vec<Row> = q.all(&sql, params![from]).await?;
    Ok(rows.into_iter().map(|r| (AuthorId::from_raw(r.author), Timestamp::from_millis(r.changed))).collect())
}
