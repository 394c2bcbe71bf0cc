//! Adding, deleting, sweeping.

use std::sync::Arc;
use std::time::Duration;

use image::ImageFormat;
use xinghe_core::Event;
use xinghe_core::ports::{PictureIntake as _, PictureOutcome};
use xinghe_media::MediaError;
use xinghe_media::model::{Limits, Picture};
use xinghe_media::readers::Attendant;
use xinghe_store::Readers;
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{ANN, BEN, Wall, drawing, file, over};

on_both_databases!(
    a_picture_is_added_once_and_deleted_by_its_owner,
    nobody_adds_more_than_one_may,
    what_nothing_shows_is_swept_after_a_week,
    who_is_gone_leaves_what_is_shown,
    imported_pictures_are_their_authors_and_go_to_who_claims_them,
);

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn png(side: u32) -> bytes::Bytes {
    file(&drawing(side, side), ImageFormat::Png).into()
}

async fn a_picture_is_added_once_and_deleted_by_its_owner(db: TestDb) {
    let pictures = over(&db, &Arc::default(), Limits::default()).await;
    let added = pictures.add(ANN, png(40)).await.unwrap();
    assert_eq!((added.name.width(), added.name.height()), (40, 40));
    let content = pictures.content(&added.name).await.unwrap().unwrap();
    assert_eq!(content.len() as u64, added.bytes);
    assert_eq!(pictures.add(ANN, png(40)).await.unwrap(), added, "the same file again");
    let bens = pictures.add(BEN, png(40)).await.unwrap();
    assert_ne!(bens.name, added.name);
    assert!(matches!(pictures.delete(BEN, added.id).await, Err(MediaError::NotFound)));
    pictures.delete(ANN, added.id).await.unwrap();
    assert!(matches!(pictures.delete(ANN, added.id).await, Err(MediaError::NotFound)));
    assert_eq!(pictures.content(&added.name).await.unwrap(), None);
    assert!(pictures.content(&bens.name).await.unwrap().is_some());
    let said: Vec<_> = db.events().await.into_iter().map(|r| r.event).collect();
    assert_eq!(
        said,
        [
            Event::PictureAdded { picture: added.id, member: ANN },
            Event::PictureAdded { picture: bens.id, member: BEN },
            Event::PictureDeleted { picture: added.id, member: ANN },
        ]
    );
}

async fn nobody_adds_more_than_one_may(db: TestDb) {
    let limits = Limits { per_day: 2, file: 50_000, ..Limits::default() };
    let pictures = over(&db, &Arc::default(), limits).await;
    let first = pictures.add(ANN, png(10)).await.unwrap();
    pictures.delete(ANN, first.id).await.unwrap();
    pictures.add(ANN, png(11)).await.unwrap();
    assert!(matches!(pictures.add(ANN, png(12)).await, Err(MediaError::Day(2))), "deleting gives none back");
    pictures.add(BEN, png(12)).await.unwrap();
    assert!(matches!(pictures.add(ANN, vec![0; 50_001].into()).await, Err(MediaError::File(_))));
    db.clock().advance(DAY);
    pictures.add(ANN, png(12)).await.unwrap();
    let full = over(&db, &Arc::default(), Limits { total: 1, ..Limits::default() }).await;
    assert!(matches!(full.add(ANN, png(13)).await, Err(MediaError::Full(1))));
}

async fn imported_pictures_are_their_authors_and_go_to_who_claims_them(db: TestDb) {
    let limits = Limits { per_day: 0, file: 50_000, ..Limits::default() };
    let pictures = over(&db, &Arc::default(), limits).await;
    let kept = |outcome: PictureOutcome| match outcome {
        PictureOutcome::Kept(name) => name,
        PictureOutcome::Refused(reason) => panic!("{reason}"),
    };
    let file = png(10).to_vec();
    assert_eq!(pictures.kept(&file).await.unwrap(), None);
    let name = kept(pictures.keep(ANN, file.clone()).await.unwrap());
    assert_eq!(kept(pictures.keep(ANN, file.clone()).await.unwrap()), name, "once");
    assert_eq!(pictures.kept(&file).await.unwrap(), Some(name));
    assert_eq!(kept(pictures.keep(BEN, file.clone()).await.unwrap()), name, "one file is one picture");
    let both = png(11);
    let free = over(&db, &Arc::default(), Limits::default()).await;
    let bens = free.add(BEN, both.clone()).await.unwrap().name;
    let anns = kept(pictures.keep(ANN, both.to_vec()).await.unwrap());
    assert_ne!(anns, bens, "what a member added is the member's alone");
    assert_eq!(pictures.look(png(12).to_vec()).await.unwrap(), None);
    for (wrong, reason) in [(&b""[..], "empty"), (b"<svg/>", "JPEG, PNG"), (&[0; 50_001], "larger than")] {
        let refused = pictures.keep(ANN, wrong.to_vec()).await.unwrap();
        assert!(matches!(&refused, PictureOutcome::Refused(said) if said.contains(reason)), "{refused:?}");
        assert!(pictures.look(wrong.to_vec()).await.unwrap().is_some_and(|said| said.contains(reason)));
    }
    let mut unit = db.store().begin().await.unwrap();
    unit.append(None, &Event::AuthorClaimed { author: ANN, member: BEN }).await.unwrap();
    unit.commit().await.unwrap();
    db.events().await;
    Readers::new(db.store().clone(), vec![Arc::new(Attendant)], vec![]).catch_up().await.unwrap();
    let names = |list: Vec<Picture>| list.into_iter().map(|p| p.name).collect::<Vec<_>>();
    assert_eq!(names(pictures.list(BEN, None, 9).await.unwrap().0), [bens, name]);
    assert_eq!(names(pictures.list(ANN, None, 9).await.unwrap().0), [anns], "what both have stays where it is");
}

async fn what_nothing_shows_is_swept_after_a_week(db: TestDb) {
    let wall = Arc::new(Wall::default());
    let pictures = over(&db, &wall, Limits::default()).await;
    let shown = pictures.add(ANN, png(10)).await.unwrap();
    let unused = pictures.add(ANN, png(11)).await.unwrap();
    wall.0.lock().unwrap().insert(shown.name);
    db.clock().advance(6 * DAY);
    let young = pictures.add(ANN, png(12)).await.unwrap();
    assert_eq!(pictures.sweep().await.unwrap(), 0);
    db.clock().advance(DAY + Duration::from_secs(1));
    assert_eq!(pictures.sweep().await.unwrap(), 1);
    assert_eq!(pictures.content(&unused.name).await.unwrap(), None);
    assert!(pictures.content(&young.name).await.unwrap().is_some());
    let (left, seen) = pictures.list(ANN, None, 10).await.unwrap();
    assert_eq!(left, [young.clone(), shown.clone()]);
    assert!(seen.contains(&shown.name) && seen.len() == 1);
    wall.0.lock().unwrap().clear();
    db.clock().advance(8 * DAY);
    assert_eq!(pictures.sweep().await.unwrap(), 2, "what was shown is looked at again");
    let last = db.events().await.pop().unwrap();
    assert!(matches!(last.event, Event::PictureDeleted { .. }) && last.actor.is_none());
}

async fn who_is_gone_leaves_what_is_shown(db: TestDb) {
    let wall = Arc::new(Wall::default());
    let pictures = over(&db, &wall, Limits::default()).await;
    let shown = pictures.add(ANN, png(10)).await.unwrap();
    let unused = pictures.add(ANN, png(11)).await.unwrap();
    let bens = pictures.add(BEN, png(11)).await.unwrap();
    wall.0.lock().unwrap().insert(shown.name);
    let mut unit = db.store().begin().await.unwrap();
    unit.append(None, &Event::MemberErased { member: ANN }).await.unwrap();
    unit.commit().await.unwrap();
    db.events().await;
    Readers::new(db.store().clone(), vec![Arc::new(Attendant)], vec![]).catch_up().await.unwrap();
    assert_eq!(pictures.sweep().await.unwrap(), 1);
    assert!(pictures.content(&shown.name).await.unwrap().is_some());
    assert_eq!(pictures.content(&unused.name).await.unwrap(), None);
    assert!(pictures.content(&bens.name).await.unwrap().is_some());
}
