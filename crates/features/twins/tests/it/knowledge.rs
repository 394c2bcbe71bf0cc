//! What a twin knows, and what its owner keeps from it.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_core::Event;
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::Town;

on_both_databases!(what_is_kept_from_a_twin_answers_nothing, citations_are_counted_once_an_answer);

async fn known(town: &Town, who: i64, query: &str) -> Vec<Value> {
    let listed = town.api(who, Method::GET, &format!("/knowledge{query}"), &json!(null)).await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.text);
    listed.json()["items"].as_array().unwrap().clone()
}

async fn what_is_kept_from_a_twin_answers_nothing(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    town.post(13, xinghe_core::PostKind::Question, 2, "What is a router?").await;
    town.allows(2, "draft").await;
    let all = known(&town, 2, "").await;
    assert_eq!(all.len(), 1, "questions are no evidence");
    assert_eq!((&all[0]["post"], &all[0]["excluded"], &all[0]["passages"]), (&json!("12"), &json!(false), &json!(1)));
    let tried = known(&town, 2, "?q=How+does+a+router+keep+its+state").await;
    assert!(tried[0]["found"][0].as_str().unwrap().starts_with("A router keeps its state"), "{tried:?}");

    let keep = |who, excluded| {
        let (town, body) = (&town, json!({ "excluded": excluded }));
        async move { town.api(who, Method::PUT, "/knowledge/12", &body).await.status }
    };
    assert_eq!(keep(3, true).await, StatusCode::NOT_FOUND, "it is another's");
    assert_eq!(keep(2, true).await, StatusCode::NO_CONTENT);
    assert_eq!(keep(2, true).await, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(known(&town, 2, "").await[0]["excluded"], true);
    town.waits(20).await;
    town.work().await;
    assert_eq!(town.drafts().await, Vec::<String>::new(), "it knows nothing else");

    let page = town.get(2, "/twin/knowledge").await;
    assert!(page.text.contains("does not use this post") && page.text.contains("Let it use this"), "{}", page.text);
    let done = town.form(2, "/twin/knowledge/12", "excluded=false&next=%2Ftwin%2Fknowledge%3Fq%3Drouter").await;
    assert_eq!(done.to(), "/twin/knowledge?q=router#post-12");
    town.waits(21).await;
    town.work().await;
    assert_eq!(town.drafts().await, ["2 waiting"]);
    let changes = |e: &Event| matches!(e, Event::TwinKnowledgeChanged { .. });
    assert_eq!(town.db.events().await.iter().filter(|r| changes(&r.event)).count(), 2);
    assert!(town.get(0, "/twin/knowledge").await.to().starts_with("/sign-in"));
    assert_eq!(town.api(2, Method::GET, "/knowledge?after=x", &json!(null)).await.status, StatusCode::BAD_REQUEST);
}

async fn citations_are_counted_once_an_answer(db: TestDb) {
    let town = Town::new(db).await;
    town.wrote(2, 12, 1.0).await;
    for asked in [1, 2] {
        let question = json!({ "question": "How does a router keep its state?" });
        let answer = town.call(1, Method::POST, "/api/v1/ask", question.to_string()).await;
        assert_eq!((answer.status, &answer.json()["abstained"]), (StatusCode::OK, &json!(false)), "{}", answer.text);
        town.read().await;
        assert_eq!(known(&town, 2, "").await[0]["answers"], asked);
    }
    assert!(town.get(2, "/twin/knowledge").await.text.contains("cited by 2 answers"));
}
