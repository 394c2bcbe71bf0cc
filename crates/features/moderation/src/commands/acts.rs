//! What moderators do, and how it is taken back.

use xinghe_core::{ActId, AuthorId, CaseId, Event, Measure};
use xinghe_store::{StoreError, UnitOfWork};

use super::{Done, Moderation};
use crate::error::ModerationError;
use crate::eye::release_case;
use crate::model::{self, Act, ActState, Case, DAY_MS, Decision, Keeper, Refusal, heavy};
use crate::store;

/// The event of an act that begins or ends to hold.
pub(crate) fn event(act: &Act, on: bool) -> Event {
    let Act { id, measure, post, member, until, .. } = act;
    Event::Moderated { act: *id, measure: *measure, post: *post, member: *member, until: *until, on }
}

/// Notes that a case is decided, and tells who reported it.
async fn close(unit: &mut UnitOfWork, by: AuthorId, case: CaseId) -> Result<(), StoreError> {
    let Some(members) = store::close(unit, case).await? else { return Ok(()) };
    if !members.is_empty() {
        unit.append(Some(by), &Event::ReportsAnswered { case, members }).await?;
    }
    Ok(())
}

/// Whether something as strong holds already.
async fn is_so(unit: &UnitOfWork, case: &Case, measure: Measure) -> Result<bool, StoreError> {
    let stronger: &[Measure] = match measure {
        Measure::Nothing | Measure::Warn => return Ok(false),
        Measure::Hide => &[Measure::Hide, Measure::Delete],
        Measure::Delete => &[Measure::Delete],
        Measure::Lock => &[Measure::Lock],
        Measure::Suspend | Measure::Ban => &[Measure::Ban, Measure::Wipe],
        Measure::Wipe => &[Measure::Wipe],
    };
    let post = case.subject.post().filter(|_| !measure.silences());
    store::has_standing(unit, (post, case.member), stronger).await
}

impl Moderation {
    /// Decides a case, or does something more in a case that is decided. The heaviest measures are only proposed by
    /// this: they hold when a second moderator confirms them.
    ///
    /// # Errors
    /// There is no such case, fields are wrong, it holds already, or it is not this moderator's to decide.
    pub async fn decide(&self, by: Keeper, case: CaseId, decision: &Decision) -> Done<ActId> {
        let found = store::case(&self.store, case).await?.ok_or(ModerationError::NotFound)?;
        let Decision { measure, reason, words, days } =
            model::check(decision, found.subject).map_err(ModerationError::Invalid)?;
        self.may_act(by, found.member).await?;
        if measure.silences() || measure == Measure::Warn {
            let claimed = self.authors.cards(&[found.member]).await?.get(&found.member).is_some_and(|c| c.claimed);
            if !claimed {
                return Err(Refusal::Nobody.into());
            }
        }
        let (mut unit, found) = self.held(case).await?;
        if is_so(&unit, &found, measure).await? {
            return Err(Refusal::Already.into());
        }
        if measure == Measure::Nothing && !found.open {
            return Err(Refusal::Over.into());
        }
        let pending = store::acts(&unit, case).await?.iter().any(|a| a.state == ActState::Proposed);
        if heavy(measure) && pending {
            return Err(Refusal::Already.into());
        }
        let at = self.store.now();
        let act = Act {
            id: self.store.ids().next().into(),
            case,
            measure,
            post: found.subject.post().filter(|_| measure != Measure::Wipe),
            member: found.member,
            reason,
            words,
            days,
            until: (days > 0).then(|| at.plus_millis(i64::from(days) * DAY_MS)),
            state: if heavy(measure) { ActState::Proposed } else { ActState::Standing },
            by: by.id,
            at,
            confirmed_by: None,
            ended_by: None,
            ended_at: None,
            why: String::new(),
            appeal: None,
        };
        store::insert_act(&mut unit, &act).await?;
        if act.state == ActState::Standing {
            unit.append(Some(by.id), &event(&act, true)).await?;
            if !hides(measure) {
                release_case(&mut unit, case, by.id).await?;
            }
            close(&mut unit, by.id, case).await?;
        } else {
            // It waits for somebody else now.
            store::take(&mut unit, case, None).await?;
        }
        unit.commit().await?;
        Ok(act.id)
    }

    /// An act, its subject kept from others until the unit of work ends.
    pub(crate) async fn act(&self, id: ActId) -> Done<(UnitOfWork, Act)> {
        let missing = || ModerationError::NotFound;
        let case = store::acts_by_id(&self.store, &[id]).await?.remove(&id).ok_or_else(missing)?.case;
        let (unit, _) = self.held(case).await?;
        let act = store::acts_by_id(&unit, &[id]).await?.remove(&id).ok_or_else(missing)?;
        Ok((unit, act))
    }

    /// A second moderator's yes to a proposed act: it holds from here on.
    ///
    /// # Errors
    /// There is no such act, it does not wait, or it is not this moderator's to confirm.
    pub async fn confirm(&self, by: Keeper, act: ActId) -> Done {
        let (mut unit, mut found) = self.act(act).await?;
        if found.by == by.id {
            return Err(Refusal::SecondNeeded.into());
        }
        self.may_act(by, found.member).await?;
        if !store::confirm(&mut unit, act, by.id).await? {
            return Err(Refusal::Over.into());
        }
        found.state = ActState::Standing;
        unit.append(Some(by.id), &event(&found, true)).await?;
        close(&mut unit, by.id, found.case).await?;
        Ok(unit.commit().await?)
    }

    /// A no to a proposed act; who proposed it takes it back with this. The case waits again.
    ///
    /// # Errors
    /// There is no such act, it does not wait, it is about this moderator, or the words are too long.
    pub async fn refuse(&self, by: Keeper, act: ActId, why: &str) -> Done {
        let why = model::check_words(why, false)?;
        let (mut unit, found) = self.act(act).await?;
        self.may_act(by, found.member).await?;
        if !store::end(&mut unit, act, (ActState::Proposed, ActState::Refused), by.id, &why).await? {
            return Err(Refusal::Over.into());
        }
        Ok(unit.commit().await?)
    }

    /// Takes an act back: what it did is as it was before. An appeal that waits is granted with it.
    ///
    /// # Errors
    /// There is no such act, it does not hold, it is about this moderator, or the words are too long.
    pub async fn undo(&self, by: Keeper, act: ActId, why: &str) -> Done {
        let why = model::check_words(why, false)?;
        let (mut unit, found) = self.act(act).await?;
        self.may_act(by, found.member).await?;
        if found.measure == Measure::Nothing {
            return Err(Refusal::Over.into());
        }
        lift(&mut unit, by, &found, &why).await?;
        if store::decide_appeal(&mut unit, act, by.id, true, &why).await? {
            let member = found.member;
            unit.append(Some(by.id), &Event::AppealDecided { act, member, granted: true }).await?;
        }
        Ok(unit.commit().await?)
    }
}

/// Ends an act that holds.
pub(super) async fn lift(unit: &mut UnitOfWork, by: Keeper, act: &Act, why: &str) -> Done {
    if !store::end(unit, act.id, (ActState::Standing, ActState::Undone), by.id, why).await? {
        return Err(Refusal::Over.into());
    }
    unit.append(Some(by.id), &event(act, false)).await?;
    if hides(act.measure) {
        // What the local eye held on its own goes with it: a moderator looked.
        release_case(unit, act.case, by.id).await?;
    }
    Ok(())
}

/// Whether a post is out of sight by it: then what the local eye holds may stay held.
const fn hides(measure: Measure) -> bool {
    matches!(measure, Measure::Hide | Measure::Delete | Measure::Wipe)
}
