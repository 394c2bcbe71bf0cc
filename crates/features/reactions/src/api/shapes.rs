//! What the API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use xinghe_core::PostId;
use xinghe_core::ports::Tally;
use xinghe_web::refs::{AuthorRef, PostRef};

use crate::model::{Folder, Mine};
use crate::read::Kept;

/// What readers together, and the one who asks, think of a post.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReactionsJson {
    /// The post.
    post: String,
    /// Votes for it less votes against it.
    votes: i32,
    /// How many members thanked for it.
    thanks: u32,
    /// How many members bookmarked it.
    kept: u32,
    /// What the member who asks thinks; `null` for others.
    own: Option<OwnJson>,
}

/// What a member thinks of a post.
#[derive(Debug, Serialize, ToSchema)]
struct OwnJson {
    /// -1, 0 or 1.
    vote: i8,
    thanked: bool,
    kept: bool,
    followed: bool,
}

impl ReactionsJson {
    pub(crate) fn new(post: PostId, tally: Tally, mine: Option<Mine>) -> Self {
        let own = mine.map(|Mine { own, followed }| OwnJson {
            vote: own.vote,
            thanked: own.thanked,
            kept: own.kept,
            followed,
        });
        Self { post: post.to_string(), votes: tally.votes, thanks: tally.thanks, kept: tally.kept, own }
    }
}

/// A vote.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct VoteBody {
    /// 1 for the post, -1 against it (answers and comments only), 0 takes the vote back.
    pub(crate) value: i64,
}

/// Where a bookmark is to lie. What is left out is empty: it replaces what was there.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct KeepBody {
    /// The folder's id; without one, the folder that everybody has.
    pub(crate) folder: Option<String>,
    /// A note for oneself.
    pub(crate) note: Option<String>,
}

/// A bookmark.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookmarkJson {
    post: PostRef,
    /// The folder's id; `null` is the folder that everybody has.
    folder: Option<String>,
    note: String,
    /// RFC 3339.
    at: String,
}

impl From<&Kept> for BookmarkJson {
    fn from(kept: &Kept) -> Self {
        Self {
            post: PostRef::new(&kept.post, kept.author.as_ref()),
            folder: kept.bookmark.placing.folder.map(|f| f.to_string()),
            note: kept.bookmark.placing.note.clone(),
            at: kept.bookmark.at.rfc3339(),
        }
    }
}

/// A page of bookmarks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookmarksJson {
    pub(crate) items: Vec<BookmarkJson>,
    /// The cursor of the next page; a page may be short though there is one.
    pub(crate) next: Option<String>,
}

/// Which bookmarks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BookmarksQuery {
    /// A folder's id, or `unsorted` for the folder that everybody has; without it all.
    pub(crate) folder: Option<String>,
    /// Words that the title has.
    pub(crate) q: Option<String>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// How many, 1 to 100; 30 unless told.
    pub(crate) limit: Option<i64>,
}

/// A folder of bookmarks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderJson {
    id: String,
    name: String,
    /// How many bookmarks lie in it.
    bookmarks: u64,
}

impl From<Folder> for FolderJson {
    fn from(folder: Folder) -> Self {
        Self { id: folder.id.to_string(), name: folder.name, bookmarks: folder.bookmarks }
    }
}

/// All folders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoldersJson {
    pub(crate) items: Vec<FolderJson>,
    /// How many bookmarks lie in the folder that everybody has.
    pub(crate) unsorted: u64,
}

/// A folder's name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FolderBody {
    /// At most 60 characters.
    pub(crate) name: String,
}

/// How many follow a member, and whom the member follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowJson {
    /// How many follow.
    pub(crate) followers: u32,
    /// How many members and authors the member follows.
    pub(crate) following: u64,
    /// Whether the one who asks follows; `null` for a guest.
    pub(crate) followed: Option<bool>,
}

/// What one follows, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowingJson {
    pub(crate) members: Vec<AuthorRef>,
    pub(crate) tags: Vec<String>,
    pub(crate) posts: Vec<PostRef>,
}
