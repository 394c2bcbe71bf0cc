//! What posts derive from events of others.

use async_trait::async_trait;
use xinghe_core::content::Measure;
use xinghe_core::event::{Event, Recorded};
use xinghe_core::id::{ActId, AuthorId, PostId};
use xinghe_store::{EventReader, ReaderError, StoreError, UnitOfWork};

use crate::commands::leaving;
use crate::store;

/// Passes the credits of a claimed author to the member who claimed them, and back when the member is gone; and has the
/// words of who leaves with them taken away.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedCredits;

#[async_trait]
impl EventReader for ClaimedCredits {
    fn name(&self) -> &'static str {
        "posts-credits"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            // Only here is it sure that what the member had claimed is somebody else's again.
            if let Event::PostsRenounced { member } = recorded.event {
                unit.enqueue(&leaving::job(member)).await?;
                continue;
            }
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

/// Takes out of sight what moderators hide or delete, locks what they lock, and brings it back when that is undone.
/// Whoever derives something from posts follows the events that this appends, as with any deletion.
#[derive(Debug, Clone, Copy)]
pub struct Moderation;

#[async_trait]
impl EventReader for Moderation {
    fn name(&self) -> &'static str {
        "posts-moderation"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            let Event::Moderated { act, measure, post, member, on, .. } = recorded.event else { continue };
            if !on {
                for post in store::drop_measures(unit, act).await? {
                    release(unit, recorded.actor, post).await?;
                }
                continue;
            }
            match (measure, post) {
                (Measure::Hide | Measure::Delete, Some(post)) => {
                    withhold(unit, recorded.actor, post, (act, measure)).await?;
                }
                (Measure::Lock, Some(post)) => {
                    let root = root(unit, post).await?;
                    store::put_measure(unit, root, act, measure).await?;
                }
                (Measure::Wipe, _) => {
                    for post in store::written_by(unit, member).await? {
                        withhold(unit, recorded.actor, post, (act, measure)).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What was done already is found done when the log is read again, so there is nothing to drop.
    async fn reset(&self, _: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(())
    }
}

async fn root(unit: &UnitOfWork, post: PostId) -> Result<PostId, StoreError> {
    Ok(store::heads(unit, &[post]).await?.get(&post).map_or(post, |head| PostId::from_raw(head.root)))
}

async fn withhold(
    unit: &mut UnitOfWork,
    actor: Option<AuthorId>,
    post: PostId,
    (act, measure): (ActId, Measure),
) -> Result<(), StoreError> {
    let root = root(unit, post).await?;
    store::lock(unit, root).await?;
    if !store::put_measure(unit, post, act, measure).await? {
        return Ok(());
    }
    for post in store::withhold(unit, post).await? {
        unit.append(actor, &Event::PostDeleted { post }).await?;
    }
    store::recount(unit, root).await
}

async fn release(unit: &mut UnitOfWork, actor: Option<AuthorId>, post: PostId) -> Result<(), StoreError> {
    let root = root(unit, post).await?;
    store::lock(unit, root).await?;
    for post in store::release(unit, post).await? {
        unit.append(actor, &Event::PostRestored { post }).await?;
    }
    store::recount(unit, root).await
}
