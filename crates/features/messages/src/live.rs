//! A conversation as it goes on, as server-sent events: looked at after commits, and now and then for what another
//! process wrote.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures::stream;
use tokio::time::{Instant, timeout};
use xinghe_core::{AuthorId, ConversationId, MessageId};
use xinghe_web::{Html, PageContext};

use crate::commands::Messages;
use crate::pages::thread::part;
use crate::store;

/// When is looked without a commit of this process.
const POLL: Duration = Duration::from_secs(5);
/// How long one stream lasts. A browser asks again by itself, and is then asked who it is.
const LASTS: Duration = Duration::from_secs(300);

/// The latest messages of a conversation, whenever there are others than `seen`.
pub(crate) fn follow(
    all: Messages,
    ctx: PageContext,
    (member, conversation): (AuthorId, ConversationId),
    seen: Option<MessageId>,
) -> Response {
    let (changes, ends) = (all.store.watch_log(), Instant::now() + LASTS);
    let parts = stream::unfold((changes, seen), move |(mut changes, seen)| {
        let (all, ctx) = (all.clone(), ctx.clone());
        async move {
            loop {
                changes.mark_unchanged();
                let now = store::conversation(&all.store, conversation, member).await.ok()??;
                if Some(now.last) != seen {
                    let html = shown(&all, &ctx, member, conversation).await?;
                    let event = Event::default().event("part").data(html.into_string().replace('\r', " "));
                    return Some((Ok::<_, Infallible>(event), (changes, Some(now.last))));
                }
                tokio::select! {
                    () = all.stop.cancelled() => return None,
                    changed = timeout(POLL, changes.changed()) => if matches!(changed, Ok(Err(_))) { return None },
                }
                if Instant::now() >= ends {
                    return None;
                }
            }
        }
    });
    Sse::new(parts).keep_alive(KeepAlive::default()).into_response()
}

/// The part of the page, and what is in it is read.
async fn shown(all: &Messages, ctx: &PageContext, member: AuthorId, conversation: ConversationId) -> Option<Html> {
    let thread = all.thread(member, conversation, None, crate::pages::thread::PAGE).await.ok()?;
    all.read(member, conversation, thread.conversation.last).await.ok()?;
    part(ctx, member, &thread).ok()
}
