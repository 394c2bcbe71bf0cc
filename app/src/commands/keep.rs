//! `xinghe backup` and `xinghe restore`.
//!
//! What belongs to a community is its database and its settings. The search index is derived and built anew; the
//! model is fetched again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use xinghe_core::Clock;
use xinghe_store::{BackupError, StoreSettings, SystemClock};

use crate::archive::{self, Contents, DATABASE, Form, parent_of};
use crate::cli::{Backup, Global, Restore};
use crate::community;
use crate::output;
use crate::settings::Settings;

/// The files in the data folder, besides the database, that cannot be had from elsewhere.
const BELONGS: [&str; 1] = [SETTINGS];
const SETTINGS: &str = "xinghe.toml";
/// What may be in a data folder that counts as empty.
const PREPARED: [&str; 3] = [SETTINGS, "models", "lost+found"];

/// The database's file.
fn database(settings: &Settings) -> anyhow::Result<PathBuf> {
    let store = StoreSettings::url(settings.database_url());
    Ok(store.file()?.ok_or(BackupError::Postgres)?)
}

pub async fn backup(command: Backup, global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    let source = database(settings)?;
    let target = std::path::absolute(&command.target)?;
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    ensure!(
        !same(&target, &source) && !same(&target, &settings.data_dir),
        "{} is what would be backed up; name another place",
        target.display()
    );
    let (form, parent) = (Form::of_name(&target), parent_of(&target));
    ensure!(parent.is_dir(), "there is no folder {}", parent.display());
    if target.exists() && !(form == Form::Folder && is_empty(&target)?) {
        if !command.force {
            return Err(BackupError::Exists(target).into());
        }
        // Nothing but a backup is replaced, and it stays until the new one is complete.
        ensure!(Form::of_backup(&target)? == form, "{} is a backup of another form", target.display());
        let aside = archive::stage(".xinghe-backup-", parent)?;
        let earlier = aside.path().join("earlier");
        std::fs::rename(&target, &earlier)?;
        let again = Backup { target: target.clone(), force: false };
        let made = Box::pin(backup(again, global, settings)).await;
        if made.is_err() {
            std::fs::rename(&earlier, &target)?;
        }
        return made;
    }
    let store = community::look(settings).await.map_err(|error| {
        let none = community::is_absent(&error);
        anyhow::Error::from(error).context(if none { "there is nothing to back up" } else { "nothing was backed up" })
    })?;
    let bar = output::progress(None, "copying the database");
    bar.enable_steady_tick(Duration::from_millis(200));
    let place = || format!("the backup cannot be written to {}", parent.display());
    if form == Form::Database {
        let copied = xinghe_store::backup(&store, &target).await.with_context(place)?;
        bar.finish_and_clear();
        return told(global, &target, form, copied.bytes, copied.events, &[DATABASE.to_owned()]);
    }
    let stage = archive::stage(".xinghe-backup-", parent).with_context(place)?;
    let copied = xinghe_store::backup(&store, &stage.path().join(DATABASE)).await.with_context(place)?;
    bar.finish_and_clear();
    let mut files = vec![DATABASE.to_owned()];
    for name in BELONGS {
        let path = settings.data_dir.join(name);
        if path.is_file() {
            let copied = archive::create(&stage.path().join(name));
            copied
                .and_then(|mut to| std::io::copy(&mut std::fs::File::open(&path)?, &mut to))
                .with_context(|| path.display().to_string())?;
            files.push(name.to_owned());
        }
    }
    let contents = Contents::describe(stage.path(), &files, copied.events, SystemClock.now())?;
    let bar = output::progress(Some(contents.bytes()), "writing the backup");
    archive::write(stage, &contents, &target, form, &|done| bar.set_position(done)).with_context(place)?;
    bar.finish_and_clear();
    let bytes = if form == Form::Archive { std::fs::metadata(&target)?.len() } else { contents.bytes() };
    told(global, &target, form, bytes, copied.events, &files)
}

fn told(
    global: &Global,
    target: &Path,
    form: Form,
    bytes: u64,
    events: i64,
    files: &[String],
) -> anyhow::Result<ExitCode> {
    if global.json {
        output::json(&json!({ "path": target, "form": form, "bytes": bytes, "events": events, "files": files }))?;
    } else {
        output::line(&format!(
            "{} holds {} ({events} events, {:.1} MiB). The search index is left out: it is built anew.",
            target.display(),
            files.join(" and "),
            bytes as f64 / 1_048_576.0
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn restore(command: Restore, global: &Global, settings: &Settings) -> anyhow::Result<ExitCode> {
    let target = database(settings)?;
    let source = std::path::absolute(&command.source)?;
    let form = Form::of_backup(&source)?;
    let data_dir = &settings.data_dir;
    if !command.force {
        refuse_full(data_dir, &target)?;
    }
    let made = !data_dir.exists();
    let restored = bring_back(&source, form, &target, settings, command.force).await;
    if made && restored.is_err() {
        // Only if nothing is in it.
        let _ = std::fs::remove_dir(data_dir);
    }
    let restored = restored?;
    // What an index derived from another log is worth nothing; readers would notice, too, but this costs them less.
    let index = data_dir.join("search");
    if index.exists() {
        std::fs::remove_dir_all(&index).with_context(|| format!("remove {} before the next start", index.display()))?;
    }
    if global.json {
        output::json(&json!({
            "database": target, "events": restored.events, "taken_at": restored.taken_at, "beside": restored.beside,
        }))?;
    } else {
        output::line(&format!("{} is back, with {} events.", target.display(), restored.events));
        for path in &restored.beside {
            output::line(&format!("{} lies beside what is used now.", path.display()));
        }
        output::line("The search index is built by the next `xinghe serve`.");
    }
    Ok(ExitCode::SUCCESS)
}

struct Restored {
    events: i64,
    taken_at: Option<xinghe_core::Timestamp>,
    /// What was replaced, or not taken over.
    beside: Vec<PathBuf>,
}

/// Everything is unpacked and checked before anything is moved, and the database is moved last.
async fn bring_back(
    source: &Path,
    form: Form,
    target: &Path,
    settings: &Settings,
    force: bool,
) -> anyhow::Result<Restored> {
    let data_dir = &settings.data_dir;
    community::make_folder(data_dir).with_context(|| community::unwritable(data_dir))?;
    community::make_folder(parent_of(target)).with_context(|| community::unwritable(parent_of(target)))?;
    let known = community::migrations();
    let refused = || format!("{} cannot be restored", source.display());
    let replaced = target.exists().then(|| archive::old(target));
    if form == Form::Database {
        let copied = xinghe_store::restore(source, target, &known, force).await.with_context(refused)?;
        return Ok(Restored { events: copied.events, taken_at: None, beside: replaced.into_iter().collect() });
    }
    let stage = archive::stage(".xinghe-restore-", data_dir).with_context(|| community::unwritable(data_dir))?;
    let bar = output::progress(None, "checking the backup");
    let contents = archive::read(source, form, stage.path(), &|n| bar.inc(n))?;
    bar.finish_and_clear();
    let mut moved = Moved::default();
    let mut beside: Vec<PathBuf> = replaced.into_iter().collect();
    for entry in contents.files.iter().filter(|f| f.path != DATABASE) {
        let (from, mut to) = (stage.path().join(&entry.path), data_dir.join(&entry.path));
        if to.exists() {
            if std::fs::read(&from)? == std::fs::read(&to)? {
                continue;
            }
            // Present settings are of this machine, and those of the backup perhaps of another.
            to.set_file_name(format!("{}.restored", to.file_name().unwrap_or_default().to_string_lossy()));
            beside.push(to.clone());
        }
        moved.take(&from, &to).with_context(|| community::unwritable(data_dir))?;
    }
    let copied = xinghe_store::restore(&stage.path().join(DATABASE), target, &known, force).await;
    // What is told of the staged copy is true of the backup.
    let copied = copied.map_err(|e| match e {
        BackupError::Damaged { reason, .. } => BackupError::Damaged { path: source.to_owned(), reason },
        other => other,
    });
    let copied = copied.with_context(refused)?;
    moved.stays();
    Ok(Restored { events: copied.events, taken_at: Some(contents.taken_at), beside })
}

/// Files that were moved; they go again unless it is said that they stay.
#[derive(Default)]
struct Moved(Vec<PathBuf>);

impl Moved {
    fn take(&mut self, from: &Path, to: &Path) -> std::io::Result<()> {
        community::make_folder(parent_of(to))?;
        std::fs::rename(from, to)?;
        self.0.push(to.to_owned());
        Ok(())
    }

    fn stays(mut self) {
        self.0.clear();
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    Ok(folder.is_dir() && std::fs::read_dir(folder)?.next().is_none())
}

fn refuse_full(data_dir: &Path, target: &Path) -> anyhow::Result<()> {
    let mut found = Vec::new();
    if data_dir.is_dir() {
        for entry in std::fs::read_dir(data_dir).with_context(|| data_dir.display().to_string())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !PREPARED.contains(&name.as_str()) {
                found.push(name);
            }
        }
    }
    found.sort();
    if found.is_empty() && target.exists() {
        found.push(target.display().to_string());
    }
    if !found.is_empty() {
        found.truncate(5);
        bail!(
            "the data folder {} is not empty ({}); name an empty one with --data-dir, or say --force to replace the \
             community in it (its database is kept beside the new one as {}.old)",
            data_dir.display(),
            found.join(", "),
            target.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    Ok(())
}
