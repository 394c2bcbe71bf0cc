//! The pages of pictures, and the pictures themselves.

mod own;
mod serve;

use axum::routing::{get, post};
use http::Method;
use xinghe_web::{Html, Need, RateClass, Routes, SlotEntry};

use crate::commands::Pictures;
use crate::sent::AROUND;

/// The tabs of the settings.
const TABS: &str = "settings.tabs";

pub(crate) fn routes(pictures: &Pictures) -> Routes {
    let p = || pictures.clone();
    let member = Need::Member;
    Routes::new()
        .method_router(Method::GET, "/pictures/{name}", Need::Anyone, get(serve::serve).with_state(p()))
        .method_router(Method::POST, "/pictures", member, post(own::add).with_state(p()))
        .limit(RateClass::Upload)
        .max_body(pictures.limits.file + AROUND)
        .method_router(Method::GET, "/settings/pictures", member, get(own::show).with_state(p()))
        .method_router(Method::POST, "/settings/pictures/{id}/delete", member, post(own::delete).with_state(p()))
}

pub(crate) fn slots() -> Vec<SlotEntry> {
    vec![
        SlotEntry::tab(TABS, 50, "/settings/pictures", "media-title"),
        // Where there is no script; with one, the editor takes pictures itself.
        SlotEntry::new("write.below", 10, |request| async move {
            let form = own::FormTemplate { t: &request.ctx.t, error: "", alt: "", aside: true };
            Ok(Some(Html::trusted(format!("<noscript>{}</noscript>", Html::render(&form)?))))
        }),
    ]
}
