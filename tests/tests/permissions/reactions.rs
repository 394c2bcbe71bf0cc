//! What stands below posts, in lists, and on members' and tags' pages, as different people see it, in the whole product.

use http::{Method, StatusCode, header};
use serde_json::json;
use xinghe_testkit::{TestDb, on_both_databases};

use super::site::{Answer, Ask, PASSWORD, Site, Who};

on_both_databases!(readers_react_on_the_pages_of_posts, an_erased_members_votes_go);

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()["id"].as_str().expect("an id").to_owned()
}

async fn write(site: &Site, who: Who, path: &str, body: serde_json::Value) -> String {
    id(&site.ask(who, Ask::new(Method::POST, path).json(&body)).await)
}

/// A page at its final address, after redirects.
async fn page(site: &Site, who: Who, path: &str) -> String {
    let mut path = path.to_owned();
    for _ in 0..3 {
        let answer = site.ask(who, Ask::new(Method::GET, &path).header(header::ACCEPT_LANGUAGE, "en")).await;
        match answer.header(header::LOCATION) {
            "" => {
                answer.is_page(StatusCode::OK).unwrap_or_else(|why| panic!("{path}: {why}"));
                return answer.text();
            }
            to => path = to.split('#').next().unwrap_or_default().to_owned(),
        }
    }
    panic!("{path} leads nowhere");
}

/// What stands below a post of a page.
fn below<'a>(page: &'a str, post: &str) -> &'a str {
    let from = page.find(&format!("id=\"post-{post}\"")).unwrap_or_else(|| panic!("{post} is not on {page}"));
    let tools = from + page[from..].find("class=\"reactions\"").expect("tools");
    let rest = &page[tools..];
    let end = ["</form>", "</div>"].into_iter().filter_map(|end| rest.find(end)).min().expect("an end");
    &rest[..end]
}

async fn readers_react_on_the_pages_of_posts(db: TestDb) {
    let site = Site::open(db).await;
    let question = json!({ "kind": "question", "title": "Who owns it?", "body": "正文。", "tags": ["rust"] });
    let q = write(&site, Who::Member, "/api/v1/posts", question).await;
    let a = write(&site, Who::Member, &format!("/api/v1/posts/{q}/answers"), json!({ "body": "借用。" })).await;
    let c = write(&site, Who::Other, &format!("/api/v1/posts/{a}/comments"), json!({ "body": "谢谢" })).await;
    let address = format!("/posts/{q}");
    // Guests first, so that what follows must not come from a copy.
    let guest = page(&site, Who::Stranger, &address).await;
    for post in [&q, &a, &c] {
        let tools = below(&guest, post);
        assert!(tools.contains("/sign-in?next=") && !tools.contains("<button"), "{tools}");
    }
    let react = |post: &str, what: &str| {
        Ask::new(Method::POST, format!("/posts/{post}/react")).form(&format!("do={what}&next={address}"))
    };
    for (post, what) in [(&q, "up"), (&a, "up"), (&a, "thank"), (&q, "keep"), (&q, "follow")] {
        let done = site.ask(Who::Other, react(post, what)).await;
        let to = done.header(header::LOCATION);
        assert_eq!((done.status, to), (StatusCode::SEE_OTHER, format!("{address}#post-{post}").as_str()), "{what}");
    }
    let own = site.ask(Who::Member, react(&q, "up")).await;
    own.is_page(StatusCode::CONFLICT).expect("one's own post");
    let new = site.ask(Who::Member, react(&c, "down")).await;
    assert_eq!(new.status, StatusCode::CONFLICT, "a member of today does not vote down");
    site.advance(std::time::Duration::from_secs(24 * 3_600));
    assert_eq!(site.ask(Who::Member, react(&c, "down")).await.status, StatusCode::SEE_OTHER);

    let seen = page(&site, Who::Other, &address).await;
    let tools = below(&seen, &q);
    for part in ["value=\"unvote\"", "value=\"unkeep\"", "value=\"unfollow\""] {
        assert!(tools.contains(part), "{part} in {tools}");
    }
    assert!(below(&seen, &a).contains("You said thanks"), "{}", below(&seen, &a));
    assert!(!below(&page(&site, Who::Member, &address).await, &a).contains("value=\"up\""), "one's own answer");
    let guest = page(&site, Who::Stranger, &address).await;
    assert!(below(&guest, &q).contains("<span class=\"num\">1</span>"), "{}", below(&guest, &q));
    assert!(below(&guest, &c).contains("<span class=\"num\">−1</span>"), "{}", below(&guest, &c));
    for list in ["/", "/questions", "/tags/rust", "/@member1"] {
        let rows = page(&site, Who::Stranger, list).await;
        assert!(rows.contains("class=\"votes\""), "{list}: {rows}");
    }

    let follow = |path: &str| Ask::new(Method::POST, format!("{path}/follow")).form("do=follow");
    for path in ["/@member1", "/tags/rust"] {
        assert!(page(&site, Who::Stranger, path).await.contains("0 followers"), "{path}");
        assert_eq!(site.ask(Who::Other, follow(path)).await.status, StatusCode::SEE_OTHER);
        assert!(page(&site, Who::Stranger, path).await.contains("1 follower"), "{path}");
        assert!(page(&site, Who::Other, path).await.contains("value=\"unfollow\""), "{path}");
    }
    let following = page(&site, Who::Other, "/following").await;
    for part in ["member1", "/tags/rust", "Who owns it?"] {
        assert!(following.contains(part), "{part} in {following}");
    }
    assert!(page(&site, Who::Other, "/bookmarks").await.contains("Who owns it?"));
    assert!(!page(&site, Who::Member, "/bookmarks").await.contains("Who owns it?"));

    let gone = site.ask(Who::Member, Ask::new(Method::DELETE, format!("/api/v1/posts/{q}"))).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(site.ask(Who::Other, react(&q, "unvote")).await.status, StatusCode::NOT_FOUND);
    assert!(!page(&site, Who::Other, "/bookmarks").await.contains("Who owns it?"));
    assert_eq!(
        site.ask(Who::Member, Ask::new(Method::POST, format!("/api/v1/posts/{q}/restore"))).await.status,
        StatusCode::OK
    );
    assert!(page(&site, Who::Other, "/bookmarks").await.contains("Who owns it?"));
}

async fn an_erased_members_votes_go(db: TestDb) {
    let site = Site::open(db).await;
    let post = write(&site, Who::Member, "/api/v1/posts", json!({ "title": "星河", "body": "正文。" })).await;
    for (who, what) in
        [(Who::Other, "vote"), (Who::Moderator, "vote"), (Who::Other, "thanks"), (Who::Other, "bookmark")]
    {
        let ask = Ask::new(Method::PUT, format!("/api/v1/posts/{post}/{what}")).json(&json!({ "value": 1 }));
        assert_eq!(site.ask(who, ask).await.status, StatusCode::OK, "{what}");
    }
    let leave = Ask::new(Method::DELETE, "/api/v1/me").json(&json!({ "password": PASSWORD, "posts": "anonymous" }));
    assert_eq!(site.ask(Who::Other, leave).await.status, StatusCode::NO_CONTENT);
    site.read().await;
    let figures = site.ask(Who::Stranger, Ask::new(Method::GET, format!("/api/v1/posts/{post}/reactions"))).await;
    let left = json!({ "post": post, "votes": 1, "thanks": 0, "kept": 0, "own": null });
    assert_eq!(figures.json(), left);
}
