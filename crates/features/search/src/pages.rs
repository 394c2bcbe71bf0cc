//! The search page; it answers as one types (`?fragment=1` gives the results alone).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use xinghe_core::PostKind;
use xinghe_web::{AppError, FieldErrors, PageContext, Texts};

use crate::Inner;
use crate::api::{Item, Page, SearchQuery};

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
    fn snippet<'i>(&self, item: &'i Item) -> &'i str {
        let text = item.sentence.as_str();
        text.char_indices().nth(240).map_or(text, |(at, _)| &text[..at])
    }

    fn kind_key(&self, item: &Item) -> String {
        format!("search-kind-{}", item.post.kind)
    }

    fn more(&self, cursor: &str) -> String {
        let q = self.query;
        let pairs = [
            ("q", q.q.as_str()),
            ("kind", &q.kind),
            ("lang", &q.lang),
            ("tag", &q.tag),
            ("author", &q.author),
            ("cursor", cursor),
        ];
        let encoded: Vec<String> =
            pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k}={}", percent(v))).collect();
        format!("/search?{}", encoded.join("&"))
    }
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
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
