//! Bytes to text: UTF-8 and UTF-16 by their marks, then what the bytes themselves say.
//!
//! Old Chinese blogs are often written in GB18030 (mainland) or Big5 (Taiwan, Hong Kong); both are read. What holds
//! bytes that no text has is called binary instead of being guessed at.

use std::borrow::Cow;

use chardetng::EncodingDetector;
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// Text with the encoding in which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark, with `\n` line ends.
    pub text: Cow<'a, str>,
    /// The name of the encoding (WHATWG), for instance `UTF-8`, `gb18030`, `Big5`.
    pub encoding: &'static str,
}

/// Bytes that are not text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// There are bytes which no text file has.
    #[error("it is a binary file, not text")]
    Binary,
    /// It looks like text, but no known encoding reads it.
    #[error("its text encoding is not understood (guessed {guess}); save it as UTF-8 and import again")]
    Unreadable {
        /// The likeliest encoding, which nevertheless left errors.
        guess: &'static str,
    },
}

/// Reads bytes as text.
///
/// # Errors
/// When the bytes are binary, or no encoding reads them without errors.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, NotText> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return finish(encoding, &bytes[mark..]).ok_or(NotText::Unreadable { guess: encoding.name() });
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return finish(encoding, bytes).ok_or(NotText::Unreadable { guess: encoding.name() });
    }
    if looks_binary(bytes) {
        return Err(NotText::Binary);
    }
    if let Some(decoded) = finish(UTF_8, bytes) {
        return Ok(decoded);
    }
    let mut detector = EncodingDetector::new();
    detector.feed(bytes, true);
    let guess = detector.guess(None, false);
    // GB18030 holds all of GBK and more.
    let guess = if guess == GBK { GB18030 } else { guess };
    let others = [GB18030, BIG5];
    std::iter::once(guess)
        .chain(others)
        .find_map(|encoding| finish(encoding, bytes))
        .ok_or(NotText::Unreadable { guess: guess.name() })
}

fn finish<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Decoded<'a>> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    // Control characters tell a wrong guess that happened to decode.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{b}' | '\u{1b}' | '\u{8}'))
    {
        let cleaned: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
        let dropped = text.chars().count() - cleaned.chars().count();
        if encoding != UTF_8 || dropped * 100 > text.len() {
            return None;
        }
        return Some(Decoded { text: Cow::Owned(cleaned.replace("\r\n", "\n")), encoding: encoding.name() });
    }
    let text = if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text };
    Some(Decoded { text, encoding: encoding.name() })
}

/// Latin text in UTF-16 has a zero in every other byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(512)];
    if head.len() < 8 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 2;
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 > head.len() * 7 && even == 0 {
        Some(UTF_16LE)
    } else if even * 10 > head.len() * 7 && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn looks_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(8192)];
    let odd = head.iter().filter(|b| matches!(**b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    head.contains(&0) || odd * 20 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMPLIFIED: &str = "# 图解所有权\n\n作者：张汉东\n\n变量的有效范围被称为变量的生命周期，因此需要检查借用。";
    const TRADITIONAL: &str = "# 圖解所有權\n\n作者：張三\n\n變數的有效範圍稱為變數的生命週期，因此需要檢查借用。";

    #[test]
    fn chinese_encodings_are_detected() {
        let (gb, _, bad) = GB18030.encode(SIMPLIFIED);
        assert!(!bad);
        let read = decode(&gb).expect("GB18030 is read");
        assert_eq!((read.text.as_ref(), read.encoding), (SIMPLIFIED, "gb18030"));
        let (big5, _, bad) = BIG5.encode(TRADITIONAL);
        assert!(!bad);
        let read = decode(&big5).expect("Big5 is read");
        assert_eq!((read.text.as_ref(), read.encoding), (TRADITIONAL, "Big5"));
    }

    #[test]
    fn marks_decide() {
        let mut utf16: Vec<u8> = vec![0xff, 0xfe];
        utf16.extend(SIMPLIFIED.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&utf16).expect("UTF-16 is read").text, SIMPLIFIED);
        let utf8 = [b"\xef\xbb\xbf".as_slice(), SIMPLIFIED.as_bytes()].concat();
        assert_eq!(decode(&utf8).expect("UTF-8 is read").text, SIMPLIFIED);
        let bare: Vec<u8> = "# Hello, this is plain text".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&bare).expect("UTF-16 without a mark is read").encoding, "UTF-16BE");
    }

    #[test]
    fn line_ends_become_one_kind() {
        assert_eq!(decode(b"a\r\nb\rc").expect("text").text, "a\nb\nc");
    }

    #[test]
    fn binary_is_refused() {
        assert_eq!(decode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"), Err(NotText::Binary));
        assert_eq!(decode(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0]), Err(NotText::Binary));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
