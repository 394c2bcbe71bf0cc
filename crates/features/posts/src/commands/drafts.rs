//! What members do with their drafts. None of it appends an event: a draft is its owner's alone, and the log is read
//! by everybody else. What a draft becomes is told in the transaction in which it becomes it.

use xinghe_core::content::{PostKind, Provenance};
use xinghe_core::id::{AuthorId, DraftId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{JobRequest, Store, UnitOfWork};

use super::{CommandError, CommandResult, Written, create_in, edit_in, locked};
use crate::model::{
    AHEAD_MS, Actor, DRAFT_NAME_MAX, DRAFTS_MAX, Draft, Fault, FieldError, KeptDraft, Typed, check, is_written_here,
    may_edit,
};
use crate::store;

/// The kind of the job that publishes a draft whose time has come.
pub const PUBLISH: &str = "posts.publish";
const EXCERPT: usize = 160;

/// What a new draft is made of.
#[derive(Debug, Clone)]
pub struct NewDraft {
    /// What it is to become.
    pub kind: PostKind,
    /// Of a change to a post: which, and the revision it starts from.
    pub change: Option<(PostId, RevisionId)>,
    /// What its form or program calls it: the same again is the same draft.
    pub name: Option<String>,
    /// What was typed.
    pub typed: Typed,
}

fn wrong(field: &'static str, fault: Fault) -> CommandError {
    CommandError::Invalid(vec![FieldError { field, fault }])
}

/// Holds all drafts of a member until the unit of work ends.
async fn hold(unit: &mut UnitOfWork, owner: AuthorId) -> CommandResult<()> {
    Ok(unit.lock(&format!("posts.drafts.{owner}")).await?)
}

fn changed(draft: &KeptDraft) -> CommandError {
    match draft.published {
        Some((post, _)) => CommandError::Published(post),
        None => CommandError::DraftChanged { draft: draft.id, version: draft.version },
    }
}

fn excerpt(typed: &Typed) -> String {
    xinghe_text::excerpt(&typed.body, EXCERPT)
}

fn checked_name(name: Option<&str>) -> CommandResult<Option<&str>> {
    let Some(name) = name.filter(|n| !n.is_empty()) else { return Ok(None) };
    let plain = name.len() <= DRAFT_NAME_MAX && name.bytes().all(|b| b.is_ascii_graphic());
    if plain { Ok(Some(name)) } else { Err(wrong("name", Fault::TooLong { max: DRAFT_NAME_MAX })) }
}

/// Keeps a new draft. The same name with the same fields again is the draft that is there.
///
/// # Errors
/// A field is too long, there are too many drafts, the post to be changed is not the actor's, there is a draft of this
/// change or with this name already and it differs, or it was published.
pub async fn keep(store: &Store, actor: Actor, new: NewDraft) -> CommandResult<KeptDraft> {
    let typed = new.typed.kept().map_err(CommandError::Invalid)?;
    let name = checked_name(new.name.as_deref())?;
    if !is_written_here(new.kind) || (new.kind.is_reply() && new.change.is_none()) {
        return Err(CommandError::WrongPlace);
    }
    let mut unit = store.begin().await?;
    hold(&mut unit, actor.id).await?;
    let named = match name {
        Some(name) => store::draft_named(&unit, actor.id, name).await?,
        None => None,
    };
    let mut known = named;
    let mut kind = new.kind;
    if let Some((post, _)) = new.change {
        let before = locked(&mut unit, post).await?;
        if !may_edit(Some(actor), &before.view) {
            return Err(CommandError::Forbidden);
        }
        kind = before.view.kind;
        known = known.or(store::draft_of(&unit, actor.id, post).await?);
    }
    if let Some(known) = known {
        let same = known.typed == typed && known.published.is_none() && !known.dropped;
        return if same { Ok(known) } else { Err(changed(&known)) };
    }
    if store::count_drafts(&unit, actor.id).await? >= DRAFTS_MAX {
        return Err(CommandError::TooManyDrafts);
    }
    let draft = KeptDraft {
        id: store.ids().next().into(),
        owner: actor.id,
        kind,
        change: new.change,
        excerpt: excerpt(&typed),
        typed,
        version: 1,
        updated_at: store.now(),
        publish_at: None,
        failed: None,
        published: None,
        dropped: false,
    };
    store::insert_draft(&mut unit, &draft, name).await?;
    unit.commit().await?;
    Ok(draft)
}

/// An open draft of this owner's, held against other changes.
async fn open(unit: &mut UnitOfWork, owner: AuthorId, id: DraftId, expected: Option<u32>) -> CommandResult<KeptDraft> {
    hold(unit, owner).await?;
    let draft = store::draft(unit, owner, id).await?.filter(|d| !d.dropped).ok_or(CommandError::NotFound)?;
    if draft.published.is_some() || expected.is_some_and(|e| e != draft.version) {
        return Err(changed(&draft));
    }
    Ok(draft)
}

/// Writes what a draft holds now; `expected` is the version that the change started from. What is scheduled must stay
/// fit to be published.
///
/// # Errors
/// There is no such draft of this owner's, it changed meanwhile, it was published, or a field is wrong.
pub async fn save(
    store: &Store,
    owner: AuthorId,
    (id, expected): (DraftId, u32),
    kind: PostKind,
    typed: Typed,
) -> CommandResult<KeptDraft> {
    let typed = typed.kept().map_err(CommandError::Invalid)?;
    let mut unit = store.begin().await?;
    let mut draft = open(&mut unit, owner, id, Some(expected)).await?;
    let kind = if draft.change.is_some() { draft.kind } else { kind };
    if !is_written_here(kind) || (kind.is_reply() && draft.change.is_none()) {
        return Err(CommandError::WrongPlace);
    }
    if draft.publish_at.is_some() {
        check(kind, &typed.draft(), Provenance::Human).map_err(CommandError::Invalid)?;
    }
    if draft.typed == typed && draft.kind == kind {
        return Ok(draft);
    }
    draft.excerpt = excerpt(&typed);
    (draft.kind, draft.typed, draft.failed) = (kind, typed, None);
    draft.version = draft.version.saturating_add(1);
    draft.updated_at = store.now();
    store::update_draft(&mut unit, &draft).await?;
    unit.commit().await?;
    Ok(draft)
}

/// Throws a draft away. For 30 days it can be brought back.
///
/// # Errors
/// There is no such draft of this owner's.
pub async fn discard(store: &Store, owner: AuthorId, id: DraftId) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    open(&mut unit, owner, id, None).await?;
    store::set_dropped(&mut unit, id, Some(store.now())).await?;
    Ok(unit.commit().await?)
}

/// Brings a draft back that was thrown away.
///
/// # Errors
/// There is no such draft of this owner's, or another draft of the same change was begun meanwhile.
pub async fn bring_back(store: &Store, owner: AuthorId, id: DraftId) -> CommandResult<KeptDraft> {
    let mut unit = store.begin().await?;
    hold(&mut unit, owner).await?;
    let mut draft = store::draft(&unit, owner, id).await?.ok_or(CommandError::NotFound)?;
    if !draft.dropped {
        return Ok(draft);
    }
    if let Some((post, _)) = draft.change
        && let Some(other) = store::draft_of(&unit, owner, post).await?
    {
        return Err(changed(&other));
    }
    store::set_dropped(&mut unit, id, None).await?;
    unit.commit().await?;
    (draft.dropped, draft.publish_at) = (false, None);
    Ok(draft)
}

/// What is published of a draft: its kind, and the fields as they are to appear.
#[derive(Debug, Clone)]
pub struct Final {
    /// The kind.
    pub kind: PostKind,
    /// The fields, with the members whom the text names.
    pub draft: Draft,
    /// Of a change: the revision it builds upon.
    pub base: Option<RevisionId>,
}

/// Publishes a draft, once: again, it answers the post that it became.
///
/// # Errors
/// There is no such draft of this owner's, it changed since `expected`, or what [`super::create`] and [`super::edit`]
/// refuse.
pub async fn publish(
    store: &Store,
    actor: Actor,
    (id, expected): (DraftId, Option<u32>),
    content: &Final,
) -> CommandResult<Written> {
    let mut unit = store.begin().await?;
    hold(&mut unit, actor.id).await?;
    if let Some(done) = store::draft(&unit, actor.id, id).await?.filter(|d| d.published.is_some()) {
        return after_all(unit, actor, &done, content).await;
    }
    let draft = open(&mut unit, actor.id, id, expected).await?;
    let written = become_post(&mut unit, actor, draft, content).await?;
    unit.commit().await?;
    Ok(written)
}

/// What is sent for a draft that was published: the same again is that post. Anything else was typed since, in a form
/// that stayed open, and is not to be lost: it is a post, or a change, of its own.
async fn after_all(mut unit: UnitOfWork, actor: Actor, done: &KeptDraft, content: &Final) -> CommandResult<Written> {
    if let Some((post, revision)) = done.published
        && let Some(there) = store::details(&unit, &[post]).await?.remove(&post)
    {
        let sent = check(content.kind, &content.draft, Provenance::Human).map_err(CommandError::Invalid)?;
        if there.view.body == sent.body && (sent.title.is_empty() || there.view.title == sent.title) {
            return Ok(Written { post, revision });
        }
    }
    let written = match done.change {
        Some((post, base)) => edit_in(&mut unit, actor, (post, content.base.unwrap_or(base)), &content.draft).await?,
        None => create_in(&mut unit, actor, (content.kind, None), &content.draft).await?,
    };
    unit.commit().await?;
    Ok(written)
}

async fn become_post(
    unit: &mut UnitOfWork,
    actor: Actor,
    mut draft: KeptDraft,
    content: &Final,
) -> CommandResult<Written> {
    let written = match draft.change {
        Some((post, base)) => edit_in(unit, actor, (post, content.base.unwrap_or(base)), &content.draft).await?,
        None => create_in(unit, actor, (content.kind, None), &content.draft).await?,
    };
    draft.typed = Typed::default();
    draft.excerpt = String::new();
    (draft.published, draft.publish_at, draft.failed) = (Some((written.post, written.revision)), None, None);
    draft.updated_at = unit.store().now();
    store::update_draft(unit, &draft).await?;
    Ok(written)
}

/// Publishes what a form holds that may have been kept as a draft of this name meanwhile, or will be by a request that
/// is still on its way: it is published once, and the draft is done with.
///
/// # Errors
/// What [`super::create`] refuses.
pub async fn publish_named(store: &Store, actor: Actor, name: &str, content: &Final) -> CommandResult<Written> {
    let Some(name) = checked_name(Some(name))? else {
        return super::create(store, actor, content.kind, None, &content.draft).await;
    };
    let mut unit = store.begin().await?;
    hold(&mut unit, actor.id).await?;
    let written = match store::draft_named(&unit, actor.id, name).await? {
        Some(done) if done.published.is_some() => return after_all(unit, actor, &done, content).await,
        Some(draft) => become_post(&mut unit, actor, draft, content).await?,
        None => {
            let written = create_in(&mut unit, actor, (content.kind, None), &content.draft).await?;
            let done = KeptDraft {
                id: store.ids().next().into(),
                owner: actor.id,
                kind: content.kind,
                change: None,
                typed: Typed::default(),
                excerpt: String::new(),
                version: 1,
                updated_at: store.now(),
                publish_at: None,
                failed: None,
                published: Some((written.post, written.revision)),
                dropped: false,
            };
            store::insert_draft(&mut unit, &done, Some(name)).await?;
            written
        }
    };
    unit.commit().await?;
    Ok(written)
}

/// Has a draft of a new post published at a moment.
///
/// # Errors
/// There is no such draft of this owner's, it is a change to a post, it could not be published as it is, or the moment
/// is past or too far.
pub async fn schedule(store: &Store, actor: Actor, id: DraftId, at: Timestamp) -> CommandResult<KeptDraft> {
    let mut unit = store.begin().await?;
    let mut draft = open(&mut unit, actor.id, id, None).await?;
    if draft.change.is_some() {
        return Err(CommandError::WrongPlace);
    }
    let now = store.now();
    if at <= now || at > now.plus_millis(AHEAD_MS) {
        return Err(wrong("publish_at", Fault::NotAhead));
    }
    check(draft.kind, &draft.typed.draft(), Provenance::Human).map_err(CommandError::Invalid)?;
    (draft.publish_at, draft.failed) = (Some(at), None);
    store::update_draft(&mut unit, &draft).await?;
    unit.enqueue(&JobRequest::new(PUBLISH, &serde_json::json!({ "draft": id })).at(at)).await?;
    unit.commit().await?;
    Ok(draft)
}

/// Takes a draft off the timetable; one that is not on it stays as it is.
///
/// # Errors
/// There is no such draft of this owner's.
pub async fn unschedule(store: &Store, actor: Actor, id: DraftId) -> CommandResult<KeptDraft> {
    let mut unit = store.begin().await?;
    let mut draft = open(&mut unit, actor.id, id, None).await?;
    draft.publish_at = None;
    store::update_draft(&mut unit, &draft).await?;
    unit.commit().await?;
    Ok(draft)
}

/// Publishes a draft whose time has come, as `content`; where its time is not now, nothing happens. What cannot be
/// published stays a draft and says why. `version` is that of the draft that `content` was made from.
///
/// # Errors
/// It changed since `version`, and the database.
pub async fn publish_due(
    store: &Store,
    owner: AuthorId,
    id: DraftId,
    version: u32,
    content: &Final,
) -> CommandResult<()> {
    // What a schedule publishes is the owner's own, so no more is needed than to be its owner.
    let actor = Actor { id: owner, moderates: false };
    let mut unit = store.begin().await?;
    let Some(draft) = due(&mut unit, owner, id, version).await? else { return Ok(()) };
    let why = match become_post(&mut unit, actor, draft, content).await {
        Ok(_) => return Ok(unit.commit().await?),
        Err(CommandError::Invalid(errors)) => errors.first().map_or("place", |e| e.field),
        Err(CommandError::Known(_)) => "story",
        Err(error @ (CommandError::Store(_) | CommandError::DraftChanged { .. })) => return Err(error),
        Err(_) => "place",
    };
    // Nothing of the attempt stays.
    unit.rollback().await?;
    fail_due(store, owner, id, version, why).await
}

/// Notes why a draft was not published when its time had come: it waits for its owner.
///
/// # Errors
/// It changed since `version`, and the database.
pub async fn fail_due(store: &Store, owner: AuthorId, id: DraftId, version: u32, why: &str) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    let Some(mut draft) = due(&mut unit, owner, id, version).await? else { return Ok(()) };
    (draft.publish_at, draft.failed) = (None, Some(why.to_owned()));
    store::update_draft(&mut unit, &draft).await?;
    Ok(unit.commit().await?)
}

async fn due(unit: &mut UnitOfWork, owner: AuthorId, id: DraftId, version: u32) -> CommandResult<Option<KeptDraft>> {
    hold(unit, owner).await?;
    let now = unit.store().now();
    let open = |d: &KeptDraft| d.published.is_none() && !d.dropped && d.publish_at.is_some_and(|at| at <= now);
    match store::draft(unit, owner, id).await?.filter(open) {
        Some(draft) if draft.version != version => Err(changed(&draft)),
        other => Ok(other),
    }
}
