//! The feature in its shell, and people who ask it.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use xinghe_core::FollowKind;
use xinghe_core::content::AuthorCard;
use xinghe_core::id::{AuthorId, PostId, SessionId};
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{Authors, Follows, Own, PictureCopies, PortResult, Reactions, Tally};
use xinghe_posts::{MIGRATIONS, PostsFeature};
use xinghe_testkit::{SeededRandom, TestDb};
use xinghe_web::viewer::Sessions;
use xinghe_web::{Member, Role, WebSettings};

pub struct People;

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let card = |id: AuthorId| AuthorCard {
            id,
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            claimed: true,
            sample: false,
        };
        Ok(ids.iter().map(|id| (*id, card(*id))).collect())
    }
    async fn by_handle(&self, handle: &str) -> PortResult<Option<AuthorCard>> {
        let id = handle.strip_prefix('m').and_then(|n| n.parse().ok()).map(AuthorId::from_raw);
        let Some(id) = id else { return Ok(None) };
        Ok(self.cards(&[id]).await?.remove(&id))
    }
}

/// Where a picture lies of which there is a copy, and the copy.
pub const KEPT: (&str, &str) = ("https://far.example/kept.png", "00112233445566778899-160x90.webp");

/// Has a copy of one picture, for any post.
pub struct Album;

#[async_trait]
impl PictureCopies for Album {
    async fn copies(&self, posts: &[PostId]) -> PortResult<HashMap<PostId, Vec<(String, PictureName)>>> {
        let copy = (KEPT.0.to_owned(), KEPT.1.parse().unwrap());
        Ok(posts.iter().map(|post| (*post, vec![copy.clone()])).collect())
    }
}

/// The token is the member's number; 3 moderates, 4 administers.
#[async_trait]
impl Sessions for People {
    async fn resolve(&self, token: &str) -> PortResult<Option<Member>> {
        let Ok(id) = token.parse::<i64>() else { return Ok(None) };
        let role = match id {
            3 => Role::Moderator,
            4 => Role::Administrator,
            _ => Role::Member,
        };
        Ok(Some(Member {
            id: AuthorId::from_raw(id),
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            role,
            lang: None,
            theme: None,
            session: SessionId::from_raw(id),
        }))
    }
}

/// Member 2 follows member 1 and the tag `async`; everybody likes nothing.
struct Fans;

#[async_trait]
impl Reactions for Fans {
    async fn tallies(&self, _: &[PostId]) -> PortResult<HashMap<PostId, Tally>> {
        Ok(HashMap::new())
    }
    async fn of_viewer(&self, _: AuthorId, _: &[PostId]) -> PortResult<HashMap<PostId, Own>> {
        Ok(HashMap::new())
    }
    async fn follows(&self, member: AuthorId) -> PortResult<Follows> {
        if member != AuthorId::from_raw(2) {
            return Ok(Follows::default());
        }
        Ok(Follows { members: vec![AuthorId::from_raw(1)], tags: vec!["async".into()], posts: vec![] })
    }
    async fn follower_counts(&self, _: FollowKind, _: &[i64]) -> PortResult<HashMap<i64, u32>> {
        Ok(HashMap::new())
    }
    async fn followers(&self, _: FollowKind, _: i64, _: Option<AuthorId>, _: usize) -> PortResult<Vec<AuthorId>> {
        Ok(vec![])
    }
}

pub struct Site {
    _db: TestDb,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub etag: String,
    pub text: String,
}

impl Site {
    pub async fn new() -> Self {
        let db = TestDb::sqlite().await;
        db.store().migrate(MIGRATIONS).await.unwrap();
        let feature = PostsFeature::new(db.store().clone(), Arc::new(People)).with_reactions(Arc::new(Fans));
        let feature = feature.with_copies(Arc::new(Album));
        let mut settings = WebSettings::new("http://localhost");
        settings.limits.write = 10_000;
        let random = Arc::new(SeededRandom::new(1));
        let shell =
            xinghe_web::shell::build(&[Arc::new(feature)], settings, Arc::new(People), db.clock().clone(), random)
                .unwrap();
        Self { router: shell.router, _db: db }
    }

    pub async fn call(&self, who: u8, method: Method, path: &str, kind: &str, body: &str, if_match: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if who > 0 {
            request = if path.starts_with("/api/") {
                request.header(header::AUTHORIZATION, format!("Bearer {who}"))
            } else {
                request.header(header::COOKIE, format!("xinghe_session={who}"))
            };
            request = request.header("Sec-Fetch-Site", "same-origin");
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if !if_match.is_empty() {
            request = request.header(header::IF_MATCH, if_match);
        }
        let request = request.header(header::ACCEPT_LANGUAGE, "en").body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let get = |name| response.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (status, location, etag) = (response.status(), get(header::LOCATION), get(header::ETAG));
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, etag, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, who: u8, path: &str) -> Answer {
        self.call(who, Method::GET, path, "", "", "").await
    }

    pub async fn form(&self, who: u8, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escape = |s: &str| url::form_urlencoded::byte_serialize(s.as_bytes()).collect::<String>();
        let body: Vec<_> = fields.iter().map(|(n, v)| format!("{n}={}", escape(v))).collect();
        self.call(who, Method::POST, path, "application/x-www-form-urlencoded", &body.join("&"), "").await
    }

    pub async fn json(&self, who: u8, method: Method, path: &str, body: &serde_json::Value, if_match: &str) -> Answer {
        self.call(who, method, path, "application/json", &body.to_string(), if_match).await
    }

    /// A new post's id.
    pub async fn write(&self, who: u8, fields: &[(&str, &str)]) -> String {
        let done = self.form(who, "/write", fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        done.location["/posts/".len()..].split('-').next().unwrap().to_owned()
    }
}
