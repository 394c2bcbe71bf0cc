//! What members and moderators do: check, change and append the event, in one transaction.
//!
//! All that concerns one subject follows one another behind a lock of that subject. Who looks at a case, and what
//! moderators write for one another, is their working paper: it appends no event.

mod acts;
mod appeals;
mod eye;

pub(crate) use acts::event;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use xinghe_core::messages::{MessageView, PrivateMessages};
use xinghe_core::ports::{Authors, PortError, PortResult, Posts, Standing, Suspension};
use xinghe_core::{AuthorId, CaseId, Event, MessageId};
use xinghe_store::{Store, UnitOfWork};

use crate::error::ModerationError;
use crate::model::{self, Case, Keeper, Note, Reason, Refusal, Report, Subject};
use crate::store;

/// What a command answers.
pub type Done<T = ()> = Result<T, ModerationError>;

/// Reports, cases, acts and appeals: commands and reading. Cheap to clone.
#[derive(Clone)]
pub struct Moderation {
    pub(crate) store: Store,
    pub(crate) posts: Arc<dyn Posts>,
    pub(crate) authors: Arc<dyn Authors>,
    messages: Option<Arc<dyn PrivateMessages>>,
    /// This place's own host: links to it lead nowhere else.
    host: Arc<str>,
}

impl std::fmt::Debug for Moderation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moderation").finish_non_exhaustive()
    }
}

impl Moderation {
    /// Over a store whose migrations have run, and those who know posts and people.
    pub fn new(store: Store, posts: Arc<dyn Posts>, authors: Arc<dyn Authors>) -> Self {
        Self { store, posts, authors, messages: None, host: Arc::from("") }
    }

    /// With those who show reported private messages; without, none can be reported.
    #[must_use]
    pub fn with_messages(mut self, messages: Arc<dyn PrivateMessages>) -> Self {
        self.messages = Some(messages);
        self
    }

    /// At this address: links to its host are no links to others.
    #[must_use]
    pub fn at(mut self, public_url: &str) -> Self {
        let host = url::Url::parse(public_url).ok().and_then(|u| u.host_str().map(str::to_owned));
        self.host = host.unwrap_or_default().into();
        self
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// A message that a member received and may report.
    pub(crate) async fn received(&self, by: AuthorId, message: MessageId) -> Done<MessageView> {
        let Some(messages) = &self.messages else { return Err(ModerationError::NotFound) };
        messages.received(by, message).await?.ok_or(ModerationError::NotFound)
    }

    /// The message that a case is about, for those who judge it.
    pub(crate) async fn reported_message(&self, case: &Case) -> Done<Option<MessageView>> {
        match (case.subject.message(), &self.messages) {
            (Some(id), Some(messages)) => Ok(messages.reported(&[id]).await?.remove(&id)),
            _ => Ok(None),
        }
    }

    pub(crate) async fn begin(&self, subject: Subject) -> Done<UnitOfWork> {
        let mut unit = self.store.begin().await?;
        unit.lock(&format!("moderation.{}.{}", subject.kind(), subject.raw())).await?;
        Ok(unit)
    }

    /// A case, the others kept from it until the unit of work ends.
    async fn held(&self, id: CaseId) -> Done<(UnitOfWork, Case)> {
        let found = store::case(&self.store, id).await?.ok_or(ModerationError::NotFound)?;
        let unit = self.begin(found.subject).await?;
        let case = store::case(&unit, id).await?.ok_or(ModerationError::NotFound)?;
        Ok((unit, case))
    }

    /// Whom a report about this concerns.
    async fn concerned(&self, subject: Subject, by: AuthorId) -> Done<AuthorId> {
        let member = match subject {
            Subject::Post(post) => {
                let view = self.posts.posts(&[post]).await?.remove(&post).ok_or(ModerationError::NotFound)?;
                if view.credits.iter().any(|c| c.author == by) {
                    return Err(Refusal::Own.into());
                }
                view.author().ok_or(ModerationError::NotFound)?
            }
            Subject::Member(member) => {
                let card = self.authors.cards(&[member]).await?.remove(&member).ok_or(ModerationError::NotFound)?;
                if !card.claimed {
                    return Err(Refusal::Nobody.into());
                }
                card.id
            }
            Subject::Message(message) => self.received(by, message).await?.author,
        };
        if member == by { Err(Refusal::Own.into()) } else { Ok(member) }
    }

    /// Tells the moderators of a post, a message or a member. Whoever reports the same again, while it waits, says it anew.
    ///
    /// # Errors
    /// There is no such thing to be seen, it is the member's own, nobody stands behind it, or the words are missing
    /// (with [`Reason::Other`]) or too long.
    pub async fn report(&self, by: AuthorId, subject: Subject, reason: Reason, words: &str) -> Done<CaseId> {
        let words = model::check_words(words, reason == Reason::Other)?;
        let member = self.concerned(subject, by).await?;
        let mut unit = self.begin(subject).await?;
        let case = match store::case_of(&unit, subject).await? {
            Some(case) => case.id,
            None => {
                let id: CaseId = self.store.ids().next().into();
                store::insert_case(&mut unit, id, subject, member).await?;
                id
            }
        };
        let report = Report { case, by, reason, words, at: self.store.now() };
        if store::put_report(&mut unit, &report).await? {
            unit.append(Some(by), &Event::Reported { case, post: subject.post(), member }).await?;
        }
        unit.commit().await?;
        Ok(case)
    }

    /// Says that a moderator looks at a case, or no longer does. Whoever takes it later has it.
    ///
    /// # Errors
    /// There is no such case, or it is decided.
    pub async fn take(&self, by: Keeper, case: CaseId, on: bool) -> Done {
        let (mut unit, found) = self.held(case).await?;
        if !found.open {
            return Err(Refusal::Over.into());
        }
        store::take(&mut unit, case, on.then_some(by.id)).await?;
        Ok(unit.commit().await?)
    }

    /// Writes a note for the other moderators.
    ///
    /// # Errors
    /// There is no such case, or the words are missing or too long.
    pub async fn note(&self, by: Keeper, case: CaseId, words: &str) -> Done {
        let words = model::check_words(words, true)?;
        let (mut unit, _) = self.held(case).await?;
        store::insert_note(&mut unit, case, &Note { by: by.id, words, at: self.store.now() }).await?;
        Ok(unit.commit().await?)
    }

    /// Whether a moderator may act about a member: never about oneself, about other moderators only as an
    /// administrator.
    async fn may_act(&self, by: Keeper, member: AuthorId) -> Done {
        if by.id == member {
            return Err(Refusal::Own.into());
        }
        if !by.administrates && self.authors.keepers(&[member]).await?.contains(&member) {
            return Err(Refusal::KeeperNeeded.into());
        }
        Ok(())
    }
}

#[async_trait]
impl Standing for Moderation {
    async fn suspended(&self, members: &[AuthorId]) -> PortResult<HashMap<AuthorId, Suspension>> {
        let found = store::suspended(&self.store, members, self.store.now()).await?;
        Ok(found.into_iter().map(|(m, (until, reason))| (m, Suspension { until, reason: reason.key() })).collect())
    }

    async fn pauses(&self, members: &[AuthorId]) -> PortResult<HashMap<AuthorId, u64>> {
        let mut all = HashMap::new();
        for member in members {
            if let Some(seconds) = self.pause(*member).await.map_err(|e| PortError::new(e.to_string()))? {
                all.insert(*member, seconds);
            }
        }
        Ok(all)
    }
}
