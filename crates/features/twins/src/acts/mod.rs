//! What a twin does by itself, and how its owner stays in charge.
//!
//! * `model` – grants, drafts, the rules that decide what comes of an answer
//! * `store` – their tables
//! * `consider` – the job that looks for questions nobody answered and asks the twins of those who know
//! * `commands` – what owners do: grant, stop, approve, reject, undo; and publishing, in steps that a crash between
//!   them cannot double
//! * `gone` – withdrawing what quotes a post that is not to be seen any more
//! * `ledger` – reading what a twin did
//! * `knowledge` – what it knows, what its owner keeps from it, how often answers cited it
//! * `week` – its week, told to its owner
//! * `body` – an answer as Markdown, its citations linked
//!
//! A twin never acts beyond its grants: they are looked at when its answer is kept, and again in the very transaction
//! in which it appears.

pub(crate) mod api;
pub(crate) mod body;
pub(crate) mod commands;
pub(crate) mod consider;
pub(crate) mod gone;
pub(crate) mod knowledge;
pub(crate) mod ledger;
pub mod model;
pub(crate) mod store;
pub(crate) mod week;
