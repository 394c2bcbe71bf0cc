//! What twins derive from the log: who wrote how much, for the directory; and forgetting who is gone.

use async_trait::async_trait;
use xinghe_core::{Event, PostId, PostKind, Recorded, Timestamp};
use xinghe_store::{EventReader, JobRequest, Queries, ReaderError, StoreError, Unique, UnitOfWork, params};

use crate::acts::{consider, gone};
use crate::memory::store as memory;
use crate::store;

/// How often the timetable looks for questions, in milliseconds.
const TIMETABLE_MS: i64 = 60_000;

/// Follows what members write, so that a twin is known from its owner's first post on.
pub(crate) struct Learner {
    /// How many minutes a question waits for people before twins look at it.
    pub wait_minutes: u32,
}

impl Learner {
    /// Looks at a question the moment it has waited long enough. One that is read again from the log long after is left
    /// to the timetable.
    async fn wake(&self, unit: &mut UnitOfWork, question: PostId, at: Timestamp) -> Result<(), StoreError> {
        let due = at.plus_millis(i64::from(self.wait_minutes) * 60_000);
        if due >= unit.store().now().plus_millis(-TIMETABLE_MS) {
            let unique = Unique::Ever(question.to_string());
            unit.enqueue(&JobRequest::new(consider::JOB, &serde_json::json!({})).unique(unique).at(due)).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl EventReader for Learner {
    fn name(&self) -> &'static str {
        "twins"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            match &recorded.event {
                Event::PostPublished { post, author, post_kind, .. } => {
                    if *post_kind == PostKind::Answer && by_twin(unit, *post).await? {
                        continue;
                    }
                    if *post_kind == PostKind::Question {
                        let sql = "INSERT INTO twins_question (post, at) VALUES ($1, $2) ON CONFLICT (post) DO NOTHING";
                        unit.execute(sql, params![post.raw(), recorded.at.as_millis()]).await?;
                        self.wake(unit, *post, recorded.at).await?;
                    }
                    let sql =
                        "INSERT INTO twins_post (post, author, at) VALUES ($1, $2, $3) ON CONFLICT (post) DO NOTHING";
                    unit.execute(sql, params![post.raw(), author.raw(), recorded.at.as_millis()]).await?;
                    memory::to_read(unit, *post).await?;
                }
                Event::PostRevised { post, .. } => memory::to_read(unit, *post).await?,
                Event::PostDeleted { post } => {
                    // Kept with its author, hidden, so that a restored post counts again.
                    let sql = "UPDATE twins_post SET at = -ABS(at) WHERE post = $1";
                    unit.execute(sql, params![post.raw()]).await?;
                    let sql = "UPDATE twins_question SET at = -ABS(at) WHERE post = $1";
                    unit.execute(sql, params![post.raw()]).await?;
                    gone::look(unit, *post).await?;
                    memory::to_read(unit, *post).await?;
                }
                Event::PostPurged { post } => {
                    gone::forget(unit, *post).await?;
                    memory::forget_source(unit, *post).await?;
                }
                Event::Moderated { post: Some(post), on, .. } => {
                    if *on {
                        gone::look(unit, *post).await?;
                    }
                    memory::to_read(unit, *post).await?;
                }
                Event::PostRestored { post } => {
                    unit.execute("UPDATE twins_post SET at = ABS(at) WHERE post = $1", params![post.raw()]).await?;
                    unit.execute("UPDATE twins_question SET at = ABS(at) WHERE post = $1", params![post.raw()]).await?;
                    memory::to_read(unit, *post).await?;
                }
                Event::AuthorClaimed { author, member } => {
                    let sql = "UPDATE twins_post SET author = $1 WHERE author = $2";
                    unit.execute(sql, params![member.raw(), author.raw()]).await?;
                    memory::to_read_all(unit, *member).await?;
                }
                Event::TwinKnowledgeChanged { post, .. } => memory::to_read(unit, *post).await?,
                Event::MemberErased { member } => store::erase_member(unit, *member).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        // Answers are no derived data: they stay.
        unit.execute("DELETE FROM twins_post", vec![]).await?;
        unit.execute("DELETE FROM twins_question", vec![]).await?;
        Ok(())
    }
}

/// Whether a post is what a twin wrote: that is no writing of its owner's.
async fn by_twin(unit: &UnitOfWork, post: PostId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM twins_draft WHERE post = $1";
    Ok(unit.number(sql, params![post.raw()]).await? != Some(0))
}
