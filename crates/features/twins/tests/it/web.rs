//! The owner's pages and API through the whole shell.

use http::{Method, StatusCode};
use serde_json::json;
use xinghe_core::ports::OwnersPart;
use xinghe_store::Queries as _;
use xinghe_testkit::TestDb;

use crate::common::Town;

/// Member 2's twin drafted for a question of member 1's.
async fn town() -> Town {
    Town::drafted(TestDb::sqlite().await).await
}

#[tokio::test]
async fn the_console_grants_and_stops_with_forms_alone() {
    let town = Town::new(TestDb::sqlite().await).await;
    assert!(town.get(2, "/twin").await.text.contains("value=\"off\" checked"), "off unless allowed");
    let fields = "mode=publish&least_confidence=90&per_day=5&tags=Rust%2C+async&en=true&never_about=salary%0Aboss";
    assert_eq!(town.form(2, "/twin", fields).await.to(), "/twin?done=saved");
    let own = town.api(2, Method::GET, "", &json!(null)).await.json();
    assert_eq!(own["answer"]["tags"], json!(["async", "rust"]));
    assert_eq!((&own["never_about"], &own["answer"]["languages"]), (&json!(["salary", "boss"]), &json!(["en"])));
    let wrong = town.form(2, "/twin", "mode=publish&least_confidence=5&per_day=5&tags=keep+me").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("from 50 to 99") && wrong.text.contains("keep me"), "{}", wrong.text);
    assert_eq!(town.form(2, "/twin/stop", "paused=true&next=//evil.example").await.to(), "/");
    assert!(town.get(2, "/twin").await.text.contains("Your twin is stopped"));
    town.form(2, "/twin", fields).await;
    assert!(town.get(2, "/twin/ledger").await.text.contains("Your twin is stopped"), "saving does not start it");
    town.form(2, "/twin/stop", "paused=false").await;
    assert!(!town.get(2, "/twin").await.text.contains("Your twin is stopped"));
    assert!(town.get(0, "/twin").await.to().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_draft_is_looked_at_approved_and_taken_back() {
    let town = town().await;
    let page = town.get(2, "/twin/drafts").await;
    let words =
        ["How does a router keep its state?", "will appear as", "A router keeps its state behind an Arc", "Drafts"];
    for part in words {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let draft = town.first_draft(2).await;
    let approve = format!("/twin/drafts/{draft}/approve");
    assert_eq!(town.form(3, &approve, "").await.status, StatusCode::NOT_FOUND, "it is another's");
    let done = town.form(2, &approve, "").await;
    assert!(done.to().starts_with("/twin/drafts?done=published&post="), "{}", done.to());
    assert!(town.get(2, done.to()).await.text.contains("No drafts wait for you"));
    let published = town.shelf.published.lock().unwrap().clone();
    assert_eq!(published.values().map(|a| a.owners_part).collect::<Vec<_>>(), [OwnersPart::Read]);
    assert!(town.form(2, &approve, "").await.to().contains("done=published"), "twice is once");

    let undo = format!("/twin/drafts/{draft}/undo");
    let ledger = town.get(2, "/twin/ledger").await.text;
    assert!(ledger.contains(&undo) && ledger.contains("What it saw"), "{ledger}");
    assert_eq!(town.form(2, &undo, "").await.to(), "/twin/ledger?done=undone");
    assert!(town.shelf.published.lock().unwrap().is_empty());
    assert_eq!(town.acts().await, ["2 drafted", "2 approved", "2 published", "2 undone"]);
    assert_eq!(town.told().await, ["drafted", "approved", "published", "undone"]);
    assert!(!town.get(2, "/twin/ledger").await.text.contains(&undo));
}

#[tokio::test]
async fn what_the_owner_changes_and_why_is_kept() {
    let town = town().await;
    town.waits(21).await;
    town.work().await;
    let first = town.first_draft(2).await;
    let empty = town.form(2, &format!("/twin/drafts/{first}/approve"), "body=+").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    town.form(2, &format!("/twin/drafts/{first}/approve"), "body=My+own+words.").await;
    let published = town.shelf.published.lock().unwrap().clone();
    let one = published.values().next().unwrap();
    assert_eq!((one.body.as_str(), one.owners_part), ("My own words.", OwnersPart::Changed));
    let second = town.first_draft(2).await;
    assert_eq!(
        town.form(2, &format!("/twin/drafts/{second}/reject"), "reason=Too+old").await.to(),
        format!("/twin/drafts?done=rejected&offer={second}")
    );
    let again = town.api(2, Method::POST, &format!("/drafts/{second}/approve"), &json!({})).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let kept = "SELECT COUNT(*) AS value FROM twins_correction WHERE twin_said LIKE 'A router%' \
                AND (owner_said = 'My own words.' OR reason = 'Too old')";
    assert_eq!(town.db.store().number(kept, vec![]).await.unwrap(), Some(2));
    assert!(town.get(2, "/twin/ledger").await.text.contains("Too old"));
}

#[tokio::test]
async fn the_ledger_holds_what_readers_asked_and_is_the_owners_alone() {
    let town = town().await;
    let ask = json!({ "question": "How does a router keep its state?", "twin": "m2" });
    town.call(3, Method::POST, "/api/v1/ask", ask.to_string()).await;
    let lines = town.api(2, Method::GET, "/ledger", &json!(null)).await.json();
    let acts: Vec<&str> = lines["items"].as_array().unwrap().iter().map(|l| l["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["asked", "drafted"], "the newest first");
    assert!(town.api(3, Method::GET, "/ledger", &json!(null)).await.json()["items"].as_array().unwrap().is_empty());
    assert_eq!(town.get(2, "/twin/ledger?before=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_week_tells_what_was_asked_and_what_was_missing() {
    let town = town().await;
    let ask = |q: &str| json!({ "question": q, "twin": "m2" }).to_string();
    let first = town.call(3, Method::POST, "/api/v1/ask", ask("How does a router keep its state?")).await.json();
    let rating = format!("/api/v1/answers/{}/rating", first["id"].as_str().unwrap());
    town.call(3, Method::PUT, &rating, json!({ "helpful": true }).to_string()).await;
    town.shelf_of_little().await;
    for question in ["How do I cook rice?", "cooking rice, how?", "Who won the cup?"] {
        town.call(3, Method::POST, "/api/v1/ask", ask(question)).await;
    }
    let week = town.api(2, Method::GET, "/week", &json!(null)).await.json();
    assert_eq!([&week["asked"], &week["answered"], &week["helpful"]].map(|n| n.as_i64().unwrap()), [4, 1, 1], "{week}");
    assert_eq!((&week["cited"][0]["post"], &week["cited"][0]["answers"]), (&json!("12"), &json!(1)));
    assert_eq!(
        week["gaps"],
        json!([{ "question": "cooking rice, how?", "times": 2 }, { "question": "Who won the cup?", "times": 1 }])
    );
    let page = town.get(2, "/twin/week").await.text;
    for part in ["cooking rice, how?", "asked 2 times", "/write", "Routers"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let before = town.api(2, Method::GET, "/week?ago=1", &json!(null)).await.json();
    assert_eq!(before["asked"], 0, "the week before was another");
    assert_eq!(town.api(3, Method::GET, "/week", &json!(null)).await.json()["asked"], 0, "it is the owner's alone");
    assert!(town.get(3, "/twin/week").await.text.contains("A quiet week"));
    assert_eq!(town.get(2, "/twin/week?ago=99").await.status, StatusCode::NOT_FOUND);
}
