//! Whole imports, one test binary.

mod corpora;
mod gaps;
mod import;
mod support;
