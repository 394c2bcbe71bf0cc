//! Commands and their events, on both databases.

use std::sync::Arc;

use xinghe_core::ports::{Own, Reactions as _, Tally};
use xinghe_core::{AuthorId, Event, FolderId, FollowKind, PostId, PostKind};
use xinghe_reactions::model::{Placing, Refusal, Target};
use xinghe_reactions::{ReactionError, Reactions, readers::Attendant};
use xinghe_store::{Queries, Readers};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{ANSWER, ARTICLE, AUTHOR, OTHER, READER, Shelf, over, post};

on_both_databases!(
    a_vote_is_changed_and_taken_back,
    thanks_are_given_once,
    bookmarks_lie_in_folders,
    follows_are_counted_and_private_lists_read_back,
    what_one_may_not,
    an_erased_member_leaves_nothing,
    follows_pass_to_who_claims_an_author,
);

fn refused<T: std::fmt::Debug>(result: Result<T, ReactionError>) -> Refusal {
    match result {
        Err(ReactionError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

async fn tally(r: &Reactions, post: PostId) -> Tally {
    r.tallies(&[post]).await.unwrap().remove(&post).unwrap_or_default()
}

async fn events(db: &TestDb) -> Vec<Event> {
    db.events().await.into_iter().map(|e| e.event).collect()
}

async fn read(db: &TestDb) {
    Readers::new(db.store().clone(), vec![Arc::new(Attendant)], vec![]).catch_up().await.unwrap();
}

async fn tell(db: &TestDb, event: &Event) {
    let mut unit = db.store().begin().await.unwrap();
    unit.append(None, event).await.unwrap();
    unit.commit().await.unwrap();
    read(db).await;
}

async fn a_vote_is_changed_and_taken_back(db: TestDb) {
    let r = over(&db, &Shelf::new()).await;
    for value in [1, 1, -1, -1, 0, 0, 1] {
        r.vote(READER, ANSWER, value).await.unwrap();
    }
    r.vote(OTHER, ANSWER, 1).await.unwrap();
    assert_eq!(tally(&r, ANSWER).await.votes, 2);
    let voted = |by, value| Event::PostVoted { post: ANSWER, by, value };
    let want = [voted(READER, 1), voted(READER, -1), voted(READER, 0), voted(READER, 1), voted(OTHER, 1)];
    assert_eq!(events(&db).await, want, "what changes nothing is not told");
    let own = r.of_viewer(READER, &[ANSWER, ARTICLE]).await.unwrap();
    assert_eq!(own.into_iter().collect::<Vec<_>>(), [(ANSWER, Own { vote: 1, ..Own::default() })]);
}

async fn thanks_are_given_once(db: TestDb) {
    let r = over(&db, &Shelf::new()).await;
    r.thank(READER, ARTICLE).await.unwrap();
    r.thank(READER, ARTICLE).await.unwrap();
    assert_eq!(tally(&r, ARTICLE).await, Tally { thanks: 1, ..Tally::default() });
    assert_eq!(events(&db).await, [Event::PostThanked { post: ARTICLE, by: READER, to: AUTHOR }]);
}

async fn bookmarks_lie_in_folders(db: TestDb) {
    let shelf = Shelf::new();
    let r = over(&db, &shelf).await;
    let folder = r.create_folder(READER, " 待 读 ").await.unwrap();
    assert_eq!(r.create_folder(READER, "待 读").await.unwrap(), folder, "the same name is the same folder");
    let other = r.create_folder(READER, "b").await.unwrap();
    assert!(matches!(r.rename_folder(READER, other, "待 读").await, Err(ReactionError::Invalid(_))));
    r.rename_folder(READER, other, "B").await.unwrap();
    r.keep(READER, ARTICLE, None).await.unwrap();
    r.keep(READER, ARTICLE, Some(Placing { folder: Some(folder), note: "a\n b".to_owned() })).await.unwrap();
    r.keep(READER, ARTICLE, None).await.unwrap();
    let stolen = Placing { folder: Some(folder), ..Placing::default() };
    assert!(matches!(r.keep(OTHER, ARTICLE, Some(stolen)).await, Err(ReactionError::Invalid(_))));
    assert!(matches!(r.rename_folder(OTHER, folder, "x").await, Err(ReactionError::NotFound)));
    r.delete_folder(OTHER, folder).await.unwrap();
    assert_eq!(tally(&r, ARTICLE).await.kept, 1);
    let kept = |kept| Event::PostKept { post: ARTICLE, by: READER, kept };
    assert_eq!(events(&db).await, [kept(true)], "folder and note are nobody's business");

    let note = "SELECT COUNT(*) AS value FROM reactions_bookmark WHERE note = 'a b' AND folder IS NOT NULL";
    assert_eq!(db.store().number(note, vec![]).await.unwrap(), Some(1));
    r.delete_folder(READER, folder).await.unwrap();
    r.delete_folder(READER, folder).await.unwrap();
    assert_eq!(db.store().number(note, vec![]).await.unwrap(), Some(0), "it lies where everything does");
    shelf.take(ARTICLE);
    r.unkeep(READER, ARTICLE).await.unwrap();
    r.unkeep(READER, ARTICLE).await.unwrap();
    assert_eq!(events(&db).await, [kept(true), kept(false)]);
    assert_eq!(tally(&r, ARTICLE).await.kept, 0);
}

async fn follows_are_counted_and_private_lists_read_back(db: TestDb) {
    let r = over(&db, &Shelf::new()).await;
    let tag = Target::Tag("rust".to_owned());
    for target in [Target::Member(AUTHOR), tag.clone(), Target::Post(ARTICLE)] {
        r.follow(READER, &target).await.unwrap();
        r.follow(READER, &target).await.unwrap();
        r.follow(OTHER, &target).await.unwrap();
    }
    let follows = r.follows(READER).await.unwrap();
    assert_eq!((follows.members, follows.posts), (vec![AUTHOR], vec![ARTICLE]));
    assert_eq!(follows.tags, ["rust"]);
    let count = async |kind, id: i64| r.follower_counts(kind, &[id, 77]).await.unwrap().get(&id).copied();
    assert_eq!(count(FollowKind::Tag, tag.id()).await, Some(2));
    assert_eq!(r.followers(FollowKind::Member, AUTHOR.raw(), None, 1).await.unwrap(), [READER]);
    assert_eq!(r.followers(FollowKind::Member, AUTHOR.raw(), Some(READER), 9).await.unwrap(), [OTHER]);
    r.unfollow(READER, &tag).await.unwrap();
    r.unfollow(READER, &tag).await.unwrap();
    assert_eq!(count(FollowKind::Tag, tag.id()).await, Some(1));
    let log = events(&db).await;
    assert_eq!(log.len(), 7);
    let off = Event::Followed { by: READER, kind: FollowKind::Tag, id: tag.id(), on: false };
    assert_eq!(log.last(), Some(&off));
}

async fn what_one_may_not(db: TestDb) {
    let shelf = Shelf::new();
    let r = over(&db, &shelf).await;
    assert_eq!(refused(r.vote(AUTHOR, ARTICLE, 1).await), Refusal::Own);
    assert_eq!(refused(r.thank(AUTHOR, ARTICLE).await), Refusal::Own);
    assert_eq!(refused(r.vote(READER, ARTICLE, -1).await), Refusal::NotDown);
    let new: AuthorId = db.store().ids().next().into();
    assert_eq!(refused(r.vote(new, ANSWER, -1).await), Refusal::TooNew);
    assert_eq!(refused(r.follow(READER, &Target::Member(READER)).await), Refusal::Oneself);
    assert_eq!(refused(r.follow(READER, &Target::Post(ANSWER)).await), Refusal::Reply);
    let nobody = Target::Member(AuthorId::from_raw(5_000));
    assert!(matches!(r.follow(READER, &nobody).await, Err(ReactionError::NotFound)));
    shelf.take(ARTICLE);
    assert!(matches!(r.vote(READER, ARTICLE, 1).await, Err(ReactionError::NotFound)));
    assert!(matches!(r.thank(READER, ARTICLE).await, Err(ReactionError::NotFound)));
    assert!(matches!(r.keep(READER, ARTICLE, None).await, Err(ReactionError::NotFound)));
    assert!(matches!(r.follow(READER, &Target::Post(ARTICLE)).await, Err(ReactionError::NotFound)));
    for name in ["", " \n", &"长".repeat(61)] {
        assert!(matches!(r.create_folder(READER, name).await, Err(ReactionError::Invalid(_))), "{name}");
    }
    assert!(events(&db).await.is_empty());
}

async fn an_erased_member_leaves_nothing(db: TestDb) {
    let shelf = Shelf::new();
    let r = over(&db, &shelf).await;
    for id in 200..205 {
        shelf.put(post(PostId::from_raw(id), PostKind::Article, "一篇"));
    }
    for by in [READER, OTHER] {
        for id in [100, 200, 201, 202, 203, 204] {
            let id = PostId::from_raw(id);
            r.vote(by, id, 1).await.unwrap();
            r.thank(by, id).await.unwrap();
            r.keep(by, id, None).await.unwrap();
        }
        r.create_folder(by, "x").await.unwrap();
        r.follow(by, &Target::Tag("rust".to_owned())).await.unwrap();
        r.follow(by, &Target::Member(AUTHOR)).await.unwrap();
    }
    r.follow(OTHER, &Target::Member(READER)).await.unwrap();
    tell(&db, &Event::MemberErased { member: READER }).await;
    for table in ["vote", "thanks", "bookmark", "folder", "follow"] {
        let sql = format!("SELECT COUNT(*) AS value FROM reactions_{table} WHERE member = 2");
        assert_eq!(db.store().number(&sql, vec![]).await.unwrap(), Some(0), "{table}");
    }
    assert_eq!(tally(&r, PostId::from_raw(203)).await, Tally { votes: 1, thanks: 1, kept: 1 });
    let counts = r.follower_counts(FollowKind::Member, &[AUTHOR.raw(), READER.raw()]).await.unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(AUTHOR.raw(), 1)]);
    assert_eq!(r.follows(OTHER).await.unwrap().members, [AUTHOR]);
    assert_eq!(r.recount().await.unwrap(), 0, "the figures were right");
    // A request that was already let in comes too late.
    assert!(matches!(r.vote(READER, ARTICLE, 1).await, Err(ReactionError::NotFound)));
    assert!(matches!(r.create_folder(READER, "y").await, Err(ReactionError::NotFound)));
    assert!(matches!(r.follow(OTHER, &Target::Member(READER)).await, Err(ReactionError::NotFound)));
}

async fn follows_pass_to_who_claims_an_author(db: TestDb) {
    let r = over(&db, &Shelf::new()).await;
    let (unclaimed, member) = (AuthorId::from_raw(50), AuthorId::from_raw(60));
    for (by, whom) in [(READER, unclaimed), (OTHER, unclaimed), (OTHER, member), (member, unclaimed)] {
        r.follow(by, &Target::Member(whom)).await.unwrap();
    }
    tell(&db, &Event::AuthorClaimed { author: unclaimed, member }).await;
    assert_eq!(r.followers(FollowKind::Member, member.raw(), None, 9).await.unwrap(), [READER, OTHER]);
    assert!(r.followers(FollowKind::Member, unclaimed.raw(), None, 9).await.unwrap().is_empty());
    let counts = r.follower_counts(FollowKind::Member, &[member.raw(), unclaimed.raw()]).await.unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(member.raw(), 2)]);
    let unknown: FolderId = FolderId::from_raw(9);
    r.delete_folder(READER, unknown).await.unwrap();
}
