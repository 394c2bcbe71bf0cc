//! Reporting, deciding, being told, appealing and undoing, in the whole product.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use xinghe_testkit::{TestDb, on_both_databases};
use xinghe_web::Need;

use super::site::{Answer, Ask, Site, Who};
use super::{check_entrance, nowhere};

on_both_databases!(
    a_report_is_decided_told_appealed_and_undone,
    the_heaviest_need_a_second_moderator,
    the_suspended_read_and_mind_their_own_affairs,
    what_is_withheld_is_out_of_sight_everywhere,
);

async fn send(site: &Site, who: Who, method: Method, path: &str, body: Value) -> Answer {
    site.ask(who, Ask::new(method, path).json(&body)).await
}

async fn get(site: &Site, who: Who, path: &str) -> Answer {
    site.ask(who, Ask::new(Method::GET, path).header(header::ACCEPT_LANGUAGE, "en")).await
}

fn created(answer: &Answer, field: &str) -> String {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()[field].as_str().expect("an id").to_owned()
}

async fn article(site: &Site, who: Who, title: &str) -> String {
    let body = json!({ "kind": "article", "title": title, "body": "便宜的链接，点这里。" });
    created(&send(site, who, Method::POST, "/api/v1/posts", body).await, "id")
}

async fn report(site: &Site, who: Who, about: Value) -> String {
    let mut body = about;
    body["reason"] = "spam".into();
    created(&send(site, who, Method::POST, "/api/v1/reports", body).await, "case")
}

async fn decide(site: &Site, who: Who, case: &str, body: Value) -> String {
    let path = format!("/api/v1/moderation/cases/{case}/acts");
    let id = created(&send(site, who, Method::POST, &path, body).await, "id");
    site.read().await;
    id
}

/// The sentences of a member's notifications.
async fn told(site: &Site, who: Who) -> String {
    site.read().await;
    get(site, who, "/notifications").await.text()
}

async fn a_report_is_decided_told_appealed_and_undone(db: TestDb) {
    let site = Site::open(db).await;
    let post = article(&site, Who::Member, "Cheap links").await;
    let page = get(&site, Who::Other, &format!("/posts/{post}")).await;
    let address = page.header(header::LOCATION).to_owned();
    assert!(get(&site, Who::Other, &address).await.text().contains(&format!("/report?post={post}")));
    assert!(!get(&site, Who::Member, &address).await.text().contains("/report?"), "not one's own");
    assert!(!get(&site, Who::Stranger, &address).await.text().contains("/report?"));

    // By the plain form, as without script; twice is one report.
    let form = format!("post={post}&reason=spam&words=广告&next={address}");
    for _ in 0..2 {
        let sent = site.ask(Who::Other, Ask::new(Method::POST, "/report").form(&form)).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        assert!(sent.header(header::LOCATION).starts_with("/report?done=1"), "{}", sent.header(header::LOCATION));
    }
    let own =
        send(&site, Who::Member, Method::POST, "/api/v1/reports", json!({ "post": post, "reason": "spam" })).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text());
    let cases = get(&site, Who::Moderator, "/api/v1/moderation/cases").await.json();
    assert_eq!(cases["items"].as_array().expect("cases").len(), 1, "{cases}");
    assert_eq!(cases["items"][0]["reports"], 1);
    let case = cases["items"][0]["id"].as_str().expect("an id").to_owned();
    let queue = get(&site, Who::Moderator, "/moderation?reason=spam").await;
    assert!(queue.text().contains("Cheap links") && queue.text().contains("One report"), "{}", queue.text());
    assert!(!get(&site, Who::Moderator, "/moderation?reason=abuse").await.text().contains("Cheap links"));
    assert!(get(&site, Who::Moderator, &format!("/moderation/cases/{case}")).await.text().contains("广告"));

    let own = format!("/moderation/cases/{case}");
    let decided = Ask::new(Method::POST, &own).form("measure=hide&reason=spam&words=Please+read+the+rules&days=");
    let decided = site.ask(Who::Moderator, decided).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text());
    site.read().await;

    // The author is told and still sees it, marked; others do not.
    assert!(told(&site, Who::Member).await.contains("Moderators took a decision that concerns you"));
    assert!(told(&site, Who::Other).await.contains("Moderators decided what you reported"));
    assert!(get(&site, Who::Member, &address).await.text().contains("Hidden by moderators"));
    assert!(get(&site, Who::Moderator, &address).await.text().contains("Hidden by moderators"));
    for who in [Who::Other, Who::Stranger] {
        assert_eq!(get(&site, who, &address).await.status, StatusCode::GONE, "{who:?}");
    }
    let standing = get(&site, Who::Member, "/api/v1/me/standing").await.json();
    let act = standing["acts"][0]["id"].as_str().expect("an act").to_owned();
    assert!(standing["acts"][0]["by"].is_null(), "moderators are not named: {standing}");
    let told_page = get(&site, Who::Member, &format!("/settings/standing/{act}")).await.text();
    assert!(told_page.contains("Please read the rules") && told_page.contains("Send the appeal"), "{told_page}");
    assert_eq!(get(&site, Who::Other, &format!("/settings/standing/{act}")).await.status, StatusCode::NOT_FOUND);

    // One appeals once; who decided does not answer.
    let appeal = format!("/settings/standing/{act}");
    let words = "words=It+is+a+documentation+link";
    let sent = site.ask(Who::Member, Ask::new(Method::POST, &appeal).form(words)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let again = site.ask(Who::Member, Ask::new(Method::POST, &appeal).form(words)).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let path = format!("/api/v1/moderation/acts/{act}/appeal");
    let answer = json!({ "granted": true, "words": "You are right" });
    let same = send(&site, Who::Moderator, Method::PUT, &path, answer.clone()).await;
    assert_eq!(same.status, StatusCode::CONFLICT, "{}", same.text());
    let other = send(&site, Who::Administrator, Method::PUT, &path, answer).await;
    assert_eq!(other.status, StatusCode::NO_CONTENT, "{}", other.text());
    site.read().await;
    assert_eq!(get(&site, Who::Stranger, &address).await.status, StatusCode::OK, "it is back");
    let lines = told(&site, Who::Member).await;
    assert_eq!(lines.matches("was taken back</a>").count(), 1, "told once: {lines}");
    let log = get(&site, Who::Stranger, "/moderation/log").await.text();
    assert!(log.contains("Taken back on appeal") && log.contains("Cheap links"), "{log}");
    assert!(!log.contains("member2"), "who reported is not told: {log}");
}

async fn the_heaviest_need_a_second_moderator(db: TestDb) {
    let site = Site::open(db).await;
    let post = article(&site, Who::Member, "Cheap links").await;
    let answer = send(
        &site,
        Who::Member,
        Method::POST,
        &format!("/api/v1/posts/{post}/comments"),
        json!({ "body": "Mine, too" }),
    )
    .await;
    created(&answer, "id");
    let case = report(&site, Who::Other, json!({ "member": "member1" })).await;
    let act = decide(&site, Who::Moderator, &case, json!({ "measure": "wipe", "reason": "spam" })).await;
    let one = format!("/api/v1/posts/{post}");
    assert_eq!(get(&site, Who::Stranger, &one).await.status, StatusCode::OK, "it waits");
    assert_eq!(get(&site, Who::Member, "/api/v1/me/standing").await.json()["acts"], json!([]), "and is not told");
    let path = format!("/api/v1/moderation/acts/{act}/confirmation");
    let confirm = async |who| site.ask(who, Ask::new(Method::PUT, &path)).await.status;
    assert_eq!(confirm(Who::Moderator).await, StatusCode::CONFLICT, "not by the same");
    assert_eq!(confirm(Who::Administrator).await, StatusCode::NO_CONTENT);
    site.read().await;
    assert_ne!(get(&site, Who::Stranger, &one).await.status, StatusCode::OK, "all is gone");
    let back = site.ask(Who::Member, Ask::new(Method::POST, format!("{one}/restore"))).await;
    assert_eq!(back.status, StatusCode::FORBIDDEN, "and not the member's to bring back");
    let undone = site.ask(Who::Moderator, Ask::new(Method::DELETE, format!("/api/v1/moderation/acts/{act}"))).await;
    assert_eq!(undone.status, StatusCode::NO_CONTENT, "{}", undone.text());
    site.read().await;
    assert_eq!(get(&site, Who::Stranger, &one).await.status, StatusCode::OK, "all is back");

    // Moderators do not decide about moderators, nor about themselves.
    let case = report(&site, Who::Other, json!({ "member": "moderator1" })).await;
    let path = format!("/api/v1/moderation/cases/{case}/acts");
    let warn = json!({ "measure": "warn", "reason": "abuse" });
    let own = send(&site, Who::Moderator, Method::POST, &path, warn.clone()).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text());
    let case = report(&site, Who::Other, json!({ "member": "admin1" })).await;
    let path = format!("/api/v1/moderation/cases/{case}/acts");
    let above = send(&site, Who::Moderator, Method::POST, &path, warn).await;
    assert_eq!(above.status, StatusCode::CONFLICT, "{}", above.text());
}

async fn the_suspended_read_and_mind_their_own_affairs(db: TestDb) {
    let site = Site::open(db).await;
    let case = report(&site, Who::Other, json!({ "member": "member1" })).await;
    let body = json!({ "measure": "suspend", "reason": "abuse", "days": 3 });
    let act = decide(&site, Who::Moderator, &case, body).await;
    let mut wrong = vec![];
    for route in site.shell.table.iter().filter(|r| r.need == Need::Member && !r.method.is_safe()) {
        let ask = Ask::new(route.method.clone(), nowhere(route.path)).header(header::ACCEPT_LANGUAGE, "en");
        let answer = site.ask(Who::Member, ask).await;
        let turned = answer.status == StatusCode::FORBIDDEN && answer.text().contains("cannot write until");
        if turned == route.suspended {
            wrong.push(format!("{} {}: {}", route.method, route.path, answer.status));
        }
        if route.suspended
            && let Err(why) = check_entrance(route, &answer)
        {
            wrong.push(format!("{} {}: {why}", route.method, route.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let open: Vec<_> =
        site.shell.table.iter().filter(|r| r.suspended && r.need >= Need::Member && !r.method.is_safe()).collect();
    assert!(open.iter().all(|r| !r.path.contains("/posts")), "{open:?}");
    let home = get(&site, Who::Member, "/").await;
    assert!(home.text().contains("/settings/standing\">Suspended"), "the header says so");
    let sent = Ask::new(Method::POST, format!("/settings/standing/{act}")).form("words=Sorry");
    assert_eq!(site.ask(Who::Member, sent).await.status, StatusCode::SEE_OTHER, "and one can appeal");
    let write = json!({ "kind": "article", "title": "Back", "body": "正文。" });
    let refused = send(&site, Who::Member, Method::POST, "/api/v1/posts", write.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    site.advance(std::time::Duration::from_secs(3 * 86_400 + 60));
    let free = send(&site, Who::Member, Method::POST, "/api/v1/posts", write).await;
    assert_eq!(free.status, StatusCode::CREATED, "the time is over: {}", free.text());
}

async fn what_is_withheld_is_out_of_sight_everywhere(db: TestDb) {
    let site = Site::open(db).await;
    let question = json!({ "kind": "question", "title": "Zebracorn?", "body": "Where do zebracorns live?" });
    let question = created(&send(&site, Who::Other, Method::POST, "/api/v1/posts", question).await, "id");
    let answers = format!("/api/v1/posts/{question}/answers");
    let body = json!({ "body": "Zebracorns live in the quuxwood." });
    let answer = created(&send(&site, Who::Member, Method::POST, &answers, body).await, "id");
    site.read().await;
    let page = get(&site, Who::Stranger, &format!("/posts/{question}")).await.header(header::LOCATION).to_owned();
    let sees = async |who: Who, path: &str, word: &str| get(&site, who, path).await.text().contains(word);
    assert!(sees(Who::Stranger, "/api/v1/search?q=quuxwood", &answer).await, "it is found");
    assert!(sees(Who::Stranger, &page, "quuxwood").await);
    let case = report(&site, Who::Other, json!({ "post": answer })).await;
    let first = decide(&site, Who::Moderator, &case, json!({ "measure": "hide", "reason": "low_effort" })).await;
    assert!(!sees(Who::Stranger, "/api/v1/search?q=quuxwood", &answer).await, "not found any more");
    for who in [Who::Stranger, Who::Other] {
        assert!(!sees(who, &page, "quuxwood").await, "{who:?}");
    }
    for who in [Who::Member, Who::Moderator] {
        assert!(sees(who, &page, "quuxwood").await, "{who:?} still sees it");
        assert!(sees(who, &page, "Hidden by moderators").await);
    }
    // Deleted on top of hidden: its author does not see it, and one undone act alone does not bring it back.
    let second = decide(&site, Who::Moderator, &case, json!({ "measure": "delete", "reason": "low_effort" })).await;
    assert!(!sees(Who::Member, &page, "quuxwood").await);
    let undo = async |act: &str| {
        let done = site.ask(Who::Moderator, Ask::new(Method::DELETE, format!("/api/v1/moderation/acts/{act}"))).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
        site.read().await;
    };
    undo(&second).await;
    assert!(!sees(Who::Stranger, &page, "quuxwood").await);
    undo(&first).await;
    assert!(sees(Who::Stranger, &page, "quuxwood").await, "it is back");
    assert!(sees(Who::Stranger, "/api/v1/search?q=quuxwood", &answer).await, "and found");

    // A locked page is read, and answered by moderators only.
    let case = report(&site, Who::Member, json!({ "post": question })).await;
    let lock = decide(&site, Who::Moderator, &case, json!({ "measure": "lock", "reason": "abuse" })).await;
    let body = json!({ "body": "One more" });
    assert_eq!(send(&site, Who::Other, Method::POST, &answers, body.clone()).await.status, StatusCode::CONFLICT);
    assert_eq!(send(&site, Who::Moderator, Method::POST, &answers, body.clone()).await.status, StatusCode::CREATED);
    assert!(
        sees(Who::Stranger, &page, "it takes no new replies").await
            || sees(Who::Stranger, &page, "no new replies").await
    );
    undo(&lock).await;
    assert_eq!(send(&site, Who::Other, Method::POST, &answers, body).await.status, StatusCode::CREATED);
}
