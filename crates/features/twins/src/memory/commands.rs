//! What owners say to their twins: each check, change and event in one transaction.

use serde::Deserialize;
use xinghe_core::{AnswerId, AuthorId, Event, PostId, StatementId, TwinDraftId};
use xinghe_store::{FromQueryResult, Queries, StoreError, UnitOfWork, params};

use super::model::{self, Fault, MOST, State, Statement, StatementKind};
use super::{claims, near, store};
use crate::acts::commands::ActError;
use crate::acts::model::DraftState;
use crate::acts::{gone, store as acts};
use crate::ask::Deps;
use crate::model::{Answer, LONGEST_QUESTION};

/// What an owner says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// Of a correction: what it answers, where no answer or draft says so.
    pub question: String,
    /// The words.
    pub text: String,
    /// The post that they lean on.
    pub post: Option<PostId>,
    /// The answer to a reader that was wrong.
    pub answer: Option<AnswerId>,
    /// The draft or published answer that was wrong.
    pub draft: Option<TwinDraftId>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is kept, and used.
    Kept(StatementId),
    /// It was said before, in nearly the same words.
    Known(StatementId),
    /// It contradicts what was said before: it waits until its owner says which holds.
    Disputed(StatementId),
}

impl Outcome {
    /// The statement.
    pub(crate) const fn id(self) -> StatementId {
        match self {
            Self::Kept(id) | Self::Known(id) | Self::Disputed(id) => id,
        }
    }

    /// The word that pages pass on.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Kept(_) => "kept",
            Self::Known(_) => "known",
            Self::Disputed(_) => "disputed",
        }
    }
}

/// What was wrong, where it was an answer: its question, and the post that it is.
async fn corrected(q: &impl Queries, owner: AuthorId, said: &Said) -> Result<(String, Option<PostId>), ActError> {
    #[derive(FromQueryResult)]
    struct Row {
        body: String,
    }
    if let Some(answer) = said.answer {
        let sql = "SELECT body FROM twins_answer WHERE id = $1 AND twin = $2";
        let row: Option<Row> = q.one(sql, params![answer.raw(), owner.raw()]).await?;
        let body = row.ok_or(ActError::NotFound)?.body;
        let answer: Answer = serde_json::from_str(&body).map_err(|e| StoreError::Value(e.to_string()))?;
        return Ok((answer.understood.unwrap_or(answer.question), None));
    }
    if let Some(draft) = said.draft {
        let draft = acts::draft(q, owner, draft).await?.ok_or(ActError::NotFound)?;
        let seen = (draft.state == DraftState::Published).then_some(draft.post);
        return Ok((draft.answer.question, seen));
    }
    Ok((String::new(), None))
}

/// The question of what is to be corrected, for the form; empty where nothing is named.
///
/// # Errors
/// It is no answer of this twin's.
pub(crate) async fn question_of(q: &impl Queries, owner: AuthorId, said: &Said) -> Result<String, ActError> {
    Ok(corrected(q, owner, said).await?.0)
}

fn asked(typed: &str, corrected: &str) -> Result<String, Fault> {
    let typed = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let question = if typed.is_empty() { corrected.to_owned() } else { typed };
    let fits = question.chars().any(char::is_alphanumeric) && question.chars().count() <= LONGEST_QUESTION;
    if fits { Ok(question) } else { Err(Fault::Question) }
}

async fn seen(deps: &Deps, post: Option<PostId>) -> Result<Option<PostId>, ActError> {
    match post {
        Some(id) if !deps.posts.posts(&[id]).await?.contains_key(&id) => Err(Fault::Post.into()),
        post => Ok(post),
    }
}

async fn changed(unit: &mut UnitOfWork, owner: AuthorId, statement: Option<StatementId>) -> Result<(), StoreError> {
    unit.append(Some(owner), &Event::TwinMemoryChanged { owner, statement }).await?;
    Ok(())
}

/// The owner says something. Saying it again is saying it once, with today's date.
///
/// # Errors
/// It has no words or too many, the answer is no answer of this twin, or the post cannot be seen.
pub(crate) async fn say(deps: &Deps, owner: AuthorId, kind: StatementKind, said: Said) -> Result<Outcome, ActError> {
    let text = model::checked(&said.text)?;
    let post = seen(deps, said.post).await?;
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    let (wrong, about) = corrected(&unit, owner, &said).await?;
    let question = match kind {
        StatementKind::Correction => asked(&said.question, &wrong)?,
        StatementKind::Fact => String::new(),
    };
    let known: Vec<Statement> = store::whole(&unit, owner).await?.into_iter().filter(|s| s.kind == kind).collect();
    let now = deps.store.now();
    let one = |s: &&Statement| s.question == question && near::same(&s.text, &text);
    if let Some(before) = known.iter().find(one) {
        // Whatever it was: proposed, declined, said long ago. The owner says it now.
        let again = Statement { state: State::Stands, at: now, text, ..before.clone() };
        store::update(&mut unit, &again).await?;
        changed(&mut unit, owner, Some(before.id)).await?;
        unit.commit().await?;
        return Ok(Outcome::Known(before.id));
    }
    if known.len() >= MOST {
        return Err(Fault::TooMany.into());
    }
    let language = xinghe_text::detect(&text).to_string();
    // Until its owner says which of two holds, the one that was there before does.
    let disputed = !contradicted(kind, &text, &known).is_empty();
    let state = if disputed { State::Proposed } else { State::Stands };
    let statement = Statement {
        id: deps.store.ids().next().into(),
        owner,
        kind,
        state,
        at: now,
        question,
        text,
        language,
        post,
        quote: None,
        answer: said.answer,
        about,
        vector: None,
    };
    store::insert(&mut unit, &statement).await?;
    changed(&mut unit, owner, Some(statement.id)).await?;
    unit.commit().await?;
    Ok(if disputed { Outcome::Disputed(statement.id) } else { Outcome::Kept(statement.id) })
}

/// Those of these statements that stand and that a fact of this text contradicts.
pub(crate) fn contradicted<'a>(kind: StatementKind, text: &str, known: &'a [Statement]) -> Vec<&'a Statement> {
    let Some(claim) = claims::claim(text).filter(|_| kind == StatementKind::Fact) else { return Vec::new() };
    let against = |s: &&Statement| {
        let stands = s.kind == StatementKind::Fact && s.state == State::Stands;
        stands && s.text != text && claims::claim(&s.text).is_some_and(|other| other.contradicts(&claim))
    };
    known.iter().filter(against).collect()
}

/// What an owner says to a fact that waits, or that is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FactVerdict)]
pub(crate) enum Verdict {
    /// It is so, whatever else was said; of an old one: it still is.
    Holds,
    /// It is so, and what it contradicts is so no more.
    Replaces,
    /// It is not so.
    Declined,
}

/// Settles a fact: from now on it is used, or never proposed again.
///
/// # Errors
/// There is no such fact of theirs.
pub(crate) async fn settle(deps: &Deps, owner: AuthorId, id: StatementId, verdict: Verdict) -> Result<(), ActError> {
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    let known = store::whole(&unit, owner).await?;
    let fact = known.iter().find(|s| s.id == id && s.kind == StatementKind::Fact).ok_or(ActError::NotFound)?;
    if verdict == Verdict::Replaces {
        for old in contradicted(fact.kind, &fact.text, &known) {
            take_away(&mut unit, old).await?;
            changed(&mut unit, owner, Some(old.id)).await?;
        }
    }
    if verdict == Verdict::Declined && fact.state == State::Stands {
        take_away(&mut unit, fact).await?;
    } else {
        let state = if verdict == Verdict::Declined { State::Declined } else { State::Stands };
        store::update(&mut unit, &Statement { state, at: deps.store.now(), ..fact.clone() }).await?;
    }
    changed(&mut unit, owner, Some(id)).await?;
    unit.commit().await?;
    Ok(())
}

/// The owner says it otherwise, from now on.
///
/// # Errors
/// There is no such statement of theirs, it has no words or too many, or the post cannot be seen.
pub(crate) async fn change(deps: &Deps, owner: AuthorId, id: StatementId, said: Said) -> Result<(), ActError> {
    let text = model::checked(&said.text)?;
    let post = seen(deps, said.post).await?;
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    let before = store::one(&unit, owner, id).await?.ok_or(ActError::NotFound)?;
    let question = match before.kind {
        StatementKind::Correction => asked(&said.question, &before.question)?,
        StatementKind::Fact => String::new(),
    };
    let language = xinghe_text::detect(&text).to_string();
    // Words of the owner's own are not the sentence any more that they were read in.
    let quote = before.quote.clone().filter(|_| text == before.text);
    let (state, at) = (State::Stands, deps.store.now());
    let after = Statement { state, at, question, text, language, post, quote, vector: None, ..before };
    store::update(&mut unit, &after).await?;
    changed(&mut unit, owner, Some(id)).await?;
    unit.commit().await?;
    Ok(())
}

/// Takes a statement away: at once nothing uses it, and the answers that used it go, those that appeared below questions
/// too.
///
/// # Errors
/// There is no such statement of theirs.
pub(crate) async fn delete(deps: &Deps, owner: AuthorId, id: StatementId) -> Result<(), ActError> {
    let mut unit = deps.store.begin().await?;
    unit.lock(&acts::hold(owner)).await?;
    let statement = store::one(&unit, owner, id).await?.ok_or(ActError::NotFound)?;
    take_away(&mut unit, &statement).await?;
    changed(&mut unit, owner, Some(id)).await?;
    unit.commit().await?;
    Ok(())
}

/// Takes a statement out of the memory, and what was said with it.
pub(super) async fn take_away(unit: &mut UnitOfWork, statement: &Statement) -> Result<(), StoreError> {
    store::delete(unit, statement).await?;
    if statement.state == State::Stands {
        gone::forget(unit, PostId::from_raw(statement.id.raw())).await?;
    }
    Ok(())
}
