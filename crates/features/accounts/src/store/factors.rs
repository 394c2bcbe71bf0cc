//! Second factors, recovery codes, and sign-ins that wait for them.

use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::model::Standing;
use crate::model::factor::{FactorView, HALF_MS};

/// A factor's row.
#[derive(FromQueryResult)]
pub(crate) struct Factor {
    pub secret: String,
    pub confirmed_at: Option<i64>,
}

/// A member's factor, on or being set up.
pub(crate) async fn of<Q: Queries>(q: &Q, member: AuthorId) -> Result<Option<Factor>, StoreError> {
    q.one("SELECT secret, confirmed_at FROM accounts_factor WHERE member = $1", params![member.raw()]).await
}

/// The secret of a member's factor that is on.
pub(crate) async fn secret_if_on<Q: Queries>(q: &Q, member: AuthorId) -> Result<Option<String>, StoreError> {
    Ok(of(q, member).await?.filter(|f| f.confirmed_at.is_some()).map(|f| f.secret))
}

/// How a member's factor stands.
pub(crate) async fn view<Q: Queries>(q: &Q, member: AuthorId) -> Result<FactorView, StoreError> {
    let Some(factor) = of(q, member).await? else { return Ok(FactorView::default()) };
    let sql = "SELECT COUNT(*) AS value FROM accounts_recovery WHERE member = $1";
    let recovery_left = q.number(sql, params![member.raw()]).await?.unwrap_or(0);
    let on_since = factor.confirmed_at.map(Timestamp::from_millis);
    Ok(FactorView { on_since, recovery_left, begun: on_since.is_none() })
}

/// Keeps a secret that is being set up, in place of an earlier one; `false` when the factor is on already.
pub(crate) async fn begin(unit: &mut UnitOfWork, member: AuthorId, secret: &str) -> Result<bool, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO accounts_factor (member, secret, confirmed_at, last_step, created_at) \
               VALUES ($1, $2, NULL, 0, $3) ON CONFLICT (member) DO UPDATE SET secret = excluded.secret, \
               last_step = 0, created_at = excluded.created_at WHERE accounts_factor.confirmed_at IS NULL";
    Ok(unit.execute(sql, params![member.raw(), secret, now]).await? == 1)
}

/// Turns a factor on that was set up; `false` when it was on already or another secret is there meanwhile.
pub(crate) async fn confirm(unit: &mut UnitOfWork, member: AuthorId, secret: &str) -> Result<bool, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "UPDATE accounts_factor SET confirmed_at = $3 WHERE member = $1 AND secret = $2 AND confirmed_at IS NULL";
    Ok(unit.execute(sql, params![member.raw(), secret, now]).await? == 1)
}

/// Marks a step as used; `false` when it, or a newer one, was used already.
pub(crate) async fn use_step(unit: &mut UnitOfWork, member: AuthorId, step: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE accounts_factor SET last_step = $2 WHERE member = $1 AND last_step < $2";
    Ok(unit.execute(sql, params![member.raw(), step]).await? == 1)
}

/// Uses a recovery code up; `false` when there is none like it.
pub(crate) async fn use_recovery(unit: &mut UnitOfWork, member: AuthorId, hash: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM accounts_recovery WHERE member = $1 AND code_hash = $2";
    Ok(unit.execute(sql, params![member.raw(), hash]).await? == 1)
}

/// Replaces all recovery codes.
pub(crate) async fn set_recovery(unit: &mut UnitOfWork, member: AuthorId, hashes: &[String]) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_recovery WHERE member = $1", params![member.raw()]).await?;
    for hash in hashes {
        let sql = "INSERT INTO accounts_recovery (member, code_hash) VALUES ($1, $2)";
        unit.execute(sql, params![member.raw(), hash.as_str()]).await?;
    }
    Ok(())
}

/// Takes a factor away with all that belongs to it; `false` when there was none.
pub(crate) async fn remove(unit: &mut UnitOfWork, member: AuthorId) -> Result<bool, StoreError> {
    unit.execute("DELETE FROM accounts_recovery WHERE member = $1", params![member.raw()]).await?;
    unit.execute("DELETE FROM accounts_half WHERE member = $1", params![member.raw()]).await?;
    Ok(unit.execute("DELETE FROM accounts_factor WHERE member = $1", params![member.raw()]).await? == 1)
}

/// Keeps a sign-in that waits for its code.
pub(crate) async fn add_half(unit: &mut UnitOfWork, member: AuthorId, token_hash: &str) -> Result<(), StoreError> {
    let expires = unit.store().now().plus_millis(HALF_MS).as_millis();
    let sql = "INSERT INTO accounts_half (token_hash, member, expires_at) VALUES ($1, $2, $3)";
    unit.execute(sql, params![token_hash, member.raw(), expires]).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Whose {
    member: i64,
}

/// Whose sign-in waits under a token.
pub(crate) async fn half<Q: Queries>(q: &Q, token_hash: &str, now: Timestamp) -> Result<Option<AuthorId>, StoreError> {
    let sql = "SELECT h.member FROM accounts_half h JOIN accounts_member m ON m.id = h.member \
               WHERE h.token_hash = $1 AND h.expires_at > $2 AND m.standing = $3";
    let row: Option<Whose> = q.one(sql, params![token_hash, now.as_millis(), Standing::Active.as_str()]).await?;
    Ok(row.map(|r| AuthorId::from_raw(r.member)))
}

/// Ends a waiting sign-in; `false` when another request did.
pub(crate) async fn take_half(unit: &mut UnitOfWork, token_hash: &str) -> Result<bool, StoreError> {
    Ok(unit.execute("DELETE FROM accounts_half WHERE token_hash = $1", params![token_hash]).await? == 1)
}

/// Ends all waiting sign-ins of a member.
pub(crate) async fn delete_halves(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_half WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}

/// Forgets waiting sign-ins that ran out.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_half WHERE expires_at <= $1", params![now.as_millis()]).await?;
    Ok(())
}
