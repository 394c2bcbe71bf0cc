//! Trust: the reader that counts members' use of the place, the levels that come of it, and setting them.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use xinghe_core::{AuthorId, Event, Measure, Recorded, Timestamp};
use xinghe_store::{EventReader, ReaderError, UnitOfWork};

use crate::commands::{Done, Moderation};
use crate::error::ModerationError;
use crate::levels::{Facts, Level, Setting, Trust};
use crate::model::{self, DAY_MS, Keeper, Refusal};
use crate::store;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Counts what the rules of trust ask for.
#[derive(Debug, Clone, Copy)]
pub struct Counter;

#[async_trait]
impl EventReader for Counter {
    fn name(&self) -> &'static str {
        "moderation-trust"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        let mut active = HashSet::new();
        for recorded in events {
            count(recorded, unit).await?;
            let day = recorded.at.as_millis().div_euclid(DAY_MS);
            if let Some(member) = recorded.actor.filter(|m| active.insert((*m, day))) {
                store::active(unit, member, day).await?;
            }
        }
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(store::drop_trust(unit).await?)
    }
}

async fn count(recorded: &Recorded, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
    match &recorded.event {
        Event::MemberRegistered { member } => store::joined(unit, *member, recorded.at).await?,
        Event::MemberErased { member } => store::forget_trust(unit, *member).await?,
        // What was imported or a twin wrote says nothing of how its author gets on with people here.
        Event::PostPublished { post, author, .. } if recorded.actor == Some(*author) => {
            store::published(unit, *post, *author).await?;
            store::written(unit, post.raw(), *author, recorded.at).await?;
        }
        Event::MessageSent { message, from, .. } => {
            store::written(unit, message.raw(), *from, recorded.at).await?;
        }
        Event::PostDeleted { post } | Event::PostPurged { post } => store::seen(unit, *post, false).await?,
        Event::PostRestored { post } => store::seen(unit, *post, true).await?,
        Event::PostVoted { post, by, value } => store::thanked(unit, (*post, *by), "vote", *value > 0).await?,
        Event::PostThanked { post, by, .. } => store::thanked(unit, (*post, *by), "thanks", true).await?,
        // What the local eye holds is not decided yet: nobody acted.
        Event::Moderated { act, member, measure, on, .. }
            if recorded.actor.is_some() && !matches!(measure, Measure::Nothing | Measure::Lock) =>
        {
            store::upheld(unit, (*act, *member), on.then_some(recorded.at)).await?;
        }
        _ => {}
    }
    Ok(())
}

impl Moderation {
    /// How far these members are known.
    ///
    /// # Errors
    /// The database, or whoever knows members.
    pub async fn trust(&self, members: &[AuthorId]) -> Done<HashMap<AuthorId, Trust>> {
        let known = store::facts(&self.store, members, self.store.now()).await?;
        let set = store::set_levels(&self.store, members).await?;
        let keepers = self.authors.keepers(members).await?;
        let of = |member: &AuthorId| {
            let facts: Facts = known.get(member).copied().unwrap_or_default();
            let (keeper, set) = (keepers.contains(member), set.get(member).copied());
            let level = if keeper { Level::Regular } else { set.unwrap_or_else(|| facts.level()) };
            (*member, Trust { level, facts, set: set.is_some(), keeper })
        };
        Ok(members.iter().map(of).collect())
    }

    /// How far one member is known, and which levels administrators set.
    pub(crate) async fn trust_of(&self, member: AuthorId) -> Done<(Trust, Vec<Setting>)> {
        let trust = self.trust(&[member]).await?.remove(&member).ok_or(ModerationError::NotFound)?;
        Ok((trust, store::settings_of(&self.store, member).await?))
    }

    /// Sets a member's level, or lets it grow by the rules again.
    ///
    /// # Errors
    /// It is one's own, nobody with an account stands behind it, or the words are missing or too long.
    pub async fn set_level(&self, by: Keeper, member: AuthorId, level: Option<Level>, words: &str) -> Done {
        if by.id == member {
            return Err(Refusal::Own.into());
        }
        let words = model::check_words(words, true)?;
        if !self.authors.cards(&[member]).await?.get(&member).is_some_and(|c| c.claimed) {
            return Err(Refusal::Nobody.into());
        }
        let mut unit = self.store.begin().await?;
        let setting = Setting { level, words, by: by.id, at: self.store.now() };
        store::set_level(&mut unit, member, &setting).await?;
        unit.append(Some(by.id), &Event::TrustSet { member }).await?;
        Ok(unit.commit().await?)
    }

    /// How many seconds a member waits who wrote as much within the hour as the level allows.
    pub(crate) async fn pause(&self, member: AuthorId) -> Done<Option<u64>> {
        let now = self.store.now();
        let since = Timestamp::from_millis(now.as_millis() - HOUR_MS);
        let written = store::written_since(&self.store, member, since).await?;
        // Most people never come near: nothing else is asked about them.
        let least = Level::New.rule().hourly.unwrap_or(u32::MAX);
        if written.len() < least as usize {
            return Ok(None);
        }
        let level = self.trust(&[member]).await?.remove(&member).map_or(Level::New, |t| t.level);
        let Some(hourly) = level.rule().hourly else { return Ok(None) };
        let Some(oldest) = written.get(hourly.saturating_sub(1) as usize) else { return Ok(None) };
        let left = oldest.as_millis() + HOUR_MS - now.as_millis();
        Ok(Some(u64::try_from(left / 1000).unwrap_or_default() + 1))
    }
}
