//! What a twin knows: its owner's posts, which of them it may use, and how often answers cited them.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::FromQueryResult;
use xinghe_core::event::CitationFact;
use xinghe_core::evidence::{EvidenceHit, Filter, Query, Scope};
use xinghe_core::{AuthorId, Event, PostId, PostView, Recorded, Timestamp};
use xinghe_store::{EventReader, Queries, ReaderError, StoreError, UnitOfWork, list, params};

use super::commands::ActError;
use super::store;
use crate::ask::{AskError, Asker, evidence_only};

/// How many passages a question is tried on.
const TRIED: usize = 20;

/// A post that a twin reads, or could.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    /// The post.
    pub post: PostView,
    /// How many passages it is cut into.
    pub passages: usize,
    /// How many answers cited it, of anybody's twin and of the guide.
    pub answers: i64,
    /// Whether its owner keeps it from the twin.
    pub excluded: bool,
    /// What a question would find in it, nearest first; empty where none was asked.
    pub found: Vec<String>,
}

impl Asker {
    /// Up to `limit` posts of an owner's that can be evidence, the newest first, below `before`; and where the next
    /// begin.
    pub(crate) async fn known(
        &self,
        owner: AuthorId,
        before: Option<PostId>,
        limit: usize,
    ) -> Result<(Vec<Known>, Option<PostId>), AskError> {
        #[derive(FromQueryResult)]
        struct Row {
            post: i64,
        }
        let sql = "SELECT post FROM twins_post WHERE author = $1 AND at > 0 AND post < $2 ORDER BY post DESC LIMIT $3";
        let below = before.map_or(i64::MAX, PostId::raw);
        let rows: Vec<Row> = self.deps().store.all(sql, params![owner.raw(), below, limit as i64 + 1]).await?;
        let ids: Vec<PostId> = rows.iter().take(limit).map(|r| PostId::from_raw(r.post)).collect();
        let next = ids.last().copied().filter(|_| rows.len() > limit);
        Ok((self.described(owner, &ids, &HashMap::new()).await?, next))
    }

    /// The posts of an owner's in which a question finds something, with what it finds; what is kept from the twin is
    /// among them, and says so.
    pub(crate) async fn tried(&self, owner: AuthorId, question: &str) -> Result<Vec<Known>, AskError> {
        let filter = Filter { scope: Scope::Author(owner), ..evidence_only() };
        let query = Query { text: question.to_owned(), filter, limit: TRIED, operators: false };
        let evidence = self.deps().retrieve.retrieve(&query).await?;
        let mut order: Vec<PostId> = Vec::new();
        let mut found: HashMap<PostId, Vec<String>> = HashMap::new();
        for (at, EvidenceHit { passage, .. }) in evidence.hits.iter().enumerate() {
            if !order.contains(&passage.post) {
                order.push(passage.post);
            }
            let sentence = crate::answer::compose::nearest(&evidence, at).map(|s| &evidence.hits[at].sentences[s].text);
            found.entry(passage.post).or_default().extend(sentence.cloned());
        }
        self.described(owner, &order, &found).await
    }

    async fn described(
        &self,
        owner: AuthorId,
        ids: &[PostId],
        found: &HashMap<PostId, Vec<String>>,
    ) -> Result<Vec<Known>, AskError> {
        let db = &self.deps().store;
        let posts = self.deps().posts.posts(ids).await?;
        let excluded: HashSet<PostId> = store::kept_from(db, owner).await?.into_iter().collect();
        let cited = cited(db, ids).await?;
        let usable = evidence_only().kinds;
        let known = |post: &PostView| Known {
            passages: xinghe_text::cut(&post.body).len(),
            answers: cited.get(&post.id).copied().unwrap_or_default(),
            excluded: excluded.contains(&post.id),
            found: found.get(&post.id).cloned().unwrap_or_default(),
            post: post.clone(),
        };
        Ok(ids.iter().filter_map(|id| posts.get(id)).filter(|p| usable.contains(&p.kind)).map(known).collect())
    }

    /// Keeps one of an owner's posts from the twin, or gives it back. Works from the next question on.
    ///
    /// # Errors
    /// There is no such post of theirs.
    pub(crate) async fn keep_from(&self, owner: AuthorId, post: PostId, kept: bool) -> Result<(), ActError> {
        let view = self.deps().posts.posts(&[post]).await?.remove(&post).ok_or(ActError::NotFound)?;
        if !view.credits.iter().any(|c| c.author == owner) {
            return Err(ActError::NotFound);
        }
        let mut unit = self.deps().store.begin().await?;
        let sql = if kept {
            "INSERT INTO twins_excluded (owner, post, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM twins_excluded WHERE owner = $1 AND post = $2 AND at <= $3"
        };
        let at = self.deps().store.now().as_millis();
        if unit.execute(sql, params![owner.raw(), post.raw(), at]).await? > 0 {
            unit.append(Some(owner), &Event::TwinKnowledgeChanged { owner, post, excluded: kept }).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}

/// How many answers cited each of these posts; those that none cited are left out.
pub(crate) async fn cited(q: &impl Queries, posts: &[PostId]) -> Result<HashMap<PostId, i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        post: i64,
        answers: i64,
    }
    let sql = format!("SELECT post, answers FROM twins_cited WHERE post IN ({})", list(1, posts.len()));
    let rows: Vec<Row> = q.all(&sql, posts.iter().map(|p| p.raw().into()).collect()).await?;
    Ok(rows.into_iter().map(|r| (PostId::from_raw(r.post), r.answers)).collect())
}

/// Counts which posts answers cite.
pub(crate) struct Citations;

#[async_trait]
impl EventReader for Citations {
    fn name(&self) -> &'static str {
        "twins.cited"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        for recorded in events {
            match &recorded.event {
                Event::AnswerGiven { citations, abstained: false, .. } | Event::TwinActed { citations, .. } => {
                    count(unit, citations, recorded.at).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        unit.execute("DELETE FROM twins_cited", vec![]).await?;
        Ok(())
    }
}

/// One answer more for each post that it cites, however many of its sentences.
async fn count(unit: &mut UnitOfWork, citations: &[CitationFact], at: Timestamp) -> Result<(), StoreError> {
    let posts: HashSet<PostId> = citations.iter().map(|c| c.post).collect();
    let mut posts: Vec<PostId> = posts.into_iter().collect();
    posts.sort_unstable();
    for post in posts {
        let sql = "INSERT INTO twins_cited (post, answers, last_at) VALUES ($1, 1, $2) ON CONFLICT (post) DO UPDATE \
                   SET answers = twins_cited.answers + 1, last_at = excluded.last_at";
        unit.execute(sql, params![post.raw(), at.as_millis()]).await?;
    }
    Ok(())
}
