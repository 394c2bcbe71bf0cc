//! The ports that other features and the web shell receive.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{Again, AuthorIntake, Authors, ImportedAuthor, PictureUse, PortError, PortResult, StepUp};
use xinghe_core::{AuthorCard, AuthorId};
use xinghe_web::{Liking, Member, Scopes, Sessions};

use crate::commands::Accounts;
use crate::error::AccountError;
use crate::handle::Handle;
use crate::model::{ProfileChange, SESSION_MS, TOKEN_PREFIX};
use crate::store::{authors, members};

impl From<AccountError> for PortError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(e) => e.into(),
            other => Self::new(other),
        }
    }
}

#[async_trait]
impl Authors for Accounts {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        Ok(authors::cards(self.store(), ids).await?)
    }

    async fn keepers(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        Ok(members::keepers(self.store(), ids).await?)
    }

    async fn disabled(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        Ok(members::disabled(self.store(), ids).await?)
    }

    async fn by_handle(&self, handle: &str) -> PortResult<Option<AuthorCard>> {
        Ok(authors::card_by_handle(self.store(), &Handle::fold(handle)).await?)
    }
}

#[async_trait]
impl PictureUse for Accounts {
    async fn showing(&self, owner: AuthorId, names: &[PictureName]) -> PortResult<HashSet<PictureName>> {
        let Some(member) = members::by_ids(self.store(), &[owner.raw()]).await?.remove(&owner.raw()) else {
            return Ok(HashSet::new());
        };
        let texts = [&member.about_zh_hans, &member.about_zh_hant, &member.about_en];
        let shown = texts.into_iter().flat_map(|text| PictureName::all_in(text));
        Ok(shown.filter(|n| names.contains(n)).collect())
    }
}

#[async_trait]
impl AuthorIntake for Accounts {
    async fn ensure(&self, authors: &[ImportedAuthor]) -> PortResult<Vec<AuthorId>> {
        Ok(self.ensure_authors(authors).await?)
    }
}

#[async_trait]
impl StepUp for Accounts {
    async fn step_up(&self, member: AuthorId, secret: &str) -> PortResult<Again> {
        match self.confirm(member, secret, "confirm").await {
            Ok(_) => Ok(Again::Yes),
            Err(AccountError::Invalid(_)) => Ok(Again::No),
            Err(AccountError::Throttled(seconds)) => Ok(Again::Wait(seconds)),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Sessions for Accounts {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        Ok(self.resolve_session(token).await?)
    }

    async fn bearer(&self, token: &str) -> PortResult<Option<(Member, Option<Scopes>)>> {
        if token.starts_with(TOKEN_PREFIX) {
            let found = self.resolve_token(token).await?;
            return Ok(found.map(|(member, scopes)| (member, Some(scopes))));
        }
        Ok(self.resolve_session(token).await?.map(|member| (member, None)))
    }

    async fn resume(&self, token: &str) -> PortResult<Option<(Member, Option<i64>)>> {
        let found = self.resume_session(token).await?;
        Ok(found.map(|(member, used)| (member, used.then_some(SESSION_MS / 1000))))
    }

    async fn prefer(&self, member: AuthorId, liking: Liking) -> PortResult<()> {
        let change = ProfileChange { language: liking.lang.map(Some), theme: liking.theme, ..ProfileChange::default() };
        Ok(self.change_profile(member, &change).await?)
    }
}
