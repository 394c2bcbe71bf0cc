//! A count of changes, for whoever keeps a copy of what it read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rises with every committed change. A copy made at one count is good as long as the count stands still. Clones
/// share the count.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// The count. Take it before reading what is to be kept: a change in between then makes the copy old, not wrong.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Notes that something changed. Call it after the change can be seen by readers.
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
