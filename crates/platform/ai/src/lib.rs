//! xinghe-ai
