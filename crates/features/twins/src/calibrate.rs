//! Calibrating the evidence gate on the community's own posts.
//!
//! A score that is right for one community is wrong for another, so the threshold is found here, by asking posts back:
//! a sentence of a sampled post, with part of its words left out, once with the post in the index and once as if the
//! post did not exist. 95 % of the first kind score above a line. Such questions are nearer to their texts than
//! people's are; on the question sets, whose people's questions are known, the line of the latter lies lower by much
//! the same everywhere ([`gate::calibrated`]), and so it is taken to lie here.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use xinghe_core::evidence::{Filter, Query};
use xinghe_core::{PostId, PostKind, Random};
use xinghe_store::{JobError, JobHandler, JobRun};

use crate::answer::gate::{self, Gate};
use crate::ask::{Asker, LOOKED_AT, evidence_only};
use crate::store::{self, Calibration};

/// How many posts are asked back.
const SAMPLE: usize = 240;
/// Fewer than this say nothing.
const FEWEST: usize = 20;
/// The share of answerable questions that is to be answered.
pub(crate) const KEEP: f64 = 0.95;

/// The kind of the job.
pub(crate) const JOB: &str = "twins.calibrate";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Payload {
    /// Calibrate although the index has hardly grown.
    pub force: bool,
}

pub(crate) struct Calibrator {
    pub(crate) asker: Asker,
}

#[async_trait]
impl JobHandler for Calibrator {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, job: &JobRun) -> Result<(), JobError> {
        let payload: Payload = job.payload().unwrap_or_default();
        let generation = self.generation();
        let last = store::calibration(&self.asker.deps().store).await?;
        if !payload.force && last.is_some_and(|l| l.generation == generation) {
            return Ok(());
        }
        self.calibrate(Some(job)).await.map(drop)
    }
}

impl Calibrator {
    fn generation(&self) -> i64 {
        (self.asker.deps().retrieve.generation() & i64::MAX as u64) as i64
    }

    /// Finds the threshold and stores it; `None` where there are too few posts to tell. A job hears how far it is, and
    /// may be cancelled.
    ///
    /// # Errors
    /// The database is gone, or the job was cancelled.
    pub(crate) async fn calibrate(&self, job: Option<&JobRun>) -> Result<Option<Calibration>, JobError> {
        let deps = self.asker.deps();
        let generation = self.generation();
        let samples = self.sample().await?;
        let (mut with, mut without, mut meant) = (Vec::new(), Vec::new(), 0usize);
        for (done, (post, question)) in samples.iter().enumerate() {
            if let Some(job) = job {
                if job.cancelled.is_cancelled() {
                    return Err(JobError::Cancelled);
                }
                if done.is_multiple_of(20) {
                    job.progress(done as u64, Some(samples.len() as u64), None).await?;
                }
            }
            let (score, meaning) = self.score(question, None).await?;
            meant += usize::from(meaning);
            with.push(score);
            without.push(self.score(question, Some(*post)).await?.0);
        }
        if with.len() < FEWEST {
            return Ok(None);
        }
        // Figures are those of the sample at the line that keeps its own 95 %; people's questions have theirs lower.
        let line = gate::threshold(&with, KEEP);
        let share = |scores: &[f64], passes: bool| {
            scores.iter().filter(|s| (**s >= line) == passes).count() as f64 / scores.len() as f64
        };
        let made = Calibration {
            at: deps.store.now().as_millis(),
            generation,
            sampled: with.len() as i32,
            threshold: gate::calibrated(line, meant * 2 > with.len()),
            kept: share(&with, true),
            refused: share(&without, false),
        };
        store::save_calibration(&deps.store, &made).await?;
        Ok(Some(made))
    }

    /// The gate's score, and whether vectors took part.
    async fn score(&self, question: &str, without: Option<PostId>) -> Result<(f64, bool), JobError> {
        let filter = Filter { without, ..evidence_only() };
        let query = Query { text: question.to_owned(), filter, limit: LOOKED_AT, operators: false };
        let evidence = self.asker.deps().retrieve.retrieve(&query).await.map_err(|e| JobError::Retry(e.to_string()))?;
        Ok((Gate::default().score(question, &evidence), evidence.meaning))
    }

    /// Posts spread evenly over all there are, each with a question made of one of its sentences.
    async fn sample(&self) -> Result<Vec<(PostId, String)>, JobError> {
        let deps = self.asker.deps();
        let broken = |e: xinghe_core::ports::PortError| JobError::Retry(e.to_string());
        let mut all = Vec::new();
        loop {
            let page = deps.posts.ids_after(all.last().copied(), 2_000).await.map_err(broken)?;
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        let step = all.len().div_ceil(SAMPLE).max(1);
        let chosen: Vec<PostId> = all.into_iter().step_by(step).collect();
        let posts = deps.posts.posts(&chosen).await.map_err(broken)?;
        let random = deps.store.random().as_ref();
        let ask_back = |id: &PostId| {
            let post = posts
                .get(id)
                .filter(|p| !p.kind.is_reply() && !matches!(p.kind, PostKind::Moment | PostKind::Question))?;
            Some((*id, question_from(&post.body, random)?))
        };
        Ok(chosen.iter().filter_map(ask_back).collect())
    }
}

/// A question made of one sentence of a text: a stretch of six tenths of it, so that words around it are missing as
/// they are from a question. `None`: the text has no sentence of a fit length.
pub(crate) fn question_from(markdown: &str, random: &dyn Random) -> Option<String> {
    let cuts = xinghe_text::cut(markdown);
    let fit = |s: &&xinghe_text::CutSentence| {
        let length = xinghe_text::word_count(&s.text);
        !s.code && !s.heading && (8..60).contains(&length)
    };
    let sentences: Vec<&xinghe_text::CutSentence> = cuts.iter().flat_map(|c| c.sentences.iter()).filter(fit).collect();
    if sentences.is_empty() {
        return None;
    }
    let text = &sentences[(random.next_u64() % sentences.len() as u64) as usize].text;
    let parts = words_of(text);
    let keep = (parts.len() * 6).div_ceil(10);
    let from = (random.next_u64() % (parts.len() - keep + 1) as u64) as usize;
    Some(parts[from..from + keep].concat().trim().to_owned())
}

/// A text in pieces that may be left out: Latin words with the space behind them, Han characters one by one.
fn words_of(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut inside = false;
    for (at, c) in text.char_indices() {
        let joins = c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\'');
        if !(inside && (joins || c == ' ')) && at > start {
            parts.push(&text[start..at]);
            start = at;
        }
        inside = joins;
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Random for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn a_question_is_a_stretch_of_a_sentence() {
        assert_eq!(words_of("用 axum_extra 写"), ["用", " ", "axum_extra ", "写"]);
        let text = "# T\n\nA router keeps its state behind an Arc, so that handlers share it cheaply.\n";
        assert_eq!(question_from(text, &Zero).as_deref(), Some("A router keeps its state behind an Arc, so"));
        assert_eq!(question_from("短。", &Zero), None);
        assert_eq!(question_from("```\nlet code = 1;\n```", &Zero), None);
    }
}
