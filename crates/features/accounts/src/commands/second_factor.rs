//! The second factor: setting it up, using it, recovery codes, turning it off; and stepping up before dangerous acts.

use xinghe_core::{AuthorId, Event};
use xinghe_store::UnitOfWork;
use xinghe_web::FieldError;

use super::Accounts;
use crate::error::AccountError;
use crate::model::factor::{self, FactorSetup, FactorView, RECOVERY_CODES, Typed, read_code};
use crate::model::{Client, NewSession};
use crate::store::throttle::{self, Subject};
use crate::store::{factors, hash_of, members, new_token};

/// A sign-in that waits for a code. The token is known to nobody else and not stored.
#[derive(Clone, PartialEq, Eq)]
pub struct HalfSession {
    /// The secret with which [`Accounts::finish_sign_in`] goes on.
    pub token: String,
}

impl std::fmt::Debug for HalfSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HalfSession")
    }
}

/// What is kept of a recovery code; the member is a part of it, since codes are shorter than tokens.
fn recovery_hash(member: AuthorId, plain: &str) -> String {
    hash_of(&format!("recovery:{member}:{plain}"))
}

impl Accounts {
    /// How a member's second factor stands.
    ///
    /// # Errors
    /// The database.
    pub async fn factor(&self, member: AuthorId) -> Result<FactorView, AccountError> {
        Ok(factors::view(&self.store, member).await?)
    }

    /// Begins to set a second factor up: a fresh secret, which counts once a code of it was shown.
    ///
    /// # Errors
    /// Field `confirm` is a wrong password; [`AccountError::Conflict`] when it is on; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.begin_factor")]
    pub async fn begin_factor(&self, member: AuthorId, secret: &str) -> Result<(), AccountError> {
        self.confirm(member, secret, "confirm").await?;
        let fresh = factor::new_secret(self.store.random().as_ref());
        let mut unit = self.begin().await?;
        if !factors::begin(&mut unit, member, &fresh).await? {
            return Err(AccountError::conflict("accounts-error-factor-on"));
        }
        Ok(unit.commit().await?)
    }

    /// The secret that is being set up; `site` stands above the codes in an app.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when none is.
    pub async fn factor_setup(&self, member: AuthorId, site: &str) -> Result<FactorSetup, AccountError> {
        let found = factors::of(&self.store, member).await?.filter(|f| f.confirmed_at.is_none());
        let handle = members::secret(&self.store, member).await?.ok_or(AccountError::NotFound)?.handle;
        Ok(FactorSetup::new(found.ok_or(AccountError::NotFound)?.secret, site, &handle))
    }

    /// Turns the second factor on by a code of its secret; answers the recovery codes, which are shown this once.
    ///
    /// # Errors
    /// Field `code` is wrong; [`AccountError::NotFound`] when none is being set up; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.finish_factor")]
    pub async fn finish_factor(&self, member: AuthorId, code: &str) -> Result<Vec<String>, AccountError> {
        let subjects = code_subjects(member);
        self.count_try(&subjects).await?;
        let found = factors::of(&self.store, member).await?.filter(|f| f.confirmed_at.is_none());
        let secret = found.ok_or(AccountError::NotFound)?.secret;
        let step = match read_code(code) {
            Typed::Code(code) => factor::step_of(&secret, code, self.store.now()),
            Typed::Recovery(_) | Typed::Other => None,
        };
        let step = step.ok_or_else(wrong_code)?;
        let mut unit = self.begin().await?;
        if !factors::confirm(&mut unit, member, &secret).await? {
            return Err(AccountError::conflict("accounts-error-factor-on"));
        }
        factors::use_step(&mut unit, member, step).await?;
        let codes = self.draw_recovery(&mut unit, member).await?;
        throttle::forgive(&mut unit, &subjects).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        unit.commit().await?;
        Ok(codes)
    }

    /// Draws new recovery codes; the old ones do not work any more.
    ///
    /// # Errors
    /// Field `code` is wrong; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.new_recovery_codes")]
    pub async fn new_recovery_codes(&self, member: AuthorId, code: &str) -> Result<Vec<String>, AccountError> {
        let mut unit = self.checked(member, code).await?;
        let codes = self.draw_recovery(&mut unit, member).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        unit.commit().await?;
        Ok(codes)
    }

    /// Turns the second factor off.
    ///
    /// # Errors
    /// Field `code` is wrong; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.drop_factor")]
    pub async fn drop_factor(&self, member: AuthorId, code: &str) -> Result<(), AccountError> {
        let mut unit = self.checked(member, code).await?;
        factors::remove(&mut unit, member).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }

    /// An administrator, who shows the own password again, turns off the factor of a member who lost it.
    ///
    /// # Errors
    /// Field `confirm` is wrong; [`AccountError::NotFound`] when the member has none; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.drop_factor_of")]
    pub async fn drop_factor_of(&self, actor: AuthorId, secret: &str, member: AuthorId) -> Result<(), AccountError> {
        self.confirm(actor, secret, "confirm").await?;
        let mut unit = self.begin().await?;
        if !factors::remove(&mut unit, member).await? {
            return Err(AccountError::NotFound);
        }
        unit.append(Some(actor), &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }

    /// Goes on with a sign-in that waits for a code.
    ///
    /// # Errors
    /// Field `code` is wrong; [`AccountError::NotFound`] when nothing waits any more; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.finish_sign_in")]
    pub async fn finish_sign_in(&self, token: &str, code: &str, client: &Client) -> Result<NewSession, AccountError> {
        let hash = hash_of(token);
        let member = factors::half(&self.store, &hash, self.store.now()).await?.ok_or(AccountError::NotFound)?;
        let mut unit = self.checked(member, code).await?;
        if !factors::take_half(&mut unit, &hash).await? {
            return Err(AccountError::NotFound);
        }
        let session = self.begin_session(&mut unit, member, client).await?;
        unit.commit().await?;
        Ok(session)
    }

    /// Whether a sign-in waits under a token.
    ///
    /// # Errors
    /// The database.
    pub async fn waits_for_code(&self, token: &str) -> Result<bool, AccountError> {
        Ok(factors::half(&self.store, &hash_of(token), self.store.now()).await?.is_some())
    }

    /// A session for somebody whose first factor was right; where there is a second one, a sign-in that waits.
    pub(super) async fn admit(
        &self,
        unit: &mut UnitOfWork,
        member: AuthorId,
        client: &Client,
    ) -> Result<Result<NewSession, HalfSession>, AccountError> {
        if factors::secret_if_on(unit, member).await?.is_none() {
            return Ok(Ok(self.begin_session(unit, member, client).await?));
        }
        let token = new_token(self.store.random().as_ref());
        factors::add_half(unit, member, &hash_of(&token)).await?;
        Ok(Err(HalfSession { token }))
    }

    /// A unit of work in which a member's code was found right and used up.
    async fn checked(&self, member: AuthorId, code: &str) -> Result<UnitOfWork, AccountError> {
        let subjects = code_subjects(member);
        self.count_try(&subjects).await?;
        let mut unit = self.begin().await?;
        if !self.use_code(&mut unit, member, code).await? {
            return Err(wrong_code());
        }
        throttle::forgive(&mut unit, &subjects).await?;
        Ok(unit)
    }

    /// Uses a code of a factor that is on, or a recovery code; `false` when it is none, or was used before.
    async fn use_code(&self, unit: &mut UnitOfWork, member: AuthorId, code: &str) -> Result<bool, AccountError> {
        let Some(secret) = factors::secret_if_on(unit, member).await? else { return Ok(false) };
        Ok(match read_code(code) {
            Typed::Code(code) => match factor::step_of(&secret, code, self.store.now()) {
                Some(step) => factors::use_step(unit, member, step).await?,
                None => false,
            },
            Typed::Recovery(plain) => factors::use_recovery(unit, member, &recovery_hash(member, &plain)).await?,
            Typed::Other => false,
        })
    }

    /// Asks a signed-in member again who they are, before what is dangerous: by the password, or by a code of the second
    /// factor. Answers the handle.
    pub(crate) async fn confirm(
        &self,
        member: AuthorId,
        secret: &str,
        field: &'static str,
    ) -> Result<String, AccountError> {
        let subjects = Subject::of(&format!("again:{member}"), None, true);
        self.count_try(&subjects).await?;
        let stored = members::secret(&self.store, member).await?.ok_or(AccountError::NotFound)?;
        let mut unit = self.begin().await?;
        let by_code = read_code(secret) != Typed::Other && self.use_code(&mut unit, member, secret).await?;
        if by_code {
            throttle::forgive(&mut unit, &subjects).await?;
            unit.commit().await?;
            return Ok(stored.handle);
        }
        unit.rollback().await?;
        if stored.password.is_none() {
            return Err(FieldError::new(field, "accounts-error-no-password").into());
        }
        if !self.hasher.verify(secret, stored.password.as_deref()).await? {
            return Err(FieldError::new(field, "accounts-error-password-wrong").into());
        }
        let mut unit = self.begin().await?;
        throttle::forgive(&mut unit, &subjects).await?;
        unit.commit().await?;
        Ok(stored.handle)
    }

    async fn draw_recovery(&self, unit: &mut UnitOfWork, member: AuthorId) -> Result<Vec<String>, AccountError> {
        let random = self.store.random();
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| factor::new_recovery_code(random.as_ref())).collect();
        let hashes: Vec<String> = codes
            .iter()
            .filter_map(|code| match read_code(code) {
                Typed::Recovery(plain) => Some(recovery_hash(member, &plain)),
                Typed::Code(_) | Typed::Other => None,
            })
            .collect();
        factors::set_recovery(unit, member, &hashes).await?;
        Ok(codes)
    }
}

/// Tries of codes are counted by member: the codes are few.
fn code_subjects(member: AuthorId) -> Vec<Subject> {
    Subject::of(&format!("code:{member}"), None, true)
}

fn wrong_code() -> AccountError {
    AccountError::field("code", "accounts-error-code")
}
