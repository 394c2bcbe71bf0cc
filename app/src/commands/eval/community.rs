//! `xinghe eval community`: questions to this very community.

use std::process::ExitCode;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use xinghe_core::Lang;
use xinghe_core::ports::Posts;
use xinghe_twins::Examined;
use xinghe_twins::answer::{gate, premise};
use xinghe_twins::model::Question;

use crate::cli::{Eval, Global};
use crate::community::Community;
use crate::output;
use crate::settings::Settings;

/// A question and what a good answer to it is.
#[derive(Debug, Deserialize)]
struct Asked {
    question: String,
    /// Titles of posts one of which should be quoted first; none: nobody here knows.
    #[serde(default)]
    posts: Vec<String>,
    /// Words of which the answer should hold one.
    #[serde(default)]
    says: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    /// Questions somebody here can answer.
    answerable: u32,
    /// Of them: answered from the right post, with the right words where some are named.
    right: u32,
    /// Of them: answered from another post, or without the words.
    wrong: u32,
    /// Of them: declined.
    declined: u32,
    /// Questions nobody here can answer.
    unknown: u32,
    /// Of them: declined.
    refused: u32,
}

pub async fn run(command: &Eval, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let mut asked: Vec<Asked> = Vec::new();
    for file in &command.files {
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let more: Vec<Asked> = serde_json::from_str(&text)
            .with_context(|| format!("{} is no list of {{\"question\", \"posts\", \"says\"}}", file.display()))?;
        asked.extend(more);
    }
    let community = Community::open_existing(settings).await?;
    community.readers().catch_up().await?;
    let mut report = Report::default();
    for one in &asked {
        let language = xinghe_text::detect(&one.question).interface().unwrap_or(Lang::ZhHans);
        let question =
            Question { text: one.question.clone(), twin: None, language, asker: None, follows: None, ticket: None };
        let seen = community.twins.asker().examine(&question).await?;
        let ids: Vec<_> = seen.evidence.hits.iter().map(|h| h.passage.post).collect();
        let posts = community.posts.posts(&ids).await?;
        let title = |hit: usize| posts.get(&ids[hit]).map_or("", |p| p.title.as_str());
        let first = seen.drafted.first().and_then(|d| d.sources.first()).map(|s| title(s.hit));
        let verdict = judge(one, &seen, first, &mut report);
        if !global.json {
            show(one, &seen, verdict, title);
        }
    }
    if global.json {
        output::json(&report)?;
    } else {
        output::line(&format!(
            "answerable: {} right, {} wrong, {} declined of {}; unknown: {} declined of {}",
            report.right, report.wrong, report.declined, report.answerable, report.refused, report.unknown
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn judge(one: &Asked, seen: &Examined, first: Option<&str>, report: &mut Report) -> &'static str {
    let declined = seen.verdict.reason.is_some() || seen.drafted.is_empty();
    if one.posts.is_empty() {
        report.unknown += 1;
        report.refused += u32::from(declined);
        return if declined { "refused" } else { "ANSWERED" };
    }
    report.answerable += 1;
    let from = first.is_some_and(|title| one.posts.iter().any(|p| title.contains(p.as_str())));
    let all: String = seen.drafted.iter().map(|d| d.text.as_str()).collect();
    let says = one.says.is_empty() || one.says.iter().any(|s| all.contains(s.as_str()));
    if declined {
        report.declined += 1;
        if from && says { "DECLINED, though it would be right" } else { "DECLINED" }
    } else if from && says {
        report.right += 1;
        "right"
    } else {
        report.wrong += 1;
        "WRONG"
    }
}

fn show<'a>(one: &Asked, seen: &Examined, verdict: &str, title: impl Fn(usize) -> &'a str) {
    output::line(&format!(
        "{verdict}  {}  ({:.2} against {:.2}{})",
        one.question,
        seen.verdict.score,
        seen.threshold,
        seen.verdict.reason.map(|r| format!(", {r:?}")).unwrap_or_default()
    ));
    if let Some(top) = seen.evidence.hits.first() {
        let together = premise::said_together(&seen.evidence, top);
        output::line(&format!(
            "    {:.2?} together {together:.2}",
            gate::features(&one.question, &seen.evidence, &[], top)
        ));
    }
    for (i, hit) in seen.evidence.hits.iter().take(12).enumerate() {
        let headings = hit.passage.headings.join(" › ");
        output::line(&format!(
            "    {:.2} A {:.2} B {:.2} C {:.3} D {:.3}  {} › {headings}",
            hit.score,
            hit.words,
            hit.sentence_words,
            hit.meaning,
            hit.sentence_meaning,
            title(i)
        ));
    }
    for d in &seen.drafted {
        output::line(&format!("    “{}”", d.text.replace('\n', " ⏎ ")));
    }
}
