//! What messages derive from events of others: an erased member's go.

use async_trait::async_trait;
use xinghe_core::{Event, Recorded};
use xinghe_store::{EventReader, ReaderError, UnitOfWork};

use crate::commands::lock;
use crate::store;

/// Follows members that go.
#[derive(Debug, Clone, Copy)]
pub struct Attendant;

#[async_trait]
impl EventReader for Attendant {
    fn name(&self) -> &'static str {
        "messages"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            if let Event::MemberErased { member } = recorded.event {
                lock(unit, member).await?;
                store::erase(unit, member).await?;
            }
        }
        Ok(())
    }

    /// Nothing here is derived but what is gone for good.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}
