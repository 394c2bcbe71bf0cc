//! Who may write to whom, how much, and what is left of it.

use std::time::Duration;

use xinghe_core::messages::PrivateMessages as _;
use xinghe_core::{Event, MessageId};
use xinghe_messages::model::{Refusal, UNANSWERED_MAX, Who};
use xinghe_messages::readers::Attendant;
use xinghe_messages::{Done, MessageError};
use xinghe_store::{Queries as _, Readers};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{joined_now, m, over};

on_both_databases!(
    two_members_write_to_one_another,
    who_may_write_is_the_members_choice,
    a_blocked_member_is_not_heard,
    nobody_writes_without_end,
    an_erased_member_leaves_nothing,
    a_message_is_shown_to_moderators_by_who_received_it,
);

fn refused<T: std::fmt::Debug>(done: Done<T>) -> Refusal {
    match done.unwrap_err() {
        MessageError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

async fn two_members_write_to_one_another(db: TestDb) {
    let (all, _) = over(&db).await;
    let sent = all.send(m(1), m(2), "\r\n你好，**林**。\r\n").await.unwrap();
    assert_eq!(all.send(m(1), m(2), "你好，**林**。").await.unwrap(), sent, "a form that is sent twice");
    assert_eq!((all.unread(m(1)).await.unwrap(), all.unread(m(2)).await.unwrap()), (0, 1));
    let back = all.answer(m(2), sent.conversation, "你好。").await.unwrap();
    assert_eq!((all.unread(m(1)).await.unwrap(), all.unread(m(2)).await.unwrap()), (1, 0), "who answers has read");
    assert_eq!(all.send(m(1), m(2), "在吗？").await.unwrap().conversation, sent.conversation, "there is one of two");
    all.read(m(2), sent.conversation, back.message).await.unwrap();
    assert_eq!(all.unread(m(2)).await.unwrap(), 1, "only up to there");
    all.read(m(2), sent.conversation, MessageId::from_raw(i64::MAX)).await.unwrap();
    all.read(m(2), sent.conversation, MessageId::from_raw(i64::MAX)).await.unwrap();
    assert_eq!(all.unread(m(2)).await.unwrap(), 0);
    for stranger in [m(3), m(9)] {
        assert!(matches!(all.answer(stranger, sent.conversation, "x").await, Err(MessageError::NotFound)));
        let read = all.read(stranger, sent.conversation, sent.message).await;
        assert!(matches!(read, Err(MessageError::NotFound)), "it is theirs alone");
    }
    assert!(matches!(all.send(m(1), m(2), " \n ").await, Err(MessageError::Invalid(_))));
    assert!(matches!(all.send(m(1), m(2), &"字".repeat(10_001)).await, Err(MessageError::Invalid(_))));
    for (to, why) in [(m(1), Refusal::Oneself), (m(50), Refusal::Nobody), (m(60), Refusal::Nobody)] {
        assert_eq!(refused(all.send(m(1), to, "x").await), why);
    }
    let told: Vec<Event> = db.events().await.into_iter().map(|r| r.event).collect();
    assert_eq!(told.len(), 4, "three messages, and reading: {told:?}");
    let to = vec![m(2)];
    let (conversation, message) = (sent.conversation, sent.message);
    assert_eq!(told[0], Event::MessageSent { conversation, message, from: m(1), to });
    assert_eq!(told[3], Event::MessagesRead { conversation, by: m(2) });
    assert!(!format!("{told:?}").contains('林'), "the log holds ids alone");
}

async fn who_may_write_is_the_members_choice(db: TestDb) {
    let (all, people) = over(&db).await;
    all.choose(m(2), Who::Following).await.unwrap();
    assert_eq!(refused(all.send(m(1), m(2), "x").await), Refusal::NotWanted);
    assert!(!all.is_open(m(1), m(2)).await.unwrap() && all.is_open(m(9), m(2)).await.unwrap());
    people.follows.lock().unwrap().insert((m(2), m(1)));
    assert!(all.is_open(m(1), m(2)).await.unwrap() && !all.is_open(m(1), m(1)).await.unwrap());
    let sent = all.send(m(1), m(2), "x").await.unwrap();
    all.choose(m(2), Who::Nobody).await.unwrap();
    assert_eq!(refused(all.answer(m(1), sent.conversation, "y").await), Refusal::NotWanted);
    all.answer(m(2), sent.conversation, "好").await.unwrap();
    all.answer(m(1), sent.conversation, "z").await.unwrap();
    assert_eq!(refused(all.send(m(3), m(2), "x").await), Refusal::NotWanted);
    all.send(m(9), m(2), "moderators can always write").await.unwrap();
    assert_eq!(all.who(m(2)).await.unwrap(), Who::Nobody);
}

async fn a_blocked_member_is_not_heard(db: TestDb) {
    let (all, _) = over(&db).await;
    let sent = all.send(m(1), m(2), "x").await.unwrap();
    all.answer(m(2), sent.conversation, "y").await.unwrap();
    for _ in 0..2 {
        all.block(m(2), m(1), true).await.unwrap();
    }
    assert_eq!(refused(all.answer(m(1), sent.conversation, "z").await), Refusal::NotWanted, "a block is not told");
    assert_eq!(refused(all.answer(m(2), sent.conversation, "z").await), Refusal::Blocked);
    assert!(all.blocks(m(2), m(1)).await.unwrap() && !all.blocks(m(1), m(2)).await.unwrap());
    for _ in 0..2 {
        all.block(m(2), m(1), false).await.unwrap();
    }
    all.answer(m(1), sent.conversation, "z").await.unwrap();
    assert_eq!(refused(all.block(m(2), m(2), true).await), Refusal::Oneself);
    assert!(matches!(all.block(m(2), m(50), true).await, Err(MessageError::NotFound)));
    let blocks = |on| Event::MemberBlocked { by: m(2), member: m(1), on };
    let told: Vec<Event> = db.events().await.into_iter().map(|r| r.event).collect();
    assert_eq!(told.iter().filter(|e| **e == blocks(true)).count(), 1, "done twice, told once");
    assert_eq!(told.iter().filter(|e| **e == blocks(false)).count(), 1);
}

async fn nobody_writes_without_end(db: TestDb) {
    let (all, _) = over(&db).await;
    let first = all.send(m(1), m(2), "0").await.unwrap();
    for n in 1..UNANSWERED_MAX {
        all.send(m(1), m(2), &n.to_string()).await.unwrap();
    }
    assert_eq!(refused(all.send(m(1), m(2), "more").await), Refusal::Unanswered);
    all.answer(m(2), first.conversation, "ja").await.unwrap();
    all.send(m(1), m(2), "more").await.unwrap();
    let new = joined_now(&db, 1);
    for n in 0..3 {
        all.send(new, m(100 + n), "hello").await.unwrap();
    }
    assert_eq!(refused(all.send(new, m(110), "hello").await), Refusal::TooManyBegun);
    for n in 3..30 {
        all.send(m(1), m(100 + n), "hello").await.unwrap();
    }
    let mut count = 3;
    'writing: loop {
        for n in 0..3 {
            let known = all.with(new, m(100 + n)).await.unwrap().expect("begun");
            all.answer(m(100 + n), known, &format!("{count}")).await.unwrap();
            match all.answer(new, known, &format!("{count}")).await {
                Ok(_) => count += 1,
                Err(MessageError::Refused(Refusal::TooMany)) => break 'writing,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!(count, 15, "who joined today writes fifteen in an hour");
    db.clock().advance(Duration::from_secs(3_601));
    let known = all.with(new, m(100)).await.unwrap().expect("begun");
    all.answer(new, known, "an hour later").await.unwrap();
}

async fn an_erased_member_leaves_nothing(db: TestDb) {
    let (all, _) = over(&db).await;
    let kept = all.send(m(1), m(2), "秘密一").await.unwrap();
    all.answer(m(2), kept.conversation, "收到").await.unwrap();
    let alone = all.send(m(1), m(3), "秘密二").await.unwrap();
    all.block(m(1), m(4), true).await.unwrap();
    all.block(m(5), m(1), true).await.unwrap();
    all.choose(m(1), Who::Nobody).await.unwrap();
    let mut unit = db.store().begin().await.unwrap();
    unit.append(Some(m(1)), &Event::MemberErased { member: m(1) }).await.unwrap();
    unit.commit().await.unwrap();
    Readers::new(db.store().clone(), vec![std::sync::Arc::new(Attendant)], vec![]).catch_up().await.unwrap();
    for (table, column) in [
        ("messages_message", "author"),
        ("messages_member", "member"),
        ("messages_begun", "member"),
        ("messages_setting", "member"),
        ("messages_block", "member"),
        ("messages_block", "blocked"),
        ("messages_pair", "low"),
    ] {
        let sql = format!("SELECT COUNT(*) AS value FROM {table} WHERE {column} = 1");
        assert_eq!(db.store().number(&sql, vec![]).await.unwrap(), Some(0), "{table}.{column}");
    }
    let gone = all.answer(m(3), alone.conversation, "x").await;
    assert!(matches!(gone, Err(MessageError::NotFound)), "nothing is left of it");
    assert_eq!(refused(all.answer(m(2), kept.conversation, "x").await), Refusal::Nobody, "one's own words stay");
    assert_eq!(all.unread(m(3)).await.unwrap(), 0);
    assert!(matches!(all.send(m(1), m(2), "late").await, Err(MessageError::NotFound)));
    assert_eq!(refused(all.send(m(2), m(1), "late").await), Refusal::Nobody);
}

async fn a_message_is_shown_to_moderators_by_who_received_it(db: TestDb) {
    let (all, _) = over(&db).await;
    let sent = all.send(m(1), m(2), "坏话").await.unwrap();
    let shown = all.received(m(2), sent.message).await.unwrap().expect("received");
    assert_eq!((shown.author, shown.body.as_str()), (m(1), "坏话"));
    for other in [m(1), m(3), m(9)] {
        assert!(all.received(other, sent.message).await.unwrap().is_none(), "{other}");
    }
    assert_eq!(all.reported(&[sent.message, MessageId::from_raw(77)]).await.unwrap().len(), 1);
}
