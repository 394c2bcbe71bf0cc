//! Taking away the words of a member who leaves and wants none to stay.
//!
//! A post goes out of sight with what hangs on it, as with any deletion, and its words leave every table. A question
//! that others answered stays, for their answers: only the asker's words go.

use serde::{Deserialize, Serialize};
use xinghe_core::content::PostKind;
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::lang::LangTag;
use xinghe_store::{JobRequest, Queries as _, Store, StoreError, Unique, UnitOfWork, params};

use super::unaccept_answer;
use crate::store;

/// The kind of the job.
pub(crate) const LEAVE: &str = "posts.leave";
/// Posts of one transaction.
const STEP: usize = 20;

/// Who leaves.
#[derive(Serialize, Deserialize)]
pub(crate) struct Leave {
    pub member: AuthorId,
}

/// The job that takes a member's words away.
pub(crate) fn job(member: AuthorId) -> JobRequest {
    JobRequest::new(LEAVE, &Leave { member }).unique(Unique::WhileActive(member.to_string()))
}

/// Takes the words of some posts of a member's away, and of all series; answers how many posts.
pub(crate) async fn leave_some(store: &Store, member: AuthorId) -> Result<usize, StoreError> {
    let mut unit = store.begin().await?;
    let posts = store::to_leave(&unit, member, STEP).await?;
    for post in &posts {
        leave(&mut unit, member, *post).await?;
    }
    for series in store::delete_series_of(&mut unit, member).await? {
        unit.append(Some(member), &Event::SeriesDeleted { series, author: member }).await?;
    }
    unit.commit().await?;
    Ok(posts.len())
}

async fn leave(unit: &mut UnitOfWork, member: AuthorId, post: PostId) -> Result<(), StoreError> {
    let Some(head) = store::heads(unit, &[post]).await?.remove(&post) else { return Ok(()) };
    let root = PostId::from_raw(head.root);
    store::lock(unit, root).await?;
    let Some(detail) = store::any_details(unit, &[post]).await?.remove(&post) else { return Ok(()) };
    let at = unit.store().now();
    let seen = store::heads(unit, &[post]).await?.get(&post).is_some_and(store::Head::visible);
    let mut keep = None;
    if seen && detail.view.kind == PostKind::Question && answered_by_others(unit, post, member).await? {
        let revision: RevisionId = unit.store().ids().next().into();
        store::replace_words(unit, post, revision, words(&detail.view.language), at).await?;
        unit.append(Some(member), &Event::PostRevised { post, revision }).await?;
        // Answers bear their question's title, and are found by it.
        for (answer, revision) in store::answers(unit, post).await? {
            unit.append(Some(member), &Event::PostRevised { post: answer, revision }).await?;
        }
        keep = Some(revision);
    } else if seen {
        if detail.view.kind == PostKind::Answer && detail.view.accepted {
            unaccept_answer(unit, member, root, post).await?;
        }
        for gone in store::delete(unit, post, member, at).await? {
            unit.append(Some(member), &Event::PostDeleted { post: gone }).await?;
        }
    }
    store::purge(unit, post, keep, (member, at)).await?;
    store::mark_left(unit, post).await?;
    unit.append(Some(member), &Event::PostPurged { post }).await?;
    store::recount(unit, root).await
}

async fn answered_by_others(unit: &UnitOfWork, question: PostId, asker: AuthorId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS value FROM posts_post WHERE root = $1 AND kind = 'answer' AND author <> $2 \
               AND deleted_at IS NULL AND hidden_by IS NULL";
    Ok(unit.number(sql, params![question.raw(), asker.raw()]).await?.unwrap_or_default() > 0)
}

/// What stands in the place of a question's words, in the question's language.
fn words(language: &LangTag) -> (&'static str, &'static str) {
    match language.as_str() {
        "zh-Hant" | "zh-TW" | "zh-HK" => ("已刪除的提問", "提問者已離開並刪除了提問，回答仍保留在下方。"),
        _ if language.primary() == "zh" => ("已删除的提问", "提问者已离开并删除了提问，回答仍保留在下方。"),
        _ => ("Deleted question", "The asker left and deleted the question. The answers stay below."),
    }
}
