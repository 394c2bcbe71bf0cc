//! The description of the API says of each operation what the table of routes decides.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use xinghe_testkit::TestDb;
use xinghe_web::{Need, RateClass, RouteInfo};

use crate::is_api;
use crate::site::{Ask, Site, Who};

/// What a reference names, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#')?),
        None => Some(value),
    }
}

fn said(value: &Value, key: &str) -> bool {
    value[key].as_str().is_some_and(|text| !text.trim().is_empty())
}

/// What is wrong with the description of one route.
fn faults(document: &Value, route: &RouteInfo) -> Vec<String> {
    let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
    let mut faults = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{} {}: {what}", route.method, route.path));
        }
    };
    check(said(operation, "operationId"), "no operationId");
    check(said(operation, "summary"), "no summary");
    check(operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "no tag");
    let expected = match route.need {
        Need::Anyone => json!([{}, { "session": [] }, { "bearer": [] }]),
        _ => json!([{ "session": [] }, { "bearer": [] }]),
    };
    check(operation["security"] == expected, "security does not match who may call it");
    let answers = operation["responses"].as_object().cloned().unwrap_or_default();
    check(answers.keys().any(|status| status.starts_with(['2', '3'])), "no success");
    for (status, answer) in &answers {
        let Some(answer) = resolved(document, answer) else {
            check(false, &format!("{status} refers to nothing"));
            continue;
        };
        check(said(answer, "description"), &format!("{status} is not described"));
        let problem = &answer["content"]["application/problem+json"]["schema"];
        check(
            !status.starts_with(['4', '5']) || resolved(document, problem).is_some(),
            &format!("{status} no problem"),
        );
        check(status != "429" || answer["headers"].get("Retry-After").is_some(), "429 without Retry-After");
    }
    let mut expects = |status: &str, wanted: bool| {
        check(!wanted || answers.contains_key(status), &format!("{status} is missing"));
    };
    let queries = operation["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["in"] == "query"));
    let body = operation.get("requestBody").is_some();
    expects("400", queries || body);
    expects("401", true);
    expects("403", route.need > Need::Member || route.method != Method::GET);
    expects("404", route.path.contains('{'));
    expects("413", body);
    expects("422", body);
    expects("429", route.limit != RateClass::Free);
    faults
}

/// Parameters said to stand in the path that do not, and places of the path without a parameter.
fn misplaced(path: &str, operation: &Value) -> Option<String> {
    let said: BTreeSet<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|p| p["in"] == "path")
        .filter_map(|p| p["name"].as_str())
        .collect();
    let there: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
    (said != there).then(|| format!("{path}: parameters in the path {said:?}, places {there:?}"))
}

/// Every reference in a value that leads nowhere.
fn astray(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    if value.get("$ref").is_some() && resolved(document, value).is_none() {
        found.insert(value["$ref"].to_string());
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|v| astray(document, v, found)),
        Value::Array(items) => items.iter().for_each(|v| astray(document, v, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_operation_says_who_may_call_it_and_what_may_come_back() {
    let site = Site::open(TestDb::sqlite().await).await;
    let document = site.ask(Who::Stranger, Ask::new(Method::GET, "/api/v1/openapi.json")).await.json();
    let described = |r: &&RouteInfo| is_api(r) && r.path != "/api/v1/openapi.json";
    let faults: Vec<String> = site.shell.table.iter().filter(described).flat_map(|r| faults(&document, r)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let paths = document["paths"].as_object().expect("paths");
    let each =
        paths.iter().flat_map(|(path, item)| item.as_object().expect("operations").values().map(move |o| (path, o)));
    let misplaced: Vec<String> = each.filter_map(|(path, operation)| misplaced(path, operation)).collect();
    assert!(misplaced.is_empty(), "{}", misplaced.join("\n"));
    let items = paths.values();
    let operations: Vec<&Value> = items.flat_map(|item| item.as_object().expect("operations").values()).collect();
    let names: BTreeSet<&str> = operations.iter().filter_map(|o| o["operationId"].as_str()).collect();
    assert_eq!(names.len(), operations.len(), "an operationId is there twice");
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["session"]["in"], &schemes["bearer"]["scheme"]), (&json!("cookie"), &json!("bearer")));
    let mut lost = BTreeSet::new();
    astray(&document, &document, &mut lost);
    assert!(lost.is_empty(), "references to nothing: {lost:?}");
    let tags: BTreeSet<&str> =
        document["tags"].as_array().into_iter().flatten().filter_map(|t| t["name"].as_str()).collect();
    let used: BTreeSet<&str> = operations.iter().filter_map(|o| o.pointer("/tags/0")?.as_str()).collect();
    assert!(used.is_subset(&tags), "tags without a word on them: {:?}", used.difference(&tags));
}

#[tokio::test]
async fn lists_refuse_the_same_parameters_in_the_same_way() {
    let site = Site::open(TestDb::sqlite().await).await;
    let document = site.ask(Who::Stranger, Ask::new(Method::GET, "/api/v1/openapi.json")).await.json();
    let (mut wrong, mut lists) = (Vec::new(), 0);
    for route in site.shell.table.iter().filter(|r| is_api(r) && r.method == Method::GET && !r.path.contains('{')) {
        let parameters = document["paths"][route.path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        if parameters.is_empty() {
            continue;
        }
        let takes = |name: &str| parameters.iter().any(|p| p["name"] == name);
        let answer = site.ask(Who::Administrator, Ask::new(Method::GET, format!("{}?nosuch=1", route.path))).await;
        if answer.is_problem(StatusCode::BAD_REQUEST).is_err() || !answer.text().contains("nosuch") {
            wrong.push(format!("{} takes anything: {}", route.path, answer.text()));
        }
        if takes("limit") {
            lists += 1;
            for limit in ["0", "-1", "101", "99999999"] {
                let query = if takes("q") { format!("q=x&limit={limit}") } else { format!("limit={limit}") };
                let answer =
                    site.ask(Who::Administrator, Ask::new(Method::GET, format!("{}?{query}", route.path))).await;
                let field = answer.json()["errors"][0]["field"] == "limit";
                if answer.is_problem(StatusCode::UNPROCESSABLE_ENTITY).is_err() || !field {
                    wrong.push(format!("{}?{query}: {}", route.path, answer.text()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lists > 10, "{lists}");
    let silent = site.ask(Who::Stranger, Ask::new(Method::GET, "/api/v1/search?tag=rust")).await;
    silent.is_problem(StatusCode::UNPROCESSABLE_ENTITY).expect("words are missing");
    assert_eq!(silent.json()["errors"][0]["field"], "q");
}
