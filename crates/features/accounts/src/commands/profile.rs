//! What members say about themselves, and how they like the pages.

use xinghe_core::{AuthorId, Event};

use super::Accounts;
use crate::error::AccountError;
use crate::model::{self, MemberInfo, ProfileChange};
use crate::store::{authors, members};

impl Accounts {
    /// Changes a profile. When nothing differs, nothing happens.
    ///
    /// # Errors
    /// Fields `name`, `about.<language>`, `links`, `links.<n>` are wrong; [`AccountError::NotFound`].
    #[tracing::instrument(skip_all, name = "accounts.change_profile")]
    pub async fn change_profile(&self, member: AuthorId, change: &ProfileChange) -> Result<(), AccountError> {
        let mut errors = Vec::new();
        let name = change.name.as_deref().map(model::check_name).transpose();
        let name = name.map_err(|e| errors.push(e)).ok().flatten();
        if let Some(Err(wrong)) = change.about.as_ref().map(model::check_about) {
            errors.extend(wrong);
        }
        let links = change.links.as_deref().map(model::check_links).transpose();
        let links = links.map_err(|wrong| errors.extend(wrong)).ok().flatten();
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let mut unit = self.begin().await?;
        let record = authors::record(&unit, member).await?.ok_or(AccountError::NotFound)?;
        let old = record.member.ok_or(AccountError::NotFound)?;
        let new = MemberInfo {
            about: change.about.clone().unwrap_or_else(|| old.about.clone()),
            links: links.unwrap_or_else(|| old.links.clone()),
            language: change.language.unwrap_or(old.language),
            theme: change.theme.unwrap_or(old.theme),
            ..old.clone()
        };
        let name = name.filter(|n| *n != record.card.name);
        if name.is_none() && new == old {
            return Ok(());
        }
        if let Some(name) = name {
            authors::rename(&mut unit, member, &name).await?;
        }
        members::update(&mut unit, member, &new).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }
}
