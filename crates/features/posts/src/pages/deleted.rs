//! What one deleted and can bring back.

use askama::Template;
use axum::extract::State as Given;
use serde::Deserialize;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{Html, Member, PageContext, PageResult, Subject, Texts};

use super::{PER_PAGE, TABS, kind_key};
use crate::feature::State;
use crate::model::{Cursor, Deleted};
use crate::store;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeletedQuery {
    before: String,
}

struct Row {
    post: Deleted,
    kind: &'static str,
    until: String,
}

#[derive(Template)]
#[template(path = "posts/deleted.html")]
struct DeletedTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    rows: Vec<Row>,
    older: Option<String>,
}

/// `/settings/deleted`.
pub(super) async fn show(
    Given(state): Given<State>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<DeletedQuery>,
) -> PageResult {
    let after: Option<Cursor> = place(&query.before)?;
    let mut posts = store::deleted_by(&state.store, member.id, ctx.now(), after, PER_PAGE + 1).await?;
    let more = posts.len() > PER_PAGE;
    posts.truncate(PER_PAGE);
    let older = posts.last().filter(|_| more).map(|p| format!("/settings/deleted?before={}", p.cursor()));
    let t = &ctx.t;
    let row = |post: Deleted| Row { kind: kind_key(post.kind), until: t.date(post.until()), post };
    let rows = posts.into_iter().map(row).collect();
    let template = DeletedTemplate { t, tabs: ctx.slot(TABS, &Subject::default()).await, rows, older };
    Ok(ctx.page().title(t.s("posts-bin")).noindex().render(&template))
}
