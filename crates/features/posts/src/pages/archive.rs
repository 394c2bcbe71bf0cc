//! The archive by months, and the best of a week.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::extract::{Path, State as Given};
use axum::routing::get;
use http::{HeaderMap, Method};
use xinghe_core::id::PostId;
use xinghe_core::ports::Tally;
use xinghe_web::api::ApiQuery;
use xinghe_web::feed::{ENTRIES, Format};
use xinghe_web::{AppError, Html, Need, PageContext, PageResult, Routes, Subject, Texts};

use super::feeds;
use super::lists::{ListQuery, ListTemplate, Plan};
use super::view::{Row, rows};
use crate::feature::State;
use crate::model::{ListFilter, PostSummary, Week, YearMonth};
use crate::store;

/// How many posts of a week are looked at, the newest first, and how many of them are shown.
const LOOKED_AT: usize = 1_000;
const BEST: usize = 20;

pub(super) fn routes(state: &State) -> Routes {
    let (s, anyone) = (|| state.clone(), Need::Anyone);
    let mut routes = Routes::new()
        .method_router(Method::GET, "/archive", anyone, get(archive).with_state(s()))
        .shared()
        .method_router(Method::GET, "/archive/{year}/{month}", anyone, get(month).with_state(s()))
        .shared()
        .method_router(Method::GET, "/best", anyone, get(best).with_state(s()))
        .shared()
        .method_router(Method::GET, "/best/{week}", anyone, get(best).with_state(s()))
        .shared();
    let months =
        ["/archive/{year}/{month}/feed.atom", "/archive/{year}/{month}/feed.rss", "/archive/{year}/{month}/feed.json"];
    let latest = ["/best/feed.atom", "/best/feed.rss", "/best/feed.json"];
    let weeks = ["/best/{week}/feed.atom", "/best/{week}/feed.rss", "/best/{week}/feed.json"];
    for (n, format) in Format::ALL.into_iter().enumerate() {
        let of_month = move |ctx: PageContext,
                             Given(state): Given<State>,
                             part: Path<(String, String)>,
                             asked: HeaderMap| async move {
            month_feed(&ctx, &state, part, (&asked, format)).await
        };
        let of_week = move |ctx: PageContext,
                            Given(state): Given<State>,
                            part: Option<Path<String>>,
                            asked: HeaderMap| async move {
            best_feed(&ctx, &state, part, (&asked, format)).await
        };
        routes = routes
            .method_router(Method::GET, months[n], anyone, get(of_month).with_state(s()))
            .shared()
            .method_router(Method::GET, latest[n], anyone, get(of_week).with_state(s()))
            .shared()
            .method_router(Method::GET, weeks[n], anyone, get(of_week).with_state(s()))
            .shared();
    }
    routes
}

struct Year {
    year: i32,
    count: u64,
    /// Address, name, how many.
    months: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "posts/archive.html")]
struct ArchiveTemplate<'a> {
    t: &'a Texts,
    years: Vec<Year>,
}

/// The months that have posts.
async fn archive(ctx: PageContext, Given(state): Given<State>) -> PageResult {
    let mut months: BTreeMap<YearMonth, u64> = BTreeMap::new();
    for (day, count) in store::days(&state.store).await? {
        *months.entry(YearMonth::of_day(day)).or_default() += count;
    }
    let mut years: Vec<Year> = vec![];
    for (month, count) in months.into_iter().rev() {
        if years.last().is_none_or(|y| y.year != month.year) {
            years.push(Year { year: month.year, count: 0, months: vec![] });
        }
        if let Some(year) = years.last_mut() {
            year.count += count;
            year.months.push((month.path(), named(&ctx.t, month), ctx.t.number(count)));
        }
    }
    let title = ctx.t.s("posts-archive");
    let template = ArchiveTemplate { t: &ctx.t, years };
    let page = ctx.page().title(title.clone()).active("home").canonical("/archive").feed("/");
    Ok(page.crumbs(&[(&title, "/archive")]).render(&template))
}

/// A month's name, without its year.
fn named(t: &Texts, month: YearMonth) -> String {
    t.f("posts-month", &[("n", i64::from(month.month).into())])
}

fn titled(t: &Texts, month: YearMonth) -> String {
    let name = named(t, month);
    t.f("posts-archive-month", &[("year", month.year.to_string().into()), ("month", name.into())])
}

fn of_month(month: YearMonth) -> ListFilter {
    ListFilter { since: Some(month.since()), until: Some(month.until()), ..ListFilter::default() }
}

/// The posts of a month.
async fn month(
    ctx: PageContext,
    Given(state): Given<State>,
    Path((year, month)): Path<(String, String)>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let month = YearMonth::of_address(&year, &month).ok_or(AppError::NotFound)?;
    let path = month.path();
    let plan = Plan { path: &path, query: vec![], filter: of_month(month) };
    let (posts, older) = plan.load(&state, &query.before).await?;
    if posts.is_empty() {
        return Err(AppError::NotFound);
    }
    let title = titled(&ctx.t, month);
    let template = ListTemplate {
        t: &ctx.t,
        heading: title.clone(),
        quiet_heading: false,
        tabs: vec![],
        before_rows: Html::default(),
        rows: rows(&state.authors, &posts, &ctx).await?,
        older,
        tags: vec![],
        links: &[("posts-archive", "/archive")],
    };
    let page = ctx.page().title(title.clone()).active("home").canonical(path.clone()).feed(path.clone());
    Ok(page.crumbs(&[(&ctx.t.s("posts-archive"), "/archive"), (&title, &path)]).render(&template))
}

async fn month_feed(
    ctx: &PageContext,
    state: &State,
    Path((year, month)): Path<(String, String)>,
    sent: (&HeaderMap, Format),
) -> PageResult {
    let month = YearMonth::of_address(&year, &month).ok_or(AppError::NotFound)?;
    let posts = store::list(&state.store, &of_month(month), None, ENTRIES).await?;
    if posts.is_empty() {
        return Err(AppError::NotFound);
    }
    let ids: Vec<PostId> = posts.iter().map(|p| p.id).collect();
    let title = format!("{} · {}", titled(&ctx.t, month), ctx.t.s("web-name"));
    feeds::answer(ctx, state, (title, month.path()), &ids, sent).await
}

/// What readers made of a post: a vote counts 2, thanks count 3, an accepted answer 5.
fn points(post: &PostSummary, tally: &Tally) -> i64 {
    i64::from(tally.votes) * 2 + i64::from(tally.thanks) * 3 + if post.accepted { 5 } else { 0 }
}

/// The posts of a week that somebody found good, the best first.
async fn best_of(state: &State, week: Week) -> Result<Vec<PostSummary>, AppError> {
    let filter = ListFilter { since: Some(week.since()), until: Some(week.until()), ..ListFilter::default() };
    let posts = store::list(&state.store, &filter, None, LOOKED_AT).await?;
    let ids: Vec<PostId> = posts.iter().map(|p| p.id).collect();
    let tallies = match &state.reactions {
        Some(reactions) => reactions.tallies(&ids).await?,
        None => HashMap::new(),
    };
    let scored = posts.into_iter().map(|p| (points(&p, &tallies.get(&p.id).copied().unwrap_or_default()), p));
    let mut scored: Vec<(i64, PostSummary)> = scored.filter(|(points, _)| *points > 0).collect();
    scored.sort_by_key(|(points, p)| std::cmp::Reverse((*points, p.published_at, p.id)));
    scored.truncate(BEST);
    Ok(scored.into_iter().map(|(_, p)| p).collect())
}

fn best_title(t: &Texts, week: Week) -> String {
    let (year, n) = week.number();
    t.f("posts-best-of", &[("year", year.to_string().into()), ("n", n.to_string().into())])
}

/// The week of an address; without one, the present one. Weeks to come have no page.
fn week_of(ctx: &PageContext, part: Option<Path<String>>) -> Result<(Week, String), AppError> {
    let now = Week::of(ctx.now());
    let Some(Path(part)) = part else { return Ok((now, "/best".to_owned())) };
    let week: Week = part.parse().ok().filter(|w| *w <= now).ok_or(AppError::NotFound)?;
    Ok((week, format!("/best/{week}")))
}

#[derive(Template)]
#[template(path = "posts/best.html")]
struct BestTemplate<'a> {
    t: &'a Texts,
    title: String,
    from: String,
    to: String,
    rows: Vec<Row>,
    before: String,
    present: bool,
}

/// The best of a week.
async fn best(ctx: PageContext, Given(state): Given<State>, part: Option<Path<String>>) -> PageResult {
    let (week, path) = week_of(&ctx, part)?;
    let posts = best_of(&state, week).await?;
    let title = best_title(&ctx.t, week);
    let template = BestTemplate {
        t: &ctx.t,
        title: title.clone(),
        from: ctx.t.date(week.since()),
        to: ctx.t.date(week.sunday()),
        rows: rows(&state.authors, &posts, &ctx).await?,
        before: format!("/best/{}", week.before()),
        present: week == Week::of(ctx.now()),
    };
    let aside = ctx.slot("home.aside", &Subject::default()).await;
    let page = ctx.page().title(title.clone()).active("home").canonical(path.clone()).feed(path.clone()).aside(aside);
    // Any week since the year 1 has an address; those without anything good are no use to search engines.
    let page = if posts.is_empty() && path != "/best" { page.noindex() } else { page };
    Ok(page.crumbs(&[(&title, &path)]).render(&template))
}

async fn best_feed(
    ctx: &PageContext,
    state: &State,
    part: Option<Path<String>>,
    sent: (&HeaderMap, Format),
) -> PageResult {
    let (week, path) = week_of(ctx, part)?;
    let ids: Vec<PostId> = best_of(state, week).await?.iter().map(|p| p.id).collect();
    let title = best_title(&ctx.t, week);
    let title = format!("{title} · {}", ctx.t.s("web-name"));
    feeds::answer(ctx, state, (title, path), &ids, sent).await
}
