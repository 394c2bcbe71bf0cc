//! Named places on a page into which features put fragments.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use xinghe_core::{AnswerId, AuthorId, PostId, PostKind, PostView};

use crate::errors::AppError;
use crate::html::Html;
use crate::page::PageContext;

/// How long one fragment may take before its place stays empty.
pub const SLOT_LIMIT: Duration = Duration::from_millis(300);

/// What the page is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The post shown.
    pub post: Option<PostId>,
    /// The author shown, or the post's author.
    pub author: Option<AuthorId>,
    /// The author's handle.
    pub handle: Option<String>,
    /// The answer shown.
    pub answer: Option<AnswerId>,
    /// The tag shown.
    pub tag: Option<String>,
}

/// What a fragment is asked with.
#[derive(Debug, Clone)]
pub struct SlotRequest {
    /// The page's context: viewer, language, texts.
    pub ctx: PageContext,
    /// What the page is about.
    pub subject: Subject,
}

/// A post of a page, with what the page knows of it anyway and features would else have to read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotPost {
    /// The post.
    pub id: PostId,
    /// What it is.
    pub kind: PostKind,
    /// Who is credited in it; of a list's row, who wrote it.
    pub credited: Vec<AuthorId>,
}

impl From<&PostView> for SlotPost {
    fn from(view: &PostView) -> Self {
        Self { id: view.id, kind: view.kind, credited: view.credits.iter().map(|c| c.author).collect() }
    }
}

/// What a fragment for many posts at once is asked with.
#[derive(Debug, Clone)]
pub struct BatchRequest {
    /// The page's context: viewer, language, texts.
    pub ctx: PageContext,
    /// The posts of the page, each once.
    pub posts: Arc<[SlotPost]>,
}

type Rendered<T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send>>;
type ByPost = HashMap<PostId, Html>;

#[derive(Clone)]
enum Render {
    One(Arc<dyn Fn(SlotRequest) -> Rendered<Option<Html>> + Send + Sync>),
    Many(Arc<dyn Fn(BatchRequest) -> Rendered<ByPost> + Send + Sync>),
}

/// One fragment in one place.
#[derive(Clone)]
pub struct SlotEntry {
    /// The place, for instance `post.aside`.
    pub place: &'static str,
    /// Its turn within the place, rising.
    pub order: i32,
    render: Render,
}

impl SlotEntry {
    /// A fragment rendered by `render`; `Ok(None)` puts nothing there.
    pub fn new<F, Fut>(place: &'static str, order: i32, render: F) -> Self
    where
        F: Fn(SlotRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Html>, AppError>> + Send + 'static,
    {
        Self { place, order, render: Render::One(Arc::new(move |request| Box::pin(render(request)))) }
    }

    /// Fragments for all posts of a page in one call: for a place that is there once per post. A post that is left
    /// out gets nothing.
    pub fn batch<F, Fut>(place: &'static str, order: i32, render: F) -> Self
    where
        F: Fn(BatchRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HashMap<PostId, Html>, AppError>> + Send + 'static,
    {
        Self { place, order, render: Render::Many(Arc::new(move |request| Box::pin(render(request)))) }
    }
}

impl SlotEntry {
    /// A tab of a row of tabs: a link with this text, marked on the page it leads to.
    pub fn tab(place: &'static str, order: i32, href: &'static str, key: &'static str) -> Self {
        Self::new(place, order, move |request| async move {
            let here = request.ctx.path.split('?').next() == Some(href);
            let mark = if here { " aria-current=\"page\"" } else { "" };
            let words = Html::escaped(&request.ctx.t.s(key));
            Ok(Some(Html::trusted(format!("<a href=\"{href}\"{mark}>{words}</a>"))))
        })
    }
}

impl fmt::Debug for SlotEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotEntry").field("place", &self.place).field("order", &self.order).finish_non_exhaustive()
    }
}

/// All fragments by place.
#[derive(Debug, Default)]
pub struct Slots(HashMap<&'static str, Vec<SlotEntry>>);

impl Slots {
    /// Sorts the entries into their places.
    pub fn new(entries: impl IntoIterator<Item = SlotEntry>) -> Self {
        let mut places: HashMap<&'static str, Vec<SlotEntry>> = HashMap::new();
        for entry in entries {
            places.entry(entry.place).or_default().push(entry);
        }
        for list in places.values_mut() {
            list.sort_by_key(|e| e.order);
        }
        Self(places)
    }

    /// Renders a place: all its fragments side by side, each within [`SLOT_LIMIT`]. One that fails or dawdles is
    /// logged and leaves a gap.
    pub async fn render(&self, place: &str, request: SlotRequest) -> Html {
        let entries = self.0.get(place).map(Vec::as_slice).unwrap_or_default();
        let gaps = &request.ctx.gaps;
        let parts = entries.iter().filter_map(|entry| match &entry.render {
            Render::One(render) => Some(attempt(entry, render(request.clone()), gaps)),
            Render::Many(_) => None,
        });
        let mut all = Html::default();
        for part in futures::future::join_all(parts).await.into_iter().flatten().flatten() {
            all.push(&part);
        }
        all
    }

    /// Renders a place that is there once for each of these posts, as [`Self::render`] does: each feature is asked
    /// once, for all of them.
    pub async fn render_many(&self, place: &str, request: BatchRequest) -> HashMap<PostId, Html> {
        let mut all = ByPost::new();
        if request.posts.is_empty() {
            return all;
        }
        let entries = self.0.get(place).map(Vec::as_slice).unwrap_or_default();
        let gaps = &request.ctx.gaps;
        let parts = entries.iter().filter_map(|entry| match &entry.render {
            Render::Many(render) => Some(attempt(entry, render(request.clone()), gaps)),
            Render::One(_) => None,
        });
        for (post, part) in futures::future::join_all(parts).await.into_iter().flatten().flatten() {
            all.entry(post).or_default().push(&part);
        }
        all
    }
}

/// What a fragment answers in time; otherwise `None`, a line in the log, and a gap.
async fn attempt<T>(entry: &SlotEntry, future: Rendered<T>, gaps: &AtomicBool) -> Option<T> {
    let (place, order) = (entry.place, entry.order);
    match tokio::time::timeout(SLOT_LIMIT, std::panic::AssertUnwindSafe(future).catch_unwind()).await {
        Ok(Ok(Ok(html))) => return Some(html),
        Ok(Ok(Err(error))) => tracing::warn!(place, order, %error, "a fragment failed"),
        Ok(Err(_)) => tracing::error!(place, order, "a fragment panicked"),
        Err(_) => tracing::warn!(place, order, "a fragment took too long"),
    }
    gaps.store(true, Ordering::Relaxed);
    None
}
