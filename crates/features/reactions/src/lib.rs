//! What members think of posts, and what they follow: votes, thanks, bookmarks with folders and notes, follows.
//!
//! It promises: everything can be done twice with the result of once; the figures beside a post are exact at every
//! commit, however many vote at once; nobody votes for oneself, and thanks are never taken back; what one bookmarks,
//! notes and follows is shown to nobody else; an erased member leaves neither rows nor figures.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and rules, no I/O |
//! | [`Reactions`] | commands, and the port for other features |
//! | [`readers`] | posts out of sight, erased members, claimed authors |
//! | `store` | the SQL, over tables named `reactions_…` |
//! | `portable` | what a member takes along |
//! | `pages`, `api`, `jobs` | as in every feature |
//!
//! Folders and notes are their owner's alone: changing them appends no event, since the log is read by everybody else.

mod api;
mod commands;
mod error;
mod jobs;
pub mod model;
mod pages;
mod portable;
mod read;
pub mod readers;
mod store;

use std::sync::Arc;

use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_store::{EventReader, JobHandler, Migration, Schedule};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::{Done, Reactions};
pub use error::ReactionError;

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        feature: "reactions",
        version: 1,
        name: "votes, thanks, bookmarks, follows",
        sql: include_str!("../migrations/0001.sql"),
    }]
}

/// The feature.
#[derive(Debug, Clone)]
pub struct ReactionsFeature {
    reactions: Reactions,
}

impl ReactionsFeature {
    /// The feature over these reactions.
    pub fn new(reactions: Reactions) -> Self {
        Self { reactions }
    }
}

impl Feature for ReactionsFeature {
    fn name(&self) -> &'static str {
        "reactions"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.reactions).merge(api::routes(&self.reactions))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::slots(&self.reactions)
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Attendant)]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![Arc::new(jobs::Recounter { reactions: self.reactions.clone() })]
    }

    fn schedules(&self) -> Vec<Schedule> {
        vec![Schedule { name: "reactions.recount", cron: "23 4 * * *", job: jobs::RECOUNT }]
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.reactions.clone()))
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
            (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
            (Lang::En, include_str!("../locales/en.ftl")),
        ]
    }

    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(api::Doc::openapi())
    }
}
