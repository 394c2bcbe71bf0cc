//! Feeds, the sitemap, structured data, what links to what, the archive and the best of a week.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

mod site;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use site::Site;
use xinghe_core::content::PostKind;
use xinghe_core::id::{AuthorId, PostId};
use xinghe_posts::model::{Actor, Draft, ListFilter, YearMonth, targets_of};
use xinghe_posts::{MIGRATIONS, commands, store};
use xinghe_store::Store;
use xinghe_testkit::{TestDb, on_both_databases};

on_both_databases!(what_links_to_a_post_is_kept_with_its_text, lists_go_by_day_and_by_stretches);

const ADA: Actor = Actor { id: AuthorId::from_raw(11), moderates: false };
const BO: Actor = Actor { id: AuthorId::from_raw(12), moderates: false };

async fn write(s: &Store, by: Actor, body: &str) -> PostId {
    let draft = Draft { title: "标题".into(), body: body.into(), ..Draft::default() };
    commands::create(s, by, PostKind::Article, None, &draft).await.unwrap().post
}

async fn citing(s: &Store, post: PostId) -> Vec<PostId> {
    let view = store::any_views(s, &[post]).await.unwrap().remove(&post).unwrap();
    let targets = targets_of(&view, "https://www.here.example/");
    let found = store::cited_by(s, (&targets, &[post]), view.root, None, 10).await.unwrap();
    found.into_iter().map(|(id, _)| id).collect()
}

async fn what_links_to_a_post_is_kept_with_its_text(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let source = "https://blog.example/a?utm_source=x";
    let draft = Draft { title: "源".into(), body: "正文".into(), source_url: source.into(), ..Draft::default() };
    let first = commands::create(s, ADA, PostKind::Article, None, &draft).await.unwrap().post;
    let by_path = write(s, BO, &format!("见 [这里](/posts/{first}-old) 和[又](/posts/{first})")).await;
    let by_address = write(s, BO, &format!("<https://here.example/posts/{first}-x#y>")).await;
    let by_source = write(s, BO, "[原文](https://www.blog.example/a/)").await;
    write(s, BO, &format!("<https://there.example/posts/{first}>，`/posts/{first}`，/posts/{first}")).await;
    let quoting = Draft { body: "看".into(), quote: Some(first), ..Draft::default() };
    let quoting = commands::create(s, BO, PostKind::Moment, None, &quoting).await.unwrap().post;
    let body = format!("/posts/{first} [x](/posts/{first})");
    let own = Draft { body, ..Draft::default() };
    commands::create(s, BO, PostKind::Comment, Some(first), &own).await.unwrap();
    assert_eq!(citing(s, first).await, [quoting, by_source, by_address, by_path], "and nothing on its own page");

    // With the text, the links change.
    let view = store::views(s, &[by_path]).await.unwrap().remove(&by_path).unwrap();
    let changed = Draft { title: "标题".into(), body: "没有了".into(), ..Draft::default() };
    commands::edit(s, BO, by_path, view.revision, &changed).await.unwrap();
    assert_eq!(citing(s, first).await, [quoting, by_source, by_address]);
    commands::delete(s, BO, by_source).await.unwrap();
    commands::delete(s, BO, quoting).await.unwrap();
    assert_eq!(citing(s, first).await, [by_address]);
    commands::restore(s, BO, by_source).await.unwrap();
    assert_eq!(citing(s, first).await, [by_source, by_address]);
}

async fn lists_go_by_day_and_by_stretches(db: TestDb) {
    db.store().migrate(MIGRATIONS).await.unwrap();
    let s = db.store();
    let (a, b, c) = (write(s, ADA, "甲").await, write(s, BO, "乙").await, write(s, ADA, "丙").await);
    let day = s.now().as_millis() / 86_400_000;
    assert_eq!(store::days(s).await.unwrap(), [(day, 3)]);
    let stretches = store::post_stretches(s, 2).await.unwrap();
    assert_eq!(stretches.iter().map(|s| s.from).collect::<Vec<_>>(), [a.raw(), c.raw()]);
    assert_eq!(stretches[0].changed, s.now());
    let from: Vec<PostId> = store::posts_from(s, b.raw(), 2).await.unwrap().into_iter().map(|p| p.0).collect();
    assert_eq!(from, [b, c]);
    commands::delete(s, ADA, a).await.unwrap();
    commands::delete(s, BO, b).await.unwrap();
    assert_eq!(store::days(s).await.unwrap(), [(day, 1)]);
    assert_eq!(store::author_stretches(s, 5).await.unwrap().len(), 1);
    let authors: Vec<AuthorId> = store::authors_from(s, 0, 5).await.unwrap().into_iter().map(|a| a.0).collect();
    assert_eq!(authors, [ADA.id]);
    let month = YearMonth::of_day(day);
    let of = |since, until| ListFilter { since: Some(since), until: Some(until), ..ListFilter::default() };
    let here = store::list(s, &of(month.since(), month.until()), None, 5).await.unwrap();
    assert_eq!(here.iter().map(|p| p.id).collect::<Vec<_>>(), [c]);
    let before = of(month.since().plus_millis(-86_400_000), month.since());
    assert!(store::list(s, &before, None, 5).await.unwrap().is_empty());
}

const EVIL: &str = "</script><script>alert(1)</script> \"'& ]]>";

/// Reads a feed back: its title, and its entries' titles and markup.
async fn feed(site: &Site, path: &str) -> (String, Vec<(String, String)>) {
    let answer = site.get(0, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    assert!(!answer.etag.is_empty(), "{path}");
    let read = feed_rs::parser::parse(answer.text.as_bytes()).unwrap_or_else(|e| panic!("{path}: {e}"));
    let entry = |e: feed_rs::model::Entry| {
        (e.title.map(|t| t.content).unwrap_or_default(), e.content.and_then(|c| c.body).unwrap_or_default())
    };
    (read.title.unwrap().content, read.entries.into_iter().map(entry).collect())
}

#[tokio::test]
async fn everything_has_a_feed_in_three_formats() {
    let site = Site::new().await;
    let body = "第一段 @m2\n\n[相对](/tags/x) ![图](/a.png)\n\n<script>alert(1)</script>";
    let id = site.write(1, &[("title", EVIL), ("body", body), ("tags", "c#"), ("provenance", "ai")]).await;
    site.write(2, &[("kind", "question"), ("title", "为什么？"), ("body", "正文")]).await;
    let series = site.form(1, "/series", &[("title", "系列")]).await;
    let series = series.location.trim_end_matches("/edit").to_owned();
    site.form(1, &format!("{series}/parts"), &[("do", "add"), ("post", &id)]).await;
    let series = site.get(0, &series).await.location;
    let pages = ["", "/articles", "/tags/c%23", "/@m1", "/best", "/questions", "/projects", &series];
    for page in &pages {
        for ending in ["atom", "rss", "json"] {
            let path = format!("{page}/feed.{ending}");
            let (title, entries) = feed(&site, &path).await;
            assert!(!title.is_empty());
            let Some((_, content)) = entries.iter().find(|(t, _)| t == EVIL.trim()) else {
                assert!(["/best", "/questions", "/projects"].contains(page) || *page == series, "{path}: {entries:?}");
                continue;
            };
            for part in ["http://localhost/tags/x", "http://localhost/a.png", "http://localhost/@m2", "Made by AI"] {
                assert!(content.contains(part), "{path}: {part} in {content}");
            }
            assert!(!content.contains("alert(1)"), "{content}");
        }
        let shown = site.get(0, if page.is_empty() { "/" } else { page }).await;
        let alternate = format!("type=\"application/atom+xml\" title=\"Atom\" href=\"{page}/feed.atom\"");
        // Members' pages are those of another feature.
        assert!(page.starts_with("/@") || shown.text.contains(&alternate), "{page}: {}", shown.text);
    }
    let gone = ["/tags/none/feed.atom", "/@nobody/feed.rss", "/series/7/feed.json", "/archive/1999/01/feed.atom"];
    for path in gone {
        assert_eq!(site.get(0, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let moved = site.get(0, "/tags/C%23/feed.rss").await;
    assert_eq!((moved.status, moved.location.as_str()), (StatusCode::MOVED_PERMANENTLY, "/tags/c%23/feed.rss"));
}

/// The structured data of a page.
fn data(page: &str) -> Vec<Value> {
    let scripts = page.split("<script type=\"application/ld+json\">").skip(1);
    scripts.map(|s| serde_json::from_str(s.split("</script>").next().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_page_tells_programs_what_it_is_whatever_its_title() {
    let site = Site::new().await;
    let q = site.write(1, &[("kind", "question"), ("title", EVIL), ("body", "正文"), ("tags", "rust")]).await;
    let answered = site.form(2, &format!("/posts/{q}/answers"), &[("body", "因为 **如此**")]).await;
    let a = answered.location.rsplit('-').next().unwrap().to_owned();
    site.form(2, &format!("/posts/{q}/answers"), &[("body", "也许")]).await;
    site.form(1, &format!("/posts/{a}/accept"), &[]).await;
    let moved = site.get(0, &format!("/posts/{q}")).await;
    let page = site.get(0, &moved.location).await.text;
    assert!(!page.contains("<script>alert"), "{page}");
    let data = data(&page);
    assert_eq!((data.len(), data[0]["@type"].as_str()), (2, Some("QAPage")));
    let question = &data[0]["mainEntity"];
    assert_eq!(question["name"], EVIL.trim());
    assert_eq!(question["acceptedAnswer"]["text"], "因为 如此");
    assert_eq!(question["suggestedAnswer"].as_array().unwrap().len(), 1);
    assert_eq!(data[1]["itemListElement"][2]["name"], EVIL.trim());
    for part in [
        "property=\"og:type\" content=\"article\"",
        "name=\"twitter:card\" content=\"summary\"",
        "property=\"og:locale\" content=\"zh_CN\"",
        "property=\"article:author\" content=\"http://localhost/@m1\"",
        "property=\"article:tag\" content=\"rust\"",
        "property=\"article:published_time\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let project = json!({"kind": "project", "title": "工具", "body": "正文"});
    let made = site.json(1, Method::POST, "/api/v1/posts", &project, "").await;
    let made: Value = serde_json::from_str(&made.text).unwrap();
    let page = site.get(0, made["url"].as_str().unwrap()).await.text;
    assert_eq!(self::data(&page)[0]["@type"], "SoftwareSourceCode");
    assert!(!site.get(1, "/write").await.text.contains("og:title"), "a page for one member has no card");
}

#[tokio::test]
async fn pictures_are_shown_from_here_or_are_links_and_the_first_is_on_the_card() {
    let site = Site::new().await;
    let (far, copy) = site::KEPT;
    let own = "/pictures/ffeeddccbbaa99887766-20x30.jpg";
    let body = format!("![远]({far}) ![别处](https://far.example/none.png) ![近]({own})");
    let post = site.write(1, &[("title", "图"), ("body", &body)]).await;
    let page = site.get(0, &site.get(0, &format!("/posts/{post}")).await.location).await.text;
    let path = format!("/pictures/{copy}");
    for part in [
        format!("<img width=\"160\" height=\"90\" src=\"{path}\""),
        "href=\"https://far.example/none.png\" rel=\"nofollow ugc noopener\">别处 (picture at far.example)</a>"
            .to_owned(),
        format!("<meta property=\"og:image\" content=\"http://localhost{path}\">"),
        "<meta property=\"og:image:height\" content=\"90\">".to_owned(),
        "name=\"twitter:card\" content=\"summary_large_image\"".to_owned(),
    ] {
        assert!(page.contains(&part), "{part} in {page}");
    }
    assert!(!page.contains(&format!("src=\"{far}")), "{page}");
    assert_eq!(data(&page)[0]["image"], format!("http://localhost{path}"));
    let feed = site.get(0, "/feed.json").await.text;
    assert!(feed.contains(&format!("http://localhost{path}")), "an absolute address in feeds: {feed}");
}

#[tokio::test]
async fn what_cites_a_post_stands_below_it_and_in_the_api() {
    let site = Site::new().await;
    let first = site.write(1, &[("title", "被引"), ("body", "正文")]).await;
    let url = site.get(0, &format!("/posts/{first}")).await.location;
    assert!(!site.get(0, &url).await.text.contains("id=\"cited-by\""));
    let body = format!("见 <http://localhost/posts/{first}>");
    let other = site.write(2, &[("title", "<b>引者</b>"), ("body", &body)]).await;
    let page = site.get(0, &url).await.text;
    let cited = page.split("id=\"cited-by\"").nth(1).unwrap();
    assert!(cited.contains("&#60;b&#62;引者") && cited.contains("成员2"), "{cited}");
    let api = format!("/api/v1/posts/{first}/cited-by");
    let all: Value = serde_json::from_str(&site.get(0, &api).await.text).unwrap();
    assert_eq!((all["items"][0]["id"].as_str(), all["next"].as_str()), (Some(other.as_str()), None));
    assert_eq!(site.get(0, &format!("{api}?cursor=x")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.form(2, &format!("/posts/{other}/delete"), &[]).await;
    assert!(!site.get(0, &url).await.text.contains("id=\"cited-by\""));
    let none: Value = serde_json::from_str(&site.get(0, &api).await.text).unwrap();
    assert_eq!(none["items"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn the_archive_and_the_best_are_honest() {
    let site = Site::new().await;
    let q = site.write(1, &[("kind", "question"), ("title", "为什么？"), ("body", "正文")]).await;
    let archive = site.get(0, "/archive").await.text;
    let month = archive.split("href=\"/archive/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let listed = site.get(0, &format!("/archive/{month}")).await;
    assert!(listed.text.contains("为什么？"), "{}", listed.text);
    let (_, entries) = feed(&site, &format!("/archive/{month}/feed.json")).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(site.get(0, "/archive/1999/01").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(0, "/archive/1999/1").await.status, StatusCode::NOT_FOUND);
    assert!(site.get(0, "/").await.text.contains("href=\"/best\""));

    let best = site.get(0, "/best").await.text;
    assert!(best.contains("Nothing of this week has a vote") && !best.contains("class=\"row"), "{best}");
    let answered = site.form(2, &format!("/posts/{q}/answers"), &[("body", "因为")]).await;
    let a = answered.location.rsplit('-').next().unwrap().to_owned();
    site.form(1, &format!("/posts/{a}/accept"), &[]).await;
    let best = site.get(0, "/best").await.text;
    assert!(best.contains("class=\"row") && !best.contains("Nothing of"), "{best}");
    assert_eq!(feed(&site, "/best/feed.atom").await.1.len(), 1);
    let before = best.split("rel=\"prev\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let before = site.get(0, &before).await;
    assert!(before.status == StatusCode::OK && before.text.contains("Nothing of that week"), "{}", before.text);
    for bad in ["/best/2026-W60", "/best/9998-W01", "/best/x"] {
        assert_eq!(site.get(0, bad).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}

#[tokio::test]
async fn the_sitemap_leads_to_every_page() {
    let site = Site::new().await;
    let id = site.write(1, &[("title", "标题 & <b>"), ("body", "正文"), ("tags", "c#")]).await;
    let index = site.get(0, "/sitemap.xml").await;
    assert_eq!(index.status, StatusCode::OK, "{}", index.text);
    let places = |xml: &str| -> Vec<String> {
        let parts = xml.split("<loc>http://localhost").skip(1);
        parts.map(|p| p.split("</loc>").next().unwrap().to_owned()).collect()
    };
    let mut found = vec![];
    for part in places(&index.text) {
        let page = site.get(0, &part).await;
        assert_eq!(page.status, StatusCode::OK, "{part}");
        found.extend(places(&page.text));
    }
    assert!(found.contains(&"/tags/c%23".to_owned()) && found.contains(&"/@m1".to_owned()), "{found:?}");
    let post = found.iter().find(|p| p.starts_with(&format!("/posts/{id}-"))).unwrap();
    assert!(post.is_ascii());
    assert_eq!(site.get(0, post).await.status, StatusCode::OK, "the address itself, no way to it");
    assert!(site.get(0, "/robots.txt").await.text.contains("Sitemap: http://localhost/sitemap.xml"));
    let llms = site.get(0, "/llms.txt").await.text;
    for part in ["http://localhost/posts/{id}.md", "/feed.json", "/api/v1/openapi.json", "/sitemap.xml"] {
        assert!(llms.contains(part), "{part} in {llms}");
    }
    for bad in ["/sitemap/none/0", "/sitemap/posts/x", "/sitemap/tags/5", "/sitemap/posts/-1"] {
        assert_eq!(site.get(0, bad).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}
