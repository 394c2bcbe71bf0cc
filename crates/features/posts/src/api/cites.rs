//! What links to a post, as JSON.

use axum::extract::{Path, State as Given};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_web::refs::{PostRef, id};
use xinghe_web::{ApiJson, ApiQuery, AppError, PageContext};

use super::read::{LIMIT, parsed};
use crate::feature::State;
use crate::pages::{citing, detail};

/// Where a list goes on, and how long it is.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CitedQuery {
    /// How many: 1 to 100, otherwise 20.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// Posts that link to a post, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CitedJson {
    items: Vec<PostRef>,
    /// Where the next page begins; absent on the last one.
    next: Option<String>,
}

/// The posts, answers and comments whose text links to a post or that pass it on; not those on its own page.
#[utoipa::path(
    get, path = "/api/v1/posts/{id}/cited-by", tag = "posts",
    params(("id" = String, Path, description = "The post"), CitedQuery),
    responses((status = 200, body = CitedJson), (status = 404, description = "There is none to be seen"),
        (status = 410, description = "It was deleted, or moderators took it away"),
        (status = 422, description = "The limit or the cursor cannot be read"))
)]
pub(super) async fn list(
    ctx: PageContext,
    Given(state): Given<State>,
    Path(post): Path<String>,
    ApiQuery(query): ApiQuery<CitedQuery>,
) -> Result<ApiJson<CitedJson>, AppError> {
    let after = parsed("cursor", query.cursor.as_deref())?;
    let limit = LIMIT.of(query.limit)?;
    let v = detail(&state, id(&post)?).await?.view;
    let mut found = citing(&ctx, &state, v.root, std::iter::once(&v), after, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(_, cursor)| cursor.to_string());
    let named: Vec<_> = found.iter().filter_map(|(v, _)| v.author()).collect();
    let cards = super::read::cards(&state, named).await?;
    let items = found.iter().map(|(v, _)| PostRef::new(v, v.author().and_then(|a| cards.get(&a)))).collect();
    Ok(ApiJson(CitedJson { items, next }))
}
