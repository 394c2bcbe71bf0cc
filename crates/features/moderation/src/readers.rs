//! What moderation derives from events of others: who was erased, who claimed whom.

use async_trait::async_trait;
use xinghe_core::{Event, Recorded};
use xinghe_store::{EventReader, ReaderError, UnitOfWork};

use crate::store;

/// Follows members that go, and authors that are claimed.
#[derive(Debug, Clone, Copy)]
pub struct Attendant;

#[async_trait]
impl EventReader for Attendant {
    fn name(&self) -> &'static str {
        "moderation"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            match recorded.event {
                Event::MemberErased { member } => {
                    store::erase(unit, member).await?;
                    store::forget_levels(unit, member).await?;
                }
                Event::AuthorClaimed { author, member } => store::pass(unit, author, member).await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Nothing here is derived but what is gone for good.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}
