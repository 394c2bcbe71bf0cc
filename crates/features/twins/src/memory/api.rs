//! The API of what an owner says to the twin.

use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use xinghe_core::{AnswerId, PostId, StatementId, Timestamp};
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::refs::{id, place};
use xinghe_web::{AppError, Member};

use super::commands::{self, Said, Verdict};
use super::model::{self, Statement, StatementKind};
use super::whole::{self, Forgotten};
use super::{store, used};
use crate::acts::commands::ActError;
use crate::ask::Asker;
use crate::words;

/// The most entries of a page.
const MOST: usize = 100;

/// Something that one said to the twin, or could say.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StatementJson {
    /// It.
    #[schema(value_type = String)]
    id: StatementId,
    /// A correction, or a fact.
    kind: StatementKind,
    /// `stands`: the twin uses it. `proposed`: it waits for one's word. `declined`: it is not so.
    state: model::State,
    /// When it was said, or confirmed last.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Of a correction: what it answers.
    #[serde(skip_serializing_if = "String::is_empty")]
    question: String,
    /// The words.
    text: String,
    /// Their language.
    language: String,
    /// The post that it leans on, or was read in.
    #[schema(value_type = Option<String>)]
    post: Option<PostId>,
    /// The sentence of that post in which it was read.
    quote: Option<String>,
    /// The answer to a reader that it corrects.
    #[schema(value_type = Option<String>)]
    answer: Option<AnswerId>,
    /// The post that it corrects, which the twin wrote.
    #[schema(value_type = Option<String>)]
    about: Option<PostId>,
    /// Whether it was said so long ago that one should say whether it still holds.
    stale: bool,
    /// The page that shows it to everybody, once it stands.
    url: String,
}

impl StatementJson {
    fn of(member: &Member, now: Timestamp, s: Statement) -> Self {
        Self {
            stale: model::is_stale(&s, now),
            url: words::address_of_statement(&member.handle, s.id),
            id: s.id,
            kind: s.kind,
            state: s.state,
            at: s.at,
            question: s.question,
            text: s.text,
            language: s.language,
            post: s.post,
            quote: s.quote,
            answer: s.answer,
            about: s.about,
        }
    }
}

/// A page of statements, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StatementsJson {
    /// They.
    items: Vec<StatementJson>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which statements.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementsQuery {
    /// Only `correction` or `fact`.
    #[param(value_type = Option<String>)]
    kind: Option<StatementKind>,
    /// Only `stands`, `proposed` or `declined`.
    #[param(value_type = Option<String>)]
    state: Option<model::State>,
    /// Where the page begins: `next` of the one before.
    after: String,
}

/// What one said to one's twin: corrections and facts, and what is proposed.
#[utoipa::path(
    get, path = "/api/v1/me/twin/statements", tag = "twin", params(StatementsQuery),
    responses((status = 200, description = "A page of statements", body = StatementsJson))
)]
pub(crate) async fn statements(
    State(asker): State<Asker>,
    member: Member,
    ApiQuery(query): ApiQuery<StatementsQuery>,
) -> Result<ApiJson<StatementsJson>, AppError> {
    let db = &asker.deps().store;
    let before: Option<StatementId> = place(&query.after)?;
    let mut all = store::whole(db, member.id).await?;
    all.retain(|s| {
        let asked = query.kind.is_none_or(|k| k == s.kind) && query.state.is_none_or(|x| x == s.state);
        asked && before.is_none_or(|b| s.id < b)
    });
    let more = all.len() > MOST;
    all.truncate(MOST);
    let next = all.last().filter(|_| more).map(|s| s.id.to_string());
    let items = all.into_iter().map(|s| StatementJson::of(&member, db.now(), s)).collect();
    Ok(ApiJson(StatementsJson { items, next }))
}

/// What one says to the twin.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SayBody {
    /// A correction, or a fact.
    kind: StatementKind,
    /// One's own words, plain text of up to 2,000 characters.
    text: String,
    /// Of a correction: what it answers. Needed where neither `answer` nor `draft` is there.
    #[serde(default)]
    question: String,
    /// A post that it leans on.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    post: Option<PostId>,
    /// The answer of one's twin to a reader that was wrong: the id of its line in the ledger.
    #[serde(default)]
    answer: Option<String>,
    /// The draft or published answer of one's twin that was wrong.
    #[serde(default)]
    draft: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SaidJson {
    /// `kept`: the twin uses it from now on. `known`: it was said before. `disputed`: it contradicts what was said
    /// before, and waits for one's word.
    outcome: String,
    /// It.
    statement: StatementJson,
}

async fn read(asker: &Asker, member: &Member, id: StatementId) -> Result<StatementJson, AppError> {
    let db = &asker.deps().store;
    let statement = store::one(db, member.id, id).await?.ok_or(AppError::NotFound)?;
    Ok(StatementJson::of(member, db.now(), statement))
}

/// Say something to one's twin: what is right where it was wrong, or a fact about oneself.
#[utoipa::path(
    post, path = "/api/v1/me/twin/statements", tag = "twin", request_body = SayBody,
    responses(
        (status = 201, description = "It is kept", body = SaidJson),
        (status = 404, description = "The answer or the draft is none of one's twin"),
        (status = 422, description = "A field is wrong")
    )
)]
pub(crate) async fn say(
    State(asker): State<Asker>,
    member: Member,
    ApiJson(body): ApiJson<SayBody>,
) -> Result<(StatusCode, ApiJson<SaidJson>), AppError> {
    let SayBody { kind, text, question, post, answer, draft } = body;
    let answer = answer.map(|a| id(&a)).transpose()?;
    let draft = draft.map(|d| id(&d)).transpose()?;
    let outcome = commands::say(asker.deps(), member.id, kind, Said { question, text, post, answer, draft }).await?;
    let statement = read(&asker, &member, outcome.id()).await?;
    Ok((StatusCode::CREATED, ApiJson(SaidJson { outcome: outcome.as_str().to_owned(), statement })))
}

/// What a statement is to say.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestateBody {
    /// One's own words, plain text of up to 2,000 characters.
    text: String,
    /// Of a correction: what it answers; empty: as before.
    #[serde(default)]
    question: String,
    /// A post that it leans on.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    post: Option<PostId>,
}

/// Say it otherwise, from the next question on.
#[utoipa::path(
    put, path = "/api/v1/me/twin/statements/{id}", tag = "twin", request_body = RestateBody,
    params(("id" = String, Path, description = "The statement")),
    responses(
        (status = 200, body = StatementJson), (status = 404, description = "No such statement of one's own"),
        (status = 422, description = "A field is wrong")
    )
)]
pub(crate) async fn restate(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    ApiJson(body): ApiJson<RestateBody>,
) -> Result<ApiJson<StatementJson>, AppError> {
    let RestateBody { text, question, post } = body;
    let id: StatementId = id(&part)?;
    let said = Said { question, text, post, ..Said::default() };
    commands::change(asker.deps(), member.id, id, said).await?;
    Ok(ApiJson(read(&asker, &member, id).await?))
}

/// Take a statement away. At once nothing uses it, and the answers that used it go.
#[utoipa::path(
    delete, path = "/api/v1/me/twin/statements/{id}", tag = "twin",
    params(("id" = String, Path, description = "The statement")),
    responses((status = 204, description = "Gone"), (status = 404, description = "No such statement of one's own"))
)]
pub(crate) async fn take_away(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
) -> Result<StatusCode, AppError> {
    commands::delete(asker.deps(), member.id, id(&part)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An answer of one's twin.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UsedJson {
    /// When it was given.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What was asked.
    question: String,
    /// The post that it is, where it appeared below a question.
    #[schema(value_type = Option<String>)]
    post: Option<PostId>,
}

/// The answers that used something, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UsedByJson {
    /// They: the newest twenty that readers were given, and the newest twenty that appeared below questions.
    items: Vec<UsedJson>,
}

/// Which answers of one's twin used a post of one's own or a statement.
#[utoipa::path(
    get, path = "/api/v1/me/twin/knowledge/{id}/answers", tag = "twin",
    params(("id" = String, Path, description = "The post or the statement")),
    responses((status = 200, body = UsedByJson))
)]
pub(crate) async fn used_by(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
) -> Result<ApiJson<UsedByJson>, AppError> {
    // One id: it names a post or a statement, and never both.
    let id: PostId = id(&part)?;
    let used = used::used(&asker.deps().store, member.id, id.raw()).await?;
    let items = used.into_iter().map(|u| UsedJson { at: u.at, question: u.question, post: u.post }).collect();
    Ok(ApiJson(UsedByJson { items }))
}

/// What one says to a fact.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleBody {
    /// `holds`: it is so, or still is. `replaces`: it is so, and what it contradicts is so no more. `declined`: it is not
    /// so.
    verdict: Verdict,
}

/// Say whether a fact holds: one that is proposed, that contradicts another, or that is old.
#[utoipa::path(
    put, path = "/api/v1/me/twin/statements/{id}/verdict", tag = "twin", request_body = SettleBody,
    params(("id" = String, Path, description = "The fact")),
    responses((status = 204, description = "Settled"), (status = 404, description = "No such fact of one's own"))
)]
pub(crate) async fn settle(
    State(asker): State<Asker>,
    member: Member,
    Path(part): Path<String>,
    ApiJson(body): ApiJson<SettleBody>,
) -> Result<StatusCode, AppError> {
    commands::settle(asker.deps(), member.id, id(&part)?, body.verdict).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The memory of one's twin as a whole.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoryJson {
    /// Whether it learns from what one publishes. While it does not, what appeared since is no evidence, and nothing is
    /// proposed; when it does again, it reads what it missed.
    learning: bool,
}

/// Whether one's twin learns from what one publishes.
#[utoipa::path(get, path = "/api/v1/me/twin/memory", tag = "twin", responses((status = 200, body = MemoryJson)))]
pub(crate) async fn memory(State(asker): State<Asker>, member: Member) -> Result<ApiJson<MemoryJson>, AppError> {
    let stopped = store::unlearning(&asker.deps().store, member.id).await?;
    Ok(ApiJson(MemoryJson { learning: stopped.is_none() }))
}

/// Have one's twin learn nothing new, or learn again.
#[utoipa::path(
    put, path = "/api/v1/me/twin/memory", tag = "twin", request_body = MemoryJson,
    responses((status = 204, description = "Done"))
)]
pub(crate) async fn learning(
    State(asker): State<Asker>,
    member: Member,
    ApiJson(body): ApiJson<MemoryJson>,
) -> Result<StatusCode, AppError> {
    whole::learning(asker.deps(), member.id, body.learning).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A period, in days of UTC.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodBody {
    /// The first day, as `2026-01-31`.
    from: String,
    /// The last day.
    to: String,
}

/// What was forgotten.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ForgottenJson {
    /// Posts that the twin reads no more.
    posts: usize,
    /// Statements that are gone.
    statements: usize,
}

/// Have one's twin forget what was published and said in a period. The posts stay for people.
#[utoipa::path(
    post, path = "/api/v1/me/twin/memory/forget", tag = "twin", request_body = PeriodBody,
    responses((status = 200, body = ForgottenJson), (status = 422, description = "These are no two days in their order"))
)]
pub(crate) async fn forget(
    State(asker): State<Asker>,
    member: Member,
    ApiJson(body): ApiJson<PeriodBody>,
) -> Result<ApiJson<ForgottenJson>, AppError> {
    let period = whole::period(&body.from, &body.to).map_err(ActError::Memory)?;
    let Forgotten { posts, statements } = whole::forget(asker.deps(), member.id, period).await?;
    Ok(ApiJson(ForgottenJson { posts, statements }))
}

/// How to begin anew.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnewBody {
    /// Whether posts that were kept from the twin stay so.
    keep_excluded: bool,
}

/// Empty the memory of one's twin: all that one said to it goes, and what one published is read anew.
#[utoipa::path(
    post, path = "/api/v1/me/twin/memory/start-over", tag = "twin", request_body = AnewBody,
    responses((status = 204, description = "Done"))
)]
pub(crate) async fn anew(
    State(asker): State<Asker>,
    member: Member,
    ApiJson(body): ApiJson<AnewBody>,
) -> Result<StatusCode, AppError> {
    whole::anew(asker.deps(), member.id, body.keep_excluded).await?;
    Ok(StatusCode::NO_CONTENT)
}
