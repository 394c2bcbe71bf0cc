//! Jobs as administrators see and steer them.

use std::sync::atomic::Ordering;

use http::StatusCode;
use xinghe_store::{JobState, Jobs};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::site::{ADMINISTRATOR, MEMBER, Site, next};

on_both_databases!(
    a_dead_letter_that_is_retried_runs_again,
    waiting_jobs_are_cancelled_and_dead_ones_put_aside,
    the_api_lists_jobs_and_the_timetable,
    running_jobs_are_streamed_until_the_program_ends,
);

async fn a_dead_letter_that_is_retried_runs_again(db: TestDb) {
    let site = Site::new(db).await;
    let id = site.queue().await;
    site.workers.drain().await.unwrap();
    let page = site.get(ADMINISTRATOR, "/admin/jobs").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["test.work", "no &#60;luck&#62;", "Try 1 of 8", "Failed", "test.nightly", "0 3 * * *"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(site.get(ADMINISTRATOR, "/admin").await.text.contains("1 job(s) failed for good"));

    let retry = format!("/admin/jobs/{id}/retry");
    assert_eq!(site.press(MEMBER, &retry, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.workers.drain().await.unwrap(), 0);
    site.worker.brave.store(true, Ordering::SeqCst);
    let pressed = site.press(ADMINISTRATOR, &retry, "state=dead&kind=test.work").await;
    assert_eq!(pressed.location, "/admin/jobs?state=dead&kind=test.work&said=job-retry", "{}", pressed.text);
    assert!(site.get(ADMINISTRATOR, &pressed.location).await.text.contains("It is queued again."));
    assert_eq!(site.workers.drain().await.unwrap(), 1, "it runs again");
    assert_eq!(site.worker.runs.load(Ordering::SeqCst), 2);
    assert_eq!(Jobs::new(site.db.store().clone()).get(id).await.unwrap().unwrap().state, JobState::Done);
    let again = site.press(ADMINISTRATOR, &retry, "").await;
    assert!(again.status == StatusCode::CONFLICT && again.text.contains("cannot be retried"), "{}", again.text);
}

async fn waiting_jobs_are_cancelled_and_dead_ones_put_aside(db: TestDb) {
    let site = Site::new(db).await;
    let dead = site.queue().await;
    site.workers.drain().await.unwrap();
    let waiting = site.queue().await;
    let path = |id, act: &str| format!("/api/v1/admin/jobs/{id}/{act}");
    assert_eq!(site.post(MEMBER, &path(waiting, "cancel"), "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(ADMINISTRATOR, &path(waiting, "discard"), "").await.status, StatusCode::CONFLICT);
    assert_eq!(site.post(ADMINISTRATOR, &path(waiting, "cancel"), "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.post(ADMINISTRATOR, &path(waiting, "cancel"), "").await.status, StatusCode::CONFLICT);
    assert_eq!(site.workers.drain().await.unwrap(), 0);
    assert_eq!(site.post(ADMINISTRATOR, &path(dead, "discard"), "").await.status, StatusCode::NO_CONTENT);
    assert!(site.get(ADMINISTRATOR, "/admin/jobs").await.text.contains("No job has failed."));
    let missing = site.post(ADMINISTRATOR, &path(xinghe_core::id::JobId::from_raw(7), "retry"), "").await;
    assert_eq!((missing.status, missing.kind.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"));
}

async fn the_api_lists_jobs_and_the_timetable(db: TestDb) {
    let site = Site::new(db).await;
    let ids = [site.queue().await, site.queue().await, site.queue().await].map(|id| id.to_string());
    site.workers.tick().await.unwrap();
    let page = site.get(ADMINISTRATOR, "/api/v1/admin/jobs?limit=2&state=queued").await.json();
    let listed: Vec<_> = page["items"].as_array().unwrap().iter().map(|j| j["id"].as_str().unwrap()).collect();
    assert_eq!(listed, [&ids[2], &ids[1]]);
    let rest = format!("/api/v1/admin/jobs?limit=2&cursor={}", page["next"].as_str().unwrap());
    let rest = site.get(ADMINISTRATOR, &rest).await.json();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].is_null()), (1, true));
    let one = site.get(ADMINISTRATOR, &format!("/api/v1/admin/jobs/{}", ids[0])).await.json();
    assert_eq!((&one["kind"], &one["state"], &one["attempts"]), (&"test.work".into(), &"queued".into(), &0.into()));
    let summary = site.get(ADMINISTRATOR, "/api/v1/admin/jobs/summary").await.json();
    assert_eq!(summary["queues"][0]["count"], 3, "{summary}");
    assert_eq!(summary["schedules"][0]["name"], "test.nightly", "{summary}");
    assert!(summary["schedules"][0]["next"].is_string(), "{summary}");
    let wrong = site.get(ADMINISTRATOR, "/api/v1/admin/jobs?limit=0&state=odd&cursor=x").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 3, "{}", wrong.text);
    assert!(site.get(ADMINISTRATOR, "/admin/jobs?state=all").await.text.contains(&ids[1]));
}

async fn running_jobs_are_streamed_until_the_program_ends(db: TestDb) {
    let site = Site::new(db).await;
    let (first, mut body) = site.stream("/api/v1/admin/jobs/events").await;
    assert_eq!((first.status, first.kind.as_str()), (StatusCode::OK, "text/event-stream"));
    assert!(first.text.contains("event: jobs") && first.text.contains(r#""running":[]"#), "{}", first.text);
    site.queue().await;
    let changed = next(&mut body).await;
    assert!(changed.contains(r#""count":1"#), "{changed}");
    let (page, _) = site.stream("/admin/jobs/live").await;
    assert!(page.text.contains("event: part") && page.text.contains("data: <h2>Running now</h2>"), "{}", page.text);
    site.stop.cancel();
    assert_eq!(next(&mut body).await, "", "the stream ends with the program");
    assert_eq!(site.get(MEMBER, "/api/v1/admin/jobs/events").await.status, StatusCode::FORBIDDEN);
}
