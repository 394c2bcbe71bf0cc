//! What owners do with their twins, and publishing, step by step.

use async_trait::async_trait;
use xinghe_core::event::Event;
use xinghe_core::ports::{OwnersPart, PortError, PortResult, StillAllowed, TwinAnswer, TwinAnswered};
use xinghe_core::{AuthorId, LangTag, TwinAct, TwinDraftId};
use xinghe_store::{Store, StoreError, UnitOfWork};

use super::model::{BODY_MAX, DraftState, GrantFault, Grants, Mode, REASON_MAX, TwinDraft};
use super::store::{self, Line};
use crate::ask::Deps;
use crate::memory::model::Fault;

/// Why an owner's wish was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such draft of this owner's twin.
    #[error("no such draft")]
    NotFound,
    /// It was settled before.
    #[error("the draft is {0}")]
    Settled(DraftState),
    /// The twin is stopped.
    #[error("the twin is stopped")]
    Stopped,
    /// The text is empty or too long.
    #[error("the text cannot be published")]
    Body,
    /// The reason is too long.
    #[error("the reason is too long")]
    Reason,
    /// What the owner says to the twin cannot be kept.
    #[error("it cannot be kept: {0}")]
    Memory(#[from] Fault),
    /// The grants are out of range.
    #[error("the grants are out of range: {0:?}")]
    Grants(GrantFault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another feature.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Says whether an answer may appear, by what is committed at that moment.
struct Guard<'a> {
    deps: &'a Deps,
    owner: AuthorId,
    /// Whether the twin decided by itself.
    alone: bool,
}

#[async_trait]
impl StillAllowed for Guard<'_> {
    async fn still_allowed(&self) -> PortResult<bool> {
        let grants = store::grants_of(&self.deps.store, self.owner).await?;
        if self.deps.standing.suspended(&[self.owner]).await?.contains_key(&self.owner)
            || self.deps.is_disabled(self.owner).await?
        {
            return Ok(false);
        }
        Ok(!grants.paused && (!self.alone || grants.answer.mode == Mode::Publish))
    }
}

/// Changes what a twin may do. With `as_it_stands` the stop switch stays as it is, whatever the grants say.
///
/// # Errors
/// Something is out of range.
pub(crate) async fn grant(db: &Store, owner: AuthorId, grants: Grants, as_it_stands: bool) -> Result<Grants, ActError> {
    let mut grants = grants.checked().map_err(ActError::Grants)?;
    let mut unit = db.begin().await?;
    unit.lock(&store::hold(owner)).await?;
    let before = store::grants_of(&unit, owner).await?;
    if as_it_stands {
        grants.paused = before.paused;
    }
    if before != grants {
        put(&mut unit, owner, &grants).await?;
        unit.commit().await?;
    }
    Ok(grants)
}

async fn put(unit: &mut UnitOfWork, owner: AuthorId, grants: &Grants) -> Result<(), StoreError> {
    store::put_grants(unit, owner, grants).await?;
    unit.append(Some(owner), &Event::TwinGrantsChanged { owner, paused: grants.paused }).await?;
    Ok(())
}

/// The stop switch. From the commit on nothing of this twin appears any more.
///
/// # Errors
/// The database.
pub(crate) async fn pause(db: &Store, owner: AuthorId, paused: bool) -> Result<(), StoreError> {
    let mut unit = db.begin().await?;
    unit.lock(&store::hold(owner)).await?;
    let grants = store::grants_of(&unit, owner).await?;
    if grants.paused != paused {
        put(&mut unit, owner, &Grants { paused, ..grants }).await?;
        unit.commit().await?;
    }
    Ok(())
}

/// Writes down, in the ledger and in the log, what was done about a draft.
pub(crate) async fn record(
    unit: &mut UnitOfWork,
    draft: &TwinDraft,
    act: TwinAct,
    (actor, why): (Option<AuthorId>, Option<&str>),
) -> Result<(), StoreError> {
    let line = Line {
        owner: draft.owner,
        act,
        question: draft.question,
        draft: Some(draft.id),
        why,
        confidence: Some(draft.answer.confidence),
        seen: &draft.answer.citations,
    };
    store::write(unit, &line).await?;
    let shown = matches!(act, TwinAct::Published | TwinAct::Undone);
    let event = Event::TwinActed {
        owner: draft.owner,
        act,
        question: draft.question,
        post: shown.then_some(draft.post),
        citations: if act == TwinAct::Published { draft.facts.clone() } else { Vec::new() },
    };
    unit.append(actor, &event).await?;
    Ok(())
}

/// Lets an answer that is to be published appear, and writes down what came of it. A crash in between changes nothing:
/// the next time the same post is found, and only then written down.
///
/// # Errors
/// The database, or posts.
pub(crate) async fn settle(deps: &Deps, draft: &TwinDraft) -> Result<DraftState, ActError> {
    let guard = Guard { deps, owner: draft.owner, alone: draft.owners_part == OwnersPart::None };
    let answer = TwinAnswer {
        id: draft.post,
        question: draft.question,
        owner: draft.owner,
        body: draft.body.clone(),
        language: draft.answer.language.parse().unwrap_or_else(|_| LangTag::undetermined()),
        owners_part: draft.owners_part,
        hold: store::hold(draft.owner),
    };
    let (state, act, why) = match deps.answers.publish(&answer, &guard).await? {
        TwinAnswered::Published => (DraftState::Published, TwinAct::Published, None),
        TwinAnswered::PersonAnswered => (DraftState::GaveWay, TwinAct::GaveWay, Some("answered")),
        TwinAnswered::QuestionGone => (DraftState::GaveWay, TwinAct::GaveWay, Some("gone")),
        // Nothing is lost: the owner may look at it later.
        TwinAnswered::NotAllowed => (DraftState::Waiting, TwinAct::Stopped, None),
    };
    let mut unit = deps.store.begin().await?;
    if store::move_on(&mut unit, draft.id, (DraftState::Publishing, state)).await? {
        if state == DraftState::Waiting {
            store::set_part(&mut unit, draft.id, OwnersPart::None, &draft.body).await?;
        }
        record(&mut unit, draft, act, (None, why)).await?;
        unit.commit().await?;
    }
    Ok(state)
}

/// The owner says yes, with a text of the owner's where it is another: the answer appears.
///
/// # Errors
/// There is no such draft, it was settled before, the twin is stopped, or the text cannot be published.
pub(crate) async fn approve(
    deps: &Deps,
    owner: AuthorId,
    id: TwinDraftId,
    body: Option<&str>,
) -> Result<DraftState, ActError> {
    let mut unit = deps.store.begin().await?;
    unit.lock(&store::hold(owner)).await?;
    let mut draft = store::draft(&unit, owner, id).await?.ok_or(ActError::NotFound)?;
    match draft.state {
        DraftState::Waiting => {}
        // Said before; perhaps it has not appeared yet.
        DraftState::Publishing => {
            drop(unit);
            return settle(deps, &draft).await;
        }
        DraftState::Published => return Ok(DraftState::Published),
        other => return Err(ActError::Settled(other)),
    }
    if store::grants_of(&unit, owner).await?.paused {
        return Err(ActError::Stopped);
    }
    let text = body.map(|b| b.replace("\r\n", "\n").trim().to_owned()).filter(|b| *b != draft.body);
    if text.as_ref().is_some_and(|t| !t.chars().any(char::is_alphanumeric) || t.chars().count() > BODY_MAX) {
        return Err(ActError::Body);
    }
    draft.owners_part = if text.is_some() { OwnersPart::Changed } else { OwnersPart::Read };
    if let Some(text) = text {
        store::correct(&mut unit, &draft, Some(&text), None).await?;
        draft.body = text;
    }
    store::set_part(&mut unit, id, draft.owners_part, &draft.body).await?;
    store::move_on(&mut unit, id, (DraftState::Waiting, DraftState::Publishing)).await?;
    record(&mut unit, &draft, TwinAct::Approved, (Some(owner), None)).await?;
    unit.commit().await?;
    settle(deps, &draft).await
}

/// The owner says no; what the twin said and why it was wrong are kept. Saying it again changes nothing.
///
/// # Errors
/// There is no such draft, it was settled before, or the reason is too long.
pub(crate) async fn reject(db: &Store, owner: AuthorId, id: TwinDraftId, reason: &str) -> Result<(), ActError> {
    let reason = Some(reason.trim()).filter(|r| !r.is_empty());
    if reason.is_some_and(|r| r.chars().count() > REASON_MAX) {
        return Err(ActError::Reason);
    }
    let mut unit = db.begin().await?;
    unit.lock(&store::hold(owner)).await?;
    let draft = store::draft(&unit, owner, id).await?.ok_or(ActError::NotFound)?;
    match draft.state {
        DraftState::Waiting => {}
        DraftState::Rejected => return Ok(()),
        other => return Err(ActError::Settled(other)),
    }
    store::correct(&mut unit, &draft, None, reason).await?;
    store::move_on(&mut unit, id, (DraftState::Waiting, DraftState::Rejected)).await?;
    record(&mut unit, &draft, TwinAct::Rejected, (Some(owner), reason)).await?;
    unit.commit().await?;
    Ok(())
}

/// The owner takes a published answer back: nobody sees it any more. Doing it again changes nothing.
///
/// # Errors
/// There is no such answer, or it was never published.
pub(crate) async fn undo(deps: &Deps, owner: AuthorId, id: TwinDraftId) -> Result<(), ActError> {
    let draft = store::draft(&deps.store, owner, id).await?.ok_or(ActError::NotFound)?;
    match draft.state {
        DraftState::Published => {}
        DraftState::Undone => return Ok(()),
        other => return Err(ActError::Settled(other)),
    }
    deps.answers.withdraw(owner, draft.post).await?;
    let mut unit = deps.store.begin().await?;
    if store::move_on(&mut unit, id, (DraftState::Published, DraftState::Undone)).await? {
        record(&mut unit, &draft, TwinAct::Undone, (Some(owner), None)).await?;
        unit.commit().await?;
    }
    Ok(())
}
