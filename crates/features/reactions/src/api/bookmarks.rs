//! Bookmarks and folders.

use axum::extract::{Path, State};
use http::StatusCode;
use xinghe_core::FolderId;
use xinghe_web::api::{ApiJson, ApiQuery, Limit};
use xinghe_web::refs::id;
use xinghe_web::{AppError, Member};

use super::posts::now;
use super::shapes::{
    BookmarkJson, BookmarksJson, BookmarksQuery, FolderBody, FolderJson, FoldersJson, KeepBody, ReactionsJson,
};
use crate::commands::Reactions;
use crate::model::{Place, Placing, Wanted};
use crate::store;

/// Bookmark a post, or put the bookmark elsewhere.
#[utoipa::path(
    put, path = "/api/v1/posts/{id}/bookmark", tag = "reactions", request_body = KeepBody,
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = ReactionsJson), (status = 404, description = "There is none to be seen"),
        (status = 422, description = "There is no such folder of yours, or the note is too long"))
)]
pub(super) async fn keep(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
    ApiJson(body): ApiJson<KeepBody>,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let post = id(&post)?;
    let folder = match body.folder.as_deref() {
        None => None,
        Some(id) => Some(id.parse().map_err(|_| AppError::field("folder", "reactions-fault-folder"))?),
    };
    let placing = Placing { folder, note: body.note.unwrap_or_default() };
    reactions.keep(member.id, post, Some(placing)).await?;
    now(&reactions, Some(member.id), post).await
}

/// Take a bookmark away.
#[utoipa::path(
    delete, path = "/api/v1/posts/{id}/bookmark", tag = "reactions",
    params(("id" = String, Path, description = "The post")),
    responses((status = 200, body = ReactionsJson), (status = 404, description = "It is no id"))
)]
pub(super) async fn unkeep(
    State(reactions): State<Reactions>,
    member: Member,
    Path(post): Path<String>,
) -> Result<ApiJson<ReactionsJson>, AppError> {
    let post = id(&post)?;
    reactions.unkeep(member.id, post).await?;
    now(&reactions, Some(member.id), post).await
}

/// Your bookmarks, the latest first; those of posts that are not to be seen are left out.
#[utoipa::path(
    get, path = "/api/v1/me/bookmarks", tag = "reactions", params(BookmarksQuery),
    responses((status = 200, body = BookmarksJson), (status = 422, description = "Folder or cursor is not one"))
)]
pub(super) async fn list(
    State(reactions): State<Reactions>,
    member: Member,
    ApiQuery(query): ApiQuery<BookmarksQuery>,
) -> Result<ApiJson<BookmarksJson>, AppError> {
    let nowhere = || AppError::field("folder", "reactions-fault-folder");
    let place: Place = query.folder.as_deref().unwrap_or_default().parse().map_err(|_| nowhere())?;
    if let Place::In(folder) = place
        && !store::folder_exists(&reactions.store, member.id, folder).await?
    {
        return Err(nowhere());
    }
    let after = query.cursor.as_deref().map(str::parse).transpose();
    let after = after.map_err(|_| AppError::field("cursor", "reactions-fault-cursor"))?;
    let limit = Limit::new(30, 100).of(query.limit)?;
    let wanted = Wanted { place, words: query.q.unwrap_or_default() };
    let page = reactions.bookmarks(member.id, &wanted, after, limit).await?;
    let items = page.items.iter().map(BookmarkJson::from).collect();
    Ok(ApiJson(BookmarksJson { items, next: page.next.map(|c| c.to_string()) }))
}

/// Your folders.
#[utoipa::path(
    get, path = "/api/v1/me/folders", tag = "reactions", responses((status = 200, body = FoldersJson))
)]
pub(super) async fn folders(
    State(reactions): State<Reactions>,
    member: Member,
) -> Result<ApiJson<FoldersJson>, AppError> {
    let all = store::folders(&reactions.store, member.id).await?;
    let items = all.folders.into_iter().map(FolderJson::from).collect();
    Ok(ApiJson(FoldersJson { items, unsorted: all.unsorted }))
}

async fn folder(reactions: &Reactions, member: &Member, id: FolderId) -> Result<ApiJson<FolderJson>, AppError> {
    let all = store::folders(&reactions.store, member.id).await?;
    let found = all.folders.into_iter().find(|f| f.id == id).ok_or(AppError::NotFound)?;
    Ok(ApiJson(found.into()))
}

/// Make a folder; where there is one of this name, it is answered.
#[utoipa::path(
    post, path = "/api/v1/me/folders", tag = "reactions", request_body = FolderBody,
    responses((status = 201, body = FolderJson), (status = 409, description = "There are too many"),
        (status = 422, description = "The name is empty or too long"))
)]
pub(super) async fn create_folder(
    State(reactions): State<Reactions>,
    member: Member,
    ApiJson(body): ApiJson<FolderBody>,
) -> Result<(StatusCode, ApiJson<FolderJson>), AppError> {
    let id = reactions.create_folder(member.id, &body.name).await?;
    Ok((StatusCode::CREATED, folder(&reactions, &member, id).await?))
}

/// Give a folder another name.
#[utoipa::path(
    patch, path = "/api/v1/me/folders/{id}", tag = "reactions", request_body = FolderBody,
    params(("id" = String, Path, description = "The folder")),
    responses((status = 200, body = FolderJson), (status = 404, description = "You have no such folder"),
        (status = 422, description = "The name is empty, too long, or another folder's"))
)]
pub(super) async fn rename_folder(
    State(reactions): State<Reactions>,
    member: Member,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<FolderBody>,
) -> Result<ApiJson<FolderJson>, AppError> {
    let id: FolderId = id.parse().map_err(|_| AppError::NotFound)?;
    reactions.rename_folder(member.id, id, &body.name).await?;
    folder(&reactions, &member, id).await
}

/// Delete a folder; the bookmarks in it stay, in the folder that everybody has.
#[utoipa::path(
    delete, path = "/api/v1/me/folders/{id}", tag = "reactions",
    params(("id" = String, Path, description = "The folder")),
    responses((status = 204, description = "It is not there (any more)"), (status = 404, description = "It is no id"))
)]
pub(super) async fn delete_folder(
    State(reactions): State<Reactions>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    reactions.delete_folder(member.id, id.parse().map_err(|_| AppError::NotFound)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
