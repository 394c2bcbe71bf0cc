//! The tables of vectors, and of posts whose vectors are still to be computed.

use std::collections::HashMap;

use xinghe_core::{Event, PostId, PostView, RevisionId};
use xinghe_store::{FromQueryResult, Queries, Store, StoreError, UnitOfWork, list, params};

use crate::index::{PassageVectors, decode, encode};

pub(crate) async fn mark_pending(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO search_pending (post, queued_at) VALUES ($1, $2) ON CONFLICT (post) DO NOTHING";
    unit.execute(sql, params![post.raw(), now]).await?;
    Ok(())
}

/// Forgets everything about a post.
pub(crate) async fn forget(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM search_pending WHERE post = $1", params![post.raw()]).await?;
    unit.execute("DELETE FROM search_embedding WHERE post = $1", params![post.raw()]).await?;
    Ok(())
}

pub(crate) async fn pending(store: &Store, limit: u32) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
    }
    let sql = format!("SELECT post FROM search_pending ORDER BY queued_at, post LIMIT {limit}");
    let rows: Vec<Row> = store.all(&sql, vec![]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

pub(crate) async fn count_pending(store: &Store) -> Result<u64, StoreError> {
    let count = store.number("SELECT COUNT(*) AS value FROM search_pending", vec![]).await?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

/// Which of these revisions have vectors of this model.
pub(crate) async fn embedded(store: &Store, model: &str, revisions: &[RevisionId]) -> Result<Vec<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        revision: i64,
    }
    let sql = format!(
        "SELECT revision FROM search_embedding WHERE model = $1 AND revision IN ({})",
        list(2, revisions.len())
    );
    let mut values = params![model];
    values.extend(revisions.iter().map(|r| xinghe_store::Value::from(r.raw())));
    let rows: Vec<Row> = store.all(&sql, values).await?;
    Ok(rows.into_iter().map(|r| r.revision).collect())
}

/// Stores the vectors of one revision, with the event, and takes the post off the list. Older revisions' vectors go.
pub(crate) async fn save(
    unit: &mut UnitOfWork,
    model: &str,
    post: PostId,
    revision: RevisionId,
    passages: &[PassageVectors],
) -> Result<(), StoreError> {
    let old = "DELETE FROM search_embedding WHERE post = $1 AND model = $2";
    unit.execute(old, params![post.raw(), model]).await?;
    let sql = "INSERT INTO search_embedding (revision, model, post, data) VALUES ($1, $2, $3, $4)";
    unit.execute(sql, params![revision.raw(), model, post.raw(), encode(passages)]).await?;
    unit.execute("DELETE FROM search_pending WHERE post = $1", params![post.raw()]).await?;
    unit.append(None, &Event::RevisionEmbedded { post, revision }).await?;
    Ok(())
}

/// The vectors of these posts' current revisions, passage by passage.
pub(crate) async fn vectors(
    store: &Store,
    model: &str,
    posts: &[&PostView],
) -> Result<HashMap<PostId, Vec<PassageVectors>>, StoreError> {
    if posts.is_empty() {
        return Ok(HashMap::new());
    }
    #[derive(FromQueryResult)]
    struct Row {
        revision: i64,
        data: Vec<u8>,
    }
    let sql = format!(
        "SELECT revision, data FROM search_embedding WHERE model = $1 AND revision IN ({})",
        list(2, posts.len())
    );
    let mut values = params![model];
    values.extend(posts.iter().map(|p| xinghe_store::Value::from(p.revision.raw())));
    let rows: Vec<Row> = store.all(&sql, values).await?;
    let data: HashMap<i64, Vec<u8>> = rows.into_iter().map(|r| (r.revision, r.data)).collect();
    let mut all = HashMap::new();
    for post in posts {
        let Some(decoded) = data.get(&post.revision.raw()).and_then(|d| decode(post.id, d)) else { continue };
        all.insert(post.id, decoded);
    }
    Ok(all)
}
