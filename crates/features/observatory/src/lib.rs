//! xinghe-observatory
