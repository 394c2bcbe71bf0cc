//! What may be said in a profile.

use unicode_normalization::UnicodeNormalization;
use xinghe_core::Lang;
use xinghe_web::markdown::check;
use xinghe_web::{FieldError, Said};

use super::{ABOUT_MAX, About, LINKS_MAX, Link, NAME_MAX};
use crate::handle::{Handle, HandleError};

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
            HandleError::Reserved => {
                return FieldError::new("handle", "accounts-error-handle-reserved").with("handle", given.trim());
            }
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
    let fault = |l: Lang| {
        let text = about.written_in(l);
        let long = || Said::new("accounts-error-about-long").with("max", ABOUT_MAX);
        let said = if text.chars().count() > ABOUT_MAX { long() } else { check(text).err()?.said() };
        Some(FieldError::new(format!("about.{l}"), said))
    };
    let errors: Vec<_> = Lang::ALL.into_iter().filter_map(fault).collect();
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
