//! With the real model, where it is at hand: set `XINGHE_MODEL` to the path of `e5-small-q4.bin`.

use std::path::PathBuf;

use xinghe_embedder::{Kernel, Model, Role};

/// The file, or `None` with the reason printed.
#[expect(clippy::print_stdout, reason = "says why nothing was tested")]
fn model_path() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("XINGHE_MODEL").map(PathBuf::from) else {
        println!("skipped: XINGHE_MODEL does not name a model file");
        return None;
    };
    assert!(path.is_file(), "XINGHE_MODEL names {}, which is no file", path.display());
    Some(path)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn texts() -> Vec<String> {
    let long = "银河系是一个棒旋星系，直径约十万光年。The Milky Way is a barred spiral galaxy. ".repeat(25);
    let mut texts: Vec<String> = [
        "hello world",
        "如何在 axum 的处理函数之间共享状态？",
        "資料庫連線池的大小應該設多少？",
        "fn main() {\n    let x: Vec<u32> = (0..10).map(|i| i * i).collect();\n    println!(\"{x:?}\");\n}",
        "",
        "🦀🚀 e\u{301}\u{302} \u{0} \u{200b}ﬁ ① Ａ",
        "a",
    ]
    .map(str::to_owned)
    .into();
    texts.push("Rust is a general-purpose programming language emphasizing performance and safety. ".repeat(12));
    texts.push(long);
    texts
}

#[test]
fn every_kernel_agrees_with_floats() {
    let Some(path) = model_path() else { return };
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let reference = Model::open_with(&path, Kernel::F32).unwrap();
    for kernel in Kernel::available() {
        let model = Model::open_with(&path, kernel).unwrap();
        for role in [Role::Query, Role::Passage] {
            let expected = reference.encoder().embed(role, &texts);
            let found = model.encoder().embed(role, &texts);
            for ((e, f), text) in expected.iter().zip(&found).zip(&texts) {
                let cosine = cosine(e, f);
                assert!(cosine >= 0.999, "{kernel}: {cosine} for {:?}", text.chars().take(40).collect::<String>());
            }
        }
    }
}

#[test]
fn the_check_vector_comes_out() {
    let Some(path) = model_path() else { return };
    let floats = Model::open_with(&path, Kernel::F32).unwrap().encoder().embed(Role::Passage, &["hello world"]);
    for (found, expected) in floats[0].iter().zip([0.03613, 0.04751, -0.02366, -0.06270, 0.08102, -0.01160]) {
        assert!((found - expected).abs() < 1e-4, "{found} for {expected}");
    }
    for kernel in Kernel::available() {
        let found = Model::open_with(&path, kernel).unwrap().encoder().embed(Role::Passage, &["hello world"]);
        let close = cosine(&found[0], &floats[0]);
        assert!(close >= 0.999, "{kernel}: {close}");
    }
}

#[test]
fn meaning_crosses_languages() {
    let Some(path) = model_path() else { return };
    let mut encoder = Model::open(&path).unwrap().encoder();
    let query = encoder.embed(Role::Query, &["怎样在线程之间共享数据？"]);
    let passages =
        ["Use Arc and Mutex to share data between threads.", "The soup needs salt and two hours on the stove."];
    let passages = encoder.embed(Role::Passage, &passages);
    assert!(cosine(&query[0], &passages[0]) > cosine(&query[0], &passages[1]) + 0.02);
}

#[test]
fn weights_stay_small() {
    let Some(path) = model_path() else { return };
    for kernel in Kernel::available().into_iter().filter(|k| *k != Kernel::F32) {
        let held = Model::open_with(&path, kernel).unwrap().held_bytes();
        assert!(held < 15_000_000, "{kernel} holds {held} bytes");
    }
}
