//! Writing, editing, answering, commenting, and the other buttons of a post.

use askama::Template;
use axum::extract::{Path, State as Given};
use axum::response::IntoResponse;
use axum_extra::extract::Form;
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::content::{PostKind, Provenance};
use xinghe_core::id::{PostId, RevisionId};
use xinghe_core::lang::{Lang, LangTag};
use xinghe_web::api::ApiQuery;
use xinghe_web::markdown::{RenderOptions, render};
use xinghe_web::{AppError, FieldErrors, Html, Member, PageContext, PageResult, Texts};

use super::diff::{self, Line};
use super::{actor, detail, field_errors, kind_key, post_id, send, with_mentions};
use crate::commands::{self, CommandError};
use crate::feature::State;
use crate::model::{Draft, PostDetail, may_edit, split_tags};

/// What a form holds, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PostForm {
    kind: String,
    title: String,
    body: String,
    tags: String,
    language: String,
    licence: String,
    source_url: String,
    original_url: String,
    provenance: String,
    note: String,
    facts: String,
    revision: String,
}

impl PostForm {
    fn of(d: &PostDetail) -> Self {
        let facts: Vec<String> = d.facts.iter().map(|(n, v)| format!("{n}: {v}")).collect();
        Self {
            kind: d.view.kind.to_string(),
            title: if d.view.kind.is_reply() { String::new() } else { d.view.title.clone() },
            body: d.view.body.clone(),
            tags: d.view.tags.join(", "),
            language: d.view.language.to_string(),
            licence: d.view.licence.clone().unwrap_or_default(),
            source_url: d.view.source_url.clone().unwrap_or_default(),
            original_url: d.original_url.clone().unwrap_or_default(),
            provenance: d.view.provenance.to_string(),
            note: String::new(),
            facts: facts.join("\n"),
            revision: d.view.revision.to_string(),
        }
    }

    fn draft(&self) -> Draft {
        let facts = self.facts.lines().filter_map(|l| l.split_once([':', '：']));
        Draft {
            title: self.title.clone(),
            body: self.body.clone(),
            tags: split_tags(&self.tags),
            language: self.language.parse::<LangTag>().ok(),
            licence: self.licence.clone(),
            source_url: self.source_url.clone(),
            original_url: self.original_url.clone(),
            provenance: self.provenance.parse().unwrap_or(Provenance::Human),
            note: self.note.clone(),
            facts: facts.map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned())).collect(),
            once: true,
            ..Draft::default()
        }
    }
}

/// A choice of a select.
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "posts/write.html")]
struct WriteTemplate<'a> {
    t: &'a Texts,
    heading: String,
    action: String,
    kinds: bool,
    kind: PostKind,
    reply: bool,
    editing: bool,
    form: &'a PostForm,
    errors: FieldErrors,
    languages: Vec<Choice>,
    provenances: Vec<Choice>,
    conflict: Option<Vec<Line>>,
    draft: String,
}

/// A form to be shown.
struct Showing<'a> {
    kind: PostKind,
    action: String,
    editing: bool,
    form: &'a PostForm,
    errors: FieldErrors,
    conflict: Option<Vec<Line>>,
    status: StatusCode,
    least: Provenance,
}

impl<'a> Showing<'a> {
    fn new(kind: PostKind, action: impl Into<String>, form: &'a PostForm) -> Self {
        Self {
            kind,
            action: action.into(),
            editing: false,
            form,
            errors: FieldErrors::default(),
            conflict: None,
            status: StatusCode::OK,
            least: Provenance::Human,
        }
    }

    fn show(self, ctx: &PageContext) -> PageResult {
        let t = &ctx.t;
        let key = if self.editing { "posts-edit-kind" } else { "posts-write-kind" };
        let kind = t.s(kind_key(self.kind));
        // In the middle of an English title a common noun is small: "New article".
        let kind = if t.lang() == Lang::En { kind.to_lowercase() } else { kind.into_owned() };
        let heading = t.f(key, &[("kind", kind.into())]);
        let mut languages =
            vec![Choice { value: String::new(), words: t.s("posts-language-auto").into_owned(), chosen: false }];
        languages.extend(Lang::ALL.map(|l| Choice {
            value: l.tag().to_owned(),
            words: l.own_name().to_owned(),
            chosen: self.form.language == l.tag(),
        }));
        if !self.form.language.is_empty() && !languages.iter().any(|l| l.chosen) {
            let value = self.form.language.clone();
            languages.push(Choice { words: value.clone(), value, chosen: true });
        }
        let keys = ["posts-by-human", "posts-ai-assisted", "posts-ai"];
        let provenances = Provenance::ALL.iter().zip(keys).filter(|(p, _)| **p >= self.least).map(|(p, key)| Choice {
            value: p.to_string(),
            words: t.s(key).into_owned(),
            chosen: self.form.provenance == p.as_str(),
        });
        let template = WriteTemplate {
            t,
            heading: heading.clone(),
            kinds: !self.editing && !self.kind.is_reply(),
            kind: self.kind,
            reply: self.kind.is_reply(),
            editing: self.editing,
            form: self.form,
            errors: self.errors,
            languages,
            provenances: provenances.collect(),
            conflict: self.conflict,
            draft: format!("{}:{}", self.action, self.kind),
            action: self.action,
        };
        Ok(ctx.page().title(heading).noindex().status(self.status).render(&template))
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WriteQuery {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

fn writable(kind: &str) -> PostKind {
    match kind.parse() {
        Ok(kind @ (PostKind::Question | PostKind::Project | PostKind::News)) => kind,
        _ => PostKind::Article,
    }
}

/// The form for a new post; `?title=` and `?body=` fill it.
pub(super) async fn form(ctx: PageContext, ApiQuery(query): ApiQuery<WriteQuery>) -> PageResult {
    let form = PostForm { title: query.title, body: query.body, ..PostForm::default() };
    Showing::new(writable(&query.kind), "/write", &form).show(&ctx)
}

/// Publishes a new post.
pub(super) async fn create(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Form(form): Form<PostForm>,
) -> PageResult {
    let kind = writable(&form.kind);
    let draft = with_mentions(&state, form.draft()).await?;
    match commands::create(&state.store, actor(&member), kind, None, &draft).await {
        Ok(written) => Ok(send(StatusCode::SEE_OTHER, &detail(&state, written.post).await?.view.url())),
        Err(CommandError::Known(post)) => {
            let page = detail(&state, post).await?.view.url();
            Ok(send(StatusCode::SEE_OTHER, &format!("{page}?known=1")))
        }
        Err(CommandError::Invalid(errors)) => {
            let mut showing = Showing::new(kind, "/write", &form);
            showing.errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
            showing.status = StatusCode::UNPROCESSABLE_ENTITY;
            showing.show(&ctx)
        }
        Err(error) => Err(error.into()),
    }
}

async fn reply(
    (ctx, state, member): (PageContext, State, Member),
    kind: PostKind,
    part: &str,
    form: &PostForm,
) -> PageResult {
    let parent = post_id(part)?;
    let mut draft = form.draft();
    draft.title = String::new();
    let draft = with_mentions(&state, draft).await?;
    match commands::create(&state.store, actor(&member), kind, Some(parent), &draft).await {
        Ok(written) => Ok(send(StatusCode::SEE_OTHER, &detail(&state, written.post).await?.view.url())),
        Err(CommandError::Invalid(errors)) => {
            let word = if kind == PostKind::Answer { "answers" } else { "comments" };
            let mut showing = Showing::new(kind, format!("/posts/{parent}/{word}"), form);
            showing.errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
            showing.status = StatusCode::UNPROCESSABLE_ENTITY;
            showing.show(&ctx)
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

/// The form for a change.
pub(super) async fn edit_form(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
) -> PageResult {
    let d = detail(&state, post_id(&part)?).await?;
    if !may_edit(Some(actor(&member)), &d.view) {
        return Err(AppError::Forbidden);
    }
    let form = PostForm::of(&d);
    let mut showing = Showing::new(d.view.kind, format!("/posts/{}/edit", d.view.id), &form);
    showing.editing = true;
    showing.least = d.view.provenance;
    showing.show(&ctx)
}

/// Writes a new revision. Where the post changed meanwhile, what was typed stays, beside what differs.
pub(super) async fn edit(
    ctx: PageContext,
    Given(state): Given<State>,
    member: Member,
    Path(part): Path<String>,
    Form(mut form): Form<PostForm>,
) -> PageResult {
    let id = post_id(&part)?;
    let expected: RevisionId = form.revision.parse().map_err(|_| AppError::bad("posts-error-revision"))?;
    let draft = with_mentions(&state, form.draft()).await?;
    let done = commands::edit(&state.store, actor(&member), id, expected, &draft).await;
    let (errors, conflict) = match done {
        Ok(_) => return Ok(send(StatusCode::SEE_OTHER, &detail(&state, id).await?.view.url())),
        Err(CommandError::Invalid(errors)) => (errors, false),
        Err(CommandError::Conflict { current }) => {
            form.revision = current.to_string();
            (vec![], true)
        }
        Err(error) => return Err(error.into()),
    };
    let d = detail(&state, id).await?;
    let mut showing = Showing::new(d.view.kind, format!("/posts/{id}/edit"), &form);
    showing.editing = true;
    showing.least = d.view.provenance;
    showing.errors = FieldErrors::new(&field_errors(&errors), &ctx.t);
    let typed = crate::model::tidy_body(&form.body);
    showing.conflict = conflict.then(|| diff::lines(&format!("{}\n", d.view.body), &format!("{typed}\n")));
    showing.status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    showing.show(&ctx)
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
pub(super) async fn preview(_: Member, Form(form): Form<PreviewForm>) -> PageResult {
    let html: Html = render(&form.body, &RenderOptions::prefixed("preview-")).html.clone();
    Ok(axum::response::Html(html.into_string()).into_response())
}
