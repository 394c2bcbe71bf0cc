//! Bookmarks and their folders.

use xinghe_core::{AuthorId, FolderId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, params};

use crate::model::{Bookmark, Cursor, Folder, Folders, Place, Placing};

/// Holds of a bookmark, `b`, whose post is to be seen as far as the log was read.
const SEEN: &str = "NOT EXISTS (SELECT 1 FROM reactions_gone g WHERE g.post = b.post)";

#[derive(FromQueryResult)]
struct Row {
    post: i64,
    folder: Option<i64>,
    note: String,
    at: i64,
}

impl Row {
    fn bookmark(self) -> Bookmark {
        Bookmark {
            post: PostId::from_raw(self.post),
            placing: Placing { folder: self.folder.map(FolderId::from_raw), note: self.note },
            at: Timestamp::from_millis(self.at),
        }
    }
}

/// A member's bookmark of a post.
pub(crate) async fn bookmark(q: &impl Queries, member: AuthorId, post: PostId) -> Result<Option<Bookmark>, StoreError> {
    let sql = "SELECT post, folder, note, at FROM reactions_bookmark WHERE member = $1 AND post = $2";
    Ok(q.one::<Row>(sql, params![member.raw(), post.raw()]).await?.map(Row::bookmark))
}

/// Up to `limit` bookmarks of a member after a cursor, the latest first.
pub(crate) async fn bookmarks(
    q: &impl Queries,
    member: AuthorId,
    place: Place,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Bookmark>, StoreError> {
    let mut values = params![member.raw()];
    let mut sql =
        format!("SELECT b.post, b.folder, b.note, b.at FROM reactions_bookmark b WHERE b.member = $1 AND {SEEN}");
    match place {
        Place::Anywhere => {}
        Place::Unsorted => sql.push_str(" AND b.folder IS NULL"),
        Place::In(folder) => {
            values.push(folder.raw().into());
            sql.push_str(" AND b.folder = $2");
        }
    }
    if let Some(Cursor { at, post }) = after {
        let n = values.len();
        sql.push_str(&format!(" AND (b.at, b.post) < (${}, ${})", n + 1, n + 2));
        values.extend([Value::from(at.as_millis()), post.raw().into()]);
    }
    sql.push_str(&format!(" ORDER BY b.at DESC, b.post DESC LIMIT {limit}"));
    Ok(q.all::<Row>(&sql, values).await?.into_iter().map(Row::bookmark).collect())
}

/// Makes a bookmark; answers whether there was none.
pub(crate) async fn insert_bookmark(
    unit: &mut UnitOfWork,
    member: AuthorId,
    post: PostId,
    placing: &Placing,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reactions_bookmark (member, post, folder, note, at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (member, post) DO NOTHING";
    let folder = placing.folder.map(FolderId::raw);
    let values = params![member.raw(), post.raw(), folder, placing.note.as_str(), at.as_millis()];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Moves a bookmark and writes its note.
pub(crate) async fn place_bookmark(
    unit: &mut UnitOfWork,
    member: AuthorId,
    post: PostId,
    placing: &Placing,
) -> Result<(), StoreError> {
    let sql = "UPDATE reactions_bookmark SET folder = $1, note = $2 WHERE member = $3 AND post = $4";
    let folder = placing.folder.map(FolderId::raw);
    unit.execute(sql, params![folder, placing.note.as_str(), member.raw(), post.raw()]).await?;
    Ok(())
}

/// Takes a bookmark away; answers whether there was one.
pub(crate) async fn delete_bookmark(unit: &mut UnitOfWork, member: AuthorId, post: PostId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM reactions_bookmark WHERE member = $1 AND post = $2";
    Ok(unit.execute(sql, params![member.raw(), post.raw()]).await? > 0)
}

/// A member's folders by name, with the numbers of bookmarks of posts that are to be seen.
pub(crate) async fn folders(q: &impl Queries, member: AuthorId) -> Result<Folders, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        name: String,
        bookmarks: i64,
    }
    let sql = format!(
        "SELECT f.id, f.name, COUNT(b.post) AS bookmarks FROM reactions_folder f \
         LEFT JOIN reactions_bookmark b ON b.folder = f.id AND {SEEN} WHERE f.member = $1 \
         GROUP BY f.id, f.name, f.folded ORDER BY f.folded"
    );
    let rows: Vec<Row> = q.all(&sql, params![member.raw()]).await?;
    let sql = format!(
        "SELECT COUNT(*) AS value FROM reactions_bookmark b WHERE b.member = $1 AND b.folder IS NULL AND {SEEN}"
    );
    let unsorted = q.number(&sql, params![member.raw()]).await?.unwrap_or_default().unsigned_abs();
    let folder = |r: Row| Folder { id: FolderId::from_raw(r.id), name: r.name, bookmarks: r.bookmarks.unsigned_abs() };
    Ok(Folders { folders: rows.into_iter().map(folder).collect(), unsorted })
}

/// Whether this is a folder of this member.
pub(crate) async fn folder_exists(q: &impl Queries, member: AuthorId, folder: FolderId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM reactions_folder WHERE id = $1 AND member = $2";
    Ok(q.number(sql, params![folder.raw(), member.raw()]).await?.unwrap_or_default() > 0)
}

/// The member's folder of this name, in lower case.
pub(crate) async fn folder_by_name(
    q: &impl Queries,
    member: AuthorId,
    folded: &str,
) -> Result<Option<FolderId>, StoreError> {
    let sql = "SELECT id AS value FROM reactions_folder WHERE member = $1 AND folded = $2";
    Ok(q.number(sql, params![member.raw(), folded]).await?.map(FolderId::from_raw))
}

/// Makes a folder.
pub(crate) async fn insert_folder(
    unit: &mut UnitOfWork,
    member: AuthorId,
    id: FolderId,
    (name, folded): (&str, &str),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO reactions_folder (id, member, name, folded) VALUES ($1, $2, $3, $4)";
    unit.execute(sql, params![id.raw(), member.raw(), name, folded]).await?;
    Ok(())
}

/// Gives a folder another name.
pub(crate) async fn rename_folder(
    unit: &mut UnitOfWork,
    id: FolderId,
    (name, folded): (&str, &str),
) -> Result<(), StoreError> {
    let sql = "UPDATE reactions_folder SET name = $1, folded = $2 WHERE id = $3";
    unit.execute(sql, params![name, folded, id.raw()]).await?;
    Ok(())
}

/// Deletes a folder of a member; what lay in it lies in the folder that everybody has.
pub(crate) async fn delete_folder(unit: &mut UnitOfWork, member: AuthorId, id: FolderId) -> Result<(), StoreError> {
    let sql = "UPDATE reactions_bookmark SET folder = NULL WHERE folder = $1 AND member = $2";
    unit.execute(sql, params![id.raw(), member.raw()]).await?;
    let sql = "DELETE FROM reactions_folder WHERE id = $1 AND member = $2";
    unit.execute(sql, params![id.raw(), member.raw()]).await?;
    Ok(())
}
