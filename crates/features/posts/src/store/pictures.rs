//! Which of this site's own pictures posts and drafts show.

use std::collections::{BTreeSet, HashSet};

use xinghe_core::id::AuthorId;
use xinghe_core::picture::{FOLDER, PictureName};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, list, params};

use super::write::NewRevision;

/// Remembers the pictures of revisions. They are never forgotten: an old revision can be looked at, too.
pub(super) async fn put_pictures(unit: &mut UnitOfWork, revisions: &[NewRevision<'_>]) -> Result<(), StoreError> {
    for revision in revisions {
        let names: BTreeSet<PictureName> = PictureName::all_in(&revision.content.body).collect();
        for name in names {
            unit.execute(
                "INSERT INTO posts_picture (name, post) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                params![name.to_string(), revision.post.raw()],
            )
            .await?;
        }
    }
    Ok(())
}

/// Those of these pictures that a post shows or showed, or a draft or series of their owner's.
pub async fn showing(
    q: &impl Queries,
    owner: AuthorId,
    names: &[PictureName],
) -> Result<HashSet<PictureName>, StoreError> {
    #[derive(FromQueryResult)]
    struct Name {
        name: String,
    }
    #[derive(FromQueryResult)]
    struct Text {
        text: String,
    }
    let mut found = HashSet::new();
    for some in names.chunks(1_000) {
        let sql = format!("SELECT DISTINCT name FROM posts_picture WHERE name IN ({})", list(1, some.len()));
        let rows: Vec<Name> = q.all(&sql, some.iter().map(|n| n.to_string().into()).collect()).await?;
        found.extend(rows.iter().filter_map(|r| r.name.parse::<PictureName>().ok()));
    }
    if names.iter().all(|n| found.contains(n)) {
        return Ok(found);
    }
    let like = format!("%{FOLDER}%");
    let texts: Vec<Text> = q
        .all(
            "SELECT body AS text FROM posts_draft WHERE owner = $1 AND published IS NULL AND body LIKE $2 \
             UNION ALL SELECT about AS text FROM posts_series WHERE owner = $1 AND about LIKE $2",
            params![owner.raw(), like],
        )
        .await?;
    let wanted: HashSet<&PictureName> = names.iter().collect();
    found.extend(texts.iter().flat_map(|t| PictureName::all_in(&t.text)).filter(|n| wanted.contains(n)));
    Ok(found)
}
