//! Every route of the whole product, asked for by everybody: who is let in, how the others are turned away, and that
//! no request, however strange, breaks anything.

mod described;
mod eye;
mod garbage;
mod leaks;
mod messages;
mod moderation;
mod reactions;
mod scopes;
mod site;
mod trust;

use std::collections::BTreeSet;

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use site::{Answer, Ask, Site, Who};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::{Need, RouteInfo};

on_both_databases!(
    the_table_decides_who_is_let_in,
    what_belongs_to_one_member_is_safe_from_another,
    other_sites_cannot_act_for_a_member,
);

/// Whether a route is one of those that the description of the API describes.
fn is_api(route: &RouteInfo) -> bool {
    ["/api/", "/v1/"].iter().any(|folder| route.path.starts_with(folder))
}

/// Whether programs call a route: the API, and what speaks a protocol of its own over one address.
fn for_programs(route: &RouteInfo) -> bool {
    is_api(route) || route.path == "/mcp" || route.path.starts_with("/a2a")
}

/// The path with every parameter replaced by something that does not exist.
fn nowhere(path: &str) -> String {
    filled(path, |name| if name == "handle" { "nobody-here".to_owned() } else { "1".to_owned() })
}

/// The path with every parameter replaced by what `value` gives for its name.
fn filled(path: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').expect("a parameter ends");
        out += before;
        out += &value(name);
        rest = behind;
    }
    out + rest
}

/// Looks whether an answer turns somebody away, in the form that this route's callers understand.
fn check_refusal(route: &RouteInfo, who: Who, answer: &Answer) -> Result<(), String> {
    let stranger = who == Who::Stranger;
    match (is_api(route), stranger) {
        (true, _) => {
            let status = if stranger { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
            answer.is_problem(status)?;
            let asks = answer.header(header::WWW_AUTHENTICATE);
            if stranger && asks != "Bearer" { Err(format!("WWW-Authenticate is {asks:?}")) } else { Ok(()) }
        }
        (false, true) => {
            let to = answer.header(header::LOCATION);
            let sent = answer.status == StatusCode::SEE_OTHER && to.starts_with("/sign-in?next=");
            if sent { Ok(()) } else { Err(format!("{} to {to:?} instead of the way to sign in", answer.status)) }
        }
        (false, false) => answer.is_page(StatusCode::FORBIDDEN),
    }
}

/// Looks whether somebody got past the door: whatever then happened there is the handler's answer.
fn check_entrance(route: &RouteInfo, answer: &Answer) -> Result<(), String> {
    let to_sign_in = answer.header(header::LOCATION).starts_with("/sign-in?next=");
    let refused = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) || to_sign_in;
    if refused || answer.status.is_server_error() {
        return Err(format!("{} instead of being let in", answer.status));
    }
    if is_api(route) && answer.status.is_client_error() {
        return answer.is_problem(answer.status);
    }
    Ok(())
}

async fn the_table_decides_who_is_let_in(db: TestDb) {
    let site = Site::open(db).await;
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for route in &site.shell.table {
        seen.insert((is_api(route), route.need));
        for who in Who::ALL {
            let answer = site.ask(who, Ask::new(route.method.clone(), nowhere(route.path))).await;
            let checked = if route.need.allows(who.role()) {
                check_entrance(route, &answer)
            } else {
                check_refusal(route, who, &answer)
            };
            if let Err(why) = checked {
                wrong.push(format!("{} {} as {who:?}: {why}", route.method, route.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for door in [(true, Need::Anyone), (true, Need::Member), (true, Need::Administrator), (false, Need::Member)] {
        assert!(seen.contains(&door), "no route was of this kind: {door:?}");
    }
}

async fn what_belongs_to_one_member_is_safe_from_another(db: TestDb) {
    let site = Site::open(db).await;
    let write = |path: &str, body: Value| Ask::new(Method::POST, path).json(&body);
    let id = |answer: &Answer| answer.json()["id"].as_str().expect("an id").to_owned();
    let question = json!({ "kind": "question", "title": "所有权是什么", "body": "借用和移动有什么不同？" });
    let asked = site.ask(Who::Member, write("/api/v1/posts", question)).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text());
    let (post, tag) = (id(&asked), asked.header(header::ETAG).to_owned());
    let answers = format!("/api/v1/posts/{post}/answers");
    let answer = id(&site.ask(Who::Other, write(&answers, json!({ "body": "借用不取走所有权。" }))).await);
    let (one, accepted) = (format!("/api/v1/posts/{post}"), format!("/api/v1/questions/{post}/accepted"));
    let edit = || Ask::new(Method::PATCH, &one).json(&json!({ "title": "改" })).header(header::IF_MATCH, &tag);
    let form = |path: &str| Ask::new(Method::POST, format!("/posts/{post}/{path}")).form("");
    let refused = [
        edit(),
        Ask::new(Method::DELETE, &one),
        Ask::new(Method::PUT, &accepted).json(&json!({ "answer": answer })),
        Ask::new(Method::DELETE, &accepted),
        Ask::new(Method::GET, format!("/posts/{post}/edit")),
        form("delete"),
    ];
    for ask in refused {
        let said = format!("{} {}", ask.method, ask.path);
        let given = site.ask(Who::Other, ask).await;
        assert_eq!(given.status, StatusCode::FORBIDDEN, "{said}: {}", given.text());
    }
    let kept = site.ask(Who::Member, write("/api/v1/drafts", json!({ "title": "没写完", "body": "半句" }))).await;
    let draft = format!("/api/v1/drafts/{}", id(&kept));
    let own = |method: Method, what: &str, body: Value| {
        Ask::new(method, format!("{draft}{what}")).json(&body).header(header::IF_MATCH, "\"1\"")
    };
    let soon = json!({ "at": "2026-01-02T08:00:00Z" });
    for who in [Who::Other, Who::Moderator, Who::Administrator] {
        for ask in [
            own(Method::GET, "", json!({})),
            own(Method::PUT, "", json!({ "body": "别人的话" })),
            own(Method::DELETE, "", json!({})),
            own(Method::POST, "/publish", json!({})),
            own(Method::POST, "/restore", json!({})),
            own(Method::PUT, "/schedule", soon.clone()),
            own(Method::DELETE, "/schedule", json!({})),
        ] {
            let said = format!("{} {} as {who:?}", ask.method, ask.path);
            site.ask(who, ask).await.is_problem(StatusCode::NOT_FOUND).expect(&said);
        }
    }
    let still = site.ask(Who::Member, own(Method::GET, "", json!({}))).await.json();
    assert_eq!((&still["body"], &still["version"]), (&json!("半句"), &json!(1)), "a draft is its member's alone");
    let session = site.ask(Who::Member, Ask::new(Method::GET, "/api/v1/me/sessions")).await.json();
    let session = session["items"][0]["id"].as_str().expect("a session").to_owned();
    let end = || Ask::new(Method::DELETE, format!("/api/v1/me/sessions/{session}"));
    for who in [Who::Other, Who::Moderator, Who::Administrator] {
        site.ask(who, end()).await.is_problem(StatusCode::NOT_FOUND).expect("a session is its member's alone");
    }
    assert_eq!(site.ask(Who::Member, end()).await.status, StatusCode::NO_CONTENT);

    assert_eq!(site.ask(Who::Stranger, Ask::new(Method::GET, &one)).await.status, StatusCode::OK, "nothing changed");
    assert_eq!(site.ask(Who::Member, edit()).await.status, StatusCode::OK, "its author may");
    let accept = Ask::new(Method::PUT, &accepted).json(&json!({ "answer": answer }));
    assert_eq!(site.ask(Who::Member, accept).await.status, StatusCode::NO_CONTENT);
    for who in [Who::Moderator, Who::Administrator] {
        let deleted = site.ask(who, Ask::new(Method::DELETE, &one)).await;
        deleted.is_problem(StatusCode::FORBIDDEN).expect("moderators take away by their measures");
    }
    assert_eq!(site.ask(Who::Member, Ask::new(Method::DELETE, &one)).await.status, StatusCode::NO_CONTENT);
    let restore = || Ask::new(Method::POST, format!("{one}/restore"));
    assert_eq!(site.ask(Who::Other, restore()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.ask(Who::Member, restore()).await.status, StatusCode::OK);
}

async fn other_sites_cannot_act_for_a_member(db: TestDb) {
    let site = Site::open(db).await;
    let before = site.events().await;
    let (mut wrong, mut walked) = (Vec::new(), 0);
    for route in site.shell.table.iter().filter(|r| !r.method.is_safe()) {
        for (name, value) in
            [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("", "")]
        {
            walked += 1;
            let mut ask = Ask::new(route.method.clone(), nowhere(route.path)).by_cookie();
            ask.from_here = false;
            if !name.is_empty() {
                ask = ask.header(name.parse::<http::HeaderName>().expect("a header"), value);
            }
            let answer = site.ask(Who::Administrator, ask).await;
            let checked = if for_programs(route) {
                answer.is_problem(StatusCode::FORBIDDEN)
            } else {
                answer.is_page(StatusCode::FORBIDDEN)
            };
            if let Err(why) = checked {
                wrong.push(format!("{} {} with {name}: {value}: {why}", route.method, route.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(walked > 100, "{walked}");
    assert_eq!(site.events().await, before, "nothing was changed");
}

/// A new route that forgets its door shows here.
#[tokio::test]
async fn only_these_can_be_changed_by_strangers() {
    let site = Site::open(TestDb::sqlite().await).await;
    let table = &site.shell.table;
    let mut open: Vec<String> = table
        .iter()
        .filter(|r| !r.method.is_safe() && r.need == Need::Anyone)
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    open.sort_unstable();
    let known = [
        "POST /a2a",
        "POST /a2a/{handle}",
        "POST /answers/rating",
        "POST /api/v1/ask",
        "POST /api/v1/email/verify",
        "POST /api/v1/members",
        "POST /api/v1/password/forgot",
        "POST /api/v1/password/reset",
        "POST /api/v1/session",
        "POST /api/v1/session/from-link",
        "POST /api/v1/session/link",
        "POST /ask",
        "POST /email/verify",
        "POST /mcp",
        "POST /password/forgot",
        "POST /password/reset",
        "POST /preferences",
        "POST /register",
        "POST /register/with",
        "POST /setup",
        "POST /sign-in",
        "POST /sign-in/code",
        "POST /sign-in/link",
        "POST /sign-in/with-link",
        "POST /sign-out",
        "POST /v1/chat/completions",
        "PUT /api/v1/answers/{id}/rating",
    ];
    assert_eq!(open, known);
    let administration = |r: &&RouteInfo| r.path.split('/').any(|part| part == "admin");
    let ajar: Vec<_> = table.iter().filter(administration).filter(|r| r.need < Need::Moderator).collect();
    assert!(ajar.is_empty(), "{ajar:?}");
}

#[tokio::test]
async fn the_description_of_the_api_is_the_api() {
    let site = Site::open(TestDb::sqlite().await).await;
    let described = site.ask(Who::Stranger, Ask::new(Method::GET, "/api/v1/openapi.json")).await.json();
    let mut documented = BTreeSet::new();
    for (path, item) in described["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let routed: BTreeSet<String> = site
        .shell
        .table
        .iter()
        .filter(|r| is_api(r) && r.path != "/api/v1/openapi.json")
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    let missing: Vec<_> = routed.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&routed).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not described: {missing:?}; no such route: {invented:?}");
    assert!(routed.len() > 30, "{}", routed.len());
}
