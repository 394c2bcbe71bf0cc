//! What is known of members' use of the place, and levels that administrators set.

use std::collections::HashMap;

use xinghe_core::{ActId, AuthorId, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use super::word;
use crate::levels::{Facts, Setting, UPHELD_DAYS};
use crate::model::DAY_MS;

const DERIVED: [&str; 5] = [
    "moderation_trust_member",
    "moderation_trust_post",
    "moderation_trust_thanks",
    "moderation_trust_upheld",
    "moderation_trust_written",
];

/// Drops all that was derived.
pub(crate) async fn drop_trust(unit: &mut UnitOfWork) -> Result<(), StoreError> {
    for table in DERIVED {
        unit.execute(&format!("DELETE FROM {table}"), vec![]).await?;
    }
    Ok(())
}

/// A member joined.
pub(crate) async fn joined(unit: &mut UnitOfWork, member: AuthorId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO moderation_trust_member (member, joined_at, days, last_day) VALUES ($1, $2, 0, 0) \
               ON CONFLICT (member) DO NOTHING";
    unit.execute(sql, params![member.raw(), at.as_millis()]).await?;
    Ok(())
}

/// A member did something on this day.
pub(crate) async fn active(unit: &mut UnitOfWork, member: AuthorId, day: i64) -> Result<(), StoreError> {
    let sql = "UPDATE moderation_trust_member SET days = days + 1, last_day = $2 WHERE member = $1 AND last_day < $2";
    unit.execute(sql, params![member.raw(), i32::try_from(day).unwrap_or(i32::MAX)]).await?;
    Ok(())
}

/// A member published a post.
pub(crate) async fn published(unit: &mut UnitOfWork, post: PostId, author: AuthorId) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO moderation_trust_post (post, author, seen) VALUES ($1, $2, TRUE) ON CONFLICT (post) DO NOTHING";
    unit.execute(sql, params![post.raw(), author.raw()]).await?;
    Ok(())
}

/// A member put something before others: a post or a private message, by its number.
pub(crate) async fn written(unit: &mut UnitOfWork, id: i64, member: AuthorId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM moderation_trust_written WHERE member = $1 AND at < $2";
    unit.execute(sql, params![member.raw(), at.as_millis() - DAY_MS]).await?;
    let sql = "INSERT INTO moderation_trust_written (id, member, at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    unit.execute(sql, params![id, member.raw(), at.as_millis()]).await?;
    Ok(())
}

/// Whether a post is to be seen.
pub(crate) async fn seen(unit: &mut UnitOfWork, post: PostId, on: bool) -> Result<(), StoreError> {
    let sql = "UPDATE moderation_trust_post SET seen = $2 WHERE post = $1";
    unit.execute(sql, params![post.raw(), on]).await?;
    Ok(())
}

/// A member thanked or voted for a post (`kind`), or no longer does.
pub(crate) async fn thanked(
    unit: &mut UnitOfWork,
    (post, by): (PostId, AuthorId),
    kind: &str,
    on: bool,
) -> Result<(), StoreError> {
    let sql = if on {
        "INSERT INTO moderation_trust_thanks (post, by_member, kind) VALUES ($1, $2, $3) \
         ON CONFLICT (post, by_member, kind) DO NOTHING"
    } else {
        "DELETE FROM moderation_trust_thanks WHERE post = $1 AND by_member = $2 AND kind = $3"
    };
    unit.execute(sql, params![post.raw(), by.raw(), kind]).await?;
    Ok(())
}

/// Moderators decided something against a member, or took it back (`at` is `None`).
pub(crate) async fn upheld(
    unit: &mut UnitOfWork,
    (act, member): (ActId, AuthorId),
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    match at {
        Some(at) => {
            let sql = "INSERT INTO moderation_trust_upheld (act, member, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (act) DO NOTHING";
            unit.execute(sql, params![act.raw(), member.raw(), at.as_millis()]).await?;
        }
        None => {
            unit.execute("DELETE FROM moderation_trust_upheld WHERE act = $1", params![act.raw()]).await?;
        }
    }
    Ok(())
}

/// Forgets a member in all that was derived.
pub(crate) async fn forget_trust(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    for condition in [
        "moderation_trust_thanks WHERE by_member = $1",
        "moderation_trust_thanks WHERE post IN (SELECT post FROM moderation_trust_post WHERE author = $1)",
        "moderation_trust_post WHERE author = $1",
        "moderation_trust_member WHERE member = $1",
        "moderation_trust_upheld WHERE member = $1",
        "moderation_trust_written WHERE member = $1",
    ] {
        unit.execute(&format!("DELETE FROM {condition}"), params![member.raw()]).await?;
    }
    Ok(())
}

/// Forgets a member's levels, and who set others'.
pub(crate) async fn forget_levels(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.execute("DELETE FROM moderation_level WHERE member = $1", params![member.raw()]).await?;
    unit.execute("UPDATE moderation_level SET by_member = 0 WHERE by_member = $1", params![member.raw()]).await?;
    Ok(())
}

/// What is known of these members; one of whom nothing is known is left out.
pub(crate) async fn facts(
    q: &impl Queries,
    members: &[AuthorId],
    now: Timestamp,
) -> Result<HashMap<AuthorId, Facts>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        member: i64,
        joined_at: i64,
        days: i32,
        posts: i64,
        people: i64,
        upheld: i64,
    }
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT m.member, m.joined_at, m.days, \
         (SELECT COUNT(*) FROM moderation_trust_post p WHERE p.author = m.member AND p.seen) AS posts, \
         (SELECT COUNT(DISTINCT t.by_member) FROM moderation_trust_post p JOIN moderation_trust_thanks t \
         ON t.post = p.post WHERE p.author = m.member AND p.seen) AS people, \
         (SELECT COUNT(*) FROM moderation_trust_upheld u WHERE u.member = m.member AND u.at > $1) AS upheld \
         FROM moderation_trust_member m WHERE m.member IN ({})",
        list(2, members.len())
    );
    let mut values = params![now.as_millis() - UPHELD_DAYS * DAY_MS];
    values.extend(members.iter().map(|m| Value::from(m.raw())));
    let count = |n: i64| u32::try_from(n).unwrap_or_default();
    let rows: Vec<Row> = q.all(&sql, values).await?;
    let facts = |r: &Row| Facts {
        since: Facts::days_since(Timestamp::from_millis(r.joined_at), now),
        active: count(r.days.into()),
        posts: count(r.posts),
        people: count(r.people),
        upheld: count(r.upheld),
    };
    Ok(rows.iter().map(|r| (AuthorId::from_raw(r.member), facts(r))).collect())
}

/// When a member put things before others since a moment, the latest first.
pub(crate) async fn written_since(
    q: &impl Queries,
    member: AuthorId,
    since: Timestamp,
) -> Result<Vec<Timestamp>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        at: i64,
    }
    let sql = "SELECT at FROM moderation_trust_written WHERE member = $1 AND at > $2 ORDER BY at DESC LIMIT 1000";
    let rows: Vec<Row> = q.all(sql, params![member.raw(), since.as_millis()]).await?;
    Ok(rows.into_iter().map(|r| Timestamp::from_millis(r.at)).collect())
}

/// Writes down a level that an administrator set.
pub(crate) async fn set_level(unit: &mut UnitOfWork, member: AuthorId, setting: &Setting) -> Result<(), StoreError> {
    let id: ActId = unit.store().ids().next().into();
    let level = setting.level.map_or("", |l| l.as_str());
    let sql = "INSERT INTO moderation_level (id, member, level, words, by_member, at) VALUES ($1, $2, $3, $4, $5, $6)";
    let at = setting.at.as_millis();
    let values = params![id.raw(), member.raw(), level, setting.words.as_str(), setting.by.raw(), at];
    unit.execute(sql, values).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct SetRow {
    member: i64,
    level: String,
    words: String,
    by_member: i64,
    at: i64,
}

impl SetRow {
    fn setting(self) -> Result<Setting, StoreError> {
        Ok(Setting {
            level: if self.level.is_empty() { None } else { Some(word(&self.level)?) },
            words: self.words,
            by: AuthorId::from_raw(self.by_member),
            at: Timestamp::from_millis(self.at),
        })
    }
}

/// The levels that were set of a member, the latest first.
pub(crate) async fn settings_of(q: &impl Queries, member: AuthorId) -> Result<Vec<Setting>, StoreError> {
    let sql = "SELECT member, level, words, by_member, at FROM moderation_level WHERE member = $1 \
               ORDER BY id DESC LIMIT 50";
    q.all::<SetRow>(sql, params![member.raw()]).await?.into_iter().map(SetRow::setting).collect()
}

/// The levels of these members that an administrator set and that hold.
pub(crate) async fn set_levels(
    q: &impl Queries,
    members: &[AuthorId],
) -> Result<HashMap<AuthorId, crate::levels::Level>, StoreError> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT member, level, words, by_member, at FROM moderation_level WHERE member IN ({}) ORDER BY id",
        list(1, members.len())
    );
    let mut all = HashMap::new();
    for row in q.all::<SetRow>(&sql, members.iter().map(|m| Value::from(m.raw())).collect()).await? {
        let member = AuthorId::from_raw(row.member);
        match row.setting()?.level {
            Some(level) => all.insert(member, level),
            None => all.remove(&member),
        };
    }
    Ok(all)
}
