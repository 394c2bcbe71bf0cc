//! What administrators set of the local eye.

use xinghe_core::Event;
use xinghe_web::{FieldError, Said};

use super::{Done, Moderation};
use crate::error::ModerationError;
use crate::eye::Rules;
use crate::model::Keeper;
use crate::store;

impl Moderation {
    /// Sets what the local eye may do, and from which probabilities (in hundredths) on.
    ///
    /// # Errors
    /// A threshold is not between 1 and 100, or the database.
    pub(crate) async fn set_eye(&self, by: Keeper, rules: Rules) -> Done {
        let all = [
            ("spam", rules.spam),
            ("abuse", rules.abuse),
            ("low_effort", rules.low_effort),
            ("duplicate", rules.duplicate),
            ("hold", rules.hold),
        ];
        let wrong = all.into_iter().filter(|(_, n)| !(1..=100).contains(n));
        let errors: Vec<FieldError> =
            wrong.map(|(name, _)| FieldError::new(name, Said::new("moderation-fault-threshold"))).collect();
        if !errors.is_empty() {
            return Err(ModerationError::Invalid(errors));
        }
        let mut unit = self.store.begin().await?;
        store::set_rules(&mut unit, &rules).await?;
        unit.append(Some(by.id), &Event::EyeSet { watching: rules.watching }).await?;
        Ok(unit.commit().await?)
    }
}
