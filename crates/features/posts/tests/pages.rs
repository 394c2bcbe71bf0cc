//! The pages and the API through the whole shell.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod site;

use http::{Method, StatusCode};
use site::Site;

#[tokio::test]
async fn a_question_is_asked_answered_and_accepted_with_forms_alone() {
    let site = Site::new().await;
    let q = site
        .write(1, &[("kind", "question"), ("title", "为什么？"), ("body", "# 一\n\n正文"), ("tags", "Rust，c#")])
        .await;
    let answered = site.form(2, &format!("/posts/{q}/answers"), &[("body", "因为 **如此**")]).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    let a = answered.location.rsplit('-').next().unwrap().to_owned();
    site.form(1, &format!("/posts/{a}/comments"), &[("body", "谢谢")]).await;
    assert_eq!(site.form(2, &format!("/posts/{a}/accept"), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.form(1, &format!("/posts/{a}/accept"), &[]).await.status, StatusCode::SEE_OTHER);

    let moved = site.get(0, &format!("/posts/{q}-old")).await;
    assert_eq!(moved.status, StatusCode::MOVED_PERMANENTLY);
    let page = site.get(0, &moved.location).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for part in ["Accepted answer", "<strong>如此</strong>", "谢谢", "/tags/c%23", "application/ld+json", "成员2"]
    {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    for path in ["/", "/questions?show=accepted", "/tags/rust", "/tags", "/feed.atom", "/?tab=latest"] {
        let list = site.get(0, path).await;
        assert_eq!(list.status, StatusCode::OK, "{path}: {}", list.text);
        assert!(list.text.contains(if path == "/tags" { "rust" } else { "为什么" }), "{path}");
    }
    for path in ["/articles", "/projects", "/questions?show=unanswered"] {
        assert!(!site.get(0, path).await.text.contains("为什么"), "{path}");
    }
    let source = site.get(0, &format!("/posts/{q}.md")).await;
    assert!(source.text.starts_with("---\ntitle: \"为什么？\"\n") && source.text.contains("provenance: human"));
}

#[tokio::test]
async fn a_moment_has_topics_and_mentions_and_passes_posts_on() {
    let site = Site::new().await;
    let article = site.write(1, &[("title", "异步笔记"), ("body", "正文")]).await;
    let words = "看看这个 #异步编程# @m2 @nobody，`@m3`";
    let sent = site.form(1, "/moments", &[("body", words), ("quote", &article)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let id = sent.location.rsplit('-').next().unwrap().to_owned();
    let page = site.get(0, "/moments").await;
    for part in [
        "href=\"/@m2\">@m2</a>",
        "#异步编程#</a>",
        "@nobody",
        "<code>@m3</code>",
        "异步笔记",
        &format!("id=\"post-{id}\""),
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    assert!(!page.text.contains("/@nobody") && !page.text.contains("name=\"body\""), "guests do not write");
    for path in ["/", "/tags/异步编程", &format!("/posts/{id}")] {
        let path: String = path
            .chars()
            .map(|c| {
                if c.is_ascii() {
                    c.to_string()
                } else {
                    url::form_urlencoded::byte_serialize(c.to_string().as_bytes()).collect()
                }
            })
            .collect();
        let mut seen = site.get(0, &path).await;
        if seen.status == StatusCode::MOVED_PERMANENTLY {
            seen = site.get(0, &seen.location).await;
        }
        assert!(seen.text.contains("看看这个"), "{path}: {}", seen.text);
    }
    let form = site.get(1, &format!("/moments?quote={article}")).await;
    assert!(form.text.contains(&format!("name=\"quote\" value=\"{article}\"")));
    site.form(1, &format!("/posts/{article}/delete"), &[]).await;
    assert!(site.get(0, "/moments").await.text.contains("What was passed on here is gone."));
    let late = site.form(1, "/moments", &[("body", "again"), ("quote", &article)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("again") && late.text.contains("The post to pass on is gone."));
    let long = site.form(1, "/moments", &[("body", &"长".repeat(2_001))]).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.form(0, "/moments", &[("body", "x")]).await.status, StatusCode::SEE_OTHER, "guests sign in first");
}

#[tokio::test]
async fn home_goes_by_what_one_follows_and_says_so() {
    let site = Site::new().await;
    site.write(1, &[("title", "By whom one follows"), ("body", "x")]).await;
    site.write(3, &[("title", "By a tag"), ("body", "x"), ("tags", "async")]).await;
    site.write(4, &[("title", "By nobody in particular"), ("body", "x")]).await;
    let home = site.get(2, "/").await.text;
    let place = |t: &str| home.find(t).unwrap_or_else(|| panic!("{t} in {home}"));
    assert!(place("By whom one follows") < place("By a tag") && place("By a tag") < place("By nobody"));
    for why in ["Because you follow 成员1", "Because you follow #async", "For you"] {
        assert!(home.contains(why), "{why}");
    }
    let following = site.get(2, "/?tab=following").await.text;
    assert!(following.contains("By whom one follows") && following.contains("By a tag"));
    assert!(!following.contains("By nobody in particular"));
    let guest = site.get(0, "/").await.text;
    assert!(guest.contains("By nobody in particular") && guest.contains("Worth reading"));
    assert!(!guest.contains("Because you follow") && !guest.contains("tab=following"));
    assert!(!site.get(0, "/?tab=hot").await.text.contains("By nobody"), "nobody did anything yet");
    let api: serde_json::Value = serde_json::from_str(&site.get(2, "/api/v1/home").await.text).unwrap();
    assert_eq!(api["items"][0]["why"], "author_followed");
    assert_eq!(site.get(0, "/api/v1/home?tab=x").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_post() {
    let site = Site::new().await;
    let fields = [("kind", "question"), ("title", "为什么？"), ("body", "正文")];
    let q = site.write(1, &fields).await;
    assert_eq!(site.write(1, &fields).await, q, "the same again is the same");
    assert_ne!(site.write(2, &fields).await, q, "somebody else's is another");
    assert_ne!(site.write(1, &[("kind", "question"), ("title", "为什么？"), ("body", "另一段正文")]).await, q);
    let comment = async || site.form(1, &format!("/posts/{q}/comments"), &[("body", "+1")]).await.location;
    assert_eq!(comment().await, comment().await);
    site.form(1, &format!("/posts/{q}/delete"), &[]).await;
    assert_ne!(site.write(1, &fields).await, q, "what was deleted can be said again");
}

#[tokio::test]
async fn the_same_story_is_one_news_with_several_sources() {
    let site = Site::new().await;
    let fields = [
        ("kind", "news"),
        ("title", "Rust 2.0"),
        ("body", "摘要"),
        ("source_url", "https://www.a.example/x/?utm_source=q"),
    ];
    let first = site.write(1, &fields).await;
    let again = [("kind", "news"), ("title", "Rust 2"), ("body", "s"), ("source_url", "http://a.example/x")];
    let known = site.form(2, "/write", &again).await;
    assert_eq!(known.status, StatusCode::SEE_OTHER);
    assert!(known.location.contains(&first) && known.location.ends_with("known=1"), "{}", known.location);
    assert!(site.get(2, &known.location).await.text.contains("This story is here already"));
    let add = format!("/posts/{first}/sources");
    assert_eq!(site.form(2, &add, &[("url", "https://b.example/y")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.form(2, &add, &[("url", "javascript:x")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = site.get(0, "/news").await;
    assert!(page.text.contains("a.example") && page.text.contains("Rust 2.0"), "{}", page.text);
    let post = site.get(0, &site.get(0, &format!("/posts/{first}")).await.location).await;
    assert!(post.text.contains("https://b.example/y"), "{}", post.text);
    let drop = format!("/posts/{first}/sources/delete");
    assert_eq!(site.form(9, &drop, &[("url", "https://b.example/y")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        site.form(1, &drop, &[("url", "https://a.example/x")]).await.status,
        StatusCode::BAD_REQUEST,
        "the main one"
    );
    assert_eq!(site.form(2, &drop, &[("url", "https://b.example/y")]).await.status, StatusCode::SEE_OTHER);
    let missing = site.form(1, "/write", &[("kind", "news"), ("title", "t"), ("body", "b")]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let api = serde_json::json!({"kind": "news", "title": "t", "body": "b", "source_url": "https://m.a.example/x"});
    assert_eq!(site.json(1, Method::POST, "/api/v1/posts", &api, "").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_edit_conflict_keeps_what_was_typed() {
    let site = Site::new().await;
    let id = site.write(1, &[("title", "A"), ("body", "one")]).await;
    let form = site.get(1, &format!("/posts/{id}/edit")).await;
    let revision = form.text.split("name=\"revision\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let edit = format!("/posts/{id}/edit");
    let first = site.form(1, &edit, &[("title", "B"), ("body", "two"), ("revision", &revision), ("note", "why")]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let second = site.form(1, &edit, &[("title", "C"), ("body", "three"), ("revision", &revision)]).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.text.contains("three") && second.text.contains("<del>"), "{}", second.text);
    assert!(!second.text.contains(&format!("value=\"{revision}\"")), "the next save starts from the current one");
    let history = site.get(0, &format!("/posts/{id}/history")).await;
    assert!(history.text.contains("why") && history.text.contains("Revision 2"));
    let link = history.text.split("/revisions/").nth(1).unwrap().split('"').next().unwrap();
    let revision = site.get(0, &format!("/posts/{id}/revisions/{link}")).await;
    assert!(
        revision.text.contains("<mark>two</mark>") || revision.text.contains("<ins>two</ins>"),
        "{}",
        revision.text
    );
}

#[tokio::test]
async fn deleting_offers_to_take_it_back() {
    let site = Site::new().await;
    let id = site.write(1, &[("title", "A"), ("body", "one")]).await;
    assert_eq!(site.form(2, &format!("/posts/{id}/delete"), &[]).await.status, StatusCode::FORBIDDEN);
    let gone = site.form(1, &format!("/posts/{id}/delete"), &[]).await;
    let own = site.get(1, &gone.location).await;
    assert_eq!(own.status, StatusCode::GONE);
    assert!(own.text.contains(&format!("/posts/{id}/restore")));
    assert!(!site.get(0, &gone.location).await.text.contains("/restore"));
    for other in [format!("/posts/{id}.md"), format!("/posts/{id}/history")] {
        assert_eq!(site.get(0, &other).await.status, StatusCode::GONE, "{other}");
    }
    for part in ["", "/revisions", "/comments"] {
        let answer = site.get(0, &format!("/api/v1/posts/{id}{part}")).await;
        assert_eq!(answer.status, StatusCode::GONE, "{part}");
        assert!(answer.text.contains("#problem-gone"), "{}", answer.text);
    }
    assert_eq!(site.get(0, "/api/v1/posts/999").await.status, StatusCode::NOT_FOUND);
    let restore = format!("action=\"/posts/{id}/restore\"");
    assert!(site.get(1, "/settings/deleted").await.text.contains(&restore));
    assert!(!site.get(2, "/settings/deleted").await.text.contains(&restore));
    assert!(site.get(1, "/api/v1/me/deleted").await.text.contains(&format!("\"id\":\"{id}\"")));
    assert_eq!(site.get(1, "/api/v1/me/deleted?limit=0").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.form(1, &format!("/posts/{id}/restore"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get(0, &format!("/posts/{id}-a")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn errors_stand_beside_their_fields_and_nothing_typed_is_lost() {
    let site = Site::new().await;
    let fields = [("title", ""), ("body", "kept"), ("tags", "a b/c"), ("source_url", "javascript:alert(1)")];
    let filled = [("kind", "question"), ("title", "Is it so?"), ("body", "@b is it so?"), ("then", "edit")];
    let before = site.get(1, "/api/v1/posts?kind=question").await.text;
    let looked = site.form(1, "/write", &filled).await;
    assert!(looked.status == StatusCode::OK && looked.text.contains("Is it so?"), "{}", looked.text);
    assert_eq!(site.get(1, "/api/v1/posts?kind=question").await.text, before, "nothing is posted unseen");
    let wrong = site.form(1, "/write", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["error-title", "error-tags", "error-source_url", "kept"] {
        assert!(wrong.text.contains(part), "{part}");
    }
    assert_eq!(site.get(0, "/posts/999").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(0, "/posts/x").await.status, StatusCode::NOT_FOUND);
    for lang in ["zh-Hans", "zh-Hant", "en"] {
        assert_eq!(site.get(1, &format!("/write?kind=project&lang={lang}")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_is_typed_cannot_run() {
    let site = Site::new().await;
    let evil = "<script>alert(1)</script>";
    let body = format!("{evil}\n\n[x](javascript:alert(1))\n\n<img src=x onerror=alert(1)>");
    let id = site.write(1, &[("title", &format!("</script>{evil}\u{202e}")), ("body", &body)]).await;
    let moved = site.get(0, &format!("/posts/{id}")).await;
    let page = site.get(0, &moved.location).await;
    for bad in [evil, "href=\"javascript:", "onerror=", "\u{202e}"] {
        assert!(!page.text.contains(bad), "{bad} in {}", page.text);
    }
    assert!(!site.get(0, "/").await.text.contains(evil));
    assert!(!site.get(0, "/feed.atom").await.text.contains(evil));
}

#[tokio::test]
async fn the_api_writes_reads_and_guards() {
    let site = Site::new().await;
    let body = serde_json::json!({"title": "Hello", "body": "World", "tags": ["Rust"], "provenance": "ai"});
    assert_eq!(site.json(0, Method::POST, "/api/v1/posts", &body, "").await.status, StatusCode::UNAUTHORIZED);
    let made = site.json(1, Method::POST, "/api/v1/posts", &body, "").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let post: serde_json::Value = serde_json::from_str(&made.text).unwrap();
    let path = format!("/api/v1/posts/{}", post["id"].as_str().unwrap());
    let mut shape = post.clone();
    for field in ["id", "root", "revision", "url"] {
        shape[field] = format!("[{field}]").into();
    }
    insta::assert_json_snapshot!("post", shape);

    let change = serde_json::json!({"body": "All"});
    assert_eq!(site.json(1, Method::PATCH, &path, &change, "").await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(site.json(2, Method::PATCH, &path, &change, &made.etag).await.status, StatusCode::FORBIDDEN);
    let lower = serde_json::json!({"provenance": "human"});
    let refused = site.json(1, Method::PATCH, &path, &lower, &made.etag).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the label stays");
    let changed = site.json(3, Method::PATCH, &path, &change, &made.etag).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(site.json(1, Method::PATCH, &path, &change, &made.etag).await.status, StatusCode::PRECONDITION_FAILED);
    for wrong in ["limit=99999999", "limit=0", "lang=zz", "cursor=x"] {
        let asked = site.get(0, &format!("/api/v1/posts?{wrong}")).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let lost = site.get(0, "/articles?before=nonsense").await;
    assert_eq!(lost.status, StatusCode::BAD_REQUEST);
    assert!(lost.text.contains("href=\"/articles\""), "a way back: {}", lost.text);
    let revisions = site.get(0, &format!("{path}/revisions")).await;
    assert_eq!(revisions.text.matches("\"number\"").count(), 2);

    let page = site.get(0, "/api/v1/posts?kind=article&tag=rust&limit=1").await;
    let list: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!((list["items"][0]["title"].as_str(), list["next"].as_str()), (Some("Hello"), None));
    assert_eq!(site.get(0, "/api/v1/posts?kind=poem").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let comment = site.json(2, Method::POST, &format!("{path}/comments"), &serde_json::json!({"body": "hm"}), "").await;
    assert_eq!(comment.status, StatusCode::CREATED, "{}", comment.text);
    assert!(site.get(0, &format!("{path}/comments")).await.text.contains("\"hm\""));
    assert!(site.get(0, "/api/v1/tags").await.text.contains("rust"));

    assert_eq!(site.json(2, Method::DELETE, &path, &change, "").await.status, StatusCode::FORBIDDEN);
    let moderator = site.json(4, Method::DELETE, &path, &change, "").await;
    assert_eq!(moderator.status, StatusCode::FORBIDDEN, "theirs are the measures that say why");
    assert_eq!(site.json(1, Method::DELETE, &path, &change, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(0, &path).await.status, StatusCode::GONE);
    let restore = format!("{path}/restore");
    assert_eq!(site.json(2, Method::POST, &restore, &change, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.json(1, Method::POST, &restore, &change, "").await.status, StatusCode::OK);
}
