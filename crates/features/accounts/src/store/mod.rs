//! The SQL of this feature, over its own tables only.

pub(crate) mod authors;
pub(crate) mod claims;
pub(crate) mod connections;
pub(crate) mod emails;
pub(crate) mod factors;
pub(crate) mod members;
pub(crate) mod networks;
pub(crate) mod sessions;
pub(crate) mod throttle;
pub(crate) mod tokens;

use sha2::{Digest, Sha256};
use xinghe_core::time::Random;
use xinghe_store::Backend;

/// A fresh secret for an address or a cookie: 256 random bits in URL-safe base 64.
pub(crate) fn new_token(random: &dyn Random) -> String {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    random.fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a secret: it has too much randomness to be guessed back from its hash.
pub(crate) fn hash_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Ends a query whose rows the transaction goes on to change. SQLite has one writer anyway and no such words.
pub(crate) fn for_update(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR UPDATE",
    }
}
