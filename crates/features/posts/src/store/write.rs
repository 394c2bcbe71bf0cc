//! Changing posts, within a unit of work. Rows are written many at a time.

use xinghe_core::content::{Credit, PostKind};
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use crate::model::Checked;

/// A row of a new post.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// Its id.
    pub id: PostId,
    /// Its kind.
    pub kind: PostKind,
    /// What it hangs on: directly, below comments, at last.
    pub place: Option<(PostId, PostId, PostId)>,
    /// Its content.
    pub content: Checked,
    /// Who is named first.
    pub author: AuthorId,
    /// Its first revision.
    pub revision: RevisionId,
    /// When it was first public.
    pub published_at: Timestamp,
    /// When it was written here.
    pub at: Timestamp,
}

/// A row of a new revision.
#[derive(Debug, Clone)]
pub struct NewRevision<'a> {
    /// Its id.
    pub id: RevisionId,
    /// Whose revision.
    pub post: PostId,
    /// From 1.
    pub number: i32,
    /// Its title and text.
    pub content: &'a Checked,
    /// Who made it; `None` where it was imported.
    pub author: Option<AuthorId>,
    /// When.
    pub at: Timestamp,
}

/// Inserts rows, as many a statement as parameters allow.
pub(super) async fn insert(
    unit: &mut UnitOfWork,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<(), StoreError> {
    let most = 4_000 / columns.len();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<Vec<Value>> = rows.by_ref().take(most).collect();
        let places: Vec<String> =
            (0..some.len()).map(|n| format!("({})", list(n * columns.len() + 1, columns.len()))).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), places.join(", "));
        unit.execute(&sql, some.into_iter().flatten().collect()).await?;
    }
    Ok(())
}

/// Inserts posts (not their revisions, credits and tags).
pub async fn insert_posts(unit: &mut UnitOfWork, posts: &[NewPost]) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &[
        "id",
        "kind",
        "parent",
        "subject",
        "root",
        "title",
        "slug",
        "language",
        "excerpt",
        "minutes",
        "provenance",
        "licence",
        "source_url",
        "original_url",
        "author",
        "revision",
        "revisions",
        "published_at",
        "updated_at",
        "quote",
    ];
    let rows = posts.iter().map(|p| {
        let c = &p.content;
        let (parent, subject, root) = match p.place {
            Some((parent, subject, root)) => (Some(parent.raw()), Some(subject.raw()), root.raw()),
            None => (None, None, p.id.raw()),
        };
        let (slug, excerpt, minutes) = derived(c);
        params![
            p.id.raw(),
            p.kind.as_str(),
            parent,
            subject,
            root,
            c.title.as_str(),
            slug,
            c.language.as_str(),
            excerpt,
            minutes,
            c.provenance.as_str(),
            c.licence.clone(),
            c.source_url.clone(),
            c.original_url.clone(),
            p.author.raw(),
            p.revision.raw(),
            1,
            p.published_at.as_millis(),
            p.published_at.max(p.at).as_millis(),
            c.quote.map(PostId::raw),
        ]
    });
    insert(unit, "posts_post", COLUMNS, rows.collect()).await
}

/// What is kept beside a text because lists and addresses need it: slug, excerpt, minutes of reading.
fn derived(content: &Checked) -> (String, String, i32) {
    let slug = xinghe_text::slug(&content.title);
    let excerpt = xinghe_text::excerpt(&content.body, 160);
    let minutes = xinghe_text::reading_minutes(&content.body);
    (slug, excerpt, i32::try_from(minutes).unwrap_or(i32::MAX))
}

/// Inserts revisions, what their texts link to, and which pictures they show.
pub async fn insert_revisions(unit: &mut UnitOfWork, revisions: &[NewRevision<'_>]) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["id", "post", "number", "title", "body", "author", "note", "at"];
    let rows = revisions.iter().map(|r| {
        let c = r.content;
        params![
            r.id.raw(),
            r.post.raw(),
            r.number,
            c.title.as_str(),
            c.body.as_str(),
            r.author.map(AuthorId::raw),
            c.note.as_str(),
            r.at.as_millis(),
        ]
    });
    insert(unit, "posts_revision", COLUMNS, rows.collect()).await?;
    super::cites::put_cites(unit, revisions).await?;
    super::put_pictures(unit, revisions).await
}

pub(super) async fn clear(unit: &mut UnitOfWork, table: &str, posts: &[PostId]) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM {table} WHERE post IN ({})", list(1, posts.len()));
    unit.execute(&sql, posts.iter().map(|p| p.raw().into()).collect()).await?;
    Ok(())
}

/// Sets the credits of posts. `fresh` says that they had none yet.
pub async fn put_credits(unit: &mut UnitOfWork, of: &[(PostId, Vec<Credit>)], fresh: bool) -> Result<(), StoreError> {
    if !fresh {
        clear(unit, "posts_credit", &of.iter().map(|(p, _)| *p).collect::<Vec<_>>()).await?;
    }
    let mut rows = vec![];
    for (post, credits) in of {
        for (n, credit) in (0_i32..).zip(credits) {
            rows.push(params![post.raw(), n, credit.author.raw(), credit.role.as_str()]);
        }
    }
    insert(unit, "posts_credit", &["post", "ordinal", "author", "role"], rows).await
}

/// Sets the tags of posts.
pub async fn put_tags(unit: &mut UnitOfWork, of: &[(PostId, &[String])], fresh: bool) -> Result<(), StoreError> {
    if !fresh {
        clear(unit, "posts_tag", &of.iter().map(|(p, _)| *p).collect::<Vec<_>>()).await?;
    }
    let mut rows = vec![];
    for (post, tags) in of {
        for (n, tag) in (0_i32..).zip(*tags) {
            rows.push(params![post.raw(), n, tag.as_str()]);
        }
    }
    insert(unit, "posts_tag", &["post", "ordinal", "tag"], rows).await
}

/// Sets the facts of projects.
pub async fn put_facts(
    unit: &mut UnitOfWork,
    of: &[(PostId, &[(String, String)])],
    fresh: bool,
) -> Result<(), StoreError> {
    if !fresh {
        clear(unit, "posts_fact", &of.iter().map(|(p, _)| *p).collect::<Vec<_>>()).await?;
    }
    let mut rows = vec![];
    for (post, facts) in of {
        for (n, (name, value)) in (0_i32..).zip(*facts) {
            rows.push(params![post.raw(), n, name.as_str(), value.as_str()]);
        }
    }
    insert(unit, "posts_fact", &["post", "ordinal", "name", "value"], rows).await
}

/// Remembers where imported posts came from, or their new hash.
pub async fn put_imports(unit: &mut UnitOfWork, rows: &[(&str, &str, PostId, String)]) -> Result<(), StoreError> {
    for some in rows.chunks(1_000) {
        let places: Vec<String> = (0..some.len()).map(|n| format!("({})", list(n * 4 + 1, 4))).collect();
        let sql = format!(
            "INSERT INTO posts_import (origin, path, post, hash) VALUES {} \
             ON CONFLICT (origin, path) DO UPDATE SET post = excluded.post, hash = excluded.hash",
            places.join(", ")
        );
        let values = some.iter().flat_map(|(o, p, id, hash)| params![*o, *p, id.raw(), hash.as_str()]);
        unit.execute(&sql, values.collect()).await?;
    }
    Ok(())
}

/// Writes a new content and revision into a post's row. With `published_at`, that too.
pub async fn update_post(
    unit: &mut UnitOfWork,
    post: PostId,
    content: &Checked,
    revision: &NewRevision<'_>,
    published_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let (slug, excerpt, minutes) = derived(content);
    unit.execute(
        "UPDATE posts_post SET title = $2, slug = $3, language = $4, excerpt = $5, minutes = $6, provenance = $7, \
         licence = $8, source_url = $9, original_url = $10, revision = $11, revisions = $12, updated_at = $13, \
         published_at = COALESCE($14, published_at) WHERE id = $1",
        params![
            post.raw(),
            content.title.as_str(),
            slug,
            content.language.as_str(),
            excerpt,
            minutes,
            content.provenance.as_str(),
            content.licence.clone(),
            content.source_url.clone(),
            content.original_url.clone(),
            revision.id.raw(),
            revision.number,
            revision.at.as_millis(),
            published_at.map(Timestamp::as_millis),
        ],
    )
    .await?;
    Ok(())
}

/// Makes other writers of the page of `root` wait until this unit of work ends (on SQLite they wait already).
pub async fn lock(unit: &mut UnitOfWork, root: PostId) -> Result<(), StoreError> {
    unit.execute("UPDATE posts_post SET root = root WHERE id = $1", params![root.raw()]).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// Takes a post out of sight with what hangs on it; answers all that vanished, itself first.
pub async fn delete(
    unit: &mut UnitOfWork,
    post: PostId,
    by: AuthorId,
    at: Timestamp,
) -> Result<Vec<PostId>, StoreError> {
    unit.execute(
        "UPDATE posts_post SET deleted_at = $2, deleted_by = $3 WHERE id = $1",
        params![post.raw(), at.as_millis(), by.raw()],
    )
    .await?;
    let below: Vec<Id> = unit
        .all(
            "UPDATE posts_post SET hidden_by = $1 WHERE (root = $1 OR subject = $1) AND id <> $1 \
             AND hidden_by IS NULL RETURNING id",
            params![post.raw()],
        )
        .await?;
    visible_of(unit, post, below).await
}

/// Shows a deleted post again with what vanished with it; answers all that is to be seen again, itself first.
pub async fn restore(unit: &mut UnitOfWork, post: PostId) -> Result<Vec<PostId>, StoreError> {
    unit.execute("UPDATE posts_post SET deleted_at = NULL, deleted_by = NULL WHERE id = $1", params![post.raw()])
        .await?;
    let below: Vec<Id> = unit
        .all("UPDATE posts_post SET hidden_by = NULL WHERE hidden_by = $1 RETURNING id", params![post.raw()])
        .await?;
    visible_of(unit, post, below).await
}

/// The post and those of `below` that nobody deleted by themselves.
async fn visible_of(unit: &UnitOfWork, post: PostId, below: Vec<Id>) -> Result<Vec<PostId>, StoreError> {
    let mut all = vec![post];
    for some in below.chunks(1_000) {
        let sql = format!(
            "SELECT id FROM posts_post WHERE deleted_at IS NULL AND id IN ({}) ORDER BY id",
            list(1, some.len())
        );
        let rows: Vec<Id> = unit.all(&sql, some.iter().map(|r| r.id.into()).collect()).await?;
        all.extend(rows.into_iter().map(|r| PostId::from_raw(r.id)));
    }
    Ok(all)
}

/// Counts a page's visible answers and comments anew.
pub async fn recount(unit: &mut UnitOfWork, root: PostId) -> Result<(), StoreError> {
    unit.execute(
        "UPDATE posts_post SET \
         answers = (SELECT COUNT(*) FROM posts_post c WHERE c.root = $1 AND c.kind = 'answer' \
            AND c.deleted_at IS NULL AND c.hidden_by IS NULL), \
         comments = (SELECT COUNT(*) FROM posts_post c WHERE c.root = $1 AND c.kind = 'comment' \
            AND c.deleted_at IS NULL AND c.hidden_by IS NULL) WHERE id = $1",
        params![root.raw()],
    )
    .await?;
    Ok(())
}

/// Marks an answer as the one, or none.
pub async fn set_accepted(unit: &mut UnitOfWork, question: PostId, answer: Option<PostId>) -> Result<(), StoreError> {
    let answer = answer.map(PostId::raw);
    unit.execute("UPDATE posts_post SET accepted = $2 WHERE id = $1", params![question.raw(), answer]).await?;
    Ok(())
}

/// Names another author first.
pub async fn set_author(unit: &mut UnitOfWork, post: PostId, author: AuthorId) -> Result<(), StoreError> {
    unit.execute("UPDATE posts_post SET author = $2 WHERE id = $1", params![post.raw(), author.raw()]).await?;
    Ok(())
}

/// Passes all credits of an author to a member; where both are credited alike, once.
pub async fn pass_credits(unit: &mut UnitOfWork, author: AuthorId, member: AuthorId) -> Result<(), StoreError> {
    let both = params![author.raw(), member.raw()];
    unit.execute(
        "INSERT INTO posts_passed (post, role, author, member) \
         SELECT post, role, author, $2 FROM posts_credit WHERE author = $1 \
         UNION SELECT id, '', author, $2 FROM posts_post WHERE author = $1 \
         ON CONFLICT (post, role, author) DO UPDATE SET member = excluded.member",
        both.clone(),
    )
    .await?;
    unit.execute(
        "DELETE FROM posts_credit WHERE author = $1 AND EXISTS (SELECT 1 FROM posts_credit c \
         WHERE c.post = posts_credit.post AND c.role = posts_credit.role AND c.author = $2)",
        both.clone(),
    )
    .await?;
    unit.execute("UPDATE posts_credit SET author = $2 WHERE author = $1", both.clone()).await?;
    unit.execute("UPDATE posts_post SET author = $2 WHERE author = $1", both).await?;
    Ok(())
}

/// Gives the credits that passed to a member back to the author they came from, and those of posts imported since.
pub async fn return_credits(unit: &mut UnitOfWork, author: AuthorId, member: AuthorId) -> Result<(), StoreError> {
    let both = params![author.raw(), member.raw()];
    // What was imported while the author was the member's never stood under the author.
    let since = "NOT EXISTS (SELECT 1 FROM posts_passed p WHERE p.post = i.post)";
    for (table, post, role) in [("posts_credit", "post", "posts_credit.role"), ("posts_post", "id", "''")] {
        unit.execute(
            &format!(
                "UPDATE {table} SET author = $1 WHERE author = $2 AND (EXISTS (SELECT 1 FROM posts_passed p \
                 WHERE p.post = {table}.{post} AND p.role = {role} AND p.author = $1 AND p.member = $2) \
                 OR EXISTS (SELECT 1 FROM posts_import i WHERE i.post = {table}.{post} AND {since}))"
            ),
            both.clone(),
        )
        .await?;
    }
    unit.execute("DELETE FROM posts_passed WHERE author = $1 AND member = $2", both).await?;
    Ok(())
}
