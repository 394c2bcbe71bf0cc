//! Whose twins there are: those of members. An unclaimed author has none, and that of a member whose account is
//! disabled is silent as if there were none.

use std::collections::HashMap;

use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorCard, AuthorId};

use crate::ask::Deps;

impl Deps {
    /// The cards of those among these authors who have a twin that may speak, by the ids asked for.
    pub(crate) async fn twins(&self, authors: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let mut cards = self.authors.cards(authors).await?;
        cards.retain(|_, card| card.claimed);
        let members: Vec<AuthorId> = cards.values().map(|card| card.id).collect();
        let disabled = self.authors.disabled(&members).await?;
        cards.retain(|_, card| !disabled.contains(&card.id));
        Ok(cards)
    }

    /// The card of the author of this handle, if there is a twin of theirs that may speak.
    pub(crate) async fn twin_of(&self, handle: &str) -> PortResult<Option<AuthorCard>> {
        let Some(card) = self.authors.by_handle(handle).await?.filter(|card| card.claimed) else { return Ok(None) };
        Ok((!self.is_disabled(card.id).await?).then_some(card))
    }

    /// Whether this member's account is disabled.
    pub(crate) async fn is_disabled(&self, member: AuthorId) -> PortResult<bool> {
        Ok(self.authors.disabled(&[member]).await?.contains(&member))
    }
}
