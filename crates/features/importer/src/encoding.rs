//! Bytes to text: UTF-8 and UTF-16 by their marks, then what the bytes themselves say.
//!
//! Old Chinese blogs are often written in GB18030 (mainland) or Big5 (Taiwan, Hong Kong); both are read. What holds
//! bytes that no text has is called binary instead of being guessed at. A byte or two that went wrong do not change
//! what all the others say: they become U+FFFD and are named, and the rest is read as what it is.

use std::borrow::Cow;

use chardetng::EncodingDetector;
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

/// Text with the encoding in which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark, with `\n` line ends.
    pub text: Cow<'a, str>,
    /// The name of the encoding (WHATWG), for instance `UTF-8`, `gb18030`, `Big5`.
    pub encoding: &'static str,
    /// How many places hold bytes that the encoding does not have; each is U+FFFD in the text.
    pub broken: usize,
    /// Whether the encoding is a guess that almost any bytes would pass, as that of one-byte alphabets is.
    pub unsure: bool,
}

impl Decoded<'_> {
    /// What whoever imports should know of how it was read; `None` when there is nothing.
    pub fn note(&self) -> Option<String> {
        if self.broken > 0 {
            let line = self.text.lines().position(|l| l.contains(char::REPLACEMENT_CHARACTER)).map_or(1, |i| i + 1);
            let places = if self.broken == 1 { "1 place".to_owned() } else { format!("{} places", self.broken) };
            return Some(format!(
                "line {line}: {places} with bytes that are not {}; \u{fffd} stands there now",
                self.encoding
            ));
        }
        self.unsure
            .then(|| format!("it is not UTF-8 and was read as {}; see whether its letters are right", self.encoding))
    }
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
    decode_named(bytes, None)
}

/// The same, for what names its encoding elsewhere, as the declaration of an XML document does. Marks and valid UTF-8
/// are believed before it, because such names are often left over.
///
/// # Errors
/// As [`decode`].
pub fn decode_named<'a>(bytes: &'a [u8], named: Option<&str>) -> Result<Decoded<'a>, NotText> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let read = finish(encoding, &bytes[mark..]).or_else(|| mend(encoding, &bytes[mark..]));
        return read.ok_or(NotText::Unreadable { guess: encoding.name() });
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
    let named = named.and_then(|n| Encoding::for_label(n.as_bytes())).filter(|e| *e != UTF_8);
    if let Some(decoded) = named.and_then(|e| finish(e, bytes)) {
        return Ok(decoded);
    }
    if mostly_utf8(bytes)
        && let Some(decoded) = mend(UTF_8, bytes)
    {
        return Ok(decoded);
    }
    let guess = guess(bytes);
    let several_bytes = [GB18030, BIG5, SHIFT_JIS, EUC_KR, EUC_JP];
    if !several_bytes.contains(&guess) {
        // One bad byte rules an encoding out for the detector; then the lines are asked one by one.
        let of_lines = guess_of_lines(bytes).filter(|e| several_bytes.contains(e));
        if let Some(decoded) = of_lines.and_then(|e| finish(e, bytes).or_else(|| mend(e, bytes))) {
            return Ok(decoded);
        }
        if let Some(decoded) = finish(guess, bytes) {
            return Ok(Decoded { unsure: true, ..decoded });
        }
    }
    std::iter::once(guess)
        .chain([GB18030, BIG5])
        .find_map(|encoding| finish(encoding, bytes))
        .or_else(|| mend(guess, bytes))
        .ok_or(NotText::Unreadable { guess: guess.name() })
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new();
    detector.feed(bytes, true);
    let guess = detector.guess(None, false);
    // GB18030 holds all of GBK and more.
    if guess == GBK { GB18030 } else { guess }
}

/// What most of the lines that are not ASCII seem to be written in, by their bytes.
fn guess_of_lines(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut votes: Vec<(&'static Encoding, usize)> = Vec::new();
    let mut all = 0;
    for line in bytes.split(|b| *b == b'\n').filter(|l| !l.is_ascii()).take(2_000) {
        let weight = line.iter().filter(|b| !b.is_ascii()).count();
        let encoding = guess(line);
        all += weight;
        match votes.iter_mut().find(|(e, _)| *e == encoding) {
            Some((_, votes)) => *votes += weight,
            None => votes.push((encoding, weight)),
        }
    }
    votes.into_iter().find(|(_, weight)| weight * 2 > all).map(|(encoding, _)| encoding)
}

/// Whether bytes that are not valid UTF-8 are UTF-8 all the same, but for a few: letters of several bytes that are
/// whole must be several times as many as what is broken. Other encodings hold such letters only by accident.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().map(|c| c.len_utf8().min(3) - 1).sum::<usize>();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole >= broken * 4
}

/// Reads with U+FFFD for what the encoding does not have; `None` when that is more than a little.
fn mend<'a>(encoding: &'static Encoding, bytes: &[u8]) -> Option<Decoded<'a>> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let count = |c: char| text.chars().filter(|t| *t == c).count();
    let broken = count(char::REPLACEMENT_CHARACTER);
    if broken == 0 || broken * 20 > text.chars().count().max(40) {
        return None;
    }
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text = text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(kept).collect::<String>();
    Some(Decoded { text: Cow::Owned(text), encoding: encoding.name(), broken, unsure: false })
}

fn finish<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Decoded<'a>> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let read = |text| Some(Decoded { text, encoding: encoding.name(), broken: 0, unsure: false });
    // Control characters tell a wrong guess that happened to decode.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{b}' | '\u{1b}' | '\u{8}'))
    {
        let cleaned: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
        let dropped = text.chars().count() - cleaned.chars().count();
        if encoding != UTF_8 || dropped * 100 > text.len() {
            return None;
        }
        return read(Cow::Owned(cleaned.replace("\r\n", "\n")));
    }
    read(if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text })
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

    /// `text` in an encoding, with a byte that it does not have after its tenth line end or at its end.
    fn spoilt(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, bad) = encoding.encode(text);
        assert!(!bad);
        let mut bytes = bytes.into_owned();
        bytes.extend(b"\n\xff\n");
        bytes
    }

    #[test]
    fn one_bad_byte_does_not_turn_the_others() {
        let many = |text: &str| format!("{text}\n\n").repeat(4);
        for (encoding, text) in
            [(UTF_8, SIMPLIFIED.to_owned()), (UTF_8, "# Café\n\nRésumé of a naïve façade.".to_owned())]
                .into_iter()
                .chain([(GB18030, many(SIMPLIFIED)), (BIG5, many(TRADITIONAL))])
        {
            let bytes = spoilt(encoding, &text);
            let read = decode(&bytes).expect("it is read");
            assert_eq!((read.encoding, read.broken), (encoding.name(), 1), "{}", read.text);
            assert!(read.text.starts_with(&text) && read.text.ends_with("\u{fffd}\n"), "{}", read.text);
            assert!(read.note().is_some_and(|n| n.contains("1 place") && n.starts_with("line ")));
        }
        let cut = [&SIMPLIFIED.as_bytes()[..SIMPLIFIED.len() - 1], b"\n"].concat();
        assert_eq!(decode(&cut).expect("it is read").encoding, "UTF-8", "also a letter that was cut");
        assert_eq!(decode(SIMPLIFIED.as_bytes()).expect("it is read").note(), None);
    }

    #[test]
    fn alphabets_of_one_byte_are_read_and_named() {
        let read = decode(b"# L'\xe9t\xe9\n\nUne page \xe9crite il y a longtemps, tr\xe8s belle.").expect("it is read");
        assert!(read.text.starts_with("# L'été\n\nUne page écrite"), "{}", read.text);
        assert!(read.note().is_some_and(|n| n.contains("windows-1252")), "{:?}", read.note());
    }

    #[test]
    fn a_declared_encoding_is_believed_after_utf8() {
        let read = |bytes: &[u8]| decode_named(bytes, Some("koi8-r")).map(|d| d.text.into_owned());
        let (bytes, _, _) = encoding_rs::KOI8_R.encode("да");
        assert_eq!(read(&bytes).as_deref(), Ok("да"));
        assert_eq!(read("所有权".as_bytes()).as_deref(), Ok("所有权"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
