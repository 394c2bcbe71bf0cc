//! The search page; it answers as one types (`?fragment=1` gives the results alone).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use xinghe_core::{LangTag, PostKind};
use xinghe_web::refs::percent;
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

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
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    let sent = SearchQuery {
        q: query.q.clone(),
        limit: Some(20),
        kind: some(&query.kind),
        lang: some(&query.lang),
        tag: some(&query.tag),
        author: some(&query.author),
        since: some(&query.since),
        until: some(&query.until),
        accepted: Some(query.accepted == "true"),
        cursor: some(&query.cursor),
    };
    let (page, errors) = match inner.page(&sent).await {
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
    Ok(ctx.page().title(title).active("search").noindex().render(&template))
}
