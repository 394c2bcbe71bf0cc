//! A site of accounts alone, asked in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use xinghe_accounts::model::Registration;
use xinghe_accounts::{Accounts, AccountsFeature, SiteSettings, migrations};
use xinghe_core::AuthorId;
use xinghe_core::ports::{AuthorIntake, ImportedAuthor};
use xinghe_mail::Smtp;
use xinghe_net::{Fetcher, Limits, Reachable};
use xinghe_store::Workers;
use xinghe_testkit::{SmtpPeer, TestDb};
use xinghe_web::{Feature, Role, Shell, WebSettings, shell};

pub const PASSWORD: &str = "correct horse battery";

pub struct Site {
    pub db: TestDb,
    pub accounts: Accounts,
    pub router: Router,
    pub shell: Shell,
    workers: Workers,
}

/// An answer: status, the header values that matter, the body.
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub cookie: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The session cookie that was set, as a browser sends it back.
    pub fn session(&self) -> String {
        assert!(self.cookie.contains("HttpOnly") && self.cookie.contains("SameSite=Lax"), "{}", self.cookie);
        self.cookie.split(';').next().unwrap().to_owned()
    }
}

/// The same with every `id` replaced, since ids tell the process that made them.
pub fn without_ids(mut json: Value) -> Value {
    match &mut json {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                *value = if name == "id" { json!("[id]") } else { without_ids(value.take()) };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_ids(item.take())),
        _ => {}
    }
    json
}

/// Who asks: nobody, a browser with a session, a program with a token.
#[derive(Clone, Copy)]
pub enum As<'a> {
    Stranger,
    Browser(&'a str),
    Program(&'a str),
}

impl Site {
    pub async fn new() -> Self {
        Self::over(TestDb::sqlite().await, None).await
    }

    /// On this database, with mails going to this server.
    pub async fn over(db: TestDb, peer: Option<&SmtpPeer>) -> Self {
        Self::beside(db, peer, Vec::new()).await
    }

    /// The same, with other sites by which people sign in.
    pub async fn beside(db: TestDb, peer: Option<&SmtpPeer>, sites: Vec<SiteSettings>) -> Self {
        db.store().migrate(&migrations()).await.unwrap();
        let mut accounts = Accounts::new(db.store().clone());
        if let Some(peer) = peer {
            let smtp = Smtp::new(peer.url(), "Xinghe <no-reply@xinghe.test>").unwrap();
            accounts = accounts.with_mailer(Arc::new(smtp), "http://xinghe.test/");
        }
        accounts = accounts.with_sites(sites, "http://xinghe.test/", "xinghe-test");
        let reachable = Reachable::with_hosts(["127.0.0.1"]);
        accounts = accounts.with_page_reader(Fetcher::new(reachable, Limits::default(), "xinghe-test"));
        let feature = Arc::new(AccountsFeature::new(accounts.clone()));
        let workers = Workers::new(db.store().clone(), feature.jobs(), vec![]);
        let mut settings = WebSettings::new("http://xinghe.test");
        settings.limits.sign_in = 1000;
        settings.limits.write = 1000;
        let shell = shell::build(
            &[feature as Arc<dyn Feature>],
            settings,
            Arc::new(accounts.clone()),
            db.store().clock().clone(),
            db.store().random().clone(),
        )
        .unwrap();
        Self { db, accounts, router: shell.router.clone(), shell, workers }
    }

    pub async fn send(&self, who: As<'_>, method: Method, path: &str, kind: &str, body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT_LANGUAGE, "en");
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        request = match who {
            As::Stranger => request,
            As::Browser(cookie) => request.header(header::COOKIE, cookie).header("sec-fetch-site", "same-origin"),
            As::Program(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        };
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = |name| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let (status, location, cookie) = (response.status(), text(header::LOCATION), text(header::SET_COOKIE));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, cookie, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub async fn get(&self, who: As<'_>, path: &str) -> Answer {
        self.send(who, Method::GET, path, "", String::new()).await
    }

    pub async fn form(&self, who: As<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(who, Method::POST, path, "application/x-www-form-urlencoded", body).await
    }

    pub async fn api(&self, who: As<'_>, method: Method, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(who, method, path, "application/json", body).await
    }

    pub async fn member(&self, handle: &str, role: Role) -> AuthorId {
        let (handle, password) = (handle.to_owned(), PASSWORD.to_owned());
        let wish = Registration { handle, name: String::new(), password, language: None };
        self.accounts.add_member(None, &wish, role).await.unwrap()
    }

    pub async fn token(&self, handle: &str) -> String {
        let body = json!({ "handle": handle, "password": PASSWORD });
        let answer = self.api(As::Stranger, Method::POST, "/api/v1/session", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub async fn browser(&self, handle: &str) -> String {
        let answer = self.form(As::Stranger, "/sign-in", &[("handle", handle), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.session()
    }

    pub async fn unclaimed(&self) -> AuthorId {
        let url = Some("https://example.org/dtolnay".to_owned());
        let author = ImportedAuthor { name: "David Tolnay".into(), url, key: "crates:dtolnay".into() };
        self.accounts.ensure(&[author]).await.unwrap()[0]
    }

    /// Does what is queued; answers how many jobs.
    pub async fn work(&self) -> usize {
        self.workers.drain().await.unwrap()
    }
}
