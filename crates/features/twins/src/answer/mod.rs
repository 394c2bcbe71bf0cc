//! From evidence to the sentences of an answer. Pure but for `verify`, which embeds what a model wrote.

pub mod best;
pub mod compose;
pub mod cues;
pub mod gate;
pub mod generate;
pub mod premise;
#[cfg(test)]
pub mod testing;
pub mod verify;
pub mod whole;
