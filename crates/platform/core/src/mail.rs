//! Sending mail: what a feature hands over, and the port that takes it.

use std::fmt;

use async_trait::async_trait;

/// A mail to one person. Made where it is sent, in a job: a queue or a log never holds one.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its name among all mails of this instance, the same for each try: the left part of its `Message-ID`, by which
    /// receivers notice that one came twice. ASCII letters, digits, `.` and `-`.
    pub key: String,
    /// The receiver's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The words as plain text.
    pub text: String,
    /// The same as HTML, without anything that has to be fetched.
    pub html: String,
}

impl fmt::Debug for Mail {
    /// Without receiver and words: they may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why a mail was not sent. The text is for the operator; it names no receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// A later try may succeed.
    #[error("{0}")]
    Later(String),
    /// No try will: the receiver is refused, or the address is none.
    #[error("{0}")]
    Never(String),
}

/// Hands mails to whoever carries them. Called in jobs, which try again.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands one over. Done means that a mail server took it, not that it arrived.
    ///
    /// # Errors
    /// It was not taken.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_does_not_show_its_receiver_or_words() {
        let secret = "lilei@example.org";
        let mail = Mail {
            key: "1.2".into(),
            to: secret.into(),
            subject: secret.into(),
            text: secret.into(),
            html: secret.into(),
        };
        assert!(!format!("{mail:?}").contains("lilei"));
    }
}
