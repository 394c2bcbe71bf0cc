//! Asking for an archive, and taking it.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use xinghe_core::portable::Portable;
use xinghe_core::ports::{Again, Authors, PortError, StepUp};
use xinghe_core::{ArchiveId, AuthorCard, AuthorId, Event, SessionId};
use xinghe_store::{JobRequest, Store, StoreError, Unique};

use crate::job::{MAKE, Payload, TRIES};
use crate::model::{Archive, CONFIRMED_MS, State};
use crate::store;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no archive, or its time is over.
    #[error("there is no archive")]
    NotFound,
    /// What was typed is neither the password nor a code.
    #[error("the password is wrong")]
    Wrong,
    /// Too many wrong tries; the number of seconds to wait.
    #[error("too many wrong tries; wait {0} seconds")]
    Wait(u64),
    /// The member was not asked again who they are in this session, or too long ago.
    #[error("not confirmed")]
    Unconfirmed,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another feature.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// What a command answers.
pub type Done<T = ()> = Result<T, ExportError>;

/// Archives: commands and reading. Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    pub(crate) store: Store,
    pub(crate) authors: Arc<dyn Authors>,
    step_up: Arc<dyn StepUp>,
    pub(crate) site: Arc<str>,
    parts: Arc<OnceLock<Vec<Arc<dyn Portable>>>>,
    pub(crate) stop: CancellationToken,
}

impl std::fmt::Debug for Exports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exports").field("parts", &self.parts().len()).finish_non_exhaustive()
    }
}

impl Exports {
    /// Over a store whose migrations have run, those who know people, and the public address of the community. Streams
    /// end with `stop`.
    pub fn new(
        store: Store,
        authors: Arc<dyn Authors>,
        step_up: Arc<dyn StepUp>,
        site: &str,
        stop: CancellationToken,
    ) -> Self {
        Self { store, authors, step_up, site: site.into(), parts: Arc::default(), stop }
    }

    /// Says who writes what into archives; once, when all features are there.
    pub fn attend(&self, parts: Vec<Arc<dyn Portable>>) {
        let _ = self.parts.set(parts);
    }

    pub(crate) fn parts(&self) -> &[Arc<dyn Portable>] {
        self.parts.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Asks a member again who they are; for an hour, that counts in this session.
    ///
    /// # Errors
    /// [`ExportError::Wrong`], [`ExportError::Wait`].
    pub async fn confirm(&self, member: AuthorId, session: SessionId, secret: &str) -> Done {
        match self.step_up.step_up(member, secret).await? {
            Again::No => return Err(ExportError::Wrong),
            Again::Wait(seconds) => return Err(ExportError::Wait(seconds)),
            Again::Yes => {}
        }
        let mut unit = self.store.begin().await?;
        let until = self.store.now().plus_millis(CONFIRMED_MS);
        store::confirm(&mut unit, member, session, until).await?;
        Ok(unit.commit().await?)
    }

    /// Whether a member was asked again in this session, within the last hour.
    ///
    /// # Errors
    /// The database.
    pub async fn is_confirmed(&self, member: AuthorId, session: SessionId) -> Done<bool> {
        Ok(store::is_confirmed(&self.store, member, session, self.store.now()).await?)
    }

    /// Begins an archive, in place of an earlier one. While one is being made, that one is answered.
    ///
    /// # Errors
    /// [`ExportError::Unconfirmed`]; [`ExportError::NotFound`] for a member who was erased just now.
    #[tracing::instrument(skip_all, name = "exports.start")]
    pub async fn start(&self, member: AuthorId, session: SessionId) -> Done<Archive> {
        if !self.is_confirmed(member, session).await? {
            return Err(ExportError::Unconfirmed);
        }
        let mut unit = self.store.begin().await?;
        unit.lock(&hold(member)).await?;
        if store::erased(&unit, member).await? {
            return Err(ExportError::NotFound);
        }
        let known = store::archive(&unit, member).await?.and_then(|a| a.at(self.store.now()));
        if let Some(making) = known.filter(|a| a.state == State::Making) {
            return Ok(making);
        }
        let id: ArchiveId = self.store.ids().next().into();
        store::begin(&mut unit, member, id, self.parts().len()).await?;
        let job = JobRequest { max_attempts: TRIES, ..JobRequest::new(MAKE, &Payload { member, archive: id }) };
        unit.enqueue(&job.unique(Unique::WhileActive(id.to_string()))).await?;
        unit.append(Some(member), &Event::ArchiveAsked { member }).await?;
        let begun = store::archive(&unit, member).await?.ok_or(ExportError::NotFound)?;
        unit.commit().await?;
        Ok(begun)
    }

    /// How a member's archive stands.
    ///
    /// # Errors
    /// The database.
    pub async fn archive(&self, member: AuthorId) -> Done<Option<Archive>> {
        Ok(store::archive(&self.store, member).await?.and_then(|a| a.at(self.store.now())))
    }

    /// Removes a member's archive; without one nothing happens.
    ///
    /// # Errors
    /// The database.
    pub async fn remove(&self, member: AuthorId) -> Done {
        let mut unit = self.store.begin().await?;
        unit.lock(&hold(member)).await?;
        if store::drop_archive(&mut unit, member).await? {
            unit.append(Some(member), &Event::ArchiveDropped { member }).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// A member's finished archive, to be read piece by piece in this session, and whose it is.
    ///
    /// # Errors
    /// [`ExportError::NotFound`] where none is ready; [`ExportError::Unconfirmed`].
    pub async fn download(&self, member: AuthorId, session: SessionId) -> Done<(Archive, AuthorCard)> {
        let ready = self.archive(member).await?.filter(|a| a.state == State::Ready).ok_or(ExportError::NotFound)?;
        if !self.is_confirmed(member, session).await? {
            return Err(ExportError::Unconfirmed);
        }
        let card = self.authors.cards(&[member]).await?.remove(&member).ok_or(ExportError::NotFound)?;
        Ok((ready, card))
    }
}

/// The name held by whoever changes a member's archive.
pub(crate) fn hold(member: AuthorId) -> String {
    format!("exports.{member}")
}
