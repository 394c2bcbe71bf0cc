//! What a handler knows about a request, and the page around what it renders.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use askama::Template;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use xinghe_core::Lang::{self, En};
use xinghe_core::picture::PictureName;
use xinghe_core::{PostId, Timestamp};

use crate::assets::{self, Entries};
use crate::errors::AppError;
use crate::feed::Format;
use crate::html::Html;
use crate::routes::Need;
use crate::settings::{NavItem, WebSettings};
use crate::shell::ShellState;
use crate::slots::{BatchRequest, SlotPost, SlotRequest, Subject};
use crate::texts::Texts;
use crate::viewer::Theme::{self, Dark, Light};
use crate::viewer::Viewer;

/// The context of one request: who asks, in which language, with which look. An extractor of every handler.
#[derive(Clone)]
pub struct PageContext {
    /// Who is asking.
    pub viewer: Viewer,
    /// The language of the answer: `?lang=`, else the cookie, else the member's, else `Accept-Language`, else
    /// Simplified Chinese.
    pub lang: Lang,
    /// The colour scheme chosen; `None` follows the system.
    pub theme: Option<Theme>,
    /// The nonce that this page's scripts and styles carry.
    pub nonce: Arc<str>,
    /// The request's id, returned as `X-Request-Id`.
    pub request_id: Arc<str>,
    /// Path and query of the request.
    pub path: Arc<str>,
    /// Whether the API was asked (paths under `/api/`).
    pub api: bool,
    /// The texts in the reader's language.
    pub t: Texts,
    /// Whether a place of the page stayed empty because its fragment failed.
    pub(crate) gaps: Arc<AtomicBool>,
    /// Where somebody goes on who had to sign in for a change: the page it was sent from.
    pub(crate) back: Option<Arc<str>>,
    pub(crate) shell: Arc<ShellState>,
}

impl std::fmt::Debug for PageContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageContext").field("path", &self.path).field("lang", &self.lang).finish_non_exhaustive()
    }
}

impl PageContext {
    /// The moment of the request.
    pub const fn now(&self) -> Timestamp {
        self.t.now()
    }

    /// The shell's settings.
    pub fn settings(&self) -> &WebSettings {
        &self.shell.settings
    }

    /// The absolute address of a path on this instance.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.shell.settings.public_url.trim_end_matches('/'))
    }

    /// A page in the shell. Without further calls: no aside, not named in the navigation, indexed by search engines.
    pub fn page(&self) -> Page<'_> {
        Page {
            ctx: self,
            title: String::new(),
            active: "",
            description: String::new(),
            canonical: String::new(),
            head: Html::default(),
            aside: Html::default(),
            status: StatusCode::OK,
            wide: false,
            noindex: false,
            desk: false,
            content_lang: None,
            feed: None,
            card: Card::default(),
            data: Vec::new(),
        }
    }

    /// A part of a page, for scripts that swap it in; without the shell.
    pub fn fragment(&self, template: &impl Template) -> Response {
        match template.render() {
            Ok(markup) => html_response(StatusCode::OK, markup),
            Err(error) => AppError::internal(error).into_response(),
        }
    }

    /// Renders a place of the page: what all features put there.
    pub async fn slot(&self, place: &str, subject: &Subject) -> Html {
        self.shell.slots.render(place, SlotRequest { ctx: self.clone(), subject: subject.clone() }).await
    }

    /// Renders a place that is there once for each of these posts: what all features put there, each asked once. To
    /// be called once per page, with all its posts.
    pub async fn slots_of(&self, place: &str, posts: impl IntoIterator<Item = SlotPost>) -> HashMap<PostId, Html> {
        let mut posts: Vec<SlotPost> = posts.into_iter().collect();
        posts.sort_unstable_by_key(|p| p.id);
        posts.dedup_by_key(|p| p.id);
        self.shell.slots.render_many(place, BatchRequest { ctx: self.clone(), posts: posts.into() }).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageContext {
    type Rejection = AppError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let missing = || AppError::internal("the route was called outside the shell");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for PageContext {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// A page being put together: [`PageContext::page`].
#[derive(Debug)]
#[must_use]
pub struct Page<'a> {
    ctx: &'a PageContext,
    title: String,
    active: &'a str,
    description: String,
    canonical: String,
    head: Html,
    aside: Html,
    status: StatusCode,
    wide: bool,
    noindex: bool,
    desk: bool,
    content_lang: Option<String>,
    feed: Option<String>,
    card: Card,
    data: Vec<Value>,
}

/// What a shared card says beside title and description (Open Graph).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// `article`, `profile`; empty is `website`.
    pub kind: &'static str,
    /// Of an article: when it was first public.
    pub published: Option<Timestamp>,
    /// Of an article: when its text last changed.
    pub modified: Option<Timestamp>,
    /// Of an article: the paths of its authors' pages.
    pub authors: Vec<String>,
    /// Of an article: its tags.
    pub tags: Vec<String>,
    /// Of an article: its language, where it is one that Open Graph has a name for.
    pub locale: Option<Lang>,
    /// One of this site's own pictures, which the card then shows.
    pub picture: Option<PictureName>,
}

impl<'a> Page<'a> {
    /// The title, without the site's name.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The navigation entry that is current, by its name.
    pub fn active(mut self, name: &'a str) -> Self {
        self.active = name;
        self
    }

    /// One sentence for search engines and shared cards.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The page's one address, as a path.
    pub fn canonical(mut self, path: impl Into<String>) -> Self {
        self.canonical = path.into();
        self
    }

    /// More for the head: feeds, structured data.
    pub fn head(mut self, head: Html) -> Self {
        self.head = head;
        self
    }

    /// What stands beside the content.
    pub fn aside(mut self, aside: Html) -> Self {
        self.aside = aside;
        self
    }

    /// The status, where it is not 200.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Gives the content the whole width: tables, consoles.
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Keeps search engines away: of what is a member's own, whatever keeps copies as well, so that nobody finds it by
    /// going back after the member signed out.
    pub fn noindex(mut self) -> Self {
        self.noindex = true;
        self
    }

    /// Loads the styles of the desk (forms of moderation, notifications) also for guests; members always have them.
    pub fn desk(mut self) -> Self {
        self.desk = true;
        self
    }

    /// The page has a feed: its address without the feed's name, a path with a query where the feed takes one.
    pub fn feed(mut self, page: impl Into<String>) -> Self {
        self.feed = Some(page.into());
        self
    }

    /// What a shared card says beside title and description.
    pub fn card(mut self, card: Card) -> Self {
        self.card = card;
        self
    }

    /// Structured data (schema.org) about what the page shows; several are several.
    pub fn data(mut self, data: Value) -> Self {
        self.data.push(data);
        self
    }

    /// Where the page stands: names and paths from home down, the page itself last.
    pub fn crumbs(self, crumbs: &[(&str, &str)]) -> Self {
        let ctx = self.ctx;
        let home = ctx.t.s("web-name");
        let all = std::iter::once((home.as_ref(), "/")).chain(crumbs.iter().copied());
        let item = |(n, (name, path)): (usize, (&str, &str))| json!({ "@type": "ListItem", "position": n + 1, "name": name, "item": ctx.absolute(path) });
        let items: Vec<Value> = all.enumerate().map(item).collect();
        let list = json!({ "@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items });
        self.data(list)
    }

    /// Whether it is for everybody: then a shared link shows a card.
    fn public(&self) -> bool {
        !self.noindex && self.status == StatusCode::OK
    }

    /// The language of the content as Open Graph names it.
    fn locale(&self) -> &'static str {
        match self.card.locale.unwrap_or(self.ctx.lang) {
            Lang::ZhHans => "zh_CN",
            Lang::ZhHant => "zh_TW",
            En => "en_US",
        }
    }

    /// The feeds of the page: name, media type, address.
    fn feeds(&self) -> Vec<(&'static str, &'static str, String)> {
        let of = |page: &String| Format::ALL.map(|f| (f.name(), f.media(), f.of(page)));
        self.feed.iter().flat_map(of).collect()
    }

    /// The structured data as the head holds it. A `<` written as an escape cannot end the script element.
    fn scripts(&self) -> Html {
        let script = |v: &Value| {
            format!("<script type=\"application/ld+json\">{}</script>\n", v.to_string().replace('<', "\\u003c"))
        };
        Html::trusted(self.data.iter().map(script).collect::<String>())
    }

    /// The language of the content where it differs from the interface's.
    pub fn content_lang(mut self, tag: impl Into<String>) -> Self {
        self.content_lang = Some(tag.into());
        self
    }

    /// Renders the template into the shell.
    pub fn render(self, body: &impl Template) -> Response {
        let mark = self.ctx.viewer.member.as_ref().map(|_| format!("<!--{}-->", self.ctx.nonce));
        let own = mark.is_some() && self.noindex;
        match self.markup(body, mark.as_deref().unwrap_or_default()) {
            Ok((status, markup)) => match mark {
                None => html_response(status, markup),
                Some(mark) => {
                    let mut response = html_response(status, String::new());
                    if own {
                        let private = HeaderValue::from_static("private, no-store");
                        response.headers_mut().insert(header::CACHE_CONTROL, private);
                    }
                    response.extensions_mut().insert(Unfilled { markup, mark });
                    response
                }
            },
            Err(error) => AppError::internal(error).into_response(),
        }
    }

    fn markup(self, body: &impl Template, mark: &str) -> Result<(StatusCode, String), askama::Error> {
        let shell = &self.ctx.shell;
        let main = body.render()?;
        let view = ShellTemplate {
            t: &self.ctx.t,
            ctx: self.ctx,
            nav: &shell.settings.nav,
            has_dock: shell.settings.nav.iter().any(|item| item.dock),
            page: &self,
            feeds: self.feeds(),
            main: &main,
            mark,
            assets: &assets::ENTRIES,
            languages: &Lang::ALL,
            may_administer: self.ctx.viewer.may(Need::Administrator) && shell.has("/admin"),
        };
        let mut out = String::with_capacity(main.len() + 8 * 1024);
        view.render_into(&mut out)?;
        Ok((self.status, out))
    }
}

#[derive(Template)]
#[template(path = "shell.html")]
struct ShellTemplate<'a> {
    t: &'a Texts,
    ctx: &'a PageContext,
    nav: &'a [NavItem],
    has_dock: bool,
    page: &'a Page<'a>,
    feeds: Vec<(&'static str, &'static str, String)>,
    main: &'a str,
    mark: &'a str,
    assets: &'a Entries,
    languages: &'a [Lang],
    may_administer: bool,
}

/// A member's page whose place [`OWN`] is still empty: what belongs there is asked for when the page is done, since
/// rendering it waits for nothing.
#[derive(Clone)]
pub(crate) struct Unfilled {
    markup: String,
    /// Stands where the place is; nobody who wrote something on the page could know it.
    mark: String,
}

/// The place in the header of every page for what is a member's own: how much is new. Guests have none, for their
/// pages are copies.
const OWN: &str = "shell.me";

/// Fills what a page left open.
pub(crate) async fn fill(mut response: Response, ctx: &PageContext) -> Response {
    let Some(Unfilled { markup, mark }) = response.extensions_mut().remove::<Unfilled>() else { return response };
    let own = ctx.slot(OWN, &Subject::default()).await;
    *response.body_mut() = markup.replacen(&mark, own.as_str(), 1).into();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// A response of HTML.
pub(crate) fn html_response(status: StatusCode, markup: String) -> Response {
    let mut response = (status, markup).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
