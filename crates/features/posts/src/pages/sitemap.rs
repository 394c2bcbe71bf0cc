//! The sitemap: an index, and pages of addresses. Made by id, ten thousand at a time, and kept for some minutes, so
//! that crawlers cost little however many posts there are.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State as Given};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{Method, header};
use moka::sync::Cache;
use xinghe_core::id::AuthorId;
use xinghe_core::time::Timestamp;
use xinghe_web::{AppError, Need, PageContext, PageResult, Routes};

use super::lists::tag_url;
use crate::feature::State;
use crate::model::address;
use crate::store;

/// Addresses on one page: a fifth of what the protocol allows, so that a page stays below two megabytes.
const LENGTH: usize = 10_000;
/// How long a page is kept.
const KEEP: Duration = Duration::from_secs(600);
/// Bytes of all pages that are kept.
const ROOM: u64 = 32 << 20;
/// The pages that are there whatever was written.
const FIXED: [&str; 9] =
    ["/", "/articles", "/questions", "/projects", "/news", "/moments", "/tags", "/archive", "/best"];

type Kept = Cache<String, Arc<str>>;

pub(super) fn routes(state: &State) -> Routes {
    let weigh = |key: &String, page: &Arc<str>| u32::try_from(key.len() + page.len()).unwrap_or(u32::MAX);
    let kept: Kept = Cache::builder().max_capacity(ROOM).weigher(weigh).time_to_live(KEEP).build();
    let s = || (state.clone(), kept.clone());
    Routes::new().method_router(Method::GET, "/sitemap.xml", Need::Anyone, get(index).with_state(s())).method_router(
        Method::GET,
        "/sitemap/{list}/{from}",
        Need::Anyone,
        get(page).with_state(s()),
    )
}

/// Markup that lists addresses.
struct Xml {
    text: String,
    item: &'static str,
    root: &'static str,
}

impl Xml {
    fn new(root: &'static str, item: &'static str) -> Self {
        let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
        let text = format!("{head}<{root} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
        Self { text, item, root }
    }

    fn add(&mut self, url: &str, changed: Option<Timestamp>) {
        // What an address may hold and markup may not.
        let url = super::ascii(url).replace('&', "&amp;").replace('\'', "&apos;").replace('<', "&lt;");
        self.text.push_str(&format!("<{0}><loc>{url}</loc>", self.item));
        if let Some(at) = changed {
            self.text.push_str(&format!("<lastmod>{}</lastmod>", at.rfc3339()));
        }
        self.text.push_str(&format!("</{}>\n", self.item));
    }

    fn done(mut self) -> Arc<str> {
        self.text.push_str(&format!("</{}>\n", self.root));
        self.text.into()
    }
}

fn sent(page: &str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/xml; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=600")];
    (headers, page.to_owned()).into_response()
}

/// The index.
async fn index(ctx: PageContext, Given((state, kept)): Given<(State, Kept)>) -> PageResult {
    if let Some(page) = kept.get("") {
        return Ok(sent(&page));
    }
    let mut xml = Xml::new("sitemapindex", "sitemap");
    for list in ["pages", "tags", "series"] {
        xml.add(&ctx.absolute(&format!("/sitemap/{list}/0")), None);
    }
    let (posts, authors) =
        futures::try_join!(store::post_stretches(&state.store, LENGTH), store::author_stretches(&state.store, LENGTH))?;
    for (list, stretches) in [("posts", posts), ("members", authors)] {
        for s in stretches {
            xml.add(&ctx.absolute(&format!("/sitemap/{list}/{}", s.from)), Some(s.changed));
        }
    }
    let page = xml.done();
    kept.insert(String::new(), page.clone());
    Ok(sent(&page))
}

/// A page of addresses.
async fn page(
    ctx: PageContext,
    Given((state, kept)): Given<(State, Kept)>,
    Path((list, from)): Path<(String, String)>,
) -> PageResult {
    let id: i64 = from.parse().ok().filter(|id| *id >= 0).ok_or(AppError::NotFound)?;
    let key = format!("{list}/{id}");
    if let Some(page) = kept.get(&key) {
        return Ok(sent(&page));
    }
    let mut xml = Xml::new("urlset", "url");
    let mut add = |path: &str, changed| xml.add(&ctx.absolute(path), changed);
    match (list.as_str(), id) {
        ("pages", 0) => FIXED.iter().for_each(|path| add(path, None)),
        ("tags", 0) => {
            for tag in store::tags(&state.store, LENGTH).await? {
                add(&tag_url(&tag.tag), None);
            }
        }
        ("series", 0) => {
            for series in store::series_list(&state.store, None, None, LENGTH).await? {
                add(&series.url(), Some(series.updated_at));
            }
        }
        ("posts", from) => {
            for (id, slug, changed) in store::posts_from(&state.store, from, LENGTH).await? {
                add(&address(id, &slug), Some(changed));
            }
        }
        ("members", from) => {
            let authors = store::authors_from(&state.store, from, LENGTH).await?;
            for some in authors.chunks(1_000) {
                let ids: Vec<AuthorId> = some.iter().map(|(id, _)| *id).collect();
                let cards = state.authors.cards(&ids).await?;
                for (id, changed) in some {
                    // Whoever was claimed has the member's page.
                    if let Some(card) = cards.get(id).filter(|c| c.id == *id) {
                        add(&card.url(), Some(*changed));
                    }
                }
            }
        }
        _ => return Err(AppError::NotFound),
    }
    let page = xml.done();
    // An address that nobody was given by the index is not worth keeping.
    if id == 0 || page.len() > 1_000 {
        kept.insert(key, page.clone());
    }
    Ok(sent(&page))
}
