//! Every route of the API with a token of each kind: only what its scopes and its member's role say.

use http::{Method, StatusCode};
use xinghe_testkit::TestDb;
use xinghe_web::{Need, Scopes};

use super::nowhere;
use super::site::{Ask, Site, Who};

#[tokio::test]
async fn a_token_opens_what_its_scopes_say_and_nothing_else() {
    let site = Site::open(TestDb::sqlite().await).await;
    let routes: Vec<_> = site.shell.table.iter().filter(|r| r.path.starts_with("/api/")).cloned().collect();
    let (mut wrong, mut let_in, mut kept_out) = (Vec::new(), 0, 0);
    for who in [Who::Member, Who::Moderator, Who::Administrator] {
        for words in ["read", "write", "admin", "read write", "read admin", "write admin", "read write admin"] {
            let secret = site.access_token(who, words).await;
            let scopes = Scopes::parse(words);
            for route in routes.iter().filter(|r| r.need.allows(who.role()) && !r.stream) {
                // A refusal of the door, not of what is behind it: those say what they miss.
                let answer = site.ask_with(Some(&secret), Ask::new(route.method.clone(), nowhere(route.path))).await;
                let told = answer.status == StatusCode::FORBIDDEN && answer.text().contains("令牌");
                let expected = route.by_session || scopes.lacks(route).is_some();
                if told != expected {
                    wrong.push(format!("{} {} as {who:?} with {words}: {}", route.method, route.path, answer.status));
                }
                if told { kept_out += 1 } else { let_in += 1 }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(let_in > 200 && kept_out > 200, "{let_in}, {kept_out}");
}

/// A new route that an account is entered with, and that forgets to say so, shows here.
#[tokio::test]
async fn only_sessions_change_what_an_account_is_entered_with() {
    let site = Site::open(TestDb::sqlite().await).await;
    let own = ["password", "session", "sessions", "factor", "tokens", "email", "passkeys", "connections", "reset-link"];
    // An archive holds everything.
    let own = own.into_iter().chain(["export"]).collect::<Vec<_>>();
    for route in site.shell.table.iter().filter(|r| r.path.starts_with("/api/") && r.need != Need::Anyone) {
        let entrance = route.path.split('/').any(|part| own.contains(&part))
            || (route.path == "/api/v1/me" && route.method == Method::DELETE);
        assert_eq!(route.by_session, entrance, "{} {}", route.method, route.path);
    }
}
