//! What links to a post, below it.

use askama::Template;
use xinghe_core::content::PostView;
use xinghe_core::id::PostId;
use xinghe_web::{AppError, Html, PageContext, Texts};

use super::kind_key;
use super::view::{People, Person, ai_key};
use crate::feature::State;
use crate::model::{Cursor, targets_of};
use crate::store;

/// How many of them stand below a post; the API has them all.
const SHOWN: usize = 50;

struct Citing {
    url: String,
    title: String,
    lang: String,
    kind: &'static str,
    person: Option<Person>,
    at: String,
    date: String,
    ai: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "posts/cited.html")]
struct CitedTemplate<'a> {
    t: &'a Texts,
    all: Vec<Citing>,
}

/// The posts that link to one of `shown`, which stand together on the page of `root`.
pub(super) async fn below(
    ctx: &PageContext,
    state: &State,
    root: PostId,
    shown: impl Iterator<Item = &PostView>,
) -> Result<Html, AppError> {
    let found = citing(ctx, state, root, shown, None, SHOWN).await?;
    if found.is_empty() {
        return Ok(Html::default());
    }
    let people = People::load(&state.authors, found.iter().filter_map(|(v, _)| v.author()).collect()).await?;
    let line = |v: &PostView| Citing {
        url: v.url(),
        title: v.title.clone(),
        lang: v.language.to_string(),
        kind: kind_key(v.kind),
        person: people.writer(v, &ctx.t),
        at: v.published_at.rfc3339(),
        date: ctx.t.date(v.published_at),
        ai: ai_key(v.provenance),
    };
    let template = CitedTemplate { t: &ctx.t, all: found.iter().map(|(v, _)| line(v)).collect() };
    Ok(Html::render(&template)?)
}

/// Up to `limit` posts that link to one of `of`, the newest first, each with its place.
pub(crate) async fn citing(
    ctx: &PageContext,
    state: &State,
    root: PostId,
    of: impl Iterator<Item = &PostView>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<(PostView, Cursor)>, AppError> {
    let (public, mut targets, mut posts) = (ctx.absolute(""), vec![], vec![]);
    // What a statement takes is bounded; the post itself comes first, then its oldest replies.
    for post in of.take(200) {
        targets.extend(targets_of(post, &public));
        posts.push(post.id);
    }
    let found = store::cited_by(&state.store, (&targets, &posts), root, after, limit).await?;
    let ids: Vec<PostId> = found.iter().map(|(id, _)| *id).collect();
    let mut views = store::views(&state.store, &ids).await?;
    Ok(found.into_iter().filter_map(|(id, cursor)| Some((views.remove(&id)?, cursor))).collect())
}
