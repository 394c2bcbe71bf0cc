//! An archive of a folder: unpacked with limits below the scratch folder, and removed with the plan.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::folder::{self, Came};
use super::{Limits, Reach};
use crate::error::ImportError;
use crate::model::{Left, Plan};

/// Reads a `.zip`, `.tar.gz`, `.tgz` or `.tar`.
///
/// # Errors
/// When it is not there, broken, or larger than allowed once unpacked, and when it holds a path that leads outside.
pub fn read(path: &Path, reach: &Reach) -> Result<Plan, ImportError> {
    let shown = path.display().to_string();
    let refuse = |reason: String| ImportError::Archive { path: shown.clone(), reason };
    let origin = path.canonicalize().map_err(|_| ImportError::NotThere { path: shown.clone() })?.display().to_string();
    std::fs::create_dir_all(&reach.scratch).map_err(|e| refuse(e.to_string()))?;
    let scratch =
        tempfile::Builder::new().prefix("archive-").tempdir_in(&reach.scratch).map_err(|e| refuse(e.to_string()))?;
    // What lies in it without a folder of its own belongs to what the archive is called, the same at each import.
    let stem = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = stem.split('.').find(|part| !part.is_empty()).unwrap_or("archive");
    let root = scratch.path().join(stem);
    std::fs::create_dir(&root).map_err(|e| refuse(e.to_string()))?;
    let packed = path.metadata().map_err(|e| refuse(e.to_string()))?.len();
    let mut unpacker =
        Unpacker { root: root.clone(), limits: &reach.limits, packed, files: 0, bytes: 0, left: Vec::new() };
    let name = shown.to_ascii_lowercase();
    let done = if name.ends_with(".zip") {
        unpacker.zip(path)
    } else if name.ends_with(".tar") {
        File::open(path).map_err(|e| e.to_string()).and_then(|f| unpacker.tar(f))
    } else {
        File::open(path).map_err(|e| e.to_string()).and_then(|f| unpacker.tar(GzDecoder::new(f)))
    };
    done.map_err(refuse)?;
    let root = only_folder(&root);
    let mut plan = folder::read(&root, &Came { origin: Some(origin), ..Came::default() }, &reach.limits)?;
    plan.skipped.append(&mut unpacker.left);
    if let Some(files) = &mut plan.files {
        files.scratch = Some(scratch);
    }
    Ok(plan)
}

/// Archives of code hosts hold one folder with everything in it.
fn only_folder(root: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    match (entries.next(), entries.next()) {
        (Some(only), None) if only.path().is_dir() => only.path(),
        _ => root.to_path_buf(),
    }
}

struct Unpacker<'a> {
    root: PathBuf,
    limits: &'a Limits,
    packed: u64,
    files: usize,
    bytes: u64,
    /// What is in the archive and is neither a file nor a folder.
    left: Vec<Left>,
}

impl Unpacker<'_> {
    fn zip(&mut self, path: &Path) -> Result<(), String> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let mut archive = zip::ZipArchive::new(file).map_err(|e| format!("it is not a readable zip file ({e})"))?;
        for i in 0..archive.len() {
            let mut entry = archive.by_index(i).map_err(|e| format!("it is broken ({e})"))?;
            if entry.is_dir() {
                continue;
            }
            if entry.encrypted() {
                return Err("it is protected by a password".to_owned());
            }
            let Some(inner) = entry.enclosed_name() else {
                return Err(format!("{:?} would be written outside of it", entry.name()));
            };
            if entry.is_symlink() {
                self.left.push(Left::new(entry.name(), "a symbolic link; links are not followed"));
                continue;
            }
            self.write(&inner, &mut entry)?;
        }
        Ok(())
    }

    fn tar(&mut self, from: impl Read) -> Result<(), String> {
        let mut archive = tar::Archive::new(from);
        let entries = archive.entries().map_err(|e| format!("it is not a readable tar file ({e})"))?;
        for entry in entries {
            let mut entry = entry.map_err(|e| format!("it is broken ({e})"))?;
            let kind = entry.header().entry_type();
            if !kind.is_file() {
                let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                if kind.is_symlink() || kind.is_hard_link() {
                    self.left.push(Left::new(path, "a link; links are not followed"));
                } else if kind.is_fifo() || kind.is_character_special() || kind.is_block_special() {
                    self.left.push(Left::new(path, "a pipe or device, not a file"));
                }
                continue;
            }
            let inner = entry.path().map_err(|e| format!("it is broken ({e})"))?.into_owned();
            let inside =
                inner.components().all(|c| matches!(c, std::path::Component::Normal(_) | std::path::Component::CurDir));
            if !inside {
                return Err(format!("{:?} would be written outside of it", inner.display()));
            }
            self.write(&inner, &mut entry)?;
        }
        Ok(())
    }

    /// Writes one file, counting what really comes out rather than what the archive says.
    fn write(&mut self, inner: &Path, from: &mut dyn Read) -> Result<(), String> {
        self.files += 1;
        if self.files > self.limits.files {
            return Err(format!("it holds more than {} files", self.limits.files));
        }
        let target = self.root.join(inner);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        }
        let mut file = File::create(&target).map_err(|e| e.to_string())?;
        // A small archive may grow more, in proportion, than a large one.
        let by_ratio = self.packed.saturating_mul(self.limits.ratio).max(10_000_000);
        let room = self.limits.unpacked_bytes.min(by_ratio).saturating_sub(self.bytes);
        let written = io::copy(&mut from.take(room + 1), &mut file).map_err(|e| format!("it is broken ({e})"))?;
        self.bytes += written;
        if written > room {
            let reason = if by_ratio < self.limits.unpacked_bytes {
                format!("it grows more than {} times when unpacked, as a zip bomb does", self.limits.ratio)
            } else {
                format!("it holds more than {} MB", self.limits.unpacked_bytes / 1_000_000)
            };
            return Err(reason);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use xinghe_net::{Fetcher, Limits as NetLimits, Reachable};

    fn reach(home: &Path) -> Reach {
        Reach {
            fetcher: Fetcher::new(Reachable::public(), NetLimits::default(), "test"),
            scratch: home.join("scratch"),
            limits: Limits::default(),
            crates: None,
            cargo_home: None,
        }
    }

    fn zip_of(path: &Path, files: &[(&str, &[u8])]) {
        let mut zip = zip::ZipWriter::new(File::create(path).expect("made"));
        for (name, bytes) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("begun");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("finished");
    }

    #[test]
    fn a_zip_and_a_tarball_hold_the_same() {
        let home = tempfile::tempdir().expect("a folder");
        let page = b"# Hello\n\nSome text of a page.".as_slice();
        let zip = home.path().join("a.zip");
        zip_of(&zip, &[("blog-main/a.md", page), ("blog-main/b.png", b"x")]);
        let tarball = home.path().join("a.tar.gz");
        let gz = flate2::write::GzEncoder::new(File::create(&tarball).expect("made"), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gz);
        let mut header = tar::Header::new_gnu();
        header.set_size(page.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, "blog-main/a.md", page).expect("added");
        tar.into_inner().expect("done").finish().expect("done");
        for path in [zip, tarball] {
            let plan = read(&path, &reach(home.path())).expect("it is read");
            assert_eq!(plan.drafts.iter().map(|d| d.path.as_str()).collect::<Vec<_>>(), ["a.md"]);
            assert_eq!(plan.origin, path.canonicalize().expect("there").display().to_string());
        }
        assert_eq!(std::fs::read_dir(home.path().join("scratch")).expect("there").count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_bomb_is_refused() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("bomb.zip");
        zip_of(&path, &[("a.md", &vec![b'a'; 30_000_000])]);
        let error = read(&path, &reach(home.path())).expect_err("refused").to_string();
        assert!(error.contains("zip bomb") && error.contains("bomb.zip"), "{error}");
    }

    #[test]
    fn paths_that_lead_outside_are_refused() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("evil.zip");
        zip_of(&path, &[("../../evil.md", b"# x\n\ntext")]);
        assert!(read(&path, &reach(home.path())).expect_err("refused").to_string().contains("outside"));
        assert!(!home.path().join("evil.md").exists());
    }

    #[test]
    fn too_many_files_and_broken_archives_are_refused() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("many.zip");
        zip_of(&path, &[("a.md", b"x"), ("b.md", b"x"), ("c.md", b"x")]);
        let mut few = reach(home.path());
        few.limits.files = 2;
        assert!(read(&path, &few).expect_err("refused").to_string().contains("more than 2 files"));
        for name in ["broken.zip", "broken.tar.gz"] {
            let path = home.path().join(name);
            std::fs::write(&path, b"this is no archive at all").expect("written");
            assert!(matches!(read(&path, &reach(home.path())), Err(ImportError::Archive { .. })), "{name}");
        }
        assert!(matches!(read(Path::new("/no/such.zip"), &reach(home.path())), Err(ImportError::NotThere { .. })));
    }
}
