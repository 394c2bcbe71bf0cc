//! Member rows: the account behind an author.

use std::collections::{HashMap, HashSet};

use xinghe_core::{AuthorId, Lang};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};
use xinghe_web::{Role, Theme};

use crate::model::{About, Link, MemberInfo, Standing};
use crate::store::for_update;

#[derive(FromQueryResult)]
pub(crate) struct MemberRow {
    pub id: i64,
    pub role: String,
    pub standing: String,
    pub language: Option<String>,
    pub theme: Option<String>,
    pub about_zh_hans: String,
    pub about_zh_hant: String,
    pub about_en: String,
    pub links: String,
}

impl MemberRow {
    /// As types. A word that is not known, which only a hand at the database can have written, gives the least right.
    pub(crate) fn info(self) -> MemberInfo {
        MemberInfo {
            role: self.role.parse().unwrap_or(Role::Member),
            standing: self.standing.parse().unwrap_or(Standing::Disabled),
            language: self.language.as_deref().and_then(Lang::nearest),
            theme: self.theme.as_deref().and_then(Theme::parse),
            about: About { zh_hans: self.about_zh_hans, zh_hant: self.about_zh_hant, en: self.about_en },
            links: serde_json::from_str(&self.links).unwrap_or_default(),
        }
    }
}

const MEMBER: &str = "SELECT id, role, standing, language, theme, about_zh_hans, about_zh_hant, about_en, links \
                      FROM accounts_member";

/// Members by id.
pub(crate) async fn by_ids<Q: Queries>(q: &Q, ids: &[i64]) -> Result<HashMap<i64, MemberRow>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!("{MEMBER} WHERE id IN ({})", list(1, ids.len()));
    let rows: Vec<MemberRow> = q.all(&sql, ids.iter().map(|id| Value::from(*id)).collect()).await?;
    Ok(rows.into_iter().map(|r| (r.id, r)).collect())
}

/// What a new account begins with.
pub(crate) struct NewMember<'a> {
    pub id: AuthorId,
    pub password: Option<&'a str>,
    pub role: Role,
    pub language: Option<Lang>,
    pub about: &'a About,
}

/// Adds an account to an author row.
pub(crate) async fn insert(unit: &mut UnitOfWork, new: &NewMember<'_>) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO accounts_member \
               (id, password, role, standing, language, about_zh_hans, about_zh_hant, about_en, links, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '[]', $9)";
    let (password, language) = (new.password.map(str::to_owned), new.language.map(|l| l.tag().to_owned()));
    let About { zh_hans, zh_hant, en } = new.about.clone();
    let (role, standing) = (new.role.as_str(), Standing::Active.as_str());
    unit.execute(sql, params![new.id.raw(), password, role, standing, language, zh_hans, zh_hant, en, now]).await?;
    Ok(())
}

/// What signing in looks at.
#[derive(FromQueryResult)]
pub(crate) struct Secret {
    pub id: i64,
    pub handle: String,
    pub password: Option<String>,
    pub standing: String,
}

const SECRET: &str = "SELECT m.id, a.handle, m.password, m.standing FROM accounts_member m \
                      JOIN accounts_author a ON a.id = m.id";

/// The secret of the member with a handle.
pub(crate) async fn secret_by_handle<Q: Queries>(q: &Q, handle: &str) -> Result<Option<Secret>, StoreError> {
    q.one(&format!("{SECRET} WHERE a.handle = $1"), params![handle]).await
}

/// The secret of a member.
pub(crate) async fn secret<Q: Queries>(q: &Q, id: AuthorId) -> Result<Option<Secret>, StoreError> {
    q.one(&format!("{SECRET} WHERE m.id = $1"), params![id.raw()]).await
}

/// Stores a new password hash.
pub(crate) async fn set_password(unit: &mut UnitOfWork, id: AuthorId, phc: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE accounts_member SET password = $2 WHERE id = $1";
    Ok(unit.execute(sql, params![id.raw(), phc]).await? == 1)
}

/// Stores the password hash of a member who has none; `false` when there is one.
pub(crate) async fn set_first_password(unit: &mut UnitOfWork, id: AuthorId, phc: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE accounts_member SET password = $2 WHERE id = $1 AND password IS NULL";
    Ok(unit.execute(sql, params![id.raw(), phc]).await? == 1)
}

/// Replaces a password hash by one of the same password, unless it was changed meanwhile.
pub(crate) async fn rehash(unit: &mut UnitOfWork, id: AuthorId, old: &str, new: &str) -> Result<(), StoreError> {
    let sql = "UPDATE accounts_member SET password = $3 WHERE id = $1 AND password = $2";
    unit.execute(sql, params![id.raw(), old, new]).await?;
    Ok(())
}

/// Stores the notes, links and settings of a member.
pub(crate) async fn update(unit: &mut UnitOfWork, id: AuthorId, info: &MemberInfo) -> Result<(), StoreError> {
    let now = unit.store().now().as_millis();
    let sql = "UPDATE accounts_member SET language = $2, theme = $3, about_zh_hans = $4, about_zh_hant = $5, \
               about_en = $6, links = $7, updated_at = $8 WHERE id = $1";
    let (language, theme) = (info.language.map(|l| l.tag().to_owned()), info.theme.map(|t| t.as_str().to_owned()));
    let About { zh_hans, zh_hant, en } = info.about.clone();
    unit.execute(sql, params![id.raw(), language, theme, zh_hans, zh_hant, en, links_json(&info.links)?, now]).await?;
    Ok(())
}

fn links_json(links: &[Link]) -> Result<String, StoreError> {
    serde_json::to_string(links).map_err(|e| StoreError::Value(e.to_string()))
}

/// Role and standing of a member, held until the transaction ends.
pub(crate) async fn rank(unit: &UnitOfWork, id: AuthorId) -> Result<Option<(Role, Standing)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        role: String,
        standing: String,
    }
    let sql = format!("SELECT role, standing FROM accounts_member WHERE id = $1{}", for_update(unit.store().backend()));
    let row: Option<Row> = unit.one(&sql, params![id.raw()]).await?;
    Ok(row.map(|r| (r.role.parse().unwrap_or(Role::Member), r.standing.parse().unwrap_or(Standing::Disabled))))
}

/// The administrators who can sign in, held until the transaction ends so that two of them cannot leave at once.
pub(crate) async fn administrators(unit: &UnitOfWork) -> Result<Vec<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let sql = format!(
        "SELECT id FROM accounts_member WHERE role = $1 AND standing = $2 ORDER BY id{}",
        for_update(unit.store().backend())
    );
    let rows: Vec<Row> = unit.all(&sql, params![Role::Administrator.as_str(), Standing::Active.as_str()]).await?;
    Ok(rows.into_iter().map(|r| AuthorId::from_raw(r.id)).collect())
}

/// Which of these are moderators or administrators.
pub(crate) async fn keepers<Q: Queries>(q: &Q, ids: &[AuthorId]) -> Result<HashSet<AuthorId>, StoreError> {
    those(q, "role <> $1", Role::Member.as_str(), ids).await
}

/// Which of these members may not use their account.
pub(crate) async fn disabled<Q: Queries>(q: &Q, ids: &[AuthorId]) -> Result<HashSet<AuthorId>, StoreError> {
    those(q, "standing <> $1", Standing::Active.as_str(), ids).await
}

/// Ids of one `IN (…)` list.
const CHUNK: usize = 1000;

/// Which of these members the condition on `$1` holds of.
async fn those<Q: Queries>(
    q: &Q,
    condition: &str,
    word: &str,
    ids: &[AuthorId],
) -> Result<HashSet<AuthorId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
    }
    let mut found = HashSet::new();
    for chunk in ids.chunks(CHUNK) {
        let sql = format!("SELECT id FROM accounts_member WHERE {condition} AND id IN ({})", list(2, chunk.len()));
        let mut values = params![word];
        values.extend(chunk.iter().map(|id| Value::from(id.raw())));
        let rows: Vec<Row> = q.all(&sql, values).await?;
        found.extend(rows.into_iter().map(|r| AuthorId::from_raw(r.id)));
    }
    Ok(found)
}

/// Whether there is an administrator, able to sign in or not.
pub(crate) async fn any_administrator<Q: Queries>(q: &Q) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM accounts_member WHERE role = $1";
    Ok(q.number(sql, params![Role::Administrator.as_str()]).await? != Some(0))
}

/// Stores role and standing.
pub(crate) async fn set_rank(
    unit: &mut UnitOfWork,
    id: AuthorId,
    role: Role,
    standing: Standing,
) -> Result<(), StoreError> {
    let sql = "UPDATE accounts_member SET role = $2, standing = $3 WHERE id = $1";
    unit.execute(sql, params![id.raw(), role.as_str(), standing.as_str()]).await?;
    Ok(())
}

/// Removes the account's row.
pub(crate) async fn delete(unit: &mut UnitOfWork, id: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_member WHERE id = $1", params![id.raw()]).await?;
    Ok(())
}

/// Keeps the hash of a first-administrator token, and forgets those made before a moment.
pub(crate) async fn add_setup_token(
    unit: &mut UnitOfWork,
    token_hash: &str,
    forget_before: i64,
) -> Result<(), StoreError> {
    unit.execute("DELETE FROM accounts_setup WHERE created_at < $1", params![forget_before]).await?;
    let now = unit.store().now().as_millis();
    let sql = "INSERT INTO accounts_setup (token_hash, created_at) VALUES ($1, $2)";
    unit.execute(sql, params![token_hash, now]).await?;
    Ok(())
}

/// Whether a first-administrator token made after a moment has this hash.
pub(crate) async fn knows_setup_token<Q: Queries>(q: &Q, token_hash: &str, after: i64) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM accounts_setup WHERE token_hash = $1 AND created_at > $2";
    Ok(q.number(sql, params![token_hash, after]).await? == Some(1))
}

/// Uses up every first-administrator token; `true` when the one of this hash was among them. Of two transactions at
/// once, only one sees it.
pub(crate) async fn take_setup_tokens(unit: &mut UnitOfWork, token_hash: &str, after: i64) -> Result<bool, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        token_hash: String,
        created_at: i64,
    }
    let sql = "DELETE FROM accounts_setup RETURNING token_hash, created_at";
    let rows: Vec<Row> = unit.all(sql, vec![]).await?;
    Ok(rows.iter().any(|r| r.token_hash == token_hash && r.created_at > after))
}
