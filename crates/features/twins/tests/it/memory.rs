//! What an owner says to the twin: it comes first, everybody can see it, and what is taken back is said nowhere.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{Answer, Town, p};

on_both_databases!(
    a_correction_comes_before_all_that_was_written,
    what_is_taken_back_is_said_nowhere,
    a_wrong_answer_shows_its_correction,
    a_rejection_offers_to_become_a_correction,
    only_its_owner_corrects_a_twin,
    who_leaves_leaves_no_statement,
);

const QUESTION: &str = "How does a router keep its state?";

async fn ask(town: &Town, twin: &str, question: &str) -> Value {
    let body = json!({ "question": question, "twin": twin });
    let answer = town.call(1, Method::POST, "/api/v1/ask", body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

async fn say(town: &Town, who: i64, body: Value) -> Answer {
    town.api(who, Method::POST, "/statements", &body).await
}

async fn corrects(town: &Town, who: i64, text: &str) -> String {
    let said = say(town, who, json!({ "kind": "correction", "question": QUESTION, "text": text })).await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.text);
    said.json()["statement"]["id"].as_str().unwrap().to_owned()
}

async fn statements(town: &Town, who: i64) -> Vec<Value> {
    let listed = town.api(who, Method::GET, "/statements", &json!(null)).await;
    listed.json()["items"].as_array().unwrap().clone()
}

async fn a_correction_comes_before_all_that_was_written(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    let before = ask(&town, "m2", QUESTION).await;
    assert!(before["answer"].as_str().unwrap().contains("Arc"), "{before}");

    // The answer was wrong; its owner says so from the ledger, as a form without script does.
    let wrong = before["id"].as_str().unwrap();
    let ledger = town.get(2, "/twin/ledger").await.text;
    assert!(ledger.contains(&format!("/twin/said?answer={wrong}")), "{ledger}");
    let form = town.get(2, &format!("/twin/said?answer={wrong}")).await;
    assert!(form.text.contains(QUESTION), "{}", form.text);
    let refused = town.form(2, "/twin/said", &format!("kind=correction&answer={wrong}&text=+")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = format!("kind=correction&answer={wrong}&text=It+clones+it+into+each+handler.&post=%2Fposts%2F12");
    let done = town.form(2, "/twin/said", &fields).await;
    assert!(done.to().starts_with("/twin/knowledge?part=corrections&done=kept#said-"), "{}", done.to());
    assert!(town.get(2, "/twin/knowledge?part=corrections&done=kept").await.text.contains("It clones it into each"));

    let near = ask(&town, "m2", "How does the router keep state?").await;
    assert_eq!(near["answer"], "It clones it into each handler.");
    let cited = &near["citations"][0];
    let id = cited["statement"]["id"].as_str().unwrap();
    assert_eq!((&cited["url"], &near["provenance"]["by"]), (&json!(format!("/@m2/twin/said/{id}")), &json!("twin")));
    assert!(cited["post"]["title"].as_str().unwrap().contains("own correction, "), "{cited}");
    let page = town.get(0, cited["url"].as_str().unwrap()).await;
    assert!(page.text.contains("It clones it into each handler.") && page.text.contains("/posts/12"), "{}", page.text);
    assert!(!page.text.contains(QUESTION), "what a reader asked in private is not shown: {}", page.text);
    assert!(town.get(0, "/@m2/twin").await.text.contains("It clones it into each handler."));

    // Another question is another one, and another twin is another's.
    let other = ask(&town, "m2", "Which paths does a router match in 0.8?").await;
    assert!(!other["answer"].as_str().unwrap().contains("clones"), "{other}");
    town.wrote(3, 13, 1.0).await;
    assert!(!ask(&town, "m3", QUESTION).await["answer"].as_str().unwrap().contains("clones"));
    // Said again it is said once; the newest counts.
    assert_eq!(corrects(&town, 2, "It clones it into each handler").await, id);
    corrects(&town, 2, "It leaks it on purpose.").await;
    assert_eq!(statements(&town, 2).await.len(), 2);
    assert_eq!(ask(&town, "m2", QUESTION).await["answer"], "It leaks it on purpose.");
    town.grants(2, &json!({}), &json!({ "never_about": ["leaks"] })).await;
    assert!(!ask(&town, "m2", QUESTION).await["answer"].as_str().unwrap().contains("leaks"));
}

async fn what_is_taken_back_is_said_nowhere(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.grants(2, &json!({ "mode": "publish" }), &json!({})).await;
    let id = corrects(&town, 2, "It clones it.").await;
    let given = ask(&town, "m2", QUESTION).await;
    town.waits(20).await;
    town.work().await;
    let published: Vec<_> = town.shelf.published.lock().unwrap().values().map(|a| a.body.clone()).collect();
    assert!(published.len() == 1 && published[0].contains("It clones it."), "{published:?}");
    let used = town.api(2, Method::GET, &format!("/knowledge/{id}/answers"), &json!(null)).await.json();
    assert_eq!(used["items"].as_array().unwrap().len(), 2, "{used}");
    assert!(town.get(2, &format!("/twin/said/{id}")).await.text.contains(QUESTION));

    let changed = json!({ "text": "It borrows it." });
    let done = town.api(2, Method::PUT, &format!("/statements/{id}"), &changed).await;
    assert_eq!((done.status, &done.json()["text"]), (StatusCode::OK, &json!("It borrows it.")));
    assert_eq!(ask(&town, "m2", QUESTION).await["answer"], "It borrows it.");

    let gone = town.form(2, &format!("/twin/said/{id}/delete"), "").await;
    assert_eq!(gone.to(), "/twin/knowledge?part=corrections&done=deleted");
    assert_eq!(town.get(0, &format!("/@m2/twin/said/{id}")).await.status, StatusCode::NOT_FOUND);
    let (answer, key) = (given["id"].as_str().unwrap(), given["rating_key"].as_str().unwrap());
    let kept = town.get(0, &format!("/api/v1/answers/{answer}?key={key}")).await;
    assert_eq!(kept.status, StatusCode::NOT_FOUND, "the answer that quoted it is gone");
    town.work().await;
    assert!(town.shelf.published.lock().unwrap().is_empty(), "so is the one below the question");
    assert!(ask(&town, "m2", QUESTION).await["answer"].as_str().unwrap().contains("Arc"));
}

async fn a_wrong_answer_shows_its_correction(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.grants(2, &json!({ "mode": "publish" }), &json!({})).await;
    town.waits(20).await;
    town.work().await;
    let ledger = town.api(2, Method::GET, "/ledger", &json!(null)).await.json();
    let line = ledger["items"].as_array().unwrap().iter().find(|l| l["act"] == "published").unwrap().clone();
    let body = json!({ "kind": "correction", "draft": line["draft"], "text": "It clones it." });
    let said = say(&town, 2, body).await.json();
    let post = town.shelf.published.lock().unwrap().keys().next().copied().unwrap();
    assert_eq!((&said["statement"]["about"], &said["statement"]["question"]), (&json!(post), &json!(QUESTION)));
    assert_ne!(post, p(20));
}

async fn a_rejection_offers_to_become_a_correction(db: TestDb) {
    let town = Town::drafted(db).await;
    let draft = town.first_draft(2).await;
    let done = town.form(2, &format!("/twin/drafts/{draft}/reject"), "reason=It+clones+it.").await;
    assert_eq!(done.to(), format!("/twin/drafts?done=rejected&offer={draft}"));
    let page = town.get(2, done.to()).await.text;
    assert!(page.contains("Keep as a correction") && page.contains("It clones it."), "{page}");
    let fields = format!("kind=correction&draft={draft}&text=It+clones+it.");
    assert_eq!(town.form(2, "/twin/said", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(!town.get(2, done.to()).await.text.contains("Keep as a correction"), "once");
    assert_eq!(ask(&town, "m2", QUESTION).await["answer"], "It clones it.");
}

async fn only_its_owner_corrects_a_twin(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    let answer = ask(&town, "m2", QUESTION).await["id"].clone();
    let id = corrects(&town, 2, "It clones it.").await;
    let wrong = json!({ "kind": "correction", "answer": answer, "text": "I was here." });
    assert_eq!(say(&town, 3, wrong).await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.get(3, &format!("/twin/said/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.form(3, &format!("/twin/said/{id}/delete"), "").await.status, StatusCode::NOT_FOUND);
    let other = town.api(3, Method::DELETE, &format!("/statements/{id}"), &json!(null)).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert_eq!(town.get(0, &format!("/@m3/twin/said/{id}")).await.status, StatusCode::NOT_FOUND);
    for (field, value) in [("text", " "), ("question", "?"), ("post", "77")] {
        let mut body = json!({ "kind": "correction", "question": QUESTION, "text": "Yes.", "post": "12" });
        body[field] = json!(value);
        assert_eq!(say(&town, 2, body).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
    }
    assert_eq!(town.api(2, Method::DELETE, &format!("/statements/{id}"), &json!(null)).await.status, 204);
}

async fn who_leaves_leaves_no_statement(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    let asked = ask(&town, "m2", QUESTION).await["id"].clone();
    let body = json!({ "kind": "correction", "answer": asked, "text": "It clones it." });
    assert_eq!(say(&town, 2, body).await.status, StatusCode::CREATED);
    town.erase(1).await;
    let left = statements(&town, 2).await;
    assert!(left.len() == 1 && left[0]["question"].is_null(), "what the asker asked goes with the asker: {left:?}");
    town.erase(2).await;
    assert!(statements(&town, 2).await.is_empty());
}
