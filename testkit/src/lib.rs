//! xinghe-testkit
