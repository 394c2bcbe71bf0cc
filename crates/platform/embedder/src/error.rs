//! What can be wrong with a model file, or with a request to the pool.

use std::path::PathBuf;

/// Why a model file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file could not be opened or mapped.
    #[error("cannot read the model file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is some other file.
    #[error("{}: not an E5S1 model file (it begins with {found:02x?}); check the path", path.display())]
    Magic {
        /// The file.
        path: PathBuf,
        /// The first bytes found.
        found: Vec<u8>,
    },
    /// The file is of a newer or older layout.
    #[error("{}: layout version {found}, but only version 1 is known", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: u32,
    },
    /// The file is cut off or its contents contradict each other.
    #[error("{}: the model file is damaged ({what}); download it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// The file is sound, but of a shape that this crate does not compute.
    #[error("{}: cannot run this model: {what}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A kernel was asked for that this processor does not have.
    #[error("this processor cannot run the kernel {0}")]
    Kernel(crate::Kernel),
}

/// Why the pool gave no vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The pool was dropped before the work was done.
    #[error("the embedder was shut down before the texts were embedded")]
    Closed,
    /// A thread of the pool panicked on this request. The pool lives on.
    #[error("the embedder failed on these texts")]
    Failed,
}
