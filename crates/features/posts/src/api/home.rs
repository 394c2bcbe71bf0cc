//! Home, for programs.

use axum::extract::State as Given;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::{AppError, PageContext};

use super::read::cards;
use super::shapes::PostItem;
use crate::feature::State;
use crate::model::picks::Why;
use crate::pages::PER_PAGE;
use crate::pages::home::{HomeTab, ordered};

/// What to read.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HomeParams {
    /// picks (the usual) or hot.
    tab: Option<String>,
    /// From 1; there are at most 50 pages.
    page: Option<usize>,
}

/// A post with why it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PickJson {
    #[serde(flatten)]
    post: PostItem,
    /// author_followed, tag_followed, post_followed, liked, talked_about, new, or none.
    why: Option<&'static str>,
}

/// A page of home.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HomeJson {
    items: Vec<PickJson>,
    /// The next page, where there is one.
    next: Option<usize>,
}

/// What to read first, and why; for a member also by what the member follows.
#[utoipa::path(
    get, path = "/api/v1/home", tag = "posts", params(HomeParams),
    responses((status = 200, body = HomeJson), (status = 422, description = "The tab or the page cannot be read"))
)]
pub(super) async fn show(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<HomeParams>,
) -> Result<ApiJson<HomeJson>, AppError> {
    let wrong = |field| AppError::field(field, "posts-fault-unreadable");
    let Ok(tab @ (HomeTab::Picks | HomeTab::Hot)) = query.tab.as_deref().unwrap_or("picks").parse() else {
        return Err(wrong("tab"));
    };
    let page = query.page.unwrap_or(1);
    if !(1..=50).contains(&page) {
        return Err(wrong("page"));
    }
    let all = ordered(&ctx, &state, tab).await?;
    let next = (all.len() > page * PER_PAGE).then_some(page + 1);
    let shown: Vec<_> = all.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).collect();
    let cards = cards(&state, shown.iter().map(|(p, _)| p.author).collect()).await?;
    let why = |why: &Why| match why {
        Why::Author(_) => Some("author_followed"),
        Why::Tag(_) => Some("tag_followed"),
        Why::Post => Some("post_followed"),
        Why::Liked => Some("liked"),
        Why::Talked => Some("talked_about"),
        Why::New => Some("new"),
        Why::Rest => None,
    };
    let items = shown.iter().map(|(p, w)| PickJson { post: PostItem::of(p, &cards), why: why(w) }).collect();
    Ok(ApiJson(HomeJson { items, next }))
}
