//! xinghe-tests
