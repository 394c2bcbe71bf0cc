//! Series and their parts.

use std::collections::HashMap;

use xinghe_core::id::{AuthorId, PostId, SeriesId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use super::ids;
use crate::model::{PARTS_MAX, Series};

const COLUMNS: &str = "id, owner, title, slug, about, version, updated_at";

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    owner: i64,
    title: String,
    slug: String,
    about: String,
    version: i32,
    updated_at: i64,
}

impl From<Row> for Series {
    fn from(r: Row) -> Self {
        Self {
            id: SeriesId::from_raw(r.id),
            owner: AuthorId::from_raw(r.owner),
            title: r.title,
            slug: r.slug,
            about: r.about,
            version: r.version.max(1) as u32,
            updated_at: Timestamp::from_millis(r.updated_at),
            parts: vec![],
        }
    }
}

async fn with_parts(q: &impl Queries, rows: Vec<Row>) -> Result<Vec<Series>, StoreError> {
    #[derive(FromQueryResult)]
    struct Part {
        post: i64,
        series: i64,
    }
    let mut all: Vec<Series> = rows.into_iter().map(Series::from).collect();
    if all.is_empty() {
        return Ok(all);
    }
    let of: Vec<SeriesId> = all.iter().map(|s| s.id).collect();
    let sql = format!(
        "SELECT post, series FROM posts_series_part WHERE series IN ({}) ORDER BY series, ordinal",
        list(1, of.len())
    );
    let mut parts: HashMap<i64, Vec<PostId>> = HashMap::new();
    for part in q.all::<Part>(&sql, ids(&of, SeriesId::raw)).await? {
        parts.entry(part.series).or_default().push(PostId::from_raw(part.post));
    }
    for series in &mut all {
        series.parts = parts.remove(&series.id.raw()).unwrap_or_default();
    }
    Ok(all)
}

/// A series with its parts.
pub async fn series(q: &impl Queries, id: SeriesId) -> Result<Option<Series>, StoreError> {
    let row: Option<Row> =
        q.one(&format!("SELECT {COLUMNS} FROM posts_series WHERE id = $1"), params![id.raw()]).await?;
    Ok(with_parts(q, row.into_iter().collect()).await?.pop())
}

/// The series that a post is a part of.
pub async fn series_of(q: &impl Queries, post: PostId) -> Result<Option<Series>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM posts_series WHERE id = (SELECT series FROM posts_series_part WHERE post = $1)");
    let row: Option<Row> = q.one(&sql, params![post.raw()]).await?;
    Ok(with_parts(q, row.into_iter().collect()).await?.pop())
}

/// Up to `limit` series, of one owner or of all, below `before`: the newest first.
pub async fn series_list(
    q: &impl Queries,
    owner: Option<AuthorId>,
    before: Option<SeriesId>,
    limit: usize,
) -> Result<Vec<Series>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM posts_series WHERE id < $1 AND ($2 = 0 OR owner = $2) ORDER BY id DESC LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = params![before.map_or(i64::MAX, SeriesId::raw), owner.map_or(0, AuthorId::raw), limit];
    let rows: Vec<Row> = q.all(&sql, values).await?;
    with_parts(q, rows).await
}

/// How many series an owner has.
pub async fn count_series(q: &impl Queries, owner: AuthorId) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM posts_series WHERE owner = $1";
    Ok(q.number(sql, params![owner.raw()]).await?.unwrap_or(0))
}

/// The articles of an author that are parts of no series, the latest first: with their titles.
pub async fn loose_articles(q: &impl Queries, author: AuthorId) -> Result<Vec<(PostId, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Loose {
        id: i64,
        title: String,
    }
    let sql = "SELECT p.id, p.title FROM posts_post p WHERE p.kind = 'article' AND p.deleted_at IS NULL \
               AND p.hidden_by IS NULL AND EXISTS (SELECT 1 FROM posts_credit c WHERE c.post = p.id AND c.author = $1 \
               AND c.role = 'author') AND NOT EXISTS (SELECT 1 FROM posts_series_part s WHERE s.post = p.id) \
               ORDER BY p.published_at DESC, p.id DESC LIMIT 200";
    let rows: Vec<Loose> = q.all(sql, params![author.raw()]).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.id), r.title)).collect())
}

/// Inserts a series, or writes what it is now; its parts apart.
pub async fn put_series(unit: &mut UnitOfWork, s: &Series) -> Result<(), StoreError> {
    unit.execute(
        "INSERT INTO posts_series (id, owner, title, slug, about, version, made_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO UPDATE SET title = excluded.title, \
         slug = excluded.slug, about = excluded.about, version = excluded.version, updated_at = excluded.updated_at",
        params![
            s.id.raw(),
            s.owner.raw(),
            s.title.as_str(),
            s.slug.as_str(),
            s.about.as_str(),
            i32::try_from(s.version).unwrap_or(i32::MAX),
            s.updated_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

/// Sets the parts of a series.
pub async fn put_parts(unit: &mut UnitOfWork, series: SeriesId, posts: &[PostId]) -> Result<(), StoreError> {
    unit.execute("DELETE FROM posts_series_part WHERE series = $1", params![series.raw()]).await?;
    for (n, post) in (0_i32..).zip(posts.iter().take(PARTS_MAX)) {
        let values = params![post.raw(), series.raw(), n];
        unit.execute("INSERT INTO posts_series_part (post, series, ordinal) VALUES ($1, $2, $3)", values).await?;
    }
    Ok(())
}

/// Removes a series; its posts stay.
pub async fn delete_series(unit: &mut UnitOfWork, series: SeriesId) -> Result<(), StoreError> {
    for table in ["posts_series_part WHERE series", "posts_series WHERE id"] {
        unit.execute(&format!("DELETE FROM {table} = $1"), params![series.raw()]).await?;
    }
    Ok(())
}
