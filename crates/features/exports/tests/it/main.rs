//! Asking for archives, making, taking and losing them, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashMap;
use std::io::{Cursor, Read as _};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::{Again, Authors, PortError, PortResult, StepUp};
use xinghe_core::{AuthorCard, AuthorId, Event, SessionId};
use xinghe_exports::model::State;
use xinghe_exports::readers::Attendant;
use xinghe_exports::{ExportError, Exports, ExportsFeature, migrations};
use xinghe_store::{Queries as _, Readers, Workers};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Feature as _;

const ADA: AuthorId = AuthorId::from_raw(7);
const BEN: AuthorId = AuthorId::from_raw(8);
const HERE: SessionId = SessionId::from_raw(70);
const THERE: SessionId = SessionId::from_raw(71);

struct People;

#[async_trait]
impl Authors for People {
    async fn cards(&self, ids: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        let card = |id: &AuthorId| AuthorCard {
            id: *id,
            handle: format!("m{id}"),
            name: format!("成员{id}"),
            claimed: true,
            sample: false,
        };
        Ok(ids.iter().map(|id| (*id, card(id))).collect())
    }
    async fn by_handle(&self, _: &str) -> PortResult<Option<AuthorCard>> {
        Ok(None)
    }
}

#[async_trait]
impl StepUp for People {
    async fn step_up(&self, _: AuthorId, secret: &str) -> PortResult<Again> {
        Ok(match secret {
            "right" => Again::Yes,
            "wait" => Again::Wait(30),
            _ => Again::No,
        })
    }
}

/// Writes one file about the member, and a large one.
struct Part;

#[async_trait]
impl Portable for Part {
    fn files(&self) -> &'static [Described] {
        &[Described { path: "part/*.json", en: "a part", zh: "一部分" }]
    }
    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        into.json("part/of.json", &json!({ "member": member, "site": into.site() })).await?;
        // More than a piece, and nothing that deflate could make small.
        let mut n = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (n >> 56) as u8
        })
        .take(600_000)
        .collect();
        into.file("part/noise.bin", &noise).await
    }
}

/// Cannot be written.
struct Broken;

#[async_trait]
impl Portable for Broken {
    fn files(&self) -> &'static [Described] {
        &[]
    }
    async fn export(&self, _: AuthorId, _: &mut dyn Sink) -> PortResult<()> {
        Err(PortError::new("the disk is gone"))
    }
}

async fn over(db: &TestDb, parts: Vec<Arc<dyn Portable>>) -> Exports {
    db.store().migrate(&migrations()).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let exports = Exports::new(db.store().clone(), Arc::new(People), Arc::new(People), "https://star.example/", stop);
    exports.attend(parts);
    exports
}

async fn work(db: &TestDb, exports: &Exports) -> usize {
    let feature = ExportsFeature::new(exports.clone());
    Workers::new(db.store().clone(), feature.jobs(), vec![]).drain().await.unwrap()
}

/// The whole archive, as the pieces give it.
async fn bytes(db: &TestDb) -> Vec<u8> {
    let mut all = Vec::new();
    for ordinal in 0.. {
        #[derive(xinghe_store::FromQueryResult)]
        struct Piece {
            bytes: Vec<u8>,
        }
        let sql = "SELECT bytes FROM exports_part WHERE ordinal = $1";
        let piece: Option<Piece> = db.store().one(sql, xinghe_store::params![ordinal]).await.unwrap();
        match piece {
            Some(piece) => all.extend(piece.bytes),
            None => break,
        }
    }
    all
}

async fn left(db: &TestDb) -> i64 {
    let sql = "SELECT (SELECT COUNT(*) FROM exports_archive) + (SELECT COUNT(*) FROM exports_part) + \
               (SELECT COUNT(*) FROM exports_confirmed) AS value";
    db.store().number(sql, vec![]).await.unwrap().unwrap()
}

async fn an_archive_is_made_once_and_taken_by_its_owner_only(db: TestDb) {
    let exports = over(&db, vec![Arc::new(Part)]).await;
    assert!(matches!(exports.start(ADA, HERE).await, Err(ExportError::Unconfirmed)));
    assert!(matches!(exports.confirm(ADA, HERE, "wrong").await, Err(ExportError::Wrong)));
    assert!(matches!(exports.confirm(ADA, HERE, "wait").await, Err(ExportError::Wait(30))));
    exports.confirm(ADA, HERE, "right").await.unwrap();
    let begun = exports.start(ADA, HERE).await.unwrap();
    assert_eq!((begun.state, begun.total), (State::Making, 1));
    assert_eq!(exports.start(ADA, HERE).await.unwrap().id, begun.id, "one at a time");
    assert!(matches!(exports.download(ADA, HERE).await, Err(ExportError::NotFound)), "not ready yet");
    assert_eq!(work(&db, &exports).await, 1);
    let (archive, card) = exports.download(ADA, HERE).await.unwrap();
    assert_eq!((archive.id, archive.files, card.handle.as_str()), (begun.id, 4, "m7"));
    let all = bytes(&db).await;
    assert_eq!(all.len() as u64, archive.bytes);
    let mut zip = zip::ZipArchive::new(Cursor::new(all)).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    assert!(text("xinghe-m7/README.md").contains("| `part/*.json` | a part | 一部分 |"));
    assert!(text("xinghe-m7/part/of.json").contains("\"site\": \"https://star.example\""));
    assert!(text("xinghe-m7/xinghe.json").contains("\"handle\": \"m7\""));
    // Another session, another member, and the same session of another member.
    assert!(matches!(exports.download(ADA, THERE).await, Err(ExportError::Unconfirmed)));
    exports.confirm(BEN, THERE, "right").await.unwrap();
    assert!(matches!(exports.download(BEN, THERE).await, Err(ExportError::NotFound)));
    assert!(matches!(exports.download(ADA, THERE).await, Err(ExportError::Unconfirmed)));
    db.clock().advance(Duration::from_secs(3_601));
    assert!(matches!(exports.download(ADA, HERE).await, Err(ExportError::Unconfirmed)), "an hour is over");
    let told: Vec<Event> = db.events().await.into_iter().map(|r| r.event).collect();
    assert_eq!(told, [Event::ArchiveAsked { member: ADA }, Event::ArchiveReady { member: ADA }]);
}

async fn an_archive_goes_in_time_at_will_and_with_its_member(db: TestDb) {
    let exports = over(&db, vec![Arc::new(Part)]).await;
    let make = async || {
        exports.confirm(ADA, HERE, "right").await.unwrap();
        exports.start(ADA, HERE).await.unwrap();
        work(&db, &exports).await;
        exports.archive(ADA).await.unwrap().expect("it is there")
    };
    let first = make().await;
    let second = make().await;
    assert_ne!(first.id, second.id);
    assert_eq!(bytes(&db).await.len() as u64, second.bytes, "the first one is gone");
    exports.remove(ADA).await.unwrap();
    exports.remove(ADA).await.unwrap();
    assert_eq!(exports.archive(ADA).await.unwrap(), None);
    make().await;
    db.clock().advance(Duration::from_secs(7 * 86_400));
    assert_eq!(exports.archive(ADA).await.unwrap(), None, "its time is over");
    let mut unit = db.store().begin().await.unwrap();
    unit.enqueue(&xinghe_store::JobRequest::new("exports.sweep", &())).await.unwrap();
    unit.commit().await.unwrap();
    work(&db, &exports).await;
    assert_eq!(left(&db).await, 0, "what is over is removed");
    make().await;
    let mut unit = db.store().begin().await.unwrap();
    unit.append(Some(ADA), &Event::MemberErased { member: ADA }).await.unwrap();
    unit.commit().await.unwrap();
    Readers::new(db.store().clone(), vec![Arc::new(Attendant)], vec![]).catch_up().await.unwrap();
    assert_eq!(left(&db).await, 0, "it goes with its member");
    exports.confirm(ADA, HERE, "right").await.unwrap();
    assert!(matches!(exports.start(ADA, HERE).await, Err(ExportError::NotFound)));
}

async fn an_archive_of_somebody_erased_meanwhile_is_not_kept(db: TestDb) {
    let exports = over(&db, vec![Arc::new(Part)]).await;
    exports.confirm(ADA, HERE, "right").await.unwrap();
    exports.start(ADA, HERE).await.unwrap();
    let mut unit = db.store().begin().await.unwrap();
    unit.append(Some(ADA), &Event::MemberErased { member: ADA }).await.unwrap();
    unit.commit().await.unwrap();
    Readers::new(db.store().clone(), vec![Arc::new(Attendant)], vec![]).catch_up().await.unwrap();
    work(&db, &exports).await;
    assert_eq!(left(&db).await, 0);
}

async fn what_cannot_be_made_says_so_and_can_be_asked_for_again(db: TestDb) {
    let exports = over(&db, vec![Arc::new(Part), Arc::new(Broken)]).await;
    exports.confirm(ADA, HERE, "right").await.unwrap();
    let first = exports.start(ADA, HERE).await.unwrap();
    for _ in 0..4 {
        work(&db, &exports).await;
        db.clock().advance(Duration::from_secs(600));
    }
    assert_eq!(exports.archive(ADA).await.unwrap().map(|a| a.state), Some(State::Failed));
    let again = exports.start(ADA, HERE).await.unwrap();
    assert!(again.state == State::Making && again.id != first.id);
}

on_both_databases!(
    an_archive_is_made_once_and_taken_by_its_owner_only,
    an_archive_goes_in_time_at_will_and_with_its_member,
    an_archive_of_somebody_erased_meanwhile_is_not_kept,
    what_cannot_be_made_says_so_and_can_be_asked_for_again,
);
