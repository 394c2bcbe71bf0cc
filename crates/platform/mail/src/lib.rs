//! Mail by SMTP: the adapter behind [`xinghe_core::mail::Mailer`].
//!
//! `smtps://user:password@host` speaks TLS from the first byte (port 465), `smtp://user:password@host` turns to TLS
//! before it says anything of importance (port 587) and refuses a server that cannot. Only a server on this machine is
//! spoken to without TLS (port 25). Neither the password nor a receiver appears in an error.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use lettre::address::Address;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;
use xinghe_core::mail::{Mail, MailError, Mailer};

/// How long one exchange with the mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the settings of mail cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongSettings {
    /// The server's address.
    #[error(
        "smtp_url: {0}; it looks like smtps://user:password@mail.example.org or smtp://…, with % for signs in the password"
    )]
    Server(String),
    /// The sender's address.
    #[error("mail_from: {0}; it looks like `Xinghe <no-reply@example.org>`")]
    Sender(String),
}

/// Sends mails through one server.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Smtp {
    /// A sender through the server at this address. Nothing is connected yet.
    ///
    /// # Errors
    /// The address or the sender is not understood.
    pub fn new(url: &str, from: &str) -> Result<Self, WrongSettings> {
        // Somebody else may have chosen already; what matters is that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let from = from.trim().parse::<Mailbox>().map_err(|e| WrongSettings::Sender(e.to_string()))?;
        let wrong = |what: &str| WrongSettings::Server(what.to_owned());
        let url = Url::parse(url.trim()).map_err(|e| wrong(&e.to_string()))?;
        let name = url.host_str().filter(|h| !h.is_empty()).ok_or_else(|| wrong("it names no server"))?;
        // Of an address without a well-known scheme, a host in digits is read as a name.
        let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let here = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let tls = || TlsParameters::new(name.clone()).map_err(|e| wrong(&e.to_string()));
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapper(tls()?), 465),
            "smtp" if here => (Tls::None, 25),
            "smtp" => (Tls::Required(tls()?), 587),
            other => return Err(wrong(&format!("{other:?} is neither smtp nor smtps"))),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&name)
            .port(url.port().unwrap_or(port))
            .tls(tls)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(PATIENCE));
        if !url.username().is_empty() {
            let plain = |text: &str| percent(text).ok_or_else(|| wrong("user or password is not UTF-8"));
            let credentials = Credentials::new(plain(url.username())?, plain(url.password().unwrap_or_default())?);
            builder = builder.credentials(credentials);
        }
        Ok(Self { transport: builder.build(), from })
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        // Neither error repeats the address: it would stand in the job's row.
        let to = mail.to.parse::<Address>().map_err(|_| MailError::Never("the receiver's address is none".into()))?;
        let built = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .message_id(Some(format!("<{}@{}>", mail.key, self.from.email.domain())))
            // Machines that answer on somebody's behalf do not answer this.
            .raw_header(lettre::message::header::HeaderValue::new(
                lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
        built.map_err(|_| MailError::Never("the mail cannot be put in the form of mails".into()))
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // The server's words may repeat the receiver; its number says enough.
            Err(e) => match e.status() {
                Some(code) if e.is_permanent() => Err(MailError::Never(format!("the mail server refused: {code}"))),
                Some(code) => Err(MailError::Later(format!("the mail server said {code}"))),
                None if e.is_timeout() => Err(MailError::Later("the mail server did not answer in time".into())),
                None => Err(MailError::Later(format!("the mail server cannot be used: {}", chain(&e)))),
            },
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

/// What stands behind `%XX`.
fn percent(text: &str) -> Option<String> {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?];
        out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "星河 <no-reply@example.org>";

    #[test]
    fn servers_are_read_and_wrong_ones_told_without_the_password() {
        for good in ["smtps://u:p%40ss@mail.example.org", "smtp://mail.example.org:2525", "smtp://127.0.0.1:1025"] {
            assert!(Smtp::new(good, FROM).is_ok(), "{good}");
        }
        for bad in ["https://u:secret@example.org", "mail.example.org", "smtp:///x", "smtps://u:se%zzcret@example.org"]
        {
            let error = Smtp::new(bad, FROM).expect_err(bad).to_string();
            assert!(!error.contains("secret") && !error.contains("zzcret"), "{error}");
        }
        assert!(matches!(Smtp::new("smtp://localhost", "nobody"), Err(WrongSettings::Sender(_))));
        let shown = format!("{:?}", Smtp::new("smtps://u:secret@example.org", FROM).expect("good"));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
