//! Coming in: register, the first administrator's link, sign in, sessions, passwords.

use xinghe_core::{AuthorId, Event, Lang, SessionId};
use xinghe_store::{StoreError, UnitOfWork};
use xinghe_web::{Member, Role};

use super::Accounts;
use crate::error::AccountError;
use crate::handle::Handle;
use crate::model::{self, About, Client, NewSession, Registration, SETUP_MS, Standing};
use crate::password;
use crate::store::throttle::{self, Subject};
use crate::store::{authors, emails, factors, hash_of, members, networks, new_token, sessions, tokens};

/// A session is marked as used at most this often, in milliseconds: reading pages should not write.
const TOUCH_MS: i64 = 5 * 60 * 1000;
/// What is kept of the name a program gave itself, in characters.
const USER_AGENT_MAX: usize = 200;

/// Somebody who becomes a member: the fields are right, and the password is hashed.
pub(super) struct Checked {
    pub handle: Handle,
    pub name: String,
    /// `None` for who comes in another way.
    pub password: Option<String>,
    pub language: Option<Lang>,
}

impl Accounts {
    /// Makes an account. The handle is the member's for good.
    ///
    /// # Errors
    /// Fields `handle`, `name` or `password` are wrong; the handle is taken.
    #[tracing::instrument(skip_all, name = "accounts.register")]
    pub async fn register(&self, wish: &Registration) -> Result<AuthorId, AccountError> {
        self.add_member(None, wish, Role::Member).await
    }

    /// Makes an account with a role: for the command line and for administrators.
    ///
    /// # Errors
    /// As [`Accounts::register`].
    #[tracing::instrument(skip_all, name = "accounts.add_member")]
    pub async fn add_member(
        &self,
        actor: Option<AuthorId>,
        wish: &Registration,
        role: Role,
    ) -> Result<AuthorId, AccountError> {
        let checked = self.check(wish).await?;
        let mut unit = self.begin().await?;
        let id = self.insert_member(&mut unit, actor, &checked, role).await?;
        unit.commit().await?;
        Ok(id)
    }

    async fn check(&self, wish: &Registration) -> Result<Checked, AccountError> {
        let mut errors = Vec::new();
        let handle = model::check_handle(&wish.handle).map_err(|e| errors.push(e)).ok();
        let wished = if wish.name.trim().is_empty() { wish.handle.trim() } else { wish.name.as_str() };
        let name = model::check_name(wished).map_err(|e| errors.push(e)).ok();
        if let Err(e) = password::check(&wish.password, wish.handle.trim(), "password") {
            errors.push(e);
        }
        let (Some(handle), Some(name), true) = (handle, name, errors.is_empty()) else {
            // An empty handle makes an empty name; one sentence about it is enough.
            if errors.iter().any(|e| e.field == "handle") && wish.name.trim().is_empty() {
                errors.retain(|e| e.field != "name");
            }
            return Err(errors.into());
        };
        if authors::handle_taken(self.store(), &handle).await? {
            return Err(taken());
        }
        let password = Some(self.hasher.hash(&wish.password).await?);
        Ok(Checked { handle, name, password, language: wish.language })
    }

    /// Inserts a member, and says so; `actor` is who made the account, where it is not the member.
    pub(super) async fn insert_member(
        &self,
        unit: &mut UnitOfWork,
        actor: Option<AuthorId>,
        checked: &Checked,
        role: Role,
    ) -> Result<AuthorId, AccountError> {
        let id: AuthorId = self.store.ids().next().into();
        let Checked { handle, name, password, language } = checked;
        let new = authors::NewAuthor { id, handle, name, url: None, claimed: true, sample: false };
        match authors::insert(unit, &new).await {
            Err(e) if e.is_unique_violation() => return Err(taken()),
            other => other?,
        }
        let about = About::default();
        let new = members::NewMember { id, password: password.as_deref(), role, language: *language, about: &about };
        members::insert(unit, &new).await?;
        unit.append(Some(actor.unwrap_or(id)), &Event::MemberRegistered { member: id }).await?;
        if role != Role::Member {
            unit.append(actor, &Event::RoleChanged { member: id }).await?;
        }
        Ok(id)
    }

    /// A fresh address at which the first administrator makes an account; `None` once there is one. Addresses of
    /// earlier starts go on working, a week at most, until one is used.
    ///
    /// # Errors
    /// The database.
    pub async fn first_admin_link(&self, base_url: &str) -> Result<Option<String>, StoreError> {
        if members::any_administrator(&self.store).await? {
            return Ok(None);
        }
        let token = new_token(self.store.random().as_ref());
        let mut unit = self.store.begin().await?;
        let oldest = self.store.now().plus_millis(-SETUP_MS).as_millis();
        members::add_setup_token(&mut unit, &hash_of(&token), oldest).await?;
        unit.commit().await?;
        Ok(Some(format!("{}/setup?token={token}", base_url.trim_end_matches('/'))))
    }

    /// Whether a first-administrator token may still be used.
    ///
    /// # Errors
    /// The database.
    pub async fn knows_setup_token(&self, token: &str) -> Result<bool, AccountError> {
        let oldest = self.store.now().plus_millis(-SETUP_MS).as_millis();
        Ok(members::knows_setup_token(&self.store, &hash_of(token), oldest).await?
            && !members::any_administrator(&self.store).await?)
    }

    /// Makes the first administrator's account and uses up the token.
    ///
    /// # Errors
    /// As [`Accounts::register`]; [`AccountError::NotFound`] when the token was used, is too old or never was.
    #[tracing::instrument(skip_all, name = "accounts.set_up")]
    pub async fn set_up(&self, token: &str, wish: &Registration) -> Result<AuthorId, AccountError> {
        if !self.knows_setup_token(token).await? {
            return Err(AccountError::NotFound);
        }
        let checked = self.check(wish).await?;
        let mut unit = self.begin().await?;
        let oldest = self.store.now().plus_millis(-SETUP_MS).as_millis();
        if !members::take_setup_tokens(&mut unit, &hash_of(token), oldest).await?
            || members::any_administrator(&unit).await?
        {
            return Err(AccountError::NotFound);
        }
        let id = self.insert_member(&mut unit, None, &checked, Role::Administrator).await?;
        unit.commit().await?;
        Ok(id)
    }

    /// Begins a session for whoever knows the password. An unknown handle takes as long as a wrong password and gives
    /// the same answer; wrong tries bring growing pauses.
    ///
    /// # Errors
    /// Field `password` when handle and password do not belong together, field `handle` when the account is disabled;
    /// [`AccountError::CodeNeeded`] when there is a second factor; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.sign_in")]
    pub async fn sign_in(&self, handle: &str, password: &str, client: &Client) -> Result<NewSession, AccountError> {
        let handle = Handle::fold(handle);
        let known = networks::is_known(&self.store, &handle, client.ip).await?;
        let subjects = Subject::of(&handle, client.ip, known);
        self.count_try(&subjects).await?;
        let secret = members::secret_by_handle(&self.store, &handle).await?;
        let stored = secret.as_ref().and_then(|s| s.password.as_deref());
        let right = self.hasher.verify(password, stored).await?;
        let Some(secret) = secret.filter(|_| right) else {
            return Err(AccountError::field("password", "accounts-error-sign-in"));
        };
        let member = AuthorId::from_raw(secret.id);
        let fresh = match &secret.password {
            Some(old) if self.hasher.is_outdated(old) => Some((old, self.hasher.hash(password).await?)),
            _ => None,
        };
        let mut unit = self.begin().await?;
        throttle::forgive(&mut unit, &subjects).await?;
        if let Some((old, new)) = fresh {
            members::rehash(&mut unit, member, old, &new).await?;
        }
        let active = secret.standing == Standing::Active.as_str();
        let session = if active { Some(self.admit(&mut unit, member, client).await?) } else { None };
        unit.commit().await?;
        let session = session.ok_or_else(|| AccountError::field("handle", "accounts-error-disabled"))?;
        session.map_err(AccountError::CodeNeeded)
    }

    /// Begins a session for a member who showed otherwise who they are: by having just registered.
    ///
    /// # Errors
    /// The database.
    pub async fn open_session(&self, member: AuthorId, client: &Client) -> Result<NewSession, AccountError> {
        let mut unit = self.begin().await?;
        let session = self.begin_session(&mut unit, member, client).await?;
        unit.commit().await?;
        Ok(session)
    }

    pub(super) async fn begin_session(
        &self,
        unit: &mut UnitOfWork,
        member: AuthorId,
        client: &Client,
    ) -> Result<NewSession, AccountError> {
        let (id, token): (SessionId, _) = (self.store.ids().next().into(), new_token(self.store.random().as_ref()));
        let agent: String = client.user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX).collect();
        let expires_at = sessions::insert(unit, id, member, &hash_of(&token), &agent).await?;
        networks::remember(unit, member, client.ip).await?;
        Ok(NewSession { id, member, token, expires_at })
    }

    /// The member of a session's token, while the session lives and the account is active.
    ///
    /// # Errors
    /// The database.
    pub async fn resolve_session(&self, token: &str) -> Result<Option<Member>, AccountError> {
        Ok(self.resume_session(token).await?.map(|(member, _)| member))
    }

    /// As [`Accounts::resolve_session`], and whether the session was marked as used, so that it lives its whole time
    /// again from now.
    ///
    /// # Errors
    /// The database.
    pub async fn resume_session(&self, token: &str) -> Result<Option<(Member, bool)>, AccountError> {
        if token.len() > 100 {
            return Ok(None);
        }
        let now = self.store.now();
        let Some((member, seen)) = sessions::resolve(&self.store, &hash_of(token), now).await? else {
            return Ok(None);
        };
        let used = now.as_millis() - seen.as_millis() > TOUCH_MS;
        if used {
            let mut unit = self.begin().await?;
            sessions::touch(&mut unit, member.session).await?;
            unit.commit().await?;
        }
        Ok(Some((member, used)))
    }

    /// Changes the password of a member who knows the old one, and ends all other sessions.
    ///
    /// # Errors
    /// Field `old` or `new` is wrong; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.change_password")]
    pub async fn change_password(
        &self,
        member: AuthorId,
        keep: SessionId,
        old: &str,
        new: &str,
    ) -> Result<(), AccountError> {
        let handle = self.confirm(member, old, "old").await?;
        password::check(new, &handle, "new")?;
        let phc = self.hasher.hash(new).await?;
        let mut unit = self.begin().await?;
        members::set_password(&mut unit, member, &phc).await?;
        sessions::delete_all(&mut unit, member, Some(keep)).await?;
        emails::delete_links(&mut unit, member).await?;
        factors::delete_halves(&mut unit, member).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }

    /// Gives a member a new password and ends all sessions: for the command line.
    ///
    /// # Errors
    /// Field `password` is wrong; [`AccountError::NotFound`].
    #[tracing::instrument(skip_all, name = "accounts.reset_password")]
    pub async fn reset_password(&self, handle: &str, new: &str) -> Result<(), AccountError> {
        let secret = members::secret_by_handle(&self.store, &Handle::fold(handle)).await?;
        let secret = secret.ok_or(AccountError::NotFound)?;
        password::check(new, &secret.handle, "password")?;
        let (member, phc) = (AuthorId::from_raw(secret.id), self.hasher.hash(new).await?);
        let mut unit = self.begin().await?;
        members::set_password(&mut unit, member, &phc).await?;
        sessions::delete_all(&mut unit, member, None).await?;
        tokens::delete_all(&mut unit, member).await?;
        emails::delete_links(&mut unit, member).await?;
        factors::delete_halves(&mut unit, member).await?;
        unit.append(None, &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }

    pub(super) async fn count_try(&self, subjects: &[Subject]) -> Result<(), AccountError> {
        let mut unit = self.begin().await?;
        match throttle::count(&mut unit, subjects, self.store.now()).await? {
            Ok(()) => Ok(unit.commit().await?),
            Err(seconds) => Err(AccountError::Throttled(seconds)),
        }
    }
}

pub(super) fn taken() -> AccountError {
    AccountError::field("handle", "accounts-error-handle-taken")
}
