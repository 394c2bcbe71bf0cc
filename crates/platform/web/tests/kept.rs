//! Copies of pages for guests: when one serves, and when it must not.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse as _;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use xinghe_core::changes::Changes;
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, Clock, PostId, PostKind, Random, SessionId, Timestamp};
use xinghe_web::feed::{Feed, Format};
use xinghe_web::{
    AppError, BatchRequest, Feature, Html, Member, Need, PageContext, RateLimits, Role, Routes, Sessions, SlotEntry,
    SlotPost, Subject, WebSettings, shell,
};

#[derive(Default)]
struct Hand(AtomicI64);
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + self.0.load(Ordering::Relaxed))
    }
}

#[derive(Default)]
struct Rising(AtomicUsize);
impl Random for Rising {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed) as u8);
    }
}

struct Anybody;
#[async_trait]
impl Sessions for Anybody {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        Ok((token == "real").then(|| Member {
            id: AuthorId::from_raw(7),
            handle: "lin".to_owned(),
            name: "林溪".to_owned(),
            role: Role::Member,
            lang: None,
            theme: None,
            session: SessionId::from_raw(9),
        }))
    }
}

/// Counts how often its pages are made.
struct Counted {
    made: Arc<AtomicUsize>,
}

#[derive(askama::Template)]
#[template(source = "<p>made {{ n }} times</p>{{ slot }}", ext = "html")]
struct Made {
    n: usize,
    slot: Html,
}

impl Feature for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn slots(&self) -> Vec<SlotEntry> {
        let asked = Arc::clone(&self.made);
        vec![
            SlotEntry::new("broken", 1, |_| async { Err(AppError::internal("no")) }),
            SlotEntry::batch("many", 2, move |request: BatchRequest| {
                asked.fetch_add(1, Ordering::Relaxed);
                let some = request.posts.iter().map(|p| p.id).filter(|p| p.raw() != 2);
                let parts = some.map(|p| (p, Html::escaped(&format!("<{p}>")))).collect();
                async move { Ok(parts) }
            }),
            SlotEntry::batch("many", 1, |request: BatchRequest| {
                let first = request.posts.first().map(|p| (p.id, Html::escaped("first ")));
                async move { Ok(first.into_iter().collect()) }
            }),
            SlotEntry::batch("many", 3, |_| async { Err(AppError::internal("no")) }),
            // Of the other kind: a place is rendered as what it is.
            SlotEntry::new("many", 4, |_| async { Ok(Some(Html::escaped("once"))) }),
        ]
    }

    fn routes(&self) -> Routes {
        let page = |slot: &'static str| {
            let made = Arc::clone(&self.made);
            move |ctx: PageContext| async move {
                let n = made.fetch_add(1, Ordering::Relaxed) + 1;
                let slot = ctx.slot(slot, &Subject::default()).await;
                ctx.page().render(&Made { n, slot })
            }
        };
        let missing = {
            let made = Arc::clone(&self.made);
            move || async move {
                made.fetch_add(1, Ordering::Relaxed);
                AppError::NotFound.into_response()
            }
        };
        let many = |ctx: PageContext| async move {
            let posts = [3, 1, 2, 3].map(PostId::from_raw);
            let of = ctx
                .slots_of("many", posts.map(|id| SlotPost { id, kind: PostKind::Article, credited: Vec::new() }))
                .await;
            let mut slot = Html::default();
            posts.iter().filter_map(|p| of.get(p)).for_each(|html| slot.push(html));
            slot.push(&ctx.slot("many", &Subject::default()).await);
            ctx.page().render(&Made { n: of.len(), slot })
        };
        let feed = |ctx: PageContext, asked: HeaderMap| async move {
            let (title, page) = ("feed".to_owned(), "/list".to_owned());
            Feed { title, about: String::new(), page, entries: Vec::new() }.respond(&ctx, &asked, Format::Atom)
        };
        Routes::new()
            .route(Method::GET, "/list/feed.atom", Need::Anyone, feed)
            .shared()
            .route(Method::GET, "/many", Need::Anyone, many)
            .shared()
            .route(Method::GET, "/shared", Need::Anyone, page(""))
            .shared()
            .route(Method::GET, "/own", Need::Anyone, page(""))
            .route(Method::GET, "/gap", Need::Anyone, page("broken"))
            .shared()
            .route(Method::GET, "/gone", Need::Anyone, missing)
            .shared()
    }
}

struct Site {
    router: Router,
    made: Arc<AtomicUsize>,
    changes: Changes,
    clock: Arc<Hand>,
}

impl Site {
    fn new() -> Self {
        let (made, changes, clock) = (Arc::<AtomicUsize>::default(), Changes::default(), Arc::<Hand>::default());
        let settings = WebSettings {
            changes: Some(changes.clone()),
            limits: RateLimits { read: 20, ..RateLimits::default() },
            ..WebSettings::new("http://localhost")
        };
        let feature = Arc::new(Counted { made: Arc::clone(&made) });
        let random = Arc::new(Rising::default());
        let shell = shell::build(&[feature], settings, Arc::new(Anybody), clock.clone(), random).expect("it fits");
        Self { router: shell.router, made, changes, clock }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.router.clone().oneshot(request).await.expect("the router answers")
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

fn head(response: &Response<Body>, name: &str) -> String {
    response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_copy_serves_guests_until_something_is_committed_or_it_is_old() {
    let site = Site::new();
    let first = site.get("/shared", &[]).await;
    let (id, policy) = (head(&first, "x-request-id"), head(&first, "content-security-policy"));
    let again = site.get("/shared", &[]).await;
    assert_eq!(site.made(), 1);
    assert_eq!((again.status(), head(&again, "content-type")), (StatusCode::OK, "text/html; charset=utf-8".to_owned()));
    assert_ne!(head(&again, "x-request-id"), id, "each request has an id of its own");
    assert_ne!(head(&again, "content-security-policy"), policy, "and a nonce of its own");
    for name in ["x-content-type-options", "cache-control", "referrer-policy", "etag"] {
        assert_eq!(head(&again, name), head(&first, name), "{name}");
        assert!(!head(&again, name).is_empty(), "{name}");
    }
    assert_eq!(text(again).await, text(first).await);

    site.changes.note();
    assert!(text(site.get("/shared", &[]).await).await.contains("made 2 times"));
    site.clock.0.store(9_999, Ordering::Relaxed);
    site.get("/shared", &[]).await;
    assert_eq!(site.made(), 2);
    site.clock.0.store(10_000, Ordering::Relaxed);
    site.get("/shared", &[]).await;
    assert_eq!(site.made(), 3);
}

#[tokio::test]
async fn a_place_of_many_posts_is_asked_once_and_its_gaps_are_gaps() {
    let site = Site::new();
    let page = text(site.get("/many", &[]).await).await;
    assert_eq!(site.made(), 1, "once for all posts, though one is named twice");
    let many = "made 2 times</p>&lt;3&gt;first &lt;1&gt;&lt;3&gt;once";
    assert!(page.contains(many), "{page}");
    site.get("/many", &[]).await;
    assert_eq!(site.made(), 2, "a page with a gap is not kept");
}

#[tokio::test]
async fn members_other_languages_themes_codings_and_addresses_get_their_own() {
    let site = Site::new();
    site.get("/shared", &[]).await;
    let others: [(&str, &[(&str, &str)]); 5] = [
        ("/shared?page=2", &[]),
        ("/shared", &[("accept-language", "en")]),
        ("/shared", &[("cookie", "xinghe_theme=dark")]),
        ("/shared", &[("accept-encoding", "br")]),
        ("/shared", &[("cookie", "xinghe_session=real")]),
    ];
    for (i, (path, headers)) in others.iter().enumerate() {
        site.get(path, headers).await;
        assert_eq!(site.made(), i + 2, "{path} {headers:?}");
    }
    let known = site.made();
    site.get("/shared", &[("cookie", "xinghe_session=real")]).await;
    assert_eq!(site.made(), known + 1, "a member's page is never kept");
    let guest = text(site.get("/shared", &[]).await).await;
    assert!(!guest.contains("林溪"));
    assert_eq!(site.made(), known + 1);
    let packed = site.get("/shared", &[("accept-encoding", "br")]).await;
    assert_eq!((head(&packed, "content-encoding").as_str(), site.made()), ("br", known + 1));
}

#[tokio::test]
async fn what_is_not_whole_or_not_marked_is_made_anew() {
    let site = Site::new();
    for path in ["/own", "/gap", "/gone"] {
        let before = site.made();
        site.get(path, &[]).await;
        site.get(path, &[]).await;
        assert_eq!(site.made(), before + 2, "{path}");
    }
}

#[tokio::test]
async fn who_has_the_page_is_told_so() {
    let site = Site::new();
    let tag = head(&site.get("/shared", &[]).await, "etag");
    for list in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let same = site.get("/shared", &[("if-none-match", &list)]).await;
        assert_eq!((same.status(), head(&same, "etag")), (StatusCode::NOT_MODIFIED, tag.clone()), "{list}");
        assert_eq!(text(same).await, "");
    }
    site.changes.note();
    let changed = site.get("/shared", &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(head(&changed, "etag"), tag);
}

#[tokio::test]
async fn a_feed_is_sent_once_to_who_has_it() {
    let site = Site::new();
    let (path, member) = ("/list/feed.atom", ("cookie", "xinghe_session=real"));
    let first = site.get(path, &[]).await;
    let (tag, changed) = (head(&first, "etag"), head(&first, "last-modified"));
    assert_eq!(changed, "Thu, 01 Jan 1970 00:00:00 GMT", "nothing is in it");
    assert_eq!(head(&first, "content-type"), "application/atom+xml; charset=utf-8");
    for known in [("if-none-match", tag.as_str()), ("if-modified-since", &changed)] {
        // From the copy, made anew, and for a member, who never gets a copy.
        assert_eq!(site.get(path, &[known]).await.status(), StatusCode::NOT_MODIFIED, "{known:?}");
        site.changes.note();
        assert_eq!(site.get(path, &[known]).await.status(), StatusCode::NOT_MODIFIED, "{known:?}");
        assert_eq!(site.get(path, &[known, member]).await.status(), StatusCode::NOT_MODIFIED, "{known:?}");
    }
    let other = [("if-none-match", "\"x\""), ("if-modified-since", "Fri, 02 Jan 1970 00:00:00 GMT")];
    for known in other {
        assert_eq!(site.get(path, &[known]).await.status(), StatusCode::OK, "{known:?}");
    }
}

#[tokio::test]
async fn copies_count_against_the_rate_limit() {
    let site = Site::new();
    for n in 0..20 {
        let response = site.get("/shared", &[]).await;
        assert!(head(&response, "ratelimit").contains(&format!("r={}", 19 - n)), "{}", head(&response, "ratelimit"));
    }
    assert_eq!(site.get("/shared", &[]).await.status(), StatusCode::TOO_MANY_REQUESTS);
}
