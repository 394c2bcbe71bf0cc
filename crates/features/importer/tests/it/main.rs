//! Whole imports, one test binary.

mod corpora;
mod gaps;
mod honest;
mod import;
mod support;
