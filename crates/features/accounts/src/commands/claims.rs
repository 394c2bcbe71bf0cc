//! Claiming: a member says that an unclaimed author is them; an administrator believes it or not.

use xinghe_core::id::ClaimId;
use xinghe_core::{AuthorId, Event};
use xinghe_store::UnitOfWork;
use xinghe_web::FieldError;

use super::Accounts;
use crate::error::AccountError;
use crate::model::{ClaimState, WHY_MAX};
use crate::store::{authors, claims};

/// A list of claims to show.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClaimList {
    /// Only those of this state.
    pub state: Option<ClaimState>,
    /// Only those of this member.
    pub member: Option<AuthorId>,
    /// Only those made before this one.
    pub before: Option<ClaimId>,
    /// At most so many, up to 100.
    pub limit: u32,
}

impl Accounts {
    /// Whether a member has an open claim on an author.
    ///
    /// # Errors
    /// The database.
    pub async fn open_claim(&self, member: AuthorId, author: AuthorId) -> Result<Option<ClaimId>, AccountError> {
        Ok(claims::open_of(&self.store, author, member).await?.map(|c| ClaimId::from_raw(c.id)))
    }

    /// How many claims wait for a decision.
    ///
    /// # Errors
    /// The database.
    pub async fn open_claims(&self) -> Result<i64, AccountError> {
        Ok(claims::count_open(&self.store).await?)
    }

    /// A member claims an unclaimed author.
    ///
    /// # Errors
    /// Field `why` is empty or long; [`AccountError::Conflict`] when the author is not unclaimed or the member has
    /// asked already; [`AccountError::NotFound`].
    #[tracing::instrument(skip_all, name = "accounts.claim")]
    pub async fn claim(&self, member: AuthorId, author: AuthorId, why: &str) -> Result<ClaimId, AccountError> {
        let why = check_text(why, "why")?.ok_or_else(|| AccountError::field("why", "accounts-error-why-empty"))?;
        let mut unit = self.begin().await?;
        let record = authors::record(&unit, author).await?.ok_or(AccountError::NotFound)?;
        if record.card.claimed || record.merged_into.is_some() || record.erased {
            return Err(AccountError::conflict("accounts-error-claimed"));
        }
        if claims::open_of(&unit, author, member).await?.is_some() {
            return Err(AccountError::conflict("accounts-error-claim-open"));
        }
        let id: ClaimId = self.store.ids().next().into();
        match claims::insert(&mut unit, id, author, member, &why).await {
            Err(e) if e.is_unique_violation() => Err(AccountError::conflict("accounts-error-claim-open")),
            other => Ok(other?),
        }?;
        unit.commit().await?;
        Ok(id)
    }

    /// A member takes a claim back.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when it is not the member's; [`AccountError::Conflict`] when it was decided.
    pub async fn withdraw_claim(&self, member: AuthorId, id: ClaimId) -> Result<(), AccountError> {
        let mut unit = self.begin().await?;
        let claim = claims::held(&unit, id).await?.filter(|c| c.member == member.raw());
        claim.ok_or(AccountError::NotFound)?;
        if !claims::close(&mut unit, id, ClaimState::Withdrawn, None, Some(member)).await? {
            return Err(AccountError::conflict("accounts-error-claim-decided"));
        }
        Ok(unit.commit().await?)
    }

    /// An administrator decides. On a yes the author becomes a part of the member: cards, handle and imports answer
    /// with the member from now on, and other open claims on the author are declined.
    ///
    /// # Errors
    /// Field `note` is long; [`AccountError::NotFound`]; [`AccountError::Conflict`] when it was decided already.
    #[tracing::instrument(skip_all, name = "accounts.decide_claim")]
    pub async fn decide_claim(
        &self,
        actor: Option<AuthorId>,
        id: ClaimId,
        yes: bool,
        note: &str,
    ) -> Result<(), AccountError> {
        let note = check_text(note, "note")?;
        let mut unit = self.begin().await?;
        let claim = claims::held(&unit, id).await?.ok_or(AccountError::NotFound)?;
        let state = if yes { ClaimState::Accepted } else { ClaimState::Declined };
        if !claims::close(&mut unit, id, state, note.as_deref(), actor).await? {
            return Err(AccountError::conflict("accounts-error-claim-decided"));
        }
        if yes {
            let (author, member) = (AuthorId::from_raw(claim.author), AuthorId::from_raw(claim.member));
            accept(&mut unit, actor, author, member).await?;
        }
        Ok(unit.commit().await?)
    }
}

async fn accept(
    unit: &mut UnitOfWork,
    actor: Option<AuthorId>,
    author: AuthorId,
    member: AuthorId,
) -> Result<(), AccountError> {
    if !authors::merge(unit, author, member).await? {
        return Err(AccountError::conflict("accounts-error-claimed"));
    }
    claims::decline_others(unit, author, actor).await?;
    unit.append(actor, &Event::AuthorClaimed { author, member }).await?;
    Ok(())
}

/// A text of a claim without white space around; `None` when it is empty.
fn check_text(given: &str, field: &'static str) -> Result<Option<String>, AccountError> {
    let text = given.trim();
    if text.chars().count() > WHY_MAX {
        return Err(FieldError::new(field, "accounts-error-why-long").with("max", WHY_MAX).into());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
