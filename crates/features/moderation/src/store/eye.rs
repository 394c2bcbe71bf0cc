//! What the local eye saw, how it is set, and what it learned.

use std::collections::HashMap;

use xinghe_core::{AuthorId, PostId, RevisionId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, Value, list, params};

use super::word;
use crate::eye::{Agreement, Follows, Rules, Verdict};

/// How the eye is set.
pub(crate) async fn rules(q: &impl Queries) -> Result<Rules, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        name: String,
        value: i32,
    }
    let mut rules = Rules::default();
    for Row { name, value } in q.all::<Row>("SELECT name, value FROM moderation_eye_rule", vec![]).await? {
        match name.as_str() {
            "watching" => rules.watching = value != 0,
            "spam" => rules.spam = value,
            "abuse" => rules.abuse = value,
            "low_effort" => rules.low_effort = value,
            "duplicate" => rules.duplicate = value,
            "hold" => rules.hold = value,
            _ => {}
        }
    }
    Ok(rules)
}

/// Sets the eye.
pub(crate) async fn set_rules(unit: &mut UnitOfWork, rules: &Rules) -> Result<(), StoreError> {
    let sql = "INSERT INTO moderation_eye_rule (name, value) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let all = [
        ("watching", i32::from(rules.watching)),
        ("spam", rules.spam),
        ("abuse", rules.abuse),
        ("low_effort", rules.low_effort),
        ("duplicate", rules.duplicate),
        ("hold", rules.hold),
    ];
    for (name, value) in all {
        unit.execute(sql, params![name, value]).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Row {
    post: i64,
    revision: i64,
    member: i64,
    spam: i32,
    abuse: i32,
    low_effort: i32,
    duplicate: i32,
    alike: Option<i64>,
    level: String,
    version: i64,
    why: String,
    would: String,
    did: String,
    at: i64,
}

impl Row {
    fn verdict(self) -> Result<Verdict, StoreError> {
        Ok(Verdict {
            post: PostId::from_raw(self.post),
            revision: RevisionId::from_raw(self.revision),
            member: AuthorId::from_raw(self.member),
            spam: self.spam,
            abuse: self.abuse,
            low_effort: self.low_effort,
            duplicate: self.duplicate,
            like: self.alike.map(PostId::from_raw),
            level: word(&self.level)?,
            version: self.version,
            why: serde_json::from_str(&self.why).map_err(|e| StoreError::Value(e.to_string()))?,
            would: Follows::read(&self.would),
            did: Follows::read(&self.did),
            at: Timestamp::from_millis(self.at),
        })
    }
}

const COLUMNS: &str = "v.post, v.revision, v.member, v.spam, v.abuse, v.low_effort, v.duplicate, v.alike, v.level, \
                       v.version, v.why, v.would, v.did, v.at";

/// Writes a verdict down, in place of the one about an earlier text of the same post.
pub(crate) async fn put_verdict(unit: &mut UnitOfWork, v: &Verdict) -> Result<(), StoreError> {
    unit.execute("DELETE FROM moderation_verdict WHERE post = $1", params![v.post.raw()]).await?;
    let sql = "INSERT INTO moderation_verdict (post, revision, member, spam, abuse, low_effort, duplicate, alike, level, \
               version, why, would, did, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let why = serde_json::to_string(&v.why).map_err(|e| StoreError::Value(e.to_string()))?;
    let values = params![
        v.post.raw(),
        v.revision.raw(),
        v.member.raw(),
        v.spam,
        v.abuse,
        v.low_effort,
        v.duplicate,
        v.like.map(PostId::raw),
        v.level.as_str(),
        v.version,
        why,
        v.would.as_str(),
        v.did.as_str(),
        v.at.as_millis(),
    ];
    unit.execute(sql, values).await?;
    Ok(())
}

/// The verdict about a post.
pub(crate) async fn verdict(q: &impl Queries, post: PostId) -> Result<Option<Verdict>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM moderation_verdict v WHERE v.post = $1");
    q.one::<Row>(&sql, params![post.raw()]).await?.map(Row::verdict).transpose()
}

/// Verdicts below a post's number, the latest post first; only those from which something would follow, where `only`.
pub(crate) async fn verdicts(
    q: &impl Queries,
    only: bool,
    before: Option<PostId>,
    limit: usize,
) -> Result<Vec<Verdict>, StoreError> {
    let only = if only { " AND v.would <> 'nothing'" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM moderation_verdict v WHERE v.post < $1{only} ORDER BY v.post DESC LIMIT {limit}"
    );
    let before = before.map_or(i64::MAX, PostId::raw);
    q.all::<Row>(&sql, params![before]).await?.into_iter().map(Row::verdict).collect()
}

/// How many posts were looked at, and of how many something would follow.
pub(crate) async fn looked_at(q: &impl Queries) -> Result<(i64, i64), StoreError> {
    let all = q.number("SELECT COUNT(*) AS value FROM moderation_verdict", vec![]).await?;
    let sql = "SELECT COUNT(*) AS value FROM moderation_verdict WHERE would <> 'nothing'";
    Ok((all.unwrap_or_default(), q.number(sql, vec![]).await?.unwrap_or_default()))
}

/// What moderators decided about posts, the latest first: the post, the reason, and whether something was wrong with it.
pub(crate) async fn decided(
    q: &impl Queries,
    limit: usize,
) -> Result<Vec<(PostId, crate::model::Reason, bool)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        reason: String,
        measure: String,
        state: String,
    }
    // What was taken back was wrong to do; locking a page says nothing of its words.
    let sql = format!(
        "SELECT post, reason, measure, state FROM moderation_act WHERE post IS NOT NULL AND by_member >= 0 \
         AND state IN ('standing', 'undone') AND measure <> 'lock' ORDER BY id DESC LIMIT {limit}"
    );
    let mut seen = std::collections::HashSet::new();
    let mut all = vec![];
    for row in q.all::<Row>(&sql, vec![]).await?.into_iter().filter(|r| seen.insert(r.post)) {
        let wrong = row.measure != "nothing" && row.state == "standing";
        all.push((PostId::from_raw(row.post), word(&row.reason)?, wrong));
    }
    Ok(all)
}

/// How often moderators agreed, over the posts that they decided last.
pub(crate) async fn agreement(q: &impl Queries) -> Result<Agreement, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        would: String,
    }
    let decided = decided(q, 1000).await?;
    let mut sum = Agreement::default();
    if decided.is_empty() {
        return Ok(sum);
    }
    let sql = format!("SELECT post, would FROM moderation_verdict WHERE post IN ({})", list(1, decided.len()));
    let values = decided.iter().map(|(post, ..)| Value::from(post.raw())).collect();
    let would: HashMap<i64, bool> =
        q.all::<Row>(&sql, values).await?.into_iter().map(|r| (r.post, r.would != "nothing")).collect();
    for (post, _, wrong) in decided {
        match (would.get(&post.raw()), wrong) {
            (Some(true), true) => sum.hits += 1,
            (Some(true), false) => sum.false_alarms += 1,
            (Some(false), true) => sum.missed += 1,
            (Some(false), false) => sum.passed += 1,
            (None, _) => {}
        }
    }
    Ok(sum)
}

/// Keeps the sketch of a post's text.
pub(crate) async fn put_sketch(
    unit: &mut UnitOfWork,
    (post, member): (PostId, AuthorId),
    sketch: &[i64],
) -> Result<(), StoreError> {
    unit.execute("DELETE FROM moderation_shingle WHERE post = $1", params![post.raw()]).await?;
    let sql = "INSERT INTO moderation_shingle (post, hash, member) VALUES ($1, $2, $3)";
    for hash in sketch {
        unit.execute(sql, params![post.raw(), *hash, member.raw()]).await?;
    }
    Ok(())
}

/// Earlier posts whose sketches have something in common with this one, the most alike first, with their authors.
pub(crate) async fn alike(
    q: &impl Queries,
    post: PostId,
    sketch: &[i64],
) -> Result<Vec<(PostId, AuthorId, Vec<i64>)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Near {
        post: i64,
        member: i64,
    }
    #[derive(FromQueryResult)]
    struct Hash {
        hash: i64,
    }
    if sketch.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT post, member FROM moderation_shingle WHERE post < $1 AND hash IN ({}) GROUP BY post, member \
         HAVING COUNT(*) >= 4 ORDER BY COUNT(*) DESC, post LIMIT 3",
        list(2, sketch.len())
    );
    let mut values = params![post.raw()];
    values.extend(sketch.iter().map(|h| Value::from(*h)));
    let mut all = vec![];
    for near in q.all::<Near>(&sql, values).await? {
        let sql = "SELECT hash FROM moderation_shingle WHERE post = $1 ORDER BY hash";
        let hashes = q.all::<Hash>(sql, params![near.post]).await?;
        let hashes = hashes.into_iter().map(|h| h.hash).collect();
        all.push((PostId::from_raw(near.post), AuthorId::from_raw(near.member), hashes));
    }
    Ok(all)
}

/// The latest of what the eye learned: version, weights, when, and from how many examples and decisions.
pub(crate) async fn learned(q: &impl Queries) -> Result<Option<Learned>, StoreError> {
    let sql =
        "SELECT version, weights, at, examples, decisions FROM moderation_eye_model ORDER BY version DESC LIMIT 1";
    q.one(sql, vec![]).await
}

/// What the eye learned.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Learned {
    pub version: i64,
    pub weights: String,
    pub at: i64,
    pub examples: i32,
    pub decisions: i32,
}

/// Keeps what the eye learned; the five versions before stay to be looked at.
pub(crate) async fn keep_learned(unit: &mut UnitOfWork, new: &Learned) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO moderation_eye_model (version, weights, at, examples, decisions) VALUES ($1, $2, $3, $4, $5)";
    let values = params![new.version, new.weights.as_str(), new.at, new.examples, new.decisions];
    unit.execute(sql, values).await?;
    unit.execute("DELETE FROM moderation_eye_model WHERE version < $1", params![new.version - 5]).await?;
    Ok(())
}

/// Forgets what was seen of a post whose words are gone for good.
pub(crate) async fn forget_seen(unit: &mut UnitOfWork, post: PostId) -> Result<(), StoreError> {
    for table in ["moderation_verdict", "moderation_shingle"] {
        unit.execute(&format!("DELETE FROM {table} WHERE post = $1"), params![post.raw()]).await?;
    }
    Ok(())
}

/// Forgets what was seen of a member's posts.
pub(crate) async fn forget_seen_of(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    for table in ["moderation_verdict", "moderation_shingle"] {
        unit.execute(&format!("DELETE FROM {table} WHERE member = $1"), params![member.raw()]).await?;
    }
    Ok(())
}

/// Acts by which the eye holds posts and whose cases wait, with their members.
pub(crate) async fn held(q: &impl Queries) -> Result<Vec<(xinghe_core::ActId, AuthorId)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        member: i64,
    }
    let sql = "SELECT a.id, a.member FROM moderation_act a JOIN moderation_case c ON c.id = a.case_id \
               WHERE a.by_member = -1 AND a.state = 'standing' AND c.state = 'open' ORDER BY a.id LIMIT 1000";
    let rows: Vec<Row> = q.all(sql, vec![]).await?;
    let act = |r: Row| (xinghe_core::ActId::from_raw(r.id), AuthorId::from_raw(r.member));
    Ok(rows.into_iter().map(act).collect())
}

/// When moderators last decided about a post or took a decision back, in milliseconds; 0 where they never did.
pub(crate) async fn last_decided(q: &impl Queries) -> Result<i64, StoreError> {
    let sql = "SELECT MAX(CASE WHEN ended_at > at THEN ended_at ELSE at END) AS value FROM moderation_act \
               WHERE post IS NOT NULL AND by_member >= 0 HAVING COUNT(*) > 0";
    Ok(q.number(sql, vec![]).await?.unwrap_or_default())
}
