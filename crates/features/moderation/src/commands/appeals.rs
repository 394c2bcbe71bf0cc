//! Appeals: once an act, decided by a moderator who had no part in it.

use xinghe_core::{ActId, AuthorId, Event};

use super::acts::lift;
use super::{Done, Moderation};
use crate::error::ModerationError;
use crate::model::{self, Keeper, Refusal};
use crate::store;

impl Moderation {
    /// Asks that an act about oneself be looked at again.
    ///
    /// # Errors
    /// There is no such act about this member, it does not hold, there was an appeal, or the words are missing or too
    /// long.
    pub async fn appeal(&self, member: AuthorId, act: ActId, words: &str) -> Done {
        let words = model::check_words(words, true)?;
        let (mut unit, found) = self.act(act).await?;
        if found.member != member {
            return Err(ModerationError::NotFound);
        }
        if found.appeal.is_some() {
            return Err(Refusal::Appealed.into());
        }
        if !found.may_appeal() {
            return Err(Refusal::Over.into());
        }
        if !store::insert_appeal(&mut unit, &found, &words).await? {
            return Err(Refusal::Appealed.into());
        }
        unit.append(Some(member), &Event::Appealed { act }).await?;
        Ok(unit.commit().await?)
    }

    /// Decides an appeal: granted, the act is taken back.
    ///
    /// # Errors
    /// There is no such act, no appeal waits, the moderator had a part in the act, or the words are missing or too long.
    pub async fn answer(&self, by: Keeper, act: ActId, granted: bool, words: &str) -> Done {
        let words = model::check_words(words, true)?;
        let (mut unit, found) = self.act(act).await?;
        if found.involves(by.id) {
            return Err(Refusal::SecondNeeded.into());
        }
        if !store::decide_appeal(&mut unit, act, by.id, granted, &words).await? {
            return Err(Refusal::Over.into());
        }
        let member = found.member;
        unit.append(Some(by.id), &Event::AppealDecided { act, member, granted }).await?;
        if granted {
            lift(&mut unit, by, &found, &words).await?;
        }
        Ok(unit.commit().await?)
    }
}
