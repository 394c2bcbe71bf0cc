//! What models cost, put together for a page and for the API.

use xinghe_core::AuthorId;
use xinghe_core::content::AuthorCard;
use xinghe_web::AppError;

use crate::desk::Desk;
use crate::store::{self, Sums};

/// The periods that a page offers, in days.
pub(crate) const PERIODS: [i32; 3] = [7, 30, 90];

/// What was spent in the last days.
#[derive(Debug, Clone)]
pub(crate) struct Spending {
    /// How many days, today included.
    pub days: i32,
    /// Today, in days since the Unix epoch.
    pub today: i32,
    /// Days with calls, newest first.
    pub daily: Vec<(i32, Sums)>,
    /// By purpose and model.
    pub purposes: Vec<(String, String, Sums)>,
    /// By member; without a card where somebody was not signed in, or is gone.
    pub members: Vec<(Option<AuthorId>, Option<AuthorCard>, Sums)>,
}

impl Spending {
    /// All of it.
    pub fn total(&self) -> Sums {
        let mut total = Sums::default();
        for (_, sums) in &self.daily {
            total.calls += sums.calls;
            total.failed += sums.failed;
            total.input_tokens += sums.input_tokens;
            total.output_tokens += sums.output_tokens;
            total.cost_micro += sums.cost_micro;
        }
        total
    }

    /// Each day, oldest first, those without calls too.
    pub fn by_day(&self) -> Vec<Sums> {
        let first = self.today - self.days + 1;
        let of = |day| self.daily.iter().find(|(d, _)| *d == day).map_or_else(Sums::default, |(_, sums)| *sums);
        (first..=self.today).map(of).collect()
    }
}

impl Desk {
    /// What was spent in the last days.
    pub(crate) async fn spending(&self, days: i32) -> Result<Spending, AppError> {
        let store = &self.deps.store;
        let rows = store::by_member(store, days).await?;
        let ids: Vec<AuthorId> = rows.iter().filter_map(|(id, _)| id.map(AuthorId::from_raw)).collect();
        let mut cards = if ids.is_empty() { Default::default() } else { self.deps.authors.cards(&ids).await? };
        let members = rows.into_iter().map(|(id, sums)| {
            let id = id.map(AuthorId::from_raw);
            (id, id.and_then(|id| cards.remove(&id)), sums)
        });
        Ok(Spending {
            days,
            today: store::day_of(store.now()),
            members: members.collect(),
            daily: store::by_day(store, days).await?,
            purposes: store::by_purpose(store, days).await?,
        })
    }
}
