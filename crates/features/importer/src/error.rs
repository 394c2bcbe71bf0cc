//! Why a source as a whole cannot be imported. What concerns one file of it is in the report instead.

use xinghe_core::ports::PortError;

/// An import that did not happen, or stopped; what was taken before stays, and a second run goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing is there.
    #[error("{path}: there is no such file or folder; check the path, or give an address that begins with https://")]
    NotThere {
        /// What was given.
        path: String,
    },
    /// It is there, but may not be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// What was given.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// It is of a kind that is not read.
    #[error("{path}: {reason}")]
    NotImportable {
        /// What was given.
        path: String,
        /// What it is, and what would be read.
        reason: String,
    },
    /// The `git` program is needed and missing.
    #[error("the git program was not found; install git, or give a folder that is already on this machine")]
    NoGit,
    /// git could not fetch the repository.
    #[error("{address} could not be fetched with git: {reason}")]
    Git {
        /// The address.
        address: String,
        /// What git says, shortened.
        reason: String,
    },
    /// The feed cannot be read.
    #[error("{address} is not a feed that can be read: {reason}")]
    Feed {
        /// Its address or path.
        address: String,
        /// What the parser says.
        reason: String,
    },
    /// The archive was refused.
    #[error("the archive {path} was refused: {reason}")]
    Archive {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// There is no local cargo registry.
    #[error("no cargo registry at {path}; set CARGO_HOME, or run `cargo fetch` in a Rust project first")]
    NoRegistry {
        /// Where it was looked for.
        path: String,
    },
    /// The network did not give it.
    #[error(transparent)]
    Net(#[from] xinghe_net::NetError),
    /// What takes the posts broke.
    #[error("the import stopped: {0}. What was taken so far stays; run it again to go on")]
    Port(#[from] PortError),
    /// A background task of the import broke.
    #[error("the import stopped: {0}")]
    Stopped(String),
}
