//! What twins answer, over a real database.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use common::{ADA, BO, Everybody, MOD};
use xinghe_core::content::{CreditRole, PostKind, Provenance};
use xinghe_core::event::Event;
use xinghe_core::id::PostId;
use xinghe_core::ports::{OwnersPart, PortResult, Posts, StillAllowed, TwinAnswer, TwinAnswered, TwinAnswers};
use xinghe_posts::commands;
use xinghe_posts::model::{Draft, may_edit};
use xinghe_posts::{MIGRATIONS, PostsPort};
use xinghe_testkit::{TestDb, on_both_databases};

struct Switch(AtomicBool);

#[async_trait]
impl StillAllowed for Switch {
    async fn still_allowed(&self) -> PortResult<bool> {
        Ok(self.0.load(Ordering::SeqCst))
    }
}

fn answer(id: i64, question: PostId, owners_part: OwnersPart) -> TwinAnswer {
    TwinAnswer {
        id: PostId::from_raw(id),
        question,
        owner: BO.id,
        body: "因为。".into(),
        language: "zh-Hans".parse().unwrap(),
        owners_part,
        hold: "test".into(),
    }
}

async fn a_twin_answers_once_gives_way_and_is_taken_back(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let (s, port) = (db.store(), PostsPort::new(db.store().clone(), Arc::new(Everybody)));
    let ask = || Draft { title: "为什么？".into(), body: "正文".into(), ..Draft::default() };
    let q = commands::create(s, ADA, PostKind::Question, None, &ask()).await.unwrap().post;
    let (yes, no) = (Switch(AtomicBool::new(true)), Switch(AtomicBool::new(false)));
    let one = answer(1_000, q, OwnersPart::Read);
    assert_eq!(port.publish(&one, &no).await.unwrap(), TwinAnswered::NotAllowed);
    let article = commands::create(s, ADA, PostKind::Article, None, &ask()).await.unwrap().post;
    let elsewhere = answer(1_001, article, OwnersPart::None);
    assert_eq!(port.publish(&elsewhere, &yes).await.unwrap(), TwinAnswered::QuestionGone, "only questions");
    for _ in 0..2 {
        assert_eq!(port.publish(&one, &yes).await.unwrap(), TwinAnswered::Published);
    }
    let seen = port.posts(&[one.id]).await.unwrap()[&one.id].clone();
    assert_eq!((seen.provenance, seen.by_twin(), seen.author()), (Provenance::Ai, true, Some(BO.id)));
    assert_eq!(seen.credits.iter().map(|c| c.role).collect::<Vec<_>>(), [CreditRole::Twin, CreditRole::Reviewer]);
    assert!(may_edit(Some(BO), &seen) && !may_edit(Some(ADA), &seen) && may_edit(Some(MOD), &seen));
    assert!(port.answered_by_people(&[q]).await.unwrap().is_empty(), "a twin is nobody");
    let events = db.events().await;
    let published = |r: &&xinghe_core::Recorded| matches!(r.event, Event::PostPublished { post, .. } if post == one.id);
    assert_eq!(events.iter().filter(published).count(), 1);

    let words = Draft { body: "人的回答".into(), ..Draft::default() };
    let own = commands::create(s, ADA, PostKind::Answer, Some(q), &words).await.unwrap().post;
    assert!(port.answered_by_people(&[q, article]).await.unwrap().contains(&q));
    let late = answer(1_002, q, OwnersPart::None);
    assert_eq!(port.publish(&late, &yes).await.unwrap(), TwinAnswered::PersonAnswered);
    assert!(!port.withdraw(ADA.id, own).await.unwrap(), "a person's answer is not a twin's");
    assert!(!port.withdraw(ADA.id, one.id).await.unwrap(), "nor is another's twin's");
    assert!(port.withdraw(BO.id, one.id).await.unwrap() && !port.withdraw(BO.id, one.id).await.unwrap());
    assert!(port.posts(&[one.id]).await.unwrap().is_empty());
    assert_eq!(port.publish(&one, &yes).await.unwrap(), TwinAnswered::Published, "it was published, and stays away");
    assert!(port.posts(&[one.id]).await.unwrap().is_empty());
}

on_both_databases!(a_twin_answers_once_gives_way_and_is_taken_back);
