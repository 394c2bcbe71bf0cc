//! Pictures that lie in a source beside its pages: they come along. Only what was fetched from a code host is shown from
//! there, as long as it has an address.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use xinghe_core::AuthorId;
use xinghe_core::picture::FOLDER;
use xinghe_core::ports::{PictureIntake, PictureOutcome};

use crate::error::ImportError;
use crate::links::{self, Target};
use crate::model::{Draft, Left, Plan};
use crate::source::folder;

/// A file larger than this is no picture of a page, in bytes. What is kept may be smaller by far; whoever keeps it says.
const LARGEST: u64 = 256 << 20;
/// What is said of a file that is there and cannot be read.
const UNREADABLE: &str = "it cannot be read";
/// How many images that stay behind are named of one page.
const NAMED: usize = 5;

/// Where the pictures of a source are now.
#[derive(Debug, Default)]
pub(crate) struct Album {
    /// Their addresses here, by their paths in the source.
    kept: HashMap<String, String>,
    /// Those that are not taken, and why.
    refused: HashMap<String, String>,
    /// Those that come along now, or would.
    coming: HashSet<String>,
}

impl Album {
    /// The pictures of the source that an earlier import kept. Nothing is written.
    ///
    /// # Errors
    /// A port breaks.
    pub async fn known(plan: &Plan, pictures: Option<&dyn PictureIntake>) -> Result<Self, ImportError> {
        let mut album = Self::default();
        let Some(pictures) = pictures else { return Ok(album) };
        for path in plan.drafts.iter().flat_map(|d| shown(plan, d)) {
            if !album.kept.contains_key(&path)
                && let Some(file) = read(plan, &path).await
                && let Some(name) = pictures.kept(&file).await?
            {
                album.kept.insert(path, format!("{FOLDER}{name}"));
            }
        }
        Ok(album)
    }

    /// Looks which pictures of the source would come along. Nothing is written.
    ///
    /// # Errors
    /// A port breaks.
    pub async fn look(&mut self, plan: &Plan, pictures: &dyn PictureIntake) -> Result<(), ImportError> {
        for path in plan.drafts.iter().flat_map(|d| shown(plan, d)) {
            if self.is_settled(&path) {
                continue;
            }
            let wrong = match read(plan, &path).await {
                Some(file) => pictures.look(file).await?,
                None => Some(UNREADABLE.to_owned()),
            };
            match wrong {
                None => self.coming.insert(path),
                Some(reason) => self.refused.insert(path, reason).is_none(),
            };
        }
        Ok(())
    }

    /// Whether it is known what becomes of a file: several pages may show it.
    fn is_settled(&self, path: &str) -> bool {
        self.coming.contains(path) || self.refused.contains_key(path)
    }

    /// Keeps what a page shows, as pictures of its author's; what an earlier page showed, too, is there already.
    ///
    /// # Errors
    /// A port breaks.
    pub async fn keep(
        &mut self,
        plan: &Plan,
        draft: &Draft,
        owner: AuthorId,
        pictures: &dyn PictureIntake,
    ) -> Result<(), ImportError> {
        for path in shown(plan, draft) {
            if self.is_settled(&path) {
                continue;
            }
            let Some(file) = read(plan, &path).await else {
                self.refused.insert(path, UNREADABLE.to_owned());
                continue;
            };
            match pictures.keep(owner, file).await? {
                PictureOutcome::Kept(name) => {
                    self.coming.insert(path.clone());
                    self.kept.insert(path, format!("{FOLDER}{name}"));
                }
                PictureOutcome::Refused(reason) => {
                    self.kept.remove(&path);
                    self.refused.insert(path, reason);
                }
            }
        }
        Ok(())
    }

    /// How many came along, or would.
    pub fn len(&self) -> usize {
        self.coming.len()
    }

    /// Where an image of a page is now, if it is one of these.
    pub fn address(&self, plan: &Plan, draft: &Draft, dest: &str) -> Option<String> {
        if self.kept.is_empty() {
            return None;
        }
        self.kept.get(&plan.links.local(&draft.path, dest)?).cloned()
    }

    /// The images of every page that stay behind.
    pub fn left_behind(&self, plan: &Plan) -> Vec<Left> {
        let mut left = Vec::new();
        for draft in &plan.drafts {
            let mut gone: Vec<String> = Vec::new();
            for (dest, _) in named(draft).into_iter().filter(|(_, shown)| *shown) {
                let local = plan.links.local(&draft.path, &dest);
                let comes = local.as_ref().is_some_and(|path| self.coming.contains(path));
                if comes || plan.links.target(&draft.path, &dest, true, &|_| None) != Target::Drop {
                    continue;
                }
                match local.and_then(|path| self.refused.get(&path)) {
                    Some(reason) => left.push(Left::new(draft.path.clone(), format!("the image {dest}: {reason}"))),
                    None => gone.push(dest),
                }
            }
            if !gone.is_empty() {
                let named = gone.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
                let more = if gone.len() > NAMED { format!(" and {} more", gone.len() - NAMED) } else { String::new() };
                let reason = format!("images stay behind (not in the source, or no kind that is kept): {named}{more}");
                left.push(Left::new(draft.path.clone(), reason));
            }
        }
        left
    }
}

/// What a page shows or links to, as it names it, each once; and whether it is shown.
fn named(draft: &Draft) -> Vec<(String, bool)> {
    let found = RefCell::new(Vec::<(String, bool)>::new());
    links::rewrite(&draft.body, &|dest, image| {
        let mut found = found.borrow_mut();
        match found.iter_mut().find(|(known, _)| known == dest) {
            Some((_, shown)) => *shown |= image,
            None => found.push((dest.to_owned(), image)),
        }
        Target::Keep
    });
    found.into_inner()
}

/// The paths of the pictures that a page shows, or links to, and that are to come along.
fn shown(plan: &Plan, draft: &Draft) -> Vec<String> {
    if plan.files.is_none() {
        return Vec::new();
    }
    let mut paths: Vec<String> = named(draft).iter().filter_map(|(d, _)| plan.links.local(&draft.path, d)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

async fn read(plan: &Plan, path: &str) -> Option<Vec<u8>> {
    let file = plan.files.as_ref()?.root.join(path);
    tokio::task::spawn_blocking(move || folder::read_plain(&file, LARGEST)).await.ok()?
}
