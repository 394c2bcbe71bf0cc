//! The settings page on which a member asks for the archive and takes it.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Redirect, Response, Sse};
use axum::routing::{get, post};
use futures::{StreamExt as _, stream};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval};
use xinghe_core::AuthorCard;
use xinghe_web::api::ApiQuery;
use xinghe_web::{
    AppError, FieldError, FieldErrors, Html, Member, Need, PageContext, PageResult, RateClass, Routes, Said, Subject,
    Texts,
};

use crate::commands::{ExportError, Exports};
use crate::model::{Archive, State as At};
use crate::store;

/// The tabs of the settings, a place of several features.
pub(crate) const TABS: &str = "settings.tabs";
const PAGE: &str = "/settings/data";
/// How often is looked how far an archive is, and how often at most within one stream: ten minutes.
const EVERY: Duration = Duration::from_secs(1);
const LOOKS: usize = 600;

pub(crate) fn routes(exports: &Exports) -> Routes {
    let (e, member) = (|| exports.clone(), Need::Member);
    Routes::new()
        .method_router(Method::GET, PAGE, member, get(show).with_state(e()))
        .method_router(Method::POST, PAGE, member, post(start).with_state(e()))
        .limit(RateClass::SignIn)
        .by_session()
        .method_router(Method::POST, "/settings/data/confirm", member, post(confirm).with_state(e()))
        .limit(RateClass::SignIn)
        .by_session()
        .method_router(Method::POST, "/settings/data/remove", member, post(remove).with_state(e()))
        .by_session()
        .method_router(Method::GET, "/settings/data/archive", member, get(download).with_state(e()))
        .by_session()
        .method_router(Method::GET, "/settings/data/live", member, get(live).with_state(e()))
        .stream()
}

impl From<ExportError> for AppError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotFound => Self::NotFound,
            ExportError::Wrong => Self::field("confirm", "exports-fault-password"),
            ExportError::Wait(retry_after) => Self::TooMany { retry_after },
            ExportError::Unconfirmed => Self::Refused(Said::new("exports-fault-unconfirmed")),
            ExportError::Store(error) => error.into(),
            ExportError::Port(error) => error.into(),
        }
    }
}

/// How far it is: the part of the page that changes by itself.
#[derive(Template)]
#[template(path = "exports/progress.html")]
struct Progress<'a> {
    t: &'a Texts,
    archive: Option<&'a Archive>,
}

impl Progress<'_> {
    fn making(&self) -> Option<&Archive> {
        self.archive.filter(|a| a.state == At::Making)
    }
}

#[derive(Template)]
#[template(path = "exports/data.html")]
struct DataTemplate<'a> {
    t: &'a Texts,
    tabs: Html,
    archive: Option<&'a Archive>,
    progress: Html,
    confirmed: bool,
    errors: &'a FieldErrors,
    said: Option<&'static str>,
}

impl DataTemplate<'_> {
    fn making(&self) -> bool {
        self.archive.is_some_and(|a| a.state == At::Making)
    }

    fn failed(&self) -> bool {
        self.archive.is_some_and(|a| a.state == At::Failed)
    }

    fn ready(&self) -> Option<&Archive> {
        self.archive.filter(|a| a.state == At::Ready)
    }

    /// A size for people: kilobytes, or megabytes with one place.
    fn size(&self, bytes: &u64) -> String {
        let kb = bytes.div_ceil(1000);
        if kb < 1000 { format!("{kb} KB") } else { format!("{}.{} MB", kb / 1000, kb % 1000 / 100) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    done: String,
}

fn said(done: &str) -> Option<&'static str> {
    match done {
        "started" => Some("exports-said-started"),
        "confirmed" => Some("exports-said-confirmed"),
        "removed" => Some("exports-said-removed"),
        _ => None,
    }
}

async fn page(
    exports: &Exports,
    ctx: &PageContext,
    (status, errors): (StatusCode, &FieldErrors),
    said: Option<&'static str>,
) -> PageResult {
    let member = ctx.viewer.require()?;
    let archive = exports.archive(member.id).await?;
    let template = DataTemplate {
        t: &ctx.t,
        tabs: ctx.slot(TABS, &Subject::default()).await,
        progress: Html::render(&Progress { t: &ctx.t, archive: archive.as_ref() })?,
        archive: archive.as_ref(),
        confirmed: exports.is_confirmed(member.id, member.session).await?,
        errors,
        said,
    };
    Ok(ctx.page().title(ctx.t.s("exports-title")).noindex().status(status).render(&template))
}

/// `/settings/data`.
async fn show(State(exports): State<Exports>, ctx: PageContext, ApiQuery(query): ApiQuery<Done>) -> PageResult {
    page(&exports, &ctx, (StatusCode::OK, &FieldErrors::default()), said(&query.done)).await
}

/// What shows again who the member is.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ConfirmForm {
    confirm: String,
}

/// Sends the browser on, or shows the page again with what is wrong.
async fn answer(exports: &Exports, ctx: &PageContext, done: Result<&str, ExportError>) -> PageResult {
    let (status, error) = match done {
        Ok(word) => return Ok(Redirect::to(&format!("{PAGE}?done={word}")).into_response()),
        Err(ExportError::Wrong) => {
            (StatusCode::UNPROCESSABLE_ENTITY, FieldError::new("confirm", "exports-fault-password"))
        }
        Err(ExportError::Wait(seconds)) => {
            let said = Said::new("exports-fault-wait").with("seconds", seconds);
            (StatusCode::TOO_MANY_REQUESTS, FieldError::new("confirm", said))
        }
        Err(other) => return Err(other.into()),
    };
    page(exports, ctx, (status, &FieldErrors::new(&[error], &ctx.t)), None).await
}

async fn start(
    State(exports): State<Exports>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<ConfirmForm>,
) -> PageResult {
    let done = async {
        if !form.confirm.is_empty() || !exports.is_confirmed(member.id, member.session).await? {
            exports.confirm(member.id, member.session, &form.confirm).await?;
        }
        exports.start(member.id, member.session).await
    };
    let done = done.await.map(|_| "started");
    answer(&exports, &ctx, done).await
}

async fn confirm(
    State(exports): State<Exports>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<ConfirmForm>,
) -> PageResult {
    let done = exports.confirm(member.id, member.session, &form.confirm).await.map(|()| "confirmed");
    answer(&exports, &ctx, done).await
}

async fn remove(State(exports): State<Exports>, ctx: PageContext, member: Member) -> PageResult {
    let done = exports.remove(member.id).await.map(|()| "removed");
    answer(&exports, &ctx, done).await
}

/// The archive. Whoever was not asked lately who they are is asked on the page.
async fn download(State(exports): State<Exports>, member: Member) -> Result<Response, AppError> {
    match exports.download(member.id, member.session).await {
        Ok((archive, card)) => Ok(file(&exports, &archive, &card)),
        Err(ExportError::Unconfirmed) => Ok(Redirect::to(PAGE).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// How far it is, as server-sent events, until it is no longer being made.
async fn live(State(exports): State<Exports>, ctx: PageContext, member: Member) -> Response {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let t = ctx.t.clone();
    let seen = stream::unfold((ticks, 0, false), move |(mut ticks, looks, over)| {
        let (exports, t, id) = (exports.clone(), t.clone(), member.id);
        async move {
            if over || looks >= LOOKS {
                return None;
            }
            tokio::select! {
                () = exports.stop.cancelled() => return None,
                _ = ticks.tick() => {}
            }
            let archive = exports.archive(id).await.ok()?;
            let part = Html::render(&Progress { t: &t, archive: archive.as_ref() }).ok()?;
            let over = archive.is_none_or(|a| a.state != At::Making);
            let event = Event::default().event("part").data(part.into_string().replace('\r', " "));
            Some((Ok::<_, Infallible>(event), (ticks, looks + 1, over)))
        }
    });
    Sse::new(seen).keep_alive(KeepAlive::default()).into_response()
}

/// An archive as a download, read from the database piece by piece.
pub(crate) fn file(exports: &Exports, archive: &Archive, card: &AuthorCard) -> Response {
    let (db, id) = (exports.store.clone(), archive.id);
    let pieces = stream::unfold(Some(0), move |next| {
        let db = db.clone();
        async move {
            let ordinal: i32 = next?;
            match store::part(&db, id, ordinal).await {
                Ok(None) => None,
                Ok(Some(bytes)) => Some((Ok(bytes), Some(ordinal + 1))),
                Err(error) => Some((Err(error), None)),
            }
        }
    });
    let day = archive.asked_at.rfc3339().chars().take(10).collect::<String>();
    let named = format!("attachment; filename=\"xinghe-{}-{day}.zip\"", card.handle);
    // Whoever compresses it asks once more behind the end.
    let mut response = Body::from_stream(pieces.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_LENGTH, archive.bytes.into());
    if let Ok(value) = HeaderValue::from_str(&named) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
