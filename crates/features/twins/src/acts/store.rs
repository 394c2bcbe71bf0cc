//! The tables of grants, drafts, the ledger and what was considered.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xinghe_core::ports::OwnersPart;
use xinghe_core::{AuthorId, PostId, Timestamp, TwinAct, TwinActId, TwinDraftId};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use super::model::{DraftState, Grant, Grants, Mode, TwinDraft};
use crate::model::{Answer, Citation};

/// The act of answering what nobody answered.
const ANSWER: &str = "answer";

/// The name held by whoever changes what a twin may do, and whoever acts for it.
pub(crate) fn hold(owner: AuthorId) -> String {
    format!("twins.owner.{owner}")
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Value(e.to_string()))
}

fn unjson<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Value(e.to_string()))
}

/// What these owners allow; who decided nothing is left out.
pub(crate) async fn grants(q: &impl Queries, owners: &[AuthorId]) -> Result<HashMap<AuthorId, Grants>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        owner: i64,
        paused: bool,
        topics: String,
        mode: String,
        least: i32,
        tags: String,
        languages: String,
        per_day: i32,
    }
    let sql = format!(
        "SELECT o.owner, o.paused, o.topics, g.mode, g.least, g.tags, g.languages, g.per_day FROM twins_owner o \
         JOIN twins_grant g ON g.owner = o.owner AND g.act = $1 WHERE o.owner IN ({})",
        list(2, owners.len())
    );
    let mut values: Vec<Value> = params![ANSWER];
    values.extend(owners.iter().map(|o| Value::from(o.raw())));
    let rows: Vec<Row> = q.all(&sql, values).await?;
    let one = |r: Row| {
        let answer = Grant {
            mode: Mode::parse(&r.mode).unwrap_or_default(),
            least_confidence: r.least,
            tags: unjson(&r.tags)?,
            languages: unjson(&r.languages)?,
            per_day: r.per_day,
        };
        Ok((AuthorId::from_raw(r.owner), Grants { paused: r.paused, never_about: unjson(&r.topics)?, answer }))
    };
    rows.into_iter().map(one).collect()
}

/// What one owner allows.
pub(crate) async fn grants_of(q: &impl Queries, owner: AuthorId) -> Result<Grants, StoreError> {
    Ok(grants(q, &[owner]).await?.remove(&owner).unwrap_or_default())
}

/// Stores what an owner allows.
pub(crate) async fn put_grants(unit: &mut UnitOfWork, owner: AuthorId, grants: &Grants) -> Result<(), StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "INSERT INTO twins_owner (owner, paused, topics, changed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (owner) \
               DO UPDATE SET paused = excluded.paused, topics = excluded.topics, changed_at = excluded.changed_at";
    unit.execute(sql, params![owner.raw(), grants.paused, json(&grants.never_about)?, at]).await?;
    let g = &grants.answer;
    let sql = "INSERT INTO twins_grant (owner, act, mode, least, tags, languages, per_day) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (owner, act) DO UPDATE SET mode = excluded.mode, \
               least = excluded.least, tags = excluded.tags, languages = excluded.languages, per_day = excluded.per_day";
    let (tags, languages) = (json(&g.tags)?, json(&g.languages)?);
    let values = params![owner.raw(), ANSWER, g.mode.as_str(), g.least_confidence, tags, languages, g.per_day];
    unit.execute(sql, values).await?;
    Ok(())
}

/// How many answers a twin decided to publish by itself since a moment.
pub(crate) async fn alone_since(q: &impl Queries, owner: AuthorId, since: Timestamp) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM twins_act WHERE owner = $1 AND act = $2 AND at > $3";
    let values = params![owner.raw(), TwinAct::Decided.as_str(), since.as_millis()];
    Ok(q.number(sql, values).await?.unwrap_or(0))
}

const fn part_word(part: OwnersPart) -> &'static str {
    match part {
        OwnersPart::None => "none",
        OwnersPart::Read => "read",
        OwnersPart::Changed => "changed",
    }
}

#[derive(FromQueryResult)]
struct DraftRow {
    id: i64,
    owner: i64,
    question: i64,
    at: i64,
    state: String,
    owners_part: String,
    body: String,
    answer: String,
    facts: String,
    post: i64,
}

const COLUMNS: &str = "id, owner, question, at, state, owners_part, body, answer, facts, post";

impl DraftRow {
    fn draft(self) -> Result<TwinDraft, StoreError> {
        let state = DraftState::parse(&self.state);
        Ok(TwinDraft {
            id: TwinDraftId::from_raw(self.id),
            owner: AuthorId::from_raw(self.owner),
            question: PostId::from_raw(self.question),
            at: Timestamp::from_millis(self.at),
            state: state.ok_or_else(|| StoreError::Value(format!("a twin's draft is {:?}", self.state)))?,
            owners_part: match self.owners_part.as_str() {
                "read" => OwnersPart::Read,
                "changed" => OwnersPart::Changed,
                _ => OwnersPart::None,
            },
            body: self.body,
            answer: unjson(&self.answer)?,
            facts: unjson(&self.facts)?,
            post: PostId::from_raw(self.post),
        })
    }
}

/// Keeps a draft; `false`: the twin has one for this question.
pub(crate) async fn insert_draft(unit: &mut UnitOfWork, d: &TwinDraft) -> Result<bool, StoreError> {
    let sql = "INSERT INTO twins_draft (id, owner, question, at, state, owners_part, confidence, language, body, answer, \
               facts, post) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    let values = params![
        d.id.raw(),
        d.owner.raw(),
        d.question.raw(),
        d.at.as_millis(),
        d.state.as_str(),
        part_word(d.owners_part),
        d.answer.confidence,
        d.answer.language.as_str(),
        d.body.as_str(),
        json(&d.answer)?,
        json(&d.facts)?,
        d.post.raw()
    ];
    Ok(unit.execute(sql, values).await? > 0)
}

/// A draft of an owner's twin.
pub(crate) async fn draft(q: &impl Queries, owner: AuthorId, id: TwinDraftId) -> Result<Option<TwinDraft>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM twins_draft WHERE id = $1 AND owner = $2");
    let row: Option<DraftRow> = q.one(&sql, params![id.raw(), owner.raw()]).await?;
    row.map(DraftRow::draft).transpose()
}

/// Drafts that wait for an owner above `after`, the oldest first.
pub(crate) async fn waiting(
    q: &impl Queries,
    owner: AuthorId,
    after: Option<TwinDraftId>,
    limit: usize,
) -> Result<Vec<TwinDraft>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM twins_draft WHERE owner = $1 AND state = 'waiting' AND id > $2 ORDER BY id LIMIT $3"
    );
    let values = params![owner.raw(), after.map_or(0, TwinDraftId::raw), limit as i64];
    let rows: Vec<DraftRow> = q.all(&sql, values).await?;
    rows.into_iter().map(DraftRow::draft).collect()
}

/// How many drafts wait for an owner.
pub(crate) async fn count_waiting(q: &impl Queries, owner: AuthorId) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM twins_draft WHERE owner = $1 AND state = 'waiting'";
    Ok(q.number(sql, params![owner.raw()]).await?.unwrap_or(0))
}

/// Answers that are to appear and were not yet seen to have appeared, the oldest first.
pub(crate) async fn publishing(q: &impl Queries, limit: usize) -> Result<Vec<TwinDraft>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM twins_draft WHERE state = 'publishing' ORDER BY id LIMIT $1");
    let rows: Vec<DraftRow> = q.all(&sql, params![limit as i64]).await?;
    rows.into_iter().map(DraftRow::draft).collect()
}

/// Drafts and answers that quote a post and are, or are to be, seen.
pub(crate) async fn quoting(q: &impl Queries, post: PostId) -> Result<Vec<TwinDraft>, StoreError> {
    // The ids stand in lists of JSON: their text finds few, and what is read of it decides. What an owner said is cited
    // without crediting anybody.
    let sql = format!(
        "SELECT {COLUMNS} FROM twins_draft WHERE state IN ('waiting', 'publishing', 'published') \
         AND (facts LIKE $1 OR answer LIKE $1) ORDER BY id"
    );
    let rows: Vec<DraftRow> = q.all(&sql, params![format!("%\"{post}\"%")]).await?;
    let drafts: Vec<TwinDraft> = rows.into_iter().map(DraftRow::draft).collect::<Result<_, _>>()?;
    let quotes = |d: &TwinDraft| {
        let said = d.answer.citations.iter().filter(|c| c.statement.is_some());
        d.facts.iter().map(|f| f.post).chain(said.map(|c| c.post.id)).any(|id| id == post)
    };
    Ok(drafts.into_iter().filter(quotes).collect())
}

/// Forgets all that was quoted from a post whose words are gone for good: answers that were given, drafts, what the
/// ledger saw; and, where it was a question, its words in the drafts that answer it.
pub(crate) async fn forget_quotes(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        answer: String,
    }
    // An id stands in JSON as a text, and no other id is the same.
    let named = || params![format!("%\"{post}\"%")];
    let sql = "DELETE FROM twins_correction WHERE draft IN \
               (SELECT id FROM twins_draft WHERE facts LIKE $1 OR answer LIKE $1)";
    unit.execute(sql, named()).await?;
    unit.execute("DELETE FROM twins_draft WHERE facts LIKE $1 OR answer LIKE $1", named()).await?;
    unit.execute("UPDATE twins_act SET seen = '[]' WHERE seen LIKE $1", named()).await?;
    unit.execute("DELETE FROM twins_answer WHERE body LIKE $1", named()).await?;
    let rows: Vec<Row> =
        unit.all("SELECT id, answer FROM twins_draft WHERE question = $1", params![post.raw()]).await?;
    for Row { id, answer } in rows {
        let mut answer: Answer = unjson(&answer)?;
        answer.question.clear();
        let sql = "UPDATE twins_draft SET answer = $2 WHERE id = $1";
        unit.execute(sql, params![id, json(&answer)?]).await?;
    }
    Ok(())
}

/// Moves a draft on; `false`: it does not stand at `from` any more.
pub(crate) async fn move_on(
    unit: &mut UnitOfWork,
    id: TwinDraftId,
    (from, to): (DraftState, DraftState),
) -> Result<bool, StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "UPDATE twins_draft SET state = $3, settled_at = $4 WHERE id = $1 AND state = $2";
    Ok(unit.execute(sql, params![id.raw(), from.as_str(), to.as_str(), at]).await? > 0)
}

/// What the owner had to do with a draft, and its text.
pub(crate) async fn set_part(
    unit: &mut UnitOfWork,
    id: TwinDraftId,
    part: OwnersPart,
    body: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE twins_draft SET owners_part = $2, body = $3 WHERE id = $1";
    unit.execute(sql, params![id.raw(), part_word(part), body]).await?;
    Ok(())
}

/// Keeps what an owner said to a draft.
pub(crate) async fn correct(
    unit: &mut UnitOfWork,
    d: &TwinDraft,
    owner_said: Option<&str>,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let id: TwinActId = unit.store().ids().next().into();
    let at = unit.store().now().as_millis();
    let sql = "INSERT INTO twins_correction (id, owner, draft, question, at, twin_said, owner_said, reason) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values =
        params![id.raw(), d.owner.raw(), d.id.raw(), d.question.raw(), at, d.body.as_str(), owner_said, reason];
    unit.execute(sql, values).await?;
    Ok(())
}

/// What an owner said to a draft last: the text in place of the twin's, or why not.
pub(crate) async fn said_to(q: &impl Queries, d: &TwinDraft) -> Result<Option<String>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        owner_said: Option<String>,
        reason: Option<String>,
    }
    let sql =
        "SELECT owner_said, reason FROM twins_correction WHERE owner = $1 AND draft = $2 ORDER BY id DESC LIMIT 1";
    let row: Option<Row> = q.one(sql, params![d.owner.raw(), d.id.raw()]).await?;
    Ok(row.and_then(|r| r.owner_said.or(r.reason)))
}

/// A line for the ledger.
pub(crate) struct Line<'a> {
    pub owner: AuthorId,
    pub act: TwinAct,
    pub question: PostId,
    pub draft: Option<TwinDraftId>,
    pub why: Option<&'a str>,
    pub confidence: Option<f64>,
    pub seen: &'a [Citation],
}

/// Writes a line into the ledger.
pub(crate) async fn write(unit: &mut UnitOfWork, line: &Line<'_>) -> Result<(), StoreError> {
    let id: TwinActId = unit.store().ids().next().into();
    let at = unit.store().now().as_millis();
    let sql = "INSERT INTO twins_act (id, owner, at, act, question, draft, why, confidence, seen) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = params![
        id.raw(),
        line.owner.raw(),
        at,
        line.act.as_str(),
        line.question.raw(),
        line.draft.map(TwinDraftId::raw),
        line.why,
        line.confidence,
        json(&line.seen)?
    ];
    unit.execute(sql, values).await?;
    Ok(())
}

/// Questions that appeared between two moments, are to be seen, and were not considered; the oldest first.
pub(crate) async fn due(
    q: &impl Queries,
    (since, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
    }
    let sql = "SELECT q.post FROM twins_question q WHERE q.at > $1 AND q.at <= $2 AND NOT EXISTS \
               (SELECT 1 FROM twins_considered c WHERE c.question = q.post) ORDER BY q.at, q.post LIMIT $3";
    let rows: Vec<Row> = q.all(sql, params![since.as_millis(), until.as_millis(), limit as i64]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

/// Remembers that a question was considered; `false`: it was before.
pub(crate) async fn considered(unit: &mut UnitOfWork, question: PostId, outcome: &str) -> Result<bool, StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "INSERT INTO twins_considered (question, at, outcome) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(unit.execute(sql, params![question.raw(), at, outcome]).await? > 0)
}

/// The posts that an owner keeps from the twin.
pub(crate) async fn kept_from(q: &impl Queries, owner: AuthorId) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
    }
    let rows: Vec<Row> = q.all("SELECT post FROM twins_excluded WHERE owner = $1", params![owner.raw()]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

/// The posts that are no evidence for an owner's twin: those that the owner keeps from it, and, while it learns nothing
/// new, those that appeared since.
pub(crate) async fn excluded(q: &impl Queries, owner: AuthorId) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
    }
    let sql = "SELECT post FROM twins_excluded WHERE owner = $1 UNION SELECT p.post FROM twins_post p \
               JOIN twins_unlearning u ON u.owner = p.author WHERE p.author = $1 AND ABS(p.at) > u.since";
    let rows: Vec<Row> = q.all(sql, params![owner.raw()]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

/// Forgets all of a member's twin.
pub(crate) async fn erase(unit: &mut UnitOfWork, owner: AuthorId) -> Result<(), StoreError> {
    let tables = ["twins_owner", "twins_grant", "twins_draft", "twins_act", "twins_correction", "twins_excluded"];
    for table in tables {
        unit.execute(&format!("DELETE FROM {table} WHERE owner = $1"), params![owner.raw()]).await?;
    }
    Ok(())
}
