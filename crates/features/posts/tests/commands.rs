//! Commands and intake over a real database.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{ADA, BO, Everybody, MOD};
use xinghe_core::content::{CreditRole, PostKind, Provenance};
use xinghe_core::event::Event;
use xinghe_core::id::{AuthorId, PostId};
use xinghe_core::picture::{PictureFormat, PictureName};
use xinghe_core::ports::{ImportedPost, IntakeOutcome, PictureUse, PostIntake, Posts};
use xinghe_posts::commands::drafts::{NewDraft, keep};
use xinghe_posts::commands::{self, CommandError};
use xinghe_posts::model::{Answered, Draft, Fault, ListFilter, Mention, Typed};
use xinghe_posts::{MIGRATIONS, PostsPort, readers::ClaimedCredits, store};
use xinghe_store::Readers;
use xinghe_testkit::{TestDb, on_both_databases};

async fn port(db: &TestDb) -> PostsPort {
    db.store().migrate(MIGRATIONS).await.unwrap();
    PostsPort::new(db.store().clone(), Arc::new(Everybody))
}

fn draft(title: &str, body: &str) -> Draft {
    Draft { title: title.into(), body: body.into(), ..Draft::default() }
}

async fn events(db: &TestDb) -> Vec<String> {
    db.events().await.into_iter().map(|r| r.event.encode().0).collect()
}

async fn a_question_is_answered_accepted_and_deleted(db: TestDb) {
    let port = port(&db).await;
    let s = db.store();
    let q = commands::create(s, ADA, PostKind::Question, None, &draft("为什么？", "正文")).await.unwrap().post;
    let a = commands::create(s, BO, PostKind::Answer, Some(q), &draft("", "因为")).await.unwrap().post;
    let c = commands::create(s, ADA, PostKind::Comment, Some(a), &draft("", "谢谢")).await.unwrap().post;
    let below = commands::create(s, BO, PostKind::Comment, Some(c), &draft("", "不客气")).await.unwrap().post;
    let wrong = commands::create(s, BO, PostKind::Answer, Some(a), &draft("", "不是问题")).await;
    assert!(matches!(wrong, Err(CommandError::WrongPlace)), "an answer to an answer");

    let denied = commands::accept(s, BO, q, a).await;
    assert!(matches!(denied, Err(CommandError::Forbidden)), "only the asker accepts");
    commands::accept(s, ADA, q, a).await.unwrap();
    let seen = port.posts(&[q, a, below]).await.unwrap();
    assert!(seen[&q].accepted && seen[&a].accepted);
    assert_eq!(seen[&below].url(), format!("/posts/{q}-为什么#post-{below}"));
    let filter = ListFilter { kind: Some(PostKind::Question), answered: Answered::Accepted, ..ListFilter::default() };
    let listed = store::list(s, &filter, None, 5).await.unwrap();
    assert_eq!((listed.len(), listed[0].answers, listed[0].comments), (1, 1, 2));

    commands::delete(s, BO, a).await.unwrap();
    assert_eq!(port.posts(&[q, a, c, below]).await.unwrap().len(), 1, "what hangs on an answer goes with it");
    assert!(!port.posts(&[q]).await.unwrap()[&q].accepted);
    let own = store::deleted_by(s, BO.id, s.now(), None, 5).await.unwrap();
    let listed: Vec<_> = own.iter().map(|p| (p.id, p.title.as_str())).collect();
    assert_eq!(listed, [(a, "为什么？")], "what went with it comes back with it");
    assert!(store::deleted_by(s, BO.id, s.now(), Some(own[0].cursor()), 5).await.unwrap().is_empty());
    assert!(store::deleted_by(s, ADA.id, s.now(), None, 5).await.unwrap().is_empty());
    commands::restore(s, BO, a).await.unwrap();
    assert!(store::deleted_by(s, BO.id, s.now(), None, 5).await.unwrap().is_empty());
    assert_eq!(port.posts(&[q, a, c, below]).await.unwrap().len(), 4);

    commands::delete(s, ADA, c).await.unwrap();
    let thread = store::thread(s, q).await.unwrap();
    assert_eq!(thread.len(), 3, "a deleted comment stays as a gap");
    assert!(thread.iter().any(|r| r.id == c && r.post.is_none()));

    let denied = commands::delete(s, MOD, q).await;
    assert!(matches!(denied, Err(CommandError::Forbidden)), "moderators take away as moderators, with a reason");
    commands::delete(s, ADA, q).await.unwrap();
    assert!(matches!(commands::restore(s, BO, q).await, Err(CommandError::NotFound)));
    commands::restore(s, MOD, q).await.unwrap();
    assert_eq!(port.posts(&[q, a, c, below]).await.unwrap().len(), 3, "the comment was deleted by itself");
    let told = events(&db).await;
    assert_eq!(told.iter().filter(|e| *e == "post_deleted").count(), 3 + 1 + 3);
    assert_eq!(told.iter().filter(|e| *e == "post_restored").count(), 3 + 3);
    assert!(told.contains(&"answer_unaccepted".to_owned()));
}

async fn who_is_named_is_told_once(db: TestDb) {
    port(&db).await;
    let s = db.store();
    let mention =
        |n: i64, handle: &str, claimed| Mention { handle: handle.into(), author: AuthorId::from_raw(n), claimed };
    let mut words = draft("", "@bo @ada @ghost");
    words.mentions =
        vec![mention(BO.id.raw(), "bo", true), mention(ADA.id.raw(), "ada", true), mention(77, "ghost", false)];
    let written = commands::create(s, ADA, PostKind::Moment, None, &words).await.unwrap();
    let told = |events: Vec<xinghe_core::event::Recorded>| -> Vec<Vec<AuthorId>> {
        let members = |e: Event| match e {
            Event::MembersMentioned { members, .. } => Some(members),
            _ => None,
        };
        events.into_iter().filter_map(|r| members(r.event)).collect()
    };
    assert_eq!(told(db.events().await), [vec![BO.id]], "not oneself, and not who has no account");
    words.body.push_str(" @mo");
    words.mentions.push(mention(MOD.id.raw(), "mo", true));
    commands::edit(s, ADA, written.post, written.revision, &words).await.unwrap();
    assert_eq!(told(db.events().await), [vec![BO.id], vec![MOD.id]], "only who is new");
    assert_eq!(store::mentions(s, &[written.post]).await.unwrap()[&written.post], ["ada", "bo", "ghost", "mo"]);
}

async fn two_who_bring_one_story_make_one_news(db: TestDb) {
    port(&db).await;
    let s = db.store();
    let mut news = draft("标题", "摘要");
    news.source_url = "https://a.example/story".into();
    let all = futures::future::join_all((0..6).map(|_| commands::create(s, BO, PostKind::News, None, &news))).await;
    let made: Vec<PostId> = all.iter().filter_map(|r| r.as_ref().ok()).map(|w| w.post).collect();
    assert_eq!(made.len(), 1);
    assert!(all.iter().all(|r| r.is_ok() || matches!(r, Err(CommandError::Known(p)) if *p == made[0])));
    commands::delete(s, BO, made[0]).await.unwrap();
    let again = commands::create(s, ADA, PostKind::News, None, &news).await.unwrap();
    assert_ne!(again.post, made[0], "a deleted one gives the story up");
    let mut other = news.clone();
    other.source_url = "https://b.example/other".into();
    commands::edit(s, ADA, again.post, again.revision, &other).await.unwrap();
    commands::create(s, BO, PostKind::News, None, &news).await.expect("the address is free again");
}

async fn an_edit_is_a_revision_and_the_label_of_ai_stays(db: TestDb) {
    let port = port(&db).await;
    let s = db.store();
    let written = commands::create(s, ADA, PostKind::Article, None, &draft("A", "one")).await.unwrap();
    let mut change = draft("B", "two");
    change.provenance = Provenance::Ai;
    change.tags = vec!["Rust".into(), "#rust".into(), "异步".into()];
    change.note = "words".into();
    assert!(matches!(
        commands::edit(s, BO, written.post, written.revision, &change).await,
        Err(CommandError::Forbidden)
    ));
    let edited = commands::edit(s, ADA, written.post, written.revision, &change).await.unwrap();
    let again = commands::edit(s, ADA, written.post, edited.revision, &change).await.unwrap();
    assert_eq!(again, edited, "nothing changed, nothing written");
    let stale = commands::edit(s, ADA, written.post, written.revision, &change).await;
    assert!(matches!(stale, Err(CommandError::Conflict { current }) if current == edited.revision));
    change.provenance = Provenance::Human;
    match commands::edit(s, MOD, written.post, edited.revision, &change).await {
        Err(CommandError::Invalid(errors)) => assert_eq!(errors[0].fault, Fault::Lowered),
        other => panic!("{other:?}"),
    }
    let view = &port.posts(&[written.post]).await.unwrap()[&written.post];
    assert_eq!((view.title.as_str(), view.tags.clone()), ("B", vec!["rust".to_owned(), "异步".to_owned()]));
    let revisions = store::revisions(s, written.post).await.unwrap();
    assert_eq!(revisions.iter().map(|r| (r.number, r.note.as_str())).collect::<Vec<_>>(), [(2, "words"), (1, "")]);
}

async fn a_deletion_can_be_taken_back_for_thirty_days(db: TestDb) {
    let _port = port(&db).await;
    let s = db.store();
    let id = commands::create(s, ADA, PostKind::Article, None, &draft("A", "one")).await.unwrap().post;
    commands::delete(s, ADA, id).await.unwrap();
    assert!(matches!(commands::delete(s, ADA, id).await, Err(CommandError::NotFound)));
    db.clock().advance(Duration::from_secs(31 * 24 * 3_600));
    assert!(matches!(commands::restore(s, ADA, id).await, Err(CommandError::TooLate)));
    commands::restore(s, MOD, id).await.unwrap();
}

fn imported(path: &str, body: &str) -> ImportedPost {
    ImportedPost {
        origin: "folder".into(),
        path: path.into(),
        title: format!("Title of {path}"),
        body: body.into(),
        credits: vec![(AuthorId::from_raw(21), CreditRole::Author), (AuthorId::from_raw(22), CreditRole::Translator)],
        source_url: Some("javascript:alert(1)".into()),
        ..ImportedPost::default()
    }
}

async fn an_import_is_recognised_when_it_comes_again(db: TestDb) {
    let port = port(&db).await;
    let question = ImportedPost { kind: PostKind::Question, ..imported("q", "why") };
    let answer = ImportedPost {
        kind: PostKind::Answer,
        parent_path: Some("q".into()),
        accepted: true,
        ..imported("a", "because")
    };
    let lost = ImportedPost { kind: PostKind::Comment, parent_path: Some("x".into()), ..imported("c", "hm") };
    let empty = imported("e", " \n");
    let first = port.take(&[question.clone(), answer.clone(), lost, empty, question.clone()]).await.unwrap();
    let [IntakeOutcome::Created(q), IntakeOutcome::Created(a), r1, r2, r3] = first.as_slice() else {
        panic!("{first:?}")
    };
    assert!([r1, r2, r3].iter().all(|r| matches!(r, IntakeOutcome::Refused(_))), "{first:?}");
    let seen = port.posts(&[*q, *a]).await.unwrap();
    assert!(seen[q].accepted && seen[a].accepted && seen[q].source_url.is_none());
    assert_eq!(seen[a].root, *q);

    let before = events(&db).await.len();
    let second = port.take(&[question.clone(), answer.clone()]).await.unwrap();
    assert_eq!(second, [IntakeOutcome::Unchanged(*q), IntakeOutcome::Unchanged(*a)]);
    assert_eq!(events(&db).await.len(), before, "nothing happened");
    let changed = ImportedPost { body: "why not".into(), ..question.clone() };
    let third = port.take(std::slice::from_ref(&changed)).await.unwrap();
    assert!(matches!(third[0], IntakeOutcome::Revised(post, _) if post == *q), "{third:?}");
    assert_eq!(port.posts(&[*q]).await.unwrap()[q].body, "why not");

    let author = port.posts(&[*q]).await.unwrap()[q].author().unwrap();
    commands::delete(db.store(), xinghe_posts::model::Actor { id: author, moderates: false }, *q).await.unwrap();
    assert_eq!(port.take(&[question]).await.unwrap(), [IntakeOutcome::Unchanged(*q)]);
    assert!(port.posts(&[*q]).await.unwrap().is_empty(), "deleted stays deleted");
    assert_eq!(port.known("folder").await.unwrap().len(), 2);

    // A file that has another name is the post that it was, unless that name is another post's.
    let paths = [("a".to_owned(), "moved/a".to_owned()), ("q".to_owned(), "moved/a".to_owned())];
    port.moved("folder", &paths).await.unwrap();
    let known = port.known("folder").await.unwrap();
    assert_eq!((known.get("moved/a"), known.get("q"), known.len()), (Some(a), Some(q), 2));
}

async fn credits_pass_to_who_claims_them(db: TestDb) {
    let port = port(&db).await;
    let outcome = port.take(&[imported("a", "text")]).await.unwrap();
    let [IntakeOutcome::Created(id)] = outcome.as_slice() else { panic!("{outcome:?}") };
    let mut unit = db.store().begin().await.unwrap();
    let claimed = Event::AuthorClaimed { author: AuthorId::from_raw(21), member: ADA.id };
    unit.append(None, &claimed).await.unwrap();
    unit.commit().await.unwrap();
    let readers = Readers::new(db.store().clone(), vec![Arc::new(ClaimedCredits)], vec![]);
    readers.catch_up().await.unwrap();
    assert_eq!(port.posts(&[*id]).await.unwrap()[id].author(), Some(ADA.id));
    let by_ada = store::latest_of_author(db.store(), ADA.id, &[], Some(true), None, 10).await.unwrap();
    assert_eq!(by_ada.len(), 1);
    assert_eq!(by_ada[0].author, ADA.id);
    let passed = Event::CreditsPassed { author: AuthorId::from_raw(21), member: ADA.id };
    assert_eq!(db.events().await.last().map(|r| &r.event), Some(&passed), "told when it is done");

    // One's own post stays one's own; what was imported goes back with the author, also what came meanwhile.
    let own = commands::create(db.store(), ADA, PostKind::Article, None, &draft("own", "x")).await.unwrap().post;
    let mut later = imported("b", "text");
    later.credits[0].0 = ADA.id;
    let outcome = port.take(&[later]).await.unwrap();
    let [IntakeOutcome::Created(later)] = outcome.as_slice() else { panic!("{outcome:?}") };
    let mut unit = db.store().begin().await.unwrap();
    unit.append(None, &Event::AuthorReleased { author: AuthorId::from_raw(21), member: ADA.id }).await.unwrap();
    unit.commit().await.unwrap();
    readers.catch_up().await.unwrap();
    let posts = port.posts(&[*id, own, *later]).await.unwrap();
    let authors = [*id, own, *later].map(|id| posts[&id].author().unwrap().raw());
    assert_eq!(authors, [21, ADA.id.raw(), 21]);
    let by_ada = store::latest_of_author(db.store(), ADA.id, &[], Some(true), None, 10).await.unwrap();
    assert_eq!(by_ada.iter().map(|p| p.id).collect::<Vec<_>>(), [own]);
    let back = Event::CreditsPassed { author: ADA.id, member: AuthorId::from_raw(21) };
    assert_eq!(db.events().await.last().map(|r| &r.event), Some(&back));
}

async fn lists_page_without_gap_or_repeat(db: TestDb) {
    let _port = port(&db).await;
    let s = db.store();
    let mut made: Vec<PostId> = vec![];
    for n in 0..7 {
        made.push(commands::create(s, ADA, PostKind::Article, None, &draft(&n.to_string(), "x")).await.unwrap().post);
    }
    made.reverse();
    let mut seen = vec![];
    let mut after = None;
    loop {
        let page = store::list(s, &ListFilter::default(), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        seen.extend(page.iter().map(|p| p.id));
    }
    assert_eq!(seen, made);
}

async fn pictures_of_every_revision_and_of_own_drafts_are_known(db: TestDb) {
    let port = port(&db).await;
    let s = db.store();
    let names: Vec<PictureName> =
        (1..=4).map(|n| PictureName::new([n; 10], (u16::from(n), 9), PictureFormat::Webp).unwrap()).collect();
    let showing = |n: usize| format!("看：\n\n![图]({})", names[n].path());
    let written = commands::create(s, ADA, PostKind::Article, None, &draft("题", &showing(0))).await.unwrap();
    commands::edit(s, ADA, written.post, written.revision, &draft("题", &showing(1))).await.unwrap();
    commands::delete(s, ADA, written.post).await.unwrap();
    let typed = Typed { body: showing(2), ..Typed::default() };
    let kept = NewDraft { kind: PostKind::Article, change: None, name: None, typed };
    keep(s, ADA, kept).await.unwrap();
    let of = async |who: AuthorId| {
        let found = port.showing(who, &names).await.unwrap();
        names.iter().map(|n| found.contains(n)).collect::<Vec<_>>()
    };
    assert_eq!(of(ADA.id).await, [true, true, true, false]);
    assert_eq!(of(BO.id).await, [true, true, false, false], "another's draft says nothing");
}

on_both_databases!(
    a_question_is_answered_accepted_and_deleted,
    who_is_named_is_told_once,
    two_who_bring_one_story_make_one_news,
    an_edit_is_a_revision_and_the_label_of_ai_stays,
    a_deletion_can_be_taken_back_for_thirty_days,
    an_import_is_recognised_when_it_comes_again,
    credits_pass_to_who_claims_them,
    lists_page_without_gap_or_repeat,
    pictures_of_every_revision_and_of_own_drafts_are_known,
);
