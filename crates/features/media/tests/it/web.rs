//! Pages and API through the whole shell.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use image::ImageFormat;
use serde_json::Value;
use tower::ServiceExt as _;
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, SessionId};
use xinghe_media::MediaFeature;
use xinghe_media::model::Limits;
use xinghe_testkit::{SeededRandom, TestDb, on_both_databases};
use xinghe_web::{Member, Role, Sessions, WebSettings};

use crate::common::{drawing, file, over};

on_both_databases!(pictures_are_added_listed_served_and_deleted, refusals_are_said_in_the_readers_language);

/// The token is the member's number.
struct Tokens;

#[async_trait]
impl Sessions for Tokens {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<i64>() else { return Ok(None) };
        Ok(Some(Member {
            id: AuthorId::from_raw(id),
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            role: Role::Member,
            lang: None,
            theme: None,
            session: SessionId::from_raw(id),
        }))
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }
}

async fn site(db: &TestDb) -> Router {
    let limits = Limits { file: 100_000, pixels: 1_000_000, per_day: 3, total: 1 << 20 };
    let feature = MediaFeature::new(over(db, &Arc::default(), limits).await);
    let settings = WebSettings::new("http://xinghe.test");
    let random = Arc::new(SeededRandom::new(3));
    xinghe_web::shell::build(&[Arc::new(feature)], settings, Arc::new(Tokens), db.clock().clone(), random)
        .unwrap()
        .router
}

async fn ask(site: &Router, who: i64, method: Method, path: &str, (kind, body): (&str, Vec<u8>)) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
    if who > 0 {
        request = request.header(header::COOKIE, format!("xinghe_session={who}"));
    }
    if !kind.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let response = site.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn nothing() -> (&'static str, Vec<u8>) {
    ("", Vec::new())
}

/// A form with a file.
fn form(file: &[u8], alt: &str) -> (&'static str, Vec<u8>) {
    let mut body = format!("--x\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\n{alt}\r\n--x\r\n").into_bytes();
    body.extend(b"Content-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--x--\r\n");
    ("multipart/form-data; boundary=x", body)
}

fn png(side: u32) -> Vec<u8> {
    file(&drawing(side, side), ImageFormat::Png)
}

async fn pictures_are_added_listed_served_and_deleted(db: TestDb) {
    let site = site(&db).await;
    let api = "/api/v1/pictures";
    let added = ask(&site, 1, Method::POST, api, ("image/png", png(40))).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let added = added.json();
    assert_eq!((added["width"].as_u64(), added["height"].as_u64()), (Some(40), Some(40)));
    let url = added["url"].as_str().unwrap();
    assert_eq!(added["markdown"], format!("![]({url})"));

    let served = ask(&site, 0, Method::GET, url, nothing()).await;
    assert_eq!((served.status, served.header(header::CONTENT_TYPE)), (StatusCode::OK, "image/webp"));
    assert!(served.header(header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(served.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert!(served.header(header::CONTENT_SECURITY_POLICY).ends_with("; sandbox"));
    assert!(image::load_from_memory(&served.body).is_ok());
    let again = Request::get(url).header(header::IF_NONE_MATCH, served.header(header::ETAG));
    let again = site.clone().oneshot(again.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let other_size = url.replace("40x40", "41x40");
    assert_eq!(ask(&site, 0, Method::GET, &other_size, nothing()).await.status, StatusCode::NOT_FOUND);

    let sent = ask(&site, 1, Method::POST, "/pictures", form(&png(41), "蓝色 & [红色]")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let page = ask(&site, 1, Method::GET, sent.header(header::LOCATION), nothing()).await.text();
    assert!(page.contains("![蓝色 \\&#38; \\[红色\\]](/pictures/"), "{page}");
    let foreign = ask(&site, 2, Method::GET, sent.header(header::LOCATION), nothing()).await.text();
    assert!(!foreign.contains("/pictures/"), "another member sees nothing of it: {foreign}");

    let list = ask(&site, 1, Method::GET, "/api/v1/me/pictures?limit=1", nothing()).await.json();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["shown"]), (1, &Value::Bool(false)));
    let next = format!("/api/v1/me/pictures?cursor={}", list["next"].as_str().unwrap());
    assert_eq!(ask(&site, 1, Method::GET, &next, nothing()).await.json()["items"][0]["id"], added["id"]);

    let id = added["id"].as_str().unwrap();
    let mine = format!("/api/v1/me/pictures/{id}");
    assert_eq!(ask(&site, 2, Method::DELETE, &mine, nothing()).await.status, StatusCode::NOT_FOUND);
    let delete = format!("/settings/pictures/{id}/delete");
    assert_eq!(ask(&site, 1, Method::POST, &delete, nothing()).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ask(&site, 0, Method::GET, url, nothing()).await.status, StatusCode::NOT_FOUND);
}

async fn refusals_are_said_in_the_readers_language(db: TestDb) {
    let site = site(&db).await;
    let api = |lang: &str| format!("/api/v1/pictures?lang={lang}");
    let svg = || ("image/svg+xml", b"<svg onload=alert(1)>".to_vec());
    for (lang, words) in
        [("en", "not a picture that can be shown"), ("zh-Hans", "不是能显示的图片"), ("zh-Hant", "不是能顯示的圖片")]
    {
        let refused = ask(&site, 1, Method::POST, &api(lang), svg()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().contains(words), "{}", refused.text());
    }
    let page = ask(&site, 1, Method::POST, "/pictures?lang=en", form(b"<html>", "kept words")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("not a picture that can be shown") && page.text().contains("kept words"));
    let large = ask(&site, 1, Method::POST, &api("en"), ("image/png", vec![0; 100_001])).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let huge = ask(&site, 1, Method::POST, &api("en"), ("image/png", vec![0; 1 << 20])).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    let pixels = ask(&site, 1, Method::POST, &api("en"), ("image/png", png(1_001))).await;
    assert!(pixels.text().contains("more than 1 million pixels"), "{}", pixels.text());
    assert_eq!(ask(&site, 1, Method::POST, &api("en"), nothing()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&site, 0, Method::POST, &api("en"), svg()).await.status, StatusCode::UNAUTHORIZED);
    for n in 0..3 {
        let added = ask(&site, 1, Method::POST, &api("en"), ("image/png", png(10 + n))).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    }
    let enough = ask(&site, 1, Method::POST, &api("en"), ("image/png", png(20))).await;
    assert_eq!(enough.status, StatusCode::CONFLICT);
    assert!(enough.text().contains("3 pictures today"), "{}", enough.text());
}
