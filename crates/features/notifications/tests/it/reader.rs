//! From events to lines, on both databases.

use std::time::Duration;

use xinghe_core::{AuthorId, Event, FollowKind, PostId, PostKind, RevisionId, WayIn};
use xinghe_notifications::model::{Channel, Choice, Kind};
use xinghe_store::{FromQueryResult, Queries};
use xinghe_testkit::{TestDb, on_both_databases};

use crate::common::{Town, m};

on_both_databases!(
    what_is_alike_is_one_line_until_it_is_read,
    nobody_is_told_of_own_acts_and_guests_of_nothing,
    followers_are_told_once,
    reading_the_log_anew_makes_the_same_lines,
    what_is_gone_is_not_told,
    an_erased_member_leaves_nothing,
    what_is_off_is_not_shown,
    a_claimed_author_is_told_from_then_on,
    many_followers_are_told_step_by_step,
);

#[derive(Debug, PartialEq, Eq, FromQueryResult)]
struct Row {
    id: i64,
    member: i64,
    kind: String,
    subject: i64,
    named: i32,
    first_at: i64,
    last_at: i64,
    read_at: Option<i64>,
    read_seq: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, FromQueryResult)]
struct Part {
    note: i64,
    item: i64,
    actor: i64,
    post: i64,
    at: i64,
    seq: i64,
    taken: i32,
}

/// All lines with their parts.
async fn rows(town: &Town) -> (Vec<Row>, Vec<Part>) {
    let (store, of) = (town.db.store(), "notifications_note ORDER BY id");
    let notes = format!("SELECT id, member, kind, subject, named, first_at, last_at, read_at, read_seq FROM {of}");
    let parts = "SELECT note, item, actor, post, at, seq, taken FROM notifications_part ORDER BY note, item";
    (store.all(&notes, vec![]).await.unwrap(), store.all(parts, vec![]).await.unwrap())
}

/// What a member is told: kind, subject and how many, the latest first.
async fn told(town: &Town, member: i64) -> Vec<(String, i64, i64)> {
    #[derive(FromQueryResult)]
    struct Told {
        kind: String,
        subject: i64,
        parts: i64,
    }
    let sql = "SELECT n.kind, n.subject, (SELECT COUNT(*) FROM notifications_part p WHERE p.note = n.id \
               AND p.taken = 0) AS parts FROM notifications_note n WHERE n.member = $1 ORDER BY n.last_at DESC, n.id";
    let rows: Vec<Told> = town.db.store().all(sql, vec![member.into()]).await.unwrap();
    rows.into_iter().map(|t| (t.kind, t.subject, t.parts)).collect()
}

fn line(kind: &str, subject: i64, parts: i64) -> (String, i64, i64) {
    (kind.to_owned(), subject, parts)
}

async fn what_is_alike_is_one_line_until_it_is_read(db: TestDb) {
    let town = Town::new(db).await;
    town.post(100, PostKind::Question, None, 1, &[]).await;
    town.post(101, PostKind::Answer, Some(100), 2, &[]).await;
    town.post(102, PostKind::Answer, Some(100), 3, &[]).await;
    for by in 2..6 {
        town.vote(100, by, 1).await;
    }
    town.settle().await;
    assert_eq!(told(&town, 1).await, [line("useful", 100, 4), line("answer", 100, 2)]);
    assert_eq!(town.all.unread(m(1)).await.unwrap(), 2);

    // A vote taken back is not counted; given again, it is no news.
    town.vote(100, 5, 0).await;
    town.settle().await;
    assert_eq!(told(&town, 1).await[0], line("useful", 100, 3));
    assert_eq!(town.all.read_all(m(1), None).await.unwrap(), 2);
    town.vote(100, 5, 1).await;
    town.settle().await;
    assert_eq!((told(&town, 1).await[0].clone(), town.all.unread(m(1)).await.unwrap()), (line("useful", 100, 4), 0));

    // What comes after it was read is a line of its own; so is what comes a week later.
    town.vote(100, 6, 1).await;
    town.settle().await;
    assert_eq!(told(&town, 1).await[0], line("useful", 100, 1));
    town.db.clock().advance(Duration::from_secs(7 * 86_400));
    town.vote(100, 7, 1).await;
    town.settle().await;
    assert_eq!(told(&town, 1).await[..2], [line("useful", 100, 1), line("useful", 100, 1)]);
    assert_eq!(town.all.unread(m(1)).await.unwrap(), 2);
}

async fn nobody_is_told_of_own_acts_and_guests_of_nothing(db: TestDb) {
    let town = Town::new(db).await;
    town.post(100, PostKind::Question, None, 1, &[]).await;
    town.post(101, PostKind::Answer, Some(100), 1, &[]).await;
    town.post(102, PostKind::Comment, Some(101), 1, &[]).await;
    town.cite(900, 1, &[(100, 1)]).await;
    town.say(1, Event::RoleChanged { member: m(8) }).await;
    town.say(9, Event::WayInAdded { member: m(9), way: WayIn::Site }).await;
    // 2,000 wrote something that was imported, and has no account.
    town.post(200, PostKind::Article, None, 2_000, &[]).await;
    town.vote(200, 1, 1).await;
    town.cite(901, 0, &[(200, 2_000)]).await;
    town.settle().await;
    assert_eq!(told(&town, 1).await, []);
    assert_eq!(told(&town, 2_000).await, []);
    assert_eq!(told(&town, 8).await, [line("role", 0, 1)]);
    assert_eq!(told(&town, 9).await, [line("way_in", 0, 1)], "whoever did it may be somebody else");

    // A comment below a comment: both who wrote that one, and whose post it is.
    town.post(110, PostKind::Article, None, 1, &[]).await;
    town.post(111, PostKind::Comment, Some(110), 2, &[]).await;
    town.post(112, PostKind::Comment, Some(111), 3, &[]).await;
    // Named in what one is told of anyway: one line, and it is among the mentions.
    town.say(3, Event::MembersMentioned { post: PostId::from_raw(112), members: vec![m(2), m(4)] }).await;
    town.settle().await;
    assert_eq!(told(&town, 1).await, [line("comment", 110, 2)].to_vec());
    assert_eq!(told(&town, 2).await, [line("comment", 111, 1)]);
    assert_eq!(told(&town, 4).await, [line("mention", 112, 1)]);
    assert_eq!(rows(&town).await.0.iter().filter(|r| r.named == 1).map(|r| r.member).collect::<Vec<_>>(), [2]);
}

async fn followers_are_told_once(db: TestDb) {
    let town = Town::new(db).await;
    town.follow(2, FollowKind::Member, 1, true).await;
    town.follow_tag(2, "rust").await;
    for tag in ["rust", "性能"] {
        town.follow_tag(3, tag).await;
    }
    town.follow_tag(1, "rust").await;
    town.follow(4, FollowKind::Member, 1, true).await;
    town.follow(4, FollowKind::Member, 1, false).await;
    town.post(100, PostKind::Question, None, 1, &["rust", "性能"]).await;
    town.follow(5, FollowKind::Post, 100, true).await;
    town.follow(1, FollowKind::Post, 100, true).await;
    town.post(101, PostKind::Answer, Some(100), 6, &[]).await;
    town.say(1, Event::PostRevised { post: PostId::from_raw(100), revision: RevisionId::from_raw(7) }).await;
    town.settle().await;
    assert_eq!(told(&town, 2).await, [line("from_member", 1, 1)]);
    assert_eq!(told(&town, 3).await.iter().map(|t| (t.0.as_str(), t.2)).collect::<Vec<_>>(), [("from_tag", 1)]);
    assert_eq!(told(&town, 4).await, []);
    assert_eq!(told(&town, 5).await, [line("watched", 100, 2)]);
    // The follower who stopped is no news any more.
    assert_eq!(told(&town, 1).await, [line("answer", 100, 1), line("follower", 0, 1)]);
}

async fn reading_the_log_anew_makes_the_same_lines(db: TestDb) {
    let town = Town::new(db).await;
    town.follow_tag(3, "rust").await;
    town.follow(2, FollowKind::Member, 1, true).await;
    town.post(100, PostKind::Article, None, 1, &["rust"]).await;
    for by in 2..6 {
        town.vote(100, by, 1).await;
    }
    town.settle().await;
    town.all.read_all(m(1), None).await.unwrap();
    town.vote(100, 6, 1).await;
    town.cite(900, 2, &[(100, 1)]).await;
    town.cite(901, 0, &[(100, 1)]).await;
    town.settle().await;
    town.all.read_all(m(3), None).await.unwrap();
    // Later things do not change what was told before.
    town.retag(100, &["go"]);
    town.follow_tag(4, "rust").await;
    town.follow(2, FollowKind::Member, 1, false).await;
    town.vote(100, 2, 0).await;
    town.settle().await;
    let before = rows(&town).await;
    assert_eq!(before.0.len(), 6, "{before:?}");
    for _ in 0..2 {
        town.rebuild().await;
        let after = rows(&town).await;
        assert_eq!(after, before);
    }
    // And it goes on as if nothing had been.
    town.vote(100, 7, 1).await;
    town.settle().await;
    assert_eq!(rows(&town).await.0.len(), before.0.len());
}

async fn what_is_gone_is_not_told(db: TestDb) {
    let town = Town::new(db).await;
    town.post(100, PostKind::Question, None, 1, &[]).await;
    town.post(101, PostKind::Answer, Some(100), 2, &[]).await;
    town.vote(100, 2, 1).await;
    town.say(1, Event::AnswerAccepted { question: PostId::from_raw(100), answer: PostId::from_raw(101) }).await;
    town.settle().await;
    let unread = async |member| town.all.unread(m(member)).await.unwrap();
    assert_eq!((unread(1).await, unread(2).await), (2, 1));
    town.say(2, Event::PostDeleted { post: PostId::from_raw(101) }).await;
    town.settle().await;
    assert_eq!((unread(1).await, unread(2).await), (1, 0));
    town.say(1, Event::PostDeleted { post: PostId::from_raw(100) }).await;
    town.settle().await;
    assert_eq!(unread(1).await, 0);
    for post in [100, 101] {
        town.say(1, Event::PostRestored { post: PostId::from_raw(post) }).await;
    }
    town.settle().await;
    assert_eq!((unread(1).await, unread(2).await), (2, 1));
    town.say(1, Event::AnswerUnaccepted { question: PostId::from_raw(100), answer: PostId::from_raw(101) }).await;
    town.settle().await;
    assert_eq!(unread(2).await, 0);
}

async fn an_erased_member_leaves_nothing(db: TestDb) {
    let town = Town::new(db).await;
    town.follow(1, FollowKind::Member, 2, true).await;
    town.post(100, PostKind::Question, None, 1, &[]).await;
    town.post(101, PostKind::Answer, Some(100), 2, &[]).await;
    town.vote(100, 2, 1).await;
    town.vote(100, 3, 1).await;
    town.vote(101, 1, 1).await;
    town.post(102, PostKind::Comment, Some(101), 1, &[]).await;
    town.settle().await;
    town.all.read_all(m(1), None).await.unwrap();
    town.all.choose(m(1), &[Choice { kind: Kind::Useful, channel: Channel::Page, on: false }]).await.unwrap();
    town.say(1, Event::MemberErased { member: m(1) }).await;
    town.settle().await;
    for (table, column) in [
        ("note", "member"),
        ("read", "member"),
        ("setting", "member"),
        ("member", "member"),
        ("follow", "member"),
        ("pulse", "member"),
        ("part", "actor"),
        ("post", "author"),
    ] {
        let sql = format!("SELECT COUNT(*) AS value FROM notifications_{table} WHERE {column} = 1");
        assert_eq!(town.db.store().number(&sql, vec![]).await.unwrap(), Some(0), "{table}");
    }
    // The comment is still there, of nobody; the vote and the follow are gone.
    assert_eq!(town.all.unread(m(2)).await.unwrap(), 1);
    assert!(town.all.choose(m(1), &[]).await.is_err(), "a command that was under way");
}

async fn what_is_off_is_not_shown(db: TestDb) {
    let town = Town::new(db).await;
    let choose = async |kind, on| town.all.choose(m(1), &[Choice { kind, channel: Channel::Page, on }]).await.unwrap();
    let unread = async || town.all.unread(m(1)).await.unwrap();
    town.post(100, PostKind::Article, None, 1, &[]).await;
    choose(Kind::Useful, false).await;
    town.vote(100, 2, 1).await;
    town.post(101, PostKind::Comment, Some(100), 2, &[]).await;
    town.settle().await;
    assert_eq!(unread().await, 1);
    // On again, it begins afresh.
    choose(Kind::Useful, true).await;
    assert_eq!(unread().await, 1);
    town.vote(100, 3, 1).await;
    town.settle().await;
    assert_eq!(unread().await, 2);
    // What concerns the account is always told.
    let all = choose(Kind::Role, false).await;
    assert!(all.iter().all(|c| c.on) && all.len() == Kind::ALL.len());
}

async fn a_claimed_author_is_told_from_then_on(db: TestDb) {
    let town = Town::new(db).await;
    town.post(100, PostKind::Article, None, 2_000, &[]).await;
    town.follow(2, FollowKind::Member, 2_000, true).await;
    town.vote(100, 3, 1).await;
    town.say(9, Event::AuthorClaimed { author: AuthorId::from_raw(2_000), member: m(1) }).await;
    town.vote(100, 4, 1).await;
    town.post(101, PostKind::Article, None, 1, &[]).await;
    town.settle().await;
    assert_eq!(told(&town, 1).await, [line("useful", 100, 1), line("claim", 2_000, 1)]);
    assert_eq!(told(&town, 2).await, [line("from_member", 1, 1)]);
}

async fn many_followers_are_told_step_by_step(db: TestDb) {
    let town = Town::new(db).await;
    let mut unit = town.db.store().begin().await.unwrap();
    for n in 10..960 {
        unit.append(None, &Event::MemberRegistered { member: m(n) }).await.unwrap();
        let follow = Event::Followed { by: m(n), kind: FollowKind::Member, id: 1, on: true };
        unit.append(Some(m(n)), &follow).await.unwrap();
    }
    unit.commit().await.unwrap();
    for post in [100, 101] {
        town.post(post, PostKind::Article, None, 1, &[]).await;
    }
    town.settle().await;
    let count = async |sql: &str| town.db.store().number(sql, vec![]).await.unwrap();
    assert_eq!(count("SELECT COUNT(*) AS value FROM notifications_note WHERE kind = 'from_member'").await, Some(950));
    assert_eq!(count("SELECT COUNT(*) AS value FROM notifications_part WHERE post IN (100, 101)").await, Some(1_900));
    assert_eq!(count("SELECT COUNT(*) AS value FROM notifications_spread").await, Some(0));
    assert_eq!(told(&town, 1).await, [line("follower", 0, 950)]);
}
