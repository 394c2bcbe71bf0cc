//! xinghe-posts
