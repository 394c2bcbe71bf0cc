//! The API of an owner's own twin.

use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use xinghe_core::{PostId, Timestamp, TwinAct, TwinActId, TwinDraftId};
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::refs::id;
use xinghe_web::refs::place;
use xinghe_web::{AppError, Member};

use super::commands;
use super::knowledge::Known;
use super::ledger::{self, Entry};
use super::model::{DraftState, Grant, Grants, TwinDraft};
use super::store;
use super::week::{OLDEST_WEEK, Week};
use crate::ask::Asker;
use crate::model::{Citation, LONGEST_QUESTION};

/// The most entries of a page.
const MOST: usize = 100;

/// What one's twin may do, and how it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TwinJson {
    /// Whether it is stopped altogether.
    paused: bool,
    /// Words it never speaks about.
    never_about: Vec<String>,
    /// Answering questions of the community that nobody answered.
    answer: Grant,
    /// How many drafts wait.
    waiting: i64,
}

/// A draft of one's twin.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TwinDraftJson {
    /// It.
    #[schema(value_type = String)]
    id: TwinDraftId,
    /// The question.
    #[schema(value_type = String)]
    question: PostId,
    /// When it was written.
    #[schema(value_type = String)]
    at: Timestamp,
    /// Where it stands.
    state: DraftState,
    /// Its Markdown.
    body: String,
    /// How likely the evidence answers the question, 0 to 1.
    confidence: f64,
    /// What it stands on.
    citations: Vec<Citation>,
    /// The post that it became.
    #[schema(value_type = Option<String>)]
    post: Option<PostId>,
}

/// A page of drafts, the oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TwinDraftsJson {
    /// They.
    items: Vec<TwinDraftJson>,
    /// The cursor of the next page.
    next: Option<String>,
}

/// A line of the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LedgerLineJson {
    /// It.
    #[schema(value_type = String)]
    id: TwinActId,
    /// When.
    #[schema(value_type = String)]
    at: Timestamp,
    /// `asked` (by a reader), `drafted`, `declined`, `decided`, `approved`, `rejected`, `published`, `gave_way`,
    /// `stopped` or `undone`.
    act: String,
    /// Of what a reader asked: whether it declined.
    abstained: bool,
    /// The question in the community.
    #[schema(value_type = Option<String>)]
    question: Option<PostId>,
    /// What a reader asked.
    asked: Option<String>,
    /// The draft it is about.
    #[schema(value_type = Option<String>)]
    draft: Option<TwinDraftId>,
    /// Why: a word, or what the owner wrote.
    why: Option<String>,
    /// How likely the evidence answered the question, 0 to 1.
    confidence: Option<f64>,
    /// What it saw.
    seen: Vec<Citation>,
    /// Whether the answer is there to be taken back.
    undoable: bool,
}

/// A page of the ledger, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LedgerJson {
    /// Its lines.
    items: Vec<LedgerLineJson>,
    /// The cursor of the next page.
    next: Option<String>,
}

/// Yes to a draft.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ApproveBody {
    /// The text as the owner wants it; without it, as the twin wrote it.
    body: Option<String>,
}

/// No to a draft.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RejectBody {
    /// Why; the twin is to learn from it.
    reason: String,
}

/// Where a page begins.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The cursor of a page.
    cursor: String,
}

impl PageQuery {
    fn at(&self) -> Result<Option<i64>, AppError> {
        place(&self.cursor)
    }
}

impl From<TwinDraft> for TwinDraftJson {
    fn from(d: TwinDraft) -> Self {
        Self {
            id: d.id,
            question: d.question,
            at: d.at,
            state: d.state,
            body: d.body,
            confidence: d.answer.confidence,
            citations: d.answer.citations,
            post: matches!(d.state, DraftState::Published | DraftState::Undone).then_some(d.post),
        }
    }
}

impl From<Entry> for LedgerLineJson {
    fn from(e: Entry) -> Self {
        Self {
            id: TwinActId::from_raw(e.id),
            at: e.at,
            act: e.act.map_or("asked", TwinAct::as_str).to_owned(),
            abstained: e.abstained,
            question: e.question,
            asked: e.asked,
            draft: e.draft,
            why: e.why,
            confidence: e.confidence,
            seen: e.seen,
            undoable: e.undoable,
        }
    }
}

async fn own(asker: &Asker, member: &Member) -> Result<ApiJson<TwinJson>, AppError> {
    let db = &asker.deps().store;
    let Grants { paused, never_about, answer } = store::grants_of(db, member.id).await?;
    Ok(ApiJson(TwinJson { paused, never_about, answer, waiting: store::count_waiting(db, member.id).await? }))
}

/// What one's twin may do.
#[utoipa::path(get, path = "/api/v1/me/twin", tag = "twin", responses((status = 200, body = TwinJson)))]
pub(crate) async fn show(State(asker): State<Asker>, member: Member) -> Result<ApiJson<TwinJson>, AppError> {
    own(&asker, &member).await
}

/// Change what one's twin may do, or stop it (`paused`): that works at once, on running work, too.
#[utoipa::path(
    put, path = "/api/v1/me/twin", tag = "twin", request_body = Grants,
    responses((status = 200, body = TwinJson), (status = 422, description = "A field is out of range"))
)]
pub(crate) async fn change(
    State(asker): State<Asker>,
    member: Member,
    ApiJson(body): ApiJson<Grants>,
) -> Result<ApiJson<TwinJson>, AppError> {
    commands::grant(&asker.deps().store, member.id, body, false).await?;
    own(&asker, &member).await
}

/// Drafts of one's twin that wait for a yes or no.
#[utoipa::path(
    get, path = "/api/v1/me/twin/drafts", tag = "twin", params(PageQuery),
    responses((status = 200, body = TwinDraftsJson))
)]
pub(crate) async fn drafts(
    State(asker): State<Asker>,
    member: Member,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<ApiJson<TwinDraftsJson>, AppError> {
    let after = query.at()?.map(TwinDraftId::from_raw);
    let mut found = store::waiting(&asker.deps().store, member.id, after, MOST + 1).await?;
    let more = found.len() > MOST;
    found.truncate(MOST);
    let next = found.last().filter(|_| more).map(|d| d.id.to_string());
    Ok(ApiJson(TwinDraftsJson { items: found.into_iter().map(TwinDraftJson::from).collect(), next }))
}

/// Say yes to a draft, with a text of one's own or as it is: it is published, unless a person answered meanwhile.
#[utoipa::path(
    post, path = "/api/v1/me/twin/drafts/{id}/approve", tag = "twin", params(("id" = String, Path, description = "The draft")),
    request_body = ApproveBody,
    responses(
        (status = 200, body = TwinDraftJson), (status = 404, description = "No such draft"),
        (status = 409, description = "It was settled before, or the twin is stopped")
    )
)]
pub(crate) async fn approve(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    ApiJson(body): ApiJson<ApproveBody>,
) -> Result<ApiJson<TwinDraftJson>, AppError> {
    let id = id(&part)?;
    commands::approve(asker.deps(), member.id, id, body.body.as_deref()).await?;
    let draft = store::draft(&asker.deps().store, member.id, id).await?.ok_or(AppError::NotFound)?;
    Ok(ApiJson(draft.into()))
}

/// Say no to a draft, and why.
#[utoipa::path(
    post, path = "/api/v1/me/twin/drafts/{id}/reject", tag = "twin", params(("id" = String, Path, description = "The draft")),
    request_body = RejectBody,
    responses(
        (status = 204, description = "Noted"), (status = 404, description = "No such draft"),
        (status = 409, description = "It was settled before")
    )
)]
pub(crate) async fn reject(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    ApiJson(body): ApiJson<RejectBody>,
) -> Result<StatusCode, AppError> {
    commands::reject(&asker.deps().store, member.id, id(&part)?, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a published answer of one's twin back.
#[utoipa::path(
    post, path = "/api/v1/me/twin/drafts/{id}/undo", tag = "twin", params(("id" = String, Path, description = "The draft")),
    responses(
        (status = 204, description = "Nobody sees it any more"), (status = 404, description = "No such draft"),
        (status = 409, description = "It was never published")
    )
)]
pub(crate) async fn undo(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
) -> Result<StatusCode, AppError> {
    commands::undo(asker.deps(), member.id, id(&part)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All that one's twin did.
#[utoipa::path(
    get, path = "/api/v1/me/twin/ledger", tag = "twin", params(PageQuery), responses((status = 200, body = LedgerJson))
)]
pub(crate) async fn list(
    State(asker): State<Asker>,
    member: Member,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<ApiJson<LedgerJson>, AppError> {
    let mut found = ledger::ledger(&asker.deps().store, member.id, query.at()?, MOST + 1).await?;
    let more = found.len() > MOST;
    found.truncate(MOST);
    let next = found.last().filter(|_| more).map(|e| e.id.to_string());
    Ok(ApiJson(LedgerJson { items: found.into_iter().map(LedgerLineJson::from).collect(), next }))
}

/// A post that one's twin reads, or could.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KnownJson {
    /// The post.
    #[schema(value_type = String)]
    post: PostId,
    /// Its title.
    title: String,
    /// Its page.
    url: String,
    /// How many passages it is cut into.
    passages: usize,
    /// How many answers cited it, of any twin and of the guide.
    answers: i64,
    /// Whether it is kept from the twin.
    excluded: bool,
    /// With `q`: the sentences nearest to it, one of each passage found.
    found: Vec<String>,
}

impl From<Known> for KnownJson {
    fn from(known: Known) -> Self {
        let Known { post, passages, answers, excluded, found } = known;
        Self { post: post.id, url: post.url(), title: post.title, passages, answers, excluded, found }
    }
}

/// A page of what one's twin knows, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KnowledgeJson {
    /// The posts.
    items: Vec<KnownJson>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which of the posts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KnowledgeQuery {
    /// Only posts in which this question finds something, nearest first; not paged.
    q: String,
    /// Where the page begins: `next` of the one before.
    after: String,
}

/// What one's twin knows, and what it may not use.
#[utoipa::path(
    get, path = "/api/v1/me/twin/knowledge", tag = "twin", params(KnowledgeQuery),
    responses((status = 200, description = "A page of posts", body = KnowledgeJson))
)]
pub(crate) async fn knowledge(
    State(asker): State<Asker>,
    member: Member,
    ApiQuery(query): ApiQuery<KnowledgeQuery>,
) -> Result<ApiJson<KnowledgeJson>, AppError> {
    let (known, next) = if query.q.trim().is_empty() {
        asker.known(member.id, place(&query.after)?, MOST).await?
    } else {
        let q: String = query.q.chars().take(LONGEST_QUESTION).collect();
        (asker.tried(member.id, &q).await?, None)
    };
    let items = known.into_iter().map(KnownJson::from).collect();
    Ok(ApiJson(KnowledgeJson { items, next: next.map(|id| id.to_string()) }))
}

/// Which week.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WeekQuery {
    /// How many weeks ago it ended, 0 to 52.
    ago: i64,
}

/// What readers asked and the twin could not answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GapJson {
    /// As it was asked last.
    question: String,
    /// How often it, or nearly it, was asked.
    times: usize,
}

/// A post and how many answers cited it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CitedJson {
    /// The post.
    #[schema(value_type = String)]
    post: PostId,
    /// Its title.
    title: String,
    /// Its address.
    url: String,
    /// The answers of this week.
    answers: usize,
}

/// A twin's week.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WeekJson {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Questions to the twin.
    asked: i64,
    /// Of these, answered.
    answered: i64,
    /// Of these, said to have helped.
    helpful: i64,
    /// Of these, said not to have helped.
    unhelpful: i64,
    /// Answers that appeared below questions.
    published: i64,
    /// Answers that were taken back.
    undone: i64,
    /// The posts that answered most.
    cited: Vec<CitedJson>,
    /// What it could not answer, the most asked first.
    gaps: Vec<GapJson>,
}

/// One's twin's week: what it was asked, what it answered, what it could not.
#[utoipa::path(
    get, path = "/api/v1/me/twin/week", tag = "twin", params(WeekQuery),
    responses((status = 200, body = WeekJson), (status = 404, description = "So long ago nothing is told"))
)]
pub(crate) async fn week(
    State(asker): State<Asker>,
    member: Member,
    ApiQuery(query): ApiQuery<WeekQuery>,
) -> Result<ApiJson<WeekJson>, AppError> {
    if !(0..=OLDEST_WEEK).contains(&query.ago) {
        return Err(AppError::NotFound);
    }
    let Week { from, to, asked, answered, helpful, unhelpful, published, undone, cited, gaps } =
        asker.week(member.id, query.ago).await?;
    let cited = cited.into_iter().map(|(post, answers)| CitedJson {
        post: post.id,
        url: post.url(),
        title: post.title,
        answers,
    });
    let gaps = gaps.into_iter().map(|g| GapJson { question: g.question, times: g.times });
    let (cited, gaps) = (cited.collect(), gaps.collect());
    Ok(ApiJson(WeekJson { from, to, asked, answered, helpful, unhelpful, published, undone, cited, gaps }))
}

/// Whether a post is kept from the twin.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct KeepBody {
    /// Whether it is.
    excluded: bool,
}

/// Keep a post of one's own from one's twin, or give it back; works from the next question on.
#[utoipa::path(
    put, path = "/api/v1/me/twin/knowledge/{id}", tag = "twin", request_body = KeepBody,
    params(("id" = String, Path, description = "The post")),
    responses((status = 204, description = "Done"), (status = 404, description = "No such post of one's own"))
)]
pub(crate) async fn keep(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    ApiJson(body): ApiJson<KeepBody>,
) -> Result<StatusCode, AppError> {
    asker.keep_from(member.id, id(&part)?, body.excluded).await?;
    Ok(StatusCode::NO_CONTENT)
}
