//! Members through their commands, over a real database.

use std::collections::HashSet;
use std::time::Duration;

use xinghe_accounts::model::{About, ClaimState, Client, Leaving, Link, ProfileChange, Registration, Standing, Who};
use xinghe_accounts::{AccountError, Accounts, AuthorList, ClaimList, migrations};
use xinghe_core::event::Event;
use xinghe_core::ports::{AuthorIntake, Authors, ImportedAuthor};
use xinghe_core::{AuthorId, Lang};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::{Role, Sessions, Theme};

const PASSWORD: &str = "correct horse battery";

async fn accounts(db: &TestDb) -> Accounts {
    db.store().migrate(&migrations()).await.unwrap();
    Accounts::new(db.store().clone())
}

fn wish(handle: &str) -> Registration {
    Registration { handle: handle.into(), name: String::new(), password: PASSWORD.into(), language: None }
}

fn from(ip: &str) -> Client {
    Client { ip: Some(ip.parse().unwrap()), user_agent: "test".into() }
}

async fn events(db: &TestDb) -> Vec<Event> {
    db.events().await.into_iter().map(|r| r.event).collect()
}

/// The wrong fields with their texts' keys; anything else is no answer that a form can show.
fn fields(error: AccountError) -> Vec<(String, &'static str)> {
    match error {
        AccountError::Invalid(errors) => errors.iter().map(|e| (e.field.to_string(), e.said.key())).collect(),
        other => panic!("expected wrong fields, got {other}"),
    }
}

fn field(name: &str, key: &'static str) -> Vec<(String, &'static str)> {
    vec![(name.to_owned(), key)]
}

fn imported(name: &str, key: &str) -> ImportedAuthor {
    ImportedAuthor { name: name.into(), url: Some("https://example.org/me".into()), key: key.into() }
}

async fn registering_checks_everything_at_once_and_a_handle_is_taken_in_any_case(db: TestDb) {
    let accounts = accounts(&db).await;
    let id = accounts.register(&Registration { name: " 李 雷 ".into(), ..wish("Lilei") }).await.unwrap();
    let author = accounts.author("@LILEI").await.unwrap().unwrap();
    assert_eq!((author.card.id, author.card.name.as_str(), author.card.claimed), (id, "李 雷", true));
    assert_eq!(events(&db).await, [Event::MemberRegistered { member: id }]);

    let taken = accounts.register(&wish("lilei")).await.unwrap_err();
    assert_eq!(fields(taken), field("handle", "accounts-error-handle-taken"));
    let bad = Registration { name: "\u{200b}".into(), password: "short".into(), ..wish("a") };
    assert_eq!(
        fields(accounts.register(&bad).await.unwrap_err()),
        [
            ("handle".to_owned(), "accounts-error-handle-length"),
            ("name".to_owned(), "accounts-error-name-empty"),
            ("password".to_owned(), "accounts-error-password-short"),
        ]
    );
    let nothing = Registration::default();
    let wrong: Vec<_> = fields(accounts.register(&nothing).await.unwrap_err()).into_iter().map(|f| f.0).collect();
    assert_eq!(wrong, ["handle", "password"]);
    assert_eq!(events(&db).await.len(), 1);
}

async fn a_session_lives_thirty_days_from_its_last_use(db: TestDb) {
    let accounts = accounts(&db).await;
    let id = accounts.register(&wish("lilei")).await.unwrap();
    let session = accounts.sign_in("LiLei", PASSWORD, &from("192.0.2.1")).await.unwrap();
    let again = accounts.sign_in("lilei", PASSWORD, &from("192.0.2.1")).await.unwrap();
    assert_ne!((session.id, &session.token), (again.id, &again.token));
    let member = accounts.resolve(&session.token).await.unwrap().unwrap();
    assert_eq!((member.id, member.session, member.role), (id, session.id, Role::Member));

    let day = Duration::from_secs(24 * 3600);
    db.clock().advance(20 * day);
    assert!(accounts.resolve(&session.token).await.unwrap().is_some());
    db.clock().advance(20 * day);
    assert!(accounts.resolve(&session.token).await.unwrap().is_some(), "used on day 20");
    assert!(accounts.resolve(&again.token).await.unwrap().is_none(), "not used for 40 days");
    let seen: Vec<_> = accounts.sessions(id).await.unwrap().into_iter().map(|s| s.id).collect();
    assert_eq!(seen, [session.id]);
    assert_eq!(accounts.sweep().await.unwrap(), 1);
    db.clock().advance(31 * day);
    assert!(accounts.resolve(&session.token).await.unwrap().is_none());
    assert!(accounts.resolve("no such token").await.unwrap().is_none());
}

async fn the_token_itself_is_nowhere_in_the_database(db: TestDb) {
    let accounts = accounts(&db).await;
    accounts.register(&wish("lilei")).await.unwrap();
    let session = accounts.sign_in("lilei", PASSWORD, &Client::default()).await.unwrap();
    assert!(session.token.len() >= 43, "256 bits in base 64");
    assert!(!format!("{session:?} {:?}", wish("lilei")).contains(&session.token));
    let Some(folder) = db.folder() else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let holds = |secret: &str| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!holds(&session.token) && !holds(PASSWORD));
    }
}

async fn wrong_tries_bring_growing_pauses_that_all_processes_share(db: TestDb) {
    let accounts = accounts(&db).await;
    let other_process = Accounts::new(db.another().await.unwrap());
    accounts.register(&wish("lilei")).await.unwrap();
    let client = from("192.0.2.1");
    for n in 0..5 {
        let process = if n % 2 == 0 { &accounts } else { &other_process };
        let error = process.sign_in("lilei", "wrong password", &client).await.unwrap_err();
        assert_eq!(fields(error), field("password", "accounts-error-sign-in"), "try {n}");
    }
    for process in [&accounts, &other_process] {
        let error = process.sign_in("lilei", PASSWORD, &client).await.unwrap_err();
        assert!(matches!(error, AccountError::Throttled(5)), "{error}");
    }
    assert!(accounts.sign_in("lilei", PASSWORD, &from("192.0.2.2")).await.is_ok(), "the owner, elsewhere");
    db.clock().advance(Duration::from_secs(5));
    accounts.sign_in("lilei", "wrong password", &client).await.unwrap_err();
    let error = accounts.sign_in("lilei", PASSWORD, &client).await.unwrap_err();
    assert!(matches!(error, AccountError::Throttled(10)), "{error}");
    db.clock().advance(Duration::from_secs(10));
    assert!(accounts.sign_in("lilei", PASSWORD, &client).await.is_ok());
    for _ in 0..4 {
        accounts.sign_in("lilei", "wrong password", &client).await.unwrap_err();
    }
    assert!(accounts.sign_in("lilei", PASSWORD, &client).await.is_ok(), "the count began anew");
}

async fn many_addresses_cannot_try_one_account_and_lock_nobody_out(db: TestDb) {
    let accounts = accounts(&db).await;
    accounts.register(&wish("lilei")).await.unwrap();
    accounts.sign_in("lilei", PASSWORD, &from("192.0.2.200")).await.unwrap();
    let mut paused = 0;
    for n in 0..45 {
        let error = accounts.sign_in("lilei", "wrong password", &from(&format!("198.51.100.{n}"))).await.unwrap_err();
        paused += usize::from(matches!(error, AccountError::Throttled(_)));
    }
    assert_eq!(paused, 35, "ten wrong tries are free, wherever they come from");
    let strange = accounts.sign_in("lilei", PASSWORD, &from("198.51.100.99")).await.unwrap_err();
    assert!(matches!(strange, AccountError::Throttled(5)), "{strange}");
    assert!(accounts.sign_in("lilei", PASSWORD, &from("192.0.2.200")).await.is_ok(), "the owner, where always");
    db.clock().advance(Duration::from_secs(5));
    assert!(accounts.sign_in("lilei", PASSWORD, &from("198.51.100.99")).await.is_ok(), "and elsewhere, after a pause");
}

async fn one_address_cannot_try_every_account_and_unknown_ones_answer_alike(db: TestDb) {
    let accounts = accounts(&db).await;
    accounts.register(&wish("lilei")).await.unwrap();
    let client = from("2001:db8::1");
    for n in 0..20 {
        let error = accounts.sign_in(&format!("nobody{n}"), PASSWORD, &client).await.unwrap_err();
        assert_eq!(fields(error), field("password", "accounts-error-sign-in"));
    }
    let error = accounts.sign_in("lilei", PASSWORD, &from("2001:db8::2")).await.unwrap_err();
    assert!(matches!(error, AccountError::Throttled(_)), "{error}");
    assert!(accounts.sign_in("lilei", PASSWORD, &from("192.0.2.9")).await.is_ok());
}

async fn a_new_password_needs_the_old_one_and_ends_other_sessions(db: TestDb) {
    let accounts = accounts(&db).await;
    let id = accounts.register(&wish("lilei")).await.unwrap();
    let here = accounts.sign_in("lilei", PASSWORD, &Client::default()).await.unwrap();
    let there = accounts.sign_in("lilei", PASSWORD, &Client::default()).await.unwrap();
    let error = accounts.change_password(id, here.id, "not the old one", "a new long password").await.unwrap_err();
    assert_eq!(fields(error), field("old", "accounts-error-password-wrong"));
    let error = accounts.change_password(id, here.id, PASSWORD, "short").await.unwrap_err();
    assert_eq!(fields(error), field("new", "accounts-error-password-short"));
    accounts.change_password(id, here.id, PASSWORD, "a new long password").await.unwrap();
    assert!(accounts.resolve(&here.token).await.unwrap().is_some());
    assert!(accounts.resolve(&there.token).await.unwrap().is_none());
    assert!(accounts.sign_in("lilei", PASSWORD, &Client::default()).await.is_err());
    accounts.reset_password("lilei", "set by the administrator").await.unwrap();
    assert!(accounts.resolve(&here.token).await.unwrap().is_none());
    assert!(accounts.sign_in("lilei", "set by the administrator", &Client::default()).await.is_ok());
}

async fn nobody_ends_somebody_elses_session(db: TestDb) {
    let accounts = accounts(&db).await;
    let lilei = accounts.register(&wish("lilei")).await.unwrap();
    let hanmei = accounts.register(&wish("hanmei")).await.unwrap();
    let session = accounts.open_session(lilei, &Client::default()).await.unwrap();
    let other = accounts.open_session(lilei, &Client::default()).await.unwrap();
    assert!(matches!(accounts.end_session(hanmei, session.id).await, Err(AccountError::NotFound)));
    assert_eq!(accounts.end_other_sessions(hanmei, session.id).await.unwrap(), 0);
    assert_eq!(accounts.end_other_sessions(lilei, session.id).await.unwrap(), 1);
    assert!(accounts.resolve(&other.token).await.unwrap().is_none());
    accounts.end_session(lilei, session.id).await.unwrap();
    assert!(accounts.resolve(&session.token).await.unwrap().is_none());
}

async fn the_first_administrator_comes_by_a_link_that_works_once(db: TestDb) {
    let accounts = accounts(&db).await;
    let first = accounts.first_admin_link("http://127.0.0.1:8080/").await.unwrap().unwrap();
    let second = accounts.first_admin_link("http://127.0.0.1:8080").await.unwrap().unwrap();
    assert_ne!(first, second);
    let token = |link: &str| link.strip_prefix("http://127.0.0.1:8080/setup?token=").unwrap().to_owned();
    assert!(matches!(accounts.set_up("guessed", &wish("root1")).await, Err(AccountError::NotFound)));
    let wrong = accounts.set_up(&token(&first), &wish("x")).await.unwrap_err();
    assert_eq!(fields(wrong)[0].0, "handle");
    let (a, b) = (token(&first), token(&second));
    let (wish_a, wish_b) = (wish("anna"), wish("bert"));
    let (one, two) = tokio::join!(accounts.set_up(&a, &wish_a), accounts.set_up(&b, &wish_b));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
    let id = one.or(two).unwrap();
    let info = accounts.author_by_id(id).await.unwrap().unwrap().member.unwrap();
    assert_eq!(info.role, Role::Administrator);
    assert_eq!(events(&db).await, [Event::MemberRegistered { member: id }, Event::RoleChanged { member: id }]);
    assert!(accounts.first_admin_link("http://x").await.unwrap().is_none());
    assert!(matches!(accounts.set_up(&b, &wish("carl")).await, Err(AccountError::NotFound)));
}

async fn a_link_older_than_a_week_does_not_work(db: TestDb) {
    let accounts = accounts(&db).await;
    let link = accounts.first_admin_link("").await.unwrap().unwrap();
    let token = link.split_once('=').unwrap().1;
    assert!(accounts.knows_setup_token(token).await.unwrap());
    db.clock().advance(Duration::from_secs(7 * 24 * 3600 + 1));
    assert!(!accounts.knows_setup_token(token).await.unwrap());
    assert!(matches!(accounts.set_up(token, &wish("anna")).await, Err(AccountError::NotFound)));
}

async fn the_last_administrator_cannot_go_in_any_way(db: TestDb) {
    let accounts = accounts(&db).await;
    let anna = accounts.add_member(None, &wish("anna"), Role::Administrator).await.unwrap();
    let bert = accounts.register(&wish("bert")).await.unwrap();
    let refused = |r: Result<(), AccountError>| matches!(r, Err(AccountError::Conflict(said)) if said.key() == "accounts-error-last-administrator");
    assert!(refused(accounts.set_role(Some(anna), anna, Role::Member).await));
    assert!(refused(accounts.set_standing(Some(anna), anna, Standing::Disabled).await));
    assert!(refused(accounts.erase(anna, PASSWORD, Leaving::Anonymous).await));
    accounts.set_role(Some(anna), bert, Role::Administrator).await.unwrap();
    let (one, two) = tokio::join!(
        accounts.set_role(Some(anna), bert, Role::Member),
        accounts.set_role(Some(bert), anna, Role::Moderator),
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
}

async fn a_disabled_account_is_out_at_once_and_comes_back(db: TestDb) {
    let accounts = accounts(&db).await;
    let id = accounts.register(&wish("lilei")).await.unwrap();
    let session = accounts.open_session(id, &Client::default()).await.unwrap();
    accounts.set_standing(None, id, Standing::Disabled).await.unwrap();
    assert!(accounts.resolve(&session.token).await.unwrap().is_none());
    let error = accounts.sign_in("lilei", PASSWORD, &Client::default()).await.unwrap_err();
    assert_eq!(fields(error), field("handle", "accounts-error-disabled"));
    let error = accounts.sign_in("lilei", "wrong password", &Client::default()).await.unwrap_err();
    assert_eq!(fields(error), field("password", "accounts-error-sign-in"), "told only to whoever knows the password");
    accounts.set_standing(None, id, Standing::Active).await.unwrap();
    assert!(accounts.sign_in("lilei", PASSWORD, &Client::default()).await.is_ok());
    assert!(accounts.resolve(&session.token).await.unwrap().is_none(), "old sessions stay ended");
}

async fn a_profile_changes_only_where_something_is_said(db: TestDb) {
    let accounts = accounts(&db).await;
    let id = accounts.register(&wish("lilei")).await.unwrap();
    let about = About { zh_hans: "写 Rust".into(), ..About::default() };
    let link = Link { label: "Blog".into(), url: "https://example.org/blog".into() };
    let change = ProfileChange {
        name: Some("李雷".into()),
        about: Some(about.clone()),
        links: Some(vec![link.clone()]),
        language: Some(Some(Lang::ZhHant)),
        theme: Some(Some(Theme::Dark)),
    };
    accounts.change_profile(id, &change).await.unwrap();
    accounts.change_profile(id, &change).await.unwrap();
    accounts.change_profile(id, &ProfileChange { theme: Some(None), ..ProfileChange::default() }).await.unwrap();
    let info = accounts.author("lilei").await.unwrap().unwrap();
    assert_eq!(info.card.name, "李雷");
    let info = info.member.unwrap();
    assert_eq!((info.about, info.links, info.language, info.theme), (about, vec![link], Some(Lang::ZhHant), None));
    let changed = Event::ProfileChanged { member: id };
    assert_eq!(events(&db).await[1..], [changed.clone(), changed], "the second change changed nothing");
    let long = About { en: "x".repeat(10_001), ..About::default() };
    let bad = ProfileChange { name: Some(" ".into()), about: Some(long), ..ProfileChange::default() };
    let wrong: Vec<_> = fields(accounts.change_profile(id, &bad).await.unwrap_err()).into_iter().map(|f| f.0).collect();
    assert_eq!(wrong, ["name", "about.en"]);
}

async fn imported_authors_are_recognised_by_key_and_get_handles_of_their_own(db: TestDb) {
    let accounts = accounts(&db).await;
    accounts.register(&wish("david-tolnay")).await.unwrap();
    let wanted = [
        imported("David Tolnay", "crates:dtolnay"),
        imported("张三", "blog:张三"),
        imported("David Tolnay", "crates:another"),
        imported("David Tolnay", "crates:dtolnay"),
        imported("", "blog:"),
    ];
    let ids = accounts.ensure(&wanted).await.unwrap();
    assert_eq!(ids.len(), 5);
    assert_eq!(ids[0], ids[3]);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4);
    assert_eq!(accounts.ensure(&wanted).await.unwrap(), ids);
    let cards = accounts.cards(&ids).await.unwrap();
    assert_eq!(cards[&ids[0]].handle, "david-tolnay-2");
    assert_eq!(cards[&ids[2]].handle, "david-tolnay-3");
    assert!(cards[&ids[1]].handle.starts_with("author-"), "{:?}", cards[&ids[1]]);
    assert!(cards.values().all(|c| !c.claimed && !c.sample && !c.name.is_empty()));
    assert_eq!(events(&db).await.len(), 5);
    assert!(accounts.sign_in("david-tolnay-2", PASSWORD, &Client::default()).await.is_err());
}

async fn two_imports_at_once_make_each_author_once(db: TestDb) {
    let accounts = accounts(&db).await;
    let other = Accounts::new(db.another().await.unwrap());
    let wanted: Vec<_> = (0..40).map(|n| imported(&format!("Author {}", n / 2), &format!("key {n}"))).collect();
    let backwards: Vec<_> = wanted.iter().rev().cloned().collect();
    let (one, two) = tokio::join!(accounts.ensure(&wanted), other.ensure(&backwards));
    let (one, mut two) = (one.unwrap(), two.unwrap());
    two.reverse();
    assert_eq!(one, two);
    assert_eq!(accounts.counts().await.unwrap(), (0, 40));
}

async fn an_accepted_claim_makes_the_author_the_member(db: TestDb) {
    let accounts = accounts(&db).await;
    let wanted = [imported("David Tolnay", "crates:dtolnay")];
    let author = accounts.ensure(&wanted).await.unwrap()[0];
    let member = accounts.register(&wish("dtolnay")).await.unwrap();
    let liar = accounts.register(&wish("mallory")).await.unwrap();
    let admin = accounts.add_member(None, &wish("anna"), Role::Administrator).await.unwrap();
    assert_eq!(
        fields(accounts.claim(member, author, " ").await.unwrap_err()),
        field("why", "accounts-error-why-empty")
    );
    let lie = accounts.claim(liar, author, "me").await.unwrap();
    let claim = accounts.claim(member, author, "see my site").await.unwrap();
    assert!(matches!(accounts.claim(member, author, "again").await, Err(AccountError::Conflict(_))));
    assert!(matches!(accounts.claim(member, admin, "not unclaimed").await, Err(AccountError::Conflict(_))));
    assert!(matches!(accounts.withdraw_claim(liar, claim).await, Err(AccountError::NotFound)));
    assert_eq!(accounts.open_claims().await.unwrap(), 2);

    accounts.decide_claim(Some(admin), claim, true, "the site links back").await.unwrap();
    assert!(matches!(accounts.decide_claim(Some(admin), lie, true, "").await, Err(AccountError::Conflict(_))));
    assert_eq!(events(&db).await.last(), Some(&Event::AuthorClaimed { author, member }));
    assert_eq!(accounts.cards(&[author, member]).await.unwrap()[&author].id, member);
    assert_eq!(accounts.by_handle("david-tolnay").await.unwrap().unwrap().handle, "dtolnay");
    assert_eq!(accounts.author("david-tolnay").await.unwrap().unwrap().merged_into, Some(member));
    assert_eq!(accounts.ensure(&wanted).await.unwrap(), [member], "importing again credits the member");
    let list = accounts.claims(ClaimList { limit: 10, ..ClaimList::default() }).await.unwrap();
    let states: Vec<_> = list.items.iter().map(|c| (c.id, c.state, c.note.as_deref())).collect();
    assert_eq!(states, [(claim, ClaimState::Accepted, Some("the site links back")), (lie, ClaimState::Declined, None)]);
    assert_eq!(list.items[0].author.handle, "david-tolnay");
    let found =
        accounts.list(&AuthorList { words: "tolnay".into(), limit: 10, ..AuthorList::default() }).await.unwrap();
    assert_eq!(found.items.iter().map(|a| a.card.id).collect::<Vec<_>>(), [member], "the author is listed once");
}

async fn an_erased_member_leaves_no_name_behind(db: TestDb) {
    let accounts = accounts(&db).await;
    accounts.add_member(None, &wish("anna"), Role::Administrator).await.unwrap();
    let wanted = [imported("Zwetschge Ungewöhnlich", "blog:zwetschge")];
    let author = accounts.ensure(&wanted).await.unwrap()[0];
    let member = accounts.register(&Registration { name: "Zwetschge".into(), ..wish("zwetschge") }).await.unwrap();
    let session = accounts.open_session(member, &Client::default()).await.unwrap();
    let claim = accounts.claim(member, author, "I am Zwetschge").await.unwrap();
    accounts.decide_claim(None, claim, true, "").await.unwrap();
    assert_eq!(
        fields(accounts.erase(member, "wrong password", Leaving::Anonymous).await.unwrap_err()),
        field("password", "accounts-error-password-wrong")
    );
    accounts.erase(member, PASSWORD, Leaving::Anonymous).await.unwrap();
    assert_eq!(
        events(&db).await[events(&db).await.len() - 2..],
        [Event::AuthorReleased { author, member }, Event::MemberErased { member }]
    );
    assert!(accounts.resolve(&session.token).await.unwrap().is_none());
    assert!(accounts.by_handle("zwetschge").await.unwrap().is_none());
    let record = accounts.author_by_id(member).await.unwrap().unwrap();
    assert!(record.erased && record.member.is_none() && record.url.is_none() && !record.card.claimed, "{record:?}");
    assert!(!format!("{record:?}").to_lowercase().contains("zwetschge"), "{record:?}");
    let taken = accounts.register(&wish("Zwetschge")).await.unwrap_err();
    assert_eq!(fields(taken), field("handle", "accounts-error-handle-taken"), "nobody takes a former member's place");

    // What was imported was public before, and keeps the name it came with.
    let back = accounts.author_by_id(author).await.unwrap().unwrap();
    assert_eq!((back.merged_into, back.erased, back.card.claimed), (None, false, false));
    assert_eq!((back.card.name.as_str(), back.url.is_some()), ("Zwetschge Ungewöhnlich", true));
    assert_eq!(accounts.cards(&[author]).await.unwrap()[&author].id, author);
    assert_eq!(accounts.ensure(&wanted).await.unwrap(), [author]);
    assert_eq!(accounts.counts().await.unwrap(), (1, 1));
    assert!(matches!(accounts.erase(member, PASSWORD, Leaving::Anonymous).await, Err(AccountError::NotFound)));
}

async fn a_member_who_leaves_decides_about_the_name(db: TestDb) {
    let accounts = accounts(&db).await;
    accounts.add_member(None, &wish("anna"), Role::Administrator).await.unwrap();
    let named = accounts.register(&wish("lihua")).await.unwrap();
    accounts.erase(named, PASSWORD, Leaving::Named).await.unwrap();
    assert_eq!(events(&db).await.last(), Some(&Event::MemberErased { member: named }));
    let record = accounts.author_by_id(named).await.unwrap().unwrap();
    assert_eq!((record.card.handle.as_str(), record.card.claimed, record.erased), ("lihua", false, false));
    assert!(record.member.is_none() && accounts.sessions(named).await.unwrap().is_empty());
    assert_eq!(
        fields(accounts.sign_in("lihua", PASSWORD, &Client::default()).await.unwrap_err()),
        field("password", "accounts-error-sign-in")
    );
    assert_eq!(
        fields(accounts.register(&wish("lihua")).await.unwrap_err()),
        field("handle", "accounts-error-handle-taken")
    );
    // Back again, under another handle: an administrator believes it.
    let back = accounts.register(&wish("lihua2")).await.unwrap();
    let claim = accounts.claim(back, named, "It was me").await.unwrap();
    accounts.decide_claim(None, claim, true, "").await.unwrap();
    assert_eq!(accounts.cards(&[named]).await.unwrap()[&named].id, back);

    let gone = accounts.register(&wish("zhao")).await.unwrap();
    accounts.erase(gone, PASSWORD, Leaving::Deleted).await.unwrap();
    let last: Vec<Event> = events(&db).await;
    let expected = [Event::PostsRenounced { member: gone }, Event::MemberErased { member: gone }];
    assert_eq!(last[last.len() - 2..], expected);
    assert!(accounts.by_handle("zhao").await.unwrap().is_none());
}

async fn samples_are_marked_and_cannot_be_signed_in_to(db: TestDb) {
    let accounts = accounts(&db).await;
    let about = [(Lang::ZhHans, "样例"), (Lang::En, "sample")];
    let id = accounts.ensure_sample("lin-xiao", "林晓", &about).await.unwrap();
    assert_eq!(accounts.ensure_sample("lin-xiao", "林晓", &about).await.unwrap(), id);
    let record = accounts.author("lin-xiao").await.unwrap().unwrap();
    assert!(record.card.sample && record.card.claimed);
    assert_eq!(record.member.unwrap().about.for_reader(Lang::ZhHant), Some((Lang::ZhHans, "样例")));
    for password in ["", PASSWORD] {
        let error = accounts.sign_in("lin-xiao", password, &Client::default()).await.unwrap_err();
        assert_eq!(fields(error), field("password", "accounts-error-sign-in"));
    }
    accounts.register(&wish("lilei")).await.unwrap();
    assert_eq!(
        fields(accounts.ensure_sample("lilei", "x", &[]).await.unwrap_err()),
        field("handle", "accounts-error-handle-taken")
    );
}

async fn lists_page_through_everybody_once_and_find_parts_of_names(db: TestDb) {
    let accounts = accounts(&db).await;
    let wanted: Vec<_> = (0..5).map(|n| imported(&format!("100%_作者{n}"), &format!("k{n}"))).collect();
    let unclaimed = accounts.ensure(&wanted).await.unwrap();
    let member = accounts.register(&Registration { name: "ＡBC 作者".into(), ..wish("lilei") }).await.unwrap();
    let ask = |words: &str, who, before, limit| AuthorList { words: words.into(), who, before, limit };
    let ids = |items: Vec<xinghe_accounts::model::AuthorRecord>| items.iter().map(|a| a.card.id).collect::<Vec<_>>();
    let mut seen: Vec<AuthorId> = Vec::new();
    let mut before = None;
    loop {
        let slice = accounts.list(&ask("", Who::All, before, 4)).await.unwrap();
        seen.extend(ids(slice.items));
        before = slice.next;
        if before.is_none() {
            break;
        }
    }
    let mut all = unclaimed.clone();
    all.push(member);
    all.reverse();
    assert_eq!(seen, all);
    for (words, who, count) in [
        ("作者", Who::All, 6),
        ("作者", Who::Members, 1),
        ("作者3", Who::All, 1),
        ("100%_", Who::Unclaimed, 5),
        ("1%0", Who::All, 0),
        ("abc", Who::All, 1),
        ("@LILEI", Who::All, 1),
    ] {
        assert_eq!(accounts.list(&ask(words, who, None, 50)).await.unwrap().items.len(), count, "{words} {who:?}");
    }
}

on_both_databases!(
    registering_checks_everything_at_once_and_a_handle_is_taken_in_any_case,
    a_session_lives_thirty_days_from_its_last_use,
    the_token_itself_is_nowhere_in_the_database,
    wrong_tries_bring_growing_pauses_that_all_processes_share,
    one_address_cannot_try_every_account_and_unknown_ones_answer_alike,
    many_addresses_cannot_try_one_account_and_lock_nobody_out,
    a_new_password_needs_the_old_one_and_ends_other_sessions,
    nobody_ends_somebody_elses_session,
    the_first_administrator_comes_by_a_link_that_works_once,
    a_link_older_than_a_week_does_not_work,
    the_last_administrator_cannot_go_in_any_way,
    a_disabled_account_is_out_at_once_and_comes_back,
    a_profile_changes_only_where_something_is_said,
    imported_authors_are_recognised_by_key_and_get_handles_of_their_own,
    two_imports_at_once_make_each_author_once,
    an_accepted_claim_makes_the_author_the_member,
    an_erased_member_leaves_no_name_behind,
    a_member_who_leaves_decides_about_the_name,
    samples_are_marked_and_cannot_be_signed_in_to,
    lists_page_through_everybody_once_and_find_parts_of_names,
);
