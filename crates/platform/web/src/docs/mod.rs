//! The description of the API: OpenAPI 3.1 for programs, a page for people.

mod complete;

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::Value;
use utoipa::OpenApi as _;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use crate::layers::present::{Problem, ProblemField};
use crate::page::PageContext;
use crate::routes::RouteInfo;
use crate::texts::Texts;

/// What a reader of the page sees of one operation.
#[derive(Debug)]
struct Operation {
    method: String,
    path: String,
    summary: String,
    text: String,
    params: Vec<Param>,
    body: String,
    answers: Vec<(String, String)>,
}

#[derive(Debug)]
struct Param {
    name: String,
    place: String,
    kind: String,
    text: String,
    required: bool,
}

/// The whole description, built once.
#[derive(Debug)]
pub(crate) struct Document {
    json: String,
    groups: Vec<(String, Vec<Operation>)>,
    schemas: Vec<(String, String)>,
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(Problem, ProblemField)))]
struct Shared;

/// Merges the features' descriptions, and completes them with what the table of their routes says. `cookie` is the
/// session cookie's name.
pub(crate) fn merge(
    parts: impl IntoIterator<Item = OpenApi>,
    routes: &[RouteInfo],
    public_url: &str,
    cookie: &str,
) -> Document {
    let info = InfoBuilder::new()
        .title("Xinghe")
        .version("1")
        .description(Some(
            "Times are RFC 3339 in UTC, ids are decimal strings. Errors are application/problem+json (RFC 9457).",
        ))
        .build();
    let mut all = OpenApiBuilder::new().info(info).build();
    for part in std::iter::once(Shared::openapi()).chain(parts) {
        all.merge(part);
    }
    all.servers = Some(vec![utoipa::openapi::Server::new(public_url)]);
    let mut value = serde_json::to_value(&all).unwrap_or_default();
    complete::complete(&mut value, routes, cookie);
    let groups = groups(&value);
    let schemas = schemas(&value);
    Document { json: value.to_string(), groups, schemas }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn groups(value: &Value) -> Vec<(String, Vec<Operation>)> {
    let mut groups: Vec<(String, Vec<Operation>)> = Vec::new();
    for (path, item) in value.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if !operation.is_object() {
                continue;
            }
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or("api").to_owned();
            let entry = read_operation(method, path, operation);
            match groups.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, list)) => list.push(entry),
                None => groups.push((tag, vec![entry])),
            }
        }
    }
    groups
}

fn read_operation(method: &str, path: &str, operation: &Value) -> Operation {
    let params = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let answers = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    // Those that are the same everywhere stand once, at the end of the page.
    let answers = answers.filter(|(_, answer)| answer.get("$ref").is_none()).map(|(status, answer)| {
        let schema = answer
            .pointer("/content/application~1json/schema")
            .or_else(|| answer.pointer("/content/application~1problem+json/schema"));
        let kind = schema.map(kind_of).filter(|k| !k.is_empty()).map(|k| format!(" → {k}")).unwrap_or_default();
        (status.clone(), format!("{}{kind}", text(answer, "description")))
    });
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        text: text(operation, "description"),
        params: params
            .map(|p| Param {
                name: text(p, "name"),
                place: text(p, "in"),
                kind: p.get("schema").map(kind_of).unwrap_or_default(),
                text: text(p, "description"),
                required: p.get("required").and_then(Value::as_bool).unwrap_or_default(),
            })
            .collect(),
        body: operation.pointer("/requestBody/content/application~1json/schema").map(kind_of).unwrap_or_default(),
        answers: answers.collect(),
    }
}

/// A schema in a few words: `string`, `Post`, `[Post]`.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(items) = schema.get("items") {
        return format!("[{}]", kind_of(items));
    }
    if let Some(options) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array) {
        return options.iter().map(kind_of).filter(|k| k != "null").collect::<Vec<_>>().join(" | ");
    }
    match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).filter(|k| *k != "null").collect::<Vec<_>>().join(" | ")
        }
        _ => String::new(),
    }
}

fn schemas(value: &Value) -> Vec<(String, String)> {
    let all = value.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    all.map(|(name, schema)| (name.clone(), serde_json::to_string_pretty(schema).unwrap_or_default())).collect()
}

pub(crate) async fn json(document: Arc<Document>) -> Response {
    let fixed = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (fixed, document.json.clone()).into_response()
}

#[derive(Template)]
#[template(path = "api.html")]
struct ApiTemplate<'a> {
    t: &'a Texts,
    document: &'a Document,
    problems: &'static [(&'static str, &'static str)],
}

const PROBLEMS: &[(&str, &str)] = &[
    ("bad-request", "web-error-bad-request"),
    ("sign-in", "web-error-sign-in"),
    ("forbidden", "web-error-forbidden"),
    ("not-found", "web-error-not-found"),
    ("gone", "web-error-gone"),
    ("conflict", "web-error-conflict"),
    ("too-large", "web-error-too-large"),
    ("invalid", "web-error-invalid"),
    ("too-many", "web-error-too-many"),
    ("internal", "web-error-internal"),
    ("unavailable", "web-error-unavailable"),
    ("timeout", "web-error-timeout"),
];

pub(crate) async fn page(ctx: PageContext, document: Arc<Document>) -> Response {
    let template = ApiTemplate { t: &ctx.t, document: &document, problems: PROBLEMS };
    ctx.page().title(ctx.t.s("web-api-title")).canonical("/api").wide().render(&template)
}
