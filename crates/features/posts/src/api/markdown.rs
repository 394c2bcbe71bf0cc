//! Markdown as pages show it, for whoever writes elsewhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_web::api::ApiJson;
use xinghe_web::markdown::{RenderOptions, render as to_html};
use xinghe_web::{AppError, FieldError, Member};

use crate::model::{BODY_MAX, Fault};
use crate::pages::said;

/// A text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkdownBody {
    /// Markdown, at most 200,000 characters.
    body: String,
}

/// A text as its page would show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarkdownJson {
    /// Safe HTML.
    html: String,
    /// How many words; Han characters count as words.
    words: usize,
    /// Reading time in minutes, at least 1.
    minutes: u32,
}

/// See a text as its page would show it. Nothing is kept.
#[utoipa::path(
    post, path = "/api/v1/markdown", tag = "posts", request_body = MarkdownBody,
    responses((status = 200, body = MarkdownJson), (status = 401, description = "Not signed in"),
        (status = 422, description = "The text is too long, or becomes more than a page can show"))
)]
pub(super) async fn render(_: Member, ApiJson(sent): ApiJson<MarkdownBody>) -> Result<ApiJson<MarkdownJson>, AppError> {
    if sent.body.chars().count() > BODY_MAX {
        let fault = said(Fault::TooLong { max: BODY_MAX });
        return Err(AppError::Invalid(vec![FieldError::new("body", fault)]));
    }
    let shown = to_html(&sent.body, &RenderOptions::prefixed("preview-"));
    if let Some(beyond) = shown.beyond {
        return Err(AppError::Invalid(vec![FieldError::new("body", beyond.said())]));
    }
    let html = shown.html.clone().into_string();
    let words = xinghe_text::word_count(&xinghe_text::plain(&sent.body));
    Ok(ApiJson(MarkdownJson { html, words, minutes: xinghe_text::reading_minutes(&sent.body) }))
}
