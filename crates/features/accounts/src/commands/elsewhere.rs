//! Signing in by an account at another site; connecting such accounts and taking them away.
//!
//! Whoever comes is known by the site's lasting name for them and by nothing else. An address that the site did not
//! verify counts for nothing; one that it did, and that a member here has, asks that member to sign in first.

use std::sync::Arc;

use xinghe_core::id::ConnectionId;
use xinghe_core::{AuthorId, Event, Lang, SessionId, Timestamp, WayIn};
use xinghe_store::UnitOfWork;
use xinghe_web::Role;

use super::entrance::{Checked, taken};
use super::{Accounts, HalfSession, proofs};
use crate::elsewhere::{Person, Site, SiteError, SiteSettings, Sites, Trip};
use crate::error::AccountError;
use crate::handle::Handle;
use crate::model::{self, Arrival, Client, Connection, Departure, FRESH_MS, NewSession, Standing};
use crate::password;
use crate::store::connections::{self, ArrivalRow, ConnectionRow, Errand};
use crate::store::{authors, emails, hash_of, members, new_token, sessions};

/// What became of a browser that came back.
#[derive(Debug)]
pub enum Came {
    /// A member signed in; where to go.
    In(NewSession, String),
    /// The second factor is asked for; where to go afterwards.
    Half(HalfSession, String),
    /// Nobody knows them yet: the secret with which they choose a handle.
    New(String),
    /// A member here has the address that the site verified: that member has to sign in and connect.
    AddressTaken,
    /// A member connected the account.
    Connected,
}

/// What came back in the address.
#[derive(Debug, Clone, Default)]
pub struct Back {
    /// What the browser was sent away with.
    pub state: String,
    /// What the site gives for an exchange.
    pub code: String,
    /// Who says so (RFC 9207), where the site says it.
    pub issuer: Option<String>,
}

impl Accounts {
    /// The same, with sites by which people sign in. `public_url` is where browsers come back to, `agent` how this server
    /// names itself to the sites.
    #[must_use]
    pub fn with_sites(self, sites: Vec<SiteSettings>, public_url: &str, agent: &str) -> Self {
        Self { sites: Arc::new(Sites::new(sites, public_url, agent)), ..self }
    }

    /// The sites by which people may sign in: the word in addresses, and what people call it.
    pub fn sites(&self) -> Vec<(String, String)> {
        self.sites.all().iter().map(|s| (s.name().to_owned(), s.label().to_owned())).collect()
    }

    fn site(&self, name: &str) -> Result<&Site, AccountError> {
        self.sites.named(name).ok_or(AccountError::NotFound)
    }

    /// Sends a browser to a site to sign in.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] where there is no such site; [`AccountError::Conflict`] when it cannot be reached.
    #[tracing::instrument(skip_all, name = "accounts.depart")]
    pub async fn depart(&self, site: &str, next: &str) -> Result<Departure, AccountError> {
        self.send_away(self.site(site)?, None, next).await
    }

    /// Sends the browser of a member, who shows the password or a code again, to a site to connect the account there.
    ///
    /// # Errors
    /// As [`Accounts::depart`]; field `confirm` is wrong; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.connect")]
    pub async fn connect(&self, member: AuthorId, secret: &str, site: &str) -> Result<Departure, AccountError> {
        let site = self.site(site)?;
        self.confirm(member, secret, "confirm").await?;
        self.send_away(site, Some(member), "").await
    }

    async fn send_away(&self, site: &Site, member: Option<AuthorId>, next: &str) -> Result<Departure, AccountError> {
        let random = self.store.random().as_ref();
        let (state, browser) = (new_token(random), new_token(random));
        let to = site.entrance(&Trip { browser: &browser, state: &state }).await;
        let to = to.map_err(|e| unreachable(site, &e))?.into();
        let errand = Errand { site: site.name().to_owned(), member: member.map(AuthorId::raw), next: next.to_owned() };
        let mut unit = self.begin().await?;
        connections::add_errand(&mut unit, (&hash_of(&state), &hash_of(&browser)), &errand).await?;
        unit.commit().await?;
        Ok(Departure { to, browser })
    }

    /// A browser came back from a site. `browser` is the secret of its cookie, `viewer` the member signed in,
    /// `language` that of the page.
    ///
    /// # Errors
    /// [`AccountError::Conflict`] when it was not sent there or came back before, when the site does not say who they
    /// are, or when the account there is another member's; field `handle` when the account is disabled.
    #[tracing::instrument(skip_all, name = "accounts.come_back")]
    pub async fn come_back(
        &self,
        site: &str,
        browser: &str,
        back: &Back,
        viewer: Option<AuthorId>,
        (language, client): (Lang, &Client),
    ) -> Result<Came, AccountError> {
        let site = self.site(site)?;
        let mut unit = self.begin().await?;
        let errand = connections::take_errand(&mut unit, (&hash_of(&back.state), &hash_of(browser))).await?;
        unit.commit().await?;
        let lost = || AccountError::conflict("accounts-error-site-lost");
        let errand = errand.filter(|e| e.site == site.name()).ok_or_else(lost)?;
        if back.issuer.as_deref().is_some_and(|i| !site.is_issuer(i)) {
            return Err(lost());
        }
        let trip = Trip { browser, state: &back.state };
        let person = site.person(&trip, &back.code, self.store.now()).await.map_err(|e| unreachable(site, &e))?;
        match errand.member.map(AuthorId::from_raw) {
            // Whoever signed out meanwhile, or in as somebody else, does not connect anything.
            Some(member) if viewer == Some(member) => {
                self.join(member, site, &person, language).await.map(|()| Came::Connected)
            }
            Some(_) => Err(lost()),
            None => self.receive(site, &person, &errand.next, client).await,
        }
    }

    async fn join(&self, member: AuthorId, site: &Site, person: &Person, language: Lang) -> Result<(), AccountError> {
        let mut unit = self.begin().await?;
        match connections::of_subject(&unit, &site.issuer(), &person.subject).await? {
            Some(there) if there.member == member.raw() => connections::touch(&mut unit, there.id, person).await?,
            Some(_) => return Err(others()),
            None => {
                self.add_connection(&mut unit, member, &site.issuer(), person).await?;
                self.tell_way_in(&mut unit, member, WayIn::Site, language).await?;
            }
        }
        proofs::by_account(&mut unit, member, person.page.as_deref()).await?;
        Ok(unit.commit().await?)
    }

    async fn add_connection(
        &self,
        unit: &mut UnitOfWork,
        member: AuthorId,
        issuer: &str,
        person: &Person,
    ) -> Result<(), AccountError> {
        let id: ConnectionId = self.store.ids().next().into();
        match connections::insert(unit, id, member, issuer, person).await {
            Err(e) if e.is_unique_violation() => Err(others()),
            other => Ok(other?),
        }
    }

    async fn receive(&self, site: &Site, person: &Person, next: &str, client: &Client) -> Result<Came, AccountError> {
        let mut unit = self.begin().await?;
        if let Some(there) = connections::of_subject(&unit, &site.issuer(), &person.subject).await? {
            let member = AuthorId::from_raw(there.member);
            let (_, standing) = members::rank(&unit, member).await?.ok_or(AccountError::NotFound)?;
            if standing != Standing::Active {
                return Err(AccountError::conflict("accounts-error-disabled"));
            }
            connections::touch(&mut unit, there.id, person).await?;
            proofs::by_account(&mut unit, member, person.page.as_deref()).await?;
            let session = self.admit(&mut unit, member, client).await?;
            unit.commit().await?;
            return Ok(match session {
                Ok(session) => Came::In(session, next.to_owned()),
                Err(half) => Came::Half(half, next.to_owned()),
            });
        }
        let person = Person { address: person.address.as_deref().and_then(good_address), ..person.clone() };
        if let Some(address) = &person.address
            && emails::is_taken(&unit, address).await?
        {
            return Ok(Came::AddressTaken);
        }
        let token = new_token(self.store.random().as_ref());
        connections::add_arrival(&mut unit, &hash_of(&token), &site.issuer(), &person, next).await?;
        unit.commit().await?;
        Ok(Came::New(token))
    }

    /// Who came under a token and has yet to choose a handle.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when nobody did, or too long ago.
    pub async fn arrival(&self, token: &str) -> Result<Arrival, AccountError> {
        let row = connections::arrival(&self.store, &hash_of(token), self.store.now()).await?;
        let row = row.ok_or(AccountError::NotFound)?;
        let label = self.sites.of_issuer(&row.issuer).ok_or(AccountError::NotFound)?.label().to_owned();
        let handle = self.free_handle(&row).await?;
        let name = model::clean_name(&row.name).unwrap_or_default().chars().take(model::NAME_MAX).collect();
        Ok(Arrival { label, shown: row.shown, handle, name, address: row.address })
    }

    /// The handle there, or the name, if it is free here; else with a number; else nothing.
    async fn free_handle(&self, row: &ArrivalRow) -> Result<String, AccountError> {
        let wish = row.shown.parse().ok().or_else(|| Handle::from_name(&row.shown));
        let Some(wish) = wish.or_else(|| Handle::from_name(&row.name)) else { return Ok(String::new()) };
        let numbered = (2..10).map(|n| wish.numbered(n)).filter(|h| h.as_str().len() <= 32);
        for handle in std::iter::once(wish.clone()).chain(numbered) {
            if !authors::handle_taken(&self.store, &handle).await? {
                return Ok(handle.to_string());
            }
        }
        Ok(String::new())
    }

    /// Makes an account for somebody who came from a site, without a password; answers also where to go.
    ///
    /// # Errors
    /// Fields `handle` or `name` are wrong; [`AccountError::NotFound`] when the token does not work any more;
    /// [`AccountError::Conflict`] when the account there became a member's meanwhile.
    #[tracing::instrument(skip_all, name = "accounts.settle")]
    pub async fn settle(
        &self,
        token: &str,
        handle: &str,
        name: &str,
        language: Option<Lang>,
    ) -> Result<(AuthorId, String), AccountError> {
        let mut errors = Vec::new();
        let wished = if name.trim().is_empty() { handle.trim() } else { name };
        let name = model::check_name(wished).map_err(|e| errors.push(e)).ok();
        let handle = model::check_handle(handle).map_err(|e| errors = vec![e]).ok();
        let (Some(handle), Some(name)) = (handle, name) else { return Err(errors.into()) };
        let mut unit = self.begin().await?;
        let came = connections::take_arrival(&mut unit, &hash_of(token)).await?.ok_or(AccountError::NotFound)?;
        self.sites.of_issuer(&came.issuer).ok_or(AccountError::NotFound)?;
        if authors::handle_taken(&unit, &handle).await? {
            return Err(taken());
        }
        let checked = Checked { handle, name, password: None, language };
        let id = self.insert_member(&mut unit, None, &checked, Role::Member).await?;
        let ArrivalRow { issuer, subject, shown, page, name: _, address, next } = came;
        let person = Person { subject, handle: Some(shown), page, ..Person::default() };
        self.add_connection(&mut unit, id, &issuer, &person).await?;
        if let Some(address) = address
            && !emails::is_taken(&unit, &address).await?
        {
            emails::set(&mut unit, id, &address).await?;
        }
        proofs::by_account(&mut unit, id, person.page.as_deref()).await?;
        unit.commit().await?;
        Ok((id, next))
    }

    /// A member's accounts at other sites, oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn connections(&self, member: AuthorId) -> Result<Vec<Connection>, AccountError> {
        let rows = connections::of_member(&self.store, member).await?;
        Ok(rows.into_iter().map(|row| self.connection(row)).collect())
    }

    fn connection(&self, row: ConnectionRow) -> Connection {
        let site = self.sites.of_issuer(&row.issuer);
        let address = || row.issuer.split_once(':').map_or(row.issuer.as_str(), |(_, address)| address).to_owned();
        Connection {
            id: ConnectionId::from_raw(row.id),
            label: site.map_or_else(address, |s| s.label().to_owned()),
            works: site.is_some(),
            page: row.page.map(|p| format!("https://{p}")),
            issuer: row.issuer,
            shown: row.shown,
            created_at: Timestamp::from_millis(row.created_at),
            used_at: Timestamp::from_millis(row.used_at),
        }
    }

    /// Takes an account at another site away from a member, who shows the password or a code again.
    ///
    /// # Errors
    /// Field `confirm` is wrong; [`AccountError::NotFound`]; [`AccountError::Conflict`] when the member could not sign
    /// in any more; [`AccountError::Throttled`].
    #[tracing::instrument(skip_all, name = "accounts.disconnect")]
    pub async fn disconnect(&self, member: AuthorId, secret: &str, id: ConnectionId) -> Result<(), AccountError> {
        self.confirm(member, secret, "confirm").await?;
        let mut unit = self.begin().await?;
        // Held, so that two requests side by side do not take the last two ways away.
        members::rank(&unit, member).await?.ok_or(AccountError::NotFound)?;
        if !connections::delete(&mut unit, member, id).await? {
            return Err(AccountError::NotFound);
        }
        if !self.can_enter(&unit, member).await? {
            return Err(AccountError::conflict("accounts-error-last-way"));
        }
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }

    /// Whether a member has a way to sign in: a password, or an account at a site that is set up. A link by mail is not
    /// counted: it works only while this community sends mail.
    pub(super) async fn can_enter(&self, unit: &UnitOfWork, member: AuthorId) -> Result<bool, AccountError> {
        let password = members::secret(unit, member).await?.is_some_and(|s| s.password.is_some());
        let connected = connections::of_member(unit, member).await?;
        Ok(password || connected.iter().any(|c| self.sites.of_issuer(&c.issuer).is_some()))
    }

    /// Whether a member has a password.
    ///
    /// # Errors
    /// The database.
    pub async fn has_password(&self, member: AuthorId) -> Result<bool, AccountError> {
        Ok(members::secret(&self.store, member).await?.is_some_and(|s| s.password.is_some()))
    }

    /// Sets the password of a member who has none, by a session that was begun just now: there is nothing else to ask
    /// for. All other sessions end.
    ///
    /// # Errors
    /// Field `new` is wrong; [`AccountError::Conflict`] when there is a password, or the session is too old.
    #[tracing::instrument(skip_all, name = "accounts.first_password")]
    pub async fn first_password(&self, member: AuthorId, session: SessionId, new: &str) -> Result<(), AccountError> {
        let secret = members::secret(&self.store, member).await?.ok_or(AccountError::NotFound)?;
        password::check(new, &secret.handle, "new")?;
        let phc = self.hasher.hash(new).await?;
        let mut unit = self.begin().await?;
        let begun = sessions::begun_at(&unit, member, session).await?.ok_or(AccountError::NotFound)?;
        if self.store.now().as_millis() - begun.as_millis() > FRESH_MS {
            return Err(AccountError::conflict("accounts-error-sign-in-again"));
        }
        if !members::set_first_password(&mut unit, member, &phc).await? {
            return Err(AccountError::conflict("accounts-error-has-password"));
        }
        sessions::delete_all(&mut unit, member, Some(session)).await?;
        unit.append(Some(member), &Event::ProfileChanged { member }).await?;
        Ok(unit.commit().await?)
    }
}

/// An address as it may be kept.
fn good_address(given: &str) -> Option<String> {
    model::check_address(given, "address").ok()
}

fn others() -> AccountError {
    AccountError::conflict("accounts-error-site-taken")
}

/// What a person is told, and what the log is.
fn unreachable(site: &Site, error: &SiteError) -> AccountError {
    tracing::warn!(site = site.name(), %error, "a site did not say who somebody is");
    AccountError::conflict(xinghe_web::Said::new("accounts-error-site").with("site", site.label()))
}
