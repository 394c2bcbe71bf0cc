//! What members write to one another in private.
//!
//! It promises: a conversation is read by its members alone, and a message by moderators only when one who received it
//! reported it; who is blocked can neither write nor be heard of; who joined lately writes less, and nobody more than a
//! few messages before there is an answer; a refusal does not tell a block from a choice; an erased member's messages
//! are gone everywhere.
//!
//! | room | holds |
//! |---|---|
//! | [`model`] | types and rules, no I/O |
//! | [`Messages`] | commands and reading, and the port for moderators |
//! | [`readers`] | erased members |
//! | `store` | the SQL, over tables named `messages_…` |
//! | `live` | a conversation as it goes on |
//! | `portable` | what a member takes along |
//! | `pages`, `api` | as in every feature |
//!
//! What a member chose, and whom the member blocks, is shown to nobody else.

mod api;
mod commands;
mod error;
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
use xinghe_store::{EventReader, Migration};
use xinghe_web::{Feature, Routes, SlotEntry};

pub use commands::{Done, Messages};
pub use error::MessageError;

/// This feature's tables.
pub fn migrations() -> Vec<Migration> {
    vec![Migration {
        feature: "messages",
        version: 1,
        name: "conversations, messages, blocks",
        sql: include_str!("../migrations/0001.sql"),
    }]
}

/// The feature.
#[derive(Debug, Clone)]
pub struct MessagesFeature {
    messages: Messages,
}

impl MessagesFeature {
    /// The feature over these messages.
    pub fn new(messages: Messages) -> Self {
        Self { messages }
    }
}

impl Feature for MessagesFeature {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn migrations(&self) -> Vec<Migration> {
        migrations()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.messages).merge(api::routes(&self.messages))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::slots(&self.messages)
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(readers::Attendant)]
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(self.messages.clone()))
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
