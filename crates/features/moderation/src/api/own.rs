//! What members do, and what everybody sees.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::ActId;
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::{AppError, Member};

use super::shapes::{ActJson, For, LogJson, PageQuery, ReportBody, ReportedJson, StandingJson, WordsBody};
use crate::commands::Moderation;
use crate::model::{Reason, Subject};
use crate::store;

/// The reason of a body.
///
/// # Errors
/// It is none.
pub(super) fn reason(word: &str) -> Result<Reason, AppError> {
    word.parse().map_err(|_| AppError::field("reason", "moderation-fault-reason"))
}

/// Report a post, a private message that one received, or a member to the moderators. Reported again while it waits, it is said anew.
#[utoipa::path(
    post, path = "/api/v1/reports", tag = "moderation", request_body = ReportBody,
    responses((status = 201, body = ReportedJson), (status = 404, description = "There is no such thing to be seen"),
        (status = 409, description = "It is your own, or nobody stands behind it"),
        (status = 422, description = "The reason is not known, or words are missing or too long"))
)]
pub(super) async fn report(
    State(moderation): State<Moderation>,
    member: Member,
    ApiJson(body): ApiJson<ReportBody>,
) -> Result<(StatusCode, ApiJson<ReportedJson>), AppError> {
    let subject = match (body.post, body.message, body.member) {
        (Some(post), None, None) => Subject::Post(post.parse().map_err(|_| AppError::NotFound)?),
        (None, Some(message), None) => Subject::Message(message.parse().map_err(|_| AppError::NotFound)?),
        (None, None, Some(handle)) => {
            let card = moderation.authors.by_handle(&handle).await?.ok_or(AppError::NotFound)?;
            Subject::Member(card.id)
        }
        _ => return Err(AppError::field("post", "moderation-fault-subject")),
    };
    let case = moderation.report(member.id, subject, reason(&body.reason)?, &body.words).await?;
    Ok((StatusCode::CREATED, ApiJson(ReportedJson { case: case.to_string() })))
}

/// How you stand with the moderators: what they decided about you, the latest first.
#[utoipa::path(
    get, path = "/api/v1/me/standing", tag = "moderation", responses((status = 200, body = StandingJson))
)]
pub(super) async fn standing(
    State(moderation): State<Moderation>,
    member: Member,
) -> Result<ApiJson<StandingJson>, AppError> {
    let (acts, seen) = moderation.done_about(member.id).await?;
    let suspended = store::suspended(&moderation.store, &[member.id], moderation.store.now()).await?;
    let suspended = suspended.get(&member.id);
    Ok(ApiJson(StandingJson {
        suspended: suspended.is_some(),
        until: suspended.and_then(|(until, _)| *until).map(xinghe_core::Timestamp::rfc3339),
        acts: acts.iter().map(|a| ActJson::new(a, &seen, For::Member)).collect(),
    }))
}

/// Appeal against a decision about you, once.
#[utoipa::path(
    put, path = "/api/v1/me/standing/{act}/appeal", tag = "moderation", request_body = WordsBody,
    params(("act" = String, Path, description = "The act")),
    responses((status = 204, description = "Another moderator will look at it"),
        (status = 404, description = "There is no such decision about you"),
        (status = 409, description = "There was an appeal, or it was taken back"),
        (status = 422, description = "Words are missing or too long"))
)]
pub(super) async fn appeal(
    State(moderation): State<Moderation>,
    member: Member,
    Path(act): Path<String>,
    ApiJson(body): ApiJson<WordsBody>,
) -> Result<StatusCode, AppError> {
    let act: ActId = act.parse().map_err(|_| AppError::NotFound)?;
    moderation.appeal(member.id, act, &body.words).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What moderators did, the latest first: without reporters, and with people only where everybody notices.
#[utoipa::path(
    get, path = "/api/v1/moderation/log", tag = "moderation", params(PageQuery),
    responses((status = 200, body = LogJson), (status = 422, description = "The cursor is none of this list's"))
)]
pub(super) async fn log(
    State(moderation): State<Moderation>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<ApiJson<LogJson>, AppError> {
    let before = query.cursor.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| AppError::field("cursor", "web-error-cursor"))?;
    let limit = Limit::new(30, 100).of(query.limit)?;
    let (part, seen) = moderation.log(before, limit).await?;
    let items = part.items.iter().map(|a| ActJson::new(a, &seen, For::All)).collect();
    Ok(ApiJson(LogJson { items, next: part.next.map(|n| n.to_string()) }))
}
