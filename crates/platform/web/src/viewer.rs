//! Who is asking.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use async_trait::async_trait;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, Lang, SessionId};

use crate::errors::AppError;
use crate::page::PageContext;
use crate::routes::Need;
use crate::scopes::Scopes;

/// What a member may do, rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, writes, asks.
    Member,
    /// Also judges what others wrote.
    Moderator,
    /// Also runs the instance.
    Administrator,
}

impl Role {
    /// The word used in columns and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Administrator => "administrator",
        }
    }
}

/// A word that is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role: use member, moderator or administrator")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(s: &str) -> Result<Self, UnknownRole> {
        match s {
            "member" => Ok(Self::Member),
            "moderator" => Ok(Self::Moderator),
            "administrator" => Ok(Self::Administrator),
            _ => Err(UnknownRole(s.to_owned())),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A colour scheme somebody chose; without a choice the system's is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The word used in cookies and columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the word; anything else means that the system's is followed.
    pub fn parse(s: &str) -> Option<Self> {
        match s {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }
}

/// The member behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member.
    pub id: AuthorId,
    /// The unique name in addresses, without `@`.
    pub handle: String,
    /// The name to show.
    pub name: String,
    /// What the member may do.
    pub role: Role,
    /// The interface language the member chose.
    pub lang: Option<Lang>,
    /// The colour scheme the member chose.
    pub theme: Option<Theme>,
    /// The session that speaks.
    pub session: SessionId,
}

impl Member {
    /// The address of the member's page.
    pub fn url(&self) -> String {
        format!("/@{}", self.handle)
    }
}

/// How somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Via {
    /// Not at all.
    #[default]
    Nothing,
    /// By the session cookie.
    Cookie,
    /// By `Authorization: Bearer`.
    Bearer,
}

/// Who is asking: a member, or a guest.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// The member, unless it is a guest.
    pub member: Option<Member>,
    /// How the member showed who it is.
    pub via: Via,
    /// The client's address, where known.
    pub ip: Option<IpAddr>,
    /// What a personal access token may do; `None` where it was a session, which may do all that its member may.
    pub scopes: Option<Scopes>,
}

impl Viewer {
    /// Somebody not signed in.
    pub fn guest() -> Self {
        Self::default()
    }

    /// The member's id.
    pub fn id(&self) -> Option<AuthorId> {
        self.member.as_ref().map(|m| m.id)
    }

    /// The member's role.
    pub fn role(&self) -> Option<Role> {
        self.member.as_ref().map(|m| m.role)
    }

    /// Whether the viewer is allowed this.
    pub fn may(&self, need: Need) -> bool {
        need.allows(self.role())
    }

    /// Whether the viewer is this author.
    pub fn is(&self, author: AuthorId) -> bool {
        self.id() == Some(author)
    }

    /// The member.
    ///
    /// # Errors
    /// [`AppError::SignIn`] for a guest.
    pub fn require(&self) -> Result<&Member, AppError> {
        self.member.as_ref().ok_or(AppError::SignIn)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<PageContext>().map_or_else(Self::guest, |c| c.viewer.clone()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = AppError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        parts.extensions.get::<PageContext>().and_then(|c| c.viewer.member.clone()).ok_or(AppError::SignIn)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Member {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<PageContext>().and_then(|c| c.viewer.member.clone()))
    }
}

/// Finds the member behind a token. Implemented by accounts.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The member of the session with this token; `None` when there is none, or it ended.
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>>;

    /// The member behind what a program sent as `Authorization: Bearer`: a session's token, or a personal access token
    /// with what it may do.
    async fn bearer(&self, token: &str) -> PortResult<Option<(Member, Option<Scopes>)>> {
        Ok(self.resolve(token).await?.map(|member| (member, None)))
    }

    /// The same, with the seconds for which a browser is to keep its cookie from now on, where using the session made
    /// it live longer.
    async fn resume(&self, token: &str) -> PortResult<Option<(Member, Option<i64>)>> {
        Ok(self.resolve(token).await?.map(|member| (member, None)))
    }

    /// Keeps how a member likes the pages, on every device; what is `None` stays.
    async fn prefer(&self, member: AuthorId, liking: Liking) -> PortResult<()> {
        let _ = (member, liking);
        Ok(())
    }
}

/// What somebody chose at the foot of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Liking {
    /// The interface language.
    pub lang: Option<Lang>,
    /// The colour scheme; `Some(None)` follows the system.
    pub theme: Option<Option<Theme>>,
}

/// Nobody is ever signed in: for instances without accounts, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn resolve(&self, _: &str) -> PortResult<Option<Member>> {
        Ok(None)
    }
}

/// The session cookie: its name for this address, and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCookie {
    /// Whether the instance is reached over https only.
    pub secure: bool,
}

impl SessionCookie {
    /// The cookie's name.
    pub const fn name(self) -> &'static str {
        if self.secure { "__Host-xinghe" } else { "xinghe_session" }
    }

    /// The `Set-Cookie` value that begins a session of `max_age_s` seconds.
    pub fn set(self, token: &str, max_age_s: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}", self.name())
    }

    /// The `Set-Cookie` value that ends the session.
    pub fn clear(self) -> String {
        self.set("", 0)
    }
}
