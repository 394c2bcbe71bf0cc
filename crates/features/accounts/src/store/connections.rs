//! Accounts at other sites, browsers sent there, and people who came from there.

use xinghe_core::id::ConnectionId;
use xinghe_core::{AuthorId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::elsewhere::Person;
use crate::model::{ERRAND_MS, fold_page};

/// Longest handle of another site that is kept, in characters.
const SHOWN_MAX: usize = 100;

/// A connection's row.
#[derive(FromQueryResult)]
pub(crate) struct ConnectionRow {
    pub id: i64,
    pub member: i64,
    pub issuer: String,
    pub shown: String,
    pub page: Option<String>,
    pub created_at: i64,
    pub used_at: i64,
}

const CONNECTION: &str = "SELECT id, member, issuer, shown, page, created_at, used_at FROM accounts_connection";

/// A member's, oldest first.
pub(crate) async fn of_member<Q: Queries>(q: &Q, member: AuthorId) -> Result<Vec<ConnectionRow>, StoreError> {
    q.all(&format!("{CONNECTION} WHERE member = $1 ORDER BY id"), params![member.raw()]).await
}

/// Whose this account is.
pub(crate) async fn of_subject<Q: Queries>(
    q: &Q,
    issuer: &str,
    subject: &str,
) -> Result<Option<ConnectionRow>, StoreError> {
    q.one(&format!("{CONNECTION} WHERE issuer = $1 AND subject = $2"), params![issuer, subject]).await
}

/// The only member who has connected the account of a page.
pub(crate) async fn member_at<Q: Queries>(q: &Q, page: &str) -> Result<Option<AuthorId>, StoreError> {
    let sql = format!("{CONNECTION} WHERE page = $1 ORDER BY used_at DESC LIMIT 2");
    let rows: Vec<ConnectionRow> = q.all(&sql, params![page]).await?;
    // Two accounts that had one handle after another: nobody can tell whose work it is.
    Ok(if let [one] = rows.as_slice() { Some(AuthorId::from_raw(one.member)) } else { None })
}

/// What is shown of a person at a site.
fn shown(person: &Person) -> String {
    let shown = person.handle.as_deref().or(person.name.as_deref()).or(person.address.as_deref());
    shown.unwrap_or(&person.subject).chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}

/// Makes an account at a site a member's.
///
/// # Errors
/// A unique violation where it is somebody's already.
pub(crate) async fn insert(
    unit: &mut UnitOfWork,
    id: ConnectionId,
    member: AuthorId,
    issuer: &str,
    person: &Person,
) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let page = person.page.as_deref().and_then(fold_page);
    let sql = "INSERT INTO accounts_connection (id, member, issuer, subject, shown, page, created_at, used_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    let values = params![id.raw(), member.raw(), issuer, person.subject.as_str(), shown(person), page, now];
    unit.execute(sql, values).await?;
    Ok(())
}

/// Marks one as used, and learns how the account is called now.
pub(crate) async fn touch(unit: &mut UnitOfWork, id: i64, person: &Person) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let page = person.page.as_deref().and_then(fold_page);
    let sql = "UPDATE accounts_connection SET shown = $2, page = $3, used_at = $4 WHERE id = $1";
    unit.execute(sql, params![id, shown(person), page, now]).await?;
    Ok(())
}

/// Ends one; `false` when the member has no such connection.
pub(crate) async fn delete(unit: &mut UnitOfWork, member: AuthorId, id: ConnectionId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM accounts_connection WHERE id = $1 AND member = $2";
    Ok(unit.execute(sql, params![id.raw(), member.raw()]).await? == 1)
}

/// Ends all of a member, and forgets where the member's browsers are.
pub(crate) async fn delete_all(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_connection WHERE member = $1", params![member.raw()]).await?;
    unit.execute("DELETE FROM accounts_errand WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}

/// A browser sent to a site.
#[derive(FromQueryResult)]
pub(crate) struct Errand {
    pub site: String,
    pub member: Option<i64>,
    pub next: String,
}

/// Writes down that a browser was sent away.
pub(crate) async fn add_errand(
    unit: &mut UnitOfWork,
    (state_hash, browser_hash): (&str, &str),
    errand: &Errand,
) -> Result<(), StoreError> {
    let expires = unit.store().now().plus_millis(ERRAND_MS).as_millis();
    let sql = "INSERT INTO accounts_errand (state_hash, browser_hash, site, member, next, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let Errand { site, member, next } = errand;
    unit.execute(sql, params![state_hash, browser_hash, site.as_str(), *member, next.as_str(), expires]).await?;
    Ok(())
}

/// Ends the errand of the browser that came back: it is answered once, and to that browser only.
pub(crate) async fn take_errand(
    unit: &mut UnitOfWork,
    (state_hash, browser_hash): (&str, &str),
) -> Result<Option<Errand>, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "DELETE FROM accounts_errand WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3 \
               RETURNING site, member, next";
    unit.one(sql, params![state_hash, browser_hash, now]).await
}

/// Somebody who has yet to choose a handle.
#[derive(FromQueryResult)]
pub(crate) struct ArrivalRow {
    pub issuer: String,
    pub subject: String,
    pub shown: String,
    pub page: Option<String>,
    pub name: String,
    pub address: Option<String>,
    pub next: String,
}

/// Keeps who came, until a handle is chosen.
pub(crate) async fn add_arrival(
    unit: &mut UnitOfWork,
    token_hash: &str,
    issuer: &str,
    person: &Person,
    next: &str,
) -> Result<(), StoreError> {
    let expires = unit.store().now().plus_millis(ERRAND_MS).as_millis();
    let sql = "INSERT INTO accounts_arrival \
               (token_hash, issuer, subject, shown, page, name, address, next, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (subject, shown, page) = (person.subject.as_str(), shown(person), person.page.clone());
    let (name, address) = (person.name.clone().unwrap_or_default(), person.address.clone());
    unit.execute(sql, params![token_hash, issuer, subject, shown, page, name, address, next, expires]).await?;
    Ok(())
}

const ARRIVAL: &str = "issuer, subject, shown, page, name, address, next";

/// Who came under a token.
pub(crate) async fn arrival<Q: Queries>(
    q: &Q,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<ArrivalRow>, StoreError> {
    let sql = format!("SELECT {ARRIVAL} FROM accounts_arrival WHERE token_hash = $1 AND expires_at > $2");
    q.one(&sql, params![token_hash, now.as_millis()]).await
}

/// Uses a token up; of two requests at once, only one is answered.
pub(crate) async fn take_arrival(unit: &mut UnitOfWork, token_hash: &str) -> Result<Option<ArrivalRow>, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = format!("DELETE FROM accounts_arrival WHERE token_hash = $1 AND expires_at > $2 RETURNING {ARRIVAL}");
    unit.one(&sql, params![token_hash, now]).await
}

/// Forgets errands and arrivals that ran out.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_errand WHERE expires_at <= $1", params![now.as_millis()]).await?;
    unit.execute("DELETE FROM accounts_arrival WHERE expires_at <= $1", params![now.as_millis()]).await?;
    Ok(())
}
