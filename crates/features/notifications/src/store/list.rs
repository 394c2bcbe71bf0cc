//! Lists of lines, and their count.

use std::collections::HashMap;

use xinghe_core::{AuthorId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, Value, list, params};

use crate::model::{COUNTED, Cursor, Filter, Kind, Note, NoteId};

/// A part that stands and leads to a post that is to be seen, or to none.
const STANDS: &str =
    "p.taken = 0 AND NOT EXISTS (SELECT 1 FROM notifications_gone g WHERE g.post = p.post AND p.post <> 0)";

/// Which lines to list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    pub filter: Filter,
    pub off: &'a [Kind],
    pub after: Option<Cursor>,
    pub limit: usize,
}

/// The condition for a line `n` to be seen: its post is there, and something of it stands.
fn seen(off: &[Kind]) -> String {
    let mut seen = format!(
        "NOT EXISTS (SELECT 1 FROM notifications_gone s WHERE s.post = n.post AND n.post <> 0) \
         AND EXISTS (SELECT 1 FROM notifications_part p WHERE p.note = n.id AND {STANDS})"
    );
    if !off.is_empty() {
        // Words of our own, never what somebody typed.
        let words: Vec<String> = off.iter().map(|k| format!("'{}'", k.as_str())).collect();
        let named = if off.contains(&Kind::Mention) { "" } else { "n.named = 1 OR " };
        seen += &format!(" AND ({named}n.kind NOT IN ({}))", words.join(", "));
    }
    seen
}

/// How many lines are unread, [`COUNTED`] at most.
pub(crate) async fn count(q: &impl Queries, member: AuthorId, off: &[Kind]) -> Result<u32, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) AS value FROM (SELECT 1 AS one FROM notifications_note n WHERE n.member = $1 \
         AND n.read_at IS NULL AND {} LIMIT {COUNTED}) AS unread",
        seen(off)
    );
    Ok(q.number(&sql, params![member.raw()]).await?.and_then(|n| u32::try_from(n).ok()).unwrap_or_default())
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    kind: String,
    subject: i64,
    post: i64,
    first_at: i64,
    last_at: i64,
    read_at: Option<i64>,
}

const COLUMNS: &str = "n.id, n.kind, n.subject, n.post, n.first_at, n.last_at, n.read_at";

/// A page of lines, the latest first.
pub(crate) async fn notes(q: &impl Queries, member: AuthorId, page: Page<'_>) -> Result<Vec<Note>, StoreError> {
    let mut values = params![member.raw()];
    let mut of = seen(page.off);
    match page.filter {
        Filter::All => {}
        Filter::Unread => of += " AND n.read_at IS NULL",
        Filter::Mentions => of += " AND (n.kind = 'mention' OR n.named = 1)",
    }
    if let Some(Cursor { at, id }) = page.after {
        values.extend(params![at.as_millis(), id.0]);
        of += " AND (n.last_at, n.id) < ($2, $3)";
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM notifications_note n WHERE n.member = $1 AND {of} \
         ORDER BY n.last_at DESC, n.id DESC LIMIT {}",
        page.limit
    );
    let rows = q.all::<Row>(&sql, values).await?;
    whole(q, rows).await
}

/// One line of a member that is to be seen.
pub(crate) async fn note(q: &impl Queries, member: AuthorId, id: NoteId) -> Result<Option<Note>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM notifications_note n WHERE n.member = $1 AND n.id = $2 AND {}", seen(&[]));
    let rows = q.all::<Row>(&sql, params![member.raw(), id.0]).await?;
    Ok(whole(q, rows).await?.pop())
}

/// The lines of these rows, with who and what is behind them.
async fn whole(q: &impl Queries, rows: Vec<Row>) -> Result<Vec<Note>, StoreError> {
    #[derive(FromQueryResult)]
    struct Actor {
        note: i64,
        actor: i64,
        people: i64,
        times: i64,
    }
    #[derive(FromQueryResult)]
    struct Latest {
        note: i64,
        post: i64,
    }
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let ids = || rows.iter().map(|r| Value::from(r.id)).collect::<Vec<_>>();
    let these = list(1, rows.len());
    let sql = format!(
        "SELECT note, actor, people, times FROM (SELECT p.note, p.actor, \
         ROW_NUMBER() OVER (PARTITION BY p.note ORDER BY MAX(p.at) DESC, MAX(p.seq) DESC) AS place, \
         COUNT(*) OVER (PARTITION BY p.note) AS people, \
         CAST(SUM(COUNT(*)) OVER (PARTITION BY p.note) AS BIGINT) AS times \
         FROM notifications_part p WHERE p.note IN ({these}) AND {STANDS} GROUP BY p.note, p.actor) AS a \
         WHERE place <= 3 ORDER BY note, place"
    );
    let mut actors: HashMap<i64, Vec<Actor>> = HashMap::new();
    for actor in q.all::<Actor>(&sql, ids()).await? {
        actors.entry(actor.note).or_default().push(actor);
    }
    let sql = format!(
        "SELECT note, post FROM (SELECT p.note, p.post, \
         ROW_NUMBER() OVER (PARTITION BY p.note ORDER BY p.at DESC, p.seq DESC) AS place \
         FROM notifications_part p WHERE p.note IN ({these}) AND {STANDS}) AS l WHERE place = 1"
    );
    let latest: HashMap<i64, i64> = q.all::<Latest>(&sql, ids()).await?.into_iter().map(|l| (l.note, l.post)).collect();
    let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let post = |raw: i64| (raw != 0).then(|| PostId::from_raw(raw));
    rows.into_iter()
        .map(|row| {
            let of = actors.remove(&row.id).unwrap_or_default();
            Ok(Note {
                id: NoteId(row.id),
                kind: row.kind.parse().map_err(|_| StoreError::Value(format!("kind {:?}", row.kind)))?,
                subject: row.subject,
                post: post(row.post),
                first_at: Timestamp::from_millis(row.first_at),
                last_at: Timestamp::from_millis(row.last_at),
                read: row.read_at.is_some(),
                count: of.first().map_or(0, |a| number(a.times)),
                people: of.first().map_or(0, |a| number(a.people)),
                actors: of.iter().filter(|a| a.actor != 0).map(|a| AuthorId::from_raw(a.actor)).collect(),
                latest: latest.get(&row.id).copied().and_then(post),
            })
        })
        .collect()
}
