//! From written posts to found passages, over a real log and a real index.

#![expect(clippy::unwrap_used, reason = "a test stops at what must not happen")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use xinghe_ai::{AiError, Embed, Role};
use xinghe_core::evidence::{Filter, Query, Scope};
use xinghe_core::ports::{Authors, PortResult, Posts, Retrieve};
use xinghe_core::*;
use xinghe_search::{Search, SearchQuery, migrations};
use xinghe_store::{Readers, Store, StoreSettings, SystemClock, SystemRandom, Workers};
use xinghe_web::Feature;

#[derive(Default)]
struct Shelf(Mutex<HashMap<PostId, PostView>>);

#[async_trait]
impl Posts for Shelf {
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        let shelf = self.0.lock().unwrap();
        Ok(ids.iter().filter_map(|id| Some((*id, shelf.get(id)?.clone()))).collect())
    }
    async fn ids_after(&self, after: Option<PostId>, limit: usize) -> PortResult<Vec<PostId>> {
        let mut ids: Vec<PostId> = self.0.lock().unwrap().keys().copied().filter(|i| Some(*i) > after).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        Ok(ids)
    }
}

struct Nobody;

#[async_trait]
impl Authors for Nobody {
    async fn cards(&self, _: &[AuthorId]) -> PortResult<HashMap<AuthorId, AuthorCard>> {
        Ok(HashMap::new())
    }
    async fn by_handle(&self, _: &str) -> PortResult<Option<AuthorCard>> {
        Ok(None)
    }
}

/// Meaning by two topics: whatever speaks of cats, and the rest.
struct Topics;

#[async_trait]
impl Embed for Topics {
    fn model(&self) -> &str {
        "topics"
    }
    fn dimensions(&self) -> usize {
        2
    }
    async fn embed(&self, _: Role, texts: Vec<String>) -> Result<Vec<Vec<f32>>, AiError> {
        let cat = |t: &String| t.contains('猫') || t.to_lowercase().contains("kitten");
        Ok(texts.iter().map(|t| if cat(t) { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect())
    }
}

struct World {
    _dir: tempfile::TempDir,
    store: Store,
    shelf: Arc<Shelf>,
    search: Search,
    readers: Readers,
}

impl World {
    async fn new(embedder: Option<Arc<dyn Embed>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = StoreSettings::sqlite(&dir.path().join("x.db"));
        let store = Store::open(&settings, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap();
        store.migrate(&migrations()).await.unwrap();
        let shelf = Arc::new(Shelf::default());
        let folder = dir.path().join("search");
        let search = Search::open(&folder, store.clone(), shelf.clone(), Arc::new(Nobody), embedder).unwrap();
        let readers = Readers::new(store.clone(), search.readers(), search.local_readers());
        Self { _dir: dir, store, shelf, search, readers }
    }

    async fn write(&self, id: i64, author: i64, title: &str, body: &str) {
        let (post, revision) = (PostId::from_raw(id), RevisionId::from_raw(id * 10));
        let author = AuthorId::from_raw(author);
        let view = PostView {
            id: post,
            revision,
            kind: PostKind::Article,
            title: title.into(),
            slug: String::new(),
            body: body.into(),
            language: xinghe_text::detect(body),
            credits: vec![Credit { author, role: CreditRole::Author }],
            tags: vec!["rust".into()],
            parent: None,
            root: post,
            provenance: Provenance::Human,
            licence: None,
            source_url: None,
            published_at: Timestamp::from_millis(id),
            updated_at: Timestamp::from_millis(id),
            accepted: false,
        };
        self.shelf.0.lock().unwrap().insert(post, view);
        self.tell(Event::PostPublished { post, revision, post_kind: PostKind::Article, parent: None, author }).await;
    }

    async fn tell(&self, event: Event) {
        let mut unit = self.store.begin().await.unwrap();
        unit.append(None, &event).await.unwrap();
        unit.commit().await.unwrap();
        self.readers.catch_up().await.unwrap();
    }

    async fn find(&self, text: &str, filter: Filter) -> Vec<i64> {
        let query = Query { text: text.into(), filter, limit: 10, operators: true };
        let evidence = self.search.retrieve(&query).await.unwrap();
        evidence.hits.iter().map(|h| h.passage.post.raw()).collect()
    }
}

#[tokio::test]
async fn what_is_written_is_found_and_what_is_deleted_is_not() {
    let world = World::new(None).await;
    world.write(1, 7, "共享状态", "在 axum 里用 `State` 提取器共享数据库连接池。它很便宜。").await;
    world.write(2, 8, "Borrowing", "The borrow checker rejects two mutable references at once.").await;
    assert_eq!(world.find("怎么共享連接池？", Filter::default()).await, [1], "both scripts are one");
    assert_eq!(world.find("mutable reference", Filter::default()).await, [2], "stems are one");
    assert_eq!(world.find("\"two mutable\"", Filter::default()).await, [2]);
    assert!(world.find("\"mutable two\"", Filter::default()).await.is_empty());
    assert!(world.find("references -checker", Filter::default()).await.is_empty());
    let of = |author| Filter { scope: Scope::Author(AuthorId::from_raw(author)), ..Filter::default() };
    assert_eq!(world.find("axum State", of(7)).await, [1]);
    assert!(world.find("axum State", of(8)).await.is_empty());
    let without = Filter { without: Some(PostId::from_raw(1)), ..Filter::default() };
    assert!(world.find("axum", without).await.is_empty());

    world.shelf.0.lock().unwrap().remove(&PostId::from_raw(1));
    world.tell(Event::PostDeleted { post: PostId::from_raw(1) }).await;
    assert!(world.find("axum State", Filter::default()).await.is_empty());
    assert_eq!(world.search.status().await.unwrap().posts, 1);
}

#[tokio::test]
async fn a_rebuilt_index_answers_the_same() {
    let world = World::new(None).await;
    for id in 1..30 {
        world
            .write(
                id,
                7,
                &format!("Note {id}"),
                &format!("Tokio task number {id} waits for a lock.\n\n## More\n\nAnd {id} more."),
            )
            .await;
    }
    let query = Query { text: "task 17 lock".into(), filter: Filter::default(), limit: 10, operators: true };
    let before = world.search.retrieve(&query).await.unwrap();
    assert_eq!(before.hits[0].passage.post.raw(), 17);
    assert!(world.readers.rebuild("search").await.unwrap());
    assert_eq!(world.search.retrieve(&query).await.unwrap(), before);

    // While the log is read anew, what was there is found; at the end, what nothing tells of is gone.
    assert!(world.readers.restart("search").await.unwrap());
    assert_eq!(world.search.retrieve(&query).await.unwrap(), before, "nobody finds less meanwhile");
    assert_eq!(world.search.status().await.unwrap().posts, 29);
    world.shelf.0.lock().unwrap().remove(&PostId::from_raw(29));
    world.readers.catch_up().await.unwrap();
    let after = world.search.retrieve(&query).await.unwrap();
    assert_eq!(after.hits[0].passage, before.hits[0].passage);
    assert_eq!(world.search.status().await.unwrap().posts, 28);
}

#[tokio::test]
async fn passages_are_the_very_words_of_the_post() {
    let world = World::new(None).await;
    let body = "# 标题\n\n第一句在这里。第二句 **很重要**。\n\n```rust\nfn main() {}\n```\n";
    world.write(1, 7, "标题", body).await;
    let query = Query { text: "第二句重要".into(), filter: Filter::default(), limit: 1, operators: false };
    let evidence = world.search.retrieve(&query).await.unwrap();
    let p = &evidence.hits[0].passage;
    let slice: String = body.chars().skip(p.start as usize).take((p.end - p.start) as usize).collect();
    assert_eq!(slice, p.text);
    assert!(evidence.hits[0].sentences.iter().any(|s| s.text == "第二句 很重要。"), "{:?}", evidence.hits[0].sentences);
}

#[tokio::test]
async fn vectors_are_computed_behind_and_find_what_words_do_not() {
    let world = World::new(Some(Arc::new(Topics))).await;
    world.write(1, 7, "宠物", "我家的猫喜欢晒太阳。").await;
    world.write(2, 7, "Dogs", "A dog likes long walks.").await;
    assert!(world.find("kitten", Filter::default()).await.is_empty());
    let status = world.search.status().await.unwrap();
    assert_eq!((status.passages, status.embedded, status.pending), (2, 0, 2));
    assert_eq!(Workers::new(world.store.clone(), world.search.jobs(), vec![]).drain().await.unwrap(), 1);
    world.readers.catch_up().await.unwrap();
    let status = world.search.status().await.unwrap();
    assert_eq!((status.embedded, status.pending), (2, 0));
    assert_eq!(world.find("kitten", Filter::default()).await[0], 1);
}

#[tokio::test]
async fn pages_do_not_overlap_and_wrong_parameters_are_named() {
    let world = World::new(None).await;
    for id in 1..8 {
        world.write(id, 7, &format!("Note {id}"), "An executor polls futures.").await;
    }
    let mut query = SearchQuery { q: "executor".into(), limit: Some(3), ..SearchQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = world.search.page(&query).await.unwrap();
        seen.extend(page.items.iter().map(|i| i.post.id.raw()));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..8).collect::<Vec<_>>());
    let wrong = SearchQuery { kind: Some("poem".into()), cursor: Some("x".into()), ..SearchQuery::default() };
    let error = world.search.page(&wrong).await.unwrap_err().to_string();
    assert!(error.contains("kind") && error.contains("cursor"), "{error}");
}

#[tokio::test]
async fn filters_facets_spelling_and_marks() {
    let world = World::new(None).await;
    for id in 1..=3 {
        world.write(id, 7, "Executors", "An executor polls futures until they are ready.").await;
    }
    world.write(4, 8, "执行器", "执行器会轮询 future，直到就绪。executor 很快。").await;
    let query = |q: &str| SearchQuery { q: q.into(), ..SearchQuery::default() };
    let page = world.search.page(&query("executor")).await.unwrap();
    let count = |of: &[xinghe_search::Count], value: &str| of.iter().find(|c| c.value == value).map(|c| c.count);
    assert_eq!((count(&page.facets.lang, "en"), count(&page.facets.lang, "zh-Hans")), (Some(3), Some(1)));
    assert_eq!(count(&page.facets.tag, "rust"), Some(4));
    assert!(page.items.iter().all(|i| i.snippet.pieces().iter().any(|(marked, text)| *marked && text == "executor")));
    assert_eq!(page.did_you_mean, None);
    let misspelt = world.search.page(&query(&"executor polls".replace("uto", "tuo"))).await.unwrap();
    assert_eq!(misspelt.did_you_mean.as_deref(), Some("executor polls"));
    let named = world.search.page(&query(&"@executor future".replace("uto", "tuo"))).await.unwrap();
    assert_eq!(named.did_you_mean, None, "a name that is near another is somebody else's");
    let old = SearchQuery { until: Some("1970-01-01".into()), ..query("executor") };
    assert!(world.search.page(&old).await.unwrap().items.is_empty());
    let since = SearchQuery { since: Some("1970-01-01".into()), ..query("executor") };
    assert_eq!(world.search.page(&since).await.unwrap().items.len(), 4);
    let wrong = SearchQuery { since: Some("yesterday".into()), ..query("executor") };
    assert!(world.search.page(&wrong).await.unwrap_err().to_string().contains("since"));
    let answered = SearchQuery { accepted: Some(true), ..query("executor") };
    assert!(world.search.page(&answered).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn statistics_are_exact_after_revisions_and_deletions() {
    let world = World::new(None).await;
    for id in 1..=4 {
        world.write(id, 7, "Note", "Zebra stripes.").await;
    }
    world.write(4, 7, "Note", "Nothing of the sort.").await;
    world.shelf.0.lock().unwrap().remove(&PostId::from_raw(3));
    world.tell(Event::PostDeleted { post: PostId::from_raw(3) }).await;
    let query = Query { text: "zebra".into(), filter: Filter::default(), limit: 10, operators: false };
    let evidence = world.search.retrieve(&query).await.unwrap();
    let zebra = evidence.terms.iter().find(|t| t.text == "zebra").unwrap();
    // Three passages are left, two of which hold it: ln(1 + (3 − 2 + .5)/(2 + .5)).
    assert!((zebra.idf - (1.0f32 + 1.5 / 2.5).ln()).abs() < 1e-6, "{}", zebra.idf);
}
