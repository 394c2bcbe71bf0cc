//! Whom posts name, and where news stories are told.

use std::collections::HashMap;

use xinghe_core::content::PostKind;
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use super::ids;
use crate::model::{Checked, Mention, StorySource};

/// Sets whom a post names; answers the members among them whom it did not name before.
pub async fn put_mentions(
    unit: &mut UnitOfWork,
    post: PostId,
    mentions: &[Mention],
) -> Result<Vec<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        author: i64,
    }
    let before: Vec<Row> = unit.all("SELECT author FROM posts_mention WHERE post = $1", params![post.raw()]).await?;
    if !before.is_empty() {
        unit.execute("DELETE FROM posts_mention WHERE post = $1", params![post.raw()]).await?;
    }
    let mut fresh = Vec::new();
    for m in mentions {
        unit.execute(
            "INSERT INTO posts_mention (post, handle, author) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            params![post.raw(), m.handle.as_str(), m.author.raw()],
        )
        .await?;
        if m.claimed && !before.iter().any(|r| r.author == m.author.raw()) && !fresh.contains(&m.author) {
            fresh.push(m.author);
        }
    }
    Ok(fresh)
}

/// The handles that posts name with effect.
pub async fn mentions(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, Vec<String>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        handle: String,
    }
    let mut found: HashMap<PostId, Vec<String>> = HashMap::new();
    for some in posts.chunks(1_000) {
        let sql = format!(
            "SELECT post, handle FROM posts_mention WHERE post IN ({}) ORDER BY post, handle",
            list(1, some.len())
        );
        let rows: Vec<Row> = q.all(&sql, ids(some, PostId::raw)).await?;
        for row in rows {
            found.entry(PostId::from_raw(row.post)).or_default().push(row.handle);
        }
    }
    Ok(found)
}

/// The visible news that tells the story of this key.
pub async fn story(q: &impl Queries, key: &str) -> Result<Option<PostId>, StoreError> {
    let sql = "SELECT s.post AS value FROM posts_story s JOIN posts_post p ON p.id = s.post \
               WHERE s.key = $1 AND p.deleted_at IS NULL AND p.hidden_by IS NULL";
    Ok(q.number(sql, params![key]).await?.map(PostId::from_raw))
}

/// Remembers that a news tells the story of this key; a deleted one that told it gives it up.
pub async fn put_story(
    unit: &mut UnitOfWork,
    key: &str,
    post: PostId,
    url: &str,
    (by, at): (AuthorId, Timestamp),
) -> Result<(), StoreError> {
    unit.execute(
        "INSERT INTO posts_story (key, post, url, by_author, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO UPDATE \
         SET post = excluded.post, url = excluded.url, by_author = excluded.by_author, at = excluded.at",
        params![key, post.raw(), url, by.raw(), at.as_millis()],
    )
    .await?;
    Ok(())
}

/// Forgets one source of a news.
pub async fn drop_story(unit: &mut UnitOfWork, key: &str, post: PostId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM posts_story WHERE key = $1 AND post = $2", params![key, post.raw()]).await?;
    Ok(())
}

/// Where a news story is told, in the order in which its sources were brought.
pub async fn sources(q: &impl Queries, post: PostId) -> Result<Vec<StorySource>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        url: String,
        by_author: i64,
        at: i64,
    }
    let sql = "SELECT url, by_author, at FROM posts_story WHERE post = $1 ORDER BY at, key";
    let rows: Vec<Row> = q.all(sql, params![post.raw()]).await?;
    let source =
        |r: Row| StorySource { url: r.url, by: AuthorId::from_raw(r.by_author), at: Timestamp::from_millis(r.at) };
    Ok(rows.into_iter().map(source).collect())
}

/// The visible post by which somebody said the very same since `since`.
pub async fn said_before(
    q: &impl Queries,
    author: AuthorId,
    (kind, parent): (PostKind, Option<PostId>),
    content: &Checked,
    since: Timestamp,
) -> Result<Option<(PostId, RevisionId)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        revision: i64,
    }
    let sql = "SELECT p.id, p.revision FROM posts_post p JOIN posts_revision r ON r.id = p.revision \
               WHERE p.author = $1 AND p.published_at >= $2 AND p.kind = $3 AND COALESCE(p.parent, 0) = $4 \
               AND r.title = $5 AND r.body = $6 AND p.deleted_at IS NULL AND p.hidden_by IS NULL ORDER BY p.id LIMIT 1";
    let values = params![
        author.raw(),
        since.as_millis(),
        kind.as_str(),
        parent.map_or(0, PostId::raw),
        content.title.as_str(),
        content.body.as_str(),
    ];
    let row: Option<Row> = q.one(sql, values).await?;
    Ok(row.map(|r| (PostId::from_raw(r.id), RevisionId::from_raw(r.revision))))
}
