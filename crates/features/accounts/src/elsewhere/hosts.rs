//! Code hosts: OAuth 2 with PKCE, then their own API says who somebody is.

use http::{Request, header};
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse as _, TokenUrl,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{Person, Site, SiteError, SiteKind, Trip};

/// Where a kind of host does what.
struct Places {
    authorize: &'static str,
    token: &'static str,
    scopes: &'static [&'static str],
    user: String,
    /// Where addresses are listed; without one, the person's own page of the API tells.
    addresses: Option<String>,
}

fn places(site: &Site) -> Places {
    let api = |path: &str| site.url(path);
    match site.settings.kind {
        SiteKind::GitHub => {
            // The public one answers programs under a name of its own.
            let own = site.settings.address.host_str() != Some("github.com");
            let api = if own { site.url("/api/v3") } else { "https://api.github.com".to_owned() };
            Places {
                authorize: "/login/oauth/authorize",
                token: "/login/oauth/access_token",
                scopes: &["read:user", "user:email"],
                user: format!("{api}/user"),
                addresses: Some(format!("{api}/user/emails")),
            }
        }
        SiteKind::Gitee => Places {
            authorize: "/oauth/authorize",
            token: "/oauth/token",
            scopes: &["user_info", "emails"],
            user: api("/api/v5/user"),
            addresses: Some(api("/api/v5/emails")),
        },
        SiteKind::GitLab => Places {
            authorize: "/oauth/authorize",
            token: "/oauth/token",
            scopes: &["read_user"],
            user: api("/api/v4/user"),
            addresses: None,
        },
        SiteKind::Forgejo | SiteKind::Oidc => Places {
            authorize: "/login/oauth/authorize",
            token: "/login/oauth/access_token",
            scopes: &["read:user"],
            user: api("/api/v1/user"),
            addresses: Some(api("/api/v1/user/emails")),
        },
    }
}

macro_rules! client {
    ($site:expr, $places:expr) => {{
        let url = |path: &str| $site.url(path);
        let mut client = BasicClient::new(ClientId::new($site.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::new(url($places.authorize)).map_err(SiteError::wrong)?)
            .set_token_uri(TokenUrl::new(url($places.token)).map_err(SiteError::wrong)?)
            .set_redirect_uri(RedirectUrl::new($site.back.clone()).map_err(SiteError::wrong)?)
            .set_auth_type(AuthType::RequestBody);
        if let Some(secret) = &$site.settings.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.clone()));
        }
        client
    }};
}

pub(super) fn entrance(site: &Site, trip: &Trip<'_>) -> Result<Url, SiteError> {
    let places = places(site);
    let (client, state) = (client!(site, places), trip.state.to_owned());
    let asked = client
        .authorize_url(move || CsrfToken::new(state))
        .add_scopes(places.scopes.iter().map(|s| Scope::new((*s).to_owned())))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&trip.verifier()));
    Ok(asked.url().0)
}

/// What hosts tell about somebody. Ids are numbers; GitLab's handle is `username`, all others' `login`.
#[derive(Deserialize)]
struct User {
    id: Value,
    #[serde(default)]
    login: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// Of Forgejo.
    #[serde(default)]
    full_name: Option<String>,
    /// Of GitLab: the address, and since when it is confirmed.
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    confirmed_at: Option<String>,
}

/// One of somebody's addresses. GitHub and Forgejo say `verified`, Gitee `state`.
#[derive(Deserialize)]
struct Address {
    email: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    scope: Option<Value>,
}

impl Address {
    fn is_verified(&self) -> bool {
        self.verified || self.state.as_deref() == Some("confirmed")
    }

    fn is_primary(&self) -> bool {
        let among = |v: &Value| v.as_array().is_some_and(|all| all.iter().any(|s| s == "primary"));
        self.primary || self.scope.as_ref().is_some_and(among)
    }
}

pub(super) async fn person(site: &Site, trip: &Trip<'_>, code: &str) -> Result<Person, SiteError> {
    let places = places(site);
    let (client, http) = (client!(site, places), site.http());
    let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned())).set_pkce_verifier(trip.verifier());
    let tokens: BasicTokenResponse = exchange.request_async(&http).await.map_err(SiteError::wrong)?;
    let token = tokens.access_token().secret();
    let user: User = ask(site, &places.user, token).await?;
    let subject = match &user.id {
        Value::Number(id) => id.to_string(),
        Value::String(id) => id.clone(),
        _ => return Err(SiteError::wrong("it gave no id of the person")),
    };
    let address = match &places.addresses {
        None => user.email.filter(|_| user.confirmed_at.is_some()),
        // Whoever did not allow to read them signs in without.
        Some(listed) => match ask::<Vec<Address>>(site, listed, token).await {
            Ok(mut listed) => {
                listed.retain(Address::is_verified);
                listed.sort_by_key(|a| !a.is_primary());
                listed.into_iter().next().map(|a| a.email)
            }
            Err(_) => None,
        },
    };
    let handle = user.login.or(user.username).ok_or_else(|| SiteError::wrong("it gave no handle of the person"))?;
    let name = user.name.or(user.full_name).filter(|n| !n.trim().is_empty());
    Ok(Person { subject, name, address, page: page_of(site, &handle), handle: Some(handle) })
}

/// The page of an account: it follows from the handle, whatever the answer says of it.
fn page_of(site: &Site, login: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!login.is_empty() && login.chars().all(plain)).then(|| site.url(&format!("/{login}")))
}

async fn ask<T: DeserializeOwned>(site: &Site, url: &str, token: &str) -> Result<T, SiteError> {
    let request = Request::get(url)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(SiteError::wrong)?;
    let answer = site.fetcher.send(request).await?;
    if !answer.status().is_success() {
        return Err(SiteError::wrong(format!("{url} answered {}", answer.status())));
    }
    serde_json::from_slice(answer.body()).map_err(|_| SiteError::wrong(format!("{url} did not answer as it should")))
}
