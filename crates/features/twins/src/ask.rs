//! From a question to an answer: retrieve, judge, write or quote, cite, store.

use std::sync::Arc;

use tokio::sync::mpsc;
use xinghe_ai::{Chat, Embed};
use xinghe_core::PostKind;
use xinghe_core::event::CitationFact;
use xinghe_core::evidence::Filter;
use xinghe_core::ports::{Authors, PortError, Posts, Questions, Retrieve, Standing, TwinAnswers};
use xinghe_store::{Store, StoreError};

use crate::acts::model::Grants;
use crate::acts::store as acts;
use crate::answer::gate::{self, Gate};
use crate::desk::Desk;
use crate::model::{Answer, Citation, Question, Sentence};
use crate::store;

/// How many passages are looked at for a question: enough that ten of other posts in its language stand behind the best
/// (see [`crate::answer::gate::features`]).
pub const LOOKED_AT: usize = 30;
/// What can be evidence: everything but questions, which repeat what is asked and answer nothing.
pub(crate) fn evidence_only() -> Filter {
    let kinds = PostKind::ALL.iter().copied().filter(|k| *k != PostKind::Question).collect();
    Filter { kinds, ..Filter::default() }
}

/// What happens while a question is answered, for whoever watches.
#[derive(Debug, Clone)]
pub enum Progress {
    /// This many passages of this many authors were found.
    Found {
        /// Passages.
        passages: usize,
        /// Authors.
        authors: usize,
    },
    /// A citation that the next sentence uses.
    Cited(Box<Citation>),
    /// A sentence that stands.
    Said(Sentence),
}

/// Why a question could not be handled at all.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another feature.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The twin's owner stopped it.
    #[error("the twin is stopped by its owner")]
    Stopped,
    /// The account of the twin's owner is disabled.
    #[error("there is no twin: its owner's account is disabled")]
    NoTwin,
}

/// An answer that nobody has seen and nothing keeps yet.
pub(crate) struct Prepared {
    /// The answer, or the refusal.
    pub answer: Answer,
    /// Whom it cites.
    pub facts: Vec<CitationFact>,
}

/// What answering stands on.
pub struct Deps {
    /// The database.
    pub store: Store,
    /// Finds passages.
    pub retrieve: Arc<dyn Retrieve>,
    /// Reads posts.
    pub posts: Arc<dyn Posts>,
    /// Names people.
    pub authors: Arc<dyn Authors>,
    /// The embedder, where there is one.
    pub embedder: Option<Arc<dyn Embed>>,
    /// The chat model, where there is one.
    pub chat: Option<Arc<dyn Chat>>,
    /// Publishes what twins answer.
    pub answers: Arc<dyn TwinAnswers>,
    /// Puts questions to people, for programs.
    pub questions: Arc<dyn Questions>,
    /// Tells whose twins are silent because their owners may not write.
    pub standing: Arc<dyn Standing>,
    /// How many minutes a question waits for people before twins look at it.
    pub wait_minutes: u32,
}

/// Answers questions.
#[derive(Clone)]
pub struct Asker {
    deps: Arc<Deps>,
}

impl Asker {
    /// An asker over these.
    pub fn new(deps: Deps) -> Self {
        Self { deps: Arc::new(deps) }
    }

    pub(crate) fn deps(&self) -> &Deps {
        &self.deps
    }

    /// Answers a question, or declines; either is stored, with its event. `watch` hears of it as it happens; nobody
    /// need listen.
    ///
    /// # Errors
    /// The database or another feature broke. A chat model that fails is no error: then the authors' own sentences
    /// answer.
    pub async fn ask(&self, question: &Question, watch: &mpsc::Sender<Progress>) -> Result<Answer, AskError> {
        let grants = match question.twin {
            Some(owner) if self.deps.is_disabled(owner).await? => return Err(AskError::NoTwin),
            Some(owner) => acts::grants_of(&self.deps.store, owner).await?,
            None => Grants::default(),
        };
        if grants.paused {
            return Err(AskError::Stopped);
        }
        let Prepared { answer, facts } = self.prepare(question, &grants, watch).await?;
        // It may have been stopped meanwhile.
        if !store::save(&self.deps.store, question, &answer, facts).await? {
            return Err(AskError::Stopped);
        }
        Ok(answer)
    }

    /// The answer to a question, without keeping it. What a twin's owner keeps from it is no evidence.
    pub(crate) async fn prepare(
        &self,
        question: &Question,
        grants: &Grants,
        watch: &mpsc::Sender<Progress>,
    ) -> Result<Prepared, AskError> {
        let looked = self.look(question, grants).await?;
        let floor = gate::confidence(looked.threshold);
        let off_limits = grants.forbidden(&[&question.text, &looked.asked]).is_some();
        let desk = Desk::open(self, question, &looked, watch).await?;
        let answer = match looked.verdict.reason {
            _ if off_limits => desk.keep_silent(floor),
            Some(reason) => desk.decline(reason, floor),
            None => desk.answer(floor).await,
        };
        let facts = answer.citations.iter().filter(|_| !answer.abstained).filter_map(|c| desk.fact(c)).collect();
        Ok(Prepared { answer, facts })
    }

    /// The gate with its newest calibration.
    pub(crate) async fn gate(&self) -> Result<Gate, StoreError> {
        let calibration = store::calibration(&self.deps.store).await?;
        Ok(calibration.map_or_else(Gate::default, |c| Gate::with_threshold(c.threshold)))
    }
}
