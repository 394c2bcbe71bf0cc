//! Ports in memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use xinghe_core::content::PostView;
use xinghe_core::picture::{PictureFormat, PictureName};
use xinghe_core::ports::{
    Appeared, AuthorIntake, ImportedAuthor, ImportedPost, IntakeOutcome, PictureIntake, PictureOutcome, PortError,
    PortResult, PostIntake, Posts,
};
use xinghe_core::{AuthorId, Clock, PostId, RevisionId, Timestamp};
use xinghe_importer::source::Limits;
use xinghe_importer::{Ports, Reach};
use xinghe_net::{Fetcher, Reachable};

/// Posts and authors in memory; breaks when told to, as a killed process would.
#[derive(Default)]
pub struct Memory {
    pub posts: Mutex<HashMap<(String, String), (PostId, ImportedPost)>>,
    pub authors: Mutex<Vec<ImportedAuthor>>,
    pub breaks_after: Mutex<Option<usize>>,
    pub reserved: Mutex<i64>,
    pub revised: Mutex<usize>,
    pub pictures: Mutex<Vec<(AuthorId, Vec<u8>, PictureName)>>,
}

#[async_trait]
impl AuthorIntake for Memory {
    async fn ensure(&self, authors: &[ImportedAuthor]) -> PortResult<Vec<AuthorId>> {
        let mut known = self.authors.lock().expect("not poisoned");
        Ok(authors
            .iter()
            .map(|a| {
                let at = known.iter().position(|k| k.key == a.key).unwrap_or_else(|| {
                    known.push(a.clone());
                    known.len() - 1
                });
                AuthorId::from_raw(at as i64 + 1)
            })
            .collect())
    }
}

#[async_trait]
impl PostIntake for Memory {
    async fn take(&self, posts: &[ImportedPost]) -> PortResult<Vec<IntakeOutcome>> {
        if let Some(left) = self.breaks_after.lock().expect("not poisoned").as_mut() {
            if *left == 0 {
                return Err(PortError::new("the database is gone"));
            }
            *left -= 1;
        }
        let mut known = self.posts.lock().expect("not poisoned");
        Ok(posts
            .iter()
            .map(|p| {
                let next = p.id.unwrap_or_else(|| PostId::from_raw(known.len() as i64 + 1));
                let key = (p.origin.clone(), p.path.clone());
                match known.get_mut(&key) {
                    Some((id, there)) if ImportedPost { id: p.id, ..there.clone() } == *p => {
                        IntakeOutcome::Unchanged(*id)
                    }
                    Some((id, there)) => {
                        *there = p.clone();
                        *self.revised.lock().expect("not poisoned") += 1;
                        IntakeOutcome::Revised(*id, RevisionId::from_raw(1))
                    }
                    None => {
                        known.insert(key, (next, p.clone()));
                        IntakeOutcome::Created(next)
                    }
                }
            })
            .collect())
    }

    async fn reserve(&self, count: usize) -> PortResult<Vec<PostId>> {
        let mut last = self.reserved.lock().expect("not poisoned");
        Ok((0..count)
            .map(|_| {
                *last += 1;
                PostId::from_raw(1_000 + *last)
            })
            .collect())
    }

    async fn appeared_at(&self, addresses: &[String]) -> PortResult<Vec<Appeared>> {
        let known = self.posts.lock().expect("not poisoned");
        let at = |p: &ImportedPost| addresses.iter().find(|a| p.source_url.as_deref() == Some(a)).cloned();
        Ok(known
            .values()
            .filter_map(|(id, p)| {
                let (language, origin, path) = (p.language.clone(), p.origin.clone(), p.path.clone());
                Some(Appeared { address: at(p)?, language, origin, path, post: *id })
            })
            .collect())
    }

    async fn moved(&self, origin: &str, paths: &[(String, String)]) -> PortResult<()> {
        let mut known = self.posts.lock().expect("not poisoned");
        for (from, to) in paths {
            if let Some((id, mut post)) = known.remove(&(origin.to_owned(), from.clone())) {
                post.path.clone_from(to);
                known.insert((origin.to_owned(), to.clone()), (id, post));
            }
        }
        Ok(())
    }

    async fn known(&self, origin: &str) -> PortResult<HashMap<String, PostId>> {
        let known = self.posts.lock().expect("not poisoned");
        Ok(known.iter().filter(|((o, _), _)| o == origin).map(|((_, p), (id, _))| (p.clone(), *id)).collect())
    }
}

#[async_trait]
impl Posts for Memory {
    async fn posts(&self, ids: &[PostId]) -> PortResult<HashMap<PostId, PostView>> {
        let known = self.posts.lock().expect("not poisoned");
        Ok(known.values().filter(|(id, _)| ids.contains(id)).map(|(id, p)| (*id, view(*id, p))).collect())
    }

    async fn ids_after(&self, _: Option<PostId>, _: usize) -> PortResult<Vec<PostId>> {
        Ok(Vec::new())
    }
}

fn view(id: PostId, p: &ImportedPost) -> PostView {
    PostView {
        id,
        revision: RevisionId::from_raw(1),
        kind: p.kind,
        title: p.title.clone(),
        slug: String::new(),
        body: p.body.clone(),
        language: p.language.clone(),
        credits: Vec::new(),
        tags: p.tags.clone(),
        parent: None,
        root: id,
        provenance: p.provenance,
        licence: p.licence.clone(),
        source_url: p.source_url.clone(),
        published_at: p.published_at.unwrap_or_else(|| Timestamp::from_millis(0)),
        updated_at: Timestamp::from_millis(0),
        accepted: false,
    }
}

#[async_trait]
impl PictureIntake for Memory {
    async fn keep(&self, owner: AuthorId, file: Vec<u8>) -> PortResult<PictureOutcome> {
        if file.starts_with(b"broken") {
            return Ok(PictureOutcome::Refused("it is broken".to_owned()));
        }
        let known = self.kept(&file).await?;
        let mut pictures = self.pictures.lock().expect("not poisoned");
        Ok(PictureOutcome::Kept(known.unwrap_or_else(|| {
            let name = PictureName::new([pictures.len() as u8; 10], (1, 1), PictureFormat::Webp).expect("fits");
            pictures.push((owner, file, name));
            name
        })))
    }

    async fn look(&self, file: Vec<u8>) -> PortResult<Option<String>> {
        Ok(file.starts_with(b"broken").then(|| "it is broken".to_owned()))
    }

    async fn kept(&self, file: &[u8]) -> PortResult<Option<PictureName>> {
        let pictures = self.pictures.lock().expect("not poisoned");
        Ok(pictures.iter().find(|(_, f, _)| f == file).map(|(_, _, name)| *name))
    }
}

impl Memory {
    /// How often a post changed after it was made.
    pub fn revisions(&self) -> usize {
        *self.revised.lock().expect("not poisoned")
    }
    pub fn post(&self, path: &str) -> ImportedPost {
        let known = self.posts.lock().expect("not poisoned");
        known.iter().find(|((_, p), _)| p == path).map(|(_, (_, post))| post.clone()).expect(path)
    }
}

pub struct SystemClock;
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
        Timestamp::from_millis(since.as_millis() as i64)
    }
}

pub fn ports(memory: &Arc<Memory>) -> Ports {
    let m = || memory.clone();
    Ports { authors: m(), intake: m(), posts: Some(m()), pictures: Some(m()), clock: Arc::new(SystemClock) }
}

pub fn reach(scratch: &Path) -> Reach {
    Reach {
        fetcher: Fetcher::new(Reachable::public(), xinghe_net::Limits::default(), "test"),
        scratch: scratch.to_path_buf(),
        limits: Limits::default(),
        crates: None,
        cargo_home: None,
    }
}

/// Writes files below a fresh folder.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let file = home.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        std::fs::write(file, text).expect("written");
    }
    home
}
