//! Links that set a new password or sign in. The answer is the same whether somebody has the address or not.

use xinghe_core::{AuthorId, Event, Lang};
use xinghe_store::UnitOfWork;

use super::{Accounts, post};
use crate::error::AccountError;
use crate::model::{Client, LETTER_MS, NewSession, OneTimeLink, Purpose, check_address, fold_address};
use crate::password;
use crate::store::emails::{self, Letter, NewLink};
use crate::store::{factors, hash_of, members, new_token, sessions, tokens};

impl Accounts {
    /// Sends a link to an address if it is a member's. Nothing here depends on whether it is: that is looked up when
    /// the letter is sent.
    ///
    /// # Errors
    /// Field `address` is none; [`AccountError::Throttled`]; [`AccountError::Conflict`] where no mail is sent.
    #[tracing::instrument(skip_all, name = "accounts.send_link")]
    pub async fn send_link(
        &self,
        purpose: Purpose,
        address: &str,
        next: &str,
        language: Lang,
        client: &Client,
    ) -> Result<(), AccountError> {
        self.needs_mail()?;
        let address = fold_address(&check_address(address, "address")?);
        self.count_mail(purpose, &address, client).await?;
        let mut unit = self.begin().await?;
        post(&mut unit, &Letter { purpose, address, member: None, language, next: next.to_owned() }).await?;
        Ok(unit.commit().await?)
    }

    /// A link that sets a new password, made by an administrator who shows the own password again. It works a day and
    /// once.
    ///
    /// # Errors
    /// Field `confirm` is a wrong password; [`AccountError::NotFound`]; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.make_reset_link")]
    pub async fn make_reset_link(
        &self,
        actor: AuthorId,
        secret: &str,
        member: AuthorId,
    ) -> Result<OneTimeLink, AccountError> {
        self.confirm(actor, secret, "confirm").await?;
        let mut unit = self.begin().await?;
        members::rank(&unit, member).await?.ok_or(AccountError::NotFound)?;
        let token = new_token(self.store.random().as_ref());
        let expires_at = self.store.now().plus_millis(LETTER_MS);
        let (token_hash, purpose) = (&hash_of(&token), Purpose::Reset);
        let link = NewLink { token_hash, purpose, member, address: None, next: "", expires_at };
        emails::add_link(&mut unit, &link).await?;
        unit.append(Some(actor), &Event::PasswordLinkMade { member }).await?;
        unit.commit().await?;
        Ok(OneTimeLink { path: format!("/password/reset?token={token}"), expires_at })
    }

    /// Uses a link to set a new password. All sessions, tokens and other links end.
    ///
    /// # Errors
    /// Field `password` is wrong (the link still works then); [`AccountError::NotFound`] when the link does not work.
    #[tracing::instrument(skip_all, name = "accounts.reset_by_link")]
    pub async fn reset_by_link(&self, token: &str, new: &str) -> Result<AuthorId, AccountError> {
        let link = self.look_at_link(token, Purpose::Reset).await?.ok_or(AccountError::NotFound)?;
        password::check(new, &link.handle, "password")?;
        let phc = self.hasher.hash(new).await?;
        let mut unit = self.begin().await?;
        let used = emails::take_link(&mut unit, &hash_of(token), Purpose::Reset).await?;
        let member = AuthorId::from_raw(used.ok_or(AccountError::NotFound)?.member);
        members::set_password(&mut unit, member, &phc).await?;
        end_everything(&mut unit, member).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        unit.commit().await?;
        Ok(member)
    }

    /// Uses a link to sign in; answers also where to go.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when the link does not work; [`AccountError::CodeNeeded`] when there is a second
    /// factor.
    #[tracing::instrument(skip_all, name = "accounts.enter_by_link")]
    pub async fn enter_by_link(&self, token: &str, client: &Client) -> Result<(NewSession, String), AccountError> {
        let mut unit = self.begin().await?;
        let used = emails::take_link(&mut unit, &hash_of(token), Purpose::Enter).await?;
        let used = used.ok_or(AccountError::NotFound)?;
        let session = self.admit(&mut unit, AuthorId::from_raw(used.member), client).await?;
        unit.commit().await?;
        match session {
            Ok(session) => Ok((session, used.next)),
            Err(half) => Err(AccountError::CodeNeeded(half)),
        }
    }
}

/// Ends all sessions, tokens and links of a member: whoever had them may be whom the password was changed for.
async fn end_everything(unit: &mut UnitOfWork, member: AuthorId) -> Result<(), AccountError> {
    sessions::delete_all(unit, member, None).await?;
    factors::delete_halves(unit, member).await?;
    tokens::delete_all(unit, member).await?;
    Ok(emails::delete_links(unit, member).await?)
}
