//! The SQL of posts; its tables begin with `posts_`.

mod cites;
mod deleted;
mod drafts;
mod left;
mod lists;
mod moderated;
mod named;
mod pictures;
mod read;
mod series;
mod sitemap;
mod write;

pub use cites::cited_by;
pub use deleted::deleted_by;
pub use drafts::{
    count_drafts, draft, draft_due, draft_named, draft_of, drafts, erase_drafts, insert_draft, set_dropped,
    sweep_drafts, update_draft,
};
pub use left::{delete_series_of, is_left, mark_left, purge, replace_words, to_leave};
pub use lists::{days, latest_of_author, list, list_in, revision, revisions, tags, thread};
pub use moderated::{drop_measures, is_locked, put_measure, release, withheld, withhold, written_by};
pub use named::{drop_story, mentions, put_mentions, put_story, said_before, sources, story};
pub use pictures::showing;
pub use read::{answered_by_people, answers, any_details, any_views, credits, details, heads, ids_after, views};
pub use write::{
    NewPost, NewRevision, delete, insert_posts, insert_revisions, lock, pass_credits, put_credits, put_facts,
    put_imports, put_tags, recount, restore, return_credits, set_accepted, set_author, update_post,
};

pub use read::Head;
pub use series::{count_series, delete_series, loose_articles, put_parts, put_series, series, series_list, series_of};
pub use sitemap::{Stretch, author_stretches, authors_from, post_stretches, posts_from};

use pictures::put_pictures;

use std::str::FromStr;

use xinghe_store::StoreError;

/// A stored word as its type.
fn word<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|e: T::Err| StoreError::Value(e.to_string()))
}

/// Ids as parameters.
fn ids<I: Copy>(ids: &[I], raw: impl Fn(I) -> i64) -> Vec<xinghe_store::Value> {
    ids.iter().map(|id| raw(*id).into()).collect()
}
