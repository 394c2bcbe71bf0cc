//! Outgoing requests to addresses that people typed.
//!
//! Such an address must not reach what only this machine can reach: its own services, the local network, a cloud's
//! metadata. [`Fetcher`] therefore resolves names itself, refuses every answer that is not public, connects to exactly
//! the addresses that it checked (so that a name cannot change its answer in between), follows redirects hop by hop with
//! the same check, and limits time and size. Who wants to reach a private address says so ([`Reachable::any`] or an
//! allowed host).

mod addresses;
mod fetch;

pub use addresses::{Reachable, is_public};
pub use fetch::{Fetched, Fetcher, Limits, without_secrets};

/// Why an address was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Not an address that is fetched.
    #[error("{url} is not an http or https address")]
    NotHttp {
        /// What was given.
        url: String,
    },
    /// It leads to a private network.
    #[error("{host} leads to {address}, which is not a public address; requests into private networks are refused")]
    Private {
        /// The host as written.
        host: String,
        /// What it resolves to.
        address: String,
    },
    /// It leads to where a cloud keeps a machine's credentials.
    #[error("{host} leads to {address}, where clouds keep a machine's credentials; nothing is fetched from there")]
    Metadata {
        /// The host as written.
        host: String,
        /// What it resolves to.
        address: String,
    },
    /// The name has no address.
    #[error("{host} was not found; check the address and the network")]
    Unknown {
        /// The host as written.
        host: String,
    },
    /// Too many redirects.
    #[error("{url} redirects more than {limit} times")]
    Redirects {
        /// The first address.
        url: String,
        /// How many are followed.
        limit: usize,
    },
    /// The answer says no.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is larger than allowed.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// No answer in time.
    #[error("{url} did not answer within {seconds} seconds")]
    Timeout {
        /// The address.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// The connection failed.
    #[error("{url} could not be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// What went wrong.
        reason: String,
    },
}
