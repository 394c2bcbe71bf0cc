//! What a twin remembers beside its owner's writing: what the owner said to it.
//!
//! * `model` – corrections and facts: types and rules
//! * `near` – whether a question is about a statement, and whether two statements are one or deny one another
//! * `claims` – what a statement about somebody claims, and which two cannot both hold
//! * `propose` – first-person sentences of the owner's writing that could be facts
//! * `store` – their tables
//! * `commands` – saying, changing, settling, deleting
//! * `whole` – stopping to learn, forgetting a period, beginning anew
//! * `recall` – the statements that answer a question, before anything that was written
//! * `learn` – the job that reads what the owner published
//! * `used` – which answers used a post or a statement
//!
//! Nothing that a twin said is ever learnt, and nothing proposed is used before its owner says that it is so.

pub(crate) mod api;
pub(crate) mod claims;
pub(crate) mod commands;
pub(crate) mod learn;
pub(crate) mod model;
pub(crate) mod near;
pub(crate) mod propose;
pub(crate) mod recall;
pub(crate) mod store;
pub(crate) mod used;
pub(crate) mod whole;
