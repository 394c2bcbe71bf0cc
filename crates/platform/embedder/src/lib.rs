//! xinghe-embedder
