//! The SQL of reactions; its tables begin with `reactions_`.

mod bookmarks;
mod counts;
mod follows;
mod votes;

pub(crate) use bookmarks::{
    bookmark, bookmarks, delete_bookmark, delete_folder, folder_by_name, folder_exists, folders, insert_bookmark,
    insert_folder, place_bookmark, rename_folder,
};
pub(crate) use counts::{Change, add, add_followers, erase, erased, gone, pass_follows, recount, tallies};
pub(crate) use follows::{count_of, delete_follow, follower_counts, followers, follows, insert_follow, is_followed};
pub(crate) use votes::{mine, set_vote, thank, vote};

use xinghe_core::PostId;
use xinghe_store::Value;

/// Posts as parameters.
fn raw(posts: &[PostId]) -> impl Iterator<Item = Value> + '_ {
    posts.iter().map(|p| p.raw().into())
}
