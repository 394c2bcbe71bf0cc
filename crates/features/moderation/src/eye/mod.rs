//! The local eye: looks at what members publish and says how likely it is spam, abuse, low effort or a copy of an
//! earlier post, with its reasons, without asking anybody outside (docs/adr/0015-a-local-eye.md).
//!
//! | module | holds |
//! |---|---|
//! | `features` | what is looked at in a text, as numbers with names |
//! | `model` | logistic regression over them, trained on the shipped examples and on decisions |
//! | `shingles` | how much of a text stood in earlier posts |
//! | `measure` | how well it does on the shipped examples, by cross-validation |
//! | `verdict` | what it says of a post, and what follows from that; no I/O |
//! | `look` | the reader and the jobs |

mod features;
mod look;
mod measure;
mod model;
mod shingles;
mod verdict;

pub(crate) use look::{Beholder, LEARN, Learner, Looker, release_case};
pub use measure::{Measured, Quality, measure};
pub(crate) use model::Model;
pub(crate) use verdict::{Agreement, Follows, Rules, Verdict, Why};

use xinghe_core::AuthorId;

/// What stands where a member would, for what the local eye did.
pub(crate) const EYE: AuthorId = AuthorId::from_raw(-1);
