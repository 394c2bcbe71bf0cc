//! The second factor: setting it up, signing in with it, recovery, stepping up.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_accounts::AccountError;
use xinghe_accounts::model::factor::code_now;
use xinghe_accounts::model::{Client, Leaving};
use xinghe_core::AuthorId;
use xinghe_store::Queries;
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Role;

use crate::site::{Answer, As, PASSWORD, Site};

/// Lets the next code come.
pub fn next_code(site: &Site, secret: &str) -> String {
    site.db.clock().advance(Duration::from_secs(30));
    code_now(secret, site.db.store().now())
}

/// The same for a member who has no password yet: one is set, used, and taken away behind the scenes.
pub async fn turn_on_without(site: &Site, member: AuthorId) -> (String, Vec<String>) {
    let sql =
        "UPDATE accounts_member SET password = (SELECT password FROM accounts_member WHERE id = $2) WHERE id = $1";
    let lender = site.member(&format!("lender{member}"), Role::Member).await;
    let mut unit = site.db.store().begin().await.unwrap();
    unit.execute(sql, vec![member.raw().into(), lender.raw().into()]).await.unwrap();
    unit.commit().await.unwrap();
    let on = turn_on(site, member).await;
    let mut unit = site.db.store().begin().await.unwrap();
    let sql = "UPDATE accounts_member SET password = NULL WHERE id = $1";
    unit.execute(sql, vec![member.raw().into()]).await.unwrap();
    unit.commit().await.unwrap();
    on
}

/// Turns a member's factor on; answers the secret and the recovery codes.
async fn turn_on(site: &Site, member: AuthorId) -> (String, Vec<String>) {
    site.accounts.begin_factor(member, PASSWORD).await.unwrap();
    let secret = site.accounts.factor_setup(member, "Xinghe").await.unwrap().secret;
    let codes = site.accounts.finish_factor(member, &next_code(site, &secret)).await.unwrap();
    (secret, codes)
}

/// Signs in with the password; answers what waits for a code, as a browser sends it back.
async fn half(site: &Site, handle: &str) -> String {
    let fields = [("handle", handle), ("password", PASSWORD), ("next", "/@lilei")];
    let answer = site.form(As::Stranger, "/sign-in", &fields).await;
    assert_eq!(answer.location, "/sign-in/code?next=%2F%40lilei", "{}", answer.body);
    answer.cookie.split(';').next().unwrap().to_owned()
}

async fn with_code(site: &Site, half: &str, code: &str) -> Answer {
    site.form(As::Browser(half), "/sign-in/code", &[("code", code), ("next", "/@lilei")]).await
}

async fn a_factor_is_set_up_asked_for_and_turned_off(db: TestDb) {
    let site = Site::over(db, None).await;
    let lilei = site.member("lilei", Role::Member).await;
    let me = site.browser("lilei").await;
    let begun = site.form(As::Browser(&me), "/settings/security/factor", &[("confirm", PASSWORD)]).await;
    assert_eq!(begun.location, "/settings/security/factor");
    let page = site.get(As::Browser(&me), "/settings/security/factor").await.body;
    let setup = site.accounts.factor_setup(lilei, "x").await.unwrap();
    assert!(page.contains("<svg class=\"qr\"") && page.contains(&setup.grouped()), "{page}");
    // Being set up, it is not asked for.
    site.browser("lilei").await;
    let wrong = site.form(As::Browser(&me), "/settings/security/factor/confirm", &[("code", "000000")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("The code is wrong"));
    let code = next_code(&site, &setup.secret);
    let done = site.form(As::Browser(&me), "/settings/security/factor/confirm", &[("code", &code)]).await;
    assert!(done.status == StatusCode::OK && done.body.contains("The second factor is on."), "{}", done.body);
    assert_eq!(done.body.matches("<li><code>").count(), 10);
    assert!(!site.get(As::Browser(&me), "/settings/security").await.body.contains("<li><code>"), "shown once");

    let waits = half(&site, "lilei").await;
    assert_eq!(site.get(As::Browser(&waits), "/settings").await.status, StatusCode::SEE_OTHER, "not signed in yet");
    assert!(site.get(As::Browser(&waits), "/sign-in/code").await.body.contains("one-time-code"));
    let replayed = with_code(&site, &waits, &code).await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY, "a code is taken once");
    let entered = with_code(&site, &waits, &next_code(&site, &setup.secret)).await;
    assert_eq!(entered.location, "/@lilei", "{}", entered.body);
    let late = with_code(&site, &waits, &next_code(&site, &setup.secret)).await;
    assert_eq!(late.location, "/sign-in", "what waited is over");

    let waits = half(&site, "lilei").await;
    site.db.clock().advance(Duration::from_secs(11 * 60));
    assert_eq!(with_code(&site, &waits, &next_code(&site, &setup.secret)).await.location, "/sign-in", "ten minutes");

    let off = site.form(As::Browser(&me), "/settings/security/off", &[("code", PASSWORD)]).await;
    assert_eq!(off.status, StatusCode::UNPROCESSABLE_ENTITY, "the password alone does not turn it off");
    let code = next_code(&site, &setup.secret);
    let off = site.form(As::Browser(&me), "/settings/security/off", &[("code", &code)]).await;
    assert_eq!(off.location, "/settings/security?done=off");
    site.browser("lilei").await;
}

async fn recovery_codes_work_once_each_and_new_ones_replace_them(db: TestDb) {
    let site = Site::over(db, None).await;
    let lilei = site.member("lilei", Role::Member).await;
    let (secret, codes) = turn_on(&site, lilei).await;
    let stored = site.db.store().number("SELECT COUNT(*) AS value FROM accounts_recovery", vec![]).await.unwrap();
    assert_eq!(stored, Some(10));
    let waits = half(&site, "lilei").await;
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(with_code(&site, &waits, &typed).await.location, "/@lilei");
    let waits = half(&site, "lilei").await;
    assert_eq!(with_code(&site, &waits, &codes[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.accounts.factor(lilei).await.unwrap().recovery_left, 9);
    let fresh = site.accounts.new_recovery_codes(lilei, &next_code(&site, &secret)).await.unwrap();
    let waits = half(&site, "lilei").await;
    assert_eq!(with_code(&site, &waits, &codes[1]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(with_code(&site, &waits, &fresh[1]).await.location, "/@lilei");
}

async fn codes_cannot_be_guessed_and_step_up_takes_them(db: TestDb) {
    let site = Site::over(db, None).await;
    let lilei = site.member("lilei", Role::Member).await;
    let (secret, _) = turn_on(&site, lilei).await;
    let waits = half(&site, "lilei").await;
    let mut slowed = 0;
    for n in 0..8 {
        // Another half each time does not begin the count anew.
        let waits = if n % 2 == 0 { waits.clone() } else { half(&site, "lilei").await };
        slowed += usize::from(with_code(&site, &waits, "000000").await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(slowed >= 2, "{slowed}");
    let right = with_code(&site, &waits, &code_now(&secret, site.db.store().now())).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "not even the right one, for a while");
    site.db.clock().advance(Duration::from_secs(16 * 60));

    // A code steps up in place of the password, once.
    let client = Client::default();
    let session = site.accounts.open_session(lilei, &client).await.unwrap();
    let code = next_code(&site, &secret);
    site.accounts.change_password(lilei, session.id, &code, "another good one").await.unwrap();
    let again = site.accounts.change_password(lilei, session.id, &code, "yet another one").await;
    assert!(matches!(again, Err(AccountError::Invalid(_))), "{again:?}");
    site.accounts.erase(lilei, &next_code(&site, &secret), Leaving::Anonymous).await.unwrap();
}

on_both_databases!(
    a_factor_is_set_up_asked_for_and_turned_off,
    recovery_codes_work_once_each_and_new_ones_replace_them,
    codes_cannot_be_guessed_and_step_up_takes_them,
);

#[tokio::test]
async fn programs_send_the_code_with_the_password() {
    let site = Site::new().await;
    site.member("lilei", Role::Member).await;
    let token = site.token("lilei").await;
    let me = As::Program(&token);
    let begun = site.api(me, Method::POST, "/api/v1/me/factor", json!({ "confirm": PASSWORD })).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert!(begun.json()["uri"].as_str().unwrap().contains(&secret));
    let body = json!({ "code": next_code(&site, &secret) });
    let on = site.api(me, Method::POST, "/api/v1/me/factor/confirm", body).await;
    assert_eq!(on.json()["recovery_codes"].as_array().map(Vec::len), Some(10), "{}", on.body);
    let state = site.api(me, Method::GET, "/api/v1/me/factor", Value::Null).await.json();
    assert!(state["on_since"].is_string() && state["recovery_codes_left"] == 10, "{state}");

    let sign_in = async |code: Option<String>| {
        let body = match code {
            Some(code) => json!({ "handle": "lilei", "password": PASSWORD, "code": code }),
            None => json!({ "handle": "lilei", "password": PASSWORD }),
        };
        site.api(As::Stranger, Method::POST, "/api/v1/session", body).await
    };
    let without = sign_in(None).await;
    assert!(without.status == StatusCode::UNPROCESSABLE_ENTITY && without.json()["errors"][0]["field"] == "code");
    assert_eq!(sign_in(Some("123".into())).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(Some(next_code(&site, &secret))).await.status, StatusCode::CREATED);
    let body = json!({ "code": next_code(&site, &secret) });
    let off = site.api(me, Method::DELETE, "/api/v1/me/factor", body).await;
    assert_eq!(off.status, StatusCode::NO_CONTENT, "{}", off.body);
}

#[tokio::test]
async fn an_administrator_helps_who_lost_everything() {
    let site = Site::new().await;
    site.member("anna", Role::Administrator).await;
    let lilei = site.member("lilei", Role::Member).await;
    turn_on(&site, lilei).await;
    let admin = site.browser("anna").await;
    let help = format!("/admin/members/{lilei}/reset-link");
    assert!(site.get(As::Browser(&admin), &help).await.body.contains("This member has a second factor"));
    let path = format!("/admin/members/{lilei}/factor-off");
    let wrong = site.form(As::Browser(&admin), &path, &[("confirm", "wrong password")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = site.form(As::Browser(&admin), &path, &[("confirm", PASSWORD)]).await;
    assert_eq!(done.location, format!("{help}?done=factor"), "{}", done.body);
    site.browser("lilei").await;
}
