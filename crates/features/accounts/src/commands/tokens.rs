//! Personal access tokens: made, used, ended.

use xinghe_core::id::TokenId;
use xinghe_core::{AuthorId, Event};
use xinghe_web::{Member, Scopes};

use super::Accounts;
use crate::error::AccountError;
use crate::model::{NewToken, TOKEN_PREFIX, TOKENS_MAX, TokenView, TokenWish};
use crate::store::{hash_of, new_token, tokens};

/// A token is marked as used at most this often, in milliseconds: reading should not write.
const TOUCH_MS: i64 = 5 * 60 * 1000;
/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3600 * 1000;

impl Accounts {
    /// A member's live tokens, newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn tokens(&self, member: AuthorId) -> Result<Vec<TokenView>, AccountError> {
        Ok(tokens::of_member(&self.store, member, self.store.now()).await?)
    }

    /// Makes a token for a member who shows the password or a code again. Its secret is shown this once.
    ///
    /// # Errors
    /// Fields `name`, `scopes`, `days` or `confirm` are wrong; [`AccountError::Conflict`] when there are too many;
    /// [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.make_token")]
    pub async fn make_token(&self, member: AuthorId, secret: &str, wish: &TokenWish) -> Result<NewToken, AccountError> {
        let name = wish.check()?;
        self.confirm(member, secret, "confirm").await?;
        let mut unit = self.begin().await?;
        let now = self.store.now();
        unit.lock(&format!("accounts.tokens:{member}")).await?;
        if tokens::count(&unit, member, now).await? >= TOKENS_MAX {
            return Err(AccountError::conflict("accounts-error-token-many"));
        }
        let secret = format!("{TOKEN_PREFIX}{}", new_token(self.store.random().as_ref()));
        let view = TokenView {
            id: self.store.ids().next().into(),
            name,
            hint: secret.chars().skip(secret.chars().count() - 4).collect(),
            scopes: wish.scopes,
            created_at: now,
            expires_at: now.plus_millis(i64::from(wish.days) * DAY_MS),
            used_at: None,
        };
        tokens::insert(&mut unit, member, &view, &hash_of(&secret)).await?;
        unit.append(Some(member), &Event::TokenMade { member }).await?;
        unit.commit().await?;
        Ok(NewToken { view, member, secret })
    }

    /// Ends a token.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when the member has no such token.
    #[tracing::instrument(skip_all, name = "accounts.end_token")]
    pub async fn end_token(&self, member: AuthorId, id: TokenId) -> Result<(), AccountError> {
        let mut unit = self.begin().await?;
        if !tokens::delete(&mut unit, member, id).await? {
            return Err(AccountError::NotFound);
        }
        unit.append(Some(member), &Event::TokenEnded { member }).await?;
        Ok(unit.commit().await?)
    }

    /// The member of a live token and what it may do, while the account is active.
    ///
    /// # Errors
    /// The database.
    pub async fn resolve_token(&self, secret: &str) -> Result<Option<(Member, Scopes)>, AccountError> {
        if secret.len() > 100 {
            return Ok(None);
        }
        let now = self.store.now();
        let Some(found) = tokens::resolve(&self.store, &hash_of(secret), now).await? else { return Ok(None) };
        if found.used_at.is_none_or(|at| now.as_millis() - at.as_millis() > TOUCH_MS) {
            let mut unit = self.begin().await?;
            tokens::touch(&mut unit, found.id).await?;
            unit.commit().await?;
        }
        Ok(Some((found.member, found.scopes)))
    }
}
