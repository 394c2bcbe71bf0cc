//! Reading: lines with the posts and people that they are about, and in words.

use std::collections::{BTreeSet, HashMap};

use xinghe_core::id::tag_id;
use xinghe_core::{AuthorCard, AuthorId, PostId, PostKind, PostView};
use xinghe_web::refs::percent;
use xinghe_web::{AppError, Texts};

use crate::commands::Notifications;
use crate::model::{Choice, Cursor, Filter, Kind, Note, NoteId};
use crate::store::{self, Page};

/// A line with whom and what it names.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub note: Note,
    /// Who is behind it, the latest first, as far as they are still here.
    pub people: Vec<AuthorCard>,
    /// The post that it is about.
    pub subject: Option<PostView>,
    /// The post that the latest of it leads to.
    pub latest: Option<PostView>,
    /// The author that it is about.
    pub author: Option<AuthorCard>,
    /// The tag that it is about.
    pub tag: Option<String>,
}

/// A page of lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToldPage {
    pub items: Vec<Told>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

impl Notifications {
    /// How many lines a member has not read, [`crate::model::COUNTED`] at most.
    ///
    /// # Errors
    /// The database.
    pub async fn unread(&self, member: AuthorId) -> Result<u32, AppError> {
        let off = store::off(&self.store, member).await?;
        Ok(store::count(&self.store, member, &off).await?)
    }

    /// What a member chose to be told.
    ///
    /// # Errors
    /// The database.
    pub async fn choices(&self, member: AuthorId) -> Result<Vec<Choice>, AppError> {
        Ok(store::choices(&self.store, member).await?)
    }

    /// A page of a member's lines, the latest first.
    pub(crate) async fn list(
        &self,
        member: AuthorId,
        filter: Filter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<ToldPage, AppError> {
        let off = store::off(&self.store, member).await?;
        let page = Page { filter, off: &off, after, limit: limit + 1 };
        let mut notes = store::notes(&self.store, member, page).await?;
        let more = notes.len() > limit;
        notes.truncate(limit);
        let next = notes.last().filter(|_| more).map(Note::cursor);
        Ok(ToldPage { items: self.tell(notes).await?, next })
    }

    /// One line of a member.
    pub(crate) async fn one(&self, member: AuthorId, id: NoteId) -> Result<Option<Told>, AppError> {
        let Some(note) = store::note(&self.store, member, id).await? else { return Ok(None) };
        Ok(self.tell(vec![note]).await?.pop())
    }

    /// Adds whom and what lines name: all of a page at once.
    async fn tell(&self, notes: Vec<Note>) -> Result<Vec<Told>, AppError> {
        let ids: BTreeSet<PostId> = notes.iter().flat_map(|n| [n.post, n.latest]).flatten().collect();
        let ids: Vec<PostId> = ids.into_iter().collect();
        let posts: HashMap<PostId, PostView> =
            if ids.is_empty() { HashMap::new() } else { self.posts.posts(&ids).await? };
        let people: BTreeSet<AuthorId> =
            notes.iter().flat_map(|n| n.actors.iter().copied().chain(author_of(n))).collect();
        let people: Vec<AuthorId> = people.into_iter().collect();
        let cards = if people.is_empty() { HashMap::new() } else { self.authors.cards(&people).await? };
        let told = |note: Note| {
            let latest = note.latest.and_then(|id| posts.get(&id)).cloned();
            let tags = latest.iter().filter(|_| note.kind == Kind::FromTag).flat_map(|p| p.tags.iter());
            Told {
                people: note.actors.iter().filter_map(|id| cards.get(id).cloned()).collect(),
                subject: note.post.and_then(|id| posts.get(&id)).cloned(),
                author: author_of(&note).and_then(|id| cards.get(&id).cloned()),
                tag: tags.into_iter().find(|t| tag_id(t) == note.subject).cloned(),
                latest,
                note,
            }
        };
        Ok(notes.into_iter().map(told).collect())
    }
}

/// The author that a line is about.
fn author_of(note: &Note) -> Option<AuthorId> {
    matches!(note.kind, Kind::FromMember | Kind::Claim).then(|| AuthorId::from_raw(note.subject))
}

impl Told {
    /// The post whose title stands below the sentence.
    pub(crate) fn named(&self) -> Option<&PostView> {
        match self.note.kind {
            Kind::FromMember | Kind::FromTag | Kind::Cited | Kind::Quoted => self.latest.as_ref(),
            _ => self.subject.as_ref(),
        }
    }

    /// The very place that it leads to; `own` is the reader's own page.
    pub(crate) fn place(&self, own: &str) -> String {
        let post = |view: &Option<PostView>| view.as_ref().map(PostView::url);
        let one = self.note.count <= 1;
        match self.note.kind {
            Kind::Follower => self.people.first().map(AuthorCard::url),
            Kind::FromMember if !one => self.author.as_ref().map(AuthorCard::url),
            Kind::FromTag if !one => self.tag.as_ref().map(|tag| format!("/tags/{}", percent(tag))),
            Kind::Message => Some(format!("/messages/{}", self.note.subject)),
            Kind::Role | Kind::Claim => None,
            Kind::WayIn => Some("/settings/connections".to_owned()),
            Kind::Moderated | Kind::Lifted | Kind::Upheld => Some(format!("/settings/standing/{}", self.note.subject)),
            Kind::Reported => Some("/settings/standing".to_owned()),
            Kind::Useful | Kind::Thanked | Kind::Accepted | Kind::Mention | Kind::Source => post(&self.subject),
            _ => post(&self.latest).or_else(|| post(&self.subject)),
        }
        .unwrap_or_else(|| own.to_owned())
    }

    /// Who did it: `林溪`, `林溪和老周`, `林溪等 5 人`.
    fn who(&self, t: &Texts) -> String {
        let others = i64::from(self.note.people) - 1;
        match self.people.as_slice() {
            [] if others > 0 => t.f("notifications-who-people", &[("n", self.note.people.into())]),
            [] => t.s("notifications-who-nobody").into_owned(),
            [one] if others < 1 => one.name.clone(),
            [one, two, ..] if others == 1 => {
                let names = [("who", one.name.as_str().into()), ("other", two.name.as_str().into())];
                t.f("notifications-who-two", &names)
            }
            [one, ..] => {
                let of = [("who", one.name.as_str().into()), ("n", others.into())];
                t.f("notifications-who-more", &of)
            }
        }
    }

    /// The sentence.
    pub(crate) fn words(&self, t: &Texts) -> String {
        let who = self.who(t);
        let author = self.author.as_ref().map_or(who.as_str(), |a| a.name.as_str());
        let tag = self.tag.as_deref().unwrap_or_default();
        let of = [
            ("who", who.as_str().into()),
            ("n", self.note.count.into()),
            ("author", author.into()),
            ("tag", tag.into()),
        ];
        let kind = self.subject.as_ref().map(|s| s.kind);
        t.f(
            match self.note.kind {
                Kind::Answer if self.people.len() < 2 && self.latest.as_ref().is_some_and(PostView::by_twin) => {
                    "notifications-said-twin-answer"
                }
                Kind::Answer => "notifications-said-answer",
                Kind::Comment if kind == Some(PostKind::Comment) => "notifications-said-reply",
                Kind::Comment if kind == Some(PostKind::Answer) => "notifications-said-comment-answer",
                Kind::Comment => "notifications-said-comment",
                Kind::Accepted => "notifications-said-accepted",
                Kind::Mention => "notifications-said-mention",
                Kind::Quoted => "notifications-said-quoted",
                Kind::Message => "notifications-said-message",
                Kind::Useful => "notifications-said-useful",
                Kind::Thanked => "notifications-said-thanked",
                Kind::Follower => "notifications-said-follower",
                Kind::FromMember => "notifications-said-from-member",
                Kind::FromTag if tag.is_empty() => "notifications-said-from-some-tag",
                Kind::FromTag => "notifications-said-from-tag",
                Kind::Watched => "notifications-said-watched",
                Kind::Cited => "notifications-said-cited",
                Kind::Source => "notifications-said-source",
                Kind::Role => "notifications-said-role",
                Kind::WayIn => "notifications-said-way-in",
                Kind::Claim => "notifications-said-claim",
                Kind::Moderated => "notifications-said-moderated",
                Kind::Lifted => "notifications-said-lifted",
                Kind::Upheld => "notifications-said-upheld",
                Kind::Reported => "notifications-said-reported",
            },
            &of,
        )
    }
}
