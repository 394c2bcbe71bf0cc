//! Email addresses, and the links that are sent to them.

use xinghe_core::{AuthorId, Timestamp};
use xinghe_web::FieldError;

/// Longest email address, in characters (RFC 5321).
const ADDRESS_MAX: usize = 254;
/// Longest part before the `@`, in characters.
const LOCAL_MAX: usize = 64;
/// A letter that could not be sent for so long is not sent any more, in milliseconds: a day.
pub const LETTER_MS: i64 = 24 * 3600 * 1000;

/// What a mail, and the link in it, is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Shows that a member reads mail at an address.
    Verify,
    /// Sets a new password.
    Reset,
    /// Signs in.
    Enter,
    /// Tells the former address that the account has another one now. Has no link.
    Moved,
    /// Tells that the account can be entered by one at another site now. Has no link.
    Connected,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Verify, Self::Reset, Self::Enter, Self::Moved, Self::Connected];

    /// The word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Enter => "enter",
            Self::Moved => "moved",
            Self::Connected => "connected",
        }
    }

    /// Reads the word stored.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// How long its link works, in milliseconds.
    pub const fn lives_ms(self) -> i64 {
        match self {
            Self::Verify | Self::Moved | Self::Connected => 24 * 3600 * 1000,
            Self::Reset => 3600 * 1000,
            Self::Enter => 15 * 60 * 1000,
        }
    }

    /// The page that its link leads to; without one there is no link.
    pub const fn path(self) -> Option<&'static str> {
        match self {
            Self::Verify => Some("/email/verify"),
            Self::Reset => Some("/password/reset"),
            Self::Enter => Some("/sign-in/with-link"),
            Self::Moved | Self::Connected => None,
        }
    }
}

/// A member's address as its owner sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailView {
    /// Where the member was shown to read mail.
    pub address: Option<String>,
    /// Since when.
    pub verified_at: Option<Timestamp>,
    /// An address that waits to be confirmed.
    pub pending: Option<String>,
}

/// Whom a link is for, before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// The member.
    pub member: AuthorId,
    /// The member's handle.
    pub handle: String,
    /// The address that it goes to prove.
    pub address: Option<String>,
}

/// A link that an administrator hands over by other means than mail. The secret in it is shown this once.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    /// The path with the secret.
    pub path: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for OneTimeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimeLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Checks an address that somebody typed; answers it without white space around. Addresses are ASCII here: two that
/// look alike are then the same, and none can be mistaken for another.
///
/// # Errors
/// It is none, for this field.
pub fn check_address(given: &str, field: &'static str) -> Result<String, FieldError> {
    let wrong = || FieldError::new(field, "accounts-error-address");
    let address = given.trim();
    let (local, domain) = address.rsplit_once('@').ok_or_else(wrong)?;
    let sign = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let local_fine =
        local.len() <= LOCAL_MAX && local.split('.').all(|part| !part.is_empty() && part.chars().all(sign));
    let label = |l: &str| {
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-') && l.chars().all(fine)
    };
    let domain_fine = domain.contains('.') && domain.split('.').all(label);
    if address.len() <= ADDRESS_MAX && local_fine && domain_fine { Ok(address.to_owned()) } else { Err(wrong()) }
}

/// An address as it is compared.
pub fn fold_address(address: &str) -> String {
    address.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_words() {
        for good in ["a@b.cn", " li.lei+x@Example.org ", "o'neil@mail.example.co.uk"] {
            assert_eq!(check_address(good, "address").expect(good), good.trim());
        }
        let long = format!("{}@example.org", "x".repeat(65));
        for bad in [
            "",
            "a",
            "a@b",
            "@b.cn",
            "a@",
            "a b@c.cn",
            "a@b..cn",
            "a@-b.cn",
            ".a@b.cn",
            "a@b.cn\r\nBcc: c@d.cn",
            "mıke@example.org",
            "a@b.cn,c@d.cn",
            &long,
        ] {
            assert!(check_address(bad, "address").is_err(), "{bad}");
        }
        assert_eq!(fold_address(" Li.Lei@Example.ORG"), "li.lei@example.org");
    }

    #[test]
    fn purposes_read_back() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Some(purpose));
        }
        assert_eq!(Purpose::parse("other"), None);
    }
}
