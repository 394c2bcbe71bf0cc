//! Styles and scripts, built by Vite and embedded in the binary under names that change with their content.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;

use crate::errors::AppError;
use crate::layers::kept::names;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[include = "*"]
#[include = ".vite/manifest.json"]
struct Dist;

/// The addresses that every page links.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) style: String,
    /// The styles of what only members see.
    pub(crate) desk: String,
    pub(crate) script: String,
}

#[derive(serde::Deserialize)]
struct Built {
    file: String,
}

/// Read once; a binary without its assets is broken, so that fails at the first page.
pub(crate) static ENTRIES: LazyLock<Entries> = LazyLock::new(|| {
    let manifest = Dist::get(".vite/manifest.json").expect("the asset manifest is embedded");
    let built: HashMap<String, Built> = serde_json::from_slice(&manifest.data).expect("the asset manifest is JSON");
    let address = |source: &str| format!("/assets/{}", built.get(source).expect("a built entry").file);
    Entries { style: address("src/style.css"), desk: address("src/desk.css"), script: address("src/main.ts") }
});

/// Sends an asset, in the smallest coding that the client takes and that was prepared at build time.
pub(crate) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name.contains('/') || name.starts_with('.') || name.ends_with(".br") || name.ends_with(".gz") {
        return AppError::NotFound.into_response();
    }
    let Some(plain) = Dist::get(&name) else { return AppError::NotFound.into_response() };
    let etag = format!("\"{}\"", hex::encode(&plain.metadata.sha256_hash()[..12]));
    // Names with a hash never change their content; the others are asked for again.
    let cache = if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    let mut fixed = vec![
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if let Ok(value) = HeaderValue::from_str(&etag) {
        fixed.push((header::ETAG, value));
    }
    let known = headers.get(header::IF_NONE_MATCH);
    let mut response = if known.is_some_and(|list| names(list, etag.as_bytes())) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (coding, data) = smallest(&name, plain.data, &headers);
        if let Some(coding) = coding {
            fixed.push((header::CONTENT_ENCODING, HeaderValue::from_static(coding)));
        }
        data.into_owned().into_response()
    };
    let kind = mime_guess::from_path(&name).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    if let Ok(value) = HeaderValue::from_str(&kind) {
        fixed.push((header::CONTENT_TYPE, value));
    }
    for (name, value) in fixed {
        response.headers_mut().insert(name, value);
    }
    response
}

fn smallest(name: &str, plain: Cow<'static, [u8]>, headers: &HeaderMap) -> (Option<&'static str>, Cow<'static, [u8]>) {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').any(|part| {
            let mut fields = part.split(';').map(str::trim);
            fields.next() == Some(coding) && !fields.any(|q| q.replace(' ', "") == "q=0")
        })
    };
    for (coding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(coding)
            && let Some(file) = Dist::get(&format!("{name}.{ending}"))
        {
            return (Some(coding), file.data);
        }
    }
    (None, plain)
}

/// Vite puts eight characters of hash before the ending.
fn is_hashed(name: &str) -> bool {
    name.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).is_some_and(|(_, hash)| hash.len() == 8)
        || name.rsplit_once('.').is_some_and(|(stem, _)| stem.len() > 9 && stem.as_bytes()[stem.len() - 9] == b'-')
}
