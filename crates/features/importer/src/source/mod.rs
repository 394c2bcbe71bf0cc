//! What can be imported, told from what a person types.

pub mod archive;
pub mod crates;
pub mod feed;
pub mod folder;
pub mod git;
pub mod hosts;

use std::path::{Path, PathBuf};

use url::Url;
use xinghe_net::Fetcher;

use crate::error::ImportError;
use crate::model::Plan;

/// How much is read at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one page.
    pub file_bytes: u64,
    /// Files of a folder or an archive.
    pub files: usize,
    /// Bytes of an archive that is fetched.
    pub download_bytes: u64,
    /// Bytes of a feed, unpacked.
    pub feed_bytes: u64,
    /// Bytes of an archive once unpacked.
    pub unpacked_bytes: u64,
    /// How many times larger an archive may become.
    pub ratio: u64,
    /// Seconds that git may take.
    pub git_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 5_000_000,
            files: 200_000,
            download_bytes: 200_000_000,
            feed_bytes: 30_000_000,
            unpacked_bytes: 2_000_000_000,
            ratio: 200,
            git_seconds: 600,
        }
    }
}

/// What a person asked to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The local cargo registry.
    Crates,
    /// A folder.
    Folder(PathBuf),
    /// One page.
    Page(PathBuf),
    /// A `.zip` or `.tar.gz`.
    Archive(PathBuf),
    /// A feed in a file.
    FeedFile(PathBuf),
    /// A git repository: an address, or a bare one on this machine.
    Git(String),
    /// An address on the web: a feed, or a page that names its feed.
    Web(Url),
}

impl Source {
    /// What a path or an address means.
    ///
    /// # Errors
    /// When it is neither an address nor a path that exists.
    pub fn of(given: &str) -> Result<Self, ImportError> {
        let given = given.trim();
        if given == "crates" && !Path::new(given).exists() {
            return Ok(Self::Crates);
        }
        let looks_ssh =
            given.starts_with("ssh://") || (given.contains('@') && given.contains(':') && !given.contains("://"));
        if looks_ssh && !Path::new(given).exists() {
            return Ok(Self::Git(given.to_owned()));
        }
        if let Some(url) = Url::parse(given).ok().filter(|u| given.contains("://") || u.scheme() == "file") {
            return Self::of_address(given, url);
        }
        let path = Path::new(given);
        let meta = path.metadata().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                ImportError::NotThere { path: given.to_owned() }
            }
            _ => ImportError::Unreadable { path: given.to_owned(), reason: e.to_string() },
        })?;
        if meta.is_dir() {
            return Ok(if folder::is_bare_repository(path) {
                Self::Git(given.to_owned())
            } else {
                Self::Folder(path.to_path_buf())
            });
        }
        if !meta.is_file() {
            let reason = "it is neither a folder nor a file".to_owned();
            return Err(ImportError::NotImportable { path: given.to_owned(), reason });
        }
        Self::of_file(path)
    }

    fn of_file(path: &Path) -> Result<Self, ImportError> {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_ascii_lowercase();
        let ends = |list: &[&str]| list.iter().any(|e| name.ends_with(e));
        if ends(&[".zip", ".tar.gz", ".tgz", ".tar"]) {
            Ok(Self::Archive(path.to_path_buf()))
        } else if ends(&[".xml", ".rss", ".atom", ".json"]) {
            Ok(Self::FeedFile(path.to_path_buf()))
        } else if ends(&[".md", ".markdown", ".mkd", ".mdown", ".mdx"]) {
            Ok(Self::Page(path.to_path_buf()))
        } else {
            let reason = "it is not Markdown, a feed (.xml, .json) or an archive (.zip, .tar.gz)".to_owned();
            Err(ImportError::NotImportable { path: path.display().to_string(), reason })
        }
    }

    fn of_address(given: &str, url: Url) -> Result<Self, ImportError> {
        match url.scheme() {
            "http" | "https" => {
                let repository = url.path().ends_with(".git")
                    || (hosts::CodeHost::of(given).is_some()
                        && url.path_segments().is_some_and(|s| s.filter(|p| !p.is_empty()).count() == 2));
                Ok(if repository { Self::Git(given.to_owned()) } else { Self::Web(url) })
            }
            "file" => {
                let path = url.to_file_path().map_err(|()| ImportError::NotThere { path: given.to_owned() })?;
                Self::of(&path.display().to_string())
            }
            "git" => {
                let reason =
                    "git:// is not encrypted and not used; give the https:// address of the repository".to_owned();
                Err(ImportError::NotImportable { path: given.to_owned(), reason })
            }
            other => {
                let reason = format!("addresses of the form {other}:// are not read; give https://, ssh:// or a path");
                Err(ImportError::NotImportable { path: given.to_owned(), reason })
            }
        }
    }
}

/// What reading a source needs from outside.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Fetches feeds and archives, and judges addresses that git is to be sent to.
    pub fetcher: Fetcher,
    /// Where clones and unpacked archives stand for the time of the import.
    pub scratch: PathBuf,
    /// How much is read at most.
    pub limits: Limits,
    /// For [`Source::Crates`]: which crates, by name; all of the registry when `None`.
    pub crates: Option<Vec<String>>,
    /// For [`Source::Crates`]: cargo's home; `$CARGO_HOME` or `~/.cargo` when `None`.
    pub cargo_home: Option<PathBuf>,
}

/// Reads a source into a plan; nothing is written but below `reach.scratch`, and that is removed with the plan.
///
/// # Errors
/// When the source as a whole cannot be read.
pub async fn read(source: &Source, reach: &Reach) -> Result<Plan, ImportError> {
    match source {
        Source::Git(address) => git::read(address, reach).await,
        Source::Web(url) => feed::read_address(url, reach).await,
        other => {
            let (source, reach) = (other.clone(), reach.clone());
            tokio::task::spawn_blocking(move || read_local(&source, &reach))
                .await
                .map_err(|e| ImportError::Stopped(e.to_string()))?
        }
    }
}

fn read_local(source: &Source, reach: &Reach) -> Result<Plan, ImportError> {
    match source {
        Source::Folder(path) => folder::read(path, &folder::Came::default(), &reach.limits),
        Source::Page(path) => {
            let path = path
                .canonicalize()
                .map_err(|e| ImportError::Unreadable { path: path.display().to_string(), reason: e.to_string() })?;
            let (folder, name) =
                folder::split_file(&path).ok_or_else(|| ImportError::NotThere { path: path.display().to_string() })?;
            folder::read(&folder, &folder::Came { only: Some(name), ..folder::Came::default() }, &reach.limits)
        }
        Source::Archive(path) => archive::read(path, reach),
        Source::FeedFile(path) => feed::read_file(path, &reach.limits),
        Source::Crates => crates::read(reach.cargo_home.as_deref(), reach.crates.as_deref(), &reach.limits),
        Source::Git(address) => Err(ImportError::Stopped(format!("{address} needs the network"))),
        Source::Web(url) => Err(ImportError::Stopped(format!("{url} needs the network"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_told() {
        assert_eq!(Source::of("crates").expect("known"), Source::Crates);
        for address in
            ["https://github.com/o/r", "https://a.example/x.git", "git@gitee.com:o/r.git", "ssh://git@a.example/o/r"]
        {
            assert_eq!(Source::of(address).expect(address), Source::Git(address.to_owned()));
        }
        assert!(matches!(Source::of("https://a.example/feed.xml"), Ok(Source::Web(_))));
        assert!(matches!(Source::of("/no/such/folder"), Err(ImportError::NotThere { .. })));
        for bad in ["git://a.example/r", "ftp://a.example/r", "/dev/null"] {
            assert!(matches!(Source::of(bad), Err(ImportError::NotImportable { .. })), "{bad}");
        }
    }
}
