//! Twins and the guide.
pub mod answer;
pub mod model;
