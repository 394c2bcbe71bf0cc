//! Personal access tokens: made, shown once, used within their scopes, ended.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_store::Queries;
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Role;

use crate::site::{As, PASSWORD, Site};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn make(site: &Site, session: &str, scopes: &[&str], days: u32) -> Value {
    let body = json!({ "name": "script", "scopes": scopes, "days": days, "confirm": PASSWORD });
    let made = site.api(As::Program(session), Method::POST, "/api/v1/me/tokens", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()
}

fn secret(made: &Value) -> &str {
    made["secret"].as_str().unwrap()
}

async fn a_token_does_what_its_scopes_say_until_it_ends(db: TestDb) {
    let site = Site::over(db, None).await;
    site.member("lilei", Role::Member).await;
    let session = site.token("lilei").await;
    let made = make(&site, &session, &["read"], 30).await;
    let read = secret(&made);
    assert!(read.starts_with("xh_") && read.ends_with(made["hint"].as_str().unwrap()));
    let sql = "SELECT COUNT(*) AS value FROM accounts_token WHERE token_hash = $1 OR name = $1 OR hint = $1";
    assert_eq!(site.db.store().number(sql, vec![read.into()]).await.unwrap(), Some(0), "only a hash is kept");
    assert_eq!(site.get(As::Program(read), "/api/v1/me").await.json()["handle"], "lilei");
    let change = json!({ "name": "changed" });
    let refused = site.api(As::Program(read), Method::PATCH, "/api/v1/me", change.clone()).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.body.contains("lacks the scope write"));
    let made = make(&site, &session, &["write"], 30).await;
    let write = secret(&made);
    assert_eq!(site.api(As::Program(write), Method::PATCH, "/api/v1/me", change).await.status, StatusCode::OK);
    assert_eq!(site.get(As::Program(write), "/api/v1/me").await.status, StatusCode::FORBIDDEN);

    let list = site.get(As::Program(&session), "/api/v1/me/tokens").await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    assert!(list["items"][0]["used_at"].is_string() && list["items"][0].get("secret").is_none(), "{list}");
    let path = format!("/api/v1/me/tokens/{}", made["id"].as_str().unwrap());
    let other = site.member("mallory", Role::Member).await;
    assert!(site.accounts.end_token(other, made["id"].as_str().unwrap().parse().unwrap()).await.is_err());
    let ended = site.api(As::Program(&session), Method::DELETE, &path, Value::Null).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    let gone = site.get(As::Program(write), "/api/v1/me").await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.get(As::Program(read), "/api/v1/me").await.status, StatusCode::OK);
    site.db.clock().advance(30 * DAY);
    assert_eq!(site.get(As::Program(read), "/api/v1/me").await.status, StatusCode::UNAUTHORIZED, "it ran out");
}

async fn a_token_is_no_way_to_the_account_itself(db: TestDb) {
    let site = Site::over(db, None).await;
    site.member("anna", Role::Administrator).await;
    let lilei = site.member("lilei", Role::Member).await;
    let session = site.token("anna").await;
    let made = make(&site, &session, &["read", "write", "admin"], 1).await;
    let all = As::Program(secret(&made));
    let wish = json!({ "name": "more", "scopes": ["admin"], "days": 1, "confirm": PASSWORD });
    let new = json!({ "old": PASSWORD, "new": "another good one" });
    for (method, path, body) in [
        (Method::POST, "/api/v1/me/tokens", wish),
        (Method::POST, "/api/v1/me/password", new),
        (Method::DELETE, "/api/v1/me", json!({ "password": PASSWORD, "posts": "anonymous" })),
        (Method::GET, "/api/v1/me/sessions", Value::Null),
        (Method::DELETE, "/api/v1/me/sessions", Value::Null),
        (Method::DELETE, "/api/v1/session", Value::Null),
        (Method::POST, "/api/v1/me/factor", json!({ "confirm": PASSWORD })),
        (Method::POST, "/api/v1/admin/members/lilei/reset-link", json!({ "confirm": PASSWORD })),
    ] {
        let answer = site.api(all, method.clone(), path, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.body);
    }
    let role = json!({ "role": "moderator" });
    let path = "/api/v1/admin/members/lilei";
    assert_eq!(site.api(all, Method::PATCH, path, role.clone()).await.status, StatusCode::OK, "what it is for works");
    let made = make(&site, &session, &["read", "write"], 1).await;
    let answer = site.api(As::Program(secret(&made)), Method::PATCH, path, role).await;
    assert!(answer.status == StatusCode::FORBIDDEN && answer.body.contains("lacks the scope admin"));
    let cookie = format!("xinghe_session={}", secret(&made));
    assert_eq!(site.get(As::Browser(&cookie), "/settings").await.status, StatusCode::SEE_OTHER, "nor for a browser");

    let session = site.token("lilei").await;
    let made = make(&site, &session, &["read", "write", "admin"], 1).await;
    let answer = site.get(As::Program(secret(&made)), "/api/v1/admin/claims").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "a scope gives nobody a role");
    site.accounts.reset_password("lilei", "set by the administrator").await.unwrap();
    assert_eq!(site.get(As::Program(secret(&made)), "/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert!(site.accounts.tokens(lilei).await.unwrap().is_empty());
}

on_both_databases!(a_token_does_what_its_scopes_say_until_it_ends, a_token_is_no_way_to_the_account_itself);

#[tokio::test]
async fn tokens_are_made_and_ended_on_a_page() {
    let site = Site::new().await;
    site.member("lilei", Role::Member).await;
    let me = site.browser("lilei").await;
    let page = site.get(As::Browser(&me), "/settings/tokens").await.body;
    assert!(page.contains("value=\"read\"") && !page.contains("value=\"admin\""), "{page}");
    let empty = site.form(As::Browser(&me), "/settings/tokens", &[("days", "90")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("Choose at least one thing") && empty.body.contains("Give it a name"));
    let fields =
        [("name", "my script"), ("scopes", "read"), ("scopes", "write"), ("days", "30"), ("confirm", PASSWORD)];
    let wrong = [&fields[..4], &[("confirm", "wrong password")]].concat();
    assert!(site.form(As::Browser(&me), "/settings/tokens", &wrong).await.body.contains("The password is wrong."));
    let made = site.form(As::Browser(&me), "/settings/tokens", &fields).await.body;
    let secret = made.split("value=\"xh_").nth(1).unwrap().split('"').next().unwrap();
    let me_json = site.get(As::Program(&format!("xh_{secret}")), "/api/v1/me").await;
    assert_eq!(me_json.status, StatusCode::OK);
    let page = site.get(As::Browser(&me), "/settings/tokens").await.body;
    assert!(page.contains("my script") && !page.contains(secret), "shown once");
    let end = page.split("action=\"/settings/tokens/").nth(1).unwrap().split('"').next().unwrap();
    let ended = site.form(As::Browser(&me), &format!("/settings/tokens/{end}"), &[]).await;
    assert_eq!(ended.location, "/settings/tokens?done=ended");
    assert!(!site.get(As::Browser(&me), "/settings/tokens").await.body.contains("my script"));
}
