//! The tables of answers, ratings and calibrations.

use serde::{Deserialize, Serialize};
use xinghe_core::event::CitationFact;
use xinghe_core::{AnswerId, AuthorCard, AuthorId, Event, Timestamp};
use xinghe_store::{FromQueryResult, Queries, Store, StoreError, UnitOfWork, params};

use crate::acts::store as acts;
use crate::memory::store as memory;
use crate::model::{Answer, Question};

/// How many answers of a conversation are read again.
const MOST_TURNS: usize = 12;

/// Stores an answer and appends [`Event::AnswerGiven`], in one transaction. `false`: the twin that gave it is stopped.
pub(crate) async fn save(
    store: &Store,
    question: &Question,
    answer: &Answer,
    facts: Vec<CitationFact>,
) -> Result<bool, StoreError> {
    let body = serde_json::to_string(answer).map_err(|e| StoreError::Value(e.to_string()))?;
    let sql = "INSERT INTO twins_answer (id, at, asker, twin, question, language, abstained, reason, confidence, body, rating_key, context) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = params![
        answer.id.raw(),
        store.now().as_millis(),
        question.asker.map(AuthorId::raw),
        question.twin.map(AuthorId::raw),
        question.text.as_str(),
        answer.language.as_str(),
        answer.abstained,
        answer.reason.map(crate::model::Reason::as_str),
        answer.confidence,
        body,
        answer.rating_key.as_str(),
        question.ticket.as_ref().map(|t| t.context.as_str())
    ];
    let mut unit = store.begin().await?;
    if let Some(owner) = question.twin {
        unit.lock(&acts::hold(owner)).await?;
        if acts::grants_of(&unit, owner).await?.paused {
            return Ok(false);
        }
    }
    unit.execute(sql, values).await?;
    let event = Event::AnswerGiven {
        answer: answer.id,
        asker: question.asker,
        twin: question.twin,
        abstained: answer.abstained,
        citations: facts,
    };
    unit.append(question.asker, &event).await?;
    unit.commit().await?;
    Ok(true)
}

#[derive(FromQueryResult)]
struct Stored {
    body: String,
}

/// A stored answer, for whoever asked it or holds its key.
pub(crate) async fn load(
    store: &Store,
    id: AnswerId,
    asker: Option<AuthorId>,
    key: &str,
) -> Result<Option<Answer>, StoreError> {
    let sql = "SELECT body FROM twins_answer WHERE id = $1 AND (rating_key = $2 OR asker = $3)";
    let row: Option<Stored> = store.one(sql, params![id.raw(), key, asker.map(AuthorId::raw)]).await?;
    row.map(|r| serde_json::from_str(&r.body).map_err(|e| StoreError::Value(e.to_string()))).transpose()
}

/// An answer, when it was given, and in which conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// The answer.
    pub answer: Answer,
    /// The conversation, as another agent names it.
    pub context: Option<String>,
    /// When it was given.
    pub at: Timestamp,
}

#[derive(FromQueryResult)]
struct ToldRow {
    body: String,
    context: Option<String>,
    at: i64,
}

impl ToldRow {
    fn read(self) -> Result<Told, StoreError> {
        let answer = serde_json::from_str(&self.body).map_err(|e| StoreError::Value(e.to_string()))?;
        Ok(Told { answer, context: self.context, at: Timestamp::from_millis(self.at) })
    }
}

/// A stored answer, for whoever holds its key.
pub(crate) async fn told(store: &Store, id: AnswerId, key: &str) -> Result<Option<Told>, StoreError> {
    let sql = "SELECT body, context, at FROM twins_answer WHERE id = $1 AND rating_key = $2";
    let row: Option<ToldRow> = store.one(sql, params![id.raw(), key]).await?;
    row.map(ToldRow::read).transpose()
}

/// The newest answers of a conversation with a twin or (`None`) the guide, the oldest first.
pub(crate) async fn in_context(store: &Store, context: &str, twin: Option<AuthorId>) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT body, context, at FROM twins_answer WHERE context = $1 AND COALESCE(twin, 0) = $2 \
               ORDER BY id DESC LIMIT $3";
    let values = params![context, twin.map_or(0, AuthorId::raw), MOST_TURNS as i64];
    let rows: Vec<ToldRow> = store.all(sql, values).await?;
    rows.into_iter().rev().map(ToldRow::read).collect()
}

/// What a member asked as another agent's owner, the newest first, below `before`.
pub(crate) async fn asked_by(
    store: &Store,
    member: AuthorId,
    context: Option<&str>,
    before: Option<AnswerId>,
    limit: i64,
) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT body, context, at FROM twins_answer WHERE asker = $1 AND context IS NOT NULL \
               AND ($2 = '' OR context = $2) AND id < $3 ORDER BY id DESC LIMIT $4";
    let values = params![member.raw(), context.unwrap_or_default(), before.map_or(i64::MAX, AnswerId::raw), limit];
    let rows: Vec<ToldRow> = store.all(sql, values).await?;
    rows.into_iter().map(ToldRow::read).collect()
}

/// Whose twin gave an answer; `None` is the guide.
pub(crate) async fn asked_of(store: &Store, id: AnswerId) -> Result<Option<AuthorId>, StoreError> {
    let sql = "SELECT COALESCE(twin, 0) AS value FROM twins_answer WHERE id = $1";
    Ok(store.number(sql, params![id.raw()]).await?.filter(|twin| *twin != 0).map(AuthorId::from_raw))
}

/// The conversation that an answer ends, that answer last; nothing for whoever may not read it ([`load`]).
pub(crate) async fn conversation(
    store: &Store,
    id: AnswerId,
    asker: Option<AuthorId>,
    key: &str,
) -> Result<Vec<Answer>, StoreError> {
    let mut turns: Vec<Answer> = load(store, id, asker, key).await?.into_iter().collect();
    // Whoever may read the last answer was given those before it.
    while let Some(before) = turns.last().and_then(|t| t.after).filter(|_| turns.len() < MOST_TURNS) {
        let row: Option<Stored> =
            store.one("SELECT body FROM twins_answer WHERE id = $1", params![before.raw()]).await?;
        let Some(row) = row else { break };
        turns.push(serde_json::from_str(&row.body).map_err(|e| StoreError::Value(e.to_string()))?);
    }
    turns.reverse();
    Ok(turns)
}

/// Writes down whether an answer helped; a second word replaces the first. `false`: no such answer, or a wrong key.
pub(crate) async fn rate(
    store: &Store,
    id: AnswerId,
    by: Option<AuthorId>,
    key: &str,
    helpful: bool,
) -> Result<bool, StoreError> {
    let mut unit = store.begin().await?;
    let known = "SELECT COUNT(*) AS value FROM twins_answer WHERE id = $1 AND (rating_key = $2 OR asker = $3)";
    if unit.number(known, params![id.raw(), key, by.map(AuthorId::raw)]).await? != Some(1) {
        return Ok(false);
    }
    let before = "SELECT CASE WHEN helpful THEN 1 ELSE 0 END AS value FROM twins_rating WHERE answer = $1";
    if unit.number(before, params![id.raw()]).await? == Some(i64::from(helpful)) {
        return Ok(true);
    }
    let sql = "INSERT INTO twins_rating (answer, helpful, at) VALUES ($1, $2, $3) ON CONFLICT (answer) DO UPDATE \
               SET helpful = excluded.helpful, at = excluded.at";
    let now = store.now().as_millis();
    unit.execute(sql, params![id.raw(), helpful, now]).await?;
    unit.append(by, &Event::AnswerRated { answer: id, by, helpful }).await?;
    unit.commit().await?;
    Ok(true)
}

/// What a twin, or the guide, did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromQueryResult, Serialize, utoipa::ToSchema)]
pub struct Tally {
    /// Questions asked.
    pub asked: i64,
    /// Of these, answered.
    pub answered: i64,
    /// Of these, said to have helped.
    pub helpful: i64,
    /// Of these, said not to have helped.
    pub unhelpful: i64,
}

/// Counts the answers of a twin, or (`None`) of the guide.
pub(crate) async fn tally(store: &Store, twin: Option<AuthorId>) -> Result<Tally, StoreError> {
    let sql = "SELECT COUNT(*) AS asked, CAST(COALESCE(SUM(CASE WHEN a.abstained THEN 0 ELSE 1 END), 0) AS BIGINT) AS answered, \
               CAST(COALESCE(SUM(CASE WHEN r.helpful THEN 1 ELSE 0 END), 0) AS BIGINT) AS helpful, \
               CAST(COALESCE(SUM(CASE WHEN r.helpful THEN 0 WHEN r.answer IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) AS unhelpful \
               FROM twins_answer a LEFT JOIN twins_rating r ON r.answer = a.id WHERE COALESCE(a.twin, 0) = $1";
    Ok(store.one(sql, params![twin.map_or(0, AuthorId::raw)]).await?.unwrap_or_default())
}

/// The members whose twins were asked most, then those who wrote most.
pub(crate) async fn busiest(
    deps: &crate::ask::Deps,
    limit: usize,
) -> Result<Vec<(AuthorCard, Tally)>, crate::ask::AskError> {
    #[derive(FromQueryResult)]
    struct Row {
        author: i64,
        asked: i64,
        answered: i64,
        helpful: i64,
        unhelpful: i64,
    }
    let sql = "SELECT p.author AS author, COALESCE(a.asked, 0) AS asked, COALESCE(a.answered, 0) AS answered, \
               COALESCE(a.helpful, 0) AS helpful, COALESCE(a.unhelpful, 0) AS unhelpful \
               FROM (SELECT author, COUNT(*) AS posts FROM twins_post WHERE at > 0 GROUP BY author) p \
               LEFT JOIN (SELECT x.twin, COUNT(*) AS asked, CAST(SUM(CASE WHEN x.abstained THEN 0 ELSE 1 END) AS BIGINT) AS answered, \
               CAST(SUM(CASE WHEN r.helpful THEN 1 ELSE 0 END) AS BIGINT) AS helpful, \
               CAST(SUM(CASE WHEN r.helpful THEN 0 WHEN r.answer IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS unhelpful \
               FROM twins_answer x LEFT JOIN twins_rating r ON r.answer = x.id WHERE x.twin IS NOT NULL GROUP BY x.twin) a \
               ON a.twin = p.author ORDER BY COALESCE(a.answered, 0) DESC, p.posts DESC, p.author LIMIT 2000";
    let rows: Vec<Row> = deps.store.all(sql, vec![]).await?;
    // Most authors of a young community are unclaimed and have no twin, so more are read than are shown.
    let ids: Vec<AuthorId> = rows.iter().map(|r| AuthorId::from_raw(r.author)).collect();
    let cards = deps.twins(&ids).await?;
    let members = rows.into_iter().filter_map(|r| {
        let card = cards.get(&AuthorId::from_raw(r.author))?.clone();
        let tally = Tally { asked: r.asked, answered: r.answered, helpful: r.helpful, unhelpful: r.unhelpful };
        Some((card, tally))
    });
    Ok(members.take(limit).collect())
}

/// Forgets what a member asked and what the member's twin answered.
pub(crate) async fn erase_member(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    memory::erase(unit, member).await?;
    unit.execute("DELETE FROM twins_answer WHERE asker = $1 OR twin = $1", params![member.raw()]).await?;
    acts::erase(unit, member).await
}

/// A calibration of the evidence gate.
#[derive(Debug, Clone, Copy, PartialEq, FromQueryResult, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Calibration {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The generation of the index it was made on.
    pub generation: i64,
    /// How many posts were asked back.
    pub sampled: i32,
    /// The score under which questions are declined.
    pub threshold: f64,
    /// The share of answerable questions that it answers.
    pub kept: f64,
    /// The share of unanswerable questions that it declines.
    pub refused: f64,
}

/// The newest calibration.
pub(crate) async fn calibration(store: &Store) -> Result<Option<Calibration>, StoreError> {
    let sql =
        "SELECT at, generation, sampled, threshold, kept, refused FROM twins_calibration ORDER BY id DESC LIMIT 1";
    store.one(sql, vec![]).await
}

/// Stores a calibration with its event.
pub(crate) async fn save_calibration(store: &Store, made: &Calibration) -> Result<(), StoreError> {
    let id: AnswerId = store.ids().next().into();
    let sql = "INSERT INTO twins_calibration (id, at, generation, sampled, threshold, kept, refused) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let mut unit = store.begin().await?;
    let values = params![id.raw(), made.at, made.generation, made.sampled, made.threshold, made.kept, made.refused];
    unit.execute(sql, values).await?;
    unit.append(None, &Event::GateCalibrated { sampled: made.sampled.unsigned_abs() }).await?;
    unit.commit().await
}

impl Calibration {
    /// When it was made.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}
