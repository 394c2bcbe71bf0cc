//! The form of a backup: a folder with a list of its files and their checksums, or the same in one compressed archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xinghe_core::Timestamp;

/// The database's name in a backup.
pub const DATABASE: &str = "xinghe.db";
const LIST: &str = "backup.json";
/// The form this program writes; it reads this one and older ones.
const FORM: u32 = 1;
/// The largest list that is read, in bytes.
const LARGEST_LIST: u64 = 1 << 20;

/// What is in a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contents {
    form: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When it was made.
    pub taken_at: Timestamp,
    /// How many events the log in it holds.
    pub events: i64,
    /// Its files.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// Its path in the data folder; the database is [`DATABASE`] wherever it lies.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    sha256: String,
}

/// How a backup is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A folder.
    Folder,
    /// One `.tar.gz`.
    Archive,
    /// The database alone, as an SQLite file.
    Database,
}

impl Form {
    /// The form that a name asks for.
    pub fn of_name(target: &Path) -> Self {
        let name = target.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
            Self::Archive
        } else if [".db", ".sqlite", ".sqlite3"].iter().any(|end| name.ends_with(end)) {
            Self::Database
        } else {
            Self::Folder
        }
    }

    /// The form that a backup has.
    ///
    /// # Errors
    /// It is not there, or no backup.
    pub fn of_backup(source: &Path) -> anyhow::Result<Self> {
        if source.is_dir() {
            ensure!(source.join(LIST).is_file(), "{} is no backup: there is no {LIST} in it", source.display());
            return Ok(Self::Folder);
        }
        let mut head = Vec::new();
        let file = File::open(source).with_context(|| format!("{} cannot be read", source.display()))?;
        file.take(16).read_to_end(&mut head).with_context(|| format!("{} cannot be read", source.display()))?;
        if head.starts_with(b"\x1f\x8b") {
            Ok(Self::Archive)
        } else if head == b"SQLite format 3\0" {
            Ok(Self::Database)
        } else {
            bail!("{} is no backup: neither a folder, an archive (.tar.gz) nor an SQLite database", source.display())
        }
    }
}

impl Contents {
    /// Describes the files of a folder.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn describe(folder: &Path, files: &[String], events: i64, now: Timestamp) -> anyhow::Result<Self> {
        let files = files.iter().map(|path| {
            let mut file = File::open(folder.join(path)).with_context(|| path.clone())?;
            let (bytes, sha256) = copy(&mut file, &mut std::io::sink(), u64::MAX, &|_| {})?;
            Ok(Entry { path: path.clone(), bytes, sha256 })
        });
        let files = files.collect::<anyhow::Result<_>>()?;
        Ok(Self { form: FORM, program: env!("CARGO_PKG_VERSION").to_owned(), taken_at: now, events, files })
    }

    /// Size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }

    fn read(text: &[u8]) -> anyhow::Result<Self> {
        // First only the number of its form: what else there is may have another shape in a newer one.
        #[derive(Deserialize)]
        struct Head {
            form: u32,
            program: String,
        }
        let head: Head = serde_json::from_slice(text).with_context(|| format!("its {LIST} cannot be read"))?;
        ensure!(
            head.form <= FORM,
            "it was made by a newer program (xinghe {}) than this one (xinghe {}); restore it with that one",
            head.program,
            env!("CARGO_PKG_VERSION")
        );
        let contents: Self = serde_json::from_slice(text).with_context(|| format!("its {LIST} cannot be read"))?;
        let mut seen = HashSet::new();
        for file in &contents.files {
            let plain = Path::new(&file.path).components().all(|c| matches!(c, Component::Normal(_)));
            ensure!(plain && !file.path.is_empty() && file.path != LIST, "it lists the file {:?}", file.path);
            ensure!(seen.insert(&file.path), "it lists {:?} twice", file.path);
        }
        ensure!(contents.files.iter().any(|f| f.path == DATABASE), "there is no {DATABASE} in it");
        Ok(contents)
    }
}

/// Makes a folder with these contents into a backup at `target`, which appears complete or not at all.
///
/// # Errors
/// `target` is there already, or the disk is full.
pub fn write(
    stage: tempfile::TempDir,
    contents: &Contents,
    target: &Path,
    form: Form,
    progress: &dyn Fn(u64),
) -> anyhow::Result<()> {
    let list = serde_json::to_vec_pretty(contents)?;
    create(&stage.path().join(LIST))?.write_all(&list)?;
    let parent = parent_of(target);
    if form == Form::Folder {
        for path in contents.files.iter().map(|f| f.path.as_str()).chain([LIST]) {
            File::open(stage.path().join(path))?.sync_all()?;
        }
        // Takes the place of an empty folder, too, but of nothing else.
        std::fs::rename(stage.path(), target).with_context(|| format!("{} cannot be made", target.display()))?;
        let _ = stage.keep();
    } else {
        let file = tempfile::Builder::new().prefix(".xinghe-backup-").tempfile_in(parent)?;
        let mut tar = tar::Builder::new(GzEncoder::new(file.as_file(), Compression::fast()));
        let mut done = 0;
        for path in [LIST].into_iter().chain(contents.files.iter().map(|f| f.path.as_str())) {
            let mut source = File::open(stage.path().join(path))?;
            let bytes = source.metadata()?.len();
            tar.append_file(path, &mut source)?;
            done += bytes;
            progress(done);
        }
        tar.into_inner()?.finish()?;
        file.as_file().sync_all()?;
        file.persist_noclobber(target).map_err(|e| e.error).with_context(|| target.display().to_string())?;
    }
    File::open(parent)?.sync_all()?;
    Ok(())
}

/// Takes a backup apart into an empty folder, every file checked against its checksum.
///
/// # Errors
/// It is damaged, incomplete, or of a newer form.
pub fn read(source: &Path, form: Form, stage: &Path, progress: &dyn Fn(u64)) -> anyhow::Result<Contents> {
    let read = match form {
        Form::Folder => read_folder(source, stage, progress),
        _ => read_archive(source, stage, progress),
    };
    read.with_context(|| format!("{} cannot be restored", source.display()))
}

fn read_folder(source: &Path, stage: &Path, progress: &dyn Fn(u64)) -> anyhow::Result<Contents> {
    let contents = Contents::read(&std::fs::read(source.join(LIST))?)?;
    for entry in &contents.files {
        let mut file = File::open(source.join(&entry.path)).with_context(|| entry.path.clone())?;
        take(&mut file, entry, stage, progress)?;
    }
    Ok(contents)
}

fn read_archive(source: &Path, stage: &Path, progress: &dyn Fn(u64)) -> anyhow::Result<Contents> {
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(source)?));
    let mut contents: Option<Contents> = None;
    let mut missing: HashSet<String> = HashSet::new();
    for member in archive.entries()? {
        let mut member = member.context("it is damaged or cut off")?;
        let path = member.path()?.to_string_lossy().into_owned();
        let Some(known) = &contents else {
            ensure!(path == LIST, "it is no backup of this program: its first file is not {LIST}");
            let mut list = Vec::new();
            member.by_ref().take(LARGEST_LIST).read_to_end(&mut list).context("it is damaged or cut off")?;
            let read = Contents::read(&list)?;
            missing = read.files.iter().map(|f| f.path.clone()).collect();
            contents = Some(read);
            continue;
        };
        ensure!(missing.remove(&path), "there is a file in it that its {LIST} does not name: {path:?}");
        if let Some(entry) = known.files.iter().find(|f| f.path == path) {
            take(&mut member, entry, stage, progress)?;
        }
    }
    let contents = contents.context("it is empty")?;
    ensure!(missing.is_empty(), "it is incomplete: {} is missing", missing.into_iter().collect::<Vec<_>>().join(", "));
    Ok(contents)
}

fn take(from: &mut dyn Read, entry: &Entry, stage: &Path, progress: &dyn Fn(u64)) -> anyhow::Result<()> {
    let target = stage.join(&entry.path);
    std::fs::create_dir_all(parent_of(&target))?;
    let mut to = create(&target).with_context(|| target.display().to_string())?;
    let (bytes, sha256) = copy(from, &mut to, entry.bytes, progress).with_context(|| entry.path.clone())?;
    let whole = bytes == entry.bytes && sha256 == entry.sha256;
    ensure!(whole, "{} in it is damaged: its checksum is not the one of when the backup was made", entry.path);
    to.sync_all()?;
    Ok(())
}

/// Copies no more than `most` and one byte; answers how much that was, and its SHA-256.
fn copy(from: &mut dyn Read, to: &mut dyn Write, most: u64, progress: &dyn Fn(u64)) -> std::io::Result<(u64, String)> {
    let (mut hash, mut done, mut buffer) = (Sha256::new(), 0u64, vec![0u8; 1 << 18]);
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 || done > most {
            return Ok((done, hex::encode(hash.finalize())));
        }
        hash.update(&buffer[..n]);
        to.write_all(&buffer[..n])?;
        done += n as u64;
        progress(n as u64);
    }
}

/// Makes a file that only its owner may read: a backup holds everybody's messages and the settings with their keys.
///
/// # Errors
/// It cannot be made.
pub fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that goes again, and that only its owner may look into.
///
/// # Errors
/// It cannot be made.
pub fn stage(prefix: &str, parent: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// The folder that holds a file.
pub fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a file or folder that is in the way goes: beside itself, as `name.old`.
pub fn old(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".old");
    name.into()
}
