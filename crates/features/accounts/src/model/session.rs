//! Sessions.

use std::fmt;
use std::net::IpAddr;

use xinghe_core::{AuthorId, SessionId, Timestamp};

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// Which.
    pub id: SessionId,
    /// The program it was begun with, as that program named itself.
    pub user_agent: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last used, to within five minutes.
    pub seen_at: Timestamp,
    /// When it ends unless used again.
    pub expires_at: Timestamp,
}

impl SessionView {
    /// The program in a few words, for instance `Firefox, Linux`; what is not a known browser, as it named itself.
    pub fn program(&self) -> String {
        let agent = self.user_agent.as_str();
        // Browsers name those they are like, too; whoever stands later in such a name is looked for first.
        let known = |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|l| l.1);
        let browser = known(&[
            ("MicroMessenger/", "WeChat"),
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ]);
        let system = known(&[
            ("HarmonyOS", "HarmonyOS"),
            ("Android", "Android"),
            ("iPhone", "iOS"),
            ("iPad", "iPadOS"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux"),
        ]);
        match (browser, system) {
            (Some(browser), Some(system)) => format!("{browser}, {system}"),
            (Some(browser), None) => browser.to_owned(),
            _ => agent.to_owned(),
        }
    }
}

/// A session just begun. The token is known to nobody else and not stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub member: AuthorId,
    /// The secret of the cookie or the `Authorization: Bearer` header.
    pub token: String,
    /// When it ends unless used.
    pub expires_at: Timestamp,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession").field("id", &self.id).field("member", &self.member).finish_non_exhaustive()
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The client's address, where known.
    pub ip: Option<IpAddr>,
    /// The program, as it named itself.
    pub user_agent: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_in_few_words_and_others_as_they_are() {
        let program = |agent: &str| {
            let now = Timestamp::from_millis(0);
            let id = SessionId::from_raw(1);
            SessionView { id, user_agent: agent.into(), created_at: now, seen_at: now, expires_at: now }.program()
        };
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari, iOS",
            ),
            ("curl/8.14.1", "curl/8.14.1"),
        ] {
            assert_eq!(program(agent), name);
        }
    }
}
