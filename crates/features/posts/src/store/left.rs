//! Words that went with their author, for good.

use xinghe_core::id::{AuthorId, PostId, RevisionId, SeriesId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use super::write::clear;

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// Up to `limit` posts of a member's whose words are still there, the oldest first: those in which the member is named
/// first and nobody else as an author, to be seen or not.
pub async fn to_leave(q: &impl Queries, member: AuthorId, limit: usize) -> Result<Vec<PostId>, StoreError> {
    let sql = format!(
        "SELECT p.id FROM posts_post p WHERE p.author = $1 AND NOT EXISTS (SELECT 1 FROM posts_left l WHERE l.post = p.id) \
         AND NOT EXISTS (SELECT 1 FROM posts_credit c WHERE c.post = p.id AND c.role = 'author' AND c.author <> $1) \
         ORDER BY p.id LIMIT {limit}"
    );
    let rows: Vec<Id> = q.all(&sql, params![member.raw()]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.id)).collect())
}

/// Whether the words of a post went with its author.
pub async fn is_left(q: &impl Queries, post: PostId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM posts_left WHERE post = $1";
    Ok(q.number(sql, params![post.raw()]).await?.unwrap_or_default() > 0)
}

/// Remembers that the words of a post went.
pub async fn mark_left(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO posts_left (post, at) VALUES ($1, $2) ON CONFLICT (post) DO NOTHING";
    unit.execute(sql, params![post.raw(), now]).await?;
    Ok(())
}

/// Takes the words of a post out of every table, all revisions but `keep` included. A post that moderators or another
/// deletion hide is deleted by itself, too, so that nothing brings an empty one back.
pub async fn purge(
    unit: &mut UnitOfWork,
    post: PostId,
    keep: Option<RevisionId>,
    (by, at): (AuthorId, Timestamp),
) -> Result<(), StoreError> {
    let sql = "UPDATE posts_revision SET title = '', body = '', note = '' WHERE post = $1 AND id <> $2";
    unit.execute(sql, params![post.raw(), keep.map_or(0, RevisionId::raw)]).await?;
    let gone = [post];
    for table in ["posts_fact", "posts_mention", "posts_story", "posts_import", "posts_series_part", "posts_picture"] {
        clear(unit, table, &gone).await?;
    }
    let sql =
        "UPDATE posts_post SET source_url = NULL, original_url = NULL, licence = NULL, quote = NULL WHERE id = $1";
    unit.execute(sql, params![post.raw()]).await?;
    if keep.is_some() {
        return Ok(());
    }
    for table in ["posts_tag", "posts_cite"] {
        clear(unit, table, &gone).await?;
    }
    let sql = "UPDATE posts_post SET title = '', slug = '', excerpt = '', deleted_at = COALESCE(deleted_at, $2), \
               deleted_by = COALESCE(deleted_by, $3) WHERE id = $1";
    unit.execute(sql, params![post.raw(), at.as_millis(), by.raw()]).await?;
    Ok(())
}

/// Puts other words in the place of a post's.
pub async fn replace_words(
    unit: &mut UnitOfWork,
    post: PostId,
    revision: RevisionId,
    (title, body): (&str, &str),
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO posts_revision (id, post, number, title, body, author, note, at) \
               SELECT $2, id, revisions + 1, $3, $4, NULL, '', $5 FROM posts_post WHERE id = $1";
    unit.execute(sql, params![post.raw(), revision.raw(), title, body, at.as_millis()]).await?;
    let sql = "UPDATE posts_post SET title = $3, slug = '', excerpt = $4, minutes = 1, revision = $2, \
               revisions = revisions + 1, updated_at = $5 WHERE id = $1";
    unit.execute(sql, params![post.raw(), revision.raw(), title, body, at.as_millis()]).await?;
    clear(unit, "posts_cite", &[post]).await
}

/// Removes a member's series; answers which.
pub async fn delete_series_of(unit: &mut UnitOfWork, owner: AuthorId) -> Result<Vec<SeriesId>, StoreError> {
    let sql = "DELETE FROM posts_series_part WHERE series IN (SELECT id FROM posts_series WHERE owner = $1)";
    unit.execute(sql, params![owner.raw()]).await?;
    let sql = "DELETE FROM posts_series WHERE owner = $1 RETURNING id";
    let rows: Vec<Id> = unit.all(sql, params![owner.raw()]).await?;
    Ok(rows.into_iter().map(|r| SeriesId::from_raw(r.id)).collect())
}
