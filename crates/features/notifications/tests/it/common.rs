//! A community as other features would make it: posts, people and events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use xinghe_core::event::CitationFact;
use xinghe_core::id::tag_id;
use xinghe_core::ports::{Authors, PortResult, Posts};
use xinghe_core::{
    AnswerId, AuthorCard, AuthorId, Credit, CreditRole, Event, FollowKind, LangTag, PassageId, PostId, PostKind,
    PostView, Provenance, RevisionId, Timestamp,
};
use xinghe_notifications::readers::Teller;
use xinghe_notifications::{Notifications, NotificationsFeature};
use xinghe_store::{Readers, Workers};
use xinghe_testkit::TestDb;
use xinghe_web::Feature as _;

/// Member `n`.
pub fn m(n: i64) -> AuthorId {
    AuthorId::from_raw(n)
}

/// Everybody below 1,000 is here, `m` and their number.
pub struct People;

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let card = |id: AuthorId| AuthorCard {
            id,
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            claimed: true,
            sample: false,
        };
        Ok(ids.iter().filter(|id| id.raw() < 1_000).map(|id| (*id, card(*id))).collect())
    }
    async fn by_handle(&self, _: &str) -> PortResult<Option<AuthorCard>> {
        Ok(None)
    }
}

/// Posts as they are now.
#[derive(Default)]
pub struct Shelf(Mutex<HashMap<PostId, PostView>>);

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

/// A community on a database.
pub struct Town {
    pub db: TestDb,
    pub shelf: Arc<Shelf>,
    pub all: Notifications,
    pub stop: CancellationToken,
    readers: Readers,
    workers: Workers,
}

impl Town {
    /// With members 1 to 9.
    pub async fn new(db: TestDb) -> Self {
        db.store().migrate(&xinghe_notifications::migrations()).await.unwrap();
        let (shelf, stop) = (Arc::new(Shelf::default()), CancellationToken::new());
        let all = Notifications::new(db.store().clone(), shelf.clone(), Arc::new(People), stop.clone());
        let readers = Readers::new(db.store().clone(), vec![Arc::new(Teller::new(shelf.clone()))], vec![]);
        let workers = Workers::new(db.store().clone(), NotificationsFeature::new(all.clone()).jobs(), vec![]);
        let town = Self { db, shelf, all, stop, readers, workers };
        for n in 1..10 {
            town.say(n, Event::MemberRegistered { member: m(n) }).await;
        }
        town.db.clock().advance(std::time::Duration::from_secs(60));
        town
    }

    /// Something happens; a minute passes.
    pub async fn say(&self, by: i64, event: Event) {
        let mut unit = self.db.store().begin().await.unwrap();
        unit.append((by > 0).then(|| m(by)), &event).await.unwrap();
        unit.commit().await.unwrap();
        self.db.clock().advance(std::time::Duration::from_secs(60));
    }

    /// All is read and told.
    pub async fn settle(&self) {
        self.readers.catch_up().await.unwrap();
        self.workers.drain().await.unwrap();
    }

    pub async fn rebuild(&self) {
        assert!(self.readers.rebuild("notifications").await.unwrap());
        self.workers.drain().await.unwrap();
    }

    /// A post that appears with these tags.
    pub async fn post(&self, id: i64, kind: PostKind, parent: Option<i64>, by: i64, tags: &[&str]) {
        let post = PostId::from_raw(id);
        let root = parent.map_or(post, PostId::from_raw);
        let view = PostView {
            id: post,
            revision: RevisionId::from_raw(id),
            kind,
            title: format!("标题{root}"),
            slug: String::new(),
            body: "正文。".to_owned(),
            language: LangTag::undetermined(),
            credits: vec![Credit { author: m(by), role: CreditRole::Author }],
            tags: tags.iter().map(|t| (*t).to_owned()).collect(),
            parent: parent.map(PostId::from_raw),
            root,
            provenance: Provenance::Human,
            licence: None,
            source_url: None,
            published_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            accepted: false,
        };
        self.shelf.0.lock().unwrap().insert(post, view);
        let parent = parent.map(PostId::from_raw);
        let revision = RevisionId::from_raw(id);
        self.say(by, Event::PostPublished { post, revision, post_kind: kind, parent, author: m(by) }).await;
    }

    /// The tags of a post are others now.
    pub fn retag(&self, id: i64, tags: &[&str]) {
        let mut posts = self.shelf.0.lock().unwrap();
        posts.get_mut(&PostId::from_raw(id)).unwrap().tags = tags.iter().map(|t| (*t).to_owned()).collect();
    }

    pub async fn vote(&self, post: i64, by: i64, value: i8) {
        self.say(by, Event::PostVoted { post: PostId::from_raw(post), by: m(by), value }).await;
    }

    pub async fn follow(&self, by: i64, kind: FollowKind, id: i64, on: bool) {
        self.say(by, Event::Followed { by: m(by), kind, id, on }).await;
    }

    pub async fn follow_tag(&self, by: i64, tag: &str) {
        self.follow(by, FollowKind::Tag, tag_id(tag), true).await;
    }

    /// The guide (or member 9's twin) answers and cites posts of these.
    pub async fn cite(&self, answer: i64, asker: i64, cited: &[(i64, i64)]) {
        let fact = |(post, author): &(i64, i64)| CitationFact {
            passage: PassageId::from_raw(1),
            post: PostId::from_raw(*post),
            revision: RevisionId::from_raw(*post),
            author: m(*author),
        };
        let citations = cited.iter().map(fact).collect();
        let (answer, asker) = (AnswerId::from_raw(answer), (asker > 0).then(|| m(asker)));
        self.say(0, Event::AnswerGiven { answer, asker, twin: None, abstained: false, citations }).await;
    }
}
