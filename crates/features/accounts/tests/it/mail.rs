//! Addresses, and links by mail, against a mail server on this machine.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_core::AuthorId;
use xinghe_store::Queries;
use xinghe_testkit::{Received, SmtpPeer, TestDb, on_both_databases};
use xinghe_web::Role;

use crate::site::{Answer, As, PASSWORD, Site};

const VERIFY: &str = "http://xinghe.test/email/verify?token=";
const RESET: &str = "http://xinghe.test/password/reset?token=";
const ENTER: &str = "http://xinghe.test/sign-in/with-link?token=";
const ADDRESS: &str = "Li.Lei@example.org";

/// The token in a mail's link.
fn token(mail: &Received, beginning: &str) -> String {
    mail.link(beginning)[beginning.len()..].to_owned()
}

/// Lets every pause of wrong tries pass.
fn later(site: &Site) {
    site.db.clock().advance(Duration::from_secs(20 * 60));
}

/// A member whose address is confirmed, and a session.
async fn member_with_address(site: &Site, peer: &SmtpPeer, handle: &str, address: &str) -> (AuthorId, String) {
    let id = site.member(handle, Role::Member).await;
    let me = site.browser(handle).await;
    let fields = [("address", address), ("confirm", PASSWORD)];
    let asked = site.form(As::Browser(&me), "/settings/email", &fields).await;
    assert_eq!(asked.location, "/settings/account?done=email", "{}", asked.body);
    site.work().await;
    let token = token(&peer.last(), VERIFY);
    let done = site.form(As::Stranger, "/email/verify", &[("token", &token)]).await;
    assert_eq!(done.location, "/sign-in?done=verified", "{}", done.body);
    (id, me)
}

async fn an_address_becomes_a_members_when_its_link_is_used_once(db: TestDb) {
    let peer = SmtpPeer::start().await;
    let site = Site::over(db, Some(&peer)).await;
    site.member("lilei", Role::Member).await;
    let me = site.browser("lilei").await;
    let form = async |fields: &[(&str, &str)]| site.form(As::Browser(&me), "/settings/email", fields).await;
    let wrong = form(&[("address", "nowhere"), ("confirm", PASSWORD)]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("name@example.org"));
    let wrong = form(&[("address", ADDRESS), ("confirm", "wrong password")]).await;
    assert!(wrong.body.contains("The password is wrong.") && wrong.body.contains(ADDRESS), "{}", wrong.body);
    assert_eq!(site.work().await, 0, "nothing was sent");

    form(&[("address", ADDRESS), ("confirm", PASSWORD)]).await;
    let waits = site.get(As::Browser(&me), "/settings/account").await.body;
    assert!(waits.contains(ADDRESS) && waits.contains("to be confirmed"), "{waits}");
    assert_eq!(site.work().await, 1);
    let mail = peer.last();
    assert_eq!(mail.to, ADDRESS);
    let (link, secret) = (mail.link(VERIFY), token(&mail, VERIFY));
    let sql = "SELECT COUNT(*) AS value FROM accounts_link WHERE token_hash = $1";
    let stored = site.db.store().number(sql, vec![secret.as_str().into()]).await.unwrap();
    assert_eq!(stored, Some(0), "only a hash is kept");
    assert_eq!(site.db.store().number("SELECT COUNT(*) AS value FROM accounts_letter", vec![]).await.unwrap(), Some(0));

    // Programs that look at a mail before its reader open its link, and nothing happens.
    for _ in 0..2 {
        let page = site.get(As::Stranger, link.strip_prefix("http://xinghe.test").unwrap()).await;
        assert!(page.status == StatusCode::OK && page.body.contains("@lilei") && page.body.contains(ADDRESS));
    }
    let done = site.form(As::Browser(&me), "/email/verify", &[("token", &secret)]).await;
    assert_eq!(done.location, "/settings/account?done=verified");
    let shown = site.get(As::Browser(&me), "/settings/account").await.body;
    assert!(shown.contains("confirmed") && !shown.contains("to be confirmed"), "{shown}");
    let again = site.form(As::Browser(&me), "/email/verify", &[("token", &secret)]).await;
    assert!(again.status == StatusCode::GONE && again.body.contains("This link was used"), "{}", again.body);
}

async fn an_address_of_another_account_is_not_taken_over(db: TestDb) {
    let peer = SmtpPeer::start().await;
    let site = Site::over(db, Some(&peer)).await;
    member_with_address(&site, &peer, "lilei", ADDRESS).await;
    site.member("mallory", Role::Member).await;
    let other = site.browser("mallory").await;
    later(&site);
    let fields = [("address", "li.lei@EXAMPLE.org"), ("confirm", PASSWORD)];
    let asked = site.form(As::Browser(&other), "/settings/email", &fields).await;
    assert_eq!(asked.location, "/settings/account?done=email", "whose address it is is told to its reader only");
    site.work().await;
    let secret = token(&peer.last(), VERIFY);
    let refused = site.form(As::Stranger, "/email/verify", &[("token", &secret)]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("Another account has this address"));

    // A change tells the address before.
    let me = site.browser("lilei").await;
    let fields = [("address", "new@example.org"), ("confirm", PASSWORD)];
    site.form(As::Browser(&me), "/settings/email", &fields).await;
    site.work().await;
    let secret = token(&peer.last(), VERIFY);
    site.form(As::Browser(&me), "/email/verify", &[("token", &secret)]).await;
    site.work().await;
    let told = peer.last();
    assert!(told.to == ADDRESS && told.text.contains("no longer the address of @lilei"), "{told:?}");
    let removed = site.form(As::Browser(&me), "/settings/email/remove", &[("confirm", PASSWORD)]).await;
    assert_eq!(removed.location, "/settings/account?done=no-email");
    assert!(site.get(As::Browser(&me), "/settings/account").await.body.contains("None yet."));
}

async fn a_new_password_is_set_by_a_link_and_ends_everything(db: TestDb) {
    let peer = SmtpPeer::start().await;
    let site = Site::over(db, Some(&peer)).await;
    let (_, session) = member_with_address(&site, &peer, "lilei", ADDRESS).await;
    site.form(As::Stranger, "/password/forgot", &[("address", "LI.LEI@example.org")]).await;
    site.form(As::Stranger, "/sign-in/link", &[("address", ADDRESS)]).await;
    site.work().await;
    let mails = peer.mails();
    let by = |beginning: &str| mails.iter().rev().find(|m| m.text.contains(beginning)).unwrap();
    assert_eq!(by(RESET).to, ADDRESS, "the stored address, not the one typed");
    let (secret, other) = (token(by(RESET), RESET), token(by(ENTER), ENTER));
    let reset = async |password: &str| {
        site.form(As::Stranger, "/password/reset", &[("token", &secret), ("password", password)]).await
    };
    let short = reset("short").await;
    assert!(short.status == StatusCode::UNPROCESSABLE_ENTITY && short.body.contains("at least 10"), "{}", short.body);
    let done = reset("another good one").await;
    assert_eq!(done.location, "/sign-in?done=reset", "{}", done.body);
    assert_eq!(reset("and again, replayed").await.status, StatusCode::GONE);
    assert_eq!(site.get(As::Browser(&session), "/settings").await.status, StatusCode::SEE_OTHER, "signed out");
    let entered = site.form(As::Stranger, "/sign-in/with-link", &[("token", &other)]).await;
    assert_eq!(entered.status, StatusCode::GONE, "other links end, too");
    let signed = site.form(As::Stranger, "/sign-in", &[("handle", "lilei"), ("password", "another good one")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
}

async fn a_link_signs_in_once_and_for_a_quarter_of_an_hour(db: TestDb) {
    let peer = SmtpPeer::start().await;
    let site = Site::over(db, Some(&peer)).await;
    member_with_address(&site, &peer, "lilei", ADDRESS).await;
    let ask = async |next: &str| {
        later(&site);
        site.form(As::Stranger, "/sign-in/link", &[("address", ADDRESS), ("next", next)]).await;
        site.work().await;
        token(&peer.last(), ENTER)
    };
    let secret = ask("/@lilei").await;
    let entered = site.form(As::Stranger, "/sign-in/with-link", &[("token", &secret)]).await;
    assert_eq!(entered.location, "/@lilei");
    let page = site.get(As::Browser(&entered.session()), "/settings").await;
    assert_eq!(page.status, StatusCode::OK);
    let replayed = site.form(As::Stranger, "/sign-in/with-link", &[("token", &secret)]).await;
    assert_eq!(replayed.status, StatusCode::GONE);

    let secret = ask("//evil.example").await;
    let body = json!({ "token": secret });
    let verify = site.api(As::Stranger, Method::POST, "/api/v1/email/verify", body.clone()).await;
    assert_eq!(verify.status, StatusCode::NOT_FOUND, "a link is for one purpose");
    let session = site.api(As::Stranger, Method::POST, "/api/v1/session/from-link", body).await;
    assert_eq!(session.status, StatusCode::CREATED, "{}", session.body);
    let secret = ask("").await;
    site.db.clock().advance(Duration::from_secs(15 * 60));
    let late = site.form(As::Stranger, "/sign-in/with-link", &[("token", &secret)]).await;
    assert_eq!(late.status, StatusCode::GONE);
}

async fn nobody_learns_who_has_an_account(db: TestDb) {
    let peer = SmtpPeer::start().await;
    let site = Site::over(db, Some(&peer)).await;
    member_with_address(&site, &peer, "lilei", ADDRESS).await;
    let sent = peer.mails().len();
    later(&site);
    let same = |a: &Answer, b: &Answer| (a.status, &a.location, &a.body) == (b.status, &b.location, &b.body);
    for path in ["/password/forgot", "/sign-in/link"] {
        // As often as it takes to be slowed down.
        for _ in 0..8 {
            let known = site.form(As::Stranger, path, &[("address", ADDRESS)]).await;
            let unknown = site.form(As::Stranger, path, &[("address", "No.One@example.org")]).await;
            let blind = |a: &Answer| a.body.replace(ADDRESS, "").replace("No.One@example.org", "");
            assert_eq!(
                (known.status, &known.location, blind(&known)),
                (unknown.status, &unknown.location, blind(&unknown))
            );
        }
        site.work().await;
        // A day later the tries of this network are forgotten.
        site.db.clock().advance(Duration::from_secs(25 * 3600));
    }
    let body = |address: &str| json!({ "address": address });
    let known = site.api(As::Stranger, Method::POST, "/api/v1/password/forgot", body(ADDRESS)).await;
    let unknown = site.api(As::Stranger, Method::POST, "/api/v1/password/forgot", body("no@example.org")).await;
    assert!(known.status == StatusCode::ACCEPTED && same(&known, &unknown));
    site.work().await;
    let mails = peer.mails();
    assert!(mails.len() > sent && mails.iter().all(|m| m.to == ADDRESS), "only its reader got mail");
    assert!(mails.len() < sent + 16, "and not as much as somebody likes: {}", mails.len());
}

async fn a_mail_server_in_trouble_gets_the_mail_later_under_the_same_name(db: TestDb) {
    let peer = SmtpPeer::start().await;
    let site = Site::over(db, Some(&peer)).await;
    member_with_address(&site, &peer, "lilei", ADDRESS).await;
    let before = peer.mails().len();
    peer.refuse_next("451 come back later");
    site.form(As::Stranger, "/sign-in/link", &[("address", ADDRESS)]).await;
    site.work().await;
    assert_eq!(peer.mails().len(), before);
    later(&site);
    site.work().await;
    let secret = token(&peer.last(), ENTER);
    let entered = site.form(As::Stranger, "/sign-in/with-link", &[("token", &secret)]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    peer.refuse_next("550 no such reader");
    site.form(As::Stranger, "/sign-in/link", &[("address", ADDRESS)]).await;
    site.work().await;
    later(&site);
    assert_eq!(site.work().await, 0, "what was refused for good is not tried again");
    let said = site.db.store().number("SELECT COUNT(*) AS value FROM jobs WHERE error LIKE '%example.org%'", vec![]);
    assert_eq!(said.await.unwrap(), Some(0), "no address in the queue");
}

on_both_databases!(
    an_address_becomes_a_members_when_its_link_is_used_once,
    an_address_of_another_account_is_not_taken_over,
    a_new_password_is_set_by_a_link_and_ends_everything,
    a_link_signs_in_once_and_for_a_quarter_of_an_hour,
    nobody_learns_who_has_an_account,
    a_mail_server_in_trouble_gets_the_mail_later_under_the_same_name,
);

#[tokio::test]
async fn a_registered_address_is_asked_about_and_one_that_is_none_is_told() {
    let peer = SmtpPeer::start().await;
    let site = Site::over(TestDb::sqlite().await, Some(&peer)).await;
    let fields = |address| [("handle", "lilei"), ("password", PASSWORD), ("address", address)];
    let wrong = site.form(As::Stranger, "/register", &fields("li lei")).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("name@example.org"));
    let made = site.form(As::Stranger, "/register", &fields(ADDRESS)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    site.work().await;
    assert_eq!(peer.last().to, ADDRESS);
    let mail = site.api(As::Stranger, Method::GET, "/api/v1/me/email", Value::Null).await;
    assert_eq!(mail.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_a_mail_server_it_is_said_and_an_administrator_helps() {
    let site = Site::new().await;
    site.member("anna", Role::Administrator).await;
    let lilei = site.member("lilei", Role::Member).await;
    let me = site.browser("lilei").await;
    for (who, path) in [
        (As::Stranger, "/password/forgot"),
        (As::Stranger, "/sign-in/link"),
        (As::Browser(me.as_str()), "/settings/account"),
    ] {
        let page = site.get(who, path).await.body;
        assert!(page.contains("This site sends no mail") && !page.contains("name=\"address\""), "{path}: {page}");
    }
    assert!(!site.get(As::Stranger, "/register").await.body.contains("name=\"address\""));
    let asked = site.api(As::Stranger, Method::POST, "/api/v1/password/forgot", json!({ "address": ADDRESS })).await;
    assert!(asked.status == StatusCode::CONFLICT && asked.body.contains("one-time link"), "{}", asked.body);

    let admin = site.browser("anna").await;
    let path = format!("/admin/members/{lilei}/reset-link");
    assert!(site.get(As::Browser(&admin), &path).await.body.contains("@lilei"));
    let wrong = site.form(As::Browser(&admin), &path, &[("confirm", "wrong password")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("The password is wrong."));
    let made = site.form(As::Browser(&admin), &path, &[("confirm", PASSWORD)]).await.body;
    let secret = made.split(RESET).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("token", secret.as_str()), ("password", "another good one")];
    assert_eq!(site.form(As::Stranger, "/password/reset", &fields).await.location, "/sign-in?done=reset");
    assert_eq!(site.form(As::Stranger, "/password/reset", &fields).await.status, StatusCode::GONE);
    let token = site.token("anna").await;
    let path = "/api/v1/admin/members/lilei/reset-link";
    let made = site.api(As::Program(&token), Method::POST, path, json!({ "confirm": PASSWORD })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert!(made.json()["url"].as_str().unwrap().starts_with(RESET));
}
