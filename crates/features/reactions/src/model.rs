//! Types and rules of votes, thanks, bookmarks and follows. No I/O.

use std::fmt;
use std::str::FromStr;

use xinghe_core::id::tag_id;
use xinghe_core::ports::Own;
use xinghe_core::{AuthorId, FolderId, FollowKind, PostId, PostView, Timestamp};

/// How long somebody is a member before voting something down, in milliseconds: a day.
pub const DOWN_AFTER_MS: i64 = 24 * 3_600_000;
/// Longest name of a folder, in characters.
pub const FOLDER_NAME_MAX: usize = 60;
/// Most folders of a member.
pub const FOLDERS_MAX: usize = 100;
/// Longest note of a bookmark, in characters.
pub const NOTE_MAX: usize = 500;

/// How many things of a kind a member follows at most.
pub const fn most_followed(kind: FollowKind) -> usize {
    match kind {
        FollowKind::Member => 5_000,
        FollowKind::Tag => 1_000,
        FollowKind::Post => 500,
    }
}

/// Why a member may not do something; nothing is wrong with the request's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// One does not vote on one's own post, nor thank oneself.
    Own,
    /// Only answers and comments are voted down.
    NotDown,
    /// Whoever joined today does not vote down yet.
    TooNew,
    /// Nobody is named who could be thanked.
    Nobody,
    /// One does not follow oneself.
    Oneself,
    /// An answer or a comment has no page to follow.
    Reply,
    /// More than these cannot be followed.
    TooManyFollows(usize),
    /// There cannot be more folders.
    TooManyFolders,
}

/// Whether a post is somebody's own: whoever is credited in it.
pub fn is_own(member: AuthorId, post: &PostView) -> bool {
    post.credits.iter().any(|c| c.author == member)
}

/// Whether a member may vote so on a post. Taking a vote back (0) is always possible.
///
/// # Errors
/// Why not.
pub fn may_vote(member: AuthorId, post: &PostView, value: i8, now: Timestamp) -> Result<(), Refusal> {
    if value == 0 {
        return Ok(());
    }
    if is_own(member, post) {
        return Err(Refusal::Own);
    }
    if value < 0 && !post.kind.is_reply() {
        return Err(Refusal::NotDown);
    }
    if value < 0 && is_new(member, now) {
        return Err(Refusal::TooNew);
    }
    Ok(())
}

/// Whether somebody became a member less than a day ago: an id tells when it was made.
pub fn is_new(member: AuthorId, now: Timestamp) -> bool {
    now.as_millis() - member.made_at().as_millis() < DOWN_AFTER_MS
}

/// Whom a member's thanks for a post go to: the first who is credited.
///
/// # Errors
/// It is the member's own post, or nobody is credited.
pub fn thanked(member: AuthorId, post: &PostView) -> Result<AuthorId, Refusal> {
    if is_own(member, post) { Err(Refusal::Own) } else { post.author().ok_or(Refusal::Nobody) }
}

/// What a member follows or stops following.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A member, or an author whose work was imported.
    Member(AuthorId),
    /// A tag in canonical form.
    Tag(String),
    /// A post with a page of its own.
    Post(PostId),
}

impl Target {
    /// Of what kind it is.
    pub const fn kind(&self) -> FollowKind {
        match self {
            Self::Member(_) => FollowKind::Member,
            Self::Tag(_) => FollowKind::Tag,
            Self::Post(_) => FollowKind::Post,
        }
    }

    /// The number by which tables and the log name it.
    pub fn id(&self) -> i64 {
        match self {
            Self::Member(id) => id.raw(),
            Self::Tag(tag) => tag_id(tag),
            Self::Post(id) => id.raw(),
        }
    }

    /// The text of a tag; of anything else nothing.
    pub fn tag(&self) -> &str {
        if let Self::Tag(tag) = self { tag } else { "" }
    }
}

/// What a member thinks of a post, and whether the member follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mine {
    /// Vote, thanks, bookmark.
    pub own: Own,
    /// Whether the member follows the post.
    pub followed: bool,
}

/// Where a bookmark lies, and what its owner noted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placing {
    /// The folder; `None` is the one that everybody has.
    pub folder: Option<FolderId>,
    /// The note, possibly empty.
    pub note: String,
}

/// A bookmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// The post.
    pub post: PostId,
    /// Where it lies, and the note.
    pub placing: Placing,
    /// When it was made.
    pub at: Timestamp,
}

impl Bookmark {
    /// Its place in the list.
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.at, post: self.post }
    }
}

/// A folder of bookmarks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The folder.
    pub id: FolderId,
    /// Its name.
    pub name: String,
    /// How many bookmarks of posts that are to be seen lie in it.
    pub bookmarks: u64,
}

/// A member's folders, and what lies in none of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folders {
    /// By name.
    pub folders: Vec<Folder>,
    /// How many bookmarks lie in the folder that everybody has.
    pub unsorted: u64,
}

impl Folders {
    /// How many bookmarks there are.
    pub fn all(&self) -> u64 {
        self.unsorted + self.folders.iter().map(|f| f.bookmarks).sum::<u64>()
    }
}

/// Which bookmarks to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// In which folder.
    pub place: Place,
    /// Words that the title has.
    pub words: String,
}

/// Which folders to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// All of them.
    #[default]
    Anywhere,
    /// The one that everybody has.
    Unsorted,
    /// This one.
    In(FolderId),
}

/// The word that names the folder that everybody has, in addresses and the API.
pub const UNSORTED: &str = "unsorted";

/// Not a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFolder;

impl FromStr for Place {
    type Err = NoFolder;
    fn from_str(s: &str) -> Result<Self, NoFolder> {
        match s {
            "" => Ok(Self::Anywhere),
            UNSORTED => Ok(Self::Unsorted),
            id => id.parse().map(Self::In).map_err(|_| NoFolder),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anywhere => Ok(()),
            Self::Unsorted => f.write_str(UNSORTED),
            Self::In(id) => id.fmt(f),
        }
    }
}

/// A place in a list of bookmarks, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When the bookmark there was made.
    pub at: Timestamp,
    /// Its post.
    pub post: PostId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_millis(), self.post)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;
    fn from_str(s: &str) -> Result<Self, NoCursor> {
        let (at, post) = s.split_once('.').ok_or(NoCursor)?;
        let at = Timestamp::from_millis(at.parse().map_err(|_| NoCursor)?);
        Ok(Self { at, post: post.parse().map_err(|_| NoCursor)? })
    }
}

/// Not a cursor that this list gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCursor;

/// A name or a note as it is kept: white space joined, without control characters.
pub fn one_line(given: &str) -> String {
    let shown = given.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control());
    shown.collect::<String>().split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a title has all of these words, whatever their case.
pub fn has_words(title: &str, words: &str) -> bool {
    let title = title.to_lowercase();
    words.to_lowercase().split_whitespace().all(|w| title.contains(w))
}

#[cfg(test)]
mod tests {
    use xinghe_core::{Credit, CreditRole, LangTag, PostKind, Provenance};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_254_400_000);
    /// Ids of the first moment there is: members since long ago.
    const AUTHOR: AuthorId = AuthorId::from_raw(1);
    const TRANSLATOR: AuthorId = AuthorId::from_raw(2);
    const READER: AuthorId = AuthorId::from_raw(3);

    fn post(kind: PostKind) -> PostView {
        let credit = |author, role| Credit { author, role };
        PostView {
            id: PostId::from_raw(10),
            revision: xinghe_core::RevisionId::from_raw(11),
            kind,
            title: "题".to_owned(),
            slug: String::new(),
            body: String::new(),
            language: LangTag::undetermined(),
            credits: vec![credit(TRANSLATOR, CreditRole::Translator), credit(AUTHOR, CreditRole::Author)],
            tags: vec![],
            parent: None,
            root: PostId::from_raw(10),
            provenance: Provenance::Human,
            licence: None,
            source_url: None,
            published_at: NOW,
            updated_at: NOW,
            accepted: false,
        }
    }

    fn member_of(age_ms: i64) -> AuthorId {
        let first = AuthorId::from_raw(0).made_at().as_millis();
        AuthorId::from_raw((NOW.as_millis() - age_ms - first) << 22)
    }

    #[test]
    fn votes_go_down_on_replies_only_and_not_on_the_first_day() {
        let (article, answer) = (post(PostKind::Article), post(PostKind::Answer));
        assert_eq!(may_vote(READER, &article, 1, NOW), Ok(()));
        assert_eq!(may_vote(READER, &article, -1, NOW), Err(Refusal::NotDown));
        assert_eq!(may_vote(READER, &answer, -1, NOW), Ok(()));
        assert_eq!(may_vote(READER, &post(PostKind::Comment), -1, NOW), Ok(()));
        let (new, day_old) = (member_of(DOWN_AFTER_MS - 1), member_of(DOWN_AFTER_MS));
        assert_eq!(may_vote(new, &answer, -1, NOW), Err(Refusal::TooNew));
        assert_eq!(may_vote(new, &answer, 1, NOW), Ok(()), "up is for everybody");
        assert_eq!(may_vote(day_old, &answer, -1, NOW), Ok(()));
    }

    #[test]
    fn nobody_votes_for_or_thanks_oneself() {
        let article = post(PostKind::Article);
        for own in [AUTHOR, TRANSLATOR] {
            assert_eq!(may_vote(own, &article, 1, NOW), Err(Refusal::Own));
            assert_eq!(may_vote(own, &article, 0, NOW), Ok(()));
            assert_eq!(thanked(own, &article), Err(Refusal::Own));
        }
        assert_eq!(thanked(READER, &article), Ok(AUTHOR), "thanks go to the first author");
        let nobodys = PostView { credits: vec![], ..article };
        assert_eq!(thanked(READER, &nobodys), Err(Refusal::Nobody));
    }

    #[test]
    fn cursors_and_places_read_back() {
        let cursor = Cursor { at: NOW, post: PostId::from_raw(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1", "1.", "a.1", "1.0", "1.1.1", "9223372036854775808.1"] {
            assert_eq!(bad.parse::<Cursor>(), Err(NoCursor), "{bad}");
        }
        for place in [Place::Anywhere, Place::Unsorted, Place::In(FolderId::from_raw(5))] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert_eq!("x".parse::<Place>(), Err(NoFolder));
    }

    #[test]
    fn names_are_one_line_and_titles_are_found_by_words() {
        assert_eq!(one_line("  a\n\tb\u{0}  c "), "a b c");
        assert!(has_words("Rust 的所有权", "RUST 所有"));
        assert!(!has_words("Rust 的所有权", "go"));
        assert!(has_words("x", " "));
    }
}
