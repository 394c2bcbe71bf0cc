//! The API of pictures under `/api/v1`.

mod shapes;

use axum::extract::{Path, Request, State};
use axum::routing::{delete, get, post};
use http::{Method, StatusCode};
use utoipa::OpenApi;
use xinghe_core::PictureId;
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member, Need, PageContext, RateClass, Routes};

use self::shapes::{PageQuery, PictureForm, PictureJson, PicturesJson};
use crate::commands::Pictures;
use crate::sent::{self, AROUND};

/// The description of this API.
#[derive(OpenApi)]
#[openapi(paths(add, list, remove), tags((name = "media", description = "Pictures in texts")))]
pub(crate) struct Doc;

pub(crate) fn routes(pictures: &Pictures) -> Routes {
    let p = || pictures.clone();
    let member = Need::Member;
    Routes::new()
        .method_router(Method::POST, "/api/v1/pictures", member, post(add).with_state(p()))
        .limit(RateClass::Upload)
        .max_body(pictures.limits.file + AROUND)
        .method_router(Method::GET, "/api/v1/me/pictures", member, get(list).with_state(p()))
        .method_router(Method::DELETE, "/api/v1/me/pictures/{id}", member, delete(remove).with_state(p()))
}

/// Add a picture: a form with the field `picture`, or the file itself as the body. It is turned upright, made to fit
/// into 2,048 pixels, written anew without anything that the file said beside it, and of one that moves the first
/// picture is kept. The same file again is the same picture.
#[utoipa::path(
    post, path = "/api/v1/pictures", tag = "media",
    request_body(content((PictureForm = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, body = PictureJson), (status = 409, description = "Enough for today, or no room is left"),
        (status = 413, description = "The file is too large"),
        (status = 422, description = "It is no picture, cut off, or has too many pixels"),
        (status = 503, description = "Others' pictures are being worked on"))
)]
async fn add(
    State(pictures): State<Pictures>,
    ctx: PageContext,
    member: Member,
    request: Request,
) -> Result<(StatusCode, ApiJson<PictureJson>), AppError> {
    let sent = sent::read(request, &pictures.limits).await?;
    let picture = pictures.add(member.id, sent.file).await?;
    Ok((StatusCode::CREATED, ApiJson(PictureJson::new(&picture, &ctx, &sent.alt, None))))
}

/// Your pictures, the latest first.
#[utoipa::path(
    get, path = "/api/v1/me/pictures", tag = "media", params(PageQuery),
    responses((status = 200, body = PicturesJson), (status = 422, description = "The cursor is none of this list's"))
)]
async fn list(
    State(pictures): State<Pictures>,
    ctx: PageContext,
    member: Member,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<ApiJson<PicturesJson>, AppError> {
    let before: Option<PictureId> = query
        .cursor
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| AppError::field("cursor", "web-error-cursor"))?;
    let limit = Limit::new(30, 100).of(query.limit)?;
    let (mut own, shown) = pictures.list(member.id, before, limit + 1).await?;
    let more = own.len() > limit;
    own.truncate(limit);
    let next = own.last().filter(|_| more).map(|p| p.id.to_string());
    let items = own.iter().map(|p| PictureJson::new(p, &ctx, "", Some(shown.contains(&p.name)))).collect();
    Ok(ApiJson(PicturesJson { items, next }))
}

/// Delete one of your pictures, wherever it is shown.
#[utoipa::path(
    delete, path = "/api/v1/me/pictures/{id}", tag = "media",
    params(("id" = String, Path, description = "The picture")),
    responses((status = 204, description = "It is gone"), (status = 404, description = "You have no such picture"))
)]
async fn remove(
    State(pictures): State<Pictures>,
    member: Member,
    Path(picture): Path<String>,
) -> Result<StatusCode, AppError> {
    pictures.delete(member.id, id(&picture)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
