//! A member's own drafts.

use axum::extract::{Path, State as Given};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use xinghe_core::id::{PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_web::api::{ApiJson, ApiQuery};
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member};

use super::change::{if_match, unreadable};
use super::draft_shapes::{DraftBody, DraftJson, DraftsJson, DraftsQuery, ScheduleBody};
use super::read::{LIMIT, one, parsed};
use super::shapes::PostJson;
use crate::commands::CommandError;
use crate::commands::drafts::{self, Final, NewDraft};
use crate::feature::State;
use crate::model::{DraftCursor, KeptDraft};
use crate::pages::{actor, with_mentions};
use crate::store;

fn answer(draft: &KeptDraft, status: StatusCode) -> Response {
    let mut response = (status, ApiJson(DraftJson::of(draft, true))).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", draft.version)) {
        headers.insert(header::ETAG, value);
    }
    if status == StatusCode::CREATED
        && let Ok(value) = HeaderValue::from_str(&format!("/api/v1/drafts/{}", draft.id))
    {
        headers.insert(header::LOCATION, value);
    }
    response
}

fn stale(error: CommandError) -> AppError {
    match error {
        CommandError::DraftChanged { .. } => AppError::Stale("posts-draft-error-changed".into()),
        other => other.into(),
    }
}

/// Your drafts, the one changed last first.
#[utoipa::path(
    get, path = "/api/v1/drafts", tag = "drafts", params(DraftsQuery),
    responses((status = 200, body = DraftsJson), (status = 401, description = "Not signed in"),
        (status = 422, description = "The limit or the cursor cannot be read"))
)]
pub(super) async fn list(
    Given(state): Given<State>,
    member: Member,
    ApiQuery(query): ApiQuery<DraftsQuery>,
) -> Result<Response, AppError> {
    if let Some(post) = &query.post {
        let post: PostId = post.parse().map_err(|_| unreadable("post"))?;
        let found = store::draft_of(&state.store, member.id, post).await?;
        let items = found.iter().map(|d| DraftJson::of(d, false)).collect();
        return Ok(ApiJson(DraftsJson { items, next: None }).into_response());
    }
    let after: Option<DraftCursor> = parsed("cursor", query.cursor.as_deref())?;
    let limit = LIMIT.of(query.limit)?;
    let mut drafts = store::drafts(&state.store, member.id, after, limit + 1).await?;
    let more = drafts.len() > limit;
    drafts.truncate(limit);
    let next = drafts.last().filter(|_| more).map(|d| d.cursor().to_string());
    Ok(ApiJson(DraftsJson { items: drafts.iter().map(|d| DraftJson::of(d, false)).collect(), next }).into_response())
}

/// Keep a new draft: of a post, or of a change to one.
#[utoipa::path(
    post, path = "/api/v1/drafts", tag = "drafts", request_body = DraftBody,
    responses((status = 201, body = DraftJson), (status = 403, description = "The post is not yours to change"),
        (status = 409, description = "There is a draft of this change, or with this name, that differs"),
        (status = 422, description = "A field is too long or cannot be read"))
)]
pub(super) async fn create(
    Given(state): Given<State>,
    member: Member,
    ApiJson(body): ApiJson<DraftBody>,
) -> Result<Response, AppError> {
    let kind = body.kind()?;
    let change = match (&body.post, &body.revision) {
        (None, None) => None,
        (Some(post), Some(revision)) => {
            let post: PostId = post.parse().map_err(|_| unreadable("post"))?;
            let revision: RevisionId = revision.parse().map_err(|_| unreadable("revision"))?;
            Some((post, revision))
        }
        (Some(_), None) => return Err(AppError::field("revision", "posts-fault-missing")),
        (None, Some(_)) => return Err(AppError::field("post", "posts-fault-missing")),
    };
    let name = body.name.clone();
    let new = NewDraft { kind, change, name, typed: body.typed() };
    Ok(answer(&drafts::keep(&state.store, actor(&member), new).await?, StatusCode::CREATED))
}

async fn own(state: &State, member: &Member, draft: &str) -> Result<KeptDraft, AppError> {
    let found = store::draft(&state.store, member.id, id(draft)?).await?;
    found.filter(|d| !d.dropped).ok_or(AppError::NotFound)
}

/// A draft of yours. Its version is the `ETag`.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}", tag = "drafts", params(("id" = String, Path, description = "The draft")),
    responses((status = 200, body = DraftJson), (status = 404, description = "You have none like this"))
)]
pub(super) async fn show(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
) -> Result<Response, AppError> {
    Ok(answer(&own(&state, &member, &draft).await?, StatusCode::OK))
}

/// Write what a draft holds now. `If-Match` names the version that the change started from. One that is scheduled must
/// stay fit to be published.
#[utoipa::path(
    put, path = "/api/v1/drafts/{id}", tag = "drafts", request_body = DraftBody,
    params(("id" = String, Path, description = "The draft"),
        ("If-Match" = String, Header, description = "The `ETag` of what was read")),
    responses((status = 200, body = DraftJson), (status = 404, description = "You have none like this"),
        (status = 409, description = "It was published"), (status = 412, description = "It changed meanwhile"),
        (status = 422, description = "A field is wrong"), (status = 428, description = "`If-Match` is missing"))
)]
pub(super) async fn save(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<DraftBody>,
) -> Result<Response, AppError> {
    // What is no version at all is not the current one either; versions begin at 1.
    let expected: u32 = if_match(&headers)?.parse().unwrap_or(0);
    let kind = body.kind()?;
    let saved = drafts::save(&state.store, member.id, (id(&draft)?, expected), kind, body.typed()).await;
    Ok(answer(&saved.map_err(stale)?, StatusCode::OK))
}

/// Throw a draft away. For 30 days it can be brought back.
#[utoipa::path(
    delete, path = "/api/v1/drafts/{id}", tag = "drafts", params(("id" = String, Path, description = "The draft")),
    responses((status = 204, description = "Done"), (status = 404, description = "You have none like this"))
)]
pub(super) async fn discard(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
) -> Result<StatusCode, AppError> {
    drafts::discard(&state.store, member.id, id(&draft)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Bring a draft back that was thrown away.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/restore", tag = "drafts", params(("id" = String, Path, description = "The draft")),
    responses((status = 200, body = DraftJson), (status = 404, description = "You have none like this"),
        (status = 409, description = "There is another draft of the same change"))
)]
pub(super) async fn restore(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
) -> Result<Response, AppError> {
    let back = drafts::bring_back(&state.store, member.id, id(&draft)?).await?;
    Ok(answer(&back, StatusCode::OK))
}

/// Publish a draft, once: again, the answer is the post that it became.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/publish", tag = "drafts", params(("id" = String, Path, description = "The draft")),
    responses((status = 200, body = PostJson), (status = 404, description = "You have none like this"),
        (status = 409, description = "The post that it changes changed meanwhile, or the story is told already"),
        (status = 422, description = "A field is wrong"))
)]
pub(super) async fn publish(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
) -> Result<Response, AppError> {
    let draft = own(&state, &member, &draft).await?;
    if let Some((post, _)) = draft.published {
        return one(&state, post).await;
    }
    let content = with_mentions(&state, draft.typed.draft()).await?;
    let content = Final { kind: draft.kind, draft: content, base: None };
    let this = (draft.id, Some(draft.version));
    one(&state, drafts::publish(&state.store, actor(&member), this, &content).await?.post).await
}

/// Have a draft of a new post published at a moment.
#[utoipa::path(
    put, path = "/api/v1/drafts/{id}/schedule", tag = "drafts", request_body = ScheduleBody,
    params(("id" = String, Path, description = "The draft")),
    responses((status = 200, body = DraftJson), (status = 400, description = "It is a change to a post"),
        (status = 404, description = "You have none like this"),
        (status = 422, description = "The moment is past or too far, or a field is wrong"))
)]
pub(super) async fn schedule(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
    ApiJson(body): ApiJson<ScheduleBody>,
) -> Result<Response, AppError> {
    let at = Timestamp::parse_rfc3339(&body.at).map_err(|_| unreadable("at"))?;
    Ok(answer(&drafts::schedule(&state.store, actor(&member), id(&draft)?, at).await?, StatusCode::OK))
}

/// Take a draft off the timetable.
#[utoipa::path(
    delete, path = "/api/v1/drafts/{id}/schedule", tag = "drafts",
    params(("id" = String, Path, description = "The draft")),
    responses((status = 200, body = DraftJson), (status = 404, description = "You have none like this"))
)]
pub(super) async fn unschedule(
    Given(state): Given<State>,
    member: Member,
    Path(draft): Path<String>,
) -> Result<Response, AppError> {
    Ok(answer(&drafts::unschedule(&state.store, actor(&member), id(&draft)?).await?, StatusCode::OK))
}
