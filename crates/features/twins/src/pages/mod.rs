//! Pages: asking, a member's twin, the directory of twins; an owner's console, drafts, week, knowledge and ledger.

mod ask;
pub(crate) mod console;
pub(crate) mod drafts;
pub(crate) mod knowledge;
pub(crate) mod ledger;
pub(crate) mod memory;
pub(crate) mod said;
mod twin;
pub(crate) mod week;

pub(crate) use ask::{answer, ask, rate, show};
pub(crate) use twin::{ask_beside, ask_box, ask_guide, cited, directory, glowing, twin};
