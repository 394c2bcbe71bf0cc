//! What people do with posts: check, change and append the event, in one transaction.

pub mod drafts;
pub(crate) mod leaving;
pub mod series;
mod stories;
mod twins;

pub use stories::{add_source, drop_source};
pub(crate) use twins::{publish_twins_answer, withdraw_twins_answer};

use xinghe_core::content::{Credit, CreditRole, PostKind, Provenance};
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, DraftId, PostId, RevisionId};
use xinghe_core::time::Timestamp;
use xinghe_store::{Store, StoreError, UnitOfWork};

use crate::model::{
    Actor, Checked, Draft, Fault, FieldError, Mention, ONCE_MS, PostDetail, UNDO_MS, check, is_own, is_written_here,
    may_edit,
};
use crate::store::{self, Head, NewPost, NewRevision};

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Some fields are wrong.
    #[error("some fields are wrong: {0:?}")]
    Invalid(Vec<FieldError>),
    /// There is no such post to be seen.
    #[error("no such post")]
    NotFound,
    /// It is not this person's to do.
    #[error("not allowed")]
    Forbidden,
    /// The post changed since the revision that the change started from.
    #[error("the post changed meanwhile: its current revision is {current}")]
    Conflict {
        /// The revision it has now.
        current: RevisionId,
    },
    /// The kind of post does not go there.
    #[error("a post of this kind cannot be made here")]
    WrongPlace,
    /// The story of a news is told already.
    #[error("the story is told already, by post {0}")]
    Known(PostId),
    /// A draft changed since the version that the change started from, or there is another draft of the same change.
    #[error("the draft changed meanwhile: its current version is {version}")]
    DraftChanged {
        /// The draft as it is now.
        draft: DraftId,
        /// Its version now.
        version: u32,
    },
    /// A series changed since the version that the change started from.
    #[error("the series changed meanwhile: its current version is {version}")]
    SeriesChanged {
        /// Its version now.
        version: u32,
    },
    /// The draft was published meanwhile.
    #[error("the draft was published as post {0}")]
    Published(PostId),
    /// The member has as many drafts as there can be.
    #[error("too many drafts")]
    TooManyDrafts,
    /// What was deleted can no longer be brought back by its author.
    #[error("the time to take the deletion back is over")]
    TooLate,
    /// Moderators locked the page: nobody else replies there.
    #[error("the page is locked")]
    Locked,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a command answers.
pub type CommandResult<T> = Result<T, CommandError>;

/// A post and its revision after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The post.
    pub post: PostId,
    /// Its current revision.
    pub revision: RevisionId,
}

/// Writes a new post; replies name the post they hang on.
///
/// # Errors
/// Fields are wrong, the parent is not to be seen, or this kind of post does not go there.
pub async fn create(
    store: &Store,
    actor: Actor,
    kind: PostKind,
    parent: Option<PostId>,
    draft: &Draft,
) -> CommandResult<Written> {
    let mut unit = store.begin().await?;
    let written = create_in(&mut unit, actor, (kind, parent), draft).await?;
    unit.commit().await?;
    Ok(written)
}

async fn create_in(
    unit: &mut UnitOfWork,
    actor: Actor,
    (kind, parent): (PostKind, Option<PostId>),
    draft: &Draft,
) -> CommandResult<Written> {
    if !is_written_here(kind) || kind.is_reply() != parent.is_some() {
        return Err(CommandError::WrongPlace);
    }
    let store = unit.store().clone();
    let content = check(kind, draft, Provenance::Human).map_err(CommandError::Invalid)?;
    let place = match parent {
        Some(parent) => Some(place_below(unit, actor, kind, parent).await?),
        None => None,
    };
    if let Some(quote) = content.quote
        && visible(unit, quote).await.is_err()
    {
        return Err(CommandError::Invalid(vec![FieldError { field: "quote", fault: Fault::Gone }]));
    }
    let at = store.now();
    if draft.once {
        unit.lock(&format!("posts.once.{}", actor.id)).await?;
        let since = Timestamp::from_millis(at.as_millis() - ONCE_MS);
        if let Some((post, revision)) = store::said_before(unit, actor.id, (kind, parent), &content, since).await? {
            return Ok(Written { post, revision });
        }
    }
    let (id, revision): (PostId, RevisionId) = (store.ids().next().into(), store.ids().next().into());
    let new = NewRevision { id: revision, post: id, number: 1, content: &content, author: Some(actor.id), at };
    store::insert_revisions(unit, &[new]).await?;
    let credits = vec![Credit { author: actor.id, role: CreditRole::Author }];
    store::put_credits(unit, &[(id, credits)], true).await?;
    store::put_tags(unit, &[(id, &content.tags)], true).await?;
    store::put_facts(unit, &[(id, &content.facts)], true).await?;
    let (mentions, quote) = (content.mentions.clone(), content.quote);
    if kind == PostKind::News
        && let Some(url) = &content.source_url
    {
        stories::claim(unit, id, url, (actor.id, at)).await?;
    }
    let post = NewPost { id, kind, place, content, author: actor.id, revision, published_at: at, at };
    store::insert_posts(unit, &[post]).await?;
    if let Some((_, _, root)) = place {
        store::recount(unit, root).await?;
    }
    let event = Event::PostPublished { post: id, revision, post_kind: kind, parent, author: actor.id };
    unit.append(Some(actor.id), &event).await?;
    name(unit, actor.id, (id, actor.id), &mentions).await?;
    if let Some(quoted) = quote {
        unit.append(Some(actor.id), &Event::PostQuoted { post: id, quoted }).await?;
    }
    Ok(Written { post: id, revision })
}

/// Stores whom a post names, and tells of those it did not name before.
async fn name(
    unit: &mut UnitOfWork,
    actor: AuthorId,
    (post, author): (PostId, AuthorId),
    mentions: &[Mention],
) -> Result<(), StoreError> {
    let mut members = store::put_mentions(unit, post, mentions).await?;
    members.retain(|m| *m != author);
    if !members.is_empty() {
        unit.append(Some(actor), &Event::MembersMentioned { post, members }).await?;
    }
    Ok(())
}

/// Where a reply to `parent` goes: directly, below comments, at last.
async fn place_below(
    unit: &mut UnitOfWork,
    actor: Actor,
    kind: PostKind,
    parent: PostId,
) -> CommandResult<(PostId, PostId, PostId)> {
    let above = visible(unit, parent).await?;
    let root = PostId::from_raw(above.root);
    store::lock(unit, root).await?;
    let above = visible(unit, parent).await?;
    if !actor.moderates && store::is_locked(unit, root).await? {
        return Err(CommandError::Locked);
    }
    if kind == PostKind::Answer && above.kind != PostKind::Question.as_str() {
        return Err(CommandError::WrongPlace);
    }
    let below_comment = above.kind == PostKind::Comment.as_str();
    let subject = if below_comment { above.subject.map_or(root, PostId::from_raw) } else { parent };
    Ok((parent, subject, root))
}

async fn head(unit: &UnitOfWork, post: PostId) -> CommandResult<Head> {
    store::heads(unit, &[post]).await?.remove(&post).ok_or(CommandError::NotFound)
}

async fn visible(unit: &UnitOfWork, post: PostId) -> CommandResult<Head> {
    let head = head(unit, post).await?;
    if head.visible() { Ok(head) } else { Err(CommandError::NotFound) }
}

/// A post in full, its page locked against other writers.
async fn locked(unit: &mut UnitOfWork, post: PostId) -> CommandResult<PostDetail> {
    let root = PostId::from_raw(visible(unit, post).await?.root);
    store::lock(unit, root).await?;
    store::details(unit, &[post]).await?.remove(&post).ok_or(CommandError::NotFound)
}

/// Writes a new revision. `expected` is the revision that the change started from. Where nothing differs, nothing
/// is written and the current revision is answered.
///
/// # Errors
/// Fields are wrong, the post is not to be seen or not the actor's to change, or it changed meanwhile.
pub async fn edit(
    store: &Store,
    actor: Actor,
    post: PostId,
    expected: RevisionId,
    draft: &Draft,
) -> CommandResult<Written> {
    let mut unit = store.begin().await?;
    let written = edit_in(&mut unit, actor, (post, expected), draft).await?;
    unit.commit().await?;
    Ok(written)
}

async fn edit_in(
    unit: &mut UnitOfWork,
    actor: Actor,
    (post, expected): (PostId, RevisionId),
    draft: &Draft,
) -> CommandResult<Written> {
    let store = unit.store().clone();
    let before = locked(unit, post).await?;
    if !may_edit(Some(actor), &before.view) {
        return Err(CommandError::Forbidden);
    }
    let content = check(before.view.kind, draft, before.view.provenance).map_err(CommandError::Invalid)?;
    if before.view.revision != expected {
        return Err(CommandError::Conflict { current: before.view.revision });
    }
    if same(&before, &content) {
        return Ok(Written { post, revision: expected });
    }
    let id: RevisionId = store.ids().next().into();
    let number = i32::try_from(before.revisions).unwrap_or(i32::MAX).saturating_add(1);
    let new = NewRevision { id, post, number, content: &content, author: Some(actor.id), at: store.now() };
    store::update_post(unit, post, &content, &new, None).await?;
    store::insert_revisions(unit, &[new]).await?;
    store::put_tags(unit, &[(post, &content.tags)], false).await?;
    store::put_facts(unit, &[(post, &content.facts)], false).await?;
    unit.append(Some(actor.id), &Event::PostRevised { post, revision: id }).await?;
    if before.view.kind == PostKind::Question && before.view.title != content.title {
        // Answers bear their question's title, and are found by it.
        for (answer, revision) in store::answers(unit, post).await? {
            unit.append(Some(actor.id), &Event::PostRevised { post: answer, revision }).await?;
        }
    }
    name(unit, actor.id, (post, before.view.author().unwrap_or(actor.id)), &content.mentions).await?;
    if before.view.kind == PostKind::News && before.view.source_url != content.source_url {
        stories::moved(unit, &before.view, content.source_url.as_deref(), (actor.id, store.now())).await?;
    }
    Ok(Written { post, revision: id })
}

fn same(before: &PostDetail, after: &Checked) -> bool {
    let v = &before.view;
    (v.kind.is_reply() || v.title == after.title)
        && v.body == after.body
        && v.tags == after.tags
        && v.language == after.language
        && v.licence == after.licence
        && v.source_url == after.source_url
        && v.provenance == after.provenance
        && before.original_url == after.original_url
        && before.facts == after.facts
}

/// Takes a post out of sight, with the replies that hang on it (replies to a comment stay).
///
/// # Errors
/// The post is not to be seen, or not the actor's to delete.
pub async fn delete(store: &Store, actor: Actor, post: PostId) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    let detail = locked(&mut unit, post).await?;
    if !is_own(actor, &detail.view) {
        return Err(CommandError::Forbidden);
    }
    if detail.view.kind == PostKind::Answer && detail.view.accepted {
        unaccept_answer(&mut unit, actor.id, detail.view.root, post).await?;
    }
    for gone in store::delete(&mut unit, post, actor.id, store.now()).await? {
        unit.append(Some(actor.id), &Event::PostDeleted { post: gone }).await?;
    }
    store::recount(&mut unit, detail.view.root).await?;
    unit.commit().await?;
    Ok(())
}

/// Shows a deleted post again, with the replies that vanished with it. Its author can do so for 30 days unless a
/// moderator deleted it; moderators always.
///
/// # Errors
/// The post is not deleted, hangs on a deleted one, or is not the actor's to bring back (any more).
pub async fn restore(store: &Store, actor: Actor, post: PostId) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    let root = PostId::from_raw(head(&unit, post).await?.root);
    store::lock(&mut unit, root).await?;
    let head = head(&unit, post).await?;
    may_restore(actor, &head, store.now())?;
    if store::is_left(&unit, post).await? {
        return Err(CommandError::TooLate);
    }
    for back in store::restore(&mut unit, post).await? {
        unit.append(Some(actor.id), &Event::PostRestored { post: back }).await?;
    }
    store::recount(&mut unit, root).await?;
    unit.commit().await?;
    Ok(())
}

/// Whether somebody can bring a deleted post back.
pub(crate) fn may_restore(actor: Actor, head: &Head, now: Timestamp) -> CommandResult<()> {
    let (Some(deleted_at), None) = (head.deleted_at, head.hidden_by) else { return Err(CommandError::NotFound) };
    if actor.moderates {
        return Ok(());
    }
    // To others a deleted post does not exist; its author learns that a moderator's deletion is not the author's to undo.
    if head.author != actor.id.raw() && head.deleted_by != Some(actor.id.raw()) {
        return Err(CommandError::NotFound);
    }
    if head.deleted_by != Some(actor.id.raw()) {
        return Err(CommandError::Forbidden);
    }
    if now.as_millis() - deleted_at > UNDO_MS {
        return Err(CommandError::TooLate);
    }
    Ok(())
}

/// Marks an answer as the one that solved its question; another one loses the mark.
///
/// # Errors
/// The question or answer is not to be seen, the answer belongs elsewhere, or the actor neither asked nor moderates.
pub async fn accept(store: &Store, actor: Actor, question: PostId, answer: PostId) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    let before = asked(&mut unit, actor, question).await?;
    let given = visible(&unit, answer).await?;
    if given.kind != PostKind::Answer.as_str() || given.root != question.raw() {
        return Err(CommandError::WrongPlace);
    }
    match before {
        Some(old) if old == answer => return Ok(()),
        Some(old) => unaccept_answer(&mut unit, actor.id, question, old).await?,
        None => {}
    }
    store::set_accepted(&mut unit, question, Some(answer)).await?;
    unit.append(Some(actor.id), &Event::AnswerAccepted { question, answer }).await?;
    unit.commit().await?;
    Ok(())
}

/// Takes the mark of the accepted answer back; without one it changes nothing.
///
/// # Errors
/// The question is not to be seen, or the actor neither asked nor moderates.
pub async fn unaccept(store: &Store, actor: Actor, question: PostId) -> CommandResult<()> {
    let mut unit = store.begin().await?;
    if let Some(answer) = asked(&mut unit, actor, question).await? {
        unaccept_answer(&mut unit, actor.id, question, answer).await?;
    }
    unit.commit().await?;
    Ok(())
}

/// Locks a question of the actor's and answers its accepted answer.
async fn asked(unit: &mut UnitOfWork, actor: Actor, question: PostId) -> CommandResult<Option<PostId>> {
    let detail = locked(unit, question).await?;
    if detail.view.kind != PostKind::Question {
        return Err(CommandError::WrongPlace);
    }
    if !may_edit(Some(actor), &detail.view) {
        return Err(CommandError::Forbidden);
    }
    Ok(detail.accepted_answer)
}

async fn unaccept_answer(
    unit: &mut UnitOfWork,
    actor: AuthorId,
    question: PostId,
    answer: PostId,
) -> Result<(), StoreError> {
    store::set_accepted(unit, question, None).await?;
    unit.append(Some(actor), &Event::AnswerUnaccepted { question, answer }).await?;
    Ok(())
}
