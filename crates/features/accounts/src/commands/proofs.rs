//! Claims that need no administrator: by the same account at a code host, or by the page that the imported work named.

use xinghe_core::id::ClaimId;
use xinghe_core::{AuthorId, Event};
use xinghe_net::{Fetcher, NetError};
use xinghe_store::{StoreError, UnitOfWork};
use xinghe_web::Said;

use super::Accounts;
use crate::error::AccountError;
use crate::model::{PageProof, Proof, fold_page};
use crate::store::{authors, claims, connections};

/// Most authors who are claimed by one account at once.
const AT_ONCE: usize = 20;

impl Accounts {
    /// The same, able to look at the pages of authors who are claimed.
    #[must_use]
    pub fn with_page_reader(self, reader: Fetcher) -> Self {
        Self { reader: Some(reader), ..self }
    }

    /// What a member puts on an author's page to claim the author by it; `None` where the author has no page or pages are
    /// not looked at here.
    ///
    /// # Errors
    /// [`AccountError::NotFound`].
    pub async fn page_proof(
        &self,
        public_url: &str,
        member: AuthorId,
        author: AuthorId,
    ) -> Result<Option<PageProof>, AccountError> {
        if self.reader.is_none() {
            return Ok(None);
        }
        let record = authors::record(&self.store, author).await?.ok_or(AccountError::NotFound)?;
        let handle = authors::record(&self.store, member).await?.ok_or(AccountError::NotFound)?.card.handle;
        Ok(PageProof::new(public_url, author, record.url.as_deref(), member, &handle))
    }

    /// Looks for the proof that an unclaimed author is a member: the same account at a code host, a mark or link on the
    /// author's page, or a file beside it. Found, the author is claimed.
    ///
    /// # Errors
    /// [`AccountError::Conflict`] when nothing is found, the page cannot be read, or the author is not unclaimed;
    /// [`AccountError::NotFound`].
    #[tracing::instrument(skip_all, name = "accounts.prove_claim")]
    pub async fn prove_claim(&self, public_url: &str, member: AuthorId, author: AuthorId) -> Result<(), AccountError> {
        let record = authors::record(&self.store, author).await?.ok_or(AccountError::NotFound)?;
        if record.card.claimed || record.merged_into.is_some() || record.erased {
            return Err(AccountError::conflict("accounts-error-claimed"));
        }
        let page = record.url.as_deref().and_then(fold_page);
        let own = connections::of_member(&self.store, member).await?;
        let proof = if page.is_some() && own.iter().any(|c| c.page == page) {
            Proof::Account
        } else {
            let proof = self.page_proof(public_url, member, author).await?;
            self.look(&proof.ok_or_else(|| AccountError::conflict("accounts-error-proof-none"))?).await?;
            Proof::Page
        };
        let mut unit = self.begin().await?;
        let why = record.url.unwrap_or_default();
        if !take_over(&mut unit, author, member, proof, &why).await? {
            return Err(AccountError::conflict("accounts-error-claimed"));
        }
        Ok(unit.commit().await?)
    }

    /// Whether a proof is where it should be.
    async fn look(&self, proof: &PageProof) -> Result<(), AccountError> {
        let reader = self.reader.as_ref().ok_or_else(|| AccountError::conflict("accounts-error-proof-none"))?;
        if let Some(file) = &proof.file
            && let Ok(got) = reader.get(file, "text/plain").await
            // A redirect to another host would be that host's word.
            && got.url.host() == file.host()
            && proof.in_file(&String::from_utf8_lossy(&got.bytes))
        {
            return Ok(());
        }
        let said = |key, page: &url::Url| AccountError::conflict(Said::new(key).with("page", page));
        let got = reader.get(&proof.page, "text/html").await.map_err(|error| match error {
            NetError::Private { .. } | NetError::Metadata { .. } => said("accounts-error-proof-private", &proof.page),
            _ => said("accounts-error-proof-unreachable", &proof.page),
        })?;
        // `www.` and the host without it are one host to people.
        let host = |url: &url::Url| url.host_str().map(|h| h.trim_start_matches("www.").to_owned());
        if host(&got.url) == host(&proof.page) && proof.on_page(&String::from_utf8_lossy(&got.bytes)) {
            return Ok(());
        }
        Err(said("accounts-error-proof-missing", &proof.page))
    }
}

/// Makes an unclaimed author a part of a member who proved it; `false` when the author is not unclaimed any more.
pub(super) async fn take_over(
    unit: &mut UnitOfWork,
    author: AuthorId,
    member: AuthorId,
    proof: Proof,
    why: &str,
) -> Result<bool, StoreError> {
    if !authors::merge(unit, author, member).await? {
        return Ok(false);
    }
    claims::decline_others(unit, author, None).await?;
    let id: ClaimId = unit.store().ids().next().into();
    claims::insert_proven(unit, id, (author, member), proof, why).await?;
    unit.append(Some(member), &Event::AuthorClaimed { author, member }).await?;
    Ok(true)
}

/// Claims the unclaimed authors whose page is that of an account that a member has just shown to have.
pub(super) async fn by_account(unit: &mut UnitOfWork, member: AuthorId, page: Option<&str>) -> Result<(), StoreError> {
    let Some(folded) = page.and_then(fold_page) else { return Ok(()) };
    for author in authors::unclaimed_at(unit, &folded).await?.into_iter().take(AT_ONCE) {
        take_over(unit, author, member, Proof::Account, page.unwrap_or_default()).await?;
    }
    Ok(())
}

/// Claims an author just imported for the member who has connected the account of its page.
pub(super) async fn by_import(
    unit: &mut UnitOfWork,
    author: AuthorId,
    url: Option<&str>,
) -> Result<Option<AuthorId>, StoreError> {
    let Some(folded) = url.and_then(fold_page) else { return Ok(None) };
    let Some(member) = connections::member_at(unit, &folded).await? else { return Ok(None) };
    let taken = take_over(unit, author, member, Proof::Account, url.unwrap_or_default()).await?;
    Ok(taken.then_some(member))
}
