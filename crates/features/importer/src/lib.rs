//! xinghe-importer
