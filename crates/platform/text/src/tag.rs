//! Tags as the whole product writes them.

use unicode_normalization::UnicodeNormalization;

/// Longest tag, in characters.
pub const TAG_MAX: usize = 32;

/// A tag in canonical form: compatibility forms unified, lower case, spaces as `-`, no `#` in front. `None` when
/// nothing is left, it is too long, or it holds what a tag may not.
pub fn canonical_tag(given: &str) -> Option<String> {
    let unified: String = given.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let mut tag = String::new();
    for c in unified.trim().trim_start_matches('#').trim().chars() {
        match c {
            c if c.is_whitespace() || c == '-' => {
                if !tag.ends_with('-') {
                    tag.push('-');
                }
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '+' | '#' | '.') => tag.push(c),
            c if unicode_normalization::char::is_combining_mark(c) && !tag.is_empty() => tag.push(c),
            _ => return None,
        }
    }
    let tag = tag.trim_matches('-').to_owned();
    (tag.chars().any(char::is_alphanumeric) && tag.chars().count() <= TAG_MAX).then_some(tag)
}
