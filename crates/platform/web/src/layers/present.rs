//! Errors in words: a page for people, problem+json for programs.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::errors::{AppError, FieldErrors};
use crate::layers::typed::{Look, Typed};
use crate::page::PageContext;
use crate::texts::Texts;

/// Marks a response whose error body is meant as it is.
#[derive(Debug, Clone, Copy)]
pub struct AsIs;

/// A problem as RFC 9457 describes it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The kind of problem: an address that explains it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// The path asked for.
    pub instance: String,
    /// The request's id, to be quoted in reports.
    pub request_id: String,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// The field's name; of a nested one with dots.
    pub field: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// Writes the body of an error; anything else passes.
pub(crate) fn present(mut response: Response, ctx: &PageContext) -> Response {
    let status = response.status();
    let error = match response.extensions_mut().remove::<AppError>() {
        Some(error) => error,
        None => match bare(&response, status) {
            Some(error) => error,
            None => return response,
        },
    };
    log(&error);
    let typed = response.extensions_mut().remove::<Typed>();
    let mut answer = match (&error, ctx.api) {
        (_, true) => problem(&error, status, ctx),
        (AppError::SignIn, false) => Redirect::to(&sign_in_url(ctx)).into_response(),
        (_, false) => error_page(&error, status, typed.as_ref(), ctx),
    };
    for (name, value) in response.headers() {
        if name.as_str().starts_with("ratelimit") || name == header::ALLOW {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if let AppError::TooMany { retry_after } = error {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    }
    if ctx.api && matches!(error, AppError::SignIn) {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// The error behind a status that the router or an extractor set without a body for people.
fn bare(response: &Response, status: StatusCode) -> Option<AppError> {
    if !(status.is_client_error() || status.is_server_error()) || response.extensions().get::<AsIs>().is_some() {
        return None;
    }
    let plain = match response.headers().get(header::CONTENT_TYPE) {
        None => true,
        Some(kind) => kind.as_bytes().starts_with(b"text/plain"),
    };
    plain.then(|| match status {
        StatusCode::NOT_FOUND => AppError::NotFound,
        StatusCode::GONE => AppError::Gone,
        StatusCode::UNAUTHORIZED => AppError::SignIn,
        StatusCode::FORBIDDEN => AppError::Forbidden,
        StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge(crate::routes::DEFAULT_BODY),
        StatusCode::METHOD_NOT_ALLOWED => AppError::bad("web-error-method"),
        StatusCode::SERVICE_UNAVAILABLE => AppError::unavailable("a handler answered 503"),
        s if s.is_client_error() => AppError::bad("web-error-unreadable"),
        s => AppError::internal(format!("a handler answered {s}")),
    })
}

fn log(error: &AppError) {
    match error {
        AppError::Internal(source) => tracing::error!(error = %source, chain = ?source, "request failed"),
        AppError::Unavailable(source) => tracing::warn!(error = %source, "request could not be served"),
        other => tracing::debug!(error = %other, "request refused"),
    }
}

fn sign_in_url(ctx: &PageContext) -> String {
    let next: String = ctx
        .back
        .as_ref()
        .unwrap_or(&ctx.path)
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("/sign-in?next={next}")
}

/// The problem document of an error.
pub(crate) fn problem_of(error: &AppError, status: StatusCode, ctx: &PageContext) -> Problem {
    let errors = match error {
        AppError::Invalid(errors) => FieldErrors::new(errors, &ctx.t)
            .iter()
            .map(|(field, detail)| ProblemField { field: field.to_owned(), detail: detail.to_owned() })
            .collect(),
        _ => Vec::new(),
    };
    Problem {
        kind: format!("/api#problem-{}", error.slug()),
        title: error.title(&ctx.t),
        status: status.as_u16(),
        detail: error.detail(&ctx.t),
        instance: ctx.path.split('?').next().unwrap_or_default().to_owned(),
        request_id: ctx.request_id.to_string(),
        errors,
    }
}

fn problem(error: &AppError, status: StatusCode, ctx: &PageContext) -> Response {
    let problem = problem_of(error, status, ctx);
    let mut body = serde_json::to_string(&problem).unwrap_or_default();
    if problem.instance.starts_with("/v1/") {
        // Where OpenAI's clients look; RFC 9457 allows members of one's own.
        let (slug, field) = (error.slug(), problem.errors.first());
        let message = field.map_or(&problem.detail, |f| &f.detail);
        let mut both = json!(problem);
        both["error"] = json!({ "message": message, "type": slug, "code": slug, "param": field.map(|f| &f.field) });
        body = both.to_string();
    }
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Ok(lang) = HeaderValue::from_str(ctx.lang.tag()) {
        response.headers_mut().insert(header::CONTENT_LANGUAGE, lang);
    }
    response
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate<'a> {
    t: &'a Texts,
    status: u16,
    title: &'a str,
    detail: &'a str,
    fields: FieldErrors,
    /// The page without what follows the question mark, where that was what could not be understood.
    first: Option<&'a str>,
    /// The form that was not taken.
    typed: Option<&'a Typed>,
    path: &'a str,
    request_id: &'a str,
}

fn error_page(error: &AppError, status: StatusCode, typed: Option<&Typed>, ctx: &PageContext) -> Response {
    let (title, detail) = (error.title(&ctx.t), error.detail(&ctx.t));
    let fields = match error {
        AppError::Invalid(errors) => FieldErrors::new(errors, &ctx.t),
        _ => FieldErrors::default(),
    };
    let body = ErrorTemplate {
        t: &ctx.t,
        status: status.as_u16(),
        title: &title,
        detail: &detail,
        fields,
        first: match error {
            AppError::BadRequest(said) if said.key() == "web-error-cursor" => ctx.path.split('?').next(),
            _ => None,
        },
        typed,
        path: &ctx.path,
        request_id: &ctx.request_id,
    };
    ctx.page().title(title.clone()).status(status).noindex().render(&body)
}
