//! The words of Xinghe: typed ids, time, language, money, events and the ports by which features meet.
//!
//! This crate does no I/O. Whoever needs the time or randomness receives a [`Clock`] or a [`Random`].
//!
//! | module | holds |
//! |---|---|
//! | [`id`] | 64-bit time-ordered ids, one type per thing |
//! | [`time`] | [`Timestamp`], [`Clock`], [`Random`] |
//! | [`lang`] | interface languages and language tags of content |
//! | [`money`] | amounts in whole minor units |
//! | [`event`] | the vocabulary of the event log |
//! | [`content`] | posts, authors and passages as features show them to one another |
//! | [`evidence`] | what retrieval found for a question, with the features that judge it |
//! | [`mail`] | a mail, and the port that sends it |
//! | [`messages`] | private messages as those see them to whom one was reported |
//! | [`picture`] | the names by which texts show pictures |
//! | [`portable`] | what a member takes along: the archive that each feature writes its part of |
//! | [`ports`] | the traits that one feature implements and others receive |

pub mod changes;
pub mod content;
pub mod event;
pub mod evidence;
pub mod id;
pub mod lang;
pub mod mail;
pub mod messages;
pub mod money;
pub mod picture;
pub mod portable;
pub mod ports;
pub mod time;

pub use content::{AuthorCard, Credit, CreditRole, FollowKind, Measure, PostKind, PostView, Provenance, TwinAct};
pub use event::{Event, Recorded, WayIn};
pub use id::{
    ActId, AnswerId, ArchiveId, AuthorId, CaseId, ConversationId, EventSeq, FolderId, IdGen, JobId, MessageId,
    PassageId, PictureId, PostId, RevisionId, SessionId, StatementId, TwinActId, TwinDraftId,
};
pub use lang::{Lang, LangTag};
pub use money::Money;
pub use time::{Clock, Random, Timestamp};
