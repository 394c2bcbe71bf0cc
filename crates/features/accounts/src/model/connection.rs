//! Accounts at other sites.

use std::fmt;

use xinghe_core::Timestamp;
use xinghe_core::id::ConnectionId;

/// How long somebody may be away at another site, and how long choosing a handle may take afterwards, in milliseconds.
pub const ERRAND_MS: i64 = 15 * 60 * 1000;
/// A session so young shows who somebody is as well as a password, in milliseconds.
pub const FRESH_MS: i64 = 15 * 60 * 1000;

/// A member's account at another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Which.
    pub id: ConnectionId,
    /// The kind and the address of the site.
    pub issuer: String,
    /// What people call the site; its address where it is not set up any more.
    pub label: String,
    /// Whether the site is set up, so that one can sign in by it.
    pub works: bool,
    /// The handle there.
    pub shown: String,
    /// The page of the account.
    pub page: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used to sign in.
    pub used_at: Timestamp,
}

/// What a browser that is sent to another site takes along.
#[derive(Clone, PartialEq, Eq)]
pub struct Departure {
    /// Where to.
    pub to: String,
    /// The secret for the browser's cookie.
    pub browser: String,
}

impl fmt::Debug for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Departure")
    }
}

/// Somebody who has yet to choose a handle, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// What people call the site.
    pub label: String,
    /// The handle there.
    pub shown: String,
    /// A handle that is free here.
    pub handle: String,
    /// The name there.
    pub name: String,
    /// The address that the site verified and that is to be the member's.
    pub address: Option<String>,
}

/// An address of a page as it is compared: without scheme and slashes at the end, in small letters. `None` where it is no
/// address of the web.
pub fn fold_page(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let folded = format!("{}{port}{}", url.host_str()?, url.path().trim_end_matches('/'));
    Some(folded.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_the_same_however_they_are_written() {
        for same in
            ["https://GitHub.com/DTolnay/", "http://github.com/dtolnay", "https://github.com:443/dtolnay?tab=x#y"]
        {
            assert_eq!(fold_page(same).as_deref(), Some("github.com/dtolnay"), "{same}");
        }
        assert_eq!(fold_page("https://example.org/").as_deref(), Some("example.org"));
        assert_eq!(fold_page("https://example.org:8443/a").as_deref(), Some("example.org:8443/a"));
        assert_eq!(fold_page("mailto:a@b.cn"), None);
        assert_ne!(fold_page("https://github.com/dtolnay"), fold_page("https://github.com.evil.example/dtolnay"));
    }
}
