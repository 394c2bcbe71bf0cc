//! Acts and appeals.

use std::collections::HashMap;

use xinghe_core::{ActId, AuthorId, CaseId, Measure, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use super::{author, moment, word};
use crate::model::{Act, ActState, Appeal, Reason};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    case_id: i64,
    measure: String,
    post: Option<i64>,
    member: i64,
    reason: String,
    words: String,
    days: i32,
    until: Option<i64>,
    state: String,
    by_member: i64,
    at: i64,
    confirmed_by: Option<i64>,
    ended_by: Option<i64>,
    ended_at: Option<i64>,
    why: String,
    appeal_words: Option<String>,
    appeal_at: Option<i64>,
    granted: Option<bool>,
    answer: Option<String>,
    decided_by: Option<i64>,
}

impl Row {
    fn act(self) -> Result<Act, StoreError> {
        let appeal = self.appeal_words.map(|words| Appeal {
            words,
            at: Timestamp::from_millis(self.appeal_at.unwrap_or_default()),
            granted: self.granted,
            answer: self.answer.unwrap_or_default(),
            decided_by: author(self.decided_by),
        });
        Ok(Act {
            id: ActId::from_raw(self.id),
            case: CaseId::from_raw(self.case_id),
            measure: word(&self.measure)?,
            post: self.post.map(PostId::from_raw),
            member: AuthorId::from_raw(self.member),
            reason: word(&self.reason)?,
            words: self.words,
            days: self.days,
            until: moment(self.until),
            state: word(&self.state)?,
            by: AuthorId::from_raw(self.by_member),
            at: Timestamp::from_millis(self.at),
            confirmed_by: author(self.confirmed_by),
            ended_by: author(self.ended_by),
            ended_at: moment(self.ended_at),
            why: self.why,
            appeal,
        })
    }
}

const ACTS: &str = "SELECT a.id, a.case_id, a.measure, a.post, a.member, a.reason, a.words, a.days, a.until, a.state, \
     a.by_member, COALESCE(a.confirmed_at, a.at) AS at, a.confirmed_by, a.ended_by, a.ended_at, a.why, \
     p.words AS appeal_words, p.at AS appeal_at, p.granted, p.answer, p.decided_by \
     FROM moderation_act a LEFT JOIN moderation_appeal p ON p.act = a.id";

async fn find(q: &impl Queries, condition: &str, values: Vec<Value>) -> Result<Vec<Act>, StoreError> {
    q.all::<Row>(&format!("{ACTS} WHERE {condition}"), values).await?.into_iter().map(Row::act).collect()
}

/// These acts.
pub(crate) async fn acts_by_id(q: &impl Queries, ids: &[ActId]) -> Result<HashMap<ActId, Act>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let condition = format!("a.id IN ({})", list(1, ids.len()));
    let found = find(q, &condition, ids.iter().map(|id| id.raw().into()).collect()).await?;
    Ok(found.into_iter().map(|a| (a.id, a)).collect())
}

/// The acts of a case, the oldest first.
pub(crate) async fn acts(q: &impl Queries, case: CaseId) -> Result<Vec<Act>, StoreError> {
    find(q, "a.case_id = $1 ORDER BY a.id LIMIT 200", params![case.raw()]).await
}

/// What was done about a member so far, the latest first; proposals apart.
pub(crate) async fn of_member(q: &impl Queries, member: AuthorId) -> Result<Vec<Act>, StoreError> {
    let condition = "a.member = $1 AND a.state IN ('standing', 'undone') AND a.measure <> 'nothing' \
                     ORDER BY a.id DESC LIMIT 100";
    find(q, condition, params![member.raw()]).await
}

/// What was done, the latest first.
pub(crate) async fn log(q: &impl Queries, before: Option<ActId>, limit: usize) -> Result<Vec<Act>, StoreError> {
    let condition = format!(
        "a.state IN ('standing', 'undone') AND a.measure <> 'nothing' AND a.id < $1 ORDER BY a.id DESC LIMIT {limit}"
    );
    find(q, &condition, params![before.map_or(i64::MAX, ActId::raw)]).await
}

/// Whether one of these measures stands for this post, or, without one, for this member.
pub(crate) async fn has_standing(
    q: &impl Queries,
    (post, member): (Option<PostId>, AuthorId),
    measures: &[Measure],
) -> Result<bool, StoreError> {
    let words: Vec<String> = measures.iter().map(|m| format!("'{}'", m.as_str())).collect();
    let (column, value) = post.map_or(("member", member.raw()), |p| ("post", p.raw()));
    let sql = format!(
        "SELECT COUNT(*) AS value FROM moderation_act WHERE {column} = $1 AND state = 'standing' AND by_member >= 0 \
         AND measure IN ({})",
        words.join(", ")
    );
    Ok(q.number(&sql, params![value]).await?.unwrap_or_default() > 0)
}

/// Writes an act down.
pub(crate) async fn insert_act(unit: &mut UnitOfWork, act: &Act) -> Result<(), StoreError> {
    let sql = "INSERT INTO moderation_act (id, case_id, measure, post, member, reason, words, days, until, state, \
               by_member, at, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '')";
    let values = params![
        act.id.raw(),
        act.case.raw(),
        act.measure.as_str(),
        act.post.map(PostId::raw),
        act.member.raw(),
        act.reason.as_str(),
        act.words.as_str(),
        act.days,
        act.until.map(Timestamp::as_millis),
        act.state.as_str(),
        act.by.raw(),
        act.at.as_millis(),
    ];
    unit.execute(sql, values).await?;
    Ok(())
}

/// A second moderator's yes; `false` where the act does not wait for one any more.
pub(crate) async fn confirm(unit: &mut UnitOfWork, act: ActId, by: AuthorId) -> Result<bool, StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "UPDATE moderation_act SET state = 'standing', confirmed_by = $2, confirmed_at = $3 \
               WHERE id = $1 AND state = 'proposed'";
    Ok(unit.execute(sql, params![act.raw(), by.raw(), at]).await? > 0)
}

/// Ends an act; `false` where it is not in the state `from` any more.
pub(crate) async fn end(
    unit: &mut UnitOfWork,
    act: ActId,
    (from, to): (ActState, ActState),
    by: AuthorId,
    why: &str,
) -> Result<bool, StoreError> {
    let at = unit.store().now().as_millis();
    let sql =
        "UPDATE moderation_act SET state = $3, ended_by = $4, ended_at = $5, why = $6 WHERE id = $1 AND state = $2";
    let values = params![act.raw(), from.as_str(), to.as_str(), by.raw(), at, why];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Writes an appeal down; `false` where there is one already.
pub(crate) async fn insert_appeal(unit: &mut UnitOfWork, act: &Act, words: &str) -> Result<bool, StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "INSERT INTO moderation_appeal (act, case_id, member, words, at, answer) VALUES ($1, $2, $3, $4, $5, '') \
               ON CONFLICT (act) DO NOTHING";
    let values = params![act.id.raw(), act.case.raw(), act.member.raw(), words, at];
    Ok(unit.execute(sql, values).await? > 0)
}

/// Decides an appeal; `false` where none waits.
pub(crate) async fn decide_appeal(
    unit: &mut UnitOfWork,
    act: ActId,
    by: AuthorId,
    granted: bool,
    answer: &str,
) -> Result<bool, StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "UPDATE moderation_appeal SET granted = $2, answer = $3, decided_by = $4, decided_at = $5 \
               WHERE act = $1 AND granted IS NULL";
    Ok(unit.execute(sql, params![act.raw(), granted, answer, by.raw(), at]).await? > 0)
}

/// Until when (`None`: for good) and why these members write nothing at the moment; the longest holds.
pub(crate) async fn suspended(
    q: &impl Queries,
    members: &[AuthorId],
    now: Timestamp,
) -> Result<HashMap<AuthorId, (Option<Timestamp>, Reason)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
        until: Option<i64>,
        reason: String,
    }
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT member, until, reason FROM moderation_act WHERE state = 'standing' \
         AND measure IN ('suspend', 'ban', 'wipe') AND (until IS NULL OR until > $1) AND member IN ({}) \
         ORDER BY COALESCE(until, {}), id",
        list(2, members.len()),
        i64::MAX
    );
    let mut values = params![now.as_millis()];
    values.extend(members.iter().map(|m| Value::from(m.raw())));
    let mut all = HashMap::new();
    for row in q.all::<Row>(&sql, values).await? {
        all.insert(AuthorId::from_raw(row.member), (moment(row.until), word(&row.reason)?));
    }
    Ok(all)
}
