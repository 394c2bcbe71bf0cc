//! The API of reactions under `/api/v1`. Everything may be sent twice.

mod bookmarks;
mod follows;
mod posts;
mod shapes;

use axum::routing::{delete, get, patch, post, put};
use http::Method;
use utoipa::OpenApi;
use xinghe_web::{Need, Routes};

use crate::commands::Reactions;

/// The description of this API.
#[derive(OpenApi)]
#[openapi(
    paths(
        posts::show, posts::vote, posts::unvote, posts::thank, bookmarks::keep, bookmarks::unkeep, bookmarks::list,
        bookmarks::folders, bookmarks::create_folder, bookmarks::rename_folder, bookmarks::delete_folder,
        follows::member, follows::follow_member, follows::unfollow_member, follows::follow_tag,
        follows::unfollow_tag, follows::follow_post, follows::unfollow_post, follows::list,
    ),
    tags((name = "reactions", description = "Votes, thanks, bookmarks, follows"))
)]
pub(crate) struct Doc;

pub(crate) fn routes(reactions: &Reactions) -> Routes {
    let r = || reactions.clone();
    let member = Need::Member;
    let (vote, keep) = ("/api/v1/posts/{id}/vote", "/api/v1/posts/{id}/bookmark");
    let (of_member, of_tag) = ("/api/v1/members/{handle}/follow", "/api/v1/tags/{tag}/follow");
    let (of_post, folders, folder) = ("/api/v1/posts/{id}/follow", "/api/v1/me/folders", "/api/v1/me/folders/{id}");
    Routes::new()
        .method_router(Method::GET, "/api/v1/posts/{id}/reactions", Need::Anyone, get(posts::show).with_state(r()))
        .method_router(Method::PUT, vote, member, put(posts::vote).with_state(r()))
        .method_router(Method::DELETE, vote, member, delete(posts::unvote).with_state(r()))
        .method_router(Method::PUT, "/api/v1/posts/{id}/thanks", member, put(posts::thank).with_state(r()))
        .method_router(Method::PUT, keep, member, put(bookmarks::keep).with_state(r()))
        .method_router(Method::DELETE, keep, member, delete(bookmarks::unkeep).with_state(r()))
        .method_router(Method::GET, "/api/v1/me/bookmarks", member, get(bookmarks::list).with_state(r()))
        .method_router(Method::GET, folders, member, get(bookmarks::folders).with_state(r()))
        .method_router(Method::POST, folders, member, post(bookmarks::create_folder).with_state(r()))
        .method_router(Method::PATCH, folder, member, patch(bookmarks::rename_folder).with_state(r()))
        .method_router(Method::DELETE, folder, member, delete(bookmarks::delete_folder).with_state(r()))
        .method_router(Method::GET, of_member, Need::Anyone, get(follows::member).with_state(r()))
        .method_router(Method::PUT, of_member, member, put(follows::follow_member).with_state(r()))
        .method_router(Method::DELETE, of_member, member, delete(follows::unfollow_member).with_state(r()))
        .method_router(Method::PUT, of_tag, member, put(follows::follow_tag).with_state(r()))
        .method_router(Method::DELETE, of_tag, member, delete(follows::unfollow_tag).with_state(r()))
        .method_router(Method::PUT, of_post, member, put(follows::follow_post).with_state(r()))
        .method_router(Method::DELETE, of_post, member, delete(follows::unfollow_post).with_state(r()))
        .method_router(Method::GET, "/api/v1/me/following", member, get(follows::list).with_state(r()))
}
