//! Reading: the inbox and conversations with their people, and the port for those to whom messages are reported.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use xinghe_core::messages::{MessageView, PrivateMessages};
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{PictureUse, PortResult};
use xinghe_core::{AuthorCard, AuthorId, ConversationId, MessageId, Timestamp};

use crate::commands::{Done, Messages};
use crate::error::MessageError;
use crate::model::{Conversation, Cursor, Message, Who};
use crate::store;

/// A conversation in the inbox.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub conversation: Conversation,
    /// The other; `None` where the account was erased.
    pub other: Option<AuthorCard>,
    pub last: Option<Message>,
}

/// A part of the inbox, and where the next one begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inbox {
    pub items: Vec<Listed>,
    pub next: Option<Cursor>,
}

/// A part of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub conversation: Conversation,
    pub other: Option<AuthorCard>,
    /// The oldest first.
    pub messages: Vec<Message>,
    /// Before which message the part before this one ends.
    pub older: Option<MessageId>,
    /// Whether the one who reads blocks the other.
    pub blocked: bool,
}

/// Somebody whom a member blocks.
#[derive(Debug, Clone)]
pub(crate) struct Blocked {
    pub card: AuthorCard,
    pub at: Timestamp,
}

impl Messages {
    /// In how many conversations a member has something unread.
    ///
    /// # Errors
    /// The database.
    pub async fn unread(&self, member: AuthorId) -> Done<u32> {
        Ok(store::unread(&self.store, member).await?)
    }

    /// Who may write to a member.
    ///
    /// # Errors
    /// The database.
    pub async fn who(&self, member: AuthorId) -> Done<Who> {
        Ok(store::who(&self.store, member).await?)
    }

    /// Whether a member blocks another.
    ///
    /// # Errors
    /// The database.
    pub async fn blocks(&self, member: AuthorId, other: AuthorId) -> Done<bool> {
        Ok(store::is_blocked(&self.store, member, other).await?)
    }

    /// The conversation that two members have.
    ///
    /// # Errors
    /// The database.
    pub async fn with(&self, member: AuthorId, other: AuthorId) -> Done<Option<ConversationId>> {
        Ok(store::pair(&self.store, member, other).await?)
    }

    /// Part of a member's inbox, the latest first.
    pub(crate) async fn inbox(&self, member: AuthorId, after: Option<Cursor>, limit: usize) -> Done<Inbox> {
        let mut found = store::conversations(&self.store, member, after, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|c| Cursor(c.last));
        let ids: Vec<MessageId> = found.iter().map(|c| c.last).collect();
        let mut last = store::last_words(&self.store, &ids).await?;
        let people: Vec<AuthorId> = found.iter().flat_map(|c| c.others.iter().copied()).collect();
        let cards = if people.is_empty() { HashMap::new() } else { self.authors.cards(&people).await? };
        let items = found.into_iter().map(|conversation| Listed {
            other: conversation.others.first().and_then(|id| cards.get(id)).cloned(),
            last: last.remove(&conversation.last),
            conversation,
        });
        Ok(Inbox { items: items.collect(), next })
    }

    /// Part of a conversation: its latest messages, or those before one.
    pub(crate) async fn thread(
        &self,
        member: AuthorId,
        id: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Done<Thread> {
        let found = store::conversation(&self.store, id, member).await?.ok_or(MessageError::NotFound)?;
        let mut messages = store::messages(&self.store, id, before, limit + 1).await?;
        let more = messages.len() > limit;
        messages.truncate(limit);
        messages.reverse();
        let older = messages.first().filter(|_| more).map(|m| m.id);
        let other = match found.others.first() {
            Some(other) => self.authors.cards(&[*other]).await?.remove(other),
            None => None,
        };
        let blocked = match &other {
            Some(card) => store::is_blocked(&self.store, member, card.id).await?,
            None => false,
        };
        Ok(Thread { conversation: found, other, messages, older, blocked })
    }

    /// Whom a member blocks.
    pub(crate) async fn blocked(&self, member: AuthorId) -> Done<Vec<Blocked>> {
        let blocked = store::blocked_by(&self.store, member).await?;
        let ids: Vec<AuthorId> = blocked.iter().map(|(id, _)| *id).collect();
        let mut cards = if ids.is_empty() { HashMap::new() } else { self.authors.cards(&ids).await? };
        let one = |(id, at): (AuthorId, Timestamp)| Some(Blocked { card: cards.remove(&id)?, at });
        Ok(blocked.into_iter().filter_map(one).collect())
    }
}

fn view(m: Message) -> MessageView {
    MessageView { id: m.id, author: m.author, body: m.body, at: m.at }
}

#[async_trait]
impl PrivateMessages for Messages {
    async fn received(&self, by: AuthorId, message: MessageId) -> PortResult<Option<MessageView>> {
        Ok(store::received(&self.store, message, by).await?.map(view))
    }

    async fn reported(&self, ids: &[MessageId]) -> PortResult<HashMap<MessageId, MessageView>> {
        let found = store::last_words(&self.store, ids).await?;
        Ok(found.into_iter().map(|(id, m)| (id, view(m))).collect())
    }
}

#[async_trait]
impl PictureUse for Messages {
    async fn showing(&self, owner: AuthorId, names: &[PictureName]) -> PortResult<HashSet<PictureName>> {
        let mut shown = HashSet::new();
        for name in names {
            if store::shows(&self.store, owner, &name.path()).await? {
                shown.insert(*name);
            }
        }
        Ok(shown)
    }
}
