//! Claims by proof: the author's page, a file beside it, the same account at a code host.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::get;
use http::{Method, StatusCode};
use serde_json::Value;
use xinghe_accounts::SiteKind;
use xinghe_accounts::model::{ClaimState, Proof};
use xinghe_accounts::{AccountError, ClaimList};
use xinghe_core::ports::{AuthorIntake, ImportedAuthor};
use xinghe_core::{AuthorId, Event};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Role;

use crate::site::{As, Site};

/// A page of somebody's own, and a file beside it.
#[derive(Default)]
struct Own {
    page: Mutex<String>,
    file: Mutex<String>,
}

async fn serve() -> (String, Arc<Own>) {
    let own = Arc::new(Own::default());
    let page = async |State(own): State<Arc<Own>>| Html(own.page.lock().unwrap().clone());
    let file = async |State(own): State<Arc<Own>>| own.file.lock().unwrap().clone();
    let router = Router::new()
        .route("/", get(page))
        .route("/~lilei", get(page))
        .route("/away", get(async || Redirect::to("http://[::1]:9/")))
        .route("/.well-known/xinghe-claim.txt", get(file))
        .with_state(own.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, own)
}

async fn import(site: &Site, name: &str, url: &str) -> AuthorId {
    let author = ImportedAuthor { name: name.into(), url: Some(url.into()), key: format!("key:{name}") };
    site.accounts.ensure(&[author]).await.unwrap()[0]
}

fn said(result: Result<(), AccountError>) -> String {
    match result {
        Err(AccountError::Conflict(said)) => said.key().to_owned(),
        other => format!("{other:?}"),
    }
}

const HERE: &str = "http://xinghe.test";

async fn a_page_or_a_file_proves_at_once(db: TestDb) {
    let site = Site::over(db, None).await;
    let (address, own) = serve().await;
    let author = import(&site, "Li Lei", &format!("{address}/")).await;
    let handle = site.accounts.author_by_id(author).await.unwrap().unwrap().card.handle;
    let lilei = site.member("lilei", Role::Member).await;
    let mallory = site.member("mallory", Role::Member).await;
    let other = site.accounts.claim(mallory, author, "It is me.").await.unwrap();
    let me = site.browser("lilei").await;
    let page = site.get(As::Browser(&me), &format!("/@{handle}")).await.body;
    let proof = site.accounts.page_proof(HERE, lilei, author).await.unwrap().unwrap();
    assert!(page.contains(&proof.token) && page.contains("/.well-known/xinghe-claim.txt"), "{page}");
    assert!(!site.get(As::Stranger, &format!("/@{handle}")).await.body.contains("xinghe-claim"), "members only");

    let path = format!("/@{handle}/claim/prove");
    let nothing = site.form(As::Browser(&me), &path, &[]).await;
    assert!(
        nothing.status == StatusCode::CONFLICT && nothing.body.contains("says that it is you yet"),
        "{}",
        nothing.body
    );
    // What readers write below a page, and what proves somebody else, proves nothing.
    *own.page.lock().unwrap() = format!("<p>{}</p><a rel=me href=http://xinghe.test/@mallory>", proof.token);
    assert_eq!(said(site.accounts.prove_claim(HERE, lilei, author).await), "accounts-error-proof-missing");
    *own.page.lock().unwrap() = format!("<meta name=xinghe-claim content={}>", proof.token);
    assert_eq!(said(site.accounts.prove_claim(HERE, mallory, author).await), "accounts-error-proof-missing");
    let done = site.form(As::Browser(&me), &path, &[]).await;
    assert_eq!(done.location, "/@lilei", "{}", done.body);

    assert_eq!(site.get(As::Stranger, &format!("/@{handle}")).await.location, "/@lilei");
    let events = site.db.events().await;
    assert!(events.iter().any(|e| e.event == Event::AuthorClaimed { author, member: lilei }), "{events:?}");
    let list = |member| ClaimList { state: None, member: Some(member), before: None, limit: 10 };
    let mine = site.accounts.claims(list(lilei)).await.unwrap().items.remove(0);
    assert_eq!((mine.proof, mine.state), (Proof::Page, ClaimState::Accepted));
    let theirs = site.accounts.claims(list(mallory)).await.unwrap().items.remove(0);
    assert_eq!((theirs.id, theirs.state), (other, ClaimState::Declined), "others waited in vain");
    assert_eq!(said(site.accounts.prove_claim(HERE, mallory, author).await), "accounts-error-claimed");

    // A page of one among many at a host is not proved by the host's file, but by itself.
    let one = import(&site, "Han Meimei", &format!("{address}/~lilei")).await;
    let proof = site.accounts.page_proof(HERE, mallory, one).await.unwrap().unwrap();
    *own.page.lock().unwrap() = String::new();
    *own.file.lock().unwrap() = proof.token.clone();
    assert_eq!(said(site.accounts.prove_claim(HERE, mallory, one).await), "accounts-error-proof-missing");
    let first = import(&site, "Host", &address).await;
    let token = site.token("mallory").await;
    let of = site.accounts.author_by_id(first).await.unwrap().unwrap().card.handle;
    let api = format!("/api/v1/members/{of}/claims/proof");
    let line = site.get(As::Program(&token), &api).await.json();
    *own.file.lock().unwrap() = line["line"].as_str().unwrap().to_owned();
    let proved = site.api(As::Program(&token), Method::POST, &api, Value::Null).await;
    assert_eq!(proved.status, StatusCode::NO_CONTENT, "{}", proved.body);
    assert_eq!(site.accounts.claimed_by(mallory).await.unwrap()[0].card.id, first);
}

async fn pages_in_private_networks_are_not_asked(db: TestDb) {
    let site = Site::over(db, None).await;
    let (address, own) = serve().await;
    let lilei = site.member("lilei", Role::Member).await;
    *own.page.lock().unwrap() = format!("<a rel=me href={HERE}/@lilei>");
    for (name, url, key) in [
        ("a", address.replace("127.0.0.1", "localhost"), "accounts-error-proof-private"),
        ("b", "http://169.254.169.254/latest".to_owned(), "accounts-error-proof-private"),
        ("c", format!("{address}/away"), "accounts-error-proof-private"),
        ("d", format!("{address}/nothing"), "accounts-error-proof-unreachable"),
    ] {
        let author = import(&site, name, &url).await;
        assert_eq!(said(site.accounts.prove_claim(HERE, lilei, author).await), key, "{url}");
    }
    let bare = ImportedAuthor { name: "Nobody".into(), url: None, key: "key:nobody".into() };
    let author = site.accounts.ensure(&[bare]).await.unwrap()[0];
    assert_eq!(said(site.accounts.prove_claim(HERE, lilei, author).await), "accounts-error-proof-none");
}

async fn the_same_account_at_a_code_host_claims_by_itself(db: TestDb) {
    let (site, peer) = crate::elsewhere::with_peer(db, SiteKind::GitHub).await;
    let there = import(&site, "Li Lei of old", &format!("{}/LI-LEI/", peer.url)).await;
    let alike = import(&site, "Another", &format!("{}/li-lei2", peer.url)).await;
    let elsewhere = import(&site, "Elsewhere", "https://gitlab.example/li-lei").await;
    crate::elsewhere::join(&site, &peer, "lilei").await;
    let lilei = site.accounts.author("lilei").await.unwrap().unwrap().card.id;
    let claimed = async || -> Vec<AuthorId> {
        site.accounts.claimed_by(lilei).await.unwrap().into_iter().map(|r| r.card.id).collect()
    };
    assert_eq!(claimed().await, [there], "not {alike}, not {elsewhere}");
    // What is imported later is theirs at once, and the import is told so.
    let later = import(&site, "Later", &format!("{}/li-lei", peer.url)).await;
    assert_eq!(later, lilei);
    assert_eq!(claimed().await.len(), 2);
    let list = ClaimList { state: None, member: Some(lilei), before: None, limit: 10 };
    let proofs: Vec<Proof> = site.accounts.claims(list).await.unwrap().items.into_iter().map(|c| c.proof).collect();
    assert_eq!(proofs, [Proof::Account, Proof::Account]);
    // Connecting does the same for a member who is there already; an OpenID provider's word about a page would not.
    peer.say(|s| (s.subject, s.handle) = ("99".into(), "han-mei".into()));
    let hers = import(&site, "Han Mei", &format!("{}/han-mei", peer.url)).await;
    site.member("hanmei", Role::Member).await;
    let session = site.browser("hanmei").await;
    crate::elsewhere::connect(&site, &peer, &session, StatusCode::OK).await;
    let hanmei = site.accounts.author("hanmei").await.unwrap().unwrap().card.id;
    assert_eq!(site.accounts.claimed_by(hanmei).await.unwrap()[0].card.id, hers);
}

on_both_databases!(
    a_page_or_a_file_proves_at_once,
    pages_in_private_networks_are_not_asked,
    the_same_account_at_a_code_host_claims_by_itself,
);
