//! What twins answer, on their owners' behalf.

use xinghe_core::content::{Credit, CreditRole, PostKind, Provenance};
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::ports::{OwnersPart, PortError, PortResult, StillAllowed, TwinAnswer, TwinAnswered};
use xinghe_store::{Store, StoreError, UnitOfWork};

use super::{CommandError, delete};
use crate::model::{Actor, Draft, check};
use crate::store::{self, NewPost, NewRevision};

/// Publishes an answer of a member's twin: by AI, for the member. What allows it is looked at again while nobody else
/// can take it away.
pub(crate) async fn publish_twins_answer(
    store: &Store,
    answer: &TwinAnswer,
    allowed: &dyn StillAllowed,
) -> PortResult<TwinAnswered> {
    let mut unit = store.begin().await?;
    unit.lock(&answer.hold).await?;
    let heads = store::heads(&unit, &[answer.id, answer.question]).await?;
    if heads.contains_key(&answer.id) {
        return Ok(TwinAnswered::Published);
    }
    let question = heads.get(&answer.question).filter(|h| h.visible() && h.kind == PostKind::Question.as_str());
    if question.is_none() {
        return Ok(TwinAnswered::QuestionGone);
    }
    store::lock(&mut unit, answer.question).await?;
    if store::is_locked(&unit, answer.question).await? {
        return Ok(TwinAnswered::QuestionGone);
    }
    if store::answered_by_people(&unit, &[answer.question]).await?.contains(&answer.question) {
        return Ok(TwinAnswered::PersonAnswered);
    }
    if !allowed.still_allowed().await? {
        return Ok(TwinAnswered::NotAllowed);
    }
    insert(&mut unit, answer).await?;
    unit.commit().await?;
    Ok(TwinAnswered::Published)
}

async fn insert(unit: &mut UnitOfWork, answer: &TwinAnswer) -> PortResult<()> {
    let draft = Draft {
        body: answer.body.clone(),
        language: Some(answer.language.clone()),
        provenance: Provenance::Ai,
        ..Draft::default()
    };
    let content = check(PostKind::Answer, &draft, Provenance::Ai)
        .map_err(|wrong| PortError::new(format!("a twin's answer is no post: {wrong:?}")))?;
    let (at, revision): (_, RevisionId) = (unit.store().now(), unit.store().ids().next().into());
    let credit = |role| Credit { author: answer.owner, role };
    let (mut credits, by) = (vec![credit(CreditRole::Twin)], Some(answer.owner));
    let by = match answer.owners_part {
        OwnersPart::None => None,
        OwnersPart::Read => {
            credits.push(credit(CreditRole::Reviewer));
            None
        }
        OwnersPart::Changed => {
            credits.push(credit(CreditRole::Editor));
            by
        }
    };
    let new = NewRevision { id: revision, post: answer.id, number: 1, content: &content, author: by, at };
    store::insert_revisions(unit, &[new]).await?;
    store::put_credits(unit, &[(answer.id, credits)], true).await?;
    let place = Some((answer.question, answer.question, answer.question));
    let post = NewPost {
        id: answer.id,
        kind: PostKind::Answer,
        place,
        content,
        author: answer.owner,
        revision,
        published_at: at,
        at,
    };
    store::insert_posts(unit, &[post]).await?;
    store::recount(unit, answer.question).await?;
    let event = Event::PostPublished {
        post: answer.id,
        revision,
        post_kind: PostKind::Answer,
        parent: Some(answer.question),
        author: answer.owner,
    };
    // Nobody caused it by hand unless the owner approved it.
    let actor = (answer.owners_part != OwnersPart::None).then_some(answer.owner);
    unit.append(actor, &event).await?;
    Ok(())
}

/// Takes an answer of the owner's twin out of sight; `false`: there is none to be seen.
pub(crate) async fn withdraw_twins_answer(store: &Store, owner: AuthorId, post: PostId) -> Result<bool, StoreError> {
    let seen = store::views(store, &[post]).await?;
    let own = seen.get(&post).is_some_and(|v| v.by_twin() && v.author() == Some(owner));
    if !own {
        return Ok(false);
    }
    match delete(store, Actor { id: owner, moderates: false }, post).await {
        Ok(()) => Ok(true),
        Err(CommandError::Store(error)) => Err(error),
        // Somebody else took it away in this very moment.
        Err(_) => Ok(false),
    }
}
