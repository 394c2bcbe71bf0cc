//! Measures search over a large index, the embedding of the query included: `cargo bench -p xinghe-search --bench search`.
//!
//! ```text
//! cargo bench -p xinghe-search --bench search -- --texts FOLDER… [--questions FILE…] [--model PATH]
//!     [--passages 10000,200000] [--keep FOLDER]
//! ```
//!
//! The folders hold Markdown (two languages are better than one). Their sentences are put together at random, with a
//! fixed seed, to as many passages as wanted: as long, and as rare in their words, as real ones. A passage's vectors
//! are those of its sentences, of which 3,000 are embedded. Queries are the questions of question sets where some are
//! named; else sentences of the texts that end in a question mark, and stretches of others. Without a model (`--model` or
//! `XINGHE_MODEL`), words alone are measured. What was built stays in the folder of `--keep`, and is used again from there.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a bench stops where it cannot go on"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use xinghe_core::event::Position;
use xinghe_core::evidence::{Filter, Query, Scope};
use xinghe_core::*;
use xinghe_embedder::{Encoder, Model, Role};
use xinghe_search::index::{E5_SMALL_NAME, Index, Packed, PassageVectors, indexed};

const EMBEDDED: usize = 3_000;
const BATCH: usize = 2_000;
const QUERIES: usize = 400;

struct Sentence {
    text: String,
    language: LangTag,
    vector: Option<Packed>,
    raw: Vec<f32>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let after = |flag: &str| args.iter().position(|a| a == flag).and_then(|i| args.get(i + 1)).cloned();
    let folders: Vec<PathBuf> = match args.iter().position(|a| a == "--texts") {
        Some(i) => args[i + 1..].iter().take_while(|a| !a.starts_with("--")).map(PathBuf::from).collect(),
        None => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content")],
    };
    let sizes: Vec<usize> = after("--passages")
        .unwrap_or_else(|| "10000,200000".to_owned())
        .split(',')
        .map(|n| n.parse().expect("--passages takes numbers"))
        .collect();
    let model = after("--model").or_else(|| std::env::var("XINGHE_MODEL").ok());
    let mut encoder = model.map(|path| Model::open(Path::new(&path)).expect("the model opens").encoder());
    let mut pool = sentences(&folders);
    assert!(pool.len() > 100, "the folders hold too little text");
    if let Some(encoder) = &mut encoder {
        embed(&mut pool, encoder);
    }
    let mut asked = Vec::new();
    for file in args.iter().skip_while(|a| *a != "--questions").skip(1).take_while(|a| !a.starts_with("--")) {
        let set = xinghe_search::eval::Set::read(Path::new(file)).expect("a question set");
        let step = (set.questions.len() / QUERIES).max(1);
        asked.extend(set.questions.into_iter().step_by(step).take(QUERIES).map(|q| q.text));
    }
    let queries = if asked.is_empty() { queries(&pool) } else { asked };
    for size in sizes {
        let kept = after("--keep").map(|folder| Path::new(&folder).join(size.to_string()));
        let report = measure(size, kept, &pool, &queries, encoder.as_mut());
        println!("{report}");
    }
}

fn sentences(folders: &[PathBuf]) -> Vec<Sentence> {
    let mut files = Vec::new();
    folders.iter().for_each(|f| collect(f, &mut files));
    files.sort();
    let mut all = Vec::new();
    for text in files.iter().filter_map(|f| std::fs::read_to_string(f).ok()) {
        let language = xinghe_text::detect(&text);
        for cut in xinghe_text::cut(&text) {
            let prose = cut.sentences.into_iter().filter(|s| !s.code && !s.heading && s.text.chars().count() > 12);
            all.extend(prose.map(|s| Sentence { text: s.text, language: language.clone(), vector: None, raw: vec![] }));
        }
    }
    all
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("the folder can be read");
        entries.flatten().for_each(|e| collect(&e.path(), into));
    } else if path.extension().is_some_and(|e| e == "md") {
        into.push(path.to_owned());
    }
}

fn embed(pool: &mut [Sentence], encoder: &mut Encoder) {
    let step = (pool.len() / EMBEDDED).max(1);
    let texts: Vec<&str> = pool.iter().step_by(step).map(|s| s.text.as_str()).collect();
    let vectors: Vec<Vec<f32>> = texts.chunks(32).flat_map(|chunk| encoder.embed(Role::Passage, chunk)).collect();
    for (i, sentence) in pool.iter_mut().enumerate() {
        let own = &vectors[(i / step).min(vectors.len() - 1)];
        sentence.vector = Some(Packed::new(own));
        sentence.raw.clone_from(own);
    }
}

fn queries(pool: &[Sentence]) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(7);
    let asked: Vec<&Sentence> = pool.iter().filter(|s| s.text.ends_with(['?', '？'])).collect();
    let mut all: Vec<String> =
        asked.choose_multiple(&mut random, QUERIES / 2).map(|s| s.text.chars().take(120).collect()).collect();
    while all.len() < QUERIES {
        let sentence = pool.choose(&mut random).expect("there is text");
        let length = sentence.text.chars().count();
        let from = random.random_range(0..=length / 2);
        all.push(sentence.text.chars().skip(from).take(40).collect());
    }
    all
}

fn post(id: i64, random: &mut StdRng, pool: &[Sentence]) -> (PostView, Vec<PassageVectors>) {
    let first = random.random_range(0..pool.len());
    let language = pool[first].language.clone();
    let same = |s: &&Sentence| s.language == language;
    let mut chosen = vec![&pool[first]];
    let wanted = random.random_range(5..9);
    while chosen.len() < wanted {
        let at = random.random_range(0..pool.len());
        chosen.extend(pool[at..].iter().take(1).filter(same));
    }
    let body: Vec<&str> = chosen.iter().map(|s| s.text.as_str()).collect();
    let id = PostId::from_raw(id);
    let view = PostView {
        id,
        revision: RevisionId::from_raw(id.raw()),
        kind: PostKind::Article,
        title: chosen[0].text.chars().take(30).collect(),
        slug: String::new(),
        body: body.join("\n"),
        language,
        credits: vec![Credit { author: AuthorId::from_raw(1 + id.raw() % 500), role: CreditRole::Author }],
        tags: vec![],
        parent: None,
        root: id,
        provenance: Provenance::Human,
        licence: None,
        source_url: None,
        published_at: Timestamp::from_millis(id.raw()),
        updated_at: Timestamp::from_millis(id.raw()),
        accepted: false,
    };
    let cuts = xinghe_text::cut(&view.body);
    let vectors = cuts.iter().filter_map(|cut| {
        let own: Vec<&Sentence> =
            cut.sentences.iter().map(|s| *chosen.iter().find(|c| c.text == s.text).unwrap_or(&chosen[0])).collect();
        let mut mean = vec![0.0f32; own.first()?.raw.len()];
        own.iter().for_each(|s| mean.iter_mut().zip(&s.raw).for_each(|(m, x)| *m += x));
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        mean.iter_mut().for_each(|x| *x /= length.max(1e-6));
        let sentences = own.iter().filter_map(|s| s.vector.clone()).collect();
        Some(PassageVectors { post: id, passage: Packed::new(&mean), sentences })
    });
    let vectors = if pool[0].vector.is_some() { vectors.collect() } else { Vec::new() };
    (view, vectors)
}

fn measure(
    size: usize,
    kept: Option<PathBuf>,
    pool: &[Sentence],
    queries: &[String],
    mut encoder: Option<&mut Encoder>,
) -> serde_json::Value {
    let temporary = tempfile::tempdir().expect("a folder for the index");
    let folder = kept.unwrap_or_else(|| temporary.path().to_owned());
    let model = encoder.as_ref().map(|_| E5_SMALL_NAME);
    let index = Index::open(&folder, model).expect("the index opens");
    let mut random = StdRng::seed_from_u64(42);
    let (begin, mut id) = (Instant::now(), 1i64);
    while index.counts().expect("counts").passages < size as u64 {
        let batch: Vec<_> = (0..BATCH)
            .filter_map(|_| {
                let (view, vectors) = post(id, &mut random, pool);
                id += 1;
                Some(indexed(&view, &[])?.with_vectors(vectors))
            })
            .collect();
        index.apply(&batch, &[], &[], Position::START).expect("the index takes it");
    }
    let built = begin.elapsed();
    let counts = index.counts().expect("counts");
    let mut run = |scope: Scope, limit: usize| -> (Vec<Duration>, Vec<Duration>) {
        let (mut whole, mut embedding) = (Vec::new(), Vec::new());
        for text in queries {
            let begin = Instant::now();
            let mut vector = || {
                let vector = encoder.as_deref_mut().and_then(|e| e.embed(Role::Query, &[text.as_str()]).pop());
                embedding.push(begin.elapsed());
                vector
            };
            let filter = Filter { scope, ..Filter::default() };
            let query = Query { text: text.clone(), filter, limit, operators: false };
            std::hint::black_box(index.retrieve(&query, &mut vector).expect("found"));
            whole.push(begin.elapsed());
        }
        (whole, embedding)
    };
    run(Scope::Everyone, 12);
    let (whole, embedding) = run(Scope::Everyone, 12);
    let (twin, _) = run(Scope::Author(AuthorId::from_raw(7)), 12);
    eprintln!("{size}: built in {built:.1?}");
    serde_json::json!({
        "passages": counts.passages, "meaning": model.is_some(), "queries": queries.len(),
        "built_s": built.as_secs_f64(),
        "search_ms": percentiles(whole), "of_which_embedding_ms": percentiles(embedding), "one_author_ms": percentiles(twin),
    })
}

fn percentiles(mut of: Vec<Duration>) -> serde_json::Value {
    of.sort_unstable();
    let at = |share: f64| of[((of.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0;
    serde_json::json!({ "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1.0) })
}
