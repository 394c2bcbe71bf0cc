//! Pages: asking, a member's twin, the directory of twins.

mod ask;
mod twin;

pub(crate) use ask::{answer, ask, rate, show};
pub(crate) use twin::{ask_beside, ask_box, ask_guide, directory, glowing, twin};
