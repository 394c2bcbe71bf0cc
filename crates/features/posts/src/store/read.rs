//! Posts by id.

use std::collections::{HashMap, HashSet};

use xinghe_core::content::{Credit, PostView};
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, list, params};

use super::{ids, word};
use crate::model::PostDetail;

/// What holds of a post that is to be seen; `p` is its row.
pub(super) const VISIBLE: &str = "p.deleted_at IS NULL AND p.hidden_by IS NULL";

/// What commands need to know of a post, visible or not.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Head {
    /// The post.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// The nearest post above that is no comment.
    pub subject: Option<i64>,
    /// The post whose page shows it.
    pub root: i64,
    /// How it came to be.
    pub provenance: String,
    /// Who is named first.
    pub author: i64,
    /// How many revisions there are.
    pub revisions: i32,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// Who deleted it.
    pub deleted_by: Option<i64>,
    /// The deleted post above that took it out of sight.
    pub hidden_by: Option<i64>,
}

impl Head {
    pub(crate) fn visible(&self) -> bool {
        self.deleted_at.is_none() && self.hidden_by.is_none()
    }
}

/// The heads of these posts, visible or not.
pub async fn heads(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, Head>, StoreError> {
    let sql = format!(
        "SELECT id, kind, subject, root, provenance, author, revisions, deleted_at, deleted_by, hidden_by \
         FROM posts_post WHERE id IN ({})",
        list(1, posts.len())
    );
    let rows: Vec<Head> = q.all(&sql, ids(posts, PostId::raw)).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.id), r)).collect())
}

/// Those of these questions that have a visible answer which no twin wrote.
pub async fn answered_by_people(q: &impl Queries, questions: &[PostId]) -> Result<HashSet<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Root {
        root: i64,
    }
    let sql = format!(
        "SELECT DISTINCT p.root FROM posts_post p WHERE p.root IN ({}) AND p.kind = 'answer' AND {VISIBLE} \
         AND NOT EXISTS (SELECT 1 FROM posts_credit c WHERE c.post = p.id AND c.role = 'twin')",
        list(1, questions.len())
    );
    let rows: Vec<Root> = q.all(&sql, ids(questions, PostId::raw)).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.root)).collect())
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    parent: Option<i64>,
    subject: Option<i64>,
    root: i64,
    title: String,
    slug: String,
    language: String,
    excerpt: String,
    minutes: i32,
    provenance: String,
    licence: Option<String>,
    source_url: Option<String>,
    original_url: Option<String>,
    revision: i64,
    revisions: i32,
    published_at: i64,
    updated_at: i64,
    accepted: Option<i64>,
    root_accepted: Option<i64>,
    answers: i32,
    comments: i32,
    quote: Option<i64>,
    body: String,
}

impl Row {
    fn detail(self) -> Result<PostDetail, StoreError> {
        let id = PostId::from_raw(self.id);
        let is_accepted_answer = self.root != self.id && self.root_accepted == Some(self.id);
        Ok(PostDetail {
            view: PostView {
                id,
                revision: RevisionId::from_raw(self.revision),
                kind: word(&self.kind)?,
                title: self.title,
                slug: self.slug,
                body: self.body,
                language: word(&self.language)?,
                credits: vec![],
                tags: vec![],
                parent: self.parent.map(PostId::from_raw),
                root: PostId::from_raw(self.root),
                provenance: word(&self.provenance)?,
                licence: self.licence,
                source_url: self.source_url,
                published_at: Timestamp::from_millis(self.published_at),
                updated_at: Timestamp::from_millis(self.updated_at),
                accepted: is_accepted_answer || self.accepted.is_some(),
            },
            original_url: self.original_url,
            excerpt: self.excerpt,
            minutes: self.minutes.max(1) as u32,
            revisions: self.revisions.max(1) as u32,
            accepted_answer: self.accepted.map(PostId::from_raw),
            answers: self.answers.max(0) as u32,
            comments: self.comments.max(0) as u32,
            subject: self.subject.map(PostId::from_raw),
            facts: vec![],
            quote: self.quote.map(PostId::from_raw),
        })
    }
}

/// These posts with everything their pages show; invisible and unknown ones are left out.
pub async fn details(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, PostDetail>, StoreError> {
    details_where(q, posts, VISIBLE).await
}

/// The same, to be seen or not; unknown ones are left out.
pub async fn any_details(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, PostDetail>, StoreError> {
    details_where(q, posts, "1 = 1").await
}

/// The same of those that meet this condition; `p` is a post's row.
pub(super) async fn details_where(
    q: &impl Queries,
    posts: &[PostId],
    condition: &str,
) -> Result<HashMap<PostId, PostDetail>, StoreError> {
    let mut found = plain(q, posts, condition).await?;
    for (post, name, value) in facts(q, posts).await? {
        if let Some(detail) = found.get_mut(&post) {
            detail.facts.push((name, value));
        }
    }
    Ok(found)
}

/// These posts as other features see them; invisible and unknown ones are left out.
pub async fn views(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, PostView>, StoreError> {
    Ok(plain(q, posts, VISIBLE).await?.into_iter().map(|(id, d)| (id, d.view)).collect())
}

/// These posts as other features see them, to be seen or not; unknown ones are left out.
pub async fn any_views(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, PostView>, StoreError> {
    Ok(plain(q, posts, "1 = 1").await?.into_iter().map(|(id, d)| (id, d.view)).collect())
}

async fn plain(q: &impl Queries, posts: &[PostId], condition: &str) -> Result<HashMap<PostId, PostDetail>, StoreError> {
    let mut found = HashMap::with_capacity(posts.len());
    for some in posts.chunks(1_000) {
        let sql = format!(
            "SELECT p.id, p.kind, p.parent, p.subject, p.root, top.title, top.slug, p.language, p.excerpt, p.minutes, \
             p.provenance, p.licence, p.source_url, p.original_url, p.revision, p.revisions, p.published_at, \
             p.updated_at, p.accepted, top.accepted AS root_accepted, p.answers, p.comments, p.quote, r.body \
             FROM posts_post p JOIN posts_post top ON top.id = p.root JOIN posts_revision r ON r.id = p.revision \
             WHERE p.id IN ({}) AND {condition}",
            list(1, some.len())
        );
        let rows: Vec<Row> = q.all(&sql, ids(some, PostId::raw)).await?;
        for row in rows {
            let detail = row.detail()?;
            found.insert(detail.view.id, detail);
        }
        for (post, credit) in credits(q, some).await? {
            if let Some(detail) = found.get_mut(&post) {
                detail.view.credits.push(credit);
            }
        }
        for (post, tag) in tags_of(q, some).await? {
            if let Some(detail) = found.get_mut(&post) {
                detail.view.tags.push(tag);
            }
        }
    }
    Ok(found)
}

/// The visible answers of a question, with their current revisions.
pub async fn answers(q: &impl Queries, question: PostId) -> Result<Vec<(PostId, RevisionId)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        revision: i64,
    }
    let sql = format!(
        "SELECT p.id, p.revision FROM posts_post p WHERE p.root = $1 AND p.kind = 'answer' AND {VISIBLE} ORDER BY p.id"
    );
    let rows: Vec<Row> = q.all(&sql, params![question.raw()]).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.id), RevisionId::from_raw(r.revision))).collect())
}

/// The credits of posts, in order.
pub async fn credits(q: &impl Queries, posts: &[PostId]) -> Result<Vec<(PostId, Credit)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        author: i64,
        role: String,
    }
    let sql = format!(
        "SELECT post, author, role FROM posts_credit WHERE post IN ({}) ORDER BY post, ordinal",
        list(1, posts.len())
    );
    let rows: Vec<Row> = q.all(&sql, ids(posts, PostId::raw)).await?;
    rows.into_iter()
        .map(|r| {
            let credit = Credit { author: AuthorId::from_raw(r.author), role: word(&r.role)? };
            Ok((PostId::from_raw(r.post), credit))
        })
        .collect()
}

/// The tags of posts, in order.
pub(super) async fn tags_of(q: &impl Queries, posts: &[PostId]) -> Result<Vec<(PostId, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        tag: String,
    }
    let sql =
        format!("SELECT post, tag FROM posts_tag WHERE post IN ({}) ORDER BY post, ordinal", list(1, posts.len()));
    let rows: Vec<Row> = q.all(&sql, ids(posts, PostId::raw)).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.post), r.tag)).collect())
}

/// The facts of projects, in order.
pub(super) async fn facts(q: &impl Queries, posts: &[PostId]) -> Result<Vec<(PostId, String, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        name: String,
        value: String,
    }
    let sql = format!(
        "SELECT post, name, value FROM posts_fact WHERE post IN ({}) ORDER BY post, ordinal",
        list(1, posts.len())
    );
    let rows: Vec<Row> = q.all(&sql, ids(posts, PostId::raw)).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.post), r.name, r.value)).collect())
}

/// Up to `limit` ids of visible posts above `after`, ascending.
pub async fn ids_after(q: &impl Queries, after: Option<PostId>, limit: usize) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let sql = format!("SELECT p.id FROM posts_post p WHERE p.id > $1 AND {VISIBLE} ORDER BY p.id LIMIT $2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<Row> = q.all(&sql, params![after.map_or(0, PostId::raw), limit]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.id)).collect())
}
