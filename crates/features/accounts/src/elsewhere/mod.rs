//! Other sites at which people have accounts, and by which they sign in here: any OpenID Connect provider, and code
//! hosts that speak OAuth 2 and tell about a person by their own API.
//!
//! Nothing is believed but what comes from the site's own address: an id token is checked by the keys that its issuer
//! publishes, and a code host is asked by this server. An address for mail counts only where the site says that it was
//! verified.

mod hosts;
mod oidc;

use std::fmt;
use std::str::FromStr;

use futures::future::BoxFuture;
use oauth2::{HttpRequest, HttpResponse, PkceCodeVerifier};
use url::Url;
use xinghe_core::Timestamp;
use xinghe_core::content::UnknownWord;
use xinghe_net::{Fetcher, Limits, NetError, Reachable};

use crate::store::hash_of;

/// Most bytes of an answer.
const ANSWER_BYTES: u64 = 1_000_000;
/// How long one answer may take, in seconds. Signing in asks up to five times.
const ANSWER_S: u64 = 5;

/// What a site speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteKind {
    /// OpenID Connect: everything is found out from its address.
    Oidc,
    /// GitHub, also one's own.
    GitHub,
    /// Gitee.
    Gitee,
    /// Forgejo or Gitea.
    Forgejo,
    /// GitLab, also one's own.
    GitLab,
}

impl SiteKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Oidc, Self::GitHub, Self::Gitee, Self::Forgejo, Self::GitLab];

    /// The word in settings and columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::GitHub => "github",
            Self::Gitee => "gitee",
            Self::Forgejo => "forgejo",
            Self::GitLab => "gitlab",
        }
    }

    /// Its address, where there is one that most people mean.
    pub const fn usual_address(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("https://github.com"),
            Self::Gitee => Some("https://gitee.com"),
            Self::GitLab => Some("https://gitlab.com"),
            Self::Oidc | Self::Forgejo => None,
        }
    }

    /// What people call the one at that address.
    pub const fn usual_label(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("GitHub"),
            Self::Gitee => Some("Gitee"),
            Self::GitLab => Some("GitLab"),
            Self::Oidc | Self::Forgejo => None,
        }
    }
}

impl FromStr for SiteKind {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        let known = &["oidc", "github", "gitee", "forgejo", "gitlab"];
        Self::ALL.into_iter().find(|k| k.as_str() == s).ok_or_else(|| UnknownWord { given: s.to_owned(), known })
    }
}

/// A site by which people may sign in, as it was set up.
#[derive(Clone)]
pub struct SiteSettings {
    /// The word in addresses here: `github`.
    pub name: String,
    /// What it speaks.
    pub kind: SiteKind,
    /// Where it is; of OpenID Connect, the issuer.
    pub address: Url,
    /// What people call it.
    pub label: String,
    /// How it calls this community.
    pub client_id: String,
    /// What proves to it that this is the community.
    pub client_secret: Option<String>,
}

impl fmt::Debug for SiteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteSettings").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a site did not say who somebody is. Holds nothing secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// It was not reached.
    #[error(transparent)]
    Net(#[from] NetError),
    /// What it said is not as it must be.
    #[error("{0}")]
    Wrong(String),
}

impl SiteError {
    fn wrong(what: impl fmt::Display) -> Self {
        Self::Wrong(what.to_string())
    }
}

/// What a site says of somebody who signed in there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    /// The site's own, lasting name for the person.
    pub subject: String,
    /// The handle there.
    pub handle: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// An address, only where the site says that it was verified.
    pub address: Option<String>,
    /// The page of the account, only where it follows from the handle at a code host.
    pub page: Option<String>,
}

/// What the browser was sent away with. The secret is in its cookie only: what proves the exchange and what must come
/// back in the token follow from it, so that no table holds them.
pub(crate) struct Trip<'a> {
    pub browser: &'a str,
    pub state: &'a str,
}

impl Trip<'_> {
    fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(hash_of(&format!("verifier:{}:{}", self.browser, self.state)))
    }

    fn nonce(&self) -> openidconnect::Nonce {
        openidconnect::Nonce::new(hash_of(&format!("nonce:{}:{}", self.browser, self.state)))
    }
}

/// One site, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    settings: SiteSettings,
    /// Where the browser comes back to.
    back: String,
    fetcher: Fetcher,
}

impl Site {
    /// The word in addresses here.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// What people call it.
    pub(crate) fn label(&self) -> &str {
        &self.settings.label
    }

    /// What stands in columns for whoever vouches: the kind and the address, so that a new name in the settings changes
    /// nothing, and a new address everything.
    pub(crate) fn issuer(&self) -> String {
        format!("{}:{}", self.settings.kind.as_str(), self.base())
    }

    /// Its address without a slash at the end.
    fn base(&self) -> &str {
        self.settings.address.as_str().trim_end_matches('/')
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// A client for the protocol crates. Each address is checked anew.
    fn http(&self) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, NetError>> + use<> {
        let fetcher = self.fetcher.clone();
        move |request| {
            let fetcher = fetcher.clone();
            Box::pin(async move { fetcher.send(request).await })
        }
    }

    /// Where to send the browser.
    pub(crate) async fn entrance(&self, trip: &Trip<'_>) -> Result<Url, SiteError> {
        match self.settings.kind {
            SiteKind::Oidc => oidc::entrance(self, trip).await,
            _ => hosts::entrance(self, trip),
        }
    }

    /// Who came back with a code.
    pub(crate) async fn person(&self, trip: &Trip<'_>, code: &str, now: Timestamp) -> Result<Person, SiteError> {
        let person = match self.settings.kind {
            SiteKind::Oidc => oidc::person(self, trip, code, now).await?,
            _ => hosts::person(self, trip, code).await?,
        };
        if person.subject.is_empty() || person.subject.len() > 255 {
            return Err(SiteError::wrong("it gave no usable name for the person"));
        }
        Ok(person)
    }

    /// Whether an answer that names its issuer (RFC 9207) names this one.
    pub(crate) fn is_issuer(&self, issuer: &str) -> bool {
        self.settings.kind != SiteKind::Oidc || issuer.trim_end_matches('/') == self.base()
    }
}

/// The sites of a community.
#[derive(Debug, Default)]
pub(crate) struct Sites(Vec<Site>);

impl Sites {
    /// These sites; `public_url` is where browsers come back to, `agent` how this server names itself. A site may be in a
    /// private network, since the administrator named it.
    pub(crate) fn new(settings: Vec<SiteSettings>, public_url: &str, agent: &str) -> Self {
        let public_url = public_url.trim_end_matches('/');
        let site = |settings: SiteSettings| {
            let reachable = Reachable::with_hosts(settings.address.host_str());
            let limits = Limits { bytes: ANSWER_BYTES, redirects: 0, seconds: ANSWER_S };
            let back = format!("{public_url}/sign-in/with/{}/back", settings.name);
            Site { back, fetcher: Fetcher::new(reachable, limits, agent), settings }
        };
        Self(settings.into_iter().map(site).collect())
    }

    /// All of them, as they were set up.
    pub(crate) fn all(&self) -> &[Site] {
        &self.0
    }

    /// The one of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Site> {
        self.0.iter().find(|s| s.name() == name)
    }

    /// The one that vouches under this word.
    pub(crate) fn of_issuer(&self, issuer: &str) -> Option<&Site> {
        self.0.iter().find(|s| s.issuer() == issuer)
    }
}
