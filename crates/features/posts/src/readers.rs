//! What posts derive from events of others.

use async_trait::async_trait;
use xinghe_core::event::{Event, Recorded};
use xinghe_store::{EventReader, ReaderError, UnitOfWork};

use crate::store;

/// Passes the credits of a claimed author to the member who claimed them.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedCredits;

#[async_trait]
impl EventReader for ClaimedCredits {
    fn name(&self) -> &'static str {
        "posts-credits"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            if let Event::AuthorClaimed { author, member } = recorded.event {
                store::pass_credits(unit, author, member).await?;
                // Who derives something from credits must not look before they have passed.
                unit.append(recorded.actor, &Event::CreditsPassed { author, member }).await?;
            }
        }
        Ok(())
    }

    /// Credits already passed are found passed when the log is read again, so there is nothing to drop.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}
