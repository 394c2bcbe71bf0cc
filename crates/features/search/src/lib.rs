//! xinghe-search
