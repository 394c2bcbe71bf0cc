//! Pictures, limits and what can be wrong with a file.

use xinghe_core::picture::PictureName;
use xinghe_core::{AuthorId, PictureId, Timestamp};

/// How long a picture stays that nothing shows, in milliseconds: a week.
pub const KEEP_MS: i64 = 7 * 24 * 3_600_000;

/// What may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file: usize,
    /// The most pixels of a file, before it is made smaller.
    pub pixels: u64,
    /// How many pictures a member adds on a day (of UTC).
    pub per_day: u32,
    /// How much a member's pictures take in all, in bytes as they are kept.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 10 << 20, pixels: 50_000_000, per_day: 100, total: 200 << 20 }
    }
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There was none.
    Missing,
    /// It is larger than may be, in bytes.
    Large(usize),
    /// It is no JPEG, PNG, GIF or WebP.
    Kind,
    /// It has more pixels than may be.
    Pixels(u64),
    /// It begins as a picture and is none, or is cut off.
    Broken,
}

/// A member's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its id.
    pub id: PictureId,
    /// By what texts show it.
    pub name: PictureName,
    /// Whose it is.
    pub member: AuthorId,
    /// How much it takes.
    pub bytes: u64,
    /// When it was added.
    pub at: Timestamp,
}

/// The Markdown that shows a picture. What would end the words early is taken from them.
pub fn markdown(name: &PictureName, alt: &str) -> String {
    let mut words = String::with_capacity(alt.len());
    for word in alt.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        for c in word.chars().filter(|c| !c.is_control()) {
            if matches!(c, '[' | ']' | '\\' | '*' | '_' | '`' | '<' | '&') {
                words.push('\\');
            }
            words.push(c);
        }
    }
    format!("![{words}]({})", name.path())
}

#[cfg(test)]
mod tests {
    use xinghe_core::picture::PictureFormat;

    use super::*;

    #[test]
    fn words_cannot_end_the_markdown_early() {
        let name = PictureName::new([0; 10], (1, 1), PictureFormat::Webp).expect("fits");
        let path = name.path();
        assert_eq!(markdown(&name, " a\nb  c "), format!("![a b c]({path})"));
        assert_eq!(markdown(&name, "](x) <b>"), format!("![\\](x) \\<b>]({path})"));
        assert_eq!(markdown(&name, ""), format!("![]({path})"));
    }
}
