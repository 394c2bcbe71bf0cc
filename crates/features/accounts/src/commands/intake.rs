//! Authors who come with imported work, and the sample members of the first start.

use std::collections::HashMap;

use xinghe_core::ports::ImportedAuthor;
use xinghe_core::{AuthorId, Event, Lang};
use xinghe_store::{StoreError, UnitOfWork};
use xinghe_web::Role;

use super::{Accounts, proofs};
use crate::error::AccountError;
use crate::handle::Handle;
use crate::model::{self, About};
use crate::store::{authors, hash_of, members};

/// Most characters kept of an imported name.
const IMPORTED_NAME_MAX: usize = 100;
/// How often an import that lost a race is begun again.
const TRIES: u32 = 4;

impl Accounts {
    /// The ids of these authors, in order; unknown ones become unclaimed authors. Idempotent by key.
    ///
    /// # Errors
    /// The database.
    #[tracing::instrument(skip_all, name = "accounts.ensure_authors")]
    pub async fn ensure_authors(&self, wanted: &[ImportedAuthor]) -> Result<Vec<AuthorId>, AccountError> {
        let keys: Vec<String> = wanted.iter().map(|a| hash_of(&a.key)).collect();
        let mut known = authors::by_import_keys(&self.store, &keys).await?;
        let mut tries = TRIES;
        while keys.iter().any(|k| !known.contains_key(k)) {
            // Another import may have added the same author or taken the handle meanwhile; then all is looked at anew.
            match self.add_unclaimed(wanted, &keys).await {
                Ok(added) => known.extend(added),
                Err(e) if tries > 1 && (e.is_unique_violation() || e.is_transient()) => tries -= 1,
                Err(e) => return Err(e.into()),
            }
        }
        Ok(keys.iter().filter_map(|k| known.get(k).copied()).collect())
    }

    async fn add_unclaimed(
        &self,
        wanted: &[ImportedAuthor],
        keys: &[String],
    ) -> Result<HashMap<String, AuthorId>, StoreError> {
        let mut unit = self.store.begin().await?;
        // Two imports that add the same names in another order would else wait for one another.
        unit.lock("accounts.intake").await?;
        let mut known = authors::by_import_keys(&unit, keys).await?;
        for (author, key) in wanted.iter().zip(keys) {
            if known.contains_key(key) {
                continue;
            }
            let id: AuthorId = self.store.ids().next().into();
            let name: String = model::clean_name(&author.name)
                .unwrap_or_else(|| author.key.clone())
                .chars()
                .take(IMPORTED_NAME_MAX)
                .collect();
            let handle = free_handle(&unit, &name, id).await?;
            let url = author.url.as_deref().filter(|u| is_web_address(u));
            let new = authors::NewAuthor { id, handle: &handle, name: &name, url, claimed: false, sample: false };
            authors::insert(&mut unit, &new).await?;
            authors::add_import_key(&mut unit, key, id).await?;
            unit.append(None, &Event::AuthorImported { author: id }).await?;
            let member = proofs::by_import(&mut unit, id, url).await?;
            known.insert(key.clone(), member.unwrap_or(id));
        }
        unit.commit().await?;
        Ok(known)
    }

    /// A member that the first start brings so that the community can be seen at work: marked as a sample, and without
    /// a password, so that nobody can sign in to it. There already: its id.
    ///
    /// # Errors
    /// Fields `handle` or `name` are wrong, or the handle is somebody else's.
    pub async fn ensure_sample(
        &self,
        handle: &str,
        name: &str,
        about: &[(Lang, &str)],
    ) -> Result<AuthorId, AccountError> {
        let handle = model::check_handle(handle)?;
        let name = model::check_name(name)?;
        let text = |lang| about.iter().find(|(l, _)| *l == lang).map(|(_, t)| (*t).to_owned()).unwrap_or_default();
        let about = About { zh_hans: text(Lang::ZhHans), zh_hant: text(Lang::ZhHant), en: text(Lang::En) };
        model::check_about(&about)?;
        let mut unit = self.begin().await?;
        if let Some(there) = authors::card_by_handle(&unit, handle.as_str()).await? {
            let taken = AccountError::field("handle", "accounts-error-handle-taken");
            return if there.sample { Ok(there.id) } else { Err(taken) };
        }
        let id: AuthorId = self.store.ids().next().into();
        let new = authors::NewAuthor { id, handle: &handle, name: &name, url: None, claimed: true, sample: true };
        authors::insert(&mut unit, &new).await?;
        let new = members::NewMember { id, password: None, role: Role::Member, language: None, about: &about };
        members::insert(&mut unit, &new).await?;
        unit.append(None, &Event::MemberRegistered { member: id }).await?;
        unit.commit().await?;
        Ok(id)
    }
}

/// The handle nearest to a name that is free: the name in ASCII, that with a number, else the id.
async fn free_handle(unit: &UnitOfWork, name: &str, id: AuthorId) -> Result<Handle, StoreError> {
    if let Some(wish) = Handle::from_name(name) {
        if !authors::handle_taken(unit, &wish).await? {
            return Ok(wish);
        }
        for n in 2..10 {
            let numbered = wish.numbered(n);
            if !authors::handle_taken(unit, &numbered).await? {
                return Ok(numbered);
            }
        }
    }
    Ok(Handle::of_id("author", id))
}

fn is_web_address(given: &str) -> bool {
    given.len() <= 500 && url::Url::parse(given).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}
