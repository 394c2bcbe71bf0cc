//! The job: who is asked, what comes of it, and that nothing happens twice or against an owner's will.

use std::time::Duration;

use http::Method;
use serde_json::json;
use xinghe_core::evidence::Scope;
use xinghe_core::ports::OwnersPart;
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{Town, m, p};

on_both_databases!(
    the_twins_of_those_who_know_most_draft,
    a_twin_publishes_within_its_grant,
    nobody_is_asked_who_did_not_allow_it,
    a_question_is_looked_at_when_it_has_waited,
    a_person_comes_first,
    what_quotes_a_post_goes_with_it,
    a_crash_between_two_steps_answers_once,
    the_stop_switch_reaches_running_work,
    a_suspended_members_twin_is_silent,
    a_disabled_members_twin_is_silent,
    an_erased_member_leaves_nothing,
);

async fn the_twins_of_those_who_know_most_draft(db: TestDb) {
    let town = Town::new(db).await;
    for (n, good) in [(2, 0.8), (3, 1.0), (4, 0.9), (1, 1.0)] {
        town.wrote(n, 10 + n, good).await;
        town.allows(n, "draft").await;
    }
    town.post(20, xinghe_core::PostKind::Question, 1, "How does a router keep its state?").await;
    town.work().await;
    assert!(town.considered().await.is_empty(), "people have an hour");
    town.db.clock().advance(Duration::from_secs(3_601));
    town.work().await;
    assert_eq!(town.drafts().await, ["3 waiting", "4 waiting"], "the best two, never the asker's own");
    assert_eq!(town.acts().await, ["3 drafted", "4 drafted"]);
    assert_eq!(town.told().await, ["drafted", "drafted"]);
    assert!(town.shelf.published.lock().unwrap().is_empty());
    let mut asked = town.shelf.asked.lock().unwrap().clone();
    asked.retain(|scope| *scope != Scope::Everyone);
    assert_eq!(asked, [Scope::Author(m(3)), Scope::Author(m(4))]);
    town.work().await;
    assert_eq!((town.acts().await.len(), town.considered().await), (2, vec!["asked".to_owned()]), "once");
}

async fn a_twin_publishes_within_its_grant(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.grants(2, &json!({ "mode": "publish", "per_day": 2, "tags": ["Rust"], "languages": ["en"] }), &json!({}))
        .await;
    for question in [20, 21, 22] {
        town.waits(question).await;
        town.work().await;
    }
    assert_eq!(town.drafts().await, ["2 published", "2 published", "2 waiting"], "two in a day, then a draft");
    assert_eq!(town.told().await, ["decided", "published", "decided", "published", "drafted"]);
    let published = town.shelf.published.lock().unwrap().clone();
    let one = published.values().next().unwrap();
    assert_eq!((one.owner, one.owners_part), (m(2), OwnersPart::None));
    assert!(
        one.body.contains("A router keeps its state behind an Arc") && one.body.contains("/posts/12"),
        "{}",
        one.body
    );
    town.grants(2, &json!({ "mode": "publish", "tags": ["go"] }), &json!({})).await;
    town.db.clock().advance(Duration::from_secs(90_000));
    town.waits(23).await;
    town.work().await;
    assert_eq!(town.drafts().await.last().unwrap(), "2 waiting", "under another tag it only drafts");
}

async fn nobody_is_asked_who_did_not_allow_it(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.wrote(3, 13, 1.0).await;
    town.wrote(200, 14, 1.0).await;
    town.allows(3, "off").await;
    town.waits(20).await;
    town.post(21, xinghe_core::PostKind::Question, 200, "Imported?").await;
    town.db.clock().advance(Duration::from_secs(3_660));
    town.work().await;
    assert_eq!(town.considered().await, ["nobody_knew", "nobody_knew"]);
    // What the owner keeps from the twin is no evidence, and a topic is not spoken about.
    town.grants(2, &json!({ "mode": "publish" }), &json!({ "never_about": ["Router"] })).await;
    town.waits(22).await;
    town.work().await;
    assert_eq!((town.acts().await, town.drafts().await.len()), (vec!["2 declined".to_owned()], 0));
    // Evidence that has nothing to do with it is declined, too.
    town.shelf_of_little().await;
    town.allows(2, "draft").await;
    town.waits(23).await;
    town.work().await;
    assert_eq!((town.acts().await.len(), town.drafts().await.len()), (2, 0));
}

async fn a_question_is_looked_at_when_it_has_waited(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.allows(2, "draft").await;
    town.post(20, xinghe_core::PostKind::Question, 1, "How does a router keep its state?").await;
    town.db.clock().advance(Duration::from_secs(3_540));
    town.work_that_is_due().await;
    assert_eq!(town.considered().await, Vec::<String>::new(), "people have an hour");
    town.db.clock().advance(Duration::from_secs(60));
    town.work_that_is_due().await;
    assert_eq!(town.considered().await, ["asked"]);
    assert_eq!(town.acts().await, ["2 drafted"]);
}

async fn a_person_comes_first(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.allows(2, "draft").await;
    town.waits(20).await;
    town.shelf.by_people.lock().unwrap().insert(p(20));
    town.waits(21).await;
    town.waits(22).await;
    town.gone(22);
    town.work().await;
    assert_eq!(town.considered().await, ["answered", "asked", "gone"]);
    // Somebody answers before the owner says yes.
    town.shelf.by_people.lock().unwrap().insert(p(21));
    let draft = town.first_draft(2).await;
    let said = town.api(2, Method::POST, &format!("/drafts/{draft}/approve"), &json!({})).await.json();
    assert_eq!(said["state"], "gave_way");
    assert_eq!(town.acts().await, ["2 drafted", "2 approved", "2 gave_way"]);
    assert!(town.shelf.published.lock().unwrap().is_empty());
}

async fn what_quotes_a_post_goes_with_it(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.allows(2, "publish").await;
    town.waits(20).await;
    town.work().await;
    town.allows(2, "draft").await;
    town.waits(21).await;
    town.work().await;
    assert_eq!(town.drafts().await, ["2 published", "2 waiting"]);
    town.deleted(99).await;
    town.work_that_is_due().await;
    assert_eq!(town.drafts().await, ["2 published", "2 waiting"], "another post");
    town.deleted(12).await;
    town.work_that_is_due().await;
    assert_eq!(town.drafts().await, ["2 undone", "2 gave_way"]);
    assert!(town.shelf.published.lock().unwrap().is_empty());
    assert!(town.get(2, "/twin/ledger").await.text.contains("not to be seen any more"));
}

async fn a_crash_between_two_steps_answers_once(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.allows(2, "publish").await;
    town.waits(20).await;
    *town.shelf.breaks.lock().unwrap() = true;
    town.work().await;
    assert_eq!(town.drafts().await, ["2 publishing"], "published, but nobody wrote it down");
    town.db.clock().advance(Duration::from_secs(3_600));
    town.work().await;
    assert_eq!(town.drafts().await, ["2 published"]);
    assert_eq!(town.acts().await, ["2 decided", "2 published"]);
    assert_eq!(town.shelf.published.lock().unwrap().len(), 1);
}

async fn the_stop_switch_reaches_running_work(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.allows(2, "publish").await;
    town.waits(20).await;
    *town.shelf.stops.lock().unwrap() = Some((town.db.store().clone(), 2));
    town.work().await;
    assert_eq!(town.drafts().await, ["2 waiting"], "decided, then stopped: nothing is lost");
    assert_eq!(town.acts().await, ["2 decided", "2 stopped"]);
    assert!(town.shelf.published.lock().unwrap().is_empty());
    town.waits(21).await;
    town.work().await;
    assert_eq!(town.drafts().await.len(), 1, "a stopped twin is not asked");
    let draft = town.first_draft(2).await;
    let refused = town.api(2, Method::POST, &format!("/drafts/{draft}/approve"), &json!({})).await;
    assert_eq!(refused.status, http::StatusCode::CONFLICT);
    let ask = json!({ "question": "How does a router keep its state?", "twin": "m2" });
    let asked = town.call(3, Method::POST, "/api/v1/ask", ask.to_string()).await;
    assert_eq!(asked.status, http::StatusCode::CONFLICT, "it answers nobody: {}", asked.text);
    town.form(2, "/twin/stop", "paused=false&next=/twin/drafts").await;
    let asked = town.call(3, Method::POST, "/api/v1/ask", ask.to_string()).await.json();
    assert_eq!(asked["abstained"], false);
}

async fn a_suspended_members_twin_is_silent(db: TestDb) {
    let town = Town::drafted(db).await;
    town.shelf.suspended.lock().unwrap().insert(m(2));
    town.waits(21).await;
    town.work().await;
    assert_eq!(town.considered().await, ["asked", "nobody_knew"]);
    let draft = town.first_draft(2).await;
    let said = town.api(2, Method::POST, &format!("/drafts/{draft}/approve"), &json!({})).await.json();
    assert_eq!(said["state"], "waiting");
    assert!(town.shelf.published.lock().unwrap().is_empty());
}

async fn a_disabled_members_twin_is_silent(db: TestDb) {
    let town = Town::drafted(db).await;
    let draft = town.first_draft(2).await;
    let box_of_twin = "name=\"twin\" value=\"m2\"";
    assert!(town.get(3, "/ask?twin=m2").await.text.contains(box_of_twin));
    assert!(town.get(3, "/twins").await.text.contains("/@m2/twin"));
    town.people.disabled.lock().unwrap().insert(m(2));
    town.waits(21).await;
    town.work().await;
    assert_eq!(town.considered().await, ["asked", "nobody_knew"]);
    let said = town.api(2, Method::POST, &format!("/drafts/{draft}/approve"), &json!({})).await.json();
    assert_eq!(said["state"], "waiting");
    let ask = json!({ "question": "How does a router keep its state?", "twin": "m2" });
    let asked = town.call(3, Method::POST, "/api/v1/ask", ask.to_string()).await;
    assert_eq!(asked.status, http::StatusCode::UNPROCESSABLE_ENTITY, "{}", asked.text);
    assert!(asked.json()["errors"][0]["detail"].as_str().is_some_and(|d| d.contains("disabled")), "{}", asked.text);
    let page = town.form(3, "/ask", "q=How+does+a+router+keep+its+state%3F&twin=m2").await;
    assert_eq!(page.status, http::StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.text.contains("behind an Arc"), "{}", page.text);
    assert_eq!(town.get(3, "/@m2/twin").await.status, http::StatusCode::NOT_FOUND);
    assert!(!town.get(3, "/ask?twin=m2").await.text.contains(box_of_twin));
    assert!(!town.get(3, "/twins").await.text.contains("/@m2/twin"));
}

async fn an_erased_member_leaves_nothing(db: TestDb) {
    let town = Town::drafted(db).await;
    town.erase(2).await;
    assert!(town.acts().await.is_empty() && town.drafts().await.is_empty());
}
