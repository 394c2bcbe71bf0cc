//! `/pictures/{name}`: the bytes.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use xinghe_core::picture::PictureName;
use xinghe_web::AppError;

use crate::commands::Pictures;

/// What stands under a name never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn serve(
    State(pictures): State<Pictures>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let name: PictureName = name.parse().map_err(|_| AppError::NotFound)?;
    let tag = format!("\"{name}\"");
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let content = pictures.content(&name).await?.ok_or(AppError::NotFound)?;
    if asked.split(',').any(|t| t.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, FOR_EVER)])
            .into_response());
    }
    let headers = [
        (header::CONTENT_TYPE, name.format().media_type()),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::ETAG, tag.as_str()),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, content).into_response())
}
