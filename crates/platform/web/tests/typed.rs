//! Whoever sends a form too often gets back what was typed.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use xinghe_core::{Clock, Random, Timestamp};
use xinghe_web::viewer::NoSessions;
use xinghe_web::{Feature, Need, RateClass, RateLimits, Routes, WebSettings, shell};

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

struct Forms;
impl Feature for Forms {
    fn name(&self) -> &'static str {
        "forms"
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .route(Method::POST, "/write", Need::Anyone, || async { "taken" })
            .route(Method::POST, "/sign-in", Need::Anyone, || async { "taken" })
            .limit(RateClass::SignIn)
            .route(Method::POST, "/api/v1/things", Need::Anyone, || async { "taken" })
    }
}

/// The second of two forms of the same kind, of which one a minute is allowed.
async fn second(path: &str, body: &'static str, site: &str) -> Response<Body> {
    let limits = RateLimits { write: 1, sign_in: 1, ..RateLimits::default() };
    let settings = WebSettings { limits, ..WebSettings::new("http://localhost") };
    let router = shell::build(&[Arc::new(Forms)], settings, Arc::new(NoSessions), Arc::new(Still), Arc::new(Sevens))
        .expect("it fits together")
        .router;
    let ask = || {
        Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header("sec-fetch-site", site)
            .body(Body::from(body))
            .expect("a request")
    };
    router.clone().oneshot(ask()).await.expect("an answer");
    router.oneshot(ask()).await.expect("an answer")
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn what_was_typed_comes_back_and_can_be_sent_again() {
    let answer = second("/write", "title=A+%3Cb%3E+title&body=one%0D%0A%26two&revision=17", "same-origin").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = answer.headers()[header::RETRY_AFTER].to_str().expect("text").to_owned();
    let page = text(answer).await;
    assert!(page.contains(&format!("in {wait} seconds")), "{page}");
    assert!(page.contains("<form class=\"form\" method=\"post\" action=\"/write\">"), "{page}");
    assert!(page.contains("name=\"title\" value=\"A &#60;b&#62; title\""), "{page}");
    assert!(page.contains("one\r\n&#38;two</textarea>"), "{page}");
    assert!(page.contains("<input type=\"hidden\" name=\"revision\" value=\"17\">"), "{page}");
    assert!(page.contains("Send again"), "{page}");
}

#[tokio::test]
async fn a_password_never_comes_back() {
    let answer = second("/sign-in", "name=Li+Lei&password=correct+horse+battery", "same-origin").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let page = text(answer).await;
    assert!(page.contains("value=\"Li Lei\" readonly") && !page.contains("Send again"), "{page}");
    assert!(!page.contains("correct") && !page.contains("horse"), "{page}");
}

#[tokio::test]
async fn nothing_comes_back_of_what_another_site_or_a_program_sent() {
    let answer = second("/write", "body=come+and+click+here", "cross-site").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!text(answer).await.contains("come and click"));
    let answer = second("/api/v1/things", "body=one+two+three", "same-origin").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert!(!text(answer).await.contains("one two"));
}
