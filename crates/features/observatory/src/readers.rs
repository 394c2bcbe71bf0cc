//! What is derived from the log: how many members and posts there are, and what happened on each day.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use xinghe_core::{Event, PostId, Recorded};
use xinghe_store::{EventReader, ReaderError, StoreError, UnitOfWork, params};

use crate::store::day_of;

/// What is counted by day.
pub(crate) mod fact {
    pub(crate) const JOINED: &str = "joined";
    pub(crate) const LEFT: &str = "left";
    pub(crate) const IMPORTED: &str = "imported";
    pub(crate) const CLAIMED: &str = "claimed";
    pub(crate) const ANSWERED: &str = "answered";
    pub(crate) const DECLINED: &str = "declined";
    pub(crate) const HELPFUL: &str = "helpful";
    pub(crate) const UNHELPFUL: &str = "unhelpful";
}

/// Rows of one statement: three parameters each, far below what either database takes.
const ROWS: usize = 200;

/// Counts.
pub(crate) struct Tally;

fn fact_of(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::MemberRegistered { .. } => fact::JOINED,
        Event::MemberErased { .. } => fact::LEFT,
        Event::AuthorImported { .. } => fact::IMPORTED,
        Event::AuthorClaimed { .. } => fact::CLAIMED,
        Event::AnswerGiven { abstained: false, .. } => fact::ANSWERED,
        Event::AnswerGiven { abstained: true, .. } => fact::DECLINED,
        Event::AnswerRated { helpful: true, .. } => fact::HELPFUL,
        Event::AnswerRated { helpful: false, .. } => fact::UNHELPFUL,
        _ => return None,
    })
}

#[async_trait]
impl EventReader for Tally {
    fn name(&self) -> &'static str {
        "observatory"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let mut facts: BTreeMap<(i32, &'static str), i64> = BTreeMap::new();
        let mut new: Vec<(PostId, &'static str)> = Vec::new();
        let mut seen: HashMap<PostId, bool> = HashMap::new();
        for recorded in events {
            if let Some(fact) = fact_of(&recorded.event) {
                *facts.entry((day_of(recorded.at), fact)).or_default() += 1;
            }
            match &recorded.event {
                Event::PostPublished { post, post_kind, .. } => new.push((*post, post_kind.as_str())),
                Event::PostDeleted { post } => {
                    seen.insert(*post, false);
                }
                Event::PostRestored { post } => {
                    seen.insert(*post, true);
                }
                _ => {}
            }
        }
        for some in new.chunks(ROWS) {
            publish(unit, some).await?;
        }
        for (post, visible) in seen {
            unit.execute("UPDATE observatory_post SET visible = $1 WHERE post = $2", params![visible, post.raw()])
                .await?;
        }
        for ((day, fact), count) in facts {
            let sql = "INSERT INTO observatory_daily (day, fact, count) VALUES ($1, $2, $3) ON CONFLICT (day, fact) \
                       DO UPDATE SET count = observatory_daily.count + excluded.count";
            unit.execute(sql, params![day, fact, count]).await?;
        }
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        unit.execute("DELETE FROM observatory_daily", vec![]).await?;
        unit.execute("DELETE FROM observatory_post", vec![]).await?;
        Ok(())
    }
}

async fn publish(unit: &mut UnitOfWork, posts: &[(PostId, &'static str)]) -> Result<(), StoreError> {
    let rows: Vec<String> = (0..posts.len()).map(|n| format!("(${}, ${}, TRUE)", 2 * n + 1, 2 * n + 2)).collect();
    let sql = format!(
        "INSERT INTO observatory_post (post, kind, visible) VALUES {} ON CONFLICT (post) DO NOTHING",
        rows.join(", ")
    );
    let values = posts.iter().flat_map(|(post, kind)| params![post.raw(), *kind]).collect();
    unit.execute(&sql, values).await?;
    Ok(())
}
