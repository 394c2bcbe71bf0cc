//! Another site at which people have accounts: an OpenID Connect provider with a key of its own, and a code host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::{HeaderMap, StatusCode, header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;
use xinghe_accounts::{SiteKind, SiteSettings};

/// How its tokens are wrong, if they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrong {
    #[default]
    Nothing,
    Nonce,
    NoNonce,
    Audience,
    OtherAudience,
    Issuer,
    Expired,
    Future,
    AlgNone,
    AlgSecret,
    OtherKey,
    AccessToken,
    /// The key that publishes says one thing of the person, and the other page another person.
    OtherPerson,
}

/// What it says.
#[derive(Debug, Clone, Default)]
pub struct Says {
    pub wrong: Wrong,
    pub subject: String,
    pub handle: String,
    pub name: String,
    pub email: String,
    pub verified: bool,
    /// Seconds since 1970, as the community's clock says.
    pub now: i64,
    /// Whether handle and address are told only when asked.
    pub only_asked: bool,
}

pub struct Peer {
    pub url: String,
    pub says: Mutex<Says>,
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    /// Codes given, with the nonce and the challenge they were asked with.
    codes: Mutex<HashMap<String, (String, String)>>,
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap()
}

impl Peer {
    pub async fn start(says: Says) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (key, other) = (key(), key());
        let peer = Arc::new(Self { url, says: Mutex::new(says), key, other, codes: Mutex::default() });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/login/oauth/access_token", post(host_token))
            .route("/oauth/token", post(host_token))
            .route("/api/{version}/user", get(host_user))
            .route("/api/{version}/user/emails", get(host_emails))
            .route("/api/v5/emails", get(gitee_emails))
            .with_state(peer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        peer
    }

    pub fn settings(&self, name: &str, kind: SiteKind) -> SiteSettings {
        let (address, label) = (Url::parse(&self.url).unwrap(), "Acme".to_owned());
        let client_secret = Some("hush/+ hush".to_owned());
        SiteSettings { name: name.to_owned(), kind, address, label, client_id: "xinghe".to_owned(), client_secret }
    }

    pub fn say(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    /// What a person at this site does: signs in there and agrees. Answers `state` and `code`.
    pub fn agree(&self, location: &str) -> (String, String) {
        let asked = Url::parse(location).unwrap();
        assert!(location.starts_with(&self.url), "{location}");
        let query: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["client_id"], "xinghe");
        assert!(query["redirect_uri"].starts_with("http://xinghe.test/sign-in/with/"), "{location}");
        let code = format!("code-{}", self.codes.lock().unwrap().len());
        let nonce = query.get("nonce").cloned().unwrap_or_default();
        self.codes.lock().unwrap().insert(code.clone(), (nonce, query["code_challenge"].clone()));
        (query["state"].clone(), code)
    }

    /// Exchanges a code once, for whoever can prove to have asked for it.
    fn exchange(&self, form: &HashMap<String, String>) -> Option<String> {
        let (nonce, challenge) = self.codes.lock().unwrap().remove(form.get("code")?)?;
        let verifier = form.get("code_verifier")?;
        (BASE64.encode(Sha256::digest(verifier.as_bytes())) == challenge).then_some(nonce)
    }

    fn jwt(&self, says: &Says, nonce: &str) -> String {
        let wrong = says.wrong;
        let mut claims = json!({
            "iss": if wrong == Wrong::Issuer { "https://evil.example" } else { &self.url },
            "aud": match wrong {
                Wrong::Audience => json!("somebody-else"),
                Wrong::OtherAudience => json!(["xinghe", "somebody-else"]),
                _ => json!("xinghe"),
            },
            "sub": says.subject,
            "iat": if wrong == Wrong::Future { says.now + 3600 } else { says.now },
            "exp": if wrong == Wrong::Expired { says.now - 120 } else { says.now + 300 },
            "at_hash": at_hash(if wrong == Wrong::AccessToken { "another" } else { "the-token" }),
            "nonce": if wrong == Wrong::Nonce { "of another" } else { nonce },
        });
        if wrong == Wrong::NoNonce {
            claims.as_object_mut().unwrap().remove("nonce");
        }
        if !says.only_asked {
            for (name, value) in person(says).as_object().unwrap() {
                claims[name] = value.clone();
            }
        }
        let algorithm = match wrong {
            Wrong::AlgNone => "none",
            Wrong::AlgSecret => "HS256",
            _ => "ES256",
        };
        let encode = |v: &Value| BASE64.encode(v.to_string());
        let head = encode(&json!({ "alg": algorithm, "typ": "JWT", "kid": "1" }));
        let signed = format!("{head}.{}", encode(&claims));
        let signature = match wrong {
            Wrong::AlgNone => Vec::new(),
            Wrong::AlgSecret => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"hush/+ hush");
                ring::hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
            _ => {
                let key = if wrong == Wrong::OtherKey { &self.other } else { &self.key };
                key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
            }
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

fn at_hash(token: &str) -> String {
    BASE64.encode(&Sha256::digest(token.as_bytes())[..16])
}

fn person(says: &Says) -> Value {
    json!({
        "preferred_username": says.handle,
        "name": says.name,
        "email": says.email,
        "email_verified": says.verified,
    })
}

async fn discovery(State(peer): State<Arc<Peer>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", peer.url);
    Json(json!({
        "issuer": peer.url,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(peer): State<Arc<Peer>>) -> Json<Value> {
    let point = peer.key.public_key().as_ref();
    let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..65]));
    Json(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256", "x": x, "y": y }] }))
}

type Exchanged = Result<Json<Value>, (StatusCode, Json<Value>)>;

fn refused() -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
}

async fn token(
    State(peer): State<Arc<Peer>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Exchanged {
    let known = base64::engine::general_purpose::STANDARD.encode("xinghe:hush%2F%2B+hush");
    assert_eq!(headers[header::AUTHORIZATION], format!("Basic {known}"));
    let nonce = peer.exchange(&form).ok_or_else(refused)?;
    let says = peer.says.lock().unwrap().clone();
    let id_token = peer.jwt(&says, &nonce);
    Ok(Json(json!({ "access_token": "the-token", "token_type": "Bearer", "expires_in": 60, "id_token": id_token })))
}

async fn userinfo(State(peer): State<Arc<Peer>>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer the-token");
    let says = peer.says.lock().unwrap().clone();
    let mut told = person(&says);
    told["sub"] = json!(if says.wrong == Wrong::OtherPerson { "somebody-else" } else { &says.subject });
    Json(told)
}

async fn host_token(State(peer): State<Arc<Peer>>, Form(form): Form<HashMap<String, String>>) -> Exchanged {
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("xinghe", "hush/+ hush"));
    peer.exchange(&form).ok_or_else(refused)?;
    Ok(Json(json!({ "access_token": "the-token", "token_type": "bearer", "scope": "read:user,user:email" })))
}

/// As each kind of host says it.
async fn host_user(
    State(peer): State<Arc<Peer>>,
    axum::extract::Path(version): axum::extract::Path<String>,
    headers: HeaderMap,
) -> Json<Value> {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer the-token");
    let says = peer.says.lock().unwrap().clone();
    let id: i64 = says.subject.parse().unwrap();
    Json(match version.as_str() {
        "v3" | "v5" => json!({ "id": id, "login": says.handle, "name": says.name, "email": "not@verified.example" }),
        "v4" => json!({
            "id": id, "username": says.handle, "name": says.name, "email": says.email,
            "confirmed_at": says.verified.then_some("2020-01-01T00:00:00Z"),
        }),
        _ => json!({
            "id": id, "login": says.handle, "username": says.handle, "full_name": says.name, "login_name": "x",
            "email": "not@verified.example",
        }),
    })
}

async fn host_emails(State(peer): State<Arc<Peer>>) -> Json<Value> {
    let says = peer.says.lock().unwrap().clone();
    Json(json!([
        { "email": "second@example.org", "verified": says.verified, "primary": false },
        { "email": says.email, "verified": says.verified, "primary": true },
    ]))
}

async fn gitee_emails(State(peer): State<Arc<Peer>>) -> Json<Value> {
    let says = peer.says.lock().unwrap().clone();
    let state = if says.verified { "confirmed" } else { "unconfirmed" };
    Json(json!([{ "email": says.email, "state": state, "scope": ["primary", "notified"] }]))
}
