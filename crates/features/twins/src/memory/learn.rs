//! The job that reads what members published: sentences about themselves become proposals, and proposals go whose sentence
//! is not there any more.

use async_trait::async_trait;
use xinghe_core::{AuthorId, Event, PostId, PostView, Provenance};
use xinghe_store::{JobError, JobHandler, JobRun, Queries as _, StoreError, params};

use super::model::{MOST, State, Statement, StatementKind};
use super::{near, propose, store};
use crate::acts::store as acts;
use crate::ask::{AskError, Asker, evidence_only};

/// The kind of the job.
pub(crate) const JOB: &str = "twins.learn";
/// How many posts are read at once.
const BATCH: i64 = 100;
/// How many proposals wait for an owner at most: a list that nobody ends helps nobody.
const MOST_WAITING: usize = 30;

/// Reads posts.
pub(crate) struct Reader {
    pub(crate) asker: Asker,
}

#[async_trait]
impl JobHandler for Reader {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        loop {
            let posts = store::unread(&self.asker.deps().store, BATCH).await?;
            if posts.is_empty() {
                return Ok(());
            }
            if job.cancelled.is_cancelled() {
                return Err(JobError::Cancelled);
            }
            self.read(&posts).await.map_err(|error| JobError::Retry(error.to_string()))?;
        }
    }
}

impl Reader {
    async fn read(&self, posts: &[PostId]) -> Result<(), AskError> {
        let deps = self.asker.deps();
        let views = deps.posts.posts(posts).await?;
        let authors: Vec<AuthorId> = views.values().filter_map(PostView::author).collect();
        let cards = deps.authors.cards(&authors).await?;
        // Most of what is imported belongs to nobody who has a twin, and tells nothing: that is done with at once.
        let known = store::read_in_any(&deps.store, posts).await?;
        let mut told_nothing = Vec::new();
        for post in posts {
            let view = views.get(post);
            let owner = view.and_then(PostView::author).and_then(|a| cards.get(&a)).filter(|c| c.claimed).map(|c| c.id);
            let told = match (view, owner) {
                (Some(view), Some(_)) if own_words(view) => propose::proposals(&view.body),
                _ => Vec::new(),
            };
            if told.is_empty() && !known.contains(post) {
                told_nothing.push(*post);
            } else {
                self.learn(*post, owner, &told).await?;
            }
        }
        let mut unit = deps.store.begin().await?;
        store::were_read(&mut unit, &told_nothing).await?;
        unit.commit().await?;
        Ok(())
    }

    /// Keeps what a post tells of its owner, and lets go what it does not tell any more.
    async fn learn(&self, post: PostId, owner: Option<AuthorId>, told: &[String]) -> Result<(), StoreError> {
        let db = &self.asker.deps().store;
        let mut unit = db.begin().await?;
        if let Some(owner) = owner {
            unit.lock(&acts::hold(owner)).await?;
        }
        let told = match owner {
            // What a twin said is no writing of its owner's; what is kept from it teaches it nothing.
            Some(owner) if by_twin(&unit, post).await? || acts::kept_from(&unit, owner).await?.contains(&post) => &[],
            _ => told,
        };
        for before in store::read_in(&unit, post).await? {
            let there = before.quote.as_ref().is_some_and(|q| told.contains(q));
            if before.state == State::Proposed && !there {
                store::delete(&mut unit, &before).await?;
                let event = Event::TwinMemoryChanged { owner: before.owner, statement: Some(before.id) };
                unit.append(None, &event).await?;
            }
        }
        if let Some(owner) = owner
            && !told.is_empty()
            && store::unlearning(&unit, owner).await?.is_none()
        {
            let mut known = store::whole(&unit, owner).await?;
            for sentence in told {
                let facts = || known.iter().filter(|s| s.kind == StatementKind::Fact);
                let waiting = facts().filter(|s| s.state == State::Proposed).count();
                let said = facts().any(|s| near::same(&s.text, sentence) || s.quote.as_ref() == Some(sentence));
                if said || waiting >= MOST_WAITING || facts().count() >= MOST {
                    continue;
                }
                let proposed = proposed(db.ids().next().into(), owner, post, sentence, db.now());
                store::insert(&mut unit, &proposed).await?;
                let event = Event::TwinMemoryChanged { owner, statement: Some(proposed.id) };
                unit.append(None, &event).await?;
                known.push(proposed);
            }
        }
        store::were_read(&mut unit, &[post]).await?;
        unit.commit().await
    }
}

/// Whether a post is its author's own words, of a kind that can be evidence.
fn own_words(view: &PostView) -> bool {
    view.provenance == Provenance::Human && !view.by_twin() && evidence_only().kinds.contains(&view.kind)
}

/// Whether a post is what a twin wrote.
async fn by_twin(unit: &xinghe_store::UnitOfWork, post: PostId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM twins_draft WHERE post = $1";
    Ok(unit.number(sql, params![post.raw()]).await? != Some(0))
}

fn proposed(
    id: xinghe_core::StatementId,
    owner: AuthorId,
    post: PostId,
    sentence: &str,
    at: xinghe_core::Timestamp,
) -> Statement {
    Statement {
        id,
        owner,
        kind: StatementKind::Fact,
        state: State::Proposed,
        at,
        question: String::new(),
        text: sentence.to_owned(),
        language: xinghe_text::detect(sentence).to_string(),
        post: Some(post),
        quote: Some(sentence.to_owned()),
        answer: None,
        about: None,
        vector: None,
    }
}
