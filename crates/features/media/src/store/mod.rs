//! The SQL of pictures; its tables begin with `media_`.

pub(crate) mod far;

use xinghe_core::picture::PictureName;
use xinghe_core::{AuthorId, PictureId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::model::Picture;

const COLUMNS: &str = "id, name, member, bytes, at";

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    name: String,
    member: i64,
    bytes: i64,
    at: i64,
}

impl Row {
    fn picture(self) -> Result<Picture, StoreError> {
        Ok(Picture {
            id: PictureId::from_raw(self.id),
            name: self
                .name
                .parse()
                .map_err(|e: xinghe_core::picture::NoPictureName| StoreError::Value(e.to_string()))?,
            member: AuthorId::from_raw(self.member),
            bytes: self.bytes.max(0) as u64,
            at: Timestamp::from_millis(self.at),
        })
    }
}

/// The bytes of a picture, a member's or a copy.
pub(crate) async fn content(q: &impl Queries, name: &PictureName) -> Result<Option<Vec<u8>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Bytes {
        content: Vec<u8>,
    }
    let sql = "SELECT content FROM media_bytes WHERE picture = (SELECT id FROM media_picture WHERE name = $1 \
               UNION ALL SELECT id FROM media_far WHERE name = $1)";
    Ok(q.one::<Bytes>(sql, params![name.to_string()]).await?.map(|b| b.content))
}

/// A member's picture.
pub(crate) async fn picture(q: &impl Queries, member: AuthorId, id: PictureId) -> Result<Option<Picture>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM media_picture WHERE id = $1 AND member = $2");
    q.one::<Row>(&sql, params![id.raw(), member.raw()]).await?.map(Row::picture).transpose()
}

/// The picture that a member made of the file with this digest.
pub(crate) async fn made_of(q: &impl Queries, member: AuthorId, digest: &str) -> Result<Option<Picture>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM media_picture WHERE member = $1 AND digest = $2");
    q.one::<Row>(&sql, params![member.raw(), digest]).await?.map(Row::picture).transpose()
}

/// The picture that imports made of the file with this digest, whoever's it is.
pub(crate) async fn imported(q: &impl Queries, digest: &str) -> Result<Option<Picture>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM media_picture WHERE digest = $1 AND imported ORDER BY id LIMIT 1");
    q.one::<Row>(&sql, params![digest]).await?.map(Row::picture).transpose()
}

/// Says that imports share a picture from now on.
pub(crate) async fn share(unit: &mut UnitOfWork, id: PictureId) -> Result<(), StoreError> {
    unit.execute("UPDATE media_picture SET imported = TRUE WHERE id = $1", params![id.raw()]).await?;
    Ok(())
}

/// Gives an author's pictures to the member who claimed the author, but those that the member has of the same file.
pub(crate) async fn hand_over(unit: &mut UnitOfWork, author: AuthorId, member: AuthorId) -> Result<(), StoreError> {
    let sql = "UPDATE media_picture SET member = $2 WHERE member = $1 \
               AND digest NOT IN (SELECT digest FROM media_picture WHERE member = $2)";
    unit.execute(sql, params![author.raw(), member.raw()]).await?;
    Ok(())
}

/// Up to `limit` pictures of a member before one, the latest first.
pub(crate) async fn pictures(
    q: &impl Queries,
    member: AuthorId,
    before: Option<PictureId>,
    limit: usize,
) -> Result<Vec<Picture>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM media_picture WHERE member = $1 AND id < $2 ORDER BY id DESC LIMIT {limit}");
    let values = params![member.raw(), before.map_or(i64::MAX, PictureId::raw)];
    q.all::<Row>(&sql, values).await?.into_iter().map(Row::picture).collect()
}

/// How much a member's pictures take, in bytes.
pub(crate) async fn taken(q: &impl Queries, member: AuthorId) -> Result<u64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS value FROM media_picture WHERE member = $1";
    Ok(q.number(sql, params![member.raw()]).await?.unwrap_or(0).max(0) as u64)
}

/// How many pictures a member added on a day.
pub(crate) async fn added_on(q: &impl Queries, member: AuthorId, day: i64) -> Result<i64, StoreError> {
    let sql = "SELECT pictures AS value FROM media_day WHERE member = $1 AND day = $2";
    Ok(q.number(sql, params![member.raw(), day]).await?.unwrap_or(0))
}

/// Inserts a picture, and counts it.
pub(crate) async fn insert(
    unit: &mut UnitOfWork,
    picture: &Picture,
    (digest, content): (&str, Vec<u8>),
    (day, keep_until): (i64, Timestamp),
) -> Result<(), StoreError> {
    unit.execute(
        "INSERT INTO media_picture (id, name, member, digest, bytes, at, keep_until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            picture.id.raw(),
            picture.name.to_string(),
            picture.member.raw(),
            digest,
            i64::try_from(picture.bytes).unwrap_or(i64::MAX),
            picture.at.as_millis(),
            keep_until.as_millis(),
        ],
    )
    .await?;
    let values = params![picture.id.raw(), content];
    unit.execute("INSERT INTO media_bytes (picture, content) VALUES ($1, $2)", values).await?;
    unit.execute(
        "INSERT INTO media_day (member, day, pictures) VALUES ($1, $2, 1) \
         ON CONFLICT (member, day) DO UPDATE SET pictures = media_day.pictures + 1",
        params![picture.member.raw(), day],
    )
    .await?;
    Ok(())
}

/// Removes a picture. `false`: it was gone.
pub(crate) async fn delete(unit: &mut UnitOfWork, id: PictureId) -> Result<bool, StoreError> {
    unit.execute("DELETE FROM media_bytes WHERE picture = $1", params![id.raw()]).await?;
    Ok(unit.execute("DELETE FROM media_picture WHERE id = $1", params![id.raw()]).await? > 0)
}

/// Up to `limit` pictures that may be due to go, the one due longest first.
pub(crate) async fn due(q: &impl Queries, now: Timestamp, limit: usize) -> Result<Vec<Picture>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM media_picture WHERE keep_until < $1 ORDER BY keep_until, id LIMIT {limit}");
    q.all::<Row>(&sql, params![now.as_millis()]).await?.into_iter().map(Row::picture).collect()
}

/// Says that a picture stays until then at least.
pub(crate) async fn keep(unit: &mut UnitOfWork, id: PictureId, until: Timestamp) -> Result<(), StoreError> {
    unit.execute("UPDATE media_picture SET keep_until = $2 WHERE id = $1", params![id.raw(), until.as_millis()])
        .await?;
    Ok(())
}

/// Forgets what was counted before a day.
pub(crate) async fn forget_days(unit: &mut UnitOfWork, day: i64) -> Result<(), StoreError> {
    unit.execute("DELETE FROM media_day WHERE day < $1", params![day]).await?;
    Ok(())
}

/// A member is gone: what nothing shows goes with the next sweep.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("UPDATE media_picture SET keep_until = 0 WHERE member = $1", params![member.raw()]).await?;
    unit.execute("DELETE FROM media_day WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}
