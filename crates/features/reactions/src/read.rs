//! Reading: the port for other features, and bookmarks with their posts.

use std::collections::HashMap;

use async_trait::async_trait;
use xinghe_core::ports::{Follows, Own, PortResult, Reactions as Port, Tally};
use xinghe_core::{AuthorCard, AuthorId, FollowKind, PostId, PostView};

use crate::commands::{Done, Reactions};
use crate::model::{Bookmark, Cursor, Wanted, has_words};
use crate::store;

/// How many bookmarks are looked at in one step.
const STEP: usize = 100;
/// How many bookmarks are looked at for one page at most: a search for a rare word goes on with the next page.
const LOOKED_AT: usize = 2_000;

/// A bookmark with its post.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub bookmark: Bookmark,
    pub post: PostView,
    pub author: Option<AuthorCard>,
}

/// A page of bookmarks.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeptPage {
    pub items: Vec<Kept>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

/// What somebody follows, with what names it.
pub(crate) struct Followed {
    pub members: Vec<AuthorCard>,
    pub tags: Vec<String>,
    pub posts: Vec<(PostView, Option<AuthorCard>)>,
}

impl Reactions {
    /// A page of a member's bookmarks of posts that are to be seen, the latest first.
    pub(crate) async fn bookmarks(
        &self,
        member: AuthorId,
        wanted: &Wanted,
        after: Option<Cursor>,
        limit: usize,
    ) -> Done<KeptPage> {
        let (mut found, mut after, mut looked_at): (Vec<(Bookmark, PostView)>, _, _) = (vec![], after, 0);
        let next = loop {
            let step = store::bookmarks(&self.store, member, wanted.place, after, STEP).await?;
            let last = step.len() < STEP;
            let ids: Vec<PostId> = step.iter().map(|b| b.post).collect();
            let mut posts = if ids.is_empty() { HashMap::new() } else { self.posts.posts(&ids).await? };
            for bookmark in step {
                after = Some(bookmark.cursor());
                looked_at += 1;
                match posts.remove(&bookmark.post) {
                    Some(post) if has_words(&post.title, &wanted.words) => found.push((bookmark, post)),
                    _ => {}
                }
            }
            if found.len() > limit {
                found.truncate(limit);
                break found.last().map(|(b, _)| b.cursor());
            }
            if last {
                break None;
            }
            if looked_at >= LOOKED_AT {
                break after;
            }
        };
        let mut cards = self.cards(found.iter().filter_map(|(_, p)| p.author())).await?;
        let mut kept = |(bookmark, post): (Bookmark, PostView)| {
            let author = post.author().and_then(|a| cards.get_mut(&a).cloned());
            Kept { bookmark, post, author }
        };
        Ok(KeptPage { items: found.into_iter().map(&mut kept).collect(), next })
    }

    /// The cards of these authors.
    async fn cards(&self, authors: impl Iterator<Item = AuthorId>) -> Done<HashMap<AuthorId, AuthorCard>> {
        let mut ids: Vec<AuthorId> = authors.collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(if ids.is_empty() { HashMap::new() } else { self.authors.cards(&ids).await? })
    }

    /// What a member follows, as far as it is to be seen.
    pub(crate) async fn following(&self, member: AuthorId) -> Done<Followed> {
        let Follows { members, tags, posts } = store::follows(&self.store, member).await?;
        let mut views = if posts.is_empty() { HashMap::new() } else { self.posts.posts(&posts).await? };
        let cards = self.cards(members.iter().copied().chain(views.values().filter_map(PostView::author))).await?;
        let named = |post: PostView| {
            let author = post.author().and_then(|a| cards.get(&a).cloned());
            (post, author)
        };
        let posts = posts.iter().filter_map(|id| views.remove(id)).map(named).collect();
        Ok(Followed { members: members.iter().filter_map(|id| cards.get(id).cloned()).collect(), tags, posts })
    }
}

#[async_trait]
impl Port for Reactions {
    async fn tallies(&self, posts: &[PostId]) -> PortResult<HashMap<PostId, Tally>> {
        Ok(store::tallies(&self.store, posts).await?)
    }

    async fn of_viewer(&self, member: AuthorId, posts: &[PostId]) -> PortResult<HashMap<PostId, Own>> {
        let mine = store::mine(&self.store, member, posts).await?;
        Ok(mine.into_iter().map(|(id, m)| (id, m.own)).filter(|(_, own)| *own != Own::default()).collect())
    }

    async fn follows(&self, member: AuthorId) -> PortResult<Follows> {
        Ok(store::follows(&self.store, member).await?)
    }

    async fn follower_counts(&self, kind: FollowKind, ids: &[i64]) -> PortResult<HashMap<i64, u32>> {
        Ok(store::follower_counts(&self.store, kind, ids).await?)
    }

    async fn followers(
        &self,
        kind: FollowKind,
        id: i64,
        after: Option<AuthorId>,
        limit: usize,
    ) -> PortResult<Vec<AuthorId>> {
        Ok(store::followers(&self.store, kind, id, after, limit).await?)
    }
}
