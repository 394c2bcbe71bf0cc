//! What the table of routes knows of every operation, told in the description: a name of its own, who may call it and
//! with what, and the answers that the shell itself gives.

use http::Method;
use serde_json::{Map, Value, json};

use crate::routes::{Need, RateClass, RouteInfo};

/// The answers that mean the same everywhere: status, name among the components, meaning.
const SHARED: &[(&str, &str, &str)] = &[
    ("400", "BadRequest", "The path, the query or the body cannot be read; `detail` says where."),
    ("401", "SignIn", "Nobody is signed in, or the session of the token has ended."),
    (
        "403",
        "Forbidden",
        "Not yours to do: it is another member's, it takes another role, moderators suspended you, or a cookie came \
         with a request from another site.",
    ),
    ("404", "NotFound", "There is no such thing, or you may not know of it."),
    ("409", "Conflict", "The state does not allow it (any more)."),
    ("410", "Gone", "It was there and was taken away."),
    ("413", "TooLarge", "The body is larger than this operation takes."),
    ("422", "Invalid", "A field or a parameter is wrong; `errors` names each."),
    ("429", "TooMany", "Too many requests; `Retry-After` says how many seconds to wait."),
    ("5XX", "Failed", "Something broke here, or is not there at the moment; a later try may succeed."),
];

/// Completes the description with what these routes say of its operations. `cookie` is the session cookie's name.
pub(super) fn complete(document: &mut Value, routes: &[RouteInfo], cookie: &str) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let is_it = |r: &&RouteInfo| r.path == path && r.method.as_str().eq_ignore_ascii_case(method);
            operation["operationId"] = name(method, path).into();
            if let Some(route) = routes.iter().find(is_it) {
                operation["security"] = security(route.need);
                operation["x-need"] = json!(route.need);
                operation["x-rate-class"] = json!(route.limit);
                add_answers(operation, route);
            }
            describe_answers(operation, &schemas);
        }
    }
    document["components"]["responses"] = shared();
    document["components"]["securitySchemes"] = json!({
        "session": {
            "type": "apiKey", "in": "cookie", "name": cookie,
            "description": "What signing in on a page sets. A request that changes something must come from a page of \
                            this instance, which `Origin` or `Sec-Fetch-Site` tells.",
        },
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "The token that `POST /api/v1/session` answers with, or a personal access token (`xh_…`), which does \
                            what its scopes say and nothing that an account is entered with.",
        },
    });
}

/// A name that no other operation has: the method and the path, as in `put_posts_by_id_vote`.
fn name(method: &str, path: &str) -> String {
    let mut name = method.to_lowercase();
    for part in path.trim_start_matches("/api/v1").split('/').filter(|part| !part.is_empty()) {
        let (by, part) = part.strip_prefix('{').map_or(("", part), |inner| ("by_", inner.trim_end_matches('}')));
        name.push('_');
        name.push_str(by);
        name.push_str(&part.replace('-', "_"));
    }
    name
}

/// Guests may call what needs nobody; whoever is signed in may say so there, too.
fn security(need: Need) -> Value {
    match need {
        Need::Anyone => json!([{}, { "session": [] }, { "bearer": [] }]),
        Need::Member | Need::Moderator | Need::Administrator => json!([{ "session": [] }, { "bearer": [] }]),
    }
}

/// Adds the answers that the shell gives before a handler is asked, and those of every path, query and body.
fn add_answers(operation: &mut Value, route: &RouteInfo) {
    let parameters = operation.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let pages = parameters.iter().any(|p| matches!(p["name"].as_str(), Some("limit" | "cursor" | "before")));
    let body = operation.get("requestBody").is_some();
    let safe = matches!(route.method, Method::GET | Method::HEAD);
    let given = [
        ("400", body || parameters.iter().any(|p| p["in"] == "query")),
        ("401", true),
        ("403", !safe || route.need > Need::Member),
        ("404", route.path.contains('{')),
        ("413", body),
        ("422", body || pages),
        ("429", route.limit != RateClass::Free),
        ("5XX", true),
    ];
    let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, _) in given.into_iter().filter(|(_, given)| *given) {
        answers.entry(status).or_insert_with(|| json!({}));
    }
}

/// Says of each answer what it means: as its feature says, else as everywhere, else by what it holds.
fn describe_answers(operation: &mut Value, schemas: &Value) {
    for (status, answer) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
        let silent = answer["description"].as_str().is_none_or(str::is_empty);
        let common = SHARED.iter().find(|(s, ..)| *s == status);
        match common {
            Some((_, name, _)) if silent && answer.get("content").is_none() => {
                *answer = json!({ "$ref": format!("#/components/responses/{name}") });
            }
            _ if silent => answer["description"] = held(answer, schemas).into(),
            _ => {}
        }
        let error = status.starts_with(['4', '5']) && answer.get("$ref").is_none();
        if error && answer.get("content").is_none() {
            answer["content"] = problem();
        }
        if error && status == "429" {
            answer["headers"] = waiting();
        }
    }
}

/// What an answer holds, in the words of its schema.
fn held(answer: &Value, schemas: &Value) -> String {
    let contents = answer.get("content").and_then(Value::as_object);
    let schema = contents.and_then(|c| c.values().next()).and_then(|c| c.get("schema"));
    let name = schema.and_then(|s| s["$ref"].as_str()).and_then(|r| r.rsplit('/').next());
    let said = name.and_then(|name| schemas[name]["description"].as_str()).and_then(|text| text.lines().next());
    said.unwrap_or("Done.").to_owned()
}

fn problem() -> Value {
    json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } })
}

/// The headers of an answer to somebody who is to wait.
fn waiting() -> Value {
    let text = |what: &str| json!({ "description": what, "schema": { "type": "string" } });
    json!({
        "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer" } },
        "RateLimit": text("What is left of the client's share, and when it is whole again."),
        "RateLimit-Policy": text("The share of this class of operations."),
    })
}

fn shared() -> Value {
    let mut all = Map::new();
    for (status, name, meaning) in SHARED {
        let mut answer = json!({ "description": meaning, "content": problem() });
        if *status == "429" {
            answer["headers"] = waiting();
        }
        all.insert((*name).to_owned(), answer);
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_method_and_the_path() {
        assert_eq!(name("PUT", "/api/v1/posts/{id}/vote"), "put_posts_by_id_vote");
        assert_eq!(name("get", "/api/v1/me/notification-settings"), "get_me_notification_settings");
        assert_ne!(name("get", "/api/v1/series/{id}"), name("get", "/api/v1/series"));
    }

    #[test]
    fn an_answer_is_told_in_its_features_words_first() {
        let mut operation = json!({ "responses": {
            "200": { "description": "", "content": { "application/json": { "schema": { "$ref": "#/x/Post" } } } },
            "204": { "description": "" },
            "404": { "description": "No such post" },
            "409": {},
        }});
        describe_answers(&mut operation, &json!({ "Post": { "description": "A post in full.\nMore." } }));
        let answers = &operation["responses"];
        assert_eq!(answers["200"]["description"], "A post in full.");
        assert_eq!(answers["204"]["description"], "Done.");
        assert_eq!(answers["404"]["description"], "No such post");
        assert!(answers["404"]["content"].get("application/problem+json").is_some());
        assert_eq!(answers["409"]["$ref"], "#/components/responses/Conflict");
    }
}
