//! xinghe-twins
