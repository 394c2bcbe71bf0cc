//! Rows of personal access tokens.

use xinghe_core::id::TokenId;
use xinghe_core::{AuthorId, Lang, SessionId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};
use xinghe_web::{Member, Role, Scopes, Theme};

use crate::model::{Standing, TokenView};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    name: String,
    hint: String,
    scopes: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

impl From<Row> for TokenView {
    fn from(row: Row) -> Self {
        Self {
            id: TokenId::from_raw(row.id),
            name: row.name,
            hint: row.hint,
            scopes: Scopes::parse(&row.scopes),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            used_at: row.used_at.map(Timestamp::from_millis),
        }
    }
}

/// Adds a token.
pub(crate) async fn insert(
    unit: &mut UnitOfWork,
    member: AuthorId,
    view: &TokenView,
    token_hash: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts_token (id, member, name, hint, token_hash, scopes, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let TokenView { id, name, hint, scopes, created_at, expires_at, used_at: _ } = view;
    let (scopes, created, expires) = (scopes.to_string(), created_at.as_millis(), expires_at.as_millis());
    let values = params![id.raw(), member.raw(), name.as_str(), hint.as_str(), token_hash, scopes, created, expires];
    unit.execute(sql, values).await?;
    Ok(())
}

/// How many live tokens a member has.
pub(crate) async fn count<Q: Queries>(q: &Q, member: AuthorId, now: Timestamp) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM accounts_token WHERE member = $1 AND expires_at > $2";
    Ok(q.number(sql, params![member.raw(), now.as_millis()]).await?.unwrap_or(0))
}

/// A member's live tokens, newest first.
pub(crate) async fn of_member<Q: Queries>(
    q: &Q,
    member: AuthorId,
    now: Timestamp,
) -> Result<Vec<TokenView>, StoreError> {
    let sql = "SELECT id, name, hint, scopes, created_at, expires_at, used_at FROM accounts_token \
               WHERE member = $1 AND expires_at > $2 ORDER BY id DESC";
    let rows: Vec<Row> = q.all(sql, params![member.raw(), now.as_millis()]).await?;
    Ok(rows.into_iter().map(TokenView::from).collect())
}

#[derive(FromQueryResult)]
struct Resolved {
    id: i64,
    member: i64,
    scopes: String,
    used_at: Option<i64>,
    handle: String,
    name: String,
    role: String,
    language: Option<String>,
    theme: Option<String>,
}

/// A token that was found.
pub(crate) struct Found {
    pub id: TokenId,
    pub member: Member,
    pub scopes: Scopes,
    pub used_at: Option<Timestamp>,
}

/// The active member of a live token. There is no session behind it: its number stands in the session's place.
pub(crate) async fn resolve<Q: Queries>(q: &Q, token_hash: &str, now: Timestamp) -> Result<Option<Found>, StoreError> {
    let sql = "SELECT t.id, t.member, t.scopes, t.used_at, a.handle, a.name, m.role, m.language, m.theme \
               FROM accounts_token t JOIN accounts_member m ON m.id = t.member \
               JOIN accounts_author a ON a.id = m.id \
               WHERE t.token_hash = $1 AND t.expires_at > $2 AND m.standing = $3";
    let values = params![token_hash, now.as_millis(), Standing::Active.as_str()];
    let row: Option<Resolved> = q.one(sql, values).await?;
    Ok(row.map(|r| Found {
        id: TokenId::from_raw(r.id),
        scopes: Scopes::parse(&r.scopes),
        used_at: r.used_at.map(Timestamp::from_millis),
        member: Member {
            id: AuthorId::from_raw(r.member),
            handle: r.handle,
            name: r.name,
            role: r.role.parse().unwrap_or(Role::Member),
            lang: r.language.as_deref().and_then(Lang::nearest),
            theme: r.theme.as_deref().and_then(Theme::parse),
            session: SessionId::from_raw(r.id),
        },
    }))
}

/// Marks a token as used.
pub(crate) async fn touch(unit: &mut UnitOfWork, id: TokenId) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    unit.execute("UPDATE accounts_token SET used_at = $2 WHERE id = $1", params![id.raw(), now]).await?;
    Ok(())
}

/// Ends one token of a member; `false` when the member has no such token.
pub(crate) async fn delete(unit: &mut UnitOfWork, member: AuthorId, id: TokenId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM accounts_token WHERE id = $1 AND member = $2";
    Ok(unit.execute(sql, params![id.raw(), member.raw()]).await? == 1)
}

/// Ends all tokens of a member.
pub(crate) async fn delete_all(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_token WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}

/// Forgets tokens that ran out.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_token WHERE expires_at <= $1", params![now.as_millis()]).await?;
    Ok(())
}
