//! The search page; it answers as one types (`?fragment=1` gives the results alone).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, Method};
use serde::Deserialize;
use xinghe_core::{AuthorId, LangTag, PostId, PostKind, PostView};
use xinghe_web::feed::{ENTRIES, Entry, Feed, Format};
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::refs::percent;
use xinghe_web::{AppError, FieldErrors, Need, PageContext, RateClass, Routes, Texts};

use crate::Inner;
use crate::api::{Count, Item, Page, SearchQuery};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PageQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    accepted: String,
    #[serde(default)]
    cursor: String,
    fragment: Option<String>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchTemplate<'a> {
    t: &'a Texts,
    query: &'a PageQuery,
    kinds: &'a [PostKind],
    results: String,
}

#[derive(Template)]
#[template(path = "results.html")]
struct ResultsTemplate<'a> {
    t: &'a Texts,
    query: &'a PageQuery,
    page: &'a Page,
    errors: &'a FieldErrors,
}

impl ResultsTemplate<'_> {
    fn kind_key(&self, item: &Item) -> String {
        format!("search-kind-{}", item.post.kind)
    }

    fn more(&self, cursor: &str) -> String {
        self.query.address(&[("cursor", cursor)])
    }

    fn facets(&self) -> Vec<(&'static str, &Vec<Count>)> {
        let f = &self.page.facets;
        // One value alone would narrow nothing.
        [("kind", &f.kind), ("lang", &f.lang), ("tag", &f.tag)].into_iter().filter(|(_, c)| c.len() > 1).collect()
    }

    fn facet_name(&self, facet: &str, value: &str) -> String {
        match facet {
            "kind" => self.t.s(&format!("search-kind-{value}")).into_owned(),
            "lang" if value == "und" => self.t.s("search-lang-und").into_owned(),
            "lang" => {
                let name = value.parse::<LangTag>().ok().and_then(|tag| tag.own_name());
                name.unwrap_or(value).to_owned()
            }
            _ => format!("#{value}"),
        }
    }

    fn narrowed(&self, facet: &str, value: &str) -> String {
        self.query.address(&[(facet, value)])
    }

    fn corrected(&self, text: &str) -> String {
        self.query.address(&[("q", text)])
    }
}

impl PageQuery {
    /// The address of this search with some values changed, from its first page on.
    fn address(&self, changed: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("q", self.q.as_str()),
            ("kind", &self.kind),
            ("lang", &self.lang),
            ("tag", &self.tag),
            ("author", &self.author),
            ("since", &self.since),
            ("until", &self.until),
            ("accepted", &self.accepted),
        ];
        pairs.retain(|(name, value)| !value.is_empty() && !changed.iter().any(|(c, _)| c == name));
        pairs.extend(changed);
        let encoded: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={}", percent(v))).collect();
        format!("/search?{}", encoded.join("&"))
    }

    /// What is to be looked for.
    fn sent(&self, limit: i64) -> SearchQuery {
        let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
        SearchQuery {
            q: self.q.clone(),
            limit: Some(limit),
            kind: some(&self.kind),
            lang: some(&self.lang),
            tag: some(&self.tag),
            author: some(&self.author),
            since: some(&self.since),
            until: some(&self.until),
            accepted: Some(self.accepted == "true"),
            cursor: some(&self.cursor),
        }
    }

    /// The filters that are on, each with the address of the search without it.
    fn chips(&self) -> Vec<(String, String)> {
        let on = [("tag", format!("#{}", self.tag)), ("author", format!("@{}", self.author))];
        let given = |name: &str| if name == "tag" { &self.tag } else { &self.author };
        on.into_iter()
            .filter(|(name, _)| !given(name).is_empty())
            .map(|(name, shown)| (shown, self.address(&[(name, "")]).replace(&format!("&{name}="), "")))
            .collect()
    }
}

/// `/search`.
pub(crate) async fn search(
    State(inner): State<Arc<Inner>>,
    ctx: PageContext,
    Query(query): Query<PageQuery>,
) -> Result<Response, AppError> {
    let (page, errors) = match inner.page(&query.sent(20)).await {
        Ok(page) => (page, FieldErrors::default()),
        Err(AppError::Invalid(errors)) => (Page::default(), FieldErrors::new(&errors, &ctx.t)),
        Err(error) => return Err(error),
    };
    let results = ResultsTemplate { t: &ctx.t, query: &query, page: &page, errors: &errors };
    if query.fragment.is_some() {
        return Ok(ctx.fragment(&results));
    }
    let results = results.render().map_err(AppError::internal)?;
    const KINDS: &[PostKind] =
        &[PostKind::Article, PostKind::Question, PostKind::Answer, PostKind::Comment, PostKind::Project];
    let template = SearchTemplate { t: &ctx.t, query: &query, kinds: KINDS, results };
    let title =
        if query.q.is_empty() { ctx.t.s("search-title").into_owned() } else { query.q.chars().take(80).collect() };
    let found = ctx.page().title(title).active("search").noindex();
    let found = if query.q.trim().is_empty() { found } else { found.feed(query.address(&[])) };
    Ok(found.render(&template))
}

/// How many of the best results are looked at for a feed, which has the newest of them.
const LOOKED_AT: i64 = 50;

/// The feeds of searches.
pub(crate) fn feeds(inner: &Arc<Inner>) -> Routes {
    let paths = ["/search/feed.atom", "/search/feed.rss", "/search/feed.json"];
    paths.into_iter().zip(Format::ALL).fold(Routes::new(), |routes, (path, format)| {
        let of = move |state: State<Arc<Inner>>, ctx: PageContext, query: Query<PageQuery>, asked: HeaderMap| {
            feed(state, ctx, query, asked, format)
        };
        routes
            .method_router(Method::GET, path, Need::Anyone, get(of).with_state(inner.clone()))
            .limit(RateClass::Search)
    })
}

/// The feed of a search: of what fits best, the newest first.
async fn feed(
    State(inner): State<Arc<Inner>>,
    ctx: PageContext,
    Query(query): Query<PageQuery>,
    asked: HeaderMap,
    format: Format,
) -> Result<Response, AppError> {
    if query.q.trim().is_empty() {
        return Err(AppError::field("q", "search-words"));
    }
    let found = inner.page(&query.sent(LOOKED_AT)).await?;
    let ids: Vec<PostId> = found.items.iter().map(|item| item.post.id).collect();
    let mut posts: Vec<PostView> = inner.posts.posts(&ids).await?.into_values().collect();
    posts.sort_by_key(|p| std::cmp::Reverse((p.published_at, p.id)));
    posts.truncate(ENTRIES);
    let named: Vec<AuthorId> = posts.iter().flat_map(|p| p.credits.iter().map(|c| c.author)).collect();
    let people = inner.authors.cards(&named).await?;
    let entry = |p: &PostView| {
        let html = render(&p.body, &RenderOptions::default().in_lang(ctx.lang));
        Entry::of(&ctx, p, &html.html, &people)
    };
    let words: String = query.q.trim().chars().take(80).collect();
    let feed = Feed {
        title: format!("{} · {words} · {}", ctx.t.s("search-title"), ctx.t.s("web-name")),
        about: String::new(),
        page: query.address(&[]),
        entries: posts.iter().map(entry).collect(),
    };
    Ok(feed.respond(&ctx, &asked, format))
}
