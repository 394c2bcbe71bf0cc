//! `xinghe doctor`: looks at everything an instance needs, and changes nothing.

mod data;
mod here;

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{Doctor, Global};
use crate::output;
use crate::settings::{Settings, SettingsError};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// All is well.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    fn warn(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warn, found: found.into(), advice: Some(advice.into()) }
    }

    fn fail(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fail, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Runs all checks.
pub async fn run(command: &Doctor, global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut findings = vec![here::settings(global, settings), here::folder(settings), here::disk(settings)];
    findings.extend(data::all(settings).await);
    findings.push(here::model(settings).await);
    findings.extend(here::providers(settings, command.online).await);
    report(global, &findings)
}

/// What is told where settings cannot even be read.
///
/// # Errors
/// The report cannot be written.
pub fn without_settings(global: &Global, error: &SettingsError) -> anyhow::Result<ExitCode> {
    let advice = "correct it; all settings are listed by `xinghe settings`. Nothing else was looked at";
    report(global, &[Finding::fail("settings", error.to_string(), advice)])
}

fn report(global: &Global, findings: &[Finding]) -> anyhow::Result<ExitCode> {
    let worst = findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Ok);
    if global.json {
        output::json(&serde_json::json!({ "verdict": worst, "checks": findings }))?;
    } else {
        for finding in findings {
            let word = match finding.verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            let advice = finding.advice.as_ref().map_or_else(String::new, |a| format!(" → {a}"));
            output::line(&format!("{word}  {:9} {}{advice}", finding.check, finding.found));
        }
    }
    Ok(if worst == Verdict::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
