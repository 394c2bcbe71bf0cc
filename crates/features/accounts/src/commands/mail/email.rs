//! A member's email address: wished, shown to be read, taken away.

use xinghe_core::{AuthorId, Event, Lang};

use super::{Accounts, post};
use crate::error::AccountError;
use crate::model::{Client, EmailView, LinkView, Purpose, check_address, fold_address};
use crate::store::emails::{self, Letter};
use crate::store::hash_of;

impl Accounts {
    /// A member's address, and one that waits to be confirmed.
    ///
    /// # Errors
    /// The database.
    pub async fn email(&self, member: AuthorId) -> Result<EmailView, AccountError> {
        Ok(emails::view(&self.store, member, self.store.now()).await?)
    }

    /// Sends a link to an address, which becomes the member's when the link is used. Whether somebody else has the
    /// address is not told here, only to whoever reads its mail.
    ///
    /// # Errors
    /// Field `address` is none, field `confirm` is a wrong password; [`AccountError::Throttled`];
    /// [`AccountError::Conflict`] where no mail is sent.
    #[tracing::instrument(skip_all, name = "accounts.change_email")]
    pub async fn change_email(
        &self,
        member: AuthorId,
        address: &str,
        secret: &str,
        language: Lang,
        client: &Client,
    ) -> Result<(), AccountError> {
        self.needs_mail()?;
        let address = check_address(address, "address")?;
        self.confirm(member, secret, "confirm").await?;
        self.wish_email(member, &address, language, client).await
    }

    /// The same for somebody who has just made the account.
    ///
    /// # Errors
    /// As [`Accounts::change_email`].
    pub async fn wish_email(
        &self,
        member: AuthorId,
        address: &str,
        language: Lang,
        client: &Client,
    ) -> Result<(), AccountError> {
        self.needs_mail()?;
        let address = check_address(address, "address")?;
        self.count_mail(Purpose::Verify, &fold_address(&address), client).await?;
        let mut unit = self.begin().await?;
        emails::drop_pending(&mut unit, member).await?;
        let letter = Letter { purpose: Purpose::Verify, address, member: Some(member), language, next: String::new() };
        post(&mut unit, &letter).await?;
        Ok(unit.commit().await?)
    }

    /// Whom a link that confirms an address is for; `None` when it was used, is too old or never was.
    ///
    /// # Errors
    /// The database.
    pub async fn look_at_link(&self, token: &str, purpose: Purpose) -> Result<Option<LinkView>, AccountError> {
        Ok(emails::look_at_link(&self.store, &hash_of(token), purpose, self.store.now()).await?)
    }

    /// Uses a link that confirms an address; answers whose. The former address is told.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when the link does not work; [`AccountError::Conflict`] when another account has
    /// the address.
    #[tracing::instrument(skip_all, name = "accounts.verify_email")]
    pub async fn verify_email(&self, token: &str, language: Lang) -> Result<AuthorId, AccountError> {
        let mut unit = self.begin().await?;
        let used = emails::take_link(&mut unit, &hash_of(token), Purpose::Verify).await?;
        let used = used.ok_or(AccountError::NotFound)?;
        let address = used.address.ok_or(AccountError::NotFound)?;
        let member = AuthorId::from_raw(used.member);
        let before = match emails::set(&mut unit, member, &address).await {
            Err(e) if e.is_unique_violation() => return Err(AccountError::conflict("accounts-error-address-taken")),
            other => other?,
        };
        if let (Some(address), true) = (before, self.sends_mail()) {
            let purpose = Purpose::Moved;
            let letter = Letter { purpose, address, member: Some(member), language, next: String::new() };
            post(&mut unit, &letter).await?;
        }
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        unit.commit().await?;
        Ok(member)
    }

    /// Takes a member's address away, also one that waits. The address is told.
    ///
    /// # Errors
    /// Field `confirm` is a wrong password; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.remove_email")]
    pub async fn remove_email(&self, member: AuthorId, secret: &str, language: Lang) -> Result<(), AccountError> {
        self.confirm(member, secret, "confirm").await?;
        let mut unit = self.begin().await?;
        emails::delete_links(&mut unit, member).await?;
        if let Some(address) = emails::remove(&mut unit, member).await? {
            if self.sends_mail() {
                let purpose = Purpose::Moved;
                let letter = Letter { purpose, address, member: Some(member), language, next: String::new() };
                post(&mut unit, &letter).await?;
            }
            unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        }
        Ok(unit.commit().await?)
    }
}
