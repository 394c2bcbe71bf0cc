//! Feeds: one builder for Atom, RSS 2.0 and JSON Feed 1.1, whatever they are of.

mod json;
mod xml;

use std::collections::HashMap;

use ammonia::{Builder, Url, UrlRelative};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc2822;
use xinghe_core::content::{AuthorCard, PostView, Provenance};
use xinghe_core::id::AuthorId;
use xinghe_core::{LangTag, Timestamp};

use crate::html::Html;
use crate::layers::kept::names;
use crate::page::PageContext;

/// How many entries a feed has at most.
pub const ENTRIES: usize = 20;
/// Bytes of full texts in one feed at most. What comes after them has its summary only, so that a feed of long texts
/// stays one that a phone can fetch.
const CONTENT_MAX: usize = 384 << 10;
/// Characters of a summary.
const SUMMARY: usize = 160;

/// In which form a feed is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4287.
    Atom,
    /// RSS 2.0.
    Rss,
    /// JSON Feed 1.1.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Atom, Self::Rss, Self::Json];

    /// The name to show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Atom => "Atom",
            Self::Rss => "RSS",
            Self::Json => "JSON Feed",
        }
    }

    /// The media type.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml",
            Self::Rss => "application/rss+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// The address of the feed of a page: `/tags/rust` has `/tags/rust/feed.atom`, and `/search?q=x` has
    /// `/search/feed.atom?q=x`.
    pub fn of(self, page: &str) -> String {
        let (path, query) = page.split_once('?').map_or((page, String::new()), |(p, q)| (p, format!("?{q}")));
        let ending = match self {
            Self::Atom => "atom",
            Self::Rss => "rss",
            Self::Json => "json",
        };
        format!("{}/feed.{ending}{query}", path.trim_end_matches('/'))
    }
}

/// A feed before it is written.
#[derive(Debug, Clone)]
pub struct Feed {
    /// What it is of.
    pub title: String,
    /// A sentence about it; empty is none.
    pub about: String,
    /// The page whose feed it is: a path, with a query where the page has one.
    pub page: String,
    /// What it holds, newest first; [`ENTRIES`] at most.
    pub entries: Vec<Entry>,
}

/// Somebody named in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The name.
    pub name: String,
    /// The absolute address of the page about them.
    pub url: String,
}

/// An entry of a feed.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What stays the same whatever becomes of title and text: an absolute address.
    pub id: String,
    /// The absolute address of its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// A few words of it, plain.
    pub summary: String,
    /// Its text: safe markup with absolute addresses only.
    pub content: Html,
    /// Its language.
    pub language: LangTag,
    /// Who wrote it.
    pub authors: Vec<Writer>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The licence, where known.
    pub licence: Option<String>,
    /// Where it first appeared, or the story that it is about.
    pub source: Option<String>,
    /// How it came to be.
    pub provenance: Provenance,
    /// The same in words, where AI took part.
    pub label: Option<String>,
    /// When it was first public.
    pub published: Timestamp,
    /// When its text last changed.
    pub updated: Timestamp,
}

impl Entry {
    /// The entry of a post. `html` is its text as pages show it.
    pub fn of(ctx: &PageContext, post: &PostView, html: &Html, people: &HashMap<AuthorId, AuthorCard>) -> Self {
        let url = ctx.absolute(&ascii(&post.url()));
        let label = match post.provenance {
            Provenance::Human => None,
            Provenance::AiAssisted => Some(ctx.t.s("web-feed-ai-assisted").into_owned()),
            Provenance::Ai => Some(ctx.t.s("web-feed-ai").into_owned()),
        };
        let content = absolute(html, &url);
        Self {
            id: ctx.absolute(&format!("/posts/{}", post.id)),
            title: post.title.clone(),
            summary: xinghe_text::excerpt(&post.body, SUMMARY),
            content: match &label {
                Some(label) => Html::trusted(format!("<p><em>{}</em></p>\n{content}", Html::escaped(label))),
                None => content,
            },
            language: post.language.clone(),
            authors: writers(ctx, post, people),
            tags: post.tags.clone(),
            licence: post.licence.clone(),
            source: post.source_url.clone(),
            provenance: post.provenance,
            label,
            published: post.published_at,
            updated: post.updated_at,
            url,
        }
    }
}

/// Who is named for a post: of a twin's, the twin and never its owner.
fn writers(ctx: &PageContext, post: &PostView, people: &HashMap<AuthorId, AuthorCard>) -> Vec<Writer> {
    use xinghe_core::content::CreditRole;
    let wrote = post.credits.iter().filter(|c| c.role == CreditRole::Author).filter_map(|c| people.get(&c.author));
    let person = |card: &AuthorCard| Writer { name: card.name.clone(), url: ctx.absolute(&card.url()) };
    let first = post.author().and_then(|a| people.get(&a));
    if post.by_twin() {
        let twin = |card: &AuthorCard| Writer {
            name: ctx.t.f("web-feed-twin", &[("name", card.name.as_str().into())]),
            url: ctx.absolute(&format!("{}/twin", card.url())),
        };
        return first.map(twin).into_iter().collect();
    }
    let all: Vec<Writer> = wrote.map(person).collect();
    if all.is_empty() { first.map(person).into_iter().collect() } else { all }
}

/// Markup that was let through for a page, made fit for a place that is not this site: addresses absolute, no ids, no
/// classes.
fn absolute(html: &Html, base: &str) -> Html {
    let mut builder = Builder::default();
    builder.rm_tags(["span", "map", "area"]).link_rel(Some("nofollow ugc noopener"));
    if let Ok(base) = Url::parse(base) {
        builder.url_relative(UrlRelative::RewriteWithBase(base));
    }
    Html::trusted(builder.clean(html.as_str()).to_string())
}

/// A path with what is not ASCII written as `%XX`.
fn ascii(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        if b.is_ascii_graphic() { out.push(char::from(b)) } else { out.push_str(&format!("%{b:02X}")) }
    }
    out
}

impl Feed {
    /// The feed as an answer, with `ETag` and `Last-Modified`; 304 for whoever has it already.
    pub fn respond(mut self, ctx: &PageContext, asked: &HeaderMap, format: Format) -> Response {
        self.trim();
        let (own, page) = (ctx.absolute(&format.of(&self.page)), ctx.absolute(&self.page));
        let body = match format {
            Format::Atom => xml::atom(&self, &own, &page, &ctx.t),
            Format::Rss => xml::rss(&self, &own, &page),
            Format::Json => json::feed(&self, &own, &page, ctx.lang.tag()),
        };
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
        let changed = http_date(self.updated());
        let known = match (asked.get(header::IF_NONE_MATCH), asked.get(header::IF_MODIFIED_SINCE)) {
            (Some(list), _) => names(list, etag.as_bytes()),
            // Compared as it was given out: what was taken away since makes a feed older, and must show.
            (None, Some(since)) => since.as_bytes() == changed.as_bytes(),
            (None, None) => false,
        };
        let mut response =
            if known { StatusCode::NOT_MODIFIED.into_response() } else { (StatusCode::OK, body).into_response() };
        let kind = format!("{}; charset=utf-8", format.media());
        for (name, value) in [(header::CONTENT_TYPE, kind), (header::ETAG, etag), (header::LAST_MODIFIED, changed)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// When it last changed; of an empty one, the epoch.
    fn updated(&self) -> Timestamp {
        self.entries.iter().map(|e| e.updated.max(e.published)).max().unwrap_or_default()
    }

    fn trim(&mut self) {
        self.entries.truncate(ENTRIES);
        let mut room = CONTENT_MAX;
        for entry in &mut self.entries {
            match room.checked_sub(entry.content.as_str().len()) {
                Some(left) => room = left,
                None => entry.content = Html::default(),
            }
        }
    }
}

/// A moment as RSS writes it.
fn rfc2822(at: Timestamp) -> String {
    at.to_datetime().format(&Rfc2822).unwrap_or_default()
}

/// A moment as HTTP writes it.
fn http_date(at: Timestamp) -> String {
    rfc2822(at).replace("+0000", "GMT")
}

#[cfg(test)]
mod tests;
