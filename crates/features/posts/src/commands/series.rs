//! What authors do with their series.

use std::collections::HashSet;

use xinghe_core::content::CreditRole;
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId, SeriesId};
use xinghe_store::{Store, UnitOfWork};

use super::{CommandError, CommandResult};
use crate::model::{
    ABOUT_MAX, Actor, Arrange, Fault, FieldError, PARTS_MAX, SERIES_MAX, Series, TITLE_MAX, goes_into_series, one_line,
    tidy_body,
};
use crate::store;

fn wrong(field: &'static str, fault: Fault) -> CommandError {
    CommandError::Invalid(vec![FieldError { field, fault }])
}

/// Title and words about it as they are stored.
fn checked(title: &str, about: &str) -> CommandResult<(String, String)> {
    let (title, about) = (one_line(title), tidy_body(about));
    let mut errors = vec![];
    if title.is_empty() {
        errors.push(FieldError { field: "title", fault: Fault::Missing });
    }
    for (field, text, max) in [("title", &title, TITLE_MAX), ("about", &about, ABOUT_MAX)] {
        if text.chars().count() > max {
            errors.push(FieldError { field, fault: Fault::TooLong { max } });
        }
    }
    if errors.is_empty()
        && let Err(what) = xinghe_web::markdown::check(&about)
    {
        errors.push(FieldError { field: "about", fault: Fault::Beyond { what } });
    }
    if errors.is_empty() { Ok((title, about)) } else { Err(CommandError::Invalid(errors)) }
}

/// Holds all series of an owner: a post is in one of them at most.
async fn hold(unit: &mut UnitOfWork, owner: AuthorId) -> CommandResult<()> {
    Ok(unit.lock(&format!("posts.series.{owner}")).await?)
}

/// Begins a series; the same title twice is the same series, since a form may be sent twice.
///
/// # Errors
/// A field is wrong, or there are too many.
pub async fn begin(store: &Store, actor: Actor, title: &str, about: &str) -> CommandResult<Series> {
    let (title, about) = checked(title, about)?;
    let mut unit = store.begin().await?;
    hold(&mut unit, actor.id).await?;
    let own = store::series_list(&unit, Some(actor.id), None, SERIES_MAX as usize).await?;
    if let Some(same) = own.iter().find(|s| s.title == title) {
        return Ok(same.clone());
    }
    if store::count_series(&unit, actor.id).await? >= SERIES_MAX {
        return Err(wrong("title", Fault::TooMany { max: SERIES_MAX as usize }));
    }
    let series = Series {
        id: store.ids().next().into(),
        owner: actor.id,
        slug: xinghe_text::slug(&title),
        title,
        about,
        version: 1,
        updated_at: store.now(),
        parts: vec![],
    };
    store::put_series(&mut unit, &series).await?;
    unit.append(Some(actor.id), &Event::SeriesChanged { series: series.id, author: actor.id }).await?;
    unit.commit().await?;
    Ok(series)
}

/// A series that the actor may change, held against other changes.
async fn own(unit: &mut UnitOfWork, actor: Actor, id: SeriesId, expected: Option<u32>) -> CommandResult<Series> {
    let owner = store::series(unit, id).await?.ok_or(CommandError::NotFound)?.owner;
    if owner != actor.id && !actor.moderates {
        return Err(CommandError::Forbidden);
    }
    hold(unit, owner).await?;
    let series = store::series(unit, id).await?.ok_or(CommandError::NotFound)?;
    match expected {
        Some(version) if version != series.version => Err(CommandError::SeriesChanged { version: series.version }),
        _ => Ok(series),
    }
}

/// What is to be different of a series.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The title.
    pub title: Option<String>,
    /// The words about it.
    pub about: Option<String>,
    /// Its posts.
    pub arrange: Option<Arrange>,
}

/// Changes a series. `expected` is the version that the change started from, where that matters.
///
/// # Errors
/// There is no such series, it is not the actor's to change, it changed meanwhile, a field is wrong, or a post is not
/// an article of its owner's or a part of another series.
pub async fn change(
    store: &Store,
    actor: Actor,
    id: SeriesId,
    expected: Option<u32>,
    change: Change,
) -> CommandResult<Series> {
    let mut unit = store.begin().await?;
    let before = own(&mut unit, actor, id, expected).await?;
    let mut series = before.clone();
    (series.title, series.about) =
        checked(&change.title.unwrap_or(series.title), &change.about.unwrap_or(series.about))?;
    series.slug = xinghe_text::slug(&series.title);
    if let Some(how) = change.arrange {
        series.parts = arranged(&unit, &series, how).await?;
    }
    if series == before {
        return Ok(before);
    }
    series.version = series.version.saturating_add(1);
    series.updated_at = store.now();
    store::put_series(&mut unit, &series).await?;
    store::put_parts(&mut unit, id, &series.parts).await?;
    unit.append(Some(actor.id), &Event::SeriesChanged { series: id, author: series.owner }).await?;
    unit.commit().await?;
    Ok(series)
}

/// The parts of a series after a change.
async fn arranged(unit: &UnitOfWork, series: &Series, how: Arrange) -> CommandResult<Vec<PostId>> {
    let mut parts = series.parts.clone();
    match how {
        Arrange::All(posts) => {
            let mut seen = HashSet::new();
            parts = posts.into_iter().filter(|p| seen.insert(*p)).collect();
        }
        Arrange::Add(post) if !parts.contains(&post) => parts.push(post),
        Arrange::Add(_) => {}
        Arrange::Drop(post) => parts.retain(|p| *p != post),
        Arrange::Up(post) | Arrange::Down(post) => {
            // What is deleted keeps its place, but nobody sees that it was passed.
            let heads = store::heads(unit, &parts).await?;
            let seen: Vec<usize> =
                (0..parts.len()).filter(|i| heads.get(&parts[*i]).is_some_and(store::Head::visible)).collect();
            if let Some(at) = seen.iter().position(|i| parts[*i] == post) {
                let to = if matches!(how, Arrange::Up(_)) { at.checked_sub(1) } else { Some(at + 1) };
                if let Some(to) = to.and_then(|to| seen.get(to)) {
                    parts.swap(seen[at], *to);
                }
            }
        }
    }
    if parts.len() > PARTS_MAX {
        return Err(wrong("posts", Fault::TooMany { max: PARTS_MAX }));
    }
    let fresh: Vec<PostId> = parts.iter().copied().filter(|p| !series.parts.contains(p)).collect();
    let found = store::views(unit, &fresh).await?;
    for post in fresh {
        let own = |c: &xinghe_core::content::Credit| c.author == series.owner && c.role == CreditRole::Author;
        let fits = found.get(&post).is_some_and(|v| goes_into_series(v.kind) && v.credits.iter().any(own));
        if !fits || store::series_of(unit, post).await?.is_some_and(|s| s.id != series.id) {
            return Err(wrong("posts", Fault::NotAPart));
        }
    }
    Ok(parts)
}

/// Removes a series; its posts stay.
///
/// # Errors
/// There is no such series, or it is not the actor's.
pub async fn remove(store: &Store, actor: Actor, id: SeriesId) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    let series = own(&mut unit, actor, id, None).await?;
    store::delete_series(&mut unit, id).await?;
    unit.append(Some(actor.id), &Event::SeriesDeleted { series: id, author: series.owner }).await?;
    Ok(unit.commit().await?)
}
