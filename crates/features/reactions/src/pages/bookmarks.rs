//! One's bookmarks, by folder.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;
use xinghe_core::{FolderId, PostView};
use xinghe_web::api::ApiQuery;
use xinghe_web::{AppError, FieldErrors, PageContext, PageResult, Texts};

use super::act::post_of;
use super::back;
use crate::commands::Reactions;
use crate::error::ReactionError;
use crate::model::{Cursor, Folder, Folders, Place, Placing, UNSORTED, Wanted};
use crate::read::Kept;
use crate::store;

/// How many bookmarks a page shows.
const PER_PAGE: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    folder: String,
    q: String,
    before: String,
}

/// A folder in the row of folders.
struct Tab {
    href: String,
    words: String,
    count: String,
    current: bool,
}

/// A bookmark in the list.
struct Row {
    kept: Kept,
    url: String,
    lang: String,
    when: String,
    folder: Option<String>,
}

#[derive(Template)]
#[template(path = "reactions/bookmarks.html")]
struct ListTemplate<'a> {
    t: &'a Texts,
    tabs: Vec<Tab>,
    query: &'a ListQuery,
    here: String,
    rows: Vec<Row>,
    older: Option<String>,
    /// The folder shown, where it is one of the member's own.
    open: Option<&'a Folder>,
    /// What stands in the field of its name, or of a new folder's.
    typed: &'a str,
    errors: &'a FieldErrors,
}

/// The address of a list.
fn list_url(place: Place, words: &str, before: Option<Cursor>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if place != Place::Anywhere {
        query.append_pair("folder", &place.to_string());
    }
    if !words.is_empty() {
        query.append_pair("q", words);
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    let query = query.finish();
    if query.is_empty() { "/bookmarks".to_owned() } else { format!("/bookmarks?{query}") }
}

fn tabs(t: &Texts, folders: &Folders, place: Place) -> Vec<Tab> {
    let tab = |of: Place, words: String, count: u64| Tab {
        href: list_url(of, "", None),
        words,
        count: t.number(i64::try_from(count).unwrap_or(i64::MAX)),
        current: of == place,
    };
    let mut tabs = vec![tab(Place::Anywhere, t.s("reactions-all").into_owned(), folders.all())];
    if !folders.folders.is_empty() {
        tabs.push(tab(Place::Unsorted, t.s("reactions-unsorted").into_owned(), folders.unsorted));
    }
    tabs.extend(folders.folders.iter().map(|f| tab(Place::In(f.id), f.name.clone(), f.bookmarks)));
    tabs
}

/// `/bookmarks`.
pub(super) async fn list(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> PageResult {
    let place = query.folder.parse().map_err(|_| AppError::NotFound)?;
    page(&reactions, &ctx, place, &query, ("", StatusCode::OK, &FieldErrors::default())).await
}

/// The page; `name` is a folder's name that was typed and is wrong.
async fn page(
    reactions: &Reactions,
    ctx: &PageContext,
    place: Place,
    query: &ListQuery,
    (name, status, errors): (&str, StatusCode, &FieldErrors),
) -> PageResult {
    let (member, t) = (ctx.viewer.require()?.id, &ctx.t);
    let folders = store::folders(&reactions.store, member).await?;
    let open = match place {
        Place::In(id) => Some(folders.folders.iter().find(|f| f.id == id).ok_or(AppError::NotFound)?),
        _ => None,
    };
    let wanted = Wanted { place, words: query.q.trim().to_owned() };
    let found = reactions.bookmarks(member, &wanted, query.before.parse().ok(), PER_PAGE).await?;
    let row = |kept: Kept| Row {
        url: kept.post.url(),
        lang: kept.post.language.to_string(),
        when: t.ago(kept.bookmark.at),
        folder: kept
            .bookmark
            .placing
            .folder
            .filter(|_| place == Place::Anywhere)
            .and_then(|id| folders.folders.iter().find(|f| f.id == id))
            .map(|f| f.name.clone()),
        kept,
    };
    let template = ListTemplate {
        t,
        tabs: tabs(t, &folders, place),
        query,
        here: list_url(place, &wanted.words, query.before.parse().ok()),
        rows: found.items.into_iter().map(row).collect(),
        older: found.next.map(|next| list_url(place, &wanted.words, Some(next))),
        open,
        typed: open.filter(|_| name.is_empty()).map_or(name, |f| &f.name),
        errors,
    };
    Ok(ctx.page().title(t.s("reactions-bookmarks")).noindex().status(status).render(&template))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FolderForm {
    #[serde(rename = "do")]
    what: String,
    name: String,
}

/// A refused form as it is shown again: what is wrong, beside its field.
fn refusal(error: ReactionError, ctx: &PageContext) -> Result<(StatusCode, FieldErrors), AppError> {
    match AppError::from(error) {
        AppError::Invalid(errors) => Ok((StatusCode::UNPROCESSABLE_ENTITY, FieldErrors::new(&errors, &ctx.t))),
        other => Err(other),
    }
}

/// Makes a folder.
pub(super) async fn create_folder(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Form(form): Form<FolderForm>,
) -> PageResult {
    match reactions.create_folder(ctx.viewer.require()?.id, &form.name).await {
        Ok(id) => Ok(back("", "", &list_url(Place::In(id), "", None))),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            page(&reactions, &ctx, Place::Anywhere, &ListQuery::default(), (&form.name, status, &errors)).await
        }
    }
}

/// Renames a folder, or deletes it.
pub(super) async fn change_folder(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Path(folder): Path<String>,
    Form(form): Form<FolderForm>,
) -> PageResult {
    let member = ctx.viewer.require()?.id;
    let folder: FolderId = folder.parse().map_err(|_| AppError::NotFound)?;
    if form.what == "delete" {
        reactions.delete_folder(member, folder).await?;
        return Ok(back("", "", "/bookmarks"));
    }
    let here = Place::In(folder);
    match reactions.rename_folder(member, folder, &form.name).await {
        Ok(()) => Ok(back("", "", &list_url(here, "", None))),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            let query = ListQuery { folder: here.to_string(), ..ListQuery::default() };
            page(&reactions, &ctx, here, &query, (&form.name, status, &errors)).await
        }
    }
}

#[derive(Template)]
#[template(path = "reactions/bookmark.html")]
struct FormTemplate<'a> {
    t: &'a Texts,
    post: Option<&'a PostView>,
    id: String,
    folders: &'a [Folder],
    folder: String,
    unsorted: &'static str,
    note: &'a str,
    next: &'a str,
    errors: &'a FieldErrors,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlacingForm {
    #[serde(rename = "do")]
    what: String,
    folder: String,
    note: String,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FormQuery {
    next: String,
}

async fn placing_page(
    reactions: &Reactions,
    ctx: &PageContext,
    given: &str,
    form: &PlacingForm,
    (status, errors): (StatusCode, &FieldErrors),
) -> PageResult {
    let (member, id) = (ctx.viewer.require()?.id, post_of(given)?);
    let folders = store::folders(&reactions.store, member).await?;
    let post = reactions.posts.posts(&[id]).await?.remove(&id);
    let template = FormTemplate {
        t: &ctx.t,
        post: post.as_ref(),
        id: id.to_string(),
        folders: &folders.folders,
        folder: form.folder.clone(),
        unsorted: UNSORTED,
        note: &form.note,
        next: &form.next,
        errors,
    };
    Ok(ctx.page().title(ctx.t.s("reactions-bookmark")).noindex().status(status).render(&template))
}

/// Where a bookmark lies and what was noted, to be changed.
pub(super) async fn form(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Path(given): Path<String>,
    ApiQuery(query): ApiQuery<FormQuery>,
) -> PageResult {
    let member = ctx.viewer.require()?.id;
    let bookmark = store::bookmark(&reactions.store, member, post_of(&given)?).await?.ok_or(AppError::NotFound)?;
    let Placing { folder, note } = bookmark.placing;
    let place = folder.map_or(Place::Unsorted, Place::In);
    let form = PlacingForm { folder: place.to_string(), note, next: query.next, ..PlacingForm::default() };
    placing_page(&reactions, &ctx, &given, &form, (StatusCode::OK, &FieldErrors::default())).await
}

/// Moves a bookmark and writes its note, or takes it away.
pub(super) async fn save(
    State(reactions): State<Reactions>,
    ctx: PageContext,
    Path(given): Path<String>,
    Form(form): Form<PlacingForm>,
) -> PageResult {
    let (member, post) = (ctx.viewer.require()?.id, post_of(&given)?);
    let place = format!("#post-{post}");
    if form.what == "remove" {
        reactions.unkeep(member, post).await?;
        return Ok(back(&form.next, &place, "/bookmarks"));
    }
    let folder = match form.folder.parse() {
        Ok(Place::In(id)) => Ok(Some(id)),
        Ok(Place::Anywhere | Place::Unsorted) => Ok(None),
        Err(_) => Err(ReactionError::field("folder", "reactions-fault-folder")),
    };
    let done = match folder {
        Ok(folder) => reactions.keep(member, post, Some(Placing { folder, note: form.note.clone() })).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(back(&form.next, &place, "/bookmarks")),
        Err(error) => {
            let (status, errors) = refusal(error, &ctx)?;
            placing_page(&reactions, &ctx, &given, &form, (status, &errors)).await
        }
    }
}
