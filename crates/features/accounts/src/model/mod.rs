//! Types and rules of members and authors. No I/O.

mod claim;
mod connection;
pub mod factor;
mod mail;
mod proof;
mod rules;
mod session;
mod token;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xinghe_core::content::UnknownWord;
use xinghe_core::{AuthorCard, AuthorId, Lang, Timestamp};
use xinghe_web::{Role, Theme};

pub use claim::{Claim, ClaimState, Proof};
pub use connection::{Arrival, Connection, Departure, ERRAND_MS, FRESH_MS, fold_page};
pub use mail::{EmailView, LETTER_MS, LinkView, OneTimeLink, Purpose, check_address, fold_address};
pub use proof::{FILE, MARK, PageProof};
pub use rules::{check_about, check_handle, check_links, check_name, clean_name, fold_name};
pub use session::{Client, NewSession, SessionView};
pub use token::{NewToken, TOKEN_PREFIX, TOKENS_MAX, TokenView, TokenWish};

/// How long a session lives after its last use, in milliseconds: 30 days.
pub const SESSION_MS: i64 = 30 * 24 * 3600 * 1000;
/// How long a first-administrator link works, in milliseconds: 7 days. Each start prints a fresh one.
pub const SETUP_MS: i64 = 7 * 24 * 3600 * 1000;
/// Most characters of a name.
pub const NAME_MAX: usize = 50;
/// Most characters of what a member says about themselves, per language.
pub const ABOUT_MAX: usize = 10_000;
/// Most links of a profile.
pub const LINKS_MAX: usize = 8;
/// Most characters of a claim's reason and of a decision's note.
pub const WHY_MAX: usize = 2_000;

/// What an author row is called once its member is gone.
pub const FORMER_NAME: &str = "前成员 former member";

/// Whether a member may use the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// May sign in.
    Active,
    /// May not; all sessions are ended.
    Disabled,
}

impl Standing {
    /// The word stored and shown in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

impl FromStr for Standing {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        match s {
            "active" => Ok(Self::Active),
            "disabled" => Ok(Self::Disabled),
            _ => Err(UnknownWord { given: s.to_owned(), known: &["active", "disabled"] }),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a member writes about themselves, in Markdown, in any of the three languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// In 简体中文.
    #[serde(rename = "zh-Hans", default)]
    pub zh_hans: String,
    /// In 繁體中文.
    #[serde(rename = "zh-Hant", default)]
    pub zh_hant: String,
    /// In English.
    #[serde(default)]
    pub en: String,
}

impl About {
    /// What is written in a language, possibly nothing.
    pub fn written_in(&self, lang: Lang) -> &str {
        match lang {
            Lang::ZhHans => &self.zh_hans,
            Lang::ZhHant => &self.zh_hant,
            Lang::En => &self.en,
        }
    }

    /// The text for a reader of this language: theirs, else that of the other Chinese script, else any; with the
    /// language it is in.
    pub fn for_reader(&self, lang: Lang) -> Option<(Lang, &str)> {
        let order = match lang {
            Lang::ZhHans => [Lang::ZhHans, Lang::ZhHant, Lang::En],
            Lang::ZhHant => [Lang::ZhHant, Lang::ZhHans, Lang::En],
            Lang::En => [Lang::En, Lang::ZhHans, Lang::ZhHant],
        };
        order.into_iter().map(|l| (l, self.written_in(l))).find(|(_, text)| !text.trim().is_empty())
    }
}

/// A link of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What to show; empty means the address.
    #[serde(default)]
    pub label: String,
    /// An http or https address.
    pub url: String,
}

impl Link {
    /// What to show.
    pub fn shown(&self) -> &str {
        if self.label.is_empty() {
            self.url.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/')
        } else {
            &self.label
        }
    }
}

/// Everything that belongs to a member beyond the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberInfo {
    /// What the member may do.
    pub role: Role,
    /// Whether the member may sign in.
    pub standing: Standing,
    /// The chosen interface language.
    pub language: Option<Lang>,
    /// The chosen colour scheme.
    pub theme: Option<Theme>,
    /// Notes about oneself.
    pub about: About,
    /// Links.
    pub links: Vec<Link>,
}

/// An author with all that accounts knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorRecord {
    /// How other features see the author.
    pub card: AuthorCard,
    /// Where the imported work said more about the person.
    pub url: Option<String>,
    /// The member who claimed this author.
    pub merged_into: Option<AuthorId>,
    /// Since when the author is known here.
    pub created_at: Timestamp,
    /// Whether the account behind it was deleted.
    pub erased: bool,
    /// The account, where there is one.
    pub member: Option<MemberInfo>,
}

/// What somebody who registers says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Registration {
    /// The wished handle.
    pub handle: String,
    /// The name to show; empty means the handle.
    pub name: String,
    /// The password.
    pub password: String,
    /// The interface language.
    pub language: Option<Lang>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("handle", &self.handle).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A change of a profile; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name to show.
    pub name: Option<String>,
    /// Notes about oneself.
    pub about: Option<About>,
    /// All links.
    pub links: Option<Vec<Link>>,
    /// The interface language; `Some(None)` follows the browser.
    pub language: Option<Option<Lang>>,
    /// The colour scheme; `Some(None)` follows the system.
    pub theme: Option<Option<Theme>>,
}

/// What becomes of the posts of a member who leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Leaving {
    /// They stay, as those of a former member without a name.
    Anonymous,
    /// They stay under the name and the handle, as those of an author without an account.
    Named,
    /// Their words go for good.
    Deleted,
}

impl Leaving {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Anonymous, Self::Named, Self::Deleted];

    /// The word in forms and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Named => "named",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.as_str() == word)
    }
}

/// Which authors a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Members and unclaimed authors.
    #[default]
    All,
    /// Members only.
    Members,
    /// Unclaimed authors only.
    Unclaimed,
}

impl Who {
    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Members => "members",
            Self::Unclaimed => "unclaimed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_nearest_language() {
        let about = About { zh_hant: "程式".into(), en: "code".into(), ..About::default() };
        assert_eq!(about.for_reader(Lang::ZhHans), Some((Lang::ZhHant, "程式")));
        assert_eq!(about.for_reader(Lang::En), Some((Lang::En, "code")));
        assert_eq!(About::default().for_reader(Lang::En), None);
    }
}
