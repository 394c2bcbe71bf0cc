//! What can go wrong with a model.

use std::time::Duration;

/// Why a model did not answer. No variant holds a key or a prompt.
#[derive(Debug, thiserror::Error)]
pub enum AiError {
    /// There is no model for this; the product goes on without.
    #[error("no model is set up for this: {0}")]
    Absent(String),
    /// The budget for today is used up.
    #[error("the budget for {0} is used up for today")]
    Budget(String),
    /// The provider says there were too many requests.
    #[error("the provider asks to wait")]
    Busy {
        /// How long, where it said so.
        retry_after: Option<Duration>,
    },
    /// The provider refused the key.
    #[error("the provider refused the key (HTTP {0}); check the setting ai.chat.key")]
    Unauthorised(u16),
    /// The provider refused the request.
    #[error("the provider refused the request (HTTP {status}): {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said, keys removed, cut short.
        reason: String,
    },
    /// The provider could not be reached, or broke off.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("the provider took longer than {0:?}")]
    Timeout(Duration),
    /// The answer does not have the form of the protocol.
    #[error("the provider's answer is not understood: {0}")]
    Protocol(String),
    /// A model of this machine failed.
    #[error("the local model failed: {0}")]
    Local(String),
}

impl AiError {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Unreachable(_) | Self::Timeout(_) => true,
            Self::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }
}
