//! Files that were renamed: a path that is gone and a new path with the same text are one post, not two.
//!
//! It is the same file when its text is the same, when it names the address where the post belongs, or when most of
//! its lines are those of a file that is gone and it has that one's folder, name or title. Whoever is in doubt makes a
//! new post: two posts are a nuisance, one post that is two texts is a loss.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use xinghe_core::PostId;
use xinghe_core::content::PostView;
use xinghe_core::ports::{PortResult, Posts};

use crate::links::{self, Target};
use crate::model::{Draft, Moved, Plan};

/// Pairs of files whose lines are compared at most; beyond that only what is the same to the letter is recognised.
const PAIRS: usize = 200_000;
/// The share of lines that two texts have in common at least, to be the same file with changes.
const ALIKE: f64 = 0.5;
/// Text shorter than this, in characters, says nothing of what it belongs to.
const SHORT: usize = 40;

/// What was at a path that is gone.
struct Gone {
    path: String,
    view: PostView,
    text: String,
}

/// The files that moved, from and to; `gone` are known paths that the source no longer has, `body` gives a draft's text
/// with its links resolved.
///
/// # Errors
/// When the port breaks.
pub(crate) async fn find(
    plan: &Plan,
    known: &HashMap<String, PostId>,
    gone: &[String],
    posts: &dyn Posts,
    body: &(dyn Fn(&Draft) -> String + Sync),
) -> PortResult<Vec<Moved>> {
    let new: Vec<&Draft> = plan.drafts.iter().filter(|d| !known.contains_key(&d.path)).collect();
    if gone.is_empty() || new.is_empty() {
        return Ok(Vec::new());
    }
    let mut there: Vec<Gone> = Vec::new();
    for some in gone.chunks(500) {
        let ids: Vec<PostId> = some.iter().filter_map(|p| known.get(p).copied()).collect();
        // Also what was deleted or hidden: its file must not come back under another name.
        let mut views = posts.any(&ids).await?;
        there.extend(some.iter().filter_map(|path| {
            let view = views.remove(known.get(path)?)?;
            let text = stripped(&view.body);
            Some(Gone { path: path.clone(), view, text })
        }));
    }
    let mut open: Vec<(&Draft, String)> = new.into_iter().map(|d| (d, stripped(&body(d)))).collect();
    let mut found: Vec<Moved> = Vec::new();
    pair(&mut open, &mut there, &mut found, same_text);
    pair(&mut open, &mut there, &mut found, same_place);
    if open.len() * there.len() <= PAIRS {
        alike(&open, &there, &mut found);
    }
    found.sort_by(|a, b| a.to.cmp(&b.to));
    Ok(found)
}

/// Pairs what a test says is the same, those of one name first, since several files may hold the same text.
fn pair(
    open: &mut Vec<(&Draft, String)>,
    there: &mut Vec<Gone>,
    found: &mut Vec<Moved>,
    test: fn(&Draft, &str, &Gone) -> bool,
) {
    for by_name in [true, false] {
        open.retain(|(draft, text)| {
            let at = there.iter().position(|g| {
                (!by_name || name(&g.path) == name(&draft.path)) && g.view.kind == draft.kind && test(draft, text, g)
            });
            if let Some(at) = at {
                found.push(Moved { from: there.swap_remove(at).path, to: draft.path.clone() });
            }
            at.is_none()
        });
    }
}

fn same_text(draft: &Draft, text: &str, gone: &Gone) -> bool {
    text == gone.text && (text.chars().count() >= SHORT || draft.title.trim() == gone.view.title)
}

fn same_place(draft: &Draft, _: &str, gone: &Gone) -> bool {
    draft.canonical.is_some()
        && draft.canonical.as_deref().map(trimmed) == gone.view.source_url.as_deref().map(trimmed)
        && draft.language == gone.view.language
}

fn trimmed(address: &str) -> &str {
    address.trim_end_matches('/')
}

/// Pairs texts that changed, the most alike first.
fn alike(open: &[(&Draft, String)], there: &[Gone], found: &mut Vec<Moved>) {
    let lines_of_there: Vec<HashSet<u64>> = there.iter().map(|g| lines(&g.text)).collect();
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, (draft, text)) in open.iter().enumerate() {
        let own = lines(text);
        for (j, gone) in there.iter().enumerate() {
            let near = folder(&gone.path) == folder(&draft.path)
                || name(&gone.path) == name(&draft.path)
                || gone.view.title == draft.title.trim();
            if !near || gone.view.kind != draft.kind || text.chars().count().min(gone.text.chars().count()) < SHORT {
                continue;
            }
            let common = own.intersection(&lines_of_there[j]).count() as f64;
            let share = common / own.len().max(lines_of_there[j].len()).max(1) as f64;
            if share >= ALIKE {
                pairs.push((share, i, j));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let (mut taken, mut used) = (HashSet::new(), HashSet::new());
    for (_, i, j) in pairs {
        if !taken.contains(&i) && !used.contains(&j) {
            taken.insert(i);
            used.insert(j);
            found.push(Moved { from: there[j].path.clone(), to: open[i].0.path.clone() });
        }
    }
}

/// A text without where its links lead, which changes with the folder that its file is in.
fn stripped(body: &str) -> String {
    let same = links::rewrite(body, &|_, _| Target::To("x".to_owned()));
    same.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

fn lines(text: &str) -> HashSet<u64> {
    let hash = |line: &str| {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        hasher.finish()
    };
    text.lines().map(hash).collect()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
