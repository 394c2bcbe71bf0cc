//! Facts about an owner: said, or proposed from what the owner wrote and used only once confirmed; and the memory as a
//! whole.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_core::{Event, PostKind, Provenance, RevisionId};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{Town, m, p};

on_both_databases!(
    a_fact_answers_questions_about_its_owner,
    what_is_proposed_is_used_only_once_confirmed,
    proposals_go_with_their_sentence,
    nothing_that_a_twin_or_another_said_is_learnt,
    what_contradicts_waits_for_its_owner,
    an_old_fact_is_asked_about,
    a_twin_stops_learning_and_catches_up,
    a_period_is_forgotten_and_a_memory_emptied,
);

const TOLD: &str = "I maintain the axum-extra crate.";

/// An article of member 2's with these words, read by the job.
async fn writes(town: &Town, id: i64, body: &str) {
    town.says(2, id, PostKind::Article, body, Provenance::Human).await;
    town.learn().await;
}

async fn statements(town: &Town, query: &str) -> Vec<Value> {
    let listed = town.api(2, Method::GET, &format!("/statements{query}"), &json!(null)).await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.text);
    listed.json()["items"].as_array().unwrap().clone()
}

async fn texts(town: &Town, state: &str) -> Vec<String> {
    let all = statements(town, &format!("?state={state}")).await;
    all.iter().map(|s| s["text"].as_str().unwrap().to_owned()).collect()
}

async fn says(town: &Town, text: &str) -> (String, String) {
    let body = json!({ "kind": "fact", "text": text });
    let said = town.api(2, Method::POST, "/statements", &body).await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.text);
    let said = said.json();
    (said["outcome"].as_str().unwrap().to_owned(), said["statement"]["id"].as_str().unwrap().to_owned())
}

async fn settles(town: &Town, id: &Value, verdict: &str) {
    let path = format!("/statements/{}/verdict", id.as_str().unwrap());
    let done = town.api(2, Method::PUT, &path, &json!({ "verdict": verdict })).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
}

async fn ask(town: &Town, question: &str) -> Value {
    let body = json!({ "question": question, "twin": "m2" });
    town.call(1, Method::POST, "/api/v1/ask", body.to_string()).await.json()
}

async fn a_fact_answers_questions_about_its_owner(db: TestDb) {
    let town = Town::new(db).await;
    assert_eq!(says(&town, TOLD).await.0, "kept");
    assert_eq!(says(&town, "我更喜欢显式的错误类型，因为调用者看得懂。").await.0, "kept");
    let told = ask(&town, "What does 成员2 maintain?").await;
    assert_eq!(told["answer"], TOLD, "{told}");
    let cited = &told["citations"][0];
    assert!(cited["statement"]["kind"] == "fact" && cited["url"].as_str().unwrap().starts_with("/@m2/twin/said/"));
    assert!(cited["post"]["title"].as_str().unwrap().contains("own statement"), "{cited}");
    assert!(ask(&town, "你更喜欢什么样的错误类型？").await["answer"].as_str().unwrap().contains("显式"));
    for other in ["What do you prefer to drink?", "How do you maintain a crate?", "Which crates does axum maintain?"] {
        assert_ne!(ask(&town, other).await["answer"], TOLD, "{other}");
    }
    let page = town.get(2, "/twin/knowledge?part=facts&q=axum").await.text;
    assert!(page.contains(TOLD) && !page.contains("显式"), "{page}");
    assert!(town.get(0, "/@m2/twin").await.text.contains(TOLD));
}

async fn what_is_proposed_is_used_only_once_confirmed(db: TestDb) {
    let town = Town::new(db).await;
    let body = format!("Hello. {TOLD} We share state with an Arc here. I prefer tabs over spaces in Makefiles.");
    writes(&town, 12, &body).await;
    let proposed = statements(&town, "?state=proposed").await;
    assert_eq!(texts(&town, "proposed").await, ["I prefer tabs over spaces in Makefiles.", TOLD]);
    assert_eq!((&proposed[1]["quote"], &proposed[1]["post"]), (&json!(TOLD), &json!("12")));
    assert_ne!(ask(&town, "What do you maintain?").await["answer"], TOLD, "nobody said yes");
    let page = town.get(2, "/twin/knowledge?part=facts").await.text;
    assert!(page.contains("For you to confirm") && page.contains(TOLD), "{page}");
    assert!(!town.get(0, "/@m2/twin").await.text.contains(TOLD));
    let url = proposed[1]["url"].as_str().unwrap();
    assert_eq!(town.get(0, url).await.status, StatusCode::NOT_FOUND);

    let settle = format!("/twin/said/{}/settle", proposed[1]["id"].as_str().unwrap());
    assert_eq!(town.form(3, &settle, "verdict=holds").await.status, StatusCode::NOT_FOUND, "it is another's");
    assert_eq!(town.form(2, &settle, "verdict=holds").await.to(), "/twin/knowledge?part=facts&done=settled");
    settles(&town, &proposed[0]["id"], "declined").await;
    let told = ask(&town, "What do you maintain?").await;
    assert_eq!(told["answer"], TOLD);
    assert!(town.get(0, url).await.text.contains("/posts/12"), "with the post that it was read in");
    // The same sentence elsewhere is the same fact, and what was declined is not proposed again.
    writes(&town, 13, "I maintain axum-extra, the crate. I prefer tabs over spaces in Makefiles.").await;
    assert_eq!(texts(&town, "proposed").await, Vec::<String>::new());
}

async fn proposals_go_with_their_sentence(db: TestDb) {
    let town = Town::new(db).await;
    writes(&town, 12, &format!("{TOLD} I work at Ferrous Labs since 2019.")).await;
    let both = statements(&town, "?state=proposed").await;
    assert_eq!(both.len(), 2);
    settles(&town, &both[1]["id"], "holds").await;
    // The article is written anew, and tells nothing any more.
    town.says(2, 12, PostKind::Article, "Nothing about me.", Provenance::Human).await;
    let mut unit = town.db.store().begin().await.unwrap();
    let event = Event::PostRevised { post: p(12), revision: RevisionId::from_raw(99) };
    unit.append(Some(m(2)), &event).await.unwrap();
    unit.commit().await.unwrap();
    town.read().await;
    town.learn().await;
    assert_eq!((texts(&town, "proposed").await.len(), texts(&town, "stands").await), (0, vec![TOLD.to_owned()]));
    // A deleted one takes its proposals along, too.
    writes(&town, 13, "I work on the borrow checker full time.").await;
    assert_eq!(texts(&town, "proposed").await.len(), 1);
    town.deleted(13).await;
    town.learn().await;
    assert_eq!(texts(&town, "proposed").await.len(), 0);
}

async fn nothing_that_a_twin_or_another_said_is_learnt(db: TestDb) {
    let town = Town::new(db).await;
    town.says(2, 12, PostKind::Article, TOLD, Provenance::Ai).await;
    town.says(2, 13, PostKind::Article, &format!("> {TOLD}\n\nSo says another."), Provenance::Human).await;
    town.says(200, 14, PostKind::Article, TOLD, Provenance::Human).await;
    town.says(2, 15, PostKind::Question, TOLD, Provenance::Human).await;
    town.learn().await;
    assert_eq!(statements(&town, "").await, Vec::<Value>::new());
    // What is kept from the twin teaches it nothing, and takes back what it taught.
    writes(&town, 16, TOLD).await;
    assert_eq!(texts(&town, "proposed").await.len(), 1);
    town.api(2, Method::PUT, "/knowledge/16", &json!({ "excluded": true })).await;
    town.read().await;
    town.learn().await;
    assert_eq!(texts(&town, "proposed").await.len(), 0);
}

async fn what_contradicts_waits_for_its_owner(db: TestDb) {
    let town = Town::new(db).await;
    let (_, first) = says(&town, "I use Helix for editing.").await;
    let (outcome, second) = says(&town, "I use Emacs for editing.").await;
    assert_eq!(outcome, "disputed");
    assert_eq!(texts(&town, "stands").await, ["I use Helix for editing."]);
    let page = town.get(2, "/twin/knowledge?part=facts&done=disputed").await.text;
    assert!(page.contains("Both hold") && page.contains("contradicts"), "{page}");
    settles(&town, &json!(second), "replaces").await;
    assert_eq!(texts(&town, "stands").await, ["I use Emacs for editing."]);
    assert_eq!(town.get(0, &format!("/@m2/twin/said/{first}")).await.status, StatusCode::NOT_FOUND);
    let (_, third) = says(&town, "I no longer use Emacs.").await;
    settles(&town, &json!(third), "declined").await;
    assert_eq!(texts(&town, "stands").await.len(), 1);
}

async fn an_old_fact_is_asked_about(db: TestDb) {
    let town = Town::new(db).await;
    let (_, id) = says(&town, TOLD).await;
    let asked = "Said more than a year ago";
    assert!(!town.get(2, "/twin/knowledge?part=facts").await.text.contains(asked));
    town.db.clock().advance(Duration::from_secs(366 * 24 * 3_600));
    assert_eq!(statements(&town, "").await[0]["stale"], true);
    assert!(town.get(2, "/twin/knowledge?part=facts").await.text.contains(asked));
    settles(&town, &json!(id), "holds").await;
    assert_eq!(statements(&town, "").await[0]["stale"], false);
}

async fn a_twin_stops_learning_and_catches_up(db: TestDb) {
    let town = Town::new(db).await;
    assert_eq!(town.form(2, "/twin/memory/learning", "learning=false").await.to(), "/twin/knowledge?done=stopped");
    let memory = || async { town.api(2, Method::GET, "/memory", &json!(null)).await.json()["learning"].clone() };
    assert_eq!(memory().await, false);
    town.db.clock().advance(Duration::from_secs(60));
    town.wrote(2, 12, 1.0).await;
    writes(&town, 13, TOLD).await;
    let question = "How does a router keep its state?";
    assert_eq!((&ask(&town, question).await["abstained"], statements(&town, "").await.len()), (&json!(true), 0));
    assert!(town.get(2, "/twin/knowledge").await.text.contains("It has learnt nothing new since"));
    let on = town.api(2, Method::PUT, "/memory", &json!({ "learning": true })).await;
    assert_eq!(on.status, StatusCode::NO_CONTENT);
    town.learn().await;
    assert_eq!((&ask(&town, question).await["abstained"], texts(&town, "proposed").await.len()), (&json!(false), 1));
    assert_eq!(memory().await, true);
}

async fn a_period_is_forgotten_and_a_memory_emptied(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    writes(&town, 13, TOLD).await;
    says(&town, "I use Helix for editing.").await;
    let wrong = town.api(2, Method::POST, "/memory/forget", &json!({ "from": "2026-02-02", "to": "2026-02-01" })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(town.form(2, "/twin/memory/forget", "from=&to=").await.to().contains("no-period"));
    // The posts of this town were all published on the first day there is.
    let day = json!({ "from": "1970-01-01", "to": "1970-01-01" });
    let forgotten = town.api(2, Method::POST, "/memory/forget", &day).await.json();
    assert_eq!(forgotten, json!({ "posts": 2, "statements": 1 }), "what was read in them goes, what was said stays");
    assert_eq!(ask(&town, "How does a router keep its state?").await["abstained"], true);
    assert_eq!(texts(&town, "stands").await.len(), 1);

    town.form(2, "/twin/memory/anew", "keep_excluded=true").await;
    town.read().await;
    town.learn().await;
    assert_eq!(statements(&town, "").await.len(), 0, "what is kept from it teaches it nothing");
    assert_eq!(town.form(2, "/twin/memory/anew", "").await.to(), "/twin/knowledge?done=anew");
    town.read().await;
    town.learn().await;
    assert_eq!(texts(&town, "proposed").await, [TOLD], "it is read anew");
    assert_eq!(ask(&town, "How does a router keep its state?").await["abstained"], false);
}
