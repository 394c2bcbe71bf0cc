//! A git repository, fetched with the `git` program.
//!
//! The program rather than a library: it is on every machine where people write in git, it brings their ssh keys, proxies and
//! certificates, speaks every transport, and a clone of depth 1 is all that is needed, so a library would add some
//! hundred crates to the binary for nothing. It is run without prompts, hooks, or settings that run programs, with a
//! time limit, and only over http, https, ssh and file.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use url::{Host, Url};
use xinghe_net::without_secrets;

use super::folder::{self, Came};
use super::{Reach, hosts};
use crate::error::ImportError;
use crate::model::Plan;

/// What the name of a clone's folder begins with.
const CLONE: &str = "clone-";
/// A clone so old belongs to no import: git itself may take far less.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// Clones a repository below `reach.scratch` and reads it; the clone goes with the plan.
///
/// # Errors
/// When git is missing, the address leads into a private network that may not be reached, does not answer in time or
/// holds no repository.
pub async fn read(address: &str, reach: &Reach) -> Result<Plan, ImportError> {
    let pinned = check(address, reach).await?;
    std::fs::create_dir_all(&reach.scratch).map_err(|e| scratch_error(&reach.scratch, &e))?;
    sweep(&reach.scratch);
    let scratch = tempfile::Builder::new()
        .prefix(CLONE)
        .tempdir_in(&reach.scratch)
        .map_err(|e| scratch_error(&reach.scratch, &e))?;
    let target = scratch.path().join("repository");
    clone(address, &target, pinned.as_deref(), reach).await?;
    let came = Came { origin: Some(origin(address)), repository: Some(address.to_owned()), only: None };
    let limits = reach.limits.clone();
    tokio::task::spawn_blocking(move || {
        let mut plan = folder::read(&target, &came, &limits)?;
        if let Some(files) = &mut plan.files {
            files.scratch = Some(scratch);
        }
        Ok(plan)
    })
    .await
    .map_err(|e| ImportError::Stopped(e.to_string()))?
}

/// Removes clones that killed processes left; those of processes that live are younger.
fn sweep(scratch: &Path) {
    let Ok(entries) = std::fs::read_dir(scratch) else { return };
    for entry in entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(CLONE)) {
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LEFT) {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn scratch_error(path: &Path, error: &std::io::Error) -> ImportError {
    ImportError::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}

/// The canonical form of a repository's address: the same for `https://…`, `…​.git` and `git@host:…`.
pub fn origin(address: &str) -> String {
    let local = Path::new(address);
    if local.exists() {
        return local.canonicalize().map_or_else(|_| address.to_owned(), |p| p.display().to_string());
    }
    match hosts::parts(address) {
        Some((host, owner, name)) if hosts::CodeHost::of(address).is_some() => {
            format!("https://{host}/{}/{}", owner.to_lowercase(), name.to_lowercase())
        }
        _ => match Url::parse(address) {
            Ok(url) => {
                // Secrets in addresses are not for the database.
                without_secrets(&url).as_str().trim_end_matches('/').trim_end_matches(".git").to_owned()
            }
            Err(_) => address.trim_end_matches(".git").to_owned(),
        },
    }
}

/// Refuses private hosts, and pins an http host to the addresses that were checked.
async fn check(address: &str, reach: &Reach) -> Result<Option<String>, ImportError> {
    let reachable = reach.fetcher.reachable();
    if Path::new(address).exists() {
        return Ok(None);
    }
    if address.starts_with('-') {
        return Err(git_error(address, "an address does not begin with a dash"));
    }
    let url = Url::parse(address).ok().filter(Url::has_host);
    // Without a scheme it is `user@host:path`, which git gives to ssh.
    let by_ssh = || Some(address.split_once(':')?.0.rsplit('@').next()?.to_owned());
    let host = url.as_ref().and_then(Url::host_str).map(str::to_owned).or_else(by_ssh);
    if host.as_ref().is_some_and(|h| h.starts_with('-')) {
        // ssh would take it for one of its options.
        return Err(git_error(address, "a host does not begin with a dash"));
    }
    if let Some(url) = url {
        if url.scheme() == "ssh" {
            let host = url.host_str().unwrap_or_default().to_owned();
            reachable.resolve_host(parsed(&host), url.port().unwrap_or(22)).await?;
            return Ok(None);
        }
        let addresses = reachable.resolve(&url).await?;
        if reachable.allows_private(url.host_str().unwrap_or_default()) {
            return Ok(None);
        }
        let port = url.port_or_known_default().unwrap_or(443);
        let list: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
        return Ok(url.domain().map(|host| format!("{host}:{port}:{}", list.join(","))));
    }
    if let Some(host) = host {
        reachable.resolve_host(parsed(&host), 22).await?;
    }
    Ok(None)
}

fn parsed(host: &str) -> Host<&str> {
    host.trim_matches(['[', ']']).parse().map_or(Host::Domain(host), |ip| match ip {
        std::net::IpAddr::V4(ip) => Host::Ipv4(ip),
        std::net::IpAddr::V6(ip) => Host::Ipv6(ip),
    })
}

async fn clone(address: &str, target: &Path, pinned: Option<&str>, reach: &Reach) -> Result<(), ImportError> {
    let mut git = Command::new("git");
    git.args(["-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false", "-c", "credential.helper="]);
    git.args(["-c", "protocol.ext.allow=never", "-c", "core.fsmonitor=false"]);
    // Who sends nothing for so long will not.
    git.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30"]);
    // The name was checked once; a redirect to another host was not.
    if let Some(pinned) = pinned {
        git.args(["-c", &format!("http.curloptResolve={pinned}")]);
    }
    git.args(["-c", "http.followRedirects=false"]);
    git.args(["clone", "--quiet", "--depth", "1", "--single-branch", "--no-tags", "--no-recurse-submodules", "--"]);
    // A path clones without depth unless it is written as an address.
    let local = Path::new(address).canonicalize().ok().filter(|p| p.exists());
    let from = local.and_then(|p| Url::from_file_path(p).ok()).map_or_else(|| address.to_owned(), String::from);
    git.arg(from).arg(target);
    git.env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "true")
        .env("GIT_ALLOW_PROTOCOL", "http:https:ssh:file")
        .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=20 -o StrictHostKeyChecking=accept-new")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Its helpers, which do the fetching, form a group with it and end with it.
    #[cfg(unix)]
    git.process_group(0);
    let child = git.spawn().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => ImportError::NoGit,
        _ => git_error(address, &e.to_string()),
    })?;
    let mut group = Group(child.id());
    let seconds = reach.limits.git_seconds;
    let output = tokio::time::timeout(Duration::from_secs(seconds), child.wait_with_output())
        .await
        .map_err(|_| git_error(address, &format!("it took longer than {seconds} seconds")))?
        .map_err(|e| git_error(address, &e.to_string()))?;
    group.0 = None;
    if output.status.success() {
        return Ok(());
    }
    Err(git_error(address, &explain(&String::from_utf8_lossy(&output.stderr))))
}

/// The processes of a git that is running, by the id of the first; ended when this is dropped before git ended itself.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
            // Those that are gone already need no end.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
        }
    }
}

fn git_error(address: &str, reason: &str) -> ImportError {
    ImportError::Git { address: origin(address), reason: reason.to_owned() }
}

/// The lines of git's complaint that say something, and what to do about the usual ones.
fn explain(stderr: &str) -> String {
    let said: Vec<&str> = stderr
        .lines()
        .filter_map(|l| l.strip_prefix("fatal: ").or_else(|| l.strip_prefix("error: ")).or(Some(l)))
        .filter(|l| !l.trim().is_empty() && !l.starts_with("Cloning into") && !l.starts_with("warning:"))
        .take(3)
        .collect();
    let said: String = said.join("; ").chars().take(300).collect();
    let lower = said.to_lowercase();
    let hint = if lower.contains("could not resolve host") {
        " (the host was not found: check the address and the network)"
    } else if lower.contains("terminal prompts disabled")
        || lower.contains("authentication")
        || lower.contains("permission denied")
    {
        " (it needs a sign-in: is it public?)"
    } else if lower.contains("failed to connect") || lower.contains("connection") || lower.contains("timed out") {
        " (it does not answer)"
    } else {
        ""
    };
    format!("{said}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use xinghe_net::{Fetcher, Limits as NetLimits, Reachable};

    fn reach(scratch: &Path, reachable: Reachable) -> Reach {
        Reach {
            fetcher: Fetcher::new(reachable, NetLimits::default(), "test"),
            scratch: scratch.to_path_buf(),
            limits: crate::source::Limits::default(),
            crates: None,
            cargo_home: None,
        }
    }

    fn run(folder: &Path, args: &[&str]) {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"])
            .args(args)
            .current_dir(folder)
            .output()
            .expect("git runs");
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn one_repository_has_one_origin() {
        for address in [
            "https://github.com/O/R.git",
            "git@github.com:o/r.git",
            "https://github.com/o/r/",
            "ssh://git@github.com/o/r",
        ] {
            assert_eq!(origin(address), "https://github.com/o/r", "{address}");
        }
        assert_eq!(origin("https://user:secret@git.example/x.git"), "https://git.example/x");
    }

    #[tokio::test]
    async fn a_bare_repository_is_cloned_read_and_removed() {
        let home = tempfile::tempdir().expect("a folder");
        let work = home.path().join("work");
        std::fs::create_dir(&work).expect("made");
        std::fs::write(work.join("a.md"), "# Hello\n\nSome text of a page.").expect("written");
        run(&work, &["init", "-q"]);
        run(&work, &["add", "."]);
        run(&work, &["commit", "-qm", "x"]);
        run(home.path(), &["clone", "-q", "--bare", "work", "bare.git"]);
        let bare = home.path().join("bare.git");
        let scratch = home.path().join("scratch");
        let plan = read(&bare.display().to_string(), &reach(&scratch, Reachable::public())).await.expect("it is read");
        assert_eq!(plan.drafts.len(), 1);
        assert_eq!((plan.drafts[0].title.as_str(), plan.drafts[0].path.as_str()), ("Hello", "a.md"));
        assert_eq!(plan.origin, bare.canonicalize().expect("there").display().to_string());
        drop(plan);
        assert_eq!(std::fs::read_dir(&scratch).expect("there").count(), 0, "the clone is gone");
    }

    #[tokio::test]
    async fn a_clone_that_is_given_up_leaves_no_process_and_no_folder() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/o/r.git", listener.local_addr().expect("bound"));
        let scratch = tempfile::tempdir().expect("a folder");
        let reach = reach(scratch.path(), Reachable::any());
        let mut asked = tokio::select! {
            got = read(&address, &reach) => panic!("nobody answered, and yet: {got:?}"),
            asked = listener.accept() => asked.expect("git's helper connects").0,
        };
        // What the helper asked comes first; then the connection ends, as nobody holds it any more.
        let mut rest = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut asked, &mut rest).await.expect("closed in order");
        assert_eq!(std::fs::read_dir(scratch.path()).expect("there").count(), 0, "the folder is gone");
    }

    #[test]
    fn clones_of_killed_processes_are_swept() {
        let scratch = tempfile::tempdir().expect("a folder");
        for name in ["clone-old", "clone-new", "other"] {
            std::fs::create_dir(scratch.path().join(name)).expect("made");
        }
        for name in ["clone-old", "other"] {
            let long_ago = std::time::SystemTime::now() - 2 * LEFT;
            std::fs::File::open(scratch.path().join(name)).expect("there").set_modified(long_ago).expect("set");
        }
        sweep(scratch.path());
        let there = |name: &str| scratch.path().join(name).exists();
        assert!(!there("clone-old") && there("clone-new") && there("other"));
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_is_named() {
        let scratch = tempfile::tempdir().expect("a folder");
        let error = read("http://127.0.0.1:1/o/r.git", &reach(scratch.path(), Reachable::any()))
            .await
            .expect_err("nothing listens");
        let said = error.to_string();
        assert!(said.contains("127.0.0.1:1") && said.contains("does not answer"), "{said}");
    }

    #[tokio::test]
    async fn private_hosts_and_other_protocols_are_refused() {
        let scratch = tempfile::tempdir().expect("a folder");
        let reach = reach(scratch.path(), Reachable::public());
        for address in ["http://127.0.0.1:1/o/r.git", "ssh://git@127.0.0.1/o/r", "git@127.0.0.1:o/r.git", "127.0.0.1:r"]
        {
            let error = read(address, &reach).await.expect_err("refused");
            assert!(matches!(error, ImportError::Net(xinghe_net::NetError::Private { .. })), "{address}: {error}");
        }
        assert!(read("ext::sh -c touch /tmp/pwned", &reach).await.is_err());
        for dashed in ["--upload-pack=touch /tmp/pwned", "ssh://-oProxyCommand=touch/o/r", "git@-oProxyCommand=x:o/r"] {
            let error = read(dashed, &reach).await.expect_err("refused");
            assert!(error.to_string().contains("dash"), "{dashed}: {error}");
        }
    }
}
