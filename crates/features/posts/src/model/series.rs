//! Series: articles of one author in an order.

use xinghe_core::content::PostKind;
use xinghe_core::id::{AuthorId, PostId, SeriesId};
use xinghe_core::time::Timestamp;

/// Most posts of one series.
pub const PARTS_MAX: usize = 200;
/// Most series of one author.
pub const SERIES_MAX: i64 = 200;
/// Longest words about a series, in characters.
pub const ABOUT_MAX: usize = 2_000;

/// A series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The series.
    pub id: SeriesId,
    /// Whose posts it orders.
    pub owner: AuthorId,
    /// Its title.
    pub title: String,
    /// The words in its address.
    pub slug: String,
    /// What it is about: Markdown.
    pub about: String,
    /// Rises with every change: who changes it says which version it was.
    pub version: u32,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Its posts, in order, also those that are not to be seen.
    pub parts: Vec<PostId>,
}

impl Series {
    /// The address of its page.
    pub fn url(&self) -> String {
        if self.slug.is_empty() { format!("/series/{}", self.id) } else { format!("/series/{}-{}", self.id, self.slug) }
    }
}

/// Whether posts of a kind can be parts of a series.
pub const fn goes_into_series(kind: PostKind) -> bool {
    matches!(kind, PostKind::Article)
}

/// The id in the last part of a series' address: `{id}` or `{id}-{slug}`.
pub fn series_of_address(part: &str) -> Option<SeriesId> {
    part.split_once('-').map_or(part, |(id, _)| id).parse().ok()
}

/// How the posts of a series are arranged anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrange {
    /// One more at the end.
    Add(PostId),
    /// One place towards the beginning.
    Up(PostId),
    /// One place towards the end.
    Down(PostId),
    /// Out of the series.
    Drop(PostId),
    /// Exactly these.
    All(Vec<PostId>),
}
