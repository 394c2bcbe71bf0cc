//! Answers.
pub mod generate;
