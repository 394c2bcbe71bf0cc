//! The SQL of pictures at other hosts, and of the copies of them.

use std::collections::{BTreeMap, HashMap};

use xinghe_core::picture::PictureName;
use xinghe_core::{PictureId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

/// A text that is to be looked at.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub(crate) struct Look {
    pub post: i64,
    pub seq: i64,
}

/// A picture that is to be fetched.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Wanted {
    pub id: i64,
    pub url: String,
    /// How often it was tried in vain.
    pub tries: i64,
}

/// Marks posts to be looked at, each with the number of the event that says so.
pub(crate) async fn mark(unit: &mut UnitOfWork, posts: &BTreeMap<i64, i64>) -> Result<(), StoreError> {
    let rows: Vec<(&i64, &i64)> = posts.iter().collect();
    for some in rows.chunks(500) {
        let places: Vec<String> = (0..some.len()).map(|n| format!("(${}, ${})", 2 * n + 1, 2 * n + 2)).collect();
        let sql = format!(
            "INSERT INTO media_look (post, seq) VALUES {} ON CONFLICT (post) DO UPDATE SET seq = excluded.seq",
            places.join(", ")
        );
        unit.execute(&sql, some.iter().flat_map(|(post, seq)| [Value::from(**post), Value::from(**seq)]).collect())
            .await?;
    }
    Ok(())
}

/// Forgets all marks.
pub(crate) async fn unmark(unit: &mut UnitOfWork) -> Result<(), StoreError> {
    unit.execute("DELETE FROM media_look", vec![]).await?;
    Ok(())
}

/// Up to `limit` texts that are to be looked at.
pub(crate) async fn looks(q: &impl Queries, limit: usize) -> Result<Vec<Look>, StoreError> {
    q.all(&format!("SELECT post, seq FROM media_look ORDER BY post LIMIT {limit}"), vec![]).await
}

/// A text was looked at. If something happened to it meanwhile, the mark stays.
pub(crate) async fn looked(unit: &mut UnitOfWork, look: Look) -> Result<(), StoreError> {
    unit.execute("DELETE FROM media_look WHERE post = $1 AND seq = $2", params![look.post, look.seq]).await?;
    Ok(())
}

/// Says that a post shows these pictures and no others; each has an id for the case that it is new, the digest of its
/// address and the address.
pub(crate) async fn put(
    unit: &mut UnitOfWork,
    post: i64,
    pictures: Vec<(PictureId, String, String)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    unit.execute("DELETE FROM media_far_post WHERE post = $1", params![post]).await?;
    for (id, digest, url) in pictures {
        unit.execute(
            "INSERT INTO media_far (id, digest, url, bytes, tries, next_at) VALUES ($1, $2, $3, 0, 0, $4) \
             ON CONFLICT (digest) DO NOTHING",
            params![id.raw(), digest.as_str(), url, now.as_millis()],
        )
        .await?;
        unit.execute(
            "INSERT INTO media_far_post (post, picture) SELECT CAST($1 AS BIGINT), id FROM media_far \
             WHERE digest = $2 ON CONFLICT DO NOTHING",
            params![post, digest],
        )
        .await?;
    }
    Ok(())
}

/// The picture that waits longest to be fetched.
pub(crate) async fn next(q: &impl Queries, now: Timestamp) -> Result<Option<Wanted>, StoreError> {
    let sql = "SELECT id, url, tries FROM media_far WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1";
    q.one(sql, params![now.as_millis()]).await
}

/// Keeps a copy. `false`: there is one already, or the picture is wanted no more.
pub(crate) async fn keep(
    unit: &mut UnitOfWork,
    id: i64,
    name: &PictureName,
    content: Vec<u8>,
) -> Result<bool, StoreError> {
    let bytes = i64::try_from(content.len()).unwrap_or(i64::MAX);
    let sql = "UPDATE media_far SET name = $2, bytes = $3, next_at = NULL WHERE id = $1 AND name IS NULL";
    if unit.execute(sql, params![id, name.to_string(), bytes]).await? == 0 {
        return Ok(false);
    }
    unit.execute("INSERT INTO media_bytes (picture, content) VALUES ($1, $2)", params![id, content]).await?;
    Ok(true)
}

/// A picture was not to be had; it is tried again then, or no more.
pub(crate) async fn missed(unit: &mut UnitOfWork, id: i64, next: Option<Timestamp>) -> Result<(), StoreError> {
    let sql = "UPDATE media_far SET tries = tries + 1, next_at = $2 WHERE id = $1 AND name IS NULL";
    unit.execute(sql, params![id, next.map(Timestamp::as_millis)]).await?;
    Ok(())
}

/// How much all copies take, in bytes.
pub(crate) async fn taken(q: &impl Queries) -> Result<u64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS value FROM media_far";
    Ok(q.number(sql, vec![]).await?.unwrap_or(0).max(0) as u64)
}

/// The copies of the pictures that posts show, with the addresses of the pictures.
pub(crate) async fn copies(
    q: &impl Queries,
    posts: &[PostId],
) -> Result<HashMap<PostId, Vec<(String, PictureName)>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        url: String,
        name: String,
    }
    let mut found: HashMap<PostId, Vec<(String, PictureName)>> = HashMap::new();
    for some in posts.chunks(1_000) {
        let sql = format!(
            "SELECT s.post, f.url, f.name FROM media_far_post s JOIN media_far f ON f.id = s.picture \
             WHERE s.post IN ({}) AND f.name IS NOT NULL ORDER BY s.post, f.id",
            list(1, some.len())
        );
        let rows: Vec<Row> = q.all(&sql, some.iter().map(|p| p.raw().into()).collect()).await?;
        for row in rows {
            let name = row.name.parse().map_err(|_| StoreError::Value(row.name))?;
            found.entry(PostId::from_raw(row.post)).or_default().push((row.url, name));
        }
    }
    Ok(found)
}

/// Removes up to `limit` pictures that no post shows. Answers how many they were, and of which there was a copy.
pub(crate) async fn drop_unused(unit: &mut UnitOfWork, limit: usize) -> Result<(usize, Vec<PictureId>), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        name: Option<String>,
    }
    let sql = format!(
        "SELECT f.id, f.name FROM media_far f WHERE NOT EXISTS (SELECT 1 FROM media_far_post s WHERE s.picture = f.id) \
         ORDER BY f.id LIMIT {limit}"
    );
    let rows: Vec<Row> = unit.all(&sql, vec![]).await?;
    for row in &rows {
        unit.execute("DELETE FROM media_bytes WHERE picture = $1", params![row.id]).await?;
        unit.execute("DELETE FROM media_far WHERE id = $1", params![row.id]).await?;
    }
    let copied = rows.iter().filter(|r| r.name.is_some()).map(|r| PictureId::from_raw(r.id)).collect();
    Ok((rows.len(), copied))
}
