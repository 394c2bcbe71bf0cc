//! `xinghe import`.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use xinghe_accounts::Accounts;
use xinghe_core::picture::PictureName;
use xinghe_core::ports::{
    Appeared, AuthorIntake, ImportedAuthor, ImportedPost, IntakeOutcome, PictureIntake, PictureOutcome, PortError,
    PortResult, PostIntake,
};
use xinghe_core::{AuthorId, PostId};
use xinghe_importer::{How, Left, Ports, Preview, Progress, Report, Source, import};
use xinghe_media::Pictures;
use xinghe_media::model::Limits as PictureLimits;
use xinghe_posts::PostsPort;
use xinghe_store::SystemClock;

use super::PARTLY;
use crate::cli::{Global, Import};
use crate::community::{self, Community};
use crate::output;
use crate::settings::Settings;

pub async fn run(command: Import, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let source = Source::of(&command.source)?;
    let (licence, language) = (command.licence.clone(), command.language.clone());
    let how = How { licence, language, dry_run: command.dry_run, ..How::default() };
    let bar = output::progress(Some(0), "importing");
    let shown = bar.clone();
    let progress = move |p: Progress| {
        shown.set_length(p.total as u64);
        shown.set_position(p.done as u64);
    };
    let report = tokio::select! {
        report = brought(&command, settings, &source, &how, &progress) => report?,
        () = super::ended() => {
            bar.abandon();
            anyhow::bail!("stopped; what was taken until now stays, and the same command goes on from there");
        }
    };
    bar.finish_and_clear();
    if global.json {
        output::json(&report)?;
    } else {
        output::text(&told(&report));
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTLY) })
}

async fn brought(
    command: &Import,
    settings: Settings,
    source: &Source,
    how: &How,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> anyhow::Result<Report> {
    if command.dry_run {
        // Nothing is written, so nothing is made either: what a clone needs goes into a folder that goes again.
        let scratch = tempfile::tempdir()?;
        let reach = community::reach(scratch.path().to_owned(), command.allow_private);
        return Ok(import(source, &reach, &looking(&settings).await?, how, progress).await?);
    }
    let community = Community::open(settings).await?;
    let reach = community.reach(command.allow_private);
    let report = import(source, &reach, &community.import_ports(), how, progress).await?;
    if command.embed {
        community.readers().catch_up().await?;
        community.workers().drain().await?;
        community.readers().catch_up().await?;
    }
    Ok(report)
}

/// Ports for a dry run: the database as it is, or nothing where there is none yet.
async fn looking(settings: &Settings) -> anyhow::Result<Ports> {
    let (clock, limits) = (Arc::new(SystemClock), community::picture_limits(settings));
    let file = community::connection(settings).file()?;
    if file.is_some_and(|f| !f.exists()) {
        let none = || Arc::new(Nothing(limits));
        return Ok(Ports { authors: none(), intake: none(), posts: None, pictures: Some(none()), clock });
    }
    let store = community::look(settings).await?;
    let accounts = Arc::new(Accounts::new(store.clone()));
    let pictures = Arc::new(Pictures::new(store.clone(), Vec::new(), limits));
    let posts = Arc::new(PostsPort::new(store, accounts.clone()));
    Ok(Ports { authors: accounts, intake: posts.clone(), posts: Some(posts), pictures: Some(pictures), clock })
}

/// A community without anything in it, which takes nothing.
struct Nothing(PictureLimits);

fn refused<T>() -> PortResult<T> {
    Err(PortError::new("a dry run writes nothing"))
}

#[async_trait]
impl AuthorIntake for Nothing {
    async fn ensure(&self, _: &[ImportedAuthor]) -> PortResult<Vec<AuthorId>> {
        refused()
    }
}

#[async_trait]
impl PostIntake for Nothing {
    async fn take(&self, _: &[ImportedPost]) -> PortResult<Vec<IntakeOutcome>> {
        refused()
    }
    async fn known(&self, _: &str) -> PortResult<HashMap<String, PostId>> {
        Ok(HashMap::new())
    }
    async fn moved(&self, _: &str, _: &[(String, String)]) -> PortResult<()> {
        refused()
    }
    async fn reserve(&self, _: usize) -> PortResult<Vec<PostId>> {
        refused()
    }
    async fn appeared_at(&self, _: &[String]) -> PortResult<Vec<Appeared>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl PictureIntake for Nothing {
    async fn keep(&self, _: AuthorId, _: Vec<u8>) -> PortResult<PictureOutcome> {
        refused()
    }
    async fn kept(&self, _: &[u8]) -> PortResult<Option<PictureName>> {
        Ok(None)
    }
    async fn look(&self, file: Vec<u8>) -> PortResult<Option<String>> {
        Ok(xinghe_media::why_not(file, self.0).await)
    }
}

/// The report for a person.
fn told(report: &Report) -> String {
    let done = if report.dry_run { "would be" } else { "are" };
    let mut lines: Vec<String> = report.preview.iter().map(row).collect();
    lines.push(format!(
        "{}: {} posts found; {} {done} new, {} changed, {} the same; {} skipped, {} failed, {} twice, {} moved, {} vanished; {:.1} s",
        report.source,
        report.found,
        report.created,
        report.revised,
        report.unchanged,
        report.skipped.len(),
        report.failed.len(),
        report.duplicates.len(),
        report.moved.len(),
        report.vanished.len(),
        report.seconds
    ));
    let skipped: &[Left] = if report.dry_run { &report.skipped } else { &[] };
    let lists =
        [("skipped", skipped), ("failed", &report.failed), ("twice", &report.duplicates), ("note", &report.warnings)];
    for (word, list) in lists {
        lines.extend(list.iter().map(|l| {
            let path = if l.path.is_empty() { &report.source } else { &l.path };
            format!("  {word:8} {path}: {}", l.reason)
        }));
    }
    if report.pictures > 0 {
        let come = if report.dry_run { "would come along" } else { "came along" };
        lines.push(format!("  pictures {} {come}", report.pictures));
    }
    lines.extend(report.moved.iter().map(|m| format!("  moved    {} (was {}; the same post)", m.to, m.from)));
    lines.extend(report.vanished.iter().map(|path| format!("  vanished {path} (its post stays)")));
    lines.join("\n") + "\n"
}

/// One line of a dry run: where, what, who, when, under which licence.
fn row(p: &Preview) -> String {
    let roles =
        [("", &p.authors), ("translated by ", &p.translators), ("read by ", &p.reviewers), ("edited by ", &p.editors)];
    let people: Vec<String> = roles
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(w, names)| format!("{w}{}", names.join(", ")))
        .collect();
    let date = p.published_at.map_or_else(|| "no date".to_owned(), |at| at.rfc3339().chars().take(10).collect());
    let licence = p.licence.as_deref().unwrap_or("no licence named");
    let tags = if p.tags.is_empty() { String::new() } else { format!(" | {}", p.tags.join(", ")) };
    format!("{}: {} | {} | {date} | {} | {licence}{tags}", p.path, p.title, people.join("; "), p.language.as_str())
}
