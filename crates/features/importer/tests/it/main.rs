//! Whole imports, one test binary.

mod corpora;
mod import;
mod support;
