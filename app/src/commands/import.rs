//! `xinghe import`.

use std::process::ExitCode;

use xinghe_importer::{How, Source, import};

use super::PARTLY;
use crate::cli::{Global, Import};
use crate::community::Community;
use crate::output;
use crate::settings::Settings;

pub async fn run(command: Import, global: &Global, settings: Settings) -> anyhow::Result<ExitCode> {
    let source = Source::of(&command.source)?;
    let community = Community::open(settings).await?;
    let bar = output::progress(Some(0), "importing");
    let shown = bar.clone();
    let progress = move |p: xinghe_importer::Progress| {
        shown.set_length(p.total as u64);
        shown.set_position(p.done as u64);
    };
    let how = How { dry_run: command.dry_run, ..How::default() };
    let reach = community.reach(command.allow_private);
    let report = import(&source, &reach, &community.import_ports(), &how, &progress).await?;
    bar.finish_and_clear();
    if command.embed && !command.dry_run {
        community.readers().catch_up().await?;
        community.workers().drain().await?;
        community.readers().catch_up().await?;
    }
    if global.json {
        output::json(&report)?;
    } else {
        let done = if report.dry_run { "would be" } else { "are" };
        output::line(&format!(
            "{}: {} posts found; {} {done} new, {} changed, {} the same; {} skipped, {} failed, {} vanished; {:.1} s",
            report.source,
            report.found,
            report.created,
            report.revised,
            report.unchanged,
            report.skipped.len(),
            report.failed.len(),
            report.vanished.len(),
            report.seconds
        ));
        for left in &report.failed {
            output::line(&format!("  failed   {}: {}", left.path, left.reason));
        }
        for path in &report.vanished {
            output::line(&format!("  vanished {path} (its post stays)"));
        }
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTLY) })
}
