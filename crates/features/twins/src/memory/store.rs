//! The tables of what owners said, and of whose twins learn nothing new.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xinghe_core::{AnswerId, AuthorId, PostId, StatementId, Timestamp};
use xinghe_store::{FromQueryResult, JobRequest, Queries, StoreError, Unique, UnitOfWork, Value, list, params};

use super::model::{State, Statement, StatementKind};

const COLUMNS: &str =
    "id, owner, kind, state, at, question, text, language, post, quote, answer, about, embedder, vector";

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    owner: i64,
    kind: String,
    state: String,
    at: i64,
    question: String,
    text: String,
    language: String,
    post: Option<i64>,
    quote: Option<String>,
    answer: Option<i64>,
    about: Option<i64>,
    embedder: Option<String>,
    vector: Option<String>,
}

fn packed(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())
}

fn unpacked(text: &str) -> Option<Vec<f32>> {
    let bytes = STANDARD.decode(text).ok()?;
    Some(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

impl Row {
    fn read(self) -> Result<Statement, StoreError> {
        let kind = StatementKind::parse(&self.kind);
        let vector = self.vector.as_deref().and_then(unpacked);
        Ok(Statement {
            id: StatementId::from_raw(self.id),
            owner: AuthorId::from_raw(self.owner),
            kind: kind.ok_or_else(|| StoreError::Value(format!("a statement is {:?}", self.kind)))?,
            state: State::parse(&self.state),
            at: Timestamp::from_millis(self.at),
            question: self.question,
            text: self.text,
            language: self.language,
            post: self.post.map(PostId::from_raw),
            quote: self.quote,
            answer: self.answer.map(AnswerId::from_raw),
            about: self.about.map(PostId::from_raw),
            vector: self.embedder.zip(vector),
        })
    }
}

async fn read(q: &impl Queries, rest: &str, values: Vec<Value>) -> Result<Vec<Statement>, StoreError> {
    let rows: Vec<Row> = q.all(&format!("SELECT {COLUMNS} FROM twins_statement WHERE {rest}"), values).await?;
    rows.into_iter().map(Row::read).collect()
}

/// Everything of one owner in one state, the newest first.
pub(crate) async fn all(q: &impl Queries, owner: AuthorId, state: State) -> Result<Vec<Statement>, StoreError> {
    read(q, "owner = $1 AND state = $2 ORDER BY id DESC", params![owner.raw(), state.as_str()]).await
}

/// Everything of one owner, whatever its state, the newest first.
pub(crate) async fn whole(q: &impl Queries, owner: AuthorId) -> Result<Vec<Statement>, StoreError> {
    read(q, "owner = $1 ORDER BY id DESC", params![owner.raw()]).await
}

/// One of an owner's.
pub(crate) async fn one(q: &impl Queries, owner: AuthorId, id: StatementId) -> Result<Option<Statement>, StoreError> {
    Ok(read(q, "id = $1 AND owner = $2", params![id.raw(), owner.raw()]).await?.pop())
}

/// The corrections of these posts, which twins wrote, the oldest first.
pub(crate) async fn about(q: &impl Queries, posts: &[PostId]) -> Result<Vec<Statement>, StoreError> {
    let sql = format!("about IN ({}) AND state = 'stands' ORDER BY id", list(1, posts.len()));
    read(q, &sql, posts.iter().map(|p| p.raw().into()).collect()).await
}

/// Whether an owner corrected an answer to this very question.
pub(crate) async fn asked_before(q: &impl Queries, owner: AuthorId, question: &str) -> Result<bool, StoreError> {
    let sql =
        "SELECT COUNT(*) AS value FROM twins_statement WHERE owner = $1 AND kind = 'correction' AND question = $2";
    Ok(q.number(sql, params![owner.raw(), question]).await? != Some(0))
}

/// What was read in a post, as opposed to what its owner said leaning on it.
pub(crate) async fn read_in(q: &impl Queries, post: PostId) -> Result<Vec<Statement>, StoreError> {
    read(q, "post = $1 AND kind = 'fact' AND quote IS NOT NULL ORDER BY id", params![post.raw()]).await
}

/// Keeps a statement.
pub(crate) async fn insert(unit: &mut UnitOfWork, s: &Statement) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO twins_statement ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    );
    let values = params![
        s.id.raw(),
        s.owner.raw(),
        s.kind.as_str(),
        s.state.as_str(),
        s.at.as_millis(),
        s.question.as_str(),
        s.text.as_str(),
        s.language.as_str(),
        s.post.map(PostId::raw),
        s.quote.as_deref(),
        s.answer.map(AnswerId::raw),
        s.about.map(PostId::raw),
        s.vector.as_ref().map(|(model, _)| model.as_str()),
        s.vector.as_ref().map(|(_, vector)| packed(vector))
    ];
    unit.execute(&sql, values).await?;
    Ok(())
}

/// Changes what a statement says, where it stands, and when that was said.
pub(crate) async fn update(unit: &mut UnitOfWork, s: &Statement) -> Result<(), StoreError> {
    let sql = "UPDATE twins_statement SET state = $2, at = $3, question = $4, text = $5, language = $6, post = $7, \
               quote = $8, embedder = $9, vector = $10 WHERE id = $1";
    let values = params![
        s.id.raw(),
        s.state.as_str(),
        s.at.as_millis(),
        s.question.as_str(),
        s.text.as_str(),
        s.language.as_str(),
        s.post.map(PostId::raw),
        s.quote.as_deref(),
        s.vector.as_ref().map(|(model, _)| model.as_str()),
        s.vector.as_ref().map(|(_, vector)| packed(vector))
    ];
    unit.execute(sql, values).await?;
    Ok(())
}

/// Keeps the vector of a statement whose words have not changed meanwhile.
pub(crate) async fn keep_vector(unit: &mut UnitOfWork, s: &Statement) -> Result<(), StoreError> {
    let Some((model, vector)) = &s.vector else { return Ok(()) };
    let sql = "UPDATE twins_statement SET embedder = $2, vector = $3 WHERE id = $1 AND question = $4 AND text = $5";
    let values = params![s.id.raw(), model.as_str(), packed(vector), s.question.as_str(), s.text.as_str()];
    unit.execute(sql, values).await?;
    Ok(())
}

/// Takes a statement away, and every answer that was given with it: what is deleted is said nowhere any more.
pub(crate) async fn delete(unit: &mut UnitOfWork, s: &Statement) -> Result<(), StoreError> {
    unit.execute("DELETE FROM twins_statement WHERE id = $1", params![s.id.raw()]).await?;
    let named = || params![s.owner.raw(), format!("%\"{}\"%", s.id)];
    unit.execute("UPDATE twins_act SET seen = '[]' WHERE owner = $1 AND seen LIKE $2", named()).await?;
    unit.execute("DELETE FROM twins_answer WHERE twin = $1 AND body LIKE $2", named()).await?;
    Ok(())
}

/// Since when an owner's twin learns nothing new.
pub(crate) async fn unlearning(q: &impl Queries, owner: AuthorId) -> Result<Option<Timestamp>, StoreError> {
    let since = q.number("SELECT since AS value FROM twins_unlearning WHERE owner = $1", params![owner.raw()]).await?;
    Ok(since.map(Timestamp::from_millis))
}

/// Has a post read, or read again, and the job that does it run.
pub(crate) async fn to_read(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    let sql = "INSERT INTO twins_unread (post) VALUES ($1) ON CONFLICT DO NOTHING";
    unit.execute(sql, params![post.raw()]).await?;
    wake(unit).await
}

/// Has everything read again that an author wrote.
pub(crate) async fn to_read_all(unit: &mut UnitOfWork, author: AuthorId) -> Result<(), StoreError> {
    let sql = "INSERT INTO twins_unread (post) SELECT post FROM twins_post WHERE author = $1 AND at > 0 \
               ON CONFLICT DO NOTHING";
    unit.execute(sql, params![author.raw()]).await?;
    wake(unit).await
}

async fn wake(unit: &mut UnitOfWork) -> Result<(), StoreError> {
    let request = JobRequest::new(super::learn::JOB, &serde_json::json!({}));
    unit.enqueue(&request.unique(Unique::WhileActive("read".to_owned()))).await?;
    Ok(())
}

/// Posts that are to be read, the oldest first.
pub(crate) async fn unread(q: &impl Queries, limit: i64) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Unread {
        post: i64,
    }
    let rows: Vec<Unread> = q.all("SELECT post FROM twins_unread ORDER BY post LIMIT $1", params![limit]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

/// Those of these posts in which something was read that is still kept.
pub(crate) async fn read_in_any(q: &impl Queries, posts: &[PostId]) -> Result<HashSet<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Source {
        post: i64,
    }
    let sql = format!(
        "SELECT DISTINCT post FROM twins_statement WHERE quote IS NOT NULL AND post IN ({})",
        list(1, posts.len())
    );
    let rows: Vec<Source> = q.all(&sql, posts.iter().map(|p| p.raw().into()).collect()).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

/// Remembers that posts were read.
pub(crate) async fn were_read(unit: &mut UnitOfWork, posts: &[PostId]) -> Result<(), StoreError> {
    if posts.is_empty() {
        return Ok(());
    }
    let sql = format!("DELETE FROM twins_unread WHERE post IN ({})", list(1, posts.len()));
    unit.execute(&sql, posts.iter().map(|p| p.raw().into()).collect()).await?;
    Ok(())
}

/// Takes the words away that were read in a post whose words are gone for good. What its owner confirmed stays the
/// owner's own statement.
pub(crate) async fn forget_source(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    let sql = "DELETE FROM twins_statement WHERE post = $1 AND quote IS NOT NULL AND state <> 'stands'";
    unit.execute(sql, params![post.raw()]).await?;
    unit.execute("UPDATE twins_statement SET post = NULL, quote = NULL WHERE post = $1", params![post.raw()]).await?;
    Ok(())
}

/// Forgets all that an owner said, and who asked what a member's questions left in corrections.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM twins_statement WHERE owner = $1", params![member.raw()]).await?;
    unit.execute("DELETE FROM twins_unlearning WHERE owner = $1", params![member.raw()]).await?;
    let sql = "UPDATE twins_statement SET question = '', embedder = NULL, vector = NULL WHERE answer IN \
               (SELECT id FROM twins_answer WHERE asker = $1)";
    unit.execute(sql, params![member.raw()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_read_back() {
        assert_eq!(unpacked(&packed(&[0.5, -1.0])), Some(vec![0.5, -1.0]));
        assert_eq!(unpacked("?"), None);
    }
}
