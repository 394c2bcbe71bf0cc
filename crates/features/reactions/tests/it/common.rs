//! Posts and people as other features would know them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use xinghe_core::ports::{Authors, PortResult, Posts};
use xinghe_core::{
    AuthorCard, AuthorId, Credit, CreditRole, LangTag, PostId, PostKind, PostView, Provenance, RevisionId, Timestamp,
};
use xinghe_reactions::Reactions;
use xinghe_testkit::TestDb;

/// Wrote everything.
pub const AUTHOR: AuthorId = AuthorId::from_raw(1);
/// Reads.
pub const READER: AuthorId = AuthorId::from_raw(2);
/// Reads, too.
pub const OTHER: AuthorId = AuthorId::from_raw(3);
pub const ARTICLE: PostId = PostId::from_raw(100);
pub const ANSWER: PostId = PostId::from_raw(101);

/// Everybody is `m` and their number.
pub struct People;

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        Ok(ids.iter().filter(|id| id.raw() < 1_000).map(|id| (*id, card(*id))).collect())
    }
    async fn by_handle(&self, handle: &str) -> PortResult<Option<AuthorCard>> {
        let id = handle.strip_prefix('m').and_then(|n| n.parse::<i64>().ok()).filter(|n| (1..1_000).contains(n));
        Ok(id.map(|id| card(AuthorId::from_raw(id))))
    }
}

fn card(id: AuthorId) -> AuthorCard {
    AuthorCard { id, handle: format!("m{id}"), name: format!("成员{id}"), claimed: true, sample: false }
}

/// Posts that can be taken away and brought back.
#[derive(Default)]
pub struct Shelf(Mutex<HashMap<PostId, PostView>>);

impl Shelf {
    pub fn new() -> Arc<Self> {
        let shelf = Self::default();
        shelf.put(post(ARTICLE, PostKind::Article, "星河之约"));
        shelf.put(post(ANSWER, PostKind::Answer, "星河之约"));
        Arc::new(shelf)
    }

    pub fn put(&self, post: PostView) {
        self.0.lock().unwrap().insert(post.id, post);
    }

    pub fn take(&self, id: PostId) {
        self.0.lock().unwrap().remove(&id);
    }
}

#[async_trait]
impl Posts for Shelf {
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        let posts = self.0.lock().unwrap();
        Ok(ids.iter().filter_map(|id| posts.get(id).map(|p| (*id, p.clone()))).collect())
    }
    async fn ids_after(&self, _: Option<PostId>, _: usize) -> PortResult<Vec<PostId>> {
        Ok(vec![])
    }
}

pub fn post(id: PostId, kind: PostKind, title: &str) -> PostView {
    PostView {
        id,
        revision: RevisionId::from_raw(1),
        kind,
        title: title.to_owned(),
        slug: String::new(),
        body: "正文。".to_owned(),
        language: LangTag::undetermined(),
        credits: vec![Credit { author: AUTHOR, role: CreditRole::Author }],
        tags: vec![],
        parent: kind.is_reply().then_some(ARTICLE),
        root: if kind.is_reply() { ARTICLE } else { id },
        provenance: Provenance::Human,
        licence: None,
        source_url: None,
        published_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        accepted: false,
    }
}

pub async fn over(db: &TestDb, shelf: &Arc<Shelf>) -> Reactions {
    db.store().migrate(&xinghe_reactions::migrations()).await.unwrap();
    Reactions::new(db.store().clone(), shelf.clone(), Arc::new(People))
}
