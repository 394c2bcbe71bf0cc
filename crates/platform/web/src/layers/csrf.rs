//! Requests that change something must come from this site's own pages.

use axum::extract::Request;
use http::{HeaderMap, header};

use crate::errors::AppError;
use crate::page::PageContext;
use crate::viewer::Via;

/// Checks an unsafe request by `Sec-Fetch-Site`, else by `Origin`. Bearer requests are exempt: no browser adds that
/// header by itself.
///
/// # Errors
/// [`AppError::BadRequest`] when the request comes from elsewhere, or a session cookie comes without either header.
pub(crate) fn check(request: &Request, ctx: &PageContext) -> Result<(), AppError> {
    if request.method().is_safe() || ctx.viewer.via == Via::Bearer {
        return Ok(());
    }
    let headers = request.headers();
    let own = match text(headers, "sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => match text(headers, "origin") {
            Some(origin) => is_own(origin, headers, ctx),
            None => ctx.viewer.via == Via::Nothing,
        },
    };
    if own { Ok(()) } else { Err(AppError::bad("web-error-cross-site")) }
}

fn is_own(origin: &str, headers: &HeaderMap, ctx: &PageContext) -> bool {
    if origin.eq_ignore_ascii_case(&ctx.settings().public_url) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    matches!((origin.split_once("://"), host), (Some((_, o)), Some(h)) if o.eq_ignore_ascii_case(h))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}
