//! What every request passes.

pub(crate) mod csrf;
pub(crate) mod edge;
pub(crate) mod guard;
pub(crate) mod kept;
pub(crate) mod limits;
pub(crate) mod present;
pub(crate) mod typed;
