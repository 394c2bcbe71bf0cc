//! The traits by which features meet. One feature implements a port, `app` hands it to the others.
//!
//! Ports are batch-first: ids in, map out.

use std::collections::{HashMap, HashSet};
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::content::{AuthorCard, CreditRole, FollowKind, PostKind, PostView, Provenance};
use crate::evidence::{Evidence, Query};
use crate::id::{AuthorId, PostId, RevisionId};
use crate::lang::LangTag;
use crate::picture::PictureName;
use crate::time::Timestamp;

/// Something behind a port broke. What a person did wrong is never a `PortError`.
#[derive(Debug)]
pub struct PortError(Box<dyn std::error::Error + Send + Sync>);

impl PortError {
    /// Wraps what broke.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }

    /// What broke, where it is of this type.
    pub fn downcast_ref<T: std::error::Error + 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for PortError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// What a port answers.
pub type PortResult<T> = Result<T, PortError>;

/// Names people. Implemented by accounts.
#[async_trait]
pub trait Authors: Send + Sync {
    /// The cards of these authors; who does not exist is left out. A claimed author's old id answers with the card
    /// of the member who claimed it.
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>>;
    /// The author of this handle.
    async fn by_handle(&self, handle: &str) -> PortResult<Option<AuthorCard>>;
    /// The authors of these handles, by the handle as given.
    async fn by_handles(&self, handles: &[String]) -> PortResult<HashMap<String, AuthorCard>> {
        let mut found = HashMap::with_capacity(handles.len());
        for handle in handles {
            if let Some(card) = self.by_handle(handle).await? {
                found.insert(handle.clone(), card);
            }
        }
        Ok(found)
    }
    /// Which of these have an account that is disabled: nobody speaks in their name.
    async fn disabled(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        let _ = ids;
        Ok(HashSet::new())
    }
    /// Which of these keep order here: moderators and administrators.
    async fn keepers(&self, ids: &[AuthorId]) -> PortResult<HashSet<AuthorId>> {
        let _ = ids;
        Ok(HashSet::new())
    }
}

/// What came of asking a member again who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It is the member.
    Yes,
    /// What was typed is neither the password nor a code of the second factor.
    No,
    /// There were too many wrong tries; the number of seconds to wait.
    Wait(u64),
}

/// Asks a signed-in member again who they are, before what is dangerous. Implemented by accounts.
#[async_trait]
pub trait StepUp: Send + Sync {
    /// Whether this is the member's password, or a code of the second factor. Wrong tries bring growing pauses.
    async fn step_up(&self, member: AuthorId, secret: &str) -> PortResult<Again>;
}

/// An author named by imported work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImportedAuthor {
    /// The name as written.
    pub name: String,
    /// Where the work says more about the person: a site, a profile at a code host.
    pub url: Option<String>,
    /// Keeps apart people of the same name and recognises one again: the importing source's own key, for instance
    /// `crates:dtolnay` or the name in lower case.
    pub key: String,
}

/// Takes in the authors of imported work. Implemented by accounts.
#[async_trait]
pub trait AuthorIntake: Send + Sync {
    /// The ids of these authors, in order; who is not known yet becomes an unclaimed author. Idempotent by key.
    async fn ensure(&self, authors: &[ImportedAuthor]) -> PortResult<Vec<AuthorId>>;
}

/// Reads posts. Implemented by posts.
#[async_trait]
pub trait Posts: Send + Sync {
    /// These posts in their current revision; deleted and unknown ones are left out.
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>>;
    /// These posts in their current revision, to be seen or not: for those who judge them. Unknown ones are left out.
    async fn any(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        self.posts(ids).await
    }
    /// Up to `limit` ids of visible posts above `after`, ascending: walks everything there is.
    async fn ids_after(&self, after: Option<PostId>, limit: usize) -> PortResult<Vec<PostId>>;
}

/// A post brought from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedPost {
    /// The id it is to have where it is new, from [`PostIntake::reserve`]; so posts can link to one another before
    /// they are there.
    pub id: Option<PostId>,
    /// Where it was found; the same origin and path again is the same post.
    pub origin: String,
    /// Its place within the origin, for instance a file's relative path or an entry's id.
    pub path: String,
    /// Its kind.
    pub kind: PostKind,
    /// Its title.
    pub title: String,
    /// Its text, CommonMark with GFM extensions, links resolved.
    pub body: String,
    /// Its language.
    pub language: LangTag,
    /// Who took part, authors first.
    pub credits: Vec<(AuthorId, CreditRole)>,
    /// Its tags as found.
    pub tags: Vec<String>,
    /// When it first appeared.
    pub published_at: Option<Timestamp>,
    /// Its licence, where known.
    pub licence: Option<String>,
    /// The address where it first appeared.
    pub source_url: Option<String>,
    /// For a translation: the address of the original.
    pub original_url: Option<String>,
    /// How it came to be.
    pub provenance: Provenance,
    /// Of a project: version, repository, downloads and the like, shown beside it.
    pub facts: Vec<(String, String)>,
    /// Of an answer or a comment: the path, in the same origin, of the post it hangs on, which comes earlier in the
    /// same batch or was taken before.
    pub parent_path: Option<String>,
    /// Of an answer: whether it is the one that solved the question.
    pub accepted: bool,
}

impl ImportedPost {
    /// How many of its tags are kept, the first ones.
    pub const TAGS: usize = 8;
    /// How long a title is kept, in characters.
    pub const TITLE: usize = 300;
}

/// An article without any text: to be filled with `..ImportedPost::default()`.
impl Default for ImportedPost {
    fn default() -> Self {
        Self {
            id: None,
            origin: String::new(),
            path: String::new(),
            kind: PostKind::Article,
            title: String::new(),
            body: String::new(),
            language: LangTag::undetermined(),
            credits: vec![],
            tags: vec![],
            published_at: None,
            licence: None,
            source_url: None,
            original_url: None,
            provenance: Provenance::Human,
            facts: vec![],
            parent_path: None,
            accepted: false,
        }
    }
}

/// What became of an imported post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntakeOutcome {
    /// It is new here.
    Created(PostId),
    /// It was here and its text or metadata changed: there is a new revision.
    Revised(PostId, RevisionId),
    /// It was here and is the same.
    Unchanged(PostId),
    /// It cannot be taken; the reason is a sentence for the person who imports.
    Refused(String),
}

/// Takes in imported posts. Implemented by posts.
#[async_trait]
pub trait PostIntake: Send + Sync {
    /// Takes these posts in one transaction, each with its outcome, in order. Idempotent by origin and path.
    async fn take(&self, posts: &[ImportedPost]) -> PortResult<Vec<IntakeOutcome>>;
    /// The paths taken from an origin so far, with their posts: tells what vanished at the source.
    async fn known(&self, origin: &str) -> PortResult<HashMap<String, PostId>>;
    /// Files of an origin that have another path now, old and new: what comes from the new path is the post that came
    /// from the old one. A path that has a post already keeps it.
    async fn moved(&self, origin: &str, paths: &[(String, String)]) -> PortResult<()>;
    /// Ids that no post has: for so many posts that are about to be taken.
    async fn reserve(&self, count: usize) -> PortResult<Vec<PostId>>;
    /// Imported posts, by the address where they first appeared, with their languages.
    async fn appeared_at(&self, addresses: &[String]) -> PortResult<Vec<Appeared>>;
}

/// An imported post and where it first appeared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeared {
    /// The address.
    pub address: String,
    /// Its language.
    pub language: LangTag,
    /// Where it was imported from.
    pub origin: String,
    /// Its place within the origin.
    pub path: String,
    /// The post.
    pub post: PostId,
}

/// Finds passages. Implemented by search.
#[async_trait]
pub trait Retrieve: Send + Sync {
    /// The best passages for a query, with the features that tell how good they are.
    async fn retrieve(&self, query: &Query) -> PortResult<Evidence>;
    /// Changes whenever the index grew by about a fifth: what was calibrated on it is due again.
    fn generation(&self) -> u64;
}

/// How an owner looked at what the twin wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnersPart {
    /// Not before it was published.
    None,
    /// Read it and said yes.
    Read,
    /// Changed it.
    Changed,
}

/// An answer of a member's twin to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinAnswer {
    /// The id that the post is to have: the same id again is the same answer.
    pub id: PostId,
    /// The question.
    pub question: PostId,
    /// Whose twin.
    pub owner: AuthorId,
    /// Its text, CommonMark with GFM extensions.
    pub body: String,
    /// Its language.
    pub language: LangTag,
    /// What the owner had to do with it.
    pub owners_part: OwnersPart,
    /// The name that is held (`UnitOfWork::lock`) while it is published; who takes the permission away holds it, too.
    pub hold: String,
}

/// What became of a twin's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwinAnswered {
    /// It is published, now or before.
    Published,
    /// A person had answered.
    PersonAnswered,
    /// The question is not to be seen any more, or takes no answers.
    QuestionGone,
    /// It may not be published any more.
    NotAllowed,
}

/// A question that a program asks people in a member's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuestion {
    /// The member.
    pub by: AuthorId,
    /// What is asked, in one line.
    pub title: String,
    /// The rest, CommonMark with GFM extensions.
    pub body: String,
    /// Tags as typed.
    pub tags: Vec<String>,
}

/// What is wrong with one field of what was to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field's name.
    pub field: &'static str,
    /// The key of the text that says it.
    pub key: &'static str,
    /// What the text's `max` is.
    pub max: Option<usize>,
}

/// Puts questions to people. Implemented by posts.
#[async_trait]
pub trait Questions: Send + Sync {
    /// Posts a question; the very same again within a short time is the same one. Of a machine's making, it is marked
    /// as written with its help.
    async fn put(&self, question: &NewQuestion) -> PortResult<Result<PostId, Vec<Wrong>>>;
}

/// Says whether a twin's answer may still be published: asked within the transaction that publishes it.
#[async_trait]
pub trait StillAllowed: Send + Sync {
    /// Whether it may, by what is committed.
    async fn still_allowed(&self) -> PortResult<bool>;
}

/// Publishes what twins answer in the community. Implemented by posts.
#[async_trait]
pub trait TwinAnswers: Send + Sync {
    /// Those of these questions that a person, as opposed to a twin, has answered.
    async fn answered_by_people(&self, questions: &[PostId]) -> PortResult<HashSet<PostId>>;
    /// Publishes an answer, labelled as AI's, unless a person answered first. Idempotent by id.
    async fn publish(&self, answer: &TwinAnswer, allowed: &dyn StillAllowed) -> PortResult<TwinAnswered>;
    /// Takes a published answer of the owner's twin out of sight. `false`: there is none to be seen.
    async fn withdraw(&self, owner: AuthorId, post: PostId) -> PortResult<bool>;
}

/// What readers together think of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Votes for it less votes against it.
    pub votes: i32,
    /// How many members thanked for it.
    pub thanks: u32,
    /// How many members bookmarked it.
    pub kept: u32,
}

/// What one member thinks of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Own {
    /// The member's vote: -1, 0 or 1.
    pub vote: i8,
    /// Whether the member thanked for it.
    pub thanked: bool,
    /// Whether the member bookmarked it.
    pub kept: bool,
}

/// What a member follows, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Follows {
    /// Members, and authors whose work was imported.
    pub members: Vec<AuthorId>,
    /// Tags, in canonical form.
    pub tags: Vec<String>,
    /// Posts, also those that are not to be seen at the moment.
    pub posts: Vec<PostId>,
}

/// Reads what members think of posts, and what they follow. Implemented by reactions.
#[async_trait]
pub trait Reactions: Send + Sync {
    /// What readers together think of these posts; one nobody reacted to may be left out.
    async fn tallies(&self, posts: &[PostId]) -> PortResult<HashMap<PostId, Tally>>;
    /// What a member thinks of these posts; one the member did not react to is left out.
    async fn of_viewer(&self, member: AuthorId, posts: &[PostId]) -> PortResult<HashMap<PostId, Own>>;
    /// What a member follows. It is the member's own business: not to be shown to others.
    async fn follows(&self, member: AuthorId) -> PortResult<Follows>;
    /// How many members follow each of these; one that nobody follows may be left out.
    async fn follower_counts(&self, kind: FollowKind, ids: &[i64]) -> PortResult<HashMap<i64, u32>>;
    /// Up to `limit` members above `after` who follow this, ascending: walks all of them.
    async fn followers(
        &self,
        kind: FollowKind,
        id: i64,
        after: Option<AuthorId>,
        limit: usize,
    ) -> PortResult<Vec<AuthorId>>;
}

/// That a member reads, but writes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Until when; `None` is for good.
    pub until: Option<Timestamp>,
    /// The key of the text that names the reason.
    pub reason: &'static str,
}

/// Tells how members stand with those who keep order. Implemented by moderation.
#[async_trait]
pub trait Standing: Send + Sync {
    /// The suspensions of these members that hold at the moment; one who may write is left out.
    async fn suspended(&self, members: &[AuthorId]) -> PortResult<HashMap<AuthorId, Suspension>>;
    /// Those of these members who wrote as much as they may for now, with the seconds until they may write again.
    async fn pauses(&self, members: &[AuthorId]) -> PortResult<HashMap<AuthorId, u64>> {
        let _ = members;
        Ok(HashMap::new())
    }
}

/// Knows which pictures are shown. Implemented by each feature in whose texts there may be some.
#[async_trait]
pub trait PictureUse: Send + Sync {
    /// Those of these pictures of one member that something shows, or showed and could show again; of what is not
    /// published, only what is the member's own counts.
    async fn showing(&self, owner: AuthorId, names: &[PictureName]) -> PortResult<HashSet<PictureName>>;
}

/// What became of a file that was to be a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureOutcome {
    /// It is kept under this name.
    Kept(PictureName),
    /// It is not taken, for this reason (a sentence for whoever imports).
    Refused(String),
}

/// Takes the pictures of texts that are imported. Implemented by media.
#[async_trait]
pub trait PictureIntake: Send + Sync {
    /// Keeps a file as a picture of an author's. The same file again, of whomever, is the same picture.
    async fn keep(&self, owner: AuthorId, file: Vec<u8>) -> PortResult<PictureOutcome>;

    /// The picture that an import kept of a file.
    async fn kept(&self, file: &[u8]) -> PortResult<Option<PictureName>>;

    /// Why a file would not be kept (a sentence for whoever imports), if it would not. Nothing is written.
    async fn look(&self, file: Vec<u8>) -> PortResult<Option<String>>;
}

/// Knows copies of pictures that texts show from other hosts. Implemented by media.
#[async_trait]
pub trait PictureCopies: Send + Sync {
    /// The copies of pictures at other hosts that these posts show: each picture's address, and the name of its copy.
    async fn copies(&self, posts: &[PostId]) -> PortResult<HashMap<PostId, Vec<(String, PictureName)>>>;
}
