//! What moderators do.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::{ActId, CaseId};
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member};

use super::own::reason;
use super::shapes::{ActIdJson, AnswerBody, CaseJson, CasesJson, CasesQuery, DecideBody, WholeJson, WordsBody};
use crate::commands::Moderation;
use crate::model::{ActState, Decision, Queue, Reason};
use crate::pages::keeper;
use crate::store;

/// The cases of a queue: those that wait, the oldest first; those that are decided, the latest first.
#[utoipa::path(
    get, path = "/api/v1/moderation/cases", tag = "moderation", params(CasesQuery),
    responses((status = 200, body = CasesJson), (status = 422, description = "A parameter is not known"))
)]
pub(super) async fn list(
    State(moderation): State<Moderation>,
    member: Member,
    ApiQuery(query): ApiQuery<CasesQuery>,
) -> Result<ApiJson<CasesJson>, AppError> {
    let queue = query.show.as_deref().map_or(Ok(Queue::Open), str::parse);
    let queue = queue.map_err(|_| AppError::field("show", "moderation-fault-queue"))?;
    let reason = query.reason.as_deref().map(reason).transpose()?;
    let after = query.cursor.as_deref().map(str::parse).transpose();
    let after = after.map_err(|_| AppError::field("cursor", "web-error-cursor"))?;
    let limit = Limit::new(30, 100).of(query.limit)?;
    let (part, seen) = moderation.cases(keeper(&member), (queue, reason), after, limit).await?;
    let items = part.items.iter().map(|c| CaseJson::new(c, &seen)).collect();
    Ok(ApiJson(CasesJson { items, next: part.next.map(|n| n.to_string()) }))
}

async fn whole(moderation: &Moderation, case: CaseId) -> Result<ApiJson<WholeJson>, AppError> {
    Ok(ApiJson(WholeJson::from(&moderation.whole(case).await?)))
}

/// A case with its reports, acts and notes, and the member's record.
#[utoipa::path(
    get, path = "/api/v1/moderation/cases/{id}", tag = "moderation",
    params(("id" = String, Path, description = "The case")),
    responses((status = 200, body = WholeJson), (status = 404, description = "There is none"))
)]
pub(super) async fn show(
    State(moderation): State<Moderation>,
    Path(case): Path<String>,
) -> Result<ApiJson<WholeJson>, AppError> {
    whole(&moderation, id(&case)?).await
}

/// Say that you look at a case.
#[utoipa::path(
    put, path = "/api/v1/moderation/cases/{id}/taken", tag = "moderation",
    params(("id" = String, Path, description = "The case")),
    responses((status = 204, description = "It is yours"), (status = 404, description = "There is none"),
        (status = 409, description = "It is decided"))
)]
pub(super) async fn take(
    State(moderation): State<Moderation>,
    member: Member,
    Path(case): Path<String>,
) -> Result<StatusCode, AppError> {
    moderation.take(keeper(&member), id(&case)?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a case go.
#[utoipa::path(
    delete, path = "/api/v1/moderation/cases/{id}/taken", tag = "moderation",
    params(("id" = String, Path, description = "The case")),
    responses((status = 204, description = "It is nobody's"), (status = 404, description = "There is none"),
        (status = 409, description = "It is decided"))
)]
pub(super) async fn release(
    State(moderation): State<Moderation>,
    member: Member,
    Path(case): Path<String>,
) -> Result<StatusCode, AppError> {
    moderation.take(keeper(&member), id(&case)?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Write a note for the other moderators.
#[utoipa::path(
    post, path = "/api/v1/moderation/cases/{id}/notes", tag = "moderation", request_body = WordsBody,
    params(("id" = String, Path, description = "The case")),
    responses((status = 201, body = WholeJson), (status = 404, description = "There is none"),
        (status = 422, description = "Words are missing or too long"))
)]
pub(super) async fn note(
    State(moderation): State<Moderation>,
    member: Member,
    Path(case): Path<String>,
    ApiJson(body): ApiJson<WordsBody>,
) -> Result<(StatusCode, ApiJson<WholeJson>), AppError> {
    let case = id(&case)?;
    moderation.note(keeper(&member), case, &body.words).await?;
    Ok((StatusCode::CREATED, whole(&moderation, case).await?))
}

/// Decide a case, or do something more. `ban` and `wipe` are proposed by this and wait for a second moderator.
#[utoipa::path(
    post, path = "/api/v1/moderation/cases/{id}/acts", tag = "moderation", request_body = DecideBody,
    params(("id" = String, Path, description = "The case")),
    responses((status = 201, body = ActIdJson), (status = 404, description = "There is none"),
        (status = 409, description = "It is so already, or not yours to decide"),
        (status = 422, description = "A field is wrong"))
)]
pub(super) async fn decide(
    State(moderation): State<Moderation>,
    member: Member,
    Path(case): Path<String>,
    ApiJson(body): ApiJson<DecideBody>,
) -> Result<(StatusCode, ApiJson<ActIdJson>), AppError> {
    let measure = body.measure.parse().map_err(|_| AppError::field("measure", "moderation-fault-measure"))?;
    let reason = match body.reason.as_deref() {
        Some(word) => reason(word)?,
        None if measure == xinghe_core::Measure::Nothing => Reason::Other,
        None => return Err(AppError::field("reason", "moderation-fault-reason")),
    };
    let decision = Decision { measure, reason, words: body.words, days: body.days };
    let act = moderation.decide(keeper(&member), id(&case)?, &decision).await?;
    Ok((StatusCode::CREATED, ApiJson(ActIdJson { id: act.to_string() })))
}

/// Confirm a proposed act, as a second moderator.
#[utoipa::path(
    put, path = "/api/v1/moderation/acts/{id}/confirmation", tag = "moderation",
    params(("id" = String, Path, description = "The act")),
    responses((status = 204, description = "It holds"), (status = 404, description = "There is none"),
        (status = 409, description = "It does not wait, or not for you"))
)]
pub(super) async fn confirm(
    State(moderation): State<Moderation>,
    member: Member,
    Path(act): Path<String>,
) -> Result<StatusCode, AppError> {
    moderation.confirm(keeper(&member), id(&act)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take an act back, or refuse one that is proposed.
#[utoipa::path(
    delete, path = "/api/v1/moderation/acts/{id}", tag = "moderation",
    params(("id" = String, Path, description = "The act")),
    responses((status = 204, description = "It no longer holds"), (status = 404, description = "There is none"),
        (status = 409, description = "It does not hold, or is not yours to end"))
)]
pub(super) async fn end(
    State(moderation): State<Moderation>,
    member: Member,
    Path(act): Path<String>,
) -> Result<StatusCode, AppError> {
    let act: ActId = id(&act)?;
    let found = store::acts_by_id(&moderation.store, &[act]).await?.remove(&act).ok_or(AppError::NotFound)?;
    if found.state == ActState::Proposed {
        moderation.refuse(keeper(&member), act, "").await?;
    } else {
        moderation.undo(keeper(&member), act, "").await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Answer an appeal; granted, the act is taken back. Who had a part in the act cannot.
#[utoipa::path(
    put, path = "/api/v1/moderation/acts/{id}/appeal", tag = "moderation", request_body = AnswerBody,
    params(("id" = String, Path, description = "The act")),
    responses((status = 204, description = "It is answered"), (status = 404, description = "There is none"),
        (status = 409, description = "No appeal waits, or not for you"),
        (status = 422, description = "Words are missing or too long"))
)]
pub(super) async fn answer(
    State(moderation): State<Moderation>,
    member: Member,
    Path(act): Path<String>,
    ApiJson(body): ApiJson<AnswerBody>,
) -> Result<StatusCode, AppError> {
    moderation.answer(keeper(&member), id(&act)?, body.granted, &body.words).await?;
    Ok(StatusCode::NO_CONTENT)
}
