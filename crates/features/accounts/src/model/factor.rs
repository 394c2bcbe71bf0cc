//! The second factor: codes by time (RFC 6238, six digits, thirty seconds, SHA-1 as all apps know it) and recovery
//! codes.

use ring::hmac;
use xinghe_core::{Random, Timestamp};

/// How long one code stands, in milliseconds.
const STEP_MS: i64 = 30_000;
/// How many codes before and after the present one are taken: clocks differ.
const DRIFT: i64 = 1;
/// How long a sign-in waits for its code, in milliseconds: ten minutes.
pub const HALF_MS: i64 = 10 * 60 * 1000;
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// The letters of base 32 (RFC 4648).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How a member's second factor stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FactorView {
    /// Since when it is on.
    pub on_since: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_left: i64,
    /// Whether one was begun to be set up.
    pub begun: bool,
}

/// A secret to be put into an app.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorSetup {
    /// The secret in base 32, to be typed.
    pub secret: String,
    /// The same as an address, to be read from a picture.
    pub uri: String,
}

impl std::fmt::Debug for FactorSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FactorSetup")
    }
}

impl FactorSetup {
    /// The address that apps understand. `site` stands above the codes in the app.
    pub fn new(secret: String, site: &str, handle: &str) -> Self {
        let issuer: String = url::form_urlencoded::byte_serialize(site.as_bytes()).collect();
        let issuer = issuer.replace('+', "%20");
        let uri = format!(
            "otpauth://totp/{issuer}:{handle}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
        );
        Self { secret, uri }
    }

    /// The secret in groups of four, as people type it.
    pub fn grouped(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    /// The picture of the address: its width in squares, and the dark ones as an SVG path. `None` where it is too long
    /// for a picture.
    pub fn picture(&self) -> Option<(usize, String)> {
        use std::fmt::Write as _;
        let code = qrcode::QrCode::new(self.uri.as_bytes()).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (n, colour) in code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                // Four squares of quiet around it, as the standard asks for.
                let _ = write!(path, "M{} {}h1v1h-1z", n % width + 4, n / width + 4);
            }
        }
        Some((width + 8, path))
    }
}

/// A fresh secret: 160 random bits in base 32.
pub fn new_secret(random: &dyn Random) -> String {
    let mut bytes = [0u8; 20];
    random.fill(&mut bytes);
    base32(&bytes)
}

fn base32(bytes: &[u8]) -> String {
    let (mut out, mut held, mut bits) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(BASE32[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(BASE32[(held << (5 - bits) & 31) as usize]));
    }
    out
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0u32, 0u32);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|b| *b == letter)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 255) as u8);
        }
    }
    Some(out)
}

/// The code of a step (RFC 4226, section 5.3).
fn code(secret: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let bytes = mac.as_ref();
    let at = usize::from(bytes[bytes.len() - 1] & 15);
    let word = u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    (word & 0x7fff_ffff) % 1_000_000
}

/// The step whose code this is, at this moment or beside it; `None` when it is none.
pub fn step_of(secret: &str, given: u32, now: Timestamp) -> Option<i64> {
    let secret = from_base32(secret)?;
    let present = now.as_millis().div_euclid(STEP_MS);
    (-DRIFT..=DRIFT)
        .map(|d| present + d)
        .find(|step| u64::try_from(*step).is_ok_and(|step| code(&secret, step) == given))
}

/// The code of this moment: for tests, which have no app.
pub fn code_now(secret: &str, now: Timestamp) -> String {
    let step = u64::try_from(now.as_millis().div_euclid(STEP_MS)).unwrap_or_default();
    format!("{:06}", code(&from_base32(secret).unwrap_or_default(), step))
}

/// What somebody typed as a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Six digits from an app.
    Code(u32),
    /// A recovery code, as it is hashed.
    Recovery(String),
    /// Neither.
    Other,
}

/// Reads what somebody typed, however it is spaced.
pub fn read_code(typed: &str) -> Typed {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase();
    if plain.len() == 6 && plain.bytes().all(|b| b.is_ascii_digit()) {
        return plain.parse().map_or(Typed::Other, Typed::Code);
    }
    let recovery = plain.len() == 16 && plain.bytes().all(|b| BASE32.contains(&b));
    if recovery { Typed::Recovery(plain) } else { Typed::Other }
}

/// A fresh recovery code: 80 random bits, in four groups.
pub fn new_recovery_code(random: &dyn Random) -> String {
    let mut bytes = [0u8; 10];
    random.fill(&mut bytes);
    let letters: Vec<char> = base32(&bytes).to_lowercase().chars().collect();
    letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the RFC's own examples, in base 32.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    struct Counting;
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(1..).for_each(|(b, n)| *b = n);
        }
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        assert_eq!(from_base32(RFC).as_deref(), Some(b"12345678901234567890".as_slice()));
        for (seconds, known) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000_i64, "353130"),
        ] {
            assert_eq!(code_now(RFC, Timestamp::from_millis(seconds * 1000)), known, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_half_a_minute_before_and_after_and_no_longer() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        for (seconds, step) in [(29, Some(1)), (30, Some(1)), (59, Some(1)), (89, Some(1)), (90, None), (-1, None)] {
            assert_eq!(step_of(RFC, 287_082, at(seconds)), step, "{seconds}");
        }
        assert_eq!(step_of("not base 32", 287_082, at(59)), None);
    }

    #[test]
    fn what_is_typed_is_read_however_it_is_spaced() {
        assert_eq!(read_code(" 012 345 "), Typed::Code(12_345));
        let recovery = new_recovery_code(&Counting);
        assert_eq!(recovery.len(), 19, "{recovery}");
        assert_eq!(read_code(&recovery), Typed::Recovery(recovery.replace('-', "").to_uppercase()));
        for other in ["", "12345", "1234567", "correct horse battery", "１２３４５６"] {
            assert_eq!(read_code(other), Typed::Other, "{other}");
        }
    }

    #[test]
    fn a_secret_is_an_address_and_a_picture() {
        let secret = new_secret(&Counting);
        assert_eq!(from_base32(&secret).map(|b| b.len()), Some(20));
        let setup = FactorSetup::new(secret.clone(), "Xinghe xinghe.test", "lilei");
        assert!(setup.uri.starts_with("otpauth://totp/Xinghe%20xinghe.test:lilei?secret="), "{}", setup.uri);
        assert_eq!(setup.grouped().replace(' ', ""), secret);
        let (width, path) = setup.picture().expect("short enough");
        assert!(width > 40 && path.starts_with("M4 4h1"), "the corner is dark");
    }
}
