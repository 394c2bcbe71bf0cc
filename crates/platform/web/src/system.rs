//! The shell's own routes: assets, preferences, what crawlers and phones ask for, the API's description.

use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use xinghe_core::Lang;

use crate::assets;
use crate::design;
use crate::docs::{self, Document};
use crate::errors::AppError;
use crate::layers::edge::{LANG_COOKIE, THEME_COOKIE};
use crate::page::PageContext;
use crate::ready;
use crate::routes::{Need, RateClass, Routes};
use crate::settings::WebSettings;
use crate::viewer::{Liking, Theme};

/// The shell's own routes.
pub(crate) fn routes(document: Arc<Document>, settings: &WebSettings) -> Routes {
    let json = Arc::clone(&document);
    let mut routes = Routes::new()
        .route(Method::GET, "/assets/{name}", Need::Anyone, assets::asset)
        .limit(RateClass::Free)
        .route(Method::GET, "/favicon.ico", Need::Anyone, favicon)
        .limit(RateClass::Free)
        .route(Method::GET, "/robots.txt", Need::Anyone, robots)
        .limit(RateClass::Free)
        .route(Method::GET, "/llms.txt", Need::Anyone, llms)
        .limit(RateClass::Free)
        .route(Method::GET, "/manifest.webmanifest", Need::Anyone, manifest)
        .limit(RateClass::Free)
        .route(Method::POST, "/preferences", Need::Anyone, preferences)
        .max_body(4096)
        .method_router(Method::GET, "/api/v1/openapi.json", Need::Anyone, get(move || docs::json(Arc::clone(&json))))
        .method_router(Method::GET, "/api", Need::Anyone, get(move |ctx| docs::page(ctx, Arc::clone(&document))));
    if let Some(readiness) = settings.readiness.clone() {
        routes = routes
            .route(Method::GET, "/healthz", Need::Anyone, ready::healthz)
            .limit(RateClass::Free)
            .route(Method::GET, "/readyz", Need::Anyone, move |ctx| ready::readyz(ctx, readiness.clone()))
            .limit(RateClass::Free);
    }
    if settings.dev {
        routes = routes.route(Method::GET, "/design", Need::Anyone, design::page);
    }
    routes
}

async fn favicon(headers: HeaderMap) -> Response {
    assets::asset(Path("icon.svg".to_owned()), headers).await
}

async fn robots(ctx: PageContext) -> Response {
    let mut text =
        "User-agent: *\nDisallow: /api/\nDisallow: /sign-in\nDisallow: /write\nDisallow: /search\n".to_owned();
    if ctx.shell.has("/sitemap.xml") {
        text += &format!("Sitemap: {}\n", ctx.absolute("/sitemap.xml"));
    }
    ([(header::CACHE_CONTROL, "public, max-age=3600")], text).into_response()
}

/// What the site is and where programs find what, in the form that llmstxt.org proposes.
async fn llms(ctx: PageContext) -> Response {
    const PLACES: [(&str, &str, &str); 9] = [
        ("/posts/{post}", "/posts/{id}.md", "A post as Markdown, with title, authors, licence and provenance in front"),
        (
            "/feed.json",
            "/feed.json",
            "The latest posts in full; also /feed.atom and /feed.rss, and the same below /articles, \
          /questions, /projects, /news, /moments, /tags/{tag}, /@{handle}, /series/{id}, /best",
        ),
        ("/search", "/search?q={words}", "Search for people"),
        ("/api/v1/search", "/api/v1/search?q={words}", "Search for programs: passages with their place in the text"),
        ("/api/v1/posts", "/api/v1/posts", "All posts, newest first, by kind, tag, author and language"),
        ("/api", "/api", "The API in words"),
        ("/api/v1/openapi.json", "/api/v1/openapi.json", "The API as OpenAPI 3.1"),
        ("/sitemap.xml", "/sitemap.xml", "Every public address"),
        ("/archive", "/archive", "All posts by month"),
    ];
    let mut text = format!("# {}\n\n> {}\n\n", ctx.t.s("web-name"), ctx.t.s("web-tagline"));
    text += "What people wrote here is theirs, under the licence that each post names. What AI made is labelled as such \
             wherever it appears (`provenance`: human, ai_assisted, ai): keep the label, and name the author and the \
             address of what you quote.\n\n## For programs\n\n";
    for (route, path, what) in PLACES {
        if ctx.shell.has(route) {
            text += &format!("- [{path}]({}): {what}\n", ctx.absolute(path));
        }
    }
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, text).into_response()
}

async fn manifest(ctx: PageContext) -> Response {
    let body = serde_json::json!({
        "name": ctx.t.s("web-name"),
        "short_name": ctx.t.s("web-name"),
        "description": ctx.t.s("web-tagline"),
        "lang": ctx.lang.tag(),
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#fbfaf6",
        "theme_color": "#fbfaf6",
        "icons": [{ "src": "/assets/icon.svg", "sizes": "any", "type": "image/svg+xml" }],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], body.to_string()).into_response()
}

#[derive(Debug, Deserialize)]
struct Preferences {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    next: String,
}

/// Keeps language and colour scheme: a guest's in cookies, a member's with the account, where the cookies of this
/// browser give way to it. Works without script.
async fn preferences(ctx: PageContext, Form(form): Form<Preferences>) -> Result<Response, AppError> {
    let mut liking = Liking::default();
    if let Some(tag) = &form.lang {
        liking.lang = Some(Lang::nearest(tag).ok_or_else(|| AppError::field("lang", "web-preferences-lang"))?);
    }
    liking.theme = match form.theme.as_deref() {
        None => None,
        Some("system") => Some(None),
        Some(word) => Some(Some(Theme::parse(word).ok_or_else(|| AppError::field("theme", "web-preferences-theme"))?)),
    };
    let member = ctx.viewer.id();
    if let Some(member) = member {
        ctx.shell.sessions.prefer(member, liking).await?;
    }
    let mut response = Redirect::to(local(&form.next)).into_response();
    let secure = if ctx.settings().secure_cookies { "; Secure" } else { "" };
    let lang = liking.lang.map(|lang| (LANG_COOKIE, lang.tag()));
    let theme = liking.theme.map(|theme| (THEME_COOKIE, theme.map_or("system", Theme::as_str)));
    for (name, value) in lang.into_iter().chain(theme) {
        let (value, age) = if member.is_some() { ("", 0) } else { (value, 31_536_000) };
        let cookie = format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Lax; HttpOnly{secure}");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

/// A path on this site, or the home page: whoever made the link must not send readers elsewhere.
pub fn local(next: &str) -> &str {
    let safe =
        next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    if safe { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert_eq!(local("/posts/1?x=y#z"), "/posts/1?x=y#z");
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "javascript:alert(1)"] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
    }
}
