//! Lists by kind and tag.

use askama::Template;
use axum::extract::{Path, State as Given};
use serde::Deserialize;
use xinghe_core::content::PostKind;
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::place;
use xinghe_web::{AppError, Html, PageContext, PageResult, Subject, Texts};

use super::view::{Row, rows};
use super::{PER_PAGE, send};
use crate::feature::State;
use crate::model::{Answered, Cursor, ListFilter, PostSummary, TagCount, canonical_tag};
use crate::store;

/// How many tags a page of tags shows.
const TAGS_SHOWN: usize = 300;

#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    show: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    pub(super) before: String,
}

/// A tab of a list.
pub(super) struct Tab {
    pub key: &'static str,
    pub href: &'static str,
    pub current: bool,
}

#[derive(Template)]
#[template(path = "posts/list.html")]
pub(super) struct ListTemplate<'a> {
    pub t: &'a Texts,
    pub heading: String,
    pub quiet_heading: bool,
    pub tabs: Vec<Tab>,
    pub before_rows: Html,
    pub rows: Vec<Row>,
    pub older: Option<String>,
    pub tags: Vec<TagCount>,
    /// Where else to look, below the list: the key of the name, and the address.
    pub links: &'a [(&'static str, &'static str)],
}

/// What a list shows.
pub(super) struct Plan<'a> {
    pub path: &'a str,
    pub query: Vec<(&'static str, String)>,
    pub filter: ListFilter,
}

impl Plan<'_> {
    pub(super) async fn load(
        &self,
        state: &State,
        before: &str,
    ) -> Result<(Vec<PostSummary>, Option<String>), AppError> {
        let after: Option<Cursor> = place(before)?;
        let mut posts = store::list(&state.store, &self.filter, after, PER_PAGE + 1).await?;
        let more = posts.len() > PER_PAGE;
        posts.truncate(PER_PAGE);
        let older = posts.last().filter(|_| more).map(|last| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in &self.query {
                query.append_pair(name, value);
            }
            query.append_pair("before", &last.cursor().to_string());
            format!("{}?{}", self.path, query.finish())
        });
        Ok((posts, older))
    }
}

async fn of_kind(
    ctx: &PageContext,
    state: &State,
    query: &ListQuery,
    plan: Plan<'_>,
    (title, tabs): (&'static str, Vec<Tab>),
) -> PageResult {
    let (posts, older) = plan.load(state, &query.before).await?;
    let tags = if plan.filter.kind == Some(PostKind::Project) { store::tags(&state.store, 30).await? } else { vec![] };
    let template = ListTemplate {
        t: &ctx.t,
        heading: ctx.t.s(title).into_owned(),
        quiet_heading: false,
        tabs,
        before_rows: Html::default(),
        rows: rows(&state.authors, &posts, ctx).await?,
        older,
        tags,
        links: &[],
    };
    let aside = ctx.slot("home.aside", &Subject::default()).await;
    let active = plan.path.trim_start_matches('/');
    let page = ctx.page().title(ctx.t.s(title)).active(active).canonical(plan.path).feed(plan.path);
    Ok(page.crumbs(&[(&ctx.t.s(title), plan.path)]).aside(aside).render(&template))
}

/// Articles.
pub(super) async fn articles(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let filter = ListFilter { kind: Some(PostKind::Article), ..ListFilter::default() };
    let plan = Plan { path: "/articles", query: vec![], filter };
    of_kind(&ctx, &state, &query, plan, ("posts-tab-articles", vec![])).await
}

/// News.
pub(super) async fn news(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let filter = ListFilter { kind: Some(PostKind::News), ..ListFilter::default() };
    let plan = Plan { path: "/news", query: vec![], filter };
    of_kind(&ctx, &state, &query, plan, ("posts-news", vec![])).await
}

/// Questions: all, unanswered, accepted.
pub(super) async fn questions(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    const TABS: [(&str, &str, &str); 3] = [
        ("", "/questions", "posts-show-all"),
        ("unanswered", "/questions?show=unanswered", "posts-tab-unanswered"),
        ("accepted", "/questions?show=accepted", "posts-show-accepted"),
    ];
    let (answered, now) = match query.show.as_str() {
        "unanswered" => (Answered::None, "unanswered"),
        "accepted" => (Answered::Accepted, "accepted"),
        _ => (Answered::Any, ""),
    };
    let filter = ListFilter { kind: Some(PostKind::Question), answered, ..ListFilter::default() };
    let keep = if now.is_empty() { vec![] } else { vec![("show", now.to_owned())] };
    let tabs = TABS.iter().map(|(n, href, key)| Tab { key, href, current: *n == now }).collect();
    let plan = Plan { path: "/questions", query: keep, filter };
    of_kind(&ctx, &state, &query, plan, ("posts-tab-questions", tabs)).await
}

/// Projects, by tag.
pub(super) async fn projects(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let tag = canonical_tag(&query.tag);
    let keep = tag.iter().map(|t| ("tag", t.clone())).collect();
    let filter = ListFilter { kind: Some(PostKind::Project), tag, ..ListFilter::default() };
    let plan = Plan { path: "/projects", query: keep, filter };
    of_kind(&ctx, &state, &query, plan, ("posts-tab-projects", vec![])).await
}

/// Posts with a tag.
pub(super) async fn tag(
    ctx: PageContext,
    Given(state): Given<State>,
    Path(given): Path<String>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let tag = canonical_tag(&given).ok_or(AppError::NotFound)?;
    let path = tag_url(&tag);
    if tag != given {
        return Ok(send(http::StatusCode::MOVED_PERMANENTLY, &path));
    }
    let filter = ListFilter { tag: Some(tag.clone()), ..ListFilter::default() };
    let (posts, older) = Plan { path: &path, query: vec![], filter }.load(&state, &query.before).await?;
    if posts.is_empty() && query.before.is_empty() {
        return Err(AppError::NotFound);
    }
    let subject = Subject { tag: Some(tag.clone()), ..Subject::default() };
    let (actions, aside) = futures::join!(ctx.slot("tag.actions", &subject), ctx.slot("tag.aside", &subject));
    let template = ListTemplate {
        t: &ctx.t,
        heading: format!("#{tag}"),
        quiet_heading: false,
        tabs: vec![],
        before_rows: actions,
        rows: rows(&state.authors, &posts, &ctx).await?,
        older,
        tags: vec![],
        links: &[],
    };
    let title = format!("#{tag}");
    let page = ctx.page().title(title.clone()).canonical(path.clone()).feed(path.clone()).aside(aside);
    Ok(page.crumbs(&[(&ctx.t.s("posts-tags"), "/tags"), (&title, &path)]).render(&template))
}

/// The address of a tag's page.
pub(super) fn tag_url(tag: &str) -> String {
    let escaped: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
    format!("/tags/{escaped}")
}

#[derive(Template)]
#[template(path = "posts/tags.html")]
struct TagsTemplate<'a> {
    t: &'a Texts,
    tags: Vec<TagCount>,
}

/// The tags there are.
pub(super) async fn tags(ctx: PageContext, Given(state): Given<State>) -> PageResult {
    let tags = store::tags(&state.store, TAGS_SHOWN).await?;
    let template = TagsTemplate { t: &ctx.t, tags };
    Ok(ctx.page().title(ctx.t.s("posts-tags")).active("tags").canonical("/tags").render(&template))
}
