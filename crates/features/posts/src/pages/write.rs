//! Writing, editing, answering, commenting, and the other buttons of a post.

use axum::extract::{Path, State as Given};
use axum::response::IntoResponse;
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::content::PostKind;
use xinghe_core::id::{DraftId, PostId, RevisionId};
use xinghe_web::api::ApiQuery;
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, PageResult};

use super::composer::{About, PostForm, Showing};
use super::{actor, detail, field_errors, post_id, send, with_mentions};
use crate::commands::drafts::{Final, NewDraft};
use crate::commands::{self, CommandError};
use crate::feature::State;
use crate::model::{KeptDraft, Typed, local_moment, may_edit};
use crate::store;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WriteQuery {
    kind: String,
    title: String,
    body: String,
    /// The draft to go on with.
    draft: String,
    /// Whether it was just saved.
    saved: String,
}

fn writable(kind: &str) -> PostKind {
    match kind.parse() {
        Ok(kind @ (PostKind::Question | PostKind::Project | PostKind::News)) => kind,
        _ => PostKind::Article,
    }
}

/// The form for a new post; `?title=` and `?body=` fill it, `?draft=` goes on with a draft.
pub(super) async fn form(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    ApiQuery(query): ApiQuery<WriteQuery>,
) -> PageResult {
    if query.draft.is_empty() {
        let typed = Typed { title: query.title, body: query.body, ..Typed::default() };
        let form = PostForm { typed, name: ctx.request_id.to_string(), ..PostForm::default() };
        let mut showing = Showing::new(writable(&query.kind), "/write", &form);
        showing.about.others = store::count_drafts(&state.store, member.id).await?;
        return showing.show(&ctx).await;
    }
    let id: DraftId = query.draft.parse().map_err(|_| AppError::NotFound)?;
    let draft = store::draft(&state.store, member.id, id).await?.filter(|d| !d.dropped).ok_or(AppError::NotFound)?;
    if let Some((post, _)) = draft.published {
        return Ok(send(StatusCode::SEE_OTHER, &format!("/posts/{post}")));
    }
    if draft.change.is_some() {
        return Ok(send(StatusCode::SEE_OTHER, &draft.url()));
    }
    let kind = if query.kind.is_empty() { draft.kind } else { writable(&query.kind) };
    let form = PostForm::going_on(&draft);
    let mut showing = Showing::new(kind, "/write", &form);
    showing.about = About::of(&draft);
    showing.about.saved = !query.saved.is_empty();
    showing.show(&ctx).await
}

/// What the form of a new post ends in: it is published, kept, or put on the timetable.
pub(super) async fn create(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Form(form): Form<PostForm>,
) -> PageResult {
    let kind = writable(&form.kind);
    if form.then == "edit" {
        let form = PostForm { name: ctx.request_id.to_string(), ..form };
        let mut showing = Showing::new(kind, "/write", &form);
        showing.about.others = store::count_drafts(&state.store, member.id).await?;
        return showing.show(&ctx).await;
    }
    let mut kept = None;
    let done = match form.then.as_str() {
        "save" => save(&state, &member, kind, None, &form).await.map(|d| format!("{}&saved=1", d.url())),
        "schedule" => schedule(&state, &member, kind, &form, &mut kept).await,
        _ => match publish(&state, &member, &form, &form.content(&state, kind, None).await?).await {
            Ok(post) => Ok(detail(&state, post).await?.view.url()),
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(to) => Ok(send(StatusCode::SEE_OTHER, &to)),
        Err(error) => {
            let mut showing = Showing::new(kind, "/write", &form);
            if let Some(draft) = &kept {
                showing.builds_on(draft);
            }
            again(&ctx, &state, &member, showing, error).await
        }
    }
}

async fn publish(state: &State, member: &Member, form: &PostForm, content: &Final) -> Result<PostId, CommandError> {
    let by = actor(member);
    let written = match form.draft() {
        Some((id, version)) => commands::drafts::publish(&state.store, by, (id, Some(version)), content).await?,
        None => commands::drafts::publish_named(&state.store, by, &form.name, content).await?,
    };
    Ok(written.post)
}

async fn save(
    state: &State,
    member: &Member,
    kind: PostKind,
    change: Option<(PostId, RevisionId)>,
    form: &PostForm,
) -> Result<KeptDraft, CommandError> {
    let typed = form.typed.clone();
    match form.draft() {
        Some(draft) => commands::drafts::save(&state.store, member.id, draft, kind, typed).await,
        None => {
            let name = Some(form.name.clone()).filter(|n| !n.is_empty());
            commands::drafts::keep(&state.store, actor(member), NewDraft { kind, change, name, typed }).await
        }
    }
}

/// Keeps what the form holds, in any case, and puts it on the timetable.
async fn schedule(
    state: &State,
    member: &Member,
    kind: PostKind,
    form: &PostForm,
    kept: &mut Option<KeptDraft>,
) -> Result<String, CommandError> {
    let draft = kept.insert(save(state, member, kind, None, form).await?);
    // What is no moment at all is not ahead either.
    let at = local_moment(&form.publish_at, form.minutes_east.parse().unwrap_or(0)).unwrap_or(state.store.now());
    commands::drafts::schedule(&state.store, actor(member), draft.id, at).await?;
    Ok(format!("/drafts?scheduled={}", draft.id))
}

/// The form once more, with what was typed and what is in the way.
async fn again(
    ctx: &PageContext,
    state: &State,
    member: &Member,
    mut showing: Showing<'_>,
    error: CommandError,
) -> PageResult {
    showing.status = StatusCode::CONFLICT;
    match error {
        CommandError::Known(post) => {
            let page = detail(state, post).await?.view.url();
            return Ok(send(StatusCode::SEE_OTHER, &format!("{page}?known=1")));
        }
        CommandError::Published(post) => return Ok(send(StatusCode::SEE_OTHER, &format!("/posts/{post}"))),
        CommandError::Invalid(errors) => {
            showing.errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
            showing.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        // Another device, or another tab, wrote to the draft meanwhile: sent again, what stands here takes its place.
        CommandError::DraftChanged { draft, .. } => {
            let other = store::draft(&state.store, member.id, draft).await?.ok_or(AppError::NotFound)?;
            showing.about = About::of(&other);
            showing.about.conflict = true;
            showing.differs(&other.typed.body);
            showing.builds_on(&other);
            return showing.show(ctx).await;
        }
        error => return Err(error.into()),
    }
    if let Some((id, _)) = showing.form.draft()
        && let Some(draft) = store::draft(&state.store, member.id, id).await?
    {
        showing.about = About::of(&draft);
    }
    showing.show(ctx).await
}

async fn reply(
    (ctx, state, member): (PageContext, State, Member),
    kind: PostKind,
    part: &str,
    form: &PostForm,
) -> PageResult {
    let parent = post_id(part)?;
    let mut draft = form.typed.draft();
    (draft.title, draft.once) = (String::new(), true);
    let draft = with_mentions(&state, draft).await?;
    match commands::create(&state.store, actor(&member), kind, Some(parent), &draft).await {
        Ok(written) => Ok(send(StatusCode::SEE_OTHER, &detail(&state, written.post).await?.view.url())),
        Err(CommandError::Invalid(errors)) => {
            let word = if kind == PostKind::Answer { "answers" } else { "comments" };
            let mut showing = Showing::new(kind, format!("/posts/{parent}/{word}"), form);
            showing.keeps = false;
            showing.errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
            showing.status = StatusCode::UNPROCESSABLE_ENTITY;
            showing.show(&ctx).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Answers a question.
pub(super) async fn answer(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<PostForm>,
) -> PageResult {
    reply((ctx, state, member), PostKind::Answer, &part, &form).await
}

/// Comments on a post.
pub(super) async fn comment(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<PostForm>,
) -> PageResult {
    reply((ctx, state, member), PostKind::Comment, &part, &form).await
}

/// The form for a change; where it was begun already, it goes on.
pub(super) async fn edit_form(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    ApiQuery(query): ApiQuery<WriteQuery>,
) -> PageResult {
    let d = detail(&state, post_id(&part)?).await?;
    if !may_edit(Some(actor(&member)), &d.view) {
        return Err(AppError::Forbidden);
    }
    let draft = store::draft_of(&state.store, member.id, d.view.id).await?;
    let form = match &draft {
        Some(draft) => PostForm::going_on(draft),
        None => PostForm {
            typed: Typed::of(&d),
            revision: d.view.revision.to_string(),
            name: ctx.request_id.to_string(),
            ..PostForm::default()
        },
    };
    let mut showing = Showing::changing(&d, &form);
    if let Some(draft) = &draft {
        showing.about = About::of(draft);
        showing.about.saved = !query.saved.is_empty();
    }
    showing.show(&ctx).await
}

/// Writes a new revision, or keeps it as a draft. Where the post changed meanwhile, what was typed stays, beside what
/// differs.
pub(super) async fn edit(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(mut form): Form<PostForm>,
) -> PageResult {
    let id = post_id(&part)?;
    let expected: RevisionId = form.revision.parse().map_err(|_| AppError::bad("posts-error-revision"))?;
    let d = detail(&state, id).await?;
    let done = if form.then == "save" {
        save(&state, &member, d.view.kind, Some((id, expected)), &form).await.map(|d| format!("{}?saved=1", d.url()))
    } else {
        let content = form.content(&state, d.view.kind, Some(expected)).await?;
        match change(&state, &member, (id, expected), &form, &content).await {
            Ok(()) => Ok(detail(&state, id).await?.view.url()),
            Err(error) => Err(error),
        }
    };
    match done {
        Ok(to) => Ok(send(StatusCode::SEE_OTHER, &to)),
        Err(CommandError::Conflict { current }) => {
            form.revision = current.to_string();
            let mut showing = Showing::changing(&d, &form);
            showing.differs(&d.view.body);
            showing.status = StatusCode::CONFLICT;
            showing.show(&ctx).await
        }
        Err(error) => again(&ctx, &state, &member, Showing::changing(&d, &form), error).await,
    }
}

async fn change(
    state: &State,
    member: &Member,
    (post, base): (PostId, RevisionId),
    form: &PostForm,
    content: &Final,
) -> Result<(), CommandError> {
    match form.draft() {
        Some((id, version)) => {
            commands::drafts::publish(&state.store, actor(member), (id, Some(version)), content).await?
        }
        None => commands::edit(&state.store, actor(member), post, base, &content.draft).await?,
    };
    Ok(())
}

/// Deletes a post; the page one lands on offers to take it back.
pub(super) async fn delete(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    let id = post_id(&part)?;
    let view = detail(&state, id).await?.view;
    commands::delete(&state.store, actor(&member), id).await?;
    let to = if view.root == id {
        format!("/posts/{id}")
    } else {
        let page = detail(&state, view.root).await?.view.url();
        format!("{page}?undo={id}")
    };
    Ok(send(StatusCode::SEE_OTHER, &to))
}

/// Takes a deletion back.
pub(super) async fn restore(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    let id = post_id(&part)?;
    commands::restore(&state.store, actor(&member), id).await?;
    Ok(send(StatusCode::SEE_OTHER, &detail(&state, id).await?.view.url()))
}

/// Marks an answer as the one.
pub(super) async fn accept(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    let answer: PostId = post_id(&part)?;
    let view = detail(&state, answer).await?.view;
    commands::accept(&state.store, actor(&member), view.root, answer).await?;
    Ok(send(StatusCode::SEE_OTHER, &view.url()))
}

/// Takes the mark of a question's answer back.
pub(super) async fn unaccept(Given(state): Given<State>, member: Member, Path(part): Path<String>) -> PageResult {
    let question = post_id(&part)?;
    commands::unaccept(&state.store, actor(&member), question).await?;
    Ok(send(StatusCode::SEE_OTHER, &detail(&state, question).await?.view.url()))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct SourceForm {
    #[serde(default)]
    url: String,
}

/// Adds a place where a news story is told.
pub(super) async fn add_source(
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<SourceForm>,
) -> PageResult {
    let id = post_id(&part)?;
    let page = detail(&state, id).await?.view.url();
    match commands::add_source(&state.store, actor(&member), id, &form.url).await {
        Ok(()) => Ok(send(StatusCode::SEE_OTHER, &format!("{page}#sources"))),
        Err(CommandError::Known(other)) => {
            Ok(send(StatusCode::SEE_OTHER, &format!("{}?known=1", detail(&state, other).await?.view.url())))
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes a source of a news story away.
pub(super) async fn drop_source(
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<SourceForm>,
) -> PageResult {
    let id = post_id(&part)?;
    commands::drop_source(&state.store, actor(&member), id, &form.url).await?;
    Ok(send(StatusCode::SEE_OTHER, &format!("{}#sources", detail(&state, id).await?.view.url())))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct PreviewForm {
    #[serde(default)]
    body: String,
}

/// A text as its page will show it, without a page around.
pub(super) async fn preview(ctx: PageContext, _: Member, Form(form): Form<PreviewForm>) -> PageResult {
    let shown = render(&form.body, &RenderOptions::prefixed("preview-").in_lang(ctx.lang));
    let mut html = shown.html.clone();
    if let Some(beyond) = shown.beyond {
        let words = Html::escaped(&beyond.said().in_words(&ctx.t));
        html = Html::trusted(format!("<p class=\"field-error\">{words}</p>{html}"));
    }
    Ok(axum::response::Html(html.into_string()).into_response())
}
