//! From events to lines. All that decides who is told follows from the log and from marks and tags that are kept
//! ([`reset`](EventReader::reset)), so that reading the log anew makes the same lines.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use xinghe_core::id::tag_id;
use xinghe_core::ports::Posts;
use xinghe_core::{AuthorId, Event, FollowKind, Measure, PostId, PostKind, Recorded};
use xinghe_store::{EventReader, JobRequest, ReaderError, StoreError, UnitOfWork};

use crate::jobs::SPREAD;
use crate::model::{DAY_MS, Kind};
use crate::store::{self, Cause, Known, Line, Pending};

/// A role that comes with the account is no news, in milliseconds after it.
const WITH_ACCOUNT_MS: i64 = 1_000;

/// Derives lines from events.
pub struct Teller {
    pub(crate) posts: Arc<dyn Posts>,
}

impl Teller {
    /// Asks these posts for their tags.
    pub fn new(posts: Arc<dyn Posts>) -> Self {
        Self { posts }
    }
}

#[async_trait]
impl EventReader for Teller {
    fn name(&self) -> &'static str {
        "notifications"
    }

    async fn apply(&self, events: &[Recorded], unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        store::lock(unit).await?;
        let tags = self.tags(events, unit).await?;
        let mut batch = Batch { unit, touched: BTreeSet::new(), spreads: false, tags };
        for recorded in events {
            batch.take(recorded).await?;
        }
        let Batch { unit, touched, spreads, .. } = batch;
        if let Some(last) = events.last() {
            store::set_looked_up(unit, last.position).await?;
        }
        store::pulse(unit, &touched).await?;
        if spreads {
            unit.enqueue(&JobRequest::new(SPREAD, &())).await?;
        }
        Ok(())
    }

    async fn reset(&self, unit: &mut UnitOfWork) -> Result<(), ReaderError> {
        Ok(store::reset(unit).await?)
    }
}

impl Teller {
    /// The tags of the posts that appear in these events, of those that were not looked up before: they may have
    /// changed since. Nobody is asked where no tag is followed.
    async fn tags(&self, events: &[Recorded], unit: &UnitOfWork) -> Result<HashMap<PostId, Vec<i64>>, ReaderError> {
        let follows = |r: &Recorded| matches!(r.event, Event::Followed { kind: FollowKind::Tag, on: true, .. });
        if !events.iter().any(follows) && !store::any_tag_followed(unit).await? {
            return Ok(HashMap::new());
        }
        let through = store::looked_up(unit).await?;
        let appeared = |r: &Recorded| match r.event {
            Event::PostPublished { post, post_kind, .. } if !post_kind.is_reply() => Some(post),
            _ => None,
        };
        let fresh: Vec<PostId> = events.iter().filter(|r| r.position > through).filter_map(appeared).collect();
        if fresh.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.posts.posts(&fresh).await.map_err(|e| ReaderError::Later(e.to_string()))?;
        Ok(found.into_iter().map(|(id, post)| (id, post.tags.iter().map(|t| tag_id(t)).collect())).collect())
    }
}

/// A batch being read.
struct Batch<'a> {
    unit: &'a mut UnitOfWork,
    /// Whom something concerned.
    touched: BTreeSet<AuthorId>,
    /// Whether followers are to be told.
    spreads: bool,
    /// The tags of posts that appear.
    tags: HashMap<PostId, Vec<i64>>,
}

/// Who did it, for the line.
fn actor(recorded: &Recorded) -> i64 {
    recorded.actor.map_or(0, AuthorId::raw)
}

/// A line about a post.
fn about(kind: Kind, post: PostId) -> Line {
    Line { kind, subject: post.raw(), post: post.raw() }
}

/// A line about something else.
fn plain(kind: Kind, subject: i64) -> Line {
    Line { kind, subject, post: 0 }
}

impl Batch<'_> {
    async fn take(&mut self, r: &Recorded) -> Result<(), StoreError> {
        match &r.event {
            Event::MemberRegistered { member } => store::register(self.unit, *member, r.at).await?,
            Event::MemberErased { member } => {
                store::erase(self.unit, *member).await?;
                self.touched.remove(member);
            }
            Event::AuthorClaimed { author, member } => {
                store::claim(self.unit, *author, *member, r.position).await?;
                if r.actor != Some(*member) {
                    let cause = self.cause(r, 0, r.position.seq, 0);
                    self.tell(plain(Kind::Claim, author.raw()), &[*member], cause).await?;
                }
            }
            Event::RoleChanged { member } => self.role(r, *member).await?,
            Event::WayInAdded { member, .. } => {
                // Told although it was the member's own doing: it may not have been.
                let cause = self.cause(r, 0, r.position.seq, 0);
                self.tell(plain(Kind::WayIn, 0), &[*member], cause).await?;
            }
            Event::PostPublished { post, post_kind, parent, author, .. } => {
                self.published(r, *post, (*post_kind, *parent, *author)).await?;
            }
            Event::PostRevised { post, revision } => self.revised(r, *post, revision.raw()).await?,
            Event::MembersMentioned { post, members } => self.mentioned(r, *post, members).await?,
            Event::PostQuoted { post, quoted } => {
                let by = store::known(self.unit, *post).await?.map_or(actor(r), |p| p.author.raw());
                self.tell_author(r, about(Kind::Quoted, *quoted), *quoted, (by, post.raw(), post.raw())).await?;
            }
            Event::StorySourceAdded { post } => {
                let of = (actor(r), r.position.seq, post.raw());
                self.tell_author(r, about(Kind::Source, *post), *post, of).await?;
            }
            Event::PostDeleted { post } => store::gone(self.unit, *post, true).await?,
            Event::PostRestored { post } => store::gone(self.unit, *post, false).await?,
            Event::AnswerAccepted { answer, .. } => {
                let of = (actor(r), answer.raw(), answer.raw());
                self.tell_author(r, about(Kind::Accepted, *answer), *answer, of).await?;
            }
            Event::AnswerUnaccepted { answer, .. } => {
                self.take_back(about(Kind::Accepted, *answer), *answer, answer.raw()).await?;
            }
            Event::PostVoted { post, by, value } => {
                let line = about(Kind::Useful, *post);
                if *value > 0 {
                    self.tell_author(r, line, *post, (by.raw(), by.raw(), post.raw())).await?;
                } else {
                    self.take_back(line, *post, by.raw()).await?;
                }
            }
            Event::PostThanked { post, by, to } => {
                let cause = self.cause(r, by.raw(), by.raw(), post.raw());
                self.tell(about(Kind::Thanked, *post), &[*to], cause).await?;
            }
            // Who did it is nobody's business: moderators speak for the community.
            Event::Moderated { act, member, measure, on, .. } if *measure != Measure::Nothing => {
                let line = if *on { Kind::Moderated } else { Kind::Lifted };
                let cause = self.cause(r, 0, act.raw(), 0);
                self.tell(plain(line, act.raw()), &[*member], cause).await?;
            }
            Event::AppealDecided { act, member, granted: false } => {
                let cause = self.cause(r, 0, act.raw(), 0);
                self.tell(plain(Kind::Upheld, act.raw()), &[*member], cause).await?;
            }
            Event::ReportsAnswered { case, members } => {
                let cause = self.cause(r, 0, case.raw(), 0);
                self.tell(plain(Kind::Reported, case.raw()), members, cause).await?;
            }
            Event::MessageSent { conversation, message, from, to } => {
                let cause = self.cause(r, from.raw(), message.raw(), 0);
                self.tell(plain(Kind::Message, conversation.raw()), to, cause).await?;
            }
            // What was read where it stands need not be read here.
            Event::MessagesRead { conversation, by } => {
                let line = (Kind::Message, conversation.raw());
                let marked = store::mark_one(self.unit, *by, line, r.at).await?;
                if marked > 0 {
                    self.touched.insert(*by);
                }
            }
            Event::MemberBlocked { by, member, on } => store::set_block(self.unit, *by, *member, *on).await?,
            Event::Followed { by, kind, id, on } => self.followed(r, *by, (*kind, *id), *on).await?,
            Event::AnswerGiven { answer, asker, abstained: false, citations, .. } => {
                let day = r.at.as_millis().div_euclid(DAY_MS);
                let mut told = BTreeSet::new();
                for c in citations {
                    // Who asked is nobody's business: the line names no one.
                    if *asker != Some(c.author) && told.insert(c.author) {
                        let cause = self.cause(r, 0, answer.raw(), c.post.raw());
                        let author = self.now(c.post, c.author).await?;
                        self.tell(plain(Kind::Cited, day), &[author], cause).await?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn cause(&self, r: &Recorded, actor: i64, item: i64, post: i64) -> Cause {
        Cause { actor, item, post, at: r.at, position: r.position }
    }

    async fn tell(&mut self, line: Line, members: &[AuthorId], cause: Cause) -> Result<(), StoreError> {
        for member in members {
            if store::again(self.unit, line, *member, cause.item).await? {
                self.touched.insert(*member);
            }
        }
        let told = store::tell(self.unit, line, members, cause).await?;
        self.touched.extend(told);
        Ok(())
    }

    /// Tells a post's author.
    async fn tell_author(
        &mut self,
        r: &Recorded,
        line: Line,
        post: PostId,
        (actor, item, leads_to): (i64, i64, i64),
    ) -> Result<(), StoreError> {
        let Some(known) = store::known(self.unit, post).await? else { return Ok(()) };
        let cause = self.cause(r, actor, item, leads_to);
        self.tell(line, &[known.author], cause).await
    }

    async fn take_back(&mut self, line: Line, post: PostId, item: i64) -> Result<(), StoreError> {
        if let Some(known) = store::known(self.unit, post).await?
            && store::take_back(self.unit, line, known.author, item, true).await?
        {
            self.touched.insert(known.author);
        }
        Ok(())
    }

    /// The author of a post as things are now: work may have been claimed since the answer was given.
    async fn now(&mut self, post: PostId, cited: AuthorId) -> Result<AuthorId, StoreError> {
        Ok(store::known(self.unit, post).await?.map_or(cited, |p| p.author))
    }

    async fn role(&mut self, r: &Recorded, member: AuthorId) -> Result<(), StoreError> {
        let since = store::registered_at(self.unit, member).await?;
        if since.is_some_and(|s| r.at.as_millis() - s.as_millis() > WITH_ACCOUNT_MS) {
            let cause = self.cause(r, actor(r), r.position.seq, 0);
            self.tell(plain(Kind::Role, 0), &[member], cause).await?;
        }
        Ok(())
    }

    async fn published(
        &mut self,
        r: &Recorded,
        post: PostId,
        (kind, parent, author): (PostKind, Option<PostId>, AuthorId),
    ) -> Result<(), StoreError> {
        let above = match parent {
            Some(parent) => store::known(self.unit, parent).await?,
            None => None,
        };
        let top = match (kind, parent, above) {
            (PostKind::Comment, Some(_), Some(a)) if a.kind == PostKind::Comment => a.top,
            (PostKind::Comment, Some(parent), _) => parent,
            _ => post,
        };
        let known = Known { kind, author, parent: parent.map_or(0, PostId::raw), top };
        if !store::publish(self.unit, post, known).await? {
            return Ok(());
        }
        let (Some(parent), Some(above)) = (parent, above) else {
            return if kind.is_reply() { Ok(()) } else { self.appeared(r, post, author).await };
        };
        let cause = self.cause(r, author.raw(), post.raw(), post.raw());
        let line = if kind == PostKind::Answer { Kind::Answer } else { Kind::Comment };
        self.tell(about(line, parent), &[above.author], cause).await?;
        if kind == PostKind::Answer {
            self.spread(r, (FollowKind::Post, parent.raw()), above.author, (author.raw(), post.raw(), post.raw()))
                .await?;
        } else if top != parent
            && let Some(subject) = store::known(self.unit, top).await?
            && subject.author != above.author
        {
            self.tell(about(line, top), &[subject.author], cause).await?;
        }
        Ok(())
    }

    /// Followers of the author and of the tags are told of a new post.
    async fn appeared(&mut self, r: &Recorded, post: PostId, author: AuthorId) -> Result<(), StoreError> {
        let of = (author.raw(), post.raw(), post.raw());
        self.spread(r, (FollowKind::Member, author.raw()), author, of).await?;
        if let Some(tags) = self.tags.remove(&post).filter(|tags| !tags.is_empty()) {
            store::keep_topics(self.unit, post, &tags).await?;
        }
        for tag in store::topics(self.unit, post).await? {
            self.spread(r, (FollowKind::Tag, tag), author, of).await?;
        }
        Ok(())
    }

    /// Queues what followers are to be told.
    async fn spread(
        &mut self,
        r: &Recorded,
        (source, source_id): (FollowKind, i64),
        author: AuthorId,
        (actor, item, post): (i64, i64, i64),
    ) -> Result<(), StoreError> {
        if !store::has_followers(self.unit, source, source_id).await? {
            return Ok(());
        }
        let pending = Pending {
            position: r.position,
            source: source.as_str().to_owned(),
            source_id,
            at: r.at,
            actor,
            author: author.raw(),
            item,
            post,
            after: 0,
        };
        self.spreads = true;
        store::put_pending(self.unit, &pending).await
    }

    async fn revised(&mut self, r: &Recorded, post: PostId, revision: i64) -> Result<(), StoreError> {
        let Some(known) = store::known(self.unit, post).await? else { return Ok(()) };
        if known.kind.is_reply() {
            return Ok(());
        }
        let by = r.actor.unwrap_or(known.author).raw();
        // Who wrote the post and follows it is told of what others change.
        self.spread(r, (FollowKind::Post, post.raw()), AuthorId::from_raw(by), (by, revision, post.raw())).await
    }

    async fn mentioned(&mut self, r: &Recorded, post: PostId, members: &[AuthorId]) -> Result<(), StoreError> {
        let by = store::known(self.unit, post).await?.map_or(actor(r), |p| p.author.raw());
        let mut named = Vec::with_capacity(members.len());
        for member in members {
            // Who is told of this very text already is not told twice.
            if store::name(self.unit, *member, post.raw()).await? {
                self.touched.insert(*member);
            } else {
                named.push(*member);
            }
        }
        let cause = self.cause(r, by, post.raw(), post.raw());
        self.tell(about(Kind::Mention, post), &named, cause).await
    }

    async fn followed(
        &mut self,
        r: &Recorded,
        by: AuthorId,
        (kind, id): (FollowKind, i64),
        on: bool,
    ) -> Result<(), StoreError> {
        store::followed(self.unit, by, (kind, id), on, r.position).await?;
        if kind != FollowKind::Member {
            return Ok(());
        }
        let (line, member) = (plain(Kind::Follower, 0), AuthorId::from_raw(id));
        if on {
            let cause = self.cause(r, by.raw(), by.raw(), 0);
            return self.tell(line, &[member], cause).await;
        }
        if store::take_back(self.unit, line, member, by.raw(), true).await? {
            self.touched.insert(member);
        }
        Ok(())
    }
}
