//! What models are called for, and what that costs.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use xinghe_web::{AppError, PageContext, Texts};

use super::{Head, SaidQuery};
use crate::desk::Desk;
use crate::ledger::{BudgetOf, BudgetUse};
use crate::model::{Models, money};
use crate::spending::{PERIODS, Spending};
use crate::store::{Sums, start_of};

/// Which days.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AiQuery {
    days: String,
}

#[derive(Template)]
#[template(path = "observatory/ai.html")]
struct AiTemplate<'a> {
    t: &'a Texts,
    head: &'a Head,
    models: &'a Models,
    spending: &'a Spending,
    budgets: &'a [BudgetUse],
    periods: [i32; 3],
}

impl AiTemplate<'_> {
    fn money(&self, micro: i64) -> String {
        money(micro)
    }

    fn day(&self, day: i32) -> String {
        self.t.date(start_of(day))
    }

    /// What a purpose is called; its word where it has no name.
    fn purpose(&self, word: &str) -> String {
        let key = format!("observatory-purpose-{word}");
        if self.t.has(&key) { self.t.s(&key).into_owned() } else { word.to_owned() }
    }

    fn budget(&self, budget: &BudgetUse) -> String {
        match budget.of {
            BudgetOf::Day => self.t.s("observatory-budget-day").into_owned(),
            BudgetOf::Member => self.t.s("observatory-budget-member").into_owned(),
            BudgetOf::Purpose(purpose) => {
                let name = self.purpose(purpose.as_str());
                self.t.f("observatory-budget-purpose", &[("purpose", name.into())])
            }
        }
    }

    fn total(&self) -> Sums {
        self.spending.total()
    }

    /// Cost by day for a small drawing, oldest first, in steps that fit it.
    fn curve(&self) -> Vec<u32> {
        let cost = |micro: i64| u32::try_from(micro / 10_000).unwrap_or(u32::MAX);
        self.spending.by_day().into_iter().map(|sums| cost(sums.cost_micro)).collect()
    }
}

/// `/admin/ai`.
pub(super) async fn show(
    State(desk): State<Desk>,
    ctx: PageContext,
    Query(query): Query<AiQuery>,
) -> Result<Response, AppError> {
    let days = query.days.parse().ok().filter(|d| PERIODS.contains(d)).unwrap_or(PERIODS[1]);
    let (spending, budgets) = (desk.spending(days).await?, desk.deps.ledger.used().await?);
    let template = AiTemplate {
        t: &ctx.t,
        head: &Head::new(&desk, &ctx, &SaidQuery::default()).await,
        models: &desk.deps.models,
        spending: &spending,
        budgets: &budgets,
        periods: PERIODS,
    };
    Ok(ctx.page().title(ctx.t.s("observatory-ai")).active("admin").noindex().wide().render(&template))
}
