//! The shell from outside: every layer, asked through the router.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, Clock, Lang, Random, SessionId, Timestamp};
use xinghe_web::{
    ApiJson, AppError, Feature, FieldError, Html, Member, Need, PageContext, RateClass, Role, Routes, Sessions,
    SlotEntry, Subject, WebSettings, shell,
};

struct Still;
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }
}

struct Sevens;
impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x77);
    }
}

/// The token is the role's word.
struct ByRole;
#[async_trait]
impl Sessions for ByRole {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        Ok(token.parse::<Role>().ok().map(|role| Member {
            id: AuthorId::from_raw(7),
            handle: "lin".to_owned(),
            name: "林溪".to_owned(),
            role,
            lang: Some(Lang::ZhHant),
            theme: None,
            session: SessionId::from_raw(9),
        }))
    }
}

#[derive(askama::Template)]
#[template(source = "<h1>{{ words }}</h1>", ext = "html")]
struct Words {
    words: String,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Thing {
    name: String,
    size: u8,
}

struct Sample;

impl Feature for Sample {
    fn name(&self) -> &'static str {
        "sample"
    }

    fn slots(&self) -> Vec<SlotEntry> {
        vec![
            SlotEntry::new("sample.aside", 2, |_| async { Ok(Some(Html::trusted("<p>second</p>"))) }),
            SlotEntry::new("sample.aside", 1, |r| async move { Ok(Some(Html::escaped(r.ctx.lang.tag()))) }),
            SlotEntry::new("sample.aside", 3, |_| async { Err(AppError::internal("broken")) }),
            SlotEntry::new("shell.me", 1, |r| async move { Ok(Some(Html::escaped(&format!("for {}", r.ctx.path)))) }),
            SlotEntry::new("sample.aside", 4, |_| async { std::future::pending().await }),
        ]
    }

    fn routes(&self) -> Routes {
        let anyone = Need::Anyone;
        Routes::new()
            .route(Method::GET, "/", anyone, |ctx: PageContext| async move {
                ctx.page().title("A <b>").canonical("/").render(&Words { words: ctx.t.s("web-search").into_owned() })
            })
            .route(Method::GET, "/aside", anyone, |ctx: PageContext| async move {
                let aside = ctx.slot("sample.aside", &Subject::default()).await;
                ctx.page().aside(aside).render(&Words { words: "x".to_owned() })
            })
            .route(Method::POST, "/change", anyone, || async { "done" })
            .route(Method::GET, "/panic", anyone, || async { panic!("never shown to readers") as &str })
            .route(Method::GET, "/slow", anyone, || async { std::future::pending::<&str>().await })
            .route(Method::GET, "/member", Need::Member, || async { "in" })
            .route(Method::POST, "/member", Need::Member, || async { "in" })
            .route(Method::GET, "/api/v1/moderator", Need::Moderator, || async { "in" })
            .route(Method::GET, "/api/v1/broken", anyone, || async { AppError::internal("secret detail") })
            .route(Method::POST, "/api/v1/things", anyone, |ApiJson(t): ApiJson<Thing>| async move {
                if t.name.is_empty() {
                    return Err(AppError::Invalid(vec![FieldError::new("name", "web-design-error")]));
                }
                Ok(ApiJson(t))
            })
            .max_body(200)
            .route(Method::POST, "/api/v1/guess", anyone, || async { StatusCode::NO_CONTENT.into_response() })
            .limit(RateClass::SignIn)
    }
}

fn settings(url: &str) -> WebSettings {
    WebSettings { dev: true, timeout: Duration::from_millis(50), ..WebSettings::new(url) }
}

async fn send_to(settings: WebSettings, request: Request<Body>) -> Response<Body> {
    build(settings).oneshot(request).await.expect("the router answers")
}

fn build(settings: WebSettings) -> axum::Router {
    shell::build(&[Arc::new(Sample)], settings, Arc::new(ByRole), Arc::new(Still), Arc::new(Sevens))
        .expect("the features fit together")
        .router
}

async fn send(request: Request<Body>) -> Response<Body> {
    send_to(settings("http://localhost"), request).await
}

fn get(path: &str) -> http::request::Builder {
    Request::builder().uri(path)
}

fn post(path: &str) -> http::request::Builder {
    Request::builder().method(Method::POST).uri(path)
}

fn empty(builder: http::request::Builder) -> Request<Body> {
    builder.body(Body::empty()).expect("a request")
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn head<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn pages_carry_the_security_headers_and_no_inline_style_or_handler() {
    for path in ["/", "/design", "/api", "/nothing"] {
        let response = send(empty(get(path))).await;
        let policy = head(&response, "content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'nonce-7777"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("; img-src 'self' data:;"), "nothing from another host: {policy}");
        assert_eq!(head(&response, "x-content-type-options"), "nosniff");
        assert_eq!(head(&response, "x-request-id"), "7777777777777777");
        assert_eq!(head(&response, "strict-transport-security"), "", "only over https");
        let page = text(response).await;
        for inline in [" style=", "<style>", " onclick=", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
    }
    let secure = send_to(settings("https://example.org"), empty(get("/"))).await;
    assert!(head(&secure, "strict-transport-security").starts_with("max-age=31536000"));
}

#[tokio::test]
async fn titles_are_escaped_and_the_shell_links_only_what_exists() {
    let page = text(send(empty(get("/"))).await).await;
    assert!(page.contains("<title>A &#60;b&#62; · 星河</title>"), "{page}");
    for missing in ["href=\"/write\"", "href=\"/sign-in", "action=\"/search\""] {
        assert!(!page.contains(missing), "{missing}");
    }
    insta::assert_snapshot!(
        "shell",
        page.replace(asset(&page, ".css"), "STYLE").replace(asset(&page, ".js"), "SCRIPT")
    );
}

fn asset<'a>(page: &'a str, ending: &str) -> &'a str {
    let end = page.find(ending).expect("the page links it") + ending.len();
    &page[page[..end].rfind("/assets/").expect("an asset")..end]
}

#[tokio::test]
async fn the_language_comes_from_the_query_then_the_cookie_then_the_member_then_the_header() {
    let lang = |page: String| page.split("<html lang=\"").nth(1).and_then(|s| s.split('"').next()).map(str::to_owned);
    let accept = || get("/").header("accept-language", "en-GB, zh;q=0.5");
    assert_eq!(lang(text(send(empty(get("/"))).await).await).as_deref(), Some("zh-Hans"));
    assert_eq!(lang(text(send(empty(accept())).await).await).as_deref(), Some("en"));
    let member = || accept().header("cookie", "xinghe_session=member");
    assert_eq!(lang(text(send(empty(member())).await).await).as_deref(), Some("zh-Hant"));
    for (wanted, given) in
        [("fr", "en"), ("fr-CH, de;q=0.9, *;q=0.5", "en"), ("ja, zh;q=0.1", "zh-Hans"), ("*", "zh-Hans")]
    {
        let page = text(send(empty(get("/").header("accept-language", wanted))).await).await;
        assert_eq!(lang(page).as_deref(), Some(given), "{wanted}");
    }
    let chosen = accept().header("cookie", "xinghe_session=member; xinghe_lang=zh-Hans");
    assert_eq!(lang(text(send(empty(chosen)).await).await).as_deref(), Some("zh-Hans"));
    let asked = get("/?lang=en").header("cookie", "xinghe_lang=zh-Hans");
    assert_eq!(lang(text(send(empty(asked)).await).await).as_deref(), Some("en"));
}

#[tokio::test]
async fn only_members_have_a_place_of_their_own_in_the_header() {
    let ask =
        |path: &str, cookie: &str| Request::get(path).header("cookie", cookie).body(Body::empty()).expect("a request");
    for path in ["/", "/nowhere"] {
        let member = text(send(ask(path, "xinghe_session=member")).await).await;
        assert!(member.contains(&format!("<div class=\"me\">\nfor {path}")), "{member}");
        let guest = text(send(ask(path, "")).await).await;
        assert!(
            guest.contains("<div class=\"me\">\n") && !guest.contains("for /") && !guest.contains("<!--"),
            "{guest}"
        );
    }
}

#[tokio::test]
async fn preferences_are_kept_without_script_and_lead_back_to_this_site_only() {
    let form = |body: &'static str| {
        post("/preferences")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .expect("a request")
    };
    let response = send(form("lang=zh-TW&next=/posts/1")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(head(&response, "location"), "/posts/1");
    assert!(head(&response, "set-cookie").starts_with("xinghe_lang=zh-Hant; Path=/;"));
    let named = send(form("lang=zh-TW&next=/tags/%E5%BC%82%E6%AD%A5")).await;
    assert_eq!(head(&named, "location"), "/tags/%E5%BC%82%E6%AD%A5", "an address is ASCII");
    assert_eq!(head(&send(form("theme=dark&next=https://evil.example")).await, "location"), "/");
    assert_eq!(send(form("theme=purple")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let dark = get("/").header("cookie", "xinghe_theme=dark");
    assert!(text(send(empty(dark)).await).await.contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn changes_from_other_sites_are_refused() {
    let status = |b: http::request::Builder| async { send(empty(b)).await.status() };
    assert_eq!(status(post("/change").header("sec-fetch-site", "same-origin")).await, StatusCode::OK);
    assert_eq!(status(post("/change").header("sec-fetch-site", "cross-site")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(post("/change").header("sec-fetch-site", "same-site")).await, StatusCode::FORBIDDEN);
    let host = || post("/change").header("host", "127.0.0.1");
    assert_eq!(status(host().header("origin", "http://127.0.0.1")).await, StatusCode::OK);
    assert_eq!(status(host().header("origin", "https://evil.example")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(host().header("origin", "null")).await, StatusCode::FORBIDDEN);
    let both = host().header("sec-fetch-site", "same-origin");
    assert_eq!(status(both.header("origin", "http://evil.example")).await, StatusCode::FORBIDDEN, "a name led here");
    assert_eq!(status(post("/change")).await, StatusCode::OK, "a program without cookies");
    let cookie = post("/change").header("cookie", "xinghe_session=member");
    assert_eq!(status(cookie).await, StatusCode::FORBIDDEN, "a cookie without a word on where it comes from");
    let bearer = post("/api/v1/guess").header("authorization", "Bearer member").header("origin", "https://app.example");
    assert_eq!(status(bearer).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn permissions_stand_before_the_handler() {
    let page = send(empty(get("/member?a=b&c"))).await;
    assert_eq!(page.status(), StatusCode::SEE_OTHER);
    assert_eq!(head(&page, "location"), "/sign-in?next=/member%3Fa%3Db%26c");
    assert_eq!(send(empty(get("/member").header("cookie", "xinghe_session=member"))).await.status(), StatusCode::OK);

    let from = |page: &str| {
        let sent = post("/member").header("host", "localhost").header("sec-fetch-site", "same-origin");
        empty(if page.is_empty() { sent } else { sent.header("referer", page) })
    };
    for (page, next) in [
        ("http://localhost/posts/1-x?y=z", "/sign-in?next=/posts/1-x%3Fy%3Dz"),
        ("http://evil.example/posts/1", "/sign-in?next=/"),
        ("http://localhost//evil.example", "/sign-in?next=/"),
        ("", "/sign-in?next=/"),
    ] {
        assert_eq!(head(&send(from(page)).await, "location"), next, "a form goes back to its page: {page}");
    }

    for path in ["/member", "/change", "/api/v1/moderator"] {
        for method in ["FOO", "DELETE"] {
            let asked = Request::builder().method(method).uri(path);
            assert_eq!(send(empty(asked)).await.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }

    let api = |token: &str| {
        let request = get("/api/v1/moderator");
        empty(if token.is_empty() { request } else { request.header("authorization", format!("Bearer {token}")) })
    };
    let stranger = send(api("")).await;
    assert_eq!((stranger.status(), head(&stranger, "www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    assert_eq!(send(api("wrong")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(send(api("member")).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(send(api("moderator")).await.status(), StatusCode::OK);
    assert_eq!(send(api("administrator")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn rate_limits_count_each_client_and_say_what_is_left() {
    let router = build(settings("http://localhost"));
    let from = |ip: &str| {
        let mut request = empty(post("/api/v1/guess"));
        let address: std::net::SocketAddr = format!("{ip}:1").parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(address));
        request
    };
    for left in (0..10).rev() {
        let response = router.clone().oneshot(from("192.0.2.1")).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(head(&response, "ratelimit"), format!("\"sign-in\";r={left};t=6"));
    }
    let refused = router.clone().oneshot(from("192.0.2.1")).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(head(&refused, "ratelimit-policy"), "\"sign-in\";q=10;w=60");
    assert!(head(&refused, "retry-after").parse::<u64>().is_ok_and(|s| (1..=7).contains(&s)));
    assert_eq!(head(&refused, "content-type"), "application/problem+json");
    let other = router.oneshot(from("192.0.2.2")).await.expect("an answer");
    assert_eq!(other.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn only_trusted_proxies_may_name_the_client() {
    let trusting = WebSettings {
        trusted_proxies: vec!["10.0.0.1".parse().expect("an address")],
        limits: xinghe_web::RateLimits { sign_in: 1, ..Default::default() },
        ..settings("http://localhost")
    };
    let router = build(trusting);
    let ask = |peer: &str, forwarded: &str| {
        let mut request = empty(post("/api/v1/guess").header("x-forwarded-for", forwarded));
        let address: std::net::SocketAddr = format!("{peer}:1").parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(address));
        let router = router.clone();
        async move { router.oneshot(request).await.expect("an answer").status() }
    };
    assert_eq!(ask("10.0.0.1", "198.51.100.1").await, StatusCode::NO_CONTENT);
    assert_eq!(
        ask("10.0.0.1", "203.0.113.9, 198.51.100.1").await,
        StatusCode::TOO_MANY_REQUESTS,
        "the last hop counts"
    );
    assert_eq!(ask("10.0.0.1", "198.51.100.2").await, StatusCode::NO_CONTENT);
    assert_eq!(ask("192.0.2.5", "198.51.100.3").await, StatusCode::NO_CONTENT);
    assert_eq!(ask("192.0.2.5", "198.51.100.4").await, StatusCode::TOO_MANY_REQUESTS, "nobody else is believed");
}

#[tokio::test]
async fn errors_are_problems_for_programs_in_the_readers_language() {
    let english = |b: http::request::Builder| b.header("accept-language", "en");
    let broken = text(send(empty(english(get("/api/v1/broken")))).await).await;
    assert!(!broken.contains("secret"), "{broken}");
    insta::assert_snapshot!("problem_internal", broken);

    let things = |body: &'static str| {
        let request = english(post("/api/v1/things")).header("content-type", "application/json");
        send(request.body(Body::from(body)).expect("a request"))
    };
    insta::assert_snapshot!("problem_invalid", text(things(r#"{"name":"","size":1}"#).await).await);
    let wrong = things(r#"{"name":"x","size":300}"#).await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert!(text(wrong).await.contains("invalid value: integer `300`, expected u8"));
    let form = send(english(post("/api/v1/things")).body(Body::from("name=x")).expect("a request")).await;
    assert!(text(form).await.contains("Content-Type: application/json"));
    let large = send(english(post("/api/v1/things")).body(Body::from("x".repeat(300))).expect("a request")).await;
    assert_eq!(large.status(), StatusCode::BAD_REQUEST, "no length was named and no JSON either");
    let named =
        english(post("/api/v1/things")).header("content-length", "300").header("content-type", "application/json");
    let large = send(named.body(Body::from("x".repeat(300))).expect("a request")).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(empty(get("/api/v1/nothing"))).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn errors_are_pages_for_people() {
    let missing = send(empty(get("/nothing"))).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(text(missing).await.contains("这里没有内容"));
    let panic = send(empty(get("/panic").header("accept-language", "en"))).await;
    assert_eq!(panic.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let page = text(panic).await;
    assert!(page.contains("Something broke") && page.contains("7777777777777777"), "{page}");
    assert!(!page.contains("never shown to readers"));
    let method = send(empty(post("/aside").header("sec-fetch-site", "same-origin"))).await;
    assert_eq!((method.status(), head(&method, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
}

#[tokio::test(start_paused = true)]
async fn slow_handlers_and_slow_fragments_are_cut_off() {
    assert_eq!(send(empty(get("/slow"))).await.status(), StatusCode::GATEWAY_TIMEOUT);
    let patient = WebSettings { timeout: Duration::from_secs(20), ..settings("http://localhost") };
    let page = text(send_to(patient, empty(get("/aside"))).await).await;
    assert!(page.contains("<aside class=\"aside\">zh-Hans<p>second</p></aside>"), "{page}");
}

#[tokio::test]
async fn assets_are_immutable_precompressed_and_conditional() {
    let page = text(send(empty(get("/"))).await).await;
    let style = asset(&page, ".css").to_owned();
    let response = send(empty(get(&style).header("accept-encoding", "gzip, br"))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(head(&response, "content-encoding"), "br");
    assert_eq!(head(&response, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(head(&response, "content-type"), "text/css; charset=utf-8");
    let etag = head(&response, "etag").to_owned();
    let compressed = response.into_body().collect().await.expect("a body").to_bytes().len();
    assert!(compressed < 10_000, "{compressed} bytes of compressed style");
    let again = send(empty(get(&style).header("if-none-match", &etag))).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let plain = send(empty(get(&style).header("accept-encoding", "br;q=0"))).await;
    assert_eq!(head(&plain, "content-encoding"), "");
    for hidden in ["/assets/.vite", "/assets/..%2fCargo.toml", "/assets/nothing.css"] {
        assert_eq!(send(empty(get(hidden))).await.status(), StatusCode::NOT_FOUND, "{hidden}");
    }
    let script = asset(&page, ".js");
    let script = send(empty(get(script).header("accept-encoding", "br"))).await;
    let script = script.into_body().collect().await.expect("a body").to_bytes().len();
    assert!(compressed + script < 15_000, "{compressed} + {script} bytes on every page");
}

#[tokio::test]
async fn the_api_describes_itself() {
    let json: serde_json::Value =
        serde_json::from_str(&text(send(empty(get("/api/v1/openapi.json"))).await).await).expect("JSON");
    assert!(json["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")), "{json}");
    assert!(json["components"]["schemas"]["Problem"].is_object());
    let page = text(send(empty(get("/api"))).await).await;
    assert!(page.contains("id=\"problem-not-found\""));
}

#[tokio::test]
async fn the_design_page_shows_every_component_and_exists_in_development_only() {
    let page = text(send(empty(get("/design"))).await).await;
    let drawn = [
        "btn main",
        "btn quiet",
        "btn danger",
        "aria-busy",
        "tabs",
        "segmented",
        "chip",
        "badge good",
        "class=\"tag\"",
        "face open",
        "face xl",
        "class=\"row\"",
        "row qa",
        "row moment",
        "pager",
        "class=\"glow\"",
        "aimark",
        "class=\"cite\"",
        "class=\"src\"",
        "own-words",
        "askbox",
        "class=\"error\"",
        "aria-invalid",
        "textarea",
        "select",
        "notice warn",
        "toast",
        "empty",
        "skeleton",
        "nums",
        "meter g",
        "spark",
        "facts",
        "class=\"list\"",
        "table",
        "firefly lg",
        "class=\"night\"",
        "diff",
        "dialog",
        "menu",
        "prose",
        "task-list-item",
        "markdown-alert",
        "footnotes",
        "hl-keyword",
        "scroll",
    ];
    for part in drawn {
        assert!(page.contains(part), "{part} is not on /design");
    }
    let production = WebSettings { dev: false, ..settings("http://localhost") };
    assert_eq!(send_to(production, empty(get("/design"))).await.status(), StatusCode::NOT_FOUND);
}

#[test]
fn one_route_has_one_feature() {
    let twice = shell::build(
        &[Arc::new(Sample), Arc::new(Sample)],
        settings("http://localhost"),
        Arc::new(ByRole),
        Arc::new(Still),
        Arc::new(Sevens),
    );
    assert_eq!(twice.err().map(|e| e.to_string()).as_deref(), Some("GET / is a route of both sample and sample"));
}
