//! What members can do: the rule is checked, then the state is changed and the event appended in one transaction.

mod claims;
mod elsewhere;
mod entrance;
mod erase;
mod intake;
mod mail;
mod profile;
mod proofs;
mod rank;
mod second_factor;
mod tokens;

use std::sync::Arc;

use xinghe_core::{AuthorCard, AuthorId, SessionId};
use xinghe_net::Fetcher;
use xinghe_store::{Store, UnitOfWork};

use crate::elsewhere::Sites;
use crate::error::AccountError;
use crate::model::{AuthorRecord, Claim, SessionView, Who};
use crate::password::Hasher;
use crate::store::{authors, claims as claim_rows, sessions};

pub use claims::ClaimList;
pub use elsewhere::{Back, Came};
pub(crate) use mail::Courier;
use mail::Mailing;
pub use second_factor::HalfSession;

/// Accounts: commands and reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    store: Store,
    hasher: Arc<Hasher>,
    mailing: Option<Arc<Mailing>>,
    sites: Arc<Sites>,
    reader: Option<Fetcher>,
}

/// A list of authors to show.
#[derive(Debug, Clone, Default)]
pub struct AuthorList {
    /// Parts of a name or handle; empty is everybody.
    pub words: String,
    /// Members, unclaimed authors, or both.
    pub who: Who,
    /// Only those who came before this one: the last of the page before.
    pub before: Option<AuthorId>,
    /// At most so many, up to 100.
    pub limit: u32,
}

/// Some of a list, and where the rest begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T, C> {
    /// These.
    pub items: Vec<T>,
    /// What to give as `before` for the next ones; `None` when these were the last.
    pub next: Option<C>,
}

impl<T, C> Slice<T, C> {
    /// Cuts a list that was asked for with one more than wanted.
    fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> C) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

impl Accounts {
    /// Accounts over a store that has this feature's migrations.
    pub fn new(store: Store) -> Self {
        let hasher = Arc::new(Hasher::new(store.random().clone()));
        Self { store, hasher, mailing: None, sites: Arc::default(), reader: None }
    }

    /// The store.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// All about the author with this handle. A claimed author's old handle answers with that author, whose
    /// `merged_into` names the member.
    ///
    /// # Errors
    /// The database.
    pub async fn author(&self, handle: &str) -> Result<Option<AuthorRecord>, AccountError> {
        Ok(authors::record_by_handle(&self.store, &crate::handle::Handle::fold(handle)).await?)
    }

    /// All about an author.
    ///
    /// # Errors
    /// The database.
    pub async fn author_by_id(&self, id: AuthorId) -> Result<Option<AuthorRecord>, AccountError> {
        Ok(authors::record(&self.store, id).await?)
    }

    /// The card of one author, of a claimed one the member's.
    ///
    /// # Errors
    /// The database.
    pub async fn card(&self, id: AuthorId) -> Result<Option<AuthorCard>, AccountError> {
        Ok(authors::cards(&self.store, &[id]).await?.remove(&id))
    }

    /// The authors whom a member claimed, as they were imported.
    ///
    /// # Errors
    /// The database.
    pub async fn claimed_by(&self, member: AuthorId) -> Result<Vec<AuthorRecord>, AccountError> {
        Ok(authors::claimed_by(&self.store, member).await?)
    }

    /// Authors of a list, newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn list(&self, list: &AuthorList) -> Result<Slice<AuthorRecord, AuthorId>, AccountError> {
        let limit = list.limit.clamp(1, 100);
        let filter =
            authors::Filter { words: list.words.clone(), who: list.who, before: list.before, limit: limit + 1 };
        Ok(Slice::cut(authors::page(&self.store, &filter).await?, limit, |r| r.card.id))
    }

    /// How many members and how many unclaimed authors there are.
    ///
    /// # Errors
    /// The database.
    pub async fn counts(&self) -> Result<(i64, i64), AccountError> {
        Ok((authors::count(&self.store, true).await?, authors::count(&self.store, false).await?))
    }

    /// The live sessions of a member, last used first.
    ///
    /// # Errors
    /// The database.
    pub async fn sessions(&self, member: AuthorId) -> Result<Vec<SessionView>, AccountError> {
        Ok(sessions::of_member(&self.store, member, self.store.now()).await?)
    }

    /// Ends one session of a member.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when the member has no such session.
    pub async fn end_session(&self, member: AuthorId, session: SessionId) -> Result<(), AccountError> {
        let mut unit = self.begin().await?;
        if !sessions::delete(&mut unit, member, session).await? {
            return Err(AccountError::NotFound);
        }
        Ok(unit.commit().await?)
    }

    /// Ends all sessions of a member but this one; answers how many.
    ///
    /// # Errors
    /// The database.
    pub async fn end_other_sessions(&self, member: AuthorId, keep: SessionId) -> Result<u64, AccountError> {
        let mut unit = self.begin().await?;
        let ended = sessions::delete_all(&mut unit, member, Some(keep)).await?;
        unit.commit().await?;
        Ok(ended)
    }

    /// Claims of a list, newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn claims(&self, list: ClaimList) -> Result<Slice<Claim, xinghe_core::id::ClaimId>, AccountError> {
        let limit = list.limit.clamp(1, 100);
        let ClaimList { state, member, before, limit: _ } = list;
        let filter = claim_rows::ClaimFilter { state, member, before, limit: limit + 1 };
        Ok(Slice::cut(claim_rows::page(&self.store, filter).await?, limit, |c| c.id))
    }

    async fn begin(&self) -> Result<UnitOfWork, AccountError> {
        Ok(self.store.begin().await?)
    }
}
