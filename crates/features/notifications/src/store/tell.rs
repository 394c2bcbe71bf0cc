//! Telling: a cause is added to the open line of each member, or begins a new one.

use std::collections::{BTreeSet, HashMap};

use xinghe_core::event::Position;
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use crate::model::{Kind, NoteId, WINDOW_MS};

/// What a line is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub kind: Kind,
    pub subject: i64,
    /// The subject where it is a post, else 0.
    pub post: i64,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause {
    /// Who did it; 0 where nobody is to be named.
    pub actor: i64,
    /// What makes it one: told again, it changes nothing.
    pub item: i64,
    /// The post that it leads to, or 0.
    pub post: i64,
    pub at: Timestamp,
    pub position: Position,
}

#[derive(FromQueryResult)]
struct Held {
    id: i64,
    member: i64,
}

fn values(first: Vec<Value>, ids: impl IntoIterator<Item = i64>) -> Vec<Value> {
    first.into_iter().chain(ids.into_iter().map(Value::from)).collect()
}

/// Tells these members, but never who did it, nor who is no member; answers who was told something new. At most some
/// hundreds at once.
pub(crate) async fn tell(
    unit: &mut UnitOfWork,
    line: Line,
    members: &[AuthorId],
    cause: Cause,
) -> Result<Vec<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
    }
    let wanted: BTreeSet<i64> = members.iter().map(|m| m.raw()).filter(|m| *m != cause.actor && *m > 0).collect();
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!("SELECT member FROM notifications_member WHERE member IN ({})", list(1, wanted.len()));
    let mut left: BTreeSet<i64> =
        unit.all::<Row>(&sql, values(vec![], wanted)).await?.into_iter().map(|r| r.member).collect();
    for told in told(unit, line, &left, cause.item).await? {
        left.remove(&told);
    }
    for deaf in blocking(unit, cause.actor, &left).await? {
        left.remove(&deaf);
    }
    if left.is_empty() {
        return Ok(vec![]);
    }
    let mut lines = grown(unit, line, &left, cause).await?;
    let fresh: Vec<i64> = left.iter().copied().filter(|m| !lines.contains_key(m)).collect();
    if !fresh.is_empty() {
        lines.extend(begun(unit, line, &fresh, cause).await?);
    }
    let mut rows = Vec::with_capacity(lines.len());
    let mut bound = params![cause.item, cause.actor, cause.post, cause.at.as_millis(), cause.position.epoch];
    bound.push(cause.position.seq.into());
    for (place, note) in lines.values().enumerate() {
        rows.push(format!("(${}, $1, $2, $3, $4, $5, $6, 0)", place + 7));
        bound.push((*note).into());
    }
    let sql = format!(
        "INSERT INTO notifications_part (note, item, actor, post, at, epoch, seq, taken) VALUES {} \
         ON CONFLICT (note, item) DO NOTHING",
        rows.join(", ")
    );
    unit.execute(&sql, bound).await?;
    Ok(left.into_iter().map(AuthorId::from_raw).collect())
}

/// Who of these blocks somebody.
async fn blocking(unit: &UnitOfWork, actor: i64, members: &BTreeSet<i64>) -> Result<Vec<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
    }
    if actor == 0 || members.is_empty() {
        return Ok(vec![]);
    }
    let sql =
        format!("SELECT member FROM notifications_block WHERE blocked = $1 AND member IN ({})", list(2, members.len()));
    let rows: Vec<Row> = unit.all(&sql, values(params![actor], members.iter().copied())).await?;
    Ok(rows.into_iter().map(|r| r.member).collect())
}

/// Notes that a member blocks another, or no longer does.
pub(crate) async fn set_block(
    unit: &mut UnitOfWork,
    member: AuthorId,
    blocked: AuthorId,
    on: bool,
) -> Result<(), StoreError> {
    let sql = if on {
        "INSERT INTO notifications_block (member, blocked) VALUES ($1, $2) ON CONFLICT (member, blocked) DO NOTHING"
    } else {
        "DELETE FROM notifications_block WHERE member = $1 AND blocked = $2"
    };
    unit.execute(sql, params![member.raw(), blocked.raw()]).await?;
    Ok(())
}

/// Who was told of this already, now or long ago.
async fn told(unit: &UnitOfWork, line: Line, members: &BTreeSet<i64>, item: i64) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT n.id, n.member FROM notifications_note n JOIN notifications_part p ON p.note = n.id AND p.item = $1 \
         WHERE n.kind = $2 AND n.subject = $3 AND n.member IN ({})",
        list(4, members.len())
    );
    let bound = values(params![item, line.kind.as_str(), line.subject], members.iter().copied());
    Ok(unit.all::<Held>(&sql, bound).await?.into_iter().map(|h| h.member).collect())
}

/// Adds to the lines that are open: unread (or read later than this, where the past is derived anew) and young.
async fn grown(
    unit: &UnitOfWork,
    line: Line,
    members: &BTreeSet<i64>,
    cause: Cause,
) -> Result<HashMap<i64, i64>, StoreError> {
    // The condition is looked at again where a member marks the line as read meanwhile.
    let sql = format!(
        "UPDATE notifications_note SET last_at = $1, last_epoch = $2, last_seq = $3 WHERE kind = $4 AND subject = $5 \
         AND first_at > $6 AND (read_at IS NULL OR (read_epoch, read_seq) >= ($2, $3)) AND member IN ({}) \
         RETURNING id, member",
        list(7, members.len())
    );
    let at = cause.at.as_millis();
    let first = params![at, cause.position.epoch, cause.position.seq, line.kind.as_str(), line.subject, at - WINDOW_MS];
    let rows = unit.all::<Held>(&sql, values(first, members.iter().copied())).await?;
    Ok(rows.into_iter().map(|h| (h.member, h.id)).collect())
}

/// Begins lines. One that was read before everything was derived anew is read again.
async fn begun(
    unit: &mut UnitOfWork,
    line: Line,
    members: &[i64],
    cause: Cause,
) -> Result<HashMap<i64, i64>, StoreError> {
    let first = (cause.position.epoch, cause.position.seq);
    let id = |m: &i64| NoteId::derive(AuthorId::from_raw(*m), line.kind, line.subject, first).0;
    let lines: HashMap<i64, i64> = members.iter().map(|m| (*m, id(m))).collect();
    let mut bound = params![line.kind.as_str(), line.subject, line.post, cause.at.as_millis(), first.0, first.1];
    let mut rows = Vec::with_capacity(lines.len());
    for (member, id) in &lines {
        let n = bound.len();
        rows.push(format!("(${}, ${}, $1, $2, $3, 0, $4, $4, $5, $6)", n + 1, n + 2));
        bound.extend(params![*id, *member]);
    }
    let sql = format!(
        "INSERT INTO notifications_note (id, member, kind, subject, post, named, first_at, last_at, last_epoch, \
         last_seq) VALUES {} ON CONFLICT (id) DO NOTHING",
        rows.join(", ")
    );
    unit.execute(&sql, bound).await?;
    let ids: Vec<i64> = lines.values().copied().collect();
    let of =
        |column: &str| format!("(SELECT r.{column} FROM notifications_read r WHERE r.note = notifications_note.id)");
    let sql = format!(
        "UPDATE notifications_note SET read_at = {}, read_epoch = {}, read_seq = {} WHERE id IN ({}) \
         AND id IN (SELECT note FROM notifications_read)",
        of("at"),
        of("epoch"),
        of("seq"),
        list(1, ids.len())
    );
    unit.execute(&sql, values(vec![], ids)).await?;
    Ok(lines)
}

/// Marks what was told by this item as taken back, or as standing again; answers whom that concerns. `member`: only
/// the lines of this one.
pub(crate) async fn take_back(
    unit: &mut UnitOfWork,
    line: Line,
    member: AuthorId,
    item: i64,
    taken: bool,
) -> Result<bool, StoreError> {
    let sql = "UPDATE notifications_part SET taken = $1 WHERE item = $2 AND taken <> $1 AND note IN \
               (SELECT id FROM notifications_note WHERE member = $3 AND kind = $4 AND subject = $5)";
    let bound = params![i32::from(taken), item, member.raw(), line.kind.as_str(), line.subject];
    Ok(unit.execute(sql, bound).await? > 0)
}

/// What was taken back stands again; answers whether there was such a thing.
pub(crate) async fn again(unit: &mut UnitOfWork, line: Line, member: AuthorId, item: i64) -> Result<bool, StoreError> {
    take_back(unit, line, member, item, false).await
}

/// Notes that what a member is told by this post already also names the member; answers whether there is such a line.
pub(crate) async fn name(unit: &mut UnitOfWork, member: AuthorId, post: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE notifications_note SET named = 1 WHERE member = $1 AND kind IN ('answer', 'comment', 'quoted') \
               AND id IN (SELECT p.note FROM notifications_part p JOIN notifications_note n ON n.id = p.note \
               WHERE n.member = $1 AND p.item = $2)";
    Ok(unit.execute(sql, params![member.raw(), post]).await? > 0)
}

/// Lets streams know whom something concerns.
pub(crate) async fn pulse(unit: &mut UnitOfWork, members: &BTreeSet<AuthorId>) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    // Whoever changes the number holds it until the end: numbers become visible in their order.
    let sql = "UPDATE notifications_clock SET n = n + 1 WHERE id = 1 RETURNING n AS value";
    let n = unit.number(sql, vec![]).await?.unwrap_or_default();
    let all: Vec<i64> = members.iter().map(|m| m.raw()).collect();
    for some in all.chunks(500) {
        let rows: Vec<String> = (0..some.len()).map(|i| format!("(${}, $1)", i + 2)).collect();
        let sql = format!(
            "INSERT INTO notifications_pulse (member, n) VALUES {} ON CONFLICT (member) DO UPDATE SET n = excluded.n",
            rows.join(", ")
        );
        unit.execute(&sql, values(params![n], some.iter().copied())).await?;
    }
    Ok(())
}

/// The number of the latest change.
pub(crate) async fn latest_pulse(q: &impl Queries) -> Result<i64, StoreError> {
    Ok(q.number("SELECT n AS value FROM notifications_clock WHERE id = 1", vec![]).await?.unwrap_or_default())
}

/// The number of the latest change, and whom the changes after `after` concerned.
pub(crate) async fn pulses(q: &impl Queries, after: i64) -> Result<(i64, Vec<AuthorId>), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
        n: i64,
    }
    let sql = "SELECT member, n FROM notifications_pulse WHERE n > $1";
    let rows: Vec<Row> = q.all(sql, params![after]).await?;
    let latest = rows.iter().map(|r| r.n).max().unwrap_or(after);
    Ok((latest, rows.into_iter().map(|r| AuthorId::from_raw(r.member)).collect()))
}
