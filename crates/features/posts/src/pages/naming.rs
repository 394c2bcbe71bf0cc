//! Members, topics and pictures in texts: found when something is written, linked and shown when it is read.

use std::collections::HashMap;
use std::sync::Arc;

use xinghe_core::Lang;
use xinghe_core::content::{PostKind, PostView};
use xinghe_core::id::PostId;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{Authors, PortResult};
use xinghe_web::markdown::{RenderOptions, Rendered, named, render};
use xinghe_web::{AppError, Html};

use super::lists::tag_url;
use crate::feature::State;
use crate::model::{Draft, MENTIONS_MAX, Mention, canonical_tag};
use crate::store;

/// Looks up whom a draft names.
pub(crate) async fn with_mentions(state: &State, draft: Draft) -> Result<Draft, AppError> {
    Ok(mentioning(&*state.authors, draft).await?)
}

/// Looks up whom a draft names.
pub(crate) async fn mentioning(authors: &dyn Authors, mut draft: Draft) -> PortResult<Draft> {
    let mut handles = named(&draft.body).handles;
    handles.truncate(MENTIONS_MAX);
    if !handles.is_empty() {
        let cards = authors.by_handles(&handles).await?;
        let mention = |handle: String| {
            let card = cards.get(&handle)?;
            Some(Mention { handle, author: card.id, claimed: card.claimed })
        };
        draft.mentions = handles.into_iter().filter_map(mention).collect();
    }
    Ok(draft)
}

/// What posts name with effect, and the copies of what they show from other hosts.
#[derive(Debug, Default)]
pub(super) struct Names {
    members: HashMap<PostId, Vec<String>>,
    copies: HashMap<PostId, Vec<(String, PictureName)>>,
}

impl Names {
    pub(super) async fn load(state: &State, posts: &[PostId]) -> Result<Self, AppError> {
        let copies = async {
            match &state.copies {
                Some(copies) if !posts.is_empty() => Ok(copies.copies(posts).await?),
                _ => Ok::<_, AppError>(HashMap::new()),
            }
        };
        let members = async { Ok::<_, AppError>(store::mentions(&state.store, posts).await?) };
        let (members, copies) = futures::try_join!(members, copies)?;
        Ok(Self { members, copies })
    }

    /// The copies of what a post shows from other hosts.
    pub(super) fn copies(&self, post: PostId) -> Vec<(String, PictureName)> {
        self.copies.get(&post).cloned().unwrap_or_default()
    }

    /// The text of a post as its page shows it, alone.
    pub(super) fn body(&self, post: &PostView, id_prefix: String, lang: Lang) -> Html {
        self.rendered(post, id_prefix, lang).html.clone()
    }

    /// The text of a post as its page shows it, with its headings.
    pub(super) fn rendered(&self, post: &PostView, id_prefix: String, lang: Lang) -> Arc<Rendered> {
        let mut links: Vec<(String, String)> =
            self.members.get(&post.id).into_iter().flatten().map(|h| (format!("@{h}"), format!("/@{h}"))).collect();
        if post.kind == PostKind::Moment && !post.tags.is_empty() {
            let topics = named(&post.body).topics.into_iter();
            links.extend(topics.filter_map(|topic| {
                let tag = canonical_tag(&topic).filter(|tag| post.tags.contains(tag))?;
                Some((format!("#{topic}"), tag_url(&tag)))
            }));
        }
        render(&post.body, &RenderOptions { id_prefix, links, lang, copies: self.copies(post.id) })
    }
}
