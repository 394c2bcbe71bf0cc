//! The memory as a whole: stopping to learn, forgetting a period, beginning anew.

use xinghe_core::{AuthorId, Event, PostId, Timestamp};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use super::commands::take_away;
use super::model::Fault;
use super::store;
use crate::acts::commands::ActError;
use crate::acts::store as acts;
use crate::ask::Deps;

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;
/// How many posts are looked at together.
const TOGETHER: usize = 500;

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// Posts that the twin reads no more.
    pub posts: usize,
    /// Statements that are gone.
    pub statements: usize,
}

async fn told(unit: &mut UnitOfWork, owner: AuthorId) -> Result<(), StoreError> {
    unit.append(Some(owner), &Event::TwinMemoryChanged { owner, statement: None }).await?;
    Ok(())
}

/// Has an owner's twin learn nothing new, or learn again: then it reads what it missed.
///
/// # Errors
/// The database.
pub(crate) async fn learning(deps: &Deps, owner: AuthorId, on: bool) -> Result<(), ActError> {
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    let stopped = store::unlearning(&unit, owner).await?.is_some();
    if stopped != on {
        return Ok(());
    }
    if on {
        unit.execute("DELETE FROM twins_unlearning WHERE owner = $1", params![owner.raw()]).await?;
        store::to_read_all(&mut unit, owner).await?;
    } else {
        let sql = "INSERT INTO twins_unlearning (owner, since) VALUES ($1, $2)";
        unit.execute(sql, params![owner.raw(), deps.store.now().as_millis()]).await?;
    }
    told(&mut unit, owner).await?;
    unit.commit().await?;
    Ok(())
}

/// The moments at which the first of two days begins and the last ends, in UTC.
///
/// # Errors
/// They are no days, or in the wrong order.
pub(crate) fn period(from: &str, to: &str) -> Result<(Timestamp, Timestamp), Fault> {
    let day = |d: &str| Timestamp::parse_rfc3339(&format!("{}T00:00:00Z", d.trim())).map_err(|_| Fault::Period);
    let (from, to) = (day(from)?, day(to)?.plus_millis(DAY_MS));
    if from < to { Ok((from, to)) } else { Err(Fault::Period) }
}

/// Has an owner's twin forget what was published and said in a period: the posts stay for people and are evidence no
/// more, the statements go.
///
/// # Errors
/// The database, or posts.
pub(crate) async fn forget(
    deps: &Deps,
    owner: AuthorId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Forgotten, ActError> {
    let mut within = Vec::new();
    for posts in written(&deps.store, owner).await?.chunks(TOGETHER) {
        let views = deps.posts.posts(posts).await?;
        within.extend(views.values().filter(|v| v.published_at >= from && v.published_at < to).map(|v| v.id));
    }
    within.sort_unstable();
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    let (mut forgotten, now) = (Forgotten::default(), deps.store.now().as_millis());
    for post in &within {
        let sql = "INSERT INTO twins_excluded (owner, post, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if unit.execute(sql, params![owner.raw(), post.raw(), now]).await? > 0 {
            forgotten.posts += 1;
            let event = Event::TwinKnowledgeChanged { owner, post: *post, excluded: true };
            unit.append(Some(owner), &event).await?;
        }
    }
    for statement in store::whole(&unit, owner).await? {
        let read_then = statement.quote.is_some() && statement.post.is_some_and(|p| within.contains(&p));
        if statement.at >= from && statement.at < to || read_then {
            take_away(&mut unit, &statement).await?;
            forgotten.statements += 1;
        }
    }
    let sql = "DELETE FROM twins_correction WHERE owner = $1 AND at >= $2 AND at < $3";
    unit.execute(sql, params![owner.raw(), from.as_millis(), to.as_millis()]).await?;
    told(&mut unit, owner).await?;
    unit.commit().await?;
    Ok(forgotten)
}

/// Empties the memory of an owner's twin: all that the owner said to it goes. What is published is read anew; posts that
/// were kept from it stay so only where that is wanted.
///
/// # Errors
/// The database.
pub(crate) async fn anew(deps: &Deps, owner: AuthorId, keep_excluded: bool) -> Result<(), ActError> {
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    for statement in store::whole(&unit, owner).await? {
        take_away(&mut unit, &statement).await?;
    }
    unit.execute("DELETE FROM twins_correction WHERE owner = $1", params![owner.raw()]).await?;
    if !keep_excluded {
        for post in acts::kept_from(&unit, owner).await? {
            unit.append(Some(owner), &Event::TwinKnowledgeChanged { owner, post, excluded: false }).await?;
        }
        unit.execute("DELETE FROM twins_excluded WHERE owner = $1", params![owner.raw()]).await?;
    }
    store::to_read_all(&mut unit, owner).await?;
    told(&mut unit, owner).await?;
    unit.commit().await?;
    Ok(())
}

/// All that an owner published, the oldest first.
async fn written(q: &impl Queries, owner: AuthorId) -> Result<Vec<PostId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
    }
    let sql = "SELECT post FROM twins_post WHERE author = $1 AND at > 0 ORDER BY post";
    let rows: Vec<Row> = q.all(sql, params![owner.raw()]).await?;
    Ok(rows.into_iter().map(|r| PostId::from_raw(r.post)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_two_days_in_their_order() {
        let (from, to) = period("2026-01-02", "2026-01-02").expect("one day");
        assert_eq!(to.as_millis() - from.as_millis(), DAY_MS);
        assert_eq!(period("2026-01-02", "2026-01-01"), Err(Fault::Period));
        assert_eq!(period("", "2026-01-01"), Err(Fault::Period));
    }
}
