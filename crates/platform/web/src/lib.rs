//! xinghe-web
