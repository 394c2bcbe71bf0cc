//! Private messages, as those see them to whom one was reported.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::id::{AuthorId, MessageId};
use crate::ports::PortResult;
use crate::time::Timestamp;

/// A private message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Which.
    pub id: MessageId,
    /// Who wrote it.
    pub author: AuthorId,
    /// Its text, CommonMark with GFM extensions.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// Shows single messages to moderators. Implemented by messages.
#[async_trait]
pub trait PrivateMessages: Send + Sync {
    /// A message that this member received from somebody else: only such a one can be reported by the member.
    async fn received(&self, by: AuthorId, message: MessageId) -> PortResult<Option<MessageView>>;
    /// These messages, which were reported; what is gone is left out. To be asked for nothing else: a message is its
    /// members' alone.
    async fn reported(&self, ids: &[MessageId]) -> PortResult<HashMap<MessageId, MessageView>>;
}
