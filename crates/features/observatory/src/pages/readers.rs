//! The readers of the event log.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use xinghe_store::{ReaderState, ReaderStatus};
use xinghe_web::{AppError, Member, PageContext, Texts};

use super::{Head, SaidQuery, span, to};
use crate::desk::{Desk, ReaderAct, position_word, read_position};

#[derive(Template)]
#[template(path = "observatory/readers.html")]
struct ReadersTemplate<'a> {
    t: &'a Texts,
    head: &'a Head,
    readers: &'a [ReaderStatus],
}

impl ReadersTemplate<'_> {
    fn behind(&self, reader: &ReaderStatus) -> String {
        let events = self.t.f("observatory-reader-lag", &[("n", self.t.number(reader.lag as i64).into())]);
        match reader.since {
            Some(since) => {
                let time = span(self.t, self.t.now().as_millis().saturating_sub(since.as_millis()));
                format!("{events}{}", self.t.f("observatory-reader-since", &[("time", time.into())]))
            }
            None => self.t.s("observatory-reader-current").into_owned(),
        }
    }

    fn position(&self, reader: &ReaderStatus) -> String {
        position_word(reader.position)
    }
}

/// `/admin/readers`.
pub(super) async fn show(
    State(desk): State<Desk>,
    ctx: PageContext,
    Query(query): Query<SaidQuery>,
) -> Result<Response, AppError> {
    let (readers, head) = (desk.readers().await?, Head::new(&desk, &ctx, &query).await);
    let template = ReadersTemplate { t: &ctx.t, head: &head, readers: &readers };
    Ok(ctx.page().title(ctx.t.s("observatory-readers")).active("admin").noindex().wide().render(&template))
}

/// Where the reader stood on the page that was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SteerForm {
    position: String,
}

/// Tries again, goes past an event, or rebuilds.
pub(super) async fn steer(
    State(desk): State<Desk>,
    admin: Member,
    Path((name, act)): Path<(String, String)>,
    Form(form): Form<SteerForm>,
) -> Result<Response, AppError> {
    let what = match act.as_str() {
        "retry" => ReaderAct::Retry,
        "skip" => {
            let position = read_position(&form.position);
            ReaderAct::Skip(position.ok_or_else(|| AppError::bad("observatory-reader-position-unknown"))?)
        }
        "rebuild" => ReaderAct::Rebuild,
        _ => return Err(AppError::NotFound),
    };
    desk.steer(&admin, &name, what).await?;
    Ok(to(&format!("/admin/readers?said=reader-{act}")))
}
