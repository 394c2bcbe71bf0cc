//! Handles: the unique names in addresses.

use std::fmt;
use std::str::FromStr;

use xinghe_core::AuthorId;

/// A unique name in addresses: `[a-z0-9_-]{2,32}`, beginning and ending with a letter or digit, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

/// Why a text is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Shorter than 2 or longer than 32 characters.
    #[error("a handle has 2 to 32 characters")]
    Length,
    /// Something else than ASCII letters, digits, `_` and `-`, or one of these two at an end.
    #[error("a handle holds letters a–z, digits, _ and -, and begins and ends with a letter or digit")]
    Characters,
    /// A word that the product or people could take for something else than a person.
    #[error("this handle is reserved; choose another one")]
    Reserved,
}

/// Words that could be taken for the product, its staff, or a part of an address.
const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "ask",
    "assets",
    "author",
    "authors",
    "bot",
    "community",
    "contact",
    "deleted",
    "design",
    "everybody",
    "everyone",
    "former",
    "guest",
    "guide",
    "healthz",
    "help",
    "home",
    "import",
    "index",
    "info",
    "legal",
    "login",
    "logout",
    "mail",
    "me",
    "member",
    "members",
    "metrics",
    "mod",
    "moderator",
    "moderators",
    "new",
    "news",
    "nobody",
    "notifications",
    "null",
    "official",
    "owner",
    "postmaster",
    "posts",
    "privacy",
    "projects",
    "readyz",
    "register",
    "root",
    "sample",
    "search",
    "security",
    "session",
    "settings",
    "setup",
    "sign-in",
    "sign-out",
    "signin",
    "signup",
    "staff",
    "static",
    "support",
    "sysadmin",
    "system",
    "tags",
    "team",
    "terms",
    "twin",
    "twins",
    "undefined",
    "user",
    "users",
    "webmaster",
    "www",
    "xinghe",
];

impl Handle {
    /// Whether the product keeps this word to itself.
    fn reserved(word: &str) -> bool {
        RESERVED.binary_search(&word).is_ok() || word.starts_with("former-")
    }

    /// The handle's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What somebody typed into an address or a sign-in field, for looking it up; no rule is checked.
    pub fn fold(typed: &str) -> String {
        typed.trim().trim_start_matches('@').to_ascii_lowercase()
    }

    /// The handle that always is free: a word and the id in base 32.
    pub fn of_id(word: &str, id: AuthorId) -> Self {
        Self(format!("{word}-{}", base32(id.raw().unsigned_abs())))
    }

    /// The handle an unclaimed author would like to have: the name in ASCII, where it is in Latin letters.
    pub fn from_name(name: &str) -> Option<Self> {
        let latin = |c: char| c.is_ascii() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
        if name.chars().any(|c| c.is_alphabetic() && !latin(c)) {
            return None;
        }
        let slug: String = slug::slugify(name).chars().take(28).collect();
        slug.trim_matches('-').parse().ok()
    }

    /// The same handle with a number behind it.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        Self(format!("{}-{n}", self.0))
    }
}

impl FromStr for Handle {
    type Err = HandleError;

    fn from_str(s: &str) -> Result<Self, HandleError> {
        let word = s.to_ascii_lowercase();
        let bytes = word.as_bytes();
        if !word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-')) {
            return Err(HandleError::Characters);
        }
        if !(2..=32).contains(&bytes.len()) {
            return Err(HandleError::Length);
        }
        if !bytes[0].is_ascii_alphanumeric() || !bytes[bytes.len() - 1].is_ascii_alphanumeric() {
            return Err(HandleError::Characters);
        }
        if Self::reserved(&word) {
            return Err(HandleError::Reserved);
        }
        Ok(Self(word))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Crockford's alphabet in lower case, without leading zeros.
fn base32(mut n: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(b"0123456789abcdefghjkmnpqrstvwxyz"[(n & 31) as usize] as char);
        n >>= 5;
        if n == 0 {
            return digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reserved_words_are_sorted_for_the_binary_search() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn what_is_not_a_handle_says_why() {
        for (given, why) in [
            ("a", HandleError::Length),
            ("", HandleError::Length),
            (&"a".repeat(33), HandleError::Length),
            ("-ab", HandleError::Characters),
            ("ab_", HandleError::Characters),
            ("a b", HandleError::Characters),
            ("星河", HandleError::Characters),
            ("аdmin", HandleError::Characters),
            ("Admin", HandleError::Reserved),
            ("sign-in", HandleError::Reserved),
            ("former-abc", HandleError::Reserved),
        ] {
            assert_eq!(given.parse::<Handle>(), Err(why), "{given}");
        }
        assert_eq!("Li_Lei-2".parse::<Handle>().expect("a handle").as_str(), "li_lei-2");
    }

    #[test]
    fn names_in_latin_letters_become_handles_and_others_do_not() {
        let of = |name: &str| Handle::from_name(name).map(|h| h.0);
        assert_eq!(of("David Tolnay").as_deref(), Some("david-tolnay"));
        assert_eq!(of("José Ángel Núñez").as_deref(), Some("jose-angel-nunez"));
        assert_eq!(of("张三"), None);
        assert_eq!(of("张三 Zhang"), None);
        assert_eq!(of("Admin"), None);
        assert_eq!(of("!"), None);
    }

    proptest! {
        #[test]
        fn reading_a_handle_never_fails_oddly_and_is_stable(s in "\\PC{0,40}") {
            if let Ok(handle) = s.parse::<Handle>() {
                prop_assert!(handle.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-'));
                prop_assert!((2..=32).contains(&handle.as_str().len()));
                prop_assert_eq!(handle.as_str().parse::<Handle>(), Ok(handle.clone()));
                prop_assert_eq!(s.to_ascii_uppercase().parse::<Handle>(), Ok(handle));
            }
        }

        #[test]
        fn a_well_formed_word_is_a_handle_unless_reserved(s in "[a-z0-9][a-z0-9_-]{0,30}[a-z0-9]") {
            prop_assert_eq!(s.parse::<Handle>().is_ok(), !Handle::reserved(&s));
        }

        #[test]
        fn a_handle_made_from_a_name_or_an_id_follows_the_rules(name in "\\PC{0,60}", id in 1..i64::MAX) {
            if let Some(handle) = Handle::from_name(&name) {
                prop_assert_eq!(handle.as_str().parse::<Handle>(), Ok(handle.clone()));
                prop_assert!(handle.numbered(999).as_str().len() <= 32);
            }
            let of_id = Handle::of_id("author", AuthorId::from_raw(id));
            prop_assert_eq!(of_id.as_str().parse::<Handle>(), Ok(of_id.clone()));
        }
    }
}
