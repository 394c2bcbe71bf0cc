//! Cases, reports and notes.

use std::collections::HashMap;

use xinghe_core::{AuthorId, CaseId, MessageId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use super::{author, moment, word};
use crate::model::{Case, Note, Queue, Reason, Report, Subject};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    subject: i64,
    member: i64,
    state: String,
    reports: i32,
    opened_at: i64,
    last_at: i64,
    taken_by: Option<i64>,
    decided_at: Option<i64>,
}

impl Row {
    fn case(self) -> Result<Case, StoreError> {
        let subject = match self.kind.as_str() {
            "post" => Subject::Post(PostId::from_raw(self.subject)),
            "member" => Subject::Member(AuthorId::from_raw(self.subject)),
            "message" => Subject::Message(MessageId::from_raw(self.subject)),
            other => return Err(StoreError::Value(format!("subject {other:?}"))),
        };
        Ok(Case {
            id: CaseId::from_raw(self.id),
            subject,
            member: AuthorId::from_raw(self.member),
            open: self.state == "open",
            reports: self.reports.max(0) as u32,
            opened_at: Timestamp::from_millis(self.opened_at),
            last_at: Timestamp::from_millis(self.last_at),
            taken_by: author(self.taken_by),
            decided_at: moment(self.decided_at),
        })
    }
}

const COLUMNS: &str = "c.id, c.kind, c.subject, c.member, c.state, c.reports, c.opened_at, c.last_at, c.taken_by, \
                       c.decided_at";

/// One case.
pub(crate) async fn case(q: &impl Queries, id: CaseId) -> Result<Option<Case>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM moderation_case c WHERE c.id = $1");
    q.one::<Row>(&sql, params![id.raw()]).await?.map(Row::case).transpose()
}

/// The case about a subject that waits for a decision.
pub(crate) async fn case_of(q: &impl Queries, subject: Subject) -> Result<Option<Case>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM moderation_case c WHERE c.kind = $1 AND c.subject = $2 AND c.state = 'open'");
    q.one::<Row>(&sql, params![subject.kind(), subject.raw()]).await?.map(Row::case).transpose()
}

/// Which cases to list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaseFilter {
    pub queue: Queue,
    pub reason: Option<Reason>,
    /// Who looks, for [`Queue::Mine`].
    pub keeper: AuthorId,
    /// The last case of the page before.
    pub after: Option<CaseId>,
    pub limit: usize,
}

/// What holds of a case `c` of this queue.
fn in_queue(queue: Queue) -> &'static str {
    match queue {
        Queue::Open => "c.state = 'open'",
        Queue::Mine => "c.state = 'open' AND c.taken_by = $1",
        Queue::Confirm => "EXISTS (SELECT 1 FROM moderation_act a WHERE a.case_id = c.id AND a.state = 'proposed')",
        Queue::Appeals => "EXISTS (SELECT 1 FROM moderation_appeal p WHERE p.case_id = c.id AND p.granted IS NULL)",
        Queue::Decided => "c.state = 'decided'",
    }
}

/// Some cases: those that wait, the oldest first; those that are decided, the latest first.
pub(crate) async fn cases(q: &impl Queries, filter: CaseFilter) -> Result<Vec<Case>, StoreError> {
    let mut values: Vec<Value> = params![filter.keeper.raw()];
    let mut sql = format!("SELECT {COLUMNS} FROM moderation_case c WHERE $1 > 0 AND {}", in_queue(filter.queue));
    if let Some(reason) = filter.reason {
        values.push(reason.as_str().into());
        sql += &format!(
            " AND EXISTS (SELECT 1 FROM moderation_report r WHERE r.case_id = c.id AND r.reason = ${})",
            values.len()
        );
    }
    let (order, than) = if filter.queue == Queue::Decided { ("DESC", '<') } else { ("ASC", '>') };
    if let Some(after) = filter.after {
        values.push(after.raw().into());
        sql += &format!(" AND c.id {than} ${}", values.len());
    }
    sql += &format!(" ORDER BY c.id {order} LIMIT {}", filter.limit);
    q.all::<Row>(&sql, values).await?.into_iter().map(Row::case).collect()
}

/// How many cases wait: for a decision, for a second moderator, for an answer to an appeal.
pub(crate) async fn counts(q: &impl Queries) -> Result<[i64; 3], StoreError> {
    let mut counts = [0; 3];
    for (count, queue) in counts.iter_mut().zip([Queue::Open, Queue::Confirm, Queue::Appeals]) {
        let sql = format!("SELECT COUNT(*) AS value FROM moderation_case c WHERE {}", in_queue(queue));
        *count = q.number(&sql, vec![]).await?.unwrap_or_default();
    }
    Ok(counts)
}

/// Opens a case.
pub(crate) async fn insert_case(
    unit: &mut UnitOfWork,
    id: CaseId,
    subject: Subject,
    member: AuthorId,
) -> Result<(), StoreError> {
    let at = unit.store().now().as_millis();
    let sql = "INSERT INTO moderation_case (id, kind, subject, member, state, reports, opened_at, last_at) \
               VALUES ($1, $2, $3, $4, 'open', 0, $5, $5)";
    unit.execute(sql, params![id.raw(), subject.kind(), subject.raw(), member.raw(), at]).await?;
    Ok(())
}

/// Writes down a report; whoever reports again says it anew. Answers whether it is the member's first.
pub(crate) async fn put_report(unit: &mut UnitOfWork, report: &Report) -> Result<bool, StoreError> {
    let values = params![
        report.case.raw(),
        report.by.raw(),
        report.reason.as_str(),
        report.words.as_str(),
        report.at.as_millis()
    ];
    let sql = "UPDATE moderation_report SET reason = $3, words = $4, at = $5 WHERE case_id = $1 AND by_member = $2";
    if unit.execute(sql, values.clone()).await? > 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO moderation_report (case_id, by_member, reason, words, at) VALUES ($1, $2, $3, $4, $5)";
    unit.execute(sql, values).await?;
    let sql = "UPDATE moderation_case SET reports = reports + 1, last_at = $2 WHERE id = $1";
    unit.execute(sql, params![report.case.raw(), report.at.as_millis()]).await?;
    Ok(true)
}

#[derive(FromQueryResult)]
struct ReportRow {
    case_id: i64,
    by_member: i64,
    reason: String,
    words: String,
    at: i64,
}

impl ReportRow {
    fn report(self) -> Result<Report, StoreError> {
        Ok(Report {
            case: CaseId::from_raw(self.case_id),
            by: AuthorId::from_raw(self.by_member),
            reason: word(&self.reason)?,
            words: self.words,
            at: Timestamp::from_millis(self.at),
        })
    }
}

/// The reports of a case, the oldest first.
pub(crate) async fn reports(q: &impl Queries, case: CaseId) -> Result<Vec<Report>, StoreError> {
    let sql = "SELECT case_id, by_member, reason, words, at FROM moderation_report WHERE case_id = $1 \
               ORDER BY at, by_member LIMIT 200";
    q.all::<ReportRow>(sql, params![case.raw()]).await?.into_iter().map(ReportRow::report).collect()
}

/// What a member reported, the latest first, with whether moderators have decided.
pub(crate) async fn reports_by(q: &impl Queries, member: AuthorId) -> Result<Vec<(Report, Case)>, StoreError> {
    let sql = "SELECT case_id, by_member, reason, words, at FROM moderation_report WHERE by_member = $1 \
               ORDER BY at DESC, case_id DESC LIMIT 50";
    let rows: Vec<ReportRow> = q.all(sql, params![member.raw()]).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!("SELECT {COLUMNS} FROM moderation_case c WHERE c.id IN ({})", list(1, rows.len()));
    let ids: Vec<Value> = rows.iter().map(|r| Value::from(r.case_id)).collect();
    let mut cases = HashMap::new();
    for row in q.all::<Row>(&sql, ids).await? {
        let case = row.case()?;
        cases.insert(case.id, case);
    }
    let mut all = vec![];
    for row in rows {
        let report = row.report()?;
        if let Some(case) = cases.get(&report.case) {
            all.push((report, case.clone()));
        }
    }
    Ok(all)
}

/// What is said to be wrong in each of these cases, the most frequent first.
pub(crate) async fn reasons(q: &impl Queries, cases: &[CaseId]) -> Result<HashMap<CaseId, Vec<Reason>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        case_id: i64,
        reason: String,
    }
    let mut all: HashMap<CaseId, Vec<Reason>> = HashMap::new();
    if cases.is_empty() {
        return Ok(all);
    }
    let sql = format!(
        "SELECT case_id, reason FROM moderation_report WHERE case_id IN ({}) GROUP BY case_id, reason \
         ORDER BY case_id, COUNT(*) DESC, reason",
        list(1, cases.len())
    );
    for row in q.all::<Row>(&sql, cases.iter().map(|c| Value::from(c.raw())).collect()).await? {
        all.entry(CaseId::from_raw(row.case_id)).or_default().push(word(&row.reason)?);
    }
    Ok(all)
}

/// Notes who looks at a case, or that nobody does.
pub(crate) async fn take(unit: &mut UnitOfWork, case: CaseId, by: Option<AuthorId>) -> Result<(), StoreError> {
    let at = by.map(|_| unit.store().now().as_millis());
    let sql = "UPDATE moderation_case SET taken_by = $2, taken_at = $3 WHERE id = $1";
    unit.execute(sql, params![case.raw(), by.map(AuthorId::raw), at]).await?;
    Ok(())
}

/// Notes that a case is decided; answers who had reported it, or `None` where it was decided before.
pub(crate) async fn close(unit: &mut UnitOfWork, case: CaseId) -> Result<Option<Vec<AuthorId>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        by_member: i64,
    }
    let at = unit.store().now().as_millis();
    let sql = "UPDATE moderation_case SET state = 'decided', decided_at = $2 WHERE id = $1 AND state = 'open'";
    if unit.execute(sql, params![case.raw(), at]).await? == 0 {
        return Ok(None);
    }
    let sql =
        "SELECT by_member FROM moderation_report WHERE case_id = $1 AND by_member > 0 ORDER BY by_member LIMIT 1000";
    let rows: Vec<Row> = unit.all(sql, params![case.raw()]).await?;
    Ok(Some(rows.into_iter().map(|r| AuthorId::from_raw(r.by_member)).collect()))
}

/// Adds a note.
pub(crate) async fn insert_note(unit: &mut UnitOfWork, case: CaseId, note: &Note) -> Result<(), StoreError> {
    let id: CaseId = unit.store().ids().next().into();
    let sql = "INSERT INTO moderation_note (id, case_id, by_member, words, at) VALUES ($1, $2, $3, $4, $5)";
    let values = params![id.raw(), case.raw(), note.by.raw(), note.words.as_str(), note.at.as_millis()];
    unit.execute(sql, values).await?;
    Ok(())
}

/// The notes of a case, the oldest first.
pub(crate) async fn notes(q: &impl Queries, case: CaseId) -> Result<Vec<Note>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        by_member: i64,
        words: String,
        at: i64,
    }
    let sql = "SELECT by_member, words, at FROM moderation_note WHERE case_id = $1 ORDER BY id LIMIT 200";
    let rows: Vec<Row> = q.all(sql, params![case.raw()]).await?;
    let note = |r: Row| Note { by: AuthorId::from_raw(r.by_member), words: r.words, at: Timestamp::from_millis(r.at) };
    Ok(rows.into_iter().map(note).collect())
}

/// Forgets a member: reports, appeals and words about and by them go; that something was done stays.
pub(crate) async fn erase(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    let id = || params![member.raw()];
    let sql = "UPDATE moderation_case SET reports = reports - 1 WHERE id IN \
               (SELECT case_id FROM moderation_report WHERE by_member = $1)";
    unit.execute(sql, id()).await?;
    unit.execute("DELETE FROM moderation_report WHERE by_member = $1", id()).await?;
    unit.execute("DELETE FROM moderation_appeal WHERE member = $1", id()).await?;
    unit.execute("UPDATE moderation_act SET words = '', why = '' WHERE member = $1", id()).await?;
    unit.execute("UPDATE moderation_act SET state = 'refused' WHERE member = $1 AND state = 'proposed'", id()).await?;
    for column in ["by_member", "confirmed_by", "ended_by"] {
        unit.execute(&format!("UPDATE moderation_act SET {column} = 0 WHERE {column} = $1"), id()).await?;
    }
    unit.execute("UPDATE moderation_appeal SET decided_by = 0 WHERE decided_by = $1", id()).await?;
    unit.execute("UPDATE moderation_note SET by_member = 0 WHERE by_member = $1", id()).await?;
    unit.execute("UPDATE moderation_case SET taken_by = NULL WHERE taken_by = $1", id()).await?;
    let sql = "UPDATE moderation_case SET state = 'decided', decided_at = last_at WHERE kind = 'member' AND subject = $1 \
               AND state = 'open'";
    unit.execute(sql, id()).await?;
    Ok(())
}

/// What concerned an author concerns the member who claimed the author.
pub(crate) async fn pass(unit: &mut UnitOfWork, from: AuthorId, to: AuthorId) -> Result<(), StoreError> {
    for table in ["moderation_case", "moderation_act"] {
        unit.execute(&format!("UPDATE {table} SET member = $2 WHERE member = $1"), params![from.raw(), to.raw()])
            .await?;
    }
    Ok(())
}
