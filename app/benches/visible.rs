//! Measures how long a post takes from being committed to being found by its words, while 200 posts a second are
//! written: `cargo bench -p xinghe --bench visible [-- --rate 200 --seconds 10]`. One JSON object on the last line.
//!
//! Four writers share the rate; every tenth post has a word that no other has, and is searched for from the moment its
//! transaction is committed, every half millisecond, through the search that the pages use. Readers run as in the
//! server. Words only: vectors follow as jobs.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench stops where it cannot go on")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use xinghe::community::{Community, open_store};
use xinghe::settings::{AiSettings, EmbedderKind, Settings};
use xinghe_core::evidence::{Filter, Query};
use xinghe_core::ports::{AuthorIntake, ImportedAuthor, Retrieve};
use xinghe_core::{AuthorId, PostId, PostKind};
use xinghe_posts::commands;
use xinghe_posts::model::{Actor, Draft};

const WRITERS: u64 = 4;
const WATCHED: u64 = 10;

const WORDS: [&str; 16] = [
    "borrow",
    "channel",
    "所有权",
    "future",
    "异步",
    "runtime",
    "trait",
    "泛型",
    "lifetime",
    "生命周期",
    "macro",
    "宏",
    "handler",
    "路由",
    "serde",
    "序列化",
];

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let after = |flag: &str, usual: u64| {
        args.iter()
            .position(|a| a == flag)
            .and_then(|i| args.get(i + 1))
            .map_or(usual, |n| n.parse().expect("a number"))
    };
    let (rate, seconds) = (after("--rate", 200), after("--seconds", 10));
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        data_dir: folder.path().to_owned(),
        ai: AiSettings { embedder: EmbedderKind::None, ..AiSettings::default() },
        ..Settings::default()
    };
    let store = open_store(&settings).await.expect("the database opens");
    let community = Arc::new(Community::over(settings, store, String::new).expect("the features fit together"));
    let author = ImportedAuthor { name: "bench".to_owned(), url: None, key: "bench".to_owned() };
    let author = community.accounts.ensure(&[author]).await.expect("an author")[0];
    let (readers, stop) = (community.readers(), community.stop.clone());
    tokio::spawn(async move { readers.run(stop).await });

    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(Arc::clone(&community), author, Arc::clone(&next), start, rate, rate * seconds));
    }
    let mut waits: Vec<f64> = writers.join_all().await.into_iter().flatten().collect();
    let reached = (rate * seconds) as f64 / start.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!(
        "{{\"posts_per_second\":{reached:.0},\"watched\":{},\"ms\":{{\"p50\":{:.1},\"p99\":{:.1},\"max\":{:.1}}}}}",
        waits.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    community.stop.cancel();
}

/// Writes posts at their times until there are `total`; answers how many milliseconds each watched one took.
async fn write(
    community: Arc<Community>,
    author: AuthorId,
    next: Arc<AtomicU64>,
    start: Instant,
    rate: u64,
    total: u64,
) -> Vec<f64> {
    let mut watched = JoinSet::new();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= total {
            break;
        }
        let due = start + Duration::from_secs_f64(n as f64 / rate as f64);
        tokio::time::sleep_until(due.into()).await;
        let word = format!("zq{n}xv");
        let text = (0..120).map(|i| WORDS[((n * 7 + i * i) % 16) as usize]).collect::<Vec<_>>().join(" ");
        let draft = Draft { title: format!("Post {n}"), body: format!("{word} {text}"), ..Draft::default() };
        let actor = Actor { id: author, moderates: false };
        let post =
            commands::create(&community.store, actor, PostKind::Article, None, &draft).await.expect("written").post;
        if n.is_multiple_of(WATCHED) {
            watched.spawn(found(Arc::clone(&community), word, post, Instant::now()));
        }
    }
    watched.join_all().await
}

async fn found(community: Arc<Community>, word: String, post: PostId, committed: Instant) -> f64 {
    let query = Query { text: word, filter: Filter::default(), limit: 1, operators: false };
    loop {
        let evidence = community.search.retrieve(&query).await.expect("the search answers");
        if evidence.hits.first().is_some_and(|hit| hit.passage.post == post) {
            return committed.elapsed().as_secs_f64() * 1e3;
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}
