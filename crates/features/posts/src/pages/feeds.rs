//! Feeds of lists: all, by kind, tag, author, series.

use std::collections::HashMap;

use axum::extract::{Path, State as Given};
use axum::routing::{MethodRouter, get};
use http::{HeaderMap, Method, StatusCode};
use xinghe_core::content::{AuthorCard, PostKind, PostView};
use xinghe_core::id::{AuthorId, PostId};
use xinghe_web::feed::{ENTRIES, Entry, Feed, Format};
use xinghe_web::{AppError, Need, PageContext, PageResult, Routes};

use super::lists::tag_url;
use super::naming::Names;
use super::send;
use crate::feature::State;
use crate::model::{ListFilter, canonical_tag, series_of_address};
use crate::store;

/// What a feed is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    Kind(PostKind),
    Tag,
    Author,
    Series,
}

/// The three addresses of each feed.
macro_rules! feeds {
    ($($path:literal => $of:expr),+ $(,)?) => {
        [$(
            (concat!($path, "/feed.atom"), Format::Atom, $of),
            (concat!($path, "/feed.rss"), Format::Rss, $of),
            (concat!($path, "/feed.json"), Format::Json, $of),
        )+]
    };
}

pub(super) fn routes(state: &State) -> Routes {
    let all = feeds!(
        "" => Of::All,
        "/articles" => Of::Kind(PostKind::Article),
        "/questions" => Of::Kind(PostKind::Question),
        "/projects" => Of::Kind(PostKind::Project),
        "/news" => Of::Kind(PostKind::News),
        "/moments" => Of::Kind(PostKind::Moment),
        "/tags/{tag}" => Of::Tag,
        "/@{handle}" => Of::Author,
        "/series/{series}" => Of::Series,
    );
    all.into_iter().fold(Routes::new(), |routes, (path, format, of)| {
        routes.method_router(Method::GET, path, Need::Anyone, feed(of, format).with_state(state.clone())).shared()
    })
}

fn feed(of: Of, format: Format) -> MethodRouter<State> {
    get(move |ctx: PageContext, Given(state): Given<State>, part: Option<Path<String>>, asked: HeaderMap| async move {
        let part = part.map(|Path(part)| part).unwrap_or_default();
        match made(&ctx, &state, of, &part).await? {
            Made::Feed(feed) => PageResult::Ok(feed.respond(&ctx, &asked, format)),
            Made::Elsewhere(page) => Ok(send(StatusCode::MOVED_PERMANENTLY, &format.of(&page))),
        }
    })
}

enum Made {
    Feed(Feed),
    /// The page whose feed it is has another address.
    Elsewhere(String),
}

async fn made(ctx: &PageContext, state: &State, of: Of, part: &str) -> Result<Made, AppError> {
    let t = &ctx.t;
    let site = t.s("web-name");
    let titled = |name: &str| format!("{name} · {site}");
    let (title, about, page, filter) = match of {
        Of::All => (site.to_string(), t.s("web-tagline").into_owned(), "/".to_owned(), ListFilter::default()),
        Of::Kind(kind) => {
            let (key, page) = place(kind);
            let filter = ListFilter { kind: Some(kind), ..ListFilter::default() };
            (titled(&t.s(key)), String::new(), page.to_owned(), filter)
        }
        Of::Tag => {
            let tag = canonical_tag(part).ok_or(AppError::NotFound)?;
            if tag != part {
                return Ok(Made::Elsewhere(tag_url(&tag)));
            }
            (
                titled(&format!("#{tag}")),
                String::new(),
                tag_url(&tag),
                ListFilter { tag: Some(tag), ..ListFilter::default() },
            )
        }
        Of::Author => {
            let card = state.authors.by_handle(part).await?.ok_or(AppError::NotFound)?;
            if card.handle != part {
                return Ok(Made::Elsewhere(card.url()));
            }
            let filter = ListFilter { author: Some(card.id), wrote: Some(true), ..ListFilter::default() };
            (titled(&card.name), String::new(), card.url(), filter)
        }
        Of::Series => return series(ctx, state, part).await,
    };
    let ids: Vec<PostId> = store::list(&state.store, &filter, None, ENTRIES).await?.iter().map(|p| p.id).collect();
    // A tag that nothing bears has no page either.
    if of == Of::Tag && ids.is_empty() {
        return Err(AppError::NotFound);
    }
    let entries = entries(ctx, state, &ids).await?;
    Ok(Made::Feed(Feed { title, about, page, entries }))
}

/// The name and the page of a kind's list.
const fn place(kind: PostKind) -> (&'static str, &'static str) {
    match kind {
        PostKind::Question => ("posts-tab-questions", "/questions"),
        PostKind::Project => ("posts-tab-projects", "/projects"),
        PostKind::News => ("posts-news", "/news"),
        PostKind::Moment => ("posts-moments", "/moments"),
        _ => ("posts-tab-articles", "/articles"),
    }
}

/// The parts of a series, the latest first.
async fn series(ctx: &PageContext, state: &State, part: &str) -> Result<Made, AppError> {
    let id = series_of_address(part).ok_or(AppError::NotFound)?;
    let series = store::series(&state.store, id).await?.ok_or(AppError::NotFound)?;
    if format!("/series/{part}") != series.url() {
        return Ok(Made::Elsewhere(series.url()));
    }
    let mut found: Vec<PostView> = store::views(&state.store, &series.parts).await?.into_values().collect();
    found.sort_by_key(|v| std::cmp::Reverse((v.published_at, v.id)));
    found.truncate(ENTRIES);
    let ids: Vec<PostId> = found.iter().map(|v| v.id).collect();
    let title = format!("{} · {}", series.title, ctx.t.s("web-name"));
    let about = xinghe_text::excerpt(&series.about, 160);
    let page = super::ascii(&series.url());
    Ok(Made::Feed(Feed { title, about, page, entries: entries(ctx, state, &ids).await? }))
}

/// Posts as entries, in this order; what is not to be seen is left out.
pub(super) async fn entries(ctx: &PageContext, state: &State, ids: &[PostId]) -> Result<Vec<Entry>, AppError> {
    let posts = store::views(&state.store, ids).await?;
    let mut named: Vec<AuthorId> = posts.values().flat_map(|p| p.credits.iter().map(|c| c.author)).collect();
    named.sort_unstable();
    named.dedup();
    let people: HashMap<AuthorId, AuthorCard> =
        if named.is_empty() { HashMap::new() } else { state.authors.cards(&named).await? };
    let names = Names::load(state, ids).await?;
    let entry = |post: &PostView| Entry::of(ctx, post, &names.body(post, String::new(), ctx.lang), &people);
    Ok(ids.iter().filter_map(|id| posts.get(id)).map(entry).collect())
}

/// The feed of these posts as an answer.
pub(super) async fn answer(
    ctx: &PageContext,
    state: &State,
    (title, page): (String, String),
    ids: &[PostId],
    (asked, format): (&HeaderMap, Format),
) -> PageResult {
    let entries = entries(ctx, state, ids).await?;
    Ok(Feed { title, about: String::new(), page, entries }.respond(ctx, asked, format))
}
