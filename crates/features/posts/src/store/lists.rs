//! Lists: posts by kind, tag or author, replies of a page, revisions, tags.

use std::collections::HashMap;

use xinghe_core::content::PostKind;
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, StoreError, Value, list as places, params};

use super::read::{VISIBLE, facts, tags_of, views};
use super::word;
use crate::model::{Among, Answered, Cursor, ListFilter, PostSummary, Reply, RevisionEntry, RevisionText, TagCount};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    title: String,
    slug: String,
    language: String,
    excerpt: String,
    provenance: String,
    author: i64,
    published_at: i64,
    updated_at: i64,
    answers: i32,
    comments: i32,
    accepted: Option<i64>,
    source_url: Option<String>,
}

impl Row {
    fn summary(self) -> Result<PostSummary, StoreError> {
        Ok(PostSummary {
            id: PostId::from_raw(self.id),
            kind: word(&self.kind)?,
            title: self.title,
            slug: self.slug,
            excerpt: self.excerpt,
            language: word(&self.language)?,
            provenance: word(&self.provenance)?,
            author: AuthorId::from_raw(self.author),
            tags: vec![],
            published_at: Timestamp::from_millis(self.published_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            answers: self.answers.max(0) as u32,
            comments: self.comments.max(0) as u32,
            accepted: self.accepted.is_some(),
            facts: vec![],
            source_url: self.source_url,
        })
    }
}

/// A statement as it grows.
struct Sql {
    text: String,
    params: Vec<Value>,
}

impl Sql {
    /// Adds a condition whose `?` become the next parameters.
    fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.text.push_str(" AND ");
        let mut parts = condition.split('?');
        self.text.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.params.push(value);
            self.text.push_str(&format!("${}{part}", self.params.len()));
        }
    }
}

impl Sql {
    /// Only posts of these authors, with these tags, or these themselves.
    fn among(&mut self, among: &Among) {
        // More parameters than a statement takes are not asked for: the latest follows come first in each list.
        let marks = |n: usize| vec!["?"; n].join(", ");
        let (mut any, mut values): (Vec<String>, Vec<Value>) = (vec![], vec![]);
        let authors = &among.authors[..among.authors.len().min(MOST_FOLLOWED)];
        if !authors.is_empty() {
            any.push(format!("p.author IN ({})", marks(authors.len())));
            values.extend(authors.iter().map(|a| Value::from(a.raw())));
        }
        let tags = &among.tags[..among.tags.len().min(MOST_FOLLOWED)];
        if !tags.is_empty() {
            any.push(format!("p.id IN (SELECT post FROM posts_tag WHERE tag IN ({}))", marks(tags.len())));
            values.extend(tags.iter().map(|t| Value::from(t.as_str())));
        }
        let posts = &among.posts[..among.posts.len().min(MOST_FOLLOWED)];
        if !posts.is_empty() {
            any.push(format!("p.id IN ({})", marks(posts.len())));
            values.extend(posts.iter().map(|p| Value::from(p.raw())));
        }
        let condition = if any.is_empty() { "1 = 0".to_owned() } else { format!("({})", any.join(" OR ")) };
        self.and(&condition, values);
    }
}

/// How many of a member's follows of each kind a list looks at.
const MOST_FOLLOWED: usize = 2_000;

const COLUMNS: &str = "p.id, p.kind, p.title, p.slug, p.language, p.excerpt, p.provenance, p.author, p.published_at, \
     p.updated_at, p.answers, p.comments, p.accepted, p.source_url";

/// Up to `limit` posts after a cursor, newest first.
pub async fn list(
    q: &impl Queries,
    filter: &ListFilter,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<PostSummary>, StoreError> {
    let kinds: Vec<PostKind> = filter.kind.into_iter().collect();
    list_in(q, filter, &kinds, after, limit).await
}

/// As [`list`], with several kinds in place of the filter's one.
pub async fn list_in(
    q: &impl Queries,
    filter: &ListFilter,
    kinds: &[PostKind],
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<PostSummary>, StoreError> {
    let replies = kinds.iter().any(|k| k.is_reply());
    let title = if replies { "top.title, top.slug" } else { "p.title, p.slug" };
    let columns = COLUMNS.replace("p.title, p.slug", title);
    let join = if replies { " JOIN posts_post top ON top.id = p.root" } else { "" };
    let mut sql = Sql { text: format!("SELECT {columns} FROM posts_post p{join} WHERE {VISIBLE}"), params: vec![] };
    if !replies {
        sql.and("p.parent IS NULL", vec![]);
    }
    match kinds {
        [] => {}
        [one] => sql.and("p.kind = ?", params![one.as_str()]),
        more => {
            let marks = vec!["?"; more.len()].join(", ");
            sql.and(&format!("p.kind IN ({marks})"), more.iter().map(|k| k.as_str().into()).collect());
        }
    }
    if let Some(tag) = &filter.tag {
        sql.and("p.id IN (SELECT post FROM posts_tag WHERE tag = ?)", params![tag.as_str()]);
    }
    if let Some(author) = filter.author {
        let role = match filter.wrote {
            Some(true) => " AND role = 'author'",
            Some(false) => " AND role <> 'author'",
            None => "",
        };
        let condition = format!("p.id IN (SELECT post FROM posts_credit WHERE author = ?{role})");
        sql.and(&condition, params![author.raw()]);
    }
    if let Some(language) = &filter.language {
        sql.and("(p.language = ? OR p.language LIKE ?)", params![language.as_str(), format!("{language}-%")]);
    }
    if filter.chinese {
        sql.and("p.language LIKE 'zh%'", vec![]);
    }
    if let Some(since) = filter.since {
        sql.and("p.published_at >= ?", params![since.as_millis()]);
    }
    if let Some(until) = filter.until {
        sql.and("p.published_at < ?", params![until.as_millis()]);
    }
    if let Some(among) = &filter.among {
        sql.among(among);
    }
    match filter.answered {
        Answered::Any => {}
        Answered::None => sql.and("p.answers = 0", vec![]),
        Answered::Accepted => sql.and("p.accepted IS NOT NULL", vec![]),
    }
    if let Some(cursor) = after {
        let values = params![cursor.published_at.as_millis(), cursor.id.raw()];
        sql.and("(p.published_at, p.id) < (?, ?)", values);
    }
    sql.text.push_str(&format!(" ORDER BY p.published_at DESC, p.id DESC LIMIT {limit}"));
    let rows: Vec<Row> = q.all(&sql.text, sql.params).await?;
    let mut posts = rows.into_iter().map(Row::summary).collect::<Result<Vec<_>, _>>()?;
    dress(q, &mut posts).await?;
    Ok(posts)
}

/// Adds tags and facts.
async fn dress(q: &impl Queries, posts: &mut [PostSummary]) -> Result<(), StoreError> {
    let ids: Vec<PostId> = posts.iter().map(|p| p.id).collect();
    let place: HashMap<PostId, usize> = ids.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    for (post, tag) in tags_of(q, &ids).await? {
        posts[place[&post]].tags.push(tag);
    }
    if posts.iter().any(|p| p.kind == PostKind::Project) {
        for (post, name, value) in facts(q, &ids).await? {
            posts[place[&post]].facts.push((name, value));
        }
    }
    Ok(())
}

/// What an author has written or taken part in, newest first, by kind.
pub async fn latest_of_author(
    q: &impl Queries,
    author: AuthorId,
    kinds: &[PostKind],
    wrote: Option<bool>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<PostSummary>, StoreError> {
    let filter = ListFilter { author: Some(author), wrote, ..ListFilter::default() };
    list_in(q, &filter, kinds, after, limit).await
}

/// The replies of a page in the order of their ids; deleted ones as gaps.
pub async fn thread(q: &impl Queries, root: PostId) -> Result<Vec<Reply>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        parent: i64,
        subject: i64,
    }
    let rows: Vec<Row> = q
        .all(
            "SELECT id, parent, subject FROM posts_post WHERE root = $1 AND parent IS NOT NULL AND subject IS NOT NULL \
             AND (hidden_by IS NULL OR hidden_by = id) ORDER BY id",
            params![root.raw()],
        )
        .await?;
    let ids: Vec<PostId> = rows.iter().map(|r| PostId::from_raw(r.id)).collect();
    let mut posts = views(q, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let id = PostId::from_raw(r.id);
            let (parent, subject) = (PostId::from_raw(r.parent), PostId::from_raw(r.subject));
            Reply { id, parent, subject, post: posts.remove(&id) }
        })
        .collect())
}

#[derive(FromQueryResult)]
struct RevisionRow {
    id: i64,
    number: i32,
    author: Option<i64>,
    note: String,
    at: i64,
}

impl RevisionRow {
    fn entry(self) -> RevisionEntry {
        RevisionEntry {
            id: RevisionId::from_raw(self.id),
            number: self.number.max(1) as u32,
            author: self.author.map(AuthorId::from_raw),
            note: self.note,
            at: Timestamp::from_millis(self.at),
        }
    }
}

/// The revisions of a post, newest first.
pub async fn revisions(q: &impl Queries, post: PostId) -> Result<Vec<RevisionEntry>, StoreError> {
    let sql = "SELECT id, number, author, note, at FROM posts_revision WHERE post = $1 ORDER BY number DESC";
    let rows: Vec<RevisionRow> = q.all(sql, params![post.raw()]).await?;
    Ok(rows.into_iter().map(RevisionRow::entry).collect())
}

/// Revisions of a post with their text: those named, in the order of their numbers.
pub async fn revision(q: &impl Queries, post: PostId, ids: &[RevisionId]) -> Result<Vec<RevisionText>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        number: i32,
        author: Option<i64>,
        note: String,
        at: i64,
        title: String,
        body: String,
    }
    let sql = format!(
        "SELECT id, number, author, note, at, title, body FROM posts_revision WHERE post = $1 AND id IN ({}) \
         ORDER BY number",
        places(2, ids.len())
    );
    let mut values = params![post.raw()];
    values.extend(ids.iter().map(|id| Value::from(id.raw())));
    let rows: Vec<Row> = q.all(&sql, values).await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let row = RevisionRow { id: r.id, number: r.number, author: r.author, note: r.note, at: r.at };
            RevisionText { entry: row.entry(), title: r.title, body: r.body }
        })
        .collect())
}

/// The most used tags, most used first.
pub async fn tags(q: &impl Queries, limit: usize) -> Result<Vec<TagCount>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        tag: String,
        posts: i64,
    }
    let sql = format!(
        "SELECT t.tag, COUNT(*) AS posts FROM posts_tag t JOIN posts_post p ON p.id = t.post WHERE {VISIBLE} \
         GROUP BY t.tag ORDER BY posts DESC, t.tag LIMIT {limit}"
    );
    let rows: Vec<Row> = q.all(&sql, vec![]).await?;
    Ok(rows.into_iter().map(|r| TagCount { tag: r.tag, posts: r.posts.max(0) as u64 }).collect())
}

/// How many visible posts, replies apart, were first public on which day: days since the Unix epoch in UTC, the first
/// one first. Days without any are left out.
pub async fn days(q: &impl Queries) -> Result<Vec<(i64, u64)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        day: i64,
        posts: i64,
    }
    // What is older than the epoch counts among its first day, as division cuts towards zero.
    let sql = format!(
        "SELECT p.published_at / 86400000 AS day, COUNT(*) AS posts FROM posts_post p \
         WHERE p.parent IS NULL AND {VISIBLE} GROUP BY p.published_at / 86400000 ORDER BY day"
    );
    let rows: Vec<Row> = q.all(&sql, vec![]).await?;
    Ok(rows.into_iter().map(|r| (r.day, r.posts.max(0) as u64)).collect())
}
