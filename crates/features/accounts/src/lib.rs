//! xinghe-accounts
