//! `xinghe eval retrieval | answers | abstention | community | twins | moderation`.

mod community;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use xinghe_ai::{Embed, Role};
use xinghe_core::Random;
use xinghe_search::eval::{self, Bench, EvalError, Question, Set};
use xinghe_twins::LOOKED_AT;
use xinghe_twins::eval::{Abstention, AbstentionReport, Answers, AnswersReport, ask_back};

use crate::cli::{Eval, EvalWhat, Global};
use crate::community::Community;
use crate::output;
use crate::settings::Settings;
use crate::{models, models::EmbedderState};

#[derive(Serialize)]
struct OfFile<R> {
    file: String,
    meaning: bool,
    #[serde(flatten)]
    report: R,
}

#[derive(Serialize)]
struct Files<R> {
    files: Vec<OfFile<R>>,
}

pub async fn run(command: Eval, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    match command.what {
        EvalWhat::Community => return community::run(&command, global, settings).await,
        EvalWhat::Twins => return twins(&command, global, settings).await,
        EvalWhat::Moderation => return moderation(global),
        EvalWhat::Retrieval | EvalWhat::Answers | EvalWhat::Abstention => {}
    }
    let sets = command.files.iter().map(|f| Set::read(f)).collect::<Result<Vec<_>, _>>()?;
    let embedder = if command.words {
        None
    } else {
        let (embedder, state) = models::embedder(&settings)?;
        if !matches!(state, EmbedderState::On(_)) {
            output::note(&format!("measuring words only: {state}"));
        }
        embedder
    };
    let json = global.json;
    // The index works on threads of its own, not on those of the runtime.
    tokio::task::spawn_blocking(move || measure(&command, &sets, embedder.as_ref(), json)).await??;
    Ok(ExitCode::SUCCESS)
}

/// The local eye on the examples that ship; no community is needed.
fn moderation(global: &Global) -> anyhow::Result<ExitCode> {
    let report = xinghe_moderation::measure();
    if global.json {
        output::json(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!(
        "{} examples, {} of them fine, {} parts: Brier {:.4}",
        report.examples, report.fine, report.folds, report.brier
    ));
    for q in &report.classes {
        let precision = q.precision.map_or_else(|| "–".to_owned(), |p| format!("{p:.4}"));
        output::line(&format!(
            "{} from {:.2}: precision {precision}  recall {:.4}  false alarms {}",
            q.class, q.threshold, q.recall, q.false_alarms
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn twins(command: &Eval, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let community = Community::open_existing(settings).await?;
    community.readers().catch_up().await?;
    let bar = output::progress(Some(0), "asking twins");
    let shown = bar.clone();
    let mut done = move |n: usize, of: usize| {
        shown.set_length(of as u64);
        shown.set_position(n as u64);
    };
    // The same questions each time.
    let random = SeededRandom::default();
    let report = community.twins.asker().measure_twins(command.sample, &random, &mut done).await?;
    bar.finish_and_clear();
    if global.json {
        output::json(&report)?;
    } else {
        let r = report;
        output::line(&format!(
            "{} twins, {} questions: right author R@1 {:.4}  R@3 {:.4}  own answered {:.4} (citing the post {:.4})  \
             others' refused {:.4}  AUROC {:.4}  grounded {:.4} of {} sentences  answers citing others {}  \
             memory: {} proposals from {} posts, {} said twice, {} unsupported, {} trivial, junk {:.4}",
            r.twins,
            r.questions,
            r.right_author_1,
            r.right_author_3,
            r.own_answered,
            r.own_cites_post,
            r.others_refused,
            r.auroc,
            r.grounded,
            r.sentences,
            r.cited_others,
            r.memory.proposals,
            r.memory.posts,
            r.memory.duplicates,
            r.memory.unsupported,
            r.memory.trivial,
            r.memory.junk
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(command: &Eval, sets: &[Set], embedder: Option<&Arc<dyn Embed>>, json: bool) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let mut vectors = Vectors { runtime: tokio::runtime::Handle::current(), embedder, known: HashMap::new() };
    let model = embedder.map(|e| e.model());
    match command.what {
        EvalWhat::Retrieval => {
            let mut embed = |role: eval::Role, texts: &[&str]| vectors.embed(role, texts);
            let embed: Option<&mut eval::EmbedFn<'_>> = if model.is_some() { Some(&mut embed) } else { None };
            let report = eval::retrieval(scratch.path(), sets, model, embed)?;
            if json {
                return output::json(&report);
            }
            for f in &report.files {
                output::line(&format!(
                    "{}: R@1 {:.4}  R@10 {:.4}  MRR {:.4}  ({} questions, {} passages)",
                    f.file, f.r1, f.r10, f.mrr, f.questions, f.passages
                ));
            }
            for c in &report.cross_language {
                output::line(&format!(
                    "{} → {}: R@1 {:.4}  R@10 {:.4}  R@10 in both {:.4}",
                    c.from, c.to, c.r1, c.r10, c.mixed_r10
                ));
            }
        }
        EvalWhat::Community | EvalWhat::Twins | EvalWhat::Moderation => {}
        EvalWhat::Answers => {
            let files = each_set(scratch.path(), sets, model, &mut vectors, |bench, set, embed| {
                let mut answers = Answers::default();
                bench.each(0, &set.questions, LOOKED_AT, false, embed, |question, evidence, _| {
                    answers.count(&question.text, evidence, &question.answers);
                })?;
                Ok(answers.report())
            })?;
            let line = |f: &OfFile<AnswersReport>| {
                let r = f.report;
                format!(
                    "{}: best sentence {:.4}  best three {:.4}  ({} questions)",
                    f.file, r.best_1, r.best_3, r.questions
                )
            };
            print(json, files, line)?;
        }
        EvalWhat::Abstention => {
            let files = each_set(scratch.path(), sets, model, &mut vectors, |bench, set, embed| {
                let mut abstention = Abstention::default();
                let mut embed = embed;
                bench.each(0, &set.questions, LOOKED_AT, true, embed.as_deref_mut(), |question, with, without| {
                    abstention.count(&question.text, with, without.unwrap_or(with));
                })?;
                bench.each(0, &asked_back(set), LOOKED_AT, false, embed, |question, with, _| {
                    abstention.count_asked_back(&question.text, with);
                })?;
                Ok(abstention.report(model.is_some()))
            })?;
            let line = |f: &OfFile<AbstentionReport>| {
                let r = f.report;
                format!(
                    "{}: AUROC {:.4}  refused with 95 % answered {:.4} (at {:.2})  uncalibrated: answered {:.3}, \
                     refused {:.3}  calibrated (at {:.2}): answered {:.3}, refused {:.3}",
                    f.file,
                    r.auroc,
                    r.refused_at_95,
                    r.threshold,
                    r.answered_uncalibrated,
                    r.refused_uncalibrated,
                    r.threshold_calibrated,
                    r.answered_calibrated,
                    r.refused_calibrated
                )
            };
            print(json, files, line)?;
        }
    }
    Ok(())
}

/// Questions made of a set's paragraphs as calibration makes them of posts: up to 240, evenly spread.
fn asked_back(set: &Set) -> Vec<Question> {
    let random = SeededRandom::default();
    let step = set.paragraphs.len().div_ceil(240).max(1);
    let ask = |(paragraph, (_, text)): (usize, &(String, String))| {
        let text = ask_back(text, &random)?;
        Some(Question { id: String::new(), text, answers: Vec::new(), paragraph })
    };
    set.paragraphs.iter().enumerate().step_by(step).filter_map(ask).collect()
}

/// The same numbers in every run.
#[derive(Default)]
struct SeededRandom(AtomicU64);

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z >> 56) as u8;
        }
    }
}

/// Measures each set in an index of its own.
fn each_set<R>(
    scratch: &std::path::Path,
    sets: &[Set],
    model: Option<&str>,
    vectors: &mut Vectors<'_>,
    mut measure: impl FnMut(&Bench, &Set, Option<&mut eval::EmbedFn<'_>>) -> Result<R, EvalError>,
) -> Result<Vec<OfFile<R>>, EvalError> {
    let mut files = Vec::new();
    for (i, set) in sets.iter().enumerate() {
        let mut embed = |role: eval::Role, texts: &[&str]| vectors.embed(role, texts);
        let mut embed: Option<&mut eval::EmbedFn<'_>> = if model.is_some() { Some(&mut embed) } else { None };
        let bench = Bench::build(&scratch.join(format!("set{i}")), &[set], model, embed.as_deref_mut())?;
        let report = measure(&bench, set, embed)?;
        files.push(OfFile { file: set.name.clone(), meaning: model.is_some(), report });
    }
    Ok(files)
}

fn print<R: Serialize>(json: bool, files: Vec<OfFile<R>>, line: impl Fn(&OfFile<R>) -> String) -> anyhow::Result<()> {
    if json {
        return output::json(&Files { files });
    }
    files.iter().for_each(|f| output::line(&line(f)));
    Ok(())
}

/// Vectors, each text embedded once: a paragraph stands in several indexes.
struct Vectors<'e> {
    runtime: tokio::runtime::Handle,
    embedder: Option<&'e Arc<dyn Embed>>,
    known: HashMap<(bool, String), Vec<f32>>,
}

impl Vectors<'_> {
    fn embed(&mut self, role: eval::Role, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
        let Some(embedder) = self.embedder else { return Err("there is no embedder".to_owned()) };
        let query = role == eval::Role::Query;
        let key = |text: &str| (query, text.to_owned());
        let mut fresh: Vec<String> =
            texts.iter().filter(|t| !self.known.contains_key(&key(t))).map(|t| (*t).to_owned()).collect();
        fresh.dedup();
        if !fresh.is_empty() {
            let role = if query { Role::Query } else { Role::Passage };
            let made = self.runtime.block_on(embedder.embed(role, fresh.clone())).map_err(|e| e.to_string())?;
            self.known.extend(fresh.iter().map(|t| key(t)).zip(made));
        }
        texts.iter().map(|t| self.known.get(&key(t)).cloned().ok_or_else(|| "a vector is missing".to_owned())).collect()
    }
}
