//! The figures are exact, however many change them at once.

use std::sync::Arc;

use futures::future::join_all;
use xinghe_core::ports::{Reactions as _, Tally};
use xinghe_core::{AuthorId, Event, FollowKind};
use xinghe_reactions::model::Target;
use xinghe_reactions::readers::Attendant;
use xinghe_store::{Queries, Readers, Store};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{ANSWER, AUTHOR, People, Shelf, over};

on_both_databases!(figures_equal_recounts_after_many_at_once, wrong_figures_are_counted_anew);

async fn number(store: &Store, sql: &str) -> i64 {
    store.number(sql, vec![]).await.unwrap().unwrap_or_default()
}

async fn figures_equal_recounts_after_many_at_once(db: TestDb) {
    let shelf = Shelf::new();
    let r = over(&db, &shelf).await;
    // A second process on the same database.
    let elsewhere = xinghe_reactions::Reactions::new(db.another().await.unwrap(), shelf.clone(), Arc::new(People));
    let members: Vec<AuthorId> = (10..30).map(AuthorId::from_raw).collect();
    let work = members.iter().enumerate().map(|(n, by)| {
        let r = if n % 2 == 0 { r.clone() } else { elsewhere.clone() };
        let by = *by;
        tokio::spawn(async move {
            let n = n as i8;
            for value in [1, -1, 0, 1 - n % 3] {
                r.vote(by, ANSWER, value).await.unwrap();
            }
            // Pressed twice at once.
            let (once, twice) = tokio::join!(r.thank(by, ANSWER), r.thank(by, ANSWER));
            once.unwrap();
            twice.unwrap();
            r.keep(by, ANSWER, None).await.unwrap();
            if n % 4 == 0 {
                r.unkeep(by, ANSWER).await.unwrap();
            }
            r.follow(by, &Target::Member(AUTHOR)).await.unwrap();
        })
    });
    let counting = tokio::spawn({
        let r = r.clone();
        async move { r.recount().await.unwrap() }
    });
    join_all(work).await.into_iter().for_each(|done| done.unwrap());
    assert_eq!(counting.await.unwrap(), 0, "counting beside them finds nothing wrong");
    // Members 10, 13, …: for; 11, …: nothing; 12, …: against.
    let want = Tally { votes: 7 - 6, thanks: 20, kept: 15 };
    assert_eq!(r.tallies(&[ANSWER]).await.unwrap()[&ANSWER], want);
    let counted = number(db.store(), "SELECT CAST(SUM(value) AS BIGINT) AS value FROM reactions_vote").await;
    assert_eq!(i64::from(want.votes), counted);
    let followers = r.follower_counts(FollowKind::Member, &[AUTHOR.raw()]).await.unwrap();
    assert_eq!(followers[&AUTHOR.raw()], 20);
    assert_eq!(r.recount().await.unwrap(), 0);
    // What the log tells, added up, is the same.
    let mut votes = std::collections::HashMap::new();
    for recorded in db.events().await {
        if let Event::PostVoted { by, value, .. } = recorded.event {
            votes.insert(by, i64::from(value));
        }
    }
    assert_eq!(votes.values().sum::<i64>(), counted);
}

async fn wrong_figures_are_counted_anew(db: TestDb) {
    let r = over(&db, &Shelf::new()).await;
    let members: Vec<AuthorId> = (10..13).map(AuthorId::from_raw).collect();
    for by in &members {
        r.vote(*by, ANSWER, 1).await.unwrap();
        r.follow(*by, &Target::Member(AUTHOR)).await.unwrap();
    }
    db.raw("UPDATE reactions_tally SET votes = 9, thanks = 9; DELETE FROM reactions_followed").await.unwrap();
    assert_eq!(r.recount().await.unwrap(), 2);
    assert_eq!(r.tallies(&[ANSWER]).await.unwrap()[&ANSWER], Tally { votes: 3, ..Tally::default() });
    db.raw("DELETE FROM reactions_tally").await.unwrap();
    r.recount().await.unwrap();
    assert_eq!(r.tallies(&[ANSWER]).await.unwrap()[&ANSWER].votes, 3);
    assert_eq!(r.follower_counts(FollowKind::Member, &[AUTHOR.raw()]).await.unwrap()[&AUTHOR.raw()], 3);

    // The reader's own part can be dropped and read anew; what is members' stays.
    let mut unit = db.store().begin().await.unwrap();
    unit.append(None, &Event::PostDeleted { post: ANSWER }).await.unwrap();
    unit.commit().await.unwrap();
    let readers = Readers::new(db.store().clone(), vec![Arc::new(Attendant)], vec![]);
    readers.catch_up().await.unwrap();
    let gone = "SELECT COUNT(*) AS value FROM reactions_gone";
    assert_eq!(number(db.store(), gone).await, 1);
    assert_eq!(r.tallies(&[ANSWER]).await.unwrap()[&ANSWER].votes, 3);
}
