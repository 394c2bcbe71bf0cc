//! What is decided about a plan before it is taken: what the person who imports says of pages that do not say it
//! themselves, dates that cannot be, and pages that are other posts already.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Command, Stdio};

use url::Url;
use xinghe_core::ports::{ImportedPost, PostIntake};
use xinghe_core::{LangTag, PostId, PostKind, Timestamp};

use crate::error::ImportError;
use crate::model::{Draft, Left, Plan};
use crate::run::How;

/// How far ahead of this machine's clock a date may be: people write dates in their own time zones.
const AHEAD_MILLIS: i64 = 36 * 3_600_000;

/// What was decided.
pub(crate) struct Settled {
    /// What is another post already.
    pub duplicates: Vec<Left>,
    /// What was taken, but not as it stands there.
    pub warnings: Vec<Left>,
}

/// Settles a plan; `known` are the posts taken from its origin before.
///
/// # Errors
/// When a port breaks.
pub(crate) async fn settle(
    plan: &mut Plan,
    how: &How,
    intake: &dyn PostIntake,
    known: &HashMap<String, PostId>,
    now: Timestamp,
) -> Result<Settled, ImportError> {
    for draft in &mut plan.drafts {
        defaults(draft, how);
        if let Some(at) = draft.published_at.filter(|at| at.as_millis() > now.as_millis() + AHEAD_MILLIS) {
            let day = at.rfc3339().chars().take(10).collect::<String>();
            draft.warnings.push(format!("its date {day} is in the future and was not used"));
            draft.published_at = None;
        }
        draft.warnings.extend(cuts(draft));
    }
    date_by_git(plan).await;
    let duplicates = duplicates(plan, intake, known).await?;
    let mut warnings = std::mem::take(&mut plan.warnings);
    for draft in &mut plan.drafts {
        warnings.extend(draft.warnings.drain(..).map(|w| Left::new(draft.path.clone(), w)));
    }
    Ok(Settled { duplicates, warnings })
}

/// What of a page is too long to be kept.
fn cuts(draft: &Draft) -> Vec<String> {
    let mut said = Vec::new();
    let long = draft.title.chars().count();
    if long > ImportedPost::TITLE {
        said.push(format!("its title has {long} characters, and the first {} are kept", ImportedPost::TITLE));
    }
    if let Some(left) = draft.tags.get(ImportedPost::TAGS..).filter(|left| !left.is_empty()) {
        said.push(format!("of its tags the first {} are kept, and not {}", ImportedPost::TAGS, left.join(", ")));
    }
    said
}

fn defaults(draft: &mut Draft, how: &How) {
    if draft.licence.is_none() {
        draft.licence.clone_from(&how.licence);
    }
    if let Some(language) = how.language.as_ref().filter(|_| !draft.names_language) {
        // Which script it is, the text knows better than who says `zh` of all of it.
        if language.primary() != draft.language.primary() {
            draft.language = language.clone();
        }
    }
}

/// Gives pages whose date was of no use the date at which git first had them, where the source is a repository with
/// its history.
async fn date_by_git(plan: &mut Plan) {
    let wanted: Vec<String> = plan
        .drafts
        .iter()
        .filter(|d| d.published_at.is_none() && !d.warnings.is_empty())
        .map(|d| d.path.clone())
        .take(200)
        .collect();
    let root = plan.origin.clone();
    if wanted.is_empty() || !Path::new(&root).is_dir() {
        return;
    }
    let found = tokio::task::spawn_blocking(move || first_commits(Path::new(&root), &wanted)).await;
    let found = found.unwrap_or_default();
    for draft in plan.drafts.iter_mut().filter(|d| d.published_at.is_none() && !d.warnings.is_empty()) {
        match found.get(&draft.path) {
            Some(at) => {
                draft.published_at = Some(*at);
                draft.warnings.push("its date is the one of its first commit".to_owned());
            }
            None => draft.warnings.push("it has no date, so it counts as new".to_owned()),
        }
    }
}

/// When git first had these files; empty without git, a repository or its history.
fn first_commits(root: &Path, paths: &[String]) -> HashMap<String, Timestamp> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]);
    git.args(["-c", "core.quotePath=false"]);
    let log = ["log", "--no-renames", "--diff-filter=A", "--name-only", "--relative", "--format=%x01%at", "--"];
    git.args(log).args(paths).env("GIT_CONFIG_NOSYSTEM", "1").stdin(Stdio::null()).stderr(Stdio::null());
    let Ok(output) = git.output() else { return HashMap::new() };
    let mut found = HashMap::new();
    let mut at = None;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(seconds) = line.strip_prefix('\u{1}') {
            at = seconds.parse::<i64>().ok().map(|s| Timestamp::from_millis(s.saturating_mul(1_000)));
        } else if let (Some(at), false) = (at, line.is_empty()) {
            // Newest first, so the last one stays: a file that was removed and came back is as old as it first was.
            found.insert(line.to_owned(), at);
        }
    }
    found
}

/// Takes pages out of the plan that say they belong where another post of the same language belongs, or that stand where
/// another one of an earlier import stands.
async fn duplicates(
    plan: &mut Plan,
    intake: &dyn PostIntake,
    known: &HashMap<String, PostId>,
) -> Result<Vec<Left>, ImportError> {
    let place = |draft: &Draft| {
        // Many projects live in one repository, so their address tells nothing.
        let source = draft.source_url.as_deref().filter(|_| draft.kind != PostKind::Project);
        let url = draft.canonical.as_deref().or(source).and_then(|c| Url::parse(c).ok())?;
        // The address of a whole site is not one of a page.
        (url.path() != "/").then(|| url.to_string())
    };
    let mut addresses: Vec<String> = plan.drafts.iter().filter_map(place).collect();
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    addresses.sort();
    addresses.dedup();
    let mut taken: HashMap<(String, LangTag), String> = HashMap::new();
    for there in intake.appeared_at(&addresses).await? {
        if there.origin != plan.origin {
            taken.entry((there.address, there.language)).or_insert(format!("{} of {}", there.path, there.origin));
        }
    }
    let (mut found, mut gone) = (Vec::new(), HashSet::new());
    for draft in &plan.drafts {
        let Some(address) = place(draft) else { continue };
        let key = (address, draft.language.clone());
        match taken.get(&key) {
            // What is a post of its own since an earlier import stays one.
            Some(_) if known.contains_key(&draft.path) => {}
            Some(first) => {
                found.push(Left::new(draft.path.clone(), format!("the same as {first}: both belong at {}", key.0)));
                gone.insert(draft.path.clone());
            }
            None => {
                taken.insert(key, draft.path.clone());
            }
        }
    }
    plan.drafts.retain(|d| !gone.contains(&d.path));
    Ok(found)
}
