//! The overview.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use xinghe_web::{AppError, PageContext, Texts};

use super::{Head, SaidQuery};
use crate::desk::{Desk, Trouble};
use crate::model::{Community, Embedding, IndexCounts, Models};

#[derive(Template)]
#[template(path = "observatory/overview.html")]
struct OverviewTemplate<'a> {
    t: &'a Texts,
    head: &'a Head,
    community: &'a Community,
    index: &'a IndexCounts,
    models: &'a Models,
    trouble: Trouble,
}

impl OverviewTemplate<'_> {
    /// The name of a kind of post; its word where there is none.
    fn kind(&self, kind: &str) -> String {
        let key = format!("observatory-kind-{kind}");
        if self.t.has(&key) { self.t.s(&key).into_owned() } else { kind.to_owned() }
    }

    fn share(&self, count: i64) -> i64 {
        (count * 100).checked_div(self.community.all_posts()).unwrap_or(0)
    }
}

/// `/admin`.
pub(super) async fn show(
    State(desk): State<Desk>,
    ctx: PageContext,
    Query(query): Query<SaidQuery>,
) -> Result<Response, AppError> {
    let (community, index) = (desk.community().await?, desk.index().await?);
    let (trouble, head) = (desk.trouble().await?, Head::new(&desk, &ctx, &query).await);
    let models = &desk.deps.models;
    let template = OverviewTemplate { t: &ctx.t, head: &head, community: &community, index: &index, models, trouble };
    Ok(ctx.page().title(ctx.t.s("observatory-overview")).active("admin").noindex().wide().render(&template))
}
