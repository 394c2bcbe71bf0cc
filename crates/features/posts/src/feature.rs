//! The feature as the product takes it in.

use std::sync::Arc;

use utoipa::OpenApi as _;
use xinghe_core::Lang;
use xinghe_core::portable::Portable;
use xinghe_core::ports::{Authors, PictureCopies, Reactions, Standing};
use xinghe_store::{EventReader, JobHandler, Migration, Schedule, Store};
use xinghe_web::{Feature, Routes, SlotEntry};

use crate::readers::{ClaimedCredits, ErasedDrafts, Moderation};
use crate::{MIGRATIONS, PostsPort, api, jobs, pages};

/// What pages and the API stand on.
#[derive(Clone)]
pub(crate) struct State {
    pub store: Store,
    pub authors: Arc<dyn Authors>,
    pub reactions: Option<Arc<dyn Reactions>>,
    pub standing: Option<Arc<dyn Standing>>,
    pub copies: Option<Arc<dyn PictureCopies>>,
}

/// The feature.
#[derive(Clone)]
pub struct PostsFeature {
    state: State,
}

impl PostsFeature {
    /// Over a store and those who name authors.
    pub fn new(store: Store, authors: Arc<dyn Authors>) -> Self {
        Self { state: State { store, authors, reactions: None, standing: None, copies: None } }
    }

    /// With those who know what members think of posts and what they follow: home goes by it.
    #[must_use]
    pub fn with_reactions(mut self, reactions: Arc<dyn Reactions>) -> Self {
        self.state.reactions = Some(reactions);
        self
    }

    /// With those who know who may not write: what such a member scheduled is not published.
    #[must_use]
    pub fn with_standing(mut self, standing: Arc<dyn Standing>) -> Self {
        self.state.standing = Some(standing);
        self
    }

    /// With those who keep copies of pictures at other hosts: what they have is shown, everything else is a link.
    #[must_use]
    pub fn with_copies(mut self, copies: Arc<dyn PictureCopies>) -> Self {
        self.state.copies = Some(copies);
        self
    }
}

impl std::fmt::Debug for PostsFeature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostsFeature").finish_non_exhaustive()
    }
}

impl Feature for PostsFeature {
    fn name(&self) -> &'static str {
        "posts"
    }

    fn migrations(&self) -> Vec<Migration> {
        MIGRATIONS.to_vec()
    }

    fn routes(&self) -> Routes {
        pages::routes(&self.state).merge(api::routes(&self.state))
    }

    fn slots(&self) -> Vec<SlotEntry> {
        pages::slots(&self.state)
    }

    fn readers(&self) -> Vec<Arc<dyn EventReader>> {
        vec![Arc::new(ClaimedCredits), Arc::new(ErasedDrafts), Arc::new(Moderation)]
    }

    fn jobs(&self) -> Vec<Arc<dyn JobHandler>> {
        jobs::all(&self.state)
    }

    fn schedules(&self) -> Vec<Schedule> {
        jobs::schedules()
    }

    fn portable(&self) -> Option<Arc<dyn Portable>> {
        Some(Arc::new(PostsPort::new(self.state.store.clone(), self.state.authors.clone())))
    }

    fn locales(&self) -> &'static [(Lang, &'static str)] {
        &[
            (Lang::ZhHans, include_str!("../locales/zh-Hans.ftl")),
            (Lang::ZhHant, include_str!("../locales/zh-Hant.ftl")),
            (Lang::En, include_str!("../locales/en.ftl")),
        ]
    }

    fn openapi(&self) -> Option<utoipa::openapi::OpenApi> {
        Some(api::Doc::openapi())
    }
}
