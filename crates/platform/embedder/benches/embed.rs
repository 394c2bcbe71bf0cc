//! Measures each kernel, in rounds that take turns, by the CPU time of the thread: `cargo bench -p xinghe-embedder`.
//!
//! `-- --json` prints one JSON object; `-- --model PATH` names the model file (or `XINGHE_MODEL` does);
//! `-- --rounds N`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use xinghe_embedder::{Encoder, Kernel, Model, Role};

const PASSAGES: usize = 8;
const QUERIES: usize = 8;

/// CPU time of this thread; the other programs of the machine do not count.
#[cfg(unix)]
fn now() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec, which `time` is.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(done, 0, "the thread's clock can be read");
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("below 1e9"))
}

/// Elsewhere, the time of day: run it on an idle machine.
#[cfg(not(unix))]
fn now() -> Duration {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Passages of about `tokens` tokens, half Chinese, half English.
fn passages(model: &Model, tokens: usize) -> Vec<String> {
    let sentences = [
        ["The borrow checker refuses a second mutable reference. ", "A channel moves values between threads. "],
        ["借用检查器不允许同时存在两个可变引用。", "通道把值从一个线程移动到另一个线程。"],
    ];
    let passage = |i: usize| {
        let mut text = format!("{i}. ");
        let mut n = i;
        while model.tokenizer().count(&text) + 4 < tokens {
            text.push_str(sentences[i % 2][n % 2]);
            n += 1;
        }
        text
    };
    (0..PASSAGES).map(passage).collect()
}

fn queries() -> Vec<String> {
    (0..QUERIES).map(|i| format!("how to share state between handlers number {i}")).collect()
}

fn time(encoder: &mut Encoder, role: Role, texts: &[String], one_by_one: bool) -> f64 {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let start = now();
    if one_by_one {
        for text in &texts {
            std::hint::black_box(encoder.embed(role, &[text]));
        }
    } else {
        std::hint::black_box(encoder.embed(role, &texts));
    }
    (now() - start).as_secs_f64() / texts.len() as f64
}

/// Passages a second of wall time with this many threads, each with an encoder of its own.
fn together(model: &Model, texts: &[String], threads: usize) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| time(&mut model.encoder(), Role::Passage, texts, false));
        }
    });
    (threads * texts.len()) as f64 / start.elapsed().as_secs_f64()
}

struct Row {
    kernel: Kernel,
    passages_per_second: f64,
    query_ms: f64,
    held_mb: f64,
}

struct Report {
    passage_tokens: usize,
    query_tokens: usize,
    rows: Vec<Row>,
    one_thread: f64,
    two_threads: f64,
}

fn measure(path: &std::path::Path, rounds: usize) -> Report {
    let models: Vec<Model> =
        Kernel::available().into_iter().map(|k| Model::open_with(path, k).expect("the model opens")).collect();
    let first = models.first().expect("there is always a kernel");
    let (passages, queries) = (passages(first, 205), queries());
    let mean = |texts: &[String], role: Role| {
        let of = |t: &String| first.tokenizer().count(&format!("{}{t}", role.prefix())) + 2;
        texts.iter().map(of).sum::<usize>() / texts.len()
    };
    let mut encoders: Vec<Encoder> = models.iter().map(Model::encoder).collect();
    let mut times = vec![(Vec::new(), Vec::new()); models.len()];
    let (mut one, mut two) = (Vec::new(), Vec::new());
    // The first round warms up and is not counted.
    for round in 0..=rounds {
        for (encoder, (passage, query)) in encoders.iter_mut().zip(&mut times) {
            let p = time(encoder, Role::Passage, &passages, false);
            let q = time(encoder, Role::Query, &queries, true);
            if round > 0 {
                passage.push(p);
                query.push(q);
            }
        }
        let pair = (together(first, &passages, 1), together(first, &passages, 2));
        if round > 0 {
            one.push(pair.0);
            two.push(pair.1);
        }
    }
    let rows = models.iter().zip(times).map(|(model, (passage, query))| Row {
        kernel: model.kernel(),
        passages_per_second: 1.0 / median(passage),
        query_ms: median(query) * 1e3,
        held_mb: model.held_bytes() as f64 / 1e6,
    });
    Report {
        passage_tokens: mean(&passages, Role::Passage),
        query_tokens: mean(&queries, Role::Query),
        rows: rows.collect(),
        one_thread: median(one),
        two_threads: median(two),
    }
}

impl Report {
    fn floats(&self) -> &Row {
        self.rows.last().expect("floats are always measured, last")
    }

    fn json(&self) -> serde_json::Value {
        let floats = self.floats();
        let kernels: serde_json::Map<_, _> = self
            .rows
            .iter()
            .map(|r| {
                let row = serde_json::json!({
                    "passages_per_second": r.passages_per_second,
                    "query_ms": r.query_ms,
                    "held_mb": r.held_mb,
                    "passages_to_f32": r.passages_per_second / floats.passages_per_second,
                    "queries_to_f32": floats.query_ms / r.query_ms,
                });
                (r.kernel.name().to_owned(), row)
            })
            .collect();
        serde_json::json!({
            "passage_tokens": self.passage_tokens,
            "query_tokens": self.query_tokens,
            "kernels": kernels,
            "threads": {
                "one": self.one_thread,
                "two": self.two_threads,
                "ratio": self.two_threads / self.one_thread,
            },
        })
    }

    fn table(&self) -> String {
        let mut out = format!(
            "passages of {} tokens, queries of {}; CPU time of one thread, medians; f32 is gemm with x86-v4\n",
            self.passage_tokens, self.query_tokens
        );
        let floats = self.floats();
        for r in &self.rows {
            let _ = writeln!(
                out,
                "{:12} {:6.1} passages/s ({:.2} x f32)  {:6.2} ms a query ({:.2} x f32)  {:5.1} MB held",
                r.kernel.name(),
                r.passages_per_second,
                r.passages_per_second / floats.passages_per_second,
                r.query_ms,
                floats.query_ms / r.query_ms,
                r.held_mb
            );
        }
        let ratio = self.two_threads / self.one_thread;
        let _ =
            write!(out, "one thread {:.1}/s, two {:.1}/s ({ratio:.2} x; wall time)", self.one_thread, self.two_threads);
        out
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let after = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1));
    let path = after("--model").map(PathBuf::from).or_else(|| std::env::var_os("XINGHE_MODEL").map(PathBuf::from));
    let Some(path) = path else {
        eprintln!("name the model file with --model PATH or XINGHE_MODEL");
        return;
    };
    let rounds = after("--rounds").and_then(|n| n.parse().ok()).unwrap_or(9);
    let report = measure(&path, rounds);
    if args.iter().any(|a| a == "--json") {
        println!("{}", report.json());
    } else {
        println!("{}", report.table());
    }
}
