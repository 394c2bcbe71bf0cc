//! Signing in by an account at another site, and all that could go wrong there.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_accounts::SiteKind;
use xinghe_core::{AuthorId, Event, WayIn};
use xinghe_store::Queries;
use xinghe_testkit::{SmtpPeer, TestDb, on_both_databases};
use xinghe_web::Role;

use crate::peer::{Peer, Says, Wrong};
use crate::site::{Answer, As, PASSWORD, Site};

/// A person at the other site.
fn somebody() -> Says {
    Says {
        subject: "4711".into(),
        handle: "Li-Lei".into(),
        name: "李雷".into(),
        email: "lilei@example.org".into(),
        verified: true,
        ..Says::default()
    }
}

pub async fn with_peer(db: TestDb, kind: SiteKind) -> (Site, Arc<Peer>) {
    let peer = Peer::start(somebody()).await;
    let site = Site::beside(db, None, vec![peer.settings("acme", kind)]).await;
    let now = site.db.store().now().as_millis() / 1000;
    peer.say(|s| s.now = now);
    (site, peer)
}

fn cookie(answer: &Answer) -> String {
    answer.cookie.split(';').next().unwrap().to_owned()
}

/// Away to the site; answers the cookie and where the browser would be.
async fn away(site: &Site, next: &str) -> (String, String) {
    let gone = site.get(As::Stranger, &format!("/sign-in/with/acme?next={next}")).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
    assert!(gone.cookie.contains("HttpOnly; SameSite=Lax"), "{}", gone.cookie);
    (cookie(&gone), gone.location)
}

async fn back(site: &Site, cookies: &str, state: &str, code: &str) -> Answer {
    site.get(As::Browser(cookies), &format!("/sign-in/with/acme/back?state={state}&code={code}")).await
}

/// Away, agreed there, and back.
async fn round(site: &Site, peer: &Peer, next: &str) -> Answer {
    let (cookies, location) = away(site, next).await;
    let (state, code) = peer.agree(&location);
    back(site, &cookies, &state, &code).await
}

/// A new member by the other site; answers the session's cookie.
pub async fn join(site: &Site, peer: &Peer, handle: &str) -> String {
    let came = round(site, peer, "/").await;
    assert_eq!(came.location, "/register/with", "{}", came.body);
    let made = site.form(As::Browser(&cookie(&came)), "/register/with", &[("handle", handle), ("name", "")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    made.session()
}

async fn count(site: &Site, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) AS value FROM {table}");
    site.db.store().number(&sql, vec![]).await.unwrap().unwrap()
}

async fn a_new_member_chooses_a_handle_and_comes_again(db: TestDb) {
    let (site, peer) = with_peer(db, SiteKind::Oidc).await;
    let entrance = site.get(As::Stranger, "/sign-in?next=/@lilei").await.body;
    assert!(
        entrance.contains("href=\"/sign-in/with/acme?next=/%40lilei\"") && entrance.contains(">Acme</a>"),
        "{entrance}"
    );
    let came = round(&site, &peer, "/members").await;
    assert_eq!(came.location, "/register/with", "{}", came.body);
    let arrived = cookie(&came);
    let page = site.get(As::Browser(&arrived), "/register/with").await.body;
    assert!(page.contains("value=\"li-lei\"") && page.contains("value=\"李雷\"") && page.contains("lilei@example.org"));
    let wrong = site.form(As::Browser(&arrived), "/register/with", &[("handle", "root"), ("name", "李雷")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
    let fields = [("handle", "lilei"), ("name", "李雷")];
    let made = site.form(As::Browser(&arrived), "/register/with", &fields).await;
    assert_eq!(made.location, "/members", "{}", made.body);
    let first = made.session();
    assert!(site.get(As::Browser(&first), "/@lilei").await.body.contains("Edit profile"));
    let again = site.form(As::Browser(&arrived), "/register/with", &fields).await;
    assert_eq!(again.location, "/sign-in", "the token works once");

    // What the site verified is the member's address, and the same account there is the same member.
    let lilei = site.accounts.author("lilei").await.unwrap().unwrap().card.id;
    assert_eq!(site.accounts.email(lilei).await.unwrap().address.as_deref(), Some("lilei@example.org"));
    peer.say(|s| s.handle = "renamed".into());
    let second = round(&site, &peer, "/@lilei").await;
    assert_eq!(second.location, "/@lilei", "{}", second.body);
    assert_ne!(second.session(), first, "each sign-in has a session of its own");
    assert_eq!(site.accounts.connections(lilei).await.unwrap()[0].shown, "renamed");
    for (table, rows) in [("accounts_errand", 0), ("accounts_arrival", 0), ("accounts_connection", 1)] {
        assert_eq!(count(&site, table).await, rows, "{table}");
    }
    let elsewhere = round(&site, &peer, "//evil.example").await;
    assert_eq!(elsewhere.location, "/", "nowhere but here");
}

async fn what_is_not_as_it_must_be_signs_nobody_in(db: TestDb) {
    let (site, peer) = with_peer(db, SiteKind::Oidc).await;
    join(&site, &peer, "lilei").await;
    let sessions = count(&site, "accounts_session").await;
    for wrong in [
        Wrong::Nonce,
        Wrong::NoNonce,
        Wrong::Audience,
        Wrong::OtherAudience,
        Wrong::Issuer,
        Wrong::Expired,
        Wrong::Future,
        Wrong::AlgNone,
        Wrong::AlgSecret,
        Wrong::OtherKey,
        Wrong::AccessToken,
    ] {
        peer.say(|s| s.wrong = wrong);
        let answer = round(&site, &peer, "/").await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{wrong:?}: {}", answer.body);
        assert!(answer.body.contains("did not say who you are") && !answer.cookie.contains("session"), "{wrong:?}");
    }
    assert_eq!(count(&site, "accounts_session").await, sessions);
    assert_eq!(count(&site, "accounts_arrival").await, 0);
    peer.say(|s| s.wrong = Wrong::Nothing);
    assert_eq!(round(&site, &peer, "/").await.location, "/");
}

async fn a_state_works_once_and_in_its_browser_only(db: TestDb) {
    let (site, peer) = with_peer(db, SiteKind::Oidc).await;
    join(&site, &peer, "lilei").await;
    let (cookies, location) = away(&site, "/").await;
    let (state, code) = peer.agree(&location);
    let lost = async |cookies: &str, state: &str, code: &str, why: &str| {
        let answer = back(&site, cookies, state, code).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{why}: {}", answer.body);
        assert!(answer.body.contains("Start over"), "{why}: {}", answer.body);
    };
    // Somebody else's browser is sent back with one's own code: it would be signed in as somebody it is not.
    let (other, _) = away(&site, "/").await;
    lost(&other, &state, &code, "another browser").await;
    lost("", &state, &code, "no browser").await;
    lost(&cookies, "guessed", &code, "another state").await;
    let wrong_issuer = format!("/sign-in/with/acme/back?state={state}&code={code}&iss=https://evil.example");
    let (third, location) = away(&site, "/").await;
    let (third_state, third_code) = peer.agree(&location);
    let mixed = wrong_issuer.replace(&state, &third_state).replace(&code, &third_code);
    assert_eq!(site.get(As::Browser(&third), &mixed).await.status, StatusCode::CONFLICT, "another issuer");
    let right = back(&site, &cookies, &state, &code).await;
    assert_eq!(right.location, "/", "{}", right.body);
    let (_, fresh) = peer.agree(&location);
    lost(&cookies, &state, &fresh, "replayed").await;
    let (late, location) = away(&site, "/").await;
    let (state, code) = peer.agree(&location);
    site.db.clock().advance(Duration::from_secs(16 * 60));
    lost(&late, &state, &code, "too late").await;
}

async fn an_address_takes_no_account_over(db: TestDb) {
    let (site, peer) = with_peer(db, SiteKind::Oidc).await;
    // The victim has the address here.
    let victim = join(&site, &peer, "victim").await;
    let id = site.accounts.author("victim").await.unwrap().unwrap().card.id;
    for (verified, subject) in [(false, "666"), (true, "667")] {
        peer.say(|s| (s.verified, s.subject, s.handle) = (verified, subject.into(), "mallory".into()));
        let came = round(&site, &peer, "/").await;
        if verified {
            assert_eq!(came.status, StatusCode::CONFLICT);
            assert!(came.body.contains("A member here has the email address"), "{}", came.body);
            assert!(!came.cookie.contains("xinghe_arrived"), "{}", came.cookie);
        } else {
            // What the other site did not verify is as if it had not been said.
            assert_eq!(came.location, "/register/with");
            let page = site.get(As::Browser(&cookie(&came)), "/register/with").await.body;
            assert!(!page.contains("lilei@example.org"), "{page}");
            let fields = [("handle", "mallory"), ("name", "")];
            let made = site.form(As::Browser(&cookie(&came)), "/register/with", &fields).await;
            let me = site.get(As::Browser(&made.session()), "/api/v1/me/email").await.json();
            assert_eq!(me["address"], Value::Null, "{me}");
        }
    }
    assert_eq!(site.accounts.connections(id).await.unwrap().len(), 1);
    // The owner of the address signs in first, and connects.
    let session = site.accounts.sessions(id).await.unwrap()[0].id;
    site.accounts.first_password(id, session, PASSWORD).await.unwrap();
    connect(&site, &peer, &victim, StatusCode::OK).await;
    assert_eq!(round(&site, &peer, "/@victim").await.location, "/@victim");
}

/// Connects the account that the peer speaks of.
pub async fn connect(site: &Site, peer: &Peer, session: &str, status: StatusCode) -> Answer {
    let fields = [("confirm", PASSWORD), ("site", "acme")];
    let go = site.form(As::Browser(session), "/settings/connections", &fields).await;
    assert_eq!(go.status, status, "{}", go.body);
    let href = go.body.split("class=\"btn main\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let (state, code) = peer.agree(&href.replace("&#38;", "&").replace("&amp;", "&"));
    back(site, &format!("{}; {session}", cookie(&go)), &state, &code).await
}

async fn accounts_are_connected_and_taken_away_but_not_the_last_way_in(db: TestDb) {
    let (site, peer) = with_peer(db, SiteKind::Oidc).await;
    let anna = site.member("anna", Role::Member).await;
    let me = site.browser("anna").await;
    let wrong = [("confirm", "wrong password"), ("site", "acme")];
    let refused = site.form(As::Browser(&me), "/settings/connections", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the password is asked again");
    let done = connect(&site, &peer, &me, StatusCode::OK).await;
    assert_eq!(done.location, "/settings/connections?done=connected", "{}", done.body);
    let page = site.get(As::Browser(&me), "/settings/connections").await.body;
    assert!(page.contains("<b>Acme</b> Li-Lei") && page.contains("Disconnect Acme"), "{page}");
    assert!(page.contains("Connected on "), "{page}");
    assert_eq!(round(&site, &peer, "/@anna").await.location, "/@anna");

    // Somebody else cannot have the same account, nor finish what another began.
    site.member("bob", Role::Member).await;
    let bob = site.browser("bob").await;
    let taken = connect(&site, &peer, &bob, StatusCode::OK).await;
    assert!(taken.status == StatusCode::CONFLICT && taken.body.contains("connected to another member"));
    peer.say(|s| s.subject = "4712".into());
    let fields = [("confirm", PASSWORD), ("site", "acme")];
    let go = site.form(As::Browser(&bob), "/settings/connections", &fields).await;
    let href = go.body.split("class=\"btn main\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let (state, code) = peer.agree(&href.replace("&#38;", "&").replace("&amp;", "&"));
    let as_anna = back(&site, &format!("{}; {me}", cookie(&go)), &state, &code).await;
    assert_eq!(as_anna.status, StatusCode::CONFLICT, "{}", as_anna.body);

    let token = site.token("anna").await;
    let mine = site.api(As::Program(&token), Method::GET, "/api/v1/me/connections", Value::Null).await.json();
    assert_eq!((&mine["items"][0]["site"], &mine["items"][0]["works"]), (&json!("Acme"), &json!(true)), "{mine}");
    let path = format!("/api/v1/me/connections/{}", mine["items"][0]["id"].as_str().unwrap());
    let bobs = site.token("bob").await;
    let body = json!({ "confirm": PASSWORD });
    let foreign = site.api(As::Program(&bobs), Method::DELETE, &path, body.clone()).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let gone = site.api(As::Program(&token), Method::DELETE, &path, body).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "with a password there is another way in");
    assert!(site.accounts.connections(anna).await.unwrap().is_empty());

    // Whoever came from there has no other way, until there is a password.
    peer.say(|s| (s.subject, s.email) = ("4713".into(), "carol@example.org".into()));
    let carol = join(&site, &peer, "carol").await;
    let id = site.accounts.author("carol").await.unwrap().unwrap().card.id;
    let connection = site.accounts.connections(id).await.unwrap()[0].id;
    let end = format!("/settings/connections/{connection}/end");
    let none = site.form(As::Browser(&carol), &end, &[("confirm", "anything at all")]).await;
    assert!(none.body.contains("You have no password yet"), "{}", none.body);
    let (secret, _) = crate::factor::turn_on_without(&site, id).await;
    let last = site.form(As::Browser(&carol), &end, &[("confirm", &crate::factor::next_code(&site, &secret))]).await;
    assert_eq!(last.status, StatusCode::CONFLICT, "{}", last.body);
    assert_eq!(site.accounts.connections(id).await.unwrap().len(), 1, "the last way in stays");
}

async fn whoever_reads_the_mail_is_told_of_a_new_way_in(db: TestDb) {
    let (mails, peer) = (SmtpPeer::start().await, Peer::start(somebody()).await);
    let site = Site::beside(db, Some(&mails), vec![peer.settings("acme", SiteKind::Oidc)]).await;
    let now = site.db.store().now().as_millis() / 1000;
    peer.say(|s| s.now = now);
    let me = join(&site, &peer, "lilei").await;
    let id = site.accounts.author("lilei").await.unwrap().unwrap().card.id;
    let session = site.accounts.sessions(id).await.unwrap()[0].id;
    site.accounts.first_password(id, session, PASSWORD).await.unwrap();
    assert_eq!(site.work().await, 0, "the account came with this way in");
    peer.say(|s| s.subject = "another".into());
    assert_eq!(connect(&site, &peer, &me, StatusCode::OK).await.location, "/settings/connections?done=connected");
    site.work().await;
    let mail = mails.last();
    assert_eq!(mail.to, "lilei@example.org");
    assert!(mail.text.contains("An account at another site was connected to @lilei"), "{}", mail.text);
    assert!(mail.text.contains("If it was not you") && !mail.text.contains("token="), "{}", mail.text);
    let told = site.db.events().await.into_iter().filter(|r| matches!(r.event, Event::WayInAdded { .. }));
    assert_eq!(
        told.map(|r| r.event).collect::<Vec<_>>(),
        [Event::WayInAdded { member: id, way: WayIn::Site }],
        "once, though the same account may be connected again"
    );
    connect(&site, &peer, &me, StatusCode::OK).await;
    assert_eq!(site.work().await, 0, "nothing new");
}

async fn a_first_password_needs_a_fresh_session(db: TestDb) {
    let (site, peer) = with_peer(db, SiteKind::Oidc).await;
    let me = join(&site, &peer, "lilei").await;
    let page = site.get(As::Browser(&me), "/settings/account").await.body;
    assert!(page.contains("Set a password") && !page.contains("Current password"), "{page}");
    site.db.clock().advance(Duration::from_secs(16 * 60));
    let set =
        async |session: &str| site.form(As::Browser(session), "/settings/password/first", &[("new", PASSWORD)]).await;
    let late = set(&me).await;
    assert!(late.status == StatusCode::CONFLICT && late.body.contains("sign in again"), "{}", late.body);
    peer.say(|s| s.now += 16 * 60);
    let fresh = round(&site, &peer, "/").await.session();
    assert_eq!(set(&fresh).await.location, "/settings/account?done=first-password");
    assert_eq!(set(&fresh).await.status, StatusCode::CONFLICT, "only the first");
    assert_eq!(site.get(As::Browser(&me), "/settings").await.status, StatusCode::SEE_OTHER, "other sessions ended");
    site.browser("lilei").await;
}

on_both_databases!(
    a_new_member_chooses_a_handle_and_comes_again,
    what_is_not_as_it_must_be_signs_nobody_in,
    a_state_works_once_and_in_its_browser_only,
    an_address_takes_no_account_over,
    accounts_are_connected_and_taken_away_but_not_the_last_way_in,
    whoever_reads_the_mail_is_told_of_a_new_way_in,
    a_first_password_needs_a_fresh_session,
);

#[tokio::test]
async fn code_hosts_tell_who_somebody_is_by_their_own_api() {
    for kind in [SiteKind::GitHub, SiteKind::Gitee, SiteKind::Forgejo, SiteKind::GitLab] {
        for verified in [true, false] {
            let (site, peer) = with_peer(TestDb::sqlite().await, kind).await;
            peer.say(|s| s.verified = verified);
            let session = join(&site, &peer, "lilei").await;
            let email = site.get(As::Browser(&session), "/api/v1/me/email").await.json();
            let wanted = if verified { json!("lilei@example.org") } else { Value::Null };
            assert_eq!(email["address"], wanted, "{kind:?}");
            let id: AuthorId = site.accounts.author("lilei").await.unwrap().unwrap().card.id;
            let there = site.accounts.connections(id).await.unwrap().remove(0);
            let page = format!("{}/li-lei", peer.url.replace("http:", "https:"));
            assert_eq!((there.shown.as_str(), there.page), ("Li-Lei", Some(page)), "{kind:?}");
            assert_eq!(round(&site, &peer, "/@lilei").await.location, "/@lilei", "{kind:?}");
        }
    }
}

#[tokio::test]
async fn what_the_token_leaves_out_is_asked_about_the_same_person() {
    let (site, peer) = with_peer(TestDb::sqlite().await, SiteKind::Oidc).await;
    peer.say(|s| s.only_asked = true);
    let came = round(&site, &peer, "/").await;
    let page = site.get(As::Browser(&cookie(&came)), "/register/with").await.body;
    assert!(page.contains("value=\"li-lei\"") && page.contains("lilei@example.org"), "{page}");
    peer.say(|s| (s.wrong, s.subject) = (Wrong::OtherPerson, "1".into()));
    let came = round(&site, &peer, "/").await;
    let page = site.get(As::Browser(&cookie(&came)), "/register/with").await.body;
    assert!(!page.contains("value=\"li-lei\"") && !page.contains("lilei@example.org"), "another person's: {page}");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_all_the_same_and_disabled_accounts_stay_out() {
    let (site, peer) = with_peer(TestDb::sqlite().await, SiteKind::Oidc).await;
    join(&site, &peer, "lilei").await;
    let id = site.accounts.author("lilei").await.unwrap().unwrap().card.id;
    crate::factor::turn_on_without(&site, id).await;
    let now = site.db.store().now().as_millis() / 1000;
    peer.say(|s| s.now = now);
    let half = round(&site, &peer, "/@lilei").await;
    assert_eq!(half.location, "/sign-in/code?next=%2F%40lilei", "{}", half.body);
    site.accounts.set_standing(None, id, xinghe_accounts::model::Standing::Disabled).await.unwrap();
    let out = round(&site, &peer, "/").await;
    assert!(out.status == StatusCode::CONFLICT && out.body.contains("account is disabled"), "{}", out.body);
}

#[tokio::test]
async fn a_site_that_is_down_is_named_and_others_are_unknown() {
    let peer = Peer::start(somebody()).await;
    let mut settings = peer.settings("acme", SiteKind::Oidc);
    settings.address = "http://127.0.0.1:1".parse().unwrap();
    let site = Site::beside(TestDb::sqlite().await, None, vec![settings]).await;
    let down = site.get(As::Stranger, "/sign-in/with/acme").await;
    assert!(down.status == StatusCode::CONFLICT && down.body.contains("Acme could not be reached"), "{}", down.body);
    assert_eq!(site.get(As::Stranger, "/sign-in/with/other").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(As::Stranger, "/register/with").await.location, "/sign-in");
}
