//! Whose twins there are: those of members. An unclaimed author has none, and that of a member whose account is
//! disabled is silent as if there were none.

use std::collections::HashMap;

use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorCard, AuthorId, PostId, PostView};
use xinghe_web::refs::AuthorRef;

use crate::ask::Deps;
use crate::model::Answer;

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

    /// Names the authors of kept answers as they are named now: who left, or is called otherwise, is in no copy.
    pub(crate) async fn name_anew(&self, answers: &mut [Answer]) -> PortResult<()> {
        // What an owner said goes with the owner, and names nobody else.
        let cited = answers.iter().flat_map(|a| &a.citations).filter(|c| c.statement.is_none());
        let cited: Vec<PostId> = cited.map(|c| c.post.id).collect();
        if cited.is_empty() {
            return Ok(());
        }
        let posts = self.posts.posts(&cited).await?;
        let people: Vec<AuthorId> = posts.values().filter_map(PostView::author).collect();
        let cards = self.authors.cards(&people).await?;
        let citations = answers.iter_mut().flat_map(|a| &mut a.citations);
        for citation in citations.filter(|c| c.statement.is_none()) {
            let author = posts.get(&citation.post.id).and_then(PostView::author);
            citation.post.author = author.and_then(|id| cards.get(&id)).map(AuthorRef::from);
        }
        Ok(())
    }

    /// Whether this member's account is disabled.
    pub(crate) async fn is_disabled(&self, member: AuthorId) -> PortResult<bool> {
        Ok(self.authors.disabled(&[member]).await?.contains(&member))
    }
}
