//! Serves the shell with `/design` and a home page of invented posts: `cargo run -p xinghe-web --example design`.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use xinghe_core::ports::PortResult;
use xinghe_core::{AuthorId, Lang, SessionId};
use xinghe_store::{SystemClock, SystemRandom};
use xinghe_web::{
    Feature, Html, Member, NavItem, Need, PageContext, Role, Routes, Sessions, WebSettings, markdown, shell,
};

#[derive(askama::Template)]
#[template(
    source = r#"<nav class="tabs"><a aria-current="page" href="/">为你</a><a href="/">最新</a></nav><h1 class="visually-hidden">首页</h1>{% for n in 1..9 %}<article class="row"><h2><a href="/post">axum 里共享状态的四种写法，以及它们各自的代价 {{ n }}</a></h2><p>同一个计数器写四遍，用同一台机器压测，差别不在速度，在你三个月后还看不看得懂。</p><div class="by"><span class="kind">文章</span><span>林溪</span><span class="faint">2 小时前</span></div></article>{% endfor %}"#,
    ext = "html"
)]
struct Home;

#[derive(askama::Template)]
#[template(
    source = r#"<article class="read"><div class="post-head"><h1>axum 里共享状态的四种写法，以及它们各自的代价</h1><div class="by"><span>林溪</span><span class="faint">2026-11-23</span></div></div><div class="prose">{{ body }}</div></article>"#,
    ext = "html"
)]
struct Post {
    body: Html,
}

struct Preview;

const ASIDE: &str = r#"<section><h3>问社区助手</h3><form class="askbox"><input aria-label="问题" placeholder="用一句话问，答案句句有出处"><button class="btn main">问</button></form></section><section><h3>本周被引用最多</h3><ul class="list"><li><span>沈砚</span><span class="num">143 次</span></li><li><span>林溪</span><span class="num">121 次</span></li></ul></section>"#;

impl Feature for Preview {
    fn name(&self) -> &'static str {
        "preview"
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (
                Lang::ZhHans,
                "preview-home = 首页\npreview-questions = 问答\npreview-projects = 项目\npreview-twins = 数字人\n",
            ),
            (
                Lang::ZhHant,
                "preview-home = 首頁\npreview-questions = 問答\npreview-projects = 專案\npreview-twins = 數位人\n",
            ),
            (
                Lang::En,
                "preview-home = Home\npreview-questions = Questions\npreview-projects = Projects\npreview-twins = Twins\n",
            ),
        ]
    }

    fn routes(&self) -> Routes {
        let nothing = |_: PageContext| async { http::StatusCode::NO_CONTENT };
        Routes::new()
            .route(Method::GET, "/", Need::Anyone, |ctx: PageContext| async move {
                ctx.page().active("home").aside(Html::trusted(ASIDE)).render(&Home)
            })
            .route(Method::GET, "/post", Need::Anyone, |ctx: PageContext| async move {
                let text = include_str!("../templates/design.md");
                let body = markdown::render(text, &markdown::RenderOptions::default()).html.clone();
                ctx.page().title("axum").active("home").aside(Html::trusted(ASIDE)).render(&Post { body })
            })
            .route(Method::GET, "/search", Need::Anyone, nothing)
            .route(Method::GET, "/write", Need::Anyone, nothing)
            .route(Method::GET, "/settings", Need::Anyone, nothing)
            .route(Method::GET, "/sign-in", Need::Anyone, nothing)
    }
}

/// Whoever has a session cookie at all is 林溪.
struct Lin;

#[async_trait]
impl Sessions for Lin {
    async fn resolve(&self, _: &str) -> PortResult<Option<Member>> {
        Ok(Some(Member {
            id: AuthorId::from_raw(20),
            handle: "linxi".to_owned(),
            name: "林溪".to_owned(),
            role: Role::Member,
            lang: None,
            theme: None,
            session: SessionId::from_raw(1),
        }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8099".to_owned());
    let mut settings = WebSettings::new(format!("http://{listen}"));
    settings.dev = true;
    settings.nav = [
        ("home", "/", "preview-home"),
        ("questions", "/questions", "preview-questions"),
        ("projects", "/projects", "preview-projects"),
        ("twins", "/twins", "preview-twins"),
    ]
    .map(|(name, href, key)| NavItem { name, href, key, dock: true })
    .to_vec();
    let shell =
        shell::build(&[Arc::new(Preview)], settings, Arc::new(Lin), Arc::new(SystemClock), Arc::new(SystemRandom))?;
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    axum::serve(listener, shell.router.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
