//! Session rows.

use xinghe_core::{AuthorId, Lang, SessionId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};
use xinghe_web::{Member, Role, Theme};

use crate::model::{SESSION_MS, SessionView, Standing};

/// Adds a session.
pub(crate) async fn insert(
    unit: &mut UnitOfWork,
    id: SessionId,
    member: AuthorId,
    token_hash: &str,
    user_agent: &str,
) -> Result<Timestamp, StoreError> {
    let now = unit.store().now();
    let expires = now.plus_millis(SESSION_MS);
    let sql = "INSERT INTO accounts_session (id, member, token_hash, user_agent, created_at, seen_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $5, $6)";
    let values = params![id.raw(), member.raw(), token_hash, user_agent, now.as_millis(), expires.as_millis()];
    unit.execute(sql, values).await?;
    Ok(expires)
}

#[derive(FromQueryResult)]
struct ResolveRow {
    session: i64,
    member: i64,
    seen_at: i64,
    handle: String,
    name: String,
    role: String,
    language: Option<String>,
    theme: Option<String>,
}

/// The member of a live session, and when the session was last marked as used.
pub(crate) async fn resolve<Q: Queries>(
    q: &Q,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(Member, Timestamp)>, StoreError> {
    let sql = "SELECT s.id AS session, s.member, s.seen_at, a.handle, a.name, m.role, m.language, m.theme \
               FROM accounts_session s JOIN accounts_member m ON m.id = s.member \
               JOIN accounts_author a ON a.id = m.id \
               WHERE s.token_hash = $1 AND s.expires_at > $2 AND m.standing = $3";
    let row: Option<ResolveRow> = q.one(sql, params![token_hash, now.as_millis(), Standing::Active.as_str()]).await?;
    Ok(row.map(|r| {
        let member = Member {
            id: AuthorId::from_raw(r.member),
            handle: r.handle,
            name: r.name,
            role: r.role.parse().unwrap_or(Role::Member),
            lang: r.language.as_deref().and_then(Lang::nearest),
            theme: r.theme.as_deref().and_then(Theme::parse),
            session: SessionId::from_raw(r.session),
        };
        (member, Timestamp::from_millis(r.seen_at))
    }))
}

/// When a member's session was begun.
pub(crate) async fn begun_at<Q: Queries>(
    q: &Q,
    member: AuthorId,
    id: SessionId,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT created_at AS value FROM accounts_session WHERE id = $1 AND member = $2";
    Ok(q.number(sql, params![id.raw(), member.raw()]).await?.map(Timestamp::from_millis))
}

/// Marks a session as used: it lives its full time again.
pub(crate) async fn touch(unit: &mut UnitOfWork, id: SessionId) -> Result<(), StoreError> {
    let now = unit.store().now();
    let sql = "UPDATE accounts_session SET seen_at = $2, expires_at = $3 WHERE id = $1";
    unit.execute(sql, params![id.raw(), now.as_millis(), now.plus_millis(SESSION_MS).as_millis()]).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct ViewRow {
    id: i64,
    user_agent: String,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
}

/// The live sessions of a member, last used first.
pub(crate) async fn of_member<Q: Queries>(
    q: &Q,
    member: AuthorId,
    now: Timestamp,
) -> Result<Vec<SessionView>, StoreError> {
    let sql = "SELECT id, user_agent, created_at, seen_at, expires_at FROM accounts_session \
               WHERE member = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC LIMIT 200";
    let rows: Vec<ViewRow> = q.all(sql, params![member.raw(), now.as_millis()]).await?;
    let view = |r: ViewRow| SessionView {
        id: SessionId::from_raw(r.id),
        user_agent: r.user_agent,
        created_at: Timestamp::from_millis(r.created_at),
        seen_at: Timestamp::from_millis(r.seen_at),
        expires_at: Timestamp::from_millis(r.expires_at),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Ends one session of a member; `false` when the member has no such session.
pub(crate) async fn delete(unit: &mut UnitOfWork, member: AuthorId, id: SessionId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM accounts_session WHERE id = $1 AND member = $2";
    Ok(unit.execute(sql, params![id.raw(), member.raw()]).await? == 1)
}

/// Ends all sessions of a member but one; answers how many.
pub(crate) async fn delete_all(
    unit: &mut UnitOfWork,
    member: AuthorId,
    keep: Option<SessionId>,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM accounts_session WHERE member = $1 AND id <> $2";
    unit.execute(sql, params![member.raw(), keep.map_or(0, SessionId::raw)]).await
}

/// Forgets what ran out: sessions, and tries older than a day.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp) -> Result<u64, StoreError> {
    let sessions =
        unit.execute("DELETE FROM accounts_session WHERE expires_at <= $1", params![now.as_millis()]).await?;
    let day_ago = now.plus_millis(-super::throttle::FORGET_MS).as_millis();
    unit.execute("DELETE FROM accounts_throttle WHERE last_at < $1", params![day_ago]).await?;
    Ok(sessions)
}
