//! What members do with messages: check, change and append the event, in one transaction.
//!
//! All that one member sends follows one another behind a lock of that member, and all that two members write to one
//! another behind one of both. What a member chose appends no event: it is the member's alone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use xinghe_core::ports::{Authors, Reactions};
use xinghe_core::{AuthorId, ConversationId, Event, MessageId};
use xinghe_store::{Queries, Store, StoreError, UnitOfWork};
use xinghe_web::Said;
use xinghe_web::markdown;

use crate::error::MessageError;
use crate::model::{BLOCKS_MAX, BODY_MAX, DAY_MS, HOUR_MS, Message, ONCE_MS, Refusal, Sent, UNANSWERED_MAX, Who};
use crate::model::{pace, tidy};
use crate::store;

/// What a command answers.
pub type Done<T = ()> = Result<T, MessageError>;

/// Private messages: commands and reading. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    pub(crate) store: Store,
    pub(crate) authors: Arc<dyn Authors>,
    pub(crate) reactions: Arc<dyn Reactions>,
    pub(crate) stop: CancellationToken,
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

/// Takes the lock of a member: held by what the member sends, and by whoever erases the member.
pub(crate) async fn lock(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), StoreError> {
    unit.lock(&format!("messages.{member}")).await
}

/// Somebody to whom somebody else writes.
struct Addressee {
    id: AuthorId,
    /// Whether the one who writes keeps order here: moderators can always write.
    keeper: bool,
    /// Whether the addressee follows the one who writes.
    follows: bool,
}

impl Messages {
    /// Over a store whose migrations have run, those who know people, and those who know who follows whom. Streams end
    /// with `stop`.
    pub fn new(
        store: Store,
        authors: Arc<dyn Authors>,
        reactions: Arc<dyn Reactions>,
        stop: CancellationToken,
    ) -> Self {
        Self { store, authors, reactions, stop }
    }

    /// Who is written to, as far as others know.
    async fn addressee(&self, by: AuthorId, to: AuthorId) -> Done<Addressee> {
        if by == to {
            return Err(Refusal::Oneself.into());
        }
        let card = self.authors.cards(&[to]).await?.remove(&to).filter(|c| c.claimed).ok_or(Refusal::Nobody)?;
        if self.authors.disabled(&[card.id]).await?.contains(&card.id) {
            return Err(Refusal::Nobody.into());
        }
        let keeper = self.authors.keepers(&[by]).await?.contains(&by);
        // Asked of few: only where it matters.
        let follows = store::who(&self.store, card.id).await? == Who::Following
            && self.reactions.follows(card.id).await?.members.contains(&by);
        Ok(Addressee { id: card.id, keeper, follows })
    }

    /// Whether a member can write to another at all, however much was written before.
    ///
    /// # Errors
    /// The database, or who knows people cannot be asked.
    pub async fn is_open(&self, by: AuthorId, to: AuthorId) -> Done<bool> {
        let to = match self.addressee(by, to).await {
            Ok(to) => to,
            Err(MessageError::Refused(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let known = store::pair(&self.store, by, to.id).await?;
        let blocked =
            store::is_blocked(&self.store, by, to.id).await? || store::is_blocked(&self.store, to.id, by).await?;
        Ok(!blocked && is_wanted(&self.store, &to, known).await?)
    }

    /// Writes to a member: in the conversation that the two have, or a new one.
    ///
    /// # Errors
    /// Field `body` is empty, too long or more than a page can show; or a [`Refusal`].
    pub async fn send(&self, by: AuthorId, to: AuthorId, body: &str) -> Done<Sent> {
        let body = checked(body)?;
        let to = self.addressee(by, to).await?;
        let now = self.store.now();
        let mut unit = self.store.begin().await?;
        lock(&mut unit, by).await?;
        unit.lock(&format!("messages.{}.{}", by.min(to.id), by.max(to.id))).await?;
        if store::erased(&unit, by).await? {
            return Err(MessageError::NotFound);
        }
        let known = store::pair(&unit, by, to.id).await?;
        if let Some(conversation) = known
            && let Some(last) = store::messages(&unit, conversation, None, 1).await?.pop()
            && last.author == by
            && last.body == body
            && now.as_millis() - last.at.as_millis() < ONCE_MS
        {
            return Ok(Sent { conversation, message: last.id });
        }
        may_send(&unit, by, &to, known).await?;
        let conversation = match known {
            Some(conversation) => conversation,
            None => {
                let id: ConversationId = self.store.ids().next().into();
                store::begin(&mut unit, id, (by, to.id)).await?;
                id
            }
        };
        let id: MessageId = self.store.ids().next().into();
        store::add(&mut unit, &Message { id, conversation, author: by, body, at: now }).await?;
        let event = Event::MessageSent { conversation, message: id, from: by, to: vec![to.id] };
        unit.append(Some(by), &event).await?;
        unit.commit().await?;
        Ok(Sent { conversation, message: id })
    }

    /// Goes on with a conversation.
    ///
    /// # Errors
    /// [`MessageError::NotFound`] where the member takes no part in it; else as of [`Self::send`].
    pub async fn answer(&self, by: AuthorId, conversation: ConversationId, body: &str) -> Done<Sent> {
        let found = store::conversation(&self.store, conversation, by).await?.ok_or(MessageError::NotFound)?;
        let to = found.others.first().copied().ok_or(Refusal::Nobody)?;
        self.send(by, to, body).await
    }

    /// Marks a conversation as read up to a message.
    ///
    /// # Errors
    /// [`MessageError::NotFound`] where the member takes no part in it.
    pub async fn read(&self, by: AuthorId, conversation: ConversationId, to: MessageId) -> Done {
        let mut unit = self.store.begin().await?;
        if !store::member_of(&unit, conversation, by).await? {
            return Err(MessageError::NotFound);
        }
        if store::read(&mut unit, conversation, by, to).await? {
            unit.append(Some(by), &Event::MessagesRead { conversation, by }).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Blocks a member, or no longer: a blocked member cannot write to the one who blocks, who is told of nothing that
    /// the blocked one does.
    ///
    /// # Errors
    /// There is no such member, it is oneself, or there are too many.
    pub async fn block(&self, by: AuthorId, other: AuthorId, on: bool) -> Done {
        if on && by == other {
            return Err(Refusal::Oneself.into());
        }
        if on && !self.authors.cards(&[other]).await?.get(&other).is_some_and(|c| c.claimed) {
            return Err(MessageError::NotFound);
        }
        let mut unit = self.store.begin().await?;
        lock(&mut unit, by).await?;
        if store::erased(&unit, by).await? || (on && store::erased(&unit, other).await?) {
            return Err(MessageError::NotFound);
        }
        if on && store::count_blocks(&unit, by).await? >= BLOCKS_MAX {
            return Err(Refusal::TooManyBlocks.into());
        }
        let changed =
            if on { store::block(&mut unit, by, other).await? } else { store::unblock(&mut unit, by, other).await? };
        if changed {
            unit.append(Some(by), &Event::MemberBlocked { by, member: other, on }).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Says who may write to a member.
    ///
    /// # Errors
    /// [`MessageError::NotFound`] for a member who was erased just now.
    pub async fn choose(&self, member: AuthorId, who: Who) -> Done {
        let mut unit = self.store.begin().await?;
        lock(&mut unit, member).await?;
        if store::erased(&unit, member).await? {
            return Err(MessageError::NotFound);
        }
        store::set_who(&mut unit, member, who).await?;
        Ok(unit.commit().await?)
    }
}

/// The text of a message as it is kept.
fn checked(body: &str) -> Done<String> {
    let body = tidy(body);
    if !shows(&body) {
        return Err(MessageError::field("body", "messages-fault-empty"));
    }
    if body.chars().count() > BODY_MAX {
        return Err(MessageError::field("body", Said::new("messages-fault-long").with("max", BODY_MAX)));
    }
    if markdown::check(&body).is_err() {
        return Err(MessageError::field("body", "messages-fault-beyond"));
    }
    Ok(body)
}

/// Whether somebody wants to be written to by whom the addressee was looked up for, blocking aside.
async fn is_wanted(q: &impl Queries, to: &Addressee, known: Option<ConversationId>) -> Result<bool, StoreError> {
    let talked = match known {
        Some(conversation) => store::wrote_in(q, conversation, to.id).await?,
        None => false,
    };
    Ok(talked
        || to.keeper
        || match store::who(q, to.id).await? {
            Who::Everybody => true,
            Who::Following => to.follows,
            Who::Nobody => false,
        })
}

/// Whether somebody may send one more message to somebody.
async fn may_send(unit: &UnitOfWork, by: AuthorId, to: &Addressee, known: Option<ConversationId>) -> Done {
    if store::erased(unit, to.id).await? {
        return Err(Refusal::Nobody.into());
    }
    if store::is_blocked(unit, by, to.id).await? {
        return Err(Refusal::Blocked.into());
    }
    if store::is_blocked(unit, to.id, by).await? {
        return Err(Refusal::NotWanted.into());
    }
    if !is_wanted(unit, to, known).await? {
        return Err(Refusal::NotWanted.into());
    }
    let now = unit.store().now();
    let pace = pace(by, now);
    if store::author_since(unit, by, now.plus_millis(-HOUR_MS)).await? >= pace.per_hour {
        return Err(Refusal::TooMany.into());
    }
    match known {
        None if store::begun_since(unit, by, now.plus_millis(-DAY_MS)).await? >= pace.begun_per_day => {
            Err(Refusal::TooManyBegun.into())
        }
        Some(conversation) if !to.keeper && store::since_answer(unit, conversation, by).await? >= UNANSWERED_MAX => {
            Err(Refusal::Unanswered.into())
        }
        _ => Ok(()),
    }
}

/// Whether a reader sees anything of a text: not only spaces, marks without width, or comments. A picture is seen.
fn shows(body: &str) -> bool {
    let seen = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    body.contains("![") || xinghe_text::plain(body).chars().any(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_shows_nothing_is_empty() {
        for nothing in ["", "  \n", "\u{200b}", "\u{200b}\u{2060}", "<!-- x -->"] {
            assert!(!shows(nothing), "{nothing:?}");
        }
        for something in ["x", "你好", "![a](/pictures/1)", "`code`", "👍"] {
            assert!(shows(something), "{something:?}");
        }
    }
}
