//! The import itself: a plan taken in batches through the ports, or, dry, only compared with what is there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use xinghe_core::ports::{AuthorIntake, ImportedAuthor, ImportedPost, IntakeOutcome, PictureIntake, PostIntake, Posts};
use xinghe_core::{AuthorId, Clock, LangTag, PostId, Timestamp};

use crate::error::ImportError;
use crate::links::{self, Target};
use crate::model::{Draft, Left, Person, Plan, Preview, Report};
use crate::moved;
use crate::pictures::Album;
use crate::settle::settle;
use crate::source::{self, Reach, Source};

/// Where the posts go.
#[derive(Clone)]
pub struct Ports {
    /// Takes the authors.
    pub authors: Arc<dyn AuthorIntake>,
    /// Takes the posts.
    pub intake: Arc<dyn PostIntake>,
    /// Reads posts, so that a dry run can tell changed from unchanged and a renamed file is recognised; without it the
    /// former count as unchanged and the latter as new.
    pub posts: Option<Arc<dyn Posts>>,
    /// Takes pictures; without it they stay behind.
    pub pictures: Option<Arc<dyn PictureIntake>>,
    /// Tells how long it took.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// How to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct How {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Posts in one transaction.
    pub batch: usize,
    /// The licence of pages that name none.
    pub licence: Option<String>,
    /// The language of pages that name none.
    pub language: Option<LangTag>,
}

impl Default for How {
    fn default() -> Self {
        Self { dry_run: false, batch: 150, licence: None, language: None }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Posts taken.
    pub done: usize,
    /// Posts of the source.
    pub total: usize,
}

/// Reads a source and takes its posts.
///
/// # Errors
/// When the source as a whole cannot be read or a port breaks; batches taken before stay, and a second run goes on.
pub async fn import(
    source: &Source,
    reach: &Reach,
    ports: &Ports,
    how: &How,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let started = ports.clock.now();
    let plan = source::read(source, reach).await?;
    take(plan, ports, how, started, progress).await
}

/// Takes a plan. `started` is when the reading of it began, for the report.
///
/// # Errors
/// When a port breaks.
pub async fn take(
    mut plan: Plan,
    ports: &Ports,
    how: &How,
    started: Timestamp,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let mut known = ports.intake.known(&plan.origin).await?;
    let found = plan.drafts.len();
    let mut vanished = vanished(&plan, &known);
    // At a first import there is nothing to compare with.
    let kept = if known.is_empty() { None } else { ports.pictures.as_deref() };
    let mut album = Album::known(&plan, kept).await?;
    let moved = match &ports.posts {
        Some(posts) => {
            moved::find(&plan, &known, &vanished, &**posts, &|d| resolved(d, &plan, &known, &album).0).await?
        }
        None => Vec::new(),
    };
    for file in &moved {
        vanished.retain(|path| *path != file.from);
        known.extend(known.get(&file.from).copied().map(|post| (file.to.clone(), post)));
        known.remove(&file.from);
    }
    if !how.dry_run && !moved.is_empty() {
        let paths: Vec<(String, String)> = moved.iter().map(|m| (m.from.clone(), m.to.clone())).collect();
        ports.intake.moved(&plan.origin, &paths).await?;
    }
    let settled = settle(&mut plan, how, &*ports.intake, &known, ports.clock.now()).await?;
    let mut report = Report {
        source: plan.origin.clone(),
        dry_run: how.dry_run,
        found,
        moved,
        vanished,
        duplicates: settled.duplicates,
        warnings: settled.warnings,
        authors: plan.drafts.iter().flat_map(|d| &d.credits).map(|(_, p)| p.key()).collect::<HashSet<_>>().len(),
        ..Report::default()
    };
    if how.dry_run {
        compare(&plan, &known, &album, ports, &mut report).await?;
        if let Some(pictures) = &ports.pictures {
            album.look(&plan, &**pictures).await?;
        }
        report.preview = plan.drafts.iter().map(Preview::from).collect();
    } else {
        let mut taker = Taker::new(&plan, known, album, (ports, how, progress));
        taker.all(&mut report).await?;
        album = taker.album;
    }
    report.pictures = album.len();
    report.warnings.extend(album.left_behind(&plan));
    report.skipped.extend(plan.skipped);
    report.failed.splice(0..0, plan.failed);
    let files = plan.files;
    // A clone is removed where nobody waits.
    tokio::task::spawn_blocking(move || drop(files)).await.map_err(|e| ImportError::Stopped(e.to_string()))?;
    let seconds = (ports.clock.now().as_millis() - started.as_millis()).max(0) as f64 / 1000.0;
    report.seconds = seconds;
    report.posts_per_second = if seconds > 0.0 { (report.found as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 };
    Ok(report)
}

/// Known paths that the source no longer has. What is still there, but skipped or broken now, did not vanish.
fn vanished(plan: &Plan, known: &HashMap<String, PostId>) -> Vec<String> {
    if !plan.exhaustive {
        return Vec::new();
    }
    let left = plan.skipped.iter().chain(&plan.failed).map(|l| l.path.as_str());
    let here: HashSet<&str> = plan.drafts.iter().map(|d| d.path.as_str()).chain(left).collect();
    let in_left_folder = |path: &str| here.iter().any(|h| h.ends_with('/') && path.starts_with(h));
    let mut gone: Vec<String> =
        known.keys().filter(|p| !here.contains(p.as_str()) && !in_left_folder(p)).cloned().collect();
    gone.sort();
    gone
}

async fn compare(
    plan: &Plan,
    known: &HashMap<String, PostId>,
    album: &Album,
    ports: &Ports,
    report: &mut Report,
) -> Result<(), ImportError> {
    let ids: Vec<PostId> = plan.drafts.iter().filter_map(|d| known.get(&d.path).copied()).collect();
    let mut there = HashMap::new();
    if let Some(posts) = &ports.posts {
        for chunk in ids.chunks(500) {
            there.extend(posts.posts(chunk).await?);
        }
    }
    for draft in &plan.drafts {
        let Some(id) = known.get(&draft.path) else {
            report.created += 1;
            continue;
        };
        let same = there.get(id).is_none_or(|post| {
            let (body, _) = resolved(draft, plan, known, album);
            post.title == draft.title && post.body.trim() == body.trim() && post.language == draft.language
        });
        if same {
            report.unchanged += 1;
        } else {
            report.revised += 1;
        }
    }
    Ok(())
}

/// A draft's text with its links and images resolved, and the pages of the source that it links to but which are no
/// posts yet.
fn resolved(draft: &Draft, plan: &Plan, known: &HashMap<String, PostId>, album: &Album) -> (String, HashSet<String>) {
    let missing = std::cell::RefCell::new(HashSet::new());
    let post = |path: &str| match known.get(path) {
        Some(id) => Some(format!("/posts/{id}")),
        None => {
            missing.borrow_mut().insert(path.to_owned());
            None
        }
    };
    let body = links::rewrite(&draft.body, &|dest, image| {
        let here = album.address(plan, draft, dest);
        match here.map_or_else(|| plan.links.target(&draft.path, dest, image, &post), Target::To) {
            Target::To(url) if url == dest => Target::Keep,
            other => other,
        }
    });
    (body, missing.into_inner())
}

struct Taker<'a> {
    plan: &'a Plan,
    ports: &'a Ports,
    how: &'a How,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    known: HashMap<String, PostId>,
    album: Album,
    /// The ids that new pages are to have.
    reserved: HashMap<String, PostId>,
    refused: HashSet<String>,
    authors: HashMap<String, AuthorId>,
    /// Keeps apart people of one name in different sources.
    scope: String,
    done: usize,
}

impl<'a> Taker<'a> {
    fn new(
        plan: &'a Plan,
        known: HashMap<String, PostId>,
        album: Album,
        (ports, how, progress): (&'a Ports, &'a How, &'a (dyn Fn(Progress) + Send + Sync)),
    ) -> Self {
        let scope = hex::encode(&Sha256::digest(plan.origin.as_bytes())[..6]);
        let (reserved, refused, authors) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { plan, ports, how, progress, known, album, reserved, refused, authors, scope, done: 0 }
    }

    /// Takes everything. New pages get their ids beforehand, so that they can link to one another from the start;
    /// those that link to a page which was then refused are taken once more without that link.
    async fn all(&mut self, report: &mut Report) -> Result<(), ImportError> {
        let drafts: Vec<&Draft> = self.plan.drafts.iter().collect();
        let new: Vec<&str> = drafts.iter().map(|d| d.path.as_str()).filter(|p| !self.known.contains_key(*p)).collect();
        let ids = self.ports.intake.reserve(new.len()).await?;
        self.reserved = new.into_iter().map(str::to_owned).zip(ids).collect();
        self.known.extend(self.reserved.clone());
        for chunk in drafts.chunks(self.how.batch.max(1)) {
            self.ensure_authors(chunk).await?;
            self.keep_pictures(chunk).await?;
            self.batch(&self.resolved(chunk), report, true).await?;
        }
        if self.refused.is_empty() {
            return Ok(());
        }
        self.known.retain(|path, _| !self.refused.contains(path));
        let (plan, refused) = (self.plan, &self.refused);
        let leads_there = |d: &&&Draft| {
            let (_, missing) = resolved(d, plan, &self.known, &self.album);
            !refused.contains(&d.path) && missing.iter().any(|m| refused.contains(m))
        };
        let again: Vec<&Draft> = drafts.iter().filter(leads_there).copied().collect();
        for chunk in again.chunks(self.how.batch.max(1)) {
            self.batch(&self.resolved(chunk), report, false).await?;
        }
        Ok(())
    }

    fn resolved<'d>(&self, drafts: &[&'d Draft]) -> Vec<(&'d Draft, String)> {
        drafts.iter().map(|d| (*d, resolved(d, self.plan, &self.known, &self.album).0)).collect()
    }

    async fn batch(&mut self, ready: &[(&Draft, String)], report: &mut Report, count: bool) -> Result<(), ImportError> {
        if ready.is_empty() {
            return Ok(());
        }
        let posts: Vec<ImportedPost> = ready.iter().map(|(draft, body)| self.post(draft, body)).collect();
        let outcomes = self.ports.intake.take(&posts).await?;
        for ((draft, _), outcome) in ready.iter().zip(outcomes) {
            match outcome {
                IntakeOutcome::Created(id) => {
                    self.known.insert(draft.path.clone(), id);
                    report.created += usize::from(count);
                }
                IntakeOutcome::Revised(id, _) => {
                    self.known.insert(draft.path.clone(), id);
                    report.revised += usize::from(count);
                }
                IntakeOutcome::Unchanged(id) => {
                    self.known.insert(draft.path.clone(), id);
                    report.unchanged += usize::from(count);
                }
                IntakeOutcome::Refused(reason) => {
                    self.refused.insert(draft.path.clone());
                    if count {
                        report.failed.push(Left::new(draft.path.clone(), reason));
                    }
                }
            }
        }
        if count {
            self.done += ready.len();
            (self.progress)(Progress { done: self.done, total: self.plan.drafts.len() });
        }
        Ok(())
    }

    /// Keeps the pictures that pages show, each as its page's first author's.
    async fn keep_pictures(&mut self, drafts: &[&Draft]) -> Result<(), ImportError> {
        let Some(pictures) = &self.ports.pictures else { return Ok(()) };
        for draft in drafts {
            let owner = draft.credits.first().and_then(|(_, person)| self.authors.get(&self.key(person)));
            if let Some(owner) = owner {
                self.album.keep(self.plan, draft, *owner, &**pictures).await?;
            }
        }
        Ok(())
    }

    async fn ensure_authors(&mut self, drafts: &[&Draft]) -> Result<(), ImportError> {
        let mut new: Vec<ImportedAuthor> = Vec::new();
        for (_, person) in drafts.iter().flat_map(|d| &d.credits) {
            let key = self.key(person);
            if !self.authors.contains_key(&key) && !new.iter().any(|a| a.key == key) {
                new.push(ImportedAuthor { name: person.name.clone(), url: person.url.clone(), key });
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let ids = self.ports.authors.ensure(&new).await?;
        self.authors.extend(new.into_iter().map(|a| a.key).zip(ids));
        Ok(())
    }

    /// A profile is the same person everywhere; a mere name only within this source.
    fn key(&self, person: &Person) -> String {
        person.profile().unwrap_or_else(|| format!("{}:{}", self.scope, person.key()))
    }

    fn post(&self, draft: &Draft, body: &str) -> ImportedPost {
        let credits = draft.credits.iter().filter_map(|(role, p)| Some((*self.authors.get(&self.key(p))?, *role)));
        ImportedPost {
            id: self.reserved.get(&draft.path).copied(),
            origin: self.plan.origin.clone(),
            path: draft.path.clone(),
            kind: draft.kind,
            title: draft.title.clone(),
            body: body.to_owned(),
            language: draft.language.clone(),
            credits: credits.collect(),
            tags: draft.tags.clone(),
            published_at: draft.published_at,
            licence: draft.licence.clone(),
            source_url: draft.source_url.clone(),
            original_url: draft.original_url.clone(),
            provenance: draft.provenance,
            facts: draft.facts.clone(),
            parent_path: draft.parent.clone(),
            accepted: draft.accepted,
        }
    }
}
