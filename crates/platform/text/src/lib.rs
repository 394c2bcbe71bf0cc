//! xinghe-text
