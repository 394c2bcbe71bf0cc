//! Drafts, which are their owners' alone: each statement names the owner.

use xinghe_core::id::{AuthorId, DraftId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use super::word;
use crate::model::{DraftCursor, KeptDraft, Typed};

const OPEN: &str = "published IS NULL AND dropped_at IS NULL";
const COLUMNS: &str = "id, owner, kind, post, base, title, rest, excerpt, version, updated_at, publish_at, failed, \
                       published, revision, dropped_at";

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    owner: i64,
    kind: String,
    post: Option<i64>,
    base: Option<i64>,
    title: String,
    body: String,
    rest: String,
    excerpt: String,
    version: i32,
    updated_at: i64,
    publish_at: Option<i64>,
    failed: Option<String>,
    published: Option<i64>,
    revision: Option<i64>,
    dropped_at: Option<i64>,
}

fn both(post: Option<i64>, revision: Option<i64>) -> Option<(PostId, RevisionId)> {
    Some((PostId::from_raw(post?), RevisionId::from_raw(revision?)))
}

impl Row {
    fn draft(self) -> Result<KeptDraft, StoreError> {
        let rest: Typed = serde_json::from_str(&self.rest).map_err(|e| StoreError::Value(e.to_string()))?;
        Ok(KeptDraft {
            id: DraftId::from_raw(self.id),
            owner: AuthorId::from_raw(self.owner),
            kind: word(&self.kind)?,
            change: both(self.post, self.base),
            typed: Typed { title: self.title, body: self.body, ..rest },
            excerpt: self.excerpt,
            version: self.version.max(1) as u32,
            updated_at: Timestamp::from_millis(self.updated_at),
            publish_at: self.publish_at.map(Timestamp::from_millis),
            failed: self.failed,
            published: both(self.published, self.revision),
            dropped: self.dropped_at.is_some(),
        })
    }
}

async fn one(q: &impl Queries, which: &str, values: Vec<xinghe_store::Value>) -> Result<Option<KeptDraft>, StoreError> {
    let row: Option<Row> = q.one(&format!("SELECT {COLUMNS}, body FROM posts_draft WHERE {which}"), values).await?;
    row.map(Row::draft).transpose()
}

/// A draft of this owner's, also one that was published or thrown away.
pub async fn draft(q: &impl Queries, owner: AuthorId, id: DraftId) -> Result<Option<KeptDraft>, StoreError> {
    one(q, "id = $1 AND owner = $2", params![id.raw(), owner.raw()]).await
}

/// A draft, whoever's: for the job that publishes it.
pub async fn draft_due(q: &impl Queries, id: DraftId) -> Result<Option<KeptDraft>, StoreError> {
    one(q, "id = $1", params![id.raw()]).await
}

/// The draft that this owner's form or program calls so.
pub async fn draft_named(q: &impl Queries, owner: AuthorId, name: &str) -> Result<Option<KeptDraft>, StoreError> {
    one(q, "owner = $1 AND name = $2", params![owner.raw(), name]).await
}

/// The open draft of this owner's change to a post.
pub async fn draft_of(q: &impl Queries, owner: AuthorId, post: PostId) -> Result<Option<KeptDraft>, StoreError> {
    one(q, &format!("owner = $1 AND post = $2 AND {OPEN}"), params![owner.raw(), post.raw()]).await
}

/// Up to `limit` open drafts of this owner, the one changed last first, without their text.
pub async fn drafts(
    q: &impl Queries,
    owner: AuthorId,
    after: Option<DraftCursor>,
    limit: usize,
) -> Result<Vec<KeptDraft>, StoreError> {
    let after =
        after.unwrap_or(DraftCursor { updated_at: Timestamp::from_millis(i64::MAX), id: DraftId::from_raw(i64::MAX) });
    let sql = format!(
        "SELECT {COLUMNS}, '' AS body FROM posts_draft WHERE owner = $1 AND {OPEN} \
         AND (updated_at < $2 OR (updated_at = $2 AND id < $3)) ORDER BY updated_at DESC, id DESC LIMIT $4"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = params![owner.raw(), after.updated_at.as_millis(), after.id.raw(), limit];
    let rows: Vec<Row> = q.all(&sql, values).await?;
    rows.into_iter().map(Row::draft).collect()
}

/// How many open drafts this owner has.
pub async fn count_drafts(q: &impl Queries, owner: AuthorId) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) AS value FROM posts_draft WHERE owner = $1 AND {OPEN}");
    Ok(q.number(&sql, params![owner.raw()]).await?.unwrap_or(0))
}

/// Inserts a draft, also one that is published already.
pub async fn insert_draft(unit: &mut UnitOfWork, d: &KeptDraft, name: Option<&str>) -> Result<(), StoreError> {
    unit.execute(
        "INSERT INTO posts_draft (id, owner, kind, post, base, title, body, rest, excerpt, version, made_at, \
         updated_at, name, published, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14)",
        params![
            d.id.raw(),
            d.owner.raw(),
            d.kind.as_str(),
            d.change.map(|c| c.0.raw()),
            d.change.map(|c| c.1.raw()),
            d.typed.title.as_str(),
            d.typed.body.as_str(),
            rest(&d.typed),
            d.excerpt.as_str(),
            i32::try_from(d.version).unwrap_or(i32::MAX),
            d.updated_at.as_millis(),
            name,
            d.published.map(|p| p.0.raw()),
            d.published.map(|p| p.1.raw()),
        ],
    )
    .await?;
    Ok(())
}

fn rest(typed: &Typed) -> String {
    serde_json::to_string(typed).unwrap_or_else(|_| "{}".to_owned())
}

/// Writes what a draft holds now.
pub async fn update_draft(unit: &mut UnitOfWork, d: &KeptDraft) -> Result<(), StoreError> {
    unit.execute(
        "UPDATE posts_draft SET kind = $2, base = $3, title = $4, body = $5, rest = $6, excerpt = $7, version = $8, \
         updated_at = $9, publish_at = $10, failed = $11, published = $12, revision = $13 WHERE id = $1",
        params![
            d.id.raw(),
            d.kind.as_str(),
            d.change.map(|c| c.1.raw()),
            d.typed.title.as_str(),
            d.typed.body.as_str(),
            rest(&d.typed),
            d.excerpt.as_str(),
            i32::try_from(d.version).unwrap_or(i32::MAX),
            d.updated_at.as_millis(),
            d.publish_at.map(Timestamp::as_millis),
            d.failed.clone(),
            d.published.map(|p| p.0.raw()),
            d.published.map(|p| p.1.raw()),
        ],
    )
    .await?;
    Ok(())
}

/// Throws a draft away, or brings it back.
pub async fn set_dropped(unit: &mut UnitOfWork, id: DraftId, at: Option<Timestamp>) -> Result<(), StoreError> {
    let values = params![id.raw(), at.map(Timestamp::as_millis)];
    unit.execute("UPDATE posts_draft SET dropped_at = $2, publish_at = NULL WHERE id = $1", values).await?;
    Ok(())
}

/// Removes what was thrown away or published before `until`.
pub async fn sweep_drafts(unit: &mut UnitOfWork, until: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM posts_draft WHERE dropped_at < $1 OR (published IS NOT NULL AND updated_at < $1)";
    unit.execute(sql, params![until.as_millis()]).await
}

/// Removes all drafts of somebody who is gone.
pub async fn erase_drafts(unit: &mut UnitOfWork, owner: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM posts_draft WHERE owner = $1", params![owner.raw()]).await?;
    Ok(())
}
