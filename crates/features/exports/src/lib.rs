//! What a member takes along: one archive of all that is theirs, made by a job, downloaded by nobody else.
//!
//! It promises: whoever asks for an archive, or downloads it, showed within the last hour and in the same session who
//! they are; there is one archive of a member at a time; it goes after seven days, when the member says so, and with the
//! member; the texts in it are read back by the importer; what stands in it is described in it.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and rules |
//! | [`Exports`] | asking, confirming, downloading, removing |
//! | `pack` | files into a zip with their description |
//! | `job` | making, and removing what is over |
//! | [`readers`] | erased members |
//! | `store`, `pages`, `api` | as in every feature |
//!
//! It knows no feature: each writes its own part, through [`xinghe_core::portable::Portable`].

mod api;
mod commands;
mod job;
pub mod model;
mod pack;
mod pages;
pub mod readers;
mod store;

use std::sync::Arc;

use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_store::{EventReader, JobHandler, Migration, Schedule};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::{Done, ExportError, Exports};

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        feature: "exports",
        version: 1,
        name: "archives of members' data",
        sql: include_str!("../migrations/0001.sql"),
    }]
}

/// The feature.
#[derive(Debug, Clone)]
pub struct ExportsFeature {
    exports: Exports,
}

impl ExportsFeature {
    /// The feature over these archives.
    pub fn new(exports: Exports) -> Self {
        Self { exports }
    }
}

impl Feature for ExportsFeature {
    fn name(&self) -> &'static str {
        "exports"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.exports).merge(api::routes(&self.exports))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        vec![SlotEntry::tab(pages::TABS, 30, "/settings/data", "exports-title")]
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Attendant)]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        let exports = || self.exports.clone();
        vec![Arc::new(job::Maker { exports: exports() }), Arc::new(job::Sweeper { exports: exports() })]
    }

    fn schedules(&self) -> Vec<Schedule> {
        vec![Schedule { name: "exports.sweep", cron: "7 * * * *", job: job::SWEEP }]
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
