//! What an owner says to the twin: the form, one statement as its owner sees it, and as everybody does.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{AuthorCard, AuthorId, PostId, PostKind, PostView, StatementId};
use xinghe_web::api::ApiQuery;
use xinghe_web::refs::id;
use xinghe_web::{AppError, BatchRequest, FieldErrors, Html, Member, PageContext, PageResult, Said as Words, Texts};

use super::console::Head;
use crate::acts::store as acts;
use crate::ask::Asker;
use crate::memory::commands::{self, Said};
use crate::memory::model::{self, Fault, LONGEST, MOST, Statement, StatementKind};
use crate::memory::store;
use crate::memory::used::{self, Used};
use crate::words;

/// How many statements of each kind a twin's page shows.
const ON_THE_PAGE: usize = 10;

/// A field of what was said and the text that says what is wrong with it.
pub(crate) fn fault(fault: Fault) -> AppError {
    match fault {
        Fault::Text => AppError::field("text", Words::new("twins-said-text-wrong").with("max", LONGEST)),
        Fault::Question => AppError::field("question", "twins-said-question-wrong"),
        Fault::Post => AppError::field("post", "twins-said-post-wrong"),
        Fault::TooMany => AppError::field("text", Words::new("twins-said-too-many").with("max", MOST)),
        Fault::Period => AppError::field("from", "twins-forget-period-wrong"),
    }
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct SaidForm {
    /// `correction` or `fact`.
    kind: String,
    question: String,
    text: String,
    /// The post that it leans on, by number or address.
    post: String,
    /// The answer that was wrong.
    answer: String,
    /// The draft that was wrong.
    draft: String,
}

impl SaidForm {
    fn kind(&self) -> StatementKind {
        StatementKind::parse(&self.kind).unwrap_or(StatementKind::Correction)
    }

    fn of(statement: &Statement) -> Self {
        Self {
            kind: statement.kind.as_str().to_owned(),
            question: statement.question.clone(),
            text: statement.text.clone(),
            post: statement.post.map(|p| format!("/posts/{p}")).unwrap_or_default(),
            ..Self::default()
        }
    }

    fn said(&self) -> Result<Said, AppError> {
        let optional = |part: &str| if part.is_empty() { None } else { Some(part.to_owned()) };
        Ok(Said {
            question: self.question.clone(),
            text: self.text.clone(),
            post: model::named_post(&self.post).map_err(fault)?,
            answer: optional(&self.answer).map(|a| id(&a)).transpose()?,
            draft: optional(&self.draft).map(|d| id(&d)).transpose()?,
        })
    }
}

/// An answer that used it, as the page shows it.
pub(crate) struct UsedRow {
    pub question: String,
    pub at: String,
    pub when: String,
    pub url: Option<String>,
}

impl UsedRow {
    pub(crate) fn of(t: &Texts, used: Used) -> Self {
        Self {
            question: used.question,
            at: used.at.rfc3339(),
            when: t.date_time(used.at),
            url: used.post.map(|p| format!("/posts/{p}")),
        }
    }
}

/// A statement that is kept, and what became of it.
struct Kept {
    id: StatementId,
    at: String,
    when: String,
    public: String,
    used: Vec<UsedRow>,
}

#[derive(Template)]
#[template(path = "acts/said.html")]
struct FormTemplate<'a> {
    t: &'a Texts,
    head: Head,
    form: &'a SaidForm,
    correction: bool,
    errors: &'a FieldErrors,
    kept: Option<Kept>,
    longest: usize,
}

async fn page(
    (asker, ctx, member): (&Asker, &PageContext, &Member),
    form: &SaidForm,
    errors: &FieldErrors,
    kept: Option<Kept>,
) -> PageResult {
    let correction = form.kind() == StatementKind::Correction;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = FormTemplate {
        t: &ctx.t,
        head: Head::of(asker, member, "knowledge", "/twin/knowledge").await?,
        form,
        correction,
        errors,
        kept,
        longest: LONGEST,
    };
    let title = ctx.t.s(if correction { "twins-correct" } else { "twins-fact-add" });
    Ok(ctx.page().title(title).active("twins").noindex().status(status).render(&template))
}

/// The form, filled with what is to be corrected.
pub(crate) async fn form(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    ApiQuery(mut form): ApiQuery<SaidForm>,
) -> PageResult {
    let said = SaidForm { post: String::new(), ..form.clone() }.said()?;
    if form.question.is_empty() {
        form.question = commands::question_of(&asker.deps().store, member.id, &said).await?;
    }
    page((&asker, &ctx, &member), &form, &FieldErrors::default(), None).await
}

/// The owner says it.
pub(crate) async fn say(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    Form(form): Form<SaidForm>,
) -> PageResult {
    let said = match form.said() {
        Ok(said) => commands::say(asker.deps(), member.id, form.kind(), said).await.map_err(AppError::from),
        Err(error) => Err(error),
    };
    match said {
        Ok(outcome) => {
            let part = form.kind().part();
            let to = format!("/twin/knowledge?part={part}&done={}#said-{}", outcome.as_str(), outcome.id());
            Ok(Redirect::to(&to).into_response())
        }
        Err(AppError::Invalid(errors)) => {
            page((&asker, &ctx, &member), &form, &FieldErrors::new(&errors, &ctx.t), None).await
        }
        Err(error) => Err(error),
    }
}

async fn kept(asker: &Asker, ctx: &PageContext, member: &Member, statement: &Statement) -> Result<Kept, AppError> {
    let used = used::used(&asker.deps().store, member.id, statement.id.raw()).await?;
    Ok(Kept {
        id: statement.id,
        at: statement.at.rfc3339(),
        when: ctx.t.date_time(statement.at),
        public: words::address_of_statement(&member.handle, statement.id),
        used: used.into_iter().map(|u| UsedRow::of(&ctx.t, u)).collect(),
    })
}

/// One statement, as its owner sees it: to change, to delete, and with the answers that used it.
pub(crate) async fn show(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    Path(part): Path<String>,
) -> PageResult {
    let statement = store::one(&asker.deps().store, member.id, id(&part)?).await?.ok_or(AppError::NotFound)?;
    let kept = kept(&asker, &ctx, &member, &statement).await?;
    page((&asker, &ctx, &member), &SaidForm::of(&statement), &FieldErrors::default(), Some(kept)).await
}

/// The owner says it otherwise.
pub(crate) async fn change(
    State(asker): State<Asker>,
    ctx: PageContext,
    member: Member,
    Path(part): Path<String>,
    Form(form): Form<SaidForm>,
) -> PageResult {
    let deps = asker.deps();
    let statement = store::one(&deps.store, member.id, id(&part)?).await?.ok_or(AppError::NotFound)?;
    let done = match form.said() {
        Ok(said) => commands::change(deps, member.id, statement.id, said).await.map_err(AppError::from),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let part = statement.kind.part();
            Ok(Redirect::to(&format!("/twin/knowledge?part={part}&done=changed#said-{}", statement.id)).into_response())
        }
        Err(AppError::Invalid(errors)) => {
            let kept = kept(&asker, &ctx, &member, &statement).await?;
            let form = SaidForm { kind: statement.kind.as_str().to_owned(), ..form };
            page((&asker, &ctx, &member), &form, &FieldErrors::new(&errors, &ctx.t), Some(kept)).await
        }
        Err(error) => Err(error),
    }
}

/// The owner takes it back.
pub(crate) async fn delete(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
) -> Result<Redirect, AppError> {
    let deps = asker.deps();
    let id: StatementId = id(&part)?;
    let statement = store::one(&deps.store, member.id, id).await?.ok_or(AppError::NotFound)?;
    commands::delete(deps, member.id, id).await?;
    let part = statement.kind.part();
    Ok(Redirect::to(&format!("/twin/knowledge?part={part}&done=deleted")))
}

#[derive(Template)]
#[template(path = "said.html")]
struct SaidTemplate<'a> {
    t: &'a Texts,
    card: &'a AuthorCard,
    said: &'a Statement,
    at: String,
    when: String,
    fact: bool,
    leans: Option<&'a PostView>,
    wrong: Option<&'a PostView>,
}

/// What a member said, for everybody: the address that answers cite. A question that a reader asked in private is not
/// shown; one that stands in the community is.
pub(crate) async fn public(
    State(asker): State<Asker>,
    ctx: PageContext,
    Path((handle, part)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let deps = asker.deps();
    let card = deps.twin_of(&handle).await?.ok_or(AppError::NotFound)?;
    let said = store::one(&deps.store, card.id, id(&part)?).await?.ok_or(AppError::NotFound)?;
    let grants = acts::grants_of(&deps.store, card.id).await?;
    if said.state != model::State::Stands || grants.forbidden(&[&said.text]).is_some() {
        return Err(AppError::NotFound);
    }
    let named: Vec<PostId> = said.post.into_iter().chain(said.about).collect();
    let posts = deps.posts.posts(&named).await?;
    let post = |id: Option<PostId>| id.and_then(|id| posts.get(&id));
    let template = SaidTemplate {
        t: &ctx.t,
        card: &card,
        at: said.at.rfc3339(),
        when: ctx.t.date(said.at),
        fact: said.kind == StatementKind::Fact,
        leans: post(said.post),
        wrong: post(said.about),
        said: &said,
    };
    let title = ctx.t.f("twins-said-by", &[("name", card.name.as_str().into())]);
    let page = ctx.page().title(title).active("twins").canonical(words::address_of_statement(&card.handle, said.id));
    Ok(page.noindex().render(&template))
}

/// A correction as it stands below the answer that it corrects, or a statement on the twin's page.
pub(crate) struct Shown {
    pub name: String,
    pub url: String,
    pub at: String,
    pub when: String,
    pub lang: String,
    pub text: String,
}

impl Shown {
    fn of(t: &Texts, card: &AuthorCard, said: Statement) -> Self {
        Self {
            name: card.name.clone(),
            url: words::address_of_statement(&card.handle, said.id),
            at: said.at.rfc3339(),
            when: t.date(said.at),
            lang: said.language,
            text: said.text,
        }
    }
}

#[derive(Template)]
#[template(path = "corrected.html")]
struct CorrectedTemplate<'a> {
    t: &'a Texts,
    corrections: Vec<Shown>,
}

/// What owners said to the answers of their twins that stand on a page, below each.
pub(crate) async fn corrected(asker: Asker, request: BatchRequest) -> Result<HashMap<PostId, Html>, AppError> {
    let answers: Vec<PostId> = request.posts.iter().filter(|p| p.kind == PostKind::Answer).map(|p| p.id).collect();
    if answers.is_empty() {
        return Ok(HashMap::new());
    }
    let deps = asker.deps();
    let said = store::about(&deps.store, &answers).await?;
    let owners: Vec<AuthorId> = said.iter().map(|s| s.owner).collect();
    let cards = deps.authors.cards(&owners).await?;
    let mut shown: HashMap<PostId, Vec<Shown>> = HashMap::new();
    for statement in said {
        if let (Some(post), Some(card)) = (statement.about, cards.get(&statement.owner)) {
            shown.entry(post).or_default().push(Shown::of(&request.ctx.t, card, statement));
        }
    }
    let t = &request.ctx.t;
    let html = |corrections| Html::render(&CorrectedTemplate { t, corrections }).map_err(AppError::internal);
    shown.into_iter().map(|(post, corrections)| Ok((post, html(corrections)?))).collect()
}

/// What a member said, the newest of each kind, for the twin's page: facts, then corrections.
pub(crate) async fn newest(asker: &Asker, t: &Texts, card: &AuthorCard) -> Result<[Vec<Shown>; 2], AppError> {
    let db = &asker.deps().store;
    let grants = acts::grants_of(db, card.id).await?;
    let said = store::all(db, card.id, model::State::Stands).await?;
    let of = |kind| {
        let one = |s: &&Statement| s.kind == kind && grants.forbidden(&[&s.text]).is_none();
        said.iter().filter(one).take(ON_THE_PAGE).map(|s| Shown::of(t, card, s.clone())).collect()
    };
    Ok([of(StatementKind::Fact), of(StatementKind::Correction)])
}
