//! A mail server of one's own: it takes what it is given and keeps it to be looked at.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A mail as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// To whom, as the envelope says.
    pub to: String,
    /// Headers and body, soft line ends of quoted-printable joined and its signs read.
    pub text: String,
}

impl Received {
    /// The first address in it that begins like this, up to where words go on.
    ///
    /// # Panics
    /// There is none.
    pub fn link(&self, beginning: &str) -> String {
        let at = self.text.find(beginning).unwrap_or_else(|| panic!("{beginning} is not in {}", self.text));
        let end = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')');
        let rest = &self.text[at..];
        rest[..rest.find(end).unwrap_or(rest.len())].to_owned()
    }
}

#[derive(Default)]
struct Inbox {
    mails: Mutex<Vec<Received>>,
    /// What the next receivers are answered instead of 250.
    refusals: Mutex<Vec<String>>,
    came: Notify,
}

/// A mail server on this machine, gone when dropped.
pub struct SmtpPeer {
    url: String,
    inner: Arc<Inbox>,
    task: JoinHandle<()>,
}

impl SmtpPeer {
    /// Begins to listen.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let inner = Arc::new(Inbox::default());
        let shared = inner.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inner = shared.clone();
                tokio::spawn(async move { serve(stream, &inner).await });
            }
        });
        Self { url, inner, task }
    }

    /// Its address, for the setting `smtp_url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers the next receiver with this line instead of taking it, for instance `451 later`.
    pub fn refuse_next(&self, answer: &str) {
        self.inner.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(answer.to_owned());
    }

    /// What came so far.
    pub fn mails(&self) -> Vec<Received> {
        self.inner.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest mail.
    ///
    /// # Panics
    /// None came.
    pub fn last(&self) -> Received {
        self.mails().pop().expect("a mail came")
    }

    /// Waits until so many have come.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        loop {
            let came = self.inner.came.notified();
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            came.await;
        }
    }
}

impl Drop for SmtpPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, inner: &Inbox) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 testkit\r\n").await.ok()?;
    let mut to = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-testkit\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n".to_owned(),
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let refusal = inner.refusals.lock().unwrap_or_else(PoisonError::into_inner).pop();
                format!("{}\r\n", refusal.unwrap_or_else(|| "250 ok".to_owned()))
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut body = Vec::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    body.push(line.strip_prefix('.').map_or(line.clone(), str::to_owned));
                }
                let mail = Received { to: to.clone(), text: plain(&body.join("\n")) };
                inner.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                inner.came.notify_waiters();
                "250 taken\r\n".to_owned()
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 ok\r\n".to_owned(),
        };
        write.write_all(answer.as_bytes()).await.ok()?;
    }
    Some(())
}

/// Reads quoted-printable; what is none of it stays.
fn plain(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let (mut out, mut rest) = (Vec::new(), joined.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()).filter(|_| byte == b'=') {
            Some(read) => {
                out.push(read);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
