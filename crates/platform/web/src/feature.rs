//! What a feature contributes to the product.

use std::sync::Arc;

use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_store::{EventReader, JobHandler, LocalReader, Migration, Schedule};

use crate::routes::Routes;
use crate::slots::SlotEntry;

/// A capability of the product as one value; `app` is a list of them.
pub trait Feature: Send + Sync + 'static {
    /// Its name: the prefix of its text keys and the owner of its migrations and routes.
    fn name(&self) -> &'static str;
    /// Its tables.
    fn migrations(&self) -> Vec<Migration> {
        Vec::new()
    }
    /// Its pages and its API.
    fn routes(&self) -> Routes {
        Routes::new()
    }
    /// What it puts on other features' pages.
    fn slots(&self) -> Vec<SlotEntry> {
        Vec::new()
    }
    /// What it derives from events, inside the database.
    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        Vec::new()
    }
    /// What it derives from events outside the database, on each node.
    fn local_readers(&self) -> Vec<Arc<dyn LocalReader>> {
        Vec::new()
    }
    /// The kinds of jobs it does.
    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        Vec::new()
    }
    /// The jobs that recur.
    fn schedules(&self) -> Vec<Schedule> {
        Vec::new()
    }
    /// What it writes into the archive that a member takes along.
    fn portable(&self) -> Option<Arc<dyn Portable>> {
        None
    }
    /// Its texts in Fluent syntax, one file per language: `include_str!("../locales/en.ftl")`.
    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[]
    }
    /// The description of its API.
    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        None
    }
}
