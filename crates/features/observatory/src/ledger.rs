//! Budgets and the record of model calls.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use xinghe_ai::{AiError, CallIntent, CallRecord, Meter, Purpose};
use xinghe_store::{FromQueryResult, Queries, Store, StoreError, params};

/// What may be spent in a day (UTC), in minor units of the currency; `None` is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// By everybody, for everything.
    pub day: Option<i64>,
    /// By one member, for everything.
    pub member_day: Option<i64>,
    /// By everybody, for one purpose.
    pub purpose_day: HashMap<Purpose, i64>,
}

/// Micro-units in a minor unit.
const MICRO: i64 = 1_000_000;
const DAY_MS: i64 = 86_400_000;

/// Keeps budgets over the database. What calls under way could cost is held back too, so that many at once cannot
/// pass a budget together; the hold is of this process, so several nodes may overshoot by what their calls under way
/// cost at the most.
pub struct Ledger {
    store: Store,
    budget: Budget,
    held: Mutex<Vec<CallIntent>>,
    gate: tokio::sync::Mutex<()>,
}

/// What was spent on a day for a purpose.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult, Serialize)]
pub struct DaySpending {
    /// Days since the Unix epoch.
    pub day: i32,
    /// Which model.
    pub model: String,
    /// What for.
    pub purpose: String,
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
    /// How long they took on average, in milliseconds.
    pub millis: i64,
}

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetOf {
    /// Everybody, everything.
    Day,
    /// Everybody, one purpose.
    Purpose(Purpose),
    /// One member, everything; what is told is the member who spent most.
    Member,
}

/// How much of a budget of today is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetUse {
    /// Which budget.
    pub of: BudgetOf,
    /// How much there is, in millionths of a minor unit.
    pub limit_micro: i64,
    /// How much is spent, in millionths of a minor unit.
    pub spent_micro: i64,
}

impl BudgetUse {
    fn new(of: BudgetOf, limit: i64, spent_micro: i64) -> Self {
        Self { of, limit_micro: limit.saturating_mul(MICRO), spent_micro }
    }

    /// The share of a hundred that is spent; a budget of nothing is spent from the start.
    pub fn percent(&self) -> i64 {
        if self.limit_micro <= 0 {
            return 100;
        }
        let share = i128::from(self.spent_micro) * 100 / i128::from(self.limit_micro);
        i64::try_from(share.clamp(0, 100)).unwrap_or(100)
    }
}

impl Ledger {
    /// A ledger with this budget.
    pub fn new(store: Store, budget: Budget) -> Self {
        Self { store, budget, held: Mutex::default(), gate: tokio::sync::Mutex::default() }
    }

    /// The budget it keeps.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// What was spent, newest day first.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn spending(&self, days: i64) -> Result<Vec<DaySpending>, StoreError> {
        let sql = "SELECT day, model, purpose, COUNT(*) AS calls, CAST(SUM(CASE WHEN ok THEN 0 ELSE 1 END) AS BIGINT) AS failed, \
                   CAST(SUM(input_tokens) AS BIGINT) AS input_tokens, CAST(SUM(output_tokens) AS BIGINT) AS output_tokens, \
                   CAST(SUM(cost_micro) AS BIGINT) AS cost_micro, CAST(AVG(millis) AS BIGINT) AS millis \
                   FROM observatory_ai_calls WHERE day > $1 GROUP BY day, model, purpose ORDER BY day DESC, model, purpose";
        self.store.all(sql, params![self.today() - days]).await
    }

    /// How much of today's budgets is spent, in the order: of the day, of each purpose, of the member who spent most.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn used(&self) -> Result<Vec<BudgetUse>, StoreError> {
        let mut all = Vec::new();
        if let Some(limit) = self.budget.day {
            all.push(BudgetUse::new(BudgetOf::Day, limit, self.spent(None).await?));
        }
        for purpose in Purpose::ALL {
            if let Some(limit) = self.budget.purpose_day.get(&purpose) {
                all.push(BudgetUse::new(BudgetOf::Purpose(purpose), *limit, self.spent(Some(purpose)).await?));
            }
        }
        if let Some(limit) = self.budget.member_day {
            let sql = "SELECT CAST(COALESCE(MAX(spent), 0) AS BIGINT) AS value FROM (SELECT SUM(cost_micro) AS spent \
                       FROM observatory_ai_calls WHERE day = $1 AND member IS NOT NULL GROUP BY member) AS members";
            let most = self.store.number(sql, params![self.today()]).await?.unwrap_or_default();
            all.push(BudgetUse::new(BudgetOf::Member, limit, most));
        }
        Ok(all)
    }

    fn today(&self) -> i64 {
        self.store.now().as_millis().div_euclid(DAY_MS)
    }

    async fn spent(&self, purpose: Option<Purpose>) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(cost_micro), 0) AS BIGINT) AS value FROM observatory_ai_calls WHERE day = $1 \
                   AND ($2 = '' OR purpose = $2)";
        let word = purpose.map_or("", Purpose::as_str);
        Ok(self.store.number(sql, params![self.today(), word]).await?.unwrap_or_default())
    }

    async fn spent_by(&self, intent: &CallIntent) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(cost_micro), 0) AS BIGINT) AS value FROM observatory_ai_calls WHERE day = $1 \
                   AND member = $2";
        let member = intent.member.map(xinghe_core::AuthorId::raw);
        Ok(self.store.number(sql, params![self.today(), member]).await?.unwrap_or_default())
    }

    fn holding(&self, counts: impl Fn(&CallIntent) -> bool) -> i64 {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().filter(|h| counts(h)).map(|h| h.worst_cost_micro).sum()
    }

    async fn check(&self, intent: &CallIntent) -> Result<(), AiError> {
        let broken = |e: StoreError| AiError::Local(format!("budgets cannot be read: {e}"));
        let over = |limit: i64, spent: i64, held: i64| {
            spent.saturating_add(held).saturating_add(intent.worst_cost_micro) > limit.saturating_mul(MICRO)
        };
        if let Some(limit) = self.budget.day
            && over(limit, self.spent(None).await.map_err(broken)?, self.holding(|_| true))
        {
            return Err(AiError::Budget("all models".to_owned()));
        }
        if let Some(limit) = self.budget.purpose_day.get(&intent.purpose) {
            let spent = self.spent(Some(intent.purpose)).await.map_err(broken)?;
            if over(*limit, spent, self.holding(|h| h.purpose == intent.purpose)) {
                return Err(AiError::Budget(format!("purpose {}", intent.purpose.as_str())));
            }
        }
        if let (Some(limit), Some(_)) = (self.budget.member_day, intent.member) {
            let spent = self.spent_by(intent).await.map_err(broken)?;
            if over(limit, spent, self.holding(|h| h.member == intent.member)) {
                return Err(AiError::Budget("this member".to_owned()));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Meter for Ledger {
    async fn allow(&self, intent: &CallIntent) -> Result<(), AiError> {
        let _one_at_a_time = self.gate.lock().await;
        self.check(intent).await?;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(intent.clone());
        Ok(())
    }

    async fn record(&self, record: CallRecord) {
        {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let mine = held
                .iter()
                .position(|h| h.model == record.model && h.purpose == record.purpose && h.member == record.member);
            if let Some(mine) = mine {
                held.swap_remove(mine);
            }
        }
        if let Err(error) = self.write(&record).await {
            tracing::error!(%error, "a model call could not be written down");
        }
    }
}

impl Ledger {
    async fn write(&self, record: &CallRecord) -> Result<(), StoreError> {
        let id: xinghe_core::id::JobId = self.store.ids().next().into();
        let sql = "INSERT INTO observatory_ai_calls (id, at, day, model, purpose, member, input_tokens, output_tokens, \
                   cost_micro, millis, ok) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let values = params![
            id.raw(),
            self.store.now().as_millis(),
            self.today(),
            record.model.as_str(),
            record.purpose.as_str(),
            record.member.map(xinghe_core::AuthorId::raw),
            whole(record.usage.input),
            whole(record.usage.output),
            record.cost_micro,
            whole(record.millis),
            record.ok
        ];
        let mut unit = self.store.begin().await?;
        unit.execute(sql, values).await?;
        unit.commit().await
    }
}
