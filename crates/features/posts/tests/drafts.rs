//! Drafts over a real database: kept, published once, at a time, by nobody but their owner.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{ADA, BO, Everybody, MOD};
use xinghe_core::content::PostKind;
use xinghe_core::event::Event;
use xinghe_core::id::DraftId;
use xinghe_core::time::Timestamp;
use xinghe_posts::commands::drafts::{self, Final, NewDraft};
use xinghe_posts::commands::{self, CommandError};
use xinghe_posts::model::{DRAFTS_MAX, Draft, Fault, KeptDraft, Typed};
use xinghe_posts::{MIGRATIONS, PostsFeature, store};
use xinghe_store::{Readers, Workers};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Feature as _;

fn typed(title: &str, body: &str) -> Typed {
    Typed { title: title.into(), body: body.into(), tags: "rust, 异步".into(), ..Typed::default() }
}

fn new(title: &str, body: &str) -> NewDraft {
    NewDraft { kind: PostKind::Article, change: None, name: None, typed: typed(title, body) }
}

fn whole(d: &KeptDraft) -> Final {
    Final { kind: d.kind, draft: d.typed.draft(), base: None }
}

async fn published(db: &TestDb) -> usize {
    db.events().await.iter().filter(|r| matches!(r.event, Event::PostPublished { .. })).count()
}

async fn two_devices_never_overwrite_one_another(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let first = drafts::keep(s, ADA, new("一", "甲\r\n乙\0")).await.unwrap();
    assert_eq!((first.version, first.typed.body.as_str()), (1, "甲\n乙"));
    let second = drafts::save(s, ADA.id, (first.id, 1), PostKind::Question, typed("二", "丙")).await.unwrap();
    assert_eq!((second.version, second.kind), (2, PostKind::Question));
    let stale = drafts::save(s, ADA.id, (first.id, 1), PostKind::Article, typed("三", "丁")).await;
    assert!(matches!(stale, Err(CommandError::DraftChanged { version: 2, .. })), "{stale:?}");
    let same = drafts::save(s, ADA.id, (first.id, 2), PostKind::Question, typed("二", "丙")).await.unwrap();
    assert_eq!(same.version, 2, "nothing changed");
    let stale = drafts::publish(s, ADA, (first.id, Some(1)), &whole(&first)).await;
    assert!(matches!(stale, Err(CommandError::DraftChanged { .. })), "{stale:?}");
    let all = futures::future::join_all(
        (0..6).map(|n| drafts::save(s, ADA.id, (first.id, 2), PostKind::Article, typed("并", &n.to_string()))),
    )
    .await;
    assert_eq!(all.iter().filter(|r| r.is_ok()).count(), 1, "one of those who write at once: {all:?}");
    assert_eq!(db.events().await.len(), 0, "what nobody else sees is told to nobody");
}

async fn a_draft_is_its_owners_alone(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let d = drafts::keep(s, ADA, new("私", "密")).await.unwrap();
    let at = s.now().plus_millis(60_000);
    for who in [BO, MOD] {
        assert!(store::draft(s, who.id, d.id).await.unwrap().is_none());
        let refused = [
            drafts::save(s, who.id, (d.id, 1), PostKind::Article, typed("x", "y")).await.err(),
            drafts::discard(s, who.id, d.id).await.err(),
            drafts::bring_back(s, who.id, d.id).await.err(),
            drafts::schedule(s, who, d.id, at).await.err(),
            drafts::unschedule(s, who, d.id).await.err(),
            drafts::publish(s, who, (d.id, None), &whole(&d)).await.err(),
        ];
        assert!(refused.iter().all(|e| matches!(e, Some(CommandError::NotFound))), "{refused:?}");
        assert!(store::drafts(s, who.id, None, 9).await.unwrap().is_empty());
    }
    let theirs = commands::create(s, BO, PostKind::Article, None, &typed("B", "b").draft()).await.unwrap();
    let change = NewDraft { change: Some((theirs.post, theirs.revision)), ..new("C", "c") };
    assert!(matches!(drafts::keep(s, ADA, change).await, Err(CommandError::Forbidden)));

    let gone: Vec<_> = store::drafts(s, ADA.id, None, 9).await.unwrap();
    assert_eq!(gone.len(), 1);
    let mut unit = s.begin().await.unwrap();
    unit.append(None, &Event::MemberErased { member: ADA.id }).await.unwrap();
    unit.commit().await.unwrap();
    let reading = PostsFeature::new(s.clone(), Arc::new(Everybody)).readers();
    Readers::new(s.clone(), reading, vec![]).catch_up().await.unwrap();
    assert!(store::draft(s, ADA.id, d.id).await.unwrap().is_none(), "what is left of who is gone");
}

async fn a_draft_is_published_once(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let d = drafts::keep(s, ADA, new("标题", "正文")).await.unwrap();
    let content = whole(&d);
    let all = futures::future::join_all((0..6).map(|_| drafts::publish(s, ADA, (d.id, Some(1)), &content))).await;
    let posts: Vec<_> = all.into_iter().map(|r| r.unwrap().post).collect();
    assert!(posts.iter().all(|p| *p == posts[0]), "{posts:?}");
    assert_eq!(published(&db).await, 1);
    let left = store::draft(s, ADA.id, d.id).await.unwrap().unwrap();
    assert_eq!((left.typed.body.as_str(), left.published.map(|p| p.0)), ("", Some(posts[0])));
    assert!(store::drafts(s, ADA.id, None, 9).await.unwrap().is_empty());
    let late = drafts::save(s, ADA.id, (d.id, 1), PostKind::Article, typed("晚", "到")).await;
    assert!(matches!(late, Err(CommandError::Published(p)) if p == posts[0]), "{late:?}");
    // What was typed into a form that stayed open is not lost.
    let more = Final { kind: PostKind::Article, draft: typed("另一篇", "别的").draft(), base: None };
    let other = drafts::publish(s, ADA, (d.id, Some(1)), &more).await.unwrap();
    assert_ne!(other.post, posts[0]);

    // A form that was published before its first save arrived.
    let name = "form-1";
    let content = Final { kind: PostKind::Question, draft: typed("问", "题").draft(), base: None };
    let one = drafts::publish_named(s, ADA, name, &content).await.unwrap();
    assert_eq!(drafts::publish_named(s, ADA, name, &content).await.unwrap(), one);
    let late = drafts::keep(s, ADA, NewDraft { name: Some(name.into()), ..new("问", "题") }).await;
    assert!(matches!(late, Err(CommandError::Published(p)) if p == one.post), "{late:?}");
    // And one that was kept first.
    let kept = drafts::keep(s, ADA, NewDraft { name: Some("form-2".into()), ..new("先", "存") }).await.unwrap();
    let again = drafts::keep(s, ADA, NewDraft { name: Some("form-2".into()), ..new("先", "存") }).await.unwrap();
    assert_eq!(again.id, kept.id);
    drafts::publish_named(s, ADA, "form-2", &whole(&kept)).await.unwrap();
    assert!(store::drafts(s, ADA.id, None, 9).await.unwrap().is_empty());
}

async fn a_change_is_drafted_beside_the_post(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let post = commands::create(s, ADA, PostKind::Article, None, &typed("旧", "旧文").draft()).await.unwrap();
    let change = |body: &str| NewDraft { change: Some((post.post, post.revision)), ..new("新", body) };
    let d = drafts::keep(s, ADA, change("新文")).await.unwrap();
    assert_eq!(d.url(), format!("/posts/{}/edit", post.post));
    let other = drafts::keep(s, ADA, change("别的")).await;
    assert!(matches!(other, Err(CommandError::DraftChanged { draft, version: 1 }) if draft == d.id), "{other:?}");
    let at = s.now().plus_millis(60_000);
    assert!(matches!(drafts::schedule(s, ADA, d.id, at).await, Err(CommandError::WrongPlace)));
    let meanwhile = commands::edit(s, MOD, post.post, post.revision, &typed("旧", "改错字").draft()).await.unwrap();
    let stale = drafts::publish(s, ADA, (d.id, Some(1)), &whole(&d)).await;
    assert!(matches!(stale, Err(CommandError::Conflict { current }) if current == meanwhile.revision), "{stale:?}");
    assert!(store::draft_of(s, ADA.id, post.post).await.unwrap().is_some(), "it is still there");
    let merged = Final { base: Some(meanwhile.revision), ..whole(&d) };
    let done = drafts::publish(s, ADA, (d.id, Some(1)), &merged).await.unwrap();
    assert_eq!(done.post, post.post);
    assert_eq!(store::views(s, &[post.post]).await.unwrap()[&post.post].body, "新文");
    assert!(store::draft_of(s, ADA.id, post.post).await.unwrap().is_none());
    drafts::keep(s, ADA, NewDraft { change: Some((done.post, done.revision)), ..new("再", "改") }).await.unwrap();
}

async fn what_was_thrown_away_comes_back(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let d = drafts::keep(s, ADA, new("留", "着")).await.unwrap();
    drafts::discard(s, ADA.id, d.id).await.unwrap();
    assert!(store::drafts(s, ADA.id, None, 9).await.unwrap().is_empty());
    assert!(matches!(drafts::discard(s, ADA.id, d.id).await, Err(CommandError::NotFound)));
    let back = drafts::bring_back(s, ADA.id, d.id).await.unwrap();
    assert_eq!(back.typed.body, "着");
    drafts::discard(s, ADA.id, d.id).await.unwrap();
    let mut unit = s.begin().await.unwrap();
    assert_eq!(store::sweep_drafts(&mut unit, s.now()).await.unwrap(), 0, "not yet");
    assert_eq!(store::sweep_drafts(&mut unit, s.now().plus_millis(1)).await.unwrap(), 1);
    unit.commit().await.unwrap();
}

async fn a_list_goes_page_by_page_and_has_an_end(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    for n in 0..5 {
        drafts::keep(s, ADA, new(&n.to_string(), "文")).await.unwrap();
        if n == 2 {
            db.clock().advance(Duration::from_secs(1));
        }
    }
    let mut seen = vec![];
    let mut after = None;
    loop {
        let page = store::drafts(s, ADA.id, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        seen.extend(page.into_iter().map(|d| d.typed.title));
    }
    assert_eq!(seen, ["4", "3", "2", "1", "0"]);
    let mut unit = s.begin().await.unwrap();
    let model = store::draft(&unit, ADA.id, store::drafts(s, ADA.id, None, 1).await.unwrap()[0].id).await.unwrap();
    for n in 5..DRAFTS_MAX {
        let id = DraftId::from_raw(n);
        store::insert_draft(&mut unit, &KeptDraft { id, ..model.clone().unwrap() }, None).await.unwrap();
    }
    unit.commit().await.unwrap();
    assert!(matches!(drafts::keep(s, ADA, new("多", "了")).await, Err(CommandError::TooManyDrafts)));
}

/// Does all jobs whose time has come.
async fn work(db: &TestDb) {
    let feature = PostsFeature::new(db.store().clone(), Arc::new(Everybody));
    Workers::new(db.store().clone(), feature.jobs(), vec![]).drain().await.unwrap();
}

async fn what_is_scheduled_goes_out_at_its_time(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let minutes = |n: i64| s.now().plus_millis(n * 60_000);
    let d = drafts::keep(s, ADA, new("定时", "@bo 看")).await.unwrap();
    for wrong in [s.now(), Timestamp::from_millis(0), minutes(60 * 24 * 800)] {
        let refused = drafts::schedule(s, ADA, d.id, wrong).await;
        let Err(CommandError::Invalid(errors)) = refused else { panic!("{refused:?}") };
        assert_eq!((errors[0].field, errors[0].fault), ("publish_at", Fault::NotAhead));
    }
    let empty = drafts::keep(s, ADA, new("没有正文", "")).await.unwrap();
    assert!(matches!(drafts::schedule(s, ADA, empty.id, minutes(5)).await, Err(CommandError::Invalid(_))));
    drafts::schedule(s, ADA, d.id, minutes(5)).await.unwrap();
    drafts::schedule(s, ADA, d.id, minutes(10)).await.unwrap();
    let half = drafts::save(s, ADA.id, (d.id, 1), PostKind::Article, typed("", "半句")).await;
    assert!(matches!(half, Err(CommandError::Invalid(_))), "what is on the timetable stays whole");
    drafts::save(s, ADA.id, (d.id, 1), PostKind::Article, typed("定时", "改好了")).await.unwrap();
    let off = drafts::keep(s, ADA, new("取消", "了")).await.unwrap();
    drafts::schedule(s, ADA, off.id, minutes(5)).await.unwrap();
    drafts::unschedule(s, ADA, off.id).await.unwrap();
    let mut news = new("资讯", "摘要");
    (news.kind, news.typed.source_url) = (PostKind::News, "https://a.example/1".into());
    let news = drafts::keep(s, ADA, news).await.unwrap();
    drafts::schedule(s, ADA, news.id, minutes(5)).await.unwrap();
    let first = Draft { source_url: "https://a.example/1".into(), ..typed("先", "来").draft() };
    commands::create(s, BO, PostKind::News, None, &first).await.unwrap();

    db.clock().advance(Duration::from_secs(6 * 60));
    work(&db).await;
    let failed = store::draft(s, ADA.id, news.id).await.unwrap().unwrap().failed;
    assert_eq!(failed.as_deref(), Some("story"));
    assert_eq!(published(&db).await, 1, "the later of two times counts, and what was taken off stays");
    db.clock().advance(Duration::from_secs(5 * 60));
    work(&db).await;
    assert_eq!(published(&db).await, 2);
    let (post, _) = store::draft(s, ADA.id, d.id).await.unwrap().unwrap().published.unwrap();
    let view = store::views(s, &[post]).await.unwrap().remove(&post).unwrap();
    assert_eq!((view.body.as_str(), view.published_at), ("改好了", s.now()));
    let by = db.events().await.into_iter().rev().find(|r| matches!(r.event, Event::PostPublished { .. })).unwrap();
    assert_eq!(by.actor, Some(ADA.id));
    assert!(store::draft(s, ADA.id, off.id).await.unwrap().unwrap().published.is_none());
}

on_both_databases!(
    two_devices_never_overwrite_one_another,
    a_draft_is_its_owners_alone,
    a_draft_is_published_once,
    a_change_is_drafted_beside_the_post,
    what_was_thrown_away_comes_back,
    a_list_goes_page_by_page_and_has_an_end,
    what_is_scheduled_goes_out_at_its_time,
);
