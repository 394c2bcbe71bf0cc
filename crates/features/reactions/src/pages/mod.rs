//! The pages of reactions, and what they put on pages of other features. They work without script: forms, answered
//! with 303 back to where they stood; a script asks for the changed part alone (`X-Part`).

mod act;
mod bookmarks;
mod following;
mod tools;

use axum::response::{Html as Markup, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, Method};
use xinghe_web::system::local;
use xinghe_web::{Html, Need, Routes, SlotEntry};

use crate::commands::Reactions;

pub(crate) fn routes(reactions: &Reactions) -> Routes {
    let r = || reactions.clone();
    let member = Need::Member;
    Routes::new()
        .method_router(Method::POST, "/posts/{post}/react", member, post(act::react).with_state(r()))
        .method_router(Method::POST, "/@{handle}/follow", member, post(act::follow_member).with_state(r()))
        .method_router(Method::POST, "/tags/{tag}/follow", member, post(act::follow_tag).with_state(r()))
        .method_router(Method::GET, "/bookmarks", member, get(bookmarks::list).with_state(r()))
        .method_router(Method::GET, "/bookmarks/{post}", member, get(bookmarks::form).with_state(r()))
        .method_router(Method::POST, "/bookmarks/{post}", member, post(bookmarks::save).with_state(r()))
        .method_router(Method::POST, "/bookmarks/folders", member, post(bookmarks::create_folder).with_state(r()))
        .method_router(
            Method::POST,
            "/bookmarks/folders/{folder}",
            member,
            post(bookmarks::change_folder).with_state(r()),
        )
        .method_router(Method::GET, "/following", member, get(following::show).with_state(r()))
}

pub(crate) fn slots(reactions: &Reactions) -> Vec<SlotEntry> {
    let (posts, rows, member, tag) = (reactions.clone(), reactions.clone(), reactions.clone(), reactions.clone());
    vec![
        SlotEntry::batch("post.tools", 10, move |request| tools::of_posts(posts.clone(), request)),
        SlotEntry::batch("row.tools", 10, move |request| tools::of_rows(rows.clone(), request)),
        SlotEntry::new("member.actions", 10, move |request| tools::of_member(member.clone(), request)),
        SlotEntry::new("tag.actions", 10, move |request| tools::of_tag(tag.clone(), request)),
    ]
}

/// Whether a script asked for the changed part of the page alone.
fn wants_part(headers: &HeaderMap) -> bool {
    headers.contains_key("x-part")
}

/// A part of a page.
fn part(html: Html) -> Response {
    Markup(html.into_string()).into_response()
}

/// Sends the browser back to where it was, at this place of the page; without such a page to `otherwise`.
fn back(next: &str, place: &str, otherwise: &str) -> Response {
    let page = if next.is_empty() { otherwise } else { local(next) };
    let page = page.split('#').next().unwrap_or_default();
    let mut to = String::with_capacity(page.len() + place.len());
    for byte in page.bytes() {
        if byte.is_ascii_graphic() { to.push(char::from(byte)) } else { to.push_str(&format!("%{byte:02X}")) }
    }
    to.push_str(place);
    Redirect::to(&to).into_response()
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn one_gets_back_to_the_place_and_to_this_site_only() {
        let to = |next: &str| {
            let response = back(next, "#post-1", "/posts/1");
            response.headers()[header::LOCATION].to_str().expect("an address").to_owned()
        };
        assert_eq!(to("/posts/9-x?page=2#post-3"), "/posts/9-x?page=2#post-1");
        assert_eq!(to(""), "/posts/1#post-1");
        assert_eq!(to("/tags/星 河"), "/tags/%E6%98%9F%20%E6%B2%B3#post-1");
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"] {
            assert_eq!(to(elsewhere), "/#post-1", "{elsewhere}");
        }
    }
}
