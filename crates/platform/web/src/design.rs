//! `/design`: every component in every state, for development and for the tests that compare pictures.

use askama::Template;
use axum::response::Response;

use crate::errors::{FieldError, FieldErrors};
use crate::html::Html;
use crate::markdown::{self, RenderOptions};
use crate::page::PageContext;
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "design.html")]
struct DesignTemplate<'a> {
    t: &'a Texts,
    prose: &'a Html,
    errors: FieldErrors,
    fine: FieldErrors,
    colours: &'static [&'static str],
    names: &'static [&'static str],
    sky: Vec<(String, u8)>,
}

const COLOURS: &[&str] = &[
    "paper",
    "surface",
    "sunk",
    "ink",
    "ink-2",
    "ink-3",
    "line",
    "river",
    "river-soft",
    "glow",
    "glow-ink",
    "glow-soft",
    "good",
    "bad",
    "warn",
];
const NAMES: &[&str] = &["林溪", "周一舟", "沈砚", "阿木", "何川", "Ada", "grace", "tokio-rs"];

const SKY: &[(&str, u8)] = &[("axum", 100), ("tower", 70), ("可观测性", 75), ("SQLx", 55), ("部署", 45), ("宏", 30)];

pub(crate) async fn page(ctx: PageContext) -> Response {
    let prose = markdown::render(include_str!("../templates/design.md"), &RenderOptions::default());
    let wrong = [FieldError::new("title", "web-design-error")];
    let template = DesignTemplate {
        t: &ctx.t,
        prose: &prose.html,
        errors: FieldErrors::new(&wrong, &ctx.t),
        fine: FieldErrors::default(),
        colours: COLOURS,
        names: NAMES,
        sky: SKY.iter().map(|(word, depth)| ((*word).to_owned(), *depth)).collect(),
    };
    ctx.page().title("Design").noindex().wide().render(&template)
}
