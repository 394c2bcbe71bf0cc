//! Reading: cases and acts with the posts and people that they are about, all of a page at once.

use std::collections::{BTreeSet, HashMap};

use xinghe_core::messages::MessageView;
use xinghe_core::{ActId, AuthorCard, AuthorId, CaseId, PostId, PostView};

use crate::commands::{Done, Moderation};
use crate::error::ModerationError;
use crate::eye::Verdict;
use crate::model::{Act, Case, Keeper, Note, Queue, Reason, Report, Subject};
use crate::store::{self, CaseFilter};

/// The posts and people of a page.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    posts: HashMap<PostId, PostView>,
    people: HashMap<AuthorId, AuthorCard>,
}

impl Seen {
    pub(crate) fn post(&self, id: Option<PostId>) -> Option<&PostView> {
        id.and_then(|id| self.posts.get(&id))
    }

    pub(crate) fn person(&self, id: AuthorId) -> Option<&AuthorCard> {
        self.people.get(&id)
    }
}

/// A case in a list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub case: Case,
    pub reasons: Vec<Reason>,
}

/// A case with all that belongs to it.
#[derive(Debug)]
pub(crate) struct Whole {
    pub case: Case,
    pub reports: Vec<Report>,
    pub notes: Vec<Note>,
    pub acts: Vec<Act>,
    /// What was done about the member so far, elsewhere.
    pub record: Vec<Act>,
    /// The private message that it is about, as far as it is still there.
    pub message: Option<MessageView>,
    pub seen: Seen,
}

/// A part of a list, and where the next one begins.
#[derive(Debug)]
pub(crate) struct Part<T, C> {
    pub items: Vec<T>,
    pub next: Option<C>,
}

impl<T, C> Part<T, C> {
    /// Cuts a list that was asked for with one more than wanted.
    fn cut(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> C) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

impl Moderation {
    /// Posts (those not to be seen, too, where `any`) and people, as far as they are there.
    pub(crate) async fn seen(
        &self,
        posts: impl IntoIterator<Item = PostId>,
        people: impl IntoIterator<Item = AuthorId>,
        any: bool,
    ) -> Done<Seen> {
        let posts: Vec<PostId> = posts.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let people: Vec<AuthorId> =
            people.into_iter().filter(|p| p.raw() > 0).collect::<BTreeSet<_>>().into_iter().collect();
        let mut seen = Seen::default();
        if !posts.is_empty() {
            seen.posts = if any { self.posts.any(&posts).await? } else { self.posts.posts(&posts).await? };
        }
        if !people.is_empty() {
            seen.people = self.authors.cards(&people).await?;
        }
        Ok(seen)
    }

    /// Some cases of a queue.
    pub(crate) async fn cases(
        &self,
        by: Keeper,
        (queue, reason): (Queue, Option<Reason>),
        after: Option<CaseId>,
        limit: usize,
    ) -> Done<(Part<Listed, CaseId>, Seen)> {
        let filter = CaseFilter { queue, reason, keeper: by.id, after, limit: limit + 1 };
        let part = Part::cut(store::cases(&self.store, filter).await?, limit, |c| c.id);
        let ids: Vec<CaseId> = part.items.iter().map(|c| c.id).collect();
        let mut reasons = store::reasons(&self.store, &ids).await?;
        let posts = part.items.iter().filter_map(|c| c.subject.post());
        let people = part.items.iter().flat_map(|c| c.taken_by.into_iter().chain([c.member]));
        let seen = self.seen(posts, people, true).await?;
        let listed = |case: Case| Listed { reasons: reasons.remove(&case.id).unwrap_or_default(), case };
        Ok((Part { items: part.items.into_iter().map(listed).collect(), next: part.next }, seen))
    }

    /// How many cases wait: for a decision, for a second moderator, for an answer to an appeal.
    ///
    /// # Errors
    /// The database.
    pub async fn waiting(&self) -> Done<[i64; 3]> {
        Ok(store::counts(&self.store).await?)
    }

    /// A case with all that belongs to it.
    pub(crate) async fn whole(&self, id: CaseId) -> Done<Whole> {
        let case = store::case(&self.store, id).await?.ok_or(ModerationError::NotFound)?;
        let reports = store::reports(&self.store, id).await?;
        let notes = store::notes(&self.store, id).await?;
        let acts = store::acts(&self.store, id).await?;
        let mut record = store::of_member(&self.store, case.member).await?;
        record.retain(|a| a.case != id);
        let posts = case.subject.post().into_iter().chain(record.iter().filter_map(|a| a.post));
        let part = |a: &Act| {
            let appeal = a.appeal.as_ref().and_then(|p| p.decided_by);
            [Some(a.by), a.confirmed_by, a.ended_by, appeal].into_iter().flatten()
        };
        let people = [case.member]
            .into_iter()
            .chain(case.taken_by)
            .chain(reports.iter().map(|r| r.by))
            .chain(notes.iter().map(|n| n.by))
            .chain(acts.iter().flat_map(part));
        let seen = self.seen(posts, people, true).await?;
        let message = self.reported_message(&case).await?;
        Ok(Whole { case, reports, notes, acts, record, message, seen })
    }

    /// Verdicts of the local eye, the latest post first: all, or those from which something would follow; with where
    /// the next part begins.
    pub(crate) async fn verdicts(
        &self,
        all: bool,
        before: Option<PostId>,
        limit: usize,
    ) -> Done<(Vec<Verdict>, Option<PostId>, Seen)> {
        let part = Part::cut(store::verdicts(&self.store, !all, before, limit + 1).await?, limit, |v| v.post);
        let seen = self.seen(part.items.iter().map(|v| v.post), part.items.iter().map(|v| v.member), true).await?;
        Ok((part.items, part.next, seen))
    }

    /// The public log.
    pub(crate) async fn log(&self, before: Option<ActId>, limit: usize) -> Done<(Part<Act, ActId>, Seen)> {
        let part = Part::cut(store::log(&self.store, before, limit + 1).await?, limit, |a| a.id);
        // Only what is to be seen is named, and only who was kept from writing, which everybody notices.
        let people = part.items.iter().filter(|a| a.measure.silences()).map(|a| a.member);
        let seen = self.seen(part.items.iter().filter_map(|a| a.post), people, false).await?;
        Ok((part, seen))
    }

    /// What was done about a member, the latest first, with the posts that it was about.
    pub(crate) async fn done_about(&self, member: AuthorId) -> Done<(Vec<Act>, Seen)> {
        let acts = store::of_member(&self.store, member).await?;
        let seen = self.seen(acts.iter().filter_map(|a| a.post), [], true).await?;
        Ok((acts, seen))
    }

    /// An act about this member.
    pub(crate) async fn about(&self, member: AuthorId, act: ActId) -> Done<(Act, Seen)> {
        let (acts, seen) = self.done_about(member).await?;
        let act = acts.into_iter().find(|a| a.id == act).ok_or(ModerationError::NotFound)?;
        Ok((act, seen))
    }

    /// What a member reported, the latest first.
    pub(crate) async fn reported_by(&self, member: AuthorId) -> Done<(Vec<(Report, Case)>, Seen)> {
        let reports = store::reports_by(&self.store, member).await?;
        let posts = reports.iter().filter_map(|(_, c)| c.subject.post());
        let people = reports.iter().filter_map(|(_, c)| match c.subject {
            Subject::Member(member) => Some(member),
            Subject::Post(_) | Subject::Message(_) => None,
        });
        let seen = self.seen(posts, people, false).await?;
        Ok((reports, seen))
    }
}
