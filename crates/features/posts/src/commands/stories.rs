//! News: the same story from several sources is one story.

use xinghe_core::content::{PostKind, PostView};
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId};
use xinghe_core::time::Timestamp;
use xinghe_store::{Store, UnitOfWork};

use super::{CommandError, CommandResult, locked};
use crate::model::{Actor, Fault, FieldError, SOURCES_MAX, may_edit, story_key, web_address};
use crate::store;

fn wrong(fault: Fault) -> CommandError {
    CommandError::Invalid(vec![FieldError { field: "source_url", fault }])
}

/// Takes a story for a news, unless another one tells it.
pub(super) async fn claim(
    unit: &mut UnitOfWork,
    post: PostId,
    url: &str,
    by: (AuthorId, Timestamp),
) -> CommandResult<()> {
    let key = story_key(url).ok_or_else(|| wrong(Fault::NotAnAddress))?;
    // Two who bring the same story at once: the second finds the first's.
    unit.lock(&format!("posts.story.{key}")).await?;
    match store::story(unit, &key).await? {
        Some(other) if other != post => Err(CommandError::Known(other)),
        _ => Ok(store::put_story(unit, &key, post, url, by).await?),
    }
}

/// A news got another main source.
pub(super) async fn moved(
    unit: &mut UnitOfWork,
    before: &PostView,
    to: Option<&str>,
    by: (AuthorId, Timestamp),
) -> CommandResult<()> {
    if let Some(url) = to {
        claim(unit, before.id, url, by).await?;
    }
    let keys = (before.source_url.as_deref().and_then(story_key), to.and_then(story_key));
    if let (Some(old), new) = keys
        && Some(&old) != new.as_ref()
    {
        store::drop_story(unit, &old, before.id).await?;
    }
    Ok(())
}

async fn news(unit: &mut UnitOfWork, post: PostId) -> CommandResult<PostView> {
    let view = locked(unit, post).await?.view;
    if view.kind == PostKind::News { Ok(view) } else { Err(CommandError::WrongPlace) }
}

/// Adds a place where a news story is told, too. One that is there already changes nothing.
///
/// # Errors
/// The post is no news or not to be seen, the address is wrong, another news tells it, or there are too many.
pub async fn add_source(store: &Store, actor: Actor, post: PostId, url: &str) -> CommandResult<()> {
    let url = web_address(url).ok_or_else(|| wrong(Fault::NotAnAddress))?;
    let mut unit = store.begin().await?;
    news(&mut unit, post).await?;
    let known = store::sources(&unit, post).await?;
    if known.iter().any(|s| story_key(&s.url) == story_key(&url)) {
        return Ok(());
    }
    if known.len() >= SOURCES_MAX {
        return Err(wrong(Fault::TooMany { max: SOURCES_MAX }));
    }
    claim(&mut unit, post, &url, (actor.id, store.now())).await?;
    unit.append(Some(actor.id), &Event::StorySourceAdded { post }).await?;
    unit.commit().await?;
    Ok(())
}

/// Takes a source away again: who brought it, the news's author and moderators can. Its main source stays.
///
/// # Errors
/// There is no such source, or it is not the actor's to take away.
pub async fn drop_source(store: &Store, actor: Actor, post: PostId, url: &str) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    let view = news(&mut unit, post).await?;
    let key = story_key(url).ok_or(CommandError::NotFound)?;
    let sources = store::sources(&unit, post).await?;
    let found = sources.iter().find(|s| story_key(&s.url).as_ref() == Some(&key)).ok_or(CommandError::NotFound)?;
    if view.source_url.as_deref().and_then(story_key).as_ref() == Some(&key) {
        return Err(CommandError::WrongPlace);
    }
    if found.by != actor.id && !may_edit(Some(actor), &view) {
        return Err(CommandError::Forbidden);
    }
    store::drop_story(&mut unit, &key, post).await?;
    unit.append(Some(actor.id), &Event::StorySourceDropped { post }).await?;
    unit.commit().await?;
    Ok(())
}
