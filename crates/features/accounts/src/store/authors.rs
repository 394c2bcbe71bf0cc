//! Author rows: everybody who wrote something.

use std::collections::HashMap;

use xinghe_core::{AuthorCard, AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use crate::handle::Handle;
use crate::model::{AuthorRecord, FORMER_NAME, Who, fold_name, fold_page};
use crate::store::hash_of;
use crate::store::members::{self, MemberRow};

/// Ids of one `IN (…)` list.
const CHUNK: usize = 1000;

#[derive(FromQueryResult)]
struct CardRow {
    asked: i64,
    id: i64,
    handle: String,
    name: String,
    claimed: bool,
    sample: bool,
}

impl From<CardRow> for AuthorCard {
    fn from(row: CardRow) -> Self {
        let CardRow { asked: _, id, handle, name, claimed, sample } = row;
        Self { id: AuthorId::from_raw(id), handle, name, claimed, sample }
    }
}

/// An author as asked for (`o`), seen as the member who claimed it (`a`).
const CARD: &str = "SELECT o.id AS asked, a.id, a.handle, a.name, a.claimed, a.sample \
    FROM accounts_author o JOIN accounts_author a ON a.id = COALESCE(o.merged_into, o.id)";

/// The cards of these authors by the ids asked for.
pub(crate) async fn cards<Q: Queries>(q: &Q, ids: &[AuthorId]) -> Result<HashMap<AuthorId, AuthorCard>, StoreError> {
    let mut cards = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let sql = format!("{CARD} WHERE o.id IN ({})", list(1, chunk.len()));
        let rows: Vec<CardRow> = q.all(&sql, chunk.iter().map(|id| Value::from(id.raw())).collect()).await?;
        cards.extend(rows.into_iter().map(|row| (AuthorId::from_raw(row.asked), row.into())));
    }
    Ok(cards)
}

/// The cards of these author rows themselves, whoever claimed them.
pub(crate) async fn own_cards<Q: Queries>(
    q: &Q,
    ids: &[AuthorId],
) -> Result<HashMap<AuthorId, AuthorCard>, StoreError> {
    let sql = format!(
        "SELECT id AS asked, id, handle, name, claimed, sample FROM accounts_author WHERE id IN ({})",
        list(1, ids.len())
    );
    let rows: Vec<CardRow> = q.all(&sql, ids.iter().map(|id| Value::from(id.raw())).collect()).await?;
    Ok(rows.into_iter().map(|row| (AuthorId::from_raw(row.asked), row.into())).collect())
}

/// The author of a handle; of a claimed author's handle, the member.
pub(crate) async fn card_by_handle<Q: Queries>(q: &Q, handle: &str) -> Result<Option<AuthorCard>, StoreError> {
    let sql = format!("{CARD} WHERE o.handle = $1");
    Ok(q.one::<CardRow>(&sql, params![handle]).await?.map(Into::into))
}

#[derive(FromQueryResult)]
struct RecordRow {
    id: i64,
    handle: String,
    name: String,
    url: Option<String>,
    claimed: bool,
    sample: bool,
    merged_into: Option<i64>,
    created_at: i64,
    erased_at: Option<i64>,
}

const RECORD: &str =
    "SELECT id, handle, name, url, claimed, sample, merged_into, created_at, erased_at FROM accounts_author";

async fn records<Q: Queries>(q: &Q, rows: Vec<RecordRow>) -> Result<Vec<AuthorRecord>, StoreError> {
    let ids: Vec<i64> = rows.iter().filter(|r| r.claimed).map(|r| r.id).collect();
    let mut members = members::by_ids(q, &ids).await?;
    let record = |row: RecordRow| AuthorRecord {
        member: members.remove(&row.id).map(MemberRow::info),
        card: AuthorCard {
            id: AuthorId::from_raw(row.id),
            handle: row.handle,
            name: row.name,
            claimed: row.claimed,
            sample: row.sample,
        },
        url: row.url,
        merged_into: row.merged_into.map(AuthorId::from_raw),
        created_at: Timestamp::from_millis(row.created_at),
        erased: row.erased_at.is_some(),
    };
    Ok(rows.into_iter().map(record).collect())
}

/// All about one author.
pub(crate) async fn record<Q: Queries>(q: &Q, id: AuthorId) -> Result<Option<AuthorRecord>, StoreError> {
    let rows = q.all(&format!("{RECORD} WHERE id = $1"), params![id.raw()]).await?;
    Ok(records(q, rows).await?.pop())
}

/// All about the author with exactly this handle, claimed or not.
pub(crate) async fn record_by_handle<Q: Queries>(q: &Q, handle: &str) -> Result<Option<AuthorRecord>, StoreError> {
    let rows = q.all(&format!("{RECORD} WHERE handle = $1"), params![handle]).await?;
    Ok(records(q, rows).await?.pop())
}

/// What a list of authors shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub words: String,
    pub who: Who,
    pub before: Option<AuthorId>,
    pub limit: u32,
}

/// Authors of a filter, newest first; neither merged nor erased ones.
pub(crate) async fn page<Q: Queries>(q: &Q, filter: &Filter) -> Result<Vec<AuthorRecord>, StoreError> {
    let mut sql = format!("{RECORD} WHERE merged_into IS NULL AND erased_at IS NULL AND id < $1");
    let mut values = params![filter.before.map_or(i64::MAX, AuthorId::raw)];
    match filter.who {
        Who::All => {}
        Who::Members => sql.push_str(" AND claimed"),
        Who::Unclaimed => sql.push_str(" AND NOT claimed"),
    }
    let words = fold_name(filter.words.trim().trim_start_matches('@'));
    if !words.is_empty() {
        sql.push_str(" AND (name_fold LIKE $2 ESCAPE '\\' OR handle LIKE $2 ESCAPE '\\')");
        let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        values.push(Value::from(format!("%{escaped}%")));
    }
    sql.push_str(&format!(" ORDER BY id DESC LIMIT {}", filter.limit));
    let rows = q.all(&sql, values).await?;
    records(q, rows).await
}

/// How many authors there are, members and unclaimed.
pub(crate) async fn count<Q: Queries>(q: &Q, claimed: bool) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM accounts_author \
               WHERE merged_into IS NULL AND erased_at IS NULL AND claimed = $1";
    Ok(q.number(sql, params![claimed]).await?.unwrap_or_default())
}

/// Whether a handle is in use, or was a former member's.
pub(crate) async fn handle_taken<Q: Queries>(q: &Q, handle: &Handle) -> Result<bool, StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM accounts_author WHERE handle = $1) \
               + (SELECT COUNT(*) FROM accounts_former_handle WHERE handle_hash = $2) AS value";
    Ok(q.number(sql, params![handle.as_str(), former(handle.as_str())]).await? != Some(0))
}

/// What is kept of a former member's handle.
fn former(handle: &str) -> String {
    hash_of(&format!("former handle:{handle}"))
}

/// A new author row.
pub(crate) struct NewAuthor<'a> {
    pub id: AuthorId,
    pub handle: &'a Handle,
    pub name: &'a str,
    pub url: Option<&'a str>,
    pub claimed: bool,
    pub sample: bool,
}

/// Adds an author.
pub(crate) async fn insert(unit: &mut UnitOfWork, new: &NewAuthor<'_>) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO accounts_author (id, handle, name, name_fold, url, claimed, sample, created_at, page) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (url, page) = (new.url.map(str::to_owned), new.url.and_then(fold_page));
    let (fold, handle) = (fold_name(new.name), new.handle.as_str());
    unit.execute(sql, params![new.id.raw(), handle, new.name, fold, url, new.claimed, new.sample, now, page]).await?;
    Ok(())
}

/// Changes the name.
pub(crate) async fn rename(unit: &mut UnitOfWork, id: AuthorId, name: &str) -> Result<(), StoreError> {
    let sql = "UPDATE accounts_author SET name = $2, name_fold = $3 WHERE id = $1";
    unit.execute(sql, params![id.raw(), name, fold_name(name)]).await?;
    Ok(())
}

/// Makes an unclaimed author a part of a member. `false` when it is not unclaimed any more.
pub(crate) async fn merge(unit: &mut UnitOfWork, author: AuthorId, member: AuthorId) -> Result<bool, StoreError> {
    let sql = "UPDATE accounts_author SET merged_into = $2 \
               WHERE id = $1 AND NOT claimed AND merged_into IS NULL AND erased_at IS NULL";
    Ok(unit.execute(sql, params![author.raw(), member.raw()]).await? == 1)
}

/// The unclaimed authors whose page this is.
pub(crate) async fn unclaimed_at<Q: Queries>(q: &Q, page: &str) -> Result<Vec<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let sql = "SELECT id FROM accounts_author WHERE page = $1 AND NOT claimed AND merged_into IS NULL \
               AND erased_at IS NULL ORDER BY id";
    let rows: Vec<Row> = q.all(sql, params![page]).await?;
    Ok(rows.into_iter().map(|r| AuthorId::from_raw(r.id)).collect())
}

/// The authors whom a member claimed.
pub(crate) async fn claimed_by<Q: Queries>(q: &Q, member: AuthorId) -> Result<Vec<AuthorRecord>, StoreError> {
    let rows = q.all(&format!("{RECORD} WHERE merged_into = $1 ORDER BY id"), params![member.raw()]).await?;
    records(q, rows).await
}

/// Lets the authors whom a member claimed stand for themselves again, as they were imported; answers which.
pub(crate) async fn release(unit: &mut UnitOfWork, member: AuthorId) -> Result<Vec<AuthorId>, StoreError> {
    let released = claimed_by(unit, member).await?.into_iter().map(|r| r.card.id).collect();
    let sql = "UPDATE accounts_author SET merged_into = NULL WHERE merged_into = $1";
    unit.execute(sql, params![member.raw()]).await?;
    Ok(released)
}

/// Lets a member's row stand as that of an author without an account.
pub(crate) async fn unclaim(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    let sql = "UPDATE accounts_author SET claimed = $2, url = NULL, page = NULL WHERE id = $1";
    unit.execute(sql, params![member.raw(), false]).await?;
    Ok(())
}

/// Takes name, handle and address from a member's row. The handle goes to nobody else.
pub(crate) async fn anonymise(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    if let Some(record) = record(unit, member).await? {
        let sql = "INSERT INTO accounts_former_handle (handle_hash) VALUES ($1) ON CONFLICT (handle_hash) DO NOTHING";
        unit.execute(sql, params![former(&record.card.handle)]).await?;
    }
    let now = unit.store().now().as_millis();
    let handle = Handle::of_id("former", member);
    let sql = "UPDATE accounts_author SET handle = $2, name = $3, name_fold = $4, url = NULL, page = NULL, claimed = $5, \
               erased_at = $6 WHERE id = $1";
    let values = params![member.raw(), handle.as_str(), FORMER_NAME, fold_name(FORMER_NAME), false, now];
    unit.execute(sql, values).await?;
    Ok(())
}

/// The authors that importing sources call by these hashed keys; a claimed one's member.
pub(crate) async fn by_import_keys<Q: Queries>(
    q: &Q,
    keys: &[String],
) -> Result<HashMap<String, AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        key_hash: String,
        id: i64,
    }
    let mut found = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(CHUNK) {
        let sql = format!(
            "SELECT k.key_hash, COALESCE(a.merged_into, a.id) AS id FROM accounts_import_key k \
             JOIN accounts_author a ON a.id = k.author WHERE k.key_hash IN ({})",
            list(1, chunk.len())
        );
        let rows: Vec<Row> = q.all(&sql, chunk.iter().map(|k| Value::from(k.as_str())).collect()).await?;
        found.extend(rows.into_iter().map(|r| (r.key_hash, AuthorId::from_raw(r.id))));
    }
    Ok(found)
}

/// Remembers how a source calls an author.
pub(crate) async fn add_import_key(unit: &mut UnitOfWork, key: &str, author: AuthorId) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts_import_key (key_hash, author) VALUES ($1, $2)";
    unit.execute(sql, params![key, author.raw()]).await?;
    Ok(())
}
