//! Keeping it good: members report, moderators decide, whoever is concerned is told and can appeal.
//!
//! It promises: nobody decides about their own, and only administrators about other moderators; the heaviest measures
//! need two; an appeal is decided by somebody who had no part in the act; every act can be taken back, and what it did
//! is then as before; what was done is public, who reported is not; a suspended member reads, and minds their own
//! affairs.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and rules, no I/O |
//! | [`Moderation`] | commands, and the port `Standing` |
//! | [`levels`] | levels of trust: what each asks for and opens, no I/O |
//! | `eye` | the local eye: what it says of posts, and what follows |
//! | [`readers`] | erased members, claimed authors |
//! | `trust` | counts members' use of the place from the log, and levels that come of it |
//! | `store` | the SQL, over tables named `moderation_…` |
//! | `portable` | what a member takes along |
//! | `pages`, `api` | as in every feature |
//!
//! It changes nobody else's tables: `Event::Moderated` says what was done, and posts and notifications follow
//! (docs/adr/0011-moderation-speaks-by-events.md).

mod api;
mod commands;
mod error;
mod eye;
pub mod levels;
pub mod model;
mod pages;
mod portable;
mod read;
pub mod readers;
mod store;
mod trust;

use std::sync::Arc;

use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_store::{EventReader, JobHandler, Migration, Schedule};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::{Done, Moderation};
pub use error::ModerationError;
pub use eye::{Measured, Quality, measure};

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            feature: "moderation",
            version: 1,
            name: "cases, reports, acts, appeals",
            sql: include_str!("../migrations/0001.sql"),
        },
        Migration {
            feature: "moderation",
            version: 2,
            name: "levels of trust",
            sql: include_str!("../migrations/0002.sql"),
        },
        Migration {
            feature: "moderation",
            version: 3,
            name: "the local eye",
            sql: include_str!("../migrations/0003.sql"),
        },
    ]
}

/// The feature.
#[derive(Debug, Clone)]
pub struct ModerationFeature {
    moderation: Moderation,
}

impl ModerationFeature {
    /// The feature over this moderation.
    pub fn new(moderation: Moderation) -> Self {
        Self { moderation }
    }
}

impl Feature for ModerationFeature {
    fn name(&self) -> &'static str {
        "moderation"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.moderation).merge(api::routes(&self.moderation))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::slots(&self.moderation)
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Attendant), Arc::new(trust::Counter), Arc::new(eye::Beholder)]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        let moderation = || self.moderation.clone();
        vec![Arc::new(eye::Looker { moderation: moderation() }), Arc::new(eye::Learner { moderation: moderation() })]
    }

    fn schedules(&self) -> Vec<Schedule> {
        vec![Schedule { name: eye::LEARN, cron: "41 3 * * *", job: eye::LEARN }]
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.moderation.clone()))
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
