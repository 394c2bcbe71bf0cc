//! What the shell is told when it starts.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use xinghe_core::changes::Changes;
use xinghe_core::ports::Standing;

use crate::ready::Readiness;

/// An entry of the navigation. `app` lists what exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Its name: what a page gives to [`crate::Page::active`].
    pub name: &'static str,
    /// Its address.
    pub href: &'static str,
    /// The key of its text.
    pub key: &'static str,
    /// Whether it also stands in the dock of a phone (five places at most).
    pub dock: bool,
}

/// How many requests one client may send in a minute, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Reading pages and data.
    pub read: u32,
    /// Changing something.
    pub write: u32,
    /// Searching.
    pub search: u32,
    /// Asking for an answer.
    pub ask: u32,
    /// Sending files.
    pub upload: u32,
    /// Signing in and registering.
    pub sign_in: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { read: 600, write: 60, search: 240, ask: 30, upload: 20, sign_in: 10 }
    }
}

/// Who knows which members write nothing at the moment.
#[derive(Clone)]
pub struct Standings(pub Arc<dyn Standing>);

impl fmt::Debug for Standings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Standings").finish_non_exhaustive()
    }
}

/// The settings of the shell.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// The address people use, without a slash at the end: `https://example.org`.
    pub public_url: String,
    /// Whether people reach it over https: cookies get `Secure` and the `__Host-` prefix, answers get HSTS.
    pub secure_cookies: bool,
    /// Whether pages for development exist: `/design`.
    pub dev: bool,
    /// The navigation.
    pub nav: Vec<NavItem>,
    /// Requests a minute and client.
    pub limits: RateLimits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long a request may take.
    pub timeout: Duration,
    /// What `/readyz` asks; without it there is no such route.
    pub readiness: Option<Readiness>,
    /// Counts what is committed, so that copies of pages for guests are known to be old; without it none are kept.
    pub changes: Option<Changes>,
    /// Asked before a member changes something; without it nobody is suspended.
    pub standing: Option<Standings>,
}

impl WebSettings {
    /// Settings for an instance at this address, everything else as is usual.
    pub fn new(public_url: impl Into<String>) -> Self {
        let public_url = public_url.into().trim_end_matches('/').to_owned();
        Self {
            secure_cookies: public_url.starts_with("https://"),
            public_url,
            dev: false,
            nav: Vec::new(),
            limits: RateLimits::default(),
            trusted_proxies: Vec::new(),
            timeout: Duration::from_secs(20),
            readiness: None,
            changes: None,
            standing: None,
        }
    }
}
