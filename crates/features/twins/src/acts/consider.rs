//! The job that looks for questions nobody answered, and asks the twins of those whose writing holds most evidence.

use std::collections::HashMap;

use async_trait::async_trait;
use tokio::sync::mpsc;
use xinghe_core::event::Event;
use xinghe_core::evidence::{Evidence, Query};
use xinghe_core::ports::OwnersPart;
use xinghe_core::{AuthorId, Lang, PostId, PostView, TwinAct};
use xinghe_store::{JobError, JobHandler, JobRun, StoreError, UnitOfWork};

use super::body;
use super::commands::{self, ActError};
use super::model::{Decision, DraftState, Grants, Mode, TwinDraft, decide};
use super::store::{self, Line};
use crate::ask::{AskError, Asker, Prepared, evidence_only};
use crate::model::{LONGEST_QUESTION, Question, Reason};

/// The kind of the job.
pub(crate) const JOB: &str = "twins.consider";
/// How many twins are asked about one question.
const TWINS: usize = 2;
/// How many passages of everybody's are looked at to find whose twins to ask.
const LOOKED_AT: usize = 60;
/// How many questions one run considers, and how many started answers it finishes.
const BATCH: usize = 20;
/// Questions that waited longer, in milliseconds, are left alone: fourteen days.
const STALE_MS: i64 = 14 * 24 * 3_600_000;
/// What "a day" of a grant is, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// Considers questions.
pub(crate) struct Considerer {
    pub(crate) asker: Asker,
}

fn later(error: impl std::fmt::Display) -> JobError {
    JobError::Retry(error.to_string())
}

#[async_trait]
impl JobHandler for Considerer {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        self.work(|| job.cancelled.is_cancelled()).await
    }
}

impl Considerer {
    /// One round: finishes what was begun, then considers what is due. One question that fails leaves the others alone.
    pub(crate) async fn work(&self, cancelled: impl Fn() -> bool + Send + Sync) -> Result<(), JobError> {
        let deps = self.asker.deps();
        let mut failed = None;
        for draft in store::publishing(&deps.store, BATCH).await? {
            if let Err(error) = commands::settle(deps, &draft).await {
                failed = Some(later(error));
            }
        }
        let now = deps.store.now();
        let until = now.plus_millis(-i64::from(deps.wait_minutes) * 60_000);
        let due = store::due(&deps.store, (now.plus_millis(-STALE_MS), until), BATCH).await?;
        let posts = deps.posts.posts(&due).await.map_err(later)?;
        let answered = deps.answers.answered_by_people(&due).await.map_err(later)?;
        for id in due {
            if cancelled() {
                return Err(JobError::Cancelled);
            }
            let done = match posts.get(&id) {
                None => self.remember(id, "gone").await,
                Some(_) if answered.contains(&id) => self.remember(id, "answered").await,
                Some(question) => self.consider(question).await.map_err(later),
            };
            if let Err(error) = done {
                tracing::warn!(%error, question = %id, "a question could not be considered");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn remember(&self, question: PostId, outcome: &str) -> Result<(), JobError> {
        let mut unit = self.asker.deps().store.begin().await?;
        if store::considered(&mut unit, question, outcome).await? {
            unit.append(None, &Event::QuestionConsidered { question, drafts: 0 }).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Asks the twins that may know, keeps what they say, and publishes what may be published.
    async fn consider(&self, post: &PostView) -> Result<(), ActError> {
        let mut said = Vec::new();
        for owner in self.who_may_know(post).await.map_err(unasked)? {
            let prepared = self.asker.prepare_for(owner, &asked(post, owner)).await.map_err(unasked)?;
            said.push((owner, prepared));
        }
        let deps = self.asker.deps();
        let mut unit = deps.store.begin().await?;
        // In the order of their ids, so that two that hold some and wait for others cannot meet.
        let mut owners: Vec<AuthorId> = said.iter().map(|(owner, _)| *owner).collect();
        owners.sort_unstable();
        for owner in &owners {
            unit.lock(&store::hold(*owner)).await?;
        }
        let grants = store::grants(&unit, &owners).await?;
        let (mut kept, nobody) = (Vec::new(), said.is_empty());
        let outcome = if nobody { "nobody_knew" } else { "asked" };
        if !store::considered(&mut unit, post.id, outcome).await? {
            return Ok(());
        }
        for (owner, prepared) in said {
            let grants = grants.get(&owner).cloned().unwrap_or_default();
            kept.extend(keep(&mut unit, post, (owner, &grants), prepared).await?);
        }
        let drafts = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        unit.append(None, &Event::QuestionConsidered { question: post.id, drafts }).await?;
        unit.commit().await?;
        for draft in kept.iter().filter(|d| d.state == DraftState::Publishing) {
            commands::settle(deps, draft).await?;
        }
        Ok(())
    }

    /// The members whose writing holds most evidence for a question, whose twins may answer: by their best passage, then
    /// by all of them. Not the asker, and nobody else who wrote the question.
    async fn who_may_know(&self, post: &PostView) -> Result<Vec<AuthorId>, AskError> {
        let deps = self.asker.deps();
        let text = question_text(post);
        let query = Query { text, filter: evidence_only(), limit: LOOKED_AT, operators: false };
        let evidence = deps.retrieve.retrieve(&query).await?;
        let mut people: Vec<AuthorId> = evidence.hits.iter().map(|h| h.author).collect();
        people.extend(post.credits.iter().map(|c| c.author));
        let cards = deps.authors.cards(&people).await?;
        let member = |id: AuthorId| cards.get(&id).filter(|c| c.claimed).map(|c| c.id);
        let askers: Vec<AuthorId> = post.credits.iter().filter_map(|c| member(c.author)).collect();
        if askers.is_empty() {
            // An imported question: whoever asked it is not here and does not wait.
            return Ok(Vec::new());
        }
        let owners = ranked(&evidence, |id| member(id).filter(|o| !askers.contains(o)));
        let grants = store::grants(&deps.store, &owners).await?;
        let suspended = deps.standing.suspended(&owners).await?;
        let disabled = deps.authors.disabled(&owners).await?;
        let free = |o: &AuthorId| !suspended.contains_key(o) && !disabled.contains(o);
        let may = |o: &AuthorId| free(o) && grants.get(o).is_some_and(|g| !g.paused && g.answer.mode != Mode::Off);
        Ok(owners.into_iter().filter(may).take(TWINS).collect())
    }
}

/// Whose writing holds most evidence: by the best passage, then by all of them. `owner` tells to whom an author's
/// passages count, if to anybody.
pub(crate) fn ranked(evidence: &Evidence, owner: impl Fn(AuthorId) -> Option<AuthorId>) -> Vec<AuthorId> {
    let mut found: HashMap<AuthorId, (f32, f32)> = HashMap::new();
    for hit in &evidence.hits {
        if let Some(owner) = owner(hit.author) {
            let (best, sum) = found.entry(owner).or_default();
            *best = best.max(hit.score);
            *sum += hit.score;
        }
    }
    let mut order: Vec<(AuthorId, (f32, f32))> = found.into_iter().collect();
    order.sort_by(|(a, x), (b, y)| y.0.total_cmp(&x.0).then(y.1.total_cmp(&x.1)).then(a.cmp(b)));
    order.into_iter().map(|(owner, _)| owner).collect()
}

fn unasked(error: AskError) -> ActError {
    match error {
        AskError::Store(error) => ActError::Store(error),
        AskError::Port(error) => ActError::Port(error),
        AskError::Stopped | AskError::NoTwin => ActError::Stopped,
    }
}

/// What is asked: the question's title, which says it in a sentence.
fn question_text(post: &PostView) -> String {
    post.title.chars().take(LONGEST_QUESTION).collect()
}

fn asked(post: &PostView, owner: AuthorId) -> Question {
    let language = post.language.interface().unwrap_or(Lang::ZhHans);
    Question { text: question_text(post), twin: Some(owner), language, asker: None, follows: None, ticket: None }
}

/// Keeps what one twin said, as its owner allows at this moment; answers the draft that came of it.
async fn keep(
    unit: &mut UnitOfWork,
    post: &PostView,
    (owner, grants): (AuthorId, &Grants),
    Prepared { answer, facts }: Prepared,
) -> Result<Option<TwinDraft>, StoreError> {
    let forbidden = grants.forbidden(&[&post.title, &post.body, &post.tags.join(" "), &answer.answer]).is_some();
    let stopped = grants.paused || grants.answer.mode == Mode::Off;
    if stopped || forbidden || answer.abstained {
        let (act, why) = match (stopped, forbidden) {
            (true, _) => (TwinAct::Stopped, None),
            (_, true) => (TwinAct::Declined, Some(Reason::OffLimits.as_str())),
            _ => (TwinAct::Declined, answer.reason.map(Reason::as_str)),
        };
        let confidence = Some(answer.confidence);
        let line = Line { owner, act, question: post.id, draft: None, why, confidence, seen: &answer.citations };
        store::write(unit, &line).await?;
        let event = Event::TwinActed { owner, act, question: post.id, post: None, citations: Vec::new() };
        unit.append(None, &event).await?;
        return Ok(None);
    }
    let now = unit.store().now();
    let alone = store::alone_since(unit, owner, now.plus_millis(-DAY_MS)).await?;
    let decision = decide(&grants.answer, post, answer.confidence, alone);
    let (state, act) = match decision {
        Decision::Draft => (DraftState::Waiting, TwinAct::Drafted),
        Decision::Publish => (DraftState::Publishing, TwinAct::Decided),
    };
    let language = post.language.interface().unwrap_or(Lang::ZhHans);
    let draft = TwinDraft {
        id: unit.store().ids().next().into(),
        owner,
        question: post.id,
        at: now,
        state,
        owners_part: OwnersPart::None,
        body: body::markdown(&answer, language),
        answer,
        facts,
        post: unit.store().ids().next().into(),
    };
    if !store::insert_draft(unit, &draft).await? {
        return Ok(None);
    }
    commands::record(unit, &draft, act, (None, None)).await?;
    Ok(Some(draft))
}

impl Asker {
    /// What a member's twin says to a question, not kept anywhere.
    async fn prepare_for(&self, owner: AuthorId, question: &Question) -> Result<Prepared, AskError> {
        let grants = store::grants_of(&self.deps().store, owner).await?;
        let (watch, _) = mpsc::channel(1);
        self.prepare(question, &grants, &watch).await
    }
}
