//! The SQL over this feature's tables: what was counted, and what models cost.

use std::collections::HashMap;

use serde::Serialize;
use xinghe_core::time::Timestamp;
use xinghe_store::{FromQueryResult, Queries, Store, StoreError, params};

use crate::model::{Community, KindCount, WeekOfAnswers};
use crate::readers::fact;

const DAY_MS: i64 = 86_400_000;

/// The day (UTC) of a moment, counted from the Unix epoch.
pub(crate) fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.as_millis().div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

/// The first moment of a day.
pub(crate) fn start_of(day: i32) -> Timestamp {
    Timestamp::from_millis(i64::from(day) * DAY_MS)
}

/// How large the community is.
pub(crate) async fn community(store: &Store) -> Result<Community, StoreError> {
    #[derive(FromQueryResult)]
    struct Sum {
        fact: String,
        count: i64,
    }
    #[derive(FromQueryResult)]
    struct Daily {
        day: i32,
        fact: String,
        count: i64,
    }
    let sql = "SELECT fact, CAST(SUM(count) AS BIGINT) AS count FROM observatory_daily GROUP BY fact";
    let sums: Vec<Sum> = store.all(sql, vec![]).await?;
    let sums: HashMap<String, i64> = sums.into_iter().map(|s| (s.fact, s.count)).collect();
    let total = |fact: &str| sums.get(fact).copied().unwrap_or_default();
    let sql =
        "SELECT kind, COUNT(*) AS count FROM observatory_post WHERE visible GROUP BY kind ORDER BY count DESC, kind";
    let posts: Vec<KindCount> = store.all(sql, vec![]).await?;
    let first = day_of(store.now()) - 6;
    let sql = "SELECT day, fact, count FROM observatory_daily WHERE day >= $1";
    let daily: Vec<Daily> = store.all(sql, params![first]).await?;
    let mut week = WeekOfAnswers { by_day: vec![0; 7], ..WeekOfAnswers::default() };
    for row in daily {
        let asked = matches!(row.fact.as_str(), fact::ANSWERED | fact::DECLINED);
        if let Some(day) = usize::try_from(row.day - first).ok().and_then(|at| week.by_day.get_mut(at))
            && asked
        {
            *day = day.saturating_add(u32::try_from(row.count).unwrap_or(u32::MAX));
        }
        match row.fact.as_str() {
            fact::ANSWERED => week.answered += row.count,
            fact::DECLINED => week.declined += row.count,
            fact::HELPFUL => week.helpful += row.count,
            fact::UNHELPFUL => week.unhelpful += row.count,
            _ => {}
        }
    }
    Ok(Community {
        members: total(fact::JOINED) - total(fact::LEFT),
        unclaimed: total(fact::IMPORTED) - total(fact::CLAIMED),
        posts,
        week,
    })
}

/// Calls of a model, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sums {
    /// How many calls.
    pub calls: i64,
    /// How many of them failed.
    pub failed: i64,
    /// Tokens read.
    pub input_tokens: i64,
    /// Tokens written.
    pub output_tokens: i64,
    /// What they cost, in millionths of a minor unit.
    pub cost_micro: i64,
}

const SUMS: &str = "COUNT(*) AS calls, CAST(SUM(CASE WHEN ok THEN 0 ELSE 1 END) AS BIGINT) AS failed, \
                    CAST(SUM(input_tokens) AS BIGINT) AS input_tokens, \
                    CAST(SUM(output_tokens) AS BIGINT) AS output_tokens, CAST(SUM(cost_micro) AS BIGINT) AS cost_micro";

#[derive(FromQueryResult)]
struct Row {
    day: i32,
    purpose: String,
    model: String,
    member: Option<i64>,
    calls: i64,
    failed: i64,
    input_tokens: i64,
    output_tokens: i64,
    cost_micro: i64,
}

impl Row {
    fn sums(&self) -> Sums {
        let Self { calls, failed, input_tokens, output_tokens, cost_micro, .. } = *self;
        Sums { calls, failed, input_tokens, output_tokens, cost_micro }
    }
}

async fn rows(store: &Store, select: &str, group: &str, days: i32) -> Result<Vec<Row>, StoreError> {
    let sql = format!("SELECT {select}, {SUMS} FROM observatory_ai_calls WHERE day > $1 GROUP BY {group}");
    store.all(&sql, params![day_of(store.now()) - days]).await
}

/// By day, newest first.
pub(crate) async fn by_day(store: &Store, days: i32) -> Result<Vec<(i32, Sums)>, StoreError> {
    let select = "day, '' AS purpose, '' AS model, CAST(NULL AS BIGINT) AS member";
    let rows = rows(store, select, "day ORDER BY day DESC", days).await?;
    Ok(rows.iter().map(|r| (r.day, r.sums())).collect())
}

/// By purpose and model, the dearest first.
pub(crate) async fn by_purpose(store: &Store, days: i32) -> Result<Vec<(String, String, Sums)>, StoreError> {
    let select = "0 AS day, purpose, model, CAST(NULL AS BIGINT) AS member";
    let rows = rows(store, select, "purpose, model ORDER BY cost_micro DESC, calls DESC, purpose, model", days).await?;
    Ok(rows.into_iter().map(|r| (r.purpose.clone(), r.model.clone(), r.sums())).collect())
}

/// By member, the dearest first, fifty at most; `None` is whoever was not signed in.
pub(crate) async fn by_member(store: &Store, days: i32) -> Result<Vec<(Option<i64>, Sums)>, StoreError> {
    let select = "0 AS day, '' AS purpose, '' AS model, member";
    let rows = rows(store, select, "member ORDER BY cost_micro DESC, calls DESC LIMIT 50", days).await?;
    Ok(rows.iter().map(|r| (r.member, r.sums())).collect())
}
