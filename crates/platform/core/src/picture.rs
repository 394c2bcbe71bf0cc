//! The names by which texts show pictures of this site.
//!
//! A name says how large its picture is and in which format it is kept, so that a page can reserve the room and say the
//! type without asking anybody. Whoever serves it looks whether that is so.

use std::fmt;
use std::str::FromStr;

/// Where pictures lie: before their names.
pub const FOLDER: &str = "/pictures/";

/// The longest side of a kept picture, in pixels.
pub const SIDE_MAX: u16 = 2048;

const KEY: usize = 20;

/// How a picture is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PictureFormat {
    /// WebP, lossless.
    Webp,
    /// JPEG.
    Jpeg,
}

impl PictureFormat {
    /// How its files end, without the dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Webp => "webp",
            Self::Jpeg => "jpg",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// The name of a picture: `0123456789abcdef0123-1600x900.webp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureName {
    key: [u8; KEY / 2],
    width: u16,
    height: u16,
    format: PictureFormat,
}

/// A text that is no picture's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a picture")]
pub struct NoPictureName;

impl PictureName {
    /// The name of a picture of this size, in pixels. The key is drawn at random, so that nobody guesses the pictures of
    /// drafts.
    ///
    /// # Errors
    /// A side is nothing, or longer than [`SIDE_MAX`].
    pub fn new(key: [u8; KEY / 2], (width, height): (u16, u16), format: PictureFormat) -> Result<Self, NoPictureName> {
        let fits = |side: u16| (1..=SIDE_MAX).contains(&side);
        if fits(width) && fits(height) { Ok(Self { key, width, height, format }) } else { Err(NoPictureName) }
    }

    /// Its width, in pixels.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Its height, in pixels.
    pub const fn height(&self) -> u16 {
        self.height
    }

    /// How it is kept.
    pub const fn format(&self) -> PictureFormat {
        self.format
    }

    /// Its address on this site.
    pub fn path(&self) -> String {
        format!("{FOLDER}{self}")
    }

    /// The picture of an address on this site.
    pub fn of_path(path: &str) -> Option<Self> {
        path.strip_prefix(FOLDER)?.parse().ok()
    }

    /// The pictures that a text names by their addresses, each as often as it does.
    pub fn all_in(text: &str) -> impl Iterator<Item = Self> {
        text.match_indices(FOLDER).filter_map(|(at, _)| {
            let rest = &text[at + FOLDER.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.').unwrap_or(rest.len());
            // At the end of a sentence a full stop follows.
            rest[..end].trim_end_matches('.').parse().ok()
        })
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.key {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "-{}x{}.{}", self.width, self.height, self.format.ending())
    }
}

impl FromStr for PictureName {
    type Err = NoPictureName;
    fn from_str(text: &str) -> Result<Self, NoPictureName> {
        let (digits, rest) = text.split_at_checked(KEY).ok_or(NoPictureName)?;
        let (size, ending) = rest.strip_prefix('-').and_then(|r| r.split_once('.')).ok_or(NoPictureName)?;
        let format = match ending {
            "webp" => PictureFormat::Webp,
            "jpg" => PictureFormat::Jpeg,
            _ => return Err(NoPictureName),
        };
        let mut key = [0; KEY / 2];
        for (byte, two) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let two = std::str::from_utf8(two).map_err(|_| NoPictureName)?;
            *byte = u8::from_str_radix(two, 16).map_err(|_| NoPictureName)?;
        }
        let (width, height) = size.split_once('x').ok_or(NoPictureName)?;
        let number = |n: &str| n.parse().map_err(|_| NoPictureName);
        let name = Self::new(key, (number(width)?, number(height)?), format)?;
        // One picture has one name: no capitals, no zeros before, no signs.
        if name.to_string() == text { Ok(name) } else { Err(NoPictureName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_nothing_else_is_one() {
        let name = PictureName::new([0xab; 10], (1600, 900), PictureFormat::Webp).expect("fits");
        assert_eq!(name.to_string(), "abababababababababab-1600x900.webp");
        assert_eq!(name.to_string().parse(), Ok(name));
        assert_eq!(PictureName::of_path(&name.path()), Some(name));
        for wrong in [
            "",
            "abababababababababab-1600x900.png",
            "ABababababababababab-1600x900.webp",
            "abababababababababab-01600x900.webp",
            "abababababababababab-+160x900.webp",
            "abababababababababab-0x900.webp",
            "abababababababababab-1600x2049.webp",
            "+bababababababababab-1600x900.webp",
            "ababababababababab-1600x900.webp",
            "星河星河星河星-1600x900.webp",
        ] {
            assert_eq!(wrong.parse::<PictureName>(), Err(NoPictureName), "{wrong}");
        }
    }

    #[test]
    fn the_pictures_of_a_text_are_found() {
        let a = PictureName::new([1; 10], (3, 4), PictureFormat::Jpeg).expect("fits");
        let b = PictureName::new([2; 10], (5, 6), PictureFormat::Webp).expect("fits");
        let text = format!("![图]({}) 和 https://xinghe.test{}。/pictures/none.webp {}.", a.path(), b.path(), a.path());
        assert_eq!(PictureName::all_in(&text).collect::<Vec<_>>(), [a, b, a]);
    }
}
