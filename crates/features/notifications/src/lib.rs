//! What concerns a member, told on the pages: grouped, never twice, read on one device and read on all.
//!
//! It promises: a line gathers what is alike until it is read, for seven days at most; nobody is told of their own
//! acts, nor of those of whom they block; what is taken out of sight is no longer told; who asked the guide is not told; dropping all lines and reading
//! the log anew makes the same ones, read as they were; an erased member leaves no row.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and rules, no I/O |
//! | [`Notifications`] | commands, and reading |
//! | [`readers`] | from events to lines |
//! | [`jobs`] | followers, who may be many, are told step by step |
//! | `live` | the count as it changes, one look at the database for all streams |
//! | `store` | the SQL, over tables named `notifications_…` |
//! | `portable` | what a member takes along |
//! | `pages`, `api` | as in every feature |
//!
//! Who follows what is kept here a second time, with from when to when, as the log tells: the past can be told as it
//! was, which a look at today's followers could not. What members read and chose appends no event: it is theirs alone.

mod api;
mod commands;
pub mod jobs;
mod live;
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
use xinghe_store::{EventReader, JobHandler, Migration};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::{MARKED_MAX, Notifications};
pub use live::STREAMS_MAX;

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration {
            feature: "notifications",
            version: 1,
            name: "lines, marks, choices, follows",
            sql: include_str!("../migrations/0001.sql"),
        },
        Migration { feature: "notifications", version: 2, name: "blocks", sql: include_str!("../migrations/0002.sql") },
    ]
}

/// The feature.
#[derive(Debug, Clone)]
pub struct NotificationsFeature {
    notifications: Notifications,
}

impl NotificationsFeature {
    /// The feature over these notifications.
    pub fn new(notifications: Notifications) -> Self {
        Self { notifications }
    }
}

impl Feature for NotificationsFeature {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.notifications).merge(api::routes(&self.notifications))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::slots(&self.notifications)
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Teller::new(self.notifications.posts.clone()))]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![Arc::new(jobs::Spreader { store: self.notifications.store.clone() })]
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.notifications.clone()))
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
