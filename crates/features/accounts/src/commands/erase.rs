//! Leaving, and forgetting what ran out.

use xinghe_core::{AuthorId, Event};

use super::Accounts;
use super::rank::keep_one;
use crate::error::AccountError;
use crate::model::{LETTER_MS, Leaving};
use crate::store::{authors, claims, connections, emails, factors, members, networks, sessions, tokens};

impl Accounts {
    /// Erases a member who knows the password: account, sessions, claims and notes go. The author row stays: without
    /// name, handle or address, so that public posts go on reading as those of a former member; or, with
    /// [`Leaving::Named`], with them, as an author without an account, whom a later member can claim. With
    /// [`Leaving::Deleted`], those who hold posts are told that none is to stay. Authors whom the member had claimed
    /// stand for themselves again: what was imported keeps its attribution.
    ///
    /// # Errors
    /// Field `password` is wrong; [`AccountError::Throttled`]; [`AccountError::Conflict`] for the only administrator.
    #[tracing::instrument(skip_all, name = "accounts.erase")]
    pub async fn erase(&self, member: AuthorId, password: &str, leaving: Leaving) -> Result<(), AccountError> {
        self.confirm(member, password, "password").await?;
        let mut unit = self.begin().await?;
        keep_one(&members::administrators(&unit).await?, member)?;
        members::rank(&unit, member).await?.ok_or(AccountError::NotFound)?;
        sessions::delete_all(&mut unit, member, None).await?;
        claims::delete_of(&mut unit, member).await?;
        networks::delete_all(&mut unit, member).await?;
        emails::delete_links(&mut unit, member).await?;
        emails::remove(&mut unit, member).await?;
        factors::remove(&mut unit, member).await?;
        tokens::delete_all(&mut unit, member).await?;
        connections::delete_all(&mut unit, member).await?;
        members::delete(&mut unit, member).await?;
        match leaving {
            Leaving::Anonymous | Leaving::Deleted => authors::anonymise(&mut unit, member).await?,
            Leaving::Named => authors::unclaim(&mut unit, member).await?,
        }
        for author in authors::release(&mut unit, member).await? {
            unit.append(Some(member), &Event::AuthorReleased { author, member }).await?;
        }
        if leaving == Leaving::Deleted {
            unit.append(Some(member), &Event::PostsRenounced { member }).await?;
        }
        unit.append(Some(member), &Event::MemberErased { member }).await?;
        Ok(unit.commit().await?)
    }

    /// Forgets sessions and links that ran out, and old wrong tries; answers how many sessions.
    ///
    /// # Errors
    /// The database.
    pub async fn sweep(&self) -> Result<u64, AccountError> {
        let mut unit = self.begin().await?;
        let swept = sessions::sweep(&mut unit, self.store.now()).await?;
        networks::sweep(&mut unit, self.store.now()).await?;
        let letters_before = self.store.now().plus_millis(-LETTER_MS).as_millis();
        emails::sweep(&mut unit, self.store.now(), letters_before).await?;
        factors::sweep(&mut unit, self.store.now()).await?;
        tokens::sweep(&mut unit, self.store.now()).await?;
        connections::sweep(&mut unit, self.store.now()).await?;
        unit.commit().await?;
        Ok(swept)
    }
}
