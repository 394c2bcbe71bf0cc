//! The binary `xinghe`.
fn main() {}
