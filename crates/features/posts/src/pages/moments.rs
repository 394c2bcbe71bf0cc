//! Moments: short, with topics, mentions and pictures, passing other posts on.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State as Given;
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::content::{PostKind, PostView};
use xinghe_core::id::PostId;
use xinghe_web::SlotPost;
use xinghe_web::api::ApiQuery;
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, PageResult, Subject, Texts};

use super::lists::Plan;
use super::naming::{Names, with_mentions};
use super::view::{People, Person, ai_key};
use super::{actor, field_errors, kind_key, send, viewer_actor};
use crate::commands::{self, CommandError};
use crate::feature::State;
use crate::model::{Draft, ListFilter, MOMENT_MAX, PostDetail, is_own, may_edit};
use crate::store;

/// A post passed on, as a card.
#[derive(Debug, Clone)]
pub(super) struct Quoted {
    pub url: String,
    pub kind: &'static str,
    pub title: String,
    pub excerpt: String,
    pub lang: String,
    pub person: Option<Person>,
}

impl Quoted {
    fn of(d: &PostDetail, people: &People) -> Self {
        let moment = d.view.kind == PostKind::Moment;
        Self {
            url: d.view.url(),
            kind: kind_key(d.view.kind),
            title: if moment { String::new() } else { d.view.title.clone() },
            excerpt: d.excerpt.clone(),
            lang: d.view.language.to_string(),
            person: d.view.author().and_then(|a| people.get(a)),
        }
    }

    /// The cards of these posts, with those who wrote them.
    pub(super) async fn load(state: &State, ids: &[PostId]) -> Result<HashMap<PostId, Self>, AppError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let posts = store::details(&state.store, ids).await?;
        let people = People::load(&state.authors, posts.values().filter_map(|d| d.view.author()).collect()).await?;
        Ok(posts.iter().map(|(id, d)| (*id, Self::of(d, &people))).collect())
    }
}

struct Moment {
    id: PostId,
    url: String,
    person: Option<Person>,
    when: String,
    at: String,
    lang: String,
    body: Html,
    ai: Option<&'static str>,
    comments: u32,
    may_edit: bool,
    may_delete: bool,
    /// What other features put below it.
    tools: Html,
    /// What it passes on: `Some(None)` where that is gone.
    quoted: Option<Option<Quoted>>,
}

#[derive(Template)]
#[template(path = "posts/moments.html")]
struct MomentsTemplate<'a> {
    t: &'a Texts,
    signed_in: bool,
    max: usize,
    form: &'a MomentForm,
    errors: FieldErrors,
    quoting: Option<Quoted>,
    moments: Vec<Moment>,
    older: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct MomentsQuery {
    #[serde(default)]
    before: String,
    /// The post to be passed on.
    #[serde(default)]
    quote: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MomentForm {
    body: String,
    quote: String,
}

/// The latest moments, and the place to write one.
pub(super) async fn list(
    ctx: PageContext,
    Given(state): Given<State>,
    ApiQuery(query): ApiQuery<MomentsQuery>,
) -> PageResult {
    let form = MomentForm { body: String::new(), quote: query.quote };
    show(&ctx, &state, &query.before, &form, FieldErrors::default(), StatusCode::OK).await
}

/// Publishes a moment.
pub(super) async fn create(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Form(form): Form<MomentForm>,
) -> PageResult {
    let draft = Draft { body: form.body.clone(), quote: form.quote.parse().ok(), once: true, ..Draft::default() };
    let draft = with_mentions(&state, draft).await?;
    match commands::create(&state.store, actor(&member), PostKind::Moment, None, &draft).await {
        Ok(written) => Ok(send(StatusCode::SEE_OTHER, &format!("/moments#post-{}", written.post))),
        Err(CommandError::Invalid(errors)) => {
            let errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
            show(&ctx, &state, "", &form, errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(
    ctx: &PageContext,
    state: &State,
    before: &str,
    form: &MomentForm,
    errors: FieldErrors,
    status: StatusCode,
) -> PageResult {
    let filter = ListFilter { kind: Some(PostKind::Moment), ..ListFilter::default() };
    let (posts, older) = Plan { path: "/moments", query: vec![], filter }.load(state, before).await?;
    let ids: Vec<PostId> = posts.iter().map(|p| p.id).collect();
    let mut details = store::details(&state.store, &ids).await?;
    let ordered: Vec<PostDetail> = ids.iter().filter_map(|id| details.remove(id)).collect();
    let wanted: Vec<PostId> = ordered.iter().filter_map(|d| d.quote).chain(form.quote.parse().ok()).collect();
    let quoted = Quoted::load(state, &wanted).await?;
    let people = People::load(&state.authors, ordered.iter().filter_map(|d| d.view.author()).collect()).await?;
    let names = Names::load(state, &ids).await?;
    let card = |d: &PostDetail| d.quote.map(|id| quoted.get(&id).cloned());
    let subject = Subject::default();
    let (mut tools, aside) = futures::join!(
        ctx.slots_of("post.tools", ordered.iter().map(|d| SlotPost::from(&d.view))),
        ctx.slot("home.aside", &subject)
    );
    let moments = ordered.iter().map(|d| Moment {
        tools: tools.remove(&d.view.id).unwrap_or_default(),
        ..moment(ctx, d, &people, &names, card(d))
    });
    let quoting = form.quote.parse().ok().and_then(|id: PostId| quoted.get(&id).cloned());
    let template = MomentsTemplate {
        t: &ctx.t,
        signed_in: ctx.viewer.member.is_some(),
        max: MOMENT_MAX,
        form,
        errors,
        quoting,
        moments: moments.collect(),
        older,
    };
    let title = ctx.t.s("posts-moments");
    let page = ctx.page().title(title).active("moments").canonical("/moments").feed("/moments").status(status);
    Ok(page.aside(aside).render(&template))
}

fn moment(ctx: &PageContext, d: &PostDetail, people: &People, names: &Names, quoted: Option<Option<Quoted>>) -> Moment {
    let v: &PostView = &d.view;
    Moment {
        id: v.id,
        url: v.url(),
        person: v.author().and_then(|a| people.get(a)),
        when: ctx.t.ago(v.published_at),
        at: v.published_at.rfc3339(),
        lang: v.language.to_string(),
        body: names.body(v, format!("p{}-", v.id), ctx.lang),
        ai: ai_key(v.provenance),
        comments: d.comments,
        may_edit: may_edit(viewer_actor(&ctx.viewer), v),
        may_delete: viewer_actor(&ctx.viewer).is_some_and(|a| is_own(a, v)),
        tools: Html::default(),
        quoted,
    }
}
