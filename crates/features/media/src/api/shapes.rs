//! What the API of pictures takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xinghe_web::PageContext;

use crate::model::{Picture, markdown};

/// A picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PictureJson {
    /// Its id.
    id: String,
    /// Its address on this site.
    url: String,
    /// Its absolute address.
    absolute_url: String,
    /// `image/webp` or `image/jpeg`.
    media_type: &'static str,
    /// In pixels.
    width: u16,
    /// In pixels.
    height: u16,
    /// How much it takes.
    bytes: u64,
    /// When it was added.
    added_at: String,
    /// The Markdown that shows it; what is to be seen on it belongs between the brackets.
    markdown: String,
    /// Whether a post or a draft of yours shows it; only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<bool>,
}

impl PictureJson {
    pub(super) fn new(p: &Picture, ctx: &PageContext, alt: &str, shown: Option<bool>) -> Self {
        Self {
            id: p.id.to_string(),
            url: p.name.path(),
            absolute_url: ctx.absolute(&p.name.path()),
            media_type: p.name.format().media_type(),
            width: p.name.width(),
            height: p.name.height(),
            bytes: p.bytes,
            added_at: p.at.rfc3339(),
            markdown: markdown(&p.name, alt),
            shown,
        }
    }
}

/// Pictures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PicturesJson {
    /// The latest first.
    pub items: Vec<PictureJson>,
    /// Where the list goes on.
    pub next: Option<String>,
}

/// A form with a picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a form that is read field by field")]
pub(crate) struct PictureForm {
    /// JPEG, PNG, GIF or WebP.
    #[schema(value_type = String, format = Binary)]
    picture: String,
    /// What is to be seen on it.
    alt: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Where to go on: `next` of the part before.
    pub cursor: Option<String>,
    /// How many: 1 to 100, 30 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}
