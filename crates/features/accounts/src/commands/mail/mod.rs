//! Mail: addresses that are shown to be read, passwords set anew, signing in by a link.
//!
//! A command writes a *letter* down and queues a job in the same transaction. The secret of its link is drawn when the
//! letter is sent, so that neither queue nor database ever holds it; only its hash is kept.

mod email;
mod links;
mod send;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xinghe_core::mail::Mailer;
use xinghe_core::{AuthorId, Event, Lang, WayIn};
use xinghe_store::{JobRequest, UnitOfWork};

use super::Accounts;
use crate::error::AccountError;
use crate::model::{Client, Purpose};
use crate::store::emails::{self, Letter};
use crate::store::throttle::Subject;

pub(crate) use send::Courier;

/// The kind of the job that sends a letter.
pub(crate) const SEND: &str = "accounts.letter";

/// Who carries mails, and the address under which links in them lead here.
#[derive(Clone)]
pub(crate) struct Mailing {
    pub mailer: Arc<dyn Mailer>,
    /// Without a slash at its end.
    pub public_url: String,
}

impl std::fmt::Debug for Mailing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailing").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// What the job is given: no address, no secret.
#[derive(Serialize, Deserialize)]
struct Task {
    letter: i64,
}

impl Accounts {
    /// The same, able to send mail through this mailer; links in mails begin with `public_url`.
    #[must_use]
    pub fn with_mailer(self, mailer: Arc<dyn Mailer>, public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { mailing: Some(Arc::new(Mailing { mailer, public_url })), ..self }
    }

    /// Whether this instance sends mail.
    pub fn sends_mail(&self) -> bool {
        self.mailing.is_some()
    }

    fn needs_mail(&self) -> Result<&Mailing, AccountError> {
        self.mailing.as_deref().ok_or_else(|| AccountError::conflict("accounts-error-no-mail"))
    }

    /// Writes down that a member can enter in one more way, and tells the member's address: whoever added it may be
    /// somebody else.
    pub(super) async fn tell_way_in(
        &self,
        unit: &mut UnitOfWork,
        member: AuthorId,
        way: WayIn,
        language: Lang,
    ) -> Result<(), AccountError> {
        let purpose = match way {
            WayIn::Site => Purpose::Connected,
        };
        let address = emails::view(unit, member, self.store.now()).await?.address;
        if let (Some(address), true) = (address, self.sends_mail()) {
            post(unit, &Letter { purpose, address, member: Some(member), language, next: String::new() }).await?;
        }
        unit.append(Some(member), &Event::WayInAdded { member, way }).await?;
        Ok(())
    }

    /// Counts mails asked for to an address: nobody's letter box is filled from here. What members ask for and what
    /// anybody asks for is counted apart, or else the pauses would tell who has confirmed an address of late.
    async fn count_mail(&self, purpose: Purpose, fold: &str, client: &Client) -> Result<(), AccountError> {
        self.count_try(&Subject::of(&format!("mail:{}:{fold}", purpose.as_str()), client.ip, false)).await
    }
}

/// Writes a letter down and queues its sending.
async fn post(unit: &mut UnitOfWork, letter: &Letter) -> Result<(), AccountError> {
    let id = emails::write_letter(unit, letter).await?;
    unit.enqueue(&JobRequest::new(SEND, &Task { letter: id })).await?;
    Ok(())
}
