//! What posts derive from events of others.

use async_trait::async_trait;
use xinghe_core::event::{Event, Recorded};
use xinghe_store::{EventReader, ReaderError, UnitOfWork};

use crate::store;

/// Passes the credits of a claimed author to the member who claimed them, and back when the member is gone.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedCredits;

#[async_trait]
impl EventReader for ClaimedCredits {
    fn name(&self) -> &'static str {
        "posts-credits"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            let passed = match recorded.event {
                Event::AuthorClaimed { author, member } => {
                    store::pass_credits(unit, author, member).await?;
                    Event::CreditsPassed { author, member }
                }
                Event::AuthorReleased { author, member } => {
                    store::return_credits(unit, author, member).await?;
                    Event::CreditsPassed { author: member, member: author }
                }
                _ => continue,
            };
            // Who derives something from credits must not look before they have passed.
            unit.append(recorded.actor, &passed).await?;
        }
        Ok(())
    }

    /// Credits already passed are found passed when the log is read again, so there is nothing to drop.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}

/// Removes the drafts of members who are gone.
#[derive(Debug, Clone, Copy)]
pub struct ErasedDrafts;

#[async_trait]
impl EventReader for ErasedDrafts {
    fn name(&self) -> &'static str {
        "posts-drafts"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            if let Event::MemberErased { member } = recorded.event {
                store::erase_drafts(unit, member).await?;
            }
        }
        Ok(())
    }

    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}
