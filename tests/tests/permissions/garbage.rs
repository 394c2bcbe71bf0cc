//! Whatever is sent to whatever route: nothing breaks, and the API says in its own form what was wrong.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::{RateClass, RouteInfo};

use super::site::{Answer, Ask, PASSWORD, Site, Who, encoded};
use super::{filled, is_api};

on_both_databases!(strange_paths, strange_queries, strange_bodies, strange_fields_of_the_api, strange_fields_of_forms);

/// What stands where an id, a name or a tag should, as it is written in an address.
const NAMES: &[&str] = &[
    "0",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "x",
    "1-%E6%98%9F",
    "%00",
    "a%00b",
    "%E6%98%9F%E6%B2%B3",
    "%F0%9F%98%80%C2%AD",
    "%FF%FE",
    "..%2F..%2Fetc%2Fpasswd",
    "'%20OR%20'1'='1",
    "%3Cscript%3E",
    "%",
];

/// What stands in a field that should hold something else.
fn words() -> Vec<String> {
    let few = [
        "",
        "\u{0}",
        "a\u{0}b",
        "\u{202e}\u{feff}\u{ad}",
        "-1",
        "9223372036854775808",
        "'; --",
        "{{",
        "[[x](",
        "*\" ~9 [ TO",
    ];
    few.into_iter().map(str::to_owned).chain(["𝄞".repeat(20_000), "> ".repeat(3_000), "[".repeat(3_000)]).collect()
}

/// A value for a field that its reader can take, so that only the strange one is strange.
fn sensible(field: &str, real: &str) -> Value {
    json!(match field {
        "kind" => "article",
        "body" | "about_en" | "about_zh_hans" | "about_zh_hant" => "正文。",
        "answer" | "revision" | "id" | "member" | "session" => real,
        "language" | "lang" => "en",
        "handle" | "twin" | "author" => "member1",
        "password" | "old" | "new" => PASSWORD,
        "question" | "q" => "所有权是什么？",
        "role" => "member",
        "standing" => "active",
        "provenance" => "human",
        "decision" => "accept",
        "do" => "keep",
        "theme" => "light",
        "next" => "/",
        "source_url" | "original_url" | "link_url" | "url" => "https://example.org/",
        _ => "词",
    })
}

/// Asks, as somebody who may do everything, and notes what broke.
async fn walk(site: &Site, asks: Vec<(&RouteInfo, Ask)>) {
    let (mut wrong, count) = (Vec::new(), asks.len());
    for (route, ask) in asks {
        let said = format!("{} {} {} {:?}", ask.method, ask.path, ask.kind, ask.beginning());
        if route.limit == RateClass::SignIn {
            // Wrong passwords bring pauses.
            site.advance(Duration::from_secs(7_200));
        }
        let answer = site.ask(Who::Administrator, ask).await;
        if let Err(why) = unbroken(route, &answer) {
            wrong.push(format!("{said}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

fn unbroken(route: &RouteInfo, answer: &Answer) -> Result<(), String> {
    match answer.status {
        // The embedder's own door, on a site that has none.
        s if s == StatusCode::SERVICE_UNAVAILABLE && route.path == "/v1/embeddings" => answer.is_problem(s),
        s if s.is_server_error() => Err(s.to_string()),
        s if s == StatusCode::TOO_MANY_REQUESTS => Err("nobody looked at it".to_owned()),
        s if s.is_client_error() && is_api(route) => answer.is_problem(s),
        _ => Ok(()),
    }
}

/// An article of the administrator's; its id.
async fn article(site: &Site) -> String {
    let body = json!({ "title": "星河", "body": "正文。" });
    let made = site.ask(Who::Administrator, Ask::new(Method::POST, "/api/v1/posts").json(&body)).await.json();
    made["id"].as_str().expect("an id").to_owned()
}

fn existing(path: &str, real: &str) -> String {
    filled(path, |name| if name == "handle" { "member1".to_owned() } else { real.to_owned() })
}

async fn strange_paths(db: TestDb) {
    let site = Site::open(db).await;
    let mut asks = Vec::new();
    let long = encoded(&"长".repeat(3_000));
    for route in site.shell.table.iter().filter(|r| r.path.contains('{')) {
        for name in NAMES.iter().copied().chain([long.as_str()]) {
            asks.push((
                route,
                Ask::new(route.method.clone(), filled(route.path, |_| name.to_owned())).json(&json!({})),
            ));
        }
    }
    walk(&site, asks).await;
}

async fn strange_queries(db: TestDb) {
    let site = Site::open(db).await;
    let real = article(&site).await;
    let fields = [
        "q", "tag", "author", "lang", "language", "kind", "cursor", "before", "after", "limit", "page", "key", "next",
        "token", "id", "answer", "who", "tab", "state", "twin", "undo", "folder", "draft", "post",
    ];
    let mut asks = Vec::new();
    for route in site.shell.table.iter().filter(|r| r.method == Method::GET) {
        let path = existing(route.path, &real);
        for field in fields {
            for value in ["a%00b", "9223372036854775808", "%FF%22*%20~9%20%5B%20TO"] {
                asks.push((route, Ask::new(Method::GET, format!("{path}?{field}={value}"))));
            }
        }
        asks.push((route, Ask::new(Method::GET, format!("{path}?a&&==&%"))));
    }
    walk(&site, asks).await;
}

async fn strange_bodies(db: TestDb) {
    let site = Site::open(db).await;
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        (json, b"".to_vec()),
        (json, b"{".to_vec()),
        (json, b"[]".to_vec()),
        (json, b"null".to_vec()),
        (json, b"\"\\ud800\"".to_vec()),
        (json, b"{\"title\":\"\xff\"}".to_vec()),
        (json, "[".repeat(20_000).into_bytes()),
        (form, b"%".to_vec()),
        (form, b"title=%FF&body=%FE".to_vec()),
        (form, b"a=1&a=2&title=&title=".to_vec()),
        ("multipart/form-data; boundary=x", b"--x\r\ngarbage".to_vec()),
        ("multipart/form-data", b"--x".to_vec()),
        ("application/octet-stream", vec![0, 159, 146, 150]),
        ("nonsense", b"\0".to_vec()),
        ("", b"x".to_vec()),
    ];
    let mut asks = Vec::new();
    for route in site.shell.table.iter().filter(|r| !r.method.is_safe()) {
        let real = article(&site).await;
        for (kind, body) in &bodies {
            asks.push((route, Ask::new(route.method.clone(), existing(route.path, &real)).body(kind, body.clone())));
        }
    }
    walk(&site, asks).await;
}

/// A value of the type that a schema asks for, with `word` where it is a text.
fn of_type(schema: &Value, word: &str) -> Value {
    let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    match types.iter().find_map(Value::as_str) {
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(1),
        Some("array") => json!([word]),
        _ => json!(word),
    }
}

/// The fields that the body of an operation may have, with what each is.
fn fields_of(described: &Value, route: &RouteInfo) -> Map<String, Value> {
    let operation = &described["paths"][route.path][route.method.as_str().to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str().and_then(|r| r.strip_prefix('#')) {
        Some(pointer) => described.pointer(pointer).expect("what is referred to"),
        None => schema,
    };
    schema["properties"].as_object().cloned().unwrap_or_default()
}

async fn strange_fields_of_the_api(db: TestDb) {
    let site = Site::open(db).await;
    let described = site.ask(Who::Stranger, Ask::new(Method::GET, "/api/v1/openapi.json")).await.json();
    let (mut asks, mut bodies) = (Vec::new(), 0);
    for route in site.shell.table.iter().filter(|r| is_api(r) && !r.method.is_safe()) {
        let fields = fields_of(&described, route);
        bodies += usize::from(!fields.is_empty());
        let real = article(&site).await;
        for strange in fields.keys() {
            for word in words() {
                let mut body = Map::new();
                for (field, schema) in fields.iter().filter(|(f, _)| route.path == "/api/v1/posts" || *f != "kind") {
                    let usual = sensible(field, &real);
                    let word = if field == strange { word.as_str() } else { usual.as_str().unwrap_or_default() };
                    body.insert(field.clone(), of_type(schema, word));
                }
                // An array of objects is left out: of it only the objects' own fields could be strange.
                body.remove("facts");
                let ask = Ask::new(route.method.clone(), existing(route.path, &real)).json(&Value::Object(body));
                asks.push((route, ask.header(http::header::IF_MATCH, "\"1\"")));
            }
        }
    }
    assert!(bodies > 8, "bodies were found: {bodies}");
    walk(&site, asks).await;
}

async fn strange_fields_of_forms(db: TestDb) {
    let site = Site::open(db).await;
    let fields = [
        "title",
        "body",
        "kind",
        "language",
        "lang",
        "tags",
        "licence",
        "source_url",
        "original_url",
        "note",
        "facts",
        "provenance",
        "revision",
        "handle",
        "name",
        "password",
        "old",
        "new",
        "question",
        "twin",
        "key",
        "answer",
        "helpful",
        "decision",
        "role",
        "standing",
        "session",
        "why",
        "about_en",
        "about_zh_hans",
        "about_zh_hant",
        "link_label",
        "link_url",
        "theme",
        "next",
        "token",
        "do",
        "folder",
        "draft",
        "version",
        "then",
        "publish_at",
        "minutes_east",
    ];
    let mut asks = Vec::new();
    for route in site.shell.table.iter().filter(|r| !is_api(r) && !r.method.is_safe()) {
        let real = article(&site).await;
        // Hashing passwords takes its time: those forms meet only what they read.
        let own = ["handle", "name", "password", "old", "new", "token", "next", "language"];
        for strange in fields.into_iter().filter(|f| route.limit != RateClass::SignIn || own.contains(f)) {
            for word in ["a\u{0}b", "9223372036854775808", "\u{202e}"] {
                let value = |field: &str| match field {
                    f if f == strange => word.to_owned(),
                    "helpful" => "true".to_owned(),
                    f => sensible(f, &real).as_str().unwrap_or_default().to_owned(),
                };
                let pairs: Vec<_> = fields.iter().map(|f| format!("{f}={}", encoded(&value(f)))).collect();
                asks.push((route, Ask::new(route.method.clone(), existing(route.path, &real)).form(&pairs.join("&"))));
            }
        }
    }
    walk(&site, asks).await;
}
