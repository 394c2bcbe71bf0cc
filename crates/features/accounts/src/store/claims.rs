//! Claim rows.

use xinghe_core::id::ClaimId;
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, params};

use crate::model::{Claim, ClaimState, Proof};
use crate::store::{authors, for_update};

/// A claim without the people's cards.
#[derive(FromQueryResult)]
pub(crate) struct ClaimRow {
    pub id: i64,
    pub author: i64,
    pub member: i64,
    pub proof: String,
    pub why: String,
    pub state: String,
    pub note: Option<String>,
    pub created_at: i64,
    pub decided_at: Option<i64>,
}

const CLAIM: &str = "SELECT id, author, member, proof, why, state, note, created_at, decided_at FROM accounts_claim";

/// Adds an open claim.
pub(crate) async fn insert(
    unit: &mut UnitOfWork,
    id: ClaimId,
    author: AuthorId,
    member: AuthorId,
    why: &str,
) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO accounts_claim (id, author, member, proof, why, state, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (proof, state) = (Proof::Admin.as_str(), ClaimState::Open.as_str());
    unit.execute(sql, params![id.raw(), author.raw(), member.raw(), proof, why, state, now]).await?;
    Ok(())
}

/// Adds a claim that was proved, so that nobody has to decide it.
pub(crate) async fn insert_proven(
    unit: &mut UnitOfWork,
    id: ClaimId,
    (author, member): (AuthorId, AuthorId),
    proof: Proof,
    why: &str,
) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO accounts_claim (id, author, member, proof, why, state, created_at, decided_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    let (proof, state) = (proof.as_str(), ClaimState::Accepted.as_str());
    unit.execute(sql, params![id.raw(), author.raw(), member.raw(), proof, why, state, now]).await?;
    Ok(())
}

/// A claim, held until the transaction ends.
pub(crate) async fn held(unit: &UnitOfWork, id: ClaimId) -> Result<Option<ClaimRow>, StoreError> {
    unit.one(&format!("{CLAIM} WHERE id = $1{}", for_update(unit.store().backend())), params![id.raw()]).await
}

/// The open claim of a member on an author.
pub(crate) async fn open_of<Q: Queries>(
    q: &Q,
    author: AuthorId,
    member: AuthorId,
) -> Result<Option<ClaimRow>, StoreError> {
    let sql = format!("{CLAIM} WHERE author = $1 AND member = $2 AND state = 'open'");
    q.one(&sql, params![author.raw(), member.raw()]).await
}

/// Which claims a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ClaimFilter {
    pub state: Option<ClaimState>,
    pub member: Option<AuthorId>,
    pub before: Option<ClaimId>,
    pub limit: u32,
}

/// Claims, newest first, with the cards of whom they are about as they were at claim time: the author's own row, not
/// the member it may have become.
pub(crate) async fn page<Q: Queries>(q: &Q, filter: ClaimFilter) -> Result<Vec<Claim>, StoreError> {
    let mut sql = format!("{CLAIM} WHERE id < $1");
    let mut values = params![filter.before.map_or(i64::MAX, ClaimId::raw)];
    if let Some(state) = filter.state {
        values.push(Value::from(state.as_str()));
        sql.push_str(&format!(" AND state = ${}", values.len()));
    }
    if let Some(member) = filter.member {
        values.push(Value::from(member.raw()));
        sql.push_str(&format!(" AND member = ${}", values.len()));
    }
    sql.push_str(&format!(" ORDER BY id DESC LIMIT {}", filter.limit));
    let rows: Vec<ClaimRow> = q.all(&sql, values).await?;
    let ids: Vec<AuthorId> = rows.iter().flat_map(|r| [r.author, r.member]).map(AuthorId::from_raw).collect();
    let cards = authors::own_cards(q, &ids).await?;
    let claim = |r: ClaimRow| {
        Some(Claim {
            id: ClaimId::from_raw(r.id),
            author: cards.get(&AuthorId::from_raw(r.author))?.clone(),
            member: cards.get(&AuthorId::from_raw(r.member))?.clone(),
            proof: Proof::parse(&r.proof).unwrap_or(Proof::Admin),
            why: r.why,
            state: r.state.parse().unwrap_or(ClaimState::Withdrawn),
            note: r.note,
            created_at: Timestamp::from_millis(r.created_at),
            decided_at: r.decided_at.map(Timestamp::from_millis),
        })
    };
    Ok(rows.into_iter().filter_map(claim).collect())
}

/// How many claims wait.
pub(crate) async fn count_open<Q: Queries>(q: &Q) -> Result<i64, StoreError> {
    Ok(q.number("SELECT COUNT(*) AS value FROM accounts_claim WHERE state = 'open'", vec![]).await?.unwrap_or_default())
}

/// Ends an open claim; `false` when it is not open.
pub(crate) async fn close(
    unit: &mut UnitOfWork,
    id: ClaimId,
    state: ClaimState,
    note: Option<&str>,
    by: Option<AuthorId>,
) -> Result<bool, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "UPDATE accounts_claim SET state = $2, note = $3, decided_at = $4, decided_by = $5 \
               WHERE id = $1 AND state = 'open'";
    let values = params![id.raw(), state.as_str(), note.map(str::to_owned), now, by.map(AuthorId::raw)];
    Ok(unit.execute(sql, values).await? == 1)
}

/// Declines what else was claimed of an author that has found its member.
pub(crate) async fn decline_others(
    unit: &mut UnitOfWork,
    author: AuthorId,
    by: Option<AuthorId>,
) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "UPDATE accounts_claim SET state = 'declined', decided_at = $2, decided_by = $3 \
               WHERE author = $1 AND state = 'open'";
    unit.execute(sql, params![author.raw(), now, by.map(AuthorId::raw)]).await?;
    Ok(())
}

/// Removes what a member wrote into claims.
pub(crate) async fn delete_of(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_claim WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}
