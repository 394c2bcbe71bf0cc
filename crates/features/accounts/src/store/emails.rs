//! Verified addresses, letters not sent yet, and links that work once.

use xinghe_core::{AuthorId, Lang, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use crate::model::{EmailView, LinkView, Purpose, Standing, fold_address};

#[derive(FromQueryResult)]
struct EmailRow {
    address: String,
    verified_at: i64,
}

#[derive(FromQueryResult)]
struct Word {
    word: String,
}

/// A member's address, and the one that waits.
pub(crate) async fn view<Q: Queries>(q: &Q, member: AuthorId, now: Timestamp) -> Result<EmailView, StoreError> {
    let sql = "SELECT address, verified_at FROM accounts_email WHERE member = $1";
    let row: Option<EmailRow> = q.one(sql, params![member.raw()]).await?;
    let sql = "SELECT address AS word FROM accounts_link WHERE member = $1 AND purpose = $2 AND expires_at > $3 \
               AND address IS NOT NULL ORDER BY expires_at DESC LIMIT 1";
    let verify = Purpose::Verify.as_str();
    let mut pending: Option<Word> = q.one(sql, params![member.raw(), verify, now.as_millis()]).await?;
    let sql = "SELECT address AS word FROM accounts_letter WHERE member = $1 AND purpose = $2 ORDER BY id DESC LIMIT 1";
    if let Some(waiting) = q.one::<Word>(sql, params![member.raw(), verify]).await? {
        pending = Some(waiting);
    }
    Ok(EmailView {
        address: row.as_ref().map(|r| r.address.clone()),
        verified_at: row.map(|r| Timestamp::from_millis(r.verified_at)),
        pending: pending.map(|w| w.word),
    })
}

/// Whether a member has an address.
pub(crate) async fn is_taken<Q: Queries>(q: &Q, address: &str) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM accounts_email WHERE fold = $1";
    Ok(q.number(sql, params![fold_address(address)]).await? != Some(0))
}

/// Stores a verified address; answers the one before, where it was another.
///
/// # Errors
/// A unique violation where another member has it.
pub(crate) async fn set(unit: &mut UnitOfWork, member: AuthorId, address: &str) -> Result<Option<String>, StoreError> {
    let now = unit.store().now();
    let before = view(unit, member, now).await?.address;
    let sql = "INSERT INTO accounts_email (member, address, fold, verified_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (member) DO UPDATE SET address = excluded.address, fold = excluded.fold, \
               verified_at = excluded.verified_at";
    unit.execute(sql, params![member.raw(), address, fold_address(address), now.as_millis()]).await?;
    Ok(before.filter(|b| fold_address(b) != fold_address(address)))
}

/// Takes a member's address away; answers it.
pub(crate) async fn remove(unit: &mut UnitOfWork, member: AuthorId) -> Result<Option<String>, StoreError> {
    let sql = "DELETE FROM accounts_email WHERE member = $1 RETURNING address AS word";
    Ok(unit.one::<Word>(sql, params![member.raw()]).await?.map(|w| w.word))
}

/// A mail that was asked for.
pub(crate) struct Letter {
    pub purpose: Purpose,
    pub address: String,
    /// Of whom; `None` where only the address is known.
    pub member: Option<AuthorId>,
    pub language: Lang,
    /// Where the link leads to in the end.
    pub next: String,
}

/// Writes a letter down; answers its number.
pub(crate) async fn write_letter(unit: &mut UnitOfWork, letter: &Letter) -> Result<i64, StoreError> {
    let id = xinghe_core::JobId::from(unit.store().ids().next()).raw();
    let sql = "INSERT INTO accounts_letter (id, purpose, address, member, language, next, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let Letter { purpose, address, member, language, next } = letter;
    let (member, now) = (member.map(AuthorId::raw), unit.store().now().as_millis());
    let values = params![id, purpose.as_str(), address.as_str(), member, language.tag(), next.as_str(), now];
    unit.execute(sql, values).await?;
    Ok(id)
}

/// A letter not sent yet; one that is older than a moment counts as gone.
pub(crate) async fn letter<Q: Queries>(q: &Q, id: i64, after: i64) -> Result<Option<Letter>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        purpose: String,
        address: String,
        member: Option<i64>,
        language: String,
        next: String,
    }
    let sql = "SELECT purpose, address, member, language, next FROM accounts_letter WHERE id = $1 AND created_at > $2";
    let row: Option<Row> = q.one(sql, params![id, after]).await?;
    Ok(row.and_then(|r| {
        Some(Letter {
            purpose: Purpose::parse(&r.purpose)?,
            address: r.address,
            member: r.member.map(AuthorId::from_raw),
            language: Lang::nearest(&r.language).unwrap_or_default(),
            next: r.next,
        })
    }))
}

/// Forgets a letter.
pub(crate) async fn forget_letter(unit: &mut UnitOfWork, id: i64) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_letter WHERE id = $1", params![id]).await?;
    Ok(())
}

/// An active member to whom a letter goes: the number, the handle, the language, and the verified address.
#[derive(FromQueryResult)]
pub(crate) struct Reader {
    pub id: i64,
    pub handle: String,
    pub language: Option<String>,
    pub address: Option<String>,
}

/// The active member with a verified address.
pub(crate) async fn reader_at<Q: Queries>(q: &Q, fold: &str) -> Result<Option<Reader>, StoreError> {
    let sql = "SELECT m.id, a.handle, m.language, e.address FROM accounts_email e \
               JOIN accounts_member m ON m.id = e.member JOIN accounts_author a ON a.id = m.id \
               WHERE e.fold = $1 AND m.standing = $2";
    q.one(sql, params![fold, Standing::Active.as_str()]).await
}

/// An active member.
pub(crate) async fn reader<Q: Queries>(q: &Q, member: AuthorId) -> Result<Option<Reader>, StoreError> {
    let sql = "SELECT m.id, a.handle, m.language, NULL AS address FROM accounts_member m \
               JOIN accounts_author a ON a.id = m.id WHERE m.id = $1 AND m.standing = $2";
    q.one(sql, params![member.raw(), Standing::Active.as_str()]).await
}

/// A link to be kept.
pub(crate) struct NewLink<'a> {
    pub token_hash: &'a str,
    pub purpose: Purpose,
    pub member: AuthorId,
    pub address: Option<&'a str>,
    pub next: &'a str,
    pub expires_at: Timestamp,
}

/// Keeps a link.
pub(crate) async fn add_link(unit: &mut UnitOfWork, link: &NewLink<'_>) -> Result<(), StoreError> {
    let NewLink { token_hash, purpose, member, address, next, expires_at } = link;
    let sql = "INSERT INTO accounts_link (token_hash, purpose, member, address, next, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let address = address.map(str::to_owned);
    let values = params![*token_hash, purpose.as_str(), member.raw(), address, *next, expires_at.as_millis()];
    unit.execute(sql, values).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct LinkRow {
    member: i64,
    handle: String,
    address: Option<String>,
}

/// Whom a link is for, while it works and the member is active.
pub(crate) async fn look_at_link<Q: Queries>(
    q: &Q,
    token_hash: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<LinkView>, StoreError> {
    let sql = "SELECT l.member, a.handle, l.address FROM accounts_link l JOIN accounts_member m ON m.id = l.member \
               JOIN accounts_author a ON a.id = m.id \
               WHERE l.token_hash = $1 AND l.purpose = $2 AND l.expires_at > $3 AND m.standing = $4";
    let values = params![token_hash, purpose.as_str(), now.as_millis(), Standing::Active.as_str()];
    let row: Option<LinkRow> = q.one(sql, values).await?;
    Ok(row.map(|r| LinkView { member: AuthorId::from_raw(r.member), handle: r.handle, address: r.address }))
}

/// A link that was just used up.
#[derive(FromQueryResult)]
pub(crate) struct Used {
    pub member: i64,
    pub address: Option<String>,
    pub next: String,
}

/// Uses a link up, and with it all others of the member for the same; of two transactions at once only one gets it.
pub(crate) async fn take_link(
    unit: &mut UnitOfWork,
    token_hash: &str,
    purpose: Purpose,
) -> Result<Option<Used>, StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "DELETE FROM accounts_link WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 AND member IN \
               (SELECT id FROM accounts_member WHERE standing = $4) RETURNING member, address, next";
    let values = params![token_hash, purpose.as_str(), now, Standing::Active.as_str()];
    let Some(used) = unit.one::<Used>(sql, values).await? else { return Ok(None) };
    let sql = "DELETE FROM accounts_link WHERE member = $1 AND purpose = $2";
    unit.execute(sql, params![used.member, purpose.as_str()]).await?;
    Ok(Some(used))
}

/// Forgets all links and letters of a member: when the password changes or the member goes.
pub(crate) async fn delete_links(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_link WHERE member = $1", params![member.raw()]).await?;
    unit.execute("DELETE FROM accounts_letter WHERE member = $1", params![member.raw()]).await?;
    Ok(())
}

/// Forgets what waits to be confirmed: another address takes its place.
pub(crate) async fn drop_pending(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    for table in ["accounts_link", "accounts_letter"] {
        let sql = format!("DELETE FROM {table} WHERE member = $1 AND purpose = $2");
        unit.execute(&sql, params![member.raw(), Purpose::Verify.as_str()]).await?;
    }
    Ok(())
}

/// Forgets links and letters that ran out.
pub(crate) async fn sweep(unit: &mut UnitOfWork, now: Timestamp, letters_before: i64) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_link WHERE expires_at <= $1", params![now.as_millis()]).await?;
    unit.execute("DELETE FROM accounts_letter WHERE created_at <= $1", params![letters_before]).await?;
    Ok(())
}
