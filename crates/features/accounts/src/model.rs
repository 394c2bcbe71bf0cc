//! Types and rules of members and authors. No I/O.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use xinghe_core::content::UnknownWord;
use xinghe_core::id::ClaimId;
use xinghe_core::{AuthorCard, AuthorId, Lang, SessionId, Timestamp};
use xinghe_web::{FieldError, Role, Theme};

use crate::handle::{Handle, HandleError};

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

/// How a claim is to be proved. More kinds will come: the same account at a code host, a rel=me link, a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// An administrator looks at the reason given and says yes or no.
    Admin,
}

impl Proof {
    /// The word stored and shown in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
        }
    }
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Waits for a decision.
    Open,
    /// The author is this member.
    Accepted,
    /// It was not believed.
    Declined,
    /// The member took it back.
    Withdrawn,
}

impl ClaimState {
    /// The word stored and shown in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for ClaimState {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        match s {
            "open" => Ok(Self::Open),
            "accepted" => Ok(Self::Accepted),
            "declined" => Ok(Self::Declined),
            "withdrawn" => Ok(Self::Withdrawn),
            _ => Err(UnknownWord { given: s.to_owned(), known: &["open", "accepted", "declined", "withdrawn"] }),
        }
    }
}

/// A member's word that an unclaimed author is them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub id: ClaimId,
    /// The unclaimed author.
    pub author: AuthorCard,
    /// Who says so.
    pub member: AuthorCard,
    /// How it is to be proved.
    pub proof: Proof,
    /// The reason given.
    pub why: String,
    /// Where it stands.
    pub state: ClaimState,
    /// What the administrator wrote to the decision.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
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

/// Makes a name clean: NFC, one space between words, nothing invisible; `None` when nothing is left.
pub fn clean_name(given: &str) -> Option<String> {
    let visible: String = given.nfc().filter(|c| c.is_whitespace() || !invisible(*c)).collect();
    let name = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// Control characters, and those of the blocks that turn the direction of writing or take no room.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A name as it is compared in a search.
pub fn fold_name(name: &str) -> String {
    name.nfkc().collect::<String>().to_lowercase()
}

/// Checks a handle that somebody wishes.
///
/// # Errors
/// What is wrong, for the field `handle`.
pub fn check_handle(given: &str) -> Result<Handle, FieldError> {
    given.trim().parse().map_err(|e| {
        let key = match e {
            HandleError::Length => "accounts-error-handle-length",
            HandleError::Characters => "accounts-error-handle-characters",
            HandleError::Reserved => "accounts-error-handle-reserved",
        };
        FieldError::new("handle", key)
    })
}

/// Checks a name that somebody wishes.
///
/// # Errors
/// What is wrong, for the field `name`.
pub fn check_name(given: &str) -> Result<String, FieldError> {
    match clean_name(given) {
        None => Err(FieldError::new("name", "accounts-error-name-empty")),
        Some(name) if name.chars().count() > NAME_MAX => {
            Err(FieldError::new("name", "accounts-error-name-long").with("max", NAME_MAX))
        }
        Some(name) => Ok(name),
    }
}

/// Checks what a member writes about themselves.
///
/// # Errors
/// What is wrong, for the fields `about.<language>`.
pub fn check_about(about: &About) -> Result<(), Vec<FieldError>> {
    let errors: Vec<_> = Lang::ALL
        .into_iter()
        .filter(|l| about.written_in(*l).chars().count() > ABOUT_MAX)
        .map(|l| FieldError::new(format!("about.{l}"), "accounts-error-about-long").with("max", ABOUT_MAX))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Checks links and drops empty rows.
///
/// # Errors
/// What is wrong, for the fields `links` and `links.<n>`.
pub fn check_links(links: &[Link]) -> Result<Vec<Link>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut good = Vec::new();
    for (n, link) in links.iter().enumerate() {
        let (label, url) = (clean_name(&link.label).unwrap_or_default(), link.url.trim());
        if url.is_empty() && label.is_empty() {
            continue;
        }
        match url::Url::parse(url) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() && url.len() <= 500 => {
                good.push(Link { label: label.chars().take(40).collect(), url: parsed.into() });
            }
            _ => errors.push(FieldError::new(format!("links.{n}"), "accounts-error-link")),
        }
    }
    if good.len() > LINKS_MAX {
        errors.push(FieldError::new("links", "accounts-error-links-many").with("max", LINKS_MAX));
    }
    if errors.is_empty() { Ok(good) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_cannot_be_seen() {
        assert_eq!(clean_name(" 李\u{202e} 雷\t\n x\u{200b} ").as_deref(), Some("李 雷 x"));
        assert_eq!(clean_name("\u{200b}\u{feff} "), None);
        assert!(check_name(&"星".repeat(NAME_MAX)).is_ok());
        assert_eq!(check_name(&"星".repeat(NAME_MAX + 1)).expect_err("long").said.key(), "accounts-error-name-long");
    }

    #[test]
    fn a_reader_gets_the_nearest_language() {
        let about = About { zh_hant: "程式".into(), en: "code".into(), ..About::default() };
        assert_eq!(about.for_reader(Lang::ZhHans), Some((Lang::ZhHant, "程式")));
        assert_eq!(about.for_reader(Lang::En), Some((Lang::En, "code")));
        assert_eq!(About::default().for_reader(Lang::En), None);
    }

    #[test]
    fn links_are_web_addresses() {
        let link = |url: &str| Link { label: String::new(), url: url.into() };
        let good = check_links(&[link("https://example.org"), link(" ")]).expect("good");
        assert_eq!(good, [link("https://example.org/")]);
        assert_eq!(good[0].shown(), "example.org");
        for bad in ["javascript:alert(1)", "example.org", "data:text/html,x", "https://"] {
            let errors = check_links(&[link(bad)]).expect_err(bad);
            assert_eq!(errors[0].field, "links.0");
        }
        let many: Vec<_> = (0..9).map(|n| link(&format!("https://example.org/{n}"))).collect();
        assert_eq!(check_links(&many).expect_err("many")[0].said.key(), "accounts-error-links-many");
    }
}
