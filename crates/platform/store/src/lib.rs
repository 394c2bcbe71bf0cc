//! xinghe-store
