//! Copies of pictures at other hosts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use image::ImageFormat;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};
use xinghe_core::content::{PostKind, PostView, Provenance};
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{PictureCopies as _, PortResult, Posts};
use xinghe_core::{Event, PostId, RevisionId, Timestamp};
use xinghe_media::model::Limits;
use xinghe_media::{Copies, MediaFeature, Pictures};
use xinghe_net::{Fetcher, Reachable};
use xinghe_store::{Readers, Workers};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Feature as _;

use crate::common::{ANN, drawing, file, over, photographed};

on_both_databases!(
    what_a_post_shows_from_elsewhere_is_copied_once_and_dropped_with_it,
    what_is_not_to_be_had_stays_a_link,
    an_inner_network_is_not_asked,
    without_room_nothing_is_fetched,
);

/// Posts by their texts.
#[derive(Default)]
struct Shelf(Mutex<HashMap<PostId, String>>);

#[async_trait]
impl Posts for Shelf {
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        let shelf = self.0.lock().unwrap();
        let view = |id: &PostId, body: &String| PostView {
            id: *id,
            revision: RevisionId::from_raw(1),
            kind: PostKind::Article,
            title: "题".to_owned(),
            slug: String::new(),
            body: body.clone(),
            language: "zh-Hans".parse().unwrap(),
            credits: vec![],
            tags: vec![],
            parent: None,
            root: *id,
            provenance: Provenance::Human,
            licence: None,
            source_url: None,
            published_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            accepted: false,
        };
        Ok(ids.iter().filter_map(|id| Some((*id, view(id, shelf.get(id)?)))).collect())
    }

    async fn ids_after(&self, _: Option<PostId>, _: usize) -> PortResult<Vec<PostId>> {
        Ok(vec![])
    }
}

struct World {
    db: TestDb,
    shelf: Arc<Shelf>,
    pictures: Pictures,
    copies: Copies,
    readers: Readers,
    workers: Workers,
    server: MockServer,
}

const POST: PostId = PostId::from_raw(7);

impl World {
    async fn new(db: TestDb, reachable: Reachable, room: u64) -> Self {
        let shelf = Arc::new(Shelf::default());
        let pictures = over(&db, &Arc::default(), Limits::default()).await;
        let limits = xinghe_net::Limits { bytes: 100_000, redirects: 2, seconds: 5 };
        let fetcher = Fetcher::new(reachable, limits, "xinghe-test");
        let copies = Copies::new(pictures.clone(), shelf.clone(), fetcher, room);
        let feature = MediaFeature::new(pictures.clone()).with_copies(copies.clone());
        let readers = Readers::new(db.store().clone(), feature.readers(), vec![]);
        let workers = Workers::new(db.store().clone(), feature.jobs(), vec![]);
        let server = MockServer::start().await;
        Self { db, shelf, pictures, copies, readers, workers, server }
    }

    async fn serve(&self, at: &str, body: Vec<u8>, times: u64) {
        let answer = ResponseTemplate::new(200).set_body_bytes(body);
        Mock::given(path(at)).respond_with(answer).expect(times).mount(&self.server).await;
    }

    /// A post has this text now; without one, it is not to be seen. What follows from it has happened.
    async fn write(&self, text: Option<String>) {
        let event = match text {
            Some(text) => {
                self.shelf.0.lock().unwrap().insert(POST, text);
                Event::PostRevised { post: POST, revision: RevisionId::from_raw(1) }
            }
            None => {
                self.shelf.0.lock().unwrap().remove(&POST);
                Event::PostDeleted { post: POST }
            }
        };
        let mut unit = self.db.store().begin().await.unwrap();
        unit.append(Some(ANN), &event).await.unwrap();
        unit.commit().await.unwrap();
        self.work().await;
    }

    async fn work(&self) {
        self.db.events().await;
        self.readers.catch_up().await.unwrap();
        self.workers.drain().await.unwrap();
    }

    async fn shown(&self) -> Vec<(String, PictureName)> {
        self.copies.copies(&[POST]).await.unwrap().remove(&POST).unwrap_or_default()
    }
}

async fn what_a_post_shows_from_elsewhere_is_copied_once_and_dropped_with_it(db: TestDb) {
    let world = World::new(db, Reachable::with_hosts(["127.0.0.1"]), 1 << 20).await;
    world.serve("/a.png", file(&drawing(40, 30), ImageFormat::Png), 1).await;
    world.serve("/b", photographed(&drawing(20, 60), 1), 1).await;
    let at = |p: &str| format!("{}{p}", world.server.uri());
    world.write(Some(format!("![一]({}) <img src=\"{}\"> ![又]({}#x)", at("/a.png"), at("/b"), at("/a.png")))).await;
    let shown = world.shown().await;
    let urls: Vec<&str> = shown.iter().map(|(url, _)| url.as_str()).collect();
    assert_eq!(urls, [at("/a.png"), at("/b")]);
    let (a, b) = (shown[0].1, shown[1].1);
    assert_eq!(((a.width(), a.height()), (b.width(), b.height())), ((40, 30), (20, 60)));
    let content = world.pictures.content(&b).await.unwrap().unwrap();
    assert!(!content.windows(7).any(|w| w == b"TESTCAM"), "what the file says beside the picture is gone");

    world.write(Some(format!("![一]({})", at("/a.png")))).await;
    assert_eq!(world.shown().await, [(at("/a.png"), a)], "the same copy: nothing is fetched again");
    assert_eq!(world.copies.sweep().await.unwrap(), 1);
    assert_eq!(world.pictures.content(&b).await.unwrap(), None);
    world.write(None).await;
    assert!(world.shown().await.is_empty());
    assert_eq!(world.copies.sweep().await.unwrap(), 1);
    assert_eq!(world.pictures.content(&a).await.unwrap(), None);
    let said: Vec<_> = world.db.events().await.into_iter().map(|r| r.event).collect();
    let count = |wanted: fn(&Event) -> bool| said.iter().filter(|e| wanted(e)).count();
    assert_eq!(count(|e| matches!(e, Event::PictureCopied { .. })), 2);
    assert_eq!(count(|e| matches!(e, Event::CopyDropped { .. })), 2);
}

async fn what_is_not_to_be_had_stays_a_link(db: TestDb) {
    let world = World::new(db, Reachable::with_hosts(["127.0.0.1"]), 1 << 20).await;
    world
        .serve("/badge.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec(), 1)
        .await;
    world.serve("/large.png", vec![0; 100_001], 1).await;
    let gone = || Mock::given(path("/gone.png"));
    let missing = gone().respond_with(ResponseTemplate::new(404)).up_to_n_times(2).expect(2);
    missing.mount(&world.server).await;
    let back = ResponseTemplate::new(200).set_body_bytes(file(&drawing(9, 9), ImageFormat::Png));
    gone().respond_with(back).expect(1).mount(&world.server).await;
    let at = |p: &str| format!("{}{p}", world.server.uri());
    let text = ["/badge.svg", "/large.png", "/gone.png"].map(|p| format!("![]({})\n", at(p))).concat();
    world.write(Some(text.clone())).await;
    assert!(world.shown().await.is_empty());
    let again = async |hours: u64| {
        world.db.clock().advance(Duration::from_secs(hours * 3_600 + 1));
        world.write(Some(text.clone())).await;
        world.shown().await.len()
    };
    assert_eq!(again(1).await, 0, "tried again after an hour");
    assert_eq!(again(1).await, 0, "not yet again");
    assert_eq!(again(5).await, 1, "it came back");
    assert_eq!(again(1_000).await, 1, "the others are not asked again");
}

async fn an_inner_network_is_not_asked(db: TestDb) {
    let world = World::new(db, Reachable::public(), 1 << 20).await;
    world.serve("/a.png", file(&drawing(40, 30), ImageFormat::Png), 0).await;
    let text = format!("![]({}/a.png) ![](http://[::1]/x) ![](http://2130706433/x)", world.server.uri());
    world.write(Some(text)).await;
    assert!(world.shown().await.is_empty());
    world.db.clock().advance(Duration::from_secs(3_600_000));
    assert_eq!(world.copies.tend(&|| false).await.unwrap(), 0);
}

async fn without_room_nothing_is_fetched(db: TestDb) {
    let world = World::new(db, Reachable::with_hosts(["127.0.0.1"]), 0).await;
    world.serve("/a.png", file(&drawing(40, 30), ImageFormat::Png), 0).await;
    world.write(Some(format!("![]({}/a.png)", world.server.uri()))).await;
    assert!(world.shown().await.is_empty());
}
