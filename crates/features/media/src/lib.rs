//! Pictures: members add them, texts show them by their names.
//!
//! It promises: what is kept was decoded and written anew here, upright, at most 2,048 pixels long and without anything
//! that the file said beside it (place, camera, comments); whatever is no JPEG, PNG, GIF or WebP is refused, and so is
//! what would need more memory than there is for it; a picture's bytes never change under its name; who deletes one, or
//! leaves it unused for a week, is rid of it. What posts show from other hosts is copied, once; no reader's browser asks
//! another host for anything.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and limits, no I/O |
//! | [`work`] | from a file to a picture: pure, slow |
//! | [`Pictures`] | commands and reading |
//! | [`Copies`] | what posts show from other hosts |
//! | [`readers`] | members who are gone, texts that changed |
//! | `jobs` | sweeping what nothing shows, copying |
//! | `store` | the SQL, over tables named `media_…` |
//! | `intake` | pictures of imported texts |
//! | `portable` | what a member takes along |
//! | `pages`, `api` | as in every feature |
//!
//! Where the bytes are, and why: docs/adr/0013-pictures-in-the-database.md.

mod api;
mod commands;
mod copies;
mod error;
mod intake;
mod jobs;
pub mod model;
mod pages;
mod portable;
pub mod readers;
mod sent;
mod store;
pub mod work;

use std::sync::Arc;

use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_store::{EventReader, JobHandler, Migration, Schedule};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::Pictures;
pub use copies::Copies;
pub use error::MediaError;
pub use intake::why_not;

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration { feature: "media", version: 1, name: "pictures", sql: include_str!("../migrations/0001.sql") },
        Migration { feature: "media", version: 2, name: "copies", sql: include_str!("../migrations/0002.sql") },
        Migration { feature: "media", version: 3, name: "by content", sql: include_str!("../migrations/0003.sql") },
    ]
}

/// The feature.
#[derive(Debug, Clone)]
pub struct MediaFeature {
    pictures: Pictures,
    copies: Option<Copies>,
}

impl MediaFeature {
    /// The feature over these pictures.
    pub fn new(pictures: Pictures) -> Self {
        Self { pictures, copies: None }
    }

    /// With copies of what posts show from other hosts.
    #[must_use]
    pub fn with_copies(mut self, copies: Copies) -> Self {
        self.copies = Some(copies);
        self
    }
}

impl Feature for MediaFeature {
    fn name(&self) -> &'static str {
        "media"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.pictures).merge(api::routes(&self.pictures))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::slots()
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        let mut readers: Vec<Arc<dyn EventReader>> = vec![Arc::new(readers::Attendant)];
        if self.copies.is_some() {
            readers.push(Arc::new(readers::Looker));
        }
        readers
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        let (pictures, copies) = (self.pictures.clone(), self.copies.clone());
        let mut jobs: Vec<Arc<dyn JobHandler>> = vec![Arc::new(jobs::Sweeper { pictures, copies })];
        if let Some(copies) = self.copies.clone() {
            jobs.push(Arc::new(jobs::Copier { copies }));
        }
        jobs
    }

    fn schedules(&self) -> Vec<Schedule> {
        let mut schedules = vec![Schedule { name: jobs::SWEEP, cron: "47 3 * * *", job: jobs::SWEEP }];
        if self.copies.is_some() {
            schedules.push(Schedule { name: jobs::COPY, cron: "*/10 * * * *", job: jobs::COPY });
        }
        schedules
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.pictures.clone()))
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
