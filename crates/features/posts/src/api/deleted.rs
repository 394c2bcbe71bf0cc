//! What one deleted and can bring back.

use axum::extract::State as Given;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, Member, PageContext};

use super::read::{LIMIT, parsed};
use crate::feature::State;
use crate::model::Deleted;
use crate::store;

/// Which part of the list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeletedQuery {
    /// How many, 1 to 100.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// A deleted post of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedJson {
    /// The post.
    id: String,
    /// What it is.
    kind: String,
    /// Its title; a reply's is that of its page.
    title: String,
    /// How its text begins.
    excerpt: String,
    /// When it was deleted, RFC 3339.
    deleted_at: String,
    /// Until when it can be brought back, RFC 3339.
    until: String,
}

impl From<Deleted> for DeletedJson {
    fn from(p: Deleted) -> Self {
        Self {
            id: p.id.to_string(),
            kind: p.kind.to_string(),
            title: p.title.clone(),
            excerpt: p.excerpt.clone(),
            deleted_at: p.deleted_at.to_string(),
            until: p.until().to_string(),
        }
    }
}

/// Deleted posts, the last one deleted first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedListJson {
    items: Vec<DeletedJson>,
    /// Where the next page begins; absent on the last one.
    next: Option<String>,
}

/// Your own posts that you deleted and can still bring back.
#[utoipa::path(
    get, path = "/api/v1/me/deleted", tag = "posts", params(DeletedQuery),
    responses((status = 200, body = DeletedListJson), (status = 401, description = "Not signed in"),
        (status = 422, description = "The limit or the cursor cannot be read"))
)]
pub(super) async fn list(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    ApiQuery(query): ApiQuery<DeletedQuery>,
) -> Result<ApiJson<DeletedListJson>, AppError> {
    let after = parsed("cursor", query.cursor.as_deref())?;
    let limit = LIMIT.of(query.limit)?;
    let mut posts = store::deleted_by(&state.store, member.id, ctx.now(), after, limit + 1).await?;
    let more = posts.len() > limit;
    posts.truncate(limit);
    let next = posts.last().filter(|_| more).map(|p| p.cursor().to_string());
    Ok(ApiJson(DeletedListJson { items: posts.into_iter().map(DeletedJson::from).collect(), next }))
}
