//! Posts: articles, questions with answers, comments, projects, moments and news, with their revisions, credits and tags.
//!
//! What it promises: every change is a revision that can be read and compared later; nobody but the author and
//! moderators changes a post; a deletion can be taken back; a label that says "made by AI" is never lowered; imported
//! work is recognised when it comes again; who leaves can take all words along, and none stays in any table.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and rules, no I/O |
//! | [`commands`] | create, edit, delete, restore, accept; keep, publish and schedule drafts; take the words of who leaves away |
//! | [`store`] | the SQL |
//! | `intake` | taking in imported posts |
//! | [`readers`] | credits that pass to who claims them, drafts of who is gone, what moderators did |
//! | `jobs` | publishing what was scheduled |
//! | `portable` | what a member takes along |
//! | `pages`, `api` | as in every feature |

mod api;
pub mod commands;
mod feature;
mod intake;
mod jobs;
pub mod model;
mod pages;
mod portable;
pub mod readers;
pub mod store;

pub use feature::PostsFeature;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use xinghe_core::content::{PostKind, PostView, Provenance};
use xinghe_core::id::{AuthorId, PostId};
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{
    Appeared, Authors, ImportedPost, IntakeOutcome, NewQuestion, PictureUse, PortError, PortResult, PostIntake, Posts,
    Questions, StillAllowed, TwinAnswer, TwinAnswered, TwinAnswers, Wrong,
};
use xinghe_store::{Migration, Store};

use crate::commands::CommandError;
use crate::model::{Actor, Draft};

/// The tables of posts.
pub const MIGRATIONS: &[Migration] = &[
    Migration { feature: "posts", version: 1, name: "posts", sql: include_str!("../migrations/0001.sql") },
    Migration { feature: "posts", version: 2, name: "moments, news", sql: include_str!("../migrations/0002.sql") },
    Migration { feature: "posts", version: 3, name: "passed credits", sql: include_str!("../migrations/0003.sql") },
    Migration { feature: "posts", version: 4, name: "own deleted posts", sql: include_str!("../migrations/0004.sql") },
    Migration { feature: "posts", version: 5, name: "drafts", sql: include_str!("../migrations/0005.sql") },
    Migration { feature: "posts", version: 6, name: "moderated posts", sql: include_str!("../migrations/0006.sql") },
    Migration { feature: "posts", version: 7, name: "series", sql: include_str!("../migrations/0007.sql") },
    Migration { feature: "posts", version: 8, name: "citations", sql: include_str!("../migrations/0008.sql") },
    Migration { feature: "posts", version: 9, name: "pictures", sql: include_str!("../migrations/0009.sql") },
    Migration { feature: "posts", version: 10, name: "words that went", sql: include_str!("../migrations/0010.sql") },
];

/// The ports that posts implement.
#[derive(Clone)]
pub struct PostsPort {
    store: Store,
    authors: Arc<dyn Authors>,
}

impl PostsPort {
    /// Over a store whose migrations have run.
    pub fn new(store: Store, authors: Arc<dyn Authors>) -> Self {
        Self { store, authors }
    }
}

impl std::fmt::Debug for PostsPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostsPort").finish_non_exhaustive()
    }
}

#[async_trait]
impl Posts for PostsPort {
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        Ok(store::views(&self.store, ids).await?)
    }

    async fn any(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        Ok(store::any_views(&self.store, ids).await?)
    }

    async fn ids_after(&self, after: Option<PostId>, limit: usize) -> PortResult<Vec<PostId>> {
        Ok(store::ids_after(&self.store, after, limit).await?)
    }
}

#[async_trait]
impl PictureUse for PostsPort {
    async fn showing(&self, owner: AuthorId, names: &[PictureName]) -> PortResult<HashSet<PictureName>> {
        Ok(store::showing(&self.store, owner, names).await?)
    }
}

#[async_trait]
impl TwinAnswers for PostsPort {
    async fn answered_by_people(&self, questions: &[PostId]) -> PortResult<HashSet<PostId>> {
        Ok(store::answered_by_people(&self.store, questions).await?)
    }

    async fn publish(&self, answer: &TwinAnswer, allowed: &dyn StillAllowed) -> PortResult<TwinAnswered> {
        commands::publish_twins_answer(&self.store, answer, allowed).await
    }

    async fn withdraw(&self, owner: AuthorId, post: PostId) -> PortResult<bool> {
        Ok(commands::withdraw_twins_answer(&self.store, owner, post).await?)
    }
}

#[async_trait]
impl Questions for PostsPort {
    async fn put(&self, question: &NewQuestion) -> PortResult<Result<PostId, Vec<Wrong>>> {
        let NewQuestion { by, title, body, tags } = question.clone();
        let provenance = Provenance::AiAssisted;
        let draft = Draft { title, body, tags, provenance, once: true, ..Draft::default() };
        let draft = pages::mentioning(&*self.authors, draft).await?;
        let actor = Actor { id: by, moderates: false };
        match commands::create(&self.store, actor, PostKind::Question, None, &draft).await {
            Ok(written) => Ok(Ok(written.post)),
            Err(CommandError::Invalid(errors)) => Ok(Err(errors.iter().map(pages::wrong).collect())),
            Err(error) => Err(PortError::new(error)),
        }
    }
}

#[async_trait]
impl PostIntake for PostsPort {
    async fn take(&self, posts: &[ImportedPost]) -> PortResult<Vec<IntakeOutcome>> {
        intake::take(&self.store, &*self.authors, posts).await
    }

    async fn known(&self, origin: &str) -> PortResult<HashMap<String, PostId>> {
        intake::known_of(&self.store, origin).await
    }

    async fn moved(&self, origin: &str, paths: &[(String, String)]) -> PortResult<()> {
        intake::moved(&self.store, origin, paths).await
    }

    async fn reserve(&self, count: usize) -> PortResult<Vec<PostId>> {
        Ok((0..count).map(|_| self.store.ids().next().into()).collect())
    }

    async fn appeared_at(&self, addresses: &[String]) -> PortResult<Vec<Appeared>> {
        intake::appeared_at(&self.store, addresses).await
    }
}
