//! Passwords: their rules, and argon2id off the async threads.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use xinghe_core::time::Random;
use xinghe_web::FieldError;

use crate::error::AccountError;

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 10;
/// Most characters of a password; long enough for any sentence, short enough not to be a burden.
pub const PASSWORD_MAX: usize = 200;

/// Passwords of at least ten characters that lists of leaked ones begin with, and the product's own name.
const COMMON: &[&str] = &[
    "0123456789",
    "0987654321",
    "1029384756",
    "1111111111",
    "1122334455",
    "11223344556677",
    "1212121212",
    "123123123123",
    "1231231231",
    "123321123321",
    "1234512345",
    "12345678900",
    "1234567890",
    "12345678910",
    "123456789a",
    "123456789q",
    "1234567890-=",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "3.1415926535",
    "987654321a",
    "9876543210",
    "a123456789",
    "aa12345678",
    "abc1234567",
    "abcd123456",
    "abcd1234567",
    "abcdefghij",
    "adminadmin",
    "administrator",
    "asdfasdfasdf",
    "asdfghjkl;",
    "asdfghjkl1",
    "baseball123",
    "changeme123",
    "football123",
    "helloworld",
    "iloveyou123",
    "iloveyou1314",
    "letmein123",
    "letmein1234",
    "monkey12345",
    "p@ssw0rd123",
    "password01",
    "password11",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passwordpassword",
    "princess123",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qazwsxedcrfv",
    "qq123456789",
    "qqww1122334455",
    "qwerasdfzxcv",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyqwerty",
    "qwertyuiop",
    "qwertyuiop123",
    "superman123",
    "sunshine123",
    "wang123456",
    "welcome123",
    "welcome1234",
    "woaini1314",
    "woaini520520",
    "woaini5201314",
    "xinghexinghe",
    "xinghe12345",
    "zaq12wsxcde3",
    "zhang123456",
    "zxcvbnm,./",
    "zxcvbnm123",
    "zxcvbnmzxcvbnm",
    "zz12345678",
];

/// Checks a new password. Only length and the known-bad matter; composition rules make passwords worse
/// (NIST SP 800-63B, section 3.1.1).
///
/// # Errors
/// What is wrong, for this field.
pub fn check(password: &str, handle: &str, field: &'static str) -> Result<(), FieldError> {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Err(FieldError::new(field, "accounts-error-password-short").with("min", PASSWORD_MIN));
    }
    if length > PASSWORD_MAX {
        return Err(FieldError::new(field, "accounts-error-password-long").with("max", PASSWORD_MAX));
    }
    let folded = password.to_lowercase();
    let first = folded.chars().next();
    let one_character = folded.chars().all(|c| Some(c) == first);
    let own_handle = !handle.is_empty() && folded.replace(&handle.to_lowercase(), "").chars().count() < 4;
    if one_character || own_handle || COMMON.contains(&folded.as_str()) {
        return Err(FieldError::new(field, "accounts-error-password-common"));
    }
    Ok(())
}

/// Hashes and verifies passwords with argon2id, at most two at a time, on the threads for blocking work.
#[derive(Clone)]
pub struct Hasher {
    random: Arc<dyn Random>,
    params: Params,
    turn: Arc<Semaphore>,
    /// What a try for an unknown handle is verified against, so that it takes as long as any other.
    nobody: Arc<OnceLock<String>>,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("params", &self.params).finish_non_exhaustive()
    }
}

impl Hasher {
    /// 19 MiB, two passes, one lane: the first choice of OWASP's password storage cheat sheet.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self::with_params(random, Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT))
    }

    fn with_params(random: Arc<dyn Random>, params: Params) -> Self {
        Self { random, params, turn: Arc::new(Semaphore::new(2)), nobody: Arc::default() }
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// Argon2 refuses, or the runtime is shutting down.
    pub async fn hash(&self, password: &str) -> Result<String, AccountError> {
        let hasher = self.clone();
        let password = normal(password);
        self.blocking(move || hasher.hash_now(&password)).await
    }

    /// Whether a password is that of a PHC string; with none, it takes as long and says no.
    ///
    /// # Errors
    /// The stored string is broken, or the runtime is shutting down.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, AccountError> {
        let (hasher, password, stored) = (self.clone(), normal(password), stored.map(str::to_owned));
        self.blocking(move || {
            let known = stored.is_some();
            let phc = match stored {
                Some(phc) => phc,
                None => hasher.nobody()?,
            };
            let parsed = PasswordHash::new(&phc).map_err(|e| AccountError::Hash(e.to_string()))?;
            let right = hasher.argon2().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(right && known)
        })
        .await
    }

    /// Whether a stored string was made with other parameters than are used now.
    pub fn is_outdated(&self, stored: &str) -> bool {
        PasswordHash::new(stored).ok().and_then(|h| Params::try_from(&h).ok()).is_none_or(|p| {
            (p.m_cost(), p.t_cost(), p.p_cost()) != (self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
        })
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    fn hash_now(&self, password: &str) -> Result<String, AccountError> {
        let mut salt = [0u8; 16];
        self.random.fill(&mut salt);
        let phc: PasswordHash = self
            .argon2()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|e| AccountError::Hash(e.to_string()))?;
        Ok(phc.to_string())
    }

    fn nobody(&self) -> Result<String, AccountError> {
        if let Some(phc) = self.nobody.get() {
            return Ok(phc.clone());
        }
        let phc = self.hash_now("nobody's password")?;
        Ok(self.nobody.get_or_init(|| phc).clone())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = self.turn.clone().acquire_owned().await.map_err(|e| AccountError::Hash(e.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| AccountError::Hash(e.to_string()))?
    }
}

/// The same password however a keyboard composed it.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(1..).for_each(|(b, n)| *b = n);
        }
    }

    fn weak() -> Hasher {
        Hasher::with_params(Arc::new(Counting), Params::new(16, 1, 1, None).expect("params"))
    }

    #[test]
    fn length_and_the_known_bad_matter_and_nothing_else() {
        let key = |p: &str| check(p, "lilei", "password").err().map(|e| e.said.key());
        assert_eq!(key("short"), Some("accounts-error-password-short"));
        assert_eq!(key(&"x7".repeat(101)), Some("accounts-error-password-long"));
        for bad in ["Password123", "aaaaaaaaaaaa", "LiLei lilei", "lilei12lilei"] {
            assert_eq!(key(bad), Some("accounts-error-password-common"), "{bad}");
        }
        for good in ["correct horse", "一二三四五六七八九十", "only lowercase words"] {
            assert_eq!(key(good), None, "{good}");
        }
        assert!(COMMON.iter().all(|p| p.len() >= PASSWORD_MIN && *p == p.to_lowercase()));
    }

    #[tokio::test]
    async fn a_password_verifies_however_it_was_composed_and_nobody_never_does() {
        let hasher = weak();
        let phc = hasher.hash("cafe\u{301} au lait").await.expect("hashed");
        assert!(phc.starts_with("$argon2id$v=19$m=16,t=1,p=1$"), "{phc}");
        assert!(hasher.verify("café au lait", Some(&phc)).await.expect("verified"));
        assert!(!hasher.verify("cafe au lait", Some(&phc)).await.expect("verified"));
        assert!(!hasher.verify("nobody's password", None).await.expect("verified"));
    }

    #[tokio::test]
    async fn hashes_of_older_parameters_are_outdated() {
        let phc = weak().hash("correct horse").await.expect("hashed");
        assert!(!weak().is_outdated(&phc));
        assert!(Hasher::new(Arc::new(Counting)).is_outdated(&phc));
        assert!(Hasher::new(Arc::new(Counting)).verify("correct horse", Some(&phc)).await.expect("verified"));
    }
}
