//! The overview, what models cost, and who may see it.

use std::collections::HashMap;
use std::time::Duration;

use http::{Method, StatusCode};
use xinghe_ai::{CallIntent, CallRecord, Meter, Purpose, Usage};
use xinghe_core::content::PostKind;
use xinghe_core::id::{AnswerId, AuthorId, PostId, RevisionId};
use xinghe_core::{Event, Lang};
use xinghe_observatory::{Budget, Embedding, Models, Observatory};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Feature;

use crate::site::{ADMINISTRATOR, MEMBER, MODERATOR, Site};

on_both_databases!(
    the_overview_counts_what_the_log_says,
    what_models_cost_is_told_by_day_purpose_and_member,
    only_administrators_see_any_of_it,
    the_overview_says_which_ai_is_on,
);

fn published(post: i64, post_kind: PostKind) -> Event {
    let (post, revision, author) = (PostId::from_raw(post), RevisionId::from_raw(post), AuthorId::from_raw(1));
    Event::PostPublished { post, revision, post_kind, parent: None, author }
}

fn answered(answer: i64, abstained: bool) -> Event {
    Event::AnswerGiven { answer: AnswerId::from_raw(answer), asker: None, twin: None, abstained, citations: vec![] }
}

async fn the_overview_counts_what_the_log_says(db: TestDb) {
    let site = Site::new(db).await;
    let member = |n| AuthorId::from_raw(n);
    site.append(&[answered(1, false), answered(2, true)]).await;
    site.db.clock().advance(Duration::from_secs(8 * 86_400));
    let log = [
        Event::MemberRegistered { member: member(1) },
        Event::MemberRegistered { member: member(2) },
        Event::MemberErased { member: member(2) },
        Event::AuthorImported { author: member(3) },
        Event::AuthorImported { author: member(4) },
        Event::AuthorClaimed { author: member(4), member: member(1) },
        published(1, PostKind::Article),
        published(2, PostKind::Article),
        published(3, PostKind::Question),
        Event::PostDeleted { post: PostId::from_raw(2) },
        published(4, PostKind::Project),
        Event::PostDeleted { post: PostId::from_raw(4) },
        Event::PostRestored { post: PostId::from_raw(4) },
        answered(3, false),
        answered(4, false),
        answered(5, true),
        Event::AnswerRated { answer: AnswerId::from_raw(3), by: None, helpful: true },
    ];
    site.append(&log).await;
    site.readers.catch_up().await.unwrap();
    let check = async || {
        let told = site.get(ADMINISTRATOR, "/api/v1/admin/overview").await.json();
        let community = &told["community"];
        assert_eq!((&community["members"], &community["unclaimed"]), (&1.into(), &1.into()), "{told}");
        let kinds: HashMap<&str, i64> = community["posts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|k| (k["kind"].as_str().unwrap(), k["count"].as_i64().unwrap()))
            .collect();
        assert_eq!(kinds, HashMap::from([("article", 1), ("question", 1), ("project", 1)]));
        let week = &community["week"];
        assert_eq!((&week["answered"], &week["declined"], &week["helpful"]), (&2.into(), &1.into(), &1.into()));
        assert_eq!(week["by_day"], serde_json::json!([0, 0, 0, 0, 0, 0, 3]));
        assert_eq!(told["index"]["pending"], 6);
        assert_eq!((&told["dead_jobs"], &told["parked_readers"]), (&0.into(), &0.into()));
    };
    check().await;
    assert!(site.readers.rebuild("observatory").await.unwrap());
    check().await;
    let page = site.get(ADMINISTRATOR, "/admin").await.text;
    for words in ["Articles", "50% of passages", "Declined for want of evidence", "aria-current=\"page\">Overview"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

async fn what_models_cost_is_told_by_day_purpose_and_member(db: TestDb) {
    let site = Site::new(db).await;
    let call = async |purpose, member: Option<i64>, minor: i64, ok: bool| {
        let member = member.map(AuthorId::from_raw);
        let worst_cost_micro = minor * 1_000_000;
        site.ledger.allow(&CallIntent { model: "writer-1".into(), purpose, member, worst_cost_micro }).await.unwrap();
        let usage = Usage { input: 1_000, output: 50 };
        let (model, cost_micro) = ("writer-1".into(), worst_cost_micro);
        site.ledger.record(CallRecord { model, purpose, member, usage, cost_micro, millis: 7, ok }).await;
    };
    call(Purpose::Answer, Some(MEMBER.into()), 30, true).await;
    site.db.clock().advance(Duration::from_secs(86_400));
    call(Purpose::Answer, Some(MEMBER.into()), 40, true).await;
    call(Purpose::Answer, Some(999), 2, true).await;
    call(Purpose::Verify, None, 3, false).await;

    let told = site.get(ADMINISTRATOR, "/api/v1/admin/ai?days=7").await.json();
    assert_eq!((&told["total"]["calls"], &told["total"]["cost_micro"]), (&4.into(), &75_000_000.into()), "{told}");
    assert_eq!((&told["days"][0]["calls"], &told["days"][1]["cost_micro"]), (&3.into(), &30_000_000.into()));
    assert_eq!((&told["purposes"][0]["purpose"], &told["purposes"][1]["failed"]), (&"answer".into(), &1.into()));
    assert_eq!((&told["members"][0]["handle"], &told["members"][0]["calls"]), (&"m2".into(), &2.into()));
    assert!(told["members"].as_array().unwrap().iter().any(|m| m["member"].is_null()), "{told}");
    let budget = &told["budgets"][0];
    assert_eq!((&budget["limit_micro"], &budget["spent_micro"]), (&100_000_000.into(), &45_000_000.into()), "today's");
    assert_eq!(site.get(ADMINISTRATOR, "/api/v1/admin/ai?days=1").await.json()["total"]["calls"], 3);
    assert_eq!(site.get(ADMINISTRATOR, "/api/v1/admin/ai?days=0").await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let page = site.get(ADMINISTRATOR, "/admin/ai?days=7").await.text;
    for words in ["¥0.7500", "45%", "Answering", "Checking answers", "成员2", "Former member", "Not signed in", "¥1.00"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

async fn only_administrators_see_any_of_it(db: TestDb) {
    let site = Site::new(db).await;
    let mut seen = 0;
    for route in site.table.iter().filter(|r| r.path.contains("/admin")) {
        seen += 1;
        let path = route.path.replace("{name}", "fussy").replace("{id}", "1").replace("{act}", "retry");
        for (who, status) in [(0, 401), (MEMBER, 403), (MODERATOR, 403)] {
            let answer =
                if route.method == Method::GET { site.get(who, &path).await } else { site.post(who, &path, "").await };
            let page = !path.starts_with("/api/");
            // A guest is sent from a page to where one signs in.
            let sent_on = page && who == 0 && answer.status == StatusCode::SEE_OTHER;
            assert!(sent_on || answer.status.as_u16() == status, "{} {path} as {who}: {}", route.method, answer.status);
            assert!(page || answer.kind == "application/problem+json", "{path}: {}", answer.kind);
        }
    }
    assert_eq!(seen, 20, "every route of these pages and this API");
    for path in ["/admin", "/admin/readers", "/admin/jobs", "/admin/ai"] {
        for lang in ["en", "zh-Hans", "zh-Hant"] {
            let page = site.get(ADMINISTRATOR, &format!("{path}?lang={lang}")).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            let keys = page.text.contains("observatory-");
            assert!(!keys, "{path} shows the key of a text: {}", page.text);
        }
    }
}

async fn the_overview_says_which_ai_is_on(db: TestDb) {
    let missing = Site::new(db).await;
    let page = missing.get(ADMINISTRATOR, "/admin").await.text;
    for words in ["The local model is not there yet", "xinghe model pull", "/nowhere/model", "writer-1"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(missing.get(MEMBER, "/admin").await.status, StatusCode::FORBIDDEN);
    let told = missing.get(ADMINISTRATOR, "/api/v1/admin/overview").await.json();
    assert_eq!(told["models"]["embedding"]["state"], "missing");

    let damaged = Models { embedding: Embedding::Damaged, chat: None };
    let site = Site::with(TestDb::sqlite().await, damaged, Budget::default()).await;
    let page = site.get(ADMINISTRATOR, "/admin").await.text;
    assert!(page.contains("file is damaged") && page.contains("xinghe model pull"), "{page}");

    let local = Embedding::Local { model: "e5".into(), kernel: "avx2".into(), threads: 2 };
    let on = |embedding, chat| Models { embedding, chat };
    for (models, words) in [
        (on(local, None), vec!["By words and meaning, model on this machine", "avx2", "2 thread(s)", "no chat model"]),
        (on(Embedding::Off, None), vec!["By words only: switched off"]),
        (on(Embedding::Provider { model: "vec-3".into() }, None), vec!["a provider&#39;s model", "vec-3"]),
    ] {
        let site = Site::with(TestDb::sqlite().await, models, Budget::default()).await;
        let page = site.get(ADMINISTRATOR, "/admin").await.text;
        for words in words {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("xinghe model pull"));
    }
}

#[tokio::test]
async fn every_text_exists_in_all_languages_and_is_used() {
    let db = TestDb::sqlite().await;
    let site = Site::new(db).await;
    let feature: &Observatory = &site.feature;
    let locales: &[(Lang, &str)] = feature.locales();
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = [("observatory", locales)];
    let wrong = xinghe_web::texts::check(&own, &[here.join("src"), here.join("templates")]);
    let wrong: Vec<_> = wrong.into_iter().filter(|line| !line.contains(": web-")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
