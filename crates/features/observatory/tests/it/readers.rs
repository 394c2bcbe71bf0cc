//! Readers as administrators see and steer them.

use std::sync::atomic::Ordering;

use http::StatusCode;
use xinghe_core::Event;
use xinghe_testkit::{TestDb, on_both_databases};

use crate::site::{ADMINISTRATOR, MEMBER, Site};

on_both_databases!(
    a_parked_reader_goes_on_after_try_again,
    a_reader_goes_past_only_the_event_that_was_seen,
    a_reader_is_rebuilt_from_the_page_and_by_the_api,
);

/// A community whose readers are parked at the third of four events.
async fn parked(db: TestDb) -> Site {
    let site = Site::new(db).await;
    site.append(&[1, 2, 13, 4].map(|number| Event::Probe { number })).await;
    site.readers.catch_up().await.unwrap();
    site
}

async fn a_parked_reader_goes_on_after_try_again(db: TestDb) {
    let site = parked(db).await;
    let page = site.get(ADMINISTRATOR, "/admin/readers").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["fussy", "near", "&#60;thirteen&#62;", "Parked", "2 event(s) behind", "Try again", "On this node"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(site.get(ADMINISTRATOR, "/admin").await.text.contains("2 reader(s) are parked"));

    let refused = site.press(MEMBER, "/admin/readers/fussy/retry", "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    site.readers.catch_up().await.unwrap();
    assert_eq!(site.fussy.taken.load(Ordering::SeqCst), 2, "it waits for a person");

    site.fussy.brave.store(true, Ordering::SeqCst);
    let pressed = site.press(ADMINISTRATOR, "/admin/readers/fussy/retry", "").await;
    assert_eq!(pressed.location, "/admin/readers?said=reader-retry", "{}", pressed.text);
    assert!(site.get(ADMINISTRATOR, &pressed.location).await.text.contains("It tries again."));
    site.readers.catch_up().await.unwrap();
    assert_eq!(site.fussy.taken.load(Ordering::SeqCst), 4);

    let again = site.post(ADMINISTRATOR, "/api/v1/admin/readers/fussy/retry", "").await;
    assert_eq!((again.status, again.kind.as_str()), (StatusCode::CONFLICT, "application/problem+json"));
    assert_eq!(site.post(ADMINISTRATOR, "/api/v1/admin/readers/nobody/retry", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post(ADMINISTRATOR, "/api/v1/admin/readers/near/retry", "").await.status, StatusCode::NO_CONTENT);
}

async fn a_reader_goes_past_only_the_event_that_was_seen(db: TestDb) {
    let site = parked(db).await;
    let listed = site.get(ADMINISTRATOR, "/api/v1/admin/readers").await.json();
    let of = |name: &str| listed["items"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap().clone();
    for name in ["fussy", "near"] {
        let reader = of(name);
        assert_eq!((&reader["state"], &reader["lag_events"]), (&"parked".into(), &2.into()), "{reader}");
        assert!(reader["reason"].as_str().unwrap().contains("thirteen"), "{reader}");
        let path = format!("/api/v1/admin/readers/{name}/skip");
        let elsewhere = site.post(ADMINISTRATOR, &path, r#"{"position":"0-1"}"#).await;
        assert_eq!(elsewhere.status, StatusCode::CONFLICT, "{}", elsewhere.text);
        assert_eq!(site.post(ADMINISTRATOR, &path, r#"{"position":"x"}"#).await.status.as_u16(), 422);
        let seen = format!(r#"{{"position":{}}}"#, reader["position"]);
        assert_eq!(site.post(MEMBER, &path, &seen).await.status, StatusCode::FORBIDDEN);
        assert_eq!(site.post(ADMINISTRATOR, &path, &seen).await.status, StatusCode::NO_CONTENT);
        site.readers.catch_up().await.unwrap();
        assert_eq!(site.post(ADMINISTRATOR, &path, &seen).await.status, StatusCode::CONFLICT, "once is enough");
    }
    assert_eq!(site.fussy.taken.load(Ordering::SeqCst), 3);
    assert_eq!(site.near.fussy.taken.load(Ordering::SeqCst), 3);
    let page = site.get(ADMINISTRATOR, "/admin/readers").await.text;
    assert!(page.contains("Nothing left to read") && !page.contains("Go past"), "{page}");
}

async fn a_reader_is_rebuilt_from_the_page_and_by_the_api(db: TestDb) {
    let site = parked(db).await;
    site.fussy.brave.store(true, Ordering::SeqCst);
    site.near.fussy.brave.store(true, Ordering::SeqCst);
    let pressed = site.press(ADMINISTRATOR, "/admin/readers/fussy/rebuild", "").await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.text);
    let sent = site.post(ADMINISTRATOR, "/api/v1/admin/readers/near/rebuild", "").await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    assert_eq!((site.fussy.taken.load(Ordering::SeqCst), site.near.fussy.taken.load(Ordering::SeqCst)), (0, 0));
    site.readers.catch_up().await.unwrap();
    assert_eq!((site.fussy.taken.load(Ordering::SeqCst), site.near.fussy.taken.load(Ordering::SeqCst)), (4, 4));
    assert_eq!(site.press(ADMINISTRATOR, "/admin/readers/fussy/dance", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.press(ADMINISTRATOR, "/admin/readers/fussy/skip", "position=").await.status.as_u16(), 400);
}
