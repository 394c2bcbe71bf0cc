//! A folder of pages: what is in it, read in parallel.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use url::Url;
use walkdir::WalkDir;
use xinghe_core::CreditRole;

use crate::encoding;
use crate::error::ImportError;
use crate::html;
use crate::layout::{self, Layout, Site};
use crate::links::{Resolver, trimmed};
use crate::model::{Draft, Files, Left, Person, Plan};
use crate::page::{self, NoDraft};
use crate::people;
use crate::source::Limits;
use crate::source::hosts::CodeHost;

/// How the folder was come by.
#[derive(Debug, Clone, Default)]
pub struct Came {
    /// What identifies its posts; its canonical path when `None`.
    pub origin: Option<String>,
    /// The address of its git repository, where known.
    pub repository: Option<String>,
    /// Only this file of it, relative to the folder.
    pub only: Option<String>,
}

/// Reads a folder into a plan.
///
/// # Errors
/// When the folder is not there, is not a folder or may not be read at all.
pub fn read(root: &Path, came: &Came, limits: &Limits) -> Result<Plan, ImportError> {
    let shown = root.display().to_string();
    let root = root.canonicalize().map_err(|e| unreadable(&shown, &e))?;
    std::fs::read_dir(&root).map_err(|e| unreadable(&shown, &e))?;
    let mut listing = list(&root, limits, came.only.is_some());
    if let Some(only) = &came.only {
        listing.pages = vec![only.clone()];
        listing.left_pages.clear();
    }
    let site = Site::read(&root, &listing.files);
    let mut plan = Plan {
        origin: site.own.clone().or_else(|| came.origin.clone()).unwrap_or_else(|| root.display().to_string()),
        failed: std::mem::take(&mut listing.failed),
        exhaustive: came.only.is_none() && !listing.cut,
        files: Some(Files { root: root.clone(), scratch: None }),
        ..Plan::default()
    };
    let pages = choose(&listing, &site, came.only.is_some(), &mut plan);
    read_pages(&root, &pages, &site, limits, &mut plan);
    people::unify(&mut plan.drafts);
    // Afterwards, since a title that equals a person's name is not that person.
    let credited = credit_publisher(&mut plan.drafts, site.publisher.as_ref());
    if let (Some(publisher), true, 1..) = (&site.publisher, site.publisher_is_folder, credited) {
        let reason = format!(
            "{credited} of its pages name nobody, and neither does the folder; they are credited to {:?}, its name, \
             as their editor",
            publisher.name
        );
        plan.warnings.push(Left::new("", reason));
    }
    plan.drafts.sort_by(|a, b| (a.order.unwrap_or(usize::MAX), &a.path).cmp(&(b.order.unwrap_or(usize::MAX), &b.path)));
    let repository = came.repository.clone().or_else(|| site.repository.clone());
    plan.links = resolver(&site, listing.files, &plan.drafts, repository.as_deref().and_then(CodeHost::of).as_ref());
    // What came from a code host is shown from there; what lies on this machine may be nowhere else.
    plan.links.pictures = site.own.is_some() || came.repository.is_none();
    for draft in &mut plan.drafts {
        if draft.source_url.is_none() {
            draft.source_url =
                plan.links.browse.as_ref().and_then(|b| crate::links::join(b, &draft.path)).map(String::from);
        }
    }
    Ok(plan)
}

/// Every post credits somebody: where a page names nobody, whoever publishes it, as its editor and not its author.
/// Answers how many.
pub fn credit_publisher(drafts: &mut [Draft], publisher: Option<&Person>) -> usize {
    let Some(publisher) = publisher else { return 0 };
    let mut credited = 0;
    for draft in drafts.iter_mut().filter(|d| d.credits.is_empty()) {
        draft.credits.push((CreditRole::Editor, publisher.clone()));
        credited += 1;
    }
    credited
}

fn unreadable(path: &str, error: &std::io::Error) -> ImportError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ImportError::NotThere { path: path.to_owned() },
        std::io::ErrorKind::PermissionDenied => {
            ImportError::Unreadable { path: path.to_owned(), reason: "permission denied".to_owned() }
        }
        _ => ImportError::Unreadable { path: path.to_owned(), reason: error.to_string() },
    }
}

#[derive(Default)]
struct Listing {
    /// Every file, relative to the root, `/` between parts.
    files: Vec<String>,
    /// Those that may be pages.
    pages: Vec<String>,
    /// Text of kinds that are not read, to be named in the report.
    left_pages: Vec<String>,
    /// What is neither a file nor a folder, or has a name that cannot be written down, with the reason.
    odd: Vec<Left>,
    failed: Vec<Left>,
    /// Whether there were more files than the limit.
    cut: bool,
}

/// Folders that are never looked into: they may hold a hundred thousand files.
const NEVER: [&str; 3] = ["node_modules", ".git", "target"];

fn list(root: &Path, limits: &Limits, shallow: bool) -> Listing {
    let mut listing = Listing::default();
    // Links are not followed: they could lead anywhere on this machine, or in circles.
    // Of a single page, only its neighbours matter: links may lead to them.
    let depth = if shallow { 2 } else { usize::MAX };
    let mut walk =
        WalkDir::new(root).max_depth(depth).follow_links(false).sort_by_file_name().into_iter().filter_entry(|e| {
            let name = e.file_name().to_str().unwrap_or_default();
            e.depth() == 0 || !(e.file_type().is_dir() && (NEVER.contains(&name) || name.starts_with('.')))
        });
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map_or_else(String::new, |p| relative(root, p));
                let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                listing.failed.push(Left::new(path, format!("it cannot be read: {reason}")));
                continue;
            }
        };
        if entry.depth() == 0 {
            continue;
        }
        let path = relative(root, entry.path());
        let file_type = entry.file_type();
        if entry.file_name().to_str().is_none() {
            let (slash, what) = if file_type.is_dir() { ("/", "folder") } else { ("", "file") };
            let reason = format!("the {what}'s name is not UTF-8; rename it and import again");
            listing.odd.push(Left::new(path + slash, reason));
            if file_type.is_dir() {
                walk.skip_current_dir();
            }
            continue;
        }
        let kind = page_kind(&path);
        if file_type.is_symlink() {
            // What else is a link here is none of an import's business; pages and folders would be missed.
            if kind != Kind::Other || entry.path().is_dir() {
                listing.odd.push(Left::new(path, "a symbolic link; links are not followed"));
            }
            continue;
        }
        if !file_type.is_file() {
            if !file_type.is_dir() {
                listing.odd.push(Left::new(path, special(file_type)));
            }
            continue;
        }
        match kind {
            Kind::Page => listing.pages.push(path.clone()),
            Kind::OtherText => listing.left_pages.push(path.clone()),
            Kind::Other => {}
        }
        listing.files.push(path);
        if listing.files.len() >= limits.files {
            listing.cut = true;
            let reason = format!("there are more than {} files; the rest was not looked at", limits.files);
            listing.failed.push(Left::new("", reason));
            break;
        }
    }
    listing
}

/// What a file that is none is. Reading from such a thing may wait for ever.
fn special(file_type: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if file_type.is_fifo() {
            return "a named pipe, not a file";
        }
        if file_type.is_socket() {
            return "a socket, not a file";
        }
    }
    let _ = file_type;
    "a device, not a file"
}

/// Reads a file of a source: a plain file below `limit` bytes, not a link, which could lead anywhere on this machine,
/// and not a pipe, which could keep whoever reads it waiting for ever.
pub(crate) fn read_plain(file: &Path, limit: u64) -> Option<Vec<u8>> {
    std::fs::symlink_metadata(file).ok().filter(|m| m.is_file() && m.len() < limit)?;
    std::fs::read(file).ok()
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[derive(PartialEq, Eq)]
enum Kind {
    Page,
    OtherText,
    Other,
}

fn page_kind(path: &str) -> Kind {
    let extension = path.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "md" | "markdown" | "mkd" | "mdown" | "mdx" => Kind::Page,
        "html" | "htm" if path.contains("_posts/") => Kind::Page,
        "rst" | "adoc" | "asciidoc" | "org" | "tex" | "textile" => Kind::OtherText,
        _ => Kind::Other,
    }
}

/// The pages that may be writing; the others go into the plan with their reasons, whole folders as one.
fn choose(listing: &Listing, site: &Site, asked_for: bool, plan: &mut Plan) -> Vec<String> {
    let mut folders: BTreeMap<String, (&'static str, usize)> = BTreeMap::new();
    let mut chosen = Vec::new();
    for path in listing.pages.iter().chain(&listing.left_pages) {
        let ancestors = path.match_indices('/').map(|(at, _)| &path[..at]);
        let refused = ancestors.into_iter().find_map(|f| Some((f, layout::not_writing(f, true, site)?)));
        if let Some((folder, reason)) = refused.filter(|_| !asked_for) {
            folders.entry(folder.to_owned()).or_insert((reason, 0)).1 += 1;
            continue;
        }
        match layout::not_writing(path, false, site).filter(|_| !asked_for) {
            Some(reason) => plan.skipped.push(Left::new(path.clone(), reason)),
            None => chosen.push(path.clone()),
        }
    }
    for (folder, (reason, pages)) in folders {
        plan.skipped.push(Left::new(format!("{folder}/"), format!("{reason} ({pages} pages)")));
    }
    plan.skipped.extend(listing.odd.iter().cloned());
    chosen
}

fn read_pages(root: &Path, pages: &[String], site: &Site, limits: &Limits, plan: &mut Plan) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8).min(pages.len().max(1));
    let results: Vec<(usize, Result<Draft, NoDraft>)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some(path) = pages.get(i) else { break };
                        done.push((i, read_page(root, path, site, limits)));
                    }
                    done
                })
            })
            .collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_default()).collect()
    });
    let mut seen = vec![false; pages.len()];
    for (i, result) in results {
        seen[i] = true;
        match result {
            Ok(draft) => plan.drafts.push(draft),
            Err(NoDraft::Skipped(reason)) => plan.skipped.push(Left::new(pages[i].clone(), reason)),
            Err(NoDraft::Broken(reason)) => plan.failed.push(Left::new(pages[i].clone(), reason)),
        }
    }
    // A worker that broke loses its pages; the report must not.
    for (i, _) in seen.iter().enumerate().filter(|(_, s)| !**s) {
        plan.failed.push(Left::new(pages[i].clone(), "it could not be understood (a fault of the importer)"));
    }
    plan.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    plan.failed.sort_by(|a, b| a.path.cmp(&b.path));
}

fn read_page(root: &Path, path: &str, site: &Site, limits: &Limits) -> Result<Draft, NoDraft> {
    let file = root.join(path);
    let broken = |e: std::io::Error| NoDraft::Broken(format!("it cannot be read: {e}"));
    let size = std::fs::metadata(&file).map_err(broken)?.len();
    if size > limits.file_bytes {
        let reason = format!("it has {} MB; a page may have {} MB", size / 1_000_000, limits.file_bytes / 1_000_000);
        return Err(NoDraft::Broken(reason));
    }
    let bytes = std::fs::read(&file).map_err(broken)?;
    let decoded = encoding::decode(&bytes).map_err(|e| NoDraft::Broken(e.to_string()))?;
    let mut draft = if path.ends_with(".html") || path.ends_with(".htm") {
        page::understand(path, &html::page_to_markdown(&decoded.text), site)?
    } else {
        page::understand(path, &decoded.text, site)?
    };
    draft.warnings.extend(decoded.note());
    Ok(draft)
}

fn resolver(site: &Site, files: Vec<String>, drafts: &[Draft], host: Option<&CodeHost>) -> Resolver {
    let mut resolver = Resolver {
        files: files.into_iter().collect(),
        site: site.base_url.clone(),
        content_root: site.layout.content_root().to_owned(),
        served_at_root: site.layout.served_at_root().iter().map(ToString::to_string).collect(),
        raw: host.and_then(|h| Url::parse(&h.raw).ok()),
        browse: host.and_then(|h| Url::parse(&h.browse).ok()),
        ..Resolver::default()
    };
    let root = site.layout.content_root();
    let mut names: HashMap<String, usize> = HashMap::new();
    for draft in drafts {
        let inner = draft.path.strip_prefix(root).unwrap_or(&draft.path);
        let stem = inner.rsplit_once('.').map_or(inner, |(s, _)| s);
        let name = stem.rsplit('/').next().unwrap_or(stem).to_owned();
        *names.entry(name.clone()).or_default() += 1;
        resolver.pages_by_name.insert(name, draft.path.clone());
        // Generators that drop the content folder: `/posts/hello/` is `content/posts/hello.md`.
        for address in [stem, stem.strip_suffix("/index").unwrap_or(stem)] {
            resolver.pages_by_address.entry(address.to_owned()).or_insert_with(|| draft.path.clone());
        }
        if let Some(address) = &draft.site_path {
            resolver.pages_by_address.insert(trimmed(address).to_owned(), draft.path.clone());
            // The words behind a post's id in its address are for people: it is found without them.
            if let Some((id, _)) = address.strip_prefix("/posts/").and_then(|a| a.split_once('-'))
                && site.own.is_some()
            {
                resolver.pages_by_address.insert(format!("posts/{id}"), draft.path.clone());
            }
        }
        if let Some(url) = draft.source_url.as_deref().and_then(|u| Url::parse(u).ok())
            && site.base_url.as_ref().is_some_and(|b| b.host() == url.host())
        {
            resolver.pages_by_address.insert(trimmed(url.path()).to_owned(), draft.path.clone());
            resolver.page_address.insert(draft.path.clone(), url);
        }
    }
    // A name that two pages have means neither.
    resolver.pages_by_name.retain(|name, _| names.get(name) == Some(&1));
    if site.layout == Layout::Plain && site.base_url.is_none() {
        resolver.served_at_root.retain(|r| !r.is_empty());
    }
    resolver
}

/// Whether this folder is a bare git repository.
pub fn is_bare_repository(path: &Path) -> bool {
    let has = |name: &str| path.join(name).exists();
    has("HEAD") && has("objects") && has("refs") && !has(".git")
}

/// The folder and name of a single file.
pub fn split_file(path: &Path) -> Option<(PathBuf, String)> {
    Some((path.parent()?.to_path_buf(), path.file_name()?.to_str()?.to_owned()))
}
