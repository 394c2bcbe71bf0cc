//! OpenID Connect: discovery, the code with PKCE, the id token.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
    CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, OAuth2TokenResponse,
    PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};
use url::Url;
use xinghe_core::Timestamp;

use super::{Person, Site, SiteError, Trip};

/// Signatures that are taken: those by a key that the issuer publishes. `none`, and those by a secret that two know, are
/// not among them.
const SIGNATURES: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// How far the clocks may be apart, in seconds.
const LEEWAY_S: i64 = 60;

/// What the issuer publishes of itself, with its keys.
async fn metadata(site: &Site) -> Result<CoreProviderMetadata, SiteError> {
    // As it was set, since an issuer is compared letter by letter; only what the address type adds is taken away.
    let issuer = site.settings.address.as_str();
    let issuer = if site.settings.address.path() == "/" { issuer.trim_end_matches('/') } else { issuer };
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(SiteError::wrong)?;
    let http = site.http();
    CoreProviderMetadata::discover_async(issuer, &http).await.map_err(SiteError::wrong)
}

macro_rules! client {
    ($site:expr, $metadata:expr) => {{
        let id = ClientId::new($site.settings.client_id.clone());
        let secret = $site.settings.client_secret.clone().map(ClientSecret::new);
        let back = RedirectUrl::new($site.back.clone()).map_err(SiteError::wrong)?;
        CoreClient::from_provider_metadata($metadata, id, secret).set_redirect_uri(back)
    }};
}

pub(super) async fn entrance(site: &Site, trip: &Trip<'_>) -> Result<Url, SiteError> {
    let client = client!(site, metadata(site).await?);
    let (state, nonce) = (trip.state.to_owned(), trip.nonce());
    let asked =
        client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || CsrfToken::new(state), move || nonce);
    let asked = asked.add_scope(Scope::new("profile".to_owned())).add_scope(Scope::new("email".to_owned()));
    let (url, _, _) = asked.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&trip.verifier())).url();
    Ok(url)
}

pub(super) async fn person(site: &Site, trip: &Trip<'_>, code: &str, now: Timestamp) -> Result<Person, SiteError> {
    let client = client!(site, metadata(site).await?);
    let http = site.http();
    let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(SiteError::wrong)?;
    let tokens = exchange.set_pkce_verifier(trip.verifier()).request_async(&http).await.map_err(SiteError::wrong)?;
    let token = tokens.id_token().ok_or_else(|| SiteError::wrong("it gave no id token"))?;
    let present = move || {
        let seconds = now.as_millis().div_euclid(1000) - LEEWAY_S;
        chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    };
    let latest = now.as_millis().div_euclid(1000) + LEEWAY_S;
    let verifier =
        client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(present).set_issue_time_verifier_fn(
            move |at| {
                if at.timestamp() <= latest { Ok(()) } else { Err("it was issued in the future".to_owned()) }
            },
        );
    let claims = token.claims(&verifier, &trip.nonce()).map_err(SiteError::wrong)?;
    if let Some(told) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(SiteError::wrong)?;
        let key = token.signing_key(&verifier).map_err(SiteError::wrong)?;
        let own = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(SiteError::wrong)?;
        if own != *told {
            return Err(SiteError::wrong("its access token belongs to another id token"));
        }
    }
    let mut person = of_claims(claims);
    if person.handle.is_none() || person.address.is_none() {
        // What was left out may be told for asking, about the same person.
        let subject = Some(claims.subject().clone());
        if let Ok(asked) = client.user_info(tokens.access_token().clone(), subject)
            && let Ok(told) = asked.request_async(&http).await
        {
            add(&mut person, &told);
        }
    }
    Ok(person)
}

fn of_claims(claims: &CoreIdTokenClaims) -> Person {
    let verified = claims.email_verified() == Some(true);
    Person {
        subject: claims.subject().to_string(),
        handle: claims.preferred_username().map(|v| v.as_str().to_owned()),
        name: claims.name().and_then(|n| n.get(None)).map(|v| v.as_str().to_owned()),
        address: claims.email().filter(|_| verified).map(|v| v.as_str().to_owned()),
        page: None,
    }
}

fn add(person: &mut Person, told: &CoreUserInfoClaims) {
    let verified = told.email_verified() == Some(true);
    let handle = || told.preferred_username().map(|v| v.as_str().to_owned());
    person.handle = person.handle.take().or_else(handle);
    person.name = person.name.take().or_else(|| told.name().and_then(|n| n.get(None)).map(|v| v.as_str().to_owned()));
    person.address = person.address.take().or_else(|| told.email().filter(|_| verified).map(|v| v.as_str().to_owned()));
}
