//! Reading a file that was sent, as it is or in a form.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart, Request};
use bytes::Bytes;
use http::{StatusCode, header};
use xinghe_web::AppError;

use crate::error::MediaError;
use crate::model::{Fault, Limits};

/// The longest words beside a picture, in characters: they travel in an address.
const ALT_MAX: usize = 500;

/// What was sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The file.
    pub file: Bytes,
    /// What is to be seen on it, in words.
    pub alt: String,
}

/// What a request may be larger than its file: the other fields of a form, and what stands between them.
pub(crate) const AROUND: usize = 64 << 10;

fn unread(error: &MultipartError, limits: &Limits) -> MediaError {
    let large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    if large { Fault::Large(limits.file).into() } else { Fault::Missing.into() }
}

/// The file of a request: its body, or the field `picture` of a form.
///
/// # Errors
/// There is none, or it is too large.
pub(crate) async fn read(request: Request, limits: &Limits) -> Result<Sent, MediaError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let file = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => MediaError::File(Fault::Large(limits.file)),
            _ => MediaError::File(Fault::Broken),
        })?;
        return if file.is_empty() { Err(Fault::Missing.into()) } else { Ok(Sent { file, alt: String::new() }) };
    }
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Fault::Missing)?;
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(|e| unread(&e, limits))? {
        match field.name() {
            Some("picture") => sent.file = field.bytes().await.map_err(|e| unread(&e, limits))?,
            Some("alt") => {
                let words = field.text().await.map_err(|e| unread(&e, limits))?;
                sent.alt = words.chars().take(ALT_MAX).collect();
            }
            _ => {}
        }
    }
    if sent.file.is_empty() { Err(Fault::Missing.into()) } else { Ok(sent) }
}

/// What a form shows beside its field and with which status, where it is the form's business.
///
/// # Errors
/// Anything else.
pub(crate) fn refusal(error: MediaError) -> Result<(StatusCode, xinghe_web::FieldError), AppError> {
    let status = match &error {
        MediaError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        MediaError::Day(_) | MediaError::Full(_) => StatusCode::CONFLICT,
        MediaError::File(Fault::Large(_)) => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    match error.field() {
        Some(field) => Ok((status, field)),
        None => Err(error.into()),
    }
}
