//! Types and rules of posts. No I/O.

mod calendar;
mod cites;
mod drafts;
pub mod picks;
mod rules;
mod series;

use serde::{Deserialize, Serialize};
use xinghe_core::content::{Credit, PostKind, PostView, Provenance};
use xinghe_core::id::{AuthorId, PostId, RevisionId};
use xinghe_core::lang::LangTag;
use xinghe_core::time::Timestamp;
pub use xinghe_text::tag::{TAG_MAX, canonical_tag};
use xinghe_web::markdown::Beyond;

pub use calendar::{Week, YearMonth};
pub use cites::{CITES_MAX, cited, targets_of};
pub use drafts::{AHEAD_MS, DRAFT_FIELD_MAX, DRAFT_NAME_MAX, DRAFTS_MAX, DraftCursor, KeptDraft, Typed, local_moment};
pub use rules::{check, detect, one_line, split_tags, story_key, tidy_body, web_address};
pub use series::{ABOUT_MAX, Arrange, PARTS_MAX, SERIES_MAX, Series, goes_into_series, series_of_address};

/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest text of an article, question, answer or project, in characters.
pub const BODY_MAX: usize = 200_000;
/// Longest comment, in characters.
pub const COMMENT_MAX: usize = 10_000;
/// Longest moment, in characters.
pub const MOMENT_MAX: usize = 2_000;
/// Longest beginning of a moment that serves as its title, in characters.
pub const MOMENT_TITLE: usize = 40;
/// Most members whom one post names with effect: more would be a way to disturb many at once.
pub const MENTIONS_MAX: usize = 20;
/// Most sources of one news story.
pub const SOURCES_MAX: usize = 50;
/// Longest note of a revision, in characters.
pub const NOTE_MAX: usize = 200;
/// Longest licence, in characters.
pub const LICENCE_MAX: usize = 100;
/// Longest address, in bytes.
pub const URL_MAX: usize = 2_000;
/// Most tags of a post.
pub const TAGS_MAX: usize = xinghe_core::ports::ImportedPost::TAGS;
/// How long an author can take a deletion back, in milliseconds: 30 days.
pub const UNDO_MS: i64 = 30 * 24 * 3_600_000;

/// How long a form that is sent again makes no second post, in milliseconds: ten minutes.
pub const ONCE_MS: i64 = 10 * 60_000;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The member.
    pub id: AuthorId,
    /// Whether the member keeps order here: a moderator or an administrator.
    pub moderates: bool,
}

/// What a person typed for a post, before any check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The title; empty for replies.
    pub title: String,
    /// The Markdown.
    pub body: String,
    /// Tags as typed.
    pub tags: Vec<String>,
    /// The language, or `None` to have it detected.
    pub language: Option<LangTag>,
    /// The licence; empty is none.
    pub licence: String,
    /// Where it first appeared; empty is here.
    pub source_url: String,
    /// Of a translation, where the original is; empty is none.
    pub original_url: String,
    /// How the text came to be.
    pub provenance: Provenance,
    /// What was changed, in a few words.
    pub note: String,
    /// Of a project: version, repository and the like, in order.
    pub facts: Vec<(String, String)>,
    /// Of a moment: the post it passes on.
    pub quote: Option<PostId>,
    /// Members whom the text names, with their handles as written; found by whoever can look handles up.
    pub mentions: Vec<Mention>,
    /// Whether the very same, sent again within [`ONCE_MS`], is the same post: a form sent twice.
    pub once: bool,
}

/// A member named in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// As written, without `@`.
    pub handle: String,
    /// Who it is.
    pub author: AuthorId,
    /// Whether a member stands behind it, who is told.
    pub claimed: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            title: String::new(),
            body: String::new(),
            tags: vec![],
            language: None,
            licence: String::new(),
            source_url: String::new(),
            original_url: String::new(),
            provenance: Provenance::Human,
            note: String::new(),
            facts: vec![],
            quote: None,
            mentions: vec![],
            once: false,
        }
    }
}

/// A draft that passed the checks of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// One line; empty for replies.
    pub title: String,
    /// The Markdown, with `\n` line ends.
    pub body: String,
    /// Tags in canonical form, each once.
    pub tags: Vec<String>,
    /// Given or detected.
    pub language: LangTag,
    /// The licence.
    pub licence: Option<String>,
    /// An http or https address.
    pub source_url: Option<String>,
    /// An http or https address.
    pub original_url: Option<String>,
    /// How the text came to be.
    pub provenance: Provenance,
    /// One line.
    pub note: String,
    /// In order.
    pub facts: Vec<(String, String)>,
    /// Of a moment: the post it passes on.
    pub quote: Option<PostId>,
    /// Members whom the text names.
    pub mentions: Vec<Mention>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Fault {
    /// Nothing was given.
    Missing,
    /// More than `max` characters (of addresses: bytes).
    TooLong {
        /// The most there may be.
        max: usize,
    },
    /// More than `max` entries.
    TooMany {
        /// The most there may be.
        max: usize,
    },
    /// Not an http or https address.
    NotAnAddress,
    /// A tag holds something other than letters, digits, `-`, `_`, `+`, `#`, `.`.
    NotATag,
    /// The label of AI-made text cannot be lowered.
    Lowered,
    /// Replies do not have this field.
    NotForReplies,
    /// The post to be passed on is not to be seen.
    Gone,
    /// The post cannot be a part of this series.
    NotAPart,
    /// The moment is past, or too far ahead.
    NotAhead,
    /// The text becomes more than a page can show.
    Beyond {
        /// What there is too much of.
        what: Beyond,
    },
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name, as in forms and JSON.
    pub field: &'static str,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

/// A post with everything its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostDetail {
    /// What every feature sees.
    pub view: PostView,
    /// Of a translation, where the original is.
    pub original_url: Option<String>,
    /// A few words of its beginning, without marks.
    pub excerpt: String,
    /// Reading time in minutes, at least 1.
    pub minutes: u32,
    /// How many revisions there are.
    pub revisions: u32,
    /// Of a question: the accepted answer.
    pub accepted_answer: Option<PostId>,
    /// Visible answers.
    pub answers: u32,
    /// Visible comments below it.
    pub comments: u32,
    /// The nearest post above that is no comment.
    pub subject: Option<PostId>,
    /// Of a project.
    pub facts: Vec<(String, String)>,
    /// Of a moment: the post it passes on.
    pub quote: Option<PostId>,
}

/// A post in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostSummary {
    /// The post.
    pub id: PostId,
    /// Its kind.
    pub kind: PostKind,
    /// Its title.
    pub title: String,
    /// The words in its address.
    pub slug: String,
    /// A few words of its beginning.
    pub excerpt: String,
    /// Its language.
    pub language: LangTag,
    /// How it came to be.
    pub provenance: Provenance,
    /// Who is named first.
    pub author: AuthorId,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was first public.
    pub published_at: Timestamp,
    /// When its text last changed.
    pub updated_at: Timestamp,
    /// Visible answers.
    pub answers: u32,
    /// Visible comments below it.
    pub comments: u32,
    /// Of a question: whether an answer was accepted.
    pub accepted: bool,
    /// Of a project.
    pub facts: Vec<(String, String)>,
    /// Of news: where the story was found.
    pub source_url: Option<String>,
}

impl PostSummary {
    /// The address of its page.
    pub fn url(&self) -> String {
        address(self.id, &self.slug)
    }

    /// Where a page of a list that ends with it goes on.
    pub const fn cursor(&self) -> Cursor {
        Cursor { published_at: self.published_at, id: self.id }
    }
}

/// A reply on a post's page; a deleted one stays as a gap where others hang on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The reply.
    pub id: PostId,
    /// What it hangs on directly.
    pub parent: PostId,
    /// The nearest post above that is no comment.
    pub subject: PostId,
    /// `None` where it was deleted.
    pub post: Option<PostView>,
}

/// One of the sources of a news story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorySource {
    /// Where it is told.
    pub url: String,
    /// Who brought it.
    pub by: AuthorId,
    /// When it was brought.
    pub at: Timestamp,
}

/// A revision without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionEntry {
    /// The revision.
    pub id: RevisionId,
    /// Its place among the post's revisions, from 1.
    pub number: u32,
    /// Who made it; `None` where it was imported.
    pub author: Option<AuthorId>,
    /// What was changed, in a few words.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A revision with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionText {
    /// Which one.
    pub entry: RevisionEntry,
    /// Its title.
    pub title: String,
    /// Its Markdown.
    pub body: String,
}

/// Which posts a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Only this kind; without it all that are no replies.
    pub kind: Option<PostKind>,
    /// Only with this tag, in canonical form.
    pub tag: Option<String>,
    /// Only with a credit of this author, replies included when a kind asks for them.
    pub author: Option<AuthorId>,
    /// Only where the author has (`true`) or has not (`false`) written it, as opposed to translated, reviewed or
    /// edited it.
    pub wrote: Option<bool>,
    /// Only in this language; `en` matches `en-GB`, too.
    pub language: Option<LangTag>,
    /// Only in Chinese, of either script.
    pub chinese: bool,
    /// Of questions.
    pub answered: Answered,
    /// Only what was first public at this moment or later.
    pub since: Option<Timestamp>,
    /// Only what was first public before this moment.
    pub until: Option<Timestamp>,
    /// Only what one of these wrote, what carries one of these tags, or is one of these.
    pub among: Option<Among>,
}

/// Posts somebody follows, in one way or another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Among {
    /// By these authors.
    pub authors: Vec<AuthorId>,
    /// With one of these tags, in canonical form.
    pub tags: Vec<String>,
    /// These posts.
    pub posts: Vec<PostId>,
}

impl Among {
    /// Whether nothing fits.
    pub fn is_empty(&self) -> bool {
        self.authors.is_empty() && self.tags.is_empty() && self.posts.is_empty()
    }
}

/// Which questions a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answered {
    /// All.
    #[default]
    Any,
    /// Those without an answer.
    None,
    /// Those with an accepted answer.
    Accepted,
}

/// Where a page of a list ends: posts sort by publication, then id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last post's publication.
    pub published_at: Timestamp,
    /// The last post.
    pub id: PostId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.published_at.as_millis(), self.id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = xinghe_core::id::ParseIdError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (ms, id) = s.split_once('.').ok_or(xinghe_core::id::ParseIdError)?;
        let ms = ms.parse().map_err(|_| xinghe_core::id::ParseIdError)?;
        Ok(Self { published_at: Timestamp::from_millis(ms), id: id.parse()? })
    }
}

/// A deleted post as its author sees it.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// The post.
    pub id: PostId,
    /// What it is.
    pub kind: PostKind,
    /// Its title; a reply's is that of its page.
    pub title: String,
    /// How its text begins.
    pub excerpt: String,
    /// Its language.
    pub language: LangTag,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

impl Deleted {
    /// Until when it can be brought back.
    pub fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.deleted_at.as_millis() + UNDO_MS)
    }

    /// Its place in a list of deleted posts.
    pub fn cursor(&self) -> Cursor {
        Cursor { published_at: self.deleted_at, id: self.id }
    }
}

/// The address of a post's page.
pub fn address(id: PostId, slug: &str) -> String {
    if slug.is_empty() { format!("/posts/{id}") } else { format!("/posts/{id}-{slug}") }
}

/// The id in the last part of a post's address: `{id}` or `{id}-{slug}`.
pub fn id_of_address(part: &str) -> Option<PostId> {
    part.split_once('-').map_or(part, |(id, _)| id).parse().ok()
}

/// Whether the kind is one that people write here.
pub const fn is_written_here(kind: PostKind) -> bool {
    !matches!(kind, PostKind::Creation | PostKind::Book)
}

/// Whether somebody may change or delete a post.
pub fn may_edit(actor: Option<Actor>, post: &PostView) -> bool {
    actor.is_some_and(|a| a.moderates || is_own(a, post))
}

/// Whether a post is the actor's own, or the actor's twin's: only such may be deleted. What moderators take away they
/// take away as moderators do, with a reason, in the log, and so that its author can appeal.
pub fn is_own(actor: Actor, post: &PostView) -> bool {
    use xinghe_core::content::CreditRole;
    let own = |c: &Credit| matches!(c.role, CreditRole::Author | CreditRole::Twin);
    post.credits.iter().any(|c| c.author == actor.id && own(c))
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
/// A tag and how many visible posts carry it.
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// Posts.
    pub posts: u64,
}
