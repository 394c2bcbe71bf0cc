//! The whole way from a text to its vector, on a tiny model, against plain loops; and the pool.

mod common;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::Thread;

use common::{POSITIONS, cosine, tiny};
use xinghe_embedder::{Kernel, Model, Pool, PoolError, Role};

fn texts() -> Vec<String> {
    let mut texts = vec![String::new(), "a".into(), "ab 你好 b".into()];
    // Every size of the last tile, and of the last group of keys.
    texts.extend((2..16).map(|n| "ab".repeat(n)));
    texts
}

/// The text's windows, both ends with each.
fn windows(model: &Model, role: Role, text: &str) -> Vec<Vec<u32>> {
    let t = model.tokenizer();
    let tokens = t.encode(&format!("{}{text}", role.prefix()));
    let wrap = |w: &[u32]| [&[t.bos()], w, &[t.eos()]].concat();
    tokens.chunks(POSITIONS - 2).map(wrap).collect()
}

#[test]
fn every_kernel_computes_the_model() {
    let tiny = tiny(7);
    let file = tiny.write();
    for kernel in Kernel::available() {
        let model = Model::open_with(file.path(), kernel).unwrap();
        let texts = texts();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = model.encoder().embed(Role::Passage, &texts);
        for (text, found) in texts.iter().zip(found) {
            let windows = windows(&model, Role::Passage, text);
            assert_eq!(windows.len(), 1, "{text} fits a window");
            let cosine = cosine(&found, &tiny.embed(&windows[0]));
            let least = if kernel == Kernel::F32 { 1.0 - 1e-6 } else { 0.999 };
            assert!(cosine >= least, "{kernel}, {text:?}: {cosine}");
            let length: f32 = found.iter().map(|v| v * v).sum();
            assert!((length - 1.0).abs() < 1e-5, "{kernel}: length {length}");
        }
    }
}

#[test]
fn a_text_has_one_vector_whatever_stands_beside_it() {
    let file = tiny(11).write();
    for kernel in Kernel::available() {
        let mut encoder = Model::open_with(file.path(), kernel).unwrap().encoder();
        let texts = texts();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let together = encoder.embed(Role::Query, &texts);
        for (text, together) in texts.iter().zip(together) {
            let alone = &encoder.embed(Role::Query, &[text])[0];
            for (a, b) in alone.iter().zip(&together) {
                assert!((a - b).abs() < 1e-5, "{kernel}, {text:?}");
            }
        }
    }
}

#[test]
fn long_texts_average_their_windows() {
    let file = tiny(3).write();
    let model = Model::open_with(file.path(), Kernel::F32).unwrap();
    let text = "ab b ".repeat(40);
    assert!(windows(&model, Role::Passage, &text).len() > 3);
    let found = model.encoder().embed(Role::Passage, &[&text]);
    assert!(found[0].iter().all(|v| v.is_finite()));
    assert!((found[0].iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5);
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(std::thread::current())).into();
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return out;
        }
        std::thread::park();
    }
}

#[test]
fn the_pool_gives_what_an_encoder_gives_in_order() {
    let file = tiny(5).write();
    let model = Model::open(file.path()).unwrap();
    let texts: Vec<String> = (0..200).map(|i| "ab你好 ".repeat(i % 17 + 1)).collect();
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let expected = model.encoder().embed(Role::Passage, &borrowed);
    let pool = Pool::new(model, 3);
    let asked = pool.embed(Role::Passage, texts.clone());
    let waited = pool.embed(Role::Passage, texts).wait().unwrap();
    let awaited = block_on(asked).unwrap();
    for found in [waited, awaited] {
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((f - e).abs() < 1e-5);
        }
    }
    assert_eq!(pool.embed(Role::Query, Vec::new()).wait(), Ok(Vec::new()));
}

#[test]
fn a_dropped_pool_answers_what_it_can_and_fails_the_rest() {
    let file = tiny(5).write();
    let pool = Pool::new(Model::open(file.path()).unwrap(), 1);
    let asked: Vec<_> = (0..50).map(|_| pool.embed(Role::Passage, vec!["ab ".repeat(400); 20])).collect();
    drop(pool);
    let outcomes: Vec<_> = asked.into_iter().map(xinghe_embedder::Embedding::wait).collect();
    assert_eq!(outcomes.last(), Some(&Err(PoolError::Closed)));
}
