//! Computes the mean vectors that ship with the product (`src/index/means/e5-small.f32`).
//!
//! ```text
//! cargo run --release -p xinghe-search --example means -- MODEL OUT CHINESE_FOLDER ENGLISH_FOLDER
//! ```
//!
//! The folders hold Markdown or plain text that no evaluation uses: the shipped file was made from RustMagazine 2021
//! and the Rust blog. Of each language, 400 passages, 1,500 sentences and, as queries, 600 sentences that end in a
//! question mark are taken, spread evenly.
#![expect(clippy::print_stderr, reason = "a tool for the terminal")]

use std::path::{Path, PathBuf};

use xinghe_embedder::{Model, Pool, Role};

const PASSAGES: usize = 400;
const SENTENCES: usize = 1_500;
const QUESTIONS: usize = 600;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, out, chinese, english] = args.as_slice() else {
        return Err("usage: means MODEL OUT CHINESE_FOLDER ENGLISH_FOLDER".into());
    };
    let pool = Pool::new(Model::open(Path::new(model))?, 2);
    let mut bytes = Vec::new();
    for folder in [chinese, english] {
        let mut texts = Texts::default();
        let mut files = Vec::new();
        collect(Path::new(folder), &mut files)?;
        files.sort();
        for file in files {
            texts.take(&std::fs::read_to_string(file)?);
        }
        let questions: Vec<String> = texts.sentences.iter().filter(|t| t.ends_with(['?', '？'])).cloned().collect();
        eprintln!("{folder}: {} passages, {} questions", texts.passages.len(), questions.len());
        for (role, texts, count) in [
            (Role::Query, &questions, QUESTIONS),
            (Role::Passage, &texts.passages, PASSAGES),
            (Role::Passage, &texts.sentences, SENTENCES),
        ] {
            let vectors = pool.embed(role, spread(texts, count)).wait()?;
            let mut mean = vec![0.0f64; vectors.first().map_or(0, Vec::len)];
            for vector in &vectors {
                mean.iter_mut().zip(vector).for_each(|(m, x)| *m += f64::from(*x) / vectors.len() as f64);
            }
            bytes.extend(mean.iter().flat_map(|x| (*x as f32).to_le_bytes()));
        }
    }
    std::fs::write(out, bytes)?;
    Ok(())
}

#[derive(Default)]
struct Texts {
    passages: Vec<String>,
    sentences: Vec<String>,
}

impl Texts {
    fn take(&mut self, markdown: &str) {
        for cut in xinghe_text::cut(markdown) {
            let plain = cut.plain();
            if plain.chars().count() < 40 {
                continue;
            }
            self.passages.push(plain);
            let fit = |s: &&xinghe_text::CutSentence| !s.code && !s.heading && s.text.chars().count() >= 8;
            self.sentences.extend(cut.sentences.iter().filter(fit).map(|s| s.text.clone()));
        }
    }
}

fn spread(all: &[String], count: usize) -> Vec<String> {
    all.iter().step_by((all.len() / count).max(1)).take(count).cloned().collect()
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), into)?;
        }
    } else if path.extension().is_some_and(|e| e == "md" || e == "txt") {
        into.push(path.to_owned());
    }
    Ok(())
}
