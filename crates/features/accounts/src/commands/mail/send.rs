//! The job that sends a letter.

use std::sync::{Arc, OnceLock};

use askama::Template;
use async_trait::async_trait;
use xinghe_core::mail::{Mail, MailError};
use xinghe_core::{AuthorId, Lang};
use xinghe_store::{JobError, JobHandler, JobRun};
use xinghe_web::Texts;
use xinghe_web::texts::Catalog;

use super::{Accounts, Mailing, SEND, Task};
use crate::LOCALES;
use crate::model::{LETTER_MS, Purpose};
use crate::store::emails::{self, Letter, NewLink, Reader};
use crate::store::{hash_of, new_token};

/// Sends letters. A try that cannot tell whether its mail was taken leads to another with the same name and a link of
/// its own; both links work, and using one uses up both.
pub(crate) struct Courier {
    accounts: Accounts,
    catalog: OnceLock<Arc<Catalog>>,
}

/// What stands in a mail.
struct Words {
    t: Texts,
    purpose: Purpose,
    handle: String,
    address: String,
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct PlainLetter<'a> {
    w: &'a Words,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct HtmlLetter<'a> {
    w: &'a Words,
}

impl Words {
    fn subject(&self) -> String {
        let key = match self.purpose {
            Purpose::Verify => "accounts-mail-verify-subject",
            Purpose::Reset => "accounts-mail-reset-subject",
            Purpose::Enter => "accounts-mail-enter-subject",
            Purpose::Moved => "accounts-mail-moved-subject",
            Purpose::Connected => "accounts-mail-connected-subject",
        };
        self.t.s(key).into_owned()
    }

    fn lead(&self) -> String {
        let key = match self.purpose {
            Purpose::Verify => "accounts-mail-verify-lead",
            Purpose::Reset => "accounts-mail-reset-lead",
            Purpose::Enter => "accounts-mail-enter-lead",
            Purpose::Moved => "accounts-mail-moved-lead",
            Purpose::Connected => "accounts-mail-connected-lead",
        };
        self.t.f(key, &[("handle", self.handle.as_str().into()), ("address", self.address.as_str().into())])
    }

    fn button(&self) -> String {
        let key = match self.purpose {
            Purpose::Verify | Purpose::Moved | Purpose::Connected => "accounts-verify-do",
            Purpose::Reset => "accounts-reset-do",
            Purpose::Enter => "accounts-sign-in",
        };
        self.t.s(key).into_owned()
    }

    fn until(&self) -> String {
        let minutes = self.purpose.lives_ms() / 60_000;
        match minutes {
            0..60 => self.t.f("accounts-mail-until-minutes", &[("n", minutes.into())]),
            _ => self.t.f("accounts-mail-until-hours", &[("n", (minutes / 60).into())]),
        }
    }

    fn hello(&self) -> String {
        self.t.f("accounts-mail-hello", &[("handle", self.handle.as_str().into())])
    }

    fn lang(&self) -> &'static str {
        self.t.lang().tag()
    }
}

impl Courier {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self { accounts, catalog: OnceLock::new() }
    }

    fn texts(&self, lang: Lang) -> Result<Texts, JobError> {
        let catalog = match self.catalog.get() {
            Some(catalog) => catalog,
            None => {
                let made = Catalog::new(&[("accounts", LOCALES)]).map_err(|e| JobError::Fatal(e.to_string()))?;
                self.catalog.get_or_init(|| Arc::new(made))
            }
        };
        Ok(catalog.texts(lang, self.accounts.store.now()))
    }

    /// Who reads a letter, and at which address: what is stored, not what somebody typed.
    async fn reader(&self, letter: &Letter) -> Result<Option<(Reader, String)>, JobError> {
        let store = &self.accounts.store;
        let reader = match letter.member {
            Some(member) => emails::reader(store, member).await?,
            None => emails::reader_at(store, &letter.address).await?,
        };
        Ok(reader.map(|r| {
            let address = r.address.clone().unwrap_or_else(|| letter.address.clone());
            (r, address)
        }))
    }

    async fn send(&self, mailing: &Mailing, id: i64, letter: &Letter) -> Result<(), JobError> {
        let Some((reader, to)) = self.reader(letter).await? else { return Ok(()) };
        let link = match letter.purpose.path() {
            Some(path) => Some(self.draw_link(mailing, path, letter, &reader).await?),
            None => None,
        };
        let lang = reader.language.as_deref().and_then(Lang::nearest).unwrap_or(letter.language);
        let (t, purpose, address) = (self.texts(lang)?, letter.purpose, to.clone());
        // By the handle, not the name: whoever types somebody else's address must not choose words of this mail.
        let words = Words { t, purpose, handle: reader.handle, address, link };
        let form = |e: askama::Error| JobError::Fatal(e.to_string());
        let mail = Mail {
            key: format!("letter.{id}"),
            to,
            subject: words.subject(),
            text: PlainLetter { w: &words }.render().map_err(form)?,
            html: HtmlLetter { w: &words }.render().map_err(form)?,
        };
        match mailing.mailer.send(&mail).await {
            Ok(()) => Ok(()),
            Err(MailError::Later(why)) => Err(JobError::Retry(why)),
            Err(MailError::Never(why)) => Err(JobError::Fatal(why)),
        }
    }

    async fn draw_link(
        &self,
        mailing: &Mailing,
        path: &str,
        letter: &Letter,
        reader: &Reader,
    ) -> Result<String, JobError> {
        let store = &self.accounts.store;
        let token = new_token(store.random().as_ref());
        let address = (letter.purpose == Purpose::Verify).then_some(letter.address.as_str());
        let link = NewLink {
            token_hash: &hash_of(&token),
            purpose: letter.purpose,
            member: AuthorId::from_raw(reader.id),
            address,
            next: &letter.next,
            expires_at: store.now().plus_millis(letter.purpose.lives_ms()),
        };
        let mut unit = store.begin().await?;
        emails::add_link(&mut unit, &link).await?;
        unit.commit().await?;
        Ok(format!("{}{path}?token={token}", mailing.public_url))
    }
}

#[async_trait]
impl JobHandler for Courier {
    fn kind(&self) -> &'static str {
        SEND
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let task: Task = serde_json::from_value(job.payload.clone()).map_err(|e| JobError::Fatal(e.to_string()))?;
        let store = &self.accounts.store;
        let oldest = store.now().plus_millis(-LETTER_MS).as_millis();
        let Some(letter) = emails::letter(store, task.letter, oldest).await? else { return Ok(()) };
        let Some(mailing) = self.accounts.mailing.clone() else {
            return Err(JobError::Retry("no mail server is set (smtp_url, mail_from)".to_owned()));
        };
        let sent = self.send(&mailing, task.letter, &letter).await;
        if matches!(sent, Ok(()) | Err(JobError::Fatal(_))) {
            let mut unit = store.begin().await?;
            emails::forget_letter(&mut unit, task.letter).await?;
            unit.commit().await?;
        }
        sent
    }
}
