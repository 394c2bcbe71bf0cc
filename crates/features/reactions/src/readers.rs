//! What reactions derive from events of others: which posts are out of sight, who was erased, who claimed whom.

use async_trait::async_trait;
use xinghe_core::{AuthorId, Event, Recorded};
use xinghe_store::{EventReader, ReaderError, UnitOfWork};

use crate::commands::{SWEEP, lock};
use crate::store;

/// Follows posts and members that come and go.
#[derive(Debug, Clone, Copy)]
pub struct Attendant;

#[async_trait]
impl EventReader for Attendant {
    fn name(&self) -> &'static str {
        "reactions"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let mut leaving: Vec<AuthorId> = events.iter().filter_map(|r| leaver(&r.event)).collect();
        leaving.sort_unstable();
        if events.iter().any(|r| matches!(r.event, Event::AuthorClaimed { .. } | Event::MemberErased { .. })) {
            unit.lock(SWEEP).await?;
        }
        // All locks before the first row is changed: nobody who holds one of them waits for a row of ours.
        for member in leaving {
            lock(unit, member).await?;
        }
        for recorded in events {
            match recorded.event {
                Event::PostDeleted { post } => store::gone(unit, post, true).await?,
                Event::PostRestored { post } => store::gone(unit, post, false).await?,
                Event::AuthorClaimed { author, member } => store::pass_follows(unit, author, member).await?,
                Event::MemberErased { member } => store::erase(unit, member).await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Only what is out of sight is derived; votes, thanks, bookmarks and follows are members' own and stay.
    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        unit.execute("DELETE FROM reactions_gone", vec![]).await?;
        Ok(())
    }
}

/// Who leaves by this event.
fn leaver(event: &Event) -> Option<AuthorId> {
    if let Event::MemberErased { member } = event { Some(*member) } else { None }
}
